//! What the readers found, before anything is joined.
//!
//! A record is what one place of one file says. Names are still names: which
//! policy an attached ARN means, or which repository a file of tags, is for
//! [`super::assemble`] to find.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::FileId;
use crate::policy::{AccountId, Arn, Place, PolicyKind, Span};

use super::tags::Tags;
use super::world::Visibility;

/// Everything that was found in some files, in their order.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) principals: Vec<PrincipalRecord>,
    pub(super) groups: Vec<GroupRecord>,
    pub(super) managed: Vec<ManagedRecord>,
    pub(super) repositories: Vec<RepositoryRecord>,
    pub(super) repository_policies: Vec<RepositoryPolicyRecord>,
    pub(super) repository_tags: Vec<TagsRecord>,
    pub(super) registry_policies: Vec<RegistryPolicyRecord>,
    /// Accounts and regions whose registries have no policy, for certain.
    pub(super) bare_registries: BTreeSet<(AccountId, String)>,
    /// Accounts and regions of which a scope of the registry policy is told; whether it is the first one (Q22).
    pub(super) scopes: BTreeMap<(AccountId, String), bool>,
    /// Calls that failed.
    pub(super) failures: Vec<FailureRecord>,
    pub(super) organizations: BTreeMap<String, OrganizationRecord>,
    pub(super) roots: Vec<UnitRecord>,
    pub(super) units: Vec<UnitRecord>,
    pub(super) accounts: Vec<AccountRecord>,
    /// Accounts whose own export tells their organization.
    pub(super) memberships: Vec<MembershipRecord>,
    /// Accounts that are in no organization, unless a file tells one.
    pub(super) alone: BTreeSet<AccountId>,
    /// Parents that only another call's file tells: child id, parent id.
    pub(super) parents: Vec<(String, String)>,
    pub(super) controls: Vec<ControlRecord>,
    /// Policies of other types, which are attached like control policies (I31).
    pub(super) other_policies: BTreeSet<String>,
    /// Policy id, and the targets that it is attached to.
    pub(super) targets: Vec<(String, Vec<String>)>,
    /// Target id, and the policies attached to it.
    pub(super) attachments: Vec<(String, Vec<String>)>,
    pub(super) seen: BTreeSet<Seen>,
    /// Pages of lists, and which of them announce another one.
    pub(super) pages: Vec<PageRecord>,
    /// Documents that hang on nothing.
    pub(super) loose: Vec<LooseRecord>,
    /// Versions of managed policies of which only account and name are known.
    pub(super) versions: Vec<(AccountId, String, Place)>,
    /// ARNs of what was deleted, and when.
    pub(super) deleted: Vec<(String, Captured)>,
}

/// When a record was taken, for exports that hold several states of one thing: the latest counts.
pub(super) type Captured = Option<jiff::Timestamp>;

/// A page of a list.
#[derive(Debug)]
pub(super) struct PageRecord {
    /// What the list is of.
    pub(super) list: &'static str,
    pub(super) account: Option<AccountId>,
    /// A region, a parent: what sets lists of one account apart.
    pub(super) of: String,
    /// The folder of the file, for pages that tell no account.
    pub(super) folder: String,
    /// What announces another page.
    pub(super) next: Option<(FileId, Span)>,
}

/// A policy document of which nothing tells what it is attached to.
#[derive(Debug)]
pub(super) struct LooseRecord {
    pub(super) place: Place,
    pub(super) kind: PolicyKind,
    pub(super) account: Option<AccountId>,
}

/// Which part of an account an export covers (P5).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Seen {
    Principals(AccountId),
    Public(AccountId),
    Private(AccountId, String),
}

/// A user or a role.
#[derive(Debug)]
pub(super) struct PrincipalRecord {
    pub(super) arn: Arn,
    pub(super) is_role: bool,
    pub(super) unique_id: Option<String>,
    pub(super) tags: Tags,
    pub(super) inline: Vec<(String, Place)>,
    pub(super) attached: Vec<String>,
    /// Names or ARNs of groups.
    pub(super) groups: Vec<String>,
    pub(super) boundary: Option<String>,
    pub(super) trust: Option<Place>,
    pub(super) captured: Captured,
}

#[derive(Debug)]
pub(super) struct GroupRecord {
    pub(super) arn: Arn,
    pub(super) inline: Vec<(String, Place)>,
    pub(super) attached: Vec<String>,
    pub(super) captured: Captured,
}

/// A managed policy with its default version; `None` where the export has no document for it.
#[derive(Debug)]
pub(super) struct ManagedRecord {
    pub(super) arn: String,
    pub(super) document: Option<Place>,
    pub(super) captured: Captured,
}

#[derive(Debug)]
pub(super) struct RepositoryRecord {
    pub(super) arn: Arn,
    pub(super) name: String,
    pub(super) tags: Option<Tags>,
    pub(super) policy: PolicyTold,
    pub(super) captured: Captured,
}

/// What an export of a repository says about its policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PolicyTold {
    /// Nothing: another file may.
    Untold,
    /// There is none.
    None,
    /// This one.
    Document(Place),
}

#[derive(Debug)]
pub(super) struct RepositoryPolicyRecord {
    pub(super) account: AccountId,
    pub(super) name: String,
    /// `None` where neither the file nor its path tells (P3).
    pub(super) visibility: Option<Visibility>,
    pub(super) region: Option<String>,
    /// The document; `None` says that there is no policy.
    pub(super) document: Option<Place>,
    pub(super) place: Place,
}

/// Tags of a repository, by its ARN or by what the path tells of it.
#[derive(Debug)]
pub(super) struct TagsRecord {
    pub(super) of: TagsOf,
    pub(super) tags: Tags,
}

#[derive(Debug)]
pub(super) enum TagsOf {
    Arn(String),
    Named { account: AccountId, visibility: Visibility, region: Option<String>, name: String },
}

#[derive(Debug)]
pub(super) struct RegistryPolicyRecord {
    pub(super) account: AccountId,
    pub(super) region: String,
    pub(super) document: Place,
    pub(super) captured: Captured,
}

#[derive(Debug, Default)]
pub(super) struct OrganizationRecord {
    pub(super) management: Option<AccountId>,
    /// `Some(false)`: consolidated billing, no control policies at all (I24).
    pub(super) all_features: Option<bool>,
    /// Whether a file lists all accounts.
    pub(super) complete: bool,
}

/// A root or an organizational unit.
#[derive(Debug)]
pub(super) struct UnitRecord {
    pub(super) organization: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) parent: Option<String>,
    /// For roots: the types that are enabled.
    pub(super) enabled: Option<Vec<String>>,
}

#[derive(Debug)]
pub(super) struct AccountRecord {
    pub(super) organization: String,
    pub(super) id: AccountId,
    pub(super) name: String,
    pub(super) parent: Option<String>,
    /// The ids from the root down to the parent, where the export tells (I27).
    pub(super) path: Option<Vec<String>>,
}

/// A call that was made for the export, and failed (P1).
#[derive(Debug)]
pub(super) struct FailureRecord {
    /// Whose call it was: for the calls of a registry or of IAM the account that they are about.
    pub(super) account: Option<AccountId>,
    pub(super) region: Option<String>,
    pub(super) wanted: Wanted,
    /// `ecr-public:GetRepositoryPolicy`.
    pub(super) call: String,
    /// `AccessDeniedException`.
    pub(super) error: String,
    pub(super) place: (FileId, Span),
}

/// What a call that failed would have told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The users and roles of an account.
    Principals,
    Repositories(Visibility),
    /// The policy of this repository.
    RepositoryPolicy(Visibility, String),
    RegistryPolicy,
    RegistryScope,
    Organization,
    Roots,
    /// All accounts of the organization.
    Accounts,
    /// What stands below this root or unit.
    Children(String),
    /// All control policies of a type.
    Controls(PolicyKind),
    /// The document of this control policy.
    Control(String),
    /// Where this control policy is attached.
    Targets(String),
    /// Which control policies are attached here.
    Attachments(String),
}

/// The organization of an account, and no more.
#[derive(Debug)]
pub(super) struct MembershipRecord {
    pub(super) account: AccountId,
    pub(super) organization: String,
    pub(super) place: (FileId, Span),
}

#[derive(Debug)]
pub(super) struct ControlRecord {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: PolicyKind,
    pub(super) document: Option<Place>,
}

impl Records {
    /// Adds what another file says behind what is known.
    pub(super) fn append(&mut self, other: Self) {
        self.principals.extend(other.principals);
        self.groups.extend(other.groups);
        self.managed.extend(other.managed);
        self.repositories.extend(other.repositories);
        self.repository_policies.extend(other.repository_policies);
        self.repository_tags.extend(other.repository_tags);
        self.registry_policies.extend(other.registry_policies);
        self.bare_registries.extend(other.bare_registries);
        for (registry, first) in other.scopes {
            *self.scopes.entry(registry).or_default() |= first;
        }
        self.failures.extend(other.failures);
        for (id, record) in other.organizations {
            let known = self.organizations.entry(id).or_default();
            known.management = known.management.or(record.management);
            known.all_features = known.all_features.or(record.all_features);
            known.complete |= record.complete;
        }
        self.roots.extend(other.roots);
        self.units.extend(other.units);
        self.accounts.extend(other.accounts);
        self.memberships.extend(other.memberships);
        self.alone.extend(other.alone);
        self.parents.extend(other.parents);
        self.controls.extend(other.controls);
        self.other_policies.extend(other.other_policies);
        self.targets.extend(other.targets);
        self.attachments.extend(other.attachments);
        self.seen.extend(other.seen);
        self.pages.extend(other.pages);
        self.loose.extend(other.loose);
        self.versions.extend(other.versions);
        self.deleted.extend(other.deleted);
    }
}
