//! What the two sides of requests say together, in one account.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::account::{Account, Alive};
use super::clause::service;
use super::document::is_of_aws;
use super::found::Spot;
use super::gather::Raw;
use crate::engine::{RequesterId, run, written};
use crate::ids::{ActionAtom, GuardId, PrincipalAtom, ResourceAtom, StatementId};
use crate::lower::{Cell, Match};
use crate::policy::Effect;
use crate::query::{citations, cited, hanging};
use crate::rules::finding::grant::{self as rules, Derived, Offers, Twice, Unmet};
use crate::rules::{Attached, Control, How, Layer, Limit};

/// The findings with what they are about.
pub(super) fn findings(account: &Account<'_>, alive: &Alive) -> Vec<(Finding, Raw)> {
    let Derived { twice, unmet, offers } = derived(account);
    let mut found = doubled(account, &twice);
    found.extend(one_sided(account, &unmet));
    found.extend(cut(account, alive, &offers));
    found
}

fn derived(account: &Account<'_>) -> Derived {
    let shard = &account.shard;
    let facts = &shard.facts;
    let rows = &facts.rows;
    let statements = run(facts, &[]).statements;
    let allowing: BTreeSet<StatementId> =
        rows.effects.iter().filter(|row| row.1 == Effect::Allow).map(|row| row.0).collect();
    rules::run(|program| {
        let sure = |guard: GuardId| guard == GuardId::ALWAYS;
        let counts = statements.counts.iter().filter(|row| row.0 == Layer::Identity && allowing.contains(&row.1));
        program.extend(counts.map(|row| rules::Own(row.1, row.2, sure(row.3))));
        let of_endpoint: BTreeSet<StatementId> = rows.of_endpoint.iter().copied().collect();
        let named = statements.named.iter().filter(|row| allowing.contains(&row.0) && !of_endpoint.contains(&row.0));
        program.extend(named.map(|row| rules::Named(row.0, row.1, row.2, sure(row.3))));
        let matches = statements.matches.iter().filter(|row| allowing.contains(&row.0));
        program.extend(matches.map(|row| rules::Matches(row.0, row.1, row.2, sure(row.3))));
        let saying = allowing.iter().filter(|&&one| says_registry(account, one));
        program.extend(saying.map(|&one| rules::SaysRegistry(one)));
        let possible =
            shard.judge().possible().filter(|&cell| shard.judge().verdict(facts, cell).verdict.is_possible());
        program.extend(possible.map(|cell| rules::Possible(cell.principal, cell.action, cell.resource)));
        program.extend(rows.principal_in.iter().map(|&(principal, account)| rules::PrincipalIn(principal, account)));
        program.extend(rows.resource_in.iter().map(|&(resource, account)| rules::ResourceIn(resource, account)));
        let known = account.principals().filter(|&(_, first)| account.is_known(first));
        program.extend(known.map(|(atom, _)| rules::Known(atom)));
        program.extend(rows.bears.iter().map(|&resource| rules::Bears(resource)));
        program.extend(rows.like.iter().map(|&(resource, like)| rules::Like(resource, like)));
        program.extend(statements.faces.iter().map(|row| rules::Faces(row.0, row.1)));
    })
}

/// Whether the statement lists actions of registries by the name of their service.
fn says_registry(account: &Account<'_>, statement: StatementId) -> bool {
    let Some((document, number)) = written(&account.shard.facts, statement) else { return false };
    let actions = &account.relations.inventory().documents[document].statements[number].actions;
    !actions.negated && actions.entries.iter().any(|entry| service(&entry.value).is_some())
}

/// How a statement matches a cell.
fn attached(account: &Account<'_>, statement: StatementId, cell: Cell) -> Option<Match> {
    account.matching(cell).iter().copied().find(|found| found.statement == statement)
}

/// Where a statement hangs that matches a cell, as far as people can change it.
fn spots(account: &Account<'_>, found: Match, requester: RequesterId, resource: usize) -> Vec<Spot> {
    let inventory = account.relations.inventory();
    let at = &account.shard.resources[resource];
    let cited = cited(account.relations, &account.shard.facts, found, requester, at).into_iter();
    cited.filter(|one| !is_of_aws(inventory, one.policy)).map(|one| account.spot(one, requester, resource)).collect()
}

/// The actions of atoms that are performed on a resource, by name.
fn names(account: &Account<'_>, atoms: &BTreeSet<ActionAtom>, resource: usize) -> BTreeSet<String> {
    let kind = account.shard.resources[resource].view.kind;
    atoms.iter().flat_map(|&atom| account.names_of(atom, kind)).collect()
}

/// What the policy of a resource allows, and the principal's own policies too.
fn doubled(account: &Account<'_>, twice: &[Twice]) -> Vec<(Finding, Raw)> {
    let mut groups: BTreeMap<(StatementId, PrincipalAtom, ResourceAtom), (BTreeSet<_>, BTreeSet<_>)> = BTreeMap::new();
    for &Twice(own, other, principal, action, resource) in twice {
        let (statements, actions) = groups.entry((other, principal, resource)).or_default();
        statements.insert(own);
        actions.insert(action);
    }
    let mut found = Vec::new();
    for (&(other, principal, atom), (own, acts)) in &groups {
        let first = account.shard.first(principal);
        let Some(&action) = acts.first() else { continue };
        let cell = Cell { principal, action, resource: atom };
        for resource in account.standing(principal, atom) {
            let at = &account.shard.resources[resource];
            let Some(on_resource) = attached(account, other, cell) else { continue };
            let own = own.iter().filter_map(|&one| attached(account, one, cell));
            let own = own.flat_map(|one| citations(account.relations, &account.shard.facts, one, first, at));
            found.push((
                Finding::GrantedTwice,
                Raw {
                    spots: spots(account, on_resource, first, resource),
                    principals: account.members(principal).1,
                    actions: names(account, acts, resource),
                    resources: BTreeSet::from([at.name.clone()]),
                    because: own.map(|citation| format!("`{}`", citation.policy)).collect(),
                },
            ));
        }
    }
    found
}

/// What the policy of a resource lets in, and nobody takes up.
fn one_sided(account: &Account<'_>, unmet: &[Unmet]) -> Vec<(Finding, Raw)> {
    let mut groups: BTreeMap<(StatementId, PrincipalAtom, ResourceAtom), BTreeSet<ActionAtom>> = BTreeMap::new();
    for &Unmet(statement, principal, action, resource) in unmet {
        groups.entry((statement, principal, resource)).or_default().insert(action);
    }
    let mut found = Vec::new();
    for (&(statement, principal, atom), acts) in &groups {
        let first = account.shard.first(principal);
        let Some(&action) = acts.first() else { continue };
        let Some(matched) = attached(account, statement, Cell { principal, action, resource: atom }) else { continue };
        let principals = match (matched.attached, account.relations.requester(first).view.account) {
            (Attached::Named(How::Account), Some(own)) => BTreeSet::from([format!("account {own}")]),
            _ => account.members(principal).1,
        };
        for resource in account.standing(principal, atom) {
            found.push((
                Finding::OnlyResourceSide,
                Raw {
                    spots: spots(account, matched, first, resource),
                    principals: principals.clone(),
                    actions: names(account, acts, resource),
                    resources: BTreeSet::from([account.shard.resources[resource].name.clone()]),
                    because: BTreeSet::new(),
                },
            ));
        }
    }
    found
}

/// What a statement allows, of which nothing is left.
fn cut(account: &Account<'_>, alive: &Alive, offers: &[Offers]) -> Vec<(Finding, Raw)> {
    let mut groups: BTreeMap<(StatementId, PrincipalAtom), BTreeSet<(ActionAtom, ResourceAtom)>> = BTreeMap::new();
    for &Offers(statement, principal, action, resource) in offers {
        groups.entry((statement, principal)).or_default().insert((action, resource));
    }
    let mut found = Vec::new();
    for (&(statement, principal), cells) in &groups {
        let Some(&(action, atom)) = cells.first() else { continue };
        let Some(matched) = attached(account, statement, Cell { principal, action, resource: atom }) else { continue };
        let is_identity = matches!(matched.attached, Attached::Layer(_));
        let (members, names) = account.members(principal);
        let Some(&resource) = account.standing(principal, atom).first() else { continue };
        let first = account.shard.first(principal);
        // Its account's shard speaks of its policies; in another account's only what those do there is known.
        if is_identity && (!account.is_own(first) || alive.elsewhere(account, first)) {
            continue;
        }
        let spots: Vec<Spot> = members.iter().flat_map(|&one| spots(account, matched, one, resource)).collect();
        let because = blockers(account, first, action, resource);
        // Conditions that rule each other out are told of by themselves.
        if spots.is_empty() || because.is_empty() {
            continue;
        }
        let mut raw = Raw { spots, principals: names, because, ..Raw::default() };
        for &(action, atom) in cells {
            for resource in account.standing(principal, atom) {
                let kind = account.shard.resources[resource].view.kind;
                raw.actions.extend(account.names_of(action, kind));
                raw.resources.insert(account.shard.resources[resource].name.clone());
            }
        }
        found.push((Finding::CutToNothing, raw));
    }
    found
}

/// What stands in the way of a request that a statement allows.
fn blockers(account: &Account<'_>, requester: RequesterId, action: ActionAtom, resource: usize) -> BTreeSet<String> {
    let (relations, at) = (account.relations, &account.shard.resources[resource]);
    let Some((_, action)) = account.actions(action).find(|(_, one)| one.on.contains(&at.view.kind)) else {
        return BTreeSet::new();
    };
    let focus = relations.focus(requester, at, action, &[]);
    let blocking = focus.judge.blocking(focus.cell);
    let matched = focus.facts.matching(focus.cell);
    let denying = matched.iter().filter(|one| blocking.iter().any(|(statement, _)| *statement == one.statement));
    let denying = denying.flat_map(|&one| citations(relations, &focus.facts, one, requester, at));
    let mut told: BTreeSet<String> = denying.map(|one| format!("`{}` denies it", one.policy)).collect();
    if told.is_empty() {
        let silent = focus.limits().silent.iter();
        told.extend(silent.map(|one| format!("{} do not allow it", limit(account, requester, resource, one.0))));
    }
    told
}

/// A limit in words.
fn limit(account: &Account<'_>, requester: RequesterId, resource: usize, limit: Limit) -> String {
    let (relations, at) = (account.relations, &account.shard.resources[resource]);
    let inventory = relations.inventory();
    let attached = match limit {
        Limit::Boundary => Attached::Layer(Layer::Boundary),
        Limit::Session => Attached::Layer(Layer::Session),
        Limit::Level(control, level) => Attached::Level(control, level),
        Limit::Endpoint => return "the policies of the endpoint".to_owned(),
    };
    let policies = hanging(relations, attached, requester, at).into_iter();
    let names: Vec<String> = policies.map(|policy| format!("`{}`", inventory.policies[policy].name)).collect();
    let what = match limit {
        Limit::Level(Control::Service, _) => "the service control policies",
        Limit::Level(Control::Resource, _) => "the resource control policies",
        _ => "the statements of its boundary",
    };
    format!("{what} {}", names.join(", "))
}
