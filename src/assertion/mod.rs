//! Assertions: what people want to hold of access, in words that they can read aloud.
//!
//! ```text
//! only role/deployer, role/release can push on prod/*
//! no one outside the organization can delete on *
//! user/alice can push on storefront/web when aws:SourceIp is in 203.0.113.0/24
//! ?- capable(P, delete, R, _), kind(P, user).
//! query outsiders-delete finds nothing
//! ```
//!
//! A file is read into assertions with their places ([`parse`]), and each is asked of the relations that are there
//! ([`check`]): nothing here decides about permissions. An assertion holds, fails with counterexamples and a proof, or
//! is undecided, where it holds only as far as the input goes. `docs/assertions.md` is the page for users.

mod check;
mod circumstance;
mod file;
mod outcome;
mod sentence;

pub use check::{Bench, check};
pub use circumstance::{Circumstance, Told};
pub use file::{Assertion, Problem, parse};
pub use outcome::{Checked, Failure, Outcome};
pub use sentence::{Deed, Named, Sentence};
