//! The statements that what is held rests on, looked up many times in one account.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::ask::{Deed, Target};
use super::cite::{Cited, granting};
use crate::catalog::{Capability, ResourceKind};
use crate::engine::{Kind, Relations, RequesterId, Shard};
use crate::lower::{Cell, Match};
use crate::policy::AccountId;

/// An account's registries, for those who ask which statements grant something there.
pub(crate) struct Granted<'a> {
    relations: &'a Relations<'a>,
    account: AccountId,
    shard: Shard,
    /// The number of each resource; of several that are alike in kind and name, the first.
    numbers: FxHashMap<(ResourceKind, String), usize>,
    matching: RefCell<FxHashMap<Cell, Rc<[Match]>>>,
}

impl<'a> Granted<'a> {
    /// Derives the account; nothing of it is kept by anybody else.
    pub(crate) fn new(relations: &'a Relations<'a>, account: AccountId) -> Self {
        let shard = relations.apart(account, Kind::Registries);
        let mut numbers = FxHashMap::default();
        for (number, resource) in shard.resources.iter().enumerate() {
            numbers.entry((resource.view.kind, resource.name.clone())).or_insert(number);
        }
        Self { relations, account, shard, numbers, matching: RefCell::default() }
    }

    /// Where the statements hang that grant a capability or an action to somebody by its own permissions, on a
    /// resource of a kind and name: in the order of policies, each once.
    pub(crate) fn of(&self, requester: RequesterId, kind: ResourceKind, name: &str, permission: &str) -> Vec<Cited> {
        let Self { relations, shard, matching, .. } = self;
        let deed = Capability::parse(permission).map(Deed::Capability);
        let deed = deed.or_else(|| shard.action(permission).map(Deed::Action));
        let (Some(deed), Some(&resource)) = (deed, self.numbers.get(&(kind, name.to_owned()))) else {
            return Vec::new();
        };
        let target = Target { account: self.account, resource };
        let mut found = Vec::new();
        for cell in relations.cells(shard, target, deed, requester) {
            found.extend(granting(relations, shard, requester, cell, |cell| {
                Rc::clone(matching.borrow_mut().entry(cell).or_insert_with(|| shard.facts.matching(cell).into()))
            }));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
