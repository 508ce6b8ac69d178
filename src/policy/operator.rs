//! The condition operators by name (O10, table O-T). How they compare is for a room downstream.

use super::diagnostic;

/// What an operator compares, before negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// `StringEquals`: the whole text, case-sensitively (O34).
    StringEquals,
    /// `StringEqualsIgnoreCase`: the whole text, ASCII letters folded (O35).
    StringEqualsIgnoreCase,
    /// `StringLike`: with `*` and `?` (O36).
    StringLike,
    /// `NumericEquals` (O43).
    NumericEquals,
    /// `NumericLessThan`: the context value stands on the left (O42).
    NumericLess,
    /// `NumericLessThanEquals`.
    NumericLessOrEqual,
    /// `NumericGreaterThan`.
    NumericGreater,
    /// `NumericGreaterThanEquals`.
    NumericGreaterOrEqual,
    /// `DateEquals` (O47).
    DateEquals,
    /// `DateLessThan`.
    DateLess,
    /// `DateLessThanEquals`.
    DateLessOrEqual,
    /// `DateGreaterThan`.
    DateGreater,
    /// `DateGreaterThanEquals`.
    DateGreaterOrEqual,
    /// `Bool` (O57).
    Bool,
    /// `BinaryEquals`: bytes, Base64 in the policy (O62).
    Binary,
    /// `IpAddress` (O64).
    Ip,
    /// `ArnEquals` and `ArnLike`, which are the same (O74).
    Arn,
    /// `Null`: presence (O84).
    Null,
}

/// `ForAllValues:` or `ForAnyValue:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SetPrefix {
    /// Every value of the request passes; true of none (S2, S3).
    All,
    /// At least one value passes; false of none (S4, S5).
    Any,
}

impl SetPrefix {
    /// Its name, without the colon.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "ForAllValues",
            Self::Any => "ForAnyValue",
        }
    }
}

/// An operator with its prefix and suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operator {
    /// The set prefix.
    pub set: Option<SetPrefix>,
    /// What is compared.
    pub relation: Relation,
    /// `...Not...`: true when nothing of the list matches (O5).
    pub negated: bool,
    /// The suffix `IfExists`: true when the key is absent (O25).
    pub if_exists: bool,
}

/// O12: no operator of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown condition operator `{0}`")]
pub struct OperatorError(pub String);

/// A name, what it compares, and whether the outcome is negated.
type Entry = (&'static str, Relation, bool);

const NAMES: [Entry; 27] = [
    ("StringEquals", Relation::StringEquals, false),
    ("StringNotEquals", Relation::StringEquals, true),
    ("StringEqualsIgnoreCase", Relation::StringEqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Relation::StringEqualsIgnoreCase, true),
    ("StringLike", Relation::StringLike, false),
    ("StringNotLike", Relation::StringLike, true),
    ("NumericEquals", Relation::NumericEquals, false),
    ("NumericNotEquals", Relation::NumericEquals, true),
    ("NumericLessThan", Relation::NumericLess, false),
    ("NumericLessThanEquals", Relation::NumericLessOrEqual, false),
    ("NumericGreaterThan", Relation::NumericGreater, false),
    ("NumericGreaterThanEquals", Relation::NumericGreaterOrEqual, false),
    ("DateEquals", Relation::DateEquals, false),
    ("DateNotEquals", Relation::DateEquals, true),
    ("DateLessThan", Relation::DateLess, false),
    ("DateLessThanEquals", Relation::DateLessOrEqual, false),
    ("DateGreaterThan", Relation::DateGreater, false),
    ("DateGreaterThanEquals", Relation::DateGreaterOrEqual, false),
    ("Bool", Relation::Bool, false),
    ("BinaryEquals", Relation::Binary, false),
    ("IpAddress", Relation::Ip, false),
    ("NotIpAddress", Relation::Ip, true),
    ("ArnEquals", Relation::Arn, false),
    ("ArnLike", Relation::Arn, false),
    ("ArnNotEquals", Relation::Arn, true),
    ("ArnNotLike", Relation::Arn, true),
    ("Null", Relation::Null, false),
];

impl Operator {
    /// Reads an operator's name, without regard to case (O11).
    ///
    /// # Errors
    /// [`OperatorError`] for a name outside table O-T, `NullIfExists` included (O87).
    pub fn parse(text: &str) -> Result<Self, OperatorError> {
        let unknown = || OperatorError(text.to_owned());
        let (set, (_, relation, negated), if_exists) = parts(text).ok_or_else(unknown)?;
        // O87: a set prefix on Null has no documented meaning, and is read as none.
        let set = set.filter(|_| relation != Relation::Null);
        Ok(Self { set, relation, negated, if_exists })
    }

    /// The operator's documented name.
    ///
    /// # Panics
    /// For a negation that does not exist, such as that of `Bool`; [`Self::parse`] makes none.
    #[must_use]
    pub fn name(self) -> String {
        let found = NAMES.iter().find(|(_, relation, negated)| *relation == self.relation && *negated == self.negated);
        let (name, ..) = found.expect("every operator was made from a name");
        written(self.set, name, self.if_exists)
    }

    /// The names of all operators, without prefix and suffix.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().map(|(name, ..)| name)
    }
}

/// The spelling that AWS documents for an operator's name. Of two names for one operator it is the same one.
pub(super) fn documented(text: &str) -> Option<String> {
    let (set, (name, ..), if_exists) = parts(text)?;
    Some(written(set, name, if_exists))
}

/// A name taken apart, without regard to case: its prefix, its line in the table, whether the suffix is there.
fn parts(text: &str) -> Option<(Option<SetPrefix>, Entry, bool)> {
    let (set, rest) = match text.split_once(':') {
        None => (None, text),
        Some((prefix, rest)) => (Some(set_prefix(prefix)?), rest),
    };
    let (name, if_exists) = match without_suffix(rest) {
        Some(name) => (name, true),
        None => (rest, false),
    };
    let found = NAMES.into_iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
    found.filter(|(_, relation, _)| !(if_exists && *relation == Relation::Null)).map(|found| (set, found, if_exists))
}

fn written(set: Option<SetPrefix>, name: &str, if_exists: bool) -> String {
    let prefix = set.map_or(String::new(), |set| format!("{}:", set.as_str()));
    format!("{prefix}{name}{}", if if_exists { IF_EXISTS } else { "" })
}

/// The operator that was probably meant, without prefix and suffix.
pub(super) fn near(text: &str) -> Option<&'static str> {
    let name = match text.split_once(':') {
        Some((prefix, name)) if set_prefix(prefix).is_some() => name,
        _ => text,
    };
    diagnostic::near(without_suffix(name).unwrap_or(name), &NAMES.map(|(known, ..)| known))
}

fn set_prefix(text: &str) -> Option<SetPrefix> {
    [SetPrefix::All, SetPrefix::Any].into_iter().find(|prefix| prefix.as_str().eq_ignore_ascii_case(text))
}

const IF_EXISTS: &str = "IfExists";

/// The name before `IfExists`.
fn without_suffix(name: &str) -> Option<&str> {
    let cut = name.len().checked_sub(IF_EXISTS.len())?;
    let (name, suffix) = name.split_at_checked(cut)?;
    suffix.eq_ignore_ascii_case(IF_EXISTS).then_some(name)
}
