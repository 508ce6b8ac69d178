//! Datalog, for what no phrase covers.
//!
//! A question is a line of conditions over the relations that the inventory
//! holds and the rules derive ([`RELATIONS`]); rules give conditions a name, and
//! may need themselves. A text is read ([`Program`]), checked (every variable
//! bound, every type one, nothing defined by its own absence), planned for the
//! values that the question names, and run.
//!
//! Nothing here decides about permissions: verdicts are looked up in the shards
//! as `can` looks them up, by a principal's own permissions.

mod answer;
mod bound;
mod check;
mod control;
mod derived;
mod evaluate;
mod extent;
mod infer;
mod layers;
mod lexer;
mod limits;
mod order;
mod plan;
mod program;
mod relations;
mod rows;
mod statements;
mod syntax;
mod value;
mod wide;
mod world;

pub use answer::{Field, Heading, Table};
pub use limits::{Limits, QueryError};
pub use program::{Rules, TextError, sound};
pub use relations::{Column, RELATIONS, Relation};
pub use syntax::{Program, is_datalog};
pub use value::Type;
pub(crate) use wide::Wide;
