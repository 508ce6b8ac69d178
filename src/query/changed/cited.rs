//! Which statements a change comes from: those that grant or deny, in the input that they are in.
//!
//! What was gained is granted by a statement of the second input. What was lost was granted by one of the first, and
//! may be denied by one of the second. Where some of these statements are in the one input alone, the change comes
//! from them, and no others are told. Of a line of many these are the statements about those of its principals, and
//! those of its resources, that come first.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::Shift;
use super::difference::DifferenceLine;
use crate::catalog::Capability;
use crate::engine::{Kind, Relations};
use crate::ids::PolicyId;
use crate::inventory::Inventory;
use crate::query::Citation;
use crate::query::answer::Answer;
use crate::query::ask::{Deed, Scope, Target, Whom, offers};
use crate::query::lookup::Lookup;

/// Of so many principals of a line the statements are looked up, and on so many of its resources.
const PRINCIPALS: usize = 100;
const RESOURCES: usize = 20;

/// One thing that is looked up: in which world, what, on what.
type Place<'l> = (usize, &'l str, &'l str);

/// What was found about a principal: the statements that grant, those that deny, and what the input lacks.
type Found = (Vec<Citation>, Vec<Citation>, Vec<String>);

/// Adds the statements to the lines, and what of these gaps may be why.
pub(super) fn cite(worlds: [&Relations<'_>; 2], direct: bool, lacking: &[String], lines: &mut [DifferenceLine]) {
    let mut wanted: BTreeMap<Place<'_>, BTreeSet<&str>> = BTreeMap::new();
    for line in &*lines {
        for (principal, place) in cells(line) {
            wanted.entry(place).or_default().insert(principal);
        }
    }
    let found: BTreeMap<(Place<'_>, &str), Found> =
        wanted.iter().flat_map(|(&place, principals)| look_up(worlds[place.0], direct, place, principals)).collect();
    let cited: Vec<[Vec<Citation>; 3]> = lines
        .iter()
        .map(|line| {
            let (mut granted, mut was_granted, mut denied) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
            for (principal, place) in cells(line) {
                let Some((grant, deny, _)) = found.get(&(place, principal)) else { continue };
                let grants = if place.0 == 0 { &mut was_granted } else { &mut granted };
                grants.extend(grant.iter().cloned());
                denied.extend(deny.iter().filter(|_| place.0 == 1).cloned());
            }
            [granted, was_granted, denied].map(|all| all.into_iter().collect())
        })
        .collect();
    let mut told = Vec::with_capacity(lines.len());
    for line in &*lines {
        let gaps = cells(line).filter(|(_, place)| place.0 == 1);
        let gaps = gaps.filter_map(|(principal, place)| found.get(&(place, principal))).flat_map(|found| &found.2);
        let gaps: BTreeSet<String> = gaps.filter(|gap| lacking.binary_search(gap).is_ok()).cloned().collect();
        told.push(gaps.into_iter().collect::<Vec<String>>());
    }
    let held = worlds.map(Held::new);
    for ((line, [granted, was_granted, denied]), gaps) in lines.iter_mut().zip(cited).zip(told) {
        line.incomplete = gaps;
        let shift = line.changed.shift;
        let granted = held[0].unknown(granted);
        // A Deny that was there before is not why something is lost whose grant is gone.
        let is_taken = was_granted.iter().any(|one| !held[1].holds(one));
        let is_older = denied.iter().all(|one| held[0].holds(one));
        let denied = if is_taken && is_older { Vec::new() } else { held[0].unknown(denied) };
        line.granted_by = if shift == Shift::Lost { Vec::new() } else { granted };
        line.was_granted_by = held[1].unknown(was_granted);
        // A Deny that leaves room for a gain says nothing about it.
        line.denied_by = if shift.is_gain() { Vec::new() } else { denied };
    }
}

/// The cells of a line that are looked up: all of its principals on one resource, and one of them on the others.
fn cells(line: &DifferenceLine) -> impl Iterator<Item = (&str, Place<'_>)> {
    let changed = &line.changed;
    let worlds: &[usize] = match changed.shift {
        Shift::Lost => &[0, 1],
        Shift::Gained | Shift::Widened | Shift::Altered | Shift::Narrowed => &[1],
    };
    let principals = changed.principals.iter().take(PRINCIPALS);
    let first = principals.filter_map(|principal| changed.resources.first().map(|resource| (principal, resource)));
    let others = changed.resources.iter().take(RESOURCES).skip(1);
    let others = others.filter_map(|resource| changed.principals.first().map(|principal| (principal, resource)));
    first.chain(others).flat_map(move |(principal, resource)| {
        worlds.iter().map(move |&world| (principal.as_str(), (world, changed.action.as_str(), resource.as_str())))
    })
}

fn look_up<'l>(
    relations: &Relations<'_>,
    direct: bool,
    place: Place<'l>,
    principals: &BTreeSet<&'l str>,
) -> Vec<((Place<'l>, &'l str), Found)> {
    let (_, action, resource) = place;
    let mut all = Vec::new();
    let named = relations.resource_names().ending(resource).filter(|(_, name)| *name == resource);
    for ((account, resource), _) in named {
        let shard = relations.shard(account, Kind::Registries);
        let target = Target { account, resource };
        let deed = Capability::parse(action).map(Deed::Capability);
        let deed = deed.or_else(|| shard.action(action).map(Deed::Action));
        let Some(deed) = deed.filter(|&deed| offers(&shard, target, deed)) else { continue };
        let lookup = Lookup::new(relations, &shard, target, deed);
        let ids = principals.iter().filter_map(|&name| {
            let mut known = relations.requester_names().ending(name).filter(|(_, own)| *own == name);
            known.next().map(|(id, _)| id)
        });
        let ids: Vec<_> = ids.collect();
        let mut answer = Answer::default();
        relations.rows(&lookup, &Whom::These(&ids), Scope { all: true, direct }, &mut answer);
        for (row, &id) in answer.rows.into_iter().zip(&ids) {
            let Some(&name) = principals.get(&*row.principal) else { continue };
            let incomplete = row.incomplete;
            let granting = row.routes.into_iter().flat_map(|route| route.statements).collect();
            all.push(((place, name), (granting, lookup.denying(id), incomplete)));
        }
    }
    all
}

/// The policies of an input by name.
struct Held<'a> {
    inventory: &'a Inventory,
    by_name: FxHashMap<&'a str, Vec<PolicyId>>,
}

impl<'a> Held<'a> {
    fn new(relations: &'a Relations<'_>) -> Self {
        let inventory = relations.inventory();
        let mut by_name: FxHashMap<&str, Vec<PolicyId>> = FxHashMap::default();
        for (id, policy) in inventory.policies.iter() {
            by_name.entry(&policy.name).or_default().push(id);
        }
        Self { inventory, by_name }
    }

    /// Those that this input does not hold; all of them, if it holds all.
    fn unknown(&self, statements: Vec<Citation>) -> Vec<Citation> {
        let (known, unknown): (Vec<_>, Vec<_>) = statements.into_iter().partition(|one| self.holds(one));
        if unknown.is_empty() { known } else { unknown }
    }

    /// Whether a policy of the same name has a statement with the same text.
    fn holds(&self, citation: &Citation) -> bool {
        let policies = self.by_name.get(citation.policy.as_str()).into_iter().flatten();
        policies.into_iter().any(|&policy| {
            let statements = &self.inventory.document(policy).statements;
            statements.iter().enumerate().any(|(number, statement)| {
                let is_called = statement.sid == citation.sid;
                let text = || self.inventory.sources.document(self.inventory.place_of(policy, number));
                is_called && text().is_some_and(|text| statement.span.of(&text) == citation.text)
            })
        })
    }
}
