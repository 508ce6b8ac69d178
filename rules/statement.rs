//! What a statement is about, and whom it counts for.
//!
//! Elements are matched before the rules run; here they are put together: the
//! actions and resources of a statement, the principals whose policy it stands
//! in, and those whom the policy of a resource or an endpoint names.
//!
//! A guard is joined with another by `algebra.both`; `GuardId::ALWAYS` asks for
//! nothing.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]
#![expect(clippy::mutable_key_type, reason = "a table of guards is compared by its address alone")]

use crepe::crepe;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::{How, Layer};
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
    /// The resource belongs to the account (M27).
    pub(crate) struct ResourceIn(pub(crate) ResourceAtom, pub(crate) AccountAtom);

    @input
    /// The statement stands in the resource's own policy, and names so few that the resource is asked about for
    /// them alone; what it is to all others is another atom.
    pub(crate) struct Holds(pub(crate) StatementId, pub(crate) ResourceAtom);

    @input
    /// The action makes a session of a role.
    pub(crate) struct TrustAction(pub(crate) ActionAtom);

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
    /// A boundary is set (L1).
    pub(crate) struct Bounded(pub(crate) PrincipalAtom);

    @input
    /// A session policy was passed, or the session cannot be without one (L8, E31).
    pub(crate) struct InSession(pub(crate) PrincipalAtom);

    @input
    /// The request comes through a VPC endpoint with a policy (L29).
    pub(crate) struct ThroughEndpoint(pub(crate) PrincipalAtom);

    @input
    /// The action is performed on resources of this kind.
    pub(crate) struct Concerns(pub(crate) ActionAtom, pub(crate) ResourceAtom);

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

    @output
    /// The statement matches the action on the resource.
    pub(crate) struct Matches(
        pub(crate) StatementId,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );
    // M24, C1. A statement matches an action on a resource when both of its elements do.
    Matches(statement, action, resource, algebra.both(first, second)) <-
        ActsOn(statement, action, first),
        Reaches(statement, resource, second),
        Concerns(action, resource),
        Joins(algebra);

    struct HasPolicies(PrincipalAtom);
    HasPolicies(principal) <-
        PrincipalIn(principal, _),
        !Root(principal),
        !Service(principal),
        !Provider(principal),
        !Unsigned(principal);

    @output
    /// The statement of the principal's own policies, at this layer, counts for it.
    pub(crate) struct Counts(
        pub(crate) Layer,
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) GuardId,
    );
    // E34. Policies of a principal's own count for whoever has some: not for root users (E26), nor
    // for services (E28), nor for those who sign with no identity of an account.
    Counts(layer, statement, principal, guard) <-
        Applies(layer, statement, principal, guard),
        HasPolicies(principal);

    @output
    /// A boundary limits the principal.
    pub(crate) struct Confined(pub(crate) PrincipalAtom);
    // L1. A boundary limits whoever has policies of its own...
    Confined(principal) <- Bounded(principal), HasPolicies(principal);

    @output
    /// A session policy limits the principal.
    pub(crate) struct Limited(pub(crate) PrincipalAtom);
    // L6. ...and so does a session policy.
    Limited(principal) <- InSession(principal), HasPolicies(principal);

    @output
    /// The policy of an endpoint counts for the principal.
    pub(crate) struct Enters(pub(crate) PrincipalAtom);
    // L29. The policy of an endpoint counts for whoever comes through it; services do not.
    Enters(principal) <- ThroughEndpoint(principal), !Service(principal);

    @output
    /// The statement of a resource or endpoint policy is about the principal, and names it in this way.
    pub(crate) struct Named(
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) How,
        pub(crate) GuardId,
    );
    Named(statement, principal, how, guard) <-
        Names(statement, principal, how, guard),
        (how != How::Account);
    Named(statement, principal, How::Account, guard) <-
        Names(statement, principal, How::Account, guard),
        // Not one that adds nothing.
        !Idle(statement, principal);
    // E12. A grant to its own account leaves everything to the policies of its principals: it adds nothing...
    struct Idle(StatementId, PrincipalAtom);
    Idle(statement, principal) <-
        Names(statement, principal, How::Account, _),
        !Denies(statement),
        Holds(statement, resource),
        // T4. ...but in a role's trust policy, without which those allow nothing.
        !Trusting(resource),
        PrincipalIn(principal, account),
        ResourceIn(resource, account);
    struct Trusting(ResourceAtom);
    Trusting(resource) <- TrustAction(action), Concerns(action, resource);
    // A28, A29. Everyone who is not listed is named, and in the way of `*`.
    Named(statement, principal, How::Everyone, guard) <-
        Excepts(statement, principal, guard),
        // Not listed.
        !Spares(statement, principal);
    // A30. A principal with a boundary is denied whatever is listed.
    Named(statement, principal, How::Everyone, guard) <-
        Excepts(statement, principal, guard),
        Denies(statement),
        Confined(principal);

    @output
    /// A statement that the resource holds names the principal: it is asked about for it.
    pub(crate) struct Faces(pub(crate) PrincipalAtom, pub(crate) ResourceAtom);
    Faces(principal, resource) <-
        Holds(statement, resource),
        Named(statement, principal, _, _);
}

/// What statements come to.
pub(crate) struct Derived {
    pub(crate) matches: FxHashSet<Matches>,
    pub(crate) counts: FxHashSet<Counts>,
    pub(crate) confined: FxHashSet<Confined>,
    pub(crate) limited: FxHashSet<Limited>,
    pub(crate) enters: FxHashSet<Enters>,
    pub(crate) named: FxHashSet<Named>,
    pub(crate) faces: FxHashSet<Faces>,
}

/// Runs the program over the facts that `feed` puts in.
pub(crate) fn run<'a>(feed: impl FnOnce(&mut Crepe<'a>)) -> Derived {
    let mut program = Crepe::new();
    feed(&mut program);
    let (matches, counts, confined, limited, enters, named, faces) = program.run_with_hasher::<FxBuildHasher>();
    Derived { matches, counts, confined, limited, enters, named, faces }
}
