//! Proofs: why, and why not.
//!
//! A proof is read off the relations that the rules derived for one principal,
//! one action and one resource, layer by layer. For a denied request the same
//! rules are run again with a statement supposed here or a Deny taken away
//! there, until it would be allowed; the smallest sets of changes that do are
//! shown, and no others; those that allow least beside it come first. Of a
//! capability that lacks several actions, the changes are told that together
//! allow all of it.

mod evidence;
mod joint;
mod layers;
mod proof;
mod remedy;
mod route;
mod short;
mod widening;

pub use proof::{prove, prove_each};
pub use route::prove_way;
