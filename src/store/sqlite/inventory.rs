//! The tables of the inventory: organizations, accounts, principals, groups, repositories, and what is missing.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params;

use super::{Filler, count, key};
use crate::engine::Requester;
use crate::inventory::{Boundary, PrincipalKind, RepositoryPolicy, Tags, Visibility};
use crate::policy::{AccountId, short};
use crate::query::{Attribute, Subject, account_of_provider};
use crate::store::StoreError;

/// The account that somebody is of; an identity provider is in none, and of the one that set it up.
fn home(requester: &Requester) -> Option<AccountId> {
    let view = &requester.view;
    view.account.or_else(|| account_of_provider(view.kind.as_str(), &requester.name))
}

impl Filler<'_> {
    pub(super) fn inventory(&mut self) -> Result<(), StoreError> {
        self.organizations()?;
        self.gaps()?;
        self.accounts()?;
        self.principals()?;
        self.groups()?;
        self.repositories()
    }

    fn organizations(&self) -> Result<(), StoreError> {
        let inventory = self.contents.relations.inventory();
        let memberships = || inventory.accounts.values().filter_map(|account| account.membership.as_ref());
        let named = memberships().map(|own| own.organization.as_str());
        let all: BTreeSet<&str> = inventory.organizations.keys().map(String::as_str).chain(named).collect();
        let mut insert = self.insert("organizations", 5)?;
        for id in all {
            let known = inventory.organizations.get(id);
            let management = known.and_then(|one| one.management).map(|account| account.to_string());
            let is_complete = known.is_some_and(|one| one.complete);
            let controls = known.map(|one| (one.service_control, one.resource_control)).unzip();
            insert.execute(params![id, management, is_complete, controls.0, controls.1])?;
        }
        let mut units: BTreeMap<&str, (&str, Option<&str>)> = BTreeMap::new();
        for organization in inventory.organizations.values() {
            let named = organization.names.iter();
            units.extend(named.map(|(unit, name)| (unit.as_str(), (organization.id.as_str(), Some(name.as_str())))));
        }
        for own in memberships() {
            for unit in &own.path {
                units.entry(unit).or_insert((&own.organization, None));
            }
        }
        let mut insert = self.insert("units", 3)?;
        for (unit, (organization, name)) in units {
            insert.execute(params![unit, organization, name])?;
        }
        Ok(())
    }

    fn gaps(&self) -> Result<(), StoreError> {
        let mut insert = self.insert("gaps", 2)?;
        for (id, gap) in self.contents.relations.universe().gaps.iter() {
            insert.execute(params![key(id), gap.message])?;
        }
        Ok(())
    }

    fn accounts(&self) -> Result<(), StoreError> {
        let relations = self.contents.relations;
        let inventory = relations.inventory();
        let mut account = self.insert("accounts", 6)?;
        let mut unit = self.insert("account_units", 3)?;
        let mut gap = self.insert_once("account_gaps", 2)?;
        // Also those that only a policy names.
        let named = relations.universe().present().filter_map(|(_, requester)| home(requester));
        let groups = inventory.groups.values().filter_map(|group| group.arn.account());
        let all: BTreeSet<AccountId> = inventory.accounts.keys().copied().chain(named).chain(groups).collect();
        for id in all {
            let known = inventory.accounts.get(&id);
            let membership = known.and_then(|one| one.membership.as_ref());
            let id = id.as_str();
            account.execute(params![
                id,
                known.and_then(|one| one.name.as_deref()),
                known.map(|one| one.partition.as_str()),
                membership.map(|own| own.organization.as_str()),
                known.is_some(),
                known.is_some_and(|one| one.has_principals),
            ])?;
            for (depth, own) in membership.iter().flat_map(|own| own.path.iter().enumerate()) {
                unit.execute(params![id, count(depth), own])?;
            }
            for &own in known.iter().flat_map(|one| &one.gaps) {
                gap.execute(params![id, key(own)])?;
            }
        }
        Ok(())
    }

    fn principals(&mut self) -> Result<(), StoreError> {
        let relations = self.contents.relations;
        let inventory = relations.inventory();
        let mut principal = self.insert("principals", 10)?;
        let mut tag = self.insert("principal_tags", 3)?;
        let mut gap = self.insert("principal_gaps", 2)?;
        for (id, requester) in relations.universe().present() {
            self.principals.entry(requester.name.clone()).or_insert(id);
            let own = requester.principal.filter(|&own| *inventory.principals[own].arn.as_str() == *requester.name);
            let known = own.map(|own| &inventory.principals[own]);
            let path = own.and_then(|own| Subject::Principal(own).attribute(inventory, &Attribute::Path).pop());
            let boundary = known.and_then(|known| match known.boundary {
                Boundary::Policy(policy) => Some(key(policy)),
                Boundary::None | Boundary::Missing(_) => None,
            });
            let trust = known.and_then(|known| match known.kind {
                PrincipalKind::Role { trust } => trust.map(key),
                PrincipalKind::User => None,
            });
            principal.execute(params![
                key(id),
                &*requester.name,
                short(&requester.name),
                requester.view.kind.as_str(),
                requester.view.account.as_ref().map(AccountId::as_str),
                home(requester).as_ref().map(AccountId::as_str),
                path,
                known.and_then(|known| known.unique_id.as_deref()),
                boundary,
                trust,
            ])?;
            for (name, value) in known.iter().flat_map(|known| known.tags.iter()) {
                tag.execute(params![key(id), name, value])?;
            }
            for own in relations.lacking_of(id) {
                gap.execute(params![key(id), key(own)])?;
            }
        }
        Ok(())
    }

    fn groups(&self) -> Result<(), StoreError> {
        let relations = self.contents.relations;
        let inventory = relations.inventory();
        let mut group = self.insert("user_groups", 3)?;
        for (id, own) in inventory.groups.iter() {
            group.execute(params![key(id), own.arn.as_str(), own.arn.account().as_ref().map(AccountId::as_str)])?;
        }
        let mut member = self.insert_once("group_members", 2)?;
        for (id, principal) in inventory.principals.iter() {
            let Some(&requester) = relations.universe().of_principal.get(&id) else { continue };
            for &own in &principal.groups {
                member.execute(params![key(own), key(requester)])?;
            }
        }
        Ok(())
    }

    fn repositories(&self) -> Result<(), StoreError> {
        let relations = self.contents.relations;
        let inventory = relations.inventory();
        let mut repository = self.insert("repositories", 8)?;
        let mut tag = self.insert("repository_tags", 3)?;
        let mut gap = self.insert("repository_gaps", 2)?;
        for (id, known) in inventory.repositories.iter() {
            let visibility = match known.visibility {
                Visibility::Public => "public",
                Visibility::Private => "private",
            };
            let (has_policy, policy) = match known.policy {
                RepositoryPolicy::Policy(policy) => (Some(true), Some(key(policy))),
                RepositoryPolicy::None => (Some(false), None),
                RepositoryPolicy::Unknown(_) => (None, None),
            };
            let row = key(id);
            repository.execute(params![
                row,
                known.arn.as_str(),
                known.name,
                known.account.as_str(),
                known.arn.region(),
                visibility,
                has_policy,
                policy,
            ])?;
            for (name, value) in known.tags.iter().flat_map(Tags::iter) {
                tag.execute(params![row, name, value])?;
            }
            for own in relations.lacking_on(id) {
                gap.execute(params![row, key(own)])?;
            }
        }
        Ok(())
    }
}
