//! The names that can be completed: tables in memory, so that typing never waits.
//!
//! A word fits a name when some part of the name begins with it: the whole
//! ARN, or what stands behind one of its colons or slashes. The names are
//! searched one after the other: 100,000 ARNs are some megabytes of text, which
//! takes a few milliseconds, less than building and keeping an index.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher};

use crate::catalog::{Capability, Catalog};
use crate::inventory::Inventory;
use crate::query::{Listing, Slot, Vocabulary};

/// What is offered at once; more is no help.
const MOST: usize = 200;
/// How many are offered that only resemble the word.
const RESEMBLING: usize = 20;
/// The shortest word that others may resemble.
const SHORTEST: usize = 2;

/// The names of an inventory by what they name.
#[derive(Debug, Default)]
pub struct Names {
    principals: Vec<String>,
    repositories: Vec<String>,
    policies: Vec<String>,
    groups: Vec<String>,
    actions: Vec<String>,
    topics: Vec<String>,
    /// Numbers and names of accounts.
    accounts: Vec<String>,
    /// Ids and names of organization units.
    units: Vec<String>,
    organizations: Vec<String>,
    /// The keys of tags.
    tags: Vec<String>,
    /// Those of saved queries.
    queries: Vec<String>,
    /// What the session named.
    vocabulary: Mutex<Vocabulary>,
}

impl Names {
    /// Names of any kind, in order.
    #[must_use]
    pub fn new(mut principals: Vec<String>, mut repositories: Vec<String>, actions: Vec<String>) -> Self {
        principals.sort();
        repositories.sort();
        let topics = super::help::topics().map(str::to_owned).collect();
        Self { principals, repositories, actions, topics, ..Self::default() }
    }

    /// The names of an inventory, with the actions and capabilities of the catalog.
    #[must_use]
    pub fn of(inventory: &Inventory) -> Self {
        let capabilities = Capability::ALL.iter().map(|capability| capability.as_str().to_owned());
        let actions = Catalog::bundled().actions().map(|(_, action)| action.to_string());
        let accounts = inventory.accounts.values();
        let organizations = inventory.organizations.values();
        let units = organizations.clone().flat_map(|own| own.names.iter().flat_map(|(id, name)| [id, name]));
        let of_principals = inventory.principals.values().map(|principal| &principal.tags);
        let tags = of_principals.chain(inventory.repositories.values().filter_map(|one| one.tags.as_ref()));
        let keys: BTreeSet<&String> = tags.flat_map(|tags| tags.iter().map(|(key, _)| key)).collect();
        let managed = inventory.policies.values().filter(|policy| policy.name.starts_with("arn:"));
        let mut policies: Vec<String> = managed.map(|policy| policy.name.clone()).collect();
        policies.sort();
        let groups = inventory.groups.values().map(|group| group.arn.to_string());
        Self {
            policies,
            groups: groups.collect(),
            accounts: accounts.flat_map(|one| [Some(one.id.to_string()), one.name.clone()]).flatten().collect(),
            units: units.cloned().collect(),
            organizations: organizations.map(|own| own.id.clone()).collect(),
            tags: keys.into_iter().cloned().collect(),
            ..Self::new(
                inventory.principals.values().map(|principal| principal.arn.to_string()).collect(),
                inventory.repositories.values().map(|repository| repository.arn.to_string()).collect(),
                capabilities.chain(actions).collect(),
            )
        }
    }

    /// The same, with those of saved queries.
    #[must_use]
    pub fn with_queries<'q>(self, names: impl Iterator<Item = &'q str>) -> Self {
        Self { queries: names.map(str::to_owned).collect(), ..self }
    }

    /// Takes in what the session named.
    pub fn learn(&self, vocabulary: Vocabulary) {
        *self.vocabulary.lock().unwrap_or_else(PoisonError::into_inner) = vocabulary;
    }

    /// What the session named.
    pub(super) fn known(&self) -> Vocabulary {
        self.vocabulary.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a word can become at a place of a line: each candidate as it would be written, shortest
    /// unique form first choice.
    #[must_use]
    pub fn matching(&self, slot: Slot, word: &str) -> Vec<String> {
        let found = self.first(slot, word, MOST);
        if found.is_empty() && word.len() >= SHORTEST { self.resembling(slot, word) } else { found }
    }

    /// Names in which the letters of a word stand one behind the other, best first: for fragments of names.
    fn resembling(&self, slot: Slot, word: &str) -> Vec<String> {
        let table = match slot {
            Slot::Principal => &self.principals,
            Slot::Repository => &self.repositories,
            Slot::Action => &self.actions,
            Slot::Policy => &self.policies,
            _ => return Vec::new(),
        };
        let pattern = Pattern::parse(word, CaseMatching::Ignore, Normalization::Never);
        let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
        let shown = table.iter().map(|name| customary(name));
        let mut found = pattern.match_list(shown, &mut matcher);
        found.truncate(RESEMBLING);
        found.into_iter().map(|(name, _)| name.to_owned()).collect()
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
            Slot::Set => from_table(self.known().sets.keys().map(String::as_str), word, most),
            Slot::TagKey => from_table(self.tags.iter().map(String::as_str), word, most),
            Slot::Value(field) => self.values(field, word, most),
            Slot::Policy => from_table(self.policies.iter().map(String::as_str), word, most),
            Slot::Group => from_table(self.groups.iter().map(String::as_str), word, most),
            Slot::Query => from_table(self.queries.iter().map(String::as_str), word, most),
            Slot::Column | Slot::Number | Slot::File | Slot::Statement | Slot::Tag | Slot::Parameter => Vec::new(),
        }
    }

    /// What a field may hold.
    fn values(&self, field: &str, word: &str, most: usize) -> Vec<String> {
        let table = |names: &[String]| from_table(names.iter().map(String::as_str), word, most);
        let words = |names: &[&str]| from_table(names.iter().copied(), word, most);
        match field {
            "principal" | "through" | "member" => table(&self.principals),
            "repository" => table(&self.repositories),
            "action" => table(&self.actions),
            "account" => table(&self.accounts),
            "unit" => table(&self.units),
            "organization" => table(&self.organizations),
            "verdict" => words(&["allowed", "conditional", "denied"]),
            "kind" => words(&["user", "role", "session", "federated-user", "root", "account", "service", "anyone"]),
            "visibility" => words(&["public", "private"]),
            _ => Vec::new(),
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
