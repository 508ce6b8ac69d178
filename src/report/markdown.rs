//! Markdown tables, for reviews and wikis.

use std::io::{self, Write};

use super::finding::{all, tally};
use super::terminal::clean;
use super::{Renderer, Sheet, proof};
use crate::finding::Parted;
use crate::query::{Answer, Proof};

/// Writes a table in the form that most renderers of Markdown share.
#[derive(Clone, Copy, Debug, Default)]
pub struct Markdown;

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

    fn proofs(&self, proofs: &[Proof], out: &mut dyn Write) -> io::Result<()> {
        let text = proof::text(proofs, proof::Style::default());
        // A fence is longer than any run of its own character inside.
        let fence = "`".repeat(3.max(longest_run(&text, '`') + 1));
        writeln!(out, "{fence}text\n{}\n{fence}", text.trim_end())
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
