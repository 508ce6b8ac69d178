//! CSV for spreadsheets, in which no cell is a formula.

use std::borrow::Cow;
use std::io::{self, Write};

use super::terminal::clean;
use super::{Renderer, Sheet};

/// Writes a header and a line a row; lists are joined by `; `.
#[derive(Clone, Copy, Debug, Default)]
pub struct Csv;

impl Renderer for Csv {
    fn sheet(&self, sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(sheet.columns.iter().map(|name| &**name))?;
        for row in &sheet.rows {
            writer.write_record(row.iter().map(|value| harmless(&value.text())))?;
        }
        writer.flush()
    }
}

/// A cell that a spreadsheet takes for text: a quote in front of what could begin a formula. The look
/// is at the cell as it came and as it is written, for a blank may take the place of a tab.
fn harmless(text: &str) -> String {
    let shown: Cow<'_, str> = clean(text);
    let is_formula = |text: &str| text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if is_formula(text) || is_formula(shown.trim_start()) { format!("'{shown}") } else { shown.into_owned() }
}
