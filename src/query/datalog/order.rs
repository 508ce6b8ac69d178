//! Which condition comes next: the one that leaves the fewest rows, as far as sizes tell.

use super::check::{Argument, Checked, Goal, Of};
use super::plan::{Item, binds};
use super::relations::Source;
use super::syntax::Operator;
use super::value::Type;
use super::world::World;

/// How many there are of what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    principals: f64,
    repositories: f64,
    accounts: f64,
    policies: f64,
}

impl Sizes {
    pub(super) fn of(world: &World<'_>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let many = |count: usize| count.max(1) as f64;
        Self {
            principals: many(world.everybody.len()),
            repositories: many(world.sites.len()),
            accounts: many(world.accounts.len()),
            policies: many(world.relations.inventory().policies.len()),
        }
    }

    /// How many rows a relation has about, for each choice of the values that are known.
    fn rows(&self, source: Source, first: Type, known: &[bool]) -> f64 {
        let of = |column: usize| known.get(column) == Some(&true);
        match source {
            Source::Allowed | Source::Conditional | Source::Possible | Source::Capable => {
                let actions = if of(1) { 1.0 } else { 20.0 };
                match (of(0), of(2)) {
                    (true, true) => 0.7 * actions,
                    (false, true) => actions * (10.0 + self.principals / self.accounts),
                    // Every account is looked into, for each principal...
                    (true, false) => actions * (10.0 + self.accounts),
                    // ...or once for all, atom by atom: that is less than to begin with all principals.
                    (false, false) => self.principals / 2.0,
                }
            }
            Source::Grants | Source::Says | Source::Blocks => {
                let actions = if of(2) { 1.0 } else { 20.0 };
                let several = if of(0) { 1.0 } else { 5.0 };
                match (of(1), of(3)) {
                    (true, true) => several * actions,
                    (false, true) => several * actions * (10.0 + self.principals / self.accounts),
                    (true, false) => several * actions * (10.0 + self.accounts),
                    // Whoever has a statement is found by it.
                    (false, false) if of(0) && source != Source::Grants => actions * (10.0 + self.accounts),
                    (false, false) => several * self.principals,
                }
            }
            Source::Escalates => self.principals,
            Source::CanAssume | Source::Becomes | Source::Controls => match (of(0), of(1)) {
                (true, true) => 5.0,
                (false, true) => 8.0,
                (true, false) => 10.0 + self.accounts,
                (false, false) => 10.0 * self.principals,
            },
            _ => {
                let all = match first {
                    Type::Principal => self.principals,
                    Type::Repository => self.repositories,
                    Type::Account | Type::Unit | Type::Organization => self.accounts,
                    Type::Policy | Type::Group => self.policies,
                    Type::Statement => 3.0 * self.policies,
                    _ => 100.0,
                };
                let others = known.iter().skip(1).filter(|known| **known).count();
                if of(0) && others + 1 == known.len() {
                    0.5
                } else if of(0) {
                    1.5
                } else if others > 0 {
                    match source {
                        // Each value has many.
                        Source::Effect | Source::Kind | Source::Visibility | Source::Layer | Source::Element => {
                            all / 4.0
                        }
                        Source::InPolicy => 3.0,
                        Source::Inline => 1.0,
                        _ => 1.0 + all / (10.0 * self.accounts.min(all)),
                    }
                } else {
                    all
                }
            }
        }
    }
}

/// The conditions in the order in which they are looked up; `first` comes first.
pub(super) fn order(
    items: &[Item],
    variables: usize,
    first: Option<usize>,
    sizes: &Sizes,
    checked: &Checked,
) -> Vec<usize> {
    let mut bound = vec![false; variables];
    let mut left: Vec<usize> = (0..items.len()).collect();
    let mut order = Vec::with_capacity(items.len());
    let mut next = first;
    while !left.is_empty() {
        let cost = |at: usize| cost(&items[at], &bound, sizes, checked);
        let cheapest = left.iter().copied().min_by(|&one, &other| cost(one).total_cmp(&cost(other)));
        let at = next.take().or(cheapest).expect("something is left");
        left.retain(|&other| other != at);
        binds(&items[at], &mut bound);
        order.push(at);
    }
    order
}

/// How many rows a condition leaves; infinitely many if it cannot be looked up yet.
fn cost(item: &Item, bound: &[bool], sizes: &Sizes, checked: &Checked) -> f64 {
    let is_known = |one: &Argument| match one {
        Argument::Variable(variable) => bound[*variable],
        Argument::Constant(_) => true,
        Argument::Blank => false,
    };
    let is_ready = |row: &[Argument]| row.iter().all(|one| *one == Argument::Blank || is_known(one));
    match item {
        Item::Demand(..) => 0.0,
        Item::Goal(Goal::Compare(left, operator, right, _), _) => match (is_known(left), is_known(right)) {
            (true, true) => 0.1,
            (true, false) | (false, true) if *operator == Operator::Equal => 0.1,
            _ => f64::INFINITY,
        },
        Item::Goal(Goal::Row(_, row, false), _) if !is_ready(row) => f64::INFINITY,
        Item::Goal(Goal::Row(of, row, holds), _) => {
            let known: Vec<bool> = row.iter().map(is_known).collect();
            let rows = match of {
                Of::Relation(source, first) => sizes.rows(*source, *first, &known),
                Of::Predicate(_) if known.iter().all(|known| *known) => 0.6,
                Of::Predicate(used) if checked.predicates[*used].is_counted() => 100.0,
                Of::Predicate(_) if known.contains(&true) => 30.0,
                Of::Predicate(_) => 1000.0,
            };
            // What must be absent leaves no more than there was.
            if *holds { rows } else { rows.min(0.9) }
        }
    }
}
