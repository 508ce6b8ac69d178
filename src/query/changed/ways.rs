//! Who can become whom in two worlds, and for whom that is otherwise in the other.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::joint::{Joint, PersonId, WORLDS};
use crate::engine::{Step, Verdict};
use crate::policy::AccountId;

/// The steps of one world, in both directions; `true`: in every request.
#[derive(Default)]
pub(super) struct Ways {
    onward: FxHashMap<PersonId, Vec<(PersonId, bool)>>,
    into: FxHashMap<PersonId, Vec<PersonId>>,
}

/// One step: who takes it, whom it makes of them, whether in every request.
type Edge = (PersonId, PersonId, bool);

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
                for Step { caller, role, verdict, .. } in steps[world].iter() {
                    let into = std::iter::once(role).chain(sessions[world].get(role).into_iter().flatten());
                    let others = into.filter(|one| *one != caller);
                    let person = |id| joint.person_of(world, id);
                    edges.extend(others.map(|&one| (person(*caller), person(one), *verdict == Verdict::Allowed)));
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

    /// Whom somebody can become; `true`: by steps that are each allowed in every request.
    pub(super) fn from(&self, somebody: PersonId) -> Vec<(PersonId, bool)> {
        let certain: FxHashSet<PersonId> = self.reached(somebody, true).into_iter().collect();
        self.reached(somebody, false).into_iter().map(|one| (one, certain.contains(&one))).collect()
    }

    fn reached(&self, somebody: PersonId, certainly: bool) -> Vec<PersonId> {
        let mut seen = FxHashSet::default();
        let (mut found, mut frontier) = (Vec::new(), vec![somebody]);
        while let Some(next) = frontier.pop() {
            for &(one, certain) in self.onward.get(&next).into_iter().flatten() {
                if (certain || !certainly) && seen.insert(one) {
                    found.push(one);
                    frontier.push(one);
                }
            }
        }
        found.sort_unstable();
        found
    }
}
