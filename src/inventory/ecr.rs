//! `aws ecr-public` and `aws ecr`: repositories, their policies and tags, registries (I14 to I23, P6).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::iam;
use super::reader::{Members, Reader, get, has, members};
use super::records::{RegistryPolicyRecord, RepositoryPolicyRecord, RepositoryRecord, Seen, TagsOf, TagsRecord};
use super::world::Visibility;
use crate::policy::{AccountId, Arn};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository<'a> {
    #[serde(borrow)]
    repository_arn: Cow<'a, str>,
    #[serde(borrow)]
    repository_name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicyText<'a> {
    #[serde(borrow)]
    registry_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    repository_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    policy_text: &'a RawValue,
}

/// Reads the object if it is an answer of one of the registries.
pub(super) fn read<'a>(reader: &mut Reader<'a>, raw: &'a RawValue, object: &Members<'a>) -> bool {
    if has(object, &["repositories"]) {
        repositories(reader, object);
    } else if has(object, &["registries"]) {
        registries(reader, object);
    } else if has(object, &["policyText", "repositoryName"]) {
        let (visibility, region) = registry_of_path(reader);
        repository_policy(reader, raw, visibility, region.as_deref(), None);
    } else if has(object, &["policyText"]) {
        let (_, region) = registry_of_path(reader);
        registry_policy(reader, raw, region.as_deref(), None);
    } else if has(object, &["tags"]) && object.len() == 1 {
        tags_by_path(reader, raw, object);
    } else if has(object, &["name", "value"]) {
        let (_, region) = registry_of_path(reader);
        account_setting(reader, object, region.as_deref(), None);
    } else {
        return ["replicationConfiguration", "pullThroughCacheRules", "repositoryCreationTemplates"]
            .iter()
            .any(|name| has(object, &[name]));
    }
    true
}

fn repositories<'a>(reader: &mut Reader<'a>, object: &Members<'a>) {
    let policies = get(object, "policies").and_then(members);
    let tags = get(object, "tags").and_then(members);
    let combined = policies.is_some() || tags.is_some();
    let mut arns = Vec::new();
    let list = get(object, "repositories");
    for repository in reader.each::<Repository<'a>>(list, "a repository") {
        let Some(within) = list else { continue };
        let Some(arn) = iam::arn(reader, within, &repository.repository_arn) else { continue };
        let name = match repository.repository_name {
            Some(name) => name.into_owned(),
            None => arn.resource().trim_start_matches("repository/").to_owned(),
        };
        seen(reader, &arn);
        arns.push(arn.clone());
        let own = tags.as_ref().and_then(|tags| get(tags, arn.as_str()));
        let tags = combined.then(|| reader.tags(own));
        let record = RepositoryRecord { arn, name, tags, tells_policy: combined, captured: String::new() };
        reader.records.repositories.push(record);
    }
    if arns.is_empty() {
        // An empty list covers what the path says it is about.
        if let (Some(account), (Some(visibility), region)) = (reader.account_of_path(), registry_of_path(reader)) {
            reader.records.seen.insert(match visibility {
                Visibility::Public => Seen::Public(account),
                Visibility::Private => Seen::Private(account, region.unwrap_or_default()),
            });
        }
    }
    let first = arns.first();
    let visibility = first.map(visibility_of);
    let region = first.map(|arn| arn.region().to_owned());
    let account = first.and_then(Arn::account);
    for (name, policy) in policies.unwrap_or_default() {
        if policy.get().starts_with('"') || has(&members(policy).unwrap_or_default(), &["Statement"]) {
            let document = reader.document(policy.get());
            let Some(account) = account else { continue };
            reader.records.repository_policies.push(RepositoryPolicyRecord {
                account,
                name: name.into_owned(),
                visibility,
                region: region.clone(),
                document: Some(document),
                place: document,
            });
        } else {
            repository_policy(reader, policy, visibility, region.as_deref(), account);
        }
    }
    if get(object, "nextToken").is_some_and(|token| token.get() != "null") {
        reader.records.truncated.push((account, "repositories".to_owned()));
    }
}

fn seen(reader: &mut Reader<'_>, arn: &Arn) {
    let Some(account) = arn.account() else { return };
    reader.records.seen.insert(match visibility_of(arn) {
        Visibility::Public => Seen::Public(account),
        Visibility::Private => Seen::Private(account, arn.region().to_owned()),
    });
}

fn visibility_of(arn: &Arn) -> Visibility {
    if arn.service() == "ecr-public" { Visibility::Public } else { Visibility::Private }
}

fn registries<'a>(reader: &mut Reader<'a>, object: &Members<'a>) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Registry<'a> {
        #[serde(borrow)]
        registry_id: Option<Cow<'a, str>>,
    }
    for registry in reader.each::<Registry<'a>>(get(object, "registries"), "a registry") {
        if let Some(account) = registry.registry_id.as_deref().and_then(AccountId::parse) {
            reader.records.seen.insert(Seen::Public(account));
        }
    }
}

/// An answer of `get-repository-policy`.
pub(super) fn repository_policy<'a>(
    reader: &mut Reader<'a>,
    raw: &'a RawValue,
    visibility: Option<Visibility>,
    region: Option<&str>,
    account: Option<AccountId>,
) {
    let Some(answer) = reader.typed::<PolicyText<'a>>(raw, "the policy of a repository") else { return };
    let own = answer.registry_id.as_deref().and_then(AccountId::parse);
    let Some(account) = own.or(account).or(reader.account_of_path()) else {
        let hint = "name the folder after the twelve digits of the account";
        reader.error(raw.get(), "a repository policy, and nothing says which account's".to_owned(), Some(hint));
        return;
    };
    let document = reader.document(answer.policy_text.get());
    let name = answer.repository_name.map_or_else(|| reader.stem(), Cow::into_owned);
    reader.records.repository_policies.push(RepositoryPolicyRecord {
        account,
        name,
        visibility,
        region: region.filter(|_| visibility != Some(Visibility::Public)).map(str::to_owned),
        document: Some(document),
        place: document,
    });
}

/// An answer of `get-registry-policy`.
pub(super) fn registry_policy<'a>(
    reader: &mut Reader<'a>,
    raw: &'a RawValue,
    region: Option<&str>,
    account: Option<AccountId>,
) {
    let Some(answer) = reader.typed::<PolicyText<'a>>(raw, "the policy of a registry") else { return };
    let own = answer.registry_id.as_deref().and_then(AccountId::parse);
    let Some(account) = own.or(account).or(reader.account_of_path()) else {
        let hint = "name the folder after the twelve digits of the account";
        reader.error(raw.get(), "a registry policy, and nothing says which account's".to_owned(), Some(hint));
        return;
    };
    let document = reader.document(answer.policy_text.get());
    // The region may stand in the policy's own resources (P2).
    let text = answer.policy_text.get();
    let in_text = text.split("arn:").find_map(|arn| {
        let mut parts = arn.split(':');
        let (service, region) = (parts.nth(1)?, parts.next()?);
        (service == "ecr" && !region.is_empty() && !region.contains(['*', '?'])).then(|| region.to_owned())
    });
    let region = region.map(str::to_owned).or(in_text);
    if region.is_none() {
        let hint = "put the file into a folder named `ecr/REGION`";
        reader.error(raw.get(), "a registry policy, and nothing says which region's".to_owned(), Some(hint));
    }
    reader.records.registry_policies.push(RegistryPolicyRecord { account, region, document });
}

/// `REGISTRY_POLICY_SCOPE` (Q22).
pub(super) fn account_setting(
    reader: &mut Reader<'_>,
    object: &Members<'_>,
    region: Option<&str>,
    account: Option<AccountId>,
) {
    let is = |member: &str, wanted: &str| get(object, member).is_some_and(|raw| raw.get().trim_matches('"') == wanted);
    if is("name", "REGISTRY_POLICY_SCOPE")
        && is("value", "V1")
        && let (Some(account), Some(region)) = (account.or(reader.account_of_path()), region)
    {
        reader.records.first_scopes.insert((account, region.to_owned()));
    }
}

/// `ecr-public/tags/NAME.json`, `ecr/REGION/tags/NAME.json`: the answer does not say whose tags they are (I17).
fn tags_by_path<'a>(reader: &mut Reader<'a>, raw: &'a RawValue, object: &Members<'a>) {
    let tags = reader.tags(get(object, "tags"));
    let (visibility, region) = registry_of_path(reader);
    let (Some(account), Some(visibility)) = (reader.account_of_path(), visibility) else {
        let hint = "name the file as `ACCOUNT/ecr-public/tags/REPOSITORY.json`";
        reader.error(raw.get(), "tags, and nothing says of which repository".to_owned(), Some(hint));
        return;
    };
    let of = TagsOf::Named { account, visibility, region, name: reader.stem() };
    reader.records.repository_tags.push(TagsRecord { of, tags });
}

/// A bare policy document in the place of a repository's or a registry's.
pub(super) fn read_bare_policy<'a>(reader: &mut Reader<'a>, raw: &'a RawValue) -> bool {
    let (Some(account), (Some(visibility), region)) = (reader.account_of_path(), registry_of_path(reader)) else {
        return false;
    };
    let document = reader.document(raw.get());
    let folder = reader.path.iter().rev().nth(1).copied();
    if folder == Some("policy") {
        reader.records.repository_policies.push(RepositoryPolicyRecord {
            account,
            name: reader.stem(),
            visibility: Some(visibility),
            region,
            document: Some(document),
            place: document,
        });
        return true;
    }
    if reader.stem() == "registry-policy" {
        reader.records.registry_policies.push(RegistryPolicyRecord { account, region, document });
        return true;
    }
    false
}

/// What the folders below the account's say: which registry, which region (P1).
fn registry_of_path(reader: &Reader<'_>) -> (Option<Visibility>, Option<String>) {
    let below = reader.below_account();
    let folder = |name: &str| below.iter().position(|part| *part == name || part.strip_suffix(".json") == Some(name));
    if folder("ecr-public").is_some() {
        return (Some(Visibility::Public), None);
    }
    match folder("ecr") {
        Some(at) => (Some(Visibility::Private), below.get(at + 1).map(|region| (*region).to_owned())),
        None => (None, None),
    }
}
