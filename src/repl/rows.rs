//! Questions that are answered by rows: choosing, sorting and counting them, and keeping them as sets.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Write;

use super::desk::{Answered, Desk, DeskError};
use crate::inventory::Inventory;
use crate::query::datalog::{self, Heading, RELATIONS, Table, Type};
use crate::query::{
    About, Answer, AskError, Attribute, Cell, Field, Filter, Listing, Members, Narrowed, Narrowing, Question, Row,
    SetExpression, Side, Subject, Tail, Told, plural,
};
use crate::report::{Rows, Sheet, Value, findings_listed, listing};

/// A row of a listing with what it is about.
type Listed = (Vec<Value>, Subject);

impl Desk<'_> {
    /// The rows that answer a question; `None` for one that is answered otherwise.
    fn answer_of(&self, question: &Question) -> Result<Option<Answer>, DeskError> {
        Ok(self.relations().rows_of(question, self.settings().scope)?)
    }

    /// What a question finds, as its tail leaves it; `None` for one that is not answered by rows.
    pub(super) fn rows(&self, question: &Question) -> Result<Option<Rows>, DeskError> {
        Ok(Some(match question {
            Question::WhoCan { tail, .. }
            | Question::WhatCan { tail, .. }
            | Question::Which { tail, .. }
            | Question::Can(_, tail) => self.rows_left(question, tail)?,
            Question::List(what, tail) => self.listing_left(*what, tail)?,
            Question::Set(set, tail) => self.set_left(set, tail)?,
            _ => return Ok(None),
        }))
    }

    /// What a tail leaves of the rows about permissions.
    fn rows_left(&self, question: &Question, tail: &Tail) -> Result<Rows, DeskError> {
        let mut answer = self.answer_of(question)?.unwrap_or_default();
        Ok(match self.narrowing(tail)?.apply(std::mem::take(&mut answer.rows), self.relations()) {
            Narrowed::Rows(rows, all) => {
                if rows.len() < all {
                    answer.notes.push(format!("the first {} of {all} rows", rows.len()));
                }
                Rows::Answer(Answer { rows, is_sorted: !tail.order.is_empty(), ..answer })
            }
            Narrowed::Groups(groups) => grouped(tail, groups),
            Narrowed::Count(count) => just(count),
        })
    }

    /// What a tail leaves of a listing.
    fn listing_left(&self, what: Listing, tail: &Tail) -> Result<Rows, DeskError> {
        let (mut sheet, subjects) = match what {
            Listing::Sets => self.sets_listed(),
            Listing::Queries => self.queries_listed(),
            Listing::Findings => self.findings_listed()?,
            what => listing(self.relations().inventory(), what),
        };
        let rows = std::mem::take(&mut sheet.rows).into_iter().zip(subjects).collect();
        self.listed_left(sheet, rows, what.columns(), tail)
    }

    /// Writes what was found, and keeps what its lines are about.
    pub(super) fn write_found(&mut self, found: Rows, out: &mut dyn Write) -> Result<Answered, DeskError> {
        let renderer = self.renderer();
        match found {
            Rows::Answer(answer) => {
                let cell = |row: &Row| Cell::new(row.principal.clone(), row.action.clone(), row.resource.clone());
                self.last = renderer.leading(&answer).into_iter().map(cell).collect();
                renderer.answer(&answer, out)?;
                let verdicts = answer.rows.iter().map(|row| row.verdict).collect();
                Ok(Answered { verdicts, notes: answer.notes })
            }
            Rows::Table(table) => self.write_table(&table, out),
            Rows::Sheet(sheet, notes) => {
                renderer.sheet(&sheet, out)?;
                if self.settings().format.holds_notes() {
                    notes.iter().try_for_each(|note| writeln!(out, "note: {note}"))?;
                }
                Ok(Answered { verdicts: Vec::new(), notes })
            }
        }
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

    fn listed_left(
        &self,
        mut sheet: Sheet,
        rows: Vec<Listed>,
        columns: &[&'static str],
        tail: &Tail,
    ) -> Result<Rows, DeskError> {
        let inventory = self.relations().inventory();
        Ok(match self.narrowing(tail)?.apply(rows, &Listings { columns, inventory }) {
            Narrowed::Rows(rows, all) => {
                let left = rows.len();
                // What rows are only chosen by is no column.
                let shown = sheet.columns.len();
                sheet.rows = rows.into_iter().map(|(values, _)| values.into_iter().take(shown).collect()).collect();
                let notes = (left < all).then(|| format!("the first {left} of {all} rows")).into_iter();
                Rows::Sheet(sheet, notes.collect())
            }
            Narrowed::Groups(groups) => grouped(tail, groups),
            Narrowed::Count(count) => just(count),
        })
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

    /// What a question comes to that counts, as a table.
    pub(super) fn counted(&self, question: &Question) -> Result<Table, DeskError> {
        let (groups, tail) = match question {
            Question::List(what, tail) => {
                let (sheet, subjects) = listing(self.relations().inventory(), *what);
                let rows: Vec<Listed> = sheet.rows.into_iter().zip(subjects).collect();
                let inventory = self.relations().inventory();
                let listings = Listings { columns: what.columns(), inventory };
                (groups_of(self.narrowing(tail)?.apply(rows, &listings)), tail)
            }
            Question::WhoCan { tail, .. }
            | Question::WhatCan { tail, .. }
            | Question::Which { tail, .. }
            | Question::Can(_, tail) => {
                let rows = self.answer_of(question)?.unwrap_or_default().rows;
                (groups_of(self.narrowing(tail)?.apply(rows, self.relations())), tail)
            }
            _ => return Ok(Table::default()),
        };
        let of = |name: &str| if name == "count" { Type::Number } else { Type::Text };
        let columns = tail.columns().map(|name| Heading { name: name.to_owned(), of: of(name) }).collect();
        let number = |count: usize| datalog::Field::Number(u32::try_from(count).unwrap_or(u32::MAX));
        let row = |(held, count): (Vec<String>, usize)| {
            held.into_iter().map(datalog::Field::Name).chain([number(count)]).collect()
        };
        Ok(Table { columns, rows: groups.into_iter().map(row).collect(), notes: Vec::new() })
    }

    /// What a tail leaves of a table.
    pub(super) fn table_left(&self, mut table: Table, tail: &Tail) -> Result<Rows, DeskError> {
        let rows = std::mem::take(&mut table.rows);
        let counted = match self.narrowing(tail)?.apply(rows, &Headings(&table.columns)) {
            Narrowed::Rows(rows, all) => {
                if rows.len() < all {
                    table.notes.push(format!("the first {} of {all} rows", rows.len()));
                }
                return Ok(Rows::Table(Table { rows, ..table }));
            }
            Narrowed::Groups(groups) => grouped(tail, groups),
            Narrowed::Count(count) => just(count),
        };
        Ok(match counted {
            Rows::Sheet(sheet, _) => Rows::Sheet(sheet, table.notes),
            other => other,
        })
    }

    /// The rows that fit a condition.
    pub(super) fn filtered(&self, rows: Vec<Row>, filter: Option<&Filter>) -> Result<Vec<Row>, DeskError> {
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

    /// What a tail leaves of the members of a set.
    fn set_left(&self, set: &SetExpression, tail: &Tail) -> Result<Rows, DeskError> {
        let Members { side, names } = self.members(set)?;
        let column = side.as_str();
        let inventory = self.relations().inventory();
        let rows = names.into_iter().map(|name| {
            let subject = Subject::named(inventory, &name);
            let kind = Value::from(self.kind(&name));
            (vec![Value::from(name), kind], subject)
        });
        let sheet = Sheet::new(plural(side), &[column]);
        self.listed_left(sheet, rows.collect(), &["member", "kind"], tail)
    }

    /// What kind of principal it is, if it is one.
    fn kind(&self, name: &str) -> Option<&'static str> {
        let relations = self.relations();
        let (id, _) = relations.requester_names().ending(name).find(|(_, own)| *own == name)?;
        Some(relations.requester(id).view.kind.as_str())
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

/// Groups with their counts.
fn grouped(tail: &Tail, groups: Vec<(Vec<String>, usize)>) -> Rows {
    let mut sheet = Sheet::new("groups", &[]);
    sheet.columns = tail.columns().map(|word| Cow::Owned(word.to_owned())).collect();
    let row = |(held, count): (Vec<String>, usize)| held.into_iter().map(Value::from).chain([count.into()]).collect();
    sheet.rows = groups.into_iter().map(row).collect();
    Rows::Sheet(sheet, Vec::new())
}

/// A number of rows.
fn just(count: usize) -> Rows {
    let mut sheet = Sheet::new("count", &["count"]);
    sheet.rows.push(vec![count.into()]);
    Rows::Sheet(sheet, Vec::new())
}

fn groups_of<T>(narrowed: Narrowed<T>) -> Vec<(Vec<String>, usize)> {
    match narrowed {
        Narrowed::Groups(groups) => groups,
        Narrowed::Count(count) => vec![(Vec::new(), count)],
        Narrowed::Rows(..) => Vec::new(),
    }
}

/// The columns of a table, which tell what a row of it holds.
struct Headings<'a>(&'a [Heading]);

/// A row of a table, for those who choose rows.
struct TableRow<'a>(&'a [Heading], &'a [datalog::Field]);

impl Told<Headings<'_>> for Vec<datalog::Field> {
    fn about<'a>(&'a self, headings: &'a Headings<'_>) -> impl About + 'a {
        TableRow(headings.0, self)
    }
}

impl About for TableRow<'_> {
    fn field(&self, field: &Field) -> Vec<String> {
        let Attribute::Variable(name) = &field.attribute else { return Vec::new() };
        let at = self.0.iter().position(|heading| heading.name == *name);
        let value = at.and_then(|at| self.1.get(at)).map(|value| match value {
            datalog::Field::Number(number) => number.to_string(),
            datalog::Field::Name(name) => name.clone(),
        });
        value.into_iter().collect()
    }

    fn is_public(&self) -> bool {
        false
    }

    fn is_outside(&self) -> bool {
        false
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
