//! Answering: who can, what can, can.
//!
//! Pure functions of relations and inventory. Nothing here decides; it looks
//! verdicts up, follows the roles that lead to them, and says what they rest
//! on.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::answer::{Answer, Demand, Route, Row};
use super::lookup::Lookup;
use super::select::{AskError, What, not_performed, select, what};
use crate::catalog::{Capability, ResourceKind};
use crate::condition::Decided;
use crate::engine::{Kind, Reach, Relations, RequesterId, Shard, Verdict};
use crate::ids::GapId;
use crate::inventory::{GapKind, RepositoryPolicy, Visibility};
use crate::lower::RequesterKind;
use crate::policy::{AccountId, Arn};

/// What an answer takes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only the principal's own permissions, not those of roles that it can become.
    pub direct: bool,
    /// Denied cells too.
    pub all: bool,
}

/// A resource of an account, by its number in the account's shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    pub(crate) account: AccountId,
    pub(crate) resource: usize,
}

/// What is asked of a target: an action by its number, or a capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Action(usize),
    Capability(Capability),
}

impl Deed {
    /// The action's or capability's name.
    pub(crate) fn name(self, shard: &Shard) -> String {
        match self {
            Self::Action(action) => shard.actions[action].to_string(),
            Self::Capability(capability) => capability.to_string(),
        }
    }
}

/// Whom rows are asked for.
enum Whom<'a> {
    Everybody,
    These(&'a [RequesterId]),
    /// These, who can become nobody but those.
    Onward(&'a [RequesterId], &'a FxHashSet<RequesterId>),
}

impl Relations<'_> {
    /// Who can do this on these resources: every principal, and everybody whom a policy lets in.
    ///
    /// # Errors
    /// [`AskError`] where a name means nothing, or more than one thing.
    pub fn who_can(&self, action: &str, resource: &str, scope: Scope) -> Result<Answer, AskError> {
        let what = what(action)?;
        let mut answer = Answer::default();
        let mut performed = false;
        for target in self.targets(resource)? {
            let shard = self.shard(target.account, Kind::Registries);
            for deed in deeds(&shard, target, &what) {
                performed = true;
                self.who_can_here(&shard, target, deed, scope, &mut answer);
            }
        }
        if !performed {
            return Err(not_performed(action, resource));
        }
        self.finish(&mut answer);
        Ok(answer)
    }

    /// What this principal can do, on these resources or on all.
    ///
    /// # Errors
    /// As [`Self::who_can`].
    pub fn what_can(&self, principal: &str, resource: Option<&str>, scope: Scope) -> Result<Answer, AskError> {
        let requesters = self.requesters(principal)?;
        let mut answer = Answer::default();
        match resource {
            Some(resource) => {
                for target in self.targets(resource)? {
                    let shard = self.shard(target.account, Kind::Registries);
                    self.what_can_here(&shard, target, Capability::ALL, &Whom::These(&requesters), scope, &mut answer);
                }
            }
            None => self.what_can_anywhere(&requesters, scope, &mut answer),
        }
        self.finish(&mut answer);
        Ok(answer)
    }

    fn what_can_anywhere(&self, requesters: &[RequesterId], scope: Scope, answer: &mut Answer) {
        self.derive_all();
        let onward = if scope.direct { requesters.iter().copied().collect() } else { self.onward(requesters) };
        let accounts = &self.inventory().accounts;
        let concerned = if scope.all { accounts.keys().copied().collect() } else { self.accounts_with(&onward) };
        for account in concerned {
            let shard = self.shard(account, Kind::Registries);
            if !scope.all && !onward.iter().any(|&one| shard.is_capable(one)) {
                continue;
            }
            let whom = Whom::Onward(requesters, &onward);
            // What callers ask at home is none of the account's resources.
            let here = (0..shard.resources.len()).filter(|&number| !shard.resources[number].view.of_caller);
            for target in here.map(|resource| Target { account, resource }) {
                let is_open = |one: &Capability| *one == Capability::Pull && is_public(&shard, target);
                let capabilities = Capability::ALL.into_iter().filter(|one| !is_open(one));
                self.what_can_here(&shard, target, capabilities, &whom, scope, answer);
            }
        }
        let repositories = self.inventory().repositories.values();
        let public =
            repositories.filter(|one| one.visibility == Visibility::Public && accounts.contains_key(&one.account));
        match public.count() {
            0 => {}
            count => answer.notes.push(format!(
                "anyone can pull from the {count} public repositories here, with or without an identity"
            )),
        }
    }

    fn what_can_here(
        &self,
        shard: &Shard,
        target: Target,
        capabilities: impl IntoIterator<Item = Capability>,
        whom: &Whom<'_>,
        scope: Scope,
        answer: &mut Answer,
    ) {
        let is_new = shard.resources[target.resource].view.kind == ResourceKind::NewRepository;
        for capability in capabilities.into_iter().filter(|one| !is_new || *one == Capability::Create) {
            let deed = Deed::Capability(capability);
            if offers(shard, target, deed) {
                self.rows(&Lookup::new(self, shard, target, deed), whom, scope, answer);
            }
        }
    }

    /// Whether this principal can do this on these resources: a row each, denied ones included.
    ///
    /// # Errors
    /// As [`Self::who_can`].
    pub fn can(&self, principal: &str, action: &str, resource: &str, scope: Scope) -> Result<Answer, AskError> {
        let requesters = self.requesters(principal)?;
        let what = what(action)?;
        let mut answer = Answer::default();
        let mut performed = false;
        // T8: root users cannot assume roles, also those of accounts that are not here.
        let scope = Scope { direct: scope.direct || principal.ends_with(":root"), ..scope };
        for target in self.targets(resource)? {
            let shard = self.shard(target.account, Kind::Registries);
            for deed in deeds(&shard, target, &what) {
                performed = true;
                let lookup = Lookup::new(self, &shard, target, deed);
                self.rows(&lookup, &Whom::These(&requesters), Scope { all: true, ..scope }, &mut answer);
                for &requester in requesters.iter().filter(|id| self.is_granted_twice(&shard, target, deed, **id)) {
                    answer.notes.push(format!(
                        "{} is granted {} on {} twice, by its own policies and by the resource's policy; either is enough",
                        self.requester(requester).name,
                        deed.name(&shard),
                        shard.resources[target.resource].name,
                    ));
                }
            }
        }
        if !performed {
            return Err(not_performed(action, resource));
        }
        self.finish(&mut answer);
        Ok(answer)
    }

    /// The resources that a word means.
    pub(crate) fn targets(&self, text: &str) -> Result<Vec<Target>, AskError> {
        let found = select("repository", text, self.resource_names())?;
        Ok(found.into_iter().map(|(account, resource)| Target { account, resource }).collect())
    }

    /// The requesters that a word means.
    pub(crate) fn requesters(&self, text: &str) -> Result<Vec<RequesterId>, AskError> {
        let found = select("principal", text, self.requester_names());
        found.or_else(|error| self.outsider(text).map(|id| vec![id]).ok_or(error))
    }

    /// Whoever stands for a principal of an account that the input does not hold.
    fn outsider(&self, text: &str) -> Option<RequesterId> {
        let account = Arn::parse(text)?.account()?;
        if self.inventory().accounts.get(&account).is_some_and(|account| account.has_principals) {
            return None;
        }
        let of = |account| self.universe().by_account.get(&account).into_iter().flatten();
        let mut all = of(Some(account)).chain(of(None));
        let stands = |kind| matches!(kind, RequesterKind::Account | RequesterKind::Anyone);
        all.find(|id| stands(self.requester(**id).view.kind)).copied()
    }

    fn who_can_here(&self, shard: &Shard, target: Target, deed: Deed, scope: Scope, answer: &mut Answer) {
        if deed == Deed::Capability(Capability::Pull) && is_public(shard, target) {
            answer.rows.push(Self::open_to_all(shard, target));
            answer.notes.push("anyone can pull from a public repository, and no policy changes that".to_owned());
            return;
        }
        self.rows(&Lookup::new(self, shard, target, deed), &Whom::Everybody, scope, answer);
    }

    /// R7, R8: nobody needs an identity to pull from a public repository.
    fn open_to_all(shard: &Shard, target: Target) -> Row {
        Row {
            principal: "anyone".to_owned(),
            kind: RequesterKind::Anyone.as_str(),
            account: None,
            action: Capability::Pull.to_string(),
            resource: shard.resources[target.resource].name.clone(),
            verdict: Verdict::Allowed,
            residual: None,
            witness: None,
            routes: vec![Route {
                through: Vec::new(),
                verdict: Verdict::Allowed,
                residual: None,
                demands: Vec::new(),
                statements: Vec::new(),
            }],
            incomplete: Vec::new(),
            doubts: Vec::new(),
        }
    }

    /// A row for each of these requesters, or for everybody, by their own permissions and by those of roles.
    fn rows(&self, lookup: &Lookup<'_>, whom: &Whom<'_>, scope: Scope, answer: &mut Answer) {
        let reach = match whom {
            _ if scope.direct => BTreeMap::new(),
            Whom::Onward(_, onward) => self.reach(&lookup.holders_among(onward), Some(onward)),
            Whom::Everybody | Whom::These(_) => self.reach(&lookup.holders(), None),
        };
        let concerned: Vec<RequesterId> = match whom {
            Whom::These(requesters) | Whom::Onward(requesters, _) => requesters.to_vec(),
            Whom::Everybody if scope.all => self.universe().requesters.ids().collect(),
            Whom::Everybody => {
                let mut able = lookup.able();
                able.extend(reach.keys().copied());
                able.into_iter().collect()
            }
        };
        for requester in concerned {
            let (mut verdict, mut decided) = (*lookup.decide(requester)).clone();
            let ways = reach.get(&requester).map_or(&[][..], Vec::as_slice);
            if scope.all && !verdict.is_possible() {
                let denial = lookup.denial(requester);
                verdict = Verdict::Denied { explicit: denial.explicit };
                // Where a role leads there, nobody is told how the principal's own denial would be.
                if ways.is_empty() {
                    decided.doubts.extend(&denial.doubts);
                }
            }
            if verdict.is_possible() || !ways.is_empty() || scope.all {
                answer.rows.push(self.row(lookup, requester, (verdict, decided), ways));
            }
        }
    }

    /// The verdict on the requester's own permission.
    pub(crate) fn decide(
        &self,
        shard: &Shard,
        target: Target,
        deed: Deed,
        requester: RequesterId,
    ) -> (Verdict, Decided) {
        if deed == Deed::Capability(Capability::Pull) && is_public(shard, target) {
            return (Verdict::Allowed, Decided::settled(true));
        }
        let denied = (Verdict::Denied { explicit: false }, Decided::settled(false));
        match deed {
            Deed::Action(action) => match shard.verdict(requester, action, target.resource) {
                Some(judged) => (judged.verdict, judged.decided),
                None => denied,
            },
            Deed::Capability(capability) => {
                let held = shard.capabilities(requester, target.resource);
                let Some(&(_, certain)) = held.iter().find(|(own, _)| *own == capability) else { return denied };
                let cells = shard.needs(capability, self.requester(requester), target.resource);
                let expressions = shard.expressions(requester, &cells);
                let decided = self.decisions().decide(&expressions);
                (if certain { Verdict::Allowed } else { Verdict::Conditional }, Decided::clone(&decided))
            }
        }
    }

    /// E12: whether each action on the resource that the deed needs is granted from both sides.
    fn is_granted_twice(&self, shard: &Shard, target: Target, deed: Deed, requester: RequesterId) -> bool {
        let cells = self.cells(shard, target, deed, requester);
        let mut here = cells.into_iter().filter(|(_, resource)| *resource == target.resource).peekable();
        here.peek().is_some()
            && here.all(|(action, resource)| {
                let focus = self.focus(requester, &shard.resources[resource], &shard.actions[action], &[]);
                focus.is_granted_twice()
            })
    }

    /// The cells that a deed consists of for a requester: actions and resources by their numbers.
    pub(crate) fn cells(
        &self,
        shard: &Shard,
        target: Target,
        deed: Deed,
        requester: RequesterId,
    ) -> Vec<(usize, usize)> {
        match deed {
            Deed::Action(action) => vec![(action, target.resource)],
            Deed::Capability(capability) => shard.needs(capability, self.requester(requester), target.resource),
        }
    }

    fn row(
        &self,
        lookup: &Lookup<'_>,
        requester: RequesterId,
        (verdict, decided): (Verdict, Decided),
        ways: &[Reach],
    ) -> Row {
        let &Lookup { shard, target, deed, .. } = lookup;
        let mut routes = Vec::new();
        let mut missing = decided.missing.clone();
        let mut doubts: BTreeSet<&'static str> = decided.doubts.iter().copied().collect();
        if verdict.is_possible() {
            let statements = lookup.granting(requester).to_vec();
            let demands = demand(None, &decided).into_iter().collect();
            routes.push(Route {
                through: Vec::new(),
                verdict,
                residual: decided.residual.clone(),
                demands,
                statements,
            });
        }
        for way in ways {
            let Some(&role) = way.through.last() else { continue };
            let decided = lookup.decide(role);
            let (at_end, end) = &*decided;
            let sure = way.certain && *at_end == Verdict::Allowed;
            // Each step is a request of its own: its condition is told apart from that of the deed.
            let steps =
                way.conditions.iter().filter_map(|(role, decided)| demand(Some(&self.requester(*role).name), decided));
            let demands: Vec<Demand> = steps.chain(demand(None, end)).collect();
            let residuals: Vec<String> = demands.iter().map(told).collect();
            missing.extend(end.missing.iter().copied());
            doubts.extend(end.doubts.iter().copied());
            routes.push(Route {
                through: way.through.iter().map(|&id| self.requester(id).name.to_string()).collect(),
                verdict: if sure { Verdict::Allowed } else { Verdict::Conditional },
                residual: (!residuals.is_empty()).then(|| residuals.join("; then ")),
                demands,
                statements: lookup.granting(role).to_vec(),
            });
        }
        routes.sort_by_key(|route| (route.through.len(), route.verdict, route.through.clone()));
        let best = routes.iter().map(|route| route.verdict).min().unwrap_or(verdict);
        let residual = match best {
            Verdict::Conditional => {
                // A longer way that asks for the same as a shorter one is no other condition.
                let mut each: Vec<(Vec<&str>, &str)> = Vec::new();
                for route in &routes {
                    let Some(text) = route.residual.as_deref() else { continue };
                    let mut asked: Vec<&str> = route.demands.iter().map(|demand| demand.residual.as_str()).collect();
                    asked.dedup();
                    if !each.iter().any(|(known, _)| *known == asked) {
                        each.push((asked, text));
                    }
                }
                let each: Vec<&str> = each.into_iter().map(|(_, text)| text).collect();
                Some(each.join(", or "))
            }
            _ => None,
        };
        let known = self.requester(requester);
        Row {
            principal: known.name.to_string(),
            kind: known.view.kind.as_str(),
            account: known.view.account.map(|account| account.to_string()),
            action: deed.name(shard),
            resource: shard.resources[target.resource].name.clone(),
            verdict: best,
            residual: residual.filter(|text| !text.is_empty()),
            witness: if best == Verdict::Conditional && verdict == best { decided.witness } else { None },
            routes,
            incomplete: self.incomplete(shard, target, requester, &missing),
            doubts: doubts.into_iter().map(str::to_owned).collect(),
        }
    }

    /// What the input lacks that may change an answer about this requester and this resource.
    pub(crate) fn incomplete(
        &self,
        shard: &Shard,
        target: Target,
        requester: RequesterId,
        missing: &[GapId],
    ) -> Vec<String> {
        let gaps = &self.universe().gaps;
        let mut messages: BTreeSet<String> = missing.iter().map(|&gap| gaps[gap].message.clone()).collect();
        let inventory = self.inventory();
        if let Some(id) = shard.resources[target.resource].repository {
            match inventory.repositories[id].policy {
                RepositoryPolicy::Unknown(gap) => drop(messages.insert(gaps[gap].message.clone())),
                RepositoryPolicy::Policy(policy) => {
                    messages.extend(inventory.policies[policy].gap.map(|gap| gaps[gap].message.clone()));
                }
                RepositoryPolicy::None => {}
            }
        }
        let view = &shard.resources[target.resource].view;
        if view.service == "ecr" {
            let registry = (target.account, view.region.clone().unwrap_or_default());
            let of_registry = inventory.registry_gaps.get(&registry).into_iter().flatten();
            messages.extend(of_registry.map(|&gap| gaps[gap].message.clone()));
        }
        if let Some(id) = self.requester(requester).principal {
            let principal = &inventory.principals[id];
            let groups = principal.groups.iter().map(|&group| &inventory.groups[group]);
            let listed = groups.clone().flat_map(|group| &group.gaps).chain(&principal.gaps);
            let telling = listed.filter(|gap| gaps[**gap].kind != GapKind::AwsManagedPolicy);
            messages.extend(telling.map(|&gap| gaps[gap].message.clone()));
            let policies = groups.flat_map(|group| &group.policies).chain(&principal.policies);
            messages.extend(
                policies.filter_map(|&policy| inventory.policies[policy].gap).map(|gap| gaps[gap].message.clone()),
            );
        }
        let accounts = [Some(target.account), self.requester(requester).view.account];
        for account in accounts.into_iter().flatten().filter_map(|account| inventory.accounts.get(&account)) {
            messages.extend(account.gaps.iter().map(|&gap| gaps[gap].message.clone()));
        }
        messages.into_iter().collect()
    }

    fn finish(&self, answer: &mut Answer) {
        self.complete_witnesses(answer);
        answer.rows.sort_by(|one, other| {
            let key = |row: &Row| {
                (row.resource.clone(), row.action.clone(), row.verdict, row.account.clone(), row.principal.clone())
            };
            key(one).cmp(&key(other))
        });
        answer.rows.dedup();
        answer.notes.sort();
        answer.notes.dedup();
    }
}

fn demand(role: Option<&str>, decided: &Decided) -> Option<Demand> {
    let Decided { residual, formula, witness, .. } = decided;
    Some(Demand {
        role: role.map(str::to_owned),
        residual: residual.clone()?,
        formula: formula.clone(),
        witness: witness.clone(),
    })
}

/// What a request asks for, and which one it is.
fn told(demand: &Demand) -> String {
    match &demand.role {
        None => demand.residual.clone(),
        Some(role) => format!("{} (to become {})", demand.residual, role.rsplit(':').next().unwrap_or(role)),
    }
}

/// A public repository: anyone can pull from it.
pub(crate) fn is_public(shard: &Shard, target: Target) -> bool {
    let view = &shard.resources[target.resource].view;
    view.kind == ResourceKind::Repository && view.service == "ecr-public"
}

/// Whether a deed can be done on this kind of resource.
fn offers(shard: &Shard, target: Target, deed: Deed) -> bool {
    let view = &shard.resources[target.resource].view;
    match deed {
        Deed::Action(action) => {
            let action = &shard.actions[action];
            let service = if action.name == "GetServiceBearerToken" { "ecr-public" } else { &action.service };
            action.on.contains(&view.kind) && service == view.service
        }
        Deed::Capability(Capability::Pull) if is_public(shard, target) => true,
        Deed::Capability(capability) => {
            let catalog = crate::catalog::Catalog::bundled();
            catalog.needs(&view.service).any(|need| need.capability == capability && need.on == view.kind)
        }
    }
}

/// What is asked of a target, as far as it is performed there.
pub(crate) fn deeds(shard: &Shard, target: Target, what: &What) -> Vec<Deed> {
    let all = match what {
        What::Capability(capability) => vec![Deed::Capability(*capability)],
        What::Actions(names) => names.iter().filter_map(|name| shard.action(name)).map(Deed::Action).collect(),
    };
    all.into_iter().filter(|deed| offers(shard, target, *deed)).collect()
}
