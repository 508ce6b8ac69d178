//! Who can give itself more by actions of IAM, and by which chain of requests.
//!
//! Permissions are looked up in the shards of entities (`book.rs`), the rules (`rules/escalation.rs`) say who comes to
//! more by them, and for everybody who does the shortest chain is sought (`chain.rs`).

mod book;
mod chain;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::book::Book;
use super::entities::SERVICE;
use super::relations::Relations;
use super::shard::{Kind, Shard};
use super::universe::RequesterId;
use crate::catalog::{Power, ResourceKind};
use crate::ids::{GroupId, PolicyId};
use crate::inventory::Boundary;
use crate::policy::{AccountId, Filling};

/// What somebody may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Entity {
    /// A user or role.
    Principal(RequesterId),
    /// A group.
    Group(GroupId),
    /// A managed policy.
    Policy(PolicyId),
}

/// A request that leads on: an action on a resource, by their numbers in the shard of this account and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Link {
    pub(crate) caller: RequesterId,
    pub(crate) account: AccountId,
    pub(crate) kind: Kind,
    pub(crate) action: usize,
    pub(crate) resource: usize,
    /// Whether it is permitted in every request, and does what it is to do.
    pub(crate) certain: bool,
}

/// What somebody comes to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Gained {
    /// Everything in the account that is not held back.
    Everything,
    /// What its boundary held back.
    Unbound,
    /// What the policies of a group allow.
    Group(GroupId),
    /// What others may do: these.
    Others(Vec<RequesterId>),
}

/// How somebody comes to more in one account.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) principal: RequesterId,
    pub(crate) account: AccountId,
    /// As whom it has more in the end.
    pub(crate) as_whom: RequesterId,
    pub(crate) gained: Gained,
    pub(crate) chain: Vec<Link>,
    /// The service that a role is handed to by the last link.
    pub(crate) service: Option<String>,
    /// Whether the boundary of the one who comes to more stays.
    pub(crate) is_bounded: bool,
}

impl Way {
    /// Whether every request of the chain is allowed whatever its context, and nothing else is needed.
    pub(crate) fn is_certain(&self) -> bool {
        self.service.is_none() && self.chain.iter().all(|link| link.certain)
    }
}

/// Who can give itself more.
#[derive(Debug, Default)]
pub(crate) struct Escalation {
    /// By principal and account.
    pub(crate) ways: Vec<Way>,
    /// Who holds everything in its own account already.
    pub(crate) full: BTreeSet<RequesterId>,
}

impl Relations<'_> {
    /// Who can give itself more; found once. Of one who is interrupted some is missing, and nothing is kept.
    pub(crate) fn escalation(&self) -> Arc<Escalation> {
        if let Some(known) = self.escalation.get() {
            return Arc::clone(known);
        }
        let found = Arc::new(Book::new(self).escalation());
        if self.is_stopped() {
            return found;
        }
        Arc::clone(self.escalation.get_or_init(|| found))
    }

    /// Over whom somebody has power that may perform an action of this power on a resource of a shard of entities. Who
    /// can only become the other has none over itself.
    pub(crate) fn governed(&self, shard: &Shard, power: Power, resource: usize) -> Vec<RequesterId> {
        let attachments = self.attachments();
        let members = |group: GroupId| attachments.members.get(&group).into_iter().flatten().copied();
        let is_bounded = |one: &RequesterId| {
            let principal = self.requester(*one).principal.map(|id| &self.inventory().principals[id]);
            principal.is_some_and(|principal| principal.boundary != Boundary::None)
        };
        let mut governed: Vec<RequesterId> = match (self.entity_at(shard, resource), power) {
            (Some(Entity::Principal(one)), Power::Unbind) => Some(one).filter(is_bounded).into_iter().collect(),
            (Some(Entity::Principal(one)), Power::Pass) => {
                Some(one).filter(|_| self.is_served(shard, resource)).into_iter().collect()
            }
            (Some(Entity::Principal(one)), _) => vec![one],
            // Whoever joins has what the group has; its members have no more than before.
            (Some(Entity::Group(_)), Power::Join) | (None, _) => Vec::new(),
            (Some(Entity::Group(group)), _) => members(group).collect(),
            (Some(Entity::Policy(policy)), _) => {
                let account = shard.resources[resource].view.account;
                let hung = account.and_then(|account| attachments.policies.get(&account)?.get(&policy));
                let own = hung.into_iter().flat_map(|hung| hung.principals.iter().chain(&hung.bounds).copied());
                own.chain(hung.into_iter().flat_map(|hung| hung.groups.iter().flat_map(|&group| members(group))))
                    .collect()
            }
        };
        governed.sort_unstable();
        governed.dedup();
        governed
    }

    /// Whether the service that a role is handed to can make a session of it.
    fn is_served(&self, shard: &Shard, resource: usize) -> bool {
        let Some(service) = service(shard, resource) else { return false };
        let name = format!("service {service}");
        let mut named = self.requester_names().ending(&name).filter(|(_, one)| *one == name);
        let role = &shard.resources[resource];
        let (Some((requester, _)), Some(account)) = (named.next(), role.view.account) else { return false };
        let roles = self.shard(account, Kind::Roles);
        let number = roles.resources.iter().position(|one| one.name == role.name);
        let judged = number.zip(roles.action("sts:AssumeRole"));
        let judged = judged.and_then(|(number, action)| roles.verdict(requester, action, number));
        judged.is_some_and(|judged| judged.verdict.is_possible())
    }

    /// What a resource of a shard of entities is.
    pub(crate) fn entity_at(&self, shard: &Shard, resource: usize) -> Option<Entity> {
        let resource = &shard.resources[resource];
        let attachments = self.attachments();
        match resource.view.kind {
            ResourceKind::Group => attachments.group(&resource.name).map(Entity::Group),
            ResourceKind::Policy => attachments.policy(&resource.name).map(Entity::Policy),
            _ => self.role(&resource.name).map(Entity::Principal),
        }
    }
}

/// The service that a role is handed to, as a resource tells it.
fn service(shard: &Shard, resource: usize) -> Option<String> {
    let view = &shard.resources[resource].view;
    let mut keys = view.keys.iter().filter(|(key, _)| *key == SERVICE);
    match keys.next().map(|(_, known)| known.filling()) {
        Some(Filling::Text(service)) if view.kind == ResourceKind::PassedRole => Some(service),
        _ => None,
    }
}
