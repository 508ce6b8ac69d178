//! All queries that there are, by name.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use include_dir::{Dir, include_dir};

use super::form::{SavedError, read};
use super::{RunError, SavedQuery};

static BUNDLED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/queries");

fn bundled() -> Queries {
    let mut queries = Queries::default();
    for file in BUNDLED.files() {
        let name = file.path().display().to_string();
        let text = file.contents_utf8().expect("what is embedded is text");
        queries.add(&name, text).expect("what is embedded is right");
    }
    queries
}

/// Queries by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queries {
    named: BTreeMap<String, SavedQuery>,
}

impl Queries {
    /// Those that come with the program.
    #[must_use]
    pub fn bundled() -> &'static Self {
        static READ: OnceLock<Queries> = OnceLock::new();
        READ.get_or_init(bundled)
    }

    /// Reads a text, and keeps its query; one of the same name gives way. The name is that of the file, without
    /// folders and what stands behind a dot.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), SavedError> {
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let name = name.split('.').next().unwrap_or(name);
        let query = read(name, file, text)?;
        self.named.insert(query.name.clone(), query);
        Ok(())
    }

    /// The query of this name.
    ///
    /// # Errors
    /// [`RunError::NoQuery`] with a name that is near.
    pub fn get(&self, name: &str) -> Result<&SavedQuery, RunError> {
        self.named.get(name).ok_or_else(|| {
            let distance = |known: &String| strsim::damerau_levenshtein(name, known);
            let near = self.named.keys().map(|known| (distance(known), known)).min();
            let near = near.filter(|(distance, _)| *distance <= 1 + name.len() / 4).map(|(_, known)| known.clone());
            RunError::NoQuery { name: name.to_owned(), near }
        })
    }

    /// All of them: what matters most first, then by name.
    #[must_use]
    pub fn by_severity(&self) -> Vec<&SavedQuery> {
        let mut all: Vec<&SavedQuery> = self.named.values().collect();
        all.sort_by_key(|query| std::cmp::Reverse(query.severity));
        all
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }
}
