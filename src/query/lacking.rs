//! What the input says of principals and repositories by name, and what it lacks of them.

use std::collections::BTreeSet;

use crate::engine::{Relations, RequesterId};
use crate::ids::{GapId, RepositoryId};
use crate::inventory::{Boundary, GapKind, RepositoryPolicy, Visibility};
use crate::policy::PrincipalName;

impl Relations<'_> {
    /// What an export lacks of the policies of somebody, its boundary among them, as far as it may bear on
    /// registries; of one whose account was not exported, that it was not.
    pub(crate) fn lacking_of(&self, requester: RequesterId) -> BTreeSet<GapId> {
        let inventory = self.inventory();
        let known = self.requester(requester);
        // A session has its role's policies; what they lack is lacking of the role.
        let own = known.principal.map(|id| &inventory.principals[id]).filter(|own| *own.arn.as_str() == *known.name);
        let groups = || own.into_iter().flat_map(|own| &own.groups).map(|&group| &inventory.groups[group]);
        let gaps = own.into_iter().flat_map(|own| &own.gaps);
        let telling = groups().flat_map(|group| &group.gaps).chain(gaps).copied();
        let telling = telling.filter(|gap| inventory.gaps[*gap].kind != GapKind::AwsManagedPolicy);
        let policies = groups().flat_map(|group| &group.policies).chain(own.into_iter().flat_map(|own| &own.policies));
        let unread = policies.filter_map(|&policy| inventory.policies[policy].gap);
        let boundary = own.and_then(|own| match own.boundary {
            Boundary::Missing(gap) => Some(gap),
            Boundary::Policy(policy) => inventory.policies[policy].gap,
            Boundary::None => None,
        });
        telling.chain(unread).chain(boundary).chain(known.outside).collect()
    }

    /// What an export lacks of the policies that a repository is governed by.
    pub(crate) fn lacking_on(&self, repository: RepositoryId) -> BTreeSet<GapId> {
        let inventory = self.inventory();
        let known = &inventory.repositories[repository];
        let mut lacking: BTreeSet<GapId> = match known.policy {
            RepositoryPolicy::Policy(policy) => inventory.policies[policy].gap.into_iter().collect(),
            RepositoryPolicy::Unknown(gap) => [gap].into(),
            RepositoryPolicy::None => BTreeSet::new(),
        };
        if known.visibility == Visibility::Private {
            let registry = (known.account, known.arn.region().to_owned());
            lacking.extend(inventory.registry_gaps.get(&registry).into_iter().flatten());
        }
        lacking
    }

    /// Whom an entry of a `Principal` element lists by itself.
    pub(crate) fn listed(&self, entry: &PrincipalName) -> Option<RequesterId> {
        let name = match entry {
            PrincipalName::Everyone => "anyone".to_owned(),
            PrincipalName::Account { account, .. } => format!("account {account} (not in the inventory)"),
            PrincipalName::User(arn)
            | PrincipalName::Role(arn)
            | PrincipalName::Session(arn)
            | PrincipalName::FederatedUser(arn) => arn.to_string(),
            PrincipalName::Service(name) => format!("service {name}"),
            PrincipalName::Federated(name) => format!("identity provider {name}"),
            PrincipalName::UniqueId(id) => {
                return self.universe().by_unique_id.get(id).map(|(_, requester)| *requester);
            }
            PrincipalName::CanonicalUser(_) | PrincipalName::Nobody(_) => return None,
        };
        let mut found = self.requester_names().ending(&name).filter(|(_, own)| *own == name);
        found.next().map(|(requester, _)| requester)
    }
}
