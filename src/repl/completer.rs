//! Completion by place: what the grammar takes here, out of the names that there are.

use rustyline::completion::Pair;
use rustyline::{Context, Result};

use super::names::Names;
use super::{command, logic};
use crate::query::datalog::is_datalog;
use crate::query::{Slot, outline, quoted, word_start};

/// Completes the word that the cursor is in.
#[derive(Clone, Copy, Debug)]
pub struct Completer<'a> {
    names: &'a Names,
}

impl<'a> Completer<'a> {
    /// A completer with these names.
    #[must_use]
    pub fn new(names: &'a Names) -> Self {
        Self { names }
    }

    /// Where the word begins, and what it can become.
    #[must_use]
    pub fn candidates(&self, line: &str, pos: usize) -> (usize, Vec<String>) {
        let Some(before) = line.get(..pos) else { return (pos, Vec::new()) };
        if let Some(at) = command::question(before) {
            let (start, found) = self.candidates(&before[at..], pos - at);
            return (at + start, found);
        }
        if before.trim_start().starts_with('.') {
            return command::candidates(before);
        }
        if is_datalog(before) {
            return logic::candidates(self.names, before);
        }
        let start = word_start(before);
        let word = before[start..].trim_start_matches(['"', '\'']);
        let mut found = Vec::new();
        for slot in outline(&before[..start], &self.names.known()).next {
            let names = self.names.matching(slot, word);
            let is_word = matches!(slot, Slot::Keyword(_) | Slot::Listing | Slot::Topic | Slot::Set | Slot::Query);
            found.extend(names.into_iter().map(|name| if is_word { name } else { quoted(&name) }));
        }
        (start, found)
    }
}

impl rustyline::completion::Completer for Completer<'_> {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _context: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        let (start, found) = self.candidates(line, pos);
        // A relation goes on with its columns.
        let pair = |name: String| {
            let replacement = if name.ends_with('(') { name.clone() } else { format!("{name} ") };
            Pair { display: name, replacement }
        };
        Ok((start, found.into_iter().map(pair).collect()))
    }
}
