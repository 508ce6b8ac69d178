//! What is wrong with a document, as far as a person wants to read it.

use crate::policy::diagnostic::{PolicyError, Problem, Severity};
use crate::policy::source::Span;

/// So many problems of one document are listed. A person reads the first few; a megabyte of nonsense
/// must not make a thousand times as much of messages.
const LISTED: usize = 100;

/// The problems of one document.
#[derive(Default)]
pub(super) struct Problems {
    listed: Vec<Problem>,
    /// How many errors were met, listed or not.
    errors: usize,
    /// Stands for the problems beyond the listed ones, at the place of the first of them.
    unlisted: Option<Problem>,
}

impl Problems {
    /// How many errors were met so far.
    pub(super) fn errors(&self) -> usize {
        self.errors
    }

    /// In the order of the text, with one for all that are not listed.
    pub(super) fn in_order(mut self) -> Vec<Problem> {
        self.listed.sort_by_key(|problem| problem.span.start);
        self.listed.extend(self.unlisted);
        self.listed
    }

    pub(super) fn error(&mut self, error: PolicyError, span: Span) {
        self.errors += 1;
        self.add(error, Severity::Error, span);
    }

    pub(super) fn warn(&mut self, error: PolicyError, span: Span) {
        self.add(error, Severity::Warning, span);
    }

    pub(super) fn note(&mut self, error: PolicyError, span: Span) {
        self.add(error, Severity::Note, span);
    }

    fn add(&mut self, error: PolicyError, severity: Severity, span: Span) {
        if self.listed.len() < LISTED {
            self.listed.push(Problem { error, severity, span });
            return;
        }
        let unlisted = self.unlisted.get_or_insert(Problem { error: PolicyError::Unlisted(0), severity, span });
        unlisted.severity = unlisted.severity.max(severity);
        if let PolicyError::Unlisted(count) = &mut unlisted.error {
            *count += 1;
        }
    }
}
