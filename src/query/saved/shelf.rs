//! All queries that there are, by their names.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use include_dir::{Dir, include_dir};

use super::form::{SavedError, read};
use super::{RunError, SavedQuery};
use crate::query::Columns;

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
    columns: Arc<BTreeMap<String, Columns>>,
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
        let columns = query.columns().map(|columns| (query.name.clone(), columns));
        Arc::make_mut(&mut self.columns).extend(columns);
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

    /// What the rows of each answer have.
    #[must_use]
    pub fn columns(&self) -> Arc<BTreeMap<String, Columns>> {
        Arc::clone(&self.columns)
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }
}
