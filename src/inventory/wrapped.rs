//! Exports that say what was asked: `{"request": {...}, "response": {...}}` (P1).

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::reader::{Asked, Members, Reader, get, has, members};
use super::records::{FailureRecord, TagsOf, TagsRecord, Wanted};
use super::world::Visibility;
use super::{ecr, iam, organization};
use crate::policy::{AccountId, clip};

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

    /// The operation as the API and the CLI spell it alike: in lower case, without hyphens.
    fn plain_operation(&self) -> String {
        self.operation.to_ascii_lowercase().replace('-', "")
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
    let operation = request.plain_operation();
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

/// A call that failed. Some failures say for certain that there is nothing; all others that something is missing.
fn failed<'a>(reader: &mut Reader<'a>, request: &Request<'a>, error: &'a RawValue) {
    let account = request.account().or_else(|| reader.account());
    let place = reader.document(error.get());
    if error.get().contains("RepositoryPolicyNotFoundException") {
        if let (Some(account), Some(name)) = (account, request.parameter("repositoryName")) {
            ecr::add_policy(reader, account, name, None, place);
        }
        return;
    }
    let region = request.region.as_deref().map(str::to_owned);
    if error.get().contains("RegistryPolicyNotFoundException") {
        reader.records.bare_registries.extend(account.zip(region));
        return;
    }
    if error.get().contains("AWSOrganizationsNotInUseException") {
        reader.records.alone.extend(account);
        return;
    }
    let Some((name, wanted)) = wanted(request) else { return };
    let record = FailureRecord {
        account,
        region,
        wanted,
        call: format!("{}:{name}", request.service),
        error: what_failed(error),
        place: reader.place(error.get()),
    };
    reader.records.failures.push(record);
}

/// The name of an error: the text itself, or the code inside an object.
fn what_failed(error: &RawValue) -> String {
    let text = |raw: &RawValue| serde_json::from_str::<String>(raw.get()).ok();
    let code = || {
        let inside = members(error)?;
        ["Code", "code", "__type"].iter().find_map(|name| text(get(&inside, name)?))
    };
    let told = text(error).or_else(code).filter(|told| !told.trim().is_empty());
    let told = told.unwrap_or_else(|| "an error".to_owned());
    clip(told.trim()).into_owned()
}

/// What a call would have told, with the name of its operation; `None` where no permission depends on it, or
/// where it is known from what is missing elsewhere, as a repository's tags are.
fn wanted(request: &Request<'_>) -> Option<(&'static str, Wanted)> {
    let text = |name| request.parameter(name);
    let wanted = match (&*request.service, request.plain_operation().as_str()) {
        ("iam", "getaccountauthorizationdetails") => ("GetAccountAuthorizationDetails", Wanted::Principals),
        ("ecr" | "ecr-public", "describerepositories") => {
            ("DescribeRepositories", Wanted::Repositories(request.visibility()?))
        }
        ("ecr" | "ecr-public", "getrepositorypolicy") => {
            ("GetRepositoryPolicy", Wanted::RepositoryPolicy(request.visibility()?, text("repositoryName")?))
        }
        ("ecr", "getregistrypolicy") => ("GetRegistryPolicy", Wanted::RegistryPolicy),
        ("ecr", "getaccountsetting") if text("name").is_none_or(|name| name == "REGISTRY_POLICY_SCOPE") => {
            ("GetAccountSetting", Wanted::RegistryScope)
        }
        ("organizations", "describeorganization") => ("DescribeOrganization", Wanted::Organization),
        ("organizations", "listroots") => ("ListRoots", Wanted::Roots),
        ("organizations", "listaccounts") => ("ListAccounts", Wanted::Accounts),
        ("organizations", "listaccountsforparent") => ("ListAccountsForParent", Wanted::Children(text("ParentId")?)),
        ("organizations", "listorganizationalunitsforparent") => {
            ("ListOrganizationalUnitsForParent", Wanted::Children(text("ParentId")?))
        }
        ("organizations", "listpolicies") => {
            ("ListPolicies", Wanted::Controls(organization::control_kind(&text("Filter")?)?))
        }
        ("organizations", "describepolicy") => ("DescribePolicy", Wanted::Control(text("PolicyId")?)),
        ("organizations", "listtargetsforpolicy") => ("ListTargetsForPolicy", Wanted::Targets(text("PolicyId")?)),
        ("organizations", "listpoliciesfortarget") => {
            // I31: policies of other types are attached to it too, and do not matter.
            organization::control_kind(&text("Filter")?)?;
            ("ListPoliciesForTarget", Wanted::Attachments(text("TargetId")?))
        }
        _ => return None,
    };
    Some(wanted)
}
