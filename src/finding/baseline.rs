//! What is new since another input.

use std::collections::BTreeSet;

use super::{Finding, Found};

/// What was found in another input, in what does not depend on places.
#[derive(Clone, Debug, Default)]
pub struct Baseline(BTreeSet<(Finding, Subject)>);

/// Whom and what a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    /// A policy, by its name, and what is said of it.
    Policy(String, String),
    /// A principal, an action and a resource.
    Cell(String, String, String),
    /// The input.
    Input(String),
}

impl Baseline {
    /// What is known by these findings.
    #[must_use]
    pub fn new(found: &[Found]) -> Self {
        Self(found.iter().flat_map(|one| subjects(one).into_iter().map(|subject| (one.finding, subject))).collect())
    }

    /// The findings that are about something that was not found before.
    #[must_use]
    pub fn new_among(&self, found: Vec<Found>) -> Vec<Found> {
        let is_new = |one: &Found| subjects(one).into_iter().any(|subject| !self.0.contains(&(one.finding, subject)));
        found.into_iter().filter(is_new).collect()
    }
}

/// The findings that are in one of two worlds only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turnover {
    /// In the second.
    pub appeared: Vec<Found>,
    /// In the first.
    pub gone: Vec<Found>,
}

impl Turnover {
    /// Compares what was found in two worlds.
    #[must_use]
    pub fn between(before: Vec<Found>, after: Vec<Found>) -> Self {
        let (old, new) = (Baseline::new(&before), Baseline::new(&after));
        Self { appeared: old.new_among(after), gone: new.new_among(before) }
    }
}

fn subjects(found: &Found) -> Vec<Subject> {
    let cells = found.principals.iter().flat_map(|principal| {
        let of_principal = found.actions.iter().flat_map(move |action| {
            found
                .resources
                .iter()
                .map(move |resource| Subject::Cell(principal.clone(), action.clone(), resource.clone()))
        });
        of_principal.collect::<Vec<_>>()
    });
    let mut all: Vec<Subject> = cells.collect();
    if all.is_empty() {
        let statements = found.spots.iter().filter_map(|spot| spot.statement.as_ref());
        all.extend(statements.map(|one| Subject::Policy(one.policy.clone(), found.message.clone())));
    }
    if all.is_empty() {
        all.push(Subject::Input(found.message.clone()));
    }
    all
}
