//! Small integers that stand for things, one type a kind of thing.
//!
//! An id is given in order of first sight, so that two runs over the same
//! input number alike. It is `Copy`, has no arithmetic, and indexes only the
//! [`Table`] of its own kind: taking a principal for a repository does not
//! compile. What an id stands for is known to the table that gave it.
//!
//! The columns of the rules' relations are ids, and a cell is one of each:
//!
//! ```
//! use grantlog::ids::{ActionAtom, Id as _, PrincipalAtom, ResourceAtom};
//! use grantlog::lower::Cell;
//!
//! let (principal, action, resource) = (PrincipalAtom::new(0), ActionAtom::new(0), ResourceAtom::new(0));
//! let _ = Cell { principal, action, resource };
//! ```
//!
//! A principal in the place of a resource is a mistake that the compiler finds:
//!
//! ```compile_fail
//! use grantlog::ids::{ActionAtom, Id as _, PrincipalAtom, ResourceAtom};
//! use grantlog::lower::Cell;
//!
//! let (principal, action, resource) = (PrincipalAtom::new(0), ActionAtom::new(0), ResourceAtom::new(0));
//! let _ = Cell { principal: resource, action, resource: principal };
//! ```

use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::Index;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

/// What can index a [`Table`].
pub trait Id: Copy + Eq + Ord + Hash + fmt::Debug {
    /// The id with this number.
    ///
    /// # Panics
    /// If `index` does not fit 32 bits: no table grows that long before memory ends.
    fn new(index: usize) -> Self;
    /// Its number, counted from nought.
    fn index(self) -> usize;
}

/// Declares id types: a documented newtype of `u32` each.
macro_rules! ids {
    ($($(#[$doc:meta])* $visibility:vis $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        $visibility struct $name(u32);

        impl $name {
            /// The first id that its table gives.
            #[allow(dead_code, reason = "only some tables have a first row with a meaning")]
            pub(crate) const FIRST: Self = Self(0);
        }

        impl $crate::ids::Id for $name {
            fn new(index: usize) -> Self {
                Self(u32::try_from(index).expect("tables hold fewer than 2^32 entries"))
            }
            fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "#{}"), self.0)
            }
        }
    )*};
}
pub(crate) use ids;

ids! {
    /// A file that was read.
    pub FileId;
    /// A policy document, parsed once however often its text occurs.
    pub DocumentId;
    /// A policy: a document, its name, and the place that it was read from.
    pub PolicyId;
    /// A user or a role of the inventory.
    pub PrincipalId;
    /// A group of the inventory.
    pub GroupId;
    /// A repository of the inventory.
    pub RepositoryId;
    /// Something that the input refers to and does not hold.
    pub GapId;
    /// A statement as the rules see it: one per distinct value of its variables.
    pub StatementId;
    /// Principals that no policy in the input tells apart.
    pub PrincipalAtom;
    /// Actions that the same patterns match, on the same kind of resource.
    pub ActionAtom;
    /// Resources with one account, one policy, and the same matches.
    pub ResourceAtom;
    /// A user, role, group or managed policy that somebody may change, for one question about who can.
    pub EntityId;
    /// An account, numbered within one shard.
    pub AccountAtom;
    /// An interned conjunction of tests that only a request can decide.
    pub GuardId;
    /// An interned test: one condition on one key, or one doubt.
    pub TestId;
}

/// A vector that is indexed by one kind of id.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Table<I, T> {
    rows: Vec<T>,
    kind: PhantomData<I>,
}

impl<I: Id, T> Table<I, T> {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self { rows: Vec::new(), kind: PhantomData }
    }

    /// Makes room for so many more rows, and no others.
    pub fn reserve(&mut self, more: usize) {
        self.rows.reserve_exact(more);
    }

    /// Adds a row and returns its id.
    pub fn push(&mut self, row: T) -> I {
        self.rows.push(row);
        I::new(self.rows.len() - 1)
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows with their ids, in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (I, &T)> + DoubleEndedIterator + Clone {
        self.rows.iter().enumerate().map(|(index, row)| (I::new(index), row))
    }

    /// The rows, in order, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.rows.iter_mut()
    }

    /// The rows alone, in order.
    pub fn values(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }

    /// The ids alone, in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = I> + DoubleEndedIterator + use<I, T> {
        (0..self.rows.len()).map(I::new)
    }

    /// The row with this id, if there is one.
    #[must_use]
    pub fn get(&self, id: I) -> Option<&T> {
        self.rows.get(id.index())
    }

    /// The row of an id of this table, to be changed.
    pub fn get_mut(&mut self, id: I) -> Option<&mut T> {
        self.rows.get_mut(id.index())
    }
}

impl<I: Id, T> Default for Table<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Id, T> FromIterator<T> for Table<I, T> {
    fn from_iter<It: IntoIterator<Item = T>>(rows: It) -> Self {
        Self { rows: rows.into_iter().collect(), kind: PhantomData }
    }
}

impl<I: Id, T> Index<I> for Table<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.rows[id.index()]
    }
}

impl<I: Id, T: fmt::Debug> fmt::Debug for Table<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Gives equal values one id, in order of first sight.
#[derive(Clone, Debug)]
pub struct Interner<I, T> {
    values: IndexSet<T, FxBuildHasher>,
    kind: PhantomData<I>,
}

impl<I: Id, T: Eq + Hash> Interner<I, T> {
    /// An interner that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { values: IndexSet::default(), kind: PhantomData }
    }

    /// The id of this value, a new one if it was never seen.
    pub fn intern(&mut self, value: T) -> I {
        I::new(self.values.insert_full(value).0)
    }

    /// The id of this value, if it was seen.
    pub fn find<Q>(&self, value: &Q) -> Option<I>
    where
        Q: ?Sized + Hash + indexmap::Equivalent<T>,
    {
        self.values.get_index_of(value).map(I::new)
    }

    /// How many values were seen.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values with their ids, in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (I, &T)> {
        self.values.iter().enumerate().map(|(index, value)| (I::new(index), value))
    }
}

impl<I: Id, T: Eq + Hash> Default for Interner<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Id, T: Eq + Hash> Index<I> for Interner<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.values[id.index()]
    }
}
