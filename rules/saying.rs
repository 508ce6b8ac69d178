//! What each statement says of whom, whether or not it decides anything.
//!
//! The verdict needs only what grants and what denies. Whoever asks which
//! statements are about somebody gets them here: those of every layer that the
//! request passes, for principals that are told of.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]
#![expect(clippy::mutable_key_type, reason = "a table of guards is compared by its address alone")]

use crepe::crepe;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::{Attached, Control, How, Layer};
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
    /// Both sides have something to allow the principal, of another account, on the resource.
    pub(crate) struct Guest(pub(crate) PrincipalAtom, pub(crate) ResourceAtom);

    @input
    /// What is said of the second holds for the first: itself, and what it is to those whom its own policy does not
    /// name.
    pub(crate) struct Like(pub(crate) ResourceAtom, pub(crate) ResourceAtom);

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
    /// The resource policy's statement names the principal in this way (A21).
    pub(crate) struct Names(
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) How,
        pub(crate) GuardId,
    );

    @input
    /// The statement of a resource policy is about the principal, and names it in this way.
    pub(crate) struct Named(
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) How,
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
    /// The statement matches the action on the resource.
    pub(crate) struct Matches(
        pub(crate) StatementId,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );

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
    /// The principal is told of on the resource, of which is said what is said of the third.
    pub(crate) struct Near(pub(crate) PrincipalAtom, pub(crate) ResourceAtom, pub(crate) ResourceAtom);
    // E7, E12. In one account each side counts by itself. What is said of the plain kind holds for its members.
    Near(principal, resource, resource) <-
        PrincipalIn(principal, account),
        ResourceIn(resource, account);
    // E18. Across accounts nothing counts where not both sides grant.
    Near(principal, resource, like) <-
        Guest(principal, resource),
        Like(resource, like);

    // The statement is about the principal, wherever it hangs.
    struct Speaks(Attached, StatementId, PrincipalAtom, GuardId);
    // E34. Those of its own policies count for whoever has some.
    Speaks(Attached::Layer(layer), statement, principal, guard) <-
        Counts(layer, statement, principal, guard);
    // A21, A28. Those of the resource's policy are about whom they name...
    Speaks(Attached::Named(how), statement, principal, guard) <-
        Named(statement, principal, how, guard);
    // A22. ...also by its account, where that adds nothing.
    Speaks(Attached::Named(How::Account), statement, principal, guard) <-
        Names(statement, principal, How::Account, guard);
    // L10, L11. Those of service control policies are about the principals of accounts below.
    Speaks(Attached::Level(Control::Service, level), statement, principal, guard) <-
        Height(principal, account, _),
        AttachedAt(Control::Service, statement, level, account),
        Touches(statement, principal, guard);

    // Resource control policies above the account are about the action on the resource.
    struct Governs(AccountAtom, ActionAtom, ResourceAtom, GuardId);
    // L20, L22. They limit access to resources of member accounts.
    Governs(account, action, resource, GuardId::ALWAYS) <-
        Guarded(action, resource, account, _);
    // L23. By another reading those above the caller's own account govern actions without resource too.
    Governs(account, action, resource, doubt) <-
        PerhapsControlled(action, doubt),
        ResourceIn(resource, account),
        Levels(Control::Resource, account, _),
        // L21. Not those of the management account.
        !Management(account);

    @output
    /// The statement matches the request whenever the guard holds.
    pub(crate) struct Says(
        pub(crate) Attached,
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );
    // C1. A statement says something of a request of which all of its elements hold.
    Says(attached, statement, principal, action, resource, algebra.both(first, second)) <-
        Speaks(attached, statement, principal, first),
        Near(principal, resource, like),
        Matches(statement, action, like, second),
        Joins(algebra);
    Says(
        Attached::Level(Control::Resource, level),
        statement,
        principal,
        action,
        resource,
        algebra.both(doubt, algebra.both(first, second)),
    ) <-
        Touches(statement, principal, first),
        // L21. Calls of service-linked roles pass.
        !Exempt(principal),
        AttachedAt(Control::Resource, statement, level, account),
        Near(principal, resource, like),
        Governs(account, action, resource, doubt),
        Matches(statement, action, like, second),
        Joins(algebra);
}

/// What statements say of those who are told of.
pub(crate) struct Derived {
    pub(crate) near: FxHashSet<Near>,
    pub(crate) says: FxHashSet<Says>,
}

/// Runs the program over the facts that `feed` puts in.
pub(crate) fn run<'a>(feed: impl FnOnce(&mut Crepe<'a>)) -> Derived {
    let mut program = Crepe::new();
    feed(&mut program);
    let (near, says) = program.run_with_hasher::<FxBuildHasher>();
    Derived { near, says }
}
