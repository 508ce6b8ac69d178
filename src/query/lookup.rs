//! One deed on one resource: verdicts by atom, statements by requester, each looked up once.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::answer::Citation;
use super::ask::{Deed, Target};
use super::cite;
use crate::condition::Decided;
use crate::engine::{Relations, RequesterId, Shard, Verdict};
use crate::ids::PrincipalAtom;
use crate::lower::RequesterKind;

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
        let (verdicts, denials, statements) = (RefCell::default(), RefCell::default(), RefCell::default());
        Self { relations, shard, target, deed, verdicts, denials, statements }
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
        let is_role = |id: &RequesterId| {
            let requester = self.relations.requester(*id);
            matches!(requester.view.kind, RequesterKind::Role | RequesterKind::Session) && requester.outside.is_none()
        };
        self.able().into_iter().filter(is_role).collect()
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
            citations.extend(cite::grants(self.relations, self.shard, requester, action, resource));
        }
        citations.sort();
        citations.dedup();
        let citations: Rc<[Citation]> = citations.into();
        self.statements.borrow_mut().insert(requester, Rc::clone(&citations));
        citations
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
}
