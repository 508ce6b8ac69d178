//! Becoming somebody else: the roles that lead to somebody, over any number of steps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

use super::judge::Judgement;
use super::place::{Place, at};
use super::relations::Relations;
use super::shard::Kind;
use super::universe::RequesterId;
use super::verdict::Verdict;
use crate::condition::Decided;
use crate::ids::{Id as _, PrincipalAtom, ResourceAtom};
use crate::lower::{Cell, RequesterKind};
use crate::policy::AccountId;
use crate::rules::assumption;

/// One step of becoming somebody else: a permitted request for a session of a role.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) caller: RequesterId,
    pub(crate) role: RequesterId,
    pub(crate) verdict: Verdict,
    pub(crate) decided: Arc<Decided>,
}

/// How somebody gets to a role: the roles on the way, the last one included.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    pub(crate) through: Vec<RequesterId>,
    pub(crate) certain: bool,
    /// What the steps ask for, the first step first: its role, and what was decided of it.
    pub(crate) conditions: Vec<(RequesterId, Arc<Decided>)>,
}

/// The steps into the roles of accounts, as they were needed.
#[derive(Debug, Default)]
pub(super) struct Ways {
    pub(super) steps: Mutex<BTreeMap<AccountId, Place<Vec<Step>>>>,
    onward: OnceLock<FxHashMap<RequesterId, Vec<RequesterId>>>,
}

impl Relations<'_> {
    /// Who can make a session of each role of an account.
    pub(crate) fn steps_of(&self, account: AccountId) -> Arc<Vec<Step>> {
        at(&self.ways.steps, account, || self.derive_steps(account))
    }

    fn derive_steps(&self, account: AccountId) -> Vec<Step> {
        if !self.inventory().accounts.contains_key(&account) {
            return Vec::new();
        }
        let shard = self.shard(account, Kind::Roles);
        let mut steps = Vec::new();
        let mut best: BTreeMap<(ResourceAtom, PrincipalAtom), (Verdict, Arc<Decided>)> = BTreeMap::new();
        let mut possible: Vec<Cell> = shard.judge().possible().collect();
        possible.sort_unstable();
        for cell in possible {
            // T20: a service assumes a role for whoever may hand it over; that is another question.
            if self.requester(shard.first(cell.principal)).view.kind == RequesterKind::Service {
                continue;
            }
            let Judgement { verdict, decided } = shard.judge().verdict(&shard.facts, cell);
            let known = best.get(&(cell.resource, cell.principal));
            if verdict.is_possible() && known.is_none_or(|(known, _)| verdict < *known) {
                best.insert((cell.resource, cell.principal), (verdict, Arc::new(decided)));
            }
        }
        let mut callers: FxHashMap<PrincipalAtom, Vec<RequesterId>> = FxHashMap::default();
        for ((resource, principal), (verdict, decided)) in best {
            let callers = callers.entry(principal).or_insert_with(|| shard.members(principal));
            let members = shard.facts.resources[resource].iter().copied();
            for number in members.filter(|&number| shard.stands_for(principal, resource, number)) {
                let Some(role) = self.role(&shard.resources[number].name) else { continue };
                let step = |&caller| Step { caller, role, verdict, decided: Arc::clone(&decided) };
                steps.extend(callers.iter().map(step));
            }
        }
        // As somebody reads them: role by role.
        steps.sort_by_key(|step| (step.role, step.caller));
        steps
    }

    /// The steps that lead to any of these requesters, over any number of roles. `within`: only those of these.
    pub(crate) fn steps_towards(
        &self,
        wanted: &BTreeSet<RequesterId>,
        within: Option<&FxHashSet<RequesterId>>,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut of_account: FxHashMap<AccountId, Arc<Vec<Step>>> = FxHashMap::default();
        let mut seen: FxHashSet<RequesterId> = FxHashSet::default();
        let mut frontier: Vec<RequesterId> = wanted.iter().copied().collect();
        while let Some(next) = frontier.pop() {
            if self.is_stopped() {
                break;
            }
            if !seen.insert(next) {
                continue;
            }
            // T16: whoever can make a session of the role chooses its name. T7: the role itself may be among
            // them, and makes one of another name; of its own it is one already.
            let Some((account, role)) = self.role_behind(next) else { continue };
            let all = of_account.entry(account).or_insert_with(|| self.steps_of(account));
            let start = all.partition_point(|step| step.role < role);
            let into = all[start..].iter().take_while(|step| step.role == role);
            let into = into.filter(|step| step.caller != next);
            for step in into.filter(|step| within.is_none_or(|within| within.contains(&step.caller))) {
                frontier.push(step.caller);
                steps.push(Step { role: next, ..step.clone() });
            }
        }
        steps
    }

    /// Who can become a requester by one step.
    pub(crate) fn callers_of(&self, requester: RequesterId) -> Vec<RequesterId> {
        let Some((account, role)) = self.role_behind(requester) else { return Vec::new() };
        let all = self.steps_of(account);
        let start = all.partition_point(|step| step.role < role);
        let into = all[start..].iter().take_while(|step| step.role == role);
        into.map(|step| step.caller).filter(|caller| *caller != requester).collect()
    }

    /// Whom a requester can become by one step. All accounts are derived for it.
    pub(crate) fn called_by(&self, requester: RequesterId) -> Vec<RequesterId> {
        let onward = self.ways.onward.get_or_init(|| self.steps_onward());
        let into = onward.get(&requester).into_iter().flatten().copied();
        into.filter(|role| *role != requester).collect()
    }

    /// The role whose sessions a requester is, with its account.
    fn role_behind(&self, requester: RequesterId) -> Option<(AccountId, RequesterId)> {
        let known = self.requester(requester);
        if !matches!(known.view.kind, RequesterKind::Role | RequesterKind::Session) {
            return None;
        }
        let role = known.principal.and_then(|id| self.universe().of_principal.get(&id)).copied();
        Some((known.view.account?, role?))
    }

    /// These requesters, and everybody whom they can become. All accounts are derived for it.
    pub(crate) fn onward(&self, requesters: &[RequesterId]) -> FxHashSet<RequesterId> {
        let onward = self.ways.onward.get_or_init(|| self.steps_onward());
        let mut found: FxHashSet<RequesterId> = requesters.iter().copied().collect();
        let mut frontier = requesters.to_vec();
        while let Some(next) = frontier.pop() {
            let into = onward.get(&next).into_iter().flatten();
            frontier.extend(into.filter(|one| found.insert(**one)));
        }
        found
    }

    /// The sessions of each role that policies name.
    pub(crate) fn sessions(&self) -> FxHashMap<RequesterId, Vec<RequesterId>> {
        let mut sessions: FxHashMap<RequesterId, Vec<RequesterId>> = FxHashMap::default();
        for (id, requester) in self.universe().present() {
            let role = requester.principal.and_then(|id| self.universe().of_principal.get(&id));
            if let (RequesterKind::Session, Some(&role)) = (requester.view.kind, role) {
                sessions.entry(role).or_default().push(id);
            }
        }
        sessions
    }

    /// Whom everybody can become by one step: roles, and the sessions of those that policies name.
    fn steps_onward(&self) -> FxHashMap<RequesterId, Vec<RequesterId>> {
        let sessions = self.sessions();
        let mut onward: FxHashMap<RequesterId, Vec<RequesterId>> = FxHashMap::default();
        for &account in self.inventory().accounts.keys() {
            for step in self.steps_of(account).iter() {
                let into = onward.entry(step.caller).or_default();
                into.push(step.role);
                into.extend(sessions.get(&step.role).into_iter().flatten());
            }
        }
        onward
    }

    /// For everybody who can become one of `wanted`: the shortest way to each, shortest first. `within`: only
    /// those are asked about, with all whom they can become.
    pub(crate) fn reach(
        &self,
        wanted: &BTreeSet<RequesterId>,
        within: Option<&FxHashSet<RequesterId>>,
    ) -> BTreeMap<RequesterId, Vec<Reach>> {
        let steps = self.steps_towards(wanted, within);
        let atom = |id: RequesterId| PrincipalAtom::new(id.index());
        let becomes = assumption::run(
            wanted.iter().map(|&id| atom(id)),
            steps.iter().map(|step| (atom(step.caller), atom(step.role), step.verdict == Verdict::Allowed)),
        );
        let certain: BTreeSet<(PrincipalAtom, PrincipalAtom)> =
            becomes.iter().filter(|(.., certain)| *certain).map(|&(caller, role, _)| (caller, role)).collect();
        let mut into: BTreeMap<RequesterId, Vec<&Step>> = BTreeMap::new();
        for step in &steps {
            into.entry(step.role).or_default().push(step);
        }
        let mut reach: BTreeMap<RequesterId, Vec<Reach>> = BTreeMap::new();
        for &goal in wanted {
            for (caller, way) in shortest(goal, &into, &|caller| certain.contains(&(atom(caller), atom(goal)))) {
                reach.entry(caller).or_default().push(way);
            }
        }
        for ways in reach.values_mut() {
            ways.sort_by_key(|way| (!way.certain, way.through.len(), way.through.clone()));
        }
        reach
    }
}

/// The shortest ways to a goal; where a way without conditions exists, the shortest of those.
fn shortest(
    goal: RequesterId,
    into: &BTreeMap<RequesterId, Vec<&Step>>,
    is_certain: &dyn Fn(RequesterId) -> bool,
) -> BTreeMap<RequesterId, Reach> {
    let mut found: BTreeMap<RequesterId, Reach> = BTreeMap::new();
    for certain_only in [true, false] {
        let mut queue = std::collections::VecDeque::from([(goal, Vec::new(), Vec::new())]);
        let mut seen = BTreeSet::from([goal]);
        while let Some((at, through, conditions)) = queue.pop_front() {
            for step in into.get(&at).into_iter().flatten() {
                let sure = step.verdict == Verdict::Allowed;
                if (certain_only && !sure) || !seen.insert(step.caller) {
                    continue;
                }
                let mut through: Vec<RequesterId> = through.clone();
                through.insert(0, step.role);
                let mut conditions: Vec<(RequesterId, Arc<Decided>)> = conditions.clone();
                if !sure {
                    conditions.insert(0, (step.role, Arc::clone(&step.decided)));
                }
                let certain = is_certain(step.caller);
                let way = Reach { through: through.clone(), certain, conditions: conditions.clone() };
                found.entry(step.caller).or_insert(way);
                queue.push_back((step.caller, through, conditions));
            }
        }
    }
    found
}
