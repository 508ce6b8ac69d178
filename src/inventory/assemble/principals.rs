//! Users, roles and groups, with the policies that hang on them.

use super::Assembler;
use crate::inventory::records::{GroupRecord, PrincipalRecord};
use crate::inventory::world::{Boundary, GapKind, Group, Principal, PrincipalKind};
use crate::policy::PolicyKind;

impl Assembler {
    pub(super) fn group(&mut self, record: GroupRecord) {
        let Some(account) = record.arn.account() else { return };
        self.account(account);
        let (mut policies, gaps) = self.attached(&record.attached, account);
        let short = record.arn.name().to_owned();
        for (name, place) in record.inline {
            let name = format!("inline policy {name} of group/{short}");
            policies.push(self.policy(name, PolicyKind::Identity, place, Some(account)));
        }
        let id = self.world.groups.push(Group { arn: record.arn, policies, gaps });
        self.groups.entry(account).or_default().insert(short, id);
    }

    pub(super) fn principal(&mut self, record: PrincipalRecord) {
        let Some(account) = record.arn.account() else { return };
        record.arn.partition().clone_into(&mut self.account(account).partition);
        let short = record.arn.resource().to_owned();
        let (mut policies, mut gaps) = self.attached(&record.attached, account);
        for (name, place) in record.inline {
            let name = format!("inline policy {name} of {short}");
            policies.push(self.policy(name, PolicyKind::Identity, place, Some(account)));
        }
        let boundary = match &record.boundary {
            None => Boundary::None,
            Some(arn) => match self.managed(arn, account, true) {
                Ok(policy) => Boundary::Policy(policy),
                Err(gap) => Boundary::Missing(gap),
            },
        };
        let mut groups = Vec::new();
        for name in &record.groups {
            let name = name.rsplit('/').next().unwrap_or(name);
            if let Some(&group) = self.groups.get(&account).and_then(|groups| groups.get(name)) {
                groups.push(group);
            } else {
                let message = format!("the group {name} of account {account} is not in the export");
                gaps.push(self.gap(GapKind::Group, Some(account), message));
            }
        }
        let kind = if record.is_role {
            let name = format!("trust policy of {short}");
            let trust = record.trust.map(|place| self.policy(name, PolicyKind::Trust, place, Some(account)));
            PrincipalKind::Role { trust }
        } else {
            PrincipalKind::User
        };
        let principal = Principal {
            arn: record.arn.clone(),
            account,
            kind,
            unique_id: record.unique_id,
            tags: record.tags,
            policies,
            groups,
            boundary,
            gaps,
        };
        let id = self.world.principals.push(principal);
        self.world.by_arn.insert(record.arn, id);
    }
}
