//! The question language: parse, plan, answer.

mod answer;
mod ask;
mod cite;
mod lookup;
mod question;
mod select;
mod summary;
mod witness;

pub use crate::engine::Verdict;
pub use answer::{Answer, Citation, Demand, Holds, Proof, Remedy, Route, Row, Step};
pub use ask::Scope;
pub(crate) use ask::{Deed, Target, deeds, is_public};
pub(crate) use cite::{citations, grants, hanging, of_statement};
pub use question::{Cell, Listing, Outline, Question, QuestionError, Slot, outline, quoted, word_start};
pub use select::AskError;
pub(crate) use select::what;
pub use summary::{Summary, SummaryLine};
