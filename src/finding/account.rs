//! One account's shard, as those see it who look for findings in it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::edit::region;
use super::found::Spot;
use crate::catalog::{Action, ResourceKind};
use crate::engine::{Kind, Relations, RequesterId, Resource, Shard};
use crate::ids::{ActionAtom, PrincipalAtom, ResourceAtom};
use crate::lower::{Cell, Match};
use crate::policy::AccountId;
use crate::query::{Cited, of_statement};

/// Of those whom nothing tells apart, so many are looked at one by one for where their statements stand.
const MOST: usize = 200;

/// The registries of one account.
pub(super) struct Account<'a> {
    pub(super) relations: &'a Relations<'a>,
    pub(super) shard: Arc<Shard>,
    pub(super) id: AccountId,
    matching: RefCell<FxHashMap<Cell, Rc<[Match]>>>,
}

impl<'a> Account<'a> {
    pub(super) fn new(relations: &'a Relations<'a>, id: AccountId) -> Self {
        let shard = relations.shard(id, Kind::Registries);
        Self { relations, shard, id, matching: RefCell::default() }
    }

    /// What matches a cell, looked up once.
    pub(super) fn matching(&self, cell: Cell) -> Rc<[Match]> {
        let mut known = self.matching.borrow_mut();
        Rc::clone(known.entry(cell).or_insert_with(|| self.shard.facts.matching(cell).into()))
    }

    /// The atoms of principals, with one member of each.
    pub(super) fn principals(&self) -> impl Iterator<Item = (PrincipalAtom, RequesterId)> {
        self.shard.facts.principals.ids().map(|atom| (atom, self.shard.first(atom)))
    }

    /// The atoms of resources, with one member of each.
    pub(super) fn resources(&self) -> impl Iterator<Item = (ResourceAtom, &Resource)> {
        self.shard.facts.resources.iter().map(|(atom, all)| (atom, &self.shard.resources[all[0]]))
    }

    /// The actions of an atom.
    pub(super) fn actions(&self, atom: ActionAtom) -> impl Iterator<Item = (usize, &Action)> {
        self.shard.facts.actions[atom].iter().map(|&number| (number, &self.shard.actions[number]))
    }

    /// The actions of an atom that are performed on such resources, by name.
    pub(super) fn names_of(&self, atom: ActionAtom, on: ResourceKind) -> impl Iterator<Item = String> {
        self.actions(atom).filter(move |(_, action)| action.on.contains(&on)).map(|(_, action)| action.to_string())
    }

    /// Whether its own policies are known, and it is of the account, or listed one by one.
    pub(super) fn is_known(&self, requester: RequesterId) -> bool {
        self.relations.requester(requester).principal.is_some()
    }

    /// Whether it is of this account.
    pub(super) fn is_own(&self, requester: RequesterId) -> bool {
        self.relations.requester(requester).view.account == Some(self.id)
    }

    /// The members of an atom whose statements are looked up, and the names of all.
    pub(super) fn members(&self, atom: PrincipalAtom) -> (Vec<RequesterId>, BTreeSet<String>) {
        let mut members = self.shard.members(atom);
        let names = members.iter().map(|&one| self.relations.requester(one).name.to_string()).collect();
        members.truncate(MOST);
        (members, names)
    }

    /// The resources that an atom stands for to a principal: their numbers.
    pub(super) fn standing(&self, principal: PrincipalAtom, atom: ResourceAtom) -> Vec<usize> {
        self.shard.standing(principal, atom).collect()
    }

    /// The place of a whole statement that hangs there.
    pub(super) fn spot(&self, cited: Cited, requester: RequesterId, resource: usize) -> Spot {
        let inventory = self.relations.inventory();
        let statement = of_statement(self.relations, cited.policy, cited.number, cited.layer);
        let span = inventory.document(cited.policy).statements[cited.number].span;
        let (file, region) = region(&inventory.sources, inventory.place_of(cited.policy, cited.number), span);
        let on = match cited.layer {
            "identity" => self.relations.requester(requester).name.to_string(),
            _ => self.shard.resources[resource].name.clone(),
        };
        Spot { file, region, statement: Some(statement), hung_on: vec![on], edit: None }
    }
}

/// Who is allowed anything on the resources of which accounts.
pub(super) struct Alive(Vec<(AccountId, Arc<Shard>, FxHashSet<PrincipalAtom>)>);

impl Alive {
    pub(super) fn new(relations: &Relations<'_>) -> Self {
        let look = |account| {
            let shard = relations.shard(account, Kind::Registries);
            let judge = shard.judge();
            let owned = judge.possible().filter(|cell| {
                shard.resources[shard.facts.resources[cell.resource][0]].view.kind != ResourceKind::None
            });
            let allowed = owned.filter(|&cell| judge.verdict(&shard.facts, cell).verdict.is_possible());
            let atoms = allowed.map(|cell| cell.principal).collect();
            (account, Arc::clone(&shard), atoms)
        };
        Self(relations.each_account(look, &|_, _| {}))
    }

    /// Whether somebody is allowed anything on the resources of another account.
    pub(super) fn elsewhere(&self, own: &Account<'_>, requester: RequesterId) -> bool {
        self.0.iter().any(|(account, shard, atoms)| {
            *account != own.id && shard.atom(requester).is_some_and(|atom| atoms.contains(&atom))
        })
    }
}
