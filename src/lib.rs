//! Who can push, pull and administer what in AWS container registries, and why.

pub mod catalog;
pub mod cli;
pub mod condition;
pub mod engine;
pub mod explain;
pub mod graph;
pub mod ids;
pub mod inventory;
pub mod lower;
pub mod policy;
pub mod query;
pub mod repl;
pub mod report;
#[path = "../rules/mod.rs"]
pub mod rules;

pub use engine::{Options, Relations, derive, scenario};
