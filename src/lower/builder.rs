//! Telling the builder who asks, what is asked about, and which documents hang where.
//!
//! Statements are instantiated once per distinct value of their variables. The
//! matching of instances is in [`super::matching`], the division into atoms in
//! [`super::atoms`].

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::context::Context;
use super::facts::{AccountKey, Flag, StatementKey, StatementSource};
use super::naming::{Exception, exception, names};
use super::statement::{TypedDocument, TypedStatement, matches_action};
use super::view::{PrincipalView, RequesterKind, ResourceView};
use crate::catalog::{Action, ResourceKind};
use crate::condition::{Guards, Known, Literal};
use crate::ids::{AccountAtom, DocumentId, GapId, GuardId, Interner, StatementId, Table};
use crate::policy::{AccountId, Document, Effect, Fit, PolicyKind, Statement};
use crate::rules::{Control, How, Layer};

/// Makes facts. Members are told one by one and numbered from nought.
pub struct Builder<'a> {
    pub(super) documents: &'a Table<DocumentId, Document>,
    pub(super) typed: FxHashMap<DocumentId, Arc<TypedDocument>>,
    pub(super) context: &'a Context,
    pub(super) actions: &'a [Action],
    pub(super) guards: Guards,
    pub(super) statements: Interner<StatementId, StatementKey>,
    pub(super) kinds: FxHashMap<StatementId, PolicyKind>,
    pub(super) accounts: Interner<AccountAtom, AccountKey>,
    pub(super) principals: Vec<Member>,
    pub(super) resources: Vec<Held>,
    pub(super) levels: Vec<(Control, AccountAtom, u32)>,
    pub(super) management: Vec<AccountAtom>,
    pub(super) attached_at: Vec<(Control, StatementId, u32, AccountAtom)>,
    /// Statements of resource policies reach only the resources that hold them.
    pub(super) holders: FxHashMap<StatementId, Vec<usize>>,
    /// Some statements are about some actions only: a registry policy of the first scope (Q22).
    pub(super) restricted: FxHashMap<StatementId, Vec<String>>,
    /// Statements of endpoint policies.
    pub(super) of_endpoint: std::collections::BTreeSet<StatementId>,
    pub(super) splits: bool,
}

/// A principal, with the statements that match it.
pub(super) struct Member {
    pub(super) view: PrincipalView,
    pub(super) account: AccountAtom,
    pub(super) flags: Vec<Flag>,
    pub(super) applies: Vec<(Layer, StatementId, GuardId)>,
    pub(super) names: Vec<(StatementId, How, GuardId)>,
    pub(super) excepts: Vec<(StatementId, GuardId)>,
    pub(super) spares: Vec<StatementId>,
    pub(super) touches: Vec<(StatementId, GuardId)>,
}

/// A resource, with its owner.
pub(super) struct Held {
    pub(super) view: ResourceView,
    pub(super) account: AccountAtom,
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
            of_endpoint: std::collections::BTreeSet::new(),
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
        let account = self.accounts.intern(match (view.account, view.kind) {
            (Some(account), _) => AccountKey::Known(account),
            (None, RequesterKind::Anyone) => AccountKey::Elsewhere,
            (None, _) => AccountKey::Nameless(number),
        });
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
        flags.extend(view.is_service_linked().then_some(Flag::Exempt));
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
        let account = self.accounts.intern(match (view.account, view.kind) {
            (Some(account), _) => AccountKey::Known(account),
            (None, ResourceKind::None) => AccountKey::Elsewhere,
            (None, _) => AccountKey::Nameless(nameless),
        });
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
    pub fn could_allow(&self, document: DocumentId) -> bool {
        let statements = self.documents[document].statements.iter();
        statements.filter(|statement| statement.effect == Effect::Allow).any(|statement| self.concerns(statement))
    }

    /// Whether a statement could, by its elements alone, match some action on some resource that was added.
    pub(super) fn concerns(&self, statement: &Statement) -> bool {
        let matched = self.actions.iter().filter(|action| matches_action(statement, action) != Fit::Never);
        let kinds: Vec<ResourceKind> = matched.flat_map(|action| action.on.iter().copied()).collect();
        let covers = |view: &ResourceView| match &statement.resources {
            None => true,
            Some(element) if element.negated => true,
            Some(element) => element.entries.iter().any(|entry| {
                entry.value.0.variables().next().is_some() || Self::fit_one(&entry.value, view, true).is_some()
            }),
        };
        self.resources.iter().any(|held| kinds.contains(&held.view.kind) && covers(&held.view))
    }

    /// Attaches a document to a principal at a layer.
    pub fn attach(&mut self, layer: Layer, document: DocumentId, kind: PolicyKind, principal: usize) {
        for (index, typed) in self.typed(document).live() {
            let source = written(document, index);
            let Some((statement, guard)) = self.instantiate(source, kind, typed, principal) else { continue };
            self.principals[principal].applies.push((layer, statement, guard));
        }
    }

    /// Attaches the policy of the endpoint that a request comes through. Its statements count where
    /// they name the principal (L30).
    pub fn attach_endpoint(&mut self, document: DocumentId, principal: usize) {
        for (index, typed) in self.typed(document).live() {
            let named = self.name(document, index, typed, PolicyKind::Endpoint, principal, false);
            self.of_endpoint.extend(named);
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
        for (index, typed) in self.typed(document).live() {
            for principal in 0..self.principals.len() {
                if let Some(statement) = self.name(document, index, typed, kind, principal, only.is_some()) {
                    self.restrict(statement, holders, only);
                }
            }
        }
    }

    /// In which ways a statement names a principal, if its conditions can hold; the instance that does.
    fn name(
        &mut self,
        document: DocumentId,
        index: usize,
        typed: &TypedStatement,
        kind: PolicyKind,
        principal: usize,
        restricted: bool,
    ) -> Option<StatementId> {
        let element = self.documents[document].statements[index].principals.as_ref()?;
        let allow = typed.effect == Effect::Allow;
        let view = &self.principals[principal].view;
        let entries = element.entries.iter().map(|entry| &entry.value);
        let mut ways: Vec<How> = entries.clone().filter_map(|entry| names(entry, view)).collect();
        ways.sort_unstable();
        ways.dedup();
        if !element.negated && ways.is_empty() {
            return None;
        }
        let spared = match exception(&entries, view) {
            // A31: whoever is listed in any way is not among the others.
            _ if allow && !ways.is_empty() => Exception::Listed,
            exception => exception,
        };
        let by_service = view.kind == RequesterKind::Service;
        let (mut statement, guard) = self.instantiate(written(document, index), kind, typed, principal)?;
        if restricted {
            statement = self.apart(statement, kind);
        }
        let read = |rule, followed| self.guards.both(guard, self.guards.all([Literal::Reading(rule, followed)]));
        if element.negated {
            // A31: AWS no longer supports it; an old stored one allows everyone who is not listed.
            let guard = if allow { read("A31", true) } else { guard };
            if spared == Exception::Doubtful {
                let other = read("Z8", false);
                self.principals[principal].names.push((statement, How::Everyone, other));
            }
            self.principals[principal].excepts.push((statement, guard));
            if spared != Exception::NotListed {
                self.principals[principal].spares.push(statement);
            }
            return Some(statement);
        }
        for how in ways {
            let guard = match (how, by_service, allow) {
                (How::Everyone, true, true) => {
                    self.guards.both(guard, self.guards.all([Literal::Reading("Z13", true)]))
                }
                (How::UserOfSession, _, false) => {
                    self.guards.both(guard, self.guards.all([Literal::Reading("A26", true)]))
                }
                _ => guard,
            };
            self.principals[principal].names.push((statement, how, guard));
        }
        Some(statement)
    }

    /// The instance for a registry of the first scope: the same text may hang on one of the second too.
    fn apart(&mut self, statement: StatementId, kind: PolicyKind) -> StatementId {
        let mut key = self.statements[statement].clone();
        key.binding.push(("registry policy scope".to_owned(), Known::value("V1")));
        let apart = self.statements.intern(key);
        self.kinds.insert(apart, kind);
        apart
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

    /// Whether some resource that was added is each caller's own.
    #[must_use]
    pub fn has_home(&self) -> bool {
        self.resources.iter().any(|held| held.view.of_caller)
    }

    /// Attaches an organization policy at a level above an account. All principals must have been added.
    ///
    /// `own`: it concerns principals of that account only, as service control policies always do.
    pub fn attach_control(
        &mut self,
        control: Control,
        document: DocumentId,
        level: u32,
        account: AccountId,
        own: bool,
    ) {
        let kind = match control {
            Control::Service => PolicyKind::ServiceControl,
            Control::Resource => PolicyKind::ResourceControl,
        };
        let account_atom = self.accounts.intern(AccountKey::Known(account));
        for (index, typed) in self.typed(document).live() {
            for principal in 0..self.principals.len() {
                if own && self.principals[principal].account != account_atom {
                    continue;
                }
                let source = written(document, index);
                let Some((statement, guard)) = self.instantiate(source, kind, typed, principal) else { continue };
                self.touch(control, statement, guard, level, account_atom, principal);
            }
        }
    }

    /// Attaches a level that allows everything: the input does not tell what hangs there. `own` as for what hangs.
    pub fn attach_control_missing(&mut self, control: Control, gap: GapId, level: u32, account: AccountId, own: bool) {
        let account = self.accounts.intern(AccountKey::Known(account));
        let statement =
            self.statements.intern(StatementKey { source: StatementSource::Missing(gap), binding: Vec::new() });
        let guard = self.guards.all([Literal::Missing(gap)]);
        for principal in 0..self.principals.len() {
            if own && self.principals[principal].account != account {
                continue;
            }
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
}

/// The source of a document's statement.
pub(super) fn written(document: DocumentId, index: usize) -> StatementSource {
    StatementSource::Written(document, u32::try_from(index).expect("a document holds fewer than 2^32 statements"))
}
