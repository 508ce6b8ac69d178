//! Doing with rows what a question's tail says: choosing, sorting, counting.

use std::cmp::Ordering;

use rustc_hash::FxBuildHasher;

use super::about::{About, Told};
use super::set::{Members, SetError, SetExpression, Sets};
use super::tail::{Attribute, Field, Filter, Order, Tail};
use crate::query::Question;

/// What is left of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Narrowed<T> {
    /// Rows, and how many there were before a limit left some out.
    Rows(Vec<T>, usize),
    /// What the fields hold, with the number of rows that hold it.
    Groups(Vec<(Vec<String>, usize)>),
    /// How many there are.
    Count(usize),
}

/// A tail whose sets are known.
#[derive(Debug)]
pub struct Narrowing<'a> {
    tail: &'a Tail,
    sets: Vec<(&'a SetExpression, Members)>,
}

impl<'a> Narrowing<'a> {
    /// Looks up the sets that conditions name; `ask` answers the questions in them.
    ///
    /// # Errors
    /// For a set that nobody named, and those of `ask`.
    pub fn new<E: From<SetError>>(
        tail: &'a Tail,
        named: &Sets,
        ask: &mut impl FnMut(&Question) -> Result<Members, E>,
    ) -> Result<Self, E> {
        let mut found = Vec::new();
        collect(tail.filter.as_ref(), &mut found);
        let sets = found.into_iter().map(|(field, set)| {
            let members = set.members(named, ask)?;
            match field.side_named() {
                Some(side) if side != members.side => Err(SetError::Other(field.to_string(), members.side).into()),
                _ => Ok((set, members)),
            }
        });
        Ok(Self { tail, sets: sets.collect::<Result<_, E>>()? })
    }

    /// Chooses, sorts and counts rows, as far as the context tells what they hold.
    pub fn apply<C, T: Told<C>>(&self, rows: Vec<T>, context: &C) -> Narrowed<T> {
        let tail = self.tail;
        let keeps = |row: &T| tail.filter.as_ref().is_none_or(|filter| self.admits(filter, &row.about(context)));
        let mut rows: Vec<T> = rows.into_iter().filter(keeps).collect();
        if !tail.group.is_empty() {
            let mut groups: indexmap::IndexMap<Vec<String>, usize, FxBuildHasher> = indexmap::IndexMap::default();
            for row in &rows {
                let about = row.about(context);
                let held = tail.group.iter().map(|field| shown(&about, field)).collect();
                *groups.entry(held).or_default() += 1;
            }
            let mut groups: Vec<(Vec<String>, usize)> = groups.into_iter().collect();
            groups.sort();
            self.sort(&mut groups, |(held, count), order| match order.field.attribute {
                Attribute::Count => count.to_string(),
                _ => tail
                    .group
                    .iter()
                    .position(|field| *field == order.field)
                    .map_or_else(String::new, |at| held[at].clone()),
            });
            if tail.count {
                return Narrowed::Count(groups.len());
            }
            groups.truncate(tail.limit.unwrap_or(usize::MAX));
            return Narrowed::Groups(groups);
        }
        if tail.count {
            return Narrowed::Count(rows.len());
        }
        self.sort(&mut rows, |row, order| shown(&row.about(context), &order.field));
        let all = rows.len();
        rows.truncate(tail.limit.unwrap_or(usize::MAX));
        Narrowed::Rows(rows, all)
    }

    /// Sorts by the fields that are asked for; what is alike stays in its order.
    fn sort<T>(&self, rows: &mut Vec<T>, held: impl Fn(&T, &Order) -> String) {
        if self.tail.order.is_empty() {
            return;
        }
        let keys = |row: &T| self.tail.order.iter().map(|order| held(row, order)).collect::<Vec<String>>();
        let mut keyed: Vec<(Vec<String>, T)> = rows.drain(..).map(|row| (keys(&row), row)).collect();
        keyed.sort_by(|(one, _), (other, _)| {
            let each = self.tail.order.iter().zip(one.iter().zip(other));
            each.map(|(order, (one, other))| {
                let compared = compare(one, other);
                if order.descending { compared.reverse() } else { compared }
            })
            .find(|compared| *compared != Ordering::Equal)
            .unwrap_or(Ordering::Equal)
        });
        rows.extend(keyed.into_iter().map(|(_, row)| row));
    }

    fn admits(&self, filter: &Filter, about: &impl About) -> bool {
        match filter {
            Filter::All(parts) => parts.iter().all(|part| self.admits(part, about)),
            Filter::Any(parts) => parts.iter().any(|part| self.admits(part, about)),
            Filter::Not(part) => !self.admits(part, about),
            Filter::Compares(field, comparison, wanted) => {
                let held = about.field(field);
                held.iter().any(|held| wanted.iter().any(|wanted| comparison.admits(&field.attribute, held, wanted)))
            }
            Filter::In(field, set) => {
                let known = self.sets.iter().find(|(own, _)| *own == set);
                known.is_some_and(|(_, members)| about.is_in(field, members))
            }
            Filter::Public => about.is_public(),
            Filter::Outside => about.is_outside(),
        }
    }
}

fn collect<'a>(filter: Option<&'a Filter>, found: &mut Vec<(&'a Field, &'a SetExpression)>) {
    match filter {
        Some(Filter::All(parts) | Filter::Any(parts)) => parts.iter().for_each(|part| collect(Some(part), found)),
        Some(Filter::Not(part)) => collect(Some(part), found),
        Some(Filter::In(field, set)) => found.push((field, set)),
        _ => {}
    }
}

/// What a field holds, as one text.
fn shown(about: &impl About, field: &Field) -> String {
    let held = about.field(field);
    match field.attribute {
        // An account and its name say the same.
        Attribute::Account => held.into_iter().next().unwrap_or_default(),
        _ => held.join(", "),
    }
}

/// Numbers by their size, verdicts by what they allow, all else by its letters.
fn compare(one: &str, other: &str) -> Ordering {
    let number = |text: &str| text.parse::<i64>().ok();
    if let (Some(one), Some(other)) = (number(one), number(other)) {
        return one.cmp(&other);
    }
    let verdict = |text: &str| ["allowed", "conditional", "denied"].iter().position(|own| *own == text);
    match (verdict(one), verdict(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => one.cmp(other),
    }
}
