//! From the words of a question to the things it is about.
//!
//! A principal or repository is named by its ARN, by the shortest suffix of it
//! that is unique, or by a pattern; an action by its name, a pattern, or a
//! capability. A name that fits nothing gets the nearest ones as a hint, one
//! that fits several gets the list.

use crate::catalog::{Capability, Catalog};
use crate::engine::{Names, ends};
use crate::policy::{Case, Pattern, Version};

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// Nothing of that name.
    #[error("no {kind} is called `{name}`")]
    Unknown {
        /// What was looked for.
        kind: &'static str,
        /// What was written.
        name: String,
        /// What is near.
        near: Vec<String>,
    },
    /// Several of that name.
    #[error("`{name}` is the name of more than one {kind}: {} have it", candidates.len())]
    Ambiguous {
        /// What was looked for.
        kind: &'static str,
        /// What was written.
        name: String,
        /// All of them.
        candidates: Vec<String>,
    },
    /// Nobody wants the answer any more.
    #[error("interrupted")]
    Interrupted,
    /// Only roles can be become.
    #[error("`{0}` is no role")]
    NoRole(String),
    /// The input holds nothing that the action is performed on.
    #[error("the input holds nothing that {action} is performed on")]
    Nowhere {
        /// The action or capability.
        action: String,
    },
    /// The action cannot be performed on that kind of resource.
    #[error("{action} is not performed on {resource}")]
    NotOn {
        /// The action or capability.
        action: String,
        /// The resource.
        resource: String,
    },
}

impl AskError {
    /// What to write instead.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { near, .. } if near.is_empty() => None,
            Self::Unknown { near, .. } => Some(format!("did you mean {}?", alternatives(near))),
            Self::Ambiguous { candidates, .. } => Some(format!("write one of {}", alternatives(candidates))),
            Self::Nowhere { .. } => Some(
                "read an export of the repositories too, as `aws ecr-public describe-repositories` and `aws ecr \
                 describe-repositories` make it"
                    .to_owned(),
            ),
            Self::Interrupted => None,
            Self::NoRole(_) => Some("sessions are made of roles; `list principals where kind is role`".to_owned()),
            Self::NotOn { .. } => Some("ask about `*` to see where it is performed".to_owned()),
        }
    }
}

/// Why an action is performed on nothing that a word means.
pub(super) fn not_performed(action: &str, resources: &[String]) -> AskError {
    let action = action.to_owned();
    if resources.iter().any(|resource| Pattern::parse(resource, Version::V2008).is_everything()) {
        return AskError::Nowhere { action };
    }
    AskError::NotOn { action, resource: resources.join(", ") }
}

fn alternatives(names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{} or {more} more", shown.join(", ")),
        _ => shown.join(" or "),
    }
}

/// What a question asks to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Something that actions add up to.
    Capability(Capability),
    /// Each of these actions, by name.
    Actions(Vec<String>),
}

/// Reads an action, a pattern of actions, or a capability.
pub(crate) fn what(text: &str) -> Result<What, AskError> {
    if let Some(capability) = Capability::parse(text) {
        return Ok(What::Capability(capability));
    }
    let pattern = Pattern::parse(text, Version::V2008);
    let names = || Catalog::bundled().actions().map(|(_, action)| action.to_string());
    let bare = |name: &str| name.split_once(':').is_some_and(|(_, own)| pattern.matches(own, Case::Ignored));
    let mut found: Vec<String> = names().filter(|name| pattern.matches(name, Case::Ignored)).collect();
    if found.is_empty() && !text.contains(':') {
        found = names().filter(|name| bare(name)).collect();
    }
    if found.is_empty() {
        let capabilities = Capability::ALL.iter().map(|capability| capability.as_str().to_owned());
        let near = nearest(text, names().chain(capabilities));
        return Err(AskError::Unknown { kind: "action", name: text.to_owned(), near });
    }
    Ok(What::Actions(found))
}

/// Which of the named things a word means.
///
/// An exact match comes first, then a suffix behind a `/` or
/// `:`, then (for patterns only) every match of the whole or of such a suffix.
pub(crate) fn select<T: Copy>(kind: &'static str, text: &str, names: &Names<T>) -> Result<Vec<T>, AskError> {
    if text.contains(['*', '?']) {
        let whole = Pattern::parse(text, Version::V2008);
        let fits = |name: &str| ends(name).any(|end| whole.matches(end, Case::Sensitive));
        let found: Vec<T> = names.iter().filter(|(_, name)| fits(name)).map(|(thing, _)| thing).collect();
        return if found.is_empty() { Err(unknown(kind, text, names.iter())) } else { Ok(found) };
    }
    let found: Vec<(T, &str)> = names.ending(text).collect();
    let exact: Vec<T> = found.iter().filter(|(_, name)| *name == text).map(|(thing, _)| *thing).collect();
    if !exact.is_empty() {
        return Ok(exact);
    }
    match found.as_slice() {
        [] => Err(unknown(kind, text, names.iter())),
        [(first, name), rest @ ..] if rest.iter().all(|(_, other)| other == name) => {
            Ok(std::iter::once(*first).chain(rest.iter().map(|(thing, _)| *thing)).collect())
        }
        several => {
            let mut candidates: Vec<String> = several.iter().map(|(_, name)| (*name).to_owned()).collect();
            candidates.dedup();
            Err(AskError::Ambiguous { kind, name: text.to_owned(), candidates })
        }
    }
}

fn unknown<'a, T>(kind: &'static str, text: &str, names: impl Iterator<Item = (T, &'a str)>) -> AskError {
    let near = nearest(text, names.map(|(_, name)| name.to_owned()));
    AskError::Unknown { kind, name: text.to_owned(), near }
}

pub(super) fn nearest(text: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    let distance = |name: &String| {
        let name = name.to_ascii_lowercase();
        let best = ends(&name).map(|suffix| strsim::damerau_levenshtein(&lower, suffix)).min();
        if name.contains(&lower) { Some(0) } else { best }
    };
    let limit = 1 + text.len() / 3;
    let mut scored: Vec<(usize, String)> =
        names.filter_map(|name| Some((distance(&name)?, name))).filter(|(score, _)| *score <= limit).collect();
    scored.sort();
    scored.dedup();
    scored.truncate(3);
    scored.into_iter().map(|(_, name)| name).collect()
}
