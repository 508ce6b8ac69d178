//! One account's share of the work: the facts of its resources, and what the rules derive from them.
//!
//! Authorization on a resource needs the resource's account, and the principals
//! that its policies or its account let in; nothing else. So every account is
//! lowered and derived by itself, when a question needs it.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use super::derivation::Derivation;
use super::group::Groups;
use super::hearing::Hearing;
use super::holding::Holding;
use super::judge::Judge;
use super::universe::{Requester, RequesterId, Resource};
use super::workshop::Workshop;
use crate::catalog::{Action, Capability, Catalog, ResourceKind};
use crate::condition::Expression;
use crate::ids::{ActionAtom, PrincipalAtom, ResourceAtom};
use crate::lower::{Actions, Cell, Facts, RequesterKind, ResourceView, by_member};
use crate::policy::AccountId;

/// What a shard is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// The account's repositories and registries.
    Registries,
    /// The account's roles: who may assume them.
    Roles,
    /// The account's users, roles, groups and managed policies: who may change what they may do.
    Entities,
}

impl Kind {
    /// The shards in which an action is asked about.
    pub(super) fn of_action(action: &Action) -> Self {
        match action.power {
            Some(_) => Self::Entities,
            None if action.on.contains(&ResourceKind::Role) => Self::Roles,
            None => Self::Registries,
        }
    }

    /// The shards that a resource is in.
    pub(super) fn of_resource(view: &ResourceView) -> Self {
        match (view.service.as_str(), view.kind) {
            ("iam", _) => Self::Entities,
            (_, ResourceKind::Role) => Self::Roles,
            _ => Self::Registries,
        }
    }
}

/// The facts of one account, derived.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) kind: Kind,
    pub(crate) facts: Facts,
    derivation: Arc<Derivation>,
    hearing: OnceLock<Hearing>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) actions: Arc<Actions>,
    groups: Groups,
    atom_of_group: Vec<PrincipalAtom>,
    atom_of_resource: Vec<ResourceAtom>,
    atom_of_action: Vec<ActionAtom>,
}

impl Shard {
    /// Whether nothing that the shard of an account was made of is known of the principals of these accounts, nor, if
    /// these are `singular`, of those who are in none.
    pub(super) fn is_apart_from(&self, own: AccountId, accounts: &BTreeSet<AccountId>, singular: bool) -> bool {
        self.groups.are_apart_from(own, accounts, singular)
    }

    /// What statements say of principals.
    pub(crate) fn hearing(&self) -> &Hearing {
        self.hearing.get_or_init(|| Hearing::new(&self.facts, self.judge().decisions()))
    }

    /// What a resource is: to those whom its own policy names, and to all others.
    pub(crate) fn atoms_of(&self, resource: usize) -> impl Iterator<Item = ResourceAtom> {
        let atom = self.atom_of_resource[resource];
        [atom].into_iter().chain(self.facts.plain.get(&atom).copied())
    }

    /// The verdicts.
    pub(crate) fn judge(&self) -> &Judge {
        &self.derivation.judge
    }

    /// The verdict cell of a requester, an action (by its number in the shard) and a resource.
    pub(crate) fn cell(&self, requester: RequesterId, action: usize, resource: usize) -> Option<Cell> {
        let principal = self.atom(requester)?;
        let resource = self.resource_for(principal, resource);
        Some(Cell { principal, action: self.atom_of_action[action], resource })
    }

    /// What a resource is to a principal: the plain one of its kind, if its own policy does not name it.
    fn resource_for(&self, principal: PrincipalAtom, resource: usize) -> ResourceAtom {
        let atom = self.atom_of_resource[resource];
        match self.facts.plain.get(&atom) {
            Some(&plain) if !self.derivation.faces.contains(&(principal, atom)) => plain,
            _ => atom,
        }
    }

    /// Whether an atom stands for a resource to a principal.
    pub(crate) fn stands_for(&self, principal: PrincipalAtom, atom: ResourceAtom, resource: usize) -> bool {
        self.resource_for(principal, resource) == atom
    }

    pub(crate) fn verdict(&self, requester: RequesterId, action: usize, resource: usize) -> Option<super::Judgement> {
        Some(self.judge().verdict(&self.facts, self.cell(requester, action, resource)?))
    }

    /// The atom of a resource, to those whom its own policy names.
    pub(crate) fn atom_of(&self, resource: usize) -> ResourceAtom {
        self.atom_of_resource[resource]
    }

    /// The number of an action in the shard, by its name.
    pub(crate) fn action(&self, name: &str) -> Option<usize> {
        self.actions.number(name)
    }

    /// The capabilities that a requester has on a resource; `true`: in every request.
    pub(crate) fn capabilities(&self, requester: RequesterId, resource: usize) -> &[(Capability, bool)] {
        let Some(principal) = self.atom(requester) else { return &[] };
        let resource = self.resource_for(principal, resource);
        self.derivation.capable.get(&(principal, resource)).map_or(&[], Vec::as_slice)
    }

    /// Who has any capability on any resource: those who are listed one by one, and whether others have.
    pub(crate) fn holders(&self) -> (Vec<RequesterId>, bool) {
        let listed = self.groups.listed().filter(|&one| self.is_capable(one)).collect();
        (listed, self.groups.firsts_of_kins().any(|first| self.is_capable(first)))
    }

    /// Whether a requester has any capability on any resource.
    pub(crate) fn is_capable(&self, requester: RequesterId) -> bool {
        self.atom(requester).is_some_and(|principal| {
            let mut from = self.derivation.capable.range((principal, ResourceAtom::FIRST)..);
            from.next().is_some_and(|((first, _), _)| *first == principal)
        })
    }

    /// Who has which capability on what; `true`: in every request.
    pub(crate) fn capable(&self) -> impl Iterator<Item = (PrincipalAtom, ResourceAtom, Capability, bool)> {
        let each = self.derivation.capable.iter();
        each.flat_map(|(&(principal, resource), held)| {
            held.iter().map(move |&(capability, certain)| (principal, resource, capability, certain))
        })
    }

    /// Who is allowed an action, by its number in the shard.
    pub(crate) fn allowed(&self, action: usize) -> Arc<Holding> {
        self.derivation.allowed(&self.facts, self.atom_of_action[action])
    }

    /// Who has a capability.
    pub(crate) fn having(&self, capability: Capability) -> Arc<Holding> {
        self.derivation.having(capability)
    }

    /// The resources for which an atom stands to a principal.
    pub(crate) fn standing(&self, principal: PrincipalAtom, atom: ResourceAtom) -> impl Iterator<Item = usize> {
        let all = self.facts.resources[atom].iter().copied();
        all.filter(move |&resource| self.stands_for(principal, atom, resource))
    }

    /// Who holds something on a resource.
    pub(crate) fn holders_on(&self, holding: &Holding, resource: usize) -> Vec<(PrincipalAtom, bool)> {
        let atom = self.atom_of_resource[resource];
        let plain = self.facts.plain.get(&atom).copied().filter(|plain| *plain != atom);
        let atoms = [Some(atom), plain].into_iter().flatten();
        let found = atoms.flat_map(|atom| holding.on(atom).map(move |(principal, sure)| (atom, principal, sure)));
        let standing = found.filter(|&(atom, principal, _)| self.stands_for(principal, atom, resource));
        standing.map(|(_, principal, sure)| (principal, sure)).collect()
    }

    /// Whether a requester holds something on a resource, and how surely.
    pub(crate) fn holds(&self, holding: &Holding, requester: RequesterId, resource: usize) -> Option<bool> {
        let principal = self.atom(requester)?;
        holding.between(principal, self.resource_for(principal, resource))
    }

    /// What an atom has on which resources, by their numbers; `true`: in every request.
    pub(crate) fn held(&self, principal: PrincipalAtom) -> impl Iterator<Item = (usize, Capability, bool)> {
        let from = self.derivation.capable.range((principal, ResourceAtom::FIRST)..);
        let own = from.take_while(move |((one, _), _)| *one == principal);
        own.flat_map(move |(&(_, atom), held)| {
            let numbers = self.facts.resources[atom].iter().copied();
            let numbers = numbers.filter(move |&number| self.stands_for(principal, atom, number));
            numbers.flat_map(move |number| held.iter().map(move |&(capability, certain)| (number, capability, certain)))
        })
    }

    /// The atom that a requester is in, if the shard is about it at all.
    pub(crate) fn atom(&self, requester: RequesterId) -> Option<PrincipalAtom> {
        self.groups.of(requester).map(|group| self.atom_of_group[group])
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
            let Some(action) = self.actions.number_of(need.action) else { continue };
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
        cells.map(|cell| self.judge().expression(&self.facts, cell)).collect()
    }
}

impl Workshop<'_> {
    /// Lowers one account.
    pub(crate) fn facts(&self, account: AccountId, kind: Kind) -> Facts {
        self.lower(account, kind).2
    }

    /// Lowers and derives one account.
    pub(crate) fn shard(&self, account: AccountId, kind: Kind) -> Shard {
        let (resources, groups, mut facts) = self.lower(account, kind);
        let actions = self.library.of(kind).actions();
        let derivation = self.library.derivations.of(&mut facts, kind, &resources, actions, &self.library.decisions);
        Shard {
            kind,
            atom_of_group: by_member(&facts.principals, groups.firsts().len()),
            atom_of_resource: by_member(&facts.resources, resources.len()),
            atom_of_action: by_member(&facts.actions, actions.len()),
            facts,
            derivation,
            hearing: OnceLock::new(),
            resources,
            groups,
            actions: Arc::clone(actions),
        }
    }
}
