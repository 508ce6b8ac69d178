//! From facts to verdicts: running the rules, and deciding what they leave to the guards.

mod judge;
mod relations;
pub mod scenario;
mod shard;
mod universe;
mod verdict;

pub(crate) use judge::Judgement;
pub(crate) use relations::Reach;
pub use relations::{Options, Relations, derive};
pub(crate) use shard::{Focus, Kind, Shard, Supposition, written};
pub(crate) use universe::{Requester, RequesterId, Resource, policy_of, registry_resources};
pub use verdict::Verdict;
