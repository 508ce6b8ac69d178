//! Joining what the readers found into the typed world.
//!
//! Equal things that were exported twice become one, attached ARNs become
//! policies, names become groups, and what is not there becomes a gap. Every
//! distinct document text is parsed once.

mod completeness;
mod documents;
mod failures;
mod organization;
mod policies;
mod principals;
mod repositories;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use self::documents::Texts;
use self::failures::Otherwise;
use super::records::{
    Captured, GroupRecord, ManagedRecord, PolicyTold, PrincipalRecord, Records, RegistryPolicyRecord, RepositoryRecord,
    Seen,
};
use super::world::{Account, Gap, GapKind, Inventory};
use crate::ids::{GapId, GroupId, PolicyId, RepositoryId};
use crate::policy::{AccountId, Diagnostic, Place, Severity, Sources};

/// Makes an inventory of what was found.
pub(super) fn assemble(sources: Sources, records: Records, diagnostics: Vec<Diagnostic>) -> Inventory {
    let world = Inventory { sources, diagnostics, ..Inventory::default() };
    let texts = Texts::read(&world.sources, &records);
    let mut assembler = Assembler { world, texts, ..Assembler::default() };
    assembler.unread();
    assembler.run(records);
    assembler.missing_parts();
    assembler.world.sources.pack();
    assembler.world
}

#[derive(Default)]
struct Assembler {
    world: Inventory,
    /// The texts of all documents, parsed.
    texts: Texts,
    /// Managed policies by ARN, as exported.
    managed: FxHashMap<String, Option<Place>>,
    /// Managed policies of which only account and name are known.
    versions: BTreeMap<(AccountId, String), Place>,
    managed_policies: FxHashMap<String, PolicyId>,
    missing_policies: FxHashMap<String, GapId>,
    missing_boundaries: FxHashMap<String, GapId>,
    gaps: BTreeMap<(GapKind, String), GapId>,
    /// What may change the answers of any account.
    gaps_of_all: BTreeSet<GapId>,
    /// What was noted already.
    noted: FxHashSet<String>,
    groups: FxHashMap<AccountId, FxHashMap<String, GroupId>>,
    /// Repositories by account and name: one public, and a private one for each region.
    named: FxHashMap<(AccountId, String), Vec<RepositoryId>>,
    /// Repositories of which no file has told yet whether they have a policy.
    untold: BTreeSet<RepositoryId>,
    /// Why the policies of some of these are not known.
    failed: BTreeMap<RepositoryId, String>,
}

impl Assembler {
    fn run(&mut self, records: Records) {
        for seen in &records.seen {
            self.see(seen);
        }
        let is_complete = self.pages(&records.pages);
        let otherwise = Otherwise::of(&records);
        let gone = Gone::of(records.deleted);
        let managed = gone.latest(records.managed, |_, _| ());
        for managed in managed {
            let known = self.managed.entry(managed.arn).or_default();
            *known = known.or(managed.document);
        }
        self.versions = records.versions.into_iter().map(|(account, name, place)| ((account, name), place)).collect();
        self.organizations(
            &records.organizations,
            &records.roots,
            &records.units,
            &records.accounts,
            &records.parents,
            is_complete,
        );
        self.memberships(records.memberships, &records.alone);
        for group in gone.latest(records.groups, |_, _| ()) {
            self.group(group);
        }
        self.world.principals.reserve(records.principals.len());
        for principal in gone.latest(records.principals, |_, _| ()) {
            self.principal(principal);
        }
        for repository in gone.latest(records.repositories, join) {
            self.repository(repository);
        }
        for tags in records.repository_tags {
            self.repository_tags(tags.of, tags.tags);
        }
        for policy in records.repository_policies {
            self.repository_policy(&policy);
        }
        self.failed_policies(&records.failures);
        self.untold_policies();
        for registry in gone.latest(records.registry_policies, |_, _| ()) {
            self.registry_policy(registry, &records.scopes);
        }
        let is_control = |policy: &String| !records.other_policies.contains(policy);
        let targets = records.targets.into_iter().filter(|(policy, _)| is_control(policy)).collect();
        let attachments = records.attachments.into_iter().map(|(target, mut policies)| {
            policies.retain(is_control);
            (target, policies)
        });
        self.controls(records.controls, targets, attachments.collect(), &records.failures);
        self.failures(&records.failures, &otherwise);
        for loose in records.loose {
            self.document(loose.kind, loose.place, loose.account);
        }
    }

    fn account(&mut self, id: AccountId) -> &mut Account {
        self.world.accounts.entry(id).or_insert_with(|| Account {
            id,
            name: None,
            partition: "aws".to_owned(),
            membership: None,
            is_standalone: false,
            has_principals: false,
            has_public: false,
            private_regions: Vec::new(),
            gaps: Vec::new(),
        })
    }

    fn see(&mut self, seen: &Seen) {
        match seen {
            Seen::Principals(account) => self.account(*account).has_principals = true,
            Seen::Public(account) => self.account(*account).has_public = true,
            Seen::Private(account, region) => {
                let regions = &mut self.account(*account).private_regions;
                if let Err(at) = regions.binary_search(region)
                    && !region.is_empty()
                {
                    regions.insert(at, region.clone());
                }
            }
        }
    }

    fn gap(&mut self, kind: GapKind, account: Option<AccountId>, message: String) -> GapId {
        let world = &mut self.world;
        *self.gaps.entry((kind, message.clone())).or_insert_with(|| world.gaps.push(Gap { kind, account, message }))
    }

    fn note(&mut self, message: String) {
        if !self.noted.insert(message.clone()) {
            return;
        }
        self.world.diagnostics.push(Diagnostic {
            severity: Severity::Note,
            message,
            hint: None,
            place: None,
            account: None,
        });
    }
}

/// Two exports of a repository that are equally old: what the one does not tell, the other may.
fn join(known: &mut RepositoryRecord, other: RepositoryRecord) {
    if known.policy == PolicyTold::Untold {
        known.policy = other.policy;
    }
    known.tags = known.tags.take().or(other.tags);
}

/// When things were deleted, by ARN.
struct Gone(FxHashMap<String, Captured>);

impl Gone {
    fn of(deleted: Vec<(String, Captured)>) -> Self {
        let mut latest: FxHashMap<String, Captured> = FxHashMap::default();
        for (arn, captured) in deleted {
            let known = latest.entry(arn).or_default();
            *known = (*known).max(captured);
        }
        Self(latest)
    }

    /// Of several records of one thing the latest, at the place of the first; none of what was deleted
    /// after it was recorded. Records that tell no time come before those that do.
    fn latest<T: Dated>(&self, records: Vec<T>, mut join: impl FnMut(&mut T, T)) -> Vec<T> {
        if self.0.is_empty() && are_distinct(&records) {
            return records;
        }
        let mut known: indexmap::IndexMap<String, T, FxBuildHasher> = indexmap::IndexMap::default();
        for record in records {
            let (own, captured) = (record.name().into_owned(), record.captured());
            if captured.is_some() && self.0.get(&own).is_some_and(|deleted| *deleted >= captured) {
                continue;
            }
            match known.entry(own) {
                indexmap::map::Entry::Occupied(mut entry) => {
                    let earlier = entry.get().captured();
                    if captured > earlier {
                        entry.insert(record);
                    } else if captured == earlier {
                        join(entry.get_mut(), record);
                    }
                }
                indexmap::map::Entry::Vacant(entry) => {
                    entry.insert(record);
                }
            }
        }
        known.into_values().collect()
    }
}

/// Most inputs tell of each thing once; their records need not be moved.
fn are_distinct<T: Dated>(records: &[T]) -> bool {
    let mut known = FxHashSet::default();
    known.reserve(records.len());
    records.iter().all(|record| known.insert(record.name()))
}

/// A record of something that may be recorded several times.
trait Dated {
    /// What it is a record of.
    fn name(&self) -> Cow<'_, str>;
    fn captured(&self) -> Captured;
}

impl Dated for ManagedRecord {
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.arn)
    }
    fn captured(&self) -> Captured {
        self.captured
    }
}

impl Dated for RegistryPolicyRecord {
    fn name(&self) -> Cow<'_, str> {
        Cow::Owned(format!("{}/{}", self.account, self.region))
    }
    fn captured(&self) -> Captured {
        self.captured
    }
}

/// What has an ARN.
macro_rules! dated {
    ($($record:ident)*) => {$(
        impl Dated for $record {
            fn name(&self) -> Cow<'_, str> {
                Cow::Borrowed(self.arn.as_str())
            }
            fn captured(&self) -> Captured {
                self.captured
            }
        }
    )*};
}
dated!(GroupRecord PrincipalRecord RepositoryRecord);
