//! What everybody holds on the resources of one account, in both worlds.

use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::joint::{Joint, PersonId, SpotId, Spots, WORLDS};
use super::terms::{Sure, TermId};
use super::{Grain, Ways};
use crate::catalog::{Capability, ResourceKind};
use crate::engine::{Judgement, Shard, Verdict};
use crate::ids::{Id as _, PrincipalAtom, ResourceAtom};
use crate::query::ask::{Deed, Target, is_public, offers};

/// What is held on what, and how.
pub(super) type Held = BTreeMap<(SpotId, Deed), Sure>;

type ByAtom = FxHashMap<PrincipalAtom, Held>;

/// An account in both worlds.
pub(super) struct Place<'a> {
    joint: &'a Joint<'a>,
    grain: Grain,
    shards: [Option<&'a Shard>; 2],
    targets: [Vec<Target>; 2],
    pub(super) spots: Spots,
    /// The atoms of those who hold something, by person.
    atoms: [Vec<Option<PrincipalAtom>>; 2],
    held: [RefCell<FxHashMap<PrincipalAtom, Rc<Held>>>; 2],
    cells: [RefCell<Option<Rc<ByAtom>>>; 2],
    is_same: bool,
}

/// What somebody's holdings come from: alike for all who hold the same in the same way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Source {
    /// In which world there is somebody of this name.
    pub(super) is_in: [bool; 2],
    pub(super) kind: &'static str,
    direct: [Option<PrincipalAtom>; 2],
    through: [BTreeSet<(PrincipalAtom, Option<TermId>)>; 2],
}

/// What is otherwise after than before: what was held, and what is.
pub(super) type Difference = (SpotId, Deed, [Option<Sure>; 2]);

impl<'a> Place<'a> {
    pub(super) fn new(
        joint: &'a Joint<'a>,
        account: crate::policy::AccountId,
        shards: &'a [Option<Arc<Shard>>; 2],
        grain: Grain,
    ) -> Self {
        let is_same = joint.is_same && matches!(shards, [Some(before), Some(after)] if Arc::ptr_eq(before, after));
        let shards = [shards[0].as_deref(), shards[1].as_deref()];
        let targets = shards.map(|shard| {
            let count = shard.map_or(0, |shard| shard.resources.len());
            (0..count).map(|resource| Target { account, resource }).collect()
        });
        let mut place = Self {
            joint,
            grain,
            shards,
            targets,
            spots: Spots::new(shards),
            atoms: [Vec::new(), Vec::new()],
            held: [RefCell::default(), RefCell::default()],
            cells: [RefCell::default(), RefCell::default()],
            is_same,
        };
        place.atoms = WORLDS.map(|world| place.look_up(world));
        place
    }

    /// The atoms of those who hold something.
    fn look_up(&self, world: usize) -> Vec<Option<PrincipalAtom>> {
        let mut atoms = vec![None; self.joint.people.len()];
        let Some(shard) = self.shards[world] else { return atoms };
        for atom in shard.facts.principals.ids().filter(|&atom| !self.held(world, atom).is_empty()) {
            for member in shard.members(atom) {
                atoms[self.joint.person_of(world, member).index()] = Some(atom);
            }
        }
        atoms
    }

    fn atom(&self, world: usize, somebody: PersonId) -> Option<PrincipalAtom> {
        self.atoms[world][somebody.index()]
    }

    /// Those who hold something else by themselves than before.
    pub(super) fn differing(&self) -> BTreeSet<PersonId> {
        if self.is_same {
            return BTreeSet::new();
        }
        let mut known: FxHashMap<[Option<PrincipalAtom>; 2], bool> = FxHashMap::default();
        let mut differs = |somebody: PersonId| {
            let pair = WORLDS.map(|world| self.atom(world, somebody));
            *known.entry(pair).or_insert_with(|| {
                let [before, after] = WORLDS.map(|world| pair[world].map(|atom| self.held(world, atom)));
                before.as_deref().unwrap_or(&Held::new()) != after.as_deref().unwrap_or(&Held::new())
            })
        };
        self.joint.people.ids().filter(|&somebody| differs(somebody)).collect()
    }

    pub(super) fn source(&self, somebody: PersonId, ways: &[Rc<Vec<Way>>; 2]) -> Source {
        let through = WORLDS.map(|world| {
            let roles = ways[world].iter();
            roles.filter_map(|&(role, asks)| Some((self.atom(world, role)?, asks))).collect()
        });
        Source {
            is_in: self.joint.is_in(somebody),
            kind: self.joint.name(somebody).1,
            direct: WORLDS.map(|world| self.atom(world, somebody)),
            through,
        }
    }

    /// What comes of a source otherwise than before.
    pub(super) fn differences(&self, source: &Source) -> Vec<Difference> {
        let [before, after] = WORLDS.map(|world| self.whole(world, source));
        let all: BTreeSet<(SpotId, Deed)> = before.keys().chain(after.keys()).copied().collect();
        let pairs =
            all.into_iter().map(|what| (what.0, what.1, [&before, &after].map(|held| held.get(&what).cloned())));
        pairs.filter(|(.., [before, after])| before != after).collect()
    }

    /// What a source holds in a world by all ways.
    pub(super) fn whole(&self, world: usize, source: &Source) -> Held {
        let mut all = Held::new();
        let direct = source.direct[world].map(|atom| (atom, None));
        for (atom, way) in direct.into_iter().chain(source.through[world].iter().copied()) {
            for (&what, held) in self.held(world, atom).iter() {
                let held = self.joint.terms.behind(way, held);
                match all.entry(what) {
                    Entry::Vacant(place) => drop(place.insert(held)),
                    Entry::Occupied(mut known) => known.get_mut().or(held),
                }
            }
        }
        all
    }

    /// What a source holds in a world by itself, and not through roles.
    pub(super) fn own(&self, world: usize, source: &Source) -> Rc<Held> {
        source.direct[world].map_or_else(Rc::default, |atom| self.held(world, atom))
    }

    /// The public repositories that are in one of the worlds alone; anyone can pull from them there (R7).
    pub(super) fn open(&self) -> impl Iterator<Item = SpotId> {
        let of = move |world: usize| {
            let shard = self.shards[world];
            let is_open = move |target: &&Target| shard.is_some_and(|shard| is_public(shard, **target));
            let open = self.targets[world].iter().filter(is_open);
            open.filter_map(move |target| self.spots.of(world, target.resource))
        };
        let all: BTreeSet<SpotId> = WORLDS.into_iter().flat_map(of).collect();
        all.into_iter().filter(|&spot| self.spots.spots[spot].1 != [true, true])
    }

    /// The condition in words, where there is one.
    pub(super) fn told(&self, sure: &Sure) -> Option<String> {
        self.joint.terms.told(Some(sure))
    }

    pub(super) fn deed(&self, deed: Deed) -> String {
        let shard = self.shards.iter().flatten().next();
        shard.map_or_else(String::new, |shard| deed.name(shard))
    }

    /// What an atom holds by itself.
    fn held(&self, world: usize, atom: PrincipalAtom) -> Rc<Held> {
        if let Some(known) = self.held[world].borrow().get(&atom) {
            return Rc::clone(known);
        }
        let held = Rc::new(match self.grain {
            Grain::Capabilities => self.capabilities(world, atom),
            Grain::Actions => self.actions(world).get(&atom).cloned().unwrap_or_default(),
        });
        self.held[world].borrow_mut().insert(atom, Rc::clone(&held));
        held
    }

    fn capabilities(&self, world: usize, atom: PrincipalAtom) -> Held {
        let Some(shard) = self.shards[world] else { return Held::new() };
        let held = shard.held(atom).filter(|&(resource, capability, _)| {
            let target = self.targets[world][resource];
            let view = &shard.resources[resource].view;
            // R7: anyone can pull from a public repository, and no policy changes that.
            let is_open = capability == Capability::Pull && is_public(shard, target);
            let is_there = view.kind != ResourceKind::NewRepository || capability == Capability::Create;
            is_there && !is_open && offers(shard, target, Deed::Capability(capability))
        });
        let mut known = FxHashMap::default();
        let held = held.filter_map(|(resource, capability, certain)| {
            let spot = self.spots.of(world, resource)?;
            let sure =
                if certain { Sure::Always } else { self.condition(world, atom, (capability, resource), &mut known) };
            Some(((spot, Deed::Capability(capability)), sure))
        });
        held.collect()
    }

    /// What a capability on a resource asks for, which is the same for all resources of an atom in a region.
    fn condition(
        &self,
        world: usize,
        atom: PrincipalAtom,
        (capability, resource): (Capability, usize),
        known: &mut FxHashMap<(Capability, Option<ResourceAtom>, Option<String>), Sure>,
    ) -> Sure {
        let Some(shard) = self.shards[world].filter(|_| self.joint.terms.are_compared()) else {
            return Sure::If(BTreeSet::new());
        };
        let first = shard.first(atom);
        let region = shard.resources[resource].view.region.clone();
        let here = shard.cell(first, 0, resource).map(|cell| cell.resource);
        let sure = known.entry((capability, here, region)).or_insert_with(|| {
            let relations = self.joint.worlds[world];
            let cells = shard.needs(capability, relations.requester(first), resource);
            let expressions = shard.expressions(first, &cells);
            let decided = relations.decisions().decide(&expressions);
            self.joint.terms.held(decided.residual.as_deref().unwrap_or_default(), expressions)
        });
        sure.clone()
    }

    /// The same of single actions, for all atoms at once.
    fn actions(&self, world: usize) -> Rc<ByAtom> {
        let mut known = self.cells[world].borrow_mut();
        let all = known.get_or_insert_with(|| {
            let mut all = ByAtom::default();
            let Some(shard) = self.shards[world] else { return Rc::default() };
            for cell in shard.judge().possible() {
                let Judgement { verdict, decided } = shard.judge().verdict(&shard.facts, cell);
                let sure = match verdict {
                    Verdict::Denied { .. } => continue,
                    Verdict::Allowed => Sure::Always,
                    Verdict::Conditional if !self.joint.terms.are_compared() => Sure::If(BTreeSet::new()),
                    Verdict::Conditional => {
                        let meaning = vec![shard.judge().expression(&shard.facts, cell)];
                        self.joint.terms.held(decided.residual.as_deref().unwrap_or_default(), meaning)
                    }
                };
                let held = all.entry(cell.principal).or_default();
                let resources = shard.facts.resources[cell.resource].iter().copied();
                let here = resources.filter(|&number| shard.stands_for(cell.principal, cell.resource, number));
                for resource in here {
                    for &action in &shard.facts.actions[cell.action] {
                        let (target, deed) = (self.targets[world][resource], Deed::Action(action));
                        let spot = self.spots.of(world, resource).filter(|_| offers(shard, target, deed));
                        held.extend(spot.map(|spot| ((spot, deed), sure.clone())));
                    }
                }
            }
            Rc::new(all)
        });
        Rc::clone(all)
    }
}

/// What a holding is as a verdict; `None` where there is nobody or nothing of the name.
pub(super) fn verdict(held: Option<&Sure>, is_there: bool) -> Option<Verdict> {
    is_there.then_some(held.map_or(Verdict::Denied { explicit: false }, Sure::verdict))
}

/// Whom somebody can become, and what the steps there ask for.
pub(super) type Way = (PersonId, Option<TermId>);

impl Joint<'_> {
    /// Whom somebody can become, looked up once.
    pub(super) fn known(
        &self,
        ways: &Ways,
        known: &mut FxHashMap<PersonId, Rc<Vec<Way>>>,
        somebody: PersonId,
    ) -> Rc<Vec<Way>> {
        Rc::clone(known.entry(somebody).or_insert_with(|| Rc::new(ways.from(somebody, &self.terms))))
    }
}
