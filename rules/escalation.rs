//! Who can give itself more.
//!
//! Whether an action of IAM is permitted on a user, role, group or policy is decided like any request, by
//! `authorization.rs`. These rules say what follows when it is: who decides what whose policies say, who can act as
//! whom, and who so comes to more than was given to it. What limits the one that grows stays: its boundary, as long
//! as nobody on the way can lift it, and what hangs above its account.
//!
//! Whoever holds everything in its account already gains nothing there; no power of such a one is told to these rules.
//! Nor are those of others over others of the account that are not needed: of one who grows by itself, for certain.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]

use crepe::crepe;
use rustc_hash::{FxBuildHasher, FxHashSet};

use crate::catalog::Power;
use crate::ids::{EntityId, PrincipalAtom};

crepe! {
    @input
    /// The principal is allowed an action of this power on the entity in some request; `true`: in every request.
    pub(crate) struct May(
        pub(crate) PrincipalAtom,
        pub(crate) Power,
        pub(crate) EntityId,
        pub(crate) bool,
    );

    @input
    /// The entity is this user or role.
    pub(crate) struct Is(pub(crate) EntityId, pub(crate) PrincipalAtom);

    @input
    /// The user is in the group.
    pub(crate) struct Member(pub(crate) PrincipalAtom, pub(crate) EntityId);

    @input
    /// The managed policy is attached to the user, role or group.
    pub(crate) struct Hangs(pub(crate) EntityId, pub(crate) EntityId);

    @input
    /// The managed policy is the boundary of the user or role.
    pub(crate) struct Bounds(pub(crate) EntityId, pub(crate) PrincipalAtom);

    @input
    /// A boundary is set (L1).
    pub(crate) struct Bounded(pub(crate) PrincipalAtom);

    @input
    /// An IAM user, who can be put into groups.
    pub(crate) struct User(pub(crate) PrincipalAtom);

    @input
    /// The group has policies.
    pub(crate) struct Gives(pub(crate) EntityId);

    @input
    /// Its policies allow everything and deny nothing: what limits it is not they.
    pub(crate) struct Full(pub(crate) PrincipalAtom);

    @input
    /// The first can make a session of the second, in some request; `true`: in every request (T16).
    pub(crate) struct Step(pub(crate) PrincipalAtom, pub(crate) PrincipalAtom, pub(crate) bool);

    // IAM User Guide, "Managed policies and inline policies". What is written into a user or role is its own...
    struct Governs(EntityId, PrincipalAtom);
    Governs(entity, principal) <- Is(entity, principal);
    // A5. ...so is what is written into its groups...
    Governs(group, principal) <- Member(principal, group);
    // ...and a managed policy says the same wherever it is attached.
    Governs(policy, principal) <- Hangs(policy, entity), Governs(entity, principal);

    // The first decides what some policy of the second says.
    struct Rewrites(PrincipalAtom, PrincipalAtom, bool);
    // IAM API Reference, "PutUserPolicy" and its like: the policies of an entity say what those say who may write them.
    Rewrites(principal, other, certain) <-
        May(principal, Power::Write, entity, certain),
        Governs(entity, other);
    // IAM API Reference, "SetDefaultPolicyVersion". What an older version says nobody has exported.
    Rewrites(principal, other, false) <-
        May(principal, Power::Revert, entity, _),
        Governs(entity, other);

    @output
    /// The user can put itself into the group.
    pub(crate) struct Joins(pub(crate) PrincipalAtom, pub(crate) EntityId, pub(crate) bool);
    // IAM API Reference, "AddUserToGroup": the permission is asked for the group, whoever is added.
    Joins(user, group, certain) <-
        May(user, Power::Join, group, certain),
        User(user),
        !Member(user, group);

    @output
    /// The first can act as the second, which it could not by a role's trust policy as it is.
    pub(crate) struct Takes(pub(crate) PrincipalAtom, pub(crate) PrincipalAtom, pub(crate) bool);
    // IAM API Reference, "CreateAccessKey", "UpdateAssumeRolePolicy". A key of a user is the user; a role is whoever
    // its trust policy names.
    Takes(principal, other, certain) <-
        May(principal, Power::Become, entity, certain),
        Is(entity, other),
        (principal != other);
    // IAM API Reference, "CreateLoginProfile", "UpdateLoginProfile". The one is for users without a password, the other
    // for those with one, and no export tells which they are.
    Takes(principal, other, false) <-
        May(principal, Power::LogIn, entity, _),
        Is(entity, other),
        (principal != other);

    // The first can lift the boundary of the second.
    struct Frees(PrincipalAtom, PrincipalAtom, bool);
    // IAM User Guide, "Permissions boundaries for IAM entities": it limits until it is taken off, or another is set...
    Frees(principal, other, certain) <-
        May(principal, Power::Unbind, entity, certain),
        Is(entity, other),
        Bounded(other);
    // ...or the policy that it is says something else.
    Frees(principal, other, certain) <-
        May(principal, Power::Write, policy, certain),
        Bounds(policy, other);
    Frees(principal, other, false) <-
        May(principal, Power::Revert, policy, _),
        Bounds(policy, other);

    @output
    /// The first can hand the role to a service that the role's trust policy lets in.
    pub(crate) struct Passes(pub(crate) PrincipalAtom, pub(crate) PrincipalAtom, pub(crate) EntityId, pub(crate) bool);
    // IAM User Guide, "Grant a user permissions to pass a role to an AWS service": the service acts as the role, on
    // behalf of whoever set it to work.
    Passes(principal, role, entity, certain) <-
        May(principal, Power::Pass, entity, certain),
        Is(entity, role),
        (principal != role);

    @output
    /// By its own powers the principal comes to more than it has.
    pub(crate) struct Grows(pub(crate) PrincipalAtom, pub(crate) bool);
    // It writes its own policies, and they do not allow everything yet...
    Grows(principal, certain) <-
        Rewrites(principal, other, certain),
        (principal == other),
        // Something is left that they could allow.
        !Full(principal);
    // ...or lifts its own boundary...
    Grows(principal, certain) <-
        Frees(principal, other, certain),
        (principal == other);
    // ...or joins a group that has policies.
    Grows(principal, certain) <-
        Joins(principal, group, certain),
        Gives(group);

    // Somebody of whom it matters who can become it.
    struct Wanted(PrincipalAtom);
    Wanted(principal) <- Grows(principal, _);
    Wanted(other) <- Takes(_, other, _);
    Wanted(principal) <- Raises(principal, _, _);
    Wanted(other) <- Raises(_, other, _);

    @output
    /// The first makes more of the second, which is another.
    pub(crate) struct Raises(pub(crate) PrincipalAtom, pub(crate) PrincipalAtom, pub(crate) bool);
    Raises(principal, other, certain) <-
        Rewrites(principal, other, certain),
        (principal != other),
        // Something is left that its policies could allow.
        !Full(other);
    Raises(principal, other, certain) <-
        Frees(principal, other, certain),
        (principal != other);

    // The first can become the second; the first mark: by a step that it has to make possible; the second: whatever
    // the requests' contexts.
    struct Reaches(PrincipalAtom, PrincipalAtom, bool, bool);
    Reaches(principal, principal, false, true) <- Wanted(principal);
    // T17. A step before a way that is already known.
    Reaches(caller, goal, made, first & second) <-
        Reaches(next, goal, made, second),
        Step(caller, next, first);
    Reaches(caller, goal, true, first & second) <-
        Reaches(next, goal, _, second),
        Takes(caller, next, first);

    @output
    /// The first comes to more than it has, as the second; the mark: whatever the requests' contexts.
    pub(crate) struct Escalates(pub(crate) PrincipalAtom, pub(crate) PrincipalAtom, pub(crate) bool);
    // It is, or becomes, somebody who comes to more...
    Escalates(principal, other, first & second) <-
        Reaches(principal, other, _, first),
        Grows(other, second);
    // ...or makes itself somebody else...
    Escalates(principal, other, certain) <-
        Reaches(principal, other, true, certain),
        (principal != other);
    // ...or is, or becomes, somebody who makes more of one that it is, or becomes, as well.
    Escalates(principal, other, first & second & third) <-
        Raises(writer, other, second),
        Reaches(principal, writer, _, first),
        Reaches(principal, other, _, third);
}

/// Who can give itself more, and by what.
pub(crate) struct Derived {
    pub(crate) joins: FxHashSet<Joins>,
    pub(crate) takes: FxHashSet<Takes>,
    pub(crate) passes: FxHashSet<Passes>,
    pub(crate) grows: FxHashSet<Grows>,
    pub(crate) raises: FxHashSet<Raises>,
    pub(crate) escalates: FxHashSet<Escalates>,
}

/// Runs the program over the facts that `feed` puts in.
pub(crate) fn run(feed: impl FnOnce(&mut Crepe)) -> Derived {
    let mut program = Crepe::new();
    feed(&mut program);
    let (joins, takes, passes, grows, raises, escalates) = program.run_with_hasher::<FxBuildHasher>();
    Derived { joins, takes, passes, grows, raises, escalates }
}
