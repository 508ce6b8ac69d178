//! Names of things, found by their ends: an ARN by itself, or by what stands behind a `/`, a `:` or a blank in it.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};

/// Things with their names, and an index of the names' ends.
#[derive(Debug)]
pub(crate) struct Names<T> {
    names: Vec<(T, Arc<str>)>,
    by_end: FxHashMap<u64, Vec<u32>>,
}

impl<T: Copy> Names<T> {
    /// Indexes names.
    pub(crate) fn new(names: Vec<(T, Arc<str>)>) -> Self {
        let mut by_end: FxHashMap<u64, Vec<u32>> = FxHashMap::default();
        for (number, (_, name)) in (0..).zip(&names) {
            for end in ends(name) {
                by_end.entry(FxBuildHasher.hash_one(end)).or_default().push(number);
            }
        }
        Self { names, by_end }
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (T, &str)> + Clone {
        self.names.iter().map(|(thing, name)| (*thing, &**name))
    }

    /// Those that have this name, or one that ends with it, in order.
    pub(crate) fn ending(&self, text: &str) -> impl Iterator<Item = (T, &str)> + Clone {
        let numbers = self.by_end.get(&FxBuildHasher.hash_one(text)).into_iter().flatten();
        let found = numbers.map(|&number| &self.names[number as usize]);
        let fits = found.filter(move |(_, name)| ends(name).any(|end| end == text));
        fits.map(|(thing, name)| (*thing, &**name))
    }
}

/// The name itself, and what stands behind each `/`, `:` or blank in it.
pub(crate) fn ends(name: &str) -> impl Iterator<Item = &str> {
    let behind = name.match_indices(['/', ':', ' ']).map(|(at, _)| &name[at + 1..]);
    std::iter::once(name).chain(behind).filter(|end| !end.is_empty())
}
