//! Two inputs side by side: what changed of whom, who and what is new or gone, and what says so.

use std::collections::BTreeSet;

use super::cited::cite;
use super::joint::{Joint, WORLDS};
use super::terms::Terms;
use super::{ChangedLine, Grain, Shift};
use crate::catalog::{Capability, Catalog};
use crate::engine::Relations;
use crate::lower::RequesterKind;
use crate::query::Citation;

/// How two inputs are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// What is compared.
    pub grain: Grain,
    /// Whether every principal and every resource gets a line of its own.
    pub each: bool,
    /// Whether what comes through roles is left out.
    pub direct: bool,
}

/// What is otherwise in one input than in another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// What changed of permissions, gains first.
    pub lines: Vec<DifferenceLine>,
    /// Who and what is in the second input alone.
    pub new: Entities,
    /// Who and what is in the first input alone.
    pub gone: Entities,
    /// What the second input lacks and the first one does not: lines may be missing, or too many.
    pub notes: Vec<String>,
}

/// A change of permissions, with the statements that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferenceLine {
    /// Who, what, on what.
    pub changed: ChangedLine,
    /// The statements of the second input that grant it.
    pub granted_by: Vec<Citation>,
    /// The statements of the first input that granted it, where it is lost.
    pub was_granted_by: Vec<Citation>,
    /// The statements of the second input that deny it, or some requests for it.
    pub denied_by: Vec<Citation>,
    /// What the second input lacks, and the first one does not, that may be why.
    pub incomplete: Vec<String>,
}

/// Names, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entities {
    /// Accounts.
    pub accounts: Vec<String>,
    /// Users and roles.
    pub principals: Vec<String>,
    /// Repositories.
    pub repositories: Vec<String>,
}

impl DifferenceLine {
    /// Whether it is about anyone: whoever is in no account of the input.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.changed.kind == RequesterKind::Anyone.as_str()
    }

    /// Whether it lets change what is in a registry, or who may; to look at it is not that.
    #[must_use]
    pub fn is_write(&self) -> bool {
        let action = self.changed.action.as_str();
        if let Some(capability) = Capability::parse(action) {
            return !matches!(capability, Capability::Pull | Capability::Describe);
        }
        let catalog = Catalog::bundled();
        catalog.find(action).is_none_or(|id| !["Read", "List"].contains(&&*catalog.action(id).access))
    }

    /// Whether somebody may do now what they could not, or not in all of these requests. Of a condition that is
    /// another one, and is not known to be narrower, that is taken to be so.
    #[must_use]
    pub fn is_gain(&self) -> bool {
        self.changed.shift.is_gain() || self.changed.shift == Shift::Altered
    }

    /// The same of each principal and each resource by itself.
    fn single(self) -> impl Iterator<Item = Self> {
        let ChangedLine { principals, resources, .. } = self.changed.clone();
        let pairs = principals.into_iter().flat_map(move |principal| {
            resources.clone().into_iter().map(move |resource| (principal.clone(), resource))
        });
        pairs.map(move |(principal, resource)| {
            let changed =
                ChangedLine { principals: vec![principal], resources: vec![resource], ..self.changed.clone() };
            Self { changed, ..self.clone() }
        })
    }
}

impl Relations<'_> {
    /// What is otherwise in another input: who holds what there that they do not hold here, or under another
    /// condition, and the other way round.
    #[must_use]
    pub fn difference(&self, after: &Relations<'_>, extent: Extent) -> Difference {
        let Extent { grain, each, direct } = extent;
        let joint = Joint::new(self, after, Terms::new(true));
        let lines = joint.lines(grain, direct).into_iter().map(|changed| DifferenceLine {
            changed,
            granted_by: Vec::new(),
            was_granted_by: Vec::new(),
            denied_by: Vec::new(),
            incomplete: Vec::new(),
        });
        let mut lines: Vec<DifferenceLine> =
            if each { lines.flat_map(DifferenceLine::single).collect() } else { lines.collect() };
        lines.sort_by_key(|line| std::cmp::Reverse(line.changed.shift));
        let notes = lacking([self, after]);
        cite([self, after], direct, &notes, &mut lines);
        let [gone, new] = entities([self, after]);
        Difference { lines, new, gone, notes }
    }
}

/// Who and what is in one input alone.
fn entities(worlds: [&Relations<'_>; 2]) -> [Entities; 2] {
    let sets = worlds.map(|world| {
        let inventory = world.inventory();
        let accounts: BTreeSet<String> = inventory.accounts.keys().map(ToString::to_string).collect();
        let principals: BTreeSet<&str> = inventory.principals.values().map(|one| one.arn.as_str()).collect();
        let repositories: BTreeSet<&str> = inventory.repositories.values().map(|one| one.arn.as_str()).collect();
        (accounts, principals, repositories)
    });
    let texts = |one: &BTreeSet<&str>, other: &BTreeSet<&str>| one.difference(other).map(|&name| name.into()).collect();
    WORLDS.map(|world| {
        let (own, other) = (&sets[world], &sets[1 - world]);
        Entities {
            accounts: own.0.difference(&other.0).cloned().collect(),
            principals: texts(&own.1, &other.1),
            repositories: texts(&own.2, &other.2),
        }
    })
}

/// What the second input lacks and the first one does not.
fn lacking([before, after]: [&Relations<'_>; 2]) -> Vec<String> {
    let known: BTreeSet<&str> = before.universe().gaps.values().map(|gap| gap.message.as_str()).collect();
    let all: BTreeSet<&str> = after.inventory().gaps.values().map(|gap| gap.message.as_str()).collect();
    all.difference(&known).map(|&message| message.to_owned()).collect()
}
