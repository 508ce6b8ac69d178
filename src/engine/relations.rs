//! What was derived, shard by shard, as questions need it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::focus::{Focus, Supposition};
use super::judge::Judgement;
use super::names::Names;
use super::shard::{Kind, Shard};
use super::universe::{Requester, RequesterId, Resource, Universe, registry_resources};
use super::verdict::Verdict;
use super::workshop::{Libraries, Workshop};
use crate::catalog::Action;
use crate::condition::Decided;
use crate::ids::{Id as _, PrincipalAtom, ResourceAtom};
use crate::inventory::Inventory;
use crate::lower::{Cell, Context, Facts, RequesterKind};
use crate::policy::AccountId;
use crate::rules::assumption;

/// How questions are to be read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What is known of the request.
    pub context: Context,
    /// Whether doubt about AWS's rules, and what the input lacks, make a verdict conditional.
    pub strict: bool,
}

/// The relations that the rules derive from an inventory; made when they are first needed.
pub struct Relations<'a> {
    inventory: &'a Inventory,
    universe: Universe,
    libraries: Libraries<'a>,
    resource_names: OnceLock<Names<(AccountId, usize)>>,
    requester_names: OnceLock<Names<RequesterId>>,
    options: Options,
    shards: Mutex<BTreeMap<(AccountId, Kind), Place<Shard>>>,
    steps: Mutex<BTreeMap<AccountId, Place<Vec<Step>>>>,
}

/// Where something is put by the first who needs it, while others wait.
type Place<T> = Arc<OnceLock<Arc<T>>>;

/// What is at a place; made now, if nobody needed it before.
fn at<K: Ord, T>(places: &Mutex<BTreeMap<K, Place<T>>>, key: K, make: impl FnOnce() -> T) -> Arc<T> {
    let place = Arc::clone(places.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
    Arc::clone(place.get_or_init(|| Arc::new(make())))
}

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

/// Prepares an inventory for questions.
#[must_use]
pub fn derive(inventory: &Inventory, options: Options) -> Relations<'_> {
    Relations {
        universe: Universe::new(inventory),
        libraries: Libraries::new(inventory),
        resource_names: OnceLock::new(),
        requester_names: OnceLock::new(),
        inventory,
        options,
        shards: Mutex::default(),
        steps: Mutex::default(),
    }
}

impl<'a> Relations<'a> {
    /// The inventory that questions are about.
    #[must_use]
    pub fn inventory(&self) -> &'a Inventory {
        self.inventory
    }

    /// How questions are read.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn universe(&self) -> &Universe {
        &self.universe
    }

    pub(crate) fn requester(&self, id: RequesterId) -> &Requester {
        &self.universe.requesters[id]
    }

    /// The resources of all accounts by name: each by its account, and its number in the account's shard.
    pub(crate) fn resource_names(&self) -> &Names<(AccountId, usize)> {
        self.resource_names.get_or_init(|| {
            let of_account = |&account: &AccountId| {
                let resources = registry_resources(self.inventory, &self.universe, account).into_iter();
                resources.enumerate().map(move |(number, one)| ((account, number), one.name)).collect::<Vec<_>>()
            };
            Names::new(self.inventory.accounts.keys().flat_map(of_account).collect())
        })
    }

    /// Everybody by name.
    pub(crate) fn requester_names(&self) -> &Names<RequesterId> {
        let named = || self.universe.requesters.iter().map(|(id, requester)| (id, requester.name.clone()));
        self.requester_names.get_or_init(|| Names::new(named().collect()))
    }

    fn workshop(&self) -> Workshop<'_> {
        Workshop {
            inventory: self.inventory,
            universe: &self.universe,
            library: &self.libraries,
            context: &self.options.context,
            strict: self.options.strict,
        }
    }

    pub(crate) fn shard(&self, account: AccountId, kind: Kind) -> Arc<Shard> {
        at(&self.shards, (account, kind), || self.workshop().shard(account, kind))
    }

    /// The facts of an account's registries, as the rules get them.
    #[must_use]
    pub fn facts(&self, account: AccountId) -> Facts {
        self.workshop().facts(account, Kind::Registries)
    }

    /// A shard that is not kept.
    pub(crate) fn apart(&self, account: AccountId, kind: Kind) -> Shard {
        self.workshop().shard(account, kind)
    }

    /// What `look` makes of each account, in their order, on all cores; `progress` is told how many of how
    /// many accounts are done.
    pub(crate) fn each_account<T: Send>(
        &self,
        look: impl Fn(AccountId) -> T + Sync,
        progress: &(impl Fn(usize, usize) + Sync),
    ) -> Vec<T> {
        let accounts: Vec<AccountId> = self.inventory.accounts.keys().copied().collect();
        let workshop = self.workshop();
        rayon::join(|| workshop.census(Kind::Registries), || workshop.census(Kind::Roles));
        let done = AtomicUsize::new(0);
        let looked = accounts.par_iter().map(|&account| {
            let found = look(account);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, accounts.len());
            found
        });
        looked.collect()
    }

    /// Derives every shard, on all cores, and keeps it.
    pub fn derive_all(&self) {
        let both = |account| [Kind::Registries, Kind::Roles].map(|kind| drop(self.shard(account, kind)));
        self.each_account(both, &|_, _| {});
    }

    pub(crate) fn focus(
        &self,
        requester: RequesterId,
        resource: &Resource,
        action: &Action,
        suppositions: &[Supposition],
    ) -> Focus {
        self.workshop().focus(requester, resource, action, suppositions)
    }

    /// Who can make a session of each role of an account.
    fn steps_of(&self, account: AccountId) -> Arc<Vec<Step>> {
        at(&self.steps, account, || self.derive_steps(account))
    }

    fn derive_steps(&self, account: AccountId) -> Vec<Step> {
        if !self.inventory.accounts.contains_key(&account) {
            return Vec::new();
        }
        let shard = self.shard(account, Kind::Roles);
        let mut steps = Vec::new();
        let mut best: BTreeMap<(ResourceAtom, PrincipalAtom), (Verdict, Arc<Decided>)> = BTreeMap::new();
        let mut possible: Vec<Cell> = shard.judge.possible().collect();
        possible.sort_unstable();
        for cell in possible {
            // T20: a service assumes a role for whoever may hand it over; that is another question.
            if self.requester(shard.first(cell.principal)).view.kind == RequesterKind::Service {
                continue;
            }
            let Judgement { verdict, decided } = shard.judge.verdict(&shard.facts, cell);
            let known = best.get(&(cell.resource, cell.principal));
            if verdict.is_possible() && known.is_none_or(|(known, _)| verdict < *known) {
                best.insert((cell.resource, cell.principal), (verdict, Arc::new(decided)));
            }
        }
        let mut callers: FxHashMap<PrincipalAtom, Vec<RequesterId>> = FxHashMap::default();
        for ((resource, principal), (verdict, decided)) in best {
            let callers = callers.entry(principal).or_insert_with(|| shard.members(principal));
            for &number in &shard.facts.resources[resource] {
                let Some(role) = self.role(&shard.resources[number].name) else { continue };
                let step = |&caller| Step { caller, role, verdict, decided: Arc::clone(&decided) };
                steps.extend(callers.iter().map(step));
            }
        }
        // As somebody reads them: role by role.
        steps.sort_by_key(|step| (step.role, step.caller));
        steps
    }

    /// The requester that a role's ARN means.
    pub(crate) fn role(&self, arn: &str) -> Option<RequesterId> {
        let principal = self.inventory.principal(&crate::policy::Arn::parse(arn)?)?;
        self.universe.of_principal.get(&principal).copied()
    }

    /// The steps that lead to any of these requesters, over any number of roles.
    pub(crate) fn steps_towards(&self, wanted: &BTreeSet<RequesterId>) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut accounts = BTreeSet::new();
        let mut seen: BTreeSet<RequesterId> = BTreeSet::new();
        let mut frontier: Vec<RequesterId> = wanted.iter().copied().collect();
        let mut by_role: BTreeMap<RequesterId, Vec<Step>> = BTreeMap::new();
        while let Some(next) = frontier.pop() {
            if !seen.insert(next) {
                continue;
            }
            let requester = self.requester(next);
            let Some(account) = requester.view.account else { continue };
            if !matches!(requester.view.kind, RequesterKind::Role | RequesterKind::Session) {
                continue;
            }
            if accounts.insert(account) {
                for step in self.steps_of(account).iter() {
                    by_role.entry(step.role).or_default().push(step.clone());
                }
            }
            // T16: whoever can make a session of the role chooses its name. T7: the role itself may be among
            // them, and makes one of another name; of its own it is one already.
            let role = requester.principal.and_then(|id| self.universe.of_principal.get(&id)).copied();
            let into = role.and_then(|role| by_role.get(&role)).into_iter().flatten();
            for step in into.filter(|step| step.caller != next) {
                frontier.push(step.caller);
                steps.push(Step { role: next, ..step.clone() });
            }
        }
        steps
    }

    /// For everybody who can become one of `wanted`: the shortest way to each, shortest first.
    pub(crate) fn reach(&self, wanted: &BTreeSet<RequesterId>) -> BTreeMap<RequesterId, Vec<Reach>> {
        let steps = self.steps_towards(wanted);
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

impl std::fmt::Debug for Relations<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("Relations").field("shards", &shards).finish_non_exhaustive()
    }
}
