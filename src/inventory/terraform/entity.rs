//! Policies, groups, users, roles and repositories of a plan, that come, change and go.

use serde_json::value::RawValue;

use super::apply::Overlay;
use super::resource::{Inline, Kind, Resource, Said, Values};
use crate::ids::{GroupId, PolicyId, PrincipalId, RepositoryId};
use crate::inventory::tags::Tags;
use crate::inventory::world::{
    Boundary, Gap, GapKind, Group, Principal, PrincipalKind, RegistryPolicy, Repository, RepositoryPolicy, Visibility,
};
use crate::policy::{AccountId, Arn, PolicyKind, Severity};

impl<'a> Overlay<'a> {
    /// Lets a resource be what the plan says. `is_prior`: it is what the plan knew of it, and not a change.
    pub(super) fn set(
        &mut self,
        resource: &Resource<'a>,
        account: AccountId,
        before: Option<&Values<'a>>,
        after: &Values<'a>,
        is_prior: bool,
    ) {
        match resource.kind {
            Kind::Policy => self.set_managed(resource, account, before, after),
            Kind::Group => drop(self.set_group(resource, account, after)),
            Kind::User | Kind::Role => self.set_principal(resource, account, before, after),
            Kind::Repository | Kind::PublicRepository => self.set_repository(resource, account, after, is_prior),
            Kind::RepositoryPolicy | Kind::PublicRepositoryPolicy => {
                self.set_repository_policy(resource, account, Some(after));
            }
            Kind::RegistryPolicy => self.set_registry_policy(resource, account, after),
            _ => self.relate(resource, account, after),
        }
    }

    /// Takes away what the plan deletes.
    pub(super) fn remove(&mut self, resource: &Resource<'a>, account: AccountId, before: &Values<'a>) {
        match resource.kind {
            Kind::Policy => {
                let arn = self.iam_arn(resource, account, before);
                if let Some(policy) = arn.and_then(|arn| self.managed(&arn)) {
                    self.world.principals.values_mut().for_each(|one| one.policies.retain(|own| *own != policy));
                    self.world.groups.values_mut().for_each(|one| one.policies.retain(|own| *own != policy));
                    self.world.retire(policy);
                }
            }
            Kind::Group => {
                let group = before.text("name").known().and_then(|name| self.group(account, &name));
                if let Some(group) = group {
                    self.world.delete_group(group);
                }
            }
            Kind::User | Kind::Role => {
                let principal = before.text("name").known();
                let principal = principal.and_then(|name| self.principal(account, resource.kind, &name));
                if let Some(principal) = principal {
                    self.world.delete(principal);
                }
            }
            Kind::Repository | Kind::PublicRepository => {
                if let Some(id) = self.repository(resource, account, before) {
                    self.world.delete_repository(id);
                }
            }
            Kind::RepositoryPolicy | Kind::PublicRepositoryPolicy => {
                self.set_repository_policy(resource, account, None);
            }
            Kind::RegistryPolicy => {
                if let Some(region) = self.region(resource, before, account) {
                    let gone = self.world.registry_policies.remove(&(account, region));
                    if let Some(gone) = gone {
                        self.world.retire(gone.policy);
                    }
                }
            }
            _ => self.unrelate(resource, account, before),
        }
    }

    // --- IAM ---

    /// The managed policy with this ARN.
    pub(super) fn managed(&self, arn: &str) -> Option<PolicyId> {
        let is_it = |policy: &crate::inventory::world::Policy| {
            policy.kind == PolicyKind::Identity && policy.name.eq_ignore_ascii_case(arn)
        };
        self.world.policies.iter().find(|(_, policy)| is_it(policy)).map(|(id, _)| id)
    }

    pub(super) fn group(&self, account: AccountId, name: &str) -> Option<GroupId> {
        let is_it = |arn: &Arn| arn.account() == Some(account) && arn.name().eq_ignore_ascii_case(name);
        self.world.groups.iter().find(|(_, group)| is_it(&group.arn)).map(|(id, _)| id)
    }

    pub(super) fn principal(&self, account: AccountId, kind: Kind, name: &str) -> Option<PrincipalId> {
        let is_role = kind == Kind::Role;
        let is_it = |one: &Principal| {
            one.account == account
                && matches!(one.kind, PrincipalKind::Role { .. }) == is_role
                && one.arn.name().eq_ignore_ascii_case(name)
        };
        self.world.principals.iter().find(|(_, one)| is_it(one)).map(|(id, _)| id)
    }

    fn set_managed(
        &mut self,
        resource: &Resource<'a>,
        account: AccountId,
        before: Option<&Values<'a>>,
        after: &Values<'a>,
    ) {
        let Some(arn) = self.iam_arn(resource, account, after) else {
            return self.unknown_at_all(resource, "the name of the policy", account);
        };
        let known = self.managed(&arn);
        if known.is_some() && after.agrees(before, "policy") {
            return;
        }
        let policy = self.policy(resource, (arn, PolicyKind::Identity), &after.raw("policy"), account);
        if let Some(known) = known {
            self.replace(known, policy);
        }
    }

    /// Lets a new policy hang wherever an old one does.
    fn replace(&mut self, old: PolicyId, new: PolicyId) {
        let change = |policies: &mut Vec<PolicyId>| {
            policies.iter_mut().filter(|one| **one == old).for_each(|one| *one = new);
        };
        for principal in self.world.principals.values_mut() {
            change(&mut principal.policies);
            if principal.boundary == Boundary::Policy(old) {
                principal.boundary = Boundary::Policy(new);
            }
        }
        self.world.groups.values_mut().for_each(|group| change(&mut group.policies));
        // Nobody finds the old one by its name any more.
        if let Some(policy) = self.world.policies.get_mut(old) {
            policy.name = format!("{} before", policy.name);
        }
        self.world.retire(old);
    }

    fn set_group(&mut self, resource: &Resource<'a>, account: AccountId, after: &Values<'a>) -> Option<GroupId> {
        let arn = self.iam_arn(resource, account, after).and_then(|arn| Arn::parse(&arn));
        let Some(arn) = arn else {
            self.unknown_at_all(resource, "the name of the group", account);
            return None;
        };
        let known = self.group(account, arn.name());
        Some(known.unwrap_or_else(|| self.world.groups.push(Group { arn, policies: Vec::new(), gaps: Vec::new() })))
    }

    fn set_principal(
        &mut self,
        resource: &Resource<'a>,
        account: AccountId,
        before: Option<&Values<'a>>,
        after: &Values<'a>,
    ) {
        let arn = self.iam_arn(resource, account, after).and_then(|arn| Arn::parse(&arn));
        let Some(arn) = arn else {
            return self.unknown_at_all(resource, "the name of the user or role", account);
        };
        let is_role = resource.kind == Kind::Role;
        let short = arn.resource().to_owned();
        let known = self.principal(account, resource.kind, arn.name());
        let id = known.unwrap_or_else(|| {
            let kind = if is_role { PrincipalKind::Role { trust: None } } else { PrincipalKind::User };
            let principal = Principal {
                arn: arn.clone(),
                account,
                kind,
                unique_id: None,
                tags: Tags::new(),
                policies: Vec::new(),
                groups: Vec::new(),
                boundary: Boundary::None,
                gaps: Vec::new(),
            };
            let id = self.world.principals.push(principal);
            self.world.by_arn.insert(arn.clone(), id);
            id
        });
        let before = before.filter(|_| known.is_some());
        if before.is_none()
            && let (Said::Known(own), Some(one)) = (after.text("unique_id"), self.world.principals.get_mut(id))
        {
            one.unique_id = Some(own);
        }
        if is_role && !after.agrees(before, "assume_role_policy") {
            let name = (format!("trust policy of {short}"), PolicyKind::Trust);
            let trust = self.policy(resource, name, &after.raw("assume_role_policy"), account);
            let old = self
                .world
                .principals
                .get_mut(id)
                .map(|one| std::mem::replace(&mut one.kind, PrincipalKind::Role { trust: Some(trust) }));
            if let Some(PrincipalKind::Role { trust: Some(old) }) = old {
                self.world.retire(old);
            }
        }
        if !after.agrees(before, "permissions_boundary") {
            let boundary = self.boundary(resource, account, after);
            self.world.change_principal(id, |one| one.boundary = boundary);
        }
        if before.is_none_or(|before| before.tags() != after.tags()) {
            self.set_tags(resource, account, id, after);
        }
        if is_role {
            self.set_own_policies(resource, account, (id, &short), before, after);
        }
    }

    fn boundary(&mut self, resource: &Resource<'a>, account: AccountId, after: &Values<'a>) -> Boundary {
        match self.arn(resource, after, "permissions_boundary") {
            Said::Absent => Boundary::None,
            Said::Unknown => {
                Boundary::Missing(self.unknown(resource, "its permissions boundary", GapKind::Boundary, account))
            }
            Said::Known(arn) => {
                let known = self.managed(&arn).or_else(|| self.world.bundled_policy(&arn));
                known.map_or_else(
                    || {
                        let message = format!("the boundary {arn} is not in the export");
                        let gap = Gap { kind: GapKind::Boundary, account: Some(account), message };
                        Boundary::Missing(self.world.gaps.push(gap))
                    },
                    Boundary::Policy,
                )
            }
        }
    }

    fn set_tags(&mut self, resource: &Resource<'a>, account: AccountId, id: PrincipalId, after: &Values<'a>) {
        match after.tags() {
            Said::Known(tags) => {
                let tags: Tags = tags.into_iter().collect();
                self.world.change_principal(id, |one| one.tags = tags);
            }
            Said::Absent => self.world.change_principal(id, |one| one.tags = Tags::new()),
            Said::Unknown => {
                let gap = self.unknown(resource, "what tags it has", GapKind::Unreadable, account);
                self.world.change_principal(id, |one| one.gaps.push(gap));
            }
        }
    }

    /// What a role says itself of its policies: what others say of them stands there too, so that only what becomes
    /// otherwise is a change.
    fn set_own_policies(
        &mut self,
        resource: &Resource<'a>,
        account: AccountId,
        (id, short): (PrincipalId, &str),
        before: Option<&Values<'a>>,
        after: &Values<'a>,
    ) {
        let listed = |values: Option<&Values<'a>>| -> Vec<(String, &'a RawValue)> {
            let inline = values.map(Values::inline).and_then(Said::known).unwrap_or_default();
            let named = inline.into_iter().filter_map(|Inline { name, policy }| {
                let name = name.filter(|name| !name.is_empty())?;
                Some((name.into_owned(), policy.filter(|policy| policy.get() != "null")?))
            });
            named.collect()
        };
        // Where none is listed, others may say what there will be, and say it themselves.
        if after.inline_is_unknown() {
            let gap = self.unknown(resource, "what its inline policies say", GapKind::AttachedPolicy, account);
            self.world.change_principal(id, |one| one.gaps.push(gap));
        }
        let (old, new) = (listed(before), listed(Some(after)));
        for (name, _) in old.iter().filter(|(name, _)| !new.iter().any(|(own, _)| own == name)) {
            self.remove_inline(id, &format!("inline policy {name} of {short}"));
        }
        for (name, policy) in new {
            if !old.iter().any(|(own, text)| *own == name && text.get() == policy.get()) {
                let name = format!("inline policy {name} of {short}");
                self.set_inline(resource, account, id, name, &Said::Known(policy));
            }
        }
        let is_unknown = matches!(after.raw("managed_policy_arns"), Said::Unknown);
        if is_unknown && self.parsed.sets(&resource.address, "managed_policy_arns") {
            if let Said::Known(arn) = self.arn(resource, after, "managed_policy_arns") {
                self.attach(account, id, &arn);
            } else {
                let gap = self.unknown(resource, "which policies are attached", GapKind::AttachedPolicy, account);
                self.world.change_principal(id, |one| one.gaps.push(gap));
            }
        }
        let attached = |values: Option<&Values<'_>>| {
            values.map(|values| values.texts("managed_policy_arns")).and_then(Said::known).unwrap_or_default()
        };
        let (old, new) = (attached(before), attached(Some(after)));
        for arn in old.iter().filter(|arn| !new.contains(arn)) {
            self.detach(id, arn);
        }
        for arn in new.iter().filter(|arn| !old.contains(arn)) {
            self.attach(account, id, arn);
        }
    }

    pub(super) fn set_inline(
        &mut self,
        resource: &Resource<'a>,
        account: AccountId,
        id: PrincipalId,
        name: String,
        said: &Said<&'a RawValue>,
    ) {
        self.remove_inline(id, &name);
        let policy = self.policy(resource, (name, PolicyKind::Identity), said, account);
        self.world.change_principal(id, |one| one.policies.push(policy));
    }

    pub(super) fn remove_inline(&mut self, id: PrincipalId, name: &str) {
        let policies = self.world.principals[id].policies.iter().copied();
        let gone: Vec<PolicyId> = policies.filter(|&policy| self.world.policies[policy].name == name).collect();
        self.world.change_principal(id, |one| one.policies.retain(|policy| !gone.contains(policy)));
        for policy in gone {
            self.world.retire(policy);
        }
    }

    // --- repositories ---

    fn visibility(kind: Kind) -> Visibility {
        match kind {
            Kind::PublicRepository | Kind::PublicRepositoryPolicy => Visibility::Public,
            _ => Visibility::Private,
        }
    }

    /// The region of a resource of a private registry: as it tells, or its provider, or where the account has one
    /// registry alone.
    fn region(&self, resource: &Resource<'_>, values: &Values<'_>, account: AccountId) -> Option<String> {
        let of_arn = || Some(Arn::parse(&values.text("arn").known()?)?.region().to_owned());
        let told = values.text("region").known().or_else(of_arn);
        told.or_else(|| self.parsed.region_of(self.parsed.provider(&resource.address))).or_else(|| {
            match self.world.accounts.get(&account)?.private_regions.as_slice() {
                [one] => Some(one.clone()),
                _ => None,
            }
        })
    }

    /// The repository that a resource is, or is about.
    fn repository(&self, resource: &Resource<'_>, account: AccountId, values: &Values<'_>) -> Option<RepositoryId> {
        let visibility = Self::visibility(resource.kind);
        let attribute = match resource.kind {
            Kind::Repository => "name",
            Kind::RepositoryPolicy => "repository",
            _ => "repository_name",
        };
        let name = self.name(resource, values, attribute)?;
        let region = self.region(resource, values, account);
        let all = self
            .world
            .repositories
            .iter()
            .filter(|(_, one)| one.account == account && one.visibility == visibility && one.name == name);
        let all: Vec<_> = all.collect();
        let here =
            all.iter().find(|(_, one)| visibility == Visibility::Public || region.as_deref() == Some(one.arn.region()));
        match (here, all.as_slice()) {
            (Some((id, _)), _) => Some(*id),
            (None, [(id, _)]) if region.is_none() => Some(*id),
            _ => None,
        }
    }

    fn set_repository(&mut self, resource: &Resource<'a>, account: AccountId, after: &Values<'a>, is_prior: bool) {
        let visibility = Self::visibility(resource.kind);
        let attribute = if visibility == Visibility::Public { "repository_name" } else { "name" };
        let Some(name) = after.text(attribute).known() else {
            return self.unknown_at_all(resource, "the name of the repository", account);
        };
        let tags = match after.tags() {
            Said::Known(tags) => Some(tags.into_iter().collect()),
            Said::Absent => Some(Tags::new()),
            Said::Unknown => {
                self.unknown(resource, "what tags it has", GapKind::Unreadable, account);
                None
            }
        };
        if let Some(id) = self.repository(resource, account, after) {
            if let Some(repository) = self.world.repositories.get_mut(id) {
                repository.tags = tags;
            }
            return;
        }
        let partition = self.partition(account);
        let region = self.region(resource, after, account);
        let arn = match (after.text("arn"), visibility, region) {
            (Said::Known(arn), ..) => arn,
            (_, Visibility::Public, _) => format!("arn:{partition}:ecr-public::{account}:repository/{name}"),
            (_, Visibility::Private, Some(region)) => {
                format!("arn:{partition}:ecr:{region}:{account}:repository/{name}")
            }
            (_, Visibility::Private, None) => {
                return self.unknown_at_all(resource, "the region of the repository", account);
            }
        };
        let Some(arn) = Arn::parse(&arn) else {
            let message = format!("`{}` is not the ARN of a repository", crate::policy::clip(&arn));
            return self.problem(Severity::Error, resource, &message, None, Some(account));
        };
        let policy = if is_prior {
            let message = format!("whether {arn} has a policy is not in the plan");
            let gap = Gap { kind: GapKind::RepositoryPolicy, account: Some(account), message };
            RepositoryPolicy::Unknown(self.world.gaps.push(gap))
        } else {
            RepositoryPolicy::None
        };
        let repository = Repository { arn: arn.clone(), account, visibility, name, policy, tags };
        let id = self.world.repositories.push(repository);
        self.world.repository_by_arn.insert(arn, id);
    }

    fn set_repository_policy(&mut self, resource: &Resource<'a>, account: AccountId, after: Option<&Values<'a>>) {
        let values = after.or(resource.before.as_ref());
        let Some(id) = values.and_then(|values| self.repository(resource, account, values)) else {
            // One that goes with its repository changes nothing any more.
            if after.is_some() {
                self.unknown_at_all(resource, "whose policy this is", account);
            }
            return;
        };
        let name = format!("repository policy of {}", self.world.repositories[id].name);
        let policy = match after {
            Some(after) => {
                let said = after.raw("policy");
                RepositoryPolicy::Policy(self.policy(resource, (name, PolicyKind::Repository), &said, account))
            }
            None => RepositoryPolicy::None,
        };
        self.world.set_repository_policy(id, policy);
    }

    fn set_registry_policy(&mut self, resource: &Resource<'a>, account: AccountId, after: &Values<'a>) {
        let Some(region) = self.region(resource, after, account) else {
            return self.unknown_at_all(resource, "the region of the registry policy", account);
        };
        let name = format!("registry policy of {account} in {region}");
        let policy = self.policy(resource, (name, PolicyKind::Registry), &after.raw("policy"), account);
        let key = (account, region);
        let first_scope = self.world.registry_policies.get(&key).is_some_and(|one| one.first_scope);
        if let Some(old) = self.world.registry_policies.insert(key, RegistryPolicy { policy, first_scope }) {
            self.world.retire(old.policy);
        }
    }
}
