//! Types of values, and sets of types: what a column holds.

use std::fmt;

/// What kind of thing a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Somebody who can make requests.
    Principal,
    /// A repository; also a registry, where an action is performed on that.
    Repository,
    /// An account, by its number.
    Account,
    /// An action of a service: `ecr-public:PutImage`.
    Action,
    /// What several actions add up to: `push`.
    Capability,
    /// `allowed` or `conditional`.
    Verdict,
    /// What a principal is: `user`, `role` ...
    Kind,
    /// `public` or `private`.
    Visibility,
    /// `allow` or `deny`.
    Effect,
    /// Where a policy hangs: `identity`, `repository`, `trust` ...
    Layer,
    /// A group of users.
    Group,
    /// A policy.
    Policy,
    /// A statement of a policy.
    Statement,
    /// A root or an organizational unit.
    Unit,
    /// An organization.
    Organization,
    /// Any text.
    Text,
    /// A number.
    Number,
}

impl Type {
    /// All types.
    pub const ALL: [Self; 17] = [
        Self::Principal,
        Self::Repository,
        Self::Account,
        Self::Action,
        Self::Capability,
        Self::Verdict,
        Self::Kind,
        Self::Visibility,
        Self::Effect,
        Self::Layer,
        Self::Group,
        Self::Policy,
        Self::Statement,
        Self::Unit,
        Self::Organization,
        Self::Text,
        Self::Number,
    ];

    /// The type as a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Principal => "principal",
            Self::Repository => "repository",
            Self::Account => "account",
            Self::Action => "action",
            Self::Capability => "capability",
            Self::Verdict => "verdict",
            Self::Kind => "kind",
            Self::Visibility => "visibility",
            Self::Effect => "effect",
            Self::Layer => "layer",
            Self::Group => "group",
            Self::Policy => "policy",
            Self::Statement => "statement",
            Self::Unit => "unit",
            Self::Organization => "organization",
            Self::Text => "text",
            Self::Number => "number",
        }
    }

    /// The type with its article, for messages.
    pub(super) fn with_article(self) -> String {
        let article = if self.as_str().starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        format!("{article} {}", self.as_str())
    }

    fn bit(self) -> u32 {
        1 << (self as u32)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A set of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Types(u32);

impl Types {
    /// Every type.
    pub(super) const ANY: Self = Self((1 << Type::ALL.len()) - 1);

    pub(super) fn of(types: &[Type]) -> Self {
        Self(types.iter().fold(0, |set, one| set | one.bit()))
    }

    pub(super) fn without(self, one: Type) -> Self {
        Self(self.0 & !one.bit())
    }

    pub(super) fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn holds(self, one: Type) -> bool {
        self.0 & one.bit() != 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Type> {
        Type::ALL.into_iter().filter(move |one| self.holds(*one))
    }

    /// The type, if there is only one.
    pub(super) fn only(self) -> Option<Type> {
        let mut all = self.iter();
        all.next().filter(|_| all.next().is_none())
    }

    /// In words: `a principal or a repository`.
    pub(super) fn told(self) -> String {
        let all: Vec<String> = self.iter().map(Type::with_article).collect();
        all.join(" or ")
    }
}
