//! What the rules are told: who may do what to which entity, and what hangs on what.
//!
//! Only what may matter is told: nothing of those who hold everything in their account already, and of those who can
//! write their own policies in every request only what they can do to themselves. Somebody else comes to more by
//! becoming one of them, and the chain ends there.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Entity, Escalation, Link};
use crate::catalog::Power;
use crate::engine::entities::Attachments;
use crate::engine::reach::Step;
use crate::engine::relations::Relations;
use crate::engine::shard::{Kind, Shard};
use crate::engine::universe::RequesterId;
use crate::engine::verdict::Verdict;
use crate::ids::{DocumentId, EntityId, GroupId, Id as _, Interner, PolicyId, PrincipalAtom};
use crate::inventory::Boundary;
use crate::lower::RequesterKind;
use crate::policy::{AccountId, Document, Effect, Statement};
use crate::rules::escalation as rules;

/// Something that a principal may do to an entity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deed {
    pub(super) link: Link,
    pub(super) power: Power,
    pub(super) entity: EntityId,
}

/// Everything that the rules are told, and the way back from it.
pub(super) struct Book<'a> {
    pub(super) relations: &'a Relations<'a>,
    pub(super) attachments: &'a Attachments,
    pub(super) entities: Interner<EntityId, Entity>,
    /// Whose policies allow everything and deny nothing.
    pub(super) full: BTreeSet<RequesterId>,
    pub(super) full_groups: FxHashSet<GroupId>,
    pub(super) deeds: BTreeMap<RequesterId, Vec<Deed>>,
}

/// What the permissions of one account come to, before entities have numbers.
type Found = Vec<(Link, Power, Entity)>;

pub(super) fn atom(requester: RequesterId) -> PrincipalAtom {
    PrincipalAtom::new(requester.index())
}

pub(super) fn requester(atom: PrincipalAtom) -> RequesterId {
    RequesterId::new(atom.index())
}

impl<'a> Book<'a> {
    pub(super) fn new(relations: &'a Relations<'a>) -> Self {
        let mut book = Self {
            relations,
            attachments: relations.attachments(),
            entities: Interner::new(),
            full: BTreeSet::new(),
            full_groups: FxHashSet::default(),
            deeds: BTreeMap::new(),
        };
        book.find_full();
        book
    }

    /// Who holds everything in its own account, as far as nothing limits it.
    fn find_full(&mut self) {
        let inventory = self.relations.inventory();
        let mut known: FxHashMap<DocumentId, (bool, bool)> = FxHashMap::default();
        let mut is_full = |policies: &mut dyn Iterator<Item = PolicyId>| {
            let (mut allows, mut denies) = (false, false);
            for policy in policies {
                let document = inventory.policies[policy].document;
                let told = known.entry(document).or_insert_with(|| everything(&inventory.documents[document]));
                allows |= told.0;
                denies |= told.1;
            }
            allows && !denies
        };
        for (id, one) in self.relations.universe().requesters.iter() {
            let is_root = one.view.kind == RequesterKind::Root;
            let own = one.principal.map(|principal| self.relations.workshop().identity(principal).0);
            if is_root || own.is_some_and(|policies| is_full(&mut policies.into_iter())) {
                self.full.insert(id);
            }
        }
        for (id, group) in inventory.groups.iter() {
            if is_full(&mut group.policies.iter().copied()) {
                self.full_groups.insert(id);
            }
        }
    }

    /// Looks into all accounts, and lets the rules say who comes to more.
    pub(super) fn escalation(mut self) -> Escalation {
        let accounts: Vec<AccountId> = self.relations.inventory().accounts.keys().copied().collect();
        let each = accounts.par_iter().filter(|_| !self.relations.is_stopped());
        let found: Vec<Found> = each.map(|&account| self.look_into(account)).collect();
        let mut served: BTreeMap<(AccountId, usize), bool> = BTreeMap::new();
        for (link, power, entity) in found.into_iter().flatten() {
            // A role whose trust policy does not let the service in is of no use to it.
            let place = (link.account, link.resource);
            let is_served = || {
                let shard = self.relations.shard(place.0, Kind::Entities);
                self.relations.is_served(&shard, place.1)
            };
            if power == Power::Pass && !*served.entry(place).or_insert_with(is_served) {
                continue;
            }
            let entity = self.entities.intern(entity);
            self.deeds.entry(link.caller).or_default().push(Deed { link, power, entity });
        }
        if self.relations.is_stopped() {
            return Escalation { ways: Vec::new(), full: self.full };
        }
        let steps = self.steps();
        if self.relations.is_stopped() {
            return Escalation { ways: Vec::new(), full: self.full };
        }
        let derived = self.derive(&steps);
        let ways = self.ways(&derived, &steps);
        Escalation { ways, full: self.full }
    }

    /// What those of an account who matter may do to its entities.
    fn look_into(&self, account: AccountId) -> Found {
        let shard = self.relations.shard(account, Kind::Entities);
        let entities: Vec<Option<Entity>> =
            (0..shard.resources.len()).map(|number| self.relations.entity_at(&shard, number)).collect();
        let mut powers: FxHashMap<RequesterId, Vec<(usize, usize, bool)>> = FxHashMap::default();
        let mut found = Found::new();
        let mut members: FxHashMap<PrincipalAtom, Vec<RequesterId>> = FxHashMap::default();
        // Those who write their own policies and have no boundary need nobody else.
        let mut growing: FxHashSet<RequesterId> = FxHashSet::default();
        let all: Vec<_> = (0..shard.actions.len()).map(|action| shard.allowed(action)).collect();
        for (action, holding) in all.iter().enumerate() {
            for (principal, resource, sure) in holding.iter() {
                let own = members.entry(principal).or_insert_with(|| self.members(&shard, principal));
                if own.is_empty() {
                    continue;
                }
                for number in shard.standing(principal, resource) {
                    let Some(entity) = entities[number] else { continue };
                    if shard.actions[action].power == Some(Power::Write) && sure {
                        let free = own.iter().copied().filter(|&one| self.boundary(one).is_none());
                        growing.extend(free.filter(|&one| self.governs(entity, one, account)));
                    }
                }
            }
        }
        for (action, holding) in all.iter().enumerate() {
            for (principal, resource, sure) in holding.iter() {
                let numbers: Vec<usize> = shard.standing(principal, resource).collect();
                for &one in &members[&principal] {
                    let is_growing = growing.contains(&one);
                    let kept = numbers.iter().filter(|&&number| {
                        let entity = entities[number];
                        !is_growing || entity.is_some_and(|entity| self.is_own(entity, one, account))
                    });
                    powers.entry(one).or_default().extend(kept.map(|&number| (action, number, sure)));
                }
            }
        }
        let mut by_requester: Vec<_> = powers.into_iter().collect();
        by_requester.sort_unstable_by_key(|(one, _)| *one);
        for (caller, mut own) in by_requester {
            own.sort_unstable();
            for (action, resource, sure) in own {
                let (Some(power), Some(entity)) = (shard.actions[action].power, entities[resource]) else { continue };
                let certain = sure && !matches!(power, Power::Revert | Power::LogIn);
                let link = Link { caller, account, kind: Kind::Entities, action, resource, certain };
                found.push((link, power, entity));
            }
        }
        found
    }

    /// The members of an atom of whom the rules are told: users and roles that do not hold everything.
    fn members(&self, shard: &Shard, principal: PrincipalAtom) -> Vec<RequesterId> {
        let kinds = [RequesterKind::User, RequesterKind::Role];
        let view = |one: RequesterId| &self.relations.requester(one).view;
        let is_told = |one: &RequesterId| kinds.contains(&view(*one).kind) && !self.is_settled(*one);
        shard.members(principal).into_iter().filter(is_told).collect()
    }

    /// Whether somebody gains nothing in its own account: everything is allowed, and nothing bounds it.
    fn is_settled(&self, one: RequesterId) -> bool {
        self.full.contains(&one) && self.boundary(one).is_none()
    }

    /// The boundary of a user or role.
    pub(super) fn boundary(&self, one: RequesterId) -> Option<&'a Boundary> {
        let principal = self.relations.requester(one).principal?;
        Some(&self.relations.inventory().principals[principal].boundary).filter(|own| **own != Boundary::None)
    }

    /// Whether policies of somebody's own stand in an entity.
    pub(super) fn governs(&self, entity: Entity, one: RequesterId, account: AccountId) -> bool {
        let is_member = |group: GroupId| self.groups(one).contains(&group);
        match entity {
            Entity::Principal(other) => other == one,
            Entity::Group(group) => is_member(group),
            Entity::Policy(policy) => {
                let hung = self.attachments.policies.get(&account).and_then(|own| own.get(&policy));
                hung.is_some_and(|hung| {
                    hung.principals.contains(&one) || hung.groups.iter().any(|&group| is_member(group))
                })
            }
        }
    }

    /// Whether an entity bears on what somebody may do itself.
    fn is_own(&self, entity: Entity, one: RequesterId, account: AccountId) -> bool {
        let bounds = || match entity {
            Entity::Policy(policy) => matches!(self.boundary(one), Some(Boundary::Policy(own)) if *own == policy),
            _ => false,
        };
        self.governs(entity, one, account) || bounds()
    }

    fn groups(&self, one: RequesterId) -> &'a [GroupId] {
        let principal = self.relations.requester(one).principal;
        principal.map_or(&[], |id| &self.relations.inventory().principals[id].groups)
    }

    /// The steps by which somebody becomes one who matters.
    fn steps(&self) -> Vec<Step> {
        let mut wanted: BTreeSet<RequesterId> = self.deeds.keys().copied().collect();
        for deed in self.deeds.values().flatten().filter(|deed| deed.power != Power::Pass) {
            match self.entities[deed.entity] {
                Entity::Principal(one) => drop(wanted.insert(one)),
                Entity::Group(group) => wanted.extend(self.attachments.members.get(&group).into_iter().flatten()),
                Entity::Policy(policy) => {
                    let hung = self.attachments.policies.get(&deed.link.account).and_then(|own| own.get(&policy));
                    wanted.extend(hung.into_iter().flat_map(|hung| hung.principals.iter().chain(&hung.bounds)));
                }
            }
        }
        self.relations.steps_towards(&wanted, None)
    }

    fn derive(&mut self, steps: &[Step]) -> rules::Derived {
        let inventory = self.relations.inventory();
        let mut hanging = Vec::new();
        let mut bounding = Vec::new();
        for (&policy, hung) in self.attachments.policies.values().flatten() {
            let policy = self.entities.intern(Entity::Policy(policy));
            let users = hung.principals.iter().map(|&one| Entity::Principal(one));
            for entity in users.chain(hung.groups.iter().map(|&group| Entity::Group(group))) {
                hanging.push(rules::Hangs(policy, self.entities.intern(entity)));
            }
            bounding.extend(hung.bounds.iter().map(|&one| rules::Bounds(policy, atom(one))));
        }
        let mut belonging = Vec::new();
        for (&group, members) in &self.attachments.members {
            let group = self.entities.intern(Entity::Group(group));
            belonging.extend(members.iter().map(|&one| rules::Member(atom(one), group)));
        }
        let universe = self.relations.universe();
        let users = universe.requesters.iter().filter(|(_, one)| one.view.kind == RequesterKind::User);
        let giving = self.entities.iter().filter(|(_, entity)| match entity {
            Entity::Group(group) => !inventory.groups[*group].policies.is_empty(),
            _ => false,
        });
        let being = self.entities.iter().filter_map(|(id, entity)| match entity {
            Entity::Principal(one) => Some(rules::Is(id, atom(*one))),
            _ => None,
        });
        let bounded = universe.of_principal.values().filter(|&&one| self.boundary(one).is_some());
        rules::run(|program| {
            let deeds = self.deeds.iter().flat_map(|(&one, deeds)| deeds.iter().map(move |deed| (one, deed)));
            program.extend(deeds.map(|(one, deed)| rules::May(atom(one), deed.power, deed.entity, deed.link.certain)));
            program.extend(being);
            program.extend(belonging);
            program.extend(hanging);
            program.extend(bounding);
            program.extend(bounded.map(|&one| rules::Bounded(atom(one))));
            program.extend(users.map(|(id, _)| rules::User(atom(id))));
            program.extend(giving.map(|(id, _)| rules::Gives(id)));
            program.extend(self.full.iter().map(|&one| rules::Full(atom(one))));
            let certain = |step: &Step| step.verdict == Verdict::Allowed;
            program.extend(steps.iter().map(|step| rules::Step(atom(step.caller), atom(step.role), certain(step))));
        })
    }
}

/// Whether a document allows everything in every request, and whether it denies anything.
fn everything(document: &Document) -> (bool, bool) {
    let allows = document.statements.iter().any(Statement::allows_everything);
    (allows, document.statements.iter().any(|statement| statement.effect == Effect::Deny))
}
