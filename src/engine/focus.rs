//! One cell by itself: its facts and relations, with what somebody supposes.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::judge::Judge;
use super::run::{Derived, limits, run};
use super::shard::Kind;
use super::universe::{RequesterId, Resource};
use super::workshop::{Workshop, attach_held};
use crate::catalog::Action;
use crate::condition::Decisions;
use crate::ids::{ActionAtom, DocumentId, GuardId, PrincipalAtom, ResourceAtom, StatementId};
use crate::lower::{Builder, Cell, Facts, Library, Parties, Settled, StatementSource, settled};
use crate::rules::{Control, How, Layer, Limit, Way, limit};

/// What somebody supposes, to see what would be if.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Supposition {
    /// An Allow statement at this layer of the principal.
    Allow(Layer),
    /// An Allow statement of the resource's policy that names the principal.
    Grant(How),
    /// An Allow statement at this level above the principal's (or the resource's) account.
    Level(Control, u32),
    /// This Deny statement away.
    Without(StatementSource),
}

/// One principal, one resource, one action, with the facts and relations for them alone.
pub(crate) struct Focus {
    pub(crate) facts: Facts,
    pub(crate) derived: Derived,
    pub(crate) judge: Judge,
    pub(crate) cell: Cell,
    limits: OnceCell<limit::Derived>,
}

impl Focus {
    /// The one cell of the facts for one requester, one resource and one action.
    pub(crate) const CELL: Cell =
        Cell { principal: PrincipalAtom::FIRST, action: ActionAtom::FIRST, resource: ResourceAtom::FIRST };

    /// The one cell of these facts.
    pub(crate) fn new(facts: Facts, decisions: &Arc<Decisions>) -> Self {
        let cell = Self::CELL;
        let derived = run(&facts, &[cell]);
        let judge = Judge::new(&derived, decisions);
        Self { facts, derived, judge, cell, limits: OnceCell::new() }
    }

    /// What each limit says by itself; derived when it is first asked.
    pub(crate) fn limits(&self) -> &limit::Derived {
        self.limits.get_or_init(|| limits(&self.facts, &[self.cell], &self.derived))
    }

    /// Whether the request must pass a limit.
    pub(crate) fn stands(&self, limit: Limit) -> bool {
        self.limits().stands.iter().any(|one| one.0 == limit)
    }

    /// By which sentences the policies together would permit it, each once.
    pub(crate) fn ways(&self) -> Vec<Way> {
        let ways: BTreeSet<Way> = self.derived.granted.candidates.iter().map(|candidate| candidate.3).collect();
        ways.into_iter().collect()
    }

    /// E12: in one account the principal's own policies and the resource's policy are each enough,
    /// and both allow it without a condition.
    pub(crate) fn is_granted_twice(&self) -> bool {
        let always = self.derived.granted.candidates.iter().filter(|candidate| candidate.4 == GuardId::ALWAYS);
        let ways: BTreeSet<Way> = always.map(|candidate| candidate.3).collect();
        ways.contains(&Way::Identity) && (ways.contains(&Way::Named) || ways.contains(&Way::NamedRole))
    }
}

impl Workshop<'_> {
    /// The same for one requester, one resource and one action, with what is supposed.
    pub(crate) fn focus(
        &self,
        requester: RequesterId,
        resource: &Resource,
        action: &Action,
        suppositions: &[Supposition],
    ) -> Focus {
        Focus::new(self.facts_of(requester, resource, action, suppositions), &self.library.decisions)
    }

    /// The facts for one requester, one resource and one action, and for nothing else.
    pub(crate) fn facts_of(
        &self,
        requester: RequesterId,
        resource: &Resource,
        action: &Action,
        suppositions: &[Supposition],
    ) -> Facts {
        let library = Library::new(&self.inventory.documents, vec![action.clone()]);
        let mut builder = Builder::new(&library, self.context);
        self.tell(&mut builder, requester, resource);
        let owner = resource.view.account;
        let view = &self.universe.requesters[requester].view;
        for (number, supposition) in (0..).zip(suppositions) {
            match supposition {
                Supposition::Allow(layer) => builder.suppose(*layer, number, 0),
                Supposition::Grant(how) => builder.suppose_named(*how, number, 0),
                Supposition::Level(control, level) => {
                    let account = if *control == Control::Service { view.account } else { owner };
                    if let Some(account) = account {
                        builder.suppose_control(*control, *level, account, number, 0);
                    }
                }
                Supposition::Without(_) => {}
            }
        }
        let mut facts = builder.finish();
        facts.forget(|key| suppositions.contains(&Supposition::Without(key.source.clone())));
        facts
    }

    /// The same facts as if every condition held: which statements would count if it were not for their conditions.
    pub(crate) fn facts_without_conditions(
        &self,
        requester: RequesterId,
        resource: &Resource,
        action: &Action,
    ) -> Facts {
        let library = Library::new(&self.inventory.documents, vec![action.clone()]);
        let mut builder = Builder::new(&library, self.context);
        builder.suppose_conditions();
        self.tell(&mut builder, requester, resource);
        builder.finish()
    }

    /// Tells a builder of one requester and one resource, and of all policies that bear on both.
    fn tell(&self, builder: &mut Builder<'_>, requester: RequesterId, resource: &Resource) {
        builder.split();
        builder.resource(resource.view.clone());
        let caller = self.universe.requesters[requester].view.account;
        self.add_requester(builder, requester, caller);
        let owner = resource.view.account;
        if let Some(account) = owner {
            attach_held(
                builder,
                &self.resource_policies(account, Kind::of_resource(&resource.view), std::slice::from_ref(resource)),
            );
        }
        self.attach_organization(builder, owner, &caller.into_iter().collect());
    }

    /// What the conditions of a statement that are decided for one requester, resource and action were decided by.
    pub(crate) fn settled(
        &self,
        requester: RequesterId,
        resource: &Resource,
        action: &Action,
        statement: (DocumentId, usize),
    ) -> Vec<Settled> {
        let principal = &self.universe.requesters[requester].view;
        let parties = Parties { principal, resource: &resource.view, action };
        settled(self.library.of(Kind::of_resource(&resource.view)), self.context, statement, parties)
    }
}

/// The statement behind an id, if somebody wrote it.
pub(crate) fn written(facts: &Facts, statement: StatementId) -> Option<(DocumentId, usize)> {
    match facts.statements[statement].source {
        StatementSource::Written(document, index) => Some((document, index as usize)),
        StatementSource::Missing(_) | StatementSource::Supposed(_) => None,
    }
}
