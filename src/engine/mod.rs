//! From facts to verdicts: running the rules, and deciding what they leave to the guards.

mod judge;
pub mod scenario;
mod shard;
mod universe;

pub(crate) use judge::Judgement;
pub(crate) use shard::{Focus, Kind, Shard, Supposition, Workshop, written};
pub(crate) use universe::{Requester, RequesterId, Resource, Universe};
