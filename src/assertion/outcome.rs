//! What came of an assertion.

use super::circumstance::Circumstance;
use super::file::Assertion;
use crate::query::datalog::Table;
use crate::query::{Proof, Row};

/// An assertion and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The assertion.
    pub assertion: Assertion,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of an assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not.
    Fails(Box<Failure>),
    /// It holds only as far as the input goes, or fails only by what the input lacks: what is missing.
    Undecided(Vec<String>),
}

/// Why an assertion fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// Counterexamples: what somebody can, or cannot. At most [`Self::MOST`].
    pub rows: Vec<Row>,
    /// What a question in Datalog found; at most so many rows too.
    pub table: Option<Table>,
    /// How many counterexamples there are.
    pub number: usize,
    /// What requests are like, where the assertion says so.
    pub circumstance: Circumstance,
    /// Why the first counterexample is as it is.
    pub proofs: Vec<Proof>,
}

impl Failure {
    /// So many counterexamples are kept; the rest is counted.
    pub const MOST: usize = 1_000;

    /// What is to be shown first: what is allowed before what depends, a short way before a long one.
    pub(super) fn of(mut rows: Vec<Row>, circumstance: &Circumstance) -> Self {
        let way = |row: &Row| row.routes.first().map_or(0, |route| route.through.len());
        rows.sort_by_key(|row| (row.verdict, way(row)));
        let number = rows.len();
        rows.truncate(Self::MOST);
        Self { rows, number, circumstance: circumstance.clone(), ..Self::default() }
    }
}
