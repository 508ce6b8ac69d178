//! Rules that a session keeps, and what can be wrong with a text.

use std::sync::{Arc, OnceLock};

use super::check::check;
use super::syntax::{Clause, MOST_RULES, Program, too_many};
use super::world::fixed;
use crate::query::QuestionError;

/// A clause with the text that its places are places of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stated {
    pub(super) clause: Clause,
    pub(super) text: Arc<str>,
}

impl Stated {
    /// The clause as it is written.
    fn written(&self) -> &str {
        self.text.get(self.clause.span.clone()).unwrap_or_default()
    }

    /// What is wrong with it.
    pub(super) fn wrong(&self, error: QuestionError) -> TextError {
        TextError { text: Arc::clone(&self.text), error }
    }
}

/// What is wrong with a text of rules or a question; the text may be one that was read before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct TextError {
    /// The text.
    pub text: Arc<str>,
    /// What is wrong, and where.
    pub error: QuestionError,
}

impl TextError {
    /// The line with the place underlined, as a person reads it.
    #[must_use]
    pub fn picture(&self) -> String {
        self.error.picture(&self.text)
    }
}

/// The rules that were defined so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    stated: Vec<Stated>,
}

impl Rules {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads more rules, and keeps all of them or none; the number of those that are new. A rule that is there
    /// already is kept once; one about a relation that has rules adds to it.
    ///
    /// # Errors
    /// What is wrong with the text, by itself or beside what is there. A question is no rule.
    pub fn extend(&mut self, text: &str) -> Result<usize, TextError> {
        let program = parse(text)?;
        if let Some(question) = &program.program.question {
            let error = QuestionError {
                message: "a question cannot be kept".to_owned(),
                span: question.head.span.clone(),
                hint: Some("ask it by itself, without the rules before it".to_owned()),
            };
            return Err(TextError { text: program.text, error });
        }
        let mut all = self.clone();
        let added = all.add(&program);
        if let Some(first) = all.stated.get(MOST_RULES) {
            let span = first.clause.head.span.clone();
            return Err(first.wrong(QuestionError { message: too_many(), span, hint: None }));
        }
        check(&all.with_reach(), None)?;
        *self = all;
        Ok(added)
    }

    /// The same with the rules of a text; the text's question is apart.
    pub(super) fn and(&self, text: &str) -> Result<(Self, Option<Stated>), TextError> {
        let parsed = parse(text)?;
        let mut all = self.clone();
        all.add(&parsed);
        let Parsed { program, text } = parsed;
        Ok((all, program.question.map(|clause| Stated { clause, text })))
    }

    fn add(&mut self, parsed: &Parsed) -> usize {
        let before = self.stated.len();
        for clause in &parsed.program.rules {
            let stated = Stated { clause: clause.clone(), text: Arc::clone(&parsed.text) };
            if !self.stated.iter().any(|known| known.written() == stated.written()) {
                self.stated.push(stated);
            }
        }
        self.stated.len() - before
    }

    /// These, with the rules that come with the program before them.
    pub(super) fn with_reach(&self) -> Vec<&Stated> {
        static REACH: OnceLock<Vec<Stated>> = OnceLock::new();
        let reach = REACH.get_or_init(|| {
            let mut rules = Rules::default();
            rules.add(&parse(include_str!("reach.dl")).expect("the rules that come along are right"));
            rules.stated
        });
        reach.iter().chain(&self.stated).collect()
    }

    /// The rules as they were written, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.stated.iter().map(Stated::written)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stated.is_empty()
    }

    /// Forgets the rule that something is wrong with.
    pub(super) fn forget(&mut self, error: &TextError) {
        let at = error.error.span.start;
        let is_it = |one: &Stated| Arc::ptr_eq(&one.text, &error.text) && one.clause.span.contains(&at);
        match self.stated.iter().position(is_it) {
            Some(found) => drop(self.stated.remove(found)),
            // What is wrong with all of them together is wrong with each.
            None => self.clear(),
        }
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.stated.clear();
    }
}

/// Whether a text is right, with its rules and its question, whatever the input holds.
///
/// # Errors
/// What is wrong with it.
pub fn sound(text: &str) -> Result<(), TextError> {
    let (rules, question) = Rules::new().and(text)?;
    let rules = rules.with_reach();
    let checked = check(&rules, question.as_ref())?;
    for constant in checked.constants.iter().filter(|constant| !constant.is_pattern) {
        let stated = rules.get(constant.clause).copied().or(question.as_ref());
        if let (Some(Err(error)), Some(stated)) = (fixed(constant), stated) {
            return Err(stated.wrong(error));
        }
    }
    Ok(())
}

struct Parsed {
    program: Program,
    text: Arc<str>,
}

fn parse(text: &str) -> Result<Parsed, TextError> {
    let shared: Arc<str> = text.into();
    match Program::parse(text) {
        Ok(program) => Ok(Parsed { program, text: shared }),
        Err(error) => Err(TextError { text: shared, error }),
    }
}
