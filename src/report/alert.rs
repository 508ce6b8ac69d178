//! What is wrong, in a form that no renderer knows the origin of: rules, and alerts about places.

use std::collections::BTreeMap;

use super::fold::short;
use super::terminal::clean;
use crate::ids::FileId;
use crate::policy::{Position, Sources, Span};
use crate::query::Citation;
use crate::query::saved::Severity;

/// All that one run looked for, and what it found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    /// What was looked for, found or not.
    pub rules: Vec<Rule>,
    /// What was found, in the order in which it is told.
    pub alerts: Vec<Alert>,
}

/// Something that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, which no other rule of the run has.
    pub id: String,
    /// What it is about, in a line.
    pub title: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it means and what to do about it, in Markdown.
    pub help: String,
    /// Where it comes from: a file, a family of rules.
    pub group: String,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// The rule's name.
    pub rule: String,
    /// How bad it is.
    pub level: Level,
    /// What is wrong, in a line.
    pub message: String,
    /// Why, in lines; may be empty.
    pub details: String,
    /// Where it is wrong, what decides first.
    pub places: Vec<Place>,
    /// What it is about, by name: whoever holds something, what it is held on.
    pub names: Vec<Named>,
    /// What would mend it.
    pub fix: Option<Fix>,
    /// By what it is recognised in another run: the same while what is wrong is the same, wherever it has moved.
    pub fingerprint: String,
    /// Why somebody accepts it, if somebody does.
    pub suppression: Option<String>,
}

/// How bad an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nobody can say, for the input is incomplete.
    Open,
    /// It is good to know.
    Note,
    /// It should be looked at.
    Warning,
    /// It is wrong.
    Error,
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info | Severity::Low => Self::Note,
            Severity::Medium => Self::Warning,
            Severity::High | Severity::Critical => Self::Error,
        }
    }
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as the user named it.
    pub file: String,
    /// Where it begins.
    pub start: Position,
    /// Where it ends: behind its last character.
    pub end: Position,
    /// Its bytes.
    pub span: Span,
    /// What stands there, in some words.
    pub message: String,
}

/// Something that has a name, and no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// What it is: `principal`, `repository`.
    pub kind: String,
    /// The name.
    pub name: String,
}

/// A change to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in a line.
    pub description: String,
    /// What is replaced.
    pub place: Place,
    /// By what.
    pub text: String,
}

/// The files of an input by their names: where what is cited stands.
#[derive(Debug)]
pub(super) struct Files<'a> {
    sources: &'a Sources,
    by_name: BTreeMap<&'a str, FileId>,
}

impl<'a> Files<'a> {
    /// Those of an input.
    #[must_use]
    pub(super) fn of(sources: &'a Sources) -> Self {
        let own = sources.iter().filter(|(_, source)| source.origin.is_none());
        Self { sources, by_name: own.map(|(id, source)| (&*source.name, id)).collect() }
    }

    /// A part of a file; `None` for a file that is not among them.
    #[must_use]
    pub(super) fn place(&self, file: &str, span: Span) -> Option<Place> {
        let id = *self.by_name.get(file)?;
        let (start, end) = (self.sources.position(id, span.start), self.sources.position(id, span.end));
        Some(Place { file: file.to_owned(), start, end, span, message: String::new() })
    }

    /// Where a statement stands.
    #[must_use]
    pub(super) fn cited(&self, citation: &Citation) -> Option<Place> {
        let place = self.place(&citation.file, citation.span)?;
        let sid = citation.sid.as_ref().map(|sid| format!(" `{sid}`")).unwrap_or_default();
        let message = format!("{}{sid} in {}", citation.effect, short(&citation.policy));
        Some(Place { message: clean(&message).into_owned(), ..place })
    }
}

/// A fingerprint of what belongs together: texts that stay the same when lines move.
#[must_use]
pub fn fingerprint(parts: &[&str]) -> String {
    let joined = parts.join("\u{0}");
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(joined.as_bytes()))
}
