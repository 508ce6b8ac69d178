//! The question language: one grammar for the shell, for `-c`, for saved queries and for commands.
//!
//! ```text
//! who can ACTION, … on REPOSITORY, …        who-can ACTION REPOSITORY
//! what can PRINCIPAL do [on REPOSITORY, …]  what-can PRINCIPAL [REPOSITORY]
//! which repositories can PRINCIPAL ACTION
//! can PRINCIPAL ACTION [on] REPOSITORY
//! why [can|can't] PRINCIPAL ACTION [on] REPOSITORY     why NUMBER
//! how can PRINCIPAL become ROLE
//! list THING
//! what if CHANGE    what changed [by action]    list changes    undo [all]    (what_if.rs)
//! run QUERY PARAMETER=VALUE …               show QUERY
//! let NAME = SET    NAME    SET - SET    SET & SET    SET + SET
//! summary    graph    facts    help [TOPIC]
//! ?- CONDITIONS.    NAME(…) :- CONDITIONS.
//! ```
//!
//! Those that are answered by rows take a tail: `where …`, `group by …`, `order by …`, `limit …`, `count`
//! (see [`super::tail`]). `docs/questions.md` is the page for users.
//!
//! The parser also says what may stand at the end of an unfinished line, so
//! that completion cannot come to differ from the grammar. It does not know
//! which names exist, but for those of sets.

mod parser;
mod phrase;
mod show;
mod tail;
mod vocabulary;
mod what_if;
mod words;

use std::ops::Range;
use std::str::FromStr;

use super::changed::Grain;
use super::datalog::{Program, is_datalog};
use super::set::SetExpression;
use super::tail::Tail;
use super::what_if::Edit;

pub(crate) use parser::Parser;
pub(crate) use tail::Fields;
pub use vocabulary::{Columns, Vocabulary};
pub use words::{quoted, word_start};

/// A question as it is meant; names are as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// Every principal that can do one of these there.
    WhoCan {
        /// Actions, patterns, or capabilities.
        actions: Vec<String>,
        /// ARNs, the ends of some, or patterns.
        repositories: Vec<String>,
        /// What is done with the rows.
        tail: Tail,
    },
    /// Everything that a principal can do.
    WhatCan {
        /// An ARN, the end of one, a name, or a pattern.
        principal: String,
        /// Where; everywhere if there is none.
        repositories: Vec<String>,
        /// What is done with the rows.
        tail: Tail,
    },
    /// Where a principal can do one of these.
    Which {
        /// An ARN, the end of one, a name, or a pattern.
        principal: String,
        /// Actions, patterns, or capabilities.
        actions: Vec<String>,
        /// What is done with the rows.
        tail: Tail,
    },
    /// Verdicts, denied ones too.
    Can(Cell, Tail),
    /// The proof of a verdict.
    Why(Cell),
    /// The proof of a row of the answer before, by its number from one.
    WhyRow(usize),
    /// How a principal gets to a role.
    How {
        /// An ARN, the end of one, a name, or a pattern.
        principal: String,
        /// A role: an ARN, the end of one, or a pattern.
        role: String,
    },
    /// Who reaches what, as a picture.
    Graph,
    /// What the rules are given.
    Facts,
    /// Everything in numbers.
    Summary,
    /// What is there to ask about.
    List(Listing, Tail),
    /// A set is to have a name.
    Let {
        /// The name.
        name: String,
        /// The set.
        set: SetExpression,
    },
    /// The members of a set.
    Set(SetExpression, Tail),
    /// A change to the world that questions are about.
    WhatIf(Edit),
    /// Who gained and who lost what by the changes.
    WhatChanged(Grain),
    /// The changes.
    Changes,
    /// Take the last change back, or all of them.
    Undo {
        /// All of them.
        all: bool,
    },
    /// How to ask.
    Help(Option<String>),
    /// A saved query is to be asked.
    Run {
        /// Its name.
        name: String,
        /// Parameters and what they are to be.
        values: Vec<(String, String)>,
        /// How many rows are shown, or whether they are counted.
        tail: Tail,
    },
    /// A saved query is to be shown.
    Show(String),
    /// A question in Datalog, or rules to be kept.
    Datalog(String),
}

/// Who, what, where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// An ARN, the end of one, a name, or a pattern.
    pub principal: String,
    /// Actions, patterns, or capabilities.
    pub actions: Vec<String>,
    /// ARNs, the ends of some, or patterns.
    pub repositories: Vec<String>,
}

impl Cell {
    /// One principal, one action, one repository.
    #[must_use]
    pub fn new(principal: String, action: String, repository: String) -> Self {
        Self { principal, actions: vec![action], repositories: vec![repository] }
    }
}

/// What `list` can list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// The accounts, and what was exported of each.
    Accounts,
    /// Users and roles.
    Principals,
    /// Public and private repositories.
    Repositories,
    /// The policies, and on what they hang.
    Policies,
    /// The actions that can be asked about.
    Actions,
    /// What is wrong with the input.
    Diagnostics,
    /// What the input refers to and does not hold.
    Gaps,
    /// The sets that were named.
    Sets,
    /// The saved queries.
    Queries,
    /// The saved queries that find something, but for those that only inform.
    Findings,
}

impl Listing {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Accounts,
        Self::Principals,
        Self::Repositories,
        Self::Policies,
        Self::Actions,
        Self::Diagnostics,
        Self::Gaps,
        Self::Sets,
        Self::Queries,
        Self::Findings,
    ];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Principals => "principals",
            Self::Repositories => "repositories",
            Self::Policies => "policies",
            Self::Actions => "actions",
            Self::Diagnostics => "diagnostics",
            Self::Gaps => "gaps",
            Self::Sets => "sets",
            Self::Queries => "queries",
            Self::Findings => "findings",
        }
    }

    /// The listing of this name, in any letter case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|listing| listing.as_str().eq_ignore_ascii_case(text))
    }

    /// The columns of its rows.
    #[must_use]
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Accounts => {
                &["account", "name", "organization", "path", "principals", "repositories", "not_exported", "gaps"]
            }
            Self::Principals => &["principal", "kind", "account", "policies", "groups", "boundary"],
            Self::Repositories => &["repository", "visibility", "account", "policy"],
            Self::Policies => &["policy", "kind", "account", "attached", "statements", "file", "line"],
            Self::Actions => &["action", "access", "needed_for"],
            Self::Diagnostics => &["severity", "message", "hint", "file", "line", "column", "account"],
            Self::Gaps => &["kind", "account", "missing"],
            Self::Sets => &["set", "kind", "members"],
            Self::Queries => &["name", "title", "severity", "parameters"],
            Self::Findings => &["finding", "severity", "place", "policy", "message"],
        }
    }
}

/// Why a line is no question, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QuestionError {
    /// What is wrong.
    pub message: String,
    /// Where in the line; empty at its end where something is missing.
    pub span: Range<usize>,
    /// What would be right.
    pub hint: Option<String>,
}

impl QuestionError {
    /// The line with the place underlined, as a person reads it.
    #[must_use]
    pub fn picture(&self, line: &str) -> String {
        let hint = self.hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
        if line.trim().is_empty() {
            return format!("{self}{hint}");
        }
        // Of a text of several lines, the one in which it begins.
        let start = line.get(..self.span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let rest = line.get(self.span.start..);
        let end = rest.and_then(|rest| rest.find('\n')).map_or(line.len(), |at| self.span.start + at);
        let line = line.get(start..end).unwrap_or(line);
        let span = self.span.start - start..self.span.end.min(end) - start;
        let width = |text: &str| text.chars().count();
        let before = line.get(..span.start).map_or(0, width);
        let under = line.get(span).map_or(1, width).max(1);
        let shown: String = line.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
        format!("{self}\n  {shown}\n  {}{}{hint}", " ".repeat(before), "^".repeat(under))
    }
}

/// What can stand at a place of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// This word.
    Keyword(&'static str),
    /// An action, a pattern, or a capability.
    Action,
    /// A principal.
    Principal,
    /// A repository.
    Repository,
    /// A policy, or a file with one.
    Policy,
    /// A group of users.
    Group,
    /// A file.
    File,
    /// A statement, by its name or as JSON.
    Statement,
    /// A tag.
    Tag,
    /// A [`Listing`].
    Listing,
    /// A topic of the help.
    Topic,
    /// What a field, by its name, may hold.
    Value(&'static str),
    /// A column of an answer.
    Column,
    /// The key of a tag.
    TagKey,
    /// A whole number.
    Number,
    /// The name of a set.
    Set,
    /// The name of a saved query.
    Query,
    /// A parameter of a query, and what it is to be.
    Parameter,
}

impl Slot {
    fn wanted(self) -> String {
        match self {
            Self::Keyword(word) => format!("`{word}`"),
            Self::Action => "an action or capability".to_owned(),
            Self::Principal => "a principal".to_owned(),
            Self::Repository => "a repository".to_owned(),
            Self::Policy => "a policy".to_owned(),
            Self::Group => "a group".to_owned(),
            Self::File => "a file".to_owned(),
            Self::Statement => "a statement".to_owned(),
            Self::Tag => "a tag".to_owned(),
            Self::Listing => "something to list".to_owned(),
            Self::Topic => "a topic".to_owned(),
            Self::Column => "a column of the answer".to_owned(),
            Self::Value("") => "a value".to_owned(),
            Self::Value(field) => format!("what `{field}` is to be"),
            Self::TagKey => "the key of a tag".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Set => "the name of a set".to_owned(),
            Self::Query => "the name of a query".to_owned(),
            Self::Parameter => "PARAMETER=VALUE".to_owned(),
        }
    }
}

/// What a line holds so far: its words with their roles, and what may follow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The words that were understood, in order.
    pub words: Vec<(Range<usize>, Slot)>,
    /// What may stand behind the last word.
    pub next: Vec<Slot>,
    /// What is wrong, if something other than the end is.
    pub error: Option<QuestionError>,
}

/// Reads a line that may not be finished.
#[must_use]
pub fn outline(line: &str, vocabulary: &Vocabulary) -> Outline {
    if is_datalog(line) {
        return Outline::default();
    }
    let mut parser = match Parser::new(line, vocabulary) {
        Ok(parser) => parser,
        Err(error) => return Outline { error: Some(error), ..Outline::default() },
    };
    let error = parser.question().err().filter(|error| error.span.start < line.trim_end().len());
    let (words, next) = parser.outline();
    Outline { words, next: if error.is_some() { Vec::new() } else { next }, error }
}

impl Question {
    /// Reads a question in which names of a session may stand.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(line: &str, vocabulary: &Vocabulary) -> Result<Self, QuestionError> {
        if is_datalog(line) {
            return Program::parse(line).map(|_| Self::Datalog(line.trim().to_owned()));
        }
        Parser::new(line, vocabulary)?.question()
    }
}

impl FromStr for Question {
    type Err = QuestionError;

    fn from_str(line: &str) -> Result<Self, QuestionError> {
        Self::parse(line, &Vocabulary::default())
    }
}
