//! Whether a line is finished: one that ends in a backslash goes on in the next.

use rustyline::Result;
use rustyline::validate::{ValidationContext, ValidationResult};

/// Lets a line go on behind a backslash, as other shells do. Everything else is for the parser to say.
#[derive(Clone, Copy, Debug, Default)]
pub struct Validator;

impl rustyline::validate::Validator for Validator {
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        let line = context.input().trim_end();
        Ok(match line.strip_suffix('\\') {
            Some(rest) if !rest.ends_with('\\') => ValidationResult::Incomplete,
            _ => ValidationResult::Valid(None),
        })
    }
}
