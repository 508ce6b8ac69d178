//! The permission graph: who reaches what, through which role, across which account.
//!
//! `gather` asks the relations and hands over plain [`GraphInput`]; `model`
//! folds and bounds it; each further file draws the model in one form. Only
//! the first knows what a permission is.

pub mod dot;
mod gather;
mod model;
pub mod proof;

pub use gather::gather;
pub use model::{
    AccountInput, Edge, EdgeInput, EdgeKind, GraphInput, Limits, Model, Node, NodeInput, NodeKind, Omitted,
};
