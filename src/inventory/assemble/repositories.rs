//! Repositories with their policies and tags, and the policies of registries.

use std::collections::{BTreeMap, BTreeSet};

use super::Assembler;
use crate::ids::RepositoryId;
use crate::inventory::records::{
    PolicyTold, RegistryPolicyRecord, RepositoryPolicyRecord, RepositoryRecord, Seen, TagsOf,
};
use crate::inventory::tags::Tags;
use crate::inventory::world::{GapKind, RegistryPolicy, Repository, RepositoryPolicy, Visibility};
use crate::policy::{AccountId, Arn, Diagnostic, Place, PolicyKind, Severity};

impl Assembler {
    pub(super) fn repository(&mut self, record: RepositoryRecord) {
        let Some(account) = record.arn.account() else { return };
        let partition = record.arn.partition().to_owned();
        self.account(account).partition = partition;
        let visibility = if record.arn.service() == "ecr-public" { Visibility::Public } else { Visibility::Private };
        self.see(&match visibility {
            Visibility::Public => Seen::Public(account),
            Visibility::Private => Seen::Private(account, record.arn.region().to_owned()),
        });
        let repository = Repository {
            arn: record.arn.clone(),
            account,
            visibility,
            name: record.name,
            policy: RepositoryPolicy::None,
            tags: record.tags,
        };
        let name = repository.name.clone();
        let id = self.world.repositories.push(repository);
        self.named.entry((account, name.clone())).or_default().push(id);
        match record.policy {
            PolicyTold::None => {}
            PolicyTold::Untold => drop(self.untold.insert(id)),
            PolicyTold::Document(place) => self.set_policy(id, &name, Some(place), account),
        }
        self.world.repository_by_arn.insert(record.arn, id);
    }

    pub(super) fn repository_tags(&mut self, of: TagsOf, tags: Tags) {
        let found = match of {
            TagsOf::Arn(arn) => Arn::parse(&arn).and_then(|arn| self.world.repository(&arn)),
            TagsOf::Named { account, visibility, region, name } => {
                self.named(account, &name, Some(visibility), region.as_deref()).first().copied()
            }
        };
        if let Some(repository) = found.and_then(|id| self.world.repositories.get_mut(id)) {
            repository.tags = Some(tags);
        }
    }

    pub(super) fn named(
        &self,
        account: AccountId,
        name: &str,
        visibility: Option<Visibility>,
        region: Option<&str>,
    ) -> Vec<RepositoryId> {
        let fits = |id: &RepositoryId| {
            let repository = &self.world.repositories[*id];
            visibility.is_none_or(|wanted| repository.visibility == wanted)
                && region.is_none_or(|region| {
                    repository.visibility == Visibility::Public || repository.arn.region() == region
                })
        };
        let found = self.named.get(&(account, name.to_owned()));
        found.into_iter().flatten().copied().filter(fits).collect()
    }

    /// P3: the path, else the actions' prefix, else the only repository of that name.
    pub(super) fn repository_policy(&mut self, record: &RepositoryPolicyRecord) {
        let visibility = record.visibility.or_else(|| self.prefix_of(record));
        let found = self.named(record.account, &record.name, visibility, record.region.as_deref());
        let problem = match found.len() {
            1 => None,
            0 => Some((
                format!(
                    "a policy of repository {}, which is not among those of account {}",
                    record.name, record.account
                ),
                "export `describe-repositories` of the same registry too",
            )),
            _ => Some((
                format!("a policy of repository {}, of which account {} has several", record.name, record.account),
                "put the file into a folder named `ecr-public`, or `ecr/REGION`",
            )),
        };
        if let Some((message, hint)) = problem {
            self.world.diagnostics.push(Diagnostic {
                severity: Severity::Error,
                message,
                hint: Some(hint.to_owned()),
                place: Some(self.world.sources.origin(record.place.file, record.place.span)),
                account: Some(record.account),
            });
            return;
        }
        let Some(&id) = found.first() else { return };
        self.untold.remove(&id);
        self.set_policy(id, &record.name, record.document, record.account);
    }

    fn set_policy(&mut self, id: RepositoryId, name: &str, document: Option<Place>, account: AccountId) {
        let policy = document.map_or(RepositoryPolicy::None, |place| {
            let name = format!("repository policy of {name}");
            RepositoryPolicy::Policy(self.policy(name, PolicyKind::Repository, place, Some(account)))
        });
        if let Some(repository) = self.world.repositories.get_mut(id) {
            repository.policy = policy;
        }
    }

    /// I16: where no file tells, there may be a policy or none.
    pub(super) fn untold_policies(&mut self) {
        self.failed.retain(|id, _| self.untold.contains(id));
        for id in std::mem::take(&mut self.untold) {
            let repository = &self.world.repositories[id];
            let message = match self.failed.get(&id) {
                Some(reason) => format!("whether {} has a policy is not known: {reason}", repository.arn),
                None => format!("whether {} has a policy was not collected", repository.arn),
            };
            let gap = self.gap(GapKind::RepositoryPolicy, Some(repository.account), message);
            if let Some(repository) = self.world.repositories.get_mut(id) {
                repository.policy = RepositoryPolicy::Unknown(gap);
            }
        }
    }

    /// What the actions of all statements begin with, if they agree; `*` does not tell.
    fn prefix_of(&mut self, record: &RepositoryPolicyRecord) -> Option<Visibility> {
        let (document, _) = self.document(PolicyKind::Repository, record.document?, Some(record.account));
        let statements = self.world.documents[document].statements.iter();
        let actions = statements.filter(|statement| !statement.actions.negated);
        let told = actions.flat_map(|statement| &statement.actions.entries).filter_map(|action| {
            let (service, _) = action.value.as_str().split_once(':')?;
            match service.to_ascii_lowercase().as_str() {
                "ecr-public" => Some(Visibility::Public),
                "ecr" => Some(Visibility::Private),
                _ => None,
            }
        });
        let told: BTreeSet<Visibility> = told.collect();
        told.first().copied().filter(|_| told.len() == 1)
    }

    /// The policy of a private registry, with its scope (Q22).
    pub(super) fn registry_policy(
        &mut self,
        record: RegistryPolicyRecord,
        scopes: &BTreeMap<(AccountId, String), bool>,
    ) {
        let RegistryPolicyRecord { account, region, document, .. } = record;
        self.account(account);
        let name = format!("registry policy of {account} in {region}");
        let policy = self.policy(name, PolicyKind::Registry, document, Some(account));
        let key = (account, region);
        let first_scope = scopes.get(&key).copied().unwrap_or_default();
        self.world.registry_policies.insert(key, RegistryPolicy { policy, first_scope });
    }
}
