//! Findings: what deserves a look, with the statement that causes it and what to do about it.
//!
//! What is a finding, the rules say (`rules/finding.rs`). This room hands them what statements say and what was
//! derived, and leads what they find back to names, files and lines. What a finding means stands on its page
//! ([`Page`]), which is part of the program.

mod access;
mod account;
mod baseline;
mod clause;
mod diagnostic;
mod document;
mod edit;
mod escalation;
mod found;
mod gather;
mod grant;
mod page;
mod subject;
mod suppress;
mod words;

pub use crate::rules::finding::Finding;
pub use baseline::{Baseline, Turnover};
pub use edit::Edit;
pub use found::{Found, Region, Spot};
pub use page::Page;
pub use suppress::{Parted, Suppressed, Suppressions};

use crate::engine::Relations;

impl Relations<'_> {
    /// Everything that deserves a look, what matters most first; `progress` is told how many of how many accounts
    /// are done. All of them are derived for it. Of one who is interrupted some are missing.
    #[must_use]
    pub fn findings(&self, progress: &(impl Fn(usize, usize) + Sync)) -> Vec<Found> {
        let mut found = document::findings(self);
        let told = diagnostic::findings(self.inventory(), &found);
        found.extend(told);
        found.extend(gather::findings(self, progress));
        found.extend(escalation::findings(self));
        found.sort_by_cached_key(Found::rank);
        found
    }
}
