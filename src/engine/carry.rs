//! The relations of a changed inventory, with what the change cannot bear on taken over.
//!
//! What is taken over is found by comparing both inventories row by row, whatever made the one of the other. What
//! was found of single documents, and of structures, is known by what it was found of, and always holds. Who is
//! alike in an account, and an account's shard, hold where nothing differs that they were made of: the account's
//! own rows, and those of the accounts whose principals were looked at. Requesters keep their numbers, also those who
//! are gone; those who are new come behind. Where accounts, groups or repositories come or go, only documents and
//! structures are taken over, and everything else is made anew.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use rustc_hash::FxHashSet;

use super::place::Place;
use super::relations::Relations;
use super::shard::Kind;
use super::universe::Universe;
use super::workshop::Libraries;
use crate::ids::{GroupId, PolicyId};
use crate::inventory::{Boundary, Inventory, Lent, Principal, PrincipalKind, RepositoryPolicy};
use crate::policy::AccountId;

impl Relations<'_> {
    /// The relations of another inventory, read in the same way. Where a change made it of this one, what the
    /// change cannot bear on is not derived again.
    #[must_use]
    pub fn after(&self, inventory: Arc<Inventory>) -> Relations<'static> {
        let extends = extends(self.inventory(), &inventory);
        let mut universe = Universe::new(&inventory);
        if extends && self.inventory().gaps.len() == inventory.gaps.len() {
            universe = universe.numbered_after(self.universe(), inventory.gaps.len());
        }
        let libraries =
            if extends { self.libraries().over(&inventory) } else { Libraries::new(&inventory, self.options().strict) };
        let after = Relations::new(Lent::Shared(inventory), universe, libraries, self.options().clone());
        if let Some(touched) = extends.then(|| Touched::between(self, &after)).flatten() {
            after.take_over(self, &touched);
        }
        after
    }

    fn take_over(&self, before: &Relations<'_>, touched: &Touched) {
        if !touched.requesters {
            let _ = before.requester_names.get().map(|names| self.requester_names.set(Arc::clone(names)));
        }
        let _ = before.resource_names.get().map(|names| self.resource_names.set(Arc::clone(names)));
        for kind in [Kind::Registries, Kind::Roles] {
            self.take_over_kind(before, touched, kind);
        }
    }

    fn take_over_kind(&self, before: &Relations<'_>, touched: &Touched, kind: Kind) {
        let (old, new) = (before.libraries().of_kind(kind), self.libraries().of_kind(kind));
        let households = old.households.lock().unwrap_or_else(PoisonError::into_inner);
        // Whom nobody looked into, nothing was made of.
        let nothing = households.is_empty() && before.shards.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        if nothing || before.workshop().tags(kind) != self.workshop().tags(kind) {
            return;
        }
        let is_apart = |account: &AccountId| !touched.members.contains(account);
        let known = households.iter().filter(|(account, place)| is_made(place) && is_apart(account));
        let known = known.map(|(&account, place)| (account, Arc::clone(place)));
        new.households.lock().unwrap_or_else(PoisonError::into_inner).extend(known);
        drop(households);
        if touched.members.is_empty() {
            let _ = old.plain.get().map(|kins| new.plain.set(Arc::clone(kins)));
            let _ = old.tagged.get().map(|kins| new.tagged.set(Arc::clone(kins)));
        }
        let shards = before.shards.lock().unwrap_or_else(PoisonError::into_inner);
        let of_kind = shards.iter().filter(|((_, own), _)| *own == kind);
        let known = of_kind.filter(|((account, _), place)| {
            let is_apart =
                place.get().is_some_and(|shard| shard.is_apart_from(*account, &touched.members, touched.singular));
            is_apart && !touched.owners.contains(account)
        });
        let known: Vec<_> = known.map(|(key, place)| (*key, Arc::clone(place))).collect();
        drop(shards);
        if kind == Kind::Roles {
            let steps = before.ways.steps.lock().unwrap_or_else(PoisonError::into_inner);
            let of_account = known.iter().filter_map(|((account, _), _)| Some((*account, steps.get(account)?)));
            let made =
                of_account.filter(|(_, place)| is_made(place)).map(|(account, place)| (account, Arc::clone(place)));
            self.ways.steps.lock().unwrap_or_else(PoisonError::into_inner).extend(made);
        }
        self.shards.lock().unwrap_or_else(PoisonError::into_inner).extend(known);
    }
}

fn is_made<T>(place: &Place<T>) -> bool {
    place.get().is_some()
}

/// Whether one inventory has the documents and gaps of another under the same numbers, and others behind them.
fn extends(before: &Inventory, after: &Inventory) -> bool {
    let documents = before.documents.len() <= after.documents.len()
        && before.documents.values().zip(after.documents.values()).all(|(one, other)| Arc::ptr_eq(one, other));
    let gaps = before.gaps.len() <= after.gaps.len()
        && before.gaps.values().zip(after.gaps.values()).all(|(one, other)| one == other);
    documents && gaps
}

/// The accounts of which something differs.
#[derive(Debug, Default)]
struct Touched {
    /// Those of whose principals something is otherwise: of themselves, their policies, what hangs above them.
    members: BTreeSet<AccountId>,
    /// Those of whose resources something is: of themselves, their policies, what hangs above them.
    owners: BTreeSet<AccountId>,
    /// Whether some of those who are in no account come or go, or are otherwise.
    singular: bool,
    /// Whether anybody comes or goes.
    requesters: bool,
}

impl Touched {
    /// Compares all rows; `None` if the requesters do not keep their numbers, or accounts differ.
    fn between(before: &Relations<'_>, after: &Relations<'_>) -> Option<Self> {
        let mut touched = Self::default();
        touched.requesters(before.universe(), after.universe())?;
        let (before, after) = (before.inventory(), after.inventory());
        let is_alike = before.accounts == after.accounts
            && before.organizations == after.organizations
            && before.policies.len() <= after.policies.len()
            && before.groups.len() == after.groups.len()
            && before.repositories.len() == after.repositories.len();
        if !is_alike {
            return None;
        }
        let policies = Changed::policies(before, after);
        touched.principals(before, after, &policies);
        touched.resources(before, after, &policies)?;
        touched.organizations(after, &policies);
        Some(touched)
    }

    fn requesters(&mut self, before: &Universe, after: &Universe) -> Option<()> {
        let are_same = before.requesters.len() <= after.requesters.len()
            && before.gaps.len() <= after.gaps.len()
            && before.gaps.values().zip(after.gaps.values()).all(|(one, other)| one == other);
        if !are_same {
            return None;
        }
        for ((id, one), other) in before.requesters.iter().zip(after.requesters.values()) {
            if one.name != other.name || one.view.kind != other.view.kind {
                return None;
            }
            let is_present = [before, after].map(|universe| universe.is_present(id));
            if is_present[0] != is_present[1] {
                self.requesters = true;
            } else if !is_present[0] || one.view == other.view && one.outside == other.outside {
                continue;
            }
            for requester in [one, other] {
                self.somebody(requester.view.account);
            }
        }
        for other in after.requesters.values().skip(before.requesters.len()) {
            self.requesters = true;
            self.somebody(other.view.account);
        }
        Some(())
    }

    fn somebody(&mut self, account: Option<AccountId>) {
        match account {
            Some(account) => drop(self.members.insert(account)),
            None => self.singular = true,
        }
    }

    fn principals(&mut self, before: &Inventory, after: &Inventory, policies: &Changed) {
        let groups = before.groups.iter().zip(after.groups.values());
        let groups: FxHashSet<GroupId> = groups
            .filter(|((_, one), other)| one != other || policies.hold(&other.policies))
            .map(|((id, _), _)| id)
            .collect();
        let differs = |one: &Principal, other: &Principal| {
            let boundary = matches!(other.boundary, Boundary::Policy(policy) if policies.hold(&[policy]));
            let trust = matches!(other.kind, PrincipalKind::Role { trust: Some(policy) } if policies.hold(&[policy]));
            let in_group = !groups.is_empty() && other.groups.iter().any(|group| groups.contains(group));
            one != other || policies.hold(&other.policies) || boundary || trust || in_group
        };
        let mut known = 0;
        for (id, other) in after.principals.iter() {
            // Nearly always it has the same number.
            let same = before.principals.get(id).filter(|one| one.arn == other.arn);
            match same.or_else(|| Some(&before.principals[before.principal(&other.arn)?])) {
                Some(one) => {
                    known += 1;
                    if differs(one, other) {
                        self.members.insert(other.account);
                    }
                }
                None => drop(self.members.insert(other.account)),
            }
        }
        if known < before.principals.len() {
            let gone = before.principals.values().filter(|one| after.principal(&one.arn).is_none());
            self.members.extend(gone.map(|one| one.account));
        }
    }

    fn resources(&mut self, before: &Inventory, after: &Inventory, policies: &Changed) -> Option<()> {
        for (one, other) in before.repositories.values().zip(after.repositories.values()) {
            if one.arn != other.arn {
                return None;
            }
            let policy = matches!(other.policy, RepositoryPolicy::Policy(policy) if policies.hold(&[policy]));
            if one != other || policy {
                self.owners.insert(other.account);
            }
        }
        let registries = before.registry_policies.keys().chain(after.registry_policies.keys());
        for key in registries {
            let (one, other) = (before.registry_policies.get(key), after.registry_policies.get(key));
            if one != other || other.is_some_and(|other| policies.hold(&[other.policy])) {
                self.owners.insert(key.0);
            }
        }
        Some(())
    }

    /// What hangs above an account bears on its principals and on its resources.
    fn organizations(&mut self, after: &Inventory, policies: &Changed) {
        for &account in after.accounts.keys() {
            let Some((organization, membership)) = after.organization_of(account) else { continue };
            let levels = membership.levels(account);
            let mut above = levels.iter().flat_map(|target| organization.attached_to(target));
            if above.any(|policy| policies.hold(&[policy])) {
                self.members.insert(account);
                self.owners.insert(account);
            }
        }
    }
}

/// The policies that say something else than they did.
struct Changed(FxHashSet<PolicyId>);

impl Changed {
    fn policies(before: &Inventory, after: &Inventory) -> Self {
        let pairs = before.policies.iter().zip(after.policies.values());
        let changed = pairs
            .filter(|((_, one), other)| (one.kind, one.document, one.gap) != (other.kind, other.document, other.gap));
        Self(changed.map(|((id, _), _)| id).collect())
    }

    fn hold(&self, policies: &[PolicyId]) -> bool {
        !self.0.is_empty() && policies.iter().any(|policy| self.0.contains(policy))
    }
}
