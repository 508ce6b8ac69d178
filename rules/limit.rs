//! What each limit says by itself of what somebody asks about.
//!
//! Boundary, session policy, endpoint policy and every level of the
//! organization grant nothing; each only has to let a request pass. The verdict
//! comes of them all together. This program tells them apart, for whoever wants
//! to know which of them stands in the way.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]
#![expect(clippy::mutable_key_type, reason = "a table of guards is compared by its address alone")]

use crepe::crepe;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::{Control, How, Layer, Limit};
use crate::condition::Algebra;
use crate::ids::{AccountAtom, ActionAtom, GuardId, PrincipalAtom, ResourceAtom, StatementId};

crepe! {
    @input
    /// The table in which guards are joined.
    pub(crate) struct Joins<'a>(pub(crate) Algebra<'a>);

    @input
    /// A cell that somebody asks about.
    pub(crate) struct Asked(pub(crate) PrincipalAtom, pub(crate) ActionAtom, pub(crate) ResourceAtom);

    @input
    /// A service-linked role, which organization policies do not touch (E30).
    pub(crate) struct Exempt(pub(crate) PrincipalAtom);

    @input
    /// The statement allows what it matches.
    pub(crate) struct Allows(pub(crate) StatementId);

    @input
    /// The statement denies what it matches.
    pub(crate) struct Denies(pub(crate) StatementId);

    @input
    /// The statement is the policy's of the endpoint that the request comes through, not of the resource.
    pub(crate) struct OfEndpoint(pub(crate) StatementId);

    @input
    /// The organization policy's statement is attached at this level above the account, the root being 0.
    pub(crate) struct AttachedAt(
        pub(crate) Control,
        pub(crate) StatementId,
        pub(crate) u32,
        pub(crate) AccountAtom,
    );

    @input
    /// The organization policy's conditions on principal and request hold for the principal under the guard.
    pub(crate) struct Touches(pub(crate) StatementId, pub(crate) PrincipalAtom, pub(crate) GuardId);

    @input
    /// The statement matches the action on the resource. It is asked about one resource, which is one atom.
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
    /// A boundary limits the principal.
    pub(crate) struct Confined(pub(crate) PrincipalAtom);

    @input
    /// A session policy limits the principal.
    pub(crate) struct Limited(pub(crate) PrincipalAtom);

    @input
    /// The policy of an endpoint counts for the principal.
    pub(crate) struct Enters(pub(crate) PrincipalAtom);

    @input
    /// So many levels of service control policies stand above the principal, of the account.
    pub(crate) struct Height(pub(crate) PrincipalAtom, pub(crate) AccountAtom, pub(crate) u32);

    @input
    /// So many levels of resource control policies stand above the resource, of the account, for the action.
    pub(crate) struct Guarded(
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) AccountAtom,
        pub(crate) u32,
    );

    @output
    /// The request must pass the limit.
    pub(crate) struct Stands(
        pub(crate) Limit,
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
    );
    // L1. The boundary of whoever has one...
    Stands(Limit::Boundary, principal, action, resource) <-
        Asked(principal, action, resource),
        Confined(principal);
    // L6. ...the session policy...
    Stands(Limit::Session, principal, action, resource) <-
        Asked(principal, action, resource),
        Limited(principal);
    // L29. ...the policy of the endpoint that the request comes through...
    Stands(Limit::Endpoint, principal, action, resource) <-
        Asked(principal, action, resource),
        Enters(principal);
    // L12, L25. ...and every level of control policies above the principal, and above the resource.
    Stands(Limit::Level(control, level), principal, action, resource) <-
        Below(control, principal, action, resource, _, levels),
        for level in 0..levels;

    // The request is below so many levels of this type of policy, of the account.
    struct Below(Control, PrincipalAtom, ActionAtom, ResourceAtom, AccountAtom, u32);
    Below(Control::Service, principal, action, resource, account, levels) <-
        Asked(principal, action, resource),
        Height(principal, account, levels);
    Below(Control::Resource, principal, action, resource, account, levels) <-
        Asked(principal, action, resource),
        Guarded(action, resource, account, levels),
        // L21. Calls of service-linked roles pass.
        !Exempt(principal);

    // A statement of the limit matches the request.
    struct Says(Limit, StatementId, PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    Says(Limit::Boundary, statement, principal, action, resource, algebra.both(first, second)) <-
        Stands(Limit::Boundary, principal, action, resource),
        Counts(Layer::Boundary, statement, principal, first),
        Matches(statement, action, resource, second),
        Joins(algebra);
    Says(Limit::Session, statement, principal, action, resource, algebra.both(first, second)) <-
        Stands(Limit::Session, principal, action, resource),
        Counts(Layer::Session, statement, principal, first),
        Matches(statement, action, resource, second),
        Joins(algebra);
    // L30. The policy of an endpoint is about those whom it names.
    Says(Limit::Endpoint, statement, principal, action, resource, algebra.both(first, second)) <-
        Stands(Limit::Endpoint, principal, action, resource),
        OfEndpoint(statement),
        Named(statement, principal, _, first),
        Matches(statement, action, resource, second),
        Joins(algebra);
    Says(Limit::Level(control, level), statement, principal, action, resource, algebra.both(first, second)) <-
        Below(control, principal, action, resource, account, _),
        AttachedAt(control, statement, level, account),
        Touches(statement, principal, first),
        Matches(statement, action, resource, second),
        Joins(algebra);

    @output
    /// An Allow statement of the limit lets the request pass whenever the guard holds.
    pub(crate) struct Passes(
        pub(crate) Limit,
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );
    // E6. One Allow in any policy of the limit is enough.
    Passes(limit, principal, action, resource, guard) <-
        Says(limit, statement, principal, action, resource, guard),
        Allows(statement);
    struct PassesSometimes(Limit, PrincipalAtom, ActionAtom, ResourceAtom);
    PassesSometimes(limit, principal, action, resource) <-
        Passes(limit, principal, action, resource, _);

    @output
    /// A Deny statement of the limit stops the request whenever the guard holds.
    pub(crate) struct Stops(
        pub(crate) Limit,
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );
    // E2. One Deny ends it.
    Stops(limit, principal, action, resource, guard) <-
        Says(limit, statement, principal, action, resource, guard),
        Denies(statement);

    @output
    /// The limit stops the request by its silence.
    pub(crate) struct Silent(
        pub(crate) Limit,
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
    );
    Silent(limit, principal, action, resource) <-
        Stands(limit, principal, action, resource),
        // Nothing in it allows the request under any guard.
        !PassesSometimes(limit, principal, action, resource);
}

/// What each limit says of the cells that were asked about.
pub(crate) struct Derived {
    pub(crate) stands: FxHashSet<Stands>,
    pub(crate) passes: FxHashSet<Passes>,
    pub(crate) stops: FxHashSet<Stops>,
    pub(crate) silent: FxHashSet<Silent>,
}

/// Runs the program over the facts that `feed` puts in.
pub(crate) fn run<'a>(feed: impl FnOnce(&mut Crepe<'a>)) -> Derived {
    let mut program = Crepe::new();
    feed(&mut program);
    let (stands, passes, stops, silent) = program.run_with_hasher::<FxBuildHasher>();
    Derived { stands, passes, stops, silent }
}
