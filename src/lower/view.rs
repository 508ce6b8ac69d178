//! What is known of the parties of a request, key by key.
//!
//! One table of the reference each: keys of the requester by its kind (K-P),
//! keys of the resource and the action (K-G, K-S). Whether the values come from
//! an inventory or from a single question makes no difference here.

use std::sync::Arc;

use crate::catalog::{Action, ResourceKind};
use crate::condition::Known;
use crate::inventory::Tags;
use crate::policy::{AccountId, Arn};

use super::context::Context;
use super::session::Makers;

/// What makes the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequesterKind {
    /// An IAM user.
    User,
    /// A session of a role, whatever its name.
    Role,
    /// A session of a role under one name.
    Session,
    /// A session from `GetFederationToken`.
    FederatedUser,
    /// The root user of an account.
    Root,
    /// An AWS service under its own name.
    Service,
    /// A user of an identity provider, who asks for a session.
    Provider,
    /// Some principal of one account that the input does not hold.
    Account,
    /// Some principal of any account that the input does not hold.
    Anyone,
    /// Nobody: an unsigned request.
    Anonymous,
}

impl RequesterKind {
    /// The word of the machine-readable rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Role => "role",
            Self::Session => "session",
            Self::FederatedUser => "federated-user",
            Self::Root => "root",
            Self::Service => "service",
            Self::Provider => "identity-provider",
            Self::Account => "account",
            Self::Anyone => "anyone",
            Self::Anonymous => "anonymous",
        }
    }
}

/// An account's place in an organization, as far as known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Organizational {
    /// A member: the organization's id, and the path of ids from the root down, if known.
    Member(Arc<str>, Option<Arc<[String]>>),
    /// In no organization.
    None,
    /// In none of these; perhaps in another.
    NotIn(Arc<[String]>),
    /// Nothing is known.
    Unknown,
}

/// The tags of a requester.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SessionTags {
    /// These, for certain.
    Certain(Tags),
    /// These at least; a session may override and extend them (K60).
    Overridable(Tags),
    /// Only a request tells.
    Unknown,
}

/// What is known of a requester.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PrincipalView {
    /// What it is.
    pub kind: RequesterKind,
    /// The ARN that `aws:PrincipalArn` holds: for sessions the role's (K1).
    pub arn: Option<Arn>,
    /// The ARN it signs with, for named sessions and federated users.
    pub session: Option<Arn>,
    /// The user whose federated session it is.
    pub user: Option<Arn>,
    /// Its account.
    pub account: Option<AccountId>,
    /// Its account's place.
    pub organization: Organizational,
    /// Its tags.
    pub tags: SessionTags,
    /// `AIDA...`, `AROA...`.
    pub unique_id: Option<String>,
    /// The service's or the provider's name.
    pub name: Option<String>,
    /// Whether the role's path is known; a session's ARN does not tell it (A2).
    pub path_known: bool,
    /// Accounts that it is in none of, where its own is not known.
    pub not_in: Vec<AccountId>,
    /// Whom the role trusts to make sessions of it; `None` where its trust policy is not known.
    pub makers: Option<Makers>,
    /// Whether the role's trust policy lets a source identity be set (K24).
    pub source_identity: bool,
}

impl PrincipalView {
    /// E30: a session of a service-linked role.
    #[must_use]
    pub fn is_service_linked(&self) -> bool {
        let is_role = matches!(self.kind, RequesterKind::Role | RequesterKind::Session);
        is_role && self.arn.as_ref().is_some_and(|arn| arn.resource().starts_with("role/aws-service-role/"))
    }

    /// A view of this kind, of which nothing else is known.
    #[must_use]
    pub fn new(kind: RequesterKind) -> Self {
        Self {
            kind,
            arn: None,
            session: None,
            user: None,
            account: None,
            organization: Organizational::Unknown,
            tags: SessionTags::Certain(Tags::new()),
            unique_id: None,
            name: None,
            path_known: true,
            not_in: Vec::new(),
            makers: None,
            source_identity: false,
        }
    }

    /// Any account, or an ARN of any, but those that it is known not to be in.
    fn elsewhere(&self, context: &Context) -> Known {
        context.open(Known::NoneOf(self.not_in.iter().map(AccountId::to_string).collect()))
    }

    fn is_session(&self) -> bool {
        matches!(self.kind, RequesterKind::Role | RequesterKind::Session)
    }

    /// What the requester's keys hold (table K-P), `None` for keys that are not its own.
    #[must_use]
    pub fn known(&self, key: &str, context: &Context) -> Option<Known> {
        use RequesterKind as R;
        let outside = matches!(self.kind, R::Account | R::Anyone);
        let undocumented = matches!(self.kind, R::Service | R::Provider);
        Some(match key {
            "aws:principalarn" => match (&self.arn, self.kind) {
                (Some(arn), _) => Known::value(arn.as_str()),
                (None, R::Anonymous) => Known::Absent,
                (None, R::Anyone) => self.elsewhere(context),
                (None, _) if undocumented => context.open(Known::UNKNOWN),
                (None, _) => context.open(Known::PRESENT),
            },
            "aws:principalaccount" => match (self.account, self.kind) {
                (Some(account), _) => Known::value(account.as_str()),
                (None, R::Anonymous) => Known::value("anonymous"),
                (None, R::Anyone) => self.elsewhere(context),
                (None, _) => context.open(Known::UNKNOWN),
            },
            "aws:principalorgid" => match self.kind {
                // K5: never a customer's organization.
                R::Service | R::Anonymous | R::Provider => Known::Absent,
                _ => self.organization.id(context),
            },
            "aws:principalorgpaths" => match self.kind {
                R::Service | R::Anonymous | R::Provider => Known::Absent,
                _ => self.organization.paths(context),
            },
            "aws:principaltype" => match self.kind {
                R::User => Known::value("User"),
                R::Role | R::Session => Known::value("AssumedRole"),
                R::Root => Known::value("Account"),
                R::FederatedUser => Known::value("FederatedUser"),
                R::Anonymous => Known::value("Anonymous"),
                R::Account | R::Anyone => context.open(Known::PRESENT),
                R::Service | R::Provider => context.open(Known::UNKNOWN),
            },
            "aws:userid" => self.user_id(context),
            "aws:username" => match self.kind {
                R::User => Known::optional(self.arn.as_ref().map(Arn::name)),
                R::Account | R::Anyone => context.open(Known::UNKNOWN),
                _ => Known::Absent,
            },
            "aws:principalisawsservice" => match self.kind {
                R::Service => Known::value("true"),
                R::Anonymous | R::Provider => Known::Absent,
                _ => Known::value("false"),
            },
            "aws:principalservicename" => match self.kind {
                R::Service => Known::optional(self.name.as_deref()),
                _ => Known::Absent,
            },
            "aws:principalservicenameslist" => match self.kind {
                // K12: its own name is in it; a complete context tells the others.
                R::Service if context.closed => Known::optional(self.name.as_deref()),
                R::Service => context.open(Known::PRESENT),
                _ => Known::Absent,
            },
            "aws:sourceaccount" | "aws:sourcearn" | "aws:sourceorgid" | "aws:sourceorgpaths" => match self.kind {
                R::Service => context.open(Known::UNKNOWN),
                _ => Known::Absent,
            },
            "aws:tokenissuetime" => match self.kind {
                // D12: it is there, also where a context that is complete does not say which time it holds.
                R::Role | R::Session | R::FederatedUser if context.closed => Known::value(""),
                R::Role | R::Session | R::FederatedUser => Known::PRESENT,
                R::Anonymous => Known::Absent,
                _ => context.open(Known::UNKNOWN),
            },
            "aws:multifactorauthpresent" | "aws:multifactorauthage" => match self.kind {
                R::FederatedUser | R::Anonymous => Known::Absent,
                _ => context.open(Known::UNKNOWN),
            },
            "aws:sourceidentity" if self.is_session() => {
                if self.source_identity {
                    context.open(Known::UNKNOWN)
                } else {
                    Known::Absent
                }
            }
            "aws:sourceidentity" if !outside && !undocumented => Known::Absent,
            "aws:assumedroot" => Known::Absent,
            // K27.
            "identitystore:userid" => match self.kind {
                R::Role | R::Session => context.open(Known::UNKNOWN),
                _ => Known::Absent,
            },
            _ => match key.strip_prefix("aws:principaltag/") {
                Some(name) => self.tag(name, context),
                None => return self.of_maker(key, context),
            },
        })
    }

    fn user_id(&self, context: &Context) -> Known {
        use RequesterKind as R;
        match (self.kind, &self.unique_id) {
            (R::User, Some(id)) => Known::value(id),
            (R::Role, Some(id)) if !context.closed => Known::Prefixed(format!("{id}:")),
            (R::Session, Some(id)) => {
                let name = self.session.as_ref().map(Arn::name).unwrap_or_default();
                Known::value(format!("{id}:{name}"))
            }
            (R::Root, _) => Known::optional(self.account.map(|account| account.to_string())),
            (R::FederatedUser, _) => {
                let name = self.session.as_ref().map(Arn::name).unwrap_or_default();
                Known::optional(self.account.map(|account| format!("{account}:{name}")))
            }
            (R::Anonymous, _) => Known::value("anonymous"),
            (R::Service | R::Provider, _) => context.open(Known::UNKNOWN),
            _ => context.open(Known::PRESENT),
        }
    }

    /// K8 to K10, K57 to K60.
    fn tag(&self, name: &str, context: &Context) -> Known {
        use RequesterKind as R;
        if matches!(self.kind, R::Root | R::Service | R::Anonymous | R::Provider) {
            return Known::Absent;
        }
        match &self.tags {
            SessionTags::Certain(tags) => find_tag(tags, name),
            SessionTags::Overridable(tags) if context.closed => find_tag(tags, name),
            SessionTags::Overridable(tags) => match find_tag(tags, name) {
                Known::Absent => Known::UNKNOWN,
                _ => Known::PRESENT,
            },
            SessionTags::Unknown => context.open(Known::UNKNOWN),
        }
    }
}

/// The reading that a key may hold either of two values: then each test that one of them passes may hold.
fn either(one: &str, other: &str) -> Known {
    Known::Values(vec![one.to_owned(), other.to_owned()])
}

/// O14, O16: keys are compared without regard to case; two that differ only in case designate one of them.
fn find_tag(tags: &Tags, name: &str) -> Known {
    let mut found = tags.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    match (found.next(), found.next()) {
        (None, _) => Known::Absent,
        (Some(value), None) => Known::value(value),
        (Some(one), Some(other)) => Known::Doubtful(Box::new(Known::value(one)), Box::new(Known::value(other)), "O16"),
    }
}

impl Organizational {
    fn id(&self, context: &Context) -> Known {
        match self {
            Self::Member(id, _) => Known::value(&**id),
            Self::None => Known::Absent,
            Self::NotIn(ids) => context.open(Known::NoneOf(ids.to_vec())),
            Self::Unknown => context.open(Known::UNKNOWN),
        }
    }

    /// K6, K7: one path, with a slash at its end and without the account.
    fn paths(&self, context: &Context) -> Known {
        match self {
            Self::Member(id, Some(path)) => Known::value(format!("{id}/{}/", path.join("/"))),
            Self::Member(_, None) => context.open(Known::PRESENT),
            Self::None => Known::Absent,
            Self::NotIn(ids) => context.open(Known::NoneOf(ids.to_vec())),
            Self::Unknown => context.open(Known::UNKNOWN),
        }
    }
}

/// What is known of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResourceView {
    /// What it is.
    pub kind: ResourceKind,
    /// The service whose actions it takes; for [`ResourceKind::None`] the service that is called.
    pub service: String,
    /// Its ARN; for a repository to be created, the ARN up to the name; empty for no resource.
    pub arn: String,
    /// The account that owns it; the caller's, where there is no resource.
    pub account: Option<AccountId>,
    /// Whether it is the caller's own, whoever calls: then `account` tells nothing.
    pub of_caller: bool,
    /// The owner's place.
    pub organization: Organizational,
    /// Its region, or the one that is called; `None` where that is not known.
    pub region: Option<String>,
    /// Its tags; `None` where the input does not tell.
    pub tags: Option<Tags>,
    /// What is known of keys that it has for itself: which boundary a user has, to which service a role is handed.
    pub keys: Vec<(&'static str, Known)>,
}

impl ResourceView {
    /// What the resource's keys hold (table K-G), `None` for keys that are not its own.
    #[must_use]
    pub fn known(&self, key: &str, context: &Context) -> Option<Known> {
        let owned = |known: Known| match self.kind {
            ResourceKind::None => or_absent(known),
            _ => known,
        };
        Some(match key {
            "aws:resourceaccount" => owned(match self.account {
                Some(account) => Known::value(account.as_str()),
                None => context.open(Known::UNKNOWN),
            }),
            "aws:resourceorgid" => owned(self.organization.id(context)),
            "aws:resourceorgpaths" => owned(self.organization.paths(context)),
            "aws:requestedregion" => self.requested_region(context),
            "iam:permissionsboundary" | "iam:passedtoservice" => match self.keys.iter().find(|(own, _)| *own == key) {
                Some((_, known)) => known.clone(),
                None if self.service == "iam" => context.open(Known::UNKNOWN),
                None => Known::Absent,
            },
            _ => {
                let (family, name) = resource_tag(key)?;
                return Some(self.tag(family, name, context));
            }
        })
    }

    /// D22, K47, K48.
    fn requested_region(&self, context: &Context) -> Known {
        match (self.service.as_str(), &self.region) {
            ("ecr-public", _) => {
                Known::Doubtful(Box::new(Known::value("us-east-1")), Box::new(either("us-east-1", "us-west-2")), "Z10")
            }
            (_, Some(region)) if !region.is_empty() => Known::value(region),
            ("iam", _) => Known::value("us-east-1"),
            // The global endpoint is one of many; every request is made in some region (K47).
            ("sts", _) => Known::Doubtful(Box::new(Known::value("us-east-1")), Box::new(Known::PRESENT), "Z10"),
            _ => context.open(Known::PRESENT),
        }
    }

    /// K38, K63 to K68, K79.
    fn tag(&self, family: &str, name: &str, context: &Context) -> Known {
        match self.kind {
            ResourceKind::NewRepository if matches!(family, "aws:" | "ecr:" | "ecr-public:") => {
                return context.open(Known::UNKNOWN);
            }
            ResourceKind::Repository => {}
            // Groups have no tags.
            entity if entity.is_entity() && entity != ResourceKind::Group => {}
            _ => return Known::Absent,
        }
        let own = match &self.tags {
            Some(tags) => find_tag(tags, name),
            None => context.open(Known::UNKNOWN),
        };
        match (family, self.service.as_str()) {
            ("aws:", _) | ("ecr:", "ecr") | ("ecr-public:", "ecr-public") => own,
            ("iam:", _) if self.kind.is_entity() => own,
            // K67: an example of the guide uses the key of the other service.
            ("ecr:", "ecr-public") if own != Known::Absent => {
                Known::Doubtful(Box::new(Known::Absent), Box::new(own), "K67")
            }
            _ => Known::Absent,
        }
    }
}

/// The key of the caller that tells what a key of the resource holds, where there is no resource (Z9).
pub(super) fn of_caller(key: &str) -> Option<&'static str> {
    match key {
        "aws:resourceaccount" => Some("aws:principalaccount"),
        "aws:resourceorgid" => Some("aws:principalorgid"),
        "aws:resourceorgpaths" => Some("aws:principalorgpaths"),
        _ => None,
    }
}

/// Z9: for an action without resource, the caller's own is followed; absent is the other reading.
pub(super) fn or_absent(known: Known) -> Known {
    Known::Doubtful(Box::new(known), Box::new(Known::Absent), "Z9")
}

/// The prefix and the name of the tag that a key asks of a resource: `aws:` and `team`. Tags of principals and
/// requests may have names that look like one.
pub(crate) fn resource_tag(key: &str) -> Option<(&str, &str)> {
    const FAMILY: &str = "resourcetag/";
    let colon = key.find(':')? + 1;
    let (head, name) = (key.get(colon..colon + FAMILY.len())?, key.get(colon + FAMILY.len()..)?);
    head.eq_ignore_ascii_case(FAMILY).then_some((&key[..colon], name))
}

/// What the keys of an action hold: those of the catalog, and those that no action of these services carries.
pub(super) fn action_key(action: &Action, key: &str, context: &Context) -> Known {
    if key == "sts:awsservicename" {
        return match action.name.as_str() {
            "GetServiceBearerToken" => Known::value("ecr-public.amazonaws.com"),
            _ => Known::Absent,
        };
    }
    let carried = match action.service.as_str() {
        "sts" => is_of_sts(key, &action.name),
        _ => action.keys.iter().any(|own| match own.strip_suffix('/') {
            Some(_) => key.starts_with(own.as_str()),
            None => key == own,
        }),
    };
    if carried {
        // K73: every session gets a name.
        return context.open(if key == "sts:rolesessionname" { Known::SessionName } else { Known::UNKNOWN });
    }
    Known::Absent
}

/// Whether a request of this action of STS may carry the key (K61, K71 to K78).
fn is_of_sts(key: &str, action: &str) -> bool {
    let assumes = action.starts_with("AssumeRole");
    match key {
        "sts:externalid" => action == "AssumeRole",
        "sts:rolesessionname" | "sts:roleauthorizedbyidp" | "sts:requestcontextproviders" => assumes,
        "sts:sourceidentity" => assumes || action == "SetSourceIdentity",
        "sts:transitivetagkeys" => assumes || ["TagSession", "GetFederationToken"].contains(&action),
        "sts:durationseconds" => ["GetServiceBearerToken", "GetWebIdentityToken"].contains(&action),
        "sts:taskpolicyarn" => action == "AssumeRoot",
        "sts:identitytokenaudience" | "sts:signingalgorithm" => action == "GetWebIdentityToken",
        "aws:tagkeys" => assumes || action == "TagSession",
        _ if key.starts_with("aws:requesttag/") => assumes || action == "TagSession",
        _ if key.starts_with("sts:requestcontext/") => assumes,
        _ => key.starts_with("sts:"),
    }
}

/// Keys of every request, whoever makes it (D27 to D40).
pub(super) fn request_key(key: &str, context: &Context) -> Known {
    match key {
        "aws:currenttime" | "aws:epochtime" => {
            if context.closed {
                Known::Absent
            } else {
                Known::NotBefore(context.now)
            }
        }
        // D23: the endpoints speak TLS only; a test for false is open by the uncertain rule K51.
        "aws:securetransport" => {
            Known::Doubtful(Box::new(Known::value("true")), Box::new(either("true", "false")), "K51")
        }
        "aws:useragent" | "aws:viaawsservice" => context.open(Known::PRESENT),
        "aws:ismcpserviceaction" => Known::Absent,
        _ if key.starts_with("aws:") => context.open(Known::UNKNOWN),
        _ => Known::Absent,
    }
}
