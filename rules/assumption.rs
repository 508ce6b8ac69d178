//! Who can become whom.
//!
//! One step is a permitted `sts:AssumeRole`, decided like any request by
//! `authorization.rs`. Reach is the closure of the steps (T17): each is taken
//! by the session of the one before (T16), and what counts at the end are the
//! last role's own permissions (T15). A chain is certain when each step is.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]

use crepe::crepe;

use crate::ids::PrincipalAtom;

crepe! {
    @input
    /// Somebody asks who can become this one.
    pub(crate) struct Wanted(pub(crate) PrincipalAtom);

    @input
    /// The first can make a session of the second, in some request; `true`: in every request.
    pub(crate) struct Step(pub(crate) PrincipalAtom, pub(crate) PrincipalAtom, pub(crate) bool);

    @output
    /// The first can become the second; `true`: whatever the requests' contexts.
    pub(crate) struct Becomes(pub(crate) PrincipalAtom, pub(crate) PrincipalAtom, pub(crate) bool);

    // T16. One step.
    Becomes(caller, role, certain) <-
        Wanted(role),
        Step(caller, role, certain);
    // T17. A step before a way that is already known; the way is certain when both are.
    Becomes(caller, role, first & second) <-
        Becomes(session, role, second),
        Step(caller, session, first);
}

/// Who can become the wanted principals, by the steps given; sorted.
pub(crate) fn run(
    wanted: impl IntoIterator<Item = PrincipalAtom>,
    steps: impl IntoIterator<Item = (PrincipalAtom, PrincipalAtom, bool)>,
) -> Vec<(PrincipalAtom, PrincipalAtom, bool)> {
    let mut program = Crepe::new();
    program.extend(wanted.into_iter().map(Wanted));
    program.extend(steps.into_iter().map(|(caller, role, certain)| Step(caller, role, certain)));
    let (becomes,) = program.run_with_hasher::<rustc_hash::FxBuildHasher>();
    let mut becomes: Vec<_> = becomes.into_iter().map(|Becomes(one, other, certain)| (one, other, certain)).collect();
    becomes.sort_unstable();
    becomes
}
