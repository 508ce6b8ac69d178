//! Who can become whom in two worlds, and for whom that is otherwise in the other.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::joint::{Joint, PersonId, WORLDS};
use super::terms::{TermId, Terms};
use crate::engine::{Step, Verdict};
use crate::policy::AccountId;
use crate::query::row::to_become;

/// The steps of one world, in both directions; with what they ask for, if for anything.
#[derive(Default)]
pub(super) struct Ways {
    onward: FxHashMap<PersonId, Vec<(PersonId, Option<TermId>)>>,
    into: FxHashMap<PersonId, Vec<PersonId>>,
}

/// One step: who takes it, whom it makes of them, what it asks for.
type Edge = (PersonId, PersonId, Option<TermId>);

impl Ways {
    /// The ways of both worlds, and those whose own steps, or those of whom they can become, are not the same in both.
    pub(super) fn of(joint: &Joint<'_>, accounts: &BTreeSet<AccountId>) -> ([Self; 2], BTreeSet<PersonId>) {
        let mut ways = [Self::default(), Self::default()];
        let sessions = WORLDS.map(|world| joint.worlds[world].sessions());
        let mut differing = BTreeSet::new();
        for &account in accounts {
            let steps = WORLDS.map(|world| joint.worlds[world].steps_of(account));
            let edges = WORLDS.map(|world| {
                let mut edges: Vec<Edge> = Vec::with_capacity(steps[world].len());
                for Step { caller, role, verdict, decided } in steps[world].iter() {
                    let into = std::iter::once(role).chain(sessions[world].get(role).into_iter().flatten());
                    let person = |id| joint.person_of(world, id);
                    for &one in into.filter(|one| *one != caller) {
                        let asks = (*verdict != Verdict::Allowed).then(|| {
                            let words = decided.residual.as_deref().filter(|_| joint.terms.are_compared());
                            let name = &joint.worlds[world].requester(one).name;
                            let words = words.map(|words| to_become(words, name));
                            joint.terms.term(&words.unwrap_or_default())
                        });
                        edges.push((person(*caller), person(one), asks));
                    }
                }
                edges.sort_unstable();
                edges
            });
            if !(joint.is_same && Arc::ptr_eq(&steps[0], &steps[1])) {
                let here = |one: &Edge, others: &[Edge]| others.binary_search(one).is_ok();
                differing.extend(edges[0].iter().filter(|edge| !here(edge, &edges[1])).map(|edge| edge.0));
                differing.extend(edges[1].iter().filter(|edge| !here(edge, &edges[0])).map(|edge| edge.0));
            }
            for (ways, edges) in ways.iter_mut().zip(edges) {
                for (caller, one, certain) in edges {
                    ways.onward.entry(caller).or_default().push((one, certain));
                    ways.into.entry(one).or_default().push(caller);
                }
            }
        }
        let [before, after] = &ways;
        let behind: BTreeSet<PersonId> =
            before.towards(&differing).union(&after.towards(&differing)).copied().collect();
        differing.extend(behind);
        (ways, differing)
    }

    /// Those who can become one of these.
    pub(super) fn towards(&self, these: &BTreeSet<PersonId>) -> BTreeSet<PersonId> {
        let mut found = BTreeSet::new();
        let mut frontier: Vec<PersonId> = these.iter().copied().collect();
        while let Some(next) = frontier.pop() {
            let callers = self.into.get(&next).into_iter().flatten();
            frontier.extend(callers.filter(|caller| found.insert(**caller)));
        }
        found
    }

    /// Whom somebody can become, and what the steps there ask for: for nothing, where each of them is allowed in
    /// every request; else what those of a shortest way do.
    pub(super) fn from(&self, somebody: PersonId, terms: &Terms) -> Vec<(PersonId, Option<TermId>)> {
        let certain: FxHashSet<PersonId> = self.reached(somebody, true, terms).into_iter().map(|one| one.0).collect();
        let all = self.reached(somebody, false, terms).into_iter();
        all.map(|(one, asks)| (one, asks.filter(|_| !certain.contains(&one)))).collect()
    }

    fn reached(&self, somebody: PersonId, certainly: bool, terms: &Terms) -> Vec<(PersonId, Option<TermId>)> {
        let mut seen = FxHashSet::default();
        let mut found: Vec<(PersonId, Option<TermId>)> = Vec::new();
        let (mut frontier, mut at) = (vec![(somebody, None)], 0);
        while let Some(&(next, so_far)) = frontier.get(at) {
            at += 1;
            for &(one, asks) in self.onward.get(&next).into_iter().flatten() {
                if (asks.is_none() || !certainly) && seen.insert(one) {
                    let asks: Option<TermId> = match (so_far, asks) {
                        (Some(first), Some(second)) => Some(terms.then(first, second)),
                        (first, second) => first.or(second),
                    };
                    found.push((one, asks));
                    frontier.push((one, asks));
                }
            }
        }
        found.sort_unstable();
        found
    }
}
