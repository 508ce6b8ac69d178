//! The policy language: from bytes to typed statements, each with its place.
//!
//! Reading a document returns what was understood *and* what is wrong with it.
//! Nothing here knows which principal a policy is attached to, what a condition
//! means, or what an action does: that is for the rooms downstream.
//!
//! The grammar is the one of the IAM User Guide, "Grammar of the IAM JSON
//! policy language"; rule numbers (`G12`, `A9`) name the sentences of the
//! project's reference that the tests cite.

mod arn;
mod diagnostic;
mod document;
mod json;
mod operator;
mod parse;
mod pattern;
mod principal;
mod source;

pub use arn::{AccountId, Arn, short};
pub use diagnostic::{Diagnostic, PolicyError, Problem, Severity};
pub(crate) use diagnostic::{clip, near};
pub use document::{Condition, Document, Effect, Element, PolicyKind, Principals, Statement, Version};
pub use json::{Json, JsonError, Node, Nodes, Pairs, Value};
pub(crate) use json::{members, offset_of};
pub use operator::{Operator, OperatorError, Relation, SetPrefix};
pub use parse::{Parsed, parse};
pub use pattern::{Case, Coverage, Filling, Fit, Pattern, ResourcePattern, Token, Variable};
pub use principal::PrincipalName;
pub use source::{Encoding, Origin, Place, Position, Source, Sources, Span, Spanned};
