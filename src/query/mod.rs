//! The question language: parse, plan, answer.

mod about;
mod answer;
mod ask;
mod becoming;
mod changed;
mod cite;
pub mod datalog;
mod escalation;
mod granted;
mod lacking;
mod language;
mod lookup;
mod matrix;
mod matrix_ways;
mod narrow;
mod row;
pub mod saved;
mod select;
mod set;
mod summary;
mod tail;
mod texts;
mod unknown;
mod what_if;
mod witness;

pub use crate::engine::Verdict;
pub(crate) use about::account_of_provider;
pub use about::{About, Subject, Told};
pub use answer::{
    Answer, Citation, Demand, Evidence, Fact, Ground, Holds, Proof, Remedies, Remedy, Route, Row, Step, Widening,
};
pub use ask::Scope;
pub(crate) use ask::{Deed, Target, is_public};
pub(crate) use changed::Effective;
pub use changed::{ChangedLine, Changes, Difference, DifferenceLine, Entities, Extent, Grain, Shift};
pub(crate) use cite::{Cited, citations, cited, granting, hanging, of_statement, places};
pub use escalation::{Escalation, EscalationStep, Escalations, Gain};
pub(crate) use granted::Granted;
pub use language::{
    Cell, Columns, Listing, Outline, Question, QuestionError, Slot, Vocabulary, outline, quoted, word_start,
};
pub(crate) use language::{Fields, Parser};
pub use matrix::{Column, Frame, Matrix, MatrixCell, Party};
pub use matrix_ways::Becoming;
pub use narrow::{Narrowed, Narrowing};
pub use select::AskError;
pub(crate) use select::select;
pub use set::{Members, SetError, SetExpression, Sets, plural};
pub use summary::{Summary, SummaryLine};
pub use tail::{Attribute, Comparison, Field, Filter, Order, Side, Tail};
pub(crate) use texts::Texts;
pub use unknown::Unknown;
pub(crate) use unknown::could_allow;
pub use what_if::{Edit, EditError, Reading};
