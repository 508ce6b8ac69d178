//! Whether a line is finished: one that ends in a backslash, in an open quote or parenthesis goes on in the next,
//! and so does a rule up to its full stop.

use rustyline::Result;
use rustyline::validate::{ValidationContext, ValidationResult};

/// Lets a line go on, as other shells do. Everything else is for the parser to say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Validator;

impl rustyline::validate::Validator for Validator {
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        let is_open = is_unfinished(context.input());
        Ok(if is_open { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

/// Whether more belongs to a text.
pub(super) fn is_unfinished(text: &str) -> bool {
    let text = text.trim_end();
    let begin = text.trim_start();
    if text.strip_suffix('\\').is_some_and(|rest| !rest.ends_with('\\')) {
        return true;
    }
    // Words to the shell itself, and remarks, end with their line.
    if begin.starts_with(['.', '#']) {
        return false;
    }
    let is_logic = begin.starts_with("?-") || begin.contains(":-");
    open(text) || is_logic && !begin.ends_with('.')
}

/// Whether a quote or a parenthesis is open at the end.
fn open(text: &str) -> bool {
    let (mut quote, mut depth, mut before) = (None, 0_usize, ' ');
    for char in text.chars() {
        match quote {
            Some(own) if char == own && before != '\\' => quote = None,
            // An apostrophe within a word, as in `can't`, opens nothing.
            None if matches!(char, '"' | '\'') && !before.is_alphanumeric() => quote = Some(char),
            None if char == '(' => depth += 1,
            None if char == ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = char;
    }
    quote.is_some() || depth > 0
}
