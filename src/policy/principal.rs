//! Whom a `Principal` element can name (A7 to A20).

use serde::{Deserialize, Serialize};

use super::arn::{AccountId, Arn};
use super::diagnostic::PolicyError;

/// One entry of a `Principal` or `NotPrincipal` element.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PrincipalName {
    /// `*`: everyone (A8).
    Everyone,
    /// `arn:P:iam::ACCT:root` or the twelve digits: the whole account (A9).
    Account {
        /// The partition, unless only the digits were written.
        partition: Option<String>,
        /// The account.
        account: AccountId,
    },
    /// A user's ARN, path included (A11).
    User(Arn),
    /// A role's ARN, path included; stands for all its sessions (A12).
    Role(Arn),
    /// One session of a role (A13).
    Session(Arn),
    /// A session from `GetFederationToken` (A14).
    FederatedUser(Arn),
    /// An AWS service (A18).
    Service(String),
    /// An identity provider; trust policies only (A19).
    Federated(String),
    /// An S3 canonical user: nobody in ECR (A20).
    CanonicalUser(String),
    /// The unique id that a deleted user or role leaves behind (A16).
    UniqueId(String),
    /// Something that AWS refuses or that matches nobody: partial wildcards, groups (A5, A15).
    Nobody(String),
}

impl PrincipalName {
    /// Reads an entry of the `AWS` member.
    ///
    /// # Errors
    /// What AWS would say when the policy is saved; the entry then names nobody.
    pub(super) fn parse_aws(text: &str) -> Result<Self, PolicyError> {
        if text == "*" {
            return Ok(Self::Everyone);
        }
        if let Some(account) = AccountId::parse(text) {
            return Ok(Self::Account { partition: None, account });
        }
        if is_unique_id(text) {
            return Ok(Self::UniqueId(text.to_owned()));
        }
        let Some(arn) = Arn::parse(text) else {
            return Err(PolicyError::MalformedPrincipal(text.to_owned()));
        };
        if text.contains(['*', '?']) {
            return Err(PolicyError::WildcardPrincipal(text.to_owned()));
        }
        if arn.account_text().is_empty() {
            return Err(PolicyError::MalformedPrincipal(text.to_owned()));
        }
        let Some(account) = arn.account() else {
            return Err(PolicyError::MalformedAccount {
                principal: text.to_owned(),
                account: arn.account_text().to_owned(),
            });
        };
        let named = |name: &str| !name.is_empty() && !name.ends_with('/');
        match (arn.service(), arn.resource()) {
            ("iam", "root") => Ok(Self::Account { partition: Some(arn.partition().to_owned()), account }),
            ("iam", resource) => match resource.split_once('/') {
                Some(("user", name)) if named(name) => Ok(Self::User(arn)),
                Some(("role", name)) if named(name) => Ok(Self::Role(arn)),
                Some(("group", _)) => Err(PolicyError::GroupPrincipal(text.to_owned())),
                _ => Err(PolicyError::MalformedPrincipal(text.to_owned())),
            },
            ("sts", resource) => match resource.split_once('/') {
                Some(("assumed-role", name)) if named(name) && name.contains('/') => Ok(Self::Session(arn)),
                Some(("federated-user", name)) if named(name) => Ok(Self::FederatedUser(arn)),
                _ => Err(PolicyError::MalformedPrincipal(text.to_owned())),
            },
            _ => Err(PolicyError::MalformedPrincipal(text.to_owned())),
        }
    }

    /// The entry as a policy writes it.
    #[must_use]
    pub fn as_text(&self) -> String {
        match self {
            Self::Everyone => "*".to_owned(),
            Self::Account { partition: Some(partition), account } => format!("arn:{partition}:iam::{account}:root"),
            Self::Account { partition: None, account } => account.to_string(),
            Self::User(arn) | Self::Role(arn) | Self::Session(arn) | Self::FederatedUser(arn) => arn.to_string(),
            Self::Service(text)
            | Self::Federated(text)
            | Self::CanonicalUser(text)
            | Self::UniqueId(text)
            | Self::Nobody(text) => text.clone(),
        }
    }
}

/// `AIDA...` for users, `AROA...` for roles: what is left of an ARN whose owner is gone.
fn is_unique_id(text: &str) -> bool {
    let known = ["AIDA", "AROA", "AGPA", "ASIA", "AKIA"].iter().any(|prefix| text.starts_with(prefix));
    known && text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
