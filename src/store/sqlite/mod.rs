//! A SQLite database of everything: the inventory, what was derived, and what was found.
//!
//! The schema is in `tables.sql`, `indices.sql` and `views.sql`, and is told in `docs/sqlite.md`. What is held stays
//! folded, as it was derived: sets of principals, sets of resources, and a cell for each permission between them;
//! views expand it. So a database of ten thousand principals is small, and is asked as if every row were there.

mod effective;
mod finding;
mod inventory;
mod policy;
mod said;

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, Statement, params};
use rustc_hash::FxHashMap;

use super::{Contents, Store, StoreError};
use crate::engine::RequesterId;
use crate::ids::{Id, PolicyId};
use crate::policy::Span;

/// The number of the schema: another one means that tables, columns or views are others.
const SCHEMA: u32 = 1;

/// Tells files of this kind from other databases: `grnt`.
const APPLICATION: u32 = 0x6772_6e74;

/// The form.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sqlite;

impl Store for Sqlite {
    fn is_folder(&self) -> bool {
        false
    }

    fn fill(&self, contents: &Contents<'_>, draft: &Path) -> Result<(), StoreError> {
        let mut database = Connection::open(draft)?;
        // A draft needs no journal: if something fails it is thrown away. References are looked at by a test.
        database.execute_batch(&format!(
            "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;
             PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {SCHEMA};"
        ))?;
        let transaction = database.transaction()?;
        transaction.execute_batch(include_str!("tables.sql"))?;
        let mut filler = Filler {
            database: &transaction,
            contents,
            statements: FxHashMap::default(),
            cited: FxHashMap::default(),
            principals: FxHashMap::default(),
            conditions: FxHashMap::default(),
        };
        filler.about()?;
        filler.inventory()?;
        filler.policies()?;
        let mut folded = filler.effective()?;
        filler.said(&mut folded)?;
        filler.steps()?;
        filler.escalations()?;
        filler.findings()?;
        contents.unless_stopped()?;
        transaction.execute_batch(include_str!("indices.sql"))?;
        transaction.execute_batch(include_str!("views.sql"))?;
        // How many rows there are of what: by this the order of joins is chosen.
        transaction.execute_batch("ANALYZE")?;
        transaction.commit()?;
        database.close().map_err(|(_, error)| error)?;
        Ok(())
    }
}

/// Fills the tables, one after the other.
struct Filler<'a> {
    database: &'a Connection,
    contents: &'a Contents<'a>,
    /// The rows of statements, by policy and number.
    statements: FxHashMap<(PolicyId, usize), i64>,
    /// The same by what citations tell: policy, file and bytes.
    cited: FxHashMap<(String, String, Span), i64>,
    /// Everybody by name.
    principals: FxHashMap<Arc<str>, RequesterId>,
    conditions: FxHashMap<Arc<str>, i64>,
}

impl<'a> Filler<'a> {
    /// Adds rows to a table.
    fn insert(&self, into: &str, columns: usize) -> Result<Statement<'a>, StoreError> {
        let values = vec!["?"; columns].join(", ");
        Ok(self.database.prepare(&format!("INSERT INTO {into} VALUES ({values})"))?)
    }

    /// The same of a table in which nothing stands beside the key: what is said twice is so once.
    fn insert_once(&self, into: &str, columns: usize) -> Result<Statement<'a>, StoreError> {
        let values = vec!["?"; columns].join(", ");
        Ok(self.database.prepare(&format!("INSERT INTO {into} VALUES ({values}) ON CONFLICT DO NOTHING"))?)
    }

    fn about(&self) -> Result<(), StoreError> {
        let mut insert = self.insert("about", 3)?;
        let Contents { relations, inputs, direct, .. } = self.contents;
        let mut tell = |name: &str, number: usize, value: &str| insert.execute(params![name, row(number), value]);
        tell("schema", 0, &SCHEMA.to_string())?;
        tell("program", 0, env!("CARGO_PKG_NAME"))?;
        tell("version", 0, env!("CARGO_PKG_VERSION"))?;
        for (number, input) in inputs.iter().enumerate() {
            tell("input", number, input)?;
        }
        tell("direct", 0, if *direct { "1" } else { "0" })?;
        tell("strict", 0, if relations.options().strict { "1" } else { "0" })?;
        for (number, (key, values)) in relations.options().context.given.iter().enumerate() {
            tell("context", number, &format!("{key}={}", values.join(",")))?;
        }
        Ok(())
    }

    /// The row of a condition, which is new if nothing had it yet.
    fn condition(&mut self, words: &Arc<str>) -> Result<i64, StoreError> {
        if let Some(&known) = self.conditions.get(words) {
            return Ok(known);
        }
        let row = row(self.conditions.len());
        self.insert("conditions", 2)?.execute(params![row, &**words])?;
        self.conditions.insert(Arc::clone(words), row);
        Ok(row)
    }
}

/// The first failure of work that is done piece by piece, by somebody who knows of no failures.
#[derive(Default)]
struct FirstFailure(Option<StoreError>);

impl FirstFailure {
    /// Does the next piece, unless there was a failure.
    fn or(&mut self, work: impl FnOnce() -> Result<(), StoreError>) {
        if self.0.is_none() {
            self.0 = work().err();
        }
    }

    fn told(self) -> Result<(), StoreError> {
        self.0.map_or(Ok(()), Err)
    }
}

/// The row of something: rows are counted from one.
fn key(id: impl Id) -> i64 {
    row(id.index())
}

/// The row after so many others.
fn row(number: usize) -> i64 {
    count(number).saturating_add(1)
}

/// A number as SQL has numbers.
fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
