//! The program: what authorization *means*, as Datalog.
//!
//! Lowering hands over what statements say; these rules state what follows,
//! one sentence of AWS's evaluation logic at a time, under the number by which
//! the project's reference cites it. They see ids only: no ARN, no JSON, no
//! request. Columns keep one order: layer, statement, principal, action,
//! resource, guard.
//!
//! Silence is not a tuple. An implicit deny is a grant that is missing.

pub(crate) mod assumption;
pub(crate) mod authorization;
pub(crate) mod capability;
pub(crate) mod denial;
pub(crate) mod escalation;
pub mod finding;
pub(crate) mod grant;
pub(crate) mod invitation;
pub(crate) mod layer;
pub(crate) mod limit;
pub(crate) mod organization;
pub(crate) mod saying;
pub(crate) mod statement;

/// Where a statement is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Policies of a user, its groups, or a role.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// Policies passed when the session was made.
    Session,
}

/// Which kind of organization policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Control {
    /// Service control policies limit principals of an account.
    Service,
    /// Resource control policies limit access to an account's resources.
    Resource,
}

/// What grants nothing, and must let a request pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// The permissions boundary.
    Boundary,
    /// The policies passed when the session was made.
    Session,
    /// The policy of the endpoint that the request comes through.
    Endpoint,
    /// A level of the organization, the root being 0.
    Level(Control, u32),
}

/// Where a statement hangs that is about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Attached {
    /// In a policy of the principal's own.
    Layer(Layer),
    /// In a policy of the resource, which names the principal in this way.
    Named(How),
    /// At a level of the organization, the root being 0.
    Level(Control, u32),
}

/// What says yes or nothing by itself: all policies of a type that count for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Voice {
    /// Those of the principal's own.
    Own(Layer),
    /// The repository's own policy.
    Repository,
    /// The policy of the registry that it is in.
    Registry,
    /// Those of the organization.
    Organization(Control),
}

/// How a resource policy's statement names a principal (A21).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// By its own user ARN.
    User,
    /// By its own session ARN.
    Session,
    /// By the ARN of the session's role.
    Role,
    /// By the user whose federated session it is.
    UserOfSession,
    /// By its account.
    Account,
    /// By `*`.
    Everyone,
    /// By the name of the AWS service.
    Service,
    /// By the identity provider (trust policies).
    Federated,
}

/// By which sentence a request would be permitted, before denies and organization policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// E7, E9: the principal's own policies, in the same account.
    Identity,
    /// E12: a resource policy that names the user or session itself, or everyone.
    Named,
    /// E12: a resource policy that names the role, within boundary and session policy.
    NamedRole,
    /// T3, T6: a trust policy that names the caller itself, within its boundary.
    Trusted,
    /// T4: a trust policy that names the account, and the caller's own policies.
    TrustedAccount,
    /// E18, T5: both accounts allow it.
    BothSides,
    /// E28: the resource policy names the service.
    Service,
    /// E29: the resource policy allows everyone, and the service takes unsigned requests.
    Unsigned,
    /// T18: the trust policy names the identity provider.
    Federated,
}

impl Way {
    /// The number of the sentence.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::Identity => "E7",
            Self::Named | Self::NamedRole => "E12",
            Self::Trusted => "T3",
            Self::TrustedAccount => "T4",
            Self::BothSides => "E18",
            Self::Service => "E28",
            Self::Unsigned => "E29",
            Self::Federated => "T18",
        }
    }
}
