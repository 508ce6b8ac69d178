//! Values in the place of parameters.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Given, SavedQuery};
use crate::query::datalog::is_datalog;
use crate::query::quoted;

/// Why a value cannot stand in a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FillError {
    /// The query has no such parameter.
    #[error("`{query}` has no parameter `{name}`")]
    NoParameter {
        /// The query.
        query: String,
        /// The name.
        name: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// The parameter is a number.
    #[error("`{name}` is to be a whole number, and `{value}` is none")]
    NoNumber {
        /// The parameter.
        name: String,
        /// What it is told to be.
        value: String,
    },
    /// It has line breaks or other signs that nobody sees.
    #[error("what `{0}` is to be has signs that cannot be seen")]
    Control(String),
}

impl FillError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoParameter { known, .. } if known.is_empty() => "it has no parameters".to_owned(),
            Self::NoParameter { known, .. } => format!("its parameters are {}", known.join(", ")),
            Self::NoNumber { name, .. } => format!("write `{name}=10`"),
            Self::Control(name) => format!("write `{name}=VALUE` in one line"),
        }
    }
}

/// A question with values, and where they came in.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) text: String,
    /// Where each value stands, and where in the question its parameter.
    places: Vec<(Range<usize>, Range<usize>)>,
}

impl Filled {
    /// Where in the question something stands that stands here in the text.
    pub(super) fn origin(&self, span: &Range<usize>) -> Range<usize> {
        self.place(span.start, false)..self.place(span.end, true)
    }

    fn place(&self, at: usize, is_end: bool) -> usize {
        let mut shift = (0, 0);
        for (value, parameter) in &self.places {
            if at <= value.start {
                break;
            }
            if at < value.end {
                return if is_end { parameter.end } else { parameter.start };
            }
            shift = (value.end, parameter.end);
        }
        at - shift.0 + shift.1
    }
}

/// The question of a query with values for its parameters; for those that are not told, the defaults.
pub(super) fn filled(query: &SavedQuery, values: &[(String, String)]) -> Result<Filled, FillError> {
    let mut given: Vec<Given> = query.parameters.iter().map(|parameter| parameter.default.clone()).collect();
    for (name, value) in values {
        let Some(at) = query.parameters.iter().position(|parameter| parameter.name == *name) else {
            let known = query.parameters.iter().map(|parameter| parameter.name.clone()).collect();
            return Err(FillError::NoParameter { query: query.name.clone(), name: name.clone(), known });
        };
        if value.contains(char::is_control) {
            return Err(FillError::Control(name.clone()));
        }
        given[at] = match given[at] {
            Given::Text(_) => Given::Text(value.clone()),
            Given::Number(_) => Given::Number(
                value.parse().map_err(|_| FillError::NoNumber { name: name.clone(), value: value.clone() })?,
            ),
        };
    }
    let is_logic = is_datalog(&query.question);
    let written = |given: &Given| match given {
        Given::Number(number) => number.to_string(),
        Given::Text(text) if is_logic => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Given::Text(text) => quoted(text),
    };
    let mut found = Filled { text: String::new(), places: Vec::new() };
    let mut at = 0;
    for (span, name) in marks(&query.question) {
        let own = query.parameters.iter().position(|parameter| parameter.name == name);
        let Some(own) = own else { continue };
        found.text.push_str(&query.question[at..span.start]);
        let start = found.text.len();
        found.text.push_str(&written(&given[own]));
        at = span.end;
        found.places.push((start..found.text.len(), span));
    }
    found.text.push_str(&query.question[at..]);
    Ok(found)
}

/// The parameters that a question names, with their places. Between quotes and in comments `$` is a sign like others.
pub(super) fn marks(question: &str) -> Vec<(Range<usize>, &str)> {
    let is_logic = is_datalog(question);
    let (mut found, mut quote, mut before) = (Vec::new(), None, ' ');
    let mut chars = question.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        match (quote, char) {
            (Some(_), '\\') => {
                chars.next();
            }
            (Some(open), char) if open == char => quote = None,
            // An apostrophe within a word opens nothing.
            (None, '"' | '\'') if !before.is_alphanumeric() => quote = Some(char),
            (None, '%' | '#') if is_logic => while chars.next_if(|(_, next)| *next != '\n').is_some() {},
            (None, '$') => {
                let rest = &question[at + 1..];
                let length = rest.find(|char| !is_part(char)).unwrap_or(rest.len());
                if length > 0 {
                    found.push((at..at + 1 + length, &rest[..length]));
                }
            }
            (Some(_) | None, _) => {}
        }
        before = char;
    }
    found
}

/// What names of parameters are made of.
pub(super) fn is_part(char: char) -> bool {
    char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_'
}

/// The names of parameters that a question names.
pub(super) fn named(question: &str) -> BTreeSet<&str> {
    marks(question).into_iter().map(|(_, name)| name).collect()
}
