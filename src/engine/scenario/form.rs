//! The form of a scenario: the members of its object, as they are written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::inventory::Tags;
use crate::lower::{Context, resource_tag};

#[derive(Deserialize)]
pub(super) struct Scenario<'a> {
    #[serde(default)]
    pub(super) name: String,
    pub(super) principal: String,
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) resource_account: Option<String>,
    /// The user behind a federated user, whose name does not tell.
    pub(super) calling_user: Option<String>,
    #[serde(default)]
    pub(super) context: BTreeMap<String, OneOrMany>,
    #[serde(default)]
    pub(super) context_mode: Mode,
    #[serde(borrow, default)]
    pub(super) identity_policies: Vec<&'a RawValue>,
    #[serde(borrow)]
    pub(super) permissions_boundaries: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) session_policy: Option<Sessions<'a>>,
    #[serde(borrow)]
    pub(super) resource_policy: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) registry_policy: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) endpoint_policies: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) service_control_policies: Option<Vec<Vec<&'a RawValue>>>,
    #[serde(borrow)]
    pub(super) resource_control_policies: Option<Vec<Vec<&'a RawValue>>>,
    #[serde(default)]
    pub(super) management_account: bool,
    #[serde(default)]
    pub(super) resource_management_account: bool,
    pub(super) expect: Option<String>,
}

/// A session policy, or several: their union counts (L7).
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Sessions<'a>(#[serde(borrow)] pub(super) &'a RawValue);

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(Scalar),
    Many(Vec<Scalar>),
    Absent(()),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    Text(String),
    Bool(bool),
    Number(serde_json::Number),
}

impl Scalar {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Bool(truth) => truth.to_string(),
            Self::Number(number) => number.to_string(),
        }
    }
}

#[derive(Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    #[default]
    Closed,
    Open,
}

impl Scenario<'_> {
    pub(super) fn context(&self) -> Context {
        let given = self.context.iter().map(|(key, values)| {
            let values = match values {
                OneOrMany::One(value) => vec![value.text()],
                OneOrMany::Many(values) => values.iter().map(Scalar::text).collect(),
                OneOrMany::Absent(()) => Vec::new(),
            };
            (key.to_ascii_lowercase(), values)
        });
        Context { given: given.collect(), closed: self.context_mode == Mode::Closed, ..Context::default() }
    }

    /// Whether the resource's policy is the trust policy of a role.
    pub(super) fn asks_of_trust(&self) -> bool {
        self.action.to_ascii_lowercase().starts_with("sts:")
    }

    /// The tags that the context gives the resource, under whichever key.
    pub(super) fn resource_tags(&self) -> Tags {
        let tags = self.context.iter().filter_map(|(key, values)| {
            let (_, name) = resource_tag(key)?;
            let OneOrMany::One(value) = values else { return None };
            Some((name.to_owned(), value.text()))
        });
        tags.collect()
    }

    /// The unique id, read off `aws:userid` where it is given.
    pub(super) fn unique_id(&self) -> Option<String> {
        let (_, values) = self.context.iter().find(|(key, _)| key.eq_ignore_ascii_case("aws:userid"))?;
        let OneOrMany::One(value) = values else { return None };
        value.text().split(':').next().map(str::to_owned)
    }
}
