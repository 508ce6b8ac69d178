//! The smallest changes that would allow what is denied.
//!
//! Candidates are tried in sets, smallest first, by running the rules with them.
//! A Deny cannot be outvoted, so every blocking statement is in each set.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::catalog::{Action, ResourceKind};
use crate::engine::{Focus, Relations, RequesterId, Resource, Supposition, Verdict};
use crate::ids::{DocumentId, PolicyId};
use crate::inventory::Boundary;
use crate::lower::RequesterKind;
use crate::policy::AccountId;
use crate::query::{Citation, Remedy, hanging, of_statement};
use crate::rules::{Attached, Control, How, Layer};

/// The smallest sets of changes after which the request is allowed, each in full.
pub(super) fn search(
    relations: &Relations<'_>,
    requester: RequesterId,
    resource: &Resource,
    action: &Action,
    focus: &Focus,
) -> Vec<Vec<Supposition>> {
    let denies: Vec<Supposition> = focus
        .judge
        .blocking(focus.cell)
        .iter()
        .map(|(statement, _)| Supposition::Without(focus.facts.statements[*statement].source.clone()))
        .collect();
    let mut denies: Vec<Supposition> = denies;
    denies.dedup();
    let candidates = candidates(relations, requester, resource);
    for size in 0..=candidates.len().min(5) {
        let mut found = Vec::new();
        for set in subsets(&candidates, size) {
            let supposed: Vec<Supposition> = denies.iter().chain(set.iter().copied()).cloned().collect();
            let tried = relations.focus(requester, resource, action, &supposed);
            if tried.judge.verdict(&tried.facts, tried.cell).verdict == Verdict::Allowed {
                found.push(supposed);
            }
        }
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn candidates(relations: &Relations<'_>, requester: RequesterId, resource: &Resource) -> Vec<Supposition> {
    let known = relations.requester(requester);
    let inventory = relations.inventory();
    let mut candidates = Vec::new();
    let has_policies = known.principal.is_some() && known.view.kind != RequesterKind::FederatedUser;
    if has_policies {
        candidates.push(Supposition::Allow(Layer::Identity));
    }
    if resource.repository.is_some() {
        candidates.push(Supposition::Grant(match known.view.kind {
            RequesterKind::User => How::User,
            RequesterKind::Role => How::Role,
            RequesterKind::Session | RequesterKind::FederatedUser => How::Session,
            RequesterKind::Service => How::Service,
            _ => How::Account,
        }));
    }
    let bounded = known.principal.is_some_and(|id| inventory.principals[id].boundary != Boundary::None);
    if bounded {
        candidates.push(Supposition::Allow(Layer::Boundary));
    }
    for (control, account) in [(Control::Service, known.view.account), (Control::Resource, resource.view.account)] {
        let Some((_, membership)) = account.and_then(|account| inventory.organization_of(account)) else { continue };
        let levels = u32::try_from(membership.path.len() + 1).unwrap_or(0);
        if control == Control::Service || resource.view.kind != ResourceKind::None {
            candidates.extend((0..levels).map(|level| Supposition::Level(control, level)));
        }
    }
    candidates
}

/// All subsets of this size, in order.
fn subsets(all: &[Supposition], size: usize) -> Vec<Vec<&Supposition>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let mut sets = Vec::new();
    for (at, first) in all.iter().enumerate() {
        for mut rest in subsets(&all[at + 1..], size - 1) {
            rest.insert(0, first);
            sets.push(rest);
        }
    }
    sets
}

/// A change in words, and the statement to add for these actions.
pub(super) fn describe(
    relations: &Relations<'_>,
    requester: RequesterId,
    resource: &Resource,
    actions: &[String],
    supposition: &Supposition,
) -> Remedy {
    let action = actions.join(", ");
    let known = relations.requester(requester);
    let (name, on) = (&known.name, place(resource));
    let statement = || statement(relations, requester, resource, actions, supposition);
    match supposition {
        Supposition::Allow(Layer::Boundary) => Remedy {
            change: format!("allow {action} on {on} in the permissions boundary of {name}"),
            statement: statement(),
        },
        Supposition::Allow(_) => {
            Remedy { change: format!("allow {action} on {on} in an identity policy of {name}"), statement: statement() }
        }
        Supposition::Grant(how) => {
            let (_, value) = named(relations, requester, *how);
            Remedy {
                change: format!("grant {action} to {value} in the policy of {}", resource.name),
                statement: statement(),
            }
        }
        Supposition::Level(control, level) => {
            let kind = if *control == Control::Service { "service" } else { "resource" };
            let target = target(relations, requester, resource, *control, *level).unwrap_or_default();
            Remedy { change: format!("allow {action} in a {kind} control policy at {target}"), statement: None }
        }
        Supposition::Without(source) => {
            let crate::lower::StatementSource::Written(document, index) = source else {
                return Remedy { change: "remove a Deny statement".to_owned(), statement: None };
            };
            let holding = holding(relations, requester, resource, *document).into_iter();
            let cited: Vec<Citation> =
                holding.map(|policy| of_statement(relations, policy, *index as usize, "")).collect();
            let Some(first) = cited.first() else {
                return Remedy { change: "remove a Deny statement".to_owned(), statement: None };
            };
            let sid = first.sid.as_ref().map_or_else(String::new, |sid| format!(" \"{sid}\""));
            let places = cited.iter().map(|one| format!("of {} ({}:{})", one.policy, one.file, one.line));
            let change = format!("remove or narrow the Deny{sid} {}", places.collect::<Vec<_>>().join(" and "));
            Remedy { change, statement: None }
        }
    }
}

/// The statement that a supposition adds, as JSON.
pub(super) fn statement(
    relations: &Relations<'_>,
    requester: RequesterId,
    resource: &Resource,
    actions: &[String],
    supposition: &Supposition,
) -> Option<String> {
    let principal = match supposition {
        Supposition::Grant(how) => Some(BTreeMap::from([named(relations, requester, *how)])),
        Supposition::Allow(_) | Supposition::Level(..) => None,
        Supposition::Without(_) => return None,
    };
    let action = match actions {
        [one] => OneOrMany::One(one),
        many => OneOrMany::Many(many),
    };
    let resource = principal.is_none().then(|| place(resource));
    serde_json::to_string(&Statement { effect: "Allow", principal, action, resource }).ok()
}

/// What the `Resource` of a statement names.
fn place(resource: &Resource) -> &str {
    if resource.view.kind == ResourceKind::None { "*" } else { resource.view.arn.as_str() }
}

/// The `Principal` of a statement that names the requester.
fn named(relations: &Relations<'_>, requester: RequesterId, how: How) -> (&'static str, String) {
    let known = relations.requester(requester);
    match (how, &known.view.account, &known.view.name) {
        (How::Service, _, Some(service)) => ("Service", service.clone()),
        (How::Account, Some(account), _) => ("AWS", account.to_string()),
        (How::Account, None, _) => ("AWS", "*".to_owned()),
        _ => ("AWS", known.name.to_string()),
    }
}

/// The root, unit or account at a level above the one whom the control policies bind.
pub(super) fn target(
    relations: &Relations<'_>,
    requester: RequesterId,
    resource: &Resource,
    control: Control,
    level: u32,
) -> Option<String> {
    let account = match control {
        Control::Service => relations.requester(requester).view.account,
        Control::Resource => resource.view.account,
    }?;
    let (_, membership) = relations.inventory().organization_of(account)?;
    membership.levels(account).into_iter().nth(level as usize)
}

/// The policies that hang there and are this document.
pub(super) fn holding(
    relations: &Relations<'_>,
    requester: RequesterId,
    resource: &Resource,
    document: DocumentId,
) -> Vec<PolicyId> {
    let policies = &relations.inventory().policies;
    let all = everywhere(relations, requester, resource).into_iter();
    all.filter(|&policy| policies[policy].document == document).collect()
}

/// The policies that say something of this requester and this resource, each once.
fn everywhere(relations: &Relations<'_>, requester: RequesterId, resource: &Resource) -> BTreeSet<PolicyId> {
    let depth = |account: Option<AccountId>| {
        let found = account.and_then(|account| relations.inventory().organization_of(account));
        found.map_or(0, |(_, membership)| u32::try_from(membership.path.len() + 1).unwrap_or(0))
    };
    let (caller, owner) = (relations.requester(requester).view.account, resource.view.account);
    let service = (0..depth(caller)).map(|level| Attached::Level(Control::Service, level));
    let resources = (0..depth(owner)).map(|level| Attached::Level(Control::Resource, level));
    let own = [Attached::Layer(Layer::Identity), Attached::Layer(Layer::Boundary), Attached::Named(How::Everyone)];
    let all = own.into_iter().chain(service).chain(resources);
    all.flat_map(|attached| hanging(relations, attached, requester, resource)).collect()
}

/// A statement to add, with its members in the order in which people write them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'a> {
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<BTreeMap<&'a str, String>>,
    action: OneOrMany<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum OneOrMany<'a> {
    One(&'a str),
    Many(&'a [String]),
}
