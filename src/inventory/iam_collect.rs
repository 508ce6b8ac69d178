//! A folder collected by `iam-collect` (I32): one small file for each part of each thing.
//!
//! What a file is about is told by its path; what it is called by the ARN in
//! the `metadata.json` beside it. The paths are lower-cased, so that a file is
//! joined with its `metadata.json` by the folder, never by the name.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::ecr;
use super::iam::Inline;
use super::reader::{Reader, account_in, get, members};
use super::records::{AccountRecord, ControlRecord, MembershipRecord, Seen, UnitRecord};
use super::tags::Tags;
use crate::ids::FileId;
use crate::policy::{AccountId, Arn, Diagnostic, Place, PolicyKind, Severity, Span};

/// The parts of one thing, gathered from the files of its folder.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// A file of the folder, for messages.
    pub(super) place: Option<(FileId, Span)>,
    pub(super) arn: Option<String>,
    pub(super) id: Option<String>,
    pub(super) boundary: Option<String>,
    pub(super) name: Option<String>,
    pub(super) attached: Vec<String>,
    pub(super) inline: Vec<(String, Place)>,
    pub(super) groups: Vec<String>,
    pub(super) trust: Option<Place>,
    pub(super) document: Option<Place>,
    pub(super) tags: Option<Tags>,
}

/// Parts by folder.
pub(super) type Parts = BTreeMap<String, Part>;

/// Reads the value if the path is one of an `iam-collect` folder.
pub(super) fn read<'a>(reader: &mut Reader<'a>, raw: &'a RawValue) -> bool {
    let Some(at) = base(&reader.path) else { return false };
    let path = reader.path.clone();
    match &path[at + 2..] {
        ["accounts", account, rest @ ..] => {
            AccountId::parse(account).is_some_and(|account| of_account(reader, raw, account, rest))
        }
        ["organizations", organization, rest @ ..] => of_organization(reader, raw, organization, rest),
        ["indexes", ..] => true,
        _ => false,
    }
}

/// Whether a path is one of an `iam-collect` folder.
pub(super) fn is_part(path: &[&str]) -> bool {
    base(path).is_some()
}

/// Where in a path the last folder `aws` stands that begins such a folder.
fn base(path: &[&str]) -> Option<usize> {
    let is_base = |three: &[&str]| {
        three[0] == "aws" && three[1].starts_with("aws") && matches!(three[2], "accounts" | "organizations" | "indexes")
    };
    path.windows(3).rposition(is_base)
}

fn of_account<'a>(reader: &mut Reader<'a>, raw: &'a RawValue, account: AccountId, rest: &[&str]) -> bool {
    // I32: what is missing in the folder is not there, and so it is with its organization.
    reader.records.alone.insert(account);
    match rest {
        ["organization.json"] => organization_of(reader, raw, account),
        ["iam", "user" | "role" | "group" | "policy", _, file] | ["iam", "aws", "policy", _, file] => {
            reader.records.seen.insert(Seen::Principals(account));
            part(reader, raw, file);
        }
        ["ecr", region, "repository", _, file] => {
            reader.records.seen.insert(Seen::Private(account, (*region).to_owned()));
            part(reader, raw, file);
        }
        [file] if file.starts_with("ecr-registry-policy.") => {
            let region = file.trim_start_matches("ecr-registry-policy.").split(".json").next().unwrap_or_default();
            let document = reader.document(raw.get());
            let region = region.to_owned();
            let record = super::records::RegistryPolicyRecord { account, region, document, captured: None };
            reader.records.registry_policies.push(record);
        }
        // Providers, instance profiles, other services: nothing that decides here.
        _ => {}
    }
    true
}

/// The account's organization; the file is missing where the account is in none.
fn organization_of<'a>(reader: &mut Reader<'a>, raw: &'a RawValue, account: AccountId) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer<'a> {
        #[serde(borrow)]
        organization_id: Cow<'a, str>,
    }
    if let Some(answer) = reader.typed::<Answer<'a>>(raw, "the organization of an account") {
        let told = members(raw).and_then(|inside| get(&inside, "organizationId"));
        let place = reader.place(told.unwrap_or(raw).get());
        let organization = answer.organization_id.into_owned();
        reader.records.memberships.push(MembershipRecord { account, organization, place });
    }
}

fn part<'a>(reader: &mut Reader<'a>, raw: &'a RawValue, file: &str) {
    let key = reader.folder();
    let mut part = reader.parts.remove(&key).unwrap_or_default();
    part.place = part.place.or(Some(reader.place(&raw.get()[..1])));
    match file {
        "metadata.json" => {
            let inside = members(raw).unwrap_or_default();
            let text = |name: &str| get(&inside, name).and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
            part.arn = text("arn");
            part.id = text("id");
            part.boundary = text("permissionBoundary");
            part.name = text("repositoryName").or(text("name"));
        }
        "managed-policies.json" => part.attached = texts(reader, raw),
        "groups.json" => part.groups = texts(reader, raw),
        "inline-policies.json" => {
            let policies: Vec<Inline<'a>> = reader.each(Some(raw), "an inline policy");
            part.inline = policies.into_iter().map(|policy| policy.place(reader)).collect();
        }
        "trust-policy.json" => part.trust = Some(reader.document(raw.get())),
        "current-policy.json" | "policy.json" => part.document = Some(reader.document(raw.get())),
        "tags.json" => part.tags = Some(reader.tags(Some(raw))),
        _ => {}
    }
    reader.parts.insert(key, part);
}

fn texts<'a>(reader: &mut Reader<'a>, raw: &'a RawValue) -> Vec<String> {
    let texts: Vec<Cow<'a, str>> = reader.each(Some(raw), "a list of ARNs");
    texts.into_iter().map(Cow::into_owned).collect()
}

fn of_organization<'a>(reader: &mut Reader<'a>, raw: &'a RawValue, id: &str, rest: &[&str]) -> bool {
    let inside = members(raw).unwrap_or_default();
    let text = |name: &str| get(&inside, name).and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
    match rest {
        ["metadata.json"] => {
            let root = text("rootOu");
            let record = reader.records.organizations.entry(text("id").unwrap_or_else(|| id.to_owned())).or_default();
            record.management = text("rootAccountId").as_deref().and_then(AccountId::parse);
            record.all_features = Some(true);
            let features: BTreeMap<String, bool> =
                get(&inside, "features").and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
            let enabled = features.into_iter().filter(|(_, enabled)| *enabled).map(|(feature, _)| feature).collect();
            if let Some(root) = root {
                reader.records.roots.push(UnitRecord {
                    organization: id.to_owned(),
                    name: root.clone(),
                    id: root,
                    parent: None,
                    enabled: Some(enabled),
                });
            }
        }
        ["accounts.json"] => {
            reader.records.organizations.entry(id.to_owned()).or_default().complete = true;
            for (account, value) in &inside {
                let Some(number) = AccountId::parse(account) else { continue };
                let parent = attachments(reader, account, value, "ou");
                reader.records.accounts.push(AccountRecord {
                    organization: id.to_owned(),
                    id: number,
                    name: String::new(),
                    parent,
                    path: None,
                });
            }
        }
        ["ous.json"] => {
            for (unit, value) in &inside {
                let parent = attachments(reader, unit, value, "parent");
                if parent.is_some() {
                    reader.records.units.push(UnitRecord {
                        organization: id.to_owned(),
                        id: unit.to_string(),
                        name: unit.to_string(),
                        parent,
                        enabled: None,
                    });
                }
            }
        }
        ["ous", unit, "metadata.json"] => {
            if let Some(name) = text("name") {
                reader.records.units.push(UnitRecord {
                    organization: id.to_owned(),
                    id: (*unit).to_owned(),
                    name,
                    parent: None,
                    enabled: None,
                });
            }
        }
        ["scps" | "rcps", _, file] => part(reader, raw, file),
        _ => {}
    }
    true
}

/// The policies attached to a target, and its parent.
fn attachments(reader: &mut Reader<'_>, target: &str, value: &RawValue, parent: &str) -> Option<String> {
    let inside = members(value).unwrap_or_default();
    let mut ids = Vec::new();
    for list in ["scps", "rcps"] {
        let arns: Vec<String> =
            get(&inside, list).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
        ids.extend(arns.into_iter().filter_map(|arn| arn.rsplit('/').next().map(str::to_owned)));
    }
    reader.records.attachments.push((target.to_owned(), ids));
    get(&inside, parent).and_then(|raw| serde_json::from_str(raw.get()).ok())
}

/// Turns the parts of all files into records.
pub(super) fn join(parts: Parts, records: &mut super::records::Records, diagnostics: &mut Vec<Diagnostic>) {
    use super::records::{GroupRecord, ManagedRecord, PolicyTold, PrincipalRecord, RepositoryRecord};
    for (folder, part) in parts {
        let Some(text) = part.arn else {
            diagnostics.push(Diagnostic {
                severity: Severity::Error,
                message: "no `metadata.json` with an `arn` stands beside this file".to_owned(),
                hint: Some("collect the account again".to_owned()),
                place: part.place,
                account: account_in(&folder),
            });
            continue;
        };
        if folder.contains("/scps/") || folder.contains("/rcps/") {
            let kind = if folder.contains("/scps/") { PolicyKind::ServiceControl } else { PolicyKind::ResourceControl };
            let id = text.rsplit('/').next().unwrap_or_default().to_owned();
            let name = part.name.unwrap_or_else(|| id.clone());
            records.controls.push(ControlRecord { id, name, kind, document: part.document });
            continue;
        }
        let Some(arn) = Arn::parse(&text) else { continue };
        let captured = None;
        match arn.resource().split('/').next() {
            Some(kind @ ("user" | "role")) => records.principals.push(PrincipalRecord {
                is_role: kind == "role",
                arn,
                unique_id: part.id,
                tags: part.tags.unwrap_or_default(),
                inline: part.inline,
                attached: part.attached,
                groups: part.groups,
                boundary: part.boundary,
                trust: part.trust,
                captured,
            }),
            Some("group") => {
                records.groups.push(GroupRecord { arn, inline: part.inline, attached: part.attached, captured });
            }
            Some("policy") => records.managed.push(ManagedRecord { arn: text, document: part.document, captured }),
            Some("repository") => {
                let name = part.name.unwrap_or_else(|| ecr::name_of(&arn).to_owned());
                let policy = part.document.map_or(PolicyTold::None, PolicyTold::Document);
                let tags = Some(part.tags.unwrap_or_default());
                records.repositories.push(RepositoryRecord { arn, name, tags, policy, captured });
            }
            _ => {}
        }
    }
}

/// Joins the parts that different files hold of the same things.
pub(super) fn merge(parts: &mut Parts, other: Parts) {
    for (folder, part) in other {
        let known = parts.entry(folder).or_default();
        known.place = known.place.or(part.place);
        known.arn = known.arn.take().or(part.arn);
        known.id = known.id.take().or(part.id);
        known.boundary = known.boundary.take().or(part.boundary);
        known.name = known.name.take().or(part.name);
        known.attached.extend(part.attached);
        known.inline.extend(part.inline);
        known.groups.extend(part.groups);
        known.trust = known.trust.or(part.trust);
        known.document = known.document.or(part.document);
        known.tags = known.tags.take().or(part.tags);
    }
}
