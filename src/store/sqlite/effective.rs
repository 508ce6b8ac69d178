//! The tables of what was derived: who holds what, and who can become whom.

use std::sync::Arc;

use rusqlite::params;
use rustc_hash::FxHashMap;

use super::{Filler, FirstFailure, count, key, row};
use crate::catalog::{Capability, Catalog, ResourceKind};
use crate::engine::RequesterId;
use crate::policy::{AccountId, Arn};
use crate::query::{Effective, Granted, Verdict};
use crate::store::StoreError;

/// The rows of resources by kind and name: of the same name may be all repositories of a registry, and a new one.
type Resources = FxHashMap<(ResourceKind, String), i64>;

/// What has a row so far.
#[derive(Default)]
pub(super) struct Folded {
    pub(super) permissions: FxHashMap<Arc<str>, i64>,
    resources: Resources,
    /// How many there are.
    pub(super) principal_sets: usize,
    pub(super) resource_sets: usize,
}

impl Filler<'_> {
    /// What is held, folded as it was derived.
    pub(super) fn effective(&mut self) -> Result<Folded, StoreError> {
        let mut folded = Folded { permissions: self.permissions()?, ..Folded::default() };
        let contents = self.contents;
        let accounts = contents.relations.inventory().accounts.len();
        for (pass, &grain) in contents.grains.iter().enumerate() {
            let (mut done, mut first) = (pass * accounts, FirstFailure::default());
            contents.relations.effective(grain, contents.direct, |effective| {
                first.or(|| self.account(&effective, &mut folded));
                done += 1;
                (contents.progress)(done, contents.grains.len() * accounts);
            });
            first.told()?;
            contents.unless_stopped()?;
        }
        Ok(folded)
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

    fn account(&mut self, effective: &Effective, folded: &mut Folded) -> Result<(), StoreError> {
        let [principals, sets] = [folded.principal_sets, folded.resource_sets];
        for holders in &effective.holders {
            self.principal_set(effective.account, &holders.members, folded)?;
        }
        for alike in &effective.resources {
            let resources = alike.names.iter().map(|name| (alike.kind, name.as_str()));
            self.resource_set(effective.account, resources, folded)?;
        }
        let granted = Granted::new(self.contents.relations, effective.account);
        let mut statement = self.insert("cell_statements", 4)?;
        let mut insert = self.insert("cells", 6)?;
        for cell in &effective.cells {
            let condition = cell.condition.as_ref().map(|words| self.condition(words)).transpose()?;
            let (principal, set, permission) =
                (row(principals + cell.holders), row(sets + cell.resources), folded.permissions[&cell.action]);
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

    /// A new set of principals.
    pub(super) fn principal_set(
        &self,
        account: AccountId,
        members: &[RequesterId],
        folded: &mut Folded,
    ) -> Result<i64, StoreError> {
        let own = row(folded.principal_sets);
        folded.principal_sets += 1;
        self.insert("principal_sets", 3)?.execute(params![own, account.as_str(), count(members.len())])?;
        let mut member = self.insert("principal_set_members", 2)?;
        for &one in members {
            member.execute(params![own, key(one)])?;
        }
        Ok(own)
    }

    /// A new set of resources, each by what it is and its name.
    pub(super) fn resource_set<'n>(
        &self,
        account: AccountId,
        members: impl ExactSizeIterator<Item = (ResourceKind, &'n str)>,
        folded: &mut Folded,
    ) -> Result<i64, StoreError> {
        let own = row(folded.resource_sets);
        folded.resource_sets += 1;
        self.insert("resource_sets", 3)?.execute(params![own, account.as_str(), count(members.len())])?;
        let mut member = self.insert_once("resource_set_members", 2)?;
        for (kind, name) in members {
            member.execute(params![own, self.resource(account, kind, name, &mut folded.resources)?])?;
        }
        Ok(own)
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
