//! The names that can be completed: tables in memory, so that typing never waits.
//!
//! A word fits a name when some part of the name begins with it: the whole
//! ARN, or what stands behind one of its colons or slashes. The names are
//! searched one after the other: 100,000 ARNs are some megabytes of text, which
//! takes a few milliseconds, less than building and keeping an index.

use crate::catalog::{Capability, Catalog};
use crate::inventory::Inventory;
use crate::query::{Listing, Slot};

/// What is offered at once; more is no help.
const MOST: usize = 200;

/// The names of an inventory by what they name.
#[derive(Clone, Debug, Default)]
pub struct Names {
    principals: Vec<String>,
    repositories: Vec<String>,
    actions: Vec<String>,
    topics: Vec<String>,
}

impl Names {
    /// Names of any kind, in order.
    #[must_use]
    pub fn new(mut principals: Vec<String>, mut repositories: Vec<String>, actions: Vec<String>) -> Self {
        principals.sort();
        repositories.sort();
        let topics = super::help::topics().map(str::to_owned).collect();
        Self { principals, repositories, actions, topics }
    }

    /// The names of an inventory, with the actions and capabilities of the catalog.
    #[must_use]
    pub fn of(inventory: &Inventory) -> Self {
        let capabilities = Capability::ALL.iter().map(|capability| capability.as_str().to_owned());
        let actions = Catalog::bundled().actions().map(|(_, action)| action.to_string());
        Self::new(
            inventory.principals.values().map(|principal| principal.arn.to_string()).collect(),
            inventory.repositories.values().map(|repository| repository.arn.to_string()).collect(),
            capabilities.chain(actions).collect(),
        )
    }

    /// What a word can become at a place of a line: each candidate as it would be written, shortest
    /// unique form first choice.
    #[must_use]
    pub fn matching(&self, slot: Slot, word: &str) -> Vec<String> {
        self.first(slot, word, MOST)
    }

    /// The first few of [`Self::matching`].
    #[must_use]
    pub fn first(&self, slot: Slot, word: &str, most: usize) -> Vec<String> {
        match slot {
            Slot::Keyword(keyword) => {
                let fits = starts_with(keyword, word);
                fits.then(|| keyword.to_owned()).into_iter().collect()
            }
            Slot::Listing => from_table(Listing::ALL.iter().map(|listing| listing.as_str()), word, most),
            Slot::Topic => from_table(self.topics.iter().map(String::as_str), word, most),
            Slot::Action => from_table(self.actions.iter().map(String::as_str), word, most),
            Slot::Principal => from_table(self.principals.iter().map(String::as_str), word, most),
            Slot::Repository => from_table(self.repositories.iter().map(String::as_str), word, most),
        }
    }
}

/// The parts of names that begin with the word; a part that two names share gives way to the whole names.
fn from_table<'a>(names: impl Iterator<Item = &'a str>, word: &str, most: usize) -> Vec<String> {
    let mut found: Vec<(&str, &str)> =
        names.filter_map(|name| Some((fitting_part(name, word)?, name))).take(most).collect();
    found.sort_unstable();
    let is_shared = |at: usize| {
        let same = |other: Option<&(&str, &str)>| other.is_some_and(|(part, _)| *part == found[at].0);
        same(found.get(at + 1)) || (at > 0 && same(found.get(at - 1)))
    };
    (0..found.len()).map(|at| if is_shared(at) { found[at].1 } else { found[at].0 }.to_owned()).collect()
}

/// The longest end of the name that begins with the word; for an empty word, what a person would type.
fn fitting_part<'a>(name: &'a str, word: &str) -> Option<&'a str> {
    if word.is_empty() {
        return Some(customary(name));
    }
    if starts_with(name, word) {
        return Some(name);
    }
    let bytes = name.as_bytes();
    let borders = bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b':' | b'/')).map(|(at, _)| at + 1);
    borders.map(|at| &name[at..]).find(|part| starts_with(part, word))
}

/// `role/deployer` of a role's ARN, `storefront/web` of a repository's.
fn customary(name: &str) -> &str {
    let resource = if name.starts_with("arn:") { name.splitn(6, ':').nth(5).unwrap_or(name) } else { name };
    resource.strip_prefix("repository/").unwrap_or(resource)
}

fn starts_with(text: &str, word: &str) -> bool {
    text.as_bytes().get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
}
