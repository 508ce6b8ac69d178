//! Running a plan: rows from new rows, until there are no more.
//!
//! A variable holds one value, or each of several that nothing told apart so
//! far: the members of an atom come together, and are looked at one by one only
//! where a condition asks for them. What two variables hold is every pair of
//! both. Only rows that are kept are told one by one.

use std::cell::RefCell;
use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::check::Of;
use super::extent::{Code, Extent};
use super::limits::QueryError;
use super::plan::{Context, Step, Table, Use, Way, sequence};
use super::relations::Source;
use super::syntax::Operator;
use super::value::Type;
use super::world::{Held, World, code};
use crate::policy::{Pattern, Version};

/// What the variables of a rule hold.
type Slots = Vec<Option<Held>>;

/// What is told of each row: what it gives to variables.
type TellBound<'t> = dyn FnMut(&mut Slots, &[(usize, Held)]) -> Result<(), QueryError> + 't;

/// Runs all contexts; what the root comes to.
pub(super) fn evaluate(world: &World<'_>, contexts: &[Context], root: usize) -> Result<Extent, QueryError> {
    let mut finished: Vec<RefCell<Extent>> = contexts.iter().map(|_| RefCell::default()).collect();
    for number in sequence(contexts) {
        let found = Run::new(world, &contexts[number], &finished).run()?;
        finished[number] = RefCell::new(found);
    }
    Ok(finished.swap_remove(root).into_inner())
}

struct Run<'r, 'w> {
    world: &'r World<'w>,
    context: &'r Context,
    finished: &'r [RefCell<Extent>],
    own: Vec<RefCell<Extent>>,
    /// From which row on an extent is new.
    new: Vec<usize>,
    /// What was derived in this round.
    fresh: Vec<RefCell<Extent>>,
    patterns: RefCell<FxHashMap<Code, Pattern>>,
}

impl<'r, 'w> Run<'r, 'w> {
    fn new(world: &'r World<'w>, context: &'r Context, finished: &'r [RefCell<Extent>]) -> Self {
        let extents = || (0..context.extents).map(|_| RefCell::default()).collect();
        let (own, fresh) = (extents(), extents());
        Self { world, context, finished, own, new: vec![0; context.extents], fresh, patterns: RefCell::default() }
    }

    fn run(mut self) -> Result<Extent, QueryError> {
        for (extent, row) in &self.context.seeds {
            self.own[*extent].get_mut().insert(row);
        }
        for way in self.context.ways.iter().filter(|way| way.begins_with.is_none()) {
            self.follow(way, 0, &mut vec![None; way.variables])?;
        }
        for (own, fresh) in self.own.iter_mut().zip(&mut self.fresh) {
            own.get_mut().take(fresh.get_mut());
        }
        loop {
            self.world.meter.look()?;
            for way in &self.context.ways {
                let is_due = |extent: usize| self.new[extent] < self.own[extent].borrow().len();
                if way.begins_with.is_some_and(is_due) {
                    self.follow(way, 0, &mut vec![None; way.variables])?;
                }
            }
            let mut is_done = true;
            for (extent, new) in self.new.iter_mut().enumerate() {
                let own = self.own[extent].get_mut();
                *new = own.len();
                own.take(self.fresh[extent].get_mut());
                is_done &= *new == own.len();
            }
            if is_done {
                break;
            }
        }
        let root = self.own.swap_remove(self.context.root).into_inner();
        if self.context.counts.is_empty() { Ok(root) } else { self.counted(&root) }
    }

    /// The rows of a root with columns counted.
    fn counted(&self, rows: &Extent) -> Result<Extent, QueryError> {
        let counts = &self.context.counts;
        let mut groups: IndexMap<Vec<Code>, Vec<FxHashSet<Code>>, FxBuildHasher> = IndexMap::default();
        for row in rows.iter() {
            self.world.meter.step()?;
            let both = || row.iter().zip(counts);
            let group = both().filter(|(_, is_count)| !**is_count).map(|(one, _)| *one).collect();
            let sets = groups.entry(group).or_insert_with(|| vec![FxHashSet::default(); counts.len()]);
            for (set, (one, _)) in sets.iter_mut().zip(both()).filter(|(_, (_, is_count))| **is_count) {
                set.insert(*one);
            }
        }
        let mut counted = Extent::default();
        for (group, sets) in groups {
            let mut group = group.into_iter();
            let row = counts.iter().zip(sets).filter_map(
                |(is_count, set)| {
                    if *is_count { Some(code(set.len())) } else { group.next() }
                },
            );
            counted.insert(&row.collect::<Vec<Code>>());
        }
        Ok(counted)
    }

    /// Does the steps of a rule from one of them on.
    fn follow(&self, way: &Way, at: usize, slots: &mut Slots) -> Result<(), QueryError> {
        self.world.meter.step()?;
        let Some(step) = way.steps.get(at) else { return self.derive(way, slots) };
        let spread = spread(step, slots);
        // What depends on two variables at once is looked at for each value of one of them.
        let apart = if matches!(step, Step::Assign(..)) { spread.first() } else { spread.get(1) };
        if let Some(&variable) = apart {
            return each(slots, variable, |slots| self.follow(way, at, slots));
        }
        let Some(&variable) = spread.first() else {
            return match step {
                Step::Scan(table, columns, is_new) => {
                    self.scan(*table, columns, *is_new, slots, &mut |slots, bound| {
                        fill(slots, bound);
                        self.follow(way, at + 1, slots)?;
                        clear(slots, bound);
                        Ok(())
                    })
                }
                Step::Assign(variable, from) => {
                    slots[*variable] = value(*from, slots).map(Held::One);
                    self.follow(way, at + 1, slots)?;
                    slots[*variable] = None;
                    Ok(())
                }
                Step::Absent(..) | Step::Compare(..) if self.passes(step, slots)? => self.follow(way, at + 1, slots),
                Step::Absent(..) | Step::Compare(..) => Ok(()),
            };
        };
        self.split(way, at, variable, slots)
    }

    /// A step that depends on the values of one variable: those for which it comes to the same stay together.
    fn split(&self, way: &Way, at: usize, variable: usize, slots: &mut Slots) -> Result<(), QueryError> {
        let step = &way.steps[at];
        let mut groups: IndexMap<Vec<(usize, Held)>, Vec<Code>, FxBuildHasher> = IndexMap::default();
        each(slots, variable, |slots| {
            self.world.meter.step()?;
            let Some(Held::One(one)) = slots[variable] else { return Ok(()) };
            let mut join = |key: &[(usize, Held)]| {
                let group = match groups.get_mut(key) {
                    Some(group) => group,
                    None => groups.entry(key.to_vec()).or_default(),
                };
                if group.last() != Some(&one) {
                    group.push(one);
                }
            };
            if let Step::Scan(table, columns, is_new) = step {
                return self.scan(*table, columns, *is_new, slots, &mut |slots, bound| {
                    if bound.iter().all(|(_, held)| matches!(held, Held::One(_))) {
                        join(bound);
                        return Ok(());
                    }
                    fill(slots, bound);
                    self.follow(way, at + 1, slots)?;
                    clear(slots, bound);
                    Ok(())
                });
            }
            if self.passes(step, slots)? {
                join(&[]);
            }
            Ok(())
        })?;
        let before = slots[variable].take();
        for (key, values) in groups {
            slots[variable] = Some(if let [one] = values[..] { Held::One(one) } else { Held::Each(values.into()) });
            fill(slots, &key);
            self.follow(way, at + 1, slots)?;
            clear(slots, &key);
        }
        slots[variable] = before;
        Ok(())
    }

    /// Whether a condition holds of single values.
    fn passes(&self, step: &Step, slots: &mut Slots) -> Result<bool, QueryError> {
        match step {
            Step::Absent(table, columns) => {
                let mut is_there = false;
                // One row is enough, and ends the search.
                let told = self.scan(*table, columns, false, slots, &mut |_, _| {
                    is_there = true;
                    Err(QueryError::Interrupted)
                });
                if is_there { Ok(false) } else { told.map(|()| true) }
            }
            Step::Compare(left, operator, right, of) => {
                let values = value(*left, slots).zip(value(*right, slots));
                Ok(values.is_some_and(|(left, right)| self.compare(left, *operator, right, *of)))
            }
            Step::Scan(..) | Step::Assign(..) => Ok(true),
        }
    }

    fn compare(&self, left: Code, operator: Operator, right: Code, of: Type) -> bool {
        let order = || match of {
            Type::Number => left.cmp(&right),
            _ => self.world.name(of, left).cmp(&self.world.name(of, right)),
        };
        match operator {
            Operator::Equal => left == right,
            Operator::Unequal => left != right,
            Operator::Less => order().is_lt(),
            Operator::AtMost => order().is_le(),
            Operator::Greater => order().is_gt(),
            Operator::AtLeast => order().is_ge(),
            Operator::Like => {
                let mut patterns = self.patterns.borrow_mut();
                let written = || Pattern::parse(&self.world.name(Type::Text, right), Version::V2008);
                self.world.is_like(of, left, patterns.entry(right).or_insert_with(written))
            }
        }
    }

    /// Tells of each row that fits, with what its columns give to variables.
    fn scan(
        &self,
        table: Table,
        columns: &[Use],
        is_new: bool,
        slots: &mut Slots,
        tell: &mut TellBound<'_>,
    ) -> Result<(), QueryError> {
        let known: Vec<Option<Code>> = columns.iter().map(|column| value(*column, slots)).collect();
        let mut fits = |row: &[Held]| match bindings(columns, &known, row) {
            Some(bound) => tell(slots, &bound),
            None => Ok(()),
        };
        let key: Vec<Code> = known.iter().flatten().copied().collect();
        let mask = known.iter().enumerate().fold(0, |mask, (column, one)| mask | u32::from(one.is_some()) << column);
        let mut each = |rows: Vec<Box<[Code]>>| {
            rows.iter().try_for_each(|row| fits(&row.iter().copied().map(Held::One).collect::<Vec<_>>()))
        };
        match table {
            Table::Own(extent) => {
                let from = if is_new { self.new[extent] } else { 0 };
                let rows = found(&mut self.own[extent].borrow_mut(), from, mask, &key);
                each(rows)
            }
            Table::Finished(context) => {
                let rows = found(&mut self.finished[context].borrow_mut(), 0, mask, &key);
                each(rows)
            }
            Table::Given(Of::Relation(source, first)) => match source {
                Source::Allowed
                | Source::Conditional
                | Source::Possible
                | Source::Capable
                | Source::CanAssume
                | Source::Becomes
                | Source::Controls
                | Source::Escalates
                | Source::Grants
                | Source::Says
                | Source::Blocks => self.world.derived(source, &known, &mut fits),
                _ if key.is_empty() || (World::is_direct(source, first) && known[0].is_some()) => {
                    self.world.rows(source, first, known[0], &mut |row| {
                        fits(&row.iter().copied().map(Held::One).collect::<Vec<_>>())
                    })
                }
                _ => each(self.world.find(source, first, (mask, &key))?),
            },
            Table::Given(Of::Predicate(_)) => unreachable!("the planner says where the rows of predicates are"),
        }
    }

    /// Keeps the rows that a rule came to.
    fn derive(&self, way: &Way, slots: &mut Slots) -> Result<(), QueryError> {
        let spread = way.columns.iter().find_map(|column| match column {
            Use::Known(variable) if matches!(slots[*variable], Some(Held::Each(_))) => Some(*variable),
            _ => None,
        });
        if let Some(variable) = spread {
            return each(slots, variable, |slots| self.derive(way, slots));
        }
        let row: Vec<Code> = way.columns.iter().filter_map(|column| value(*column, slots)).collect();
        self.world.meter.step()?;
        let mut fresh = self.fresh[way.head].borrow_mut();
        if !self.own[way.head].borrow().contains(&row) && !fresh.contains(&row) {
            self.world.meter.row()?;
            fresh.insert(&row);
        }
        Ok(())
    }
}

/// The variables that a step needs and that hold several values.
fn spread(step: &Step, slots: &Slots) -> Vec<usize> {
    let columns = match step {
        Step::Scan(_, columns, _) | Step::Absent(_, columns) => columns.as_slice(),
        Step::Compare(left, _, right, _) => &[*left, *right],
        Step::Assign(_, from) => &[*from],
    };
    let mut found = Vec::new();
    for column in columns {
        if let Use::Known(variable) = column
            && matches!(slots[*variable], Some(Held::Each(_)))
            && !found.contains(variable)
        {
            found.push(*variable);
        }
    }
    found
}

/// Gives variables what a row has for them.
fn fill(slots: &mut Slots, bound: &[(usize, Held)]) {
    for (variable, held) in bound {
        slots[*variable] = Some(held.clone());
    }
}

/// Takes it away again.
fn clear(slots: &mut Slots, bound: &[(usize, Held)]) {
    for (variable, _) in bound {
        slots[*variable] = None;
    }
}

/// Does something for each value of a variable.
fn each(
    slots: &mut Slots,
    variable: usize,
    mut act: impl FnMut(&mut Slots) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    let Some(Held::Each(all)) = slots[variable].clone() else { return act(slots) };
    for &one in &*all {
        slots[variable] = Some(Held::One(one));
        act(slots)?;
    }
    slots[variable] = Some(Held::Each(all));
    Ok(())
}

/// The one value that stands in a column, if it is known.
fn value(column: Use, slots: &Slots) -> Option<Code> {
    match column {
        Use::Constant(one) => Some(one),
        Use::Known(variable) => match slots[variable] {
            Some(Held::One(one)) => Some(one),
            Some(Held::Each(_)) | None => None,
        },
        Use::Bind(_) | Use::Skip => None,
    }
}

/// What a row gives to variables, if it fits what is known.
fn bindings(columns: &[Use], known: &[Option<Code>], row: &[Held]) -> Option<Vec<(usize, Held)>> {
    let mut bound: Vec<(usize, Held)> = Vec::new();
    for ((column, known), held) in columns.iter().zip(known).zip(row) {
        let held = match known {
            Some(known) => both(held, &Held::One(*known))?,
            None => both(held, held)?,
        };
        let Use::Bind(variable) = column else { continue };
        match bound.iter_mut().find(|(other, _)| other == variable) {
            Some((_, before)) => *before = both(before, &held)?,
            None => bound.push((*variable, held)),
        }
    }
    Some(bound)
}

/// The values that two columns share, if there are any; lists are in order.
fn both(one: &Held, other: &Held) -> Option<Held> {
    match (one, other) {
        (Held::One(one), Held::One(other)) => (one == other).then_some(Held::One(*one)),
        (Held::One(one), Held::Each(all)) | (Held::Each(all), Held::One(one)) => {
            all.binary_search(one).is_ok().then_some(Held::One(*one))
        }
        (Held::Each(one), Held::Each(other)) if Rc::ptr_eq(one, other) => match one.len() {
            0 => None,
            1 => Some(Held::One(one[0])),
            _ => Some(Held::Each(Rc::clone(one))),
        },
        (Held::Each(one), Held::Each(other)) => {
            let shared: Rc<[Code]> = one.iter().copied().filter(|code| other.binary_search(code).is_ok()).collect();
            both(&Held::Each(Rc::clone(&shared)), &Held::Each(shared))
        }
    }
}

/// The rows of an extent from one of them on that have these values in the columns of a mask.
fn found(extent: &mut Extent, from: usize, mask: u32, key: &[Code]) -> Vec<Box<[Code]>> {
    if mask == 0 {
        return (from..extent.len()).map(|number| extent.row(number).into()).collect();
    }
    let numbers = extent.find(mask, key);
    let start = numbers.partition_point(|&number| number < from);
    let numbers = numbers[start..].to_vec();
    numbers.into_iter().map(|number| extent.row(number).into()).collect()
}
