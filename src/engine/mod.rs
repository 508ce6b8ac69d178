//! From facts to verdicts: running the rules, and deciding what they leave to the guards.

mod judge;
pub mod scenario;

pub(crate) use judge::{Judge, Judgement};
