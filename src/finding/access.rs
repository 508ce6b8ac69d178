//! What is open to strangers, and what is held by halves, in one account.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::account::Account;
use super::gather::Raw;
use crate::catalog::{Capability, Catalog, ResourceKind};
use crate::engine::{RequesterId, Verdict, demands};
use crate::ids::{ActionAtom, PrincipalAtom, ResourceAtom};
use crate::lower::{Match, RequesterKind};
use crate::policy::Effect;
use crate::query::granting;
use crate::rules::finding::access::{self as rules, Derived};
use crate::rules::{Attached, How, Layer};

/// The findings with what they are about.
pub(super) fn findings(account: &Account<'_>) -> Vec<(Finding, Raw)> {
    let Derived { finds, lacks } = derived(account);
    let mut found = exposed(account, &finds);
    found.extend(halves(account, &lacks));
    found
}

fn derived(account: &Account<'_>) -> Derived {
    let (shard, relations) = (&account.shard, account.relations);
    let mut allowed = Vec::new();
    for cell in shard.judge().possible() {
        match shard.judge().verdict(&shard.facts, cell).verdict {
            Verdict::Allowed => allowed.push((cell, true)),
            Verdict::Conditional => allowed.push((cell, false)),
            Verdict::Denied { .. } => {}
        }
    }
    let sites = account.resources().map(|(atom, one)| (atom, one.view.kind, one.view.service.as_str()));
    let demands = demands(&shard.facts, &shard.actions, sites);
    rules::run(|program| {
        program.extend(
            allowed.iter().map(|&(cell, sure)| rules::Allowed(cell.principal, cell.action, cell.resource, sure)),
        );
        program.extend(shard.facts.rows.like.iter().map(|&(resource, like)| rules::Like(resource, like)));
        let owned = account.resources().filter(|(_, one)| one.view.kind != ResourceKind::None);
        program.extend(owned.map(|(atom, _)| rules::Owned(atom)));
        let writes = shard.facts.actions.ids().filter(|&atom| account.actions(atom).any(|(_, one)| one.writes()));
        program.extend(writes.map(rules::Writes));
        for (atom, first) in account.principals() {
            let view = &relations.requester(first).view;
            match view.kind {
                RequesterKind::Anyone | RequesterKind::Anonymous => program.extend([rules::Anyone(atom)]),
                RequesterKind::Service | RequesterKind::Provider => {}
                _ if relations.inventory().is_outside(view.account, Some(account.id)) => {
                    program.extend([rules::Outside(atom)]);
                }
                _ => {}
            }
        }
        for &(need, action, atom) in &demands {
            if need.at_home {
                program.extend([rules::NeedsAtHome(need.capability, action, atom)]);
                continue;
            }
            program.extend([rules::Needs(need.capability, action, atom)]);
            let mut all = account.actions(action);
            let marks = match need.capability {
                Capability::Push => all.any(|(_, one)| one.writes()),
                Capability::Pull => true,
                _ => false,
            };
            program.extend(marks.then_some(rules::Marks(need.capability, action)));
        }
        for &(cell, _) in &allowed {
            let first = shard.first(cell.principal);
            // Those who are alike everywhere are looked at in their own accounts.
            let is_meant = account.is_own(first) && account.is_known(first) && account.matching(cell).iter().any(means);
            program.extend(is_meant.then_some(rules::Meant(cell.principal, cell.action, cell.resource)));
        }
        let pairs: BTreeSet<_> = allowed.iter().map(|(cell, _)| (cell.principal, cell.resource)).collect();
        for (principal, resource) in pairs {
            let requester = relations.requester(shard.first(principal));
            let home = shard.home_of(requester, shard.facts.resources[resource][0]);
            program.extend(home.map(|home| rules::Home(principal, resource, shard.atom_of(home))));
        }
    })
}

/// Whether a statement allows, and means the principal itself.
fn means(found: &Match) -> bool {
    let by_name = matches!(found.attached, Attached::Named(How::User | How::Session | How::Role | How::UserOfSession));
    found.effect == Effect::Allow && (by_name || found.attached == Attached::Layer(Layer::Identity))
}

/// What is found of somebody on a resource, by atoms: with which actions.
type ByCell = BTreeMap<(Finding, PrincipalAtom, ResourceAtom), BTreeSet<ActionAtom>>;

fn exposed(account: &Account<'_>, finds: &[(Finding, PrincipalAtom, ActionAtom, ResourceAtom)]) -> Vec<(Finding, Raw)> {
    let mut cells = ByCell::new();
    for &(finding, principal, action, resource) in finds {
        cells.entry((finding, principal, resource)).or_default().insert(action);
    }
    let mut found = Vec::new();
    for ((finding, principal, atom), actions) in cells {
        let first = account.shard.first(principal);
        for resource in account.standing(principal, atom) {
            let kind = account.shard.resources[resource].view.kind;
            let writing = actions.iter().flat_map(|&action| account.actions(action));
            let writing = writing.filter(|(_, action)| action.writes() && action.on.contains(&kind));
            for (number, action) in writing {
                let mut raw = cell(account, first, number, resource);
                // The policies of whoever comes are not what lets strangers in.
                raw.spots.retain(|spot| spot.statement.as_ref().is_some_and(|one| one.layer != "identity"));
                raw.principals = account.members(principal).1;
                raw.actions.insert(action.to_string());
                let judged = account.shard.verdict(first, number, resource);
                raw.because
                    .extend(judged.and_then(|judged| judged.decided.residual).map(|when| format!("when {when}")));
                found.push((finding, raw));
            }
        }
    }
    found
}

/// What is found of one requester, one action and one resource: with the statements that grant.
fn cell(account: &Account<'_>, requester: RequesterId, action: usize, resource: usize) -> Raw {
    let matching = |cell| account.matching(cell);
    let cited = granting(account.relations, &account.shard, requester, (action, resource), matching);
    Raw {
        spots: cited.into_iter().map(|one| account.spot(one, requester, resource)).collect(),
        resources: BTreeSet::from([account.shard.resources[resource].name.clone()]),
        ..Raw::default()
    }
}

fn halves(
    account: &Account<'_>,
    lacks: &[(Finding, PrincipalAtom, ActionAtom, ResourceAtom, ActionAtom)],
) -> Vec<(Finding, Raw)> {
    let mut cells: BTreeMap<(Finding, PrincipalAtom, ResourceAtom), [BTreeSet<ActionAtom>; 2]> = BTreeMap::new();
    for &(finding, principal, action, resource, other) in lacks {
        let [has, lacks] = cells.entry((finding, principal, resource)).or_default();
        has.insert(action);
        lacks.insert(other);
    }
    let mut found = Vec::new();
    for ((finding, principal, atom), [has, lacks]) in cells {
        let (members, names) = account.members(principal);
        let standing = account.standing(principal, atom);
        let Some(&one) = standing.first() else { continue };
        let site = &account.shard.resources[one].view;
        let needed = |atoms: &BTreeSet<ActionAtom>| -> Vec<(usize, String)> {
            let all = atoms.iter().flat_map(|&atom| account.actions(atom));
            let is_needed = |name: &str| {
                let needs = Catalog::bundled().needs(&site.service).filter(|need| is_of(finding, need.capability));
                needs.into_iter().any(|need| Catalog::bundled().action(need.action).to_string() == name)
            };
            all.map(|(number, action)| (number, action.to_string())).filter(|(_, name)| is_needed(name)).collect()
        };
        let (mut has, lacks) = (needed(&has), needed(&lacks));
        let writes = |number: usize| account.shard.actions[number].writes();
        // What only looks is of use for other things.
        if has.iter().any(|&(number, _)| writes(number)) {
            has.retain(|&(number, _)| writes(number));
        }
        for &member in &members {
            let spots = has.iter().flat_map(|&(number, _)| cell(account, member, number, one).spots).collect();
            found.push((
                finding,
                Raw {
                    spots,
                    principals: names.clone(),
                    actions: has.iter().map(|(_, name)| name.clone()).collect(),
                    resources: standing.iter().map(|&one| account.shard.resources[one].name.clone()).collect(),
                    because: lacks.iter().map(|(_, name)| name.clone()).collect(),
                },
            ));
        }
    }
    found
}

/// Of which capability a finding tells that half of it is missing.
fn is_of(finding: Finding, capability: Capability) -> bool {
    match finding {
        Finding::IncompletePush => capability == Capability::Push,
        Finding::IncompletePull => capability == Capability::Pull,
        _ => matches!(capability, Capability::Push | Capability::Pull),
    }
}
