//! Tables: rows of one type, in chunks that are written and read on all processors.
//!
//! A table is the number of its chunks, the length of each, and the chunks. A chunk is a vector of rows as
//! postcard writes it. How many rows are in a chunk is the writer's affair.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Wrong;

/// So many rows are a chunk: enough that starting on one costs nothing, few enough that all processors have some.
const ROWS: usize = 1024;

/// What is not in the bytes.
const CUT: Wrong = "a table ends before it is over";

/// Writes a table.
pub(super) fn write<T: Serialize + Sync>(bytes: &mut Vec<u8>, rows: &[T]) {
    let chunks: Vec<Vec<u8>> = rows
        .par_chunks(ROWS)
        .map(|rows| postcard::to_allocvec(rows).expect("rows are plain values, and memory takes any"))
        .collect();
    bytes.extend((chunks.len() as u64).to_le_bytes());
    for chunk in &chunks {
        bytes.extend((chunk.len() as u64).to_le_bytes());
    }
    for chunk in &chunks {
        bytes.extend_from_slice(chunk);
    }
}

/// The chunks of a table that nobody has decoded yet.
pub(super) struct Chunks<'a>(Vec<&'a [u8]>);

impl<'a> Chunks<'a> {
    /// Cuts the table off that the bytes begin with.
    pub(super) fn cut(bytes: &mut &'a [u8]) -> Result<Self, Wrong> {
        let count = usize::try_from(number(bytes)?).map_err(|_| CUT)?;
        let mut lengths = take(bytes, count.checked_mul(size_of::<u64>()).ok_or(CUT)?)?;
        let mut chunks = Vec::with_capacity(count);
        for _ in 0..count {
            let length = usize::try_from(number(&mut lengths)?).map_err(|_| CUT)?;
            chunks.push(take(bytes, length)?);
        }
        Ok(Self(chunks))
    }

    /// The rows.
    pub(super) fn rows<T: Deserialize<'a> + Send>(self) -> Result<Vec<T>, Wrong> {
        let decode = |chunk: &'a [u8]| match postcard::take_from_bytes::<Vec<T>>(chunk) {
            Ok((rows, [])) => Ok(rows),
            Ok(_) => Err("a chunk is longer than its rows"),
            Err(_) => Err("a row cannot be read"),
        };
        let mut chunks: Vec<Vec<T>> = self.0.into_par_iter().map(decode).collect::<Result<_, _>>()?;
        if chunks.len() == 1 {
            return Ok(chunks.swap_remove(0));
        }
        let mut rows = Vec::with_capacity(chunks.iter().map(Vec::len).sum());
        for chunk in chunks {
            rows.extend(chunk);
        }
        Ok(rows)
    }
}

/// Takes so many bytes off.
pub(super) fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], Wrong> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or(CUT)?;
    *bytes = rest;
    Ok(taken)
}

fn number(bytes: &mut &[u8]) -> Result<u64, Wrong> {
    let (taken, rest) = bytes.split_first_chunk().ok_or(CUT)?;
    *bytes = rest;
    Ok(u64::from_le_bytes(*taken))
}
