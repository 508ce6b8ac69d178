//! Who can push, pull and administer what in AWS container registries, and why.

pub mod catalog;
pub mod condition;
pub mod ids;
pub mod inventory;
pub mod policy;
pub mod query;
