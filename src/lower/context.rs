//! The request context as far as somebody gave it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::view::{PrincipalView, ResourceView, action_key, request_key};
use crate::catalog::Action;
use crate::condition::{Known, implied};

/// Who tells what a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Origin {
    /// Somebody said so of the request.
    Given,
    /// It follows from what somebody said.
    Implied,
    /// The requester.
    Principal,
    /// The resource.
    Resource,
    /// The action.
    Action,
    /// Every request.
    Request,
}

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

    /// What is known of a key by what was said, and by the parties of the request as far as they are told; and by whom.
    pub(super) fn known(
        &self,
        key: &str,
        principal: Option<&PrincipalView>,
        resource: Option<&ResourceView>,
        action: Option<&Action>,
    ) -> (Known, Origin) {
        if let Some(given) = self.given(key) {
            return (given, Origin::Given);
        }
        let (known, origin) = self.known_by_itself(key, principal, resource, action);
        match known {
            Known::Unknown { .. } | Known::NotBefore(_) => match self.implied(key) {
                Some(implied) => (implied, Origin::Implied),
                None => (known, origin),
            },
            known => (known, origin),
        }
    }

    /// What principal, resource and action tell of a key.
    fn known_by_itself(
        &self,
        key: &str,
        principal: Option<&PrincipalView>,
        resource: Option<&ResourceView>,
        action: Option<&Action>,
    ) -> (Known, Origin) {
        if let Some(known) = principal.and_then(|view| view.known(key, self)) {
            return (known, Origin::Principal);
        }
        if let Some(known) = resource.and_then(|view| view.known(key, self)) {
            return (known, Origin::Resource);
        }
        if key.starts_with("aws:requesttag/")
            || key == "aws:tagkeys"
            || key.starts_with("sts:")
            || key.starts_with("iam:")
            || key == "ecr:accountsetting"
        {
            let known = action.map_or_else(|| self.open(Known::UNKNOWN), |action| action_key(action, key, self));
            return (known, Origin::Action);
        }
        let known = principal.map_or_else(|| self.open(Known::UNKNOWN), |_| request_key(key, self));
        (known, Origin::Request)
    }
}
