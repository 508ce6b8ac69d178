//! The typed world: accounts in their organizations, principals, repositories, policies.
//!
//! A reader of an export fills it; nothing downstream reads a file again. What
//! an export refers to and does not hold becomes a [`Gap`], so that every
//! answer that may depend on it can say so.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::tags::Tags;
use crate::ids::{DocumentId, GapId, GroupId, PolicyId, PrincipalId, RepositoryId, Table};
use crate::policy::{AccountId, Arn, Diagnostic, Document, Place, PolicyKind, Sources};

/// Everything that was read.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// The files.
    pub sources: Sources,
    /// The policy documents; equal texts of one type are one document. Whoever keeps a share of them is not disturbed
    /// by a change.
    pub documents: Arc<Table<DocumentId, Arc<Document>>>,
    /// The policies: named documents with their places.
    pub policies: Table<PolicyId, Policy>,
    /// Statements that a change added to a document, by their numbers in it: where they stand.
    pub added: BTreeMap<(DocumentId, u32), Place>,
    /// The accounts by number.
    pub accounts: BTreeMap<AccountId, Account>,
    /// The organizations by id.
    pub organizations: BTreeMap<String, Organization>,
    /// Users and roles.
    pub principals: Table<PrincipalId, Principal>,
    /// Groups, which only hand their policies to their users (A5).
    pub groups: Table<GroupId, Group>,
    /// Repositories, public and private.
    pub repositories: Table<RepositoryId, Repository>,
    /// Policies of private registries by account and region.
    pub registry_policies: BTreeMap<(AccountId, String), RegistryPolicy>,
    /// What is not known of the policy of a private registry, by account and region.
    pub registry_gaps: BTreeMap<(AccountId, String), Vec<GapId>>,
    /// What the input refers to and does not hold.
    pub gaps: Table<GapId, Gap>,
    /// What is wrong with the input.
    pub diagnostics: Vec<Diagnostic>,
    pub(super) by_arn: FxHashMap<Arn, PrincipalId>,
    pub(super) repository_by_arn: FxHashMap<Arn, RepositoryId>,
}

/// A policy document with a name and a place.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Policy {
    /// What it is called: the ARN of a managed policy, the name of an inline one, or what it hangs on.
    pub name: String,
    /// Its type.
    pub kind: PolicyKind,
    /// What it says.
    pub document: DocumentId,
    /// Where it was read.
    pub place: Place,
    /// Whether its text is the copy bundled with the program, for an export that lacked it.
    pub bundled: bool,
    /// Set when AWS would reject a part of it, or its text could not be read: statements may be missing.
    pub gap: Option<GapId>,
}

/// A user or a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Its ARN, path included.
    pub arn: Arn,
    /// Its account.
    pub account: AccountId,
    /// User or role.
    pub kind: PrincipalKind,
    /// `AIDA...` or `AROA...`, if the export holds it.
    pub unique_id: Option<String>,
    /// Its tags.
    pub tags: Tags,
    /// Managed and inline policies.
    pub policies: Vec<PolicyId>,
    /// The groups of a user.
    pub groups: Vec<GroupId>,
    /// The permissions boundary.
    pub boundary: Boundary,
    /// What the export says is attached and does not hold.
    pub gaps: Vec<GapId>,
}

/// What kind of principal an export lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PrincipalKind {
    /// An IAM user.
    User,
    /// An IAM role; its sessions are what makes requests (A1).
    Role {
        /// Who may assume it; `None` where the export has no trust policy.
        trust: Option<PolicyId>,
    },
}

/// A permissions boundary (L1 to L5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Boundary {
    /// None is set.
    #[default]
    None,
    /// This managed policy.
    Policy(PolicyId),
    /// One is set that the input does not hold: an unknown limit.
    Missing(GapId),
}

/// A group of users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its ARN.
    pub arn: Arn,
    /// Managed and inline policies.
    pub policies: Vec<PolicyId>,
    /// What the export says is attached and does not hold.
    pub gaps: Vec<GapId>,
}

/// Which registry a repository is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Visibility {
    /// Amazon ECR Public: anyone can pull (R7).
    Public,
    /// Private ECR.
    Private,
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Its ARN.
    pub arn: Arn,
    /// The account that owns it.
    pub account: AccountId,
    /// Public or private.
    pub visibility: Visibility,
    /// `storefront/web`.
    pub name: String,
    /// Its policy.
    pub policy: RepositoryPolicy,
    /// Its tags; `None` where no file tells.
    pub tags: Option<Tags>,
}

/// The policy on a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RepositoryPolicy {
    /// There is none, for certain.
    None,
    /// This one.
    Policy(PolicyId),
    /// No file tells whether there is one (I16).
    Unknown(GapId),
}

/// The policy on a private registry of one region (Q21, Q22).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryPolicy {
    /// The policy.
    pub policy: PolicyId,
    /// Whether the first version of its scope is set, in which it governs three actions only.
    pub first_scope: bool,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Its name in the organization.
    pub name: Option<String>,
    /// `aws`, `aws-cn` ...
    pub partition: String,
    /// Where it stands in its organization; `None` where the input tells none.
    pub membership: Option<Membership>,
    /// Whether the input tells that it is in no organization.
    pub is_standalone: bool,
    /// Whether its users and roles were exported.
    pub has_principals: bool,
    /// Whether its public repositories were exported.
    pub has_public: bool,
    /// The regions whose private repositories were exported.
    pub private_regions: Vec<String>,
    /// What is missing or unreadable in this account as a whole.
    pub gaps: Vec<GapId>,
}

/// An account's place in its organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The organization's id; the organization itself may not be in the input.
    pub organization: String,
    /// The path from the root down: root id, unit ids; without the account. Empty where it is unknown.
    pub path: Vec<String>,
}

/// An organization.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// `o-...`.
    pub id: String,
    /// The management account, which no control policy touches (L11, L21).
    pub management: Option<AccountId>,
    /// Names of roots and units by id, as far as known.
    pub names: BTreeMap<String, String>,
    /// Whether service control policies are enabled (L16).
    pub service_control: bool,
    /// Whether resource control policies are enabled.
    pub resource_control: bool,
    /// Whether all member accounts are known: then an account that is not listed is outside (K4).
    pub complete: bool,
    /// Control policies attached to each root, unit and account id.
    pub attached: BTreeMap<String, Vec<PolicyId>>,
    /// Targets whose attachments no file tells (EC414).
    pub unknown_targets: BTreeMap<String, GapId>,
}

impl Membership {
    /// No organization is so deep, root and all; AWS stops at five units below the root.
    pub(super) const DEEPEST: usize = 32;

    /// Where control policies above an account of this place hang, from the root down: the last is the account.
    #[must_use]
    pub fn levels(&self, account: AccountId) -> Vec<String> {
        self.path.iter().cloned().chain([account.to_string()]).collect()
    }
}

impl Organization {
    /// What is attached to a root, a unit or an account, of all types.
    pub fn attached_to(&self, target: &str) -> impl Iterator<Item = PolicyId> {
        self.attached.get(target).into_iter().flatten().copied()
    }
}

/// On what a policy hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HungOn<'a> {
    /// On a user or a role, whose permissions it tells.
    Principal(PrincipalId),
    /// On a user or a role, as its permissions boundary.
    Bounding(PrincipalId),
    /// On a role, as its trust policy.
    Role(PrincipalId),
    /// On a group.
    Group(GroupId),
    /// On a repository.
    Repository(RepositoryId),
    /// On the private registry of an account in a region.
    Registry(AccountId, &'a str),
    /// On a root, a unit or an account of an organization, as a control policy.
    Target(&'a str),
}

impl HungOn<'_> {
    /// The account of what it hangs on; control policies hang above accounts, and are nobody's.
    #[must_use]
    pub fn account(self, inventory: &Inventory) -> Option<AccountId> {
        match self {
            Self::Principal(id) | Self::Bounding(id) | Self::Role(id) => Some(inventory.principals[id].account),
            Self::Group(id) => inventory.groups[id].arn.account(),
            Self::Repository(id) => Some(inventory.repositories[id].account),
            Self::Registry(account, _) => Some(account),
            Self::Target(_) => None,
        }
    }
}

/// Something that the input refers to and does not hold, or holds in a form that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// What kind of thing.
    pub kind: GapKind,
    /// The account whose answers may depend on it.
    pub account: Option<AccountId>,
    /// In words: `the boundary arn:... is not in the export`.
    pub message: String,
}

/// What kind of thing is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum GapKind {
    /// An attached managed policy.
    AttachedPolicy,
    /// An AWS-managed policy outside the bundled ones: it has nothing to do with registries as far as known.
    AwsManagedPolicy,
    /// A permissions boundary.
    Boundary,
    /// A group that a user is in.
    Group,
    /// Whether a repository has a policy.
    RepositoryPolicy,
    /// The policy of a private registry, or its scope.
    RegistryPolicy,
    /// The repositories of a registry.
    Repositories,
    /// An account's users and roles.
    Principals,
    /// An account's organization.
    Organization,
    /// Which control policies hang at a level.
    ControlPolicies,
    /// A document, or a part of it, that AWS would reject.
    Unreadable,
    /// Further pages of an export.
    Page,
}

impl Inventory {
    /// The user or role with this ARN.
    #[must_use]
    pub fn principal(&self, arn: &Arn) -> Option<PrincipalId> {
        self.by_arn.get(arn).copied()
    }

    /// The repository with this ARN.
    #[must_use]
    pub fn repository(&self, arn: &Arn) -> Option<RepositoryId> {
        self.repository_by_arn.get(arn).copied()
    }

    /// The organization that an account is a member of, if that was exported, and its place there.
    #[must_use]
    pub fn organization_of(&self, account: AccountId) -> Option<(&Organization, &Membership)> {
        let membership = self.accounts.get(&account)?.membership.as_ref()?;
        Some((self.organizations.get(&membership.organization)?, membership))
    }

    /// Whether somebody of the first account is outside the organization of the second; where that is in none, whether
    /// it is of another account.
    #[must_use]
    pub fn is_outside(&self, own: Option<AccountId>, owner: Option<AccountId>) -> bool {
        let organization = |account: Option<AccountId>| {
            let membership = self.accounts.get(&account?)?.membership.as_ref()?;
            Some(&membership.organization)
        };
        match organization(owner) {
            Some(wanted) => organization(own) != Some(wanted),
            None => own != owner,
        }
    }

    /// Where the document stands that holds this statement of a policy.
    #[must_use]
    pub fn place_of(&self, policy: PolicyId, statement: usize) -> Place {
        let policy = &self.policies[policy];
        let number = u32::try_from(statement).unwrap_or(u32::MAX);
        self.added.get(&(policy.document, number)).copied().unwrap_or(policy.place)
    }

    /// Tells of each policy that hangs somewhere, and on what; of one that hangs in several places as often.
    pub fn each_hung<'i>(&'i self, mut tell: impl FnMut(PolicyId, HungOn<'i>)) {
        for (id, principal) in self.principals.iter() {
            principal.policies.iter().for_each(|&policy| tell(policy, HungOn::Principal(id)));
            if let Boundary::Policy(policy) = principal.boundary {
                tell(policy, HungOn::Bounding(id));
            }
            if let PrincipalKind::Role { trust: Some(policy) } = principal.kind {
                tell(policy, HungOn::Role(id));
            }
        }
        for (id, group) in self.groups.iter() {
            group.policies.iter().for_each(|&policy| tell(policy, HungOn::Group(id)));
        }
        for (id, repository) in self.repositories.iter() {
            if let RepositoryPolicy::Policy(policy) = repository.policy {
                tell(policy, HungOn::Repository(id));
            }
        }
        for ((account, region), registry) in &self.registry_policies {
            tell(registry.policy, HungOn::Registry(*account, region));
        }
        let targets = self.organizations.values().flat_map(|one| &one.attached);
        for (target, attached) in targets {
            for &policy in attached {
                tell(policy, HungOn::Target(target));
            }
        }
    }

    /// The document of a policy.
    #[must_use]
    pub fn document(&self, policy: PolicyId) -> &Document {
        &self.documents[self.policies[policy].document]
    }
}
