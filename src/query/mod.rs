//! The question language: parse, plan, answer.

mod answer;

pub use answer::{Answer, Citation, Holds, Proof, Remedy, Route, Row, Step, Verdict};
