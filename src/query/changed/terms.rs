//! Under which conditions something is held, so that those of two worlds can be compared.
//!
//! A condition is known by its words, which say all that it asks for. Where it is the condition of the deed itself,
//! and not of a way through roles, what it means is weighed: whether the one lets every request pass that the other
//! does.

use std::cell::RefCell;
use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::Shift;
use crate::condition::{Decisions, Expression};
use crate::engine::Verdict;
use crate::ids::{Interner, ids};

ids! {
    /// A condition, by its words.
    pub(super) TermId;
}

/// How something is held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Sure {
    /// In every request.
    Always,
    /// Under one of these conditions; none is told where conditions are not compared.
    If(BTreeSet<TermId>),
}

impl Sure {
    /// What it is as a verdict.
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Self::Always => Verdict::Allowed,
            Self::If(_) => Verdict::Conditional,
        }
    }

    /// Held in one way or in another one.
    pub(super) fn or(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::If(own), Self::If(others)) => own.extend(others),
            (_, Self::Always) => *self = Self::Always,
            (Self::Always, Self::If(_)) => {}
        }
    }
}

/// The conditions of both worlds.
pub(super) struct Terms {
    are_compared: bool,
    words: RefCell<Interner<TermId, String>>,
    meanings: RefCell<FxHashMap<TermId, Vec<Expression>>>,
    /// Of what comes one after the other, all that is asked for.
    parts: RefCell<FxHashMap<TermId, BTreeSet<TermId>>>,
    passes: RefCell<FxHashMap<[TermId; 2], bool>>,
}

impl Terms {
    /// No condition is known yet; where they are not compared, none ever is.
    pub(super) fn new(are_compared: bool) -> Self {
        let (meanings, parts, passes) = (RefCell::default(), RefCell::default(), RefCell::default());
        Self { are_compared, words: RefCell::new(Interner::new()), meanings, parts, passes }
    }

    pub(super) fn are_compared(&self) -> bool {
        self.are_compared
    }

    /// The condition with these words.
    pub(super) fn term(&self, words: &str) -> TermId {
        let words = if self.are_compared { words } else { "" };
        self.words.borrow_mut().intern(words.to_owned())
    }

    /// What is held under a condition of the deed itself, of which it is known what it means.
    pub(super) fn held(&self, words: &str, meaning: Vec<Expression>) -> Sure {
        let term = self.term(words);
        self.meanings.borrow_mut().entry(term).or_insert(meaning);
        Sure::If([term].into())
    }

    /// What is held behind a way.
    pub(super) fn behind(&self, way: Option<TermId>, held: &Sure) -> Sure {
        let Some(way) = way else { return held.clone() };
        match held {
            _ if !self.are_compared => Sure::If(BTreeSet::new()),
            Sure::Always => Sure::If([way].into()),
            Sure::If(terms) => Sure::If(terms.iter().map(|&term| self.then(way, term)).collect()),
        }
    }

    /// One condition, and then another one.
    pub(super) fn then(&self, first: TermId, second: TermId) -> TermId {
        let words = {
            let words = self.words.borrow();
            let both = [&words[first], &words[second]].into_iter().filter(|words| !words.is_empty());
            both.map(String::as_str).collect::<Vec<_>>().join("; then ")
        };
        let both = self.term(&words);
        let parts = [first, second].into_iter().flat_map(|one| self.parts(one)).collect();
        self.parts.borrow_mut().entry(both).or_insert(parts);
        both
    }

    fn parts(&self, term: TermId) -> BTreeSet<TermId> {
        self.parts.borrow().get(&term).cloned().unwrap_or_else(|| [term].into())
    }

    /// The condition in words; `None` where there is none, or no word for it.
    pub(super) fn told(&self, held: Option<&Sure>) -> Option<String> {
        let Some(Sure::If(terms)) = held else { return None };
        let words = self.words.borrow();
        let mut each: Vec<&str> =
            terms.iter().map(|&term| words[term].as_str()).filter(|one| !one.is_empty()).collect();
        each.sort_by_key(|words| (words.len(), *words));
        (!each.is_empty()).then(|| each.join(", or "))
    }

    /// What becomes of a permission under some conditions that is held under others now; `None` if nothing does.
    pub(super) fn turn(
        &self,
        decisions: &Decisions,
        before: &BTreeSet<TermId>,
        after: &BTreeSet<TermId>,
    ) -> Option<Shift> {
        let within = |ones: &BTreeSet<TermId>, others: &BTreeSet<TermId>| {
            ones.iter().all(|&one| others.iter().any(|&other| self.passes(decisions, one, other)))
        };
        match (within(before, after), within(after, before)) {
            (true, true) => None,
            (true, false) => Some(Shift::Widened),
            (false, true) => Some(Shift::Narrowed),
            (false, false) => Some(Shift::Altered),
        }
    }

    /// Whether whatever passes one condition passes another one: it asks for nothing else, or its meaning says so.
    fn passes(&self, decisions: &Decisions, one: TermId, other: TermId) -> bool {
        *self.passes.borrow_mut().entry([one, other]).or_insert_with(|| {
            let meanings = self.meanings.borrow();
            one == other
                || self.parts(other).is_subset(&self.parts(one))
                || matches!((meanings.get(&one), meanings.get(&other)), (Some(one), Some(other)) if implies(decisions, one, other))
        })
    }
}

/// Whether no request passes the one and not the other: each part of the other by itself, without a guard that
/// permits, or with one that blocks.
fn implies(decisions: &Decisions, one: &[Expression], other: &[Expression]) -> bool {
    let is_never = |without: Expression| {
        let mut parts = one.to_vec();
        parts.push(without);
        decisions.decide(&parts).holds == Some(false)
    };
    other.iter().all(|part| {
        is_never(Expression::new(vec![Vec::new()], part.permits.clone()))
            && (part.blocks.is_empty() || is_never(Expression::new(part.blocks.clone(), Vec::new())))
    })
}
