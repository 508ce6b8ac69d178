//! The form of a file, and what can be wrong with it.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::fill::{filled, is_part, marks, named};
use super::{Given, Parameter, SavedQuery, Severity};
use crate::query::QuestionError;
use crate::query::datalog::{Program, sound};
use crate::query::language::{Listing, Question, Vocabulary};

/// A file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: Spanned<String>,
    severity: Severity,
    meaning: Spanned<String>,
    advice: Spanned<String>,
    question: Spanned<String>,
    #[serde(default)]
    parameters: BTreeMap<String, Spanned<Given>>,
}

/// What is wrong with a file that somebody wrote, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {error}")]
pub struct SavedError {
    /// The file.
    pub file: String,
    /// The whole text.
    pub text: String,
    /// What is wrong, with its bytes in the text.
    pub error: QuestionError,
}

impl SavedError {
    /// The file, the line and the column, what is wrong, and the line with the place underlined.
    #[must_use]
    pub fn picture(&self) -> String {
        let before = self.text.get(..self.error.span.start).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}: {}", self.file, self.error.picture(&self.text))
    }
}

/// Reads the text of a query; `file` is named in errors.
pub(super) fn read(name: &str, file: &str, text: &str) -> Result<SavedQuery, SavedError> {
    parse(name, text).map_err(|error| SavedError { file: file.to_owned(), text: text.to_owned(), error })
}

fn wrong(message: impl Into<String>, span: Range<usize>, hint: &str) -> QuestionError {
    QuestionError { message: message.into(), span, hint: Some(hint.to_owned()) }
}

const MEMBERS: &str = "a query has title, severity, meaning, advice and question, and may have parameters";

fn parse(name: &str, text: &str) -> Result<SavedQuery, QuestionError> {
    let is_name = name.starts_with(|char: char| char.is_ascii_lowercase())
        && name.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-');
    if !is_name {
        let hint = "name the file with small letters, digits and hyphens: `who-pushes.toml`";
        return Err(wrong(format!("`{name}` cannot be the name of a query"), 0..0, hint));
    }
    let written: Written = toml::from_str(text).map_err(|error| {
        let whole = 0..0;
        // What is missing is missing everywhere.
        let span = error.span().filter(|span| span.len() < text.trim_end().len()).unwrap_or(whole);
        wrong(error.message().trim_end().replace('\n', ", "), span, MEMBERS)
    })?;
    let Written { title, severity, meaning, advice, question, parameters } = written;
    for (value, what) in [(&title, "title"), (&meaning, "meaning"), (&advice, "advice"), (&question, "question")] {
        if value.get_ref().trim().is_empty() {
            return Err(wrong(format!("the {what} is empty"), value.span(), MEMBERS));
        }
    }
    if title.get_ref().contains(char::is_control) {
        return Err(wrong("the title is more than one line", title.span(), "the rest belongs to the meaning"));
    }
    let names = named(question.get_ref());
    for (parameter, value) in &parameters {
        if !parameter.chars().all(is_part) {
            let hint = "a parameter is named with small letters, digits and _";
            return Err(wrong(format!("`{parameter}` cannot be the name of a parameter"), value.span(), hint));
        }
        if matches!(value.get_ref(), Given::Text(text) if text.contains(char::is_control)) {
            return Err(wrong("the default is more than one line", value.span(), "write it in one line"));
        }
        if !names.contains(parameter.as_str()) {
            let hint = format!("write `${parameter}` where it is meant, not between quotes");
            return Err(wrong(format!("the question has no `${parameter}`"), value.span(), &hint));
        }
    }
    let parameters = parameters.into_iter().map(|(name, value)| Parameter { name, default: value.into_inner() });
    let query = SavedQuery {
        name: name.to_owned(),
        title: title.into_inner(),
        severity,
        meaning: meaning.into_inner().trim().to_owned(),
        advice: advice.into_inner().trim().to_owned(),
        parameters: parameters.collect(),
        question: question.get_ref().trim().to_owned(),
    };
    check(&query).map_err(|mut error| {
        error.span = place(text, question.span(), &query.question, &error.span);
        error
    })?;
    Ok(query)
}

/// Where something stands in the text that stands here in its question; the whole question, where escapes hide it.
fn place(text: &str, whole: Range<usize>, question: &str, span: &Range<usize>) -> Range<usize> {
    match text.get(whole.clone()).and_then(|written| written.find(question)) {
        Some(at) => whole.start + at + span.start..whole.start + at + span.end,
        None => whole,
    }
}

/// What is wrong with the question of a query, with its bytes in the question.
fn check(query: &SavedQuery) -> Result<(), QuestionError> {
    for (span, name) in marks(&query.question) {
        if !query.parameters.iter().any(|parameter| parameter.name == name) {
            let hint = format!("give it a default: [parameters] {name} = \"*\"");
            return Err(wrong(format!("there is no parameter `{name}`"), span, &hint));
        }
    }
    let whole = 0..query.question.len();
    let filled = filled(query, &[]).map_err(|error| wrong(error.to_string(), whole.clone(), &error.hint()))?;
    let in_question = |error: QuestionError| QuestionError { span: filled.origin(&error.span), ..error };
    let question = Question::parse(&filled.text, &Vocabulary::default()).map_err(in_question)?;
    let finds_rows = match &question {
        Question::WhoCan { .. } | Question::WhatCan { .. } | Question::Which { .. } | Question::Can(..) => true,
        Question::List(what, _) => !matches!(what, Listing::Sets | Listing::Queries),
        Question::Datalog(text) => {
            sound(text).map_err(|error| in_question(error.error))?;
            Program::parse(text).is_ok_and(|program| program.is_question())
        }
        _ => false,
    };
    if finds_rows {
        return Ok(());
    }
    let hint = "who can, what can, which repositories, can, list, or Datalog that ends with `?- …`";
    Err(wrong("the question of a query is one that finds rows", whole, hint))
}
