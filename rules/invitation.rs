//! Who of other accounts is told of: those whom both sides have something to allow.
//!
//! Nothing that is said of others can come to anything (E18). This is asked beside the verdicts, by those who ask what
//! statements say, of what each side grants by itself.

#![expect(clippy::iter_over_hash_type, reason = "a derived relation is a set; whoever shows it sorts it first")]
#![expect(clippy::mutable_key_type, reason = "a table of guards is compared by its address alone")]

use crepe::crepe;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::How;
use crate::condition::Algebra;
use crate::ids::{ActionAtom, GuardId, PrincipalAtom, ResourceAtom};

crepe! {
    @input
    /// The table in which guards are joined.
    pub(crate) struct Joins<'a>(pub(crate) Algebra<'a>);

    @input
    /// The principal is of this partition, or may be.
    pub(crate) struct PrincipalPartition(pub(crate) PrincipalAtom, pub(crate) u32);

    @input
    /// The resource is of this partition.
    pub(crate) struct ResourcePartition(pub(crate) ResourceAtom, pub(crate) u32);

    @input
    /// An AWS service under its own name.
    pub(crate) struct Service(pub(crate) PrincipalAtom);

    @input
    /// The resource policy says yes to a principal of another account.
    pub(crate) struct GrantedFromOutside(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
    );

    @input
    /// The resource policy says yes, naming the principal in this way.
    pub(crate) struct Granted(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) How,
        pub(crate) GuardId,
    );

    @input
    /// The principal's own side says yes, whatever limits there are.
    pub(crate) struct Own(
        pub(crate) PrincipalAtom,
        pub(crate) ActionAtom,
        pub(crate) ResourceAtom,
        pub(crate) GuardId,
    );

    @output
    #[derive(Debug, PartialOrd, Ord)]
    /// Both sides have something to allow a principal of another account on the resource, whatever limits there are, if
    /// the guard holds.
    pub(crate) struct Guest(pub(crate) PrincipalAtom, pub(crate) ResourceAtom, pub(crate) GuardId);
    // E18. Nothing that is said of others can come to anything...
    Guest(principal, resource, algebra.both(first, second)) <-
        GrantedFromOutside(principal, action, resource),
        Granted(principal, action, resource, _, first),
        Own(principal, action, resource, second),
        // E24. ...nor in another partition...
        PrincipalPartition(principal, partition),
        ResourcePartition(resource, partition),
        Joins(algebra);
    // E28. ...but services have no side of their own.
    Guest(principal, resource, guard) <-
        Service(principal),
        Granted(principal, _, resource, how, guard),
        (matches!(how, How::Service | How::Everyone));
}

/// Runs the program over the facts that `feed` puts in.
pub(crate) fn run<'a>(feed: impl FnOnce(&mut Crepe<'a>)) -> FxHashSet<Guest> {
    let mut program = Crepe::new();
    feed(&mut program);
    let (guests,) = program.run_with_hasher::<FxBuildHasher>();
    guests
}
