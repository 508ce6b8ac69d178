//! What hangs on whom in a plan: inline policies, attachments, and who is in which group.

use super::apply::Overlay;
use super::resource::{Kind, Resource, Said, Values};
use crate::ids::{GapId, GroupId, PolicyId, PrincipalId};
use crate::inventory::bundled::is_aws_managed;
use crate::inventory::world::{Gap, GapKind};
use crate::policy::{AccountId, Arn, PolicyKind, clip};

/// On what something hangs.
#[derive(Clone, Copy)]
enum Holder {
    Principal(PrincipalId),
    Group(GroupId),
}

impl<'a> Overlay<'a> {
    /// Lets something hang where the plan says.
    pub(super) fn relate(&mut self, resource: &Resource<'a>, account: AccountId, after: &Values<'a>) {
        match resource.kind {
            Kind::RolePolicy | Kind::UserPolicy | Kind::GroupPolicy => {
                let (Some(holder), Some(name)) =
                    (self.holder(resource, account, after), self.name(resource, after, "name"))
                else {
                    return self.unknown_at_all(resource, "what the inline policy hangs on, or its name,", account);
                };
                let name = self.inline_name(holder, &name);
                match holder {
                    Holder::Principal(id) => self.set_inline(resource, account, id, name, &after.raw("policy")),
                    Holder::Group(id) => {
                        let policy = self.policy(resource, (name, PolicyKind::Identity), &after.raw("policy"), account);
                        self.change_group(id, |policies| policies.push(policy));
                    }
                }
            }
            Kind::RoleAttachment | Kind::UserAttachment | Kind::GroupAttachment => {
                let Some(holder) = self.holder(resource, account, after) else {
                    return self.unknown_at_all(resource, "what the policy is attached to", account);
                };
                match self.arn(resource, after, "policy_arn") {
                    Said::Known(arn) => self.attach_to(account, holder, &arn),
                    _ => self.unknown_of(resource, account, holder, "which policy is attached"),
                }
            }
            Kind::Attachment => self.attach_to_all(resource, account, after),
            Kind::UserGroups => {
                let user = self.name(resource, after, "user");
                let Some(user) = user.and_then(|name| self.principal(account, Kind::User, &name)) else {
                    return self.unknown_at_all(resource, "whose groups these are", account);
                };
                match after.texts("groups") {
                    Said::Known(groups) => groups.iter().for_each(|name| self.join(account, user, name)),
                    _ => self.unknown_of(resource, account, Holder::Principal(user), "which groups the user is in"),
                }
            }
            Kind::GroupMembers => {
                let (group, users) = (self.name(resource, after, "group"), after.texts("users"));
                let (Some(group), Said::Known(users)) = (group, users) else {
                    return self.unknown_at_all(resource, "who is in the group", account);
                };
                // Whoever is not named is taken out.
                if let Some(id) = self.group(account, &group) {
                    self.world.principals.values_mut().for_each(|one| one.groups.retain(|own| *own != id));
                }
                for user in users {
                    match self.principal(account, Kind::User, &user) {
                        Some(user) => self.join(account, user, &group),
                        None => self.unknown_at_all(resource, &format!("who `{}` is", clip(&user)), account),
                    }
                }
            }
            Kind::RolePolicies | Kind::RoleAttachments => self.keep_only(resource, account, after),
            _ => {}
        }
    }

    /// Takes away what hung where the plan says that it did.
    pub(super) fn unrelate(&mut self, resource: &Resource<'a>, account: AccountId, before: &Values<'a>) {
        match resource.kind {
            Kind::RolePolicy | Kind::UserPolicy | Kind::GroupPolicy => {
                let holder = self.holder(resource, account, before);
                let (Some(holder), Said::Known(name)) = (holder, before.text("name")) else { return };
                let name = self.inline_name(holder, &name);
                match holder {
                    Holder::Principal(id) => self.remove_inline(id, &name),
                    Holder::Group(id) => {
                        let policies = self.world.groups[id].policies.iter().copied();
                        let gone: Vec<PolicyId> =
                            policies.filter(|&policy| self.world.policies[policy].name == name).collect();
                        self.change_group(id, |policies| policies.retain(|policy| !gone.contains(policy)));
                        for policy in gone {
                            self.world.retire(policy);
                        }
                    }
                }
            }
            Kind::RoleAttachment | Kind::UserAttachment | Kind::GroupAttachment => {
                let holder = self.holder(resource, account, before);
                if let (Some(holder), Said::Known(arn)) = (holder, before.text("policy_arn")) {
                    self.detach_from(holder, &arn);
                }
            }
            Kind::Attachment => {
                let Said::Known(arn) = before.text("policy_arn") else { return };
                for holder in self.holders(account, before).into_iter().flatten() {
                    self.detach_from(holder, &arn);
                }
            }
            Kind::UserGroups => {
                let user = before.text("user").known();
                let Some(user) = user.and_then(|name| self.principal(account, Kind::User, &name)) else { return };
                for name in before.texts("groups").known().unwrap_or_default() {
                    self.leave(account, user, &name);
                }
            }
            Kind::GroupMembers => {
                let Said::Known(group) = before.text("group") else { return };
                for name in before.texts("users").known().unwrap_or_default() {
                    if let Some(user) = self.principal(account, Kind::User, &name) {
                        self.leave(account, user, &group);
                    }
                }
            }
            // That nobody looks after what else a role has takes nothing away.
            _ => {}
        }
    }

    fn holder(&self, resource: &Resource<'_>, account: AccountId, values: &Values<'_>) -> Option<Holder> {
        match resource.kind {
            Kind::RolePolicy | Kind::RoleAttachment => {
                let name = self.name(resource, values, "role")?;
                self.principal(account, Kind::Role, &name).map(Holder::Principal)
            }
            Kind::UserPolicy | Kind::UserAttachment => {
                let name = self.name(resource, values, "user")?;
                self.principal(account, Kind::User, &name).map(Holder::Principal)
            }
            _ => self.group(account, &self.name(resource, values, "group")?).map(Holder::Group),
        }
    }

    /// What inline policies are called as exports tell them.
    fn inline_name(&self, holder: Holder, name: &str) -> String {
        match holder {
            Holder::Principal(id) => format!("inline policy {name} of {}", self.world.principals[id].arn.resource()),
            Holder::Group(id) => format!("inline policy {name} of group/{}", self.world.groups[id].arn.name()),
        }
    }

    fn change_group(&mut self, id: GroupId, change: impl FnOnce(&mut Vec<PolicyId>)) {
        if let Some(group) = self.world.groups.get_mut(id) {
            change(&mut group.policies);
        }
    }

    // --- attachments ---

    pub(super) fn attach(&mut self, account: AccountId, to: PrincipalId, arn: &str) {
        self.attach_to(account, Holder::Principal(to), arn);
    }

    pub(super) fn detach(&mut self, from: PrincipalId, arn: &str) {
        self.detach_from(Holder::Principal(from), arn);
    }

    fn attach_to(&mut self, account: AccountId, holder: Holder, arn: &str) {
        let known = self.managed(arn).or_else(|| self.world.bundled_policy(arn));
        let Some(policy) = known else {
            let kind = if is_aws_managed(arn) { GapKind::AwsManagedPolicy } else { GapKind::AttachedPolicy };
            let message = match kind {
                GapKind::AwsManagedPolicy => {
                    format!("{arn} is not in the export; as far as known it has nothing to do with registries")
                }
                _ => format!("the attached policy {arn} is not in the export"),
            };
            let same = self.world.gaps.iter().find(|(_, gap)| gap.message == message).map(|(id, _)| id);
            let gap = same.unwrap_or_else(|| self.world.gaps.push(Gap { kind, account: Some(account), message }));
            return self.add_gap(holder, gap);
        };
        let add = |policies: &mut Vec<PolicyId>| {
            if !policies.contains(&policy) {
                policies.push(policy);
            }
        };
        match holder {
            Holder::Principal(id) => self.world.change_principal(id, |one| add(&mut one.policies)),
            Holder::Group(id) => self.change_group(id, add),
        }
    }

    fn detach_from(&mut self, holder: Holder, arn: &str) {
        let policy = self.managed(arn);
        let missing = format!("the attached policy {arn} is not in the export");
        let gaps: Vec<GapId> =
            self.world.gaps.iter().filter(|(_, gap)| gap.message == missing).map(|(id, _)| id).collect();
        match holder {
            Holder::Principal(id) => self.world.change_principal(id, |one| {
                one.policies.retain(|own| Some(*own) != policy);
                one.gaps.retain(|own| !gaps.contains(own));
            }),
            Holder::Group(id) => {
                if let Some(group) = self.world.groups.get_mut(id) {
                    group.policies.retain(|own| Some(*own) != policy);
                    group.gaps.retain(|own| !gaps.contains(own));
                }
            }
        }
    }

    /// Those to whom a policy is attached that is attached to nobody else.
    fn holders(&self, account: AccountId, values: &Values<'_>) -> Option<Vec<Holder>> {
        let names = |attribute: &str| match values.texts(attribute) {
            Said::Known(names) => Some(names),
            Said::Absent => Some(Vec::new()),
            Said::Unknown => None,
        };
        let principals = |kind: Kind, names: Vec<String>| {
            let found = names.into_iter().map(move |name| self.principal(account, kind, &name).map(Holder::Principal));
            found.collect::<Option<Vec<Holder>>>()
        };
        let mut all = principals(Kind::Role, names("roles")?)?;
        all.extend(principals(Kind::User, names("users")?)?);
        for name in names("groups")? {
            all.push(Holder::Group(self.group(account, &name)?));
        }
        Some(all)
    }

    fn attach_to_all(&mut self, resource: &Resource<'a>, account: AccountId, after: &Values<'a>) {
        let Said::Known(arn) = self.arn(resource, after, "policy_arn") else {
            return self.unknown_at_all(resource, "which policy is attached", account);
        };
        let Some(holders) = self.holders(account, after) else {
            return self.unknown_at_all(resource, "what the policy is attached to", account);
        };
        if let Some(policy) = self.managed(&arn) {
            let is_here = |own: &Arn| own.account() == Some(account);
            let principals = self.world.principals.values_mut().filter(|one| is_here(&one.arn));
            principals.for_each(|one| one.policies.retain(|own| *own != policy));
            let groups = self.world.groups.values_mut().filter(|one| is_here(&one.arn));
            groups.for_each(|one| one.policies.retain(|own| *own != policy));
        }
        for holder in holders {
            self.attach_to(account, holder, &arn);
        }
    }

    /// What a role has beside these goes.
    fn keep_only(&mut self, resource: &Resource<'a>, account: AccountId, after: &Values<'a>) {
        let role = self.name(resource, after, "role_name");
        let Some(role) = role.and_then(|name| self.principal(account, Kind::Role, &name)) else {
            return self.unknown_at_all(resource, "whose policies these are", account);
        };
        let is_inline = resource.kind == Kind::RolePolicies;
        let attribute = if is_inline { "policy_names" } else { "policy_arns" };
        let Said::Known(kept) = after.texts(attribute) else {
            return self.unknown_of(resource, account, Holder::Principal(role), "which policies the role keeps");
        };
        let kept: Vec<String> = if is_inline {
            kept.iter().map(|name| self.inline_name(Holder::Principal(role), name)).collect()
        } else {
            kept
        };
        let policies = &self.world.policies;
        let stays = |id: &PolicyId| {
            let name = &policies[*id].name;
            name.starts_with("inline policy ") != is_inline || kept.contains(name)
        };
        let left: Vec<PolicyId> = self.world.principals[role].policies.iter().copied().filter(stays).collect();
        self.world.change_principal(role, |one| one.policies = left);
        if !is_inline {
            for arn in kept {
                self.attach(account, role, &arn);
            }
        }
    }

    // --- groups ---

    fn join(&mut self, account: AccountId, user: PrincipalId, name: &str) {
        let Some(group) = self.group(account, name) else {
            let message = format!("the group {} of account {account} is not in the export", clip(name));
            let gap = self.world.gaps.push(Gap { kind: GapKind::Group, account: Some(account), message });
            return self.add_gap(Holder::Principal(user), gap);
        };
        self.world.change_principal(user, |one| {
            if !one.groups.contains(&group) {
                one.groups.push(group);
            }
        });
    }

    fn leave(&mut self, account: AccountId, user: PrincipalId, name: &str) {
        if let Some(group) = self.group(account, name) {
            self.world.change_principal(user, |one| one.groups.retain(|own| *own != group));
        }
    }

    // --- gaps ---

    fn unknown_of(&mut self, resource: &Resource<'a>, account: AccountId, holder: Holder, what: &str) {
        let gap = self.unknown(resource, what, GapKind::AttachedPolicy, account);
        self.add_gap(holder, gap);
    }

    fn add_gap(&mut self, holder: Holder, gap: GapId) {
        match holder {
            Holder::Principal(id) => self.world.change_principal(id, |one| {
                if !one.gaps.contains(&gap) {
                    one.gaps.push(gap);
                }
            }),
            Holder::Group(id) => {
                if let Some(group) = self.world.groups.get_mut(id)
                    && !group.gaps.contains(&gap)
                {
                    group.gaps.push(gap);
                }
            }
        }
    }
}
