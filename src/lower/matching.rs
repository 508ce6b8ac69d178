//! Matching: whether an instance of a statement acts on an action and reaches a resource, and under which guard.

use super::builder::Builder;
use super::facts::{StatementKey, StatementSource};
use super::statement::{Part, TypedStatement, add, add_outcome, completes};
use super::view::{PrincipalView, ResourceView, of_caller, or_absent};
use crate::catalog::{Action, ResourceKind};
use crate::condition::{Known, Literal, Outcome, Test};
use crate::ids::{GuardId, StatementId};
use crate::policy::{Coverage, Effect, Element, Fit, PolicyKind, ResourcePattern};

/// The three actions that a registry policy of the first scope governs (Q22).
const FIRST_SCOPE: [&str; 3] = ["ecr:ReplicateImage", "ecr:BatchImportUpstreamImage", "ecr:CreateRepository"];

impl Builder<'_> {
    /// The instance of a statement for a principal, and what its conditions on principal and request
    /// come to; `None` if they cannot hold.
    pub(super) fn instantiate(
        &mut self,
        source: StatementSource,
        kind: PolicyKind,
        typed: &TypedStatement,
        principal: usize,
        first_scope: bool,
    ) -> Option<(StatementId, GuardId)> {
        let view = &self.principals[principal].view;
        let known = |key: &String| self.known(key, Some(view), None, None);
        let asked: Box<[Known]> = typed.asks.iter().map(known).collect();
        let question = (source, first_scope, asked);
        if let Some(&known) = self.instances.get(&question) {
            return known;
        }
        let (source, _, asked) = &question;
        let instance = self.instance(source, kind, typed, asked, first_scope);
        self.instances.insert(question, instance);
        instance
    }

    /// As [`Self::instantiate`], for somebody of whom this is known of what the statement asks for.
    fn instance(
        &mut self,
        source: &StatementSource,
        kind: PolicyKind,
        typed: &TypedStatement,
        asked: &[Known],
        first_scope: bool,
    ) -> Option<(StatementId, GuardId)> {
        let known = |key: &str| {
            let number = typed.asks.binary_search_by(|one| one.as_str().cmp(key));
            number.map_or(Known::UNKNOWN, |number| asked[number].clone())
        };
        let mut literals: Vec<Literal> =
            typed.unreadable.iter().map(|text| Literal::Unreadable(text.clone(), true)).collect();
        for test in self.tests(typed, Part::Principal) {
            if !add_outcome(test.decide(&known), typed.effect, &mut literals) {
                return None;
            }
        }
        let bind = |key: &String| {
            let bound = match known(key) {
                // No two roles would be alike by what their sessions' ids begin with.
                Known::Prefixed(_) => Known::PRESENT,
                known => known,
            };
            (key.clone(), bound)
        };
        let binding = typed.binding.iter().map(bind).collect();
        let statement = self.statements.intern(StatementKey { source: source.clone(), binding, first_scope });
        self.kinds.insert(statement, kind);
        Some((statement, self.guards.all(literals)))
    }

    pub(super) fn known(
        &self,
        key: &str,
        principal: Option<&PrincipalView>,
        resource: Option<&ResourceView>,
        action: Option<&Action>,
    ) -> Known {
        self.context.known(key, principal, resource, action).0
    }

    /// The tests of a statement that are decided together with this part; none where all are taken for passed.
    fn tests<'t>(&self, typed: &'t TypedStatement, part: Part) -> impl Iterator<Item = &'t Test> + use<'t> {
        let tests = if self.passes_tests { &[][..] } else { typed.tests.as_slice() };
        tests.iter().filter(move |(own, _)| *own == part).map(|(_, test)| test)
    }

    /// What an instance knows of a key that depends on the caller.
    fn of_caller(key: &StatementKey, view: &ResourceView, name: &str) -> Option<Known> {
        match of_caller(name).filter(|_| view.of_caller) {
            Some(own) => Some(or_absent(Self::bound(key, own)?)),
            None => Self::bound(key, name),
        }
    }

    pub(super) fn bound(key: &StatementKey, name: &str) -> Option<Known> {
        key.binding.iter().find(|(own, _)| own == name).map(|(_, known)| known.clone())
    }

    /// The actions that an instance acts on, and under which guards.
    pub(super) fn acts(&self, statement: StatementId) -> Vec<(usize, GuardId)> {
        let StatementSource::Written(document, index) = self.statements[statement].source else {
            return (0..self.library.actions.len()).map(|action| (action, GuardId::ALWAYS)).collect();
        };
        let typed = self.live_statement(document, index);
        let is_limited = self.statements[statement].first_scope;
        let within = |action: usize| !is_limited || FIRST_SCOPE.contains(&self.library.actions.name(action));
        let acts = typed.acts.iter().filter(|(action, _)| within(*action));
        acts.filter_map(|&(action, fit)| Some((action, self.acts_on(statement, typed, action, fit)?))).collect()
    }

    fn acts_on(&self, statement: StatementId, typed: &TypedStatement, action: usize, fit: Fit) -> Option<GuardId> {
        let key = &self.statements[statement];
        let mut literals = Vec::new();
        match fit {
            Fit::Likely(rule) => literals.push(Literal::Reading(rule, true)),
            Fit::Unlikely(rule) => literals.push(Literal::Reading(rule, false)),
            Fit::Always | Fit::Never => {}
        }
        // Z15: across accounts and beyond the three actions of old, a grant of the registry's own is doubtful.
        let of_registry = self.kinds.get(&statement) == Some(&PolicyKind::Registry);
        let name = self.library.actions.name(action);
        if of_registry && typed.effect == Effect::Allow && !FIRST_SCOPE.contains(&name) {
            literals.push(Literal::Reading("Z15", true));
        }
        let action = &self.library.actions[action];
        let known = |name: &str| Self::bound(key, name).unwrap_or_else(|| self.known(name, None, None, Some(action)));
        for test in self.tests(typed, Part::Action) {
            if !add_outcome(test.decide(&known), typed.effect, &mut literals) {
                return None;
            }
        }
        Some(self.guards.all(literals))
    }

    /// The guards under which an instance reaches a resource (of a resource policy: one that holds it), one an
    /// alternative; none if it cannot.
    pub(super) fn reaches(&self, statement: StatementId, resource: usize) -> Vec<GuardId> {
        let key = &self.statements[statement];
        let StatementSource::Written(document, index) = key.source else { return vec![GuardId::ALWAYS] };
        let written = &self.library.documents[document].statements[index as usize];
        let view = &self.resources[resource].view;
        let alternatives = match &written.resources {
            Some(element) => {
                let completed = self.kinds.get(&statement).is_some_and(|kind| completes(*kind));
                self.fit(key, element, view, completed)
            }
            // M19, R16: a policy without Resource is about the resource that holds it.
            None if view.kind == ResourceKind::None => Vec::new(),
            None => vec![Vec::new()],
        };
        if alternatives.is_empty() {
            return Vec::new();
        }
        let typed = self.live_statement(document, index);
        let known = |name: &str| {
            let told = self.context.given(name).or_else(|| Self::of_caller(key, view, name));
            told.unwrap_or_else(|| self.known(name, None, Some(view), None))
        };
        let mut literals = Vec::new();
        for test in self.tests(typed, Part::Resource) {
            if !add_outcome(test.decide(&known), typed.effect, &mut literals) {
                return Vec::new();
            }
        }
        let all = |one: Vec<Literal>| {
            let mut all = literals.clone();
            for literal in one {
                add(literal, typed.effect, &mut all);
            }
            all
        };
        alternatives.into_iter().map(|one| self.guards.all(all(one))).collect()
    }

    /// Whether a Resource or `NotResource` element covers a resource: alternatives of literals that must hold for it.
    pub(super) fn fit(
        &self,
        key: &StatementKey,
        element: &Element<ResourcePattern>,
        view: &ResourceView,
        completed: bool,
    ) -> Vec<Vec<Literal>> {
        let mut alternatives: Vec<Vec<Literal>> = Vec::new();
        let mut valueless = false;
        for entry in &element.entries {
            let known = |name: &str| Self::bound(key, name).unwrap_or_else(|| self.known(name, None, Some(view), None));
            match entry.value.fill(|variable| known(&variable.key).filling()) {
                // M26: by the reading that is followed the entry is not one.
                Some(pattern) if entry.value.has_misplaced_variable() => {
                    let fits = Self::fit_one(&pattern, view, completed).is_some();
                    alternatives.extend(fits.then(|| vec![Literal::Reading("V5", false)]));
                }
                None => valueless = true,
                Some(pattern) if pattern.0.variables().next().is_none() => {
                    alternatives.extend(Self::fit_one(&pattern, view, completed));
                }
                Some(pattern) => alternatives.extend(Self::fit_open(&pattern, view, element.negated, &known)),
            }
        }
        if !element.negated {
            // One match that asks for nothing says it all.
            return if alternatives.iter().any(Vec::is_empty) { vec![Vec::new()] } else { alternatives };
        }
        let mut literals = Vec::new();
        if element.entries.is_empty() {
            literals.push(Literal::Reading("Z20", true));
        }
        for alternative in alternatives {
            match alternative.into_iter().next() {
                None => return Vec::new(),
                Some(literal) => literals.push(literal.opposite()),
            }
        }
        if valueless {
            literals.push(Literal::Reading("Z4", true));
        }
        vec![literals]
    }

    /// Under which literal a pattern covers a resource whose variable only a request fills in: the variable
    /// has one of the values with which it does.
    fn fit_open(
        pattern: &ResourcePattern,
        view: &ResourceView,
        negated: bool,
        known: &dyn Fn(&str) -> Known,
    ) -> Option<Vec<Literal>> {
        let unreadable = || Some(vec![Literal::Unreadable(format!("Resource {}", pattern.0.as_str()), true)]);
        let variable = pattern.0.variables().next()?;
        let values = match view.kind {
            // M19: only `*` does.
            ResourceKind::None => return None,
            ResourceKind::NewRepository => return unreadable(),
            _ => pattern.solve(&view.arn),
        };
        let Some(values) = values else { return unreadable() };
        if values.is_empty() {
            return None;
        }
        let default_fits = variable.default.as_ref().is_some_and(|default| values.contains(default));
        if default_fits && negated {
            return unreadable();
        }
        match Test::equals(&variable.key, values, default_fits).decide(known) {
            Outcome::Decided(holds) => holds.then(Vec::new),
            Outcome::Doubtful(holds, rule) => Some(vec![Literal::Reading(rule, holds)]),
            Outcome::Residual(residual) | Outcome::DoubtfulResidual(residual, _) => Some(vec![Literal::Test(residual)]),
        }
    }

    /// Whether one pattern covers a resource: nothing, or the one literal that must hold for it.
    pub(super) fn fit_one(pattern: &ResourcePattern, view: &ResourceView, completed: bool) -> Option<Vec<Literal>> {
        let fit = match view.kind {
            ResourceKind::None => pattern.fit_no_resource(),
            ResourceKind::NewRepository => {
                let (fit, coverage) = pattern.fit_unnamed(&view.arn, completed);
                match coverage {
                    Coverage::None if fit == Fit::Never => return None,
                    Coverage::Some => return Some(vec![Literal::NewName(pattern.of_resource(), true)]),
                    _ => fit,
                }
            }
            _ => pattern.fit(&view.arn, completed),
        };
        match fit {
            Fit::Never => None,
            Fit::Unlikely(rule) => Some(vec![Literal::Reading(rule, false)]),
            Fit::Likely(rule) => Some(vec![Literal::Reading(rule, true)]),
            Fit::Always => Some(Vec::new()),
        }
    }
}
