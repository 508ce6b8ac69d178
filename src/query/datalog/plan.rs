//! In which order the conditions of a rule are looked up, and for which values at all.
//!
//! A plan is made of *contexts*. In one of them rules only ever add rows, until
//! there are no more. What a rule needs the absence or the count of is a
//! context of its own, and is finished before.
//!
//! In a context a predicate is asked for the values that are known in some of
//! its columns, as a question or another rule knows them. These values are rows
//! too, of the predicate's *demand*, and its rules begin with them; so nothing
//! is derived that nobody asked for. (The literature calls this magic sets.)

use rustc_hash::FxHashMap;

use super::check::{Argument, Checked, Goal, Of};
use super::extent::Code;
use super::order::{Sizes, order};
use super::syntax::Operator;
use super::value::Type;

/// Where the rows of a step are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// What there is, or what the rules of the engine derive.
    Given(Of),
    /// An extent of the same context.
    Own(usize),
    /// What another context came to.
    Finished(usize),
}

/// What a column of a step is to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// The variable has a value by now.
    Known(usize),
    /// This value.
    Constant(Code),
    /// The variable gets its value here.
    Bind(usize),
    /// Some value.
    Skip,
}

/// One thing to do.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// For each row; of an extent of the context, only for the new ones, if so.
    Scan(Table, Vec<Use>, bool),
    /// If there is no row.
    Absent(Table, Vec<Use>),
    /// If the values compare so.
    Compare(Use, Operator, Use, Type),
    /// The variable has the same value.
    Assign(usize, Use),
}

/// A rule, step by step.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) steps: Vec<Step>,
    /// The extent that gets the rows, and what stands in its columns.
    pub(super) head: usize,
    pub(super) columns: Vec<Use>,
    pub(super) variables: usize,
    /// The extent whose new rows it begins with; rules without one run once.
    pub(super) begins_with: Option<usize>,
}

/// Rules that are run together.
#[derive(Debug, Default)]
pub(super) struct Context {
    pub(super) extents: usize,
    pub(super) seeds: Vec<(usize, Vec<Code>)>,
    pub(super) ways: Vec<Way>,
    /// The extent that is asked for.
    pub(super) root: usize,
    /// The columns of it that are counted.
    pub(super) counts: Vec<bool>,
    stratum: usize,
}

/// A condition of a rule, as the planner moves it about.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// The demand for which the rule is run.
    Demand(usize, Vec<Argument>),
    /// A condition of the body, and where its rows are.
    Goal(Goal, Option<Table>),
}

/// A predicate with the columns in which values are known.
type Asked = (usize, u32);

/// A predicate with constants for some columns.
type Pattern = (usize, Vec<Option<Code>>);

/// Plans the question of a program; the contexts in an order in which they can be run.
pub(super) fn plan(checked: &Checked, constants: &[Code], sizes: &Sizes, question: usize) -> (Vec<Context>, usize) {
    let strata = strata(checked);
    let mut planner = Planner { checked, constants, sizes, patterns: Vec::new(), numbers: FxHashMap::default() };
    let root = planner.number((question, vec![None; checked.predicates[question].types.len()]));
    let mut contexts = Vec::new();
    while contexts.len() < planner.patterns.len() {
        let pattern = planner.patterns[contexts.len()].clone();
        let stratum = strata[pattern.0];
        contexts.push(Context { stratum, ..ContextPlanner::new(&mut planner, pattern).made() });
    }
    (contexts, root)
}

/// The contexts in an order in which each comes behind those that it needs.
pub(super) fn sequence(contexts: &[Context]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..contexts.len()).collect();
    order.sort_by_key(|&context| contexts[context].stratum);
    order
}

/// For each predicate a number above those of which it needs the absence or the count.
fn strata(checked: &Checked) -> Vec<usize> {
    let mut strata = vec![0; checked.predicates.len()];
    loop {
        let before = strata.clone();
        for rule in &checked.rules {
            let is_counted = checked.predicates[rule.predicate].is_counted();
            for goal in &rule.body {
                let Goal::Row(Of::Predicate(used), _, holds) = goal else { continue };
                let is_above = is_counted || !holds || checked.predicates[*used].is_counted();
                strata[rule.predicate] = strata[rule.predicate].max(strata[*used] + usize::from(is_above));
            }
        }
        if strata == before {
            return strata;
        }
    }
}

struct Planner<'a> {
    checked: &'a Checked,
    constants: &'a [Code],
    sizes: &'a Sizes,
    patterns: Vec<Pattern>,
    numbers: FxHashMap<Pattern, usize>,
}

impl Planner<'_> {
    fn number(&mut self, pattern: Pattern) -> usize {
        let next = self.patterns.len();
        let number = *self.numbers.entry(pattern.clone()).or_insert(next);
        if number == next {
            self.patterns.push(pattern);
        }
        number
    }
}

/// A rule before its conditions are ordered.
struct Draft {
    head: usize,
    columns: Vec<Argument>,
    items: Vec<Item>,
    variables: usize,
}

struct ContextPlanner<'p, 'a> {
    planner: &'p mut Planner<'a>,
    root: Pattern,
    asked: Vec<Asked>,
    /// The extents of predicates, and of the demand for them.
    extents: FxHashMap<Asked, (usize, Option<usize>)>,
    count: usize,
    drafts: Vec<Draft>,
}

impl<'p, 'a> ContextPlanner<'p, 'a> {
    fn new(planner: &'p mut Planner<'a>, root: Pattern) -> Self {
        Self { planner, root, asked: Vec::new(), extents: FxHashMap::default(), count: 0, drafts: Vec::new() }
    }

    fn made(mut self) -> Context {
        let (predicate, pattern) = self.root.clone();
        let known = pattern.iter().enumerate().filter(|(_, value)| value.is_some());
        let mask = known.fold(0, |mask, (column, _)| mask | 1 << column);
        let (root, demand) = self.extent((predicate, mask));
        let mut done = 0;
        while done < self.asked.len() {
            let asked = self.asked[done];
            done += 1;
            for number in 0..self.planner.checked.rules.len() {
                if self.planner.checked.rules[number].predicate == asked.0 {
                    self.rule(number, asked);
                }
            }
        }
        let ways = self.drafts.iter().flat_map(|draft| self.ways(draft)).collect();
        let seeds = demand.map(|demand| (demand, pattern.iter().flatten().copied().collect()));
        let predicate = &self.planner.checked.predicates[predicate];
        let counts = if predicate.is_counted() { predicate.counts.clone() } else { Vec::new() };
        Context { extents: self.count, seeds: seeds.into_iter().collect(), ways, root, counts, stratum: 0 }
    }

    fn extent(&mut self, asked: Asked) -> (usize, Option<usize>) {
        if let Some(&known) = self.extents.get(&asked) {
            return known;
        }
        let demand = (asked.1 != 0).then(|| self.count + 1);
        let made = (self.count, demand);
        self.count += 1 + usize::from(demand.is_some());
        self.extents.insert(asked, made);
        self.asked.push(asked);
        made
    }

    /// Plans one rule for what is asked of its predicate: itself, and the demand that it makes of others.
    fn rule(&mut self, number: usize, asked: Asked) {
        let (checked, sizes) = (self.planner.checked, self.planner.sizes);
        let rule = &checked.rules[number];
        let (own, demand) = self.extent(asked);
        let in_mask = |mask: u32, all: &[Argument]| -> Vec<Argument> {
            all.iter().enumerate().filter(|(column, _)| mask & (1 << column) != 0).map(|(_, one)| *one).collect()
        };
        let demand = demand.map(|demand| Item::Demand(demand, in_mask(asked.1, &rule.head)));
        let items: Vec<Item> =
            demand.into_iter().chain(rule.body.iter().cloned().map(|goal| Item::Goal(goal, None))).collect();
        let mut bound = vec![false; rule.variables];
        let mut settled: Vec<Item> = Vec::new();
        for at in order(&items, rule.variables, None, sizes, checked) {
            let item = match &items[at] {
                Item::Goal(Goal::Row(Of::Predicate(used), row, holds), _) => {
                    let is_known = |one: &Argument| match one {
                        Argument::Variable(variable) => bound[*variable],
                        Argument::Constant(_) => true,
                        Argument::Blank => false,
                    };
                    let table = if *holds && !checked.predicates[*used].is_counted() {
                        let known = row.iter().enumerate().filter(|(_, one)| is_known(one));
                        let mask = known.fold(0, |mask, (column, _)| mask | 1 << column);
                        let (extent, demand) = self.extent((*used, mask));
                        if let Some(demand) = demand {
                            let columns = in_mask(mask, row);
                            let is_itself = matches!(settled.as_slice(), [Item::Demand(one, same)] if *one == demand && *same == columns);
                            if !is_itself {
                                let (items, variables) = (settled.clone(), rule.variables);
                                self.drafts.push(Draft { head: demand, columns, items, variables });
                            }
                        }
                        Table::Own(extent)
                    } else {
                        let counts = &checked.predicates[*used].counts;
                        let constant = |(one, is_count): (&Argument, &bool)| match one {
                            Argument::Constant(number) if !is_count => Some(self.planner.constants[*number]),
                            _ => None,
                        };
                        let pattern = row.iter().zip(counts).map(constant).collect();
                        Table::Finished(self.planner.number((*used, pattern)))
                    };
                    Item::Goal(Goal::Row(Of::Predicate(*used), row.clone(), *holds), Some(table))
                }
                other => other.clone(),
            };
            binds(&item, &mut bound);
            settled.push(item);
        }
        let columns = rule.head.clone();
        self.drafts.push(Draft { head: own, columns, items: settled, variables: rule.variables });
    }

    /// A rule, once for each extent of the context that it reads: from its new rows on.
    fn ways(&self, draft: &Draft) -> Vec<Way> {
        let own = |item: &Item| match item {
            Item::Demand(extent, _) | Item::Goal(_, Some(Table::Own(extent))) => Some(*extent),
            Item::Goal(..) => None,
        };
        let reading: Vec<(usize, usize)> =
            draft.items.iter().enumerate().filter_map(|(at, item)| Some((at, own(item)?))).collect();
        if reading.is_empty() {
            return vec![self.way(draft, None)];
        }
        reading.into_iter().map(|first| self.way(draft, Some(first))).collect()
    }

    fn way(&self, draft: &Draft, first: Option<(usize, usize)>) -> Way {
        let Planner { checked, constants, sizes, .. } = &*self.planner;
        let mut bound = vec![false; draft.variables];
        let mut steps = Vec::new();
        for at in order(&draft.items, draft.variables, first.map(|(at, _)| at), sizes, checked) {
            let item = &draft.items[at];
            let is_new = first.is_some_and(|(first, _)| first == at);
            let place = |one: &Argument| match one {
                Argument::Variable(variable) if bound[*variable] => Use::Known(*variable),
                Argument::Variable(variable) => Use::Bind(*variable),
                Argument::Constant(number) => Use::Constant(constants[*number]),
                Argument::Blank => Use::Skip,
            };
            let places = |row: &[Argument]| row.iter().map(place).collect::<Vec<Use>>();
            steps.push(match item {
                Item::Demand(extent, row) => Step::Scan(Table::Own(*extent), places(row), is_new),
                Item::Goal(Goal::Row(of, row, holds), table) => {
                    let table = table.unwrap_or(Table::Given(*of));
                    if *holds { Step::Scan(table, places(row), is_new) } else { Step::Absent(table, places(row)) }
                }
                Item::Goal(Goal::Compare(left, operator, right, of), _) => match (place(left), place(right)) {
                    (Use::Bind(variable), from) | (from, Use::Bind(variable)) => Step::Assign(variable, from),
                    (left, right) => Step::Compare(left, *operator, right, *of),
                },
            });
            binds(item, &mut bound);
        }
        let columns = draft.columns.iter().map(|one| match one {
            Argument::Variable(variable) => Use::Known(*variable),
            Argument::Constant(number) => Use::Constant(constants[*number]),
            Argument::Blank => Use::Skip,
        });
        let begins_with = first.map(|(_, extent)| extent);
        Way { steps, head: draft.head, columns: columns.collect(), variables: draft.variables, begins_with }
    }
}

/// Marks the variables that have a value behind a condition.
pub(super) fn binds(item: &Item, bound: &mut [bool]) {
    let row = match item {
        Item::Demand(_, row) | Item::Goal(Goal::Row(_, row, true), _) => row.as_slice(),
        Item::Goal(Goal::Compare(left, Operator::Equal, right, _), _) => &[*left, *right],
        Item::Goal(..) => &[],
    };
    for one in row {
        if let Argument::Variable(variable) = one {
            bound[*variable] = true;
        }
    }
}
