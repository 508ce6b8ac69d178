//! All that is held: what has changed since nobody held anything.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use super::Grain;
use super::held::{Place, Source, Way};
use super::joint::{Joint, PersonId, SpotId};
use super::terms::{Sure, Terms};
use super::ways::Ways;
use crate::catalog::ResourceKind;
use crate::engine::{Kind, Relations, RequesterId, Shard, Verdict};
use crate::policy::AccountId;
use crate::query::Texts;
use crate::query::ask::{Deed, Target, is_public};

/// Who holds what on the resources of one account, those who are alike told together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Effective {
    /// The account that owns the resources.
    pub(crate) account: AccountId,
    /// Who holds something, in the order of their first members.
    pub(crate) holders: Vec<Holders>,
    /// Repositories, and whatever else something is held on, in the order of their first names.
    pub(crate) resources: Vec<Alike>,
    /// What is held, sorted by holders, resources and action.
    pub(crate) cells: Vec<Held>,
}

/// Principals of one account who hold the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holders {
    /// What kind of principals these are.
    pub(crate) kind: &'static str,
    /// Their account, if they have one.
    pub(crate) account: Option<AccountId>,
    /// They, in order.
    pub(crate) members: Vec<RequesterId>,
}

/// Resources on which everybody holds the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alike {
    /// Their names, in order.
    pub(crate) names: Vec<String>,
    /// What they are.
    pub(crate) kind: ResourceKind,
    /// R7: whether anyone can pull from them, whatever their policies say. Nobody's pull is listed then.
    pub(crate) is_public: bool,
}

/// Something that some hold on something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Held {
    /// Who, by the number in [`Effective::holders`].
    pub(crate) holders: usize,
    /// On what, by the number in [`Effective::resources`].
    pub(crate) resources: usize,
    /// The capability, or the action.
    pub(crate) action: Arc<str>,
    /// The verdict over all ways.
    pub(crate) verdict: Verdict,
    /// The verdict by their own permissions; `None` for what they hold only through roles that they can become.
    pub(crate) own: Option<Verdict>,
    /// The condition of a conditional verdict, in words.
    pub(crate) condition: Option<Arc<str>>,
}

/// What somebody holds: on what, which deed, how by all ways and how by itself.
type Holding = Vec<(SpotId, Deed, Sure, Option<Sure>)>;

/// Who holds what on something: by number, and the same.
type Column = Vec<(usize, Deed, Sure, Option<Sure>)>;

impl Relations<'_> {
    /// All that is held, account by account in their order; of an account nothing is kept, but for who can become
    /// whom. `direct`: what principals hold by themselves, and not through roles. Of one who is interrupted some
    /// accounts are missing.
    pub(crate) fn effective(&self, grain: Grain, direct: bool, mut look: impl FnMut(Effective)) {
        let joint = Joint::new(self, self, Terms::new(true));
        let ways = if direct {
            Ways::default()
        } else {
            let ([_, ways], _) = Ways::of(&joint, &joint.accounts());
            ways
        };
        let mut known = FxHashMap::default();
        for account in joint.accounts() {
            if self.is_stopped() {
                break;
            }
            look(joint.held_in(account, grain, &ways, &mut known));
        }
    }
}

/// Before, there was nothing.
const AFTER: usize = 1;

impl Joint<'_> {
    fn held_in(
        &self,
        account: AccountId,
        grain: Grain,
        ways: &Ways,
        known: &mut FxHashMap<PersonId, Rc<Vec<Way>>>,
    ) -> Effective {
        let shard = Arc::new(self.worlds[AFTER].apart(account, Kind::Registries));
        let shards = [None, Some(Arc::clone(&shard))];
        let place = Place::new(self, account, &shards, grain);
        let mut alike: BTreeMap<(Option<AccountId>, Source), Vec<RequesterId>> = BTreeMap::new();
        let mut concerned = place.differing();
        concerned.extend(ways.towards(&concerned));
        for somebody in concerned {
            let Some(id) = self.people[somebody][AFTER] else { continue };
            let roles = [Rc::default(), self.known(ways, known, somebody)];
            let of = self.worlds[AFTER].requester(id).view.account;
            alike.entry((of, place.source(somebody, &roles))).or_default().push(id);
        }
        let mut parties: IndexMap<(&'static str, Option<AccountId>, Holding), Vec<RequesterId>> = IndexMap::new();
        for ((of, source), members) in alike {
            let own = place.own(AFTER, &source);
            let held = place.whole(AFTER, &source).into_iter();
            let holding: Holding = held.map(|(what, sure)| (what.0, what.1, sure, own.get(&what).cloned())).collect();
            if !holding.is_empty() {
                parties.entry((source.kind, of, holding)).or_default().extend(members);
            }
        }
        parties.values_mut().for_each(|members| members.sort_unstable());
        parties.sort_unstable_by(|_, members, _, others| members.cmp(others));
        folded(account, &place, &shard, parties)
    }
}

/// Tells resources on which everybody holds the same together.
fn folded(
    account: AccountId,
    place: &Place<'_>,
    shard: &Shard,
    parties: IndexMap<(&'static str, Option<AccountId>, Holding), Vec<RequesterId>>,
) -> Effective {
    let mut on: BTreeMap<SpotId, Column> = BTreeMap::new();
    let mut holders = Vec::with_capacity(parties.len());
    for (number, ((kind, account, holding), members)) in parties.into_iter().enumerate() {
        holders.push(Holders { kind, account, members });
        for (spot, deed, sure, own) in holding {
            on.entry(spot).or_default().push((number, deed, sure, own));
        }
    }
    let mut columns: BTreeMap<_, Vec<String>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (number, resource) in shard.resources.iter().enumerate() {
        let Some(spot) = place.spots.of(AFTER, number).filter(|spot| seen.insert(*spot)) else { continue };
        let held = on.remove(&spot).unwrap_or_default();
        let (kind, is_public) = (resource.view.kind, is_public(shard, Target { account, resource: number }));
        if kind == ResourceKind::Repository || !held.is_empty() {
            columns.entry((kind, is_public, held)).or_default().push(resource.name.clone());
        }
    }
    let mut columns: Vec<_> = columns.into_iter().collect();
    for (_, names) in &mut columns {
        names.sort_unstable();
    }
    columns.sort_unstable_by(|(_, names), (_, others)| names.cmp(others));
    let mut texts = Texts::default();
    let (mut resources, mut cells) = (Vec::with_capacity(columns.len()), Vec::new());
    for (number, ((kind, is_public, held), names)) in columns.into_iter().enumerate() {
        resources.push(Alike { names, kind, is_public });
        cells.extend(held.into_iter().map(|(holders, deed, sure, own)| Held {
            holders,
            resources: number,
            action: texts.of(&place.deed(deed)),
            verdict: sure.verdict(),
            own: own.as_ref().map(Sure::verdict),
            condition: place.told(&sure).map(|told| texts.of(&told)),
        }));
    }
    cells.sort_unstable();
    Effective { account, holders, resources, cells }
}
