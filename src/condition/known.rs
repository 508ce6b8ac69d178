//! What is known of a context key.

use crate::policy::Filling;

/// The multivalued keys that ECR requests can carry; all others hold one value.
const MULTIVALUED: [&str; 10] = [
    "aws:principalorgpaths",
    "aws:principalservicenameslist",
    "aws:resourceorgpaths",
    "aws:sourceorgpaths",
    "aws:vpceorgpaths",
    "aws:tagkeys",
    "aws:calledvia",
    "sts:identitytokenaudience",
    "sts:transitivetagkeys",
    "sts:requestcontextproviders",
];

/// Whether a key, in lower case, holds a list by its definition (S1), as what providers tell of their users (K56).
pub(super) fn is_multivalued(key: &str) -> bool {
    MULTIVALUED.contains(&key)
        || key.rsplit_once(':').is_some_and(|(provider, name)| name == "amr" && provider.contains('.'))
}

/// What is known of a key in the requests that are asked about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Known {
    /// It is not in the request.
    Absent,
    /// It has these values; one for a single-valued key.
    Values(Vec<String>),
    /// Only a request fixes it.
    Unknown {
        /// Whether it is present in every request.
        always_present: bool,
    },
    /// It is present; its value begins with this text and goes on with something only a request fixes.
    Prefixed(String),
    /// It is present, and an instant no earlier than this one (U25).
    NotBefore(jiff::Timestamp),
    /// It may be absent or have any value but these: nor one below them as a path, nor an ARN of such an account.
    NoneOf(Vec<String>),
    /// It may be absent, or have one of these values (K93).
    Among(Vec<String>),
    /// It is present, and the name of a session: 2 to 64 characters of a few (K73).
    SessionName,
    /// AWS leaves doubt: the first is followed, the second is another reading; with the rule's number.
    Doubtful(Box<Known>, Box<Known>, &'static str),
}

impl Known {
    /// One value.
    pub fn value(text: impl Into<String>) -> Self {
        Self::Values(vec![text.into()])
    }

    /// A value that may be missing.
    pub fn optional(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Absent, Self::value)
    }

    /// A key that a request may carry or not.
    pub const UNKNOWN: Self = Self::Unknown { always_present: false };

    /// A key that every request carries, with a value that only the request fixes.
    pub const PRESENT: Self = Self::Unknown { always_present: true };

    /// What a variable of this key is filled in with: one known value (V17).
    #[must_use]
    pub fn filling(&self) -> Filling {
        match self {
            Self::Values(values) => match values.as_slice() {
                [one] => Filling::Text(one.clone()),
                _ => Filling::Nothing,
            },
            Self::Absent => Filling::Nothing,
            Self::Unknown { .. }
            | Self::NoneOf(_)
            | Self::Among(_)
            | Self::Prefixed(_)
            | Self::NotBefore(_)
            | Self::SessionName => Filling::Open,
            Self::Doubtful(followed, ..) => followed.filling(),
        }
    }
}
