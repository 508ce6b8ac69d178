//! The relations of the inventory, row by row: all of them, or those of one principal, repository or account.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::extent::{Code, Extent};
use super::limits::QueryError;
use super::relations::{Source, words};
use super::value::Type;
use super::world::{Site, World, code};
use crate::catalog::{Capability, Catalog};
use crate::ids::{Id as _, PolicyId};
use crate::inventory::{Boundary, HungOn, Principal, PrincipalKind, RepositoryPolicy, Tags, Visibility};

/// What is told of each row.
pub(super) type Row<'t> = dyn FnMut(&[Code]) -> Result<(), QueryError> + 't;

impl World<'_> {
    /// Whether the rows of one value in the first column are found without a look at the others.
    pub(super) fn is_direct(source: Source, first: Type) -> bool {
        matches!(first, Type::Principal | Type::Repository | Type::Account) && source != Source::RegistryPolicy
    }

    /// The rows of a relation; with `first`, only those of this value.
    pub(super) fn rows(
        &self,
        source: Source,
        of: Type,
        first: Option<Code>,
        tell: &mut Row<'_>,
    ) -> Result<(), QueryError> {
        let all = match of {
            Type::Principal => self.everybody.len(),
            Type::Repository => self.sites.len(),
            Type::Account => self.accounts.len(),
            _ => return self.others(source, of, tell),
        };
        let range = first.map_or(0..code(all), |one| one..one + 1);
        for one in range {
            self.meter.step()?;
            match of {
                _ if source == Source::RegistryPolicy => {}
                Type::Principal => self.of_principal(source, one, tell)?,
                Type::Repository => self.of_site(source, one, tell)?,
                _ => self.of_account(source, one, tell)?,
            }
        }
        if source == Source::RegistryPolicy { self.others(source, of, tell) } else { Ok(()) }
    }

    fn of_principal(&self, source: Source, one: Code, tell: &mut Row<'_>) -> Result<(), QueryError> {
        let inventory = self.relations.inventory();
        let requester = self.relations.requester(Self::requester(one));
        let known = requester.principal.map(|id| &inventory.principals[id]);
        // A session has its role's policies; they are attached to the role.
        let own = known.filter(|own| *own.arn.as_str() == *requester.name);
        match source {
            Source::Principal => tell(&[one]),
            Source::Kind => tell(&[one, word(Type::Kind, requester.view.kind.as_str())]),
            Source::Account => match requester.view.account {
                Some(account) => tell(&[one, self.account(account)]),
                None => Ok(()),
            },
            Source::Arn => tell(&[one, self.text(&requester.name)]),
            Source::Name => {
                let name = &*requester.name;
                let end = if name.starts_with("arn:") { name.rsplit(['/', ':']).next().unwrap_or(name) } else { name };
                tell(&[one, self.text(end)])
            }
            Source::Incomplete => {
                let gaps = &self.relations.universe().gaps;
                let lacking = self.relations.lacking_of(Self::requester(one)).into_iter();
                lacking.map(|gap| self.text(&gaps[gap].message)).try_for_each(|gap| tell(&[one, gap]))
            }
            _ => own.map_or(Ok(()), |own| self.of_user_or_role(source, one, own, tell)),
        }
    }

    fn of_user_or_role(
        &self,
        source: Source,
        one: Code,
        own: &Principal,
        tell: &mut Row<'_>,
    ) -> Result<(), QueryError> {
        let inventory = self.relations.inventory();
        match source {
            Source::Path => {
                let resource = own.arn.resource();
                let start = resource.find('/').unwrap_or(0);
                let path = &resource[start..=resource.rfind('/').unwrap_or(0)];
                tell(&[one, self.text(path)])
            }
            Source::Tag => own.tags.iter().try_for_each(|(key, value)| tell(&[one, self.text(key), self.text(value)])),
            Source::Member => {
                let groups = own.groups.iter().map(|&group| self.text(inventory.groups[group].arn.as_str()));
                groups.into_iter().try_for_each(|group| tell(&[one, group]))
            }
            Source::Attached | Source::Inline => self.hanging(source, &own.policies, one, tell),
            Source::Boundary => match own.boundary {
                Boundary::Policy(policy) => tell(&[one, self.policy(policy)]),
                Boundary::None | Boundary::Missing(_) => Ok(()),
            },
            Source::Trust => match own.kind {
                PrincipalKind::Role { trust: Some(policy) } => tell(&[one, self.policy(policy)]),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// Managed policies have ARNs, inline ones have not.
    fn hanging(&self, source: Source, policies: &[PolicyId], on: Code, tell: &mut Row<'_>) -> Result<(), QueryError> {
        let is_managed = |policy: PolicyId| self.relations.inventory().policies[policy].name.starts_with("arn:");
        let wanted = policies.iter().filter(|policy| is_managed(**policy) == (source == Source::Attached));
        wanted.map(|&policy| self.policy(policy)).try_for_each(|policy| tell(&[on, policy]))
    }

    fn of_site(&self, source: Source, one: Code, tell: &mut Row<'_>) -> Result<(), QueryError> {
        let inventory = self.relations.inventory();
        let Site { account, repository, name, .. } = &self.sites[one as usize];
        match source {
            Source::Account => return tell(&[one, self.account(*account)]),
            Source::Arn => return tell(&[one, self.text(name)]),
            _ => {}
        }
        let Some(known) = repository.map(|id| &inventory.repositories[id]) else { return Ok(()) };
        match source {
            Source::Repository => tell(&[one]),
            Source::Name => tell(&[one, self.text(&known.name)]),
            Source::Visibility => tell(&[one, Code::from(known.visibility == Visibility::Private)]),
            Source::Tag => {
                let tags = known.tags.iter().flat_map(Tags::iter);
                tags.into_iter().try_for_each(|(key, value)| tell(&[one, self.text(key), self.text(value)]))
            }
            Source::RepositoryPolicy => match known.policy {
                RepositoryPolicy::Policy(policy) => tell(&[one, self.policy(policy)]),
                RepositoryPolicy::None | RepositoryPolicy::Unknown(_) => Ok(()),
            },
            Source::NoPolicy if known.policy == RepositoryPolicy::None => tell(&[one]),
            Source::Incomplete => {
                let lacking = repository.map(|id| self.relations.lacking_on(id)).into_iter().flatten();
                let told = lacking.map(|gap| self.text(&inventory.gaps[gap].message));
                told.into_iter().try_for_each(|gap| tell(&[one, gap]))
            }
            _ => Ok(()),
        }
    }

    fn of_account(&self, source: Source, one: Code, tell: &mut Row<'_>) -> Result<(), QueryError> {
        let inventory = self.relations.inventory();
        let account = self.accounts[one as usize];
        let Some(known) = inventory.accounts.get(&account) else { return Ok(()) };
        let membership = known.membership.as_ref();
        match source {
            Source::Name => known.name.as_ref().map_or(Ok(()), |name| tell(&[one, self.text(name)])),
            Source::Unit => {
                let path = membership.into_iter().flat_map(|own| &own.path).map(|unit| self.text(unit));
                path.into_iter().try_for_each(|unit| tell(&[one, unit]))
            }
            Source::Organization => membership.map_or(Ok(()), |own| tell(&[one, self.text(&own.organization)])),
            Source::ControlPolicy => {
                let Some((organization, own)) = inventory.organization_of(account) else { return Ok(()) };
                for level in own.levels(account) {
                    organization.attached_to(&level).try_for_each(|policy| tell(&[one, self.policy(policy)]))?;
                }
                Ok(())
            }
            Source::Incomplete => {
                let told = known.gaps.iter().map(|&gap| self.text(&inventory.gaps[gap].message));
                told.into_iter().try_for_each(|gap| tell(&[one, gap]))
            }
            _ => Ok(()),
        }
    }

    /// The rows of relations that are about other things.
    fn others(&self, source: Source, of: Type, tell: &mut Row<'_>) -> Result<(), QueryError> {
        let inventory = self.relations.inventory();
        let catalog = Catalog::bundled();
        match source {
            Source::RegistryPolicy => {
                let policies = inventory.registry_policies.iter();
                policies.into_iter().try_for_each(|((account, _), registry)| {
                    tell(&[self.account(*account), self.policy(registry.policy)])
                })
            }
            Source::Attached | Source::Inline => {
                for group in inventory.groups.values() {
                    self.hanging(source, &group.policies, self.text(group.arn.as_str()), tell)?;
                }
                Ok(())
            }
            Source::Name => {
                let named = inventory.organizations.values().flat_map(|one| &one.names);
                named.into_iter().try_for_each(|(unit, name)| tell(&[self.text(unit), self.text(name)]))
            }
            Source::Policy => self.policies().values().try_for_each(|&policy| tell(&[policy])),
            Source::Layer => self.policies().iter().try_for_each(|(&policy, &own)| {
                tell(&[own, word(Type::Layer, inventory.policies[policy].kind.as_str())])
            }),
            Source::Statement
            | Source::InPolicy
            | Source::Sid
            | Source::Effect
            | Source::Place
            | Source::Names
            | Source::NamesNobody
            | Source::Element
            | Source::ListsAction
            | Source::ConditionKey => {
                for (&policy, &own) in self.policies() {
                    self.meter.step()?;
                    self.statements(source, policy, own, tell)?;
                }
                Ok(())
            }
            Source::Action => catalog.actions().map(|(id, _)| code(id.index())).try_for_each(|one| tell(&[one])),
            Source::Needs => ["ecr", "ecr-public"]
                .into_iter()
                .flat_map(|service| catalog.needs(service))
                .try_for_each(|need| tell(&[capability(need.capability), code(need.action.index())])),
            Source::Gap => inventory.gaps.values().try_for_each(|gap| tell(&[self.text(&gap.message)])),
            _ => unreachable!("{source:?} of {of} is told elsewhere"),
        }
    }

    /// The name of a policy as a value: inline policies of two accounts may be called the same.
    pub(super) fn policy(&self, policy: PolicyId) -> Code {
        self.policies()[&policy]
    }

    /// The policies that hang somewhere.
    pub(super) fn policies(&self) -> &IndexMap<PolicyId, Code> {
        self.policies.get_or_init(|| {
            let inventory = self.relations.inventory();
            let mut found = IndexMap::new();
            let mut taken: BTreeSet<Code> = BTreeSet::new();
            inventory.each_hung(|policy, on| {
                if found.contains_key(&policy) {
                    return;
                }
                let name = &inventory.policies[policy].name;
                let account = on.account(inventory).filter(|account| !name.contains(account.as_str()));
                let own = match account.filter(|_| !name.starts_with("arn:")) {
                    Some(account) => format!("{name} in {account}"),
                    None => name.clone(),
                };
                let mut value = self.text(&own);
                // Repositories of one name may be in several registries of an account.
                if !taken.insert(value) {
                    value = match on {
                        HungOn::Repository(id) => self.text(&format!("{own}, {}", inventory.repositories[id].arn)),
                        HungOn::Registry(_, region) => self.text(&format!("{own}, {region}")),
                        _ => value,
                    };
                }
                found.insert(policy, value);
            });
            found
        })
    }

    /// The values of a type that has names of its own.
    pub(super) fn named(&self, of: Type) -> BTreeSet<Code> {
        let inventory = self.relations.inventory();
        let texts: Vec<&str> = match of {
            Type::Group => inventory.groups.values().map(|group| group.arn.as_str()).collect(),
            Type::Organization => {
                let of_accounts = inventory.accounts.values().filter_map(|account| account.membership.as_ref());
                of_accounts.map(|own| own.organization.as_str()).collect()
            }
            Type::Unit => {
                let of_accounts = inventory.accounts.values().filter_map(|account| account.membership.as_ref());
                of_accounts.flat_map(|own| own.path.iter().map(String::as_str)).collect()
            }
            Type::Policy => return self.policies().values().copied().collect(),
            Type::Statement => {
                let mut found = BTreeSet::new();
                let told = self.rows(Source::Statement, of, None, &mut |row| {
                    found.extend(row);
                    Ok(())
                });
                // What is interrupted here is told of at the next step.
                return told.map(|()| found).unwrap_or_default();
            }
            _ => Vec::new(),
        };
        texts.into_iter().map(|text| self.text(text)).collect()
    }

    /// Looks a relation of the inventory up by columns other than the first; it is kept for that.
    pub(super) fn find(
        &self,
        source: Source,
        of: Type,
        (mask, key): (u32, &[Code]),
    ) -> Result<Vec<Box<[Code]>>, QueryError> {
        let is_kept = self.kept.borrow().contains_key(&(source, of));
        if !is_kept {
            let mut extent = Extent::default();
            self.rows(source, of, None, &mut |row| {
                extent.insert(row);
                Ok(())
            })?;
            self.kept.borrow_mut().insert((source, of), extent);
        }
        let mut kept = self.kept.borrow_mut();
        let extent = kept.get_mut(&(source, of)).expect("it was put there");
        let numbers = extent.find(mask, key).to_vec();
        Ok(numbers.into_iter().map(|number| extent.row(number).into()).collect())
    }
}

/// The code of a word that is one of a type's.
pub(super) fn word(of: Type, text: &str) -> Code {
    let all = words(of).unwrap_or_default();
    code(all.iter().position(|word| *word == text).expect("the words of a type are all that there are"))
}

/// The code of a capability.
pub(super) fn capability(capability: Capability) -> Code {
    word(Type::Capability, capability.as_str())
}
