//! From facts to verdicts: running the rules, and deciding what they leave to the guards.

mod carry;
mod census;
mod derivation;
mod entities;
mod escalation;
mod focus;
mod group;
mod hearing;
mod holding;
mod household;
mod judge;
mod names;
mod place;
mod reach;
mod relations;
mod run;
pub mod scenario;
mod shard;
mod universe;
mod verdict;
mod workshop;

pub use derivation::Effort;
pub(crate) use derivation::demands;
pub(crate) use escalation::{Gained, Link, Way};
pub(crate) use focus::{Focus, Supposition, written};
pub(crate) use hearing::{Cells, Hearing};
pub(crate) use holding::Holding;
pub(crate) use judge::Judgement;
pub(crate) use names::{Names, ends};
pub(crate) use reach::{Reach, Step};
pub use relations::{Interrupt, Options, Relations, derive};
pub(crate) use run::run;
pub(crate) use shard::{Kind, Shard};
pub(crate) use universe::{Requester, RequesterId, Resource, policy_of};
pub use verdict::Verdict;
