//! AWS Config: snapshot files, answers of the API, lines of an aggregator query (I33 to I35).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::iam;
use super::reader::{Members, Reader, get, has, members};
use super::records::{
    GroupRecord, ManagedRecord, PrincipalRecord, RegistryPolicyRecord, RepositoryPolicyRecord, RepositoryRecord,
};
use super::world::Visibility;
use crate::policy::{AccountId, Place};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(borrow)]
    resource_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    arn: Option<Cow<'a, str>>,
    #[serde(borrow)]
    account_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    aws_region: Option<Cow<'a, str>>,
    #[serde(borrow)]
    configuration_item_status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    configuration_item_capture_time: Option<&'a RawValue>,
    #[serde(borrow)]
    tags: Option<&'a RawValue>,
    #[serde(borrow)]
    configuration: Option<&'a RawValue>,
}

/// Reads the object if it comes from AWS Config.
pub(super) fn read<'a>(reader: &mut Reader<'a>, raw: &'a RawValue, object: &Members<'a>) -> bool {
    for list in ["configurationItems", "baseConfigurationItems"] {
        if let Some(items) = get(object, list) {
            for item in reader.each::<&'a RawValue>(Some(items), "a configuration item") {
                read_item(reader, item);
            }
            return true;
        }
    }
    if has(object, &["Results", "QueryInfo"]) {
        for result in reader.each::<&'a RawValue>(get(object, "Results"), "a result of a query") {
            read_encoded(reader, result);
        }
        return true;
    }
    if has(object, &["resourceType", "configuration"]) {
        read_item(reader, raw);
        return true;
    }
    false
}

/// A result of a query is commonly a text of JSON.
fn read_encoded<'a>(reader: &mut Reader<'a>, raw: &'a RawValue) {
    if raw.get().starts_with('"') {
        if let Ok(text) = serde_json::from_str::<String>(raw.get()) {
            reader.unpack(text);
        }
    } else {
        read_item(reader, raw);
    }
}

fn read_item<'a>(reader: &mut Reader<'a>, raw: &'a RawValue) {
    let Some(item) = reader.typed::<Item<'a>>(raw, "a configuration item") else { return };
    let gone = ["ResourceDeleted", "ResourceDeletedNotRecorded", "ResourceNotRecorded"];
    if item.configuration_item_status.as_deref().is_some_and(|status| gone.contains(&status)) {
        return;
    }
    let Some(configuration) = item.configuration else { return };
    if configuration.get().starts_with('"') {
        // I34: the API gives the configuration as a text. The item is read again with the text unpacked.
        if let Ok(text) = serde_json::from_str::<String>(configuration.get()) {
            let (whole, inner) = (reader.span(raw.get()), reader.span(configuration.get()));
            let (start, end) = ((inner.start - whole.start) as usize, (inner.end - whole.start) as usize);
            let (before, behind) = (&raw.get()[..start], &raw.get()[end..]);
            reader.unpack(format!("{before}{text}{behind}"));
        }
        return;
    }
    let Some(inside) = members(configuration) else { return };
    let captured = item.configuration_item_capture_time.map_or_else(String::new, |time| time.get().to_owned());
    let kind = item.resource_type.as_deref().unwrap_or_default();
    let arn = text(&inside, "arn").or(text(&inside, "Arn")).or(item.arn.as_deref().map(str::to_owned));
    let Some(arn) = arn
        .and_then(|arn| if kind.starts_with("AWS::ECR::RegistryPolicy") { None } else { iam::arn(reader, raw, &arn) })
    else {
        if kind == "AWS::ECR::RegistryPolicy" {
            registry_policy(reader, &item, &inside);
        }
        return;
    };
    match kind {
        "AWS::IAM::User" | "AWS::IAM::Role" => {
            let is_role = kind == "AWS::IAM::Role";
            let (policies, id) = if is_role { ("rolePolicyList", "roleId") } else { ("userPolicyList", "userId") };
            let groups: Vec<Cow<'a, str>> = reader.each(get(&inside, "groupList"), "the name of a group");
            let boundary = get(&inside, "permissionsBoundary").and_then(members);
            let mut tags = reader.tags(item.tags);
            tags.extend(reader.tags(get(&inside, "tags")));
            let record = PrincipalRecord {
                arn,
                is_role,
                unique_id: text(&inside, id),
                tags,
                inline: iam::inline(reader, get(&inside, policies)),
                attached: iam::attached(reader, get(&inside, "attachedManagedPolicies")),
                groups: groups.into_iter().map(Cow::into_owned).collect(),
                boundary: boundary.and_then(|boundary| text(&boundary, "permissionsBoundaryArn")),
                trust: get(&inside, "assumeRolePolicyDocument").map(|raw| reader.document(raw.get())),
                captured,
            };
            reader.records.principals.push(record);
        }
        "AWS::IAM::Group" => {
            let record = GroupRecord {
                arn,
                inline: iam::inline(reader, get(&inside, "groupPolicyList")),
                attached: iam::attached(reader, get(&inside, "attachedManagedPolicies")),
                captured,
            };
            reader.records.groups.push(record);
        }
        "AWS::IAM::Policy" => {
            let named = text(&inside, "defaultVersionId");
            let document = iam::default_version(reader, get(&inside, "policyVersionList"), named.as_deref());
            reader.records.managed.push(ManagedRecord { arn: arn.to_string(), document, captured });
        }
        "AWS::ECR::PublicRepository" | "AWS::ECR::Repository" => {
            let is_public = kind == "AWS::ECR::PublicRepository";
            let name = text(&inside, "RepositoryName")
                .unwrap_or_else(|| arn.resource().trim_start_matches("repository/").to_owned());
            let mut tags = reader.tags(item.tags);
            tags.extend(reader.tags(get(&inside, "Tags")));
            if let (Some(policy), Some(account)) = (document(reader, &inside, "RepositoryPolicyText"), arn.account()) {
                reader.records.repository_policies.push(RepositoryPolicyRecord {
                    account,
                    name: name.clone(),
                    visibility: Some(if is_public { Visibility::Public } else { Visibility::Private }),
                    region: (!is_public).then(|| arn.region().to_owned()),
                    document: Some(policy),
                    place: policy,
                });
            }
            let record = RepositoryRecord { arn, name, tags: Some(tags), tells_policy: true, captured };
            reader.records.repositories.push(record);
        }
        _ => {}
    }
}

fn registry_policy<'a>(reader: &mut Reader<'a>, item: &Item<'a>, inside: &Members<'a>) {
    let account = text(inside, "RegistryId").or(item.account_id.as_deref().map(str::to_owned));
    let region = item.aws_region.as_deref().map(str::to_owned);
    if let (Some(account), Some(document)) =
        (account.as_deref().and_then(AccountId::parse), document(reader, inside, "PolicyText"))
    {
        reader.records.registry_policies.push(RegistryPolicyRecord { account, region, document });
    }
}

fn document<'a>(reader: &Reader<'a>, inside: &Members<'a>, name: &str) -> Option<Place> {
    let raw = get(inside, name).filter(|raw| !matches!(raw.get(), "null" | "\"\""))?;
    Some(reader.document(raw.get()))
}

fn text(inside: &Members<'_>, name: &str) -> Option<String> {
    serde_json::from_str(get(inside, name)?.get()).ok()
}
