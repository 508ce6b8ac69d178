//! What deserves a look in the statements themselves, whoever holds what.
//!
//! The facts say what stands in a statement, and on what its policy hangs. A
//! statement of a policy that hangs on things of several kinds is one of each.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]

use crepe::crepe;

use super::{Finding, Part};
use crate::ids::StatementId;

/// On what a policy hangs, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Site {
    /// On users, groups, roles.
    Identity,
    /// On users and roles, as a boundary.
    Boundary,
    /// On a role, as its trust policy.
    Trust,
    /// On a repository of a public registry.
    PublicRepository,
    /// On a repository of a private registry.
    PrivateRepository,
    /// On a private registry.
    Registry,
    /// Above accounts.
    Control,
}

/// Whose actions they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Service {
    /// Amazon ECR Public: `ecr-public:`.
    Public,
    /// Amazon ECR: `ecr:`.
    Private,
}

crepe! {
    @input
    /// The statement stands in a policy that hangs there.
    pub(crate) struct Stands(pub(crate) StatementId, pub(crate) Site);

    @input
    /// The statement allows.
    pub(crate) struct Allows(pub(crate) StatementId);

    @input
    /// The statement denies.
    pub(crate) struct Denies(pub(crate) StatementId);

    @input
    /// It is about all principals but those it lists.
    pub(crate) struct SparesListed(pub(crate) StatementId);

    @input
    /// It is about all actions but those it lists.
    pub(crate) struct LeavesListed(pub(crate) StatementId);

    @input
    /// The entry lists actions of one registry, and of nothing else.
    pub(crate) struct Lists(pub(crate) StatementId, pub(crate) u32, pub(crate) Service);

    @input
    /// The registry has an action that the entry means.
    pub(crate) struct Exists(pub(crate) StatementId, pub(crate) u32);

    @input
    /// The entry means actions that have no resource, and no others.
    pub(crate) struct WithoutResource(pub(crate) StatementId, pub(crate) u32);

    @input
    /// The entry names an action by which images are fetched.
    pub(crate) struct Fetches(pub(crate) StatementId, pub(crate) u32);

    @input
    /// The statement is about `*`, and so about what has no resource.
    pub(crate) struct OnEverything(pub(crate) StatementId);

    @input
    /// The entry is the ARN of something in a public registry, with a region.
    pub(crate) struct PublicInRegion(pub(crate) StatementId, pub(crate) u32);

    @input
    /// The entry matches no resource of the input, which holds all that it could match.
    pub(crate) struct Misses(pub(crate) StatementId, pub(crate) u32);

    @input
    /// The entry matches a resource, or one that the input may lack.
    pub(crate) struct Hits(pub(crate) StatementId);

    @input
    /// The entry means repositories of another account, all of whose policies are known.
    pub(crate) struct AimsElsewhere(pub(crate) StatementId, pub(crate) u32);

    @input
    /// The policy of one of them allows something of it to somebody on whom the statement hangs.
    pub(crate) struct Welcome(pub(crate) StatementId, pub(crate) u32);

    @input
    /// The statement has actions of public registries among those that it is about.
    pub(crate) struct CoversPublic(pub(crate) StatementId);

    @input
    /// Some entry lists actions of public registries by the name of their service.
    pub(crate) struct SaysPublic(pub(crate) StatementId);

    @input
    /// The condition on the region holds in the one region in which public registries are asked.
    pub(crate) struct HoldsThere(pub(crate) StatementId, pub(crate) u32);

    @input
    /// The condition on the region does not hold there.
    pub(crate) struct FailsThere(pub(crate) StatementId, pub(crate) u32);

    @input
    /// The document has the version in which variables are plain text.
    pub(crate) struct Old(pub(crate) StatementId);

    @input
    /// A variable stands here.
    pub(crate) struct Varies(pub(crate) StatementId, pub(crate) Part);

    @input
    /// The condition asks for a key of AWS or of a registry that there is not.
    pub(crate) struct AsksUnknown(pub(crate) StatementId, pub(crate) u32);

    @input
    /// The conditions together hold in no request.
    pub(crate) struct Contradicts(pub(crate) StatementId);

    @input
    /// The condition holds in every request.
    pub(crate) struct Idles(pub(crate) StatementId, pub(crate) u32);

    @input
    /// The entry is no principal, and names nobody.
    pub(crate) struct NamesNobody(pub(crate) StatementId, pub(crate) u32);

    @input
    /// The entry names somebody who is not in an account of which everybody is known.
    pub(crate) struct NamesGone(pub(crate) StatementId, pub(crate) u32);

    @input
    /// Whom of another account the entry names, nobody of them has policies that say anything of what the policy
    /// hangs on.
    pub(crate) struct Unattended(pub(crate) StatementId, pub(crate) u32);

    @input
    /// The entry names an AWS service that acts for its customers.
    pub(crate) struct NamesService(pub(crate) StatementId, pub(crate) u32);

    @input
    /// A condition asks for whom the service acts.
    pub(crate) struct AsksSource(pub(crate) StatementId);

    @output
    /// The statement deserves a look, for this, here.
    pub(crate) struct Finds(pub(crate) Finding, pub(crate) StatementId, pub(crate) Part);

    struct OnRepository(StatementId);
    OnRepository(statement) <- Stands(statement, Site::PublicRepository);
    OnRepository(statement) <- Stands(statement, Site::PrivateRepository);

    struct OnResource(StatementId);
    OnResource(statement) <- OnRepository(statement);
    OnResource(statement) <- Stands(statement, Site::Registry);

    struct Gives(StatementId);
    Gives(statement) <- Allows(statement), Stands(statement, Site::Identity);
    Gives(statement) <- Allows(statement), OnResource(statement);

    // R39. The policy of a public repository gives nothing by `ecr:`...
    struct Strays(StatementId, u32);
    Strays(statement, entry) <-
        Stands(statement, Site::PublicRepository),
        Lists(statement, entry, Service::Private);
    // M5. ...nor that of a private one by `ecr-public:`.
    Strays(statement, entry) <-
        Stands(statement, Site::PrivateRepository),
        Lists(statement, entry, Service::Public);
    Finds(Finding::WrongRegistry, statement, Part::Action(entry)) <- Strays(statement, entry);

    // R20. What is not among a registry's actions matches none of them.
    Finds(Finding::UnknownAction, statement, Part::Action(entry)) <-
        Lists(statement, entry, _),
        // It has no such action.
        !Exists(statement, entry),
        // The denying of a pull is told by itself.
        !Refuses(statement, entry),
        // That it stands in the wrong place is told by itself.
        !Strays(statement, entry);

    // R8. Pulling from a public repository cannot be denied.
    struct Refuses(StatementId, u32);
    Refuses(statement, entry) <-
        Stands(statement, Site::PublicRepository),
        Denies(statement),
        Fetches(statement, entry);
    Finds(Finding::PullDeniedOnPublic, statement, Part::Action(entry)) <-
        Refuses(statement, entry),
        // That it stands in the wrong place is told by itself.
        !Strays(statement, entry);

    // M19. An action without resource is matched by `*` alone.
    Finds(Finding::TokenOnResource, statement, Part::Action(entry)) <-
        Stands(statement, Site::Identity),
        Allows(statement),
        WithoutResource(statement, entry),
        !LeavesListed(statement),
        // No entry of Resource is `*`.
        !OnEverything(statement);

    // R16, Q5. Tokens come from identity policies.
    Finds(Finding::TokenInResourcePolicy, statement, Part::Action(entry)) <-
        OnRepository(statement),
        Allows(statement),
        WithoutResource(statement, entry),
        !LeavesListed(statement),
        // That it stands in the wrong place is told by itself.
        !Strays(statement, entry);

    // R3. ARNs of public registries have no region.
    Finds(Finding::RegionInPublicArn, statement, Part::Resource(entry)) <- PublicInRegion(statement, entry);

    // M27. What matches none of the resources does nothing.
    Finds(Finding::MatchesNothing, statement, Part::Whole) <-
        Misses(statement, _),
        // No other entry matches one.
        !Hits(statement);

    // E18. Across accounts the resource's policy must allow it too.
    Finds(Finding::OnlyCallerSide, statement, Part::Resource(entry)) <-
        Stands(statement, Site::Identity),
        Allows(statement),
        AimsElsewhere(statement, entry),
        // None of them does.
        !Welcome(statement, entry);

    // R5. Public registries are asked in us-east-1: what denies there, shuts them out...
    Finds(Finding::RegionShutOut, statement, Part::Condition(at)) <-
        Denies(statement),
        CoversPublic(statement),
        HoldsThere(statement, at);
    // R5. ...and what is allowed elsewhere only is allowed nowhere.
    Finds(Finding::RegionShutOut, statement, Part::Condition(at)) <-
        Gives(statement),
        SaysPublic(statement),
        FailsThere(statement, at);

    // V3. Variables are read in documents of the new version only.
    Finds(Finding::VariableInOldVersion, statement, part) <-
        Old(statement),
        Varies(statement, part);

    // O20. A key that no request has is absent from all of them.
    Finds(Finding::UnknownKey, statement, Part::Condition(at)) <- AsksUnknown(statement, at);

    // C1. All conditions must hold, and they cannot.
    Finds(Finding::NeverHolds, statement, Part::Whole) <-
        Contradicts(statement),
        // The region is told by itself.
        !RegionTold(statement);
    struct RegionTold(StatementId);
    RegionTold(statement) <-
        Gives(statement),
        SaysPublic(statement),
        FailsThere(statement, _);

    // C1. A condition that always holds asks for nothing.
    Finds(Finding::AlwaysHolds, statement, Part::Condition(at)) <- Idles(statement, at);

    // A31. Allow with NotPrincipal is open to all others.
    Finds(Finding::AllowNotPrincipal, statement, Part::Whole) <-
        Allows(statement),
        SparesListed(statement);

    // M6. Allow with NotAction gives what nobody thought of; what only limits does not.
    Finds(Finding::AllowNotAction, statement, Part::Whole) <-
        Gives(statement),
        LeavesListed(statement);

    // A15. What is no principal names nobody.
    Finds(Finding::MalformedPrincipal, statement, Part::Principal(entry)) <- NamesNobody(statement, entry);

    // A16. Who is gone is named to no avail, and may come back as somebody else.
    Finds(Finding::DeletedPrincipal, statement, Part::Principal(entry)) <- NamesGone(statement, entry);

    // E18. Across accounts the principal's own policies must allow it too.
    Finds(Finding::OnlyResourceSide, statement, Part::Principal(entry)) <-
        OnResource(statement),
        Allows(statement),
        Unattended(statement, entry),
        !SparesListed(statement);

    // F1. A service acts for whoever asks it.
    Finds(Finding::ServiceWithoutSource, statement, Part::Principal(entry)) <-
        OnResource(statement),
        Allows(statement),
        NamesService(statement, entry),
        !SparesListed(statement),
        // Nothing says for whom it may.
        !AsksSource(statement);
}

/// What deserves a look, by the facts that `feed` puts in; sorted.
pub(crate) fn run(feed: impl FnOnce(&mut Crepe)) -> Vec<(Finding, StatementId, Part)> {
    let mut program = Crepe::new();
    feed(&mut program);
    let (found,) = program.run_with_hasher::<rustc_hash::FxBuildHasher>();
    let mut found: Vec<_> =
        found.into_iter().map(|Finds(finding, statement, part)| (finding, statement, part)).collect();
    found.sort_unstable();
    found
}
