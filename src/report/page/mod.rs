//! A report as one HTML page that asks nobody for anything: what is told, and the script and the style that show it.
//!
//! The page holds the data as one JSON value ([`content`]), deflated and in base64, in a block that no browser runs.
//! Its script puts names into the document as texts only, and its policy forbids everything else: requests of any
//! kind, scripts and styles that are not the page's own, and markup made from strings.
//!
//! Whoever makes the page tells it what the cells of the matrix rest on, one by one: [`Page::ground`],
//! [`Page::becoming`].

mod content;
mod finding;
mod numbered;
mod proof;
mod template;

use std::io::{self, Write};

use super::{Document, diagnostic_line};
use crate::inventory::Inventory;
use crate::policy::Severity;
use crate::query::{Becoming, Row};

/// A page in the making.
#[derive(Debug, Default)]
pub struct Page {
    texts: numbered::Texts,
    proofs: proof::Proofs,
    accounts: content::Accounts,
    steps: Steps,
    gaps: Vec<i32>,
    errors: Vec<i32>,
}

/// Who can become which role: callers, roles, verdicts, conditions.
type Steps = (Vec<i32>, Vec<i32>, Vec<u8>, Vec<i32>);

impl Page {
    /// A page about an inventory: its accounts, what it lacks, and what is wrong with it.
    #[must_use]
    pub fn of(inventory: &Inventory) -> Self {
        let mut page = Self::default();
        for account in inventory.accounts.values() {
            page.accounts.name(account.id, account.name.as_deref());
        }
        page.gaps = inventory.gaps.values().map(|gap| page.texts.of(&gap.message)).collect();
        let errors = inventory.diagnostics.iter().filter(|one| one.severity == Severity::Error);
        page.errors = errors.map(|one| page.texts.of(&diagnostic_line(one, &inventory.sources))).collect();
        page
    }

    /// What one principal of a row (by its number there) holds a cell of the matrix by.
    pub fn ground(&mut self, cell: usize, member: usize, row: &Row) {
        self.proofs.add(&mut self.texts, cell, member, row);
    }

    /// Somebody can become a role.
    pub fn becoming(&mut self, step: &Becoming) {
        self.steps.0.push(self.texts.of(&step.caller));
        self.steps.1.push(self.texts.of(&step.role));
        self.steps.2.push(proof::number(step.verdict));
        self.steps.3.push(self.texts.maybe(step.condition.as_deref()));
    }

    /// Writes the page about a report.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(self, document: &Document, out: &mut dyn Write) -> io::Result<()> {
        template::write(&content::json(self, document)?, out)
    }
}
