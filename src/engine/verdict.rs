//! The three verdicts.

use std::fmt;

/// Whether a permission is there. There is no fourth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Whatever the request's context.
    Allowed,
    /// Under some contexts.
    Conditional,
    /// Under none.
    Denied {
        /// By a Deny statement, rather than by the lack of an Allow (E33).
        explicit: bool,
    },
}

impl Verdict {
    /// `allowed`, `conditional` or `denied`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Conditional => "conditional",
            Self::Denied { .. } => "denied",
        }
    }

    /// Whether some request is allowed.
    #[must_use]
    pub fn is_possible(self) -> bool {
        !matches!(self, Self::Denied { .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
