//! Exports that say what was asked: `{"request": {...}, "response": {...}}` (P1).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::reader::{Asked, Members, Reader, get, has, members};
use super::records::{TagsOf, TagsRecord};
use super::world::Visibility;
use super::{ecr, iam, organization};
use crate::policy::AccountId;

/// What was asked.
#[derive(Deserialize)]
pub(super) struct Request<'a> {
    #[serde(borrow, default)]
    pub(super) service: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) operation: Cow<'a, str>,
    #[serde(borrow)]
    account: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) region: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    parameters: std::collections::BTreeMap<Cow<'a, str>, &'a RawValue>,
}

impl Request<'_> {
    /// A parameter that is a text, under the name of the API in any letter case.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let (_, raw) = self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        serde_json::from_str(raw.get()).ok()
    }

    pub(super) fn account(&self) -> Option<AccountId> {
        let named = self.account.as_deref().and_then(AccountId::parse);
        named.or_else(|| AccountId::parse(&self.parameter("registryId")?))
    }

    fn visibility(&self) -> Option<Visibility> {
        match &*self.service {
            "ecr-public" => Some(Visibility::Public),
            "ecr" => Some(Visibility::Private),
            _ => None,
        }
    }
}

/// Reads the object if it is a wrapped export.
pub(super) fn read<'a>(reader: &mut Reader<'a>, object: &Members<'a>) -> bool {
    if !has(object, &["request"]) || !(has(object, &["response"]) || has(object, &["error"])) {
        return false;
    }
    let Some(request) = get(object, "request").and_then(|raw| reader.typed::<Request<'a>>(raw, "a request")) else {
        return true;
    };
    let asked = Asked {
        by: "its request names",
        account: request.account(),
        visibility: request.visibility(),
        region: request.region.as_deref().map(str::to_owned),
    };
    if let Some(account) = asked.account {
        let asked = get(object, "request").and_then(members).and_then(|request| get(&request, "account"));
        reader.tells(asked.or(get(object, "request")).map_or("", RawValue::get), account);
    }
    let before = std::mem::replace(&mut reader.asked, asked);
    let known = match get(object, "error").filter(|error| error.get() != "null") {
        Some(error) => {
            failed(reader, &request, error);
            true
        }
        None => reader.deeper(|reader| answered(reader, &request, object)),
    };
    reader.asked = before;
    known
}

fn answered<'a>(reader: &mut Reader<'a>, request: &Request<'a>, object: &Members<'a>) -> bool {
    let Some(response) = get(object, "response") else { return true };
    let Some(inside) = members(response) else { return true };
    let operation = request.operation.to_ascii_lowercase().replace('-', "");
    let known = match (&*request.service, operation.as_str()) {
        ("ecr-public" | "ecr", "listtagsforresource") => {
            let tags = reader.tags(get(&inside, "tags"));
            if let Some(arn) = request.parameter("resourceArn") {
                reader.records.repository_tags.push(TagsRecord { of: TagsOf::Arn(arn), tags });
            }
            true
        }
        ("ecr-public" | "ecr", "getrepositorypolicy") => {
            ecr::repository_policy(reader, response);
            true
        }
        ("ecr", "getregistrypolicy") => {
            ecr::registry_policy(reader, response);
            true
        }
        ("ecr", "getaccountsetting") => {
            ecr::account_setting(reader, response, &inside);
            true
        }
        ("iam", "getpolicyversion") => get(&inside, "PolicyVersion")
            .is_some_and(|version| iam::read_version(reader, version, request.parameter("PolicyArn"))),
        ("organizations", _) => organization::asked(reader, request, &operation, &inside),
        _ => false,
    };
    known || reader.object(response, &inside)
}

/// A call that failed: some failures say for certain that there is nothing.
fn failed<'a>(reader: &mut Reader<'a>, request: &Request<'a>, error: &'a RawValue) {
    let none = error.get().contains("RepositoryPolicyNotFoundException");
    let (Some(account), Some(name), true) = (request.account(), request.parameter("repositoryName"), none) else {
        return;
    };
    let place = reader.document(error.get());
    ecr::add_policy(reader, account, name, None, place);
}
