//! What deserves a look in what the two sides of a request say together: what both say, what one says in vain, and
//! of what nothing is left.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]

use crepe::crepe;

use super::super::How;
use crate::ids::{AccountAtom, ActionAtom, PrincipalAtom, ResourceAtom, StatementId};

crepe! {
    @input
    /// The statement of the principal's identity policies allows, and counts for it; `true`: in every request.
    pub(crate) struct Own(pub(crate) StatementId, pub(crate) PrincipalAtom, pub(crate) bool);

    @input
    /// The statement of a resource's policy allows, and names the principal in this way; `true`: in every request.
    pub(crate) struct Named(pub(crate) StatementId, pub(crate) PrincipalAtom, pub(crate) How, pub(crate) bool);

    @input
    /// The statement matches the action on the resource; `true`: in every request.
    pub(crate) struct Matches(
        pub(crate) StatementId,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) bool,
    );

    @input
    /// The statement lists actions of registries by the name of their service.
    pub(crate) struct SaysRegistry(pub(crate) StatementId);

    @input
    /// Some request is allowed.
    pub(crate) struct Possible(pub(crate) PrincipalAtom, pub(crate) ActionAtom, pub(crate) ResourceAtom);

    @input
    /// The principal belongs to the account (A6).
    pub(crate) struct PrincipalIn(pub(crate) PrincipalAtom, pub(crate) AccountAtom);

    @input
    /// The resource belongs to the account (M27).
    pub(crate) struct ResourceIn(pub(crate) ResourceAtom, pub(crate) AccountAtom);

    @input
    /// Its own policies are known.
    pub(crate) struct Known(pub(crate) PrincipalAtom);

    @input
    /// It has a policy of its own, and is asked about for those whom that names.
    pub(crate) struct Bears(pub(crate) ResourceAtom);

    @input
    /// What is said of the second holds for the first.
    pub(crate) struct Like(pub(crate) ResourceAtom, pub(crate) ResourceAtom);

    @input
    /// A statement of the resource's own policy that names few names the principal.
    pub(crate) struct Faces(pub(crate) PrincipalAtom, pub(crate) ResourceAtom);

    struct Same(PrincipalAtom, ResourceAtom);
    Same(principal, resource) <-
        ResourceIn(resource, account),
        !Bears(resource),
        PrincipalIn(principal, account);
    Same(principal, resource) <-
        Faces(principal, resource),
        PrincipalIn(principal, account),
        ResourceIn(resource, account);

    // The principal's side says yes.
    struct Gives(StatementId, PrincipalAtom, ActionAtom, ResourceAtom, bool);
    Gives(statement, principal, action, resource, first & second) <-
        Own(statement, principal, first),
        Same(principal, resource),
        Like(resource, like),
        Matches(statement, action, like, second);

    // The resource's side says yes.
    struct Lets(StatementId, PrincipalAtom, ActionAtom, ResourceAtom, How, bool);
    Lets(statement, principal, action, resource, how, first & second) <-
        Named(statement, principal, how, first),
        Matches(statement, action, resource, second);
    Lets(statement, principal, action, resource, how, first & second) <-
        Faces(principal, resource),
        Like(resource, like),
        (like != resource),
        Named(statement, principal, how, first),
        Matches(statement, action, like, second);

    @output
    /// What the second statement, of the resource's policy, lets the principal do there, the first allows it too.
    pub(crate) struct Twice(
        pub(crate) StatementId,
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
    );
    // E12. In one account either side is enough for whom the resource's policy names.
    Twice(own, other, principal, action, resource) <-
        Enough(other, principal, action, resource),
        // There is nothing for which the other is needed.
        !Needed(other, principal, resource),
        Gives(own, principal, action, resource, true),
        Possible(principal, action, resource);
    struct Enough(StatementId, PrincipalAtom, ActionAtom, ResourceAtom);
    Enough(statement, principal, action, resource) <-
        Lets(statement, principal, action, resource, how, true),
        (matches!(how, How::User | How::Session | How::Role)),
        Same(principal, resource);
    struct Needed(StatementId, PrincipalAtom, ResourceAtom);
    Needed(statement, principal, resource) <-
        Lets(statement, principal, action, resource, _, _),
        Same(principal, resource),
        // The principal's own side does not allow it in every request.
        !GivenSurely(principal, action, resource);
    struct GivenSurely(PrincipalAtom, ActionAtom, ResourceAtom);
    GivenSurely(principal, action, resource) <- Gives(_, principal, action, resource, true);

    @output
    /// The statement of a resource's policy lets the principal of another account in, and nothing there takes it up.
    pub(crate) struct Unmet(
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
    );
    struct Invites(StatementId, PrincipalAtom, ActionAtom, ResourceAtom, How);
    Invites(statement, principal, action, resource, how) <-
        Lets(statement, principal, action, resource, how, _),
        Known(principal),
        // Another account than the resource's.
        !Same(principal, resource);
    struct TakesUp(StatementId, PrincipalAtom);
    TakesUp(statement, principal) <-
        Invites(statement, principal, action, resource, _),
        Own(own, principal, _),
        Like(resource, like),
        Matches(own, action, like, _);
    // E18. Across accounts both sides must allow: the principal's does not...
    Unmet(statement, principal, action, resource) <-
        Invites(statement, principal, action, resource, how),
        (matches!(how, How::User | How::Session | How::Role)),
        // Nothing of it.
        !TakesUp(statement, principal);
    // E19. ...nor that of anybody else in the account, if it is the whole account that is let in.
    Unmet(statement, principal, action, resource) <-
        Invites(statement, principal, action, resource, How::Account),
        PrincipalIn(principal, account),
        // Nobody of it.
        !TakenUpIn(statement, account);
    struct TakenUpIn(StatementId, AccountAtom);
    TakenUpIn(statement, account) <-
        TakesUp(statement, principal),
        PrincipalIn(principal, account);

    @output
    /// The statement allows the principal something.
    pub(crate) struct Offers(
        pub(crate) StatementId,
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
    );
    // E9. What a statement allows, other policies may cut to nothing.
    Offers(statement, principal, action, resource) <-
        SaysRegistry(statement),
        Gives(statement, principal, action, resource, _),
        // Nothing of it is left.
        !Lives(statement, principal);
    Offers(statement, principal, action, resource) <-
        SaysRegistry(statement),
        Enough(statement, principal, action, resource),
        // Nothing of it is left.
        !Lives(statement, principal);
    struct Lives(StatementId, PrincipalAtom);
    Lives(statement, principal) <-
        Gives(statement, principal, action, resource, _),
        Possible(principal, action, resource);
    Lives(statement, principal) <-
        Enough(statement, principal, action, resource),
        Possible(principal, action, resource);
    // E18. What another account's policy lets the principal do is allowed by its own.
    Lives(statement, principal) <-
        Own(statement, principal, _),
        Lets(_, principal, action, resource, _, _),
        Like(resource, like),
        Matches(statement, action, like, _),
        Possible(principal, action, resource);
}

/// What deserves a look.
pub(crate) struct Derived {
    /// Statements that allow what others allow as well.
    pub(crate) twice: Vec<Twice>,
    /// Statements that let somebody in who does not come.
    pub(crate) unmet: Vec<Unmet>,
    /// Statements of which nothing is left for somebody.
    pub(crate) offers: Vec<Offers>,
}

/// Runs the program over the facts that `feed` puts in; sorted.
pub(crate) fn run(feed: impl FnOnce(&mut Crepe)) -> Derived {
    let mut program = Crepe::new();
    feed(&mut program);
    let (twice, unmet, offers) = program.run_with_hasher::<rustc_hash::FxBuildHasher>();
    let mut derived = Derived {
        twice: twice.into_iter().collect(),
        unmet: unmet.into_iter().collect(),
        offers: offers.into_iter().collect(),
    };
    derived.twice.sort_unstable_by_key(|row| (row.0, row.1, row.2, row.3, row.4));
    derived.unmet.sort_unstable_by_key(|row| (row.0, row.1, row.2, row.3));
    derived.offers.sort_unstable_by_key(|row| (row.0, row.1, row.2, row.3));
    derived
}
