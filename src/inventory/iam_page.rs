//! The page of `aws iam get-account-authorization-details` as the CLI prints it, read in one go.
//!
//! Nearly all that large inputs hold is in such pages. What is looked at here is all there or not at all: a
//! page in which anything is out of the ordinary (a member that the call does not have, a lone object for a
//! list, a fault) is left to [`super::iam`], which looks at each part by itself and can say what is wrong.
//! Both must read a page alike.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::iam::{Attached, BoundaryDetail, Inline, OneAccount, PolicyVersion, arn_at, default_of};
use super::reader::{Reader, Tag, announcement};
use super::records::{GroupRecord, ManagedRecord, PrincipalRecord, Seen};
use crate::policy::Place;

/// All members that the answer has, and the one in which the CLI tells of another page.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Page<'a> {
    #[serde(borrow)]
    user_detail_list: Option<Vec<Entity<'a>>>,
    #[serde(borrow)]
    role_detail_list: Option<Vec<Entity<'a>>>,
    #[serde(borrow)]
    group_detail_list: Option<Vec<GroupDetail<'a>>>,
    #[serde(borrow)]
    policies: Option<Vec<Managed<'a>>>,
    #[serde(borrow)]
    is_truncated: Option<&'a RawValue>,
    #[serde(borrow)]
    next_token: Option<&'a RawValue>,
    #[expect(dead_code, reason = "the token that the API gives, of which `IsTruncated` tells")]
    marker: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entity<'a> {
    arn: &'a str,
    #[serde(borrow, alias = "RoleId")]
    user_id: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "RolePolicyList")]
    user_policy_list: Option<Vec<Inline<'a>>>,
    #[serde(borrow)]
    group_list: Option<Vec<&'a str>>,
    #[serde(borrow)]
    attached_managed_policies: Option<Vec<Attached<'a>>>,
    #[serde(borrow)]
    permissions_boundary: Option<BoundaryDetail<'a>>,
    #[serde(borrow)]
    tags: Option<Vec<Tag<'a>>>,
    #[serde(borrow)]
    assume_role_policy_document: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GroupDetail<'a> {
    arn: &'a str,
    #[serde(borrow)]
    group_policy_list: Option<Vec<Inline<'a>>>,
    #[serde(borrow)]
    attached_managed_policies: Option<Vec<Attached<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Managed<'a> {
    arn: &'a str,
    #[serde(borrow)]
    default_version_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    policy_version_list: Option<Vec<PolicyVersion<'a>>>,
}

/// Reads the text if it is such a page and nothing else. `false` leaves the reader as it was.
pub(super) fn read<'a>(reader: &mut Reader<'a>, text: &'a str) -> bool {
    let Ok(page) = serde_json::from_str::<Page<'a>>(text) else { return false };
    if page.user_detail_list.is_none() && page.role_detail_list.is_none() && page.group_detail_list.is_none() {
        return false;
    }
    let mut account = OneAccount::default();
    for (list, is_role) in [(page.user_detail_list, false), (page.role_detail_list, true)] {
        let list = list.unwrap_or_default();
        reader.records.principals.reserve(list.len());
        for entity in list {
            account.meet(reader, entity.arn, entity.arn);
            principal(reader, entity, is_role);
        }
    }
    for group in page.group_detail_list.unwrap_or_default() {
        account.meet(reader, group.arn, group.arn);
        let Some(arn) = arn_at(reader, group.arn, group.arn) else { continue };
        let record = GroupRecord {
            arn,
            inline: inline(reader, group.group_policy_list),
            attached: attached(group.attached_managed_policies),
            captured: None,
        };
        reader.records.groups.push(record);
    }
    for policy in page.policies.unwrap_or_default() {
        account.meet(reader, policy.arn, policy.arn);
        let versions = policy.policy_version_list.unwrap_or_default();
        let document = default_of(&versions, policy.default_version_id.as_deref());
        let document = document.map(|document| reader.document(document.get()));
        let record = ManagedRecord { arn: policy.arn.to_owned(), document, captured: None };
        reader.records.managed.push(record);
    }
    let account = account.first.or_else(|| reader.account());
    reader.records.seen.extend(account.map(Seen::Principals));
    let next = announcement(page.is_truncated, [page.next_token, None]);
    reader.page_with("users, groups, roles and policies", account, "", next);
    true
}

fn principal<'a>(reader: &mut Reader<'a>, entity: Entity<'a>, is_role: bool) {
    let Some(arn) = arn_at(reader, entity.arn, entity.arn) else { return };
    let tags = entity.tags.unwrap_or_default().into_iter().map(Tag::into_pair).collect();
    let boundary = entity.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn);
    let record = PrincipalRecord {
        arn,
        is_role,
        unique_id: entity.user_id.map(Cow::into_owned),
        tags,
        inline: inline(reader, entity.user_policy_list),
        attached: attached(entity.attached_managed_policies),
        groups: entity.group_list.unwrap_or_default().into_iter().map(str::to_owned).collect(),
        boundary: boundary.map(Cow::into_owned),
        trust: entity.assume_role_policy_document.map(|document| reader.document(document.get())),
        captured: None,
    };
    reader.records.principals.push(record);
}

fn inline(reader: &Reader<'_>, list: Option<Vec<Inline<'_>>>) -> Vec<(String, Place)> {
    list.unwrap_or_default().into_iter().map(|policy| policy.place(reader)).collect()
}

fn attached(list: Option<Vec<Attached<'_>>>) -> Vec<String> {
    list.unwrap_or_default().into_iter().map(|policy| policy.policy_arn.into_owned()).collect()
}
