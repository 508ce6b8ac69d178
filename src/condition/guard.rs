//! Guards: what a request must still satisfy.
//!
//! A guard is an interned conjunction of literals. The rules carry its number
//! and join two by [`Guards::both`]; they never look inside. What a guard means
//! as a formula, and whether two of them exclude each other, is decided outside
//! (see [`super::decide`]).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::test::Residual;
use crate::ids::{GapId, GuardId, Interner, TestId};
use crate::policy::Pattern;

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Literal {
    /// A condition that only a request decides.
    Test(Residual),
    /// The reading of this rule that is followed is the right one, or (false) it is not.
    Reading(&'static str, bool),
    /// What the input lacks here allows it.
    Missing(GapId),
    /// `repository/` and the name of the repository that is to be created match this pattern, or (false) do not.
    NewName(Pattern, bool),
    /// What cannot be decided beforehand nor reasoned about (O12), by its text, or (false) its opposite.
    Unreadable(String, bool),
}

impl Literal {
    /// What holds exactly when this does not. Of a test that is an equality without suffix; a gap, and other
    /// tests, have no opposite of this form and stay what they are: nobody takes the opposite of those.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Reading(rule, followed) => Self::Reading(rule, !followed),
            Self::NewName(pattern, positive) => Self::NewName(pattern, !positive),
            Self::Unreadable(text, positive) => Self::Unreadable(text, !positive),
            Self::Test(mut test) => {
                test.operator.negated = !test.operator.negated;
                Self::Test(test)
            }
            Self::Missing(_) => self,
        }
    }
}

/// What a table of guards holds. From equal contents on two tables number alike what is joined in them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct GuardContents {
    literals: Vec<Literal>,
    guards: Vec<Box<[TestId]>>,
}

/// The table of guards of one evaluation.
#[derive(Default)]
pub struct Guards {
    table: Mutex<Tables>,
}

struct Tables {
    literals: Interner<TestId, Literal>,
    guards: Interner<GuardId, Box<[TestId]>>,
}

impl Default for Tables {
    fn default() -> Self {
        let mut guards = Interner::new();
        guards.intern(Box::from([]));
        Self { literals: Interner::new(), guards }
    }
}

impl GuardId {
    /// Nothing is left to satisfy.
    pub const ALWAYS: Self = Self::FIRST;
}

impl Guards {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The guard of these literals together.
    ///
    /// A guard that asks for both readings of one rule can never hold; it is kept, and decided with
    /// the formula.
    pub fn all(&self, literals: impl IntoIterator<Item = Literal>) -> GuardId {
        let mut literals = literals.into_iter().peekable();
        if literals.peek().is_none() {
            return GuardId::ALWAYS;
        }
        let mut tables = self.tables();
        let mut tests: Vec<TestId> = literals.map(|literal| tables.literals.intern(literal)).collect();
        tests.sort_unstable();
        tests.dedup();
        tables.guards.intern(tests.into())
    }

    /// Both guards together.
    #[must_use]
    pub fn both(&self, one: GuardId, other: GuardId) -> GuardId {
        if one == other || other == GuardId::ALWAYS {
            return one;
        }
        if one == GuardId::ALWAYS {
            return other;
        }
        let mut tables = self.tables();
        let mut tests: Vec<TestId> = tables.guards[one].iter().chain(&*tables.guards[other]).copied().collect();
        tests.sort_unstable();
        tests.dedup();
        tables.guards.intern(tests.into())
    }

    /// The literals of a guard; in an order that does not depend on when they were first seen.
    #[must_use]
    pub fn literals(&self, guard: GuardId) -> Vec<Literal> {
        let tables = self.tables();
        let mut literals: Vec<Literal> =
            tables.guards[guard].iter().map(|&test| tables.literals[test].clone()).collect();
        literals.sort_unstable();
        literals
    }

    /// What the table holds now, by the numbers of guards.
    #[must_use]
    pub(crate) fn contents(&self) -> GuardContents {
        let tables = self.tables();
        let literals = tables.literals.iter().map(|(_, literal)| literal.clone()).collect();
        GuardContents { literals, guards: tables.guards.iter().map(|(_, guard)| guard.clone()).collect() }
    }

    /// How many distinct guards there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables().guards.len()
    }

    /// Never: the guard that always holds is in every table.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }
}

impl fmt::Debug for Guards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tables = self.tables();
        f.debug_map().entries(tables.guards.iter()).finish()
    }
}

/// A table of guards as a column of a relation: equal to itself only.
#[derive(Clone, Copy)]
pub(crate) struct Algebra<'a>(pub(crate) &'a Guards);

impl Algebra<'_> {
    pub(crate) fn both(self, one: GuardId, other: GuardId) -> GuardId {
        self.0.both(one, other)
    }
}

impl PartialEq for Algebra<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Algebra<'_> {}

impl Hash for Algebra<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.0).hash(state);
    }
}
