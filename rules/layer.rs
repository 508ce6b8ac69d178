//! What each layer says by itself: whether its Allow statements let a request pass.
//!
//! Denies are not looked at here, nor what other layers say.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]
#![expect(clippy::mutable_key_type, reason = "a table of guards is compared by its address alone")]

use crepe::crepe;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::{Attached, Control, Voice};
use crate::condition::Algebra;
use crate::ids::{AccountAtom, ActionAtom, GuardId, PrincipalAtom, ResourceAtom, StatementId};

crepe! {
    @input
    /// The table in which guards are joined.
    pub(crate) struct Joins<'a>(pub(crate) Algebra<'a>);

    @input
    /// The statement allows what it matches.
    pub(crate) struct Allows(pub(crate) StatementId);

    @input
    /// The statement stands in the policy of a registry.
    pub(crate) struct OfRegistry(pub(crate) StatementId);

    @input
    /// The action is performed on resources of this kind.
    pub(crate) struct Concerns(pub(crate) ActionAtom, pub(crate) ResourceAtom);

    @input
    /// The principal is told of on the resource.
    pub(crate) struct Near(pub(crate) PrincipalAtom, pub(crate) ResourceAtom);

    @input
    /// A service-linked role, which organization policies do not touch (E30).
    pub(crate) struct Exempt(pub(crate) PrincipalAtom);

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
    /// The statement matches the request whenever the guard holds.
    pub(crate) struct Says(
        pub(crate) Attached,
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );

    // An Allow statement that hangs there lets the request pass whenever the guard holds.
    struct Lets(Attached, StatementId, PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    Lets(attached, statement, principal, action, resource, guard) <-
        Says(attached, statement, principal, action, resource, guard),
        Allows(statement);

    // The request is below so many levels of this type of policy.
    struct Below(Control, PrincipalAtom, ActionAtom, ResourceAtom, u32);
    // L10, L11. Service control policies stand above the principal...
    Below(Control::Service, principal, action, resource, levels) <-
        Height(principal, _, levels),
        Near(principal, resource),
        Concerns(action, resource);
    // L20. ...resource control policies above the resource...
    Below(Control::Resource, principal, action, resource, levels) <-
        Near(principal, resource),
        Guarded(action, resource, _, levels),
        // L21. ...and calls of service-linked roles pass.
        !Exempt(principal);

    // E6. At one level, one Allow in any policy is enough.
    struct LevelLets(Control, u32, PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    LevelLets(control, level, principal, action, resource, guard) <-
        Lets(attached, _, principal, action, resource, guard),
        let Attached::Level(control, level) = attached;
    struct LevelLetsSurely(Control, u32, PrincipalAtom, ActionAtom, ResourceAtom);
    LevelLetsSurely(control, level, principal, action, resource) <-
        LevelLets(control, level, principal, action, resource, GuardId::ALWAYS);

    // L12, L25. Every level must allow. `Climbed` has passed so many of them.
    struct Climbed(Control, PrincipalAtom, ActionAtom, ResourceAtom, u32, GuardId);
    Climbed(control, principal, action, resource, 0, GuardId::ALWAYS) <-
        Below(control, principal, action, resource, _);
    Climbed(control, principal, action, resource, level + 1, guard) <-
        Climbed(control, principal, action, resource, level, guard),
        LevelLetsSurely(control, level, principal, action, resource);
    Climbed(control, principal, action, resource, level + 1, algebra.both(first, second)) <-
        Climbed(control, principal, action, resource, level, first),
        LevelLets(control, level, principal, action, resource, second),
        // No grant of the level without a guard: that one would say it all.
        !LevelLetsSurely(control, level, principal, action, resource),
        Joins(algebra);

    @output
    /// The layer says yes whenever the guard holds.
    pub(crate) struct Grants(
        pub(crate) Voice,
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );
    // E5, L2, L7. One Allow statement of the principal's own policies of the layer is enough...
    Grants(Voice::Own(layer), principal, action, resource, guard) <-
        Lets(attached, _, principal, action, resource, guard),
        let Attached::Layer(layer) = attached;
    // A22. ...or one of the repository's policy, or of its registry's, that names the principal...
    Grants(Voice::Repository, principal, action, resource, guard) <-
        Lets(attached, statement, principal, action, resource, guard),
        let Attached::Named(_) = attached,
        !OfRegistry(statement);
    Grants(Voice::Registry, principal, action, resource, guard) <-
        Lets(attached, statement, principal, action, resource, guard),
        let Attached::Named(_) = attached,
        OfRegistry(statement);
    // L12, L25. ...but the organization says yes where all of its levels do.
    Grants(Voice::Organization(control), principal, action, resource, guard) <-
        Below(control, principal, action, resource, levels),
        Climbed(control, principal, action, resource, level, guard),
        (level == levels);
}

/// Runs the program over the facts that `feed` puts in.
pub(crate) fn run<'a>(feed: impl FnOnce(&mut Crepe<'a>)) -> FxHashSet<Grants> {
    let mut program = Crepe::new();
    feed(&mut program);
    let (grants,) = program.run_with_hasher::<FxBuildHasher>();
    grants
}
