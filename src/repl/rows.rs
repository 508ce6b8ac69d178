//! Questions that are answered by rows: choosing, sorting and counting them, and keeping them as sets.

use std::collections::BTreeSet;
use std::io::Write;

use super::desk::{Answered, Desk, DeskError};
use crate::inventory::Inventory;
use crate::query::datalog::RELATIONS;
use crate::query::{
    About, Answer, AskError, Attribute, Cell, Field, Filter, Listing, Members, Narrowed, Narrowing, Question, Row,
    SetExpression, Side, Subject, Tail, Told, plural,
};
use crate::report::{Sheet, Value, findings_listed, listing};

/// A row of a listing with what it is about.
type Listed = (Vec<Value>, Subject);

impl Desk<'_> {
    /// The rows that answer a question; `None` for one that is answered otherwise.
    fn answer_of(&self, question: &Question) -> Result<Option<Answer>, DeskError> {
        Ok(self.relations().rows_of(question, self.settings().scope)?)
    }

    /// Writes what a tail leaves of the rows about permissions.
    pub(super) fn write_rows(
        &mut self,
        question: &Question,
        tail: &Tail,
        out: &mut dyn Write,
    ) -> Result<Answered, DeskError> {
        let mut answer = self.answer_of(question)?.unwrap_or_default();
        match self.narrowing(tail)?.apply(std::mem::take(&mut answer.rows), self.relations()) {
            Narrowed::Rows(rows, all) => {
                if rows.len() < all {
                    answer.notes.push(format!("the first {} of {all} rows", rows.len()));
                }
                let answer = Answer { rows, is_sorted: !tail.order.is_empty(), ..answer };
                let renderer = self.renderer();
                let cell = |row: &Row| Cell::new(row.principal.clone(), row.action.clone(), row.resource.clone());
                self.last = renderer.leading(&answer).into_iter().map(cell).collect();
                renderer.answer(&answer, out)?;
                let verdicts = answer.rows.iter().map(|row| row.verdict).collect();
                Ok(Answered { verdicts, notes: answer.notes })
            }
            Narrowed::Groups(groups) => self.write_groups(tail, groups, out),
            Narrowed::Count(count) => self.write_count(count, out),
        }
    }

    /// Writes what a tail leaves of a listing.
    pub(super) fn write_listing(&self, what: Listing, tail: &Tail, out: &mut dyn Write) -> Result<Answered, DeskError> {
        let (mut sheet, subjects) = match what {
            Listing::Sets => self.sets_listed(),
            Listing::Queries => self.queries_listed(),
            Listing::Findings => self.findings_listed()?,
            what => listing(self.relations().inventory(), what),
        };
        let rows = std::mem::take(&mut sheet.rows).into_iter().zip(subjects).collect();
        self.write_listed(sheet, rows, what.columns(), tail, out)
    }

    /// What deserves a look; all accounts are derived for it.
    fn findings_listed(&self) -> Result<(Sheet, Vec<Subject>), DeskError> {
        let found = self.relations().findings(&|_, _| {});
        if self.interrupt().is_stopped() {
            return Err(AskError::Interrupted.into());
        }
        let sheet = findings_listed(&found);
        let subjects = vec![Subject::Other; sheet.rows.len()];
        Ok((sheet, subjects))
    }

    fn write_listed(
        &self,
        mut sheet: Sheet,
        rows: Vec<Listed>,
        columns: &[&'static str],
        tail: &Tail,
        out: &mut dyn Write,
    ) -> Result<Answered, DeskError> {
        let inventory = self.relations().inventory();
        match self.narrowing(tail)?.apply(rows, &Listings { columns, inventory }) {
            Narrowed::Rows(rows, all) => {
                let left = rows.len();
                sheet.rows = rows.into_iter().map(|(values, _)| values).collect();
                self.renderer().sheet(&sheet, out)?;
                let notes = (left < all).then(|| format!("the first {left} of {all} rows")).into_iter();
                let notes: Vec<String> = notes.collect();
                if self.settings().format.holds_notes() {
                    notes.iter().try_for_each(|note| writeln!(out, "note: {note}"))?;
                }
                Ok(Answered { verdicts: Vec::new(), notes })
            }
            Narrowed::Groups(groups) => self.write_groups(tail, groups, out),
            Narrowed::Count(count) => self.write_count(count, out),
        }
    }

    /// Writes what relations Datalog can ask for, or one of them.
    pub(super) fn write_schema(&self, name: Option<&str>, out: &mut dyn Write) -> Result<(), DeskError> {
        let mut sheet = Sheet::new("relations", &["relation", "a_row_says", "example"]);
        let wanted = RELATIONS.iter().filter(|relation| name.is_none_or(|name| relation.name == name));
        sheet.rows = wanted
            .map(|relation| vec![relation.to_string().into(), relation.sentence.into(), relation.example.into()])
            .collect();
        if let (true, Some(name)) = (sheet.rows.is_empty(), name) {
            return Err(DeskError::NoRelation(name.to_owned()));
        }
        self.renderer().sheet(&sheet, out)?;
        Ok(())
    }

    fn write_groups(
        &self,
        tail: &Tail,
        groups: Vec<(Vec<String>, usize)>,
        out: &mut dyn Write,
    ) -> Result<Answered, DeskError> {
        let columns: Vec<&'static str> =
            tail.group.iter().map(|field| field.attribute.word()).chain(["count"]).collect();
        let mut sheet = Sheet::new("groups", &columns);
        let row =
            |(held, count): (Vec<String>, usize)| held.into_iter().map(Value::from).chain([count.into()]).collect();
        sheet.rows = groups.into_iter().map(row).collect();
        self.renderer().sheet(&sheet, out)?;
        Ok(Answered::default())
    }

    pub(super) fn write_count(&self, count: usize, out: &mut dyn Write) -> Result<Answered, DeskError> {
        let mut sheet = Sheet::new("count", &["count"]);
        sheet.rows.push(vec![count.into()]);
        self.renderer().sheet(&sheet, out)?;
        Ok(Answered::default())
    }

    /// The rows that fit a condition.
    pub(super) fn kept(&self, rows: Vec<Row>, filter: Option<&Filter>) -> Result<Vec<Row>, DeskError> {
        let tail = Tail { filter: filter.cloned(), ..Tail::default() };
        match self.narrowing(&tail)?.apply(rows, self.relations()) {
            Narrowed::Rows(rows, _) => Ok(rows),
            Narrowed::Groups(_) | Narrowed::Count(_) => Ok(Vec::new()),
        }
    }

    // --- sets ---

    fn narrowing<'t>(&self, tail: &'t Tail) -> Result<Narrowing<'t>, DeskError> {
        Narrowing::new(tail, self.sets(), &mut |question| self.found(question))
    }

    /// Those whom a question finds.
    fn found(&self, question: &Question) -> Result<Members, DeskError> {
        let (side, tail) = match question {
            Question::WhoCan { tail, .. } => (Side::Principal, tail),
            Question::WhatCan { tail, .. } | Question::Which { tail, .. } => (Side::Repository, tail),
            Question::List(what, tail) => return self.found_in(*what, tail),
            _ => return Ok(Members { side: Side::Principal, names: BTreeSet::new() }),
        };
        let rows = self.answer_of(question)?.unwrap_or_default().rows;
        let left = match self.narrowing(tail)?.apply(rows, self.relations()) {
            Narrowed::Rows(rows, _) => rows,
            Narrowed::Groups(_) | Narrowed::Count(_) => Vec::new(),
        };
        let able = left.into_iter().filter(|row| row.verdict.is_possible());
        let names = able.map(|row| if side == Side::Principal { row.principal } else { row.resource });
        Ok(Members { side, names: names.collect() })
    }

    fn found_in(&self, what: Listing, tail: &Tail) -> Result<Members, DeskError> {
        let inventory = self.relations().inventory();
        let (sheet, subjects) = listing(inventory, what);
        let columns = what.columns();
        let rows: Vec<Listed> = sheet.rows.iter().cloned().zip(subjects).collect();
        let left = match self.narrowing(tail)?.apply(rows, &Listings { columns, inventory }) {
            Narrowed::Rows(rows, _) => rows,
            Narrowed::Groups(_) | Narrowed::Count(_) => Vec::new(),
        };
        let names = left.into_iter().filter_map(|(values, _)| values.first().map(Value::text));
        let side = if what == Listing::Principals { Side::Principal } else { Side::Repository };
        Ok(Members { side, names: names.collect() })
    }

    /// The members of a set.
    pub(super) fn members(&self, set: &SetExpression) -> Result<Members, DeskError> {
        set.members(self.sets(), &mut |question| self.found(question))
    }

    /// Writes the members of a set.
    pub(super) fn write_set(
        &self,
        set: &SetExpression,
        tail: &Tail,
        out: &mut dyn Write,
    ) -> Result<Answered, DeskError> {
        let Members { side, names } = self.members(set)?;
        let column = side.as_str();
        let inventory = self.relations().inventory();
        let rows = names.into_iter().map(|name| {
            let subject = Subject::named(inventory, &name);
            (vec![Value::from(name)], subject)
        });
        let sheet = Sheet::new(plural(side), &[column]);
        self.write_listed(sheet, rows.collect(), &["member"], tail, out)
    }

    fn sets_listed(&self) -> (Sheet, Vec<Subject>) {
        let mut sheet = Sheet::new("sets", Listing::Sets.columns());
        for (name, members) in self.sets() {
            let kind = plural(members.side);
            sheet.rows.push(vec![name.as_str().into(), kind.into(), members.names.len().into()]);
        }
        let subjects = vec![Subject::Other; sheet.rows.len()];
        (sheet, subjects)
    }
}

/// What tells what a row of a listing holds.
struct Listings<'a> {
    columns: &'a [&'static str],
    inventory: &'a Inventory,
}

/// A row of a listing, for those who choose rows.
struct ListedRow<'a> {
    listings: &'a Listings<'a>,
    values: &'a [Value],
    subject: Subject,
}

impl Told<Listings<'_>> for Listed {
    fn about<'a>(&'a self, listings: &'a Listings<'_>) -> impl About + 'a {
        ListedRow { listings, values: &self.0, subject: self.1 }
    }
}

impl About for ListedRow<'_> {
    fn field(&self, field: &Field) -> Vec<String> {
        let Attribute::Column(name) = field.attribute else {
            return self.subject.attribute(self.listings.inventory, &field.attribute);
        };
        let at = self.listings.columns.iter().position(|column| *column == name);
        match at.map(|at| &self.values[at]) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::List(texts)) => texts.clone(),
            Some(value) => vec![value.text()],
        }
    }

    fn is_public(&self) -> bool {
        self.subject.is_public(self.listings.inventory)
    }

    fn is_outside(&self) -> bool {
        self.subject.is_outside(self.listings.inventory)
    }
}
