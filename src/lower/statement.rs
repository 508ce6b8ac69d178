//! Statements of the documents, typed: which actions they match, what their conditions look at.

use super::actions::Actions;
use super::view::{of_caller, resource_tag};
use crate::condition::{Literal, Outcome, Residual, Test};
use crate::ids::ids;
use crate::policy::{Document, Effect, Fit, OperatorError, Pattern, PolicyKind, Statement};

/// What a condition looks at; it is decided together with that element of the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    /// The requester, and what only the request tells.
    Principal,
    /// The action.
    Action,
    /// The resource.
    Resource,
}

/// The statements of one document, typed: those that match some action that can be asked about. Most are about
/// other services.
#[derive(Default)]
pub(super) struct TypedDocument {
    /// With their numbers in the document, in their order.
    statements: Box<[(usize, TypedStatement)]>,
}

ids! {
    /// What a statement says, in whichever documents it stands.
    pub(crate) WordingId;
}

impl TypedDocument {
    /// Types the statements of a document, for the actions that can be asked about.
    ///
    /// `wording` numbers what a statement says: equal statements alike.
    pub(super) fn new(document: &Document, actions: &Actions, wording: impl Fn(&Statement) -> WordingId) -> Self {
        let typed = |(number, one)| Some((number, TypedStatement::new(document, one, actions, || wording(one))?));
        Self { statements: document.statements.iter().enumerate().filter_map(typed).collect() }
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (usize, &TypedStatement)> {
        self.statements.iter().map(|(number, statement)| (*number, statement))
    }

    /// The statement of this number in the document.
    pub(super) fn get(&self, number: usize) -> Option<&TypedStatement> {
        let at = self.statements.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(&self.statements[at].1)
    }

    /// The statement in this place among those that are here.
    pub(super) fn at(&self, place: usize) -> (usize, &TypedStatement) {
        let (number, statement) = &self.statements[place];
        (*number, statement)
    }
}

/// A statement with its conditions typed and sorted.
#[derive(Clone, Debug)]
pub struct TypedStatement {
    /// Allow or Deny.
    pub effect: Effect,
    pub(super) wording: WordingId,
    pub(super) tests: Vec<(Part, Test)>,
    /// Conditions whose operator does not exist (O12).
    pub(super) unreadable: Vec<String>,
    /// The actions that it matches, by their numbers, and how surely.
    pub(super) acts: Vec<(usize, Fit)>,
    /// Keys of the requester that must be filled in before the statement means one thing: those in
    /// variables of resources, and those that are compared with keys of the resource or the action.
    pub(super) binding: Vec<String>,
    /// The keys that decide of what comes of the statement for a principal.
    pub(super) asks: Vec<String>,
}

/// What kind of key it is: who can tell its value.
fn part_of(key: &str) -> Part {
    let resource = resource_tag(key).is_some()
        || matches!(key, "aws:resourceaccount" | "aws:resourceorgid" | "aws:resourceorgpaths" | "aws:requestedregion")
        || matches!(key, "iam:permissionsboundary" | "iam:passedtoservice");
    if resource {
        return Part::Resource;
    }
    let action = key.starts_with("aws:requesttag/")
        || matches!(key, "aws:tagkeys" | "ecr:accountsetting")
        || key.starts_with("sts:")
        || key.starts_with("iam:");
    if action { Part::Action } else { Part::Principal }
}

impl TypedStatement {
    /// Types a statement of a document; `None` if it matches no action.
    fn new(
        document: &Document,
        statement: &Statement,
        actions: &Actions,
        wording: impl FnOnce() -> WordingId,
    ) -> Option<Self> {
        let acts = actions.matched_by(&statement.actions);
        if acts.is_empty() {
            return None;
        }
        let mut typed = Self {
            effect: statement.effect,
            wording: wording(),
            tests: Vec::new(),
            unreadable: Vec::new(),
            acts,
            binding: Vec::new(),
            asks: Vec::new(),
        };
        let parsed: Vec<_> =
            statement.conditions.iter().map(|condition| Test::parse(condition, document.version)).collect();
        for (condition, test) in statement.conditions.iter().zip(&parsed) {
            if let Ok(test) = test {
                typed.add(Test { rivals: rivals(test, &parsed), ..test.clone() });
            } else {
                let values: Vec<&str> = condition.values.iter().map(|value| value.value.as_str()).collect();
                let (operator, key) = (&condition.operator.value, &condition.key.value);
                typed.unreadable.push(format!("{operator} {key} {}", values.join(", ")));
            }
        }
        for entry in statement.resources.iter().flat_map(|resources| &resources.entries) {
            let keys = entry.value.0.variables().map(|variable| variable.key.clone());
            typed.binding.extend(keys.filter(|key| part_of(key) == Part::Principal));
        }
        typed.binding.sort_unstable();
        typed.binding.dedup();
        let of_principal = typed.tests.iter().filter(|(part, _)| *part == Part::Principal);
        let asks = of_principal.flat_map(|(_, test)| test.keys()).map(str::to_owned);
        typed.asks = asks.chain(typed.binding.iter().cloned()).collect();
        typed.asks.sort_unstable();
        typed.asks.dedup();
        Some(typed)
    }

    /// Whether it says the same of every principal and request.
    pub(super) fn is_blanket(&self) -> bool {
        self.tests.is_empty() && self.unreadable.is_empty() && self.binding.is_empty()
    }

    /// The keys that it asks for.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let tested = self.tests.iter().flat_map(|(_, test)| test.keys());
        tested.chain(self.binding.iter().map(String::as_str))
    }

    fn add(&mut self, test: Test) {
        let keys = || test.keys();
        let part = if keys().any(|key| part_of(key) == Part::Resource) {
            Part::Resource
        } else if keys().any(|key| part_of(key) == Part::Action) {
            Part::Action
        } else {
            Part::Principal
        };
        // Where there is no resource, its account and organization are the caller's (Z9).
        for key in keys() {
            self.binding.extend(of_caller(key).map(str::to_owned));
        }
        if part != Part::Principal {
            self.binding.extend(keys().filter(|key| part_of(key) == Part::Principal).map(str::to_owned));
        }
        self.tests.push((part, test));
    }
}

/// O18: the values of a key that stands under one operator in different letter case, by the readings
/// that take them all together, or the last of them.
fn rivals(test: &Test, all: &[Result<Test, OperatorError>]) -> Vec<Vec<Pattern>> {
    let same: Vec<&Test> = all
        .iter()
        .filter_map(|other| other.as_ref().ok())
        .filter(|other| other.operator == test.operator && other.key == test.key)
        .collect();
    match same.as_slice() {
        [.., last] if same.len() > 1 => {
            let together = same.iter().flat_map(|one| one.values.iter().cloned()).collect();
            vec![together, last.values.clone()]
        }
        _ => Vec::new(),
    }
}

/// Whether missing components of a resource stand for `*` in this type of policy (M18).
pub(super) fn completes(kind: PolicyKind) -> bool {
    kind == PolicyKind::Identity
}

/// Readings that an Allow takes for granted, as AWS's text is plain: only a Deny is not certain by them.
const SURE_IN_AN_ALLOW: [&str; 3] = ["Z1", "Z4", "Z5"];

/// Adds a literal to a conjunction, unless the effect takes it for granted.
pub(super) fn add(literal: Literal, effect: Effect, literals: &mut Vec<Literal>) {
    let granted = matches!(literal, Literal::Reading(rule, true) if SURE_IN_AN_ALLOW.contains(&rule));
    if effect != Effect::Allow || !granted {
        literals.push(literal);
    }
}

/// Adds what an outcome leaves open to a conjunction; `false` if it cannot hold.
pub(super) fn add_outcome(outcome: Outcome, effect: Effect, literals: &mut Vec<Literal>) -> bool {
    match outcome {
        Outcome::Decided(holds) => return holds,
        Outcome::Doubtful(holds, rule) => add(Literal::Reading(rule, holds), effect, literals),
        Outcome::Residual(residual) => literals.push(Literal::Test(in_effect(residual, effect))),
        Outcome::DoubtfulResidual(residual, rule) => {
            literals.extend([Literal::Test(in_effect(residual, effect)), Literal::Reading(rule, true)]);
        }
    }
    true
}

/// A test without the readings that the effect takes for granted.
fn in_effect(mut residual: Residual, effect: Effect) -> Residual {
    residual.readings.retain(|rule| effect != Effect::Allow || !SURE_IN_AN_ALLOW.contains(rule));
    residual
}
