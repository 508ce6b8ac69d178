//! The entities of IAM in an account, as what actions are performed on: users, roles, groups, managed policies.
//!
//! A user or role is more than one resource: what its policies say, who can act as it, and which boundary it is to
//! get are asked by different actions, which carry different keys (Service Authorization Reference, "IAM").

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::universe::{Requester, RequesterId, Resource, Universe};
use super::workshop::Workshop;
use crate::catalog::ResourceKind;
use crate::condition::Known;
use crate::ids::{GroupId, PolicyId, PrincipalId};
use crate::inventory::{Boundary, Inventory, PrincipalKind, Tags};
use crate::lower::{Organizational, RequesterKind, ResourceView};
use crate::policy::{AccountId, Arn};

/// The request's boundary, where it sets one; otherwise that of the entity it is about.
const BOUNDARY: &str = "iam:permissionsboundary";
/// The service that a role is handed to.
pub(super) const SERVICE: &str = "iam:passedtoservice";

/// What hangs on what, the other way round than the inventory holds it.
#[derive(Debug, Default)]
pub(super) struct Attachments {
    /// The groups of each account.
    pub(super) groups: BTreeMap<AccountId, Vec<GroupId>>,
    /// The users of each group.
    pub(super) members: BTreeMap<GroupId, Vec<RequesterId>>,
    /// The managed policies of each account's own that hang on somebody or something.
    pub(super) policies: BTreeMap<AccountId, BTreeMap<PolicyId, Hung>>,
    group_by_arn: FxHashMap<String, GroupId>,
    policy_by_arn: FxHashMap<String, PolicyId>,
}

/// What a managed policy hangs on.
#[derive(Debug, Default)]
pub(super) struct Hung {
    /// Users and roles themselves.
    pub(super) principals: Vec<RequesterId>,
    pub(super) groups: Vec<GroupId>,
    /// Users and roles whose boundary it is.
    pub(super) bounds: Vec<RequesterId>,
}

impl Attachments {
    pub(super) fn new(inventory: &Inventory, universe: &Universe) -> Self {
        let mut found = Self::default();
        for (id, group) in inventory.groups.iter() {
            let Some(account) = group.arn.account() else { continue };
            found.groups.entry(account).or_default().push(id);
            found.group_by_arn.insert(group.arn.to_string(), id);
            for &policy in &group.policies {
                found.hung(inventory, account, policy, |hung| hung.groups.push(id));
            }
        }
        for (id, principal) in inventory.principals.iter() {
            let Some(&requester) = universe.of_principal.get(&id) else { continue };
            for &group in &principal.groups {
                found.members.entry(group).or_default().push(requester);
            }
            for &policy in &principal.policies {
                found.hung(inventory, principal.account, policy, |hung| hung.principals.push(requester));
            }
            if let Boundary::Policy(policy) = principal.boundary {
                found.hung(inventory, principal.account, policy, |hung| hung.bounds.push(requester));
            }
        }
        found
    }

    /// The group of this ARN.
    pub(super) fn group(&self, arn: &str) -> Option<GroupId> {
        self.group_by_arn.get(arn).copied()
    }

    /// The managed policy of this ARN, if it hangs on somebody or something.
    pub(super) fn policy(&self, arn: &str) -> Option<PolicyId> {
        self.policy_by_arn.get(arn).copied()
    }

    /// Notes what a policy hangs on, if it is a managed one of the account's own.
    fn hung(&mut self, inventory: &Inventory, account: AccountId, policy: PolicyId, note: impl FnOnce(&mut Hung)) {
        let arn = Arn::parse(&inventory.policies[policy].name);
        let is_own = arn.is_some_and(|arn| arn.account() == Some(account) && arn.resource().starts_with("policy/"));
        if is_own {
            self.policy_by_arn.entry(inventory.policies[policy].name.clone()).or_insert(policy);
            note(self.policies.entry(account).or_default().entry(policy).or_default());
        }
    }
}

impl Workshop<'_> {
    /// What an account's users, roles, groups and managed policies are to actions of IAM.
    pub(super) fn entities(&self, account: AccountId) -> Vec<Resource> {
        let of_account = self.universe.by_account.get(&Some(account)).into_iter().flatten();
        let requesters = of_account.map(|&id| &self.universe.requesters[id]);
        let kinds = [RequesterKind::User, RequesterKind::Role];
        let known = requesters.filter(|one| kinds.contains(&one.view.kind) && one.outside.is_none());
        let mut resources: Vec<Resource> =
            known.filter_map(|one| Some((one, one.principal?))).flat_map(|(one, id)| self.facets(one, id)).collect();
        let organization = super::universe::place(self.inventory, account);
        let attachments = self.attachments();
        let groups = attachments.groups.get(&account).into_iter().flatten();
        let groups = groups.map(|&group| (ResourceKind::Group, self.inventory.groups[group].arn.as_str(), Tags::new()));
        for (kind, arn, tags) in groups {
            resources.push(resource(kind, arn, account, &organization, Some(tags), &[none(BOUNDARY), none(SERVICE)]));
        }
        for &policy in attachments.policies.get(&account).into_iter().flat_map(BTreeMap::keys) {
            let arn = self.inventory.policies[policy].name.as_str();
            let keys = [none(BOUNDARY), none(SERVICE)];
            resources.push(resource(ResourceKind::Policy, arn, account, &organization, None, &keys));
        }
        resources
    }

    /// What a user or role is to the actions that concern it.
    fn facets(&self, requester: &Requester, id: PrincipalId) -> Vec<Resource> {
        let principal = &self.inventory.principals[id];
        let boundary = match &principal.boundary {
            Boundary::None => Known::Absent,
            Boundary::Policy(policy) => Known::value(self.inventory.policies[*policy].name.as_str()),
            Boundary::Missing(_) => Known::PRESENT,
        };
        let is_bounded = boundary != Known::Absent;
        let facet = |kind, keys: &[(&'static str, Known)]| {
            let organization = &requester.view.organization;
            let tags = Some(principal.tags.clone());
            resource(kind, principal.arn.as_str(), principal.account, organization, tags, keys)
        };
        let written = [(BOUNDARY, boundary), none(SERVICE)];
        let plain = [none(BOUNDARY), none(SERVICE)];
        if principal.kind == PrincipalKind::User {
            let mut facets = vec![facet(ResourceKind::User, &written), facet(ResourceKind::Credentials, &plain)];
            facets.extend(is_bounded.then(|| facet(ResourceKind::UserBoundary, &plain[1..])));
            return facets;
        }
        // Roles that AWS made for a service or for IAM Identity Center are modified by AWS alone.
        let path = principal.arn.resource();
        let mut facets = Vec::new();
        if !path.starts_with("role/aws-service-role/") && !path.starts_with("role/aws-reserved/") {
            facets.extend([facet(ResourceKind::Role, &written), facet(ResourceKind::Trust, &plain)]);
            facets.extend(is_bounded.then(|| facet(ResourceKind::RoleBoundary, &plain[1..])));
        }
        let services = requester.view.makers.iter().flat_map(|makers| &makers.services);
        let mut services: Vec<&str> = services.map(String::as_str).collect();
        services.sort_unstable();
        services.dedup();
        facets.extend(
            services
                .into_iter()
                .map(|service| facet(ResourceKind::PassedRole, &[none(BOUNDARY), (SERVICE, Known::value(service))])),
        );
        facets
    }
}

fn none(key: &'static str) -> (&'static str, Known) {
    (key, Known::Absent)
}

fn resource(
    kind: ResourceKind,
    arn: &str,
    account: AccountId,
    organization: &Organizational,
    tags: Option<Tags>,
    keys: &[(&'static str, Known)],
) -> Resource {
    let view = ResourceView {
        kind,
        service: "iam".to_owned(),
        arn: arn.to_owned(),
        account: Some(account),
        of_caller: false,
        organization: organization.clone(),
        region: None,
        tags,
        keys: keys.to_vec(),
    };
    Resource { view, repository: None, name: arn.to_owned() }
}
