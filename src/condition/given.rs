//! What somebody says of a request, entry by entry: only what a request can hold.
//!
//! A context that no request can have would be answered by what nobody meant. A scenario may bring such a
//! context (O30); on a command line it is a slip.

use std::collections::BTreeMap;

use super::domain::wanted;
use super::joins::implied;
use super::known::{Known, is_multivalued};
use super::spelling::{documented, is_documented};

/// Values by key in lower case; none says that the key is absent.
type Given = BTreeMap<String, Vec<String>>;

/// Why nothing that a request could hold was said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GivenError {
    /// The key never holds such a value.
    #[error("`{value}` is no value of {key}")]
    Value {
        /// The key.
        key: String,
        /// What was said of it.
        value: String,
        /// What its values are.
        wanted: &'static str,
    },
    /// A key of one value is given two.
    #[error("{key} holds one value, not both `{one}` and `{other}`")]
    Several {
        /// The key.
        key: String,
        /// What was said first.
        one: String,
        /// What was said then.
        other: String,
    },
    /// A key is said to be absent, and to have a value.
    #[error("{key} cannot be absent and have the value `{value}`")]
    Absent {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// No request has this of both keys (U47).
    #[error("what is said of {key} and of {other} is true of no request")]
    Together {
        /// The key.
        key: String,
        /// The other key.
        other: String,
    },
}

impl GivenError {
    /// What to say instead.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Value { wanted, .. } => format!("write {wanted}"),
            Self::Several { .. } => "give the one that is meant; to leave it open, give none".to_owned(),
            Self::Absent { key, .. } => format!("`{key}=` says that it is absent; give that, or the value"),
            Self::Together { key, other } => {
                format!("give one of {key} and {other}, and leave the other to what follows from it")
            }
        }
    }
}

/// Adds what is said of a key; `None` says that it is absent. Further values of a list join the first.
///
/// # Errors
/// [`GivenError`] for what no request holds, by itself or together with what was said before; then nothing is added.
pub fn add_given(given: &mut Given, key: &str, value: Option<String>) -> Result<(), GivenError> {
    let shown = documented(key);
    let key = key.to_ascii_lowercase();
    let wrong = value.as_ref().and_then(|value| Some((value, wanted(&key, value)?)));
    if let Some((value, wanted)) = wrong {
        return Err(GivenError::Value { key: shown, value: value.clone(), wanted });
    }
    let mut said = given.clone();
    let values = match (said.get(&key), value) {
        (None, value) => value.into_iter().collect(),
        (Some(known), Some(value)) if known.contains(&value) => known.clone(),
        (Some(known), Some(value)) => match known.as_slice() {
            [] => return Err(GivenError::Absent { key: shown, value }),
            [one, ..] if is_documented(&key) && !is_multivalued(&key) => {
                return Err(GivenError::Several { key: shown, one: one.clone(), other: value });
            }
            several => several.iter().cloned().chain([value]).collect(),
        },
        (Some(known), None) => match known.first() {
            Some(value) => return Err(GivenError::Absent { key: shown, value: value.clone() }),
            None => Vec::new(),
        },
    };
    said.insert(key.clone(), values);
    for other in given.keys().filter(|other| **other != key) {
        if exclude(&said, &key, other) || exclude(&said, other, &key) {
            return Err(GivenError::Together { key: shown, other: documented(other) });
        }
    }
    *given = said;
    Ok(())
}

/// Whether what is said of one key tells that another is there, or is not, where the opposite is said.
fn exclude(said: &Given, one: &str, other: &str) -> bool {
    let alone = |key: &str| said.get(key).filter(|_| key == one).map(Vec::as_slice);
    let is_there = !said[other].is_empty();
    match implied(other, &alone) {
        Some(Known::Absent) => is_there,
        Some(Known::PRESENT | Known::Values(_) | Known::Prefixed(_)) => !is_there,
        _ => false,
    }
}
