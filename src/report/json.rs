//! JSON: one array of the same objects that JSON lines have.

use std::io::{self, Write};

use serde::Serialize;

use super::finding::records;
use super::jsonl::{object, to_json};
use super::proof::ProofRecord;
use super::record::Record;
use super::{Renderer, Sheet};
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
