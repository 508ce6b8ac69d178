//! A small organization as values: what the exports are written from, and what the twin is asked about.
//!
//! Nothing here knows the library. Names are few, so that policies of one
//! account hit what is in another, and equal policies make atoms.

use serde_json::Value;

use crate::statements::Group;

/// The accounts, the first of which always exists. Nobody exports the last one.
pub(crate) const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];
/// Who manages the organization where none of the accounts does.
pub(crate) const MANAGEMENT: &str = "123412341234";
/// The organization.
pub(crate) const ORGANIZATION: &str = "o-alpha00001";
/// Its root, and two units: the second is in the first.
pub(crate) const LEVELS: [&str; 3] = ["r-root", "ou-root-aaaaaaaa", "ou-root-bbbbbbbb"];
/// The region of private repositories.
pub(crate) const REGION: &str = "eu-central-1";

/// Tags as an export lists them.
pub(crate) type Tags = Vec<(&'static str, &'static str)>;

/// Accounts, how they are organized, and what requests may bring.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// Two or three.
    pub(crate) accounts: Vec<Account>,
    /// The organization, if there is one.
    pub(crate) tree: Option<Tree>,
    /// Complete contexts: the keys of any request, by groups.
    pub(crate) requests: Vec<Vec<Group>>,
    /// Which groups of the first context an open question gives.
    pub(crate) known: Vec<bool>,
}

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// Twelve digits.
    pub(crate) number: &'static str,
    /// Whether its users and roles are in the export.
    pub(crate) exported: bool,
    /// Its users.
    pub(crate) users: Vec<Principal>,
    /// Its roles.
    pub(crate) roles: Vec<Principal>,
    /// The policies of its groups.
    pub(crate) groups: Vec<Vec<Value>>,
    /// Its repositories.
    pub(crate) repositories: Vec<Repository>,
    /// The policy of its private registry, and whether it has the first scope.
    pub(crate) registry: Option<(Value, bool)>,
}

/// A user or a role.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    /// `/` or `/team/`.
    pub(crate) path: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// Its tags.
    pub(crate) tags: Tags,
    /// Its identity policies.
    pub(crate) policies: Vec<Value>,
    /// The groups that a user is in, by number.
    pub(crate) groups: Vec<usize>,
    /// The permissions boundary.
    pub(crate) boundary: Option<Value>,
    /// Who may assume it: roles only.
    pub(crate) trust: Option<Value>,
}

/// A repository.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    /// Public or private.
    pub(crate) public: bool,
    /// Its name.
    pub(crate) name: &'static str,
    /// Its tags.
    pub(crate) tags: Tags,
    /// Its policy.
    pub(crate) policy: Option<Value>,
}

/// An organization.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    /// For each account how many levels of units it is below the root; `None`: it is no member.
    pub(crate) depths: Vec<Option<usize>>,
    /// The account that manages it, by number; otherwise one that has nothing else.
    pub(crate) management: Option<usize>,
    /// The service control policies of each target, if they are enabled.
    pub(crate) service: Option<Vec<Level>>,
    /// The resource control policies of each target, if they are enabled.
    pub(crate) resource: Option<Vec<Level>>,
}

/// What is attached to one target; targets are the levels, then the accounts.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    /// Whether AWS's own policy that allows everything is.
    pub(crate) full: bool,
    /// The customer's policies.
    pub(crate) policies: Vec<Value>,
}

impl Principal {
    /// `user/team/alice`.
    pub(crate) fn resource(&self) -> String {
        let kind = if self.trust.is_some() { "role" } else { "user" };
        format!("{kind}{}{}", self.path, self.name)
    }

    /// The whole ARN.
    pub(crate) fn arn(&self, account: &str) -> String {
        format!("arn:aws:iam::{account}:{}", self.resource())
    }

    /// A unique id that tells nothing but whose it is.
    pub(crate) fn id(&self, account: &str) -> String {
        let kind = if self.trust.is_some() { "AROA" } else { "AIDA" };
        let name: String = self.name.to_uppercase().chars().filter(char::is_ascii_alphanumeric).collect();
        format!("{kind}{name}{}", &account[..4])
    }
}

impl Repository {
    /// `ecr-public` or `ecr`.
    pub(crate) fn service(&self) -> &'static str {
        if self.public { "ecr-public" } else { "ecr" }
    }

    /// The whole ARN.
    pub(crate) fn arn(&self, account: &str) -> String {
        let region = if self.public { "" } else { REGION };
        format!("arn:aws:{}:{region}:{account}:repository/{}", self.service(), self.name)
    }
}

impl Tree {
    /// The ids from the root down to the account's parent; `None`: the account is no member.
    pub(crate) fn path(&self, account: usize) -> Option<&'static [&'static str]> {
        self.depths.get(account).copied().flatten().map(|depth| &LEVELS[..=depth])
    }

    /// The targets of control policies: levels and accounts.
    pub(crate) fn targets(accounts: &[Account]) -> Vec<&'static str> {
        LEVELS.iter().copied().chain(accounts.iter().map(|account| account.number)).collect()
    }
}

impl World {
    /// The place of an account by its digits.
    pub(crate) fn account(&self, number: &str) -> Option<usize> {
        self.accounts.iter().position(|account| account.number == number)
    }

    /// Where an account stands: `o-.../r-.../ou-.../`.
    pub(crate) fn organization_path(&self, account: usize) -> Option<String> {
        let path = self.tree.as_ref()?.path(account)?;
        Some(format!("{ORGANIZATION}/{}/", path.join("/")))
    }

    /// Every document that can name principals.
    pub(crate) fn naming_documents(&self) -> impl Iterator<Item = &Value> {
        self.accounts.iter().flat_map(|account| {
            let trusts = account.roles.iter().filter(|_| account.exported).filter_map(|role| role.trust.as_ref());
            let policies = account.repositories.iter().filter_map(|repository| repository.policy.as_ref());
            trusts.chain(policies).chain(account.registry.as_ref().map(|(document, _)| document))
        })
    }
}
