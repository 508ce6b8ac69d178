//! The tables of what statements and layers say by themselves, and of who has power over whom.

use std::hash::Hash;
use std::sync::Arc;

use rusqlite::params;
use rustc_hash::FxHashMap;

use super::effective::Folded;
use super::{Filler, FirstFailure, count, key, row};
use crate::catalog::{ActionId, Catalog, ResourceKind};
use crate::engine::RequesterId;
use crate::policy::AccountId;
use crate::query::datalog::Wide;
use crate::store::StoreError;

/// The rows of sets by their members: what is said by many statements is said of the same.
#[derive(Default)]
struct Sets {
    principals: FxHashMap<(AccountId, Vec<RequesterId>), i64>,
    permissions: FxHashMap<Vec<ActionId>, i64>,
    resources: FxHashMap<(AccountId, Vec<(ResourceKind, String)>), i64>,
}

impl Filler<'_> {
    /// What each layer lets pass, what each statement says, and who controls whom.
    pub(super) fn said(&mut self, folded: &mut Folded) -> Result<(), StoreError> {
        let relations = self.contents.relations;
        let (mut sets, mut first) = (Sets::default(), FirstFailure::default());
        let mut insert = self.insert_once("layer_grants", 4)?;
        relations.each_grant(|layer, wide| {
            first.or(|| {
                let [principals, permissions, resources] = self.sets(wide, &mut sets, folded)?;
                insert.execute(params![layer, principals, permissions, resources])?;
                Ok(())
            });
        })?;
        let mut insert = self.insert_once("statement_says", 4)?;
        relations.each_saying(|(policy, number), wide| {
            first.or(|| {
                let Some(statement) = self.statements.get(&(policy, number)) else { return Ok(()) };
                let [principals, permissions, resources] = self.sets(wide, &mut sets, folded)?;
                insert.execute(params![statement, principals, permissions, resources])?;
                Ok(())
            });
        })?;
        let mut insert = self.insert_once("controls", 3)?;
        relations.each_control(|principals, others, action| {
            first.or(|| {
                let permission = permission(action, folded);
                for &principal in principals {
                    for &other in others {
                        insert.execute(params![key(principal), key(other), permission])?;
                    }
                }
                Ok(())
            });
        })?;
        first.told()
    }

    /// The rows of the sets of a row, which are new if nothing was said of them yet.
    fn sets(&self, wide: &Wide<'_>, sets: &mut Sets, folded: &mut Folded) -> Result<[i64; 3], StoreError> {
        let Wide { principals, actions, account, resources } = wide;
        let whom = row_of(&mut sets.principals, (*account, principals.clone()), |_| {
            self.principal_set(*account, principals, folded)
        })?;
        let named = resources.iter().map(|(kind, name)| (*kind, (*name).to_owned())).collect();
        let what = row_of(&mut sets.resources, (*account, named), |_| {
            self.resource_set(*account, resources.iter().copied(), folded)
        })?;
        let next = row(sets.permissions.len());
        let which = row_of(&mut sets.permissions, actions.clone(), |actions| {
            self.insert("permission_sets", 2)?.execute(params![next, count(actions.len())])?;
            let mut member = self.insert("permission_set_members", 2)?;
            for &action in actions {
                member.execute(params![next, permission(action, folded)])?;
            }
            Ok(next)
        })?;
        Ok([whom, which, what])
    }
}

/// The row of a set, which `add` adds if it has none yet.
fn row_of<K: Eq + Hash>(
    known: &mut FxHashMap<K, i64>,
    set: K,
    add: impl FnOnce(&K) -> Result<i64, StoreError>,
) -> Result<i64, StoreError> {
    if let Some(&row) = known.get(&set) {
        return Ok(row);
    }
    let row = add(&set)?;
    known.insert(set, row);
    Ok(row)
}

/// The row of an action.
fn permission(action: ActionId, folded: &Folded) -> i64 {
    let name: Arc<str> = Catalog::bundled().action(action).to_string().into();
    folded.permissions[&name]
}
