//! A resource of a plan, and what it says of an attribute.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::policy::Span;

/// The types of resources that say who may do what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Policy,
    Group,
    User,
    Role,
    Repository,
    PublicRepository,
    RolePolicy,
    UserPolicy,
    GroupPolicy,
    RoleAttachment,
    UserAttachment,
    GroupAttachment,
    Attachment,
    UserGroups,
    GroupMembers,
    RepositoryPolicy,
    PublicRepositoryPolicy,
    RegistryPolicy,
    /// What a role may have beside these is taken away, after all others.
    RolePolicies,
    RoleAttachments,
}

impl Kind {
    const NAMES: [(&'static str, Self); 20] = [
        ("aws_iam_policy", Self::Policy),
        ("aws_iam_group", Self::Group),
        ("aws_iam_user", Self::User),
        ("aws_iam_role", Self::Role),
        ("aws_ecr_repository", Self::Repository),
        ("aws_ecrpublic_repository", Self::PublicRepository),
        ("aws_iam_role_policy", Self::RolePolicy),
        ("aws_iam_user_policy", Self::UserPolicy),
        ("aws_iam_group_policy", Self::GroupPolicy),
        ("aws_iam_role_policy_attachment", Self::RoleAttachment),
        ("aws_iam_user_policy_attachment", Self::UserAttachment),
        ("aws_iam_group_policy_attachment", Self::GroupAttachment),
        ("aws_iam_policy_attachment", Self::Attachment),
        ("aws_iam_user_group_membership", Self::UserGroups),
        ("aws_iam_group_membership", Self::GroupMembers),
        ("aws_ecr_repository_policy", Self::RepositoryPolicy),
        ("aws_ecrpublic_repository_policy", Self::PublicRepositoryPolicy),
        ("aws_ecr_registry_policy", Self::RegistryPolicy),
        ("aws_iam_role_policies_exclusive", Self::RolePolicies),
        ("aws_iam_role_policy_attachments_exclusive", Self::RoleAttachments),
    ];

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(own, _)| *own == name).map(|(_, kind)| *kind)
    }

    /// Whether it stands by itself, and does not only say what hangs on another one.
    pub(super) fn is_entity(self) -> bool {
        self <= Self::PublicRepository
    }
}

/// A resource with its values before and after.
pub(super) struct Resource<'a> {
    pub(super) address: String,
    /// Where the address stands in the plan.
    pub(super) at: Span,
    pub(super) kind: Kind,
    pub(super) before: Option<Values<'a>>,
    pub(super) after: Option<Values<'a>>,
    pub(super) is_changed: bool,
}

/// The attributes of a resource.
#[derive(Clone)]
pub(super) struct Values<'a> {
    pub(super) members: BTreeMap<Cow<'a, str>, &'a RawValue>,
    /// `true` where a value is not known before the plan is applied.
    pub(super) unknown: Value,
}

/// What a plan says of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said<T> {
    Known(T),
    /// It is there, or may be, and is not known before the plan is applied.
    Unknown,
    Absent,
}

impl<T> Said<T> {
    pub(super) fn known(self) -> Option<T> {
        if let Self::Known(value) = self { Some(value) } else { None }
    }
}

/// An inline policy within a role.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Inline<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) policy: Option<&'a RawValue>,
}

impl<'a> Values<'a> {
    /// An attribute as it is written.
    pub(super) fn raw(&self, name: &str) -> Said<&'a RawValue> {
        if self.unknown.get(name).is_some_and(holds_true) {
            return Said::Unknown;
        }
        match self.members.get(name) {
            Some(raw) if raw.get() != "null" => Said::Known(raw),
            _ => Said::Absent,
        }
    }

    fn typed<T: Deserialize<'a>>(&self, name: &str) -> Said<T> {
        match self.raw(name) {
            Said::Known(raw) => serde_json::from_str(raw.get()).map_or(Said::Unknown, Said::Known),
            Said::Unknown => Said::Unknown,
            Said::Absent => Said::Absent,
        }
    }

    /// A text that is not empty.
    pub(super) fn text(&self, name: &str) -> Said<String> {
        match self.typed::<String>(name) {
            Said::Known(text) if text.is_empty() => Said::Absent,
            said => said,
        }
    }

    pub(super) fn texts(&self, name: &str) -> Said<Vec<String>> {
        self.typed(name)
    }

    /// The tags, with those of the provider as far as it has told them.
    pub(super) fn tags(&self) -> Said<BTreeMap<String, String>> {
        match self.typed("tags_all") {
            Said::Known(tags) => Said::Known(tags),
            Said::Unknown | Said::Absent => self.typed("tags"),
        }
    }

    pub(super) fn inline(&self) -> Said<Vec<Inline<'a>>> {
        self.typed("inline_policy")
    }

    /// Whether some of the inline policies are told, and something of them is not known.
    pub(super) fn inline_is_unknown(&self) -> bool {
        let is_listed = self.members.get("inline_policy").is_some_and(|raw| raw.get().contains('{'));
        is_listed && matches!(self.raw("inline_policy"), Said::Unknown)
    }

    /// Whether both say the same of an attribute, and know it.
    pub(super) fn agrees(&self, other: Option<&Self>, name: &str) -> bool {
        let Some(other) = other else { return false };
        match (self.raw(name), other.raw(name)) {
            (Said::Known(one), Said::Known(other)) => one.get() == other.get(),
            (Said::Absent, Said::Absent) => true,
            _ => false,
        }
    }
}

fn holds_true(value: &Value) -> bool {
    match value {
        Value::Bool(is_unknown) => *is_unknown,
        Value::Array(values) => values.iter().any(holds_true),
        Value::Object(members) => members.values().any(holds_true),
        _ => false,
    }
}
