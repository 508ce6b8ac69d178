//! CSV for spreadsheets, in which no cell is a formula.

use std::borrow::Cow;
use std::io::{self, Write};

use super::terminal::clean;
use super::{Document, Renderer, Section, Sheet, summarized};
use crate::query::{Matrix, MatrixCell, Party, Verdict};

/// Writes a header and a line a row; lists are joined by `; `.
#[derive(Clone, Copy, Debug, Default)]
pub struct Csv;

impl Renderer for Csv {
    fn sheet(&self, sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(sheet.columns.iter().map(|name| &**name)).map_err(plain)?;
        for row in &sheet.rows {
            writer.write_record(row.iter().map(|value| harmless(&value.text()))).map_err(plain)?;
        }
        writer.flush()
    }

    /// A document of one section; of more, all that is no matrix comes one behind the other.
    fn document(&self, document: &Document, out: &mut dyn Write) -> io::Result<()> {
        document.sections.iter().try_for_each(|section| match section {
            Section::Summary(summary) => self.sheet(&summarized(summary), out),
            Section::Findings(parted) => self.findings(parted, out),
            Section::Query(asked) => self.sheet(&asked.rows.sheet(), out),
            Section::Matrix(matrix) => pivot(matrix, out),
        })
    }
}

/// A row a principal, a column a repository.
fn pivot(matrix: &Matrix, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    let resources = matrix.each_resource();
    let names = resources.iter().map(|(_, name)| harmless(name));
    writer.write_record(["principal", "kind", "account"].map(String::from).into_iter().chain(names)).map_err(plain)?;
    for (party, principal) in matrix.each_principal() {
        let Party { kind, account, .. } = matrix.principals[party];
        let mut held = vec![String::new(); matrix.repositories.len()];
        matrix.row(party).for_each(|(column, cells)| held[column] = words(cells));
        writer.write_field(harmless(principal)).map_err(plain)?;
        writer.write_field(kind).map_err(plain)?;
        writer.write_field(account.map(|account| account.to_string()).unwrap_or_default()).map_err(plain)?;
        writer.write_record(resources.iter().map(|(column, _)| &held[*column])).map_err(plain)?;
    }
    writer.flush()
}

/// The failure of the writer below: whoever stopped reading is recognised by it.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// What is held, in words.
fn words(cells: &[MatrixCell]) -> String {
    let word = |cell: &MatrixCell| {
        let marks = [(cell.verdict == Verdict::Conditional, "conditional"), (cell.own.is_none(), "through roles")];
        let marks: Vec<&str> = marks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, mark)| mark).collect();
        match &*marks {
            [] => cell.capability.to_string(),
            marks => format!("{} ({})", cell.capability, marks.join(", ")),
        }
    };
    cells.iter().map(word).collect::<Vec<_>>().join("; ")
}

/// A cell that a spreadsheet takes for text: a quote in front of what could begin a formula. The look
/// is at the cell as it came and as it is written, for a blank may take the place of a tab.
fn harmless(text: &str) -> String {
    let shown: Cow<'_, str> = clean(text);
    let is_formula = |text: &str| text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if is_formula(text) || is_formula(shown.trim_start()) { format!("'{shown}") } else { shown.into_owned() }
}
