//! The chains: for everybody who comes to more, the shortest to each account where it does.
//!
//! Whoever holds everything in an account already, by itself or by roles that it can assume, gains nothing there and
//! has none. Where a chain that is certain exists, the shortest of those is told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::{FxHashMap, FxHashSet};

use super::book::{Book, Deed, atom, requester};
use super::{Entity, Gained, Link, Way, service};
use crate::catalog::Power;
use crate::engine::reach::Step;
use crate::engine::shard::Kind;
use crate::engine::universe::RequesterId;
use crate::engine::verdict::Verdict;
use crate::ids::EntityId;
use crate::inventory::Boundary;
use crate::policy::AccountId;
use crate::rules::{assumption, escalation as rules};

/// Becoming somebody else by one request: a step that is there, or one that is made possible.
#[derive(Clone, Copy, Debug)]
struct Hop {
    from: RequesterId,
    to: RequesterId,
    made: bool,
    certain: bool,
}

/// Whom one principal can become, by the shortest hops; apart, whether some had to be made possible.
type Reached = BTreeMap<(RequesterId, bool), Vec<Hop>>;

/// A way before its hops are requests.
struct Draft {
    hops: Vec<Hop>,
    deeds: Vec<Deed>,
    /// Hops behind the deeds.
    behind: Vec<Hop>,
    as_whom: RequesterId,
    gained: Gained,
    is_bounded: bool,
}

impl Draft {
    fn is_certain(&self) -> bool {
        self.hops.iter().chain(&self.behind).all(|hop| hop.certain) && self.deeds.iter().all(|deed| deed.link.certain)
    }

    fn rank(&self) -> (u8, bool, bool, usize, Vec<RequesterId>, Vec<Link>) {
        let rank = match self.gained {
            Gained::Everything => 0,
            Gained::Unbound => 1,
            Gained::Group(_) => 2,
            Gained::Others(_) => 3,
        };
        let length = self.hops.len() + self.deeds.len() + self.behind.len();
        let through = self.hops.iter().chain(&self.behind).map(|hop| hop.to).collect();
        let links = self.deeds.iter().map(|deed| deed.link).collect();
        (rank, !self.is_certain(), self.is_bounded, length, through, links)
    }
}

/// What the rules derived, as chains are looked for.
struct Graph {
    hops: BTreeMap<RequesterId, Vec<Hop>>,
    grows: FxHashSet<RequesterId>,
    raises: BTreeMap<RequesterId, BTreeSet<RequesterId>>,
    joins: BTreeMap<RequesterId, Vec<EntityId>>,
}

impl Graph {
    fn new(derived: &rules::Derived, steps: &[Step]) -> Self {
        let mut hops: BTreeMap<RequesterId, Vec<Hop>> = BTreeMap::new();
        let known = steps.iter().map(|step| Hop {
            from: step.caller,
            to: step.role,
            made: false,
            certain: step.verdict == Verdict::Allowed,
        });
        let taken = derived.takes.iter().map(|&rules::Takes(from, to, certain)| Hop {
            from: requester(from),
            to: requester(to),
            made: true,
            certain,
        });
        known.chain(taken).for_each(|hop| hops.entry(hop.from).or_default().push(hop));
        for own in hops.values_mut() {
            own.sort_unstable_by_key(|hop| (hop.made, hop.to, !hop.certain));
        }
        let mut raises: BTreeMap<RequesterId, BTreeSet<RequesterId>> = BTreeMap::new();
        derived.raises.iter().for_each(|&rules::Raises(one, other, _)| {
            raises.entry(requester(one)).or_default().insert(requester(other));
        });
        let mut joins: BTreeMap<RequesterId, Vec<EntityId>> = BTreeMap::new();
        derived.joins.iter().for_each(|&rules::Joins(one, group, _)| {
            joins.entry(requester(one)).or_default().push(group);
        });
        for groups in joins.values_mut() {
            groups.sort_unstable();
            groups.dedup();
        }
        let grows = derived.grows.iter().map(|one| requester(one.0)).collect();
        Self { hops, grows, raises, joins }
    }

    /// Whom somebody can become: certainly by the fewest hops, and where that is not so, by the fewest at all.
    fn reached(&self, from: RequesterId) -> Reached {
        let mut found = Reached::new();
        for certain_only in [true, false] {
            let mut seen = BTreeSet::from([(from, false)]);
            let mut queue = VecDeque::from([(from, false, Vec::new())]);
            while let Some((at, made, path)) = queue.pop_front() {
                for hop in self.hops.get(&at).into_iter().flatten() {
                    let next = (hop.to, made || hop.made);
                    if (certain_only && !hop.certain) || hop.to == from || !seen.insert(next) {
                        continue;
                    }
                    let path: Vec<Hop> = path.iter().copied().chain([*hop]).collect();
                    found.entry(next).or_insert_with(|| path.clone());
                    queue.push_back((next.0, next.1, path));
                }
            }
        }
        found.insert((from, false), Vec::new());
        found
    }
}

impl Book<'_> {
    /// The ways of everybody who comes to more.
    pub(super) fn ways(&self, derived: &rules::Derived, steps: &[Step]) -> Vec<Way> {
        let graph = Graph::new(derived, steps);
        let mut goals: BTreeMap<RequesterId, BTreeSet<AccountId>> = BTreeMap::new();
        let account = |one: RequesterId| self.relations.requester(one).view.account;
        derived.escalates.iter().for_each(|&rules::Escalates(one, other, _)| {
            goals.entry(requester(one)).or_default().extend(account(requester(other)));
        });
        let passing: BTreeSet<RequesterId> = derived.passes.iter().map(|one| requester(one.0)).collect();
        let mut accounts: BTreeSet<AccountId> = goals.values().flatten().copied().collect();
        accounts.extend(passing.iter().filter_map(|&one| account(one)));
        let held = self.held(&accounts);
        let mut ways = Vec::new();
        let everybody: BTreeSet<RequesterId> = goals.keys().chain(&passing).copied().collect();
        for one in everybody {
            if self.relations.is_stopped() {
                return ways;
            }
            let known = ways.len();
            if goals.contains_key(&one) {
                let mut drafts: BTreeMap<AccountId, Vec<Draft>> = BTreeMap::new();
                for draft in self.drafts(&graph, one) {
                    if let Some(account) = account(draft.as_whom) {
                        drafts.entry(account).or_default().push(draft);
                    }
                }
                for (account, drafts) in drafts {
                    ways.extend(self.best(one, account, drafts, held.get(&(one, account)).copied()));
                }
            }
            let own = account(one);
            if passing.contains(&one)
                && let Some(own) = own
                && !ways[known..].iter().any(|way: &Way| way.account == own)
                && !held.contains_key(&(one, own))
            {
                ways.extend(self.passing(&graph, one, own));
            }
        }
        ways
    }

    /// Who holds everything in which of these accounts, by itself or by roles that it can assume; `true`: in every
    /// request.
    fn held(&self, accounts: &BTreeSet<AccountId>) -> FxHashMap<(RequesterId, AccountId), bool> {
        let account = |one: RequesterId| self.relations.requester(one).view.account;
        let is_free = |one: &RequesterId| self.full.contains(one) && self.boundary(*one).is_none();
        let here = |one: &RequesterId| account(*one).is_some_and(|account| accounts.contains(&account));
        let full: BTreeSet<RequesterId> = self.full.iter().copied().filter(|one| here(one) && is_free(one)).collect();
        let steps = self.relations.steps_towards(&full, None);
        let becomes = assumption::run(
            full.iter().map(|&one| atom(one)),
            steps.iter().map(|step| (atom(step.caller), atom(step.role), step.verdict == Verdict::Allowed)),
        );
        let mut held: FxHashMap<(RequesterId, AccountId), bool> = FxHashMap::default();
        let own = full.iter().map(|&one| (one, one, true));
        for (one, other, certain) in own.chain(becomes.into_iter().map(|(a, b, c)| (requester(a), requester(b), c))) {
            if let Some(account) = account(other) {
                *held.entry((one, account)).or_default() |= certain;
            }
        }
        held
    }

    /// Every way of somebody to more, in no order.
    fn drafts(&self, graph: &Graph, one: RequesterId) -> Vec<Draft> {
        let reached = graph.reached(one);
        let mut drafts = Vec::new();
        for ((at, made), hops) in &reached {
            let (at, hops) = (*at, hops.as_slice());
            if graph.grows.contains(&at) {
                drafts.extend(self.growth(graph, at, hops));
            }
            for &other in graph.raises.get(&at).into_iter().flatten() {
                let passed = other == one || hops.iter().any(|hop| hop.to == other);
                let behind = [false, true].iter().find_map(|&made| reached.get(&(other, made)));
                let Some(behind) = behind else { continue };
                let behind = if passed { &[][..] } else { behind.as_slice() };
                drafts.extend(self.change(at, other, hops, behind));
            }
            if *made && at != one {
                let is_full = self.full.contains(&at);
                drafts.push(Draft {
                    hops: hops.to_vec(),
                    deeds: Vec::new(),
                    behind: Vec::new(),
                    as_whom: at,
                    gained: if is_full { Gained::Everything } else { Gained::Others(vec![at]) },
                    is_bounded: self.boundary(at).is_some(),
                });
            }
        }
        drafts
    }

    /// What somebody makes of itself.
    fn growth(&self, graph: &Graph, at: RequesterId, hops: &[Hop]) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = self.change(at, at, hops, &[]).into_iter().collect();
        for &group in graph.joins.get(&at).into_iter().flatten() {
            let Entity::Group(joined) = self.entities[group] else { continue };
            let joins = |deed: &Deed| deed.power == Power::Join && deed.entity == group;
            let Some(deed) = self.deed(at, joins) else { continue };
            // What the group's policies say can be written as well, by one who may.
            let write = self.deed(at, |deed| {
                let entity = self.entities[deed.entity];
                let in_group = || match entity {
                    Entity::Group(other) => other == joined,
                    Entity::Policy(policy) => self.relations.inventory().groups[joined].policies.contains(&policy),
                    Entity::Principal(_) => false,
                };
                matches!(deed.power, Power::Write | Power::Revert) && in_group()
            });
            let is_full = self.full_groups.contains(&joined);
            drafts.push(Draft {
                hops: hops.to_vec(),
                deeds: [Some(deed), write.filter(|_| !is_full)].into_iter().flatten().collect(),
                behind: Vec::new(),
                as_whom: at,
                gained: if is_full || write.is_some() { Gained::Everything } else { Gained::Group(joined) },
                is_bounded: self.boundary(at).is_some(),
            });
        }
        drafts
    }

    /// What one makes of another, or of itself, by what its policies say and by its boundary.
    fn change(&self, at: RequesterId, other: RequesterId, hops: &[Hop], behind: &[Hop]) -> Option<Draft> {
        let account = self.relations.requester(other).view.account?;
        let boundary = self.boundary(other);
        let writes = |deed: &Deed| {
            matches!(deed.power, Power::Write | Power::Revert)
                && self.governs(self.entities[deed.entity], other, account)
        };
        let frees = |deed: &Deed| match (deed.power, self.entities[deed.entity]) {
            (Power::Unbind, Entity::Principal(one)) => one == other,
            (Power::Write | Power::Revert, Entity::Policy(policy)) => {
                matches!(boundary, Some(Boundary::Policy(own)) if *own == policy)
            }
            _ => false,
        };
        let write = self.deed(at, writes).filter(|_| !self.full.contains(&other));
        let free = boundary.and_then(|_| self.deed(at, frees));
        // What may be lifted sometimes does not make uncertain what is certain without.
        let free = free.filter(|free| free.link.certain || write.is_none_or(|write| !write.link.certain));
        if write.is_none() && free.is_none() {
            return None;
        }
        let is_full = self.full.contains(&other);
        Some(Draft {
            hops: hops.to_vec(),
            deeds: free.into_iter().chain(write).collect(),
            behind: behind.to_vec(),
            as_whom: other,
            gained: if write.is_some() || is_full { Gained::Everything } else { Gained::Unbound },
            is_bounded: boundary.is_some() && free.is_none(),
        })
    }

    /// The plainest deed of somebody's that is such a one.
    fn deed(&self, who: RequesterId, is_it: impl Fn(&Deed) -> bool) -> Option<Deed> {
        let own = self.deeds.get(&who).into_iter().flatten().filter(|deed| is_it(deed));
        own.min_by_key(|deed| {
            let order = match self.entities[deed.entity] {
                Entity::Principal(_) => 0,
                Entity::Group(_) => 1,
                Entity::Policy(_) => 2,
            };
            // Whatever a policy says can be written into one, while only some can be attached.
            let name = &self.relations.shard(deed.link.account, Kind::Entities).actions[deed.link.action].name;
            (!deed.link.certain, deed.power == Power::Revert, order, !name.starts_with("Put"), deed.link)
        })
        .copied()
    }

    /// The best way to everything in one account; and, where there is none or it is less sure, to what others may do.
    fn best(&self, one: RequesterId, account: AccountId, drafts: Vec<Draft>, held: Option<bool>) -> Vec<Way> {
        // Whoever is everything there already comes to no more; whoever is it sometimes only by what is certain.
        let adds = |draft: &Draft| held.is_none_or(|surely| !surely && draft.is_certain());
        let (others, main): (Vec<Draft>, Vec<Draft>) =
            drafts.into_iter().filter(adds).partition(|draft| matches!(draft.gained, Gained::Others(_)));
        let main = main.into_iter().min_by_key(Draft::rank);
        let mut everybody: Vec<RequesterId> = others.iter().map(|draft| draft.as_whom).collect();
        everybody.sort_unstable();
        everybody.dedup();
        let others = others.into_iter().min_by_key(Draft::rank);
        // Beside everything, what others may do is nothing, unless it is the surer of both.
        let is_more = |other: &Draft| {
            let whole = main.as_ref().filter(|draft| draft.gained == Gained::Everything);
            whole.is_none_or(|whole| other.is_certain() && !whole.is_certain())
        };
        let others = others.filter(is_more).map(|draft| Draft { gained: Gained::Others(everybody), ..draft });
        let way = |draft: Draft| {
            let before = draft.hops.iter().filter_map(|hop| self.link(*hop));
            let deeds = draft.deeds.iter().map(|deed| deed.link);
            let behind = draft.behind.iter().filter_map(|hop| self.link(*hop));
            Way {
                principal: one,
                account,
                as_whom: draft.as_whom,
                gained: draft.gained.clone(),
                chain: before.chain(deeds).chain(behind).collect(),
                service: None,
                is_bounded: draft.is_bounded,
            }
        };
        main.into_iter().chain(others).map(way).collect()
    }

    /// What somebody comes to by handing roles to services.
    fn passing(&self, graph: &Graph, one: RequesterId, account: AccountId) -> Option<Way> {
        let shard = self.relations.shard(account, Kind::Entities);
        let own = self.deeds.get(&one)?.iter().filter(|deed| deed.power == Power::Pass);
        let passed = own.filter_map(|deed| match self.entities[deed.entity] {
            Entity::Principal(role) if role != one => Some((role, deed)),
            _ => None,
        });
        let is_full = |role: RequesterId| self.full.contains(&role) || graph.grows.contains(&role);
        let passed: Vec<_> = passed.collect();
        let mut roles: Vec<RequesterId> = passed.iter().map(|(role, _)| *role).collect();
        roles.sort_unstable();
        roles.dedup();
        let (role, deed) =
            passed.into_iter().min_by_key(|(role, deed)| (!is_full(*role), !deed.link.certain, deed.link))?;
        Some(Way {
            principal: one,
            account,
            as_whom: role,
            gained: if is_full(role) { Gained::Everything } else { Gained::Others(roles) },
            chain: vec![deed.link],
            service: service(&shard, deed.link.resource),
            is_bounded: self.boundary(role).is_some(),
        })
    }

    /// The request of a hop.
    fn link(&self, hop: Hop) -> Option<Link> {
        if hop.made {
            let takes = |deed: &Deed| {
                matches!(deed.power, Power::Become | Power::LogIn)
                    && self.entities[deed.entity] == Entity::Principal(hop.to)
            };
            return self.deed(hop.from, takes).map(|deed| deed.link);
        }
        let account = self.relations.requester(hop.to).view.account?;
        let shard = self.relations.shard(account, Kind::Roles);
        let name = &self.relations.requester(hop.to).name;
        let resource = shard.resources.iter().position(|one| *one.name == **name)?;
        let judged = (0..shard.actions.len()).filter_map(|action| {
            let verdict = shard.verdict(hop.from, action, resource)?.verdict;
            verdict.is_possible().then_some((verdict, action))
        });
        let (verdict, action) = judged.min()?;
        let certain = verdict == Verdict::Allowed;
        Some(Link { caller: hop.from, account, kind: Kind::Roles, action, resource, certain })
    }
}
