//! The tables of what was derived: who holds what, and who can become whom.

use std::sync::Arc;

use rusqlite::params;
use rustc_hash::FxHashMap;

use super::{Filler, count, key, row};
use crate::catalog::{Capability, Catalog, ResourceKind};
use crate::policy::{AccountId, Arn};
use crate::query::{Effective, Granted, Verdict};
use crate::store::StoreError;

/// The rows of resources by kind and name: of the same name may be all repositories of a registry, and a new one.
type Resources = FxHashMap<(ResourceKind, String), i64>;

/// How many rows there are so far.
#[derive(Default)]
struct Counts {
    principal_sets: usize,
    resource_sets: usize,
}

impl Filler<'_> {
    /// What is held, folded as it was derived.
    pub(super) fn effective(&mut self) -> Result<(), StoreError> {
        let permissions = self.permissions()?;
        let (mut resources, mut counts) = (Resources::default(), Counts::default());
        let contents = self.contents;
        let accounts = contents.relations.inventory().accounts.len();
        for (pass, &grain) in contents.grains.iter().enumerate() {
            let (mut done, mut failed) = (pass * accounts, None);
            contents.relations.effective(grain, contents.direct, |effective| {
                if failed.is_none() {
                    failed = self.account(&effective, &permissions, &mut resources, &mut counts).err();
                }
                done += 1;
                (contents.progress)(done, contents.grains.len() * accounts);
            });
            failed.map_or(Ok(()), Err)?;
            contents.unless_stopped()?;
        }
        Ok(())
    }

    /// Capabilities and actions, and which of these those are made of.
    fn permissions(&self) -> Result<FxHashMap<Arc<str>, i64>, StoreError> {
        let catalog = Catalog::bundled();
        let mut rows: FxHashMap<Arc<str>, i64> = FxHashMap::default();
        let mut insert = self.insert("permissions", 4)?;
        let capabilities = Capability::ALL.iter().map(|one| (one.to_string(), "capability", None));
        let actions = catalog.actions().map(|(_, action)| (action.to_string(), "action", Some(&action.access)));
        for (name, kind, access) in capabilities.chain(actions) {
            let own = row(rows.len());
            insert.execute(params![own, name, kind, access])?;
            rows.insert(name.into(), own);
        }
        let mut insert = self.insert_once("capability_actions", 2)?;
        for need in ["ecr", "ecr-public"].into_iter().flat_map(|service| catalog.needs(service)) {
            let action = catalog.action(need.action).to_string();
            insert.execute(params![rows[need.capability.as_str()], rows[action.as_str()]])?;
        }
        Ok(rows)
    }

    fn account(
        &mut self,
        effective: &Effective,
        permissions: &FxHashMap<Arc<str>, i64>,
        resources: &mut Resources,
        counts: &mut Counts,
    ) -> Result<(), StoreError> {
        let account = effective.account.as_str();
        let [principals, sets] = [counts.principal_sets, counts.resource_sets];
        let mut set = self.insert("principal_sets", 3)?;
        let mut member = self.insert("principal_set_members", 2)?;
        for holders in &effective.holders {
            let own = row(counts.principal_sets);
            counts.principal_sets += 1;
            set.execute(params![own, account, count(holders.members.len())])?;
            for &one in &holders.members {
                member.execute(params![own, key(one)])?;
            }
        }
        let mut set = self.insert("resource_sets", 3)?;
        let mut member = self.insert_once("resource_set_members", 2)?;
        for alike in &effective.resources {
            let own = row(counts.resource_sets);
            counts.resource_sets += 1;
            set.execute(params![own, account, count(alike.names.len())])?;
            for name in &alike.names {
                let resource = self.resource(effective.account, alike.kind, name, resources)?;
                member.execute(params![own, resource])?;
            }
        }
        let granted = Granted::new(self.contents.relations, effective.account);
        let mut statement = self.insert("cell_statements", 4)?;
        let mut insert = self.insert("cells", 6)?;
        for cell in &effective.cells {
            let condition = cell.condition.as_ref().map(|words| self.condition(words)).transpose()?;
            let (principal, set, permission) =
                (row(principals + cell.holders), row(sets + cell.resources), permissions[&cell.action]);
            insert.execute(params![
                principal,
                set,
                permission,
                cell.verdict.as_str(),
                cell.own.map(Verdict::as_str),
                condition,
            ])?;
            let (holders, alike) = (&effective.holders[cell.holders], &effective.resources[cell.resources]);
            if cell.own.is_some() {
                // There is one of each, or there were no set.
                let cited = granted.of(holders.members[0], alike.kind, &alike.names[0], &cell.action);
                for own in cited.iter().filter_map(|one| self.statements.get(&(one.policy, one.number))) {
                    statement.execute(params![principal, set, permission, own])?;
                }
            }
        }
        Ok(())
    }

    /// The row of a resource, which is new if nothing was held on it yet.
    fn resource(
        &self,
        account: AccountId,
        kind: ResourceKind,
        name: &str,
        resources: &mut Resources,
    ) -> Result<i64, StoreError> {
        let inventory = self.contents.relations.inventory();
        let next = row(resources.len());
        let own = *resources.entry((kind, name.to_owned())).or_insert(next);
        if own == next {
            let arn = Arn::parse(name).filter(|_| kind == ResourceKind::Repository);
            let repository = arn.and_then(|arn| inventory.repository(&arn)).map(key);
            self.insert("resources", 5)?.execute(params![own, name, kind.as_str(), account.as_str(), repository])?;
        }
        Ok(own)
    }

    /// Who can become whom by one step.
    pub(super) fn steps(&mut self) -> Result<(), StoreError> {
        let relations = self.contents.relations;
        let sessions = relations.sessions();
        let mut insert = self.insert_once("assume_steps", 4)?;
        for &account in relations.inventory().accounts.keys() {
            self.contents.unless_stopped()?;
            for step in relations.steps_of(account).iter() {
                let condition = match &step.decided.residual {
                    Some(words) => Some(self.condition(&Arc::from(words.as_str()))?),
                    None => None,
                };
                let named = sessions.get(&step.role).into_iter().flatten().copied();
                for role in std::iter::once(step.role).chain(named).filter(|role| *role != step.caller) {
                    insert.execute(params![key(step.caller), key(role), step.verdict.as_str(), condition])?;
                }
            }
        }
        Ok(())
    }
}
