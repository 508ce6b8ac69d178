//! Datalog by the book: every rule tried on every combination of rows, until nothing new comes.
//!
//! No plans, no indexes, no demand, no atoms; values are texts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What stands in a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Term {
    /// A variable, by its name.
    Variable(String),
    /// A value.
    Constant(String),
    /// Some value.
    Blank,
}

/// A condition.
#[derive(Clone, Debug)]
pub(super) enum Literal {
    /// A row that is there, or (`false`) that is not.
    Row(String, Vec<Term>, bool),
    /// Whether two values are the same (`true`) or differ.
    Same(Term, Term, bool),
}

/// A rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) head: Vec<String>,
    /// The column of the head that is counted.
    pub(super) counted: Option<usize>,
    pub(super) body: Vec<Literal>,
}

/// The rows of relations, by their names.
pub(super) type Relations = BTreeMap<String, BTreeSet<Vec<String>>>;

type Binding = BTreeMap<String, String>;

/// So many bindings are looked at for one rule; programs that need more are for others.
const MOST: usize = 30_000;

/// Evaluates rules stratum by stratum: those of one name are complete before those of the next in the list use them.
/// `None` if it would take too long.
pub(super) fn evaluate(given: &Relations, strata: &[Vec<Rule>]) -> Option<Relations> {
    let mut all = given.clone();
    for rules in strata {
        for rule in rules {
            all.entry(rule.name.clone()).or_default();
        }
        loop {
            let mut found: Vec<(String, Vec<String>)> = Vec::new();
            for rule in rules {
                let bindings = satisfy(&rule.body, &all)?;
                let row = |binding: &Binding| rule.head.iter().map(|name| binding[name].clone()).collect::<Vec<_>>();
                let rows: BTreeSet<Vec<String>> = bindings.iter().map(row).collect();
                found.extend(rows.into_iter().map(|row| (rule.name.clone(), row)));
            }
            if let Some(column) = rules.iter().find_map(|rule| rule.counted) {
                let name = rules[0].name.clone();
                let mut groups: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
                for (_, mut row) in found {
                    let one = std::mem::take(&mut row[column]);
                    groups.entry(row).or_default().insert(one);
                }
                let counted = groups.into_iter().map(|(mut row, set)| {
                    row[column] = set.len().to_string();
                    row
                });
                all.insert(name, counted.collect());
                break;
            }
            let before: usize = all.values().map(BTreeSet::len).sum();
            for (name, row) in found {
                all.entry(name).or_default().insert(row);
            }
            if all.values().map(BTreeSet::len).sum::<usize>() == before {
                break;
            }
        }
    }
    Some(all)
}

/// All ways to satisfy a body: what is there first, then what is not, and what is the same.
fn satisfy(body: &[Literal], all: &Relations) -> Option<Vec<Binding>> {
    let mut bindings = vec![Binding::new()];
    for literal in body {
        let Literal::Row(name, terms, true) = literal else { continue };
        let rows = &all[name];
        if bindings.len().saturating_mul(rows.len()) > 40 * MOST {
            return None;
        }
        bindings = bindings.iter().flat_map(|known| rows.iter().filter_map(|row| extend(known, terms, row))).collect();
        if bindings.len() > MOST {
            return None;
        }
    }
    bindings.retain(|binding| body.iter().all(|literal| holds(literal, binding, all)));
    Some(bindings)
}

fn extend(known: &Binding, terms: &[Term], row: &[String]) -> Option<Binding> {
    let mut binding = known.clone();
    for (term, value) in terms.iter().zip(row) {
        match term {
            Term::Blank => {}
            Term::Constant(text) if text == value => {}
            Term::Constant(_) => return None,
            Term::Variable(name) => {
                if binding.entry(name.clone()).or_insert_with(|| value.clone()) != value {
                    return None;
                }
            }
        }
    }
    Some(binding)
}

fn holds(literal: &Literal, binding: &Binding, all: &Relations) -> bool {
    match literal {
        Literal::Row(_, _, true) => true,
        Literal::Row(name, terms, false) => all[name].iter().all(|row| extend(binding, terms, row).is_none()),
        Literal::Same(left, right, same) => {
            let value = |term: &Term| match term {
                Term::Variable(name) => binding[name].clone(),
                Term::Constant(text) => text.clone(),
                Term::Blank => String::new(),
            };
            (value(left) == value(right)) == *same
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::Constant(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                f.write_str(text)
            }
            Self::Constant(text) => f.write_str(&super::quoted(text)),
            Self::Blank => f.write_str("_"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(name, terms, is_there) => {
                let terms: Vec<String> = terms.iter().map(ToString::to_string).collect();
                let not = if *is_there { "" } else { "not " };
                // `account/repository` is `account` of repositories.
                let name = name.split('/').next().unwrap_or_default();
                write!(f, "{not}{name}({})", terms.join(", "))
            }
            Self::Same(left, right, same) => write!(f, "{left} {} {right}", if *same { "=" } else { "!=" }),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head =
            self.head.iter().enumerate().map(|(column, name)| {
                if self.counted == Some(column) { format!("count({name})") } else { name.clone() }
            });
        let head: Vec<String> = head.collect();
        let body: Vec<String> = self.body.iter().map(ToString::to_string).collect();
        write!(f, "{}({}) :- {}.", self.name, head.join(", "), body.join(", "))
    }
}
