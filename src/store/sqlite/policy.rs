//! The tables of policies: on what they hang, and what their statements say.

use std::collections::BTreeSet;

use rusqlite::params;

use super::{Filler, count, key, row};
use crate::ids::PolicyId;
use crate::policy::Span;
use crate::query::of_statement;
use crate::store::StoreError;

impl Filler<'_> {
    /// The policies that hang somewhere, and on what they do.
    pub(super) fn policies(&mut self) -> Result<(), StoreError> {
        let inventory = self.contents.relations.inventory();
        let mut hung: BTreeSet<PolicyId> = BTreeSet::new();
        inventory.each_hung(|policy, _| {
            hung.insert(policy);
        });
        let mut insert = self.insert("policies", 6)?;
        for &id in &hung {
            let policy = &inventory.policies[id];

            let (file, _) = inventory.sources.origin(policy.place.file, Span::default());
            insert.execute(params![
                key(id),
                policy.name,
                policy.kind.as_str(),
                &*inventory.sources.get(file).name,
                policy.bundled,
                policy.gap.map(key),
            ])?;
        }
        drop(insert);
        self.of_principals()?;
        self.of_accounts()?;
        self.statements(&hung)
    }

    /// What hangs on users, roles and groups.
    fn of_principals(&self) -> Result<(), StoreError> {
        let relations = self.contents.relations;
        let inventory = relations.inventory();
        // Managed policies have ARNs, inline ones have not.
        let is_inline = |policy: PolicyId| !inventory.policies[policy].name.starts_with("arn:");
        let mut insert = self.insert_once("principal_policies", 3)?;
        for (id, principal) in inventory.principals.iter() {
            let Some(&requester) = relations.universe().of_principal.get(&id) else { continue };
            for &policy in &principal.policies {
                insert.execute(params![key(requester), key(policy), is_inline(policy)])?;
            }
        }
        let mut insert = self.insert_once("group_policies", 3)?;
        for (id, group) in inventory.groups.iter() {
            for &policy in &group.policies {
                insert.execute(params![key(id), key(policy), is_inline(policy)])?;
            }
        }
        Ok(())
    }

    /// What hangs on private registries, and above accounts.
    fn of_accounts(&self) -> Result<(), StoreError> {
        let inventory = self.contents.relations.inventory();
        let mut insert = self.insert("registry_policies", 3)?;
        for ((account, region), registry) in &inventory.registry_policies {
            insert.execute(params![account.as_str(), region, key(registry.policy)])?;
        }
        let mut insert = self.insert_once("control_policies", 3)?;
        for &account in inventory.accounts.keys() {
            let Some((organization, membership)) = inventory.organization_of(account) else { continue };
            for (depth, level) in membership.levels(account).iter().enumerate() {
                for policy in organization.attached_to(level) {
                    insert.execute(params![account.as_str(), count(depth), key(policy)])?;
                }
            }
        }
        Ok(())
    }

    fn statements(&mut self, policies: &BTreeSet<PolicyId>) -> Result<(), StoreError> {
        let relations = self.contents.relations;
        let inventory = relations.inventory();
        let mut insert = self.insert("statements", 8)?;
        let mut principal = self.insert_once("statement_principals", 2)?;
        let mut gone = self.insert_once("statement_unknown_principals", 2)?;
        let mut element = self.insert_once("statement_elements", 2)?;
        let mut action = self.insert_once("statement_actions", 2)?;
        let mut condition = self.insert_once("statement_condition_keys", 2)?;
        for &policy in policies {
            for (number, statement) in inventory.document(policy).statements.iter().enumerate() {
                let own = row(self.statements.len());
                let cited = of_statement(relations, policy, number, "");
                insert.execute(params![
                    own,
                    key(policy),
                    row(number),
                    cited.sid,
                    cited.effect,
                    cited.file,
                    count(cited.line),
                    cited.text,
                ])?;
                self.statements.insert((policy, number), own);
                self.cited.entry((cited.policy, cited.file, cited.span)).or_insert(own);
                let named = statement.principals.iter().filter(|element| !element.negated);
                for entry in named.flat_map(|element| &element.entries) {
                    if let Some(who) = relations.listed(&entry.value) {
                        principal.execute(params![own, key(who)])?;
                    }
                    if let Some(name) = relations.gone(&entry.value) {
                        gone.execute(params![own, name])?;
                    }
                }
                for name in statement.elements() {
                    element.execute(params![own, name])?;
                }
                for entry in &statement.actions.entries {
                    action.execute(params![own, entry.value.as_str().to_ascii_lowercase()])?;
                }
                for one in &statement.conditions {
                    condition.execute(params![own, one.key.value.to_ascii_lowercase()])?;
                }
            }
        }
        Ok(())
    }
}
