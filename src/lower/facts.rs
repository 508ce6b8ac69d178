//! The facts: what the rules run on, as integers, and what leads back from them.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::condition::{Guards, Known};
use crate::ids::{
    AccountAtom, ActionAtom, DocumentId, GapId, GuardId, Interner, PrincipalAtom, ResourceAtom, StatementId, Table,
};
use crate::policy::{AccountId, Effect, PolicyKind};
use crate::rules::{Attached, Control, How, Layer};

/// A statement of a document, or one that stands for a policy that the input lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatementSource {
    /// The document and the statement's number in it.
    Written(DocumentId, u32),
    /// What the input lacks; taken as allowing everything (L5).
    Missing(GapId),
    /// A statement that nobody wrote, for a question of what would be if.
    Supposed(u32),
}

/// A statement as the rules see it: with the values of the requester's keys that it needs filled in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementKey {
    /// Where it comes from.
    pub source: StatementSource,
    pub(super) binding: Vec<(String, Known)>,
    /// Whether it stands in a registry policy of the first scope, which governs three actions only (Q22). The same
    /// text may hang on a registry of the second too.
    pub(super) first_scope: bool,
}

impl StatementKey {
    /// A statement that asks nothing of the requester.
    pub(super) fn of(source: StatementSource) -> Self {
        Self { source, binding: Vec::new(), first_scope: false }
    }

    /// The values of the requester's keys that are filled in.
    pub(crate) fn binding(&self) -> &[(String, Known)] {
        &self.binding
    }
}

/// A principal, an action, and a resource, as atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// Who.
    pub principal: PrincipalAtom,
    /// Does what.
    pub action: ActionAtom,
    /// On what.
    pub resource: ResourceAtom,
}

/// What the rules run on, and what leads back from it.
#[derive(Debug, Default)]
pub struct Facts {
    /// Who is in each principal atom, by the order in which the builder was told.
    pub principals: Table<PrincipalAtom, Vec<usize>>,
    /// Which actions are in each atom, by their order in the builder's universe.
    pub actions: Table<ActionAtom, Vec<usize>>,
    /// Which resources are in each atom, by the order in which the builder was told. Those that have a policy of
    /// their own are in two: one is theirs for those whom that policy names, the plain one for all others.
    pub resources: Table<ResourceAtom, Vec<usize>>,
    /// The plain atom of each that stands for resources with a policy of their own.
    pub plain: FxHashMap<ResourceAtom, ResourceAtom>,
    /// The statements.
    pub statements: Interner<StatementId, StatementKey>,
    /// The accounts; those that the input does not hold are each their own.
    pub accounts: Interner<AccountAtom, AccountKey>,
    /// The types of the policies that statements stand in.
    pub(crate) kinds: FxHashMap<StatementId, PolicyKind>,
    /// Whether statements that say the same are kept apart, as a question about one cell asks for.
    pub(crate) splits: bool,
    /// The guards.
    pub guards: Arc<Guards>,
    pub(crate) rows: Arc<Rows>,
}

/// An account of a shard.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AccountKey {
    /// This one.
    Known(AccountId),
    /// Some account that the input does not hold: that of anyone, where its own token is asked for.
    Elsewhere,
    /// One of the principals that have no account that could be named.
    Nameless(usize),
}

/// The relations, a vector each.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Rows {
    pub(crate) principal_in: Vec<(PrincipalAtom, AccountAtom)>,
    pub(crate) resource_in: Vec<(ResourceAtom, AccountAtom)>,
    pub(crate) of_caller: Vec<ResourceAtom>,
    pub(crate) like: Vec<(ResourceAtom, ResourceAtom)>,
    pub(crate) bears: Vec<ResourceAtom>,
    pub(crate) holds: Vec<(StatementId, ResourceAtom)>,
    pub(crate) principal_partitions: Vec<(PrincipalAtom, u32)>,
    pub(crate) resource_partitions: Vec<(ResourceAtom, u32)>,
    pub(crate) concerns: Vec<(ActionAtom, ResourceAtom)>,
    pub(crate) flags: Vec<(PrincipalAtom, Flag)>,
    pub(crate) trust_actions: Vec<ActionAtom>,
    pub(crate) by_token: Vec<ActionAtom>,
    pub(crate) unsigned_actions: Vec<ActionAtom>,
    pub(crate) unconditional: Vec<ActionAtom>,
    pub(crate) perhaps_unbounded: Vec<(ActionAtom, GuardId)>,
    pub(crate) perhaps_controlled: Vec<(ActionAtom, GuardId)>,
    pub(crate) resource_controlled: Vec<ActionAtom>,
    pub(crate) management: Vec<AccountAtom>,
    pub(crate) levels: Vec<(Control, AccountAtom, u32)>,
    pub(crate) effects: Vec<(StatementId, Effect)>,
    pub(crate) applies: Vec<(Layer, StatementId, PrincipalAtom, GuardId)>,
    pub(crate) names: Vec<(StatementId, PrincipalAtom, How, GuardId)>,
    pub(crate) excepts: Vec<(StatementId, PrincipalAtom, GuardId)>,
    pub(crate) spares: Vec<(StatementId, PrincipalAtom)>,
    pub(crate) of_endpoint: Vec<StatementId>,
    pub(crate) touches: Vec<(StatementId, PrincipalAtom, GuardId)>,
    pub(crate) blanket: Vec<StatementId>,
    pub(crate) acts_on: Vec<(StatementId, ActionAtom, GuardId)>,
    pub(crate) reaches: Vec<(StatementId, ResourceAtom, GuardId)>,
    pub(crate) attached_at: Vec<(Control, StatementId, u32, AccountAtom)>,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("applies", &self.applies.len()).finish_non_exhaustive()
    }
}

/// What a principal is to the rules, beside its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Flag {
    Root,
    Service,
    Provider,
    Unsigned,
    Outside(GuardId),
    Exempt,
    Bounded,
    InSession,
    ThroughEndpoint,
}

impl Facts {
    /// Leaves out statements, as if nobody had written them.
    pub(crate) fn forget(&mut self, gone: impl Fn(&StatementKey) -> bool) {
        let statements = &self.statements;
        Arc::make_mut(&mut self.rows).effects.retain(|(statement, _)| !gone(&statements[*statement]));
    }

    /// The statements that match a cell: with their layer (`None` for organization policies and
    /// resource policies, which are told by their relations) and the guard under which they do.
    pub(crate) fn matching(&self, cell: Cell) -> Vec<Match> {
        let rows = &self.rows;
        let acts = part(&rows.acts_on, |row| row.1, cell.action);
        let acts: FxHashMap<StatementId, GuardId> =
            acts.iter().map(|&(statement, _, guard)| (statement, guard)).collect();
        let mut both: FxHashMap<StatementId, Vec<GuardId>> = FxHashMap::default();
        for &(_, like) in part(&rows.like, |row| row.0, cell.resource) {
            for &(statement, _, guard) in part(&rows.reaches, |row| row.1, like) {
                if let Some(&acts) = acts.get(&statement) {
                    both.entry(statement).or_default().push(self.guards.both(acts, guard));
                }
            }
        }
        let mut found = Vec::new();
        let mut add = |attached: Attached, statement: StatementId, guard: GuardId| {
            let effect = rows.effects.binary_search_by_key(&statement, |&(known, _)| known);
            if let (Some(matched), Ok(at)) = (both.get(&statement), effect) {
                let effect = rows.effects[at].1;
                found.extend(matched.iter().map(|&matched| {
                    let guard = self.guards.both(guard, matched);
                    Match { attached, effect, statement, guard }
                }));
            }
        };
        for &(layer, statement, _, guard) in part(&rows.applies, |row| row.2, cell.principal) {
            add(Attached::Layer(layer), statement, guard);
        }
        for &(statement, _, how, guard) in part(&rows.names, |row| row.1, cell.principal) {
            add(Attached::Named(how), statement, guard);
        }
        for &(statement, _, guard) in part(&rows.excepts, |row| row.1, cell.principal) {
            add(Attached::Named(How::Everyone), statement, guard);
        }
        let touching = part(&rows.touches, |row| row.1, cell.principal);
        let accounts = |control| match control {
            Control::Service => part(&rows.principal_in, |row| row.0, cell.principal).first().map(|row| row.1),
            Control::Resource => part(&rows.resource_in, |row| row.0, cell.resource).first().map(|row| row.1),
        };
        let caller = accounts(Control::Service);
        let owner = if rows.of_caller.contains(&cell.resource) { caller } else { accounts(Control::Resource) };
        for &(control, statement, level, account) in &rows.attached_at {
            let concerned = if control == Control::Service { caller } else { owner };
            if concerned == Some(account) {
                for &(statement, _, guard) in part(touching, |row| row.0, statement) {
                    add(Attached::Level(control, level), statement, guard);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The rows of one atom: rows are made atom by atom, in the order of ids.
pub(super) fn part<T, I: Ord + Copy>(rows: &[T], atom: impl Fn(&T) -> I, wanted: I) -> &[T] {
    let start = rows.partition_point(|row| atom(row) < wanted);
    let end = start + rows[start..].partition_point(|row| atom(row) <= wanted);
    &rows[start..end]
}

/// A statement that matches a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Match {
    pub(crate) attached: Attached,
    pub(crate) effect: Effect,
    pub(crate) statement: StatementId,
    pub(crate) guard: GuardId,
}
