//! The last answer as an assertion that holds now.
//!
//! The question is asked once more, and what it finds is said as an assertion; that is read and checked, as a file of
//! assertions would be, before anybody gets it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::desk::{Desk, DeskError};
use crate::assertion::{Bench, Deed, Named, Outcome, Sentence, Told, check, parse};
use crate::condition::documented;
use crate::lower::Context;
use crate::query::datalog::Limits;
use crate::query::{Cell, Filter, Question, Row, Scope, Verdict};
use crate::report::fold::short;
use crate::report::terminal::clean;

/// So many names stand in one assertion, and so many assertions are made of one answer.
const MOST: usize = 100;

impl Desk<'_> {
    /// The last answer as lines of a file of assertions.
    ///
    /// # Errors
    /// [`DeskError::NoAssertion`] where there is none, or it says nothing that can be asserted.
    pub(super) fn as_assertion(&self) -> Result<String, DeskError> {
        let Some(question) = &self.asked else {
            return Err(none("nothing was asked yet", "ask who can do something first"));
        };
        let lines = match question {
            Question::WhoCan { actions, repositories, tail } => {
                vec![self.whoever(actions, repositories, tail.filter.as_ref())?]
            }
            Question::Can(cell, tail) => self.whether(cell, tail.filter.as_ref())?,
            Question::Why(cell) => self.whether(cell, None)?,
            Question::Datalog(text) => vec![self.nothing_found(text)?],
            Question::Run { name, values, .. } => {
                self.queries().get(name)?;
                vec![Sentence::Query { name: named(name), values: values.clone() }.to_string()]
            }
            _ => {
                let hint = "`who can`, `can`, `why`, a saved query and Datalog are answered by what can be asserted";
                return Err(none("the last answer is no assertion", hint));
            }
        };
        let text = lines.into_iter().fold(String::new(), |text, line| text + &line + "\n");
        self.verify(&text)
    }

    /// `only …`, or `no one …` where nobody can.
    fn whoever(
        &self,
        actions: &[String],
        repositories: &[String],
        filter: Option<&Filter>,
    ) -> Result<String, DeskError> {
        let scope = Scope { all: false, ..self.settings().scope };
        let rows = self.relations().who_can_any(actions, repositories, scope)?.rows;
        let rows = self.filtered(rows, filter)?;
        let names: BTreeSet<&str> = rows.iter().map(|row| row.principal.as_str()).collect();
        if names.len() > MOST {
            let message = format!("an assertion with {} names is none that people read", names.len());
            return Err(none(&message, "choose fewer with `where`, and ask again"));
        }
        let names: Vec<Named> = names.into_iter().map(|name| named(self.shortest(name))).collect();
        let deed = self.deed(actions, repositories, filter);
        let sentence = match names.as_slice() {
            [] => Sentence::NoOne { who: None, except: Vec::new(), deed },
            _ => Sentence::Only(names, deed),
        };
        Ok(sentence.to_string())
    }

    /// A sentence for all rows, where they have one verdict, and one for each otherwise.
    fn whether(&self, cell: &Cell, filter: Option<&Filter>) -> Result<Vec<String>, DeskError> {
        let Cell { principal, actions, repositories } = cell;
        let scope = self.settings().scope;
        let rows = self.relations().can_any(principal, actions, repositories, scope)?.rows;
        let rows = self.filtered(rows, filter)?;
        let sentence = |principal: &str, verdict: Verdict, deed: Deed| {
            let principals = vec![named(principal)];
            let sentence = match verdict {
                Verdict::Allowed => Sentence::Can { principals, sometimes: false, deed },
                Verdict::Conditional => Sentence::Can { principals, sometimes: true, deed },
                Verdict::Denied { .. } => Sentence::Cannot(principals, deed),
            };
            sentence.to_string()
        };
        let verdicts: BTreeSet<&str> = rows.iter().map(|row| row.verdict.as_str()).collect();
        match (rows.first(), verdicts.len()) {
            (None, _) => Err(none("the last answer has no rows", "ask about somebody who is there")),
            (Some(row), 1) => Ok(vec![sentence(principal, row.verdict, self.deed(actions, repositories, filter))]),
            _ if rows.len() > MOST => {
                let message = format!("{} rows are too many assertions", rows.len());
                Err(none(&message, "choose fewer with `where`, and ask again"))
            }
            _ => {
                let line = |row: &Row| {
                    let deed = self.deed(std::slice::from_ref(&row.action), std::slice::from_ref(&row.resource), None);
                    sentence(self.shortest(&row.principal), row.verdict, deed)
                };
                Ok(rows.iter().map(line).collect())
            }
        }
    }

    /// A question in Datalog with the rules of this session, if it finds nothing.
    fn nothing_found(&self, text: &str) -> Result<String, DeskError> {
        let rows = self.relations().query(self.rules(), text, Limits::default());
        // Rules by themselves were kept, and ask nothing.
        let rows = rows?.rows.len();
        if rows > 0 {
            return Err(found(rows));
        }
        let mut all = String::new();
        for rule in self.rules().iter() {
            let _ = writeln!(all, "{}", indented(rule));
        }
        Ok(all + &indented(text))
    }

    fn deed(&self, actions: &[String], repositories: &[String], filter: Option<&Filter>) -> Deed {
        let all = |names: &[String]| names.iter().map(|name| named(name)).collect();
        let told = self.settings().context.iter().flat_map(|(key, values)| {
            let key = named(&documented(key));
            // Several values of a list are several entries, for each of which a request is asked about.
            let each = values.iter().map(|value| vec![named(value)]).collect::<Vec<_>>();
            let each = if each.is_empty() { vec![Vec::new()] } else { each };
            each.into_iter().map(move |values| Told { key: key.clone(), values })
        });
        Deed {
            direct: self.settings().scope.direct,
            actions: all(actions),
            repositories: all(repositories),
            filter: filter.cloned(),
            when: told.collect(),
        }
    }

    /// The shortest name that means this one alone.
    fn shortest<'n>(&self, name: &'n str) -> &'n str {
        let short = short(name);
        let means = |text: &str| self.relations().requesters(text).map(|found| found.len());
        if means(short) == Ok(1) { short } else { name }
    }

    /// The lines, if they hold as a file.
    fn verify(&self, text: &str) -> Result<String, DeskError> {
        let (assertions, problems) = parse(&[("assertion".to_owned(), text.to_owned())]);
        let wrong = |message: String| none(&message, "sets with names are the session's: write out whom they hold");
        if let Some(problem) = problems.first() {
            return Err(wrong(problem.error.message.clone()));
        }
        let relations = self.relations();
        let mut options = relations.options().clone();
        options.context = Context::default();
        let scope = Scope { direct: false, all: false };
        let bench = Bench { inventory: relations.inventory(), options, scope, queries: self.queries() };
        let checked = check(&bench, assertions);
        let checked = checked.map_err(|problems| {
            wrong(problems.first().map_or_else(String::new, |problem| problem.error.message.clone()))
        })?;
        let mut known = String::new();
        for one in &checked {
            match &one.outcome {
                Outcome::Holds => {}
                Outcome::Undecided(missing) => {
                    known = format!("# as far as known; the input lacks {}", missing.join("; "));
                }
                Outcome::Fails(failure) if matches!(one.assertion.sentence, Sentence::Query { .. }) => {
                    return Err(found(failure.number));
                }
                Outcome::Fails(_) => {
                    let hint = "a verdict that is in doubt, or `.strict`, may be why";
                    return Err(none("what would be asserted does not hold by itself", hint));
                }
            }
        }
        Ok(clean(&known).into_owned() + if known.is_empty() { "" } else { "\n" } + text)
    }
}

fn none(message: &str, hint: &str) -> DeskError {
    DeskError::NoAssertion(message.to_owned(), hint.to_owned())
}

fn found(rows: usize) -> DeskError {
    let message = format!("the question finds {rows} rows, and only one that finds nothing can be asserted");
    none(&message, "add conditions for what may be so, until it finds nothing")
}

fn named(text: &str) -> Named {
    Named { text: text.to_owned(), span: 0..0 }
}

/// Lines after the first begin with a blank, so that they belong to it.
fn indented(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n    ")
}
