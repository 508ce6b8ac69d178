//! The condition operators by name (O10, table O-T).

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

const NAMES: [(&str, Relation, bool); 27] = [
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
        let lower = text.to_ascii_lowercase();
        let (set, rest) = match lower.split_once(':') {
            None => (None, lower.as_str()),
            Some(("forallvalues", rest)) => (Some(SetPrefix::All), rest),
            Some(("foranyvalue", rest)) => (Some(SetPrefix::Any), rest),
            Some(_) => return Err(unknown()),
        };
        let (name, if_exists) = match rest.strip_suffix("ifexists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let found = NAMES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
        let &(_, relation, negated) = found.ok_or_else(unknown)?;
        if relation == Relation::Null {
            if if_exists {
                return Err(unknown());
            }
            // O87: a set prefix on Null has no documented meaning, and is read as none.
            return Ok(Self { set: None, relation, negated, if_exists });
        }
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
        let prefix = match self.set {
            None => "",
            Some(SetPrefix::All) => "ForAllValues:",
            Some(SetPrefix::Any) => "ForAnyValue:",
        };
        format!("{prefix}{name}{}", if self.if_exists { "IfExists" } else { "" })
    }
}

impl Relation {
    /// Whether values may hold variables (V6); for Bool the pages disagree (O61).
    #[must_use]
    pub fn takes_variables(self) -> bool {
        matches!(self, Self::StringEquals | Self::StringEqualsIgnoreCase | Self::StringLike | Self::Arn)
    }
}
