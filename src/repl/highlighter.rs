//! Colours for what the grammar understands of a line, and for what it does not.

use std::borrow::Cow;
use std::fmt::Write as _;

use rustyline::highlight::CmdKind;

use super::brackets;
use super::names::Names;
use crate::query::{Slot, outline};

const BOLD: &str = "\u{1b}[1m";
const CYAN: &str = "\u{1b}[36m";
const YELLOW: &str = "\u{1b}[33m";
const BLUE: &str = "\u{1b}[34m";
const UNDERLINED: &str = "\u{1b}[4;31m";
/// A parenthesis at the cursor, and the one that belongs to it.
const PAIRED: &str = "\u{1b}[1;32m";
const DIM: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

/// Colours words by their roles.
#[derive(Clone, Copy, Debug)]
pub struct Highlighter<'a> {
    names: &'a Names,
}

impl<'a> Highlighter<'a> {
    /// A highlighter that knows what the session named.
    #[must_use]
    pub fn new(names: &'a Names) -> Self {
        Self { names }
    }
}

impl rustyline::highlight::Highlighter for Highlighter<'_> {
    fn highlight<'l>(&self, line: &'l str, pos: usize) -> Cow<'l, str> {
        if line.trim_start().starts_with('.') {
            return Cow::Borrowed(line);
        }
        let outline = outline(line, &self.names.known());
        let mut spans: Vec<_> = outline.words.into_iter().map(|(span, slot)| (span, color(slot))).collect();
        // A word that is still being typed is not wrong yet.
        let wrong = outline.error.map(|error| error.span).filter(|span| !span.is_empty() && span.end < line.len());
        spans.extend(wrong.map(|span| (span, UNDERLINED)));
        if let Some((one, other)) = brackets::pair(line, pos) {
            let pair = [one..one + 1, other..other + 1];
            spans.retain(|(span, _)| !pair.contains(span));
            spans.extend(pair.map(|span| (span, PAIRED)));
        }
        spans.sort_by_key(|(span, _)| span.start);
        let mut out = String::with_capacity(line.len() + 64);
        let mut at = 0;
        for (span, color) in spans {
            // Where two overlap, the first is shown.
            let (Some(before), Some(text)) = (line.get(at..span.start), line.get(span.clone())) else { continue };
            let _ = write!(out, "{before}{color}{text}{PLAIN}");
            at = span.end;
        }
        out.push_str(line.get(at..).unwrap_or_default());
        Cow::Owned(out)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(format!("{DIM}{hint}{PLAIN}"))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _default: bool) -> Cow<'b, str> {
        Cow::Owned(format!("{BOLD}{prompt}{PLAIN}"))
    }

    fn highlight_char(&self, line: &str, _pos: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor || line.contains(['(', ')'])
    }
}

fn color(slot: Slot) -> &'static str {
    match slot {
        Slot::Keyword(_) => BOLD,
        Slot::Action | Slot::Statement | Slot::Tag => YELLOW,
        Slot::Principal | Slot::Value(_) | Slot::TagKey | Slot::Column | Slot::Number | Slot::Parameter => CYAN,
        Slot::Repository
        | Slot::Policy
        | Slot::Group
        | Slot::File
        | Slot::Listing
        | Slot::Topic
        | Slot::Set
        | Slot::Query => BLUE,
    }
}
