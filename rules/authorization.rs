//! Who is allowed what, on which resource.
//!
//! The facts say which statements apply to whom, which actions and resources
//! they match, and under which guard; the rules say what AWS makes of that:
//! denies first, then identity, boundary, session and resource policies within
//! an account and across accounts, then the organization's policies level by
//! level. The result is, for each principal, action and resource, the guards
//! that permit and the guards that block.
//!
//! A guard is joined with another by `algebra.both`; `GuardId::ALWAYS` asks for
//! nothing. Where a grant is there without a guard, its guarded twins say
//! nothing new, and rules leave them out.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]
#![expect(clippy::mutable_key_type, reason = "a table of guards is compared by its address alone")]

use crepe::crepe;

use super::{Control, How, Layer, Way};
use crate::condition::Algebra;
use crate::ids::{AccountAtom, ActionAtom, GuardId, PrincipalAtom, ResourceAtom, StatementId};

crepe! {
    // --- facts: the world ---

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
    /// The action needs no permission (T25, T26).
    pub(crate) struct Unconditional(pub(crate) ActionAtom);

    @input
    /// Resource control policies govern the action by one reading only (L23, Z11): it has no resource.
    pub(crate) struct PerhapsControlled(pub(crate) ActionAtom, pub(crate) GuardId);

    @input
    /// A principal of an account that the input does not hold: its own side is unknown (E25).
    pub(crate) struct Outside(pub(crate) PrincipalAtom, pub(crate) GuardId);

    @input
    /// A service-linked role, which organization policies do not touch (E30).
    pub(crate) struct Exempt(pub(crate) PrincipalAtom);

    @input
    /// A boundary is set (L1).
    pub(crate) struct Bounded(pub(crate) PrincipalAtom);

    @input
    /// A session policy was passed, or the session cannot be without one (L8, E31).
    pub(crate) struct InSession(pub(crate) PrincipalAtom);

    @input
    /// The request comes through a VPC endpoint with a policy (L29).
    pub(crate) struct ThroughEndpoint(pub(crate) PrincipalAtom);

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
    /// Organization policies do not touch this account's principals and resources (L11, L21).
    pub(crate) struct Management(pub(crate) AccountAtom);

    @input
    /// So many levels of the organization stand above the account where this type of policy is enabled (L12, L16).
    pub(crate) struct Levels(pub(crate) Control, pub(crate) AccountAtom, pub(crate) u32);

    @input
    /// Resource control policies govern the action (L22, L23).
    pub(crate) struct ResourceControlled(pub(crate) ActionAtom);

    @input
    /// A cell to look at even if nothing allows it.
    pub(crate) struct Asked(pub(crate) PrincipalAtom, pub(crate) ActionAtom, pub(crate) ResourceAtom);

    // --- facts: the statements ---

    @input
    /// The statement allows what it matches.
    pub(crate) struct Allows(pub(crate) StatementId);

    @input
    /// The statement denies what it matches.
    pub(crate) struct Denies(pub(crate) StatementId);

    @input
    /// The statement, attached at this layer, applies to the principal, as far as its conditions go
    /// that look at the principal or the request.
    pub(crate) struct Applies(
        pub(crate) Layer,
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) GuardId,
    );

    @input
    /// The statement is the policy's of the endpoint that the request comes through, not of the resource.
    pub(crate) struct OfEndpoint(pub(crate) StatementId);

    @input
    /// The resource policy's statement names the principal in this way (A21).
    pub(crate) struct Names(
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) How,
        pub(crate) GuardId,
    );

    @input
    /// The statement is about everyone but those listed, and spares this principal by being listed (A28).
    pub(crate) struct Spares(pub(crate) StatementId, pub(crate) PrincipalAtom);

    @input
    /// The statement is about everyone but those listed; its conditions hold for the principal under the guard.
    pub(crate) struct Excepts(pub(crate) StatementId, pub(crate) PrincipalAtom, pub(crate) GuardId);

    @input
    /// The statement's action element matches (M1 to M10), and its conditions on the action hold.
    pub(crate) struct ActsOn(pub(crate) StatementId, pub(crate) ActionAtom, pub(crate) GuardId);

    @input
    /// The statement's resource element matches (M11 to M27), and its conditions on the resource hold.
    pub(crate) struct Reaches(pub(crate) StatementId, pub(crate) ResourceAtom, pub(crate) GuardId);

    @input
    /// The organization policy's statement is attached at this level above the account, the root being 0.
    pub(crate) struct AttachedAt(
        pub(crate) Control,
        pub(crate) StatementId,
        pub(crate) u32,
        pub(crate) AccountAtom,
    );

    // --- the statements, put together ---

    // M24, C1. A statement matches an action on a resource when both of its elements do.
    struct Matches(StatementId, ActionAtom, ResourceAtom, GuardId);
    Matches(statement, action, resource, algebra.both(first, second)) <-
        ActsOn(statement, action, first),
        Reaches(statement, resource, second),
        Concerns(action, resource),
        Joins(algebra);

    struct Passes(PrincipalAtom, Layer);
    // E34. Policies of a principal's own count for whoever has some: not for root users (E26), nor
    // for services (E28), nor for those who sign with no identity of an account.
    Passes(principal, Layer::Identity) <- HasPolicies(principal);
    Passes(principal, Layer::Boundary) <- HasPolicies(principal);
    Passes(principal, Layer::Session) <- HasPolicies(principal);
    struct HasPolicies(PrincipalAtom);
    HasPolicies(principal) <-
        PrincipalIn(principal, _),
        !Root(principal),
        !Service(principal),
        !Provider(principal),
        !Unsigned(principal);
    // L1. A boundary limits whoever has policies of its own...
    struct Confined(PrincipalAtom);
    Confined(principal) <- Bounded(principal), HasPolicies(principal);
    // L6. ...and so does a session policy.
    struct Limited(PrincipalAtom);
    Limited(principal) <- InSession(principal), HasPolicies(principal);
    // L29. The policy of an endpoint counts for whoever comes through it; services do not.
    struct Enters(PrincipalAtom);
    Enters(principal) <- ThroughEndpoint(principal), !Service(principal);

    // E5, L2, L7: an Allow statement grants, at its own layer, all that it matches.
    // The layer says yes whenever the guard holds.
    struct Grants(Layer, PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    Grants(layer, principal, action, resource, algebra.both(first, second)) <-
        Allows(statement),
        Applies(layer, statement, principal, first),
        Passes(principal, layer),
        Same(principal, resource),
        Matches(statement, action, resource, second),
        Joins(algebra);
    // E18. Across accounts it matters only where the resource's policy grants too: that comes first,
    // for it is by far the narrower.
    Grants(layer, principal, action, resource, algebra.both(first, second)) <-
        GrantedFromOutside(principal, action, resource),
        Applies(layer, statement, principal, first),
        Allows(statement),
        Passes(principal, layer),
        Matches(statement, action, resource, second),
        Joins(algebra);
    struct GrantedFromOutside(PrincipalAtom, ActionAtom, ResourceAtom);
    GrantedFromOutside(principal, action, resource) <-
        Granted(principal, action, resource, _, _),
        // Another account than the resource's.
        !Same(principal, resource);

    // A28, A29. Everyone who is not listed is named, and in the way of `*`.
    struct Named(StatementId, PrincipalAtom, How, GuardId);
    Named(statement, principal, how, guard) <-
        Names(statement, principal, how, guard);
    Named(statement, principal, How::Everyone, guard) <-
        Excepts(statement, principal, guard),
        // Not listed.
        !Spares(statement, principal);
    // A30. A principal with a boundary is denied whatever is listed.
    Named(statement, principal, How::Everyone, guard) <-
        Excepts(statement, principal, guard),
        Denies(statement),
        Confined(principal);

    // The resource policy says yes, naming the principal in this way.
    struct Granted(PrincipalAtom, ActionAtom, ResourceAtom, How, GuardId);
    // A7, A22. It names the principal in every way in which an entry matches.
    Granted(principal, action, resource, how, algebra.both(first, second)) <-
        Allows(statement),
        // A statement of the resource's own policy.
        !OfEndpoint(statement),
        Named(statement, principal, how, first),
        Matches(statement, action, resource, second),
        Joins(algebra);

    // --- the principal's own side ---

    struct Own(PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
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

    struct Within(PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    // L2. What is granted and inside the boundary.
    Within(principal, action, resource, algebra.both(first, second)) <-
        Own(principal, action, resource, first),
        Confined(principal),
        Grants(Layer::Boundary, principal, action, resource, second),
        Joins(algebra);
    Within(principal, action, resource, guard) <-
        Own(principal, action, resource, guard),
        // No boundary is set.
        !Confined(principal);

    // The principal's own side says yes: identity, boundary and session together (E9).
    struct Side(PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    // L7. What is granted and inside the session's policy.
    Side(principal, action, resource, algebra.both(first, second)) <-
        Within(principal, action, resource, first),
        Limited(principal),
        Grants(Layer::Session, principal, action, resource, second),
        Joins(algebra);
    Side(principal, action, resource, guard) <-
        Within(principal, action, resource, guard),
        // L8. No session policy was passed.
        !Limited(principal);

    // --- same account ---

    struct Same(PrincipalAtom, ResourceAtom);
    Same(principal, resource) <-
        ResourceIn(resource, account),
        PrincipalIn(principal, account);
    // E22. What is the caller's own is never of another account.
    Same(principal, resource) <-
        OfCaller(resource),
        PrincipalIn(principal, _);

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

    // --- other account ---

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

    // --- those without a side of their own ---

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

    // --- the endpoint ---

    struct Arrived(PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    // L29. Through an endpoint, its policy must allow too.
    Arrived(principal, action, resource, algebra.both(first, algebra.both(second, third))) <-
        Candidate(principal, action, resource, _, first),
        Enters(principal),
        OfEndpoint(statement),
        Allows(statement),
        Named(statement, principal, _, second),
        Matches(statement, action, resource, third),
        Joins(algebra);
    Arrived(principal, action, resource, guard) <-
        Candidate(principal, action, resource, _, guard),
        // Not through an endpoint with a policy.
        !Enters(principal);

    // --- service control policies: every level above the principal's account ---

    struct Height(PrincipalAtom, AccountAtom, u32);
    // L10. They limit the principals of member accounts...
    Height(principal, account, levels) <-
        PrincipalIn(principal, account),
        Levels(Control::Service, account, levels),
        // L11. ...but not those of the management account...
        !Management(account),
        // ...nor service-linked roles.
        !Exempt(principal);
    struct Governed(PrincipalAtom);
    Governed(principal) <- Height(principal, _, _);

    // E6. At one level, one Allow in any policy is enough.
    // The level says yes.
    struct LevelGrants(Control, AccountAtom, u32, PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    LevelGrants(Control::Service, account, level, principal, action, resource, algebra.both(first, second)) <-
        Arrived(principal, action, resource, _),
        Height(principal, account, _),
        AttachedAt(Control::Service, statement, level, account),
        Allows(statement),
        Touches(statement, principal, first),
        Matches(statement, action, resource, second),
        Joins(algebra);

    @input
    /// The organization policy's conditions on principal and request hold for the principal under the guard.
    pub(crate) struct Touches(pub(crate) StatementId, pub(crate) PrincipalAtom, pub(crate) GuardId);

    struct LevelGrantsSurely(Control, AccountAtom, u32, PrincipalAtom, ActionAtom, ResourceAtom);
    LevelGrantsSurely(control, account, level, principal, action, resource) <-
        LevelGrants(control, account, level, principal, action, resource, GuardId::ALWAYS);

    // L12, L14. Every level must allow: the root, each unit, the account. `Climbed` has passed so many of them.
    struct Climbed(PrincipalAtom, ActionAtom, ResourceAtom, u32, GuardId);
    Climbed(principal, action, resource, 0, guard) <-
        Arrived(principal, action, resource, guard),
        Governed(principal);
    Climbed(principal, action, resource, level + 1, guard) <-
        Climbed(principal, action, resource, level, guard),
        Height(principal, account, _),
        LevelGrantsSurely(Control::Service, account, level, principal, action, resource);
    Climbed(principal, action, resource, level + 1, algebra.both(first, second)) <-
        Climbed(principal, action, resource, level, first),
        Height(principal, account, _),
        LevelGrants(Control::Service, account, level, principal, action, resource, second),
        // No grant of the level without a guard: that one would say it all.
        !LevelGrantsSurely(Control::Service, account, level, principal, action, resource),
        Joins(algebra);

    // The service control policies let it pass.
    struct Cleared(PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    Cleared(principal, action, resource, guard) <-
        Climbed(principal, action, resource, levels, guard),
        Height(principal, _, levels);
    // L11, L16. Whom they do not govern they do not stop.
    Cleared(principal, action, resource, guard) <-
        Arrived(principal, action, resource, guard),
        !Governed(principal);

    // --- resource control policies: every level above the resource's account ---

    struct Guarded(ActionAtom, ResourceAtom, AccountAtom, u32);
    // L20. They limit access to resources of member accounts, by anyone...
    Guarded(action, resource, account, levels) <-
        ResourceControlled(action),
        Concerns(action, resource),
        ResourceIn(resource, account),
        Levels(Control::Resource, account, levels),
        // L21. ...but not of the management account.
        !Management(account);

    struct OwnerGoverns(PrincipalAtom, ActionAtom, ResourceAtom, AccountAtom, u32);
    OwnerGoverns(principal, action, resource, account, levels) <-
        Relevant(principal, action, resource),
        Guarded(action, resource, account, levels),
        // L21. Calls of service-linked roles pass.
        !Exempt(principal);
    struct OwnerGoverned(PrincipalAtom, ActionAtom, ResourceAtom);
    OwnerGoverned(principal, action, resource) <- OwnerGoverns(principal, action, resource, _, _);

    LevelGrants(Control::Resource, account, level, principal, action, resource, algebra.both(first, second)) <-
        OwnerGoverns(principal, action, resource, account, _),
        AttachedAt(Control::Resource, statement, level, account),
        Allows(statement),
        Touches(statement, principal, first),
        Matches(statement, action, resource, second),
        Joins(algebra);

    // L25. As L12, on the side of the resource.
    struct Descended(PrincipalAtom, ActionAtom, ResourceAtom, u32, GuardId);
    Descended(principal, action, resource, 0, guard) <-
        Cleared(principal, action, resource, guard),
        OwnerGoverned(principal, action, resource);
    Descended(principal, action, resource, level + 1, guard) <-
        Descended(principal, action, resource, level, guard),
        OwnerGoverns(principal, action, resource, account, _),
        LevelGrantsSurely(Control::Resource, account, level, principal, action, resource);
    Descended(principal, action, resource, level + 1, algebra.both(first, second)) <-
        Descended(principal, action, resource, level, first),
        OwnerGoverns(principal, action, resource, account, _),
        LevelGrants(Control::Resource, account, level, principal, action, resource, second),
        // No grant of the level without a guard.
        !LevelGrantsSurely(Control::Resource, account, level, principal, action, resource),
        Joins(algebra);

    @output
    /// Everything that must allow does, whenever the guard holds.
    pub(crate) struct Permits(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );
    Permits(principal, action, resource, guard) <-
        Descended(principal, action, resource, levels, guard),
        OwnerGoverns(principal, action, resource, _, levels);
    Permits(principal, action, resource, guard) <-
        Cleared(principal, action, resource, guard),
        // L21, L22. No resource control policy governs the request.
        !OwnerGoverned(principal, action, resource);

    // --- denies ---

    // Only cells that something would allow, or that somebody asks about, are worth the search for denies.
    struct Relevant(PrincipalAtom, ActionAtom, ResourceAtom);
    Relevant(principal, action, resource) <- Candidate(principal, action, resource, _, _);
    Relevant(principal, action, resource) <- Asked(principal, action, resource);

    struct Forbids(PrincipalAtom, StatementId, GuardId);
    // E2, E4. A Deny in any layer that the request passes...
    Forbids(principal, statement, guard) <-
        Denies(statement),
        Applies(layer, statement, principal, guard),
        Passes(principal, layer);
    // A24, A25. ...in the resource policy, however it names the principal...
    Forbids(principal, statement, guard) <-
        Denies(statement),
        // A statement of the resource's own policy.
        !OfEndpoint(statement),
        Named(statement, principal, _, guard);
    // E4. ...in the policy of the endpoint that the request comes through...
    Forbids(principal, statement, guard) <-
        Denies(statement),
        OfEndpoint(statement),
        Named(statement, principal, _, guard),
        Enters(principal);
    // L13. ...or at any level of the organization above the principal's account.
    Forbids(principal, statement, guard) <-
        Denies(statement),
        AttachedAt(Control::Service, statement, _, account),
        Height(principal, account, _),
        Touches(statement, principal, guard);

    @output
    /// The statement says no whenever the guard holds.
    pub(crate) struct Blocks(
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );
    // E2. One applying Deny ends it.
    Blocks(statement, principal, action, resource, algebra.both(first, second)) <-
        Relevant(principal, action, resource),
        Forbids(principal, statement, first),
        Matches(statement, action, resource, second),
        Joins(algebra);
    // L25. So does one above the account of the resource.
    Blocks(statement, principal, action, resource, algebra.both(first, second)) <-
        OwnerGoverns(principal, action, resource, account, _),
        AttachedAt(Control::Resource, statement, _, account),
        Denies(statement),
        Touches(statement, principal, first),
        Matches(statement, action, resource, second),
        Joins(algebra);

    // L23. By another reading, one above the caller's own account stops an action without resource too.
    Blocks(statement, principal, action, resource, algebra.both(doubt, algebra.both(first, second))) <-
        PerhapsControlled(action, doubt),
        Relevant(principal, action, resource),
        ResourceIn(resource, account),
        Levels(Control::Resource, account, _),
        // L21. Neither the management account...
        !Management(account),
        // ...nor service-linked roles are touched.
        !Exempt(principal),
        AttachedAt(Control::Resource, statement, _, account),
        Denies(statement),
        Touches(statement, principal, first),
        Matches(statement, action, resource, second),
        Joins(algebra);

    struct Blocked(PrincipalAtom, ActionAtom, ResourceAtom);
    Blocked(principal, action, resource) <- Blocks(_, principal, action, resource, _);
    struct BlockedSurely(PrincipalAtom, ActionAtom, ResourceAtom);
    BlockedSurely(principal, action, resource) <- Blocks(_, principal, action, resource, GuardId::ALWAYS);

    // --- the three verdicts ---

    @output
    /// Allowed in every request.
    pub(crate) struct Certain(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
    );
    Certain(principal, action, resource) <-
        Permits(principal, action, resource, GuardId::ALWAYS),
        // No Deny applies in any request.
        !Blocked(principal, action, resource);

    // T25, T26. Some calls are answered whatever a policy says.
    Certain(principal, action, resource) <-
        Unconditional(action),
        Asked(principal, action, resource),
        // Signed by somebody.
        !Unsigned(principal);

    @output
    /// Perhaps allowed: whether the guards leave a request, the algebra of guards decides.
    pub(crate) struct Open(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
    );
    Open(principal, action, resource) <-
        Permits(principal, action, resource, _),
        // No Deny applies in every request...
        !BlockedSurely(principal, action, resource),
        // ...and it is not certain.
        !Certain(principal, action, resource);
}

/// What the rules derive of one shard.
pub(crate) struct Derived {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) permits: Vec<Permits>,
    pub(crate) blocks: Vec<Blocks>,
    pub(crate) certain: Vec<Certain>,
    pub(crate) open: Vec<Open>,
}

/// Runs the program over the facts that `feed` puts in.
pub(crate) fn run<'a>(feed: impl FnOnce(&mut Crepe<'a>)) -> Derived {
    let mut program = Crepe::new();
    feed(&mut program);
    let (candidates, permits, blocks, certain, open) = program.run_with_hasher::<rustc_hash::FxBuildHasher>();
    Derived {
        candidates: candidates.into_iter().collect(),
        permits: permits.into_iter().collect(),
        blocks: blocks.into_iter().collect(),
        certain: certain.into_iter().collect(),
        open: open.into_iter().collect(),
    }
}
