//! The phrases: with which words a question begins, and how it goes on.

use super::parser::{DEEPEST, Parser};
use super::tail::Fields;
use super::{Cell, Listing, Question, QuestionError, Slot};
use crate::query::set::SetExpression;
use crate::query::tail::{Side, Tail};

/// The words with which a question can begin, and how it goes on.
const FORMS: [(&str, &str); 18] = [
    ("who", "who can ACTION on REPOSITORY"),
    ("who-can", "who can ACTION on REPOSITORY"),
    ("what", "what can PRINCIPAL do on REPOSITORY"),
    ("what-can", "what can PRINCIPAL do on REPOSITORY"),
    ("which", "which repositories can PRINCIPAL ACTION"),
    ("can", "can PRINCIPAL ACTION on REPOSITORY"),
    ("why", "why can PRINCIPAL ACTION on REPOSITORY"),
    ("why-not", "why can't PRINCIPAL ACTION on REPOSITORY"),
    ("how", "how can PRINCIPAL become ROLE"),
    (
        "list",
        "list accounts, principals, repositories, policies, actions, diagnostics, gaps, sets, queries, findings or changes",
    ),
    ("run", "run QUERY PARAMETER=VALUE where FIELD is VALUE"),
    ("show", "show QUERY"),
    ("let", "let NAME = who can ACTION on REPOSITORY"),
    ("undo", "undo all"),
    ("summary", "summary"),
    ("graph", "graph"),
    ("facts", "facts"),
    ("help", "help TOPIC"),
];

/// The words with which a tail begins.
pub(super) const TAIL: [&str; 5] = ["where", "group", "order", "limit", "count"];

impl Parser<'_> {
    pub(super) fn phrase(&mut self) -> Result<Question, QuestionError> {
        let Some(&(first, form)) = FORMS.iter().find(|(word, _)| self.keyword(word)) else {
            if self.begins_set() {
                self.form = "SET - SET where …";
                let set = self.set()?;
                let side = self.side_of(&set);
                return Ok(Question::Set(set, self.tail(&Fields::of_set(side))?));
            }
            return Err(self.no_question());
        };
        self.form = form;
        match first {
            "who" | "who-can" => self.who(first == "who"),
            "what" | "what-can" => self.what(first == "what"),
            "which" => self.which(),
            "can" => {
                let cell = self.cell()?;
                Ok(Question::Can(cell, self.tail(&Fields::of_answer(Side::Principal))?))
            }
            "why" | "why-not" => {
                if self.word_after().is_none_or(|word| word.is("?"))
                    && let Some(number) = self.word().and_then(|word| word.text.parse().ok())
                {
                    self.name(Slot::Number)?;
                    return Ok(Question::WhyRow(number));
                }
                self.one_of(&["can", "can't", "cannot"]);
                Ok(Question::Why(self.cell()?))
            }
            "how" => {
                self.must("can")?;
                let principal = self.name(Slot::Principal)?;
                self.must("become")?;
                Ok(Question::How { principal, role: self.name(Slot::Principal)? })
            }
            "undo" => Ok(Question::Undo { all: self.keyword("all") }),
            "list" if self.keyword("changes") => Ok(Question::Changes),
            "list" => {
                let span = self.here();
                let name = self.name(Slot::Listing)?;
                let wrong = || self.error(format!("`{name}` is nothing to list"), span);
                let listing = Listing::parse(&name).ok_or_else(wrong)?;
                Ok(Question::List(listing, self.tail(&Fields::of_listing(listing))?))
            }
            "run" => self.run(),
            "show" => Ok(Question::Show(self.name(Slot::Query)?)),
            "let" => self.naming(),
            "graph" => Ok(Question::Graph),
            "facts" => Ok(Question::Facts),
            "summary" => Ok(Question::Summary),
            _ => {
                let topic = if self.is_done() { None } else { Some(self.name(Slot::Topic)?) };
                if topic.is_none() {
                    self.offer(Slot::Topic);
                }
                Ok(Question::Help(topic))
            }
        }
    }

    fn run(&mut self) -> Result<Question, QuestionError> {
        let span = self.here();
        let name = self.name(Slot::Query)?;
        let mut values = Vec::new();
        while self.word().is_some_and(|word| word.text.contains('=')) {
            let span = self.here();
            let text = self.name(Slot::Parameter)?;
            match text.split_once('=') {
                Some((parameter, value)) if !parameter.is_empty() => {
                    values.push((parameter.to_owned(), value.to_owned()));
                }
                _ => return Err(self.error("expected PARAMETER=VALUE".to_owned(), span)),
            }
        }
        self.offer(Slot::Parameter);
        let tail = match self.vocabulary.queries.get(&name) {
            Some(columns) => self.tail(&Fields::of_query(columns))?,
            // Nobody can say which columns the answer of a query has that nobody knows.
            None if self.begins_tail() && !["limit", "count"].iter().any(|word| self.word_is(word)) => {
                let mut error = self.error(format!("no query is called `{name}`"), span);
                error.hint = Some("`list queries` shows all of them".to_owned());
                return Err(error);
            }
            None => {
                let mut tail = Tail::default();
                self.cut(&mut tail)?;
                tail
            }
        };
        Ok(Question::Run { name, values, tail })
    }

    fn word_is(&self, keyword: &str) -> bool {
        self.word().is_some_and(|word| word.is(keyword))
    }

    fn who(&mut self, spoken: bool) -> Result<Question, QuestionError> {
        if spoken {
            self.must("can")?;
        }
        let actions = self.names(Slot::Action)?;
        self.keyword("on");
        let repositories = self.names(Slot::Repository)?;
        Ok(Question::WhoCan { actions, repositories, tail: self.tail(&Fields::of_answer(Side::Principal))? })
    }

    fn what(&mut self, spoken: bool) -> Result<Question, QuestionError> {
        if spoken && self.keyword("if") {
            return self.what_if();
        }
        if spoken && self.keyword("changed") {
            return self.what_changed();
        }
        if spoken {
            self.must("can")?;
        }
        let principal = self.name(Slot::Principal)?;
        self.keyword("do");
        let is_told = self.keyword("on") || !self.is_done() && !self.begins_tail();
        let repositories = if is_told { self.names(Slot::Repository)? } else { Vec::new() };
        if repositories.is_empty() {
            self.offer(Slot::Repository);
        }
        Ok(Question::WhatCan { principal, repositories, tail: self.tail(&Fields::of_answer(Side::Repository))? })
    }

    fn which(&mut self) -> Result<Question, QuestionError> {
        self.must("repositories")?;
        self.must("can")?;
        let principal = self.name(Slot::Principal)?;
        let actions = self.names(Slot::Action)?;
        self.keyword("on");
        Ok(Question::Which { principal, actions, tail: self.tail(&Fields::of_answer(Side::Repository))? })
    }

    fn cell(&mut self) -> Result<Cell, QuestionError> {
        let principal = self.name(Slot::Principal)?;
        let actions = self.names(Slot::Action)?;
        self.keyword("on");
        Ok(Cell { principal, actions, repositories: self.names(Slot::Repository)? })
    }

    fn begins_tail(&self) -> bool {
        self.word().is_some_and(|word| TAIL.iter().any(|keyword| word.is(keyword)))
    }

    // --- sets ---

    fn naming(&mut self) -> Result<Question, QuestionError> {
        let span = self.here();
        let name = self.name(Slot::Set)?;
        let is_free = !FORMS.iter().any(|(word, _)| word.eq_ignore_ascii_case(&name));
        let is_name = name.starts_with(|char: char| char.is_alphabetic())
            && name.chars().all(|char| char.is_alphanumeric() || matches!(char, '_' | '-'));
        if !is_free || !is_name || super::quoted(&name) != name {
            return Err(self.error(format!("`{name}` cannot be the name of a set"), span));
        }
        self.must("=")?;
        Ok(Question::Let { name, set: self.set()? })
    }

    fn begins_set(&mut self) -> bool {
        self.offer(Slot::Set);
        self.word().is_some_and(|word| word.is("(") || self.is_set(&word.text))
    }

    fn is_set(&self, name: &str) -> bool {
        self.vocabulary.sets.contains_key(name)
    }

    /// What a set is one of: its first part tells, for all must be the same.
    fn side_of(&self, set: &SetExpression) -> Option<Side> {
        match set {
            SetExpression::Named(name) => self.vocabulary.sets.get(name).copied(),
            SetExpression::Asked(question) => side_of(question),
            SetExpression::Without(one, _) | SetExpression::Both(one, _) | SetExpression::Either(one, _) => {
                self.side_of(one)
            }
        }
    }

    /// Sets, joined from the left.
    pub(super) fn set(&mut self) -> Result<SetExpression, QuestionError> {
        let mut set = self.one_set()?;
        let mut joins = 0;
        while let Some(joined) = self.one_of(&["-", "&", "+"]) {
            joins += 1;
            if joins > DEEPEST {
                return Err(self.error(format!("more than {DEEPEST} sets are joined"), self.here()));
            }
            let (one, other) = (Box::new(set), Box::new(self.one_set()?));
            set = match joined {
                "-" => SetExpression::Without(one, other),
                "&" => SetExpression::Both(one, other),
                _ => SetExpression::Either(one, other),
            };
        }
        Ok(set)
    }

    /// A name, a question that finds members, or a set between parentheses.
    pub(super) fn one_set(&mut self) -> Result<SetExpression, QuestionError> {
        if self.keyword("(") {
            return self.nested(Self::set);
        }
        let asked = self.word().is_some_and(|word| {
            ["who", "who-can", "what", "what-can", "which", "list"].iter().any(|first| word.is(first))
        });
        if asked {
            let span = self.here();
            let question = self.deeper(Self::phrase)?;
            if side_of(&question).is_none() {
                let message = "this finds neither principals nor repositories".to_owned();
                return Err(self.error(message, span));
            }
            return Ok(SetExpression::Asked(Box::new(question)));
        }
        self.offer(Slot::Keyword("who"));
        let span = self.here();
        let name = self.name(Slot::Set)?;
        if !self.is_set(&name) {
            let mut error = self.error(format!("no set is called `{name}`"), span);
            let sets: Vec<&str> = self.vocabulary.sets.keys().map(String::as_str).collect();
            error.hint = Some(if sets.is_empty() {
                "name one first: `let NAME = who can ACTION on REPOSITORY`".to_owned()
            } else {
                format!("the sets are {}", sets.join(", "))
            });
            return Err(error);
        }
        Ok(SetExpression::Named(name))
    }

    fn no_question(&self) -> QuestionError {
        let Some(word) = self.word() else {
            let hint = Some("write `help` to see what can be asked".to_owned());
            return QuestionError { message: "expected a question".to_owned(), span: self.here(), hint };
        };
        let lower = word.text.to_ascii_lowercase();
        let distance = |candidate: &str| strsim::damerau_levenshtein(&lower, candidate);
        let near = FORMS.iter().map(|(first, form)| (distance(first), form)).min();
        let hint = match near {
            Some((distance, form)) if distance <= 1 + lower.len() / 4 => format!("did you mean `{form}`?"),
            _ => {
                "a question begins with who, what, which, can, why, how, list, run, show, let, undo, summary, graph, facts or help"
                    .to_owned()
            }
        };
        QuestionError { message: format!("`{}` begins no question", word.text), span: self.here(), hint: Some(hint) }
    }
}

/// What a question finds, as members of a set; `None` for one that counts, or finds something else.
fn side_of(question: &Question) -> Option<Side> {
    let (side, tail): (Side, &Tail) = match question {
        Question::WhoCan { tail, .. } | Question::List(Listing::Principals, tail) => (Side::Principal, tail),
        Question::WhatCan { tail, .. } | Question::Which { tail, .. } | Question::List(Listing::Repositories, tail) => {
            (Side::Repository, tail)
        }
        _ => return None,
    };
    (!tail.counts()).then_some(side)
}
