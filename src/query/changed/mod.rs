//! What changed: who gained and who lost what, from one world to another.
//!
//! The worlds may be an inventory and a changed one, or any two: principals and resources are matched by name. Of an
//! account whose shard is the same in both nobody's own holdings are looked at. What somebody holds through roles
//! is looked at where the ways differ, or what is held at their end. Members of an atom who have the same ways are
//! looked at together, and those who gain or lose the same are told in one line.
//!
//! A conditional verdict that stays conditional is no change to [`Relations::changes`], whatever becomes of the
//! condition. [`Relations::difference`] looks at that too, and says where everything comes from.

mod cited;
mod difference;
mod effective;
mod held;
mod joint;
mod terms;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::catalog::Capability;
use crate::engine::{Kind, Relations, Verdict};
use crate::ids::{Interner, ids};
use crate::lower::RequesterKind;
pub use difference::{Difference, DifferenceLine, Entities, Extent};
pub(crate) use effective::Effective;
use held::{Place, Source, verdict};
use joint::{Joint, PersonId, WORLDS};
use terms::{Sure, Terms};
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

/// What becomes of a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shift {
    /// It was there, in every request or in some, and is not any more.
    Lost,
    /// It was there in every request, or in more of them.
    Narrowed,
    /// It is there in other requests; in which ones more cannot be said.
    Altered,
    /// It is there in every request, or in more of them.
    Widened,
    /// It was not there, and is.
    Gained,
}

impl Shift {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Narrowed => "narrowed",
            Self::Altered => "altered",
            Self::Widened => "widened",
            Self::Gained => "gained",
        }
    }

    /// Whether something is allowed that was not, or not in every request.
    #[must_use]
    pub fn is_gain(self) -> bool {
        matches!(self, Self::Gained | Self::Widened)
    }

    /// Of verdicts that differ.
    fn of(before: Option<Verdict>, after: Option<Verdict>) -> Self {
        let rank = |verdict: Option<Verdict>| verdict.unwrap_or(Verdict::Denied { explicit: false });
        let (before, after) = (rank(before), rank(after));
        match (before.is_possible(), after.is_possible()) {
            (false, _) => Self::Gained,
            (_, false) => Self::Lost,
            _ if after < before => Self::Widened,
            _ => Self::Narrowed,
        }
    }
}

/// Who gained or lost one thing, all alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedLine {
    /// What becomes of it.
    pub shift: Shift,
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
    /// The conditions before and after, in words, where they are compared.
    pub conditions: [Option<String>; 2],
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
type Common = (String, &'static str, [Option<Verdict>; 2], Shift, [Option<String>; 2]);

impl Relations<'_> {
    /// Who holds what in the other world that they do not hold here, or the other way round: by themselves, or
    /// through roles. All accounts of both are derived. Of one who is interrupted some are missing.
    #[must_use]
    pub fn changes(&self, after: &Relations<'_>, grain: Grain) -> Changes {
        let joint = Joint::new(self, after, Terms::new(false));
        Changes { lines: joint.lines(grain, false) }
    }
}

impl Joint<'_> {
    /// What is held otherwise in the one world than in the other. `direct`: by themselves, and not through roles.
    fn lines(&self, grain: Grain, direct: bool) -> Vec<ChangedLine> {
        self.worlds.iter().for_each(|world| world.derive_all());
        let joint = self;
        let accounts = joint.accounts();
        let (ways, elsewhere) = if direct { Default::default() } else { Ways::of(joint, &accounts) };
        let mut known = [FxHashMap::default(), FxHashMap::default()];
        let mut crowds: Interner<CrowdId, Vec<PersonId>> = Interner::new();
        // A crowd that gains or loses one thing on several resources does so in one line.
        let mut found: BTreeMap<(CrowdId, Common), BTreeSet<String>> = BTreeMap::new();
        for &account in accounts.iter().take_while(|_| !joint.worlds[0].is_stopped()) {
            let shards = WORLDS.map(|world| {
                let is_there = joint.worlds[world].inventory().accounts.contains_key(&account);
                is_there.then(|| joint.worlds[world].shard(account, Kind::Registries))
            });
            let place = Place::new(joint, account, &shards, grain);
            let mut concerned = place.differing();
            let behind = ways.each_ref().map(|ways| ways.towards(&concerned));
            concerned.extend(behind.iter().flatten());
            concerned.extend(&elsewhere);
            let mut alike: BTreeMap<Source, Vec<PersonId>> = BTreeMap::new();
            for somebody in concerned {
                let roles = WORLDS.map(|world| joint.known(&ways[world], &mut known[world], somebody));
                alike.entry(place.source(somebody, &roles)).or_default().push(somebody);
            }
            for (source, people) in alike {
                let crowd = crowds.intern(people);
                for (spot, deed, held) in place.differences(&source) {
                    let (name, is_in) = &place.spots.spots[spot];
                    let is_there = |world: usize| source.is_in[world] && is_in[world];
                    let verdicts = WORLDS.map(|world| verdict(held[world].as_ref(), is_there(world)));
                    let Some(shift) = joint.shift(&held, verdicts) else { continue };
                    let conditions = held.each_ref().map(|held| joint.terms.told(held.as_ref()));
                    let common = (place.deed(deed), source.kind, verdicts, shift, conditions);
                    found.entry((crowd, common)).or_default().insert(name.clone());
                }
            }
            for spot in place.open() {
                let (name, is_in) = &place.spots.spots[spot];
                let verdicts = is_in.map(|is_in| is_in.then_some(Verdict::Allowed));
                let shift = Shift::of(verdicts[0], verdicts[1]);
                let anyone = RequesterKind::Anyone.as_str();
                let common = (Capability::Pull.to_string(), anyone, verdicts, shift, [None, None]);
                let people: Vec<PersonId> =
                    joint.people.ids().filter(|&somebody| joint.name(somebody).1 == anyone).collect();
                found.entry((crowds.intern(people), common)).or_default().insert(name.clone());
            }
        }
        self.joined(&crowds, found)
    }

    /// What becomes of what is held; `None` if it comes to the same.
    fn shift(&self, held: &[Option<Sure>; 2], verdicts: [Option<Verdict>; 2]) -> Option<Shift> {
        match held {
            [Some(Sure::If(before)), Some(Sure::If(after))] => {
                self.terms.turn(self.worlds[1].decisions(), before, after)
            }
            _ => Some(Shift::of(verdicts[0], verdicts[1])),
        }
    }

    /// Those who gain or lose the same are told in one line.
    fn joined(
        &self,
        crowds: &Interner<CrowdId, Vec<PersonId>>,
        found: BTreeMap<(CrowdId, Common), BTreeSet<String>>,
    ) -> Vec<ChangedLine> {
        let mut joined: BTreeMap<(BTreeSet<String>, Common), BTreeSet<&str>> = BTreeMap::new();
        for ((crowd, common), resources) in found {
            let names = crowds[crowd].iter().map(|&somebody| self.name(somebody).0);
            joined.entry((resources, common)).or_default().extend(names);
        }
        let line = |((resources, common), principals): ((BTreeSet<String>, Common), BTreeSet<&str>)| {
            let (action, kind, [before, after], shift, conditions) = common;
            ChangedLine {
                shift,
                kind,
                action,
                resources: resources.into_iter().collect(),
                principals: principals.into_iter().map(str::to_owned).collect(),
                before,
                after,
                conditions,
            }
        };
        let mut lines: Vec<ChangedLine> = joined.into_iter().map(line).collect();
        // Losses come first.
        lines.sort_by(|one, other| {
            one.shift.is_gain().cmp(&other.shift.is_gain()).then_with(|| order(one).cmp(&order(other)))
        });
        lines
    }
}

type Order<'a> = (&'a str, &'a str, &'a [String], &'a [String], [Option<Verdict>; 2], Shift, &'a [Option<String>; 2]);

fn order(line: &ChangedLine) -> Order<'_> {
    let ChangedLine { action, kind, resources, principals, before, after, shift, conditions } = line;
    (action, kind, resources, principals, [*before, *after], *shift, conditions)
}
