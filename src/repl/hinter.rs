//! Hints: how the word or the question may go on, shown behind the cursor.

use rustyline::Context;
use rustyline::hint::HistoryHinter;

use super::names::Names;
use crate::query::{Slot, outline, word_start};

/// Hints at the end of the line.
#[derive(Clone, Copy, Debug)]
pub struct Hinter<'a> {
    names: &'a Names,
}

impl<'a> Hinter<'a> {
    /// A hinter with these names.
    #[must_use]
    pub fn new(names: &'a Names) -> Self {
        Self { names }
    }

    /// The rest of the only or first word that fits, or the kind of word that is wanted next.
    #[must_use]
    pub fn rest(&self, line: &str) -> Option<Hint> {
        let start = word_start(line);
        let word = &line[start..];
        let next = outline(&line[..start], &self.names.known()).next;
        if line.trim().is_empty() || line.starts_with('.') {
            return None;
        }
        if word.is_empty() {
            let wanted = next.iter().find(|slot| !matches!(slot, Slot::Keyword(_))).or(next.first())?;
            return Some(Hint { shown: kind(*wanted).to_owned(), is_text: false });
        }
        let found = next.iter().find_map(|&slot| self.names.first(slot, word, 1).pop())?;
        let rest = found.get(word.len()..).filter(|rest| !rest.is_empty())?;
        Some(Hint { shown: rest.to_owned(), is_text: true })
    }
}

/// A hint: the rest of a word, which the right arrow takes over, or the name of what is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// What is shown.
    pub shown: String,
    /// Whether it can be taken over.
    pub is_text: bool,
}

impl rustyline::hint::Hint for Hint {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.is_text.then_some(&self.shown)
    }
}

impl rustyline::hint::Hinter for Hinter<'_> {
    type Hint = Hint;

    fn hint(&self, line: &str, pos: usize, context: &Context<'_>) -> Option<Hint> {
        if pos < line.len() {
            return None;
        }
        // What was asked before comes before the name of what is wanted.
        let rest = self.rest(line).filter(|hint| hint.is_text);
        let before = || {
            let hint = HistoryHinter::new().hint(line, pos, context)?;
            Some(Hint { shown: hint, is_text: true })
        };
        rest.or_else(before).or_else(|| self.rest(line))
    }
}

fn kind(slot: Slot) -> &'static str {
    match slot {
        Slot::Keyword(word) => word,
        Slot::Action => "ACTION",
        Slot::Principal => "PRINCIPAL",
        Slot::Repository => "REPOSITORY",
        Slot::Policy => "POLICY",
        Slot::Group => "GROUP",
        Slot::File => "FILE",
        Slot::Statement => "STATEMENT",
        Slot::Tag => "TAG",
        Slot::Listing => "accounts|principals|repositories|policies|actions|diagnostics|gaps|sets|queries|findings",
        Slot::Topic => "TOPIC",
        Slot::Value(_) => "VALUE",
        Slot::TagKey => "KEY",
        Slot::Column => "COLUMN",
        Slot::Number => "NUMBER",
        Slot::Set => "SET",
        Slot::Query => "QUERY",
        Slot::Parameter => "PARAMETER=VALUE",
    }
}
