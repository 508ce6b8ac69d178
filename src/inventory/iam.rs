//! `aws iam get-account-authorization-details`: users, groups, roles, managed policies (I7 to I13).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::reader::{Members, Reader, get, has};
use super::records::{GroupRecord, ManagedRecord, PrincipalRecord, Seen};
use crate::policy::{Arn, Place};

/// A user or a role, by the members that both have.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entity<'a> {
    #[serde(borrow)]
    arn: Cow<'a, str>,
    #[serde(borrow, alias = "RoleId")]
    user_id: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "RolePolicyList")]
    user_policy_list: Option<&'a RawValue>,
    #[serde(borrow)]
    group_list: Option<&'a RawValue>,
    #[serde(borrow)]
    attached_managed_policies: Option<&'a RawValue>,
    #[serde(borrow)]
    permissions_boundary: Option<BoundaryDetail<'a>>,
    #[serde(borrow)]
    tags: Option<&'a RawValue>,
    #[serde(borrow)]
    assume_role_policy_document: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BoundaryDetail<'a> {
    #[serde(borrow)]
    permissions_boundary_arn: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GroupDetail<'a> {
    #[serde(borrow)]
    arn: Cow<'a, str>,
    #[serde(borrow)]
    group_policy_list: Option<&'a RawValue>,
    #[serde(borrow)]
    attached_managed_policies: Option<&'a RawValue>,
}

/// An inline policy.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Inline<'a> {
    #[serde(borrow, default, alias = "policyName")]
    policy_name: Cow<'a, str>,
    #[serde(borrow, alias = "policyDocument")]
    policy_document: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attached<'a> {
    #[serde(borrow, alias = "policyArn")]
    policy_arn: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Managed<'a> {
    #[serde(borrow)]
    arn: Cow<'a, str>,
    #[serde(borrow)]
    default_version_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    policy_version_list: Option<&'a RawValue>,
}

/// One version of a managed policy.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyVersion<'a> {
    #[serde(borrow, alias = "document")]
    document: Option<&'a RawValue>,
    #[serde(borrow, alias = "versionId")]
    version_id: Option<Cow<'a, str>>,
    #[serde(default, alias = "isDefaultVersion")]
    is_default_version: bool,
}

/// Reads the object if it is a page of this export.
pub(super) fn read<'a>(reader: &mut Reader<'a>, raw: &'a RawValue, members: &Members<'a>) -> bool {
    let lists = ["UserDetailList", "RoleDetailList", "GroupDetailList"];
    let is_page = lists.iter().any(|list| has(members, &[list]));
    let only_policies =
        get(members, "Policies").is_some_and(|list| list.get().contains("\"PolicyVersionList\"")) && !is_page;
    if !is_page && !only_policies {
        return false;
    }
    let mut account = None;
    for (list, is_role) in [("UserDetailList", false), ("RoleDetailList", true)] {
        for entity in reader.each::<Entity<'a>>(get(members, list), "a user or a role") {
            account = account.or(read_entity(reader, raw, entity, is_role));
        }
    }
    for group in reader.each::<GroupDetail<'a>>(get(members, "GroupDetailList"), "a group") {
        let Some(arn) = arn(reader, raw, &group.arn) else { continue };
        account = account.or(arn.account());
        let record = GroupRecord {
            arn,
            inline: inline(reader, group.group_policy_list),
            attached: attached(reader, group.attached_managed_policies),
            captured: String::new(),
        };
        reader.records.groups.push(record);
    }
    for policy in reader.each::<Managed<'a>>(get(members, "Policies"), "a managed policy") {
        account = account.or(Arn::parse(&policy.arn).and_then(|arn| arn.account()));
        let document = default_version(reader, policy.policy_version_list, policy.default_version_id.as_deref());
        let record = ManagedRecord { arn: policy.arn.into_owned(), document, captured: String::new() };
        reader.records.managed.push(record);
    }
    let account = account.or(reader.account_of_path());
    if let Some(account) = account
        && is_page
    {
        reader.records.seen.insert(Seen::Principals(account));
    }
    if get(members, "IsTruncated").is_some_and(|flag| flag.get() == "true") {
        let marker = get(members, "Marker").map_or_else(String::new, |marker| marker.get().to_owned());
        reader.records.truncated.push((account, marker));
    }
    if let (Some(named), Some(found)) = (reader.account_of_path(), account)
        && named != found
    {
        let message = format!("the file is about account {found}, and its path names account {named}");
        reader.error(raw.get(), message, Some("rename the folder, or move the file"));
    }
    true
}

fn read_entity<'a>(
    reader: &mut Reader<'a>,
    raw: &'a RawValue,
    entity: Entity<'a>,
    is_role: bool,
) -> Option<crate::policy::AccountId> {
    let arn = arn(reader, raw, &entity.arn)?;
    let account = arn.account();
    let groups: Vec<Cow<'a, str>> = reader.each(entity.group_list, "the name of a group");
    let record = PrincipalRecord {
        arn,
        is_role,
        unique_id: entity.user_id.map(Cow::into_owned),
        tags: reader.tags(entity.tags),
        inline: inline(reader, entity.user_policy_list),
        attached: attached(reader, entity.attached_managed_policies),
        groups: groups.into_iter().map(Cow::into_owned).collect(),
        boundary: entity
            .permissions_boundary
            .and_then(|boundary| boundary.permissions_boundary_arn)
            .map(Cow::into_owned),
        trust: entity.assume_role_policy_document.map(|document| reader.document(document.get())),
        captured: String::new(),
    };
    reader.records.principals.push(record);
    account
}

/// An ARN with an account; anything else is reported.
pub(super) fn arn<'a>(reader: &mut Reader<'a>, within: &'a RawValue, text: &str) -> Option<Arn> {
    let arn = Arn::parse(text).filter(|arn| arn.account().is_some());
    if arn.is_none() {
        let message = format!("`{text}` is not the ARN of a user, role, group or repository");
        reader.error(within.get(), message, Some("the entry was left out; export the account again"));
    }
    arn
}

impl Inline<'_> {
    /// The policy's name and the place of its document.
    pub(super) fn place(self, reader: &Reader<'_>) -> (String, Place) {
        let document = reader.document(self.policy_document.get());
        (self.policy_name.into_owned(), document)
    }
}

/// Inline policies with their places.
pub(super) fn inline<'a>(reader: &mut Reader<'a>, list: Option<&'a RawValue>) -> Vec<(String, Place)> {
    let policies: Vec<Inline<'a>> = reader.each(list, "an inline policy");
    policies.into_iter().map(|policy| policy.place(reader)).collect()
}

/// ARNs of attached policies.
pub(super) fn attached<'a>(reader: &mut Reader<'a>, list: Option<&'a RawValue>) -> Vec<String> {
    let policies: Vec<Attached<'a>> = reader.each(list, "an attached policy");
    policies.into_iter().map(|policy| policy.policy_arn.into_owned()).collect()
}

/// I8: the version that is marked as default, else the one that is named as such.
pub(super) fn default_version<'a>(
    reader: &mut Reader<'a>,
    list: Option<&'a RawValue>,
    named: Option<&str>,
) -> Option<Place> {
    let versions: Vec<PolicyVersion<'a>> = reader.each(list, "a version of a policy");
    let marked = versions.iter().find(|version| version.is_default_version);
    let by_name = || versions.iter().find(|version| named.is_some() && version.version_id.as_deref() == named);
    let document = marked.or_else(by_name)?.document?;
    Some(reader.document(document.get()))
}
