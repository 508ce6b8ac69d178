//! Tags of users, roles and repositories.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Tags by key, in the order of keys. Copies share them; most things have none or one.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tags(Option<Arc<[(String, String)]>>);

impl Tags {
    /// No tags.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |tags| tags.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Keys and values.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&String, &String)> + Clone {
        self.0.as_deref().unwrap_or_default().iter().map(|(key, value)| (key, value))
    }

    /// These, and others that stand in for them where both have a key.
    #[must_use]
    pub(super) fn with(&self, others: &Self) -> Self {
        let both = self.iter().chain(others.iter());
        both.map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

/// Of two tags with one key the last counts.
impl FromIterator<(String, String)> for Tags {
    fn from_iter<It: IntoIterator<Item = (String, String)>>(tags: It) -> Self {
        let mut tags: Vec<(String, String)> = tags.into_iter().collect();
        if tags.is_empty() {
            return Self::new();
        }
        tags.reverse();
        tags.sort_by(|(one, _), (other, _)| one.cmp(other));
        tags.dedup_by(|(later, _), (first, _)| later == first);
        Self(Some(tags.into()))
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_deref().unwrap_or_default().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<(String, String)>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
