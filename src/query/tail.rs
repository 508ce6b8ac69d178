//! What is done with the rows of an answer: which are kept, in which order, and how they are counted.
//!
//! ```text
//! where CONDITION   group by FIELD, FIELD   order by FIELD [desc]   limit NUMBER   count
//! ```
//!
//! A field of an answer is a column of it, or something that the inventory says of the principal or the
//! resource of the row. Nothing here looks anything up: who has the rows knows what their fields hold.

use std::fmt;

use super::language::quoted;
use super::set::SetExpression;
use crate::policy::{Case, Pattern, Version};

/// What is done with rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// Which rows are kept; all, if there is no condition.
    pub filter: Option<Filter>,
    /// Rows are counted by what these hold.
    pub group: Vec<Field>,
    /// By what rows are sorted, the first first.
    pub order: Vec<Order>,
    /// How many rows are shown.
    pub limit: Option<usize>,
    /// Whether only the number of rows is told.
    pub count: bool,
}

/// A condition on a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of these.
    All(Vec<Self>),
    /// One of these.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// The field compares like this with one of the values.
    Compares(Field, Comparison, Vec<String>),
    /// What the field names is in a set.
    In(Field, SetExpression),
    /// The repository is public.
    Public,
    /// The row's principal, or the account of what is listed, is in no organization of the resource's account; where
    /// there is no resource, in none of the input.
    Outside,
}

/// How a field compares with values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// It is one of them, or fits one that is a pattern.
    Is,
    /// It is more, as a number.
    More,
    /// It is less, as a number.
    Less,
    /// It is at least this, as a number.
    AtLeast,
    /// It is at most this, as a number.
    AtMost,
}

/// What a row is sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The field.
    pub field: Field,
    /// Whether what is most comes first.
    pub descending: bool,
}

/// Whose field it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The principal's.
    Principal,
    /// The repository's, or whatever resource it is.
    Repository,
}

impl Side {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Repository => "repository",
        }
    }
}

/// Something that a row holds, or that the inventory says of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Field {
    /// Whose, where the row has a principal and a resource.
    pub side: Option<Side>,
    /// What.
    pub attribute: Attribute,
}

/// What a field is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// A column of the answer, by its name.
    Column(&'static str),
    /// A column that a saved query names: a variable of its question, or what it counts.
    Variable(String),
    /// The account that it belongs to, by number or name.
    Account,
    /// The organization units that its account is in, by id or name, from the root down.
    Unit,
    /// The organization of its account.
    Organization,
    /// Its path: of a principal as IAM writes it (`/ci/`), of a repository what stands before its last part.
    Path,
    /// What its tag with this key holds.
    Tag(String),
    /// How many rows are in the group.
    Count,
}

impl Attribute {
    /// Those with a name of their own, with it.
    pub(crate) const NAMED: [(&'static str, Self); 4] =
        [("account", Self::Account), ("unit", Self::Unit), ("organization", Self::Organization), ("path", Self::Path)];

    /// Whether what it holds is meant by a text: by itself, by the end of a name, or by a pattern. Only values of
    /// tags differ by letter case alone.
    fn is(&self, held: &str, wanted: &str) -> bool {
        let is_tag = matches!(self, Self::Tag(_));
        if held == wanted || !is_tag && held.eq_ignore_ascii_case(wanted) {
            return true;
        }
        let pattern = Pattern::parse(wanted, Version::V2008);
        let fits = |text: &str| text == wanted || pattern.has_wildcard() && pattern.matches(text, Case::Sensitive);
        match self {
            Self::Column(_) | Self::Variable(_) => crate::engine::ends(held).any(fits),
            _ => fits(held),
        }
    }

    /// The word for it, which is a column's name too.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Column(name) => name,
            Self::Variable(name) => name,
            Self::Account => "account",
            Self::Unit => "unit",
            Self::Organization => "organization",
            Self::Path => "path",
            Self::Tag(_) => "tag",
            Self::Count => "count",
        }
    }
}

impl Comparison {
    fn as_str(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::More => ">",
            Self::Less => "<",
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
        }
    }

    /// Whether what an attribute holds compares so with `wanted`.
    #[must_use]
    pub fn admits(self, attribute: &Attribute, held: &str, wanted: &str) -> bool {
        let numbers = || Some((held.parse::<i64>().ok()?, wanted.parse::<i64>().ok()?));
        match self {
            Self::Is => attribute.is(held, wanted),
            Self::More => numbers().is_some_and(|(held, wanted)| held > wanted),
            Self::Less => numbers().is_some_and(|(held, wanted)| held < wanted),
            Self::AtLeast => numbers().is_some_and(|(held, wanted)| held >= wanted),
            Self::AtMost => numbers().is_some_and(|(held, wanted)| held <= wanted),
        }
    }
}

impl Tail {
    /// Whether rows are taken as they come.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Goes on with what another tail says of the rows that are left: it chooses among them, and sorts, counts and
    /// cuts them in its own way.
    pub fn go_on(&mut self, more: &Self) {
        self.filter = match (self.filter.take(), more.filter.clone()) {
            (Some(one), Some(other)) => Some(Filter::All(vec![one, other])),
            (one, other) => one.or(other),
        };
        if !more.order.is_empty() || !more.group.is_empty() {
            self.order.clone_from(&more.order);
        }
        self.group.clone_from(&more.group);
        self.limit = more.limit;
        self.count = more.count;
    }

    /// The columns of an answer that counts.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let grouped = if self.count { &[][..] } else { self.group.as_slice() };
        grouped.iter().map(|field| field.attribute.word()).chain(["count"])
    }

    /// Whether rows are told by numbers.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.count || !self.group.is_empty()
    }
}

impl Field {
    /// What the field names, if it can be a member of a set.
    #[must_use]
    pub fn side_named(&self) -> Option<Side> {
        match self.attribute {
            Attribute::Column("principal" | "through") => Some(Side::Principal),
            Attribute::Column("repository") => Some(Side::Repository),
            _ => None,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(side) = self.side {
            write!(f, "{} ", side.as_str())?;
        }
        f.write_str(self.attribute.word())?;
        match &self.attribute {
            Attribute::Tag(key) => write!(f, " {}", quoted(key)),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (number, part) in parts.iter().enumerate() {
                if number > 0 {
                    write!(f, " {word} ")?;
                }
                let is_joined = matches!(part, Self::All(_) | Self::Any(_));
                if is_joined { write!(f, "({part})")? } else { write!(f, "{part}")? }
            }
            Ok(())
        };
        match self {
            Self::All(parts) => joined(f, parts, "and"),
            Self::Any(parts) => joined(f, parts, "or"),
            Self::Not(part) if matches!(**part, Self::All(_) | Self::Any(_)) => write!(f, "not ({part})"),
            Self::Not(part) => write!(f, "not {part}"),
            Self::Compares(field, comparison, values) => {
                let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
                write!(f, "{field} {} {}", comparison.as_str(), values.join(", "))
            }
            Self::In(field, set) => write!(f, "{field} in {}", set.nested()),
            Self::Public => f.write_str("public"),
            Self::Outside => f.write_str("outside the organization"),
        }
    }
}

impl fmt::Display for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(filter) = &self.filter {
            write!(f, " where {filter}")?;
        }
        for (number, field) in self.group.iter().enumerate() {
            write!(f, "{} {field}", if number == 0 { " group by" } else { "," })?;
        }
        for (number, order) in self.order.iter().enumerate() {
            write!(f, "{} {}", if number == 0 { " order by" } else { "," }, order.field)?;
            f.write_str(if order.descending { " desc" } else { "" })?;
        }
        if let Some(limit) = self.limit {
            write!(f, " limit {limit}")?;
        }
        f.write_str(if self.count { " count" } else { "" })
    }
}
