//! AWS Config: snapshot files, answers of the API, lines of an aggregator query (I33 to I35).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::reader::{Members, Reader, get, has, members};
use super::records::{
    Captured, GroupRecord, ManagedRecord, PolicyTold, PrincipalRecord, RegistryPolicyRecord, RepositoryRecord, Seen,
};
use super::{ecr, iam};
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
            page(reader, object);
            return true;
        }
    }
    if has(object, &["Results", "QueryInfo"]) {
        for result in reader.each::<&'a RawValue>(get(object, "Results"), "a result of a query") {
            read_encoded(reader, result);
        }
        page(reader, object);
        return true;
    }
    if has(object, &["resourceType", "configuration"]) {
        read_item(reader, raw);
        return true;
    }
    false
}

/// The pages of one call lie in one folder, as far as anything tells.
fn page<'a>(reader: &mut Reader<'a>, object: &Members<'a>) {
    let folder = reader.folder();
    reader.page("configuration items", None, &folder, object);
}

/// A result of a query is commonly a text of JSON.
fn read_encoded<'a>(reader: &mut Reader<'a>, raw: &'a RawValue) {
    if raw.get().starts_with('"') {
        reader.unpack(raw, raw);
    } else {
        read_item(reader, raw);
    }
}

/// The types that are about permissions on registries (I35); a snapshot holds a hundred others.
const KINDS: [&str; 7] = [
    "AWS::IAM::User",
    "AWS::IAM::Role",
    "AWS::IAM::Group",
    "AWS::IAM::Policy",
    "AWS::ECR::PublicRepository",
    "AWS::ECR::Repository",
    "AWS::ECR::RegistryPolicy",
];

fn read_item<'a>(reader: &mut Reader<'a>, raw: &'a RawValue) {
    let Some(item) = reader.typed::<Item<'a>>(raw, "a configuration item") else { return };
    let kind = item.resource_type.as_deref().unwrap_or_default();
    if !KINDS.contains(&kind) {
        return;
    }
    let captured = item.configuration_item_capture_time.and_then(|time| timestamp(time.get()));
    if item.configuration_item_status.as_deref().is_some_and(|status| status.contains("Deleted")) {
        // I33. A history holds older states too, which are not the truth any more.
        reader.records.deleted.extend(item.arn.map(|arn| (arn.into_owned(), captured)));
        return;
    }
    if let Some(account) = item.account_id.as_deref().and_then(AccountId::parse) {
        let part = item.account_id.as_deref().map_or(&raw.get()[..1], |id| iam::part(raw, id));
        reader.tells(part, account);
    }
    let Some(configuration) = item.configuration else { return };
    if configuration.get().starts_with('"') {
        // I34: the API gives the configuration as a text. The item is read again with the text unpacked.
        reader.unpack(raw, configuration);
        return;
    }
    let Some(inside) = members(configuration) else { return };
    if kind == "AWS::ECR::RegistryPolicy" {
        registry_policy(reader, raw, &item, &inside, captured);
        return;
    }
    let arn = text(&inside, "arn").or(text(&inside, "Arn")).map(Cow::Owned).or(item.arn);
    let arn = arn.unwrap_or_default();
    let Some(arn) = iam::arn(reader, raw, &arn) else { return };
    if let Some(account) = arn.account().filter(|_| arn.service() == "iam") {
        reader.records.seen.insert(Seen::Principals(account));
    }
    match kind {
        "AWS::IAM::User" | "AWS::IAM::Role" => {
            let is_role = kind == "AWS::IAM::Role";
            let (policies, id) = if is_role { ("rolePolicyList", "roleId") } else { ("userPolicyList", "userId") };
            let groups: Vec<Cow<'a, str>> = reader.each(get(&inside, "groupList"), "the name of a group");
            let boundary = get(&inside, "permissionsBoundary").and_then(members);
            let tags = reader.tags(item.tags).with(&reader.tags(get(&inside, "tags")));
            let record = PrincipalRecord {
                arn,
                is_role,
                unique_id: text(&inside, id),
                tags,
                inline: iam::inline(reader, get(&inside, policies)),
                attached: iam::attached(reader, get(&inside, "attachedManagedPolicies")),
                groups: groups.into_iter().map(Cow::into_owned).collect(),
                boundary: boundary.and_then(|boundary| text(&boundary, "permissionsBoundaryArn")),
                trust: document(reader, &inside, "assumeRolePolicyDocument"),
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
            let name = text(&inside, "RepositoryName").unwrap_or_else(|| ecr::name_of(&arn).to_owned());
            let tags = reader.tags(item.tags).with(&reader.tags(get(&inside, "Tags")));
            let policy = document(reader, &inside, "RepositoryPolicyText");
            let policy = policy.map_or(PolicyTold::None, PolicyTold::Document);
            let record = RepositoryRecord { arn, name, tags: Some(tags), policy, captured };
            reader.records.repositories.push(record);
        }
        _ => {}
    }
}

fn registry_policy<'a>(
    reader: &mut Reader<'a>,
    raw: &'a RawValue,
    item: &Item<'a>,
    inside: &Members<'a>,
    captured: Captured,
) {
    let account = text(inside, "RegistryId").or(item.account_id.as_deref().map(str::to_owned));
    let account = account.as_deref().and_then(AccountId::parse);
    let Some(document) = document(reader, inside, "PolicyText") else { return };
    let (Some(account), Some(region)) = (account, item.aws_region.as_deref()) else {
        let message = "a registry policy, and nothing says which account's and region's".to_owned();
        reader.error(&raw.get()[..1], message, Some("select `accountId` and `awsRegion` too"));
        return;
    };
    let region = region.to_owned();
    reader.records.registry_policies.push(RegistryPolicyRecord { account, region, document, captured });
}

/// I3: a text in one of the forms of ISO 8601, or a number of seconds.
fn timestamp(raw: &str) -> Captured {
    if let Ok(text) = serde_json::from_str::<String>(raw) {
        return text.parse().ok();
    }
    let seconds: f64 = raw.parse().ok()?;
    jiff::Timestamp::from_duration(jiff::SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
}

fn document<'a>(reader: &Reader<'a>, inside: &Members<'a>, name: &str) -> Option<Place> {
    let raw = get(inside, name).filter(|raw| !matches!(raw.get(), "null" | "\"\""))?;
    Some(reader.document(raw.get()))
}

fn text(inside: &Members<'_>, name: &str) -> Option<String> {
    serde_json::from_str(get(inside, name)?.get()).ok()
}
