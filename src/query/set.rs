//! Sets of principals or repositories, by name: `let deployers = who can push on prod/*`, then `deployers - admins`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::language::Question;
use super::tail::Side;

/// A set, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetExpression {
    /// One that was named before.
    Named(String),
    /// Those whom a question finds.
    Asked(Box<Question>),
    /// Those of the first that are not in the second.
    Without(Box<Self>, Box<Self>),
    /// Those in both.
    Both(Box<Self>, Box<Self>),
    /// Those in either.
    Either(Box<Self>, Box<Self>),
}

/// The members of a set, by their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Members {
    /// What they are.
    pub side: Side,
    /// Their names.
    pub names: BTreeSet<String>,
}

/// The sets that were named.
pub type Sets = BTreeMap<String, Members>;

/// Why there is no such set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// Nothing was named so.
    #[error("no set is called `{0}`")]
    Unknown(String),
    /// The field holds nothing of the kind.
    #[error("`{}` is never in a set of {}", .0, plural(*.1))]
    Other(String, Side),
    /// Principals and repositories are not compared.
    #[error("a set of {} cannot be joined with one of {}", plural(*.0), plural(*.1))]
    Mixed(Side, Side),
}

/// The word for several.
#[must_use]
pub fn plural(side: Side) -> &'static str {
    match side {
        Side::Principal => "principals",
        Side::Repository => "repositories",
    }
}

impl SetExpression {
    /// Its members; `ask` answers the questions in it.
    ///
    /// # Errors
    /// For a name that was not given, for sets of two kinds, and those of `ask`.
    pub fn members<E: From<SetError>>(
        &self,
        sets: &Sets,
        ask: &mut impl FnMut(&Question) -> Result<Members, E>,
    ) -> Result<Members, E> {
        let (one, other) = match self {
            Self::Named(name) => return sets.get(name).cloned().ok_or_else(|| SetError::Unknown(name.clone()).into()),
            Self::Asked(question) => return ask(question),
            Self::Without(one, other) | Self::Both(one, other) | Self::Either(one, other) => (one, other),
        };
        let (one, other) = (one.members(sets, ask)?, other.members(sets, ask)?);
        if one.side != other.side {
            return Err(SetError::Mixed(one.side, other.side).into());
        }
        let names = match self {
            Self::Without(..) => &one.names - &other.names,
            Self::Both(..) => &one.names & &other.names,
            _ => &one.names | &other.names,
        };
        Ok(Members { side: one.side, names })
    }

    /// It as a part of another one.
    pub(super) fn nested(&self) -> String {
        if matches!(self, Self::Named(_)) { self.to_string() } else { format!("({self})") }
    }
}

impl fmt::Display for SetExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Asked(question) => write!(f, "{question}"),
            Self::Without(one, other) => write!(f, "{} - {}", one.nested(), other.nested()),
            Self::Both(one, other) => write!(f, "{} & {}", one.nested(), other.nested()),
            Self::Either(one, other) => write!(f, "{} + {}", one.nested(), other.nested()),
        }
    }
}
