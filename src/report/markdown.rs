//! Markdown tables, for reviews and wikis.

use std::io::{self, Write};

use super::finding::{all, tally};
use super::grid::{grids, unheld};
use super::letters::legend;
use super::terminal::clean;
use super::{Asked, Document, Renderer, Section, Sheet, Style, Value, proof, summarized};
use crate::finding::Parted;
use crate::query::{Answer, Matrix, Proof};

/// So many rows of a query are shown where it is one section of several; the rest is counted.
const SHOWN: usize = 20;

/// So many columns of a matrix are in one table.
const COLUMNS: usize = 12;

/// Writes a table in the form that most renderers of Markdown share.
#[derive(Clone, Copy, Debug, Default)]
pub struct Markdown(pub Style);

impl Renderer for Markdown {
    fn sheet(&self, sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
        if sheet.rows.is_empty() {
            return writeln!(out, "No {}.", escaped(&sheet.title));
        }
        writeln!(out, "| {} |", sheet.columns.join(" | "))?;
        writeln!(out, "|{}", " --- |".repeat(sheet.columns.len()))?;
        for row in &sheet.rows {
            let cells: Vec<String> = row.iter().map(|value| escaped(&value.text())).collect();
            writeln!(out, "| {} |", cells.join(" | "))?;
        }
        Ok(())
    }

    fn note(&self, note: &str, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\nNote: {}", escaped(note))
    }

    fn answer(&self, answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
        self.sheet(&Sheet::of_answer(answer), out)?;
        for note in &answer.notes {
            writeln!(out, "\n{}", escaped(note))?;
        }
        Ok(())
    }

    fn findings(&self, parted: &Parted, out: &mut dyn Write) -> io::Result<()> {
        self.sheet(&all(parted), out)?;
        tally(parted).lines().try_for_each(|line| writeln!(out, "\n{}", escaped(line)))
    }

    fn document(&self, document: &Document, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "# {}\n", escaped(&document.title))?;
        document.about.told().iter().try_for_each(|line| writeln!(out, "- {}", escaped(line)))?;
        for section in &document.sections {
            writeln!(out, "\n## {}\n", escaped(section.title()))?;
            match section {
                Section::Summary(summary) => self.sheet(&summarized(summary), out)?,
                Section::Findings(parted) => self.findings(parted, out)?,
                Section::Query(asked) => self.query(asked, document.sections.len() > 1, out)?,
                Section::Matrix(matrix) => self.matrix(matrix, out)?,
            }
            // What findings have to say is said with them.
            if !matches!(section, Section::Findings(_)) {
                section.notes().iter().try_for_each(|note| self.note(note, out))?;
            }
        }
        match document.quiet() {
            Some(quiet) => writeln!(out, "\n{}", escaped(&quiet)),
            None => Ok(()),
        }
    }

    fn proofs(&self, proofs: &[Proof], out: &mut dyn Write) -> io::Result<()> {
        let text = proof::text(proofs, proof::Style::default());
        // A fence is longer than any run of its own character inside.
        let fence = "`".repeat(3.max(longest_run(&text, '`') + 1));
        writeln!(out, "{fence}text\n{}\n{fence}", text.trim_end())
    }
}

impl Markdown {
    fn query(self, asked: &Asked, is_one_of_many: bool, out: &mut dyn Write) -> io::Result<()> {
        let Asked { query, rows, .. } = asked;
        writeln!(out, "{}, {}. {}\n", escaped(&query.name), query.severity.as_str(), escaped(&query.meaning))?;
        let mut sheet = rows.told();
        let left = sheet.rows.len().saturating_sub(SHOWN);
        if is_one_of_many && !self.0.expand {
            sheet.rows.truncate(SHOWN);
        }
        self.sheet(&sheet, out)?;
        if is_one_of_many && !self.0.expand && left > 0 {
            writeln!(out, "\nAnd {left} more.")?;
        }
        if !rows.is_empty() {
            writeln!(out, "\n{}", escaped(&query.advice))?;
        }
        Ok(())
    }

    fn matrix(self, matrix: &Matrix, out: &mut dyn Write) -> io::Result<()> {
        if matrix.cells.is_empty() {
            return writeln!(out, "Nobody holds anything.");
        }
        writeln!(out, "{}", escaped(&legend(matrix)))?;
        for grid in grids(matrix, usize::MAX, |grid| grid.headings.len() <= COLUMNS) {
            if let Some(account) = grid.account {
                writeln!(out, "\n### Account {account}")?;
            }
            let headings = ["principals", "account"].map(str::to_owned).into_iter().chain(grid.headings);
            let row = |(name, account, cells): (String, String, Vec<String>)| {
                [name, account].into_iter().chain(cells).map(Value::from).collect()
            };
            let columns = headings.map(|name| escaped(&name).into()).collect();
            let rows = grid.rows.into_iter().map(row).collect();
            writeln!(out)?;
            self.sheet(&Sheet { title: "cells".to_owned(), columns, rows }, out)?;
        }
        unheld(matrix).map_or(Ok(()), |note| self.note(&note, out))
    }
}

/// Text that stays text: nothing in it is a table's border, a link, an emphasis, or HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in clean(text).chars() {
        match char {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '!' | '$' => out.extend(['\\', char]),
            plain => out.push(plain),
        }
    }
    out
}

fn longest_run(text: &str, wanted: char) -> usize {
    text.split(|char| char != wanted).map(str::len).max().unwrap_or(0)
}
