//! The facts, and the builder that makes them.
//!
//! A builder is told who asks, what is asked about, and which documents hang
//! where. It instantiates statements (once per distinct value of their
//! variables), matches them, and at last divides principals, actions and
//! resources into atoms: members for which every fact is the same are one. An
//! atom is exact by construction, whatever the policies read.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::context::Context;
use super::naming::{Exception, exception, names};
use super::statement::{Part, TypedStatement, add_outcome, completes, matches_action};
use super::view::{PrincipalView, RequesterKind, ResourceView, action_key, request_key};
use crate::catalog::{Action, ResourceKind};
use crate::condition::{Algebra, Guards, Known, Literal};
use crate::ids::{
    AccountAtom, ActionAtom, DocumentId, GapId, GuardId, Interner, PrincipalAtom, ResourceAtom, StatementId, Table,
};
use crate::policy::{AccountId, Coverage, Document, Effect, Fit, Pattern, PolicyKind};
use crate::rules::authorization::{self as rules, Derived};
use crate::rules::{Control, How, Layer};

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
    binding: Vec<(String, Bound)>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Bound {
    Absent,
    Value(String),
    Open(bool),
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
    /// Which resources are in each atom, by the order in which the builder was told.
    pub resources: Table<ResourceAtom, Vec<usize>>,
    /// The statements.
    pub statements: Interner<StatementId, StatementKey>,
    /// The accounts; `None` for accounts that the input does not hold, each its own.
    pub accounts: Interner<AccountAtom, AccountKey>,
    /// The guards.
    pub guards: Guards,
    pub(crate) rows: Rows,
}

/// An account of a shard.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AccountKey {
    /// This one.
    Known(AccountId),
    /// One of the principals that have no account that could be named.
    Nameless(usize),
}

/// The relations, a vector each.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) principal_in: Vec<(PrincipalAtom, AccountAtom)>,
    pub(crate) resource_in: Vec<(ResourceAtom, AccountAtom)>,
    pub(crate) concerns: Vec<(ActionAtom, ResourceAtom)>,
    pub(crate) flags: Vec<(PrincipalAtom, Flag)>,
    pub(crate) trust_actions: Vec<ActionAtom>,
    pub(crate) unsigned_actions: Vec<ActionAtom>,
    pub(crate) unconditional: Vec<ActionAtom>,
    pub(crate) perhaps_controlled: Vec<(ActionAtom, GuardId)>,
    pub(crate) resource_controlled: Vec<ActionAtom>,
    pub(crate) management: Vec<AccountAtom>,
    pub(crate) levels: Vec<(Control, AccountAtom, u32)>,
    pub(crate) effects: Vec<(StatementId, Effect)>,
    pub(crate) applies: Vec<(Layer, StatementId, PrincipalAtom, GuardId)>,
    pub(crate) names: Vec<(StatementId, PrincipalAtom, How, GuardId)>,
    pub(crate) excepts: Vec<(StatementId, PrincipalAtom, GuardId)>,
    pub(crate) spares: Vec<(StatementId, PrincipalAtom)>,
    pub(crate) touches: Vec<(StatementId, PrincipalAtom, GuardId)>,
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
    /// Runs the rules. `asked` cells are looked at even where nothing allows them.
    pub(crate) fn derive(&self, asked: &[Cell]) -> Derived {
        let rows = &self.rows;
        rules::run(|program| {
            program.extend([rules::Joins(Algebra(&self.guards))]);
            program
                .extend(rows.principal_in.iter().map(|&(principal, account)| rules::PrincipalIn(principal, account)));
            program.extend(rows.resource_in.iter().map(|&(resource, account)| rules::ResourceIn(resource, account)));
            program.extend(rows.concerns.iter().map(|&(action, resource)| rules::Concerns(action, resource)));
            for &(principal, flag) in &rows.flags {
                match flag {
                    Flag::Root => program.extend([rules::Root(principal)]),
                    Flag::Service => program.extend([rules::Service(principal)]),
                    Flag::Provider => program.extend([rules::Provider(principal)]),
                    Flag::Unsigned => program.extend([rules::Unsigned(principal)]),
                    Flag::Outside(guard) => program.extend([rules::Outside(principal, guard)]),
                    Flag::Exempt => program.extend([rules::Exempt(principal)]),
                    Flag::Bounded => program.extend([rules::Bounded(principal)]),
                    Flag::InSession => program.extend([rules::InSession(principal)]),
                    Flag::ThroughEndpoint => program.extend([rules::ThroughEndpoint(principal)]),
                }
            }
            program.extend(rows.unconditional.iter().map(|&action| rules::Unconditional(action)));
            program.extend(rows.perhaps_controlled.iter().map(|&(a, g)| rules::PerhapsControlled(a, g)));
            program.extend(rows.unsigned_actions.iter().map(|&action| rules::TakesUnsigned(action)));
            program.extend(rows.trust_actions.iter().map(|&action| rules::TrustAction(action)));
            program.extend(rows.resource_controlled.iter().map(|&action| rules::ResourceControlled(action)));
            program.extend(rows.management.iter().map(|&account| rules::Management(account)));
            program
                .extend(rows.levels.iter().map(|&(control, account, levels)| rules::Levels(control, account, levels)));
            for &(statement, effect) in &rows.effects {
                match effect {
                    Effect::Allow => program.extend([rules::Allows(statement)]),
                    Effect::Deny => program.extend([rules::Denies(statement)]),
                }
            }
            program.extend(rows.applies.iter().map(|&(l, s, p, g)| rules::Applies(l, s, p, g)));
            program.extend(rows.names.iter().map(|&(s, p, how, g)| rules::Names(s, p, how, g)));
            program.extend(rows.excepts.iter().map(|&(s, p, g)| rules::Excepts(s, p, g)));
            program.extend(rows.spares.iter().map(|&(s, p)| rules::Spares(s, p)));
            program.extend(rows.touches.iter().map(|&(s, p, g)| rules::Touches(s, p, g)));
            program.extend(rows.acts_on.iter().map(|&(s, a, g)| rules::ActsOn(s, a, g)));
            program.extend(rows.reaches.iter().map(|&(s, r, g)| rules::Reaches(s, r, g)));
            program
                .extend(rows.attached_at.iter().map(|&(c, s, level, account)| rules::AttachedAt(c, s, level, account)));
            program.extend(asked.iter().map(|cell| rules::Asked(cell.principal, cell.action, cell.resource)));
        })
    }

    /// Leaves out statements, as if nobody had written them.
    pub(crate) fn forget(&mut self, gone: impl Fn(&StatementKey) -> bool) {
        let statements = &self.statements;
        self.rows.effects.retain(|(statement, _)| !gone(&statements[*statement]));
    }

    /// The statements that match a cell: with their layer (`None` for organization policies and
    /// resource policies, which are told by their relations) and the guard under which they do.
    pub(crate) fn matching(&self, cell: Cell) -> Vec<Match> {
        let rows = &self.rows;
        let acts: FxHashMap<StatementId, GuardId> =
            rows.acts_on.iter().filter(|(_, action, _)| *action == cell.action).map(|&(s, _, g)| (s, g)).collect();
        let mut both: FxHashMap<StatementId, Vec<GuardId>> = FxHashMap::default();
        for &(statement, resource, guard) in &rows.reaches {
            if resource == cell.resource
                && let Some(&acts) = acts.get(&statement)
            {
                both.entry(statement).or_default().push(self.guards.both(acts, guard));
            }
        }
        let effects: FxHashMap<StatementId, Effect> = rows.effects.iter().copied().collect();
        let mut found = Vec::new();
        let mut add = |attached: Attached, statement: StatementId, principal: PrincipalAtom, guard: GuardId| {
            if principal == cell.principal
                && let (Some(matched), Some(&effect)) = (both.get(&statement), effects.get(&statement))
            {
                found.extend(matched.iter().map(|&matched| {
                    let guard = self.guards.both(guard, matched);
                    Match { attached, statement, effect, guard }
                }));
            }
        };
        for &(layer, statement, principal, guard) in &rows.applies {
            add(Attached::Layer(layer), statement, principal, guard);
        }
        for &(statement, principal, how, guard) in &rows.names {
            add(Attached::Named(how), statement, principal, guard);
        }
        for &(statement, principal, guard) in &rows.excepts {
            add(Attached::Named(How::Everyone), statement, principal, guard);
        }
        for &(control, statement, level, account) in &rows.attached_at {
            let concerned = match control {
                Control::Service => rows.principal_in.contains(&(cell.principal, account)),
                Control::Resource => rows.resource_in.contains(&(cell.resource, account)),
            };
            if concerned {
                for &(touching, principal, guard) in rows.touches.iter().filter(|(touching, ..)| *touching == statement)
                {
                    add(Attached::Level(control, level), touching, principal, guard);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// A statement that matches a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Match {
    pub(crate) attached: Attached,
    pub(crate) effect: Effect,
    pub(crate) statement: StatementId,
    pub(crate) guard: GuardId,
}

/// Where a matching statement hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Attached {
    Layer(Layer),
    Named(How),
    Level(Control, u32),
}

/// Makes facts. Members are told one by one and numbered from nought.
pub struct Builder<'a> {
    documents: &'a Table<DocumentId, Document>,
    typed: FxHashMap<DocumentId, Arc<Vec<TypedStatement>>>,
    context: &'a Context,
    actions: &'a [Action],
    guards: Guards,
    statements: Interner<StatementId, StatementKey>,
    kinds: FxHashMap<StatementId, PolicyKind>,
    accounts: Interner<AccountAtom, AccountKey>,
    principals: Vec<Member>,
    resources: Vec<Held>,
    levels: Vec<(Control, AccountAtom, u32)>,
    management: Vec<AccountAtom>,
    attached_at: Vec<(Control, StatementId, u32, AccountAtom)>,
    /// Statements of resource policies reach only the resources that hold them.
    holders: FxHashMap<StatementId, Vec<usize>>,
    /// Some statements are about some actions only: a registry policy of the first scope (Q22).
    restricted: FxHashMap<StatementId, Vec<String>>,
    splits: bool,
}

struct Member {
    view: PrincipalView,
    account: AccountAtom,
    flags: Vec<Flag>,
    applies: Vec<(Layer, StatementId, GuardId)>,
    names: Vec<(StatementId, How, GuardId)>,
    excepts: Vec<(StatementId, GuardId)>,
    spares: Vec<StatementId>,
    touches: Vec<(StatementId, GuardId)>,
}

struct Held {
    view: ResourceView,
    account: AccountAtom,
}

impl<'a> Builder<'a> {
    /// A builder over documents, for a universe of actions and a context.
    #[must_use]
    pub fn new(documents: &'a Table<DocumentId, Document>, actions: &'a [Action], context: &'a Context) -> Self {
        Self {
            documents,
            typed: FxHashMap::default(),
            context,
            actions,
            guards: Guards::default(),
            statements: Interner::new(),
            kinds: FxHashMap::default(),
            accounts: Interner::new(),
            principals: Vec::new(),
            resources: Vec::new(),
            levels: Vec::new(),
            management: Vec::new(),
            attached_at: Vec::new(),
            holders: FxHashMap::default(),
            restricted: FxHashMap::default(),
            splits: false,
        }
    }

    /// Makes every member an atom of its own, for a question about one of them.
    pub fn split(&mut self) {
        self.splits = true;
    }

    /// Adds a principal and returns its number.
    pub fn principal(&mut self, view: PrincipalView) -> usize {
        let number = self.principals.len();
        let account = self.accounts.intern(view.account.map_or(AccountKey::Nameless(number), AccountKey::Known));
        let mut flags = Vec::new();
        match view.kind {
            RequesterKind::Root => flags.push(Flag::Root),
            RequesterKind::Service => flags.push(Flag::Service),
            RequesterKind::Provider => flags.push(Flag::Provider),
            RequesterKind::Anonymous => flags.push(Flag::Unsigned),
            // L8, E31: without a session policy a federated user has nothing of its user's.
            RequesterKind::FederatedUser => flags.push(Flag::InSession),
            _ => {}
        }
        let service_linked = view.arn.as_ref().is_some_and(|arn| arn.resource().starts_with("role/aws-service-role/"));
        if service_linked && matches!(view.kind, RequesterKind::Role | RequesterKind::Session) {
            flags.push(Flag::Exempt);
        }
        self.principals.push(Member {
            view,
            account,
            flags,
            applies: Vec::new(),
            names: Vec::new(),
            excepts: Vec::new(),
            spares: Vec::new(),
            touches: Vec::new(),
        });
        number
    }

    /// Says that a principal's own side cannot be seen (E25).
    pub fn outside(&mut self, principal: usize, gap: GapId) {
        let guard = self.guards.all([Literal::Missing(gap)]);
        self.principals[principal].flags.push(Flag::Outside(guard));
    }

    /// Says that a boundary is set; its statements are attached at its layer.
    pub fn bounded(&mut self, principal: usize) {
        self.principals[principal].flags.push(Flag::Bounded);
    }

    /// Says that a session policy was passed.
    pub fn in_session(&mut self, principal: usize) {
        self.principals[principal].flags.push(Flag::InSession);
    }

    /// Says that the request comes through an endpoint with a policy.
    pub fn through_endpoint(&mut self, principal: usize) {
        self.principals[principal].flags.push(Flag::ThroughEndpoint);
    }

    /// Adds a resource and returns its number.
    pub fn resource(&mut self, view: ResourceView) -> usize {
        let nameless = usize::MAX - self.resources.len();
        let account = self.accounts.intern(view.account.map_or(AccountKey::Nameless(nameless), AccountKey::Known));
        self.resources.push(Held { view, account });
        self.resources.len() - 1
    }

    /// The view of a resource that was added.
    #[must_use]
    pub fn resource_view(&self, resource: usize) -> &ResourceView {
        &self.resources[resource].view
    }

    /// Whether an Allow statement of a document could, by its elements alone, match some action on
    /// some resource that was added.
    #[must_use]
    pub fn could_allow(&mut self, document: DocumentId) -> bool {
        let allows = |statement: &&crate::policy::Statement| statement.effect == Effect::Allow;
        self.documents[document].statements.iter().filter(allows).any(|statement| {
            let concerns = self.actions.iter().filter(|action| matches_action(statement, action).is_some());
            let kinds: Vec<ResourceKind> = concerns.flat_map(|action| action.on.iter().copied()).collect();
            self.resources.iter().any(|held| {
                let view = &held.view;
                kinds.contains(&view.kind)
                    && match &statement.resources {
                        None => true,
                        Some(element) if element.negated => true,
                        Some(element) => element.entries.iter().any(|entry| {
                            entry.value.0.variables().next().is_some()
                                || self.fit_one(&entry.value.0, view, true).is_some()
                        }),
                    }
            })
        })
    }

    /// Attaches a document to a principal at a layer.
    pub fn attach(&mut self, layer: Layer, document: DocumentId, kind: PolicyKind, principal: usize) {
        for (index, typed) in self.typed(document).iter().enumerate() {
            let source = written(document, index);
            let Some((statement, guard)) = self.instantiate(source, kind, typed, principal) else { continue };
            self.principals[principal].applies.push((layer, statement, guard));
        }
    }

    /// Attaches the policy of the endpoint that a request comes through. Its statements count where
    /// they name the principal (L30).
    pub fn attach_endpoint(&mut self, document: DocumentId, principal: usize) {
        let documents = self.documents;
        for (index, typed) in self.typed(document).iter().enumerate() {
            let Some(element) = &documents[document].statements[index].principals else { continue };
            let entries = element.entries.iter().map(|entry| &entry.value);
            let view = &self.principals[principal].view;
            let named = entries.clone().any(|entry| names(entry, view).is_some());
            let concerned = if element.negated { exception(entries, view) == Exception::NotListed } else { named };
            if !concerned {
                continue;
            }
            let source = written(document, index);
            let Some((statement, guard)) = self.instantiate(source, PolicyKind::Endpoint, typed, principal) else {
                continue;
            };
            self.principals[principal].applies.push((Layer::Endpoint, statement, guard));
        }
    }

    /// Attaches a policy that the input lacks: it may allow everything (L5).
    pub fn attach_missing(&mut self, layer: Layer, gap: GapId, principal: usize) {
        let statement =
            self.statements.intern(StatementKey { source: StatementSource::Missing(gap), binding: Vec::new() });
        let guard = self.guards.all([Literal::Missing(gap)]);
        self.principals[principal].applies.push((layer, statement, guard));
    }

    /// Supposes an Allow statement that matches everything, at a layer.
    pub fn suppose(&mut self, layer: Layer, number: u32, principal: usize) {
        let statement = self.supposed(number);
        self.principals[principal].applies.push((layer, statement, GuardId::ALWAYS));
    }

    /// Supposes an Allow statement of a resource policy that names the principal in this way.
    pub fn suppose_named(&mut self, how: How, number: u32, principal: usize) {
        let statement = self.supposed(number);
        self.principals[principal].names.push((statement, how, GuardId::ALWAYS));
    }

    fn supposed(&mut self, number: u32) -> StatementId {
        self.statements.intern(StatementKey { source: StatementSource::Supposed(number), binding: Vec::new() })
    }

    /// Attaches a resource policy: to the resources that hold it, and to all principals that were added.
    ///
    /// With `only`, the policy governs just these actions (Q22).
    pub fn attach_to_resources(
        &mut self,
        document: DocumentId,
        kind: PolicyKind,
        holders: &[usize],
        only: Option<&[&str]>,
    ) {
        let documents = self.documents;
        for (index, typed) in self.typed(document).iter().enumerate() {
            let written_statement = &documents[document].statements[index];
            let Some(element) = &written_statement.principals else { continue };
            for principal in 0..self.principals.len() {
                let view = &self.principals[principal].view;
                let entries = element.entries.iter().map(|entry| &entry.value);
                let mut ways: Vec<How> = Vec::new();
                let mut spared = None;
                if element.negated {
                    spared = Some(exception(entries, view));
                } else {
                    ways.extend(entries.filter_map(|entry| names(entry, view)));
                    ways.sort_unstable();
                    ways.dedup();
                    if ways.is_empty() {
                        continue;
                    }
                }
                let kind_of_requester = view.kind;
                let source = written(document, index);
                let Some((statement, guard)) = self.instantiate(source, kind, typed, principal) else { continue };
                self.restrict(statement, holders, only);
                let allow = typed.effect == Effect::Allow;
                let read = |rule, followed| self.guards.all([Literal::Reading(rule, followed)]);
                if let Some(exception) = spared {
                    // A31: AWS no longer supports it; an old stored one allows everyone who is not listed.
                    let guard = if allow { self.guards.both(guard, read("A31", true)) } else { guard };
                    if exception == Exception::Doubtful {
                        let other = self.guards.both(guard, read("Z8", false));
                        self.principals[principal].names.push((statement, How::Everyone, other));
                    }
                    self.principals[principal].excepts.push((statement, guard));
                    if exception != Exception::NotListed {
                        self.principals[principal].spares.push(statement);
                    }
                    continue;
                }
                for how in ways {
                    let guard = match (how, kind_of_requester, allow) {
                        (How::Everyone, RequesterKind::Service, true) => self.guards.both(guard, read("Z13", true)),
                        (How::UserOfSession, _, false) => self.guards.both(guard, read("A26", true)),
                        _ => guard,
                    };
                    self.principals[principal].names.push((statement, how, guard));
                }
            }
        }
    }

    fn restrict(&mut self, statement: StatementId, holders: &[usize], only: Option<&[&str]>) {
        let known = self.holders.entry(statement).or_default();
        for &holder in holders {
            if !known.contains(&holder) {
                known.push(holder);
            }
        }
        if let Some(only) = only {
            self.restricted.insert(statement, only.iter().map(|name| (*name).to_owned()).collect());
        }
    }

    /// Says how many levels of the organization stand above an account.
    pub fn levels(&mut self, control: Control, account: AccountId, levels: u32) {
        let account = self.accounts.intern(AccountKey::Known(account));
        self.levels.push((control, account, levels));
    }

    /// Says that an account manages its organization.
    pub fn management(&mut self, account: AccountId) {
        let account = self.accounts.intern(AccountKey::Known(account));
        self.management.push(account);
    }

    /// Attaches an organization policy at a level above an account. All principals must have been added.
    pub fn attach_control(&mut self, control: Control, document: DocumentId, level: u32, account: AccountId) {
        let kind = match control {
            Control::Service => PolicyKind::ServiceControl,
            Control::Resource => PolicyKind::ResourceControl,
        };
        let account_atom = self.accounts.intern(AccountKey::Known(account));
        for (index, typed) in self.typed(document).iter().enumerate() {
            for principal in 0..self.principals.len() {
                if control == Control::Service && self.principals[principal].account != account_atom {
                    continue;
                }
                let source = written(document, index);
                let Some((statement, guard)) = self.instantiate(source, kind, typed, principal) else { continue };
                self.touch(control, statement, guard, level, account_atom, principal);
            }
        }
    }

    /// Attaches a level that allows everything: the input does not tell what hangs there.
    pub fn attach_control_missing(&mut self, control: Control, gap: GapId, level: u32, account: AccountId) {
        let account = self.accounts.intern(AccountKey::Known(account));
        let statement =
            self.statements.intern(StatementKey { source: StatementSource::Missing(gap), binding: Vec::new() });
        let guard = self.guards.all([Literal::Missing(gap)]);
        for principal in 0..self.principals.len() {
            self.touch(control, statement, guard, level, account, principal);
        }
    }

    /// Supposes that a level allows everything.
    pub fn suppose_control(&mut self, control: Control, level: u32, account: AccountId, number: u32, principal: usize) {
        let account = self.accounts.intern(AccountKey::Known(account));
        let statement = self.supposed(number);
        self.touch(control, statement, GuardId::ALWAYS, level, account, principal);
    }

    fn touch(
        &mut self,
        control: Control,
        statement: StatementId,
        guard: GuardId,
        level: u32,
        account: AccountAtom,
        principal: usize,
    ) {
        self.attached_at.push((control, statement, level, account));
        let touches = &mut self.principals[principal].touches;
        if !touches.contains(&(statement, guard)) {
            touches.push((statement, guard));
        }
    }

    // --- instances ---

    fn typed(&mut self, document: DocumentId) -> Arc<Vec<TypedStatement>> {
        let documents = self.documents;
        let typed = self.typed.entry(document).or_insert_with(|| {
            let document = &documents[document];
            Arc::new(document.statements.iter().map(|statement| TypedStatement::new(document, statement)).collect())
        });
        Arc::clone(typed)
    }

    /// The instance of a statement for a principal, and what its conditions on principal and request
    /// come to; `None` if they cannot hold.
    fn instantiate(
        &mut self,
        source: StatementSource,
        kind: PolicyKind,
        typed: &TypedStatement,
        principal: usize,
    ) -> Option<(StatementId, GuardId)> {
        let view = &self.principals[principal].view;
        let mut literals: Vec<Literal> =
            typed.unreadable.iter().map(|text| Literal::Unreadable(text.clone(), true)).collect();
        let known = |key: &str| self.known(key, Some(view), None, None);
        for (_, test) in typed.tests.iter().filter(|(part, _)| *part == Part::Principal) {
            if !add_outcome(test.decide(&known), &mut literals) {
                return None;
            }
        }
        let bind = |key: &String| {
            let bound = match known(key) {
                Known::Absent => Bound::Absent,
                Known::Values(values) if values.len() == 1 => Bound::Value(values[0].clone()),
                Known::Unknown { always_present } => Bound::Open(always_present),
                Known::Prefixed(_) => Bound::Open(true),
                _ => Bound::Open(false),
            };
            (key.clone(), bound)
        };
        let binding = typed.binding.iter().map(bind).collect();
        let statement = self.statements.intern(StatementKey { source, binding });
        self.kinds.insert(statement, kind);
        Some((statement, self.guards.all(literals)))
    }

    fn known(
        &self,
        key: &str,
        principal: Option<&PrincipalView>,
        resource: Option<&ResourceView>,
        action: Option<&Action>,
    ) -> Known {
        if let Some(given) = self.context.given(key) {
            return given;
        }
        let of_resource = resource.and_then(|view| view.known(key, self.context));
        if let Some(known) = principal.and_then(|view| view.known(key, self.context)).or(of_resource) {
            return known;
        }
        if key.starts_with("aws:requesttag/")
            || key == "aws:tagkeys"
            || key.starts_with("sts:")
            || key == "ecr:accountsetting"
        {
            return match action {
                Some(action) => action_key(action, key, self.context),
                None => self.context.open(Known::UNKNOWN),
            };
        }
        match principal {
            Some(view) => request_key(key, view, action, self.context),
            None => self.context.open(Known::UNKNOWN),
        }
    }

    fn bound(&self, key: &StatementKey, name: &str) -> Option<Known> {
        let (_, bound) = key.binding.iter().find(|(own, _)| own == name)?;
        Some(match bound {
            Bound::Absent => Known::Absent,
            Bound::Value(value) => Known::value(value),
            Bound::Open(always_present) => Known::Unknown { always_present: *always_present },
        })
    }

    // --- matching ---

    /// The guard under which an instance acts on an action, if it can.
    fn acts_on(&self, statement: StatementId, action: &Action) -> Option<GuardId> {
        let key = &self.statements[statement];
        if let Some(only) = self.restricted.get(&statement)
            && !only.contains(&action.to_string())
        {
            return None;
        }
        let StatementSource::Written(document, index) = key.source else { return Some(GuardId::ALWAYS) };
        let written = &self.documents[document].statements[index as usize];
        let mut literals = Vec::new();
        if let Some(rule) = matches_action(written, action)? {
            literals.push(Literal::Reading(rule, true));
        }
        let typed = &self.typed[&document][index as usize];
        let known = |name: &str| self.bound(key, name).unwrap_or_else(|| self.known(name, None, None, Some(action)));
        for (_, test) in typed.tests.iter().filter(|(part, _)| *part == Part::Action) {
            if !add_outcome(test.decide(&known), &mut literals) {
                return None;
            }
        }
        Some(self.guards.all(literals))
    }

    /// The guards under which an instance reaches a resource, one an alternative; none if it cannot.
    fn reaches(&self, statement: StatementId, resource: usize) -> Vec<GuardId> {
        let key = &self.statements[statement];
        if let Some(holders) = self.holders.get(&statement)
            && !holders.contains(&resource)
        {
            return Vec::new();
        }
        let StatementSource::Written(document, index) = key.source else { return vec![GuardId::ALWAYS] };
        let written = &self.documents[document].statements[index as usize];
        let view = &self.resources[resource].view;
        let alternatives = match &written.resources {
            Some(element) => {
                let completed = self.kinds.get(&statement).is_some_and(|kind| completes(*kind));
                self.fit(key, element, view, completed)
            }
            // M19, R16: a policy without Resource is about the resource that holds it.
            None if view.kind == ResourceKind::None => Vec::new(),
            None => vec![Vec::new()],
        };
        if alternatives.is_empty() {
            return Vec::new();
        }
        let typed = &self.typed[&document][index as usize];
        let known = |name: &str| self.bound(key, name).unwrap_or_else(|| self.known(name, None, Some(view), None));
        let mut literals = Vec::new();
        for (_, test) in typed.tests.iter().filter(|(part, _)| *part == Part::Resource) {
            if !add_outcome(test.decide(&known), &mut literals) {
                return Vec::new();
            }
        }
        alternatives.into_iter().map(|one| self.guards.all(one.into_iter().chain(literals.iter().cloned()))).collect()
    }

    /// Whether a Resource or NotResource element covers a resource: alternatives of literals that must hold for it.
    fn fit(
        &self,
        key: &StatementKey,
        element: &crate::policy::Element<crate::policy::ResourcePattern>,
        view: &ResourceView,
        completed: bool,
    ) -> Vec<Vec<Literal>> {
        let mut alternatives: Vec<Vec<Literal>> = Vec::new();
        let mut valueless = false;
        for entry in &element.entries {
            let mut unsettled = false;
            let resolved = entry.value.0.resolve(|variable| {
                let known =
                    self.bound(key, &variable.key).unwrap_or_else(|| self.known(&variable.key, None, Some(view), None));
                known.substitute().unwrap_or_else(|_| {
                    unsettled = true;
                    None
                })
            });
            match resolved {
                _ if unsettled => {
                    alternatives.push(vec![Literal::Unreadable(format!("Resource {}", entry.value.0.as_str()), true)]);
                }
                Some(pattern) => alternatives.extend(self.fit_one(&pattern, view, completed)),
                None => valueless = true,
            }
        }
        if !element.negated {
            // One match that asks for nothing says it all.
            return match alternatives.iter().any(Vec::is_empty) {
                true => vec![Vec::new()],
                false => alternatives,
            };
        }
        let mut literals = Vec::new();
        if element.entries.is_empty() {
            literals.push(Literal::Reading("Z20", true));
        }
        for alternative in alternatives {
            match alternative.into_iter().next() {
                None => return Vec::new(),
                Some(literal) => literals.push(literal.opposite()),
            }
        }
        if valueless {
            literals.push(Literal::Reading("Z4", true));
        }
        vec![literals]
    }

    /// Whether one pattern covers a resource: nothing, or the one literal that must hold for it.
    fn fit_one(&self, pattern: &Pattern, view: &ResourceView, completed: bool) -> Option<Vec<Literal>> {
        let pattern = crate::policy::ResourcePattern(pattern.clone());
        let fit = match view.kind {
            ResourceKind::None => pattern.fit_no_resource(),
            ResourceKind::NewRepository => {
                let (fit, coverage) = pattern.fit_unnamed(&view.arn, completed);
                match coverage {
                    Coverage::None if fit == Fit::Never => return None,
                    Coverage::Some => return Some(vec![Literal::NewName(pattern.0.as_str().to_owned(), true)]),
                    _ => fit,
                }
            }
            _ => pattern.fit(&view.arn, completed),
        };
        match fit {
            Fit::Never => None,
            Fit::Unlikely(rule) => Some(vec![Literal::Reading(rule, false)]),
            Fit::Likely(rule) => Some(vec![Literal::Reading(rule, true)]),
            Fit::Always => Some(Vec::new()),
        }
    }

    // --- atoms ---

    /// Divides the universes into atoms and makes the facts.
    #[must_use]
    pub fn finish(mut self) -> Facts {
        for member in &mut self.principals {
            member.flags.sort_unstable();
            member.flags.dedup();
            for list in [&mut member.excepts, &mut member.touches] {
                list.sort_unstable();
            }
            member.applies.sort_unstable();
            member.names.sort_unstable();
            member.spares.sort_unstable();
            member.applies.dedup();
        }
        let statements: Vec<StatementId> = self.statements.iter().map(|(id, _)| id).collect();
        let acts: Vec<Vec<(StatementId, GuardId)>> = self
            .actions
            .iter()
            .map(|action| {
                statements.iter().filter_map(|&statement| Some((statement, self.acts_on(statement, action)?))).collect()
            })
            .collect();
        let reach: Vec<Vec<(StatementId, GuardId)>> = (0..self.resources.len())
            .map(|resource| {
                let guards = |&statement: &StatementId| {
                    self.reaches(statement, resource).into_iter().map(move |guard| (statement, guard))
                };
                statements.iter().flat_map(guards).collect()
            })
            .collect();
        self.assemble(&statements, &acts, &reach)
    }

    fn assemble(
        self,
        statements: &[StatementId],
        acts: &[Vec<(StatementId, GuardId)>],
        reach: &[Vec<(StatementId, GuardId)>],
    ) -> Facts {
        let mut rows = Rows::default();
        let splits = self.splits;
        let own = |number: usize| if splits { number } else { 0 };

        let action_key = |number: usize| {
            let action = &self.actions[number];
            let trust = is_trust_action(action);
            (&action.service, &action.on, &action.keys, action.resource_control, trust, &acts[number], own(number))
        };
        let (actions, action_of) = group::<ActionAtom, _>(self.actions.len(), action_key);
        let resource_key = |number: usize| {
            let held = &self.resources[number];
            let view = &held.view;
            (view.kind, &view.service, &view.region, held.account, &reach[number], own(number))
        };
        let (resources, _) = group::<ResourceAtom, _>(self.resources.len(), resource_key);
        let principal_key = |number: usize| {
            let member = &self.principals[number];
            (
                member.view.kind,
                member.account,
                &member.flags,
                &member.applies,
                &member.names,
                (&member.excepts, &member.spares, &member.touches, own(number)),
            )
        };
        let (principals, _) = group::<PrincipalAtom, _>(self.principals.len(), principal_key);

        for (atom, members) in actions.iter() {
            let first = members[0];
            let action = &self.actions[first];
            if is_trust_action(action) {
                rows.trust_actions.push(atom);
            }
            if action.unconditional {
                rows.unconditional.push(atom);
            }
            if action.resource_control_doubtful {
                rows.perhaps_controlled.push((atom, self.guards.all([Literal::Reading("Z11", false)])));
            }
            if action.unsigned {
                rows.unsigned_actions.push(atom);
            }
            if action.resource_control {
                rows.resource_controlled.push(atom);
            }
            rows.acts_on.extend(acts[first].iter().map(|&(statement, guard)| (statement, atom, guard)));
        }
        for (atom, members) in resources.iter() {
            let held = &self.resources[members[0]];
            rows.resource_in.push((atom, held.account));
            rows.reaches.extend(reach[members[0]].iter().map(|&(statement, guard)| (statement, atom, guard)));
            for (action_atom, action_members) in actions.iter() {
                let action = &self.actions[action_members[0]];
                if concerns(action, &held.view) {
                    rows.concerns.push((action_atom, atom));
                }
            }
        }
        for (atom, members) in principals.iter() {
            let member = &self.principals[members[0]];
            rows.principal_in.push((atom, member.account));
            rows.flags.extend(member.flags.iter().map(|&flag| (atom, flag)));
            rows.applies
                .extend(member.applies.iter().map(|&(layer, statement, guard)| (layer, statement, atom, guard)));
            rows.names.extend(member.names.iter().map(|&(statement, how, guard)| (statement, atom, how, guard)));
            rows.excepts.extend(member.excepts.iter().map(|&(statement, guard)| (statement, atom, guard)));
            rows.spares.extend(member.spares.iter().map(|&statement| (statement, atom)));
            rows.touches.extend(member.touches.iter().map(|&(statement, guard)| (statement, atom, guard)));
        }
        for &statement in statements {
            let effect = match self.statements[statement].source {
                StatementSource::Written(document, index) => self.documents[document].statements[index as usize].effect,
                StatementSource::Missing(_) | StatementSource::Supposed(_) => Effect::Allow,
            };
            rows.effects.push((statement, effect));
        }
        rows.levels = self.levels;
        rows.management = self.management;
        rows.attached_at = self.attached_at;
        rows.attached_at.sort_unstable();
        rows.attached_at.dedup();
        debug_assert_eq!(action_of.len(), self.actions.len());
        Facts {
            principals,
            actions,
            resources,
            statements: self.statements,
            accounts: self.accounts,
            guards: self.guards,
            rows,
        }
    }
}

fn written(document: DocumentId, index: usize) -> StatementSource {
    StatementSource::Written(document, u32::try_from(index).expect("a document holds fewer than 2^32 statements"))
}

fn is_trust_action(action: &Action) -> bool {
    action.service == "sts" && action.on.contains(&ResourceKind::Role)
}

/// Whether the action is performed on this resource: kind and service agree. The token action of
/// STS is asked where the public registry is (R16).
fn concerns(action: &Action, view: &ResourceView) -> bool {
    let service = match action.name.as_str() {
        "GetServiceBearerToken" if view.service == "ecr-public" => "ecr-public",
        _ => &action.service,
    };
    action.on.contains(&view.kind) && (service == view.service || view.service.is_empty())
}

/// Members with equal keys are one atom, numbered in order of first sight.
fn group<I: crate::ids::Id, K: Eq + std::hash::Hash>(
    count: usize,
    key: impl Fn(usize) -> K,
) -> (Table<I, Vec<usize>>, BTreeMap<usize, I>) {
    let mut by_key: FxHashMap<K, I> = FxHashMap::default();
    let mut atoms: Table<I, Vec<usize>> = Table::new();
    let mut atom_of = BTreeMap::new();
    for number in 0..count {
        let atom = *by_key.entry(key(number)).or_insert_with(|| atoms.push(Vec::new()));
        atoms.get_mut(atom).expect("the atom was just looked up").push(number);
        atom_of.insert(number, atom);
    }
    (atoms, atom_of)
}
