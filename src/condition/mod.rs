//! Conditions: values, what is known of a request, and guards.
//!
//! A condition on a key whose value is known is decided; one on a key that only
//! a request fixes stays as a [`Residual`] and becomes part of a guard. Rule
//! numbers (`O22`, `S3`, `V12`) are those of the project's reference on
//! conditions; the AWS pages behind them are "Condition operators" and
//! "Conditions with multiple context keys or values" of the IAM User Guide.

mod automaton;
mod decide;
mod decisions;
mod domain;
mod formula;
mod given;
mod guard;
mod joins;
mod known;
mod meaning;
mod proposition;
mod sent;
mod spelling;
mod test;
mod value;
mod witness;
mod words;

pub use decide::{Decided, Expression};
pub use decisions::Decisions;
pub use formula::Formula;
pub use given::{GivenError, add_given};
pub(crate) use guard::{Algebra, GuardContents};
pub use guard::{Guards, Literal};
pub(crate) use joins::implied;
pub use known::Known;
pub use sent::{Sent, Witness};
pub(crate) use spelling::{documented, is_documented, near_key};
pub use test::{Outcome, Residual, Test};
