//! How much a question may take, and what stops it.

use std::cell::Cell;

use super::program::TextError;
use crate::engine::Interrupt;

/// How much a question may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// So many rows are derived and answered with at most.
    pub rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows: 2_000_000 }
    }
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The text is wrong, or a name in it means nothing.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The text asks nothing.
    #[error("the text has no question")]
    NoQuestion,
    /// It would derive more than it may.
    #[error("the question derives more than {rows} rows")]
    TooMany {
        /// How many it may.
        rows: usize,
    },
    /// Somebody has had enough.
    #[error("interrupted")]
    Interrupted,
}

impl QueryError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Text(_) | Self::Interrupted => None,
            Self::NoQuestion => Some("a question begins with ?-"),
            Self::TooMany { .. } => {
                Some("bind a variable to a name, write `_` for what need not be told, or count: n(R, count(P)) :- ...")
            }
        }
    }
}

/// Counts what a question takes.
#[derive(Debug)]
pub(super) struct Meter {
    limits: Limits,
    interrupt: Interrupt,
    rows: Cell<usize>,
    steps: Cell<u32>,
}

impl Meter {
    /// `interrupt` ends the question.
    pub(super) fn new(limits: Limits, interrupt: Interrupt) -> Self {
        Self { limits, interrupt, rows: Cell::new(0), steps: Cell::new(0) }
    }

    /// One more step.
    pub(super) fn step(&self) -> Result<(), QueryError> {
        const BETWEEN_LOOKS: u32 = 256;
        let steps = self.steps.get() + 1;
        self.steps.set(steps % BETWEEN_LOOKS);
        if steps == BETWEEN_LOOKS { self.look() } else { Ok(()) }
    }

    /// Whether somebody has had enough.
    pub(super) fn look(&self) -> Result<(), QueryError> {
        if self.interrupt.is_stopped() { Err(QueryError::Interrupted) } else { Ok(()) }
    }

    /// One more row is kept.
    pub(super) fn row(&self) -> Result<(), QueryError> {
        self.rows.set(self.rows.get() + 1);
        if self.rows.get() > self.limits.rows {
            return Err(QueryError::TooMany { rows: self.limits.rows });
        }
        self.step()
    }
}
