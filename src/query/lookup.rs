//! One deed on one resource: verdicts by atom, statements by requester, each looked up once.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::answer::Citation;
use super::ask::{Deed, Target};
use super::cite;
use crate::condition::Decided;
use crate::engine::{Focus, Relations, RequesterId, Shard, Verdict};
use crate::ids::PrincipalAtom;
use crate::lower::{Cell, Match, RequesterKind};
use crate::policy::Effect;

/// One deed on one target, with what was found of it: members of an atom share a verdict, and a role
/// that many can become is looked at once.
pub(super) struct Lookup<'a> {
    pub(super) relations: &'a Relations<'a>,
    pub(super) shard: &'a Shard,
    pub(super) target: Target,
    pub(super) deed: Deed,
    verdicts: RefCell<FxHashMap<Option<PrincipalAtom>, Rc<Judged>>>,
    /// Whoever the shard does not hold is alike to nobody: its own policies may deny what nobody else's do.
    denials: RefCell<FxHashMap<Result<PrincipalAtom, RequesterId>, Rc<Denial>>>,
    statements: RefCell<FxHashMap<RequesterId, Rc<[Citation]>>>,
    matching: RefCell<FxHashMap<Cell, Rc<[Match]>>>,
}

/// A verdict, and what it depends on.
type Judged = (Verdict, Decided);

/// How a denial is told.
#[derive(Default)]
pub(super) struct Denial {
    /// E33: a Deny statement applies to something that the deed needs.
    pub(super) explicit: bool,
    /// By another reading of these rules the deed is not denied, or not so.
    pub(super) doubts: BTreeSet<&'static str>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(relations: &'a Relations<'a>, shard: &'a Shard, target: Target, deed: Deed) -> Self {
        let (verdicts, denials) = (RefCell::default(), RefCell::default());
        let (statements, matching) = (RefCell::default(), RefCell::default());
        Self { relations, shard, target, deed, verdicts, denials, statements, matching }
    }

    pub(super) fn decide(&self, requester: RequesterId) -> Rc<Judged> {
        let atom = self.shard.atom(requester);
        if let Some(known) = self.verdicts.borrow().get(&atom) {
            return Rc::clone(known);
        }
        let decided = Rc::new(self.relations.decide(self.shard, self.target, self.deed, requester));
        self.verdicts.borrow_mut().insert(atom, Rc::clone(&decided));
        decided
    }

    /// The roles and sessions that have it themselves.
    pub(super) fn holders(&self) -> BTreeSet<RequesterId> {
        self.able().into_iter().filter(|&one| self.is_role(one)).collect()
    }

    /// Those of them that are among these.
    pub(super) fn holders_among(&self, these: &FxHashSet<RequesterId>) -> BTreeSet<RequesterId> {
        let able = |one: RequesterId| self.shard.atom(one).is_some() && self.decide(one).0.is_possible();
        these.iter().copied().filter(|&one| self.is_role(one) && able(one)).collect()
    }

    fn is_role(&self, requester: RequesterId) -> bool {
        let requester = self.relations.requester(requester);
        matches!(requester.view.kind, RequesterKind::Role | RequesterKind::Session) && requester.outside.is_none()
    }

    /// Everybody who has it themselves.
    pub(super) fn able(&self) -> BTreeSet<RequesterId> {
        let atoms = self.shard.facts.principals.ids();
        let able = atoms.filter(|&atom| self.decide(self.shard.first(atom)).0.is_possible());
        able.flat_map(|atom| self.shard.members(atom)).collect()
    }

    /// The statements that grant it to a requester.
    pub(super) fn granting(&self, requester: RequesterId) -> Rc<[Citation]> {
        if let Some(known) = self.statements.borrow().get(&requester) {
            return Rc::clone(known);
        }
        let mut citations = Vec::new();
        for (action, resource) in self.relations.cells(self.shard, self.target, self.deed, requester) {
            let cell = (action, resource);
            citations.extend(cite::grants(self.relations, self.shard, requester, cell, |cell| self.matching(cell)));
        }
        citations.sort();
        citations.dedup();
        let citations: Rc<[Citation]> = citations.into();
        self.statements.borrow_mut().insert(requester, Rc::clone(&citations));
        citations
    }

    fn matching(&self, cell: Cell) -> Rc<[Match]> {
        let mut known = self.matching.borrow_mut();
        Rc::clone(known.entry(cell).or_insert_with(|| self.shard.facts.matching(cell).into()))
    }

    /// How a denied deed is told. Which denies apply is not derived for cells that nothing allows, and is
    /// looked at here for those that are asked about.
    pub(super) fn denial(&self, requester: RequesterId) -> Rc<Denial> {
        let atom = self.shard.atom(requester).ok_or(requester);
        if let Some(known) = self.denials.borrow().get(&atom) {
            return Rc::clone(known);
        }
        let denial = Rc::new(self.look_at_denial(requester));
        self.denials.borrow_mut().insert(atom, Rc::clone(&denial));
        denial
    }

    fn look_at_denial(&self, requester: RequesterId) -> Denial {
        let &Self { relations, shard, target, deed, .. } = self;
        let mut denial = Denial::default();
        for (action, resource) in relations.cells(shard, target, deed, requester) {
            let focus = relations.focus(requester, &shard.resources[resource], &shard.actions[action], &[]);
            let judged = focus.judge.verdict(&focus.facts, focus.cell);
            let Verdict::Denied { explicit } = judged.verdict else { continue };
            if explicit && judged.decided.doubts.is_empty() {
                // One Deny beyond doubt settles it, whatever is in doubt about the rest.
                return Denial { explicit, doubts: BTreeSet::new() };
            }
            denial.explicit |= explicit;
            denial.doubts.extend(judged.decided.doubts);
        }
        denial
    }

    /// The statements that deny it to a requester, in every request or in some.
    pub(super) fn denying(&self, requester: RequesterId) -> Vec<Citation> {
        let &Self { relations, shard, target, deed, .. } = self;
        let mut citations = Vec::new();
        for (action, resource) in relations.cells(shard, target, deed, requester) {
            let at = &shard.resources[resource];
            let focus = relations.focus(requester, at, &shard.actions[action], &[]);
            let blocking = focus.judge.blocking(focus.cell);
            let blocks = |found: &Match| blocking.iter().any(|(statement, _)| *statement == found.statement);
            for found in focus.facts.matching(Focus::CELL) {
                if found.effect == Effect::Deny && blocks(&found) {
                    citations.extend(cite::citations(relations, &focus.facts, found, requester, at));
                }
            }
        }
        citations.sort();
        citations.dedup();
        citations
    }
}
