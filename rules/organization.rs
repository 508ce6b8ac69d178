//! What the organization lets pass.
//!
//! Service control policies stand above the account of the principal, resource
//! control policies above that of the resource, each at every level from the
//! root down. Each level must allow; none of them grants anything.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]
#![expect(clippy::mutable_key_type, reason = "a table of guards is compared by its address alone")]

use crepe::crepe;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::Control;
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
    /// The action is performed on resources of this kind.
    pub(crate) struct Concerns(pub(crate) ActionAtom, pub(crate) ResourceAtom);

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
    /// Resource control policies govern the action (L22, L23).
    pub(crate) struct ResourceControlled(pub(crate) ActionAtom);

    @input
    /// The statement allows what it matches.
    pub(crate) struct Allows(pub(crate) StatementId);

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
    /// The organization policy's statement asks nothing of the principal or of the request.
    pub(crate) struct Blanket(pub(crate) StatementId);

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
    /// The policies of principal, resource and endpoint together say yes.
    pub(crate) struct Arrived(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );

    @output
    /// So many levels of service control policies stand above the principal, of the account.
    pub(crate) struct Height(pub(crate) PrincipalAtom, pub(crate) AccountAtom, pub(crate) u32);
    // L10. They limit the principals of member accounts...
    Height(principal, account, levels) <-
        PrincipalIn(principal, account),
        Levels(Control::Service, account, levels),
        // L11. ...but not those of the management account...
        !Management(account),
        // ...nor service-linked roles.
        !Exempt(principal);

    @output
    /// So many levels of resource control policies stand above the resource, of the account, for the action.
    pub(crate) struct Guarded(
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) AccountAtom,
        pub(crate) u32,
    );
    // L20. They limit access to resources of member accounts, by anyone...
    Guarded(action, resource, account, levels) <-
        ResourceControlled(action),
        Concerns(action, resource),
        ResourceIn(resource, account),
        Levels(Control::Resource, account, levels),
        // L21. ...but not of the management account.
        !Management(account);

    // What is asked for below so many levels of this type of policy, of the account.
    struct Asks(Control, AccountAtom, ActionAtom, ResourceAtom, u32);
    Asks(Control::Service, account, action, resource, levels) <-
        Arrived(principal, action, resource, _),
        Height(principal, account, levels);
    Asks(Control::Resource, account, action, resource, levels) <-
        Arrived(_, action, resource, _),
        Guarded(action, resource, account, levels);
    // E6. At one level, one Allow in any policy is enough; that of a statement which asks nothing, for everybody.
    struct Lets(Control, AccountAtom, u32, ActionAtom, ResourceAtom);
    Lets(control, account, level, action, resource) <-
        Asks(control, account, action, resource, _),
        AttachedAt(control, statement, level, account),
        Allows(statement),
        Blanket(statement),
        Like(resource, like),
        Matches(statement, action, like, GuardId::ALWAYS);
    // L12, L14, L25. Where every level does, nothing else need be looked at.
    struct LetsUpTo(Control, AccountAtom, u32, ActionAtom, ResourceAtom);
    LetsUpTo(control, account, 0, action, resource) <- Asks(control, account, action, resource, _);
    LetsUpTo(control, account, level + 1, action, resource) <-
        LetsUpTo(control, account, level, action, resource),
        Lets(control, account, level, action, resource);
    struct Open(Control, AccountAtom, ActionAtom, ResourceAtom);
    Open(control, account, action, resource) <-
        Asks(control, account, action, resource, levels),
        LetsUpTo(control, account, levels, action, resource);

    // The request is below so many levels of this type of policy, of the account, and some level does not let
    // everybody pass.
    struct Below(Control, PrincipalAtom, ActionAtom, ResourceAtom, AccountAtom, u32);
    Below(Control::Service, principal, action, resource, account, levels) <-
        Arrived(principal, action, resource, _),
        Height(principal, account, levels),
        !Open(Control::Service, account, action, resource);
    Below(Control::Resource, principal, action, resource, account, levels) <-
        Arrived(principal, action, resource, _),
        Guarded(action, resource, account, levels),
        !Open(Control::Resource, account, action, resource),
        // L21. Calls of service-linked roles pass.
        !Exempt(principal);
    struct Governed(Control, PrincipalAtom, ActionAtom, ResourceAtom);
    Governed(control, principal, action, resource) <- Below(control, principal, action, resource, _, _);

    // E6. The level says yes.
    struct LevelGrants(Control, AccountAtom, u32, PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    LevelGrants(control, account, level, principal, action, resource, algebra.both(first, second)) <-
        Below(control, principal, action, resource, account, _),
        AttachedAt(control, statement, level, account),
        Allows(statement),
        Touches(statement, principal, first),
        Like(resource, like),
        Matches(statement, action, like, second),
        Joins(algebra);

    struct LevelGrantsSurely(Control, AccountAtom, u32, PrincipalAtom, ActionAtom, ResourceAtom);
    LevelGrantsSurely(control, account, level, principal, action, resource) <-
        LevelGrants(control, account, level, principal, action, resource, GuardId::ALWAYS);

    // What comes to the policies of each type that govern it: service control policies are first.
    struct Comes(Control, PrincipalAtom, ActionAtom, ResourceAtom, AccountAtom, u32, GuardId);
    Comes(Control::Service, principal, action, resource, account, levels, guard) <-
        Below(Control::Service, principal, action, resource, account, levels),
        Arrived(principal, action, resource, guard);
    Comes(Control::Resource, principal, action, resource, account, levels, guard) <-
        Below(Control::Resource, principal, action, resource, account, levels),
        Passes(Control::Service, principal, action, resource, guard);
    Comes(Control::Resource, principal, action, resource, account, levels, guard) <-
        Below(Control::Resource, principal, action, resource, account, levels),
        // L11, L16. What service control policies do not govern they do not stop.
        !Governed(Control::Service, principal, action, resource),
        Arrived(principal, action, resource, guard);

    // L12, L14, L25. Every level must allow: the root, each unit, the account. `Climbed` has passed so many of them.
    struct Climbed(Control, PrincipalAtom, ActionAtom, ResourceAtom, AccountAtom, u32, u32, GuardId);
    Climbed(control, principal, action, resource, account, levels, 0, guard) <-
        Comes(control, principal, action, resource, account, levels, guard);
    Climbed(control, principal, action, resource, account, levels, level + 1, guard) <-
        Climbed(control, principal, action, resource, account, levels, level, guard),
        LevelGrantsSurely(control, account, level, principal, action, resource);
    Climbed(control, principal, action, resource, account, levels, level + 1, algebra.both(first, second)) <-
        Climbed(control, principal, action, resource, account, levels, level, first),
        LevelGrants(control, account, level, principal, action, resource, second),
        // No grant of the level without a guard: that one would say it all.
        !LevelGrantsSurely(control, account, level, principal, action, resource),
        Joins(algebra);

    // The policies of this type, which govern it, let it pass.
    struct Passes(Control, PrincipalAtom, ActionAtom, ResourceAtom, GuardId);
    Passes(control, principal, action, resource, guard) <-
        Climbed(control, principal, action, resource, _, levels, level, guard),
        (level == levels);

    @output
    /// Everything that must allow does, whenever the guard holds.
    pub(crate) struct Permits(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );
    Permits(principal, action, resource, guard) <-
        Passes(Control::Resource, principal, action, resource, guard);
    Permits(principal, action, resource, guard) <-
        Passes(Control::Service, principal, action, resource, guard),
        // L21, L22. What resource control policies do not govern they do not stop.
        !Governed(Control::Resource, principal, action, resource);
    Permits(principal, action, resource, guard) <-
        Arrived(principal, action, resource, guard),
        // L11, L16, L21, L22. Nor is there anything of either type in the way.
        !Governed(Control::Service, principal, action, resource),
        !Governed(Control::Resource, principal, action, resource);
}

/// What the organization lets pass, and where it stands above.
pub(crate) struct Derived {
    pub(crate) height: FxHashSet<Height>,
    pub(crate) guarded: FxHashSet<Guarded>,
    pub(crate) permits: FxHashSet<Permits>,
}

/// Runs the program over the facts that `feed` puts in.
pub(crate) fn run<'a>(feed: impl FnOnce(&mut Crepe<'a>)) -> Derived {
    let mut program = Crepe::new();
    feed(&mut program);
    let (height, guarded, permits) = program.run_with_hasher::<FxBuildHasher>();
    Derived { height, guarded, permits }
}
