//! `aws ecr-public` and `aws ecr`: repositories, their policies and tags, registries (I14 to I23, P6).

use std::borrow::Cow;
use std::collections::BTreeSet;

use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::iam;
use super::reader::{Asked, Members, Reader, get, has, members};
use super::records::{
    PolicyTold, RegistryPolicyRecord, RepositoryPolicyRecord, RepositoryRecord, Seen, TagsOf, TagsRecord,
};
use super::world::Visibility;
use crate::policy::{AccountId, Arn, Place};

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
struct PolicyAnswer<'a> {
    #[serde(borrow)]
    registry_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    repository_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    policy_text: &'a RawValue,
}

/// Answers of the registries on which no permission depends (I18, I23).
const NOT_NEEDED: [&str; 6] = [
    "replicationConfiguration",
    "pullThroughCacheRules",
    "repositoryCreationTemplates",
    "registryCatalogData",
    "catalogData",
    "imageDetails",
];

/// Reads the object if it is an answer of one of the registries.
pub(super) fn read<'a>(reader: &mut Reader<'a>, raw: &'a RawValue, object: &Members<'a>) -> bool {
    if has(object, &["repositories"]) {
        repositories(reader, object);
    } else if has(object, &["registries"]) {
        registries(reader, object);
    } else if has(object, &["policyText", "repositoryName"]) {
        repository_policy(reader, raw);
    } else if has(object, &["policyText"]) {
        registry_policy(reader, raw);
    } else if has(object, &["tags"]) && object.len() == 1 {
        tags_by_path(reader, raw, object);
    } else if is(object, "name", "REGISTRY_POLICY_SCOPE") && has(object, &["value"]) {
        account_setting(reader, raw, object);
    } else {
        return NOT_NEEDED.iter().any(|name| has(object, &[name]));
    }
    true
}

fn is(object: &Members<'_>, member: &str, wanted: &str) -> bool {
    get(object, member).is_some_and(|raw| raw.get().trim_matches('"') == wanted)
}

fn repositories<'a>(reader: &mut Reader<'a>, object: &Members<'a>) {
    let policies = get(object, "policies").and_then(members);
    let tags = get(object, "tags").and_then(members);
    // P6: a repository without an entry in `policies` has no policy.
    let policy = if policies.is_some() { PolicyTold::None } else { PolicyTold::Untold };
    let tags: Option<FxHashMap<Cow<'a, str>, &'a RawValue>> = tags.map(|tags| tags.into_iter().collect());
    let list = get(object, "repositories");
    let mut first: Option<Arn> = None;
    let mut agreed = false;
    for repository in reader.each::<Repository<'a>>(list, "a repository") {
        let Some(within) = list else { continue };
        let Some(arn) = iam::arn(reader, within, &repository.repository_arn) else { continue };
        let part = iam::part(within, &repository.repository_arn);
        if let Some(account) = arn.account() {
            reader.tells(part, account);
        }
        if !agreed && let Some(account) = arn.account() {
            let told = reader.diagnostics.len();
            reader.agree_on_account(part, account);
            reader.agree_on_registry(part, visibility_of(&arn), arn.region());
            agreed = reader.diagnostics.len() > told;
        }
        let name = match repository.repository_name {
            Some(name) => name.into_owned(),
            None => name_of(&arn).to_owned(),
        };
        seen(reader, &arn);
        let tags = tags.as_ref().map(|tags| reader.tags(tags.get(arn.as_str()).copied()));
        first.get_or_insert_with(|| arn.clone());
        reader.records.repositories.push(RepositoryRecord { arn, name, tags, policy, captured: None });
    }
    let (told_visibility, told_region) = reader.registry();
    let (visibility, region) = match &first {
        Some(arn) => (Some(visibility_of(arn)), Some(arn.region().to_owned())),
        None => (told_visibility, told_region),
    };
    let account = first.as_ref().and_then(Arn::account).or_else(|| reader.account());
    if let (None, Some(account), Some(visibility)) = (&first, account, visibility) {
        // An empty list covers what the path says it is about.
        reader.records.seen.insert(match visibility {
            Visibility::Public => Seen::Public(account),
            Visibility::Private => Seen::Private(account, region.clone().unwrap_or_default()),
        });
    }
    let list = if visibility == Some(Visibility::Public) { "public repositories" } else { "repositories" };
    reader.page(list, account, region.as_deref().unwrap_or_default(), object);
    let asked = Asked { by: "its repositories name", account, visibility, region };
    let before = std::mem::replace(&mut reader.asked, asked);
    for (name, policy) in policies.unwrap_or_default() {
        if policy.get().starts_with('"') || has(&members(policy).unwrap_or_default(), &["Statement"]) {
            let document = reader.document(policy.get());
            if let Some(account) = account {
                add_policy(reader, account, name.into_owned(), Some(document), document);
            }
        } else {
            repository_policy(reader, policy);
        }
    }
    reader.asked = before;
}

fn seen(reader: &mut Reader<'_>, arn: &Arn) {
    let Some(account) = arn.account() else { return };
    reader.records.seen.insert(match visibility_of(arn) {
        Visibility::Public => Seen::Public(account),
        Visibility::Private => Seen::Private(account, arn.region().to_owned()),
    });
}

/// The name of the repository with this ARN. Its own first folder may be called `repository` too.
pub(super) fn name_of(arn: &Arn) -> &str {
    arn.resource().strip_prefix("repository/").unwrap_or_else(|| arn.resource())
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
        #[serde(borrow)]
        registry_arn: Option<Cow<'a, str>>,
    }
    for raw in reader.each::<&'a RawValue>(get(object, "registries"), "a registry") {
        let Some(registry) = reader.typed::<Registry<'a>>(raw, "a registry") else { continue };
        let own = registry.registry_arn.as_deref().and_then(Arn::parse).and_then(|arn| arn.account());
        let named = registry.registry_id.as_deref().and_then(AccountId::parse);
        let Some(account) = named.or(own) else { continue };
        reader.agree_on_account(member(raw, if named.is_some() { "registryId" } else { "registryArn" }), account);
        reader.records.seen.insert(Seen::Public(account));
    }
}

/// An answer of `get-repository-policy`.
pub(super) fn repository_policy<'a>(reader: &mut Reader<'a>, raw: &'a RawValue) {
    let Some(answer) = reader.typed::<PolicyAnswer<'a>>(raw, "the policy of a repository") else { return };
    let Some(account) = account(reader, raw, &answer, "a repository policy") else { return };
    let document = reader.document(answer.policy_text.get());
    let name = match answer.repository_name {
        Some(name) => {
            reader.agree_on_repository(member(raw, "repositoryName"), &name);
            name.into_owned()
        }
        None => reader.stem(),
    };
    add_policy(reader, account, name, Some(document), document);
}

/// What is known of a repository's policy, `None` where there is none, under the registry that path or
/// request name.
pub(super) fn add_policy(
    reader: &mut Reader<'_>,
    account: AccountId,
    name: String,
    document: Option<Place>,
    place: Place,
) {
    let (visibility, region) = reader.registry();
    let region = region.filter(|_| visibility != Some(Visibility::Public));
    let record = RepositoryPolicyRecord { account, name, visibility, region, document, place };
    reader.records.repository_policies.push(record);
}

/// A member of an object as it is written in the file.
fn member<'a>(raw: &'a RawValue, name: &str) -> &'a str {
    members(raw).and_then(|inside| get(&inside, name)).map_or(&raw.get()[..1], RawValue::get)
}

/// The account of an answer: its own `registryId`, else what request or path say.
fn account<'a>(reader: &mut Reader<'a>, raw: &'a RawValue, answer: &PolicyAnswer<'a>, what: &str) -> Option<AccountId> {
    if let Some(id) = &answer.registry_id
        && let Some(own) = AccountId::parse(id)
    {
        reader.agree_on_account(member(raw, "registryId"), own);
        return Some(own);
    }
    let account = reader.account();
    if account.is_none() {
        reader.needs = true;
        let hint = "name the folder after the twelve digits of the account";
        reader.error(&raw.get()[..1], format!("{what}, and nothing says which account's"), Some(hint));
    }
    account
}

/// An answer of `get-registry-policy`. The region stands in its resources, else in the path (P2).
pub(super) fn registry_policy<'a>(reader: &mut Reader<'a>, raw: &'a RawValue) {
    let Some(answer) = reader.typed::<PolicyAnswer<'a>>(raw, "the policy of a registry") else { return };
    let Some(account) = account(reader, raw, &answer, "a registry policy") else { return };
    let document = reader.document(answer.policy_text.get());
    let own = regions(answer.policy_text.get());
    let (_, named) = reader.registry();
    let only = own.first().filter(|_| own.len() == 1);
    let region = match (named, only) {
        (Some(named), Some(only)) => {
            reader.agree_on_registry(answer.policy_text.get(), Visibility::Private, only);
            if reader.asked.region.is_some() { named } else { only.clone() }
        }
        (Some(named), None) => named,
        (None, Some(only)) => only.clone(),
        (None, None) => {
            let hint = "put the file into a folder named `ecr/REGION`";
            let message = "a registry policy, and nothing says which region's".to_owned();
            reader.error(&raw.get()[..1], message, Some(hint));
            return;
        }
    };
    let record = RegistryPolicyRecord { account, region, document, captured: None };
    reader.records.registry_policies.push(record);
}

/// The regions that the ARNs of a registry policy name.
fn regions(text: &str) -> BTreeSet<String> {
    let named = text.split("arn:").skip(1).filter_map(|arn| {
        let mut parts = arn.split(':');
        let (service, region) = (parts.nth(1)?, parts.next()?);
        (service == "ecr" && !region.is_empty() && !region.contains(['*', '?', '"'])).then(|| region.to_owned())
    });
    named.collect()
}

/// `REGISTRY_POLICY_SCOPE` (Q22).
pub(super) fn account_setting<'a>(reader: &mut Reader<'a>, raw: &'a RawValue, object: &Members<'a>) {
    let (Some(account), (_, Some(region))) = (reader.account(), reader.registry()) else {
        reader.needs |= reader.wants();
        let message = "an account setting, and nothing says of which account and region".to_owned();
        let hint = "name the file as `ACCOUNT/ecr/REGION/account-setting.json`";
        reader.error(&raw.get()[..1], message, Some(hint));
        return;
    };
    let first = is(object, "value", "V1");
    *reader.records.scopes.entry((account, region)).or_default() |= first;
}

/// `ecr-public/tags/NAME.json`, `ecr/REGION/tags/NAME.json`: the answer does not say whose tags they are (I17).
fn tags_by_path<'a>(reader: &mut Reader<'a>, raw: &'a RawValue, object: &Members<'a>) {
    let tags = reader.tags(get(object, "tags"));
    let (Some(account), (Some(visibility), region)) = (reader.account(), reader.registry()) else {
        reader.needs |= reader.wants();
        let hint = "name the file as `ACCOUNT/ecr-public/tags/REPOSITORY.json`";
        reader.error(&raw.get()[..1], "tags, and nothing says of which repository".to_owned(), Some(hint));
        return;
    };
    let of = TagsOf::Named { account, visibility, region, name: reader.stem() };
    reader.records.repository_tags.push(TagsRecord { of, tags });
}

/// A bare policy document in the place of a repository's or a registry's.
pub(super) fn read_bare_policy<'a>(reader: &mut Reader<'a>, raw: &'a RawValue) -> bool {
    let (Some(visibility), region) = reader.registry() else { return false };
    let Some(account) = reader.account() else {
        reader.needs = true;
        return false;
    };
    let document = reader.document(raw.get());
    if reader.path.iter().rev().nth(1) == Some(&"policy") {
        let name = reader.stem();
        add_policy(reader, account, name, Some(document), document);
        return true;
    }
    match region {
        Some(region) if visibility == Visibility::Private && reader.stem() == "registry-policy" => {
            let record = RegistryPolicyRecord { account, region, document, captured: None };
            reader.records.registry_policies.push(record);
            true
        }
        _ => false,
    }
}
