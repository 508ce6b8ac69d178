#![doc = include_str!("../README.md")]
//! # The rooms
//!
//! The way of the data: [`policy`] reads documents and [`inventory`] exports; [`lower`] makes facts of
//! them, on which the rules run; [`query`] and [`explain`] answer from what was derived, [`assertion`] holds it against what people want; [`report`] and
//! [`graph`] write answers; [`repl`] and [`cli`] talk. The names below are what most programs need.

pub mod assertion;
pub mod catalog;
pub mod cli;
pub mod condition;
pub mod engine;
pub mod explain;
pub mod finding;
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
pub mod store;

pub use engine::{Options, Relations, derive, scenario};
pub use explain::prove;
pub use inventory::Inventory;
pub use lower::Context;
pub use query::{Answer, Proof, Question, Scope, Verdict};
