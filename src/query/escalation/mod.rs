//! Who can give itself more, as values: by which requests, by which statements, and what it comes to.

mod registry;

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Citation;
use super::ask::{Target, is_public};
use super::cite::grants;
use super::select::AskError;
use crate::catalog::Capability;
use crate::engine::{Gained, Kind, Link, Relations, RequesterId, Shard, Way};
use crate::inventory::Boundary;
use crate::lower::RequesterKind;
use crate::policy::{AccountId, Document, Effect, PolicyKind, Statement};

/// Who can give itself more, and who has no need to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Escalations {
    /// By what is gained, those that are certain first; then by chain and name.
    pub found: Vec<Escalation>,
    /// Users, roles and root users whose policies allow everything and deny nothing: they gain nothing in their own
    /// account, unless a boundary stands in between. Sorted.
    pub administrators: Vec<String>,
}

/// One way to more, of everybody for whom it is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// Who; several where nothing but their names differs, in order. The chain is told of the first.
    pub principals: Vec<String>,
    /// The account in which more is gained.
    pub account: AccountId,
    /// As whom it is held in the end: one of the principals themselves, or somebody whom they become.
    pub holder: String,
    /// The requests, in their order: the shortest chain.
    pub chain: Vec<EscalationStep>,
    /// What is gained.
    pub gains: Gain,
    /// How many repositories of the account each capability is gained on that the first of the principals does not
    /// have today by its own permissions. Empty where it was not counted.
    pub capabilities: Vec<(Capability, usize)>,
    /// The service that must be set to work as the role that was handed to it; whether the principals can do that is
    /// not asked.
    pub through: Option<String>,
    /// Whether every request of the chain is allowed whatever its context, and nothing else is needed.
    pub certain: bool,
    /// What stays, and may leave less than what is gained: a boundary that the chain does not lift, and the service
    /// control policies above the account, by name.
    pub held_back: Vec<String>,
}

/// What an escalation comes to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gain {
    /// Everything in the account that is not held back.
    Everything,
    /// What the holder's policies allow, and this boundary holds back today.
    Boundary(String),
    /// What the policies of this group allow.
    Group(String),
    /// What these users and roles may do.
    Others(Vec<String>),
    /// Everything on these repositories that is not held back (R32).
    Repositories(Vec<String>),
}

/// One request of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalationStep {
    /// Who makes it.
    pub principal: String,
    /// Its action: `iam:PutRolePolicy`, `sts:AssumeRole`.
    pub action: String,
    /// What it is about: the ARN of a user, role, group, policy or repository.
    pub entity: String,
    /// Whether it is allowed in every request and does what it is to do.
    pub certain: bool,
    /// What it asks for, in words, where it is allowed in some requests.
    pub residual: Option<String>,
    /// The statements that grant it.
    pub statements: Vec<Citation>,
}

impl Relations<'_> {
    /// Who can give itself more: by rewriting its own policies or those of somebody whom it is or becomes, by making
    /// itself somebody else, by lifting a boundary, by joining a group, by handing a role to a service, or by changing
    /// the policy of a repository.
    ///
    /// Of one account, the shortest chain of everybody is told. Whoever holds everything there already, by itself or
    /// by a role that it can assume, gains nothing.
    ///
    /// # Errors
    /// [`AskError::Interrupted`].
    pub fn escalations(&self) -> Result<Escalations, AskError> {
        let escalation = self.escalation();
        let mut found = self.folded(&escalation.ways);
        found.extend(self.by_repository_policies(&escalation.full)?);
        if self.is_stopped() {
            return Err(AskError::Interrupted);
        }
        found.sort_by(|one, other| one.order().cmp(&other.order()));
        let name = |&one: &RequesterId| self.requester(one).name.to_string();
        let mut administrators: Vec<String> = escalation.full.iter().map(name).collect();
        administrators.sort();
        Ok(Escalations { found, administrators })
    }

    /// The ways, one of all that differ in nothing but who goes them.
    fn folded(&self, ways: &[Way]) -> Vec<Escalation> {
        type Same<'w> = (AccountId, Option<RequesterId>, Vec<Told>, &'w Gained, Option<&'w str>, bool);
        let mut same: BTreeMap<Same<'_>, Vec<&Way>> = BTreeMap::new();
        for way in ways {
            let other = |one: RequesterId| (one != way.principal).then_some(one);
            let told = way.chain.iter().map(|link| self.told(link, way.principal)).collect();
            let key = (way.account, other(way.as_whom), told, &way.gained, way.service.as_deref(), way.is_bounded);
            same.entry(key).or_default().push(way);
        }
        same.into_values().map_while(|ways| (!self.is_stopped()).then(|| self.escalation_of(&ways))).collect()
    }

    /// A link without what is the principal's own.
    fn told(&self, link: &Link, principal: RequesterId) -> Told {
        let shard = self.shard(link.account, link.kind);
        let name = &shard.resources[link.resource].name;
        let is_own = **name == *self.requester(principal).name;
        Told {
            caller: (link.caller != principal).then_some(link.caller),
            entity: (!is_own).then(|| name.clone()),
            action: shard.actions[link.action].to_string(),
            certain: link.certain,
        }
    }

    fn escalation_of(&self, ways: &[&Way]) -> Escalation {
        let first = ways[0];
        let name = |one: RequesterId| self.requester(one).name.to_string();
        let mut principals: Vec<String> = ways.iter().map(|way| name(way.principal)).collect();
        principals.sort();
        let boundary = || self.boundary_name(first.as_whom);
        let gains = match &first.gained {
            Gained::Everything => Gain::Everything,
            Gained::Unbound => Gain::Boundary(boundary().unwrap_or_default()),
            Gained::Group(group) => Gain::Group(self.inventory().groups[*group].arn.to_string()),
            Gained::Others(others) => Gain::Others(others.iter().map(|&one| name(one)).collect()),
        };
        let mut held_back: Vec<String> = first.is_bounded.then(boundary).flatten().into_iter().collect();
        held_back.extend(self.control_policies(first.account));
        Escalation {
            principals,
            account: first.account,
            holder: name(first.as_whom),
            chain: first.chain.iter().map(|link| self.step_of(link)).collect(),
            gains,
            capabilities: self.gained(first),
            through: first.service.clone(),
            certain: first.is_certain(),
            held_back,
        }
    }

    fn step_of(&self, link: &Link) -> EscalationStep {
        let shard = self.shard(link.account, link.kind);
        let judged = shard.verdict(link.caller, link.action, link.resource);
        let cell = (link.action, link.resource);
        EscalationStep {
            principal: self.requester(link.caller).name.to_string(),
            action: shard.actions[link.action].to_string(),
            entity: shard.resources[link.resource].name.clone(),
            certain: link.certain,
            residual: judged.and_then(|judged| judged.decided.residual),
            statements: grants(self, &shard, link.caller, cell, |cell| shard.facts.matching(cell).into()),
        }
    }

    /// The boundary of a user or role, by name.
    fn boundary_name(&self, one: RequesterId) -> Option<String> {
        let principal = &self.inventory().principals[self.requester(one).principal?];
        match &principal.boundary {
            Boundary::None => None,
            Boundary::Policy(policy) => Some(self.inventory().policies[*policy].name.clone()),
            Boundary::Missing(gap) => Some(self.inventory().gaps[*gap].message.clone()),
        }
    }

    /// The service control policies above an account that do not simply allow everything.
    fn control_policies(&self, account: AccountId) -> Vec<String> {
        let inventory = self.inventory();
        let Some((organization, membership)) = inventory.organization_of(account) else { return Vec::new() };
        if !organization.service_control || organization.management == Some(account) {
            return Vec::new();
        }
        let levels = membership.levels(account);
        let attached = levels.iter().flat_map(|level| organization.attached_to(level));
        let policies = attached.map(|policy| &inventory.policies[policy]);
        let limiting = policies.filter(|policy| {
            policy.kind == PolicyKind::ServiceControl && !allows_everything(&inventory.documents[policy.document])
        });
        limiting.map(|policy| policy.name.clone()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// On how many repositories of the account what is gained.
    fn gained(&self, way: &Way) -> Vec<(Capability, usize)> {
        let others = match &way.gained {
            // Everything is what the root user has: what policies of repositories deny, and what hangs above.
            Gained::Everything => self.root_of(way.account).into_iter().collect(),
            Gained::Others(others) => others.clone(),
            Gained::Unbound | Gained::Group(_) => return Vec::new(),
        };
        let shard = self.shard(way.account, Kind::Registries);
        let mut counts: BTreeMap<Capability, usize> = BTreeMap::new();
        for number in (0..shard.resources.len()).filter(|&number| shard.resources[number].repository.is_some()) {
            let own = capabilities(&shard, way.principal, number);
            let gained: BTreeSet<Capability> =
                others.iter().flat_map(|&other| capabilities(&shard, other, number)).collect();
            // R7: anyone can pull from a public repository.
            let target = Target { account: way.account, resource: number };
            let is_new = |one: &&Capability| **one != Capability::Pull || !is_public(&shard, target);
            for capability in gained.difference(&own).filter(is_new) {
                *counts.entry(*capability).or_default() += 1;
            }
        }
        counts.into_iter().collect()
    }

    fn root_of(&self, account: AccountId) -> Option<RequesterId> {
        let of_account = self.universe().by_account.get(&Some(account))?;
        of_account.iter().copied().find(|&one| self.requester(one).view.kind == RequesterKind::Root)
    }
}

fn capabilities(shard: &Shard, one: RequesterId, resource: usize) -> BTreeSet<Capability> {
    shard.capabilities(one, resource).iter().map(|(capability, _)| *capability).collect()
}

/// A link as it is told of everybody for whom it is the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    caller: Option<RequesterId>,
    entity: Option<String>,
    action: String,
    certain: bool,
}

impl Escalation {
    fn order(&self) -> impl Ord + '_ {
        let chain: Vec<(&str, &str)> =
            self.chain.iter().map(|step| (step.action.as_str(), step.entity.as_str())).collect();
        (self.through.is_some(), !self.certain, &self.gains, self.account, self.chain.len(), chain, &self.principals)
    }
}

/// Whether a document allows everything in every request, and denies nothing.
fn allows_everything(document: &Document) -> bool {
    let mut statements = document.statements.iter();
    statements.clone().all(|statement| statement.effect == Effect::Allow)
        && statements.any(Statement::allows_everything)
}
