//! Answering: who can, what can, can.
//!
//! Pure functions of relations and inventory. Nothing here decides; it looks
//! verdicts up, follows the roles that lead to them, and says what they rest
//! on.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::answer::{Answer, Route, Row};
use super::language::Question;
use super::lookup::Lookup;
use super::select::{AskError, What, not_performed, select, what};
use crate::catalog::{Capability, ResourceKind};
use crate::condition::Decided;
use crate::engine::{Kind, Relations, RequesterId, Shard, Verdict};
use crate::inventory::{Inventory, Repository, Visibility};
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
pub(super) enum Whom<'a> {
    Everybody,
    These(&'a [RequesterId]),
    /// These, who can become nobody but those.
    Onward(&'a [RequesterId], &'a FxHashSet<RequesterId>),
}

impl Relations<'_> {
    /// The rows that answer a question, before its tail; `None` for one that is answered otherwise.
    ///
    /// # Errors
    /// As [`Self::who_can`].
    pub fn rows_of(&self, question: &Question, scope: Scope) -> Result<Option<Answer>, AskError> {
        Ok(Some(match question {
            Question::WhoCan { actions, repositories, .. } => self.who_can_any(actions, repositories, scope)?,
            Question::WhatCan { principal, repositories, .. } => self.what_can_on(principal, repositories, scope)?,
            Question::Which { principal, actions, .. } => self.where_can(principal, actions, scope)?,
            Question::Can(cell, _) => self.can_any(&cell.principal, &cell.actions, &cell.repositories, scope)?,
            _ => return Ok(None),
        }))
    }

    /// Who can do this on these resources: every principal, and everybody whom a policy lets in.
    ///
    /// # Errors
    /// [`AskError`] where a name means nothing, or more than one thing.
    pub fn who_can(&self, action: &str, resource: &str, scope: Scope) -> Result<Answer, AskError> {
        self.who_can_any(&[action.to_owned()], &[resource.to_owned()], scope)
    }

    /// Who can do any of these on any of these resources.
    ///
    /// # Errors
    /// As [`Self::who_can`].
    pub fn who_can_any(&self, actions: &[String], resources: &[String], scope: Scope) -> Result<Answer, AskError> {
        let mut answer = Answer::default();
        self.each_deed(actions, resources, |shard, target, deed| {
            self.who_can_here(shard, target, deed, scope, &mut answer);
        })?;
        self.finish(answer)
    }

    /// Everything that the words ask for: each deed on each target that it is performed on.
    pub(crate) fn each_deed(
        &self,
        actions: &[String],
        resources: &[String],
        mut look: impl FnMut(&Shard, Target, Deed),
    ) -> Result<(), AskError> {
        let whats = actions.iter().map(|action| what(action)).collect::<Result<Vec<What>, _>>()?;
        let mut targets = BTreeSet::new();
        for resource in resources {
            targets.extend(self.targets(resource)?);
        }
        let mut performed = vec![false; whats.len()];
        for target in targets {
            let shard = self.shard(target.account, Kind::Registries);
            for (what, performed) in whats.iter().zip(&mut performed) {
                for deed in deeds(&shard, target, what) {
                    self.unless_stopped()?;
                    *performed = true;
                    look(&shard, target, deed);
                }
            }
        }
        match performed.iter().position(|performed| !performed) {
            Some(never) => Err(not_performed(&actions[never], resources)),
            None => Ok(()),
        }
    }

    /// What this principal can do, on these resources or on all.
    ///
    /// # Errors
    /// As [`Self::who_can`].
    pub fn what_can(&self, principal: &str, resource: Option<&str>, scope: Scope) -> Result<Answer, AskError> {
        let resources: Vec<String> = resource.map(str::to_owned).into_iter().collect();
        self.what_can_on(principal, &resources, scope)
    }

    /// What this principal can do on any of these resources, or on all, where none is told.
    ///
    /// # Errors
    /// As [`Self::who_can`].
    pub fn what_can_on(&self, principal: &str, resources: &[String], scope: Scope) -> Result<Answer, AskError> {
        let requesters = self.requesters(principal)?;
        let mut answer = Answer::default();
        let mut targets = BTreeSet::new();
        for resource in resources {
            targets.extend(self.targets(resource)?);
        }
        for target in targets {
            let shard = self.shard(target.account, Kind::Registries);
            let offered = Capability::ALL.map(Deed::Capability);
            self.what_can_here(&shard, target, offered, &Whom::These(&requesters), scope, &mut answer);
        }
        if resources.is_empty() {
            let offered = |shard: &Shard, target: Target| {
                let is_open = |one: &Capability| *one == Capability::Pull && is_public(shard, target);
                Capability::ALL.into_iter().filter(|one| !is_open(one)).map(Deed::Capability).collect()
            };
            self.what_can_anywhere(&requesters, scope, scope.all, offered, &mut answer);
            answer.notes.extend(self.open_repositories());
        }
        self.finish(answer)
    }

    /// On which resources of the input a principal can do any of these.
    ///
    /// # Errors
    /// As [`Self::who_can`].
    pub fn where_can(&self, principal: &str, actions: &[String], scope: Scope) -> Result<Answer, AskError> {
        let requesters = self.requesters(principal)?;
        let whats = actions.iter().map(|action| what(action)).collect::<Result<Vec<What>, _>>()?;
        let mut answer = Answer::default();
        let offered =
            |shard: &Shard, target: Target| whats.iter().flat_map(|what| deeds(shard, target, what)).collect();
        // Who has an action need not have a capability.
        let everywhere = scope.all || whats.iter().any(|what| matches!(what, What::Actions(_)));
        self.what_can_anywhere(&requesters, scope, everywhere, offered, &mut answer);
        if whats.contains(&What::Capability(Capability::Pull)) {
            self.pull_anywhere(&requesters, scope, &mut answer);
        }
        self.finish(answer)
    }

    /// R7: also where nobody has a permission.
    fn pull_anywhere(&self, requesters: &[RequesterId], scope: Scope, answer: &mut Answer) {
        for &account in self.inventory().accounts.keys() {
            let shard = self.shard(account, Kind::Registries);
            let targets = (0..shard.resources.len()).map(|resource| Target { account, resource });
            for target in targets.filter(|&target| is_public(&shard, target)) {
                let pull = [Deed::Capability(Capability::Pull)];
                self.what_can_here(&shard, target, pull, &Whom::These(requesters), scope, answer);
            }
        }
    }

    fn what_can_anywhere(
        &self,
        requesters: &[RequesterId],
        scope: Scope,
        everywhere: bool,
        offered: impl Fn(&Shard, Target) -> Vec<Deed>,
        answer: &mut Answer,
    ) {
        self.derive_all();
        if self.is_stopped() {
            return;
        }
        let onward = if scope.direct { requesters.iter().copied().collect() } else { self.onward(requesters) };
        let accounts = &self.inventory().accounts;
        let concerned = if everywhere { accounts.keys().copied().collect() } else { self.accounts_with(&onward) };
        for account in concerned {
            if self.is_stopped() {
                return;
            }
            let shard = self.shard(account, Kind::Registries);
            if !everywhere && !onward.iter().any(|&one| shard.is_capable(one)) {
                continue;
            }
            let whom = Whom::Onward(requesters, &onward);
            // What callers ask at home is none of the account's resources.
            let here = (0..shard.resources.len()).filter(|&number| !shard.resources[number].view.of_caller);
            for target in here.map(|resource| Target { account, resource }) {
                self.what_can_here(&shard, target, offered(&shard, target), &whom, scope, answer);
            }
        }
    }

    fn open_repositories(&self) -> Option<String> {
        let Inventory { repositories, accounts, .. } = self.inventory();
        let is_open = |one: &&Repository| one.visibility == Visibility::Public && accounts.contains_key(&one.account);
        match repositories.values().filter(is_open).count() {
            0 => None,
            count => {
                Some(format!("anyone can pull from the {count} public repositories here, with or without an identity"))
            }
        }
    }

    fn what_can_here(
        &self,
        shard: &Shard,
        target: Target,
        offered: impl IntoIterator<Item = Deed>,
        whom: &Whom<'_>,
        scope: Scope,
        answer: &mut Answer,
    ) {
        let is_new = shard.resources[target.resource].view.kind == ResourceKind::NewRepository;
        let creates = Deed::Capability(Capability::Create);
        for deed in offered.into_iter().filter(|one| !is_new || *one == creates || matches!(one, Deed::Action(_))) {
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
        self.can_any(principal, &[action.to_owned()], &[resource.to_owned()], scope)
    }

    /// Whether this principal can do each of these on each of these resources.
    ///
    /// # Errors
    /// As [`Self::who_can`].
    pub fn can_any(
        &self,
        principal: &str,
        actions: &[String],
        resources: &[String],
        scope: Scope,
    ) -> Result<Answer, AskError> {
        let requesters = self.requesters(principal)?;
        let mut answer = Answer::default();
        // T8: root users cannot assume roles, also those of accounts that are not here.
        let scope = Scope { direct: scope.direct || principal.ends_with(":root"), ..scope };
        self.each_deed(actions, resources, |shard, target, deed| {
            let lookup = Lookup::new(self, shard, target, deed);
            self.rows(&lookup, &Whom::These(&requesters), Scope { all: true, ..scope }, &mut answer);
            for &requester in requesters.iter().filter(|id| self.is_granted_twice(shard, target, deed, **id)) {
                answer.notes.push(format!(
                    "{} is granted {} on {} twice, by its own policies and by the resource's policy; either is enough",
                    self.requester(requester).name,
                    deed.name(shard),
                    shard.resources[target.resource].name,
                ));
            }
        })?;
        self.finish(answer)
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
            supposed: Vec::new(),
            doubts: Vec::new(),
        }
    }

    /// A row for each of these requesters, or for everybody, by their own permissions and by those of roles.
    pub(super) fn rows(&self, lookup: &Lookup<'_>, whom: &Whom<'_>, scope: Scope, answer: &mut Answer) {
        let reach = match whom {
            _ if scope.direct => BTreeMap::new(),
            Whom::Onward(_, onward) => self.reach(&lookup.holders_among(onward), Some(onward)),
            Whom::Everybody | Whom::These(_) => self.reach(&lookup.holders(), None),
        };
        let concerned: Vec<RequesterId> = match whom {
            Whom::These(requesters) | Whom::Onward(requesters, _) => requesters.to_vec(),
            Whom::Everybody if scope.all => self.universe().present().map(|(id, _)| id).collect(),
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

    fn finish(&self, mut answer: Answer) -> Result<Answer, AskError> {
        self.unless_stopped()?;
        self.complete_witnesses(&mut answer);
        answer.rows.sort_by(|one, other| {
            let key = |row: &Row| {
                (row.resource.clone(), row.action.clone(), row.verdict, row.account.clone(), row.principal.clone())
            };
            key(one).cmp(&key(other))
        });
        answer.rows.dedup();
        answer.notes.sort();
        answer.notes.dedup();
        Ok(answer)
    }

    fn unless_stopped(&self) -> Result<(), AskError> {
        if self.is_stopped() { Err(AskError::Interrupted) } else { Ok(()) }
    }
}

/// A public repository: anyone can pull from it.
pub(crate) fn is_public(shard: &Shard, target: Target) -> bool {
    let view = &shard.resources[target.resource].view;
    view.kind == ResourceKind::Repository && view.service == "ecr-public"
}

/// Whether a deed can be done on this kind of resource.
pub(super) fn offers(shard: &Shard, target: Target, deed: Deed) -> bool {
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
fn deeds(shard: &Shard, target: Target, what: &What) -> Vec<Deed> {
    let all = match what {
        What::Capability(capability) => vec![Deed::Capability(*capability)],
        What::Actions(names) => names.iter().filter_map(|name| shard.action(name)).map(Deed::Action).collect(),
    };
    all.into_iter().filter(|deed| offers(shard, target, *deed)).collect()
}
