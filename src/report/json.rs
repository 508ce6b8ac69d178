//! JSON: one array of the same objects that JSON lines have.

use std::io::{self, Write};

use serde::Serialize;

use super::document_record::{CellRecord, ColumnRecord, DocumentRecord, PartyRecord, SectionRecord, rows};
use super::finding::records;
use super::jsonl::{object, to_json};
use super::proof::ProofRecord;
use super::record::Record;
use super::{Document, Renderer, Section, Sheet};
use crate::finding::Parted;
use crate::query::{Answer, Proof};

/// Writes one array, an element a line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Renderer for Json {
    fn sheet(&self, sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
        array(sheet.rows.iter().map(|row| object(sheet, row)), out)
    }

    fn answer(&self, answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
        array(answer.rows.iter().map(Record::from), out)
    }

    fn findings(&self, parted: &Parted, out: &mut dyn Write) -> io::Result<()> {
        array(records(parted), out)
    }

    fn document(&self, document: &Document, out: &mut dyn Write) -> io::Result<()> {
        open(&DocumentRecord::from(document), out)?;
        write!(out, ",\n\"sections\":[")?;
        let mut before = "\n";
        for section in &document.sections {
            out.write_all(before.as_bytes())?;
            before = ",\n";
            open(&SectionRecord::from(section), out)?;
            if let Section::Matrix(matrix) = section {
                member("capabilities", matrix.capabilities.iter().map(|one| to_json(&one.as_str())), out)?;
                member("principals", matrix.principals.iter().map(|one| to_json(&PartyRecord::from(one))), out)?;
                member("repositories", matrix.repositories.iter().map(|one| to_json(&ColumnRecord::from(one))), out)?;
                member("cells", matrix.cells.iter().map(|one| to_json(&CellRecord::from(one))), out)?;
            } else {
                member("rows", rows(section, None)?.into_iter().map(Ok), out)?;
            }
            out.write_all(b"}")?;
        }
        writeln!(out, "\n]}}")
    }

    fn proofs(&self, proofs: &[Proof], out: &mut dyn Write) -> io::Result<()> {
        array(proofs.iter().map(ProofRecord::from), out)
    }
}

fn array<T: Serialize>(values: impl Iterator<Item = T>, out: &mut dyn Write) -> io::Result<()> {
    let mut before = "[\n  ";
    for value in values {
        write!(out, "{before}{}", to_json(&value)?)?;
        before = ",\n  ";
    }
    out.write_all(if before.starts_with('[') { b"[]\n" } else { b"\n]\n" })
}

/// Writes an object that goes on.
fn open(head: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let json = to_json(head)?;
    out.write_all(json.strip_suffix('}').unwrap_or(&json).as_bytes())
}

/// Writes one more member, an array with an element a line.
fn member(name: &str, values: impl Iterator<Item = io::Result<String>>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, ",\n\"{name}\":[")?;
    let mut before = "\n  ";
    for value in values {
        write!(out, "{before}{}", value?)?;
        before = ",\n  ";
    }
    out.write_all(b"]")
}
