//! What the rules derive of one shard, shared by all shards that have the same structure.
//!
//! Rules see numbers. Accounts that were set up alike, by a template or a landing zone, differ in names and have
//! equal rows: what follows from those is derived once.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use lru::LruCache;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::holding::Holding;
use super::judge::Judge;
use super::place::{Place, at};
use super::run::run;
use super::shard::Kind;
use super::universe::Resource;
use super::verdict::Verdict;
use crate::catalog::{Capability, Catalog, Need, ResourceKind};
use crate::condition::{Decisions, GuardContents, Guards};
use crate::ids::{AccountAtom, ActionAtom, PrincipalAtom, ResourceAtom, Table};
use crate::lower::{Actions, Cell, Facts, Flag, Rows};
use crate::rules::{capability, grant, statement};

/// So many structures are kept: an organization has a few dozen kinds of accounts that are alike.
const KEPT: NonZeroUsize = NonZeroUsize::new(256).expect("256 is not nought");

/// What the rules derive, by atom.
#[derive(Debug)]
pub(crate) struct Derivation {
    pub(crate) judge: Judge,
    /// What verdicts add up to; `true`: in every request.
    pub(crate) capable: BTreeMap<(PrincipalAtom, ResourceAtom), Vec<(Capability, bool)>>,
    /// The principals whom the resources' own policies name.
    pub(crate) faces: FxHashSet<(PrincipalAtom, ResourceAtom)>,
    /// The table in which the rules joined guards.
    guards: Arc<Guards>,
    /// The cells that some request may be allowed in, by action.
    cells: OnceLock<FxHashMap<ActionAtom, Vec<Cell>>>,
    /// Which of them are, by action, as questions need them.
    actions: Mutex<BTreeMap<ActionAtom, Place<Holding>>>,
    /// Who has which capability.
    capabilities: Mutex<BTreeMap<Capability, Place<Holding>>>,
}

impl Derivation {
    /// Who is allowed an action, in some request or in every.
    pub(super) fn allowed(&self, facts: &Facts, action: ActionAtom) -> Arc<Holding> {
        at(&self.actions, action, || {
            let cells = self.cells.get_or_init(|| {
                let mut cells: FxHashMap<ActionAtom, Vec<Cell>> = FxHashMap::default();
                self.judge.possible().for_each(|cell| cells.entry(cell.action).or_default().push(cell));
                cells
            });
            let judged = cells.get(&action).into_iter().flatten().map(|&cell| {
                let verdict = self.judge.verdict(facts, cell).verdict;
                (cell.principal, cell.resource, verdict)
            });
            let held = judged.filter(|(.., verdict)| verdict.is_possible());
            Holding::new(held.map(|(who, what, verdict)| (who, what, verdict == Verdict::Allowed)))
        })
    }

    /// Who has a capability, in some request or in every.
    pub(super) fn having(&self, capability: Capability) -> Arc<Holding> {
        at(&self.capabilities, capability, || {
            let held = self.capable.iter().flat_map(|(&(principal, resource), held)| {
                let own = held.iter().filter(|(one, _)| *one == capability);
                own.map(move |&(_, certain)| (principal, resource, certain))
            });
            Holding::new(held)
        })
    }
}

/// How much was derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// How many shards, each a share of one account; one that has the structure of another is not derived.
    pub shards: usize,
    /// How many cells (a principal, an action, a resource, each an atom) policies granted in them.
    pub cells: usize,
}

/// All that a derivation depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Structure {
    kind: Kind,
    actions: Table<ActionAtom, Vec<usize>>,
    rows: Arc<Rows>,
    guards: GuardContents,
    places: Table<ResourceAtom, Site>,
}

/// What a resource is to capabilities.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Site {
    kind: ResourceKind,
    service: String,
    region: Option<String>,
}

/// What was derived lately, by structure.
#[derive(Debug)]
pub(crate) struct Derivations {
    kept: Mutex<LruCache<Structure, Place<Derivation>, FxBuildHasher>>,
    cells: AtomicUsize,
    derived: AtomicUsize,
}

impl Derivations {
    pub(super) fn new() -> Self {
        let kept = Mutex::new(LruCache::with_hasher(KEPT, FxBuildHasher));
        Self { kept, cells: AtomicUsize::new(0), derived: AtomicUsize::new(0) }
    }

    pub(super) fn effort(&self) -> Effort {
        Effort { shards: self.derived.load(Ordering::Relaxed), cells: self.cells.load(Ordering::Relaxed) }
    }

    /// What the rules derive from these facts; made now, if no shard of the same structure was there lately.
    pub(super) fn of(
        &self,
        facts: &mut Facts,
        kind: Kind,
        resources: &[Resource],
        actions: &Actions,
        decisions: &Arc<Decisions>,
    ) -> Arc<Derivation> {
        let site = |atom: ResourceAtom| {
            let view = &resources[facts.resources[atom][0]].view;
            Site { kind: view.kind, service: view.service.clone(), region: view.region.clone() }
        };
        let structure = Structure {
            kind,
            actions: facts.actions.clone(),
            rows: Arc::clone(&facts.rows),
            guards: facts.guards.contents(),
            places: facts.resources.ids().map(site).collect(),
        };
        let place = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(kept.get_or_insert_ref(&structure, Arc::default))
        };
        let derivation = Arc::clone(place.get_or_init(|| {
            let derived = run(facts, &[]);
            self.derived.fetch_add(1, Ordering::Relaxed);
            let cells: FxHashSet<_> =
                derived.granted.candidates.iter().map(|&grant::Candidate(p, a, r, ..)| (p, a, r)).collect();
            self.cells.fetch_add(cells.len(), Ordering::Relaxed);
            let judge = Judge::new(&derived, decisions);
            let capable = match kind {
                Kind::Registries => capable(&judge, facts, &structure.places, actions),
                Kind::Roles | Kind::Entities => BTreeMap::new(),
            };
            let facing = derived.statements.faces.iter();
            let faced = facing.map(|&statement::Faces(principal, resource)| (principal, resource)).collect();
            Arc::new(Derivation {
                judge,
                capable,
                faces: faced,
                guards: Arc::clone(&facts.guards),
                cells: OnceLock::new(),
                actions: Mutex::default(),
                capabilities: Mutex::default(),
            })
        }));
        // The rules joined guards on their way: their numbers are those of that table.
        facts.guards = Arc::clone(&derivation.guards);
        derivation
    }
}

/// What the verdicts add up to.
fn capable(
    judge: &Judge,
    facts: &Facts,
    places: &Table<ResourceAtom, Site>,
    actions: &Actions,
) -> BTreeMap<(PrincipalAtom, ResourceAtom), Vec<(Capability, bool)>> {
    let mut allowed = Vec::new();
    let mut asked = BTreeSet::new();
    for cell in judge.possible() {
        let verdict = judge.verdict(facts, cell).verdict;
        if verdict.is_possible() {
            allowed.push((cell, verdict == Verdict::Allowed));
            asked.insert((cell.principal, cell.resource));
        }
    }
    let sites = || places.iter().map(|(atom, site)| (atom, site.kind, site.service.as_str()));
    let homes = Homes::new(facts, places);
    let found = capability::run(|program| {
        for (need, action, atom) in demands(facts, actions, sites()) {
            if need.at_home {
                program.extend([capability::NeedsAtHome(need.capability, action, atom)]);
            } else {
                program.extend([capability::Needs(need.capability, action, atom)]);
            }
        }
        let open = sites().filter(|&(_, kind, service)| kind == ResourceKind::Repository && service == "ecr-public");
        program.extend(open.map(|(atom, ..)| capability::OpenToAll(atom)));
        let services = facts.rows.flags.iter().filter(|(_, flag)| *flag == Flag::Service);
        program.extend(services.map(|&(principal, _)| capability::Service(principal)));
        for &(principal, resource) in &asked {
            if let Some(home) = homes.of(principal, &places[resource]) {
                program.extend([capability::Home(principal, resource, home)]);
            }
        }
        program.extend(asked.iter().map(|&(principal, resource)| capability::Asked(principal, resource)));
        let each = allowed.iter();
        program.extend(
            each.map(|&(cell, certain)| capability::Allowed(cell.principal, cell.action, cell.resource, certain)),
        );
    });
    let mut capable: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (principal, what, resource, certain) in found {
        capable.entry((principal, resource)).or_default().push((what, certain));
    }
    capable
}

/// What each capability needs that exists on one of these resources: of which kind they are, and of which service.
pub(crate) fn demands<'a>(
    facts: &Facts,
    actions: &Actions,
    resources: impl Iterator<Item = (ResourceAtom, ResourceKind, &'a str)>,
) -> Vec<(Need, ActionAtom, ResourceAtom)> {
    let catalog = Catalog::bundled();
    let atom_of_action = |number: usize| facts.actions.iter().find(|(_, all)| all.contains(&number)).map(|one| one.0);
    let mut found = Vec::new();
    for (atom, kind, service) in resources {
        for need in catalog.needs(service).filter(|need| need.on == kind) {
            let action = actions.number_of(need.action).and_then(atom_of_action);
            found.extend(action.map(|action| (need, action, atom)));
        }
    }
    found
}

/// Where principals ask for what has no resource.
struct Homes<'a> {
    /// The accounts of principals, in the order of atoms.
    accounts: Vec<AccountAtom>,
    /// What has no resource, and whose it is; `None`: each caller's.
    homes: Vec<(&'a Site, Option<AccountAtom>, ResourceAtom)>,
}

impl<'a> Homes<'a> {
    fn new(facts: &Facts, places: &'a Table<ResourceAtom, Site>) -> Self {
        let rows = &facts.rows;
        let owner = |atom| rows.resource_in.iter().find(|(resource, _)| *resource == atom).map(|row| row.1);
        let homes = places.iter().filter(|(_, site)| site.kind == ResourceKind::None);
        Self {
            accounts: rows.principal_in.iter().map(|row| row.1).collect(),
            homes: homes.map(|(atom, site)| (site, owner(atom), atom)).collect(),
        }
    }

    fn of(&self, principal: PrincipalAtom, site: &Site) -> Option<ResourceAtom> {
        use crate::ids::Id as _;
        let account = self.accounts[principal.index()];
        let registry = |home: &Site| home.service == site.service && home.region == site.region;
        let mut here = self.homes.iter().filter(|(home, ..)| registry(home));
        here.find(|(_, owner, _)| owner.is_none_or(|owner| owner == account)).map(|home| home.2)
    }
}
