//! Rows that are kept, and found by whichever of their columns are known.

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

/// A value in a column: what it stands for, the column's type tells.
pub(super) type Code = u32;

/// Rows of one relation, each once, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Extent {
    rows: IndexSet<Box<[Code]>, FxBuildHasher>,
    indexes: FxHashMap<u32, Index>,
}

/// The numbers of rows by what stands in some columns.
#[derive(Debug, Default)]
struct Index {
    numbers: FxHashMap<Box<[Code]>, Vec<usize>>,
    /// How many rows are in it.
    seen: usize,
}

impl Extent {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn row(&self, number: usize) -> &[Code] {
        &self.rows[number]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[Code]> {
        self.rows.iter().map(|row| &**row)
    }

    pub(super) fn contains(&self, row: &[Code]) -> bool {
        self.rows.contains(row)
    }

    /// Adds a row, if it is a new one.
    pub(super) fn insert(&mut self, row: &[Code]) {
        if !self.rows.contains(row) {
            self.rows.insert(row.into());
        }
    }

    /// Adds the rows of another, which has none of these, and leaves it empty.
    pub(super) fn take(&mut self, other: &mut Self) {
        self.rows.extend(std::mem::take(other).rows);
    }

    /// The numbers of the rows that have these codes in the columns of a mask, in order.
    pub(super) fn find(&mut self, mask: u32, key: &[Code]) -> &[usize] {
        let Self { rows, indexes } = self;
        let index = indexes.entry(mask).or_default();
        let mut own: Vec<Code> = Vec::with_capacity(key.len());
        for (number, row) in rows.iter().enumerate().skip(index.seen) {
            own.clear();
            own.extend(row.iter().enumerate().filter(|(column, _)| mask & (1 << column) != 0).map(|(_, code)| *code));
            match index.numbers.get_mut(own.as_slice()) {
                Some(numbers) => numbers.push(number),
                None => drop(index.numbers.insert(own.as_slice().into(), vec![number])),
            }
        }
        index.seen = rows.len();
        index.numbers.get(key).map_or(&[], Vec::as_slice)
    }
}
