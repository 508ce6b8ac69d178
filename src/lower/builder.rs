//! Telling the builder who asks, what is asked about, and which documents hang where.
//!
//! Statements are instantiated once per distinct value of their variables. The
//! matching of instances is in [`super::matching`], the division into atoms in
//! [`super::atoms`].

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::context::Context;
use super::facts::{AccountKey, Flag, StatementKey, StatementSource};
use super::library::Library;
use super::naming::{Exception, exception, names};
use super::statement::{TypedDocument, TypedStatement, WordingId};
use super::view::{PrincipalView, RequesterKind, ResourceView};
use crate::catalog::ResourceKind;
use crate::condition::{Guards, Known, Literal};
use crate::ids::{AccountAtom, DocumentId, GapId, GuardId, Interner, StatementId};
use crate::policy::{AccountId, Effect, PolicyKind, Statement};
use crate::rules::{Control, How, Layer};

/// Makes facts. Members are told one by one and numbered from nought.
pub struct Builder<'a> {
    pub(super) library: &'a Library,
    pub(super) live: FxHashMap<DocumentId, Arc<Live>>,
    pub(super) context: &'a Context,
    pub(super) guards: Guards,
    pub(super) statements: Interner<StatementId, StatementKey>,
    pub(super) kinds: FxHashMap<StatementId, PolicyKind>,
    /// Of the statements of one type of policy that say the same the first.
    firsts: FxHashMap<(WordingId, PolicyKind), StatementSource>,
    /// The instances of statements of resource policies that name some of the principals.
    named: FxHashMap<(StatementSource, bool), Arc<BTreeSet<StatementId>>>,
    /// What became of statements for those of whom the same is known.
    pub(super) instances: FxHashMap<Question, Option<(StatementId, GuardId)>>,
    pub(super) accounts: Interner<AccountAtom, AccountKey>,
    pub(super) principals: Vec<Member>,
    pub(super) resources: Vec<Held>,
    pub(super) levels: Vec<(Control, AccountAtom, u32)>,
    pub(super) management: Vec<AccountAtom>,
    pub(super) attached_at: Vec<(Control, StatementId, u32, AccountAtom)>,
    /// Statements of resource policies reach only the resources that hold them.
    pub(super) holders: FxHashMap<StatementId, BTreeSet<usize>>,
    /// Statements of endpoint policies.
    pub(super) of_endpoint: BTreeSet<StatementId>,
    /// Statements of organization policies that ask nothing of principals and requests.
    pub(super) blanket: BTreeSet<StatementId>,
    pub(super) splits: bool,
    /// Whether statements about resources of any account count.
    is_anywhere: bool,
    /// Whether every condition that can be read is taken for one that holds.
    pub(super) passes_tests: bool,
}

/// A statement, whether it is of the first scope, and what is known of the keys that it asks for.
pub(super) type Question = (StatementSource, bool, Box<[Known]>);

/// The statements of a document that can match something here. The others tell no principals apart, and are
/// left out.
pub(super) struct Live {
    typed: Arc<TypedDocument>,
    /// Their places in the typed document.
    places: Vec<usize>,
}

impl Live {
    fn iter(&self) -> impl Iterator<Item = (usize, &TypedStatement)> {
        self.places.iter().map(|&place| self.typed.at(place))
    }
}

/// A principal, with what is said of it.
pub(super) struct Member {
    pub(super) view: Arc<PrincipalView>,
    pub(super) account: AccountAtom,
    pub(super) said: Said,
}

/// What the policies that were attached say of a principal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Said {
    pub(crate) flags: Vec<Flag>,
    pub(crate) applies: Vec<(Layer, StatementId, GuardId)>,
    pub(super) names: Vec<(StatementId, How, GuardId)>,
    pub(super) excepts: Vec<(StatementId, GuardId)>,
    pub(super) spares: Vec<StatementId>,
    pub(crate) touches: Vec<(StatementId, GuardId)>,
}

impl Said {
    /// The same in order, each thing once.
    pub(super) fn in_order(self) -> Self {
        Self {
            flags: sorted(self.flags),
            applies: sorted(self.applies),
            names: sorted(self.names),
            excepts: sorted(self.excepts),
            spares: sorted(self.spares),
            touches: sorted(self.touches),
        }
    }
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort_unstable();
    list.dedup();
    list
}

/// A resource, with its owner.
pub(super) struct Held {
    pub(super) view: ResourceView,
    pub(super) account: AccountAtom,
}

impl<'a> Builder<'a> {
    /// A builder over the documents and actions of a library, for a context.
    #[must_use]
    pub fn new(library: &'a Library, context: &'a Context) -> Self {
        Self {
            library,
            live: FxHashMap::default(),
            context,
            guards: Guards::default(),
            statements: Interner::new(),
            kinds: FxHashMap::default(),
            firsts: FxHashMap::default(),
            named: FxHashMap::default(),
            instances: FxHashMap::default(),
            accounts: Interner::new(),
            principals: Vec::new(),
            resources: Vec::new(),
            levels: Vec::new(),
            management: Vec::new(),
            attached_at: Vec::new(),
            holders: FxHashMap::default(),
            of_endpoint: BTreeSet::new(),
            blanket: BTreeSet::new(),
            splits: false,
            is_anywhere: false,
            passes_tests: false,
        }
    }

    /// Makes every member an atom of its own, for a question about one of them.
    pub fn split(&mut self) {
        self.splits = true;
    }

    /// Takes every condition for one that holds, to see which statements nothing but a condition keeps from counting.
    pub(crate) fn suppose_conditions(&mut self) {
        self.passes_tests = true;
    }

    /// Lets statements count whatever resources they are about, not only those that were added.
    pub(crate) fn anywhere(&mut self) {
        self.is_anywhere = true;
    }

    /// Takes the principals that were added away again, with what the policies that were attached say of each.
    pub(crate) fn take(&mut self) -> Vec<Said> {
        self.attached_at.clear();
        self.named.clear();
        self.levels.clear();
        self.management.clear();
        std::mem::take(&mut self.principals).into_iter().map(|member| member.said.in_order()).collect()
    }

    /// What a statement's number stands for.
    pub(crate) fn statement(&self, statement: StatementId) -> &StatementKey {
        &self.statements[statement]
    }

    /// What a statement says, if somebody wrote it.
    pub(crate) fn wording(&self, statement: StatementId) -> Option<WordingId> {
        match self.statements[statement].source {
            StatementSource::Written(document, index) => Some(self.live_statement(document, index).wording),
            StatementSource::Missing(_) | StatementSource::Supposed(_) => None,
        }
    }

    /// What a guard asks for.
    pub(crate) fn literals(&self, guard: GuardId) -> Vec<Literal> {
        self.guards.literals(guard)
    }

    /// Adds a principal and returns its number.
    pub fn principal(&mut self, view: impl Into<Arc<PrincipalView>>) -> usize {
        let view = view.into();
        let account = view.account;
        self.principal_of(view, account)
    }

    /// Adds a principal whose account is taken for another one, above which hangs the same.
    pub(crate) fn principal_of(&mut self, view: Arc<PrincipalView>, account: Option<AccountId>) -> usize {
        let number = self.principals.len();
        self.named.clear();
        let account = self.accounts.intern(match (account, view.kind) {
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
        self.principals.push(Member { view, account, said: Said { flags, ..Said::default() } });
        number
    }

    /// Says that a principal's own side cannot be seen (E25).
    pub fn outside(&mut self, principal: usize, gap: GapId) {
        let guard = self.guards.all([Literal::Missing(gap)]);
        self.principals[principal].said.flags.push(Flag::Outside(guard));
    }

    /// Says that a boundary is set; its statements are attached at its layer.
    pub fn bounded(&mut self, principal: usize) {
        self.principals[principal].said.flags.push(Flag::Bounded);
    }

    /// Says that a session policy was passed.
    pub fn in_session(&mut self, principal: usize) {
        self.principals[principal].said.flags.push(Flag::InSession);
    }

    /// Says that the request comes through an endpoint with a policy.
    pub fn through_endpoint(&mut self, principal: usize) {
        self.principals[principal].said.flags.push(Flag::ThroughEndpoint);
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

    /// Whether an Allow statement of a document could, by its elements alone, match some action on
    /// some resource that was added, for somebody of another account: those that have no resource are asked of
    /// the caller's own account (E22).
    #[must_use]
    pub(crate) fn could_allow(&self, document: DocumentId) -> bool {
        let statements = &self.library.documents[document].statements;
        self.library
            .typed(document)
            .iter()
            .filter(|(_, typed)| typed.effect == Effect::Allow)
            .any(|(at, typed)| self.concerned(&statements[at], typed).any(|view| view.kind != ResourceKind::None))
    }

    /// Whether a statement matches an action on something that has an owner.
    pub(crate) fn is_about_resources(&self, document: DocumentId, statement: usize) -> bool {
        let typed = self.library.typed(document);
        let kinds = typed.get(statement).map(|typed| self.kinds_of(typed));
        kinds.into_iter().flatten().any(|kind| kind != ResourceKind::None)
    }

    /// What the actions are performed on that a statement matches.
    fn kinds_of(&self, typed: &TypedStatement) -> BTreeSet<ResourceKind> {
        typed.acts.iter().flat_map(|&(action, _)| self.library.actions[action].on.iter().copied()).collect()
    }

    /// The resources that were added on which a statement could, by its elements alone, match some action.
    fn concerned(&self, statement: &Statement, typed: &TypedStatement) -> impl Iterator<Item = &ResourceView> {
        let kinds = self.kinds_of(typed);
        let covers = move |view: &ResourceView| match &statement.resources {
            None => true,
            Some(element) if element.negated => true,
            Some(element) => element.entries.iter().any(|entry| {
                entry.value.0.variables().next().is_some() || Self::fit_one(&entry.value, view, true).is_some()
            }),
        };
        let views = self.resources.iter().map(|held| &held.view);
        views.filter(move |view| kinds.contains(&view.kind) && covers(view))
    }

    /// A statement of a document that was attached.
    pub(super) fn live_statement(&self, document: DocumentId, index: u32) -> &TypedStatement {
        self.live[&document].typed.get(index as usize).expect("only what matches an action is attached")
    }

    fn live(&mut self, document: DocumentId) -> Arc<Live> {
        if let Some(known) = self.live.get(&document) {
            return Arc::clone(known);
        }
        let typed = self.library.typed(document);
        let statements = &self.library.documents[document].statements;
        let is_live = |(at, typed)| self.is_anywhere || self.concerned(&statements[at], typed).next().is_some();
        let places = typed.iter().enumerate().filter(|(_, one)| is_live(*one)).map(|(place, _)| place).collect();
        let live = Arc::new(Live { typed, places });
        self.live.insert(document, Arc::clone(&live));
        live
    }

    /// The source of a document's statement: of those that say the same, the first that was attached. A question
    /// about one principal and one resource keeps them apart, for it asks which of them count.
    fn source(
        &mut self,
        document: DocumentId,
        index: usize,
        typed: &TypedStatement,
        kind: PolicyKind,
    ) -> StatementSource {
        let own = written(document, index);
        if self.splits { own } else { self.firsts.entry((typed.wording, kind)).or_insert(own).clone() }
    }

    /// Attaches a document to a principal at a layer.
    pub fn attach(&mut self, layer: Layer, document: DocumentId, kind: PolicyKind, principal: usize) {
        for (index, typed) in self.live(document).iter() {
            let source = self.source(document, index, typed, kind);
            let Some((statement, guard)) = self.instantiate(source, kind, typed, principal, false) else { continue };
            self.principals[principal].said.applies.push((layer, statement, guard));
        }
    }

    /// Attaches the policy of the endpoint that a request comes through. Its statements count where
    /// they name the principal (L30).
    pub fn attach_endpoint(&mut self, document: DocumentId, principal: usize) {
        for (index, typed) in self.live(document).iter() {
            let named = self.name(document, index, typed, PolicyKind::Endpoint, principal, false);
            self.of_endpoint.extend(named);
        }
    }

    /// Attaches a policy that the input lacks: it may allow everything (L5).
    pub fn attach_missing(&mut self, layer: Layer, gap: GapId, principal: usize) {
        let statement = self.statements.intern(StatementKey::of(StatementSource::Missing(gap)));
        let guard = self.guards.all([Literal::Missing(gap)]);
        self.principals[principal].said.applies.push((layer, statement, guard));
    }

    /// Supposes an Allow statement that matches everything, at a layer.
    pub fn suppose(&mut self, layer: Layer, number: u32, principal: usize) {
        let statement = self.supposed(number);
        self.principals[principal].said.applies.push((layer, statement, GuardId::ALWAYS));
    }

    /// Supposes an Allow statement of a resource policy that names the principal in this way.
    pub fn suppose_named(&mut self, how: How, number: u32, principal: usize) {
        let statement = self.supposed(number);
        self.principals[principal].said.names.push((statement, how, GuardId::ALWAYS));
    }

    fn supposed(&mut self, number: u32) -> StatementId {
        self.statements.intern(StatementKey::of(StatementSource::Supposed(number)))
    }

    /// Attaches a resource policy: to the resources that hold it, and to all principals that were added.
    ///
    /// `first_scope`: it is a registry policy that governs three actions only (Q22).
    pub fn attach_to_resources(
        &mut self,
        document: DocumentId,
        kind: PolicyKind,
        holders: &[usize],
        first_scope: bool,
    ) {
        for (index, typed) in self.live(document).iter() {
            let source = self.source(document, index, typed, kind);
            let known = self.named.get(&(source.clone(), first_scope)).cloned();
            let statements = known.unwrap_or_else(|| {
                let principals = 0..self.principals.len();
                let naming = |principal| self.name(document, index, typed, kind, principal, first_scope);
                let statements: Arc<BTreeSet<StatementId>> = Arc::new(principals.filter_map(naming).collect());
                self.named.insert((source, first_scope), Arc::clone(&statements));
                statements
            });
            for &statement in &*statements {
                self.holders.entry(statement).or_default().extend(holders);
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
        first_scope: bool,
    ) -> Option<StatementId> {
        let element = self.library.documents[document].statements[index].principals.as_ref()?;
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
        let source = self.source(document, index, typed, kind);
        let (statement, guard) = self.instantiate(source, kind, typed, principal, first_scope)?;
        let read = |rule, followed| self.guards.both(guard, self.guards.all([Literal::Reading(rule, followed)]));
        if element.negated {
            // A31: AWS no longer supports it; an old stored one allows everyone who is not listed.
            let guard = if allow { read("A31", true) } else { guard };
            if spared == Exception::Doubtful {
                let other = read("Z8", false);
                self.principals[principal].said.names.push((statement, How::Everyone, other));
            }
            self.principals[principal].said.excepts.push((statement, guard));
            if spared != Exception::NotListed {
                self.principals[principal].said.spares.push(statement);
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
            self.principals[principal].said.names.push((statement, how, guard));
        }
        Some(statement)
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
    pub(crate) fn has_home(&self) -> bool {
        self.is_anywhere || self.resources.iter().any(|held| held.view.of_caller)
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
        let kind = control_kind(control);
        let account_atom = self.accounts.intern(AccountKey::Known(account));
        for (index, typed) in self.live(document).iter() {
            for principal in 0..self.principals.len() {
                if own && self.principals[principal].account != account_atom {
                    continue;
                }
                let source = self.source(document, index, typed, kind);
                let Some((statement, guard)) = self.instantiate(source, kind, typed, principal, false) else {
                    continue;
                };
                if typed.is_blanket() {
                    self.blanket.insert(statement);
                }
                self.touch(control, statement, guard, level, account_atom, principal);
            }
        }
    }

    /// Attaches a level that allows everything: the input does not tell what hangs there. `own` as for what hangs.
    pub fn attach_control_missing(&mut self, control: Control, gap: GapId, level: u32, account: AccountId, own: bool) {
        let account = self.accounts.intern(AccountKey::Known(account));
        let statement = self.statements.intern(StatementKey::of(StatementSource::Missing(gap)));
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
        let attached = (control, statement, level, account);
        // The same for one principal after the other.
        if self.attached_at.last() != Some(&attached) {
            self.attached_at.push(attached);
        }
        self.principals[principal].said.touches.push((statement, guard));
    }
}

/// The type of policy that a control is written in.
pub(crate) fn control_kind(control: Control) -> PolicyKind {
    match control {
        Control::Service => PolicyKind::ServiceControl,
        Control::Resource => PolicyKind::ResourceControl,
    }
}

/// The source of a document's statement.
pub(super) fn written(document: DocumentId, index: usize) -> StatementSource {
    StatementSource::Written(document, u32::try_from(index).expect("a document holds fewer than 2^32 statements"))
}
