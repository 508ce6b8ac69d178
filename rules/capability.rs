//! What actions add up to: push, pull, administer.
//!
//! A capability is held when no action that it needs is lacking. Which actions
//! those are is data of the catalog (ecr-public R27 to R33, Q10 to Q15): some
//! on the resource, some on the principal's own account, because only an
//! identity policy can give a log-in (R16, Q5).

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]

use crepe::crepe;

use crate::catalog::Capability;
use crate::ids::{ActionAtom, PrincipalAtom, ResourceAtom};

crepe! {
    @input
    /// The question is about this principal and this resource.
    pub(crate) struct Asked(pub(crate) PrincipalAtom, pub(crate) ResourceAtom);

    @input
    /// The capability exists on the resource, and needs this action on it.
    pub(crate) struct Needs(pub(crate) Capability, pub(crate) ActionAtom, pub(crate) ResourceAtom);

    @input
    /// It needs this action too, on the principal's own account.
    pub(crate) struct NeedsAtHome(pub(crate) Capability, pub(crate) ActionAtom, pub(crate) ResourceAtom);

    @input
    /// Where the principal's own actions without resource are asked, for the service and region of the resource.
    pub(crate) struct Home(pub(crate) PrincipalAtom, pub(crate) ResourceAtom, pub(crate) ResourceAtom);

    @input
    /// An AWS service signs in by itself (Q19): it needs no token.
    pub(crate) struct Service(pub(crate) PrincipalAtom);

    @input
    /// Anyone can pull from it, and no policy changes that (R7, R8).
    pub(crate) struct OpenToAll(pub(crate) ResourceAtom);

    @input
    /// Allowed in some request; `true`: in every request.
    pub(crate) struct Allowed(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) bool,
    );

    struct Possible(PrincipalAtom, ActionAtom, ResourceAtom);
    Possible(principal, action, resource) <- Allowed(principal, action, resource, _);

    // R27. One action that is lacking breaks the whole.
    struct Lacks(PrincipalAtom, Capability, ResourceAtom);
    Lacks(principal, capability, resource) <-
        Asked(principal, resource),
        Needs(capability, action, resource),
        // Allowed in no request.
        !Possible(principal, action, resource);
    // R16, Q5. So does a log-in that is lacking.
    Lacks(principal, capability, resource) <-
        Asked(principal, resource),
        NeedsAtHome(capability, action, resource),
        Home(principal, resource, home),
        // A service is not asked for a token.
        !Service(principal),
        // Allowed in no request.
        !Possible(principal, action, home);

    struct Doubts(PrincipalAtom, Capability, ResourceAtom);
    Doubts(principal, capability, resource) <-
        Asked(principal, resource),
        Needs(capability, action, resource),
        // Not allowed in every request.
        !Allowed(principal, action, resource, true);
    Doubts(principal, capability, resource) <-
        Asked(principal, resource),
        NeedsAtHome(capability, action, resource),
        Home(principal, resource, home),
        // A service is not asked for a token.
        !Service(principal),
        // Not allowed in every request.
        !Allowed(principal, action, home, true);

    struct Offers(ResourceAtom, Capability);
    Offers(resource, capability) <- Needs(capability, _, resource);

    @output
    /// The principal has the capability in some request; `true`: in every request.
    pub(crate) struct Capable(
        pub(crate) PrincipalAtom,
        pub(crate) Capability,
        pub(crate) ResourceAtom,
        pub(crate) bool,
    );
    // R28 to R33. It is held when nothing that it needs is lacking.
    Capable(principal, capability, resource, true) <-
        Asked(principal, resource),
        Offers(resource, capability),
        // Everything that it needs is certain.
        !Doubts(principal, capability, resource);
    Capable(principal, capability, resource, false) <-
        Asked(principal, resource),
        Offers(resource, capability),
        Doubts(principal, capability, resource),
        // Nothing that it needs is impossible.
        !Lacks(principal, capability, resource);
    // R7, R8. Images of a public repository can be pulled by anyone.
    Capable(principal, Capability::Pull, resource, true) <-
        Asked(principal, resource),
        OpenToAll(resource);
}

/// The capabilities that follow from the facts that `feed` puts in; sorted.
pub(crate) fn run(feed: impl FnOnce(&mut Crepe)) -> Vec<(PrincipalAtom, Capability, ResourceAtom, bool)> {
    let mut program = Crepe::new();
    feed(&mut program);
    let (capable,) = program.run_with_hasher::<rustc_hash::FxBuildHasher>();
    let mut capable: Vec<_> =
        capable.into_iter().map(|Capable(principal, what, on, certain)| (principal, what, on, certain)).collect();
    capable.sort_unstable();
    capable
}
