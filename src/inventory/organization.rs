//! AWS Organizations: roots, units, accounts, control policies and their targets (I24 to I31, P6).

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::iam;
use super::reader::{Members, Reader, get, has, members};
use super::records::{AccountRecord, ControlRecord, UnitRecord};
use super::wrapped::Request;
use crate::policy::{AccountId, Arn, PolicyKind, clip};

/// What the list of all accounts, or of one parent's, is called in messages.
pub(super) const ACCOUNTS: &str = "accounts";

/// What a list of control policies is called in messages.
pub(super) const CONTROLS: &str = "control policies";

/// The types of control policies as the API names them.
pub(super) const CONTROL_KINDS: [(PolicyKind, &str); 2] =
    [(PolicyKind::ServiceControl, "SERVICE_CONTROL_POLICY"), (PolicyKind::ResourceControl, "RESOURCE_CONTROL_POLICY")];

/// A root, a unit or an account, in the spelling of the API or of a combined file.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Node<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    arn: Option<Cow<'a, str>>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    parent_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    path: Option<Cow<'a, str>>,
    #[serde(borrow)]
    paths: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow)]
    policy_types: Option<Vec<PolicyType<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyType<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Organization<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    master_account_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    feature_set: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    arn: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described<'a> {
    #[serde(borrow)]
    policy_summary: Summary<'a>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target<'a> {
    #[serde(borrow)]
    target_id: Cow<'a, str>,
}

/// A control policy of a combined file.
#[derive(Deserialize)]
struct Combined<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    targets: Vec<Cow<'a, str>>,
}

/// Reads the object if it is an answer of Organizations.
pub(super) fn read<'a>(reader: &mut Reader<'a>, _raw: &'a RawValue, object: &Members<'a>) -> bool {
    // What the answer does not say, the file's name does (I26, I27, I30).
    let stem = reader.stem();
    let parent = (stem.starts_with("r-") || stem.starts_with("ou-")).then_some(stem.as_str());
    let policy = stem.starts_with("p-").then_some(stem.as_str());
    dispatch(reader, object, parent, policy)
}

/// The same, where the question is known: the parent or the policy that was asked about.
pub(super) fn asked<'a>(reader: &mut Reader<'a>, request: &Request<'a>, operation: &str, object: &Members<'a>) -> bool {
    if operation == "listpoliciesfortarget" {
        let policies: Vec<Summary<'a>> = reader.each(get(object, "Policies"), "a control policy");
        let ids = policies.iter().map(|policy| policy.id.to_string()).collect();
        add_summaries(reader, policies);
        if let Some(target) = request.parameter("TargetId") {
            reader.records.attachments.push((target, ids));
        }
        return true;
    }
    let parent = request.parameter("ParentId");
    dispatch(reader, object, parent.as_deref(), request.parameter("PolicyId").as_deref())
}

fn dispatch<'a>(reader: &mut Reader<'a>, object: &Members<'a>, parent: Option<&str>, policy: Option<&str>) -> bool {
    if let Some(raw) = get(object, "Organization") {
        if let Some(found) = reader.typed::<Organization<'a>>(raw, "an organization") {
            let management = found.master_account_id.as_deref().and_then(AccountId::parse);
            if let Some(management) = management {
                reader.tells(found.master_account_id.as_deref().map_or("", |id| iam::part(raw, id)), management);
            }
            let record = reader.records.organizations.entry(found.id.into_owned()).or_default();
            record.management = management;
            record.all_features = found.feature_set.map(|set| set == "ALL");
        }
    } else if let Some(roots) = get(object, "Roots") {
        units(reader, roots, true, None);
        reader.page("roots", None, "", object);
    } else if let Some(list) = get(object, "OrganizationalUnits") {
        units(reader, list, false, parent);
        reader.page("organizational units", None, parent.unwrap_or_default(), object);
    } else if let Some(list) = get(object, "Accounts") {
        accounts(reader, list, parent);
        reader.page(ACCOUNTS, None, parent.unwrap_or_default(), object);
    } else if let Some(raw) = get(object, "Policy") {
        if !members(raw).is_some_and(|inside| has(&inside, &["PolicySummary"])) {
            return false;
        }
        if let Some(found) = reader.typed::<Described<'a>>(raw, "a control policy") {
            tell(reader, raw, found.policy_summary.arn.as_deref());
            control(
                reader,
                &found.policy_summary.id,
                found.policy_summary.name.as_deref(),
                &found.policy_summary.r#type,
                found.content,
            );
        }
    } else if let Some(list) = get(object, "Policies").filter(|list| list.get().contains("\"AwsManaged\"")) {
        let policies: Vec<Summary<'a>> = reader.each(Some(list), "a control policy");
        let kinds: BTreeSet<&str> = policies.iter().map(|policy| &*policy.r#type).collect();
        let of = kinds.into_iter().collect::<Vec<_>>().join(" ");
        reader.page(CONTROLS, None, &of, object);
        for policy in &policies {
            tell(reader, list, policy.arn.as_deref());
        }
        add_summaries(reader, policies);
    } else if let Some(list) = get(object, "Targets") {
        let Some(id) = policy.map(str::to_owned) else {
            let message = "targets, and nothing says of which policy".to_owned();
            reader.error(&list.get()[..1], message, Some("name the file after the policy: `targets/p-11112222.json`"));
            return true;
        };
        reader.page("targets", None, &id, object);
        let targets: Vec<Target<'a>> = reader.each(Some(list), "a target");
        let targets = targets.into_iter().map(|target| target.target_id.into_owned()).collect();
        reader.records.targets.push((id, targets));
    } else if has(object, &["accounts", "roots"]) {
        combined(reader, object);
    } else {
        return false;
    }
    true
}

fn combined<'a>(reader: &mut Reader<'a>, object: &Members<'a>) {
    if let Some(list) = get(object, "roots") {
        units(reader, list, true, None);
    }
    if let Some(list) = get(object, "organizational_units") {
        units(reader, list, false, None);
    }
    if let Some(list) = get(object, "accounts") {
        accounts(reader, list, None);
    }
    for policy in reader.each::<Combined<'a>>(get(object, "policies"), "a control policy") {
        control(reader, &policy.id, policy.name.as_deref(), &policy.r#type, policy.content);
        let targets = policy.targets.into_iter().map(Cow::into_owned).collect();
        reader.records.targets.push((policy.id.into_owned(), targets));
    }
    // P6: the file tells every policy with all its targets; one that it leaves out is attached nowhere.
    reader.records.targets.push(("p-FullAWSAccess".to_owned(), Vec::new()));
}

fn add_summaries(reader: &mut Reader<'_>, policies: Vec<Summary<'_>>) {
    for policy in policies {
        control(reader, &policy.id, policy.name.as_deref(), &policy.r#type, None);
    }
}

/// I31: tag, backup and other policies have nothing to do with permissions.
pub(super) fn control_kind(text: &str) -> Option<PolicyKind> {
    CONTROL_KINDS.into_iter().find(|(_, name)| *name == text).map(|(kind, _)| kind)
}

fn control<'a>(reader: &mut Reader<'a>, id: &str, name: Option<&str>, kind: &str, content: Option<&'a RawValue>) {
    let Some(kind) = control_kind(kind) else {
        reader.records.other_policies.insert(id.to_owned());
        return;
    };
    let document = content.map(|content| reader.document(content.get()));
    let name = name.unwrap_or(id).to_owned();
    reader.records.controls.push(ControlRecord { id: id.to_owned(), name, kind, document });
}

fn units<'a>(reader: &mut Reader<'a>, list: &'a RawValue, are_roots: bool, parent: Option<&str>) {
    for node in reader.each::<Node<'a>>(Some(list), "a unit of the organization") {
        let organization = organization_of(reader, node.arn.as_deref());
        tell(reader, list, node.arn.as_deref());
        let above = node.path.as_deref().map(|path| ids(path, &node.id)).and_then(|path| path.last().cloned());
        let unit = UnitRecord {
            organization,
            name: node.name.as_deref().unwrap_or(&node.id).to_owned(),
            parent: node.parent_id.map(Cow::into_owned).or(above).or(parent.filter(|_| !are_roots).map(str::to_owned)),
            enabled: node.policy_types.map(|types| {
                types.into_iter().filter(|one| one.status == "ENABLED").map(|one| one.r#type.into_owned()).collect()
            }),
            id: node.id.into_owned(),
        };
        if are_roots { reader.records.roots.push(unit) } else { reader.records.units.push(unit) }
    }
}

fn accounts<'a>(reader: &mut Reader<'a>, list: &'a RawValue, parent: Option<&str>) {
    for node in reader.each::<Node<'a>>(Some(list), "an account of the organization") {
        let Some(id) = AccountId::parse(&node.id) else {
            let message = format!("`{}` is no account number", clip(&node.id));
            reader.error(iam::part(list, &node.id), message, Some("an account number has twelve digits"));
            continue;
        };
        let organization = organization_of(reader, node.arn.as_deref());
        // A list of all accounts, rather than of one parent's, is complete (K4).
        if parent.is_none()
            && let Some(known) = reader.records.organizations.get_mut(&organization)
        {
            known.complete = true;
        }
        reader.records.accounts.push(AccountRecord {
            organization,
            id,
            name: node.name.as_deref().unwrap_or_default().to_owned(),
            parent: node.parent_id.map(Cow::into_owned).or(parent.map(str::to_owned)),
            path: node.paths.as_ref().and_then(|paths| paths.first()).map(|path| ids(path, &node.id)),
        });
    }
}

/// `o-1/r-2/ou-3/444455556666/`: the ids between the organization and the thing itself.
fn ids(path: &str, own: &str) -> Vec<String> {
    path.split('/').skip(1).filter(|id| !id.is_empty() && *id != own).map(str::to_owned).collect()
}

/// The account in the ARN of a root, a unit or a policy is the one that the export was made for. In that of an
/// account it is the management account's, which is another one.
fn tell<'a>(reader: &mut Reader<'a>, within: &'a RawValue, arn: Option<&str>) {
    let Some(text) = arn else { return };
    if let Some(account) = Arn::parse(text).and_then(|arn| arn.account()) {
        reader.tells(iam::part(within, text), account);
    }
}

/// The organization's id and its management account stand in every ARN (P6).
fn organization_of(reader: &mut Reader<'_>, arn: Option<&str>) -> String {
    let Some(arn) = arn.and_then(Arn::parse) else { return String::new() };
    let id = arn.resource().split('/').nth(1).unwrap_or_default().to_owned();
    let record = reader.records.organizations.entry(id.clone()).or_default();
    record.management = record.management.or(arn.account());
    id
}
