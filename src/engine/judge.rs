//! Looking up verdicts in what was derived.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::run::Derived;
use super::verdict::Verdict;
use crate::condition::{Decided, Decisions, Expression};
use crate::ids::{GuardId, StatementId};
use crate::lower::{Cell, Facts};
use crate::rules::Limit;
use crate::rules::authorization::{Certain, Open};
use crate::rules::denial::Blocks;
use crate::rules::limit;
use crate::rules::organization::Permits;

/// The derived relations of one shard, by cell.
#[derive(Debug)]
pub(crate) struct Judge {
    decisions: Arc<Decisions>,
    certain: FxHashSet<Cell>,
    open: FxHashSet<Cell>,
    permits: FxHashMap<Cell, Vec<GuardId>>,
    blocks: FxHashMap<Cell, Vec<(StatementId, GuardId)>>,
}

/// The verdict on a cell, and what it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    pub(crate) decided: Decided,
}

impl Judge {
    pub(crate) fn new(derived: &Derived, decisions: &Arc<Decisions>) -> Self {
        let mut judge = Self {
            decisions: Arc::clone(decisions),
            certain: derived.verdicts.certain.iter().map(|&Certain(p, a, r)| cell(p, a, r)).collect(),
            open: derived.verdicts.open.iter().map(|&Open(p, a, r)| cell(p, a, r)).collect(),
            permits: FxHashMap::default(),
            blocks: FxHashMap::default(),
        };
        // What is certain asks for nothing, and most is.
        let open = derived.passed.permits.iter().filter(|&&Permits(p, a, r, _)| judge.open.contains(&cell(p, a, r)));
        open.for_each(|&Permits(p, a, r, guard)| judge.permits.entry(cell(p, a, r)).or_default().push(guard));
        derived.blocks.iter().for_each(|&Blocks(statement, p, a, r, guard)| {
            judge.blocks.entry(cell(p, a, r)).or_default().push((statement, guard));
        });
        judge.permits.values_mut().for_each(|guards| guards.sort_unstable());
        judge.blocks.values_mut().for_each(|guards| guards.sort_unstable());
        judge
    }

    /// What decides permissions, as strictly as questions are read.
    pub(super) fn decisions(&self) -> &Arc<Decisions> {
        &self.decisions
    }

    /// The cells that some request may be allowed in; in no order.
    pub(crate) fn possible(&self) -> impl Iterator<Item = Cell> {
        self.certain.iter().chain(&self.open).copied()
    }

    /// The permitting and blocking guards of a cell; of one that nothing allows only the blocking ones.
    pub(crate) fn expression(&self, facts: &Facts, cell: Cell) -> Expression {
        if self.certain.contains(&cell) {
            return Expression::new(vec![Vec::new()], Vec::new());
        }
        let literals = |guard: GuardId| facts.guards.literals(guard);
        let permits = self.permits.get(&cell).into_iter().flatten();
        let blocks = self.blocks.get(&cell).into_iter().flatten();
        Expression::new(
            permits.map(|&guard| literals(guard)).collect(),
            blocks.map(|&(_, guard)| literals(guard)).collect(),
        )
    }

    /// The verdict on a cell. Whether a denial is explicit is told only for cells that were asked for,
    /// or that something would allow.
    pub(crate) fn verdict(&self, facts: &Facts, cell: Cell) -> Judgement {
        if self.certain.contains(&cell) {
            return Judgement { verdict: Verdict::Allowed, decided: Decided::settled(true) };
        }
        let decided = if self.open.contains(&cell) {
            Decided::clone(&self.decisions.decide(&[self.expression(facts, cell)]))
        } else {
            Decided::settled(false)
        };
        let verdict = match decided.holds {
            Some(true) => Verdict::Allowed,
            None => Verdict::Conditional,
            Some(false) => {
                let (explicit, doubts) = self.is_explicit(facts, cell);
                let mut decided = decided;
                decided.doubts.extend(doubts);
                decided.doubts.sort_unstable();
                decided.doubts.dedup();
                return Judgement { verdict: Verdict::Denied { explicit }, decided };
            }
        };
        Judgement { verdict, decided }
    }

    /// E33: whether some Deny applies in every request.
    fn is_explicit(&self, facts: &Facts, cell: Cell) -> (bool, Vec<&'static str>) {
        let Some(blocks) = self.blocks.get(&cell) else { return (false, Vec::new()) };
        if blocks.iter().any(|&(_, guard)| guard == GuardId::ALWAYS) {
            return (true, Vec::new());
        }
        let permits = blocks.iter().map(|&(_, guard)| facts.guards.literals(guard)).collect();
        let decided = self.decisions.decide(&[Expression::new(permits, Vec::new())]);
        (decided.holds == Some(true), decided.doubts.clone())
    }

    /// Whether a limit by itself lets the one cell pass that was asked about; `None` where it does not stand.
    pub(crate) fn passes(&self, facts: &Facts, limits: &limit::Derived, limit: Limit) -> Option<Arc<Decided>> {
        let literals = |guard: GuardId| facts.guards.literals(guard);
        limits.stands.iter().any(|one| one.0 == limit).then(|| {
            let passes = limits.passes.iter().filter(|one| one.0 == limit).map(|one| literals(one.4)).collect();
            let stops = limits.stops.iter().filter(|one| one.0 == limit).map(|one| literals(one.4)).collect();
            self.decisions.decide(&[Expression::new(passes, stops)])
        })
    }

    /// The statements that block a cell, with their guards.
    pub(crate) fn blocking(&self, cell: Cell) -> &[(StatementId, GuardId)] {
        self.blocks.get(&cell).map_or(&[], Vec::as_slice)
    }
}

fn cell(
    principal: crate::ids::PrincipalAtom,
    action: crate::ids::ActionAtom,
    resource: crate::ids::ResourceAtom,
) -> Cell {
    Cell { principal, action, resource }
}
