//! What deserves a look.
//!
//! Each program says of what it is told what is wrong with it, or what may be:
//! `document.rs` of what statements say, `access.rs` of who holds what,
//! `grant.rs` of what the two sides of a request say together; who can give
//! itself more, `../escalation.rs` says. Whether a finding
//! matters to somebody, and what to do about it, stands on its page.

pub(crate) mod access;
pub(crate) mod document;
pub(crate) mod grant;

use std::fmt;

macro_rules! findings {
    ($($(#[$doc:meta])* $name:ident $id:literal;)*) => {
        /// What was found; a page under `docs/findings/` says what it means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Finding {
            $($(#[$doc])* $name,)*
        }

        impl Finding {
            /// All of them, in the order in which they are listed.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name, which is that of its page.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }
        }
    };
}

findings! {
    /// Anyone, of whichever AWS account, can write, delete or administer.
    AnyoneWrites "anyone-writes";
    /// Anyone can, in some requests.
    AnyoneWritesSometimes "anyone-writes-sometimes";
    /// Somebody outside the organization can write, delete or administer.
    OutsiderWrites "outsider-writes";
    /// Somebody outside the organization can, in some requests.
    OutsiderWritesSometimes "outsider-writes-sometimes";
    /// Somebody can give itself more than it was given.
    GivesItselfMore "gives-itself-more";
    /// Somebody can, in some requests.
    GivesItselfMoreSometimes "gives-itself-more-sometimes";
    /// Somebody can hand a role to a service, and so have it work for itself.
    PassesRole "passes-role";
    /// Somebody can change the policy of a repository on which it may not do everything.
    ChangesRepositoryPolicy "changes-repository-policy";
    /// Who may upload gets no token for it.
    LacksToken "lacks-token";
    /// Some of the actions of a push are allowed, and not all.
    IncompletePush "incomplete-push";
    /// Some of the actions of a pull are allowed, and not all.
    IncompletePull "incomplete-pull";
    /// An action without resources is allowed on resources.
    TokenOnResource "token-on-resource";
    /// An action that only identity policies can give stands in a resource's policy.
    TokenInResourcePolicy "token-in-resource-policy";
    /// A resource's policy lets another account in, and nothing there uses it.
    OnlyResourceSide "only-resource-side";
    /// A policy allows something on another account's resource, whose policy does not.
    OnlyCallerSide "only-caller-side";
    /// Identity policy and resource policy allow the same, each by itself.
    GrantedTwice "granted-twice";
    /// Nothing is left of what a statement allows.
    CutToNothing "cut-to-nothing";
    /// A statement is about no resource that exists.
    MatchesNothing "matches-nothing";
    /// The conditions of a statement hold in no request.
    NeverHolds "never-holds";
    /// A condition holds in every request.
    AlwaysHolds "always-holds";
    /// Actions of the one registry stand in the policy of a repository of the other.
    WrongRegistry "wrong-registry";
    /// The ARN of a public repository has a region.
    RegionInPublicArn "region-in-public-arn";
    /// Public repositories are shut out by their region.
    RegionShutOut "region-shut-out";
    /// Pulling from a public repository is denied, which has no effect.
    PullDeniedOnPublic "pull-denied-on-public";
    /// A variable stands in a document of the old version, where it is plain text.
    VariableInOldVersion "variable-in-old-version";
    /// There is no such action.
    UnknownAction "unknown-action";
    /// There is no such condition key.
    UnknownKey "unknown-key";
    /// All are allowed but those who are listed.
    AllowNotPrincipal "allow-not-principal";
    /// All is allowed but what is listed.
    AllowNotAction "allow-not-action";
    /// What stands for a principal names nobody.
    MalformedPrincipal "malformed-principal";
    /// A principal that is gone is named.
    DeletedPrincipal "deleted-principal";
    /// A service is let in, for whomever it acts.
    ServiceWithoutSource "service-without-source";
    /// The input holds what AWS would reject, or what cannot be read.
    Rejected "rejected";
    /// The input holds what is probably not meant.
    Doubtful "doubtful";
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The part of a statement that a finding is about; parts are numbered from nought, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The statement.
    Whole,
    /// An entry of `Action` or `NotAction`.
    Action(u32),
    /// An entry of `Resource` or `NotResource`.
    Resource(u32),
    /// An entry of `Principal` or `NotPrincipal`.
    Principal(u32),
    /// A key under an operator.
    Condition(u32),
}
