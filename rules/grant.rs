//! What the policies of principal, resource and endpoint grant.
//!
//! In one account the principal's side or the resource's is enough, across
//! accounts both are needed, and boundary and session policy limit as far as
//! AWS lets them. The organization and denies are still to come.
//!
//! Where a grant is there without a guard, its guarded twins say nothing new,
//! and rules leave them out.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]
#![expect(clippy::mutable_key_type, reason = "a table of guards is compared by its address alone")]

use crepe::crepe;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::{How, Layer, Way};
use crate::condition::Algebra;
use crate::ids::{AccountAtom, ActionAtom, GuardId, PrincipalAtom, ResourceAtom, StatementId};

crepe! {
    @input
    /// The table in which guards are joined.
    pub(crate) struct Joins<'a>(pub(crate) Algebra<'a>);

    @input
    /// The principal belongs to the account (A6).
    pub(crate) struct PrincipalIn(pub(crate) PrincipalAtom, pub(crate) AccountAtom);

    @input
    /// The resource belongs to the account (M27); for an action without resource, the caller's own (E22).
    pub(crate) struct ResourceIn(pub(crate) ResourceAtom, pub(crate) AccountAtom);

    @input
    /// The caller's own, whoever calls: an action without resource acts on the caller's account (E22).
    pub(crate) struct OfCaller(pub(crate) ResourceAtom);

    @input
    /// The principal is of this partition, or may be.
    pub(crate) struct PrincipalPartition(pub(crate) PrincipalAtom, pub(crate) u32);

    @input
    /// The resource is of this partition.
    pub(crate) struct ResourcePartition(pub(crate) ResourceAtom, pub(crate) u32);

    @input
    /// The action is performed on resources of this kind.
    pub(crate) struct Concerns(pub(crate) ActionAtom, pub(crate) ResourceAtom);

    @input
    /// Root users need no policy of their own (E26, E27).
    pub(crate) struct Root(pub(crate) PrincipalAtom);

    @input
    /// An AWS service under its own name.
    pub(crate) struct Service(pub(crate) PrincipalAtom);

    @input
    /// An identity provider whose users get a session of the role.
    pub(crate) struct Provider(pub(crate) PrincipalAtom);

    @input
    /// Nobody: an unsigned request.
    pub(crate) struct Unsigned(pub(crate) PrincipalAtom);

    @input
    /// The service answers unsigned requests (E29); the registries do not.
    pub(crate) struct TakesUnsigned(pub(crate) ActionAtom);

    @input
    /// A principal of an account that the input does not hold: its own side is unknown (E25).
    pub(crate) struct Outside(pub(crate) PrincipalAtom, pub(crate) GuardId);

    @input
    /// The action makes a session of a role: the trust policy must allow it in any case (E8, T2).
    pub(crate) struct TrustAction(pub(crate) ActionAtom);

    @input
    /// Whether the boundary limits a caller whose session, or everyone, the trust policy names: by one
    /// reading it does not (Z23).
    pub(crate) struct PerhapsUnbounded(pub(crate) ActionAtom, pub(crate) GuardId);

    @input
    /// The action is asked for with the token of an identity provider, and not signed (T18).
    pub(crate) struct ByToken(pub(crate) ActionAtom);

    @input
    /// The statement allows what it matches.
    pub(crate) struct Allows(pub(crate) StatementId);

    @input
    /// The statement is the policy's of the endpoint that the request comes through, not of the resource.
    pub(crate) struct OfEndpoint(pub(crate) StatementId);

    @input
    /// It has a policy of its own, and is asked about for those whom that names.
    pub(crate) struct Bears(pub(crate) ResourceAtom);

    @input
    /// What is said of the second holds for the first: itself, and what it is to those whom its own policy does not
    /// name.
    pub(crate) struct Like(pub(crate) ResourceAtom, pub(crate) ResourceAtom);

    @input
    /// The statement matches the action on the resource.
    pub(crate) struct Matches(
        pub(crate) StatementId,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );

    @input
    /// The statement of the principal's own policies, at this layer, counts for it.
    pub(crate) struct Counts(
        pub(crate) Layer,
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) GuardId,
    );

    @input
    /// The statement of a resource or endpoint policy is about the principal, and names it in this way.
    pub(crate) struct Named(
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) How,
        pub(crate) GuardId,
    );

    @input
    /// A statement of the resource's own policy that names few names the principal.
    pub(crate) struct Faces(pub(crate) PrincipalAtom, pub(crate) ResourceAtom);

    @input
    /// A boundary limits the principal.
    pub(crate) struct Confined(pub(crate) PrincipalAtom);

    @input
    /// A session policy limits the principal.
    pub(crate) struct Limited(pub(crate) PrincipalAtom);

    @input
    /// The policy of an endpoint counts for the principal.
    pub(crate) struct Enters(pub(crate) PrincipalAtom);

    struct Same(PrincipalAtom, ResourceAtom);
    Same(principal, resource) <-
        ResourceIn(resource, account),
        !Bears(resource),
        PrincipalIn(principal, account);
    Same(principal, resource) <-
        Faces(principal, resource),
        PrincipalIn(principal, account),
        ResourceIn(resource, account);
    // E22. What is the caller's own is never of another account.
    Same(principal, resource) <-
        OfCaller(resource),
        PrincipalIn(principal, _);

    // E5, L2, L7: an Allow statement grants, at its own layer, all that it matches.
    // The layer says yes whenever the guard holds.
    struct Grants(Layer, PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    Grants(layer, principal, action, resource, algebra.both(first, second)) <-
        Allows(statement),
        Counts(layer, statement, principal, first),
        Same(principal, resource),
        Like(resource, like),
        Matches(statement, action, like, second),
        Joins(algebra);
    // E18. Across accounts it matters only where the resource's policy grants too: that comes first,
    // for it is by far the narrower.
    Grants(layer, principal, action, resource, algebra.both(first, second)) <-
        GrantedFromOutside(principal, action, resource),
        Counts(layer, statement, principal, first),
        Allows(statement),
        Like(resource, like),
        Matches(statement, action, like, second),
        Joins(algebra);
    @output
    /// The resource policy says yes to a principal of another account.
    pub(crate) struct GrantedFromOutside(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
    );
    GrantedFromOutside(principal, action, resource) <-
        Granted(principal, action, resource, _, _),
        // Another account than the resource's.
        !Same(principal, resource);

    @output
    /// The resource policy says yes, naming the principal in this way.
    pub(crate) struct Granted(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) How,
        pub(crate) GuardId,
    );
    // A7, A22. It names the principal in every way in which an entry matches.
    Granted(principal, action, resource, how, algebra.both(first, second)) <-
        Allows(statement),
        // A statement of the resource's own policy.
        !OfEndpoint(statement),
        Named(statement, principal, how, first),
        Matches(statement, action, resource, second),
        Joins(algebra);
    // To those whom some statement names alone, the others of the policy grant as well.
    Granted(principal, action, resource, how, algebra.both(first, second)) <-
        Faces(principal, resource),
        Like(resource, like),
        (like != resource),
        Named(statement, principal, how, first),
        Allows(statement),
        // A statement of the resource's own policy.
        !OfEndpoint(statement),
        Matches(statement, action, like, second),
        Joins(algebra);

    @output
    /// The principal's own side says yes, whatever limits there are.
    pub(crate) struct Own(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );
    struct OwnSurely(PrincipalAtom, ActionAtom, ResourceAtom);
    // E5. One Allow in any policy of the identity layer is enough.
    OwnSurely(principal, action, resource) <-
        Grants(Layer::Identity, principal, action, resource, GuardId::ALWAYS);
    // E26, E27. The root user needs no policy; T8: it cannot assume a role.
    OwnSurely(principal, action, resource) <-
        Root(principal),
        Same(principal, resource),
        Concerns(action, resource),
        // Not one of the actions that assume a role.
        !TrustAction(action);
    OwnSurely(principal, action, resource) <-
        Root(principal),
        GrantedFromOutside(principal, action, resource),
        // Not one of the actions that assume a role.
        !TrustAction(action);
    Own(principal, action, resource, GuardId::ALWAYS) <-
        OwnSurely(principal, action, resource);
    Own(principal, action, resource, guard) <-
        Grants(Layer::Identity, principal, action, resource, guard),
        // No grant without a guard: that one would say it all.
        !OwnSurely(principal, action, resource);
    // E25. Nobody can see what an account outside the input allows its own.
    Own(principal, action, resource, guard) <-
        Outside(principal, guard),
        Same(principal, resource),
        Concerns(action, resource);
    Own(principal, action, resource, guard) <-
        Outside(principal, guard),
        GrantedFromOutside(principal, action, resource);

    // L2. What is granted and inside the boundary, if a session's policy limits it as well.
    struct Within(PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    Within(principal, action, resource, algebra.both(first, second)) <-
        Limited(principal),
        Confined(principal),
        Own(principal, action, resource, first),
        Grants(Layer::Boundary, principal, action, resource, second),
        Joins(algebra);
    Within(principal, action, resource, guard) <-
        Limited(principal),
        // No boundary is set.
        !Confined(principal),
        Own(principal, action, resource, guard);

    // The principal's own side says yes: identity, boundary and session together (E9).
    struct Side(PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    Side(principal, action, resource, guard) <-
        Own(principal, action, resource, guard),
        // No boundary is set.
        !Confined(principal),
        // L8. No session policy was passed.
        !Limited(principal);
    // L2. What is granted and inside the boundary.
    Side(principal, action, resource, algebra.both(first, second)) <-
        Confined(principal),
        !Limited(principal),
        Own(principal, action, resource, first),
        Grants(Layer::Boundary, principal, action, resource, second),
        Joins(algebra);
    // L7. What is granted and inside the session's policy.
    Side(principal, action, resource, algebra.both(first, second)) <-
        Within(principal, action, resource, first),
        Grants(Layer::Session, principal, action, resource, second),
        Joins(algebra);

    @output
    /// The policies of principal and resource together say yes; organization and denies are still to come.
    pub(crate) struct Candidate(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) Way,
        pub(crate) GuardId,
    );
    // E7. In one account the principal's own side is enough...
    Candidate(principal, action, resource, Way::Identity, guard) <-
        Side(principal, action, resource, guard),
        Same(principal, resource),
        // T2. ...but not for assuming a role.
        !TrustAction(action);

    // E12. So is a resource policy that names the user, the session, or everyone.
    Candidate(principal, action, resource, Way::Named, guard) <-
        Granted(principal, action, resource, how, guard),
        (matches!(how, How::User | How::Session | How::Everyone)),
        Same(principal, resource),
        // T6. Assuming a role is limited by the boundary as well.
        !TrustAction(action);

    // E12. A grant to the role of a session, or to the user of a federated session, is within its boundary...
    struct GrantedWithin(PrincipalAtom, ActionAtom, ResourceAtom, How, GuardId);
    GrantedWithin(principal, action, resource, how, guard) <-
        Granted(principal, action, resource, how, guard),
        // No boundary is set.
        !Confined(principal);
    GrantedWithin(principal, action, resource, how, algebra.both(first, second)) <-
        Granted(principal, action, resource, how, first),
        Confined(principal),
        Grants(Layer::Boundary, principal, action, resource, second),
        Joins(algebra);
    // ...and within its session policy.
    struct GrantedInLimits(PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    GrantedInLimits(principal, action, resource, guard) <-
        GrantedWithin(principal, action, resource, how, guard),
        (matches!(how, How::Role | How::UserOfSession)),
        // No session policy was passed.
        !Limited(principal);
    GrantedInLimits(principal, action, resource, algebra.both(first, second)) <-
        GrantedWithin(principal, action, resource, how, first),
        (matches!(how, How::Role | How::UserOfSession)),
        Limited(principal),
        Grants(Layer::Session, principal, action, resource, second),
        Joins(algebra);
    Candidate(principal, action, resource, Way::NamedRole, guard) <-
        GrantedInLimits(principal, action, resource, guard),
        Same(principal, resource),
        // T18. Nobody signs a request with a provider's token.
        !ByToken(action),
        // T8. Root users cannot assume roles; for them there is no role to name either.
        !Root(principal);

    // T3, T6. A trust policy that names the caller or everyone is enough, within the caller's boundary.
    Candidate(principal, action, resource, Way::Trusted, guard) <-
        TrustAction(action),
        // T18. Nobody signs a request with a provider's token.
        !ByToken(action),
        GrantedWithin(principal, action, resource, how, guard),
        (matches!(how, How::User | How::Session | How::Everyone)),
        Same(principal, resource),
        // T8. Root users cannot assume roles.
        !Root(principal);

    // Z23. By another reading the boundary does not limit a session or everyone that it names.
    Candidate(principal, action, resource, Way::Trusted, algebra.both(doubt, guard)) <-
        PerhapsUnbounded(action, doubt),
        Granted(principal, action, resource, how, guard),
        (matches!(how, How::Session | How::Everyone)),
        Confined(principal),
        Same(principal, resource),
        Joins(algebra);

    // T4. A trust policy that names the account leaves it to the caller's own policies.
    Candidate(principal, action, resource, Way::TrustedAccount, algebra.both(first, second)) <-
        TrustAction(action),
        // T18. Nobody signs a request with a provider's token.
        !ByToken(action),
        Granted(principal, action, resource, How::Account, first),
        Same(principal, resource),
        Side(principal, action, resource, second),
        Joins(algebra);

    // E18, E19, T5. Both sides must allow, however the principal is named.
    Candidate(principal, action, resource, Way::BothSides, algebra.both(first, second)) <-
        Granted(principal, action, resource, _, first),
        // T18. Nobody signs a request with a provider's token.
        !ByToken(action),
        // Another account than the resource's.
        !Same(principal, resource),
        // E24. There is no way from one partition to another.
        PrincipalPartition(principal, partition),
        ResourcePartition(resource, partition),
        Side(principal, action, resource, second),
        Joins(algebra);

    // E28. A service needs the resource policy alone.
    Candidate(principal, action, resource, Way::Service, guard) <-
        Service(principal),
        Granted(principal, action, resource, how, guard),
        (matches!(how, How::Service | How::Everyone)),
        // T18. Nobody signs a request with a provider's token.
        !ByToken(action);

    // E29. Unsigned requests too, where the service takes them.
    Candidate(principal, action, resource, Way::Unsigned, guard) <-
        Unsigned(principal),
        TakesUnsigned(action),
        Granted(principal, action, resource, How::Everyone, guard);

    // T18. So do the users of an identity provider, with its token.
    Candidate(principal, action, resource, Way::Federated, guard) <-
        Provider(principal),
        ByToken(action),
        Granted(principal, action, resource, How::Federated, guard);

    @output
    /// The policy of the endpoint, if there is one, lets it pass too.
    pub(crate) struct Arrived(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );
    // L29. Through an endpoint, its policy must allow too.
    Arrived(principal, action, resource, algebra.both(first, algebra.both(second, third))) <-
        Candidate(principal, action, resource, _, first),
        Enters(principal),
        OfEndpoint(statement),
        Allows(statement),
        Named(statement, principal, _, second),
        Like(resource, like),
        Matches(statement, action, like, third),
        Joins(algebra);
    Arrived(principal, action, resource, guard) <-
        Candidate(principal, action, resource, _, guard),
        // Not through an endpoint with a policy.
        !Enters(principal);
}

/// What the policies grant.
#[derive(Default)]
pub(crate) struct Derived {
    pub(crate) candidates: FxHashSet<Candidate>,
    pub(crate) arrived: FxHashSet<Arrived>,
}

/// What each side grants by itself.
pub(crate) struct Sides {
    pub(crate) from_outside: FxHashSet<GrantedFromOutside>,
    pub(crate) granted: FxHashSet<Granted>,
    pub(crate) own: FxHashSet<Own>,
}

/// Runs the program over the facts that `feed` puts in.
pub(crate) fn run<'a>(feed: impl FnOnce(&mut Crepe<'a>)) -> (Derived, Sides) {
    let mut program = Crepe::new();
    feed(&mut program);
    let (from_outside, granted, own, candidates, arrived) = program.run_with_hasher::<FxBuildHasher>();
    (Derived { candidates, arrived }, Sides { from_outside, granted, own })
}
