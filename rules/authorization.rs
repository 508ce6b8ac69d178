//! Who is allowed what, on which resource: the verdict.
//!
//! The facts say which statements apply to whom, which actions and resources
//! they match, and under which guard. The programs beside this one say what
//! AWS makes of that, in its order: [`statement`](super::statement) puts
//! statements together, [`grant`](super::grant) says what policies allow in an
//! account and across accounts, [`organization`](super::organization) what the
//! organization's policies let pass level by level, [`denial`](super::denial)
//! which Deny applies.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]

use crepe::crepe;
use rustc_hash::{FxBuildHasher, FxHashSet};

use crate::ids::{ActionAtom, GuardId, PrincipalAtom, ResourceAtom, StatementId};

crepe! {
    @input
    /// Nobody: an unsigned request.
    pub(crate) struct Unsigned(pub(crate) PrincipalAtom);

    @input
    /// The action needs no permission (T25, T26).
    pub(crate) struct Unconditional(pub(crate) ActionAtom);

    @input
    /// A cell to look at even if nothing allows it.
    pub(crate) struct Asked(pub(crate) PrincipalAtom, pub(crate) ActionAtom, pub(crate) ResourceAtom);

    @input
    /// Everything that must allow does, whenever the guard holds.
    pub(crate) struct Permits(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );

    @input
    /// The statement says no whenever the guard holds.
    pub(crate) struct Blocks(
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );

    struct Blocked(PrincipalAtom, ActionAtom, ResourceAtom);
    Blocked(principal, action, resource) <- Blocks(_, principal, action, resource, _);
    struct BlockedSurely(PrincipalAtom, ActionAtom, ResourceAtom);
    BlockedSurely(principal, action, resource) <- Blocks(_, principal, action, resource, GuardId::ALWAYS);

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

/// The verdicts that are not a denial.
pub(crate) struct Derived {
    pub(crate) certain: FxHashSet<Certain>,
    pub(crate) open: FxHashSet<Open>,
}

/// Runs the program over the facts that `feed` puts in.
pub(crate) fn run(feed: impl FnOnce(&mut Crepe)) -> Derived {
    let mut program = Crepe::new();
    feed(&mut program);
    let (certain, open) = program.run_with_hasher::<FxBuildHasher>();
    Derived { certain, open }
}
