//! The whole in numbers: how many can push, pull, administer what, account by account.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Capability, ResourceKind};
use crate::engine::{Kind, Relations, Shard, Verdict};
use crate::ids::{PrincipalAtom, ResourceAtom};
use crate::inventory::{Repository, Visibility};
use crate::policy::AccountId;

/// Who holds how much in each account, and what is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// A line an account and permission, in the order of accounts; none where nobody holds it.
    pub lines: Vec<SummaryLine>,
    /// What belongs to the whole.
    pub notes: Vec<String>,
}

/// One permission on the resources of one account, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryLine {
    /// The account that owns the resources.
    pub account: AccountId,
    /// Its name, where the input tells it.
    pub name: Option<String>,
    /// A capability, or `assume`: to make a session of a role.
    pub permission: &'static str,
    /// How many repositories or roles of the account (or its registry) somebody holds it on.
    pub resources: usize,
    /// How many principals hold it on one of them in every request.
    pub allowed: usize,
    /// How many others hold it on one of them in some requests.
    pub conditional: usize,
    /// How many of both are not of the account: other accounts, their principals, services, anyone.
    pub outside: usize,
    /// How many gaps of the input concern the account.
    pub gaps: usize,
}

/// What is held on one account's resources, by permission.
type Held = BTreeMap<&'static str, Count>;

#[derive(Default)]
struct Count {
    /// The resources on which somebody holds it, by their numbers.
    resources: BTreeSet<usize>,
    /// Those of each atom on which nobody is known to.
    left: BTreeMap<ResourceAtom, Vec<usize>>,
    /// Whether somebody holds it on one of them in every request.
    principals: BTreeMap<PrincipalAtom, bool>,
}

impl Count {
    fn add(&mut self, shard: &Shard, principal: PrincipalAtom, resource: ResourceAtom, certain: bool) {
        let left = self.left.entry(resource).or_insert_with(|| shard.facts.resources[resource].clone());
        let resources = &mut self.resources;
        left.retain(|&number| {
            let is_held = shard.stands_for(principal, resource, number);
            resources.extend(is_held.then_some(number));
            !is_held
        });
        // Whoever is named by the policies of all of them is told of these one by one.
        let all = &shard.facts.resources[resource];
        if !all.iter().any(|&number| shard.stands_for(principal, resource, number)) {
            return;
        }
        *self.principals.entry(principal).or_default() |= certain;
    }
}

impl Relations<'_> {
    /// Derives every account, each dropped when it is counted, and counts who holds what.
    ///
    /// Roles count as principals of their own; who can make a session of them is told as `assume`.
    #[must_use]
    pub fn summary(&self, progress: &(impl Fn(usize, usize) + Sync)) -> Summary {
        let count = |account: AccountId| {
            let registries = self.apart(account, Kind::Registries);
            let mut lines = self.lines(account, &registries, capabilities(&registries));
            drop(registries);
            let roles = self.apart(account, Kind::Roles);
            lines.extend(self.lines(account, &roles, assumptions(&roles)));
            lines
        };
        let lines = self.each_account(count, progress).into_iter().flatten().collect();
        let is_public = |one: &&Repository| one.visibility == Visibility::Public;
        let public = self.inventory().repositories.values().filter(is_public).count();
        let gaps = self.inventory().gaps.len();
        let notes = [
            (public, "anyone can pull from a public repository", ["public repository", "public repositories"]),
            (
                gaps,
                "what the input refers to and does not hold may change these numbers; see `list gaps`",
                ["gap", "gaps"],
            ),
        ];
        let notes = notes.into_iter().filter(|(count, ..)| *count > 0);
        Summary {
            lines,
            notes: notes
                .map(|(count, text, words)| format!("{text} ({count} {})", words[usize::from(count != 1)]))
                .collect(),
        }
    }

    fn lines(&self, account: AccountId, shard: &Shard, held: Held) -> Vec<SummaryLine> {
        let known = &self.inventory().accounts[&account];
        let is_outside = |atom: &PrincipalAtom| self.requester(shard.first(*atom)).view.account != Some(account);
        let line = |(permission, count): (&'static str, Count)| {
            let holding = |wanted: bool| {
                let atoms = count.principals.iter().filter(|(_, certain)| **certain == wanted);
                atoms.map(|(atom, _)| shard.count(*atom)).sum()
            };
            // Members of an atom are in one account, or all of them outside.
            let outside = count.principals.keys().filter(|atom| is_outside(atom)).map(|atom| shard.count(*atom));
            SummaryLine {
                account,
                name: known.name.clone(),
                permission,
                resources: count.resources.len(),
                allowed: holding(true),
                conditional: holding(false),
                outside: outside.sum(),
                gaps: known.gaps.len(),
            }
        };
        held.into_iter().map(line).collect()
    }
}

fn capabilities(shard: &Shard) -> Held {
    let mut held = Held::new();
    for (principal, resource, capability, certain) in shard.capable() {
        let view = &shard.resources[shard.facts.resources[resource][0]].view;
        // R7: anyone can, and a number would say less.
        let is_open = capability == Capability::Pull && view.service == "ecr-public";
        // A repository that is still to be named is not one.
        let is_there = view.kind != ResourceKind::NewRepository || capability == Capability::Create;
        if is_there && !is_open {
            held.entry(capability.as_str()).or_default().add(shard, principal, resource, certain);
        }
    }
    held
}

fn assumptions(shard: &Shard) -> Held {
    let mut count = Count::default();
    for cell in shard.judge().possible() {
        match shard.judge().verdict(&shard.facts, cell).verdict {
            Verdict::Allowed => count.add(shard, cell.principal, cell.resource, true),
            Verdict::Conditional => count.add(shard, cell.principal, cell.resource, false),
            Verdict::Denied { .. } => {}
        }
    }
    if count.principals.is_empty() { Held::new() } else { Held::from([("assume", count)]) }
}
