//! What deserves a look in who holds what: what is open to strangers, and what is held by halves.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]

use crepe::crepe;

use super::Finding;
use crate::catalog::Capability;
use crate::ids::{ActionAtom, PrincipalAtom, ResourceAtom};

crepe! {
    @input
    /// The action is allowed in some request; `true`: in every request.
    pub(crate) struct Allowed(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) bool,
    );

    @input
    /// What is done there is done to the account: on its repositories, or on its registry.
    pub(crate) struct Owned(pub(crate) ResourceAtom);

    @input
    /// What is said of the second holds for the first.
    pub(crate) struct Like(pub(crate) ResourceAtom, pub(crate) ResourceAtom);

    @input
    /// The action changes something: images, tags, repositories, or who may.
    pub(crate) struct Writes(pub(crate) ActionAtom);

    @input
    /// Whoever has some AWS account.
    pub(crate) struct Anyone(pub(crate) PrincipalAtom);

    @input
    /// Somebody of an account outside the owner's organization; where there is none, of another account.
    pub(crate) struct Outside(pub(crate) PrincipalAtom);

    @input
    /// Some statement allows the principal this that means it: one of its own policies, which are known, or one that
    /// names it rather than its account or everyone.
    pub(crate) struct Meant(pub(crate) PrincipalAtom, pub(crate) ActionAtom, pub(crate) ResourceAtom);

    @input
    /// The capability exists on the resource, and needs this action on it.
    pub(crate) struct Needs(pub(crate) Capability, pub(crate) ActionAtom, pub(crate) ResourceAtom);

    @input
    /// It needs this action too, on the principal's own account.
    pub(crate) struct NeedsAtHome(pub(crate) Capability, pub(crate) ActionAtom, pub(crate) ResourceAtom);

    @input
    /// The action is of use for nothing else than the capability.
    pub(crate) struct Marks(pub(crate) Capability, pub(crate) ActionAtom);

    @input
    /// Where the principal's own actions without resource are asked, for the service and region of the resource.
    pub(crate) struct Home(pub(crate) PrincipalAtom, pub(crate) ResourceAtom, pub(crate) ResourceAtom);

    struct Can(PrincipalAtom, ActionAtom, ResourceAtom);
    Can(principal, action, resource) <- Allowed(principal, action, resource, _);

    @output
    /// It deserves a look that the principal can do this.
    pub(crate) struct Finds(
        pub(crate) Finding,
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
    );

    // A8. What `*` is allowed, whoever has an account is allowed.
    Finds(Finding::AnyoneWrites, principal, action, resource) <-
        Anyone(principal),
        Allowed(principal, action, resource, true),
        Writes(action),
        Owned(resource);
    Finds(Finding::AnyoneWritesSometimes, principal, action, resource) <-
        Anyone(principal),
        Allowed(principal, action, resource, false),
        Writes(action),
        Owned(resource);

    // A9. An account that is let in lets in whom it likes.
    Finds(Finding::OutsiderWrites, principal, action, resource) <-
        Outside(principal),
        Allowed(principal, action, resource, true),
        Writes(action),
        Owned(resource),
        // Not because anyone can, which is told by itself.
        !Open(action, resource, true);
    Finds(Finding::OutsiderWritesSometimes, principal, action, resource) <-
        Outside(principal),
        Allowed(principal, action, resource, false),
        Writes(action),
        Owned(resource),
        // Not because anyone can.
        !Open(action, resource, false);
    struct Open(ActionAtom, ResourceAtom, bool);
    Open(action, resource, certain) <-
        Anyone(principal),
        Allowed(principal, action, like, certain),
        Like(resource, like);

    @output
    /// The principal can do the first, which is of no use without the second.
    pub(crate) struct Lacks(
        pub(crate) Finding,
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) ActionAtom,
    );

    // The principal can do a part of it that serves nothing else.
    struct Begins(PrincipalAtom, Capability, ActionAtom, ResourceAtom);
    Begins(principal, capability, action, resource) <-
        Marks(capability, action),
        Needs(capability, action, resource),
        Meant(principal, action, resource),
        Can(principal, action, resource);

    struct Halts(PrincipalAtom, Capability, ResourceAtom);
    Halts(principal, capability, resource) <-
        Begins(principal, capability, _, resource),
        Needs(capability, other, resource),
        // Allowed in no request.
        !Can(principal, other, resource);

    // R27, Q10. A push needs all of its actions.
    Lacks(Finding::IncompletePush, principal, action, resource, other) <-
        Begins(principal, Capability::Push, action, resource),
        Needs(Capability::Push, other, resource),
        // Allowed in no request.
        !Can(principal, other, resource);
    // Q11. So does a pull.
    Lacks(Finding::IncompletePull, principal, action, resource, other) <-
        Begins(principal, Capability::Pull, action, resource),
        Needs(Capability::Pull, other, resource),
        // Allowed in no request.
        !Can(principal, other, resource);
    // R16, Q5. Nothing begins without a token.
    Lacks(Finding::LacksToken, principal, action, resource, other) <-
        Begins(principal, capability, action, resource),
        NeedsAtHome(capability, other, resource),
        Home(principal, resource, home),
        // Allowed in no request.
        !Can(principal, other, home),
        // What lacks other actions too is told by itself.
        !Halts(principal, capability, resource);
}

/// What deserves a look.
pub(crate) struct Derived {
    /// What is found of what somebody can do.
    pub(crate) finds: Vec<(Finding, PrincipalAtom, ActionAtom, ResourceAtom)>,
    /// What somebody can do, and what that lacks.
    pub(crate) lacks: Vec<(Finding, PrincipalAtom, ActionAtom, ResourceAtom, ActionAtom)>,
}

/// Runs the program over the facts that `feed` puts in; sorted.
pub(crate) fn run(feed: impl FnOnce(&mut Crepe)) -> Derived {
    let mut program = Crepe::new();
    feed(&mut program);
    let (finds, lacks) = program.run_with_hasher::<rustc_hash::FxBuildHasher>();
    let mut finds: Vec<_> = finds.into_iter().map(|Finds(finding, p, a, r)| (finding, p, a, r)).collect();
    finds.sort_unstable();
    let mut lacks: Vec<_> = lacks.into_iter().map(|Lacks(finding, p, a, r, other)| (finding, p, a, r, other)).collect();
    lacks.sort_unstable();
    Derived { finds, lacks }
}
