//! What changed: who gained and who lost what, from one world to another.
//!
//! The worlds may be an inventory and a changed one, or any two: principals and resources are matched by name. Of an
//! account whose shard is the same in both nobody's own holdings are looked at. What somebody holds through roles
//! is looked at where the ways differ, or what is held at their end. Members of an atom who have the same ways are
//! looked at together, and those who gain or lose the same are told in one line.
//!
//! A conditional verdict that stays conditional is no change here, whatever becomes of the condition.

mod held;
mod joint;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::engine::{Kind, Relations, Verdict};
use crate::ids::{Interner, ids};
use held::{Place, Source, verdict};
use joint::{Joint, PersonId, WORLDS};
use ways::Ways;

ids! {
    /// Some who gain or lose the same in an account.
    CrowdId;
}

/// What is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grain {
    /// What actions add up to.
    #[default]
    Capabilities,
    /// Each action.
    Actions,
}

/// Who gained or lost one thing, all alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedLine {
    /// Whether something is allowed that was not, or not in every request.
    pub is_gain: bool,
    /// The capability, or the action.
    pub action: String,
    /// What kind of principals these are.
    pub kind: &'static str,
    /// The resources, in order.
    pub resources: Vec<String>,
    /// The principals, in order.
    pub principals: Vec<String>,
    /// The verdict before; `None` where the principal or the resource was not there.
    pub before: Option<Verdict>,
    /// The verdict after; `None` where the principal or the resource is not there any more.
    pub after: Option<Verdict>,
}

impl ChangedLine {
    /// How many cells changed: a principal, a capability or action, a resource.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.principals.len() * self.resources.len()
    }
}

/// What changed from one world to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The lines, losses first.
    pub lines: Vec<ChangedLine>,
}

impl Changes {
    /// How many cells changed: a principal, a capability or action, a resource.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.lines.iter().map(ChangedLine::cells).sum()
    }
}

/// What a line has in common, beside principals and resources.
type Common = (String, &'static str, [Option<Verdict>; 2]);

impl Relations<'_> {
    /// Who holds what in the other world that they do not hold here, or the other way round: by themselves, or
    /// through roles. All accounts of both are derived. Of one who is interrupted some are missing.
    #[must_use]
    pub fn changes(&self, after: &Relations<'_>, grain: Grain) -> Changes {
        self.derive_all();
        after.derive_all();
        let joint = Joint::new(self, after);
        let accounts = joint.accounts();
        let (ways, elsewhere) = Ways::of(&joint, &accounts);
        let mut known = [FxHashMap::default(), FxHashMap::default()];
        let mut crowds: Interner<CrowdId, Vec<PersonId>> = Interner::new();
        // A crowd that gains or loses one thing on several resources does so in one line.
        let mut found: BTreeMap<(CrowdId, Common), BTreeSet<String>> = BTreeMap::new();
        for &account in accounts.iter().take_while(|_| !self.is_stopped()) {
            let shards = WORLDS.map(|world| {
                let is_there = joint.worlds[world].inventory().accounts.contains_key(&account);
                is_there.then(|| joint.worlds[world].shard(account, Kind::Registries))
            });
            let place = Place::new(&joint, account, &shards, grain);
            let mut concerned = place.differing();
            let behind = ways.each_ref().map(|ways| ways.towards(&concerned));
            concerned.extend(behind.iter().flatten());
            concerned.extend(&elsewhere);
            let mut alike: BTreeMap<Source, Vec<PersonId>> = BTreeMap::new();
            for somebody in concerned {
                let roles = WORLDS.map(|world| ways[world].known(&mut known[world], somebody));
                alike.entry(place.source(somebody, &roles)).or_default().push(somebody);
            }
            for (source, people) in alike {
                let crowd = crowds.intern(people);
                for (spot, deed, held) in place.differences(&source) {
                    let (name, is_in) = &place.spots.spots[spot];
                    let verdicts = WORLDS.map(|world| verdict(held[world], source.is_in[world] && is_in[world]));
                    let common = (place.deed(deed), source.kind, verdicts);
                    found.entry((crowd, common)).or_default().insert(name.clone());
                }
            }
        }
        Changes { lines: lines(&joint, &crowds, found) }
    }
}

fn lines(
    joint: &Joint<'_>,
    crowds: &Interner<CrowdId, Vec<PersonId>>,
    found: BTreeMap<(CrowdId, Common), BTreeSet<String>>,
) -> Vec<ChangedLine> {
    let mut joined: BTreeMap<(BTreeSet<String>, Common), BTreeSet<&str>> = BTreeMap::new();
    for ((crowd, common), resources) in found {
        let names = crowds[crowd].iter().map(|&somebody| joint.name(somebody).0);
        joined.entry((resources, common)).or_default().extend(names);
    }
    let line =
        |((resources, (action, kind, [before, after])), principals): ((BTreeSet<String>, Common), BTreeSet<&str>)| {
            let rank = |verdict: Option<Verdict>| verdict.unwrap_or(Verdict::Denied { explicit: false });
            ChangedLine {
                is_gain: rank(after) < rank(before),
                kind,
                action,
                resources: resources.into_iter().collect(),
                principals: principals.into_iter().map(str::to_owned).collect(),
                before,
                after,
            }
        };
    let mut lines: Vec<ChangedLine> = joined.into_iter().map(line).collect();
    lines.sort();
    lines
}
