//! From the inventory to facts: interning, matching, atoms.
//!
//! Lowering says what statements *match*: which principals they name, which
//! actions and resources their patterns cover, which of their conditions are
//! decided by what is known. It never says what follows from that; the rules
//! do. Its output is [`Facts`], integers with the tables that lead back.

mod actions;
mod atoms;
mod builder;
mod context;
mod extract;
mod facts;
mod library;
mod matching;
mod naming;
mod session;
mod settled;
mod statement;
mod view;

pub use actions::Actions;
pub(crate) use atoms::by_member;
pub use builder::Builder;
pub(crate) use builder::{Said, control_kind};
pub use context::Context;
pub(crate) use context::Origin;
pub(crate) use extract::{Extract, Index};
pub use facts::{AccountKey, Cell, Facts, StatementKey, StatementSource};
pub(crate) use facts::{Flag, Match, Rows};
pub use library::Library;
pub use session::Makers;
pub(crate) use settled::{KnownKey, Parties, Settled, settled};
pub use statement::TypedStatement;
pub(crate) use statement::WordingId;
pub(crate) use view::resource_tag;
pub use view::{Organizational, PrincipalView, RequesterKind, ResourceView, SessionTags};
