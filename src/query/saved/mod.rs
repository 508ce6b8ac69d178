//! Saved queries: questions with a name, what an answer means, and what to do about it.
//!
//! A query is a text in TOML, a file each: `title`, `severity`, `meaning`, `advice`, `question`, and `parameters`
//! with their defaults. `$NAME` in the question stands for the value of a parameter. Nothing here reads a file:
//! some texts are embedded ([`Queries::bundled`]), others are given ([`Queries::add`]).
//!
//! What a text says is checked when it is read, as far as no input bears on it.

mod fill;
mod form;
mod shelf;

pub use fill::FillError;
pub use form::SavedError;
pub use shelf::Queries;

use std::fmt;

use serde::Deserialize;

use super::datalog::TextError;
use super::language::{Columns, Question, Vocabulary};

/// A question with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedQuery {
    /// Its name, which is that of its file.
    pub name: String,
    /// What is found, in some words.
    pub title: String,
    /// How much what it finds matters.
    pub severity: Severity,
    /// What a row says, and why it matters.
    pub meaning: String,
    /// What to do about it.
    pub advice: String,
    /// What may be told when it is run, in the order of their names.
    pub parameters: Vec<Parameter>,
    /// A phrase with its tail, or Datalog; parameters stand in it as `$NAME`.
    pub question: String,
}

/// What may be told when a query is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it is if nobody tells.
    pub default: Given,
}

/// What a parameter is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Given {
    /// A whole number.
    Number(u32),
    /// A text: a name, a pattern.
    Text(String),
}

/// How much what a query finds matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It is good to know.
    Info,
    /// It should be tidied up.
    Low,
    /// It should be looked at.
    Medium,
    /// It should be mended soon.
    High,
    /// It should be mended now.
    Critical,
}

impl Severity {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The severity of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text)
    }

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.default)
    }
}

/// Why a query cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// There is none of this name.
    #[error("no query is called `{name}`")]
    NoQuery {
        /// The name.
        name: String,
        /// One that is nearly called so.
        near: Option<String>,
    },
    /// What a parameter is told to be cannot stand in the question.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// With these values it is no question.
    #[error(transparent)]
    Text(#[from] TextError),
}

impl RunError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoQuery { near: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            Self::NoQuery { near: None, .. } => Some("`list queries` shows all of them".to_owned()),
            Self::Fill(error) => Some(error.hint()),
            Self::Text(_) => None,
        }
    }
}

impl SavedQuery {
    /// What the rows of its answer have, whatever its parameters are.
    #[must_use]
    pub fn columns(&self) -> Option<Columns> {
        Columns::of(&self.question(&[]).ok()?)
    }

    /// What it asks, with these values for parameters.
    ///
    /// # Errors
    /// [`RunError`] where a value belongs to no parameter, or cannot stand there.
    pub fn question(&self, values: &[(String, String)]) -> Result<Question, RunError> {
        let text = fill::filled(self, values)?.text;
        let question = Question::parse(&text, &Vocabulary::default());
        question.map_err(|error| TextError { text: text.into(), error }.into())
    }
}
