//! `aws iam get-account-authorization-details`: users, groups, roles, managed policies (I7 to I13).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::iam_page;
use super::reader::{Members, Reader, get, has};
use super::records::{GroupRecord, ManagedRecord, PrincipalRecord, Seen};
use crate::policy::{AccountId, Arn, Place, clip};

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
pub(super) struct BoundaryDetail<'a> {
    #[serde(borrow)]
    pub(super) permissions_boundary_arn: Option<Cow<'a, str>>,
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
pub(super) struct Attached<'a> {
    #[serde(borrow, alias = "policyArn")]
    pub(super) policy_arn: Cow<'a, str>,
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
    if let Some(version) = get(members, "PolicyVersion") {
        return read_version(reader, version, None);
    }
    let lists = ["UserDetailList", "RoleDetailList", "GroupDetailList"];
    let is_page = lists.iter().any(|list| has(members, &[list]));
    let only_policies =
        !is_page && get(members, "Policies").is_some_and(|list| list.get().contains("\"PolicyVersionList\""));
    if !is_page && !only_policies {
        return false;
    }
    if iam_page::read(reader, raw.get()) {
        return true;
    }
    let mut account = OneAccount::default();
    for (list, is_role) in [("UserDetailList", false), ("RoleDetailList", true)] {
        let list = get(members, list);
        for entity in reader.each::<Entity<'a>>(list, "a user or a role") {
            let within = list.unwrap_or(raw);
            account.meet(reader, part(within, &entity.arn), &entity.arn);
            read_entity(reader, within, entity, is_role);
        }
    }
    let list = get(members, "GroupDetailList");
    for group in reader.each::<GroupDetail<'a>>(list, "a group") {
        let within = list.unwrap_or(raw);
        account.meet(reader, part(within, &group.arn), &group.arn);
        let Some(arn) = arn(reader, within, &group.arn) else { continue };
        let record = GroupRecord {
            arn,
            inline: inline(reader, group.group_policy_list),
            attached: attached(reader, group.attached_managed_policies),
            captured: None,
        };
        reader.records.groups.push(record);
    }
    let list = get(members, "Policies");
    for policy in reader.each::<Managed<'a>>(list, "a managed policy") {
        account.meet(reader, part(list.unwrap_or(raw), &policy.arn), &policy.arn);
        let document = default_version(reader, policy.policy_version_list, policy.default_version_id.as_deref());
        let record = ManagedRecord { arn: policy.arn.into_owned(), document, captured: None };
        reader.records.managed.push(record);
    }
    let account = account.first.or_else(|| reader.account());
    if let Some(account) = account
        && is_page
    {
        reader.records.seen.insert(Seen::Principals(account));
    }
    reader.page("users, groups, roles and policies", account, "", members);
    true
}

/// The account of a page (I12): the same in all its ARNs, but for AWS's own policies.
#[derive(Default)]
pub(super) struct OneAccount {
    pub(super) first: Option<AccountId>,
    last: Option<AccountId>,
    told: bool,
}

impl OneAccount {
    /// Compares with the path; of a joined file, which holds several accounts, once.
    pub(super) fn meet<'a>(&mut self, reader: &mut Reader<'a>, part: &'a str, text: &str) {
        let Some(account) = Arn::account_of(text) else { return };
        if self.last != Some(account) {
            reader.tells(part, account);
            self.last = Some(account);
        }
        self.first.get_or_insert(account);
        if !self.told && reader.named().is_some_and(|named| named != account) {
            reader.agree_on_account(part, account);
            self.told = true;
        }
    }
}

/// What `get-policy-version` prints; the file is named after the policy unless the request tells its ARN.
pub(super) fn read_version<'a>(reader: &mut Reader<'a>, raw: &'a RawValue, arn: Option<String>) -> bool {
    let Some(version) = reader.typed::<PolicyVersion<'a>>(raw, "a version of a policy") else { return true };
    let Some(document) = version.document else { return true };
    if !version.is_default_version {
        // Only the default version is in force (I8).
        return true;
    }
    let document = reader.document(document.get());
    match (arn, reader.account()) {
        (Some(arn), _) => {
            reader.records.managed.push(ManagedRecord { arn, document: Some(document), captured: None });
        }
        (None, Some(account)) => {
            let name = reader.stem();
            reader.records.versions.push((account, name, document));
        }
        (None, None) => {
            reader.needs = true;
            let message = "a version of a policy, and nothing says which account's".to_owned();
            reader.error(&raw.get()[..1], message, Some("name the file as `ACCOUNT/POLICY.json`"));
        }
    }
    true
}

fn read_entity<'a>(reader: &mut Reader<'a>, raw: &'a RawValue, entity: Entity<'a>, is_role: bool) {
    let Some(arn) = arn(reader, raw, &entity.arn) else { return };
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
        captured: None,
    };
    reader.records.principals.push(record);
}

/// An ARN with an account; anything else is reported.
pub(super) fn arn<'a>(reader: &mut Reader<'a>, within: &'a RawValue, text: &str) -> Option<Arn> {
    arn_at(reader, part(within, text), text)
}

/// The same, where the part of the file is known that tells it.
pub(super) fn arn_at<'a>(reader: &mut Reader<'a>, part: &'a str, text: &str) -> Option<Arn> {
    let arn = Arn::parse(text).filter(|arn| arn.account().is_some());
    if arn.is_none() {
        let message = format!("`{}` is not the ARN of a user, role, group or repository", clip(text));
        reader.error(part, message, Some("the entry was left out; export the account again"));
    }
    arn
}

/// A text where it lies in what it was read from; one that was written with escapes was copied, and is
/// told by the head of the whole.
pub(super) fn part<'a>(within: &'a RawValue, text: &str) -> &'a str {
    let whole = within.get();
    let start = (text.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    whole.get(start..start.saturating_add(text.len())).unwrap_or(&whole[..1])
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
    let document = default_of(&versions, named)?;
    Some(reader.document(document.get()))
}

/// The same among versions that were read.
pub(super) fn default_of<'a>(versions: &[PolicyVersion<'a>], named: Option<&str>) -> Option<&'a RawValue> {
    let marked = versions.iter().find(|version| version.is_default_version);
    let by_name = || versions.iter().find(|version| named.is_some() && version.version_id.as_deref() == named);
    marked.or_else(by_name)?.document
}
