//! JSON lines: an object a row, for programs that read a stream.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use super::document_record::{pairs, rows};
use super::finding::records;
use super::proof::ProofRecord;
use super::record::Record;
use super::terminal::is_hidden;
use super::{Document, Renderer, Section, Sheet};
use crate::finding::Parted;
use crate::query::{Answer, Proof};

/// Writes an object a line.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonLines;

impl Renderer for JsonLines {
    fn sheet(&self, sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
        sheet.rows.iter().try_for_each(|row| line(&object(sheet, row), out))
    }

    fn answer(&self, answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
        answer.rows.iter().try_for_each(|row| line(&Record::from(row), out))
    }

    fn findings(&self, parted: &Parted, out: &mut dyn Write) -> io::Result<()> {
        records(parted).try_for_each(|record| line(&record, out))
    }

    fn document(&self, document: &Document, out: &mut dyn Write) -> io::Result<()> {
        for section in &document.sections {
            if let Section::Matrix(matrix) = section {
                pairs(matrix, |pair| writeln!(out, "{pair}"))?;
            }
            rows(section, Some(section.name()))?.iter().try_for_each(|row| writeln!(out, "{row}"))?;
        }
        Ok(())
    }

    fn proofs(&self, proofs: &[Proof], out: &mut dyn Write) -> io::Result<()> {
        proofs.iter().try_for_each(|proof| line(&ProofRecord::from(proof), out))
    }
}

fn line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", to_json(value)?)
}

/// A row of a sheet as an object, with its keys in the order of the columns.
pub(super) fn object<'a>(sheet: &'a Sheet, row: &'a [super::Value]) -> impl Serialize + 'a {
    struct Object<'a>(&'a [Cow<'static, str>], &'a [super::Value]);
    impl Serialize for Object<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().zip(self.1))
        }
    }
    Object(&sheet.columns, row)
}

/// JSON in which what a terminal obeys is written as `\u` and four digits: such characters occur
/// inside of strings only, so the value stays the same.
pub(crate) fn to_json(value: &impl Serialize) -> io::Result<String> {
    let json = serde_json::to_string(value)?;
    if !json.contains(is_hidden) {
        return Ok(json);
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for char in json.chars() {
        if is_hidden(char) {
            for unit in char.encode_utf16(&mut [0; 2]) {
                write!(safe, "\\u{unit:04x}").map_err(io::Error::other)?;
            }
        } else {
            safe.push(char);
        }
    }
    Ok(safe)
}
