//! Who asks, and what a principal element calls it.

use std::collections::BTreeSet;

use super::scenario::{Given, Scenario};

/// The kinds of requester (section A).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An IAM user.
    User,
    /// A session of a role.
    Session,
    /// A session from `GetFederationToken`.
    Federated,
    /// The root user of an account.
    Root,
    /// An AWS service by its name.
    Service,
    /// Nobody.
    Anonymous,
}

/// In which way a principal element matches (A21).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum How {
    User,
    Session,
    Role,
    UserOfSession,
    Account,
    Everyone,
    Service,
}

/// The requester, taken apart.
pub(super) struct Requester {
    pub(super) kind: Kind,
    /// Absent for services and anonymous callers, as is the account.
    pub(super) partition: Option<String>,
    pub(super) account: Option<String>,
    /// What it signs with.
    arn: String,
    /// The ARN that `aws:PrincipalArn` holds: the role's for a session (D1).
    pub(super) principal_arn: Option<String>,
    /// Whether the path in `principal_arn` is known: a session ARN leaves it out (A2).
    is_role_named_by_path: bool,
    /// `AIDA...`, or `AROA...:SESSION`.
    user_id: Option<String>,
    /// The user behind a federated user.
    calling_user: Option<String>,
    /// E30.
    pub(super) is_service_linked: bool,
}

impl Requester {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let arn = scenario.principal.clone();
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let given = |key: &str| match scenario.context.get(key) {
            Some(Given::One(text)) => Some(text.clone()),
            _ => None,
        };
        let [_, partition, service, _, account, name] = parts[..] else {
            let kind = if arn == "anonymous" { Kind::Anonymous } else { Kind::Service };
            return Self {
                kind,
                partition: None,
                account: None,
                principal_arn: None,
                is_role_named_by_path: false,
                user_id: None,
                calling_user: None,
                is_service_linked: false,
                arn,
            };
        };
        let kind = match name.split('/').next() {
            Some("user") => Kind::User,
            Some("role" | "assumed-role") => Kind::Session,
            Some("federated-user") => Kind::Federated,
            _ => Kind::Root,
        };
        let principal_arn = if service == "sts" && kind == Kind::Session {
            let role = name.split('/').nth(1).unwrap_or_default();
            given("aws:principalarn").unwrap_or_else(|| format!("arn:{partition}:iam::{account}:role/{role}"))
        } else {
            arn.clone()
        };
        Self {
            kind,
            partition: Some(partition.to_owned()),
            account: Some(account.to_owned()),
            is_role_named_by_path: service == "iam" || given("aws:principalarn").is_some(),
            is_service_linked: kind == Kind::Session && principal_arn.contains(":role/aws-service-role/"),
            principal_arn: Some(principal_arn),
            user_id: scenario.unique_id.clone().or_else(|| given("aws:userid")),
            calling_user: scenario.calling_user.clone(),
            arn,
        }
    }

    /// Users and sessions have identity policies; root needs none, services and anonymous have none.
    pub(super) fn has_identity_policies(&self) -> bool {
        matches!(self.kind, Kind::User | Kind::Session | Kind::Federated)
    }

    /// What `NotPrincipal` must list to spare this requester for certain (A28).
    pub(super) fn identities(&self) -> &'static [How] {
        match self.kind {
            Kind::User => &[How::User, How::Account],
            Kind::Session => &[How::Session, How::Role, How::Account],
            Kind::Federated => &[How::Session, How::UserOfSession, How::Account],
            Kind::Root => &[How::Account],
            Kind::Service => &[How::Service],
            Kind::Anonymous => &[How::Everyone],
        }
    }

    /// Whether a name is another session of this session's role.
    pub(super) fn is_session_of_same_role(&self, name: &str) -> bool {
        let role = |arn: &str| {
            let mut parts = arn.split('/').skip(1);
            let first = parts.next().unwrap_or_default().to_owned();
            if arn.contains(":assumed-role/") { first } else { parts.last().map_or(first, str::to_owned) }
        };
        let account = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
        let both = self.kind == Kind::Session && name.contains(":assumed-role/");
        both && role(name) == role(&self.arn) && account(name) == account(&self.arn)
    }

    /// The ways in which a list of principals names this requester (A7).
    pub(super) fn named_by(&self, names: &[(String, String)]) -> BTreeSet<How> {
        names.iter().filter_map(|(kind, name)| self.named_as(kind, name)).collect()
    }

    /// One cell of table A21.
    fn named_as(&self, kind: &str, name: &str) -> Option<How> {
        match kind {
            "AWS" if name == "*" => Some(How::Everyone),
            "Service" if self.kind == Kind::Service && name == self.arn => Some(How::Service),
            "AWS" if self.account.is_none() => None,
            "AWS" if self.is_account(name) => Some(How::Account),
            "AWS" => match self.kind {
                Kind::User if name == self.arn || self.has_id(name) => Some(How::User),
                Kind::Session if name == self.arn && name.contains(":assumed-role/") => Some(How::Session),
                Kind::Session if self.is_role(name) || self.has_id(name) => Some(How::Role),
                Kind::Federated if name == self.arn => Some(How::Session),
                Kind::Federated if self.calling_user.as_deref() == Some(name) => Some(How::UserOfSession),
                _ => None,
            },
            _ => None,
        }
    }

    /// A9: the root ARN and the bare number are the same.
    fn is_account(&self, name: &str) -> bool {
        let (Some(partition), Some(account)) = (&self.partition, &self.account) else { return false };
        name == account || name == format!("arn:{partition}:iam::{account}:root")
    }

    /// A2: a session tells its role's account and last path element.
    fn is_role(&self, name: &str) -> bool {
        let Some(own) = self.principal_arn.as_deref() else { return false };
        if self.is_role_named_by_path {
            return name == own;
        }
        let (Some(own), Some(named)) = (role(own), role(name)) else { return false };
        own == named
    }

    /// A16: a unique id that is the requester's own.
    fn has_id(&self, name: &str) -> bool {
        self.user_id.as_deref().and_then(|id| id.split(':').next()) == Some(name)
    }
}

/// Everything before `:role/`, and the last element of the path.
fn role(arn: &str) -> Option<(&str, &str)> {
    let (head, path) = arn.split_once(":role/")?;
    Some((head, path.rsplit('/').next()?))
}
