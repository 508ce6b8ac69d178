//! Everybody and everything of two worlds, matched by name.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::terms::Terms;
use crate::catalog::ResourceKind;
use crate::engine::{Relations, RequesterId, Shard};
use crate::ids::{Id as _, Table, ids};
use crate::lower::RequesterKind;
use crate::policy::AccountId;

ids! {
    /// Somebody of either world, or of both.
    pub(super) PersonId;
    /// A resource of an account, in either world or in both.
    pub(super) SpotId;
}

/// The world before, and the world after.
pub(super) const WORLDS: [usize; 2] = [0, 1];

/// The requesters of two worlds by name.
pub(super) struct Joint<'a> {
    pub(super) worlds: [&'a Relations<'a>; 2],
    /// Who somebody is in each world.
    pub(super) people: Table<PersonId, [Option<RequesterId>; 2]>,
    /// Who the requesters of each world are.
    pub(super) person: [Vec<PersonId>; 2],
    /// Whether the requesters of the first world have the same numbers in the second.
    pub(super) is_same: bool,
    pub(super) terms: Terms,
}

impl<'a> Joint<'a> {
    pub(super) fn new(before: &'a Relations<'a>, after: &'a Relations<'a>, terms: Terms) -> Self {
        let universes = [before.universe(), after.universe()];
        let (old, new) = (&universes[0].requesters, &universes[1].requesters);
        // Who was in the world before keeps the number there, also who is gone.
        let is_same =
            old.len() <= new.len() && old.values().zip(new.values()).all(|(one, other)| one.name == other.name);
        let mut people: Table<PersonId, [Option<RequesterId>; 2]> = Table::new();
        let mut by_name: FxHashMap<&str, PersonId> = FxHashMap::default();
        let mut person = [Vec::with_capacity(old.len()), Vec::with_capacity(new.len())];
        let present = |world: usize, id: RequesterId| universes[world].is_present(id).then_some(id);
        for (id, requester) in old.iter() {
            let somebody = people.push([present(0, id), None]);
            if !is_same {
                by_name.insert(&requester.name, somebody);
            }
            person[0].push(somebody);
        }
        for (id, requester) in new.iter() {
            let known = if is_same {
                Some(PersonId::new(id.index())).filter(|_| id.index() < old.len())
            } else {
                by_name.get(&*requester.name).copied()
            };
            let somebody = known.unwrap_or_else(|| people.push([None, None]));
            if let (Some(both), Some(id)) = (people.get_mut(somebody), present(1, id)) {
                both[1] = Some(id);
            }
            person[1].push(somebody);
        }
        Self { worlds: [before, after], people, person, is_same, terms }
    }

    /// The accounts of either world.
    pub(super) fn accounts(&self) -> BTreeSet<AccountId> {
        self.worlds.iter().flat_map(|world| world.inventory().accounts.keys().copied()).collect()
    }

    pub(super) fn person_of(&self, world: usize, requester: RequesterId) -> PersonId {
        self.person[world][requester.index()]
    }

    /// In which worlds somebody is. Whom no policy names any more is still there: strangers, services, sessions.
    pub(super) fn is_in(&self, somebody: PersonId) -> [bool; 2] {
        let worlds = self.people[somebody].map(|id| id.is_some());
        let kinds = [RequesterKind::User, RequesterKind::Role];
        let entity = |(world, id): (usize, Option<RequesterId>)| {
            let requester = id.map(|id| self.worlds[world].requester(id));
            requester.is_some_and(|one| one.outside.is_none() && kinds.contains(&one.view.kind))
        };
        let is_entity = WORLDS.into_iter().zip(self.people[somebody]).any(entity);
        if is_entity { worlds } else { [true; 2] }
    }

    /// How somebody is called, and what it is.
    pub(super) fn name(&self, somebody: PersonId) -> (&'a str, &'static str) {
        let of = |world: usize| self.people[somebody][world].map(|id| self.worlds[world].requester(id));
        of(1).or_else(|| of(0)).map_or(("", ""), |requester| (&*requester.name, requester.view.kind.as_str()))
    }
}

/// The resources of an account in both worlds, by kind and name.
pub(super) struct Spots {
    /// Their names, and in which world they are.
    pub(super) spots: Table<SpotId, (String, [bool; 2])>,
    /// Those of the resources of each world, by their numbers; `None` for what is each caller's own.
    of: [Vec<Option<SpotId>>; 2],
}

impl Spots {
    pub(super) fn new(shards: [Option<&Shard>; 2]) -> Self {
        let mut known: FxHashMap<(ResourceKind, &str), SpotId> = FxHashMap::default();
        let mut spots: Table<SpotId, (String, [bool; 2])> = Table::new();
        let of = WORLDS.map(|world| {
            let resources = shards[world].iter().flat_map(|shard| &shard.resources);
            let numbered = resources.map(|resource| {
                if resource.view.of_caller {
                    return None;
                }
                let spot = *known
                    .entry((resource.view.kind, &resource.name))
                    .or_insert_with(|| spots.push((resource.name.clone(), [false; 2])));
                if let Some((_, is_in)) = spots.get_mut(spot) {
                    is_in[world] = true;
                }
                Some(spot)
            });
            numbered.collect()
        });
        Self { spots, of }
    }

    pub(super) fn of(&self, world: usize, resource: usize) -> Option<SpotId> {
        self.of[world][resource]
    }
}
