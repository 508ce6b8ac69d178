//! A statement that a question names: where it hangs, and what says the same.

use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::extent::Code;
use super::value::Type;
use super::world::{World, code};
use crate::engine::written;
use crate::ids::{Id as _, PolicyId, StatementId};
use crate::inventory::{Boundary, HungOn};
use crate::lower::Facts;
use crate::policy::{AccountId, PolicyKind};

/// A statement that is known, in each policy that is called so.
#[derive(Debug)]
pub(super) struct Bound {
    statements: Vec<(PolicyId, usize)>,
    /// Whose it is, if it stands in policies of principals' own.
    pub(super) owners: Option<BTreeSet<Code>>,
    /// The accounts where it hangs, if it stands in policies of resources.
    pub(super) accounts: Option<BTreeSet<AccountId>>,
}

/// Where policies hang.
#[derive(Debug, Default)]
pub(super) struct Hung {
    /// The principals whose own policies they are, boundaries too.
    owners: FxHashMap<PolicyId, Vec<Code>>,
    /// The accounts in which they hang on something.
    accounts: FxHashMap<PolicyId, BTreeSet<AccountId>>,
    /// Those that are called so.
    called: FxHashMap<Code, Vec<PolicyId>>,
}

impl World<'_> {
    /// What is known of a statement.
    pub(super) fn bound(&self, statement: Code) -> Rc<Bound> {
        if let Some(known) = self.bound.borrow().get(&statement) {
            return Rc::clone(known);
        }
        let bound = Rc::new(self.look_up(statement));
        self.bound.borrow_mut().insert(statement, Rc::clone(&bound));
        bound
    }

    fn look_up(&self, statement: Code) -> Bound {
        let inventory = self.relations.inventory();
        let hung = self.hung.get_or_init(|| self.all_hung());
        let name = self.name(Type::Statement, statement);
        let called = name.strip_prefix("statement ").and_then(|rest| rest.split_once(" of "));
        let number = called.and_then(|(number, _)| number.parse::<usize>().ok()?.checked_sub(1));
        let policies = hung.called.get(&self.text(called.map_or("", |(_, policy)| policy)));
        let exists = |policy: PolicyId| number.filter(|&number| number < inventory.document(policy).statements.len());
        let policies = policies.into_iter().flatten();
        let statements: Vec<_> = policies.filter_map(|&policy| Some((policy, exists(policy)?))).collect();
        let is_all = |kinds: &[PolicyKind]| {
            statements.iter().all(|&(policy, _)| kinds.contains(&inventory.policies[policy].kind))
        };
        let all = statements.iter().map(|(policy, _)| policy);
        let owners = is_all(&[PolicyKind::Identity])
            .then(|| all.clone().filter_map(|policy| hung.owners.get(policy)).flatten().copied().collect());
        let accounts = is_all(&[PolicyKind::Repository, PolicyKind::Registry])
            .then(|| all.filter_map(|policy| hung.accounts.get(policy)).flatten().copied().collect());
        Bound { statements, owners, accounts }
    }

    fn all_hung(&self) -> Hung {
        let (inventory, universe) = (self.relations.inventory(), self.relations.universe());
        let mut hung = Hung::default();
        for (id, requester) in universe.present() {
            let Some(principal) = requester.principal.map(|id| &inventory.principals[id]) else { continue };
            let of_groups = principal.groups.iter().flat_map(|&group| &inventory.groups[group].policies);
            let bounding = match &principal.boundary {
                Boundary::Policy(policy) => Some(policy),
                _ => None,
            };
            for &policy in principal.policies.iter().chain(of_groups).chain(bounding) {
                hung.owners.entry(policy).or_default().push(code(id.index()));
            }
        }
        inventory.each_hung(|policy, on: HungOn<'_>| {
            hung.accounts.entry(policy).or_default().extend(on.account(inventory));
        });
        for (&policy, &name) in self.policies() {
            hung.called.entry(name).or_default().push(policy);
        }
        hung
    }

    /// The statements of facts that say what a statement does.
    pub(super) fn same<'f>(&'f self, facts: &'f Facts, bound: &'f Bound) -> impl Iterator<Item = StatementId> + 'f {
        let inventory = self.relations.inventory();
        facts.statements.iter().map(|(id, _)| id).filter(move |id| {
            let Some((document, index)) = written(facts, *id) else { return false };
            let (version, own) =
                (inventory.documents[document].version, &inventory.documents[document].statements[index]);
            bound.statements.iter().any(|&(policy, number)| {
                let other = inventory.document(policy);
                let is_of_type = facts.kinds.get(id) == Some(&inventory.policies[policy].kind);
                is_of_type && other.version == version && other.statements[number].says_what(own)
            })
        })
    }
}
