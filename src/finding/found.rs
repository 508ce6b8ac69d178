//! A finding as a value: what every mouth of the program renders.

use super::edit::Edit;
use super::{Finding, Page};
use crate::policy::{Position, Span};
use crate::query::Citation;
use crate::query::saved::Severity;

/// Something that deserves a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub finding: Finding,
    /// What is so here, in a sentence.
    pub message: String,
    /// What to do about it here, where that can be told.
    pub hint: Option<String>,
    /// Where it stands; more than one where policies say the same.
    pub spots: Vec<Spot>,
    /// Whom it is about; none where it is about the statement by itself.
    pub principals: Vec<String>,
    /// What they do.
    pub actions: Vec<String>,
    /// On what.
    pub resources: Vec<String>,
}

/// A place that a finding is about: a statement, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The file.
    pub file: String,
    /// The part of it.
    pub region: Region,
    /// The statement; none where the input could not be read.
    pub statement: Option<Citation>,
    /// On what its policy hangs.
    pub hung_on: Vec<String>,
    /// What to write there instead.
    pub edit: Option<Edit>,
}

/// A part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region {
    /// Where it begins.
    pub start: Position,
    /// Where it ends: the place behind its last character.
    pub end: Position,
    /// Its bytes.
    pub span: Span,
}

impl Found {
    /// A finding of which nothing else is known.
    pub(super) fn new(finding: Finding, message: String) -> Self {
        Self {
            finding,
            message,
            hint: None,
            spots: Vec::new(),
            principals: Vec::new(),
            actions: Vec::new(),
            resources: Vec::new(),
        }
    }

    /// How much it matters.
    #[must_use]
    pub fn severity(&self) -> Severity {
        Page::of(self.finding).severity
    }

    /// What matters most comes first, then in the order of findings and places.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        let places: Vec<_> = self.spots.iter().map(|spot| (spot.file.clone(), spot.region)).collect();
        (std::cmp::Reverse(self.severity()), self.finding, places, self.message.clone())
    }
}
