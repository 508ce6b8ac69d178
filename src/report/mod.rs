//! Reports: answers and lists in the forms that people and programs read.
//!
//! Every form is a file behind one small trait, and all are fed the same
//! values. Nothing here asks a question; nothing here trusts a name: what is
//! written is stripped of what a terminal obeys, and escaped for its form.

mod alert;
mod changed;
mod checked;
mod csv;
mod diagnostic;
mod difference;
mod document;
mod document_alerts;
mod document_record;
mod facts;
mod finding;
pub mod fold;
mod grid;
mod json;
mod jsonl;
mod junit;
mod letters;
mod listing;
mod markdown;
mod outcome;
mod page;
pub mod proof;
mod record;
mod sarif;
mod sheet;
mod summary;
mod table;
pub mod terminal;

use std::io::{self, Write};

use crate::finding::Parted;
use crate::query::{Answer, Proof, Row};

pub use alert::{Alert, Alerts, Fix, Level, Named, Place, Rule, fingerprint};
pub use changed::{Crowd, changed};
pub use checked::{alerts as assertion_alerts, json as checked_json, jsonl as checked_jsonl, text as checked_text};
pub use csv::Csv;
pub use diagnostic::{line as diagnostic_line, picture as diagnostic_picture};
pub use difference::{difference_rows, difference_sections, difference_tally};
pub use document::{About, Asked, Document, Rows, Section};
pub use document_alerts::document_alerts;
pub use facts::{facts, joined, souffle};
pub use finding::{alerts as finding_alerts, listed as findings_listed, tally};
pub use json::Json;
pub use jsonl::JsonLines;
pub(crate) use jsonl::to_json;
pub use junit::junit;
pub(crate) use junit::legal as legal_in_xml;
pub use listing::listing;
pub use markdown::Markdown;
pub use outcome::{failed as failed_line, reply as reply_line};
pub use page::Page;
pub use record::Record;
pub use sarif::sarif;
pub use sheet::{Sheet, Value, place, way};
pub use summary::summarized;
pub use table::Table;

/// Writes answers in one form.
pub trait Renderer {
    /// Writes a list.
    ///
    /// # Errors
    /// Those of the writer.
    fn sheet(&self, sheet: &Sheet, out: &mut dyn Write) -> io::Result<()>;

    /// Writes a remark about a list.
    ///
    /// # Errors
    /// Those of the writer.
    fn note(&self, note: &str, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "note: {}", terminal::clean(note))
    }

    /// Writes an answer.
    ///
    /// # Errors
    /// Those of the writer.
    fn answer(&self, answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
        self.sheet(&Sheet::of_answer(answer), out)
    }

    /// The row that each line of an answer stands for, in their order: the first of those that are told together.
    fn leading<'a>(&self, answer: &'a Answer) -> Vec<&'a Row> {
        answer.rows.iter().collect()
    }

    /// Writes findings.
    ///
    /// # Errors
    /// Those of the writer.
    fn findings(&self, parted: &Parted, out: &mut dyn Write) -> io::Result<()> {
        self.sheet(&finding::all(parted), out)
    }

    /// Writes a report.
    ///
    /// # Errors
    /// Those of the writer.
    fn document(&self, document: &Document, out: &mut dyn Write) -> io::Result<()>;

    /// Writes proofs; a form that has no room for them gets what they prove.
    ///
    /// # Errors
    /// Those of the writer.
    fn proofs(&self, proofs: &[Proof], out: &mut dyn Write) -> io::Result<()> {
        let rows = proofs.iter().map(|proof| proof.row.clone()).collect();
        self.answer(&Answer { rows, ..Answer::default() }, out)
    }
}

/// The forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For a person at a terminal.
    #[default]
    Table,
    /// An object a line.
    Jsonl,
    /// One array.
    Json,
    /// For a spreadsheet.
    Csv,
    /// For a review or a wiki.
    Markdown,
}

/// How a form for people is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// The terminal's width; without it a line is as long as it must be.
    pub width: Option<u16>,
    /// Whether colours are wanted.
    pub color: bool,
    /// Whether rows that are alike are listed one by one.
    pub expand: bool,
    /// Whether the lines of answers have numbers.
    pub numbered: bool,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Table, Self::Jsonl, Self::Json, Self::Csv, Self::Markdown];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Jsonl => "jsonl",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
        }
    }

    /// The form of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    /// Whether notes about an answer are part of the form, rather than talk beside it.
    #[must_use]
    pub fn holds_notes(self) -> bool {
        matches!(self, Self::Table | Self::Markdown)
    }

    /// What writes this form.
    #[must_use]
    pub fn renderer(self, style: Style) -> Box<dyn Renderer> {
        match self {
            Self::Table => Box::new(Table(style)),
            Self::Jsonl => Box::new(JsonLines),
            Self::Json => Box::new(Json),
            Self::Csv => Box::new(Csv),
            Self::Markdown => Box::new(Markdown(style)),
        }
    }
}
