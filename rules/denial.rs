//! Which Deny statements apply.
//!
//! One is enough, whatever else allows the request: in a policy of the
//! principal, of the resource, of the endpoint, or of the organization.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]
#![expect(clippy::mutable_key_type, reason = "a table of guards is compared by its address alone")]

use crepe::crepe;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::{Control, How, Layer};
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
    /// A service-linked role, which organization policies do not touch (E30).
    pub(crate) struct Exempt(pub(crate) PrincipalAtom);

    @input
    /// Organization policies do not touch this account's principals and resources (L11, L21).
    pub(crate) struct Management(pub(crate) AccountAtom);

    @input
    /// So many levels of the organization stand above the account where this type of policy is enabled (L12, L16).
    pub(crate) struct Levels(pub(crate) Control, pub(crate) AccountAtom, pub(crate) u32);

    @input
    /// Resource control policies govern the action by one reading only (L23, Z11): it has no resource.
    pub(crate) struct PerhapsControlled(pub(crate) ActionAtom, pub(crate) GuardId);

    @input
    /// A cell to look at even if nothing allows it.
    pub(crate) struct Asked(pub(crate) PrincipalAtom, pub(crate) ActionAtom, pub(crate) ResourceAtom);

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

    @input
    /// The policies of principal and resource together say yes.
    pub(crate) struct Granted(pub(crate) PrincipalAtom, pub(crate) ActionAtom, pub(crate) ResourceAtom);

    // Only cells that something would allow, or that somebody asks about, are worth the search for denies.
    struct Relevant(PrincipalAtom, ActionAtom, ResourceAtom);
    Relevant(principal, action, resource) <- Granted(principal, action, resource);
    Relevant(principal, action, resource) <- Asked(principal, action, resource);

    struct Forbids(PrincipalAtom, StatementId, GuardId);
    // E2, E4. A Deny in any layer that the request passes...
    Forbids(principal, statement, guard) <-
        Denies(statement),
        Counts(_, statement, principal, guard);
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
        Like(resource, like),
        Matches(statement, action, like, second),
        Joins(algebra);
    // L25. So does one above the account of the resource.
    Blocks(statement, principal, action, resource, algebra.both(first, second)) <-
        Relevant(principal, action, resource),
        Guarded(action, resource, account, _),
        // L21. Calls of service-linked roles pass.
        !Exempt(principal),
        AttachedAt(Control::Resource, statement, _, account),
        Denies(statement),
        Touches(statement, principal, first),
        Like(resource, like),
        Matches(statement, action, like, second),
        Joins(algebra);

    // L23. By another reading, one above the caller's own account stops an action without resource too...
    struct PerhapsGoverned(PrincipalAtom, ActionAtom, ResourceAtom, AccountAtom, GuardId);
    PerhapsGoverned(principal, action, resource, account, doubt) <-
        PerhapsControlled(action, doubt),
        Relevant(principal, action, resource),
        ResourceIn(resource, account);
    // E22. ...also where the action is asked of the caller's own, whoever that is.
    PerhapsGoverned(principal, action, resource, account, doubt) <-
        PerhapsControlled(action, doubt),
        Relevant(principal, action, resource),
        OfCaller(resource),
        PrincipalIn(principal, account);
    Blocks(statement, principal, action, resource, algebra.both(doubt, algebra.both(first, second))) <-
        PerhapsGoverned(principal, action, resource, account, doubt),
        Levels(Control::Resource, account, _),
        // L21. Neither the management account...
        !Management(account),
        // ...nor service-linked roles are touched.
        !Exempt(principal),
        AttachedAt(Control::Resource, statement, _, account),
        Denies(statement),
        Touches(statement, principal, first),
        Like(resource, like),
        Matches(statement, action, like, second),
        Joins(algebra);
}

/// Runs the program over the facts that `feed` puts in.
pub(crate) fn run<'a>(feed: impl FnOnce(&mut Crepe<'a>)) -> FxHashSet<Blocks> {
    let mut program = Crepe::new();
    feed(&mut program);
    let (blocks,) = program.run_with_hasher::<FxBuildHasher>();
    blocks
}
