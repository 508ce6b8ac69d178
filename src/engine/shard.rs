//! One account's share of the work: the facts of its resources, and what the rules derive from them.
//!
//! Authorization on a resource needs the resource's account, and the principals
//! that its policies or its account let in; nothing else. So every account is
//! lowered and derived by itself, when a question needs it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::group::Groups;
use super::judge::Judge;
use super::run::run;
use super::universe::{Requester, RequesterId, Resource};
use super::verdict::Verdict;
use super::workshop::Workshop;
use crate::catalog::{Action, Capability, Catalog, ResourceKind};
use crate::condition::Expression;
use crate::ids::{ActionAtom, Id as _, PrincipalAtom, ResourceAtom};
use crate::lower::{Cell, Facts, RequesterKind};
use crate::policy::AccountId;
use crate::rules::capability;

/// What a shard is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// The account's repositories and registries.
    Registries,
    /// The account's roles: who may assume them.
    Roles,
}

/// The facts of one account, derived.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) facts: Facts,
    pub(crate) judge: Judge,
    pub(crate) resources: Vec<Resource>,
    pub(crate) actions: Arc<[Action]>,
    names: Arc<[String]>,
    groups: Groups,
    atom_of_group: Vec<PrincipalAtom>,
    atom_of_resource: Vec<ResourceAtom>,
    atom_of_action: Vec<ActionAtom>,
    capable: BTreeMap<(PrincipalAtom, ResourceAtom), Vec<(Capability, bool)>>,
}

impl Shard {
    /// The verdict cell of a requester, an action (by its number in the shard) and a resource.
    pub(crate) fn cell(&self, requester: RequesterId, action: usize, resource: usize) -> Option<Cell> {
        Some(Cell {
            principal: self.atom(requester)?,
            action: self.atom_of_action[action],
            resource: self.atom_of_resource[resource],
        })
    }

    pub(crate) fn verdict(&self, requester: RequesterId, action: usize, resource: usize) -> Option<super::Judgement> {
        Some(self.judge.verdict(&self.facts, self.cell(requester, action, resource)?))
    }

    /// The number of an action in the shard, by its name.
    pub(crate) fn action(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| own.eq_ignore_ascii_case(name))
    }

    /// The capabilities that a requester has on a resource; `true`: in every request.
    pub(crate) fn capabilities(&self, requester: RequesterId, resource: usize) -> &[(Capability, bool)] {
        let Some(principal) = self.atom(requester) else { return &[] };
        self.capable.get(&(principal, self.atom_of_resource[resource])).map_or(&[], Vec::as_slice)
    }

    /// Who has which capability on what; `true`: in every request.
    pub(crate) fn capable(&self) -> impl Iterator<Item = (PrincipalAtom, ResourceAtom, Capability, bool)> {
        let each = self.capable.iter();
        each.flat_map(|(&(principal, resource), held)| {
            held.iter().map(move |&(capability, certain)| (principal, resource, capability, certain))
        })
    }

    /// The atom that a requester is in, if the shard is about it at all.
    pub(crate) fn atom(&self, requester: RequesterId) -> Option<PrincipalAtom> {
        self.groups.of(requester).map(|group| self.atom_of_group[group])
    }

    /// Whether the shard's facts about a requester are about its own documents, and not those of somebody whose
    /// documents say the same.
    pub(crate) fn speaks_for(&self, requester: RequesterId) -> bool {
        self.groups.speaks_for(requester)
    }

    /// Of those who are like a requester here, the one whom the facts are about; itself, if nobody is.
    pub(crate) fn first_like(&self, requester: RequesterId) -> RequesterId {
        self.groups.of(requester).map_or(requester, |group| self.groups.firsts()[group])
    }

    /// One member of an atom.
    pub(crate) fn first(&self, atom: PrincipalAtom) -> RequesterId {
        self.groups.firsts()[self.facts.principals[atom][0]]
    }

    /// All members of an atom, in order.
    pub(crate) fn members(&self, atom: PrincipalAtom) -> Vec<RequesterId> {
        let groups = self.facts.principals[atom].iter();
        let mut members: Vec<RequesterId> = groups.flat_map(|&group| self.groups.members(group)).collect();
        members.sort_unstable();
        members
    }

    /// How many members an atom has.
    pub(crate) fn count(&self, atom: PrincipalAtom) -> usize {
        self.facts.principals[atom].iter().map(|&group| self.groups.count(group)).sum()
    }

    /// Where the requester's own token actions are asked for this resource.
    pub(crate) fn home_of(&self, requester: &Requester, resource: usize) -> Option<usize> {
        let view = &self.resources[resource].view;
        self.resources.iter().position(|other| {
            other.view.kind == ResourceKind::None
                && other.view.service == view.service
                && other.view.region == view.region
                && (other.view.account == requester.view.account || other.view.of_caller)
        })
    }

    /// The cells that a capability needs: on the resource, and at the requester's home.
    pub(crate) fn needs(&self, capability: Capability, requester: &Requester, resource: usize) -> Vec<(usize, usize)> {
        let catalog = Catalog::bundled();
        let view = &self.resources[resource].view;
        let mut cells = Vec::new();
        for need in catalog.needs(&view.service).filter(|need| need.capability == capability && need.on == view.kind) {
            let Some(action) = self.action(&catalog.action(need.action).to_string()) else { continue };
            if !need.at_home {
                cells.push((action, resource));
            } else if requester.view.kind != RequesterKind::Service
                && let Some(home) = self.home_of(requester, resource)
            {
                cells.push((action, home));
            }
        }
        cells
    }

    /// The permitting and blocking guards of several cells of one requester.
    pub(crate) fn expressions(&self, requester: RequesterId, cells: &[(usize, usize)]) -> Vec<Expression> {
        let cells = cells.iter().filter_map(|&(action, resource)| self.cell(requester, action, resource));
        cells.map(|cell| self.judge.expression(&self.facts, cell)).collect()
    }
}

impl Workshop<'_> {
    /// Lowers one account.
    pub(crate) fn facts(&self, account: AccountId, kind: Kind) -> Facts {
        self.lower(account, kind).2
    }

    /// Lowers and derives one account.
    pub(crate) fn shard(&self, account: AccountId, kind: Kind) -> Shard {
        let (resources, groups, facts) = self.lower(account, kind);
        let library = self.library.of(kind);
        let derived = run(&facts, &[]);
        let judge = Judge::new(&derived, self.strict);
        let mut shard = Shard {
            atom_of_group: vec![PrincipalAtom::new(0); groups.firsts().len()],
            atom_of_resource: vec![ResourceAtom::new(0); resources.len()],
            atom_of_action: vec![ActionAtom::new(0); library.actions().len()],
            capable: BTreeMap::new(),
            facts,
            judge,
            resources,
            groups,
            actions: Arc::clone(library.actions()),
            names: Arc::clone(library.names()),
        };
        for (atom, members) in shard.facts.principals.iter() {
            for &group in members {
                shard.atom_of_group[group] = atom;
            }
        }
        for (atom, members) in shard.facts.resources.iter() {
            for &member in members {
                shard.atom_of_resource[member] = atom;
            }
        }
        for (atom, members) in shard.facts.actions.iter() {
            for &member in members {
                shard.atom_of_action[member] = atom;
            }
        }
        if kind == Kind::Registries {
            shard.capable = self.capable(&shard);
        }
        shard
    }

    /// What the verdicts add up to.
    fn capable(&self, shard: &Shard) -> BTreeMap<(PrincipalAtom, ResourceAtom), Vec<(Capability, bool)>> {
        let catalog = Catalog::bundled();
        let mut allowed = Vec::new();
        let mut asked = BTreeSet::new();
        for cell in shard.judge.possible() {
            let verdict = shard.judge.verdict(&shard.facts, cell).verdict;
            if verdict.is_possible() {
                allowed.push((cell, verdict == Verdict::Allowed));
                asked.insert((cell.principal, cell.resource));
            }
        }
        let first = |atom: ResourceAtom| &shard.resources[shard.facts.resources[atom][0]].view;
        let found = capability::run(|program| {
            for (atom, _) in shard.facts.resources.iter() {
                let view = first(atom);
                for need in catalog.needs(&view.service).filter(|need| need.on == view.kind) {
                    let Some(number) = shard.action(&catalog.action(need.action).to_string()) else { continue };
                    let action = shard.atom_of_action[number];
                    if need.at_home {
                        program.extend([capability::NeedsAtHome(need.capability, action, atom)]);
                    } else {
                        program.extend([capability::Needs(need.capability, action, atom)]);
                    }
                }
                if view.kind == ResourceKind::Repository && view.service == "ecr-public" {
                    program.extend([capability::OpenToAll(atom)]);
                }
            }
            for &(principal, resource) in &asked {
                let requester = &self.universe.requesters[shard.first(principal)];
                if requester.view.kind == RequesterKind::Service {
                    program.extend([capability::Service(principal)]);
                }
                let representative = shard.facts.resources[resource][0];
                if let Some(home) = shard.home_of(requester, representative) {
                    program.extend([capability::Home(principal, resource, shard.atom_of_resource[home])]);
                }
            }
            program.extend(asked.iter().map(|&(principal, resource)| capability::Asked(principal, resource)));
            program.extend(
                allowed
                    .iter()
                    .map(|&(cell, certain)| capability::Allowed(cell.principal, cell.action, cell.resource, certain)),
            );
        });
        let mut capable: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (principal, what, resource, certain) in found {
            capable.entry((principal, resource)).or_default().push((what, certain));
        }
        capable
    }
}
