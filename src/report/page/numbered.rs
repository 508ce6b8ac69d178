//! Things that are told once and called by their numbers.

use std::hash::Hash;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::report::terminal::clean_lines;

/// Different things, in the order in which they were first told.
#[derive(Debug)]
pub(super) struct Numbered<T>(IndexSet<T, FxBuildHasher>);

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self(IndexSet::default())
    }
}

impl<T: Hash + Eq> Numbered<T> {
    /// The number of a thing.
    pub(super) fn of(&mut self, thing: T) -> u32 {
        u32::try_from(self.0.insert_full(thing).0).expect("memory ends before numbers do")
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

/// Texts, without what hides itself or turns the direction of writing.
#[derive(Debug, Default)]
pub(super) struct Texts(IndexSet<String, FxBuildHasher>);

impl Texts {
    /// The number of a text.
    pub(super) fn of(&mut self, text: &str) -> i32 {
        let clean = clean_lines(text);
        let number = self.0.get_index_of(clean.as_str()).unwrap_or_else(|| self.0.insert_full(clean).0);
        i32::try_from(number).expect("memory ends before numbers do")
    }

    /// The number of a text, or that of none.
    pub(super) fn maybe(&mut self, text: Option<&str>) -> i32 {
        text.map_or(-1, |text| self.of(text))
    }

    /// The numbers of several.
    pub(super) fn all<'t>(&mut self, texts: impl IntoIterator<Item = &'t String>) -> Vec<i32> {
        texts.into_iter().map(|text| self.of(text)).collect()
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &String> {
        self.0.iter()
    }
}
