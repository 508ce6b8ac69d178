//! The request context as far as somebody gave it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::condition::{Known, implied};

/// Keys with their values, and what to think of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Values by key in lower case; an empty list says that the key is absent.
    pub given: BTreeMap<String, Vec<String>>,
    /// Whether a key that is neither given nor implied is absent, rather than unknown.
    pub closed: bool,
    /// No request is made before this instant (U25).
    pub now: Timestamp,
}

impl Default for Context {
    fn default() -> Self {
        Self { given: BTreeMap::new(), closed: false, now: Timestamp::now() }
    }
}

impl Context {
    /// What was said of a key.
    #[must_use]
    pub fn given(&self, key: &str) -> Option<Known> {
        let values = self.given.get(key)?;
        Some(if values.is_empty() { Known::Absent } else { Known::Values(values.clone()) })
    }

    /// What the keys that were given tell of one that was not (U47). In a complete context nothing: there
    /// what is not given is absent.
    #[must_use]
    pub fn implied(&self, key: &str) -> Option<Known> {
        let given = |key: &str| self.given.get(key).map(Vec::as_slice);
        if self.closed { None } else { implied(key, &given) }
    }

    /// A key that only the request fixes.
    #[must_use]
    pub fn open(&self, known: Known) -> Known {
        match known {
            Known::Absent | Known::Values(_) | Known::Doubtful(..) => known,
            _ if self.closed => Known::Absent,
            open => open,
        }
    }
}
