//! Stores: all that was read and derived, as files that other programs ask questions of.
//!
//! Where a report is for people, a store is for SQL. Each form is behind one small trait ([`Store`]); what all of them
//! have in common is here: a file or folder appears whole or not at all, what somebody else made is not replaced, and
//! two runs write the same bytes. Names are data: they are stored as they are, whatever characters they hold.

mod draft;
mod parquet;
mod sqlite;

use std::io;
use std::path::{Path, PathBuf};

use crate::engine::Relations;
use crate::query::Grain;
use crate::query::datalog::QueryError;
use draft::Draft;

pub use parquet::Parquet;
pub use sqlite::Sqlite;

/// A form of store.
pub trait Store {
    /// Whether it is a folder, rather than a file.
    fn is_folder(&self) -> bool;

    /// Writes everything to a path at which there is an empty folder, or nothing yet.
    ///
    /// # Errors
    /// [`StoreError`], also where somebody gives up.
    fn fill(&self, contents: &Contents<'_>, draft: &Path) -> Result<(), StoreError>;
}

/// What a store is filled with.
pub struct Contents<'a> {
    /// What was derived, and the inventory that it was derived from.
    pub relations: &'a Relations<'a>,
    /// What the inventory was read from, as the user named it.
    pub inputs: &'a [String],
    /// Without what principals hold only through roles that they can become.
    pub direct: bool,
    /// In capabilities, in actions, or in both.
    pub grains: &'a [Grain],
    /// Is told how many of how many accounts are done.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

impl Contents<'_> {
    /// # Errors
    /// [`StoreError::Interrupted`], if nobody wants it any more.
    fn unless_stopped(&self) -> Result<(), StoreError> {
        if self.relations.is_stopped() { Err(StoreError::Interrupted) } else { Ok(()) }
    }
}

/// Why a store was not written. Nothing of it is left then, and what was there before is still there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody has had enough.
    #[error("interrupted")]
    Interrupted,
    /// What is there was not made by this program.
    #[error("{}: the folder holds `{entry}`, which is no part of a store of this program", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// What it holds.
        entry: String,
    },
    /// What is there cannot be replaced: a file by a folder, a folder by a file, a device by either.
    #[error("{}: there is {what} of this name", path.display())]
    InTheWay {
        /// The path.
        path: PathBuf,
        /// What is there.
        what: &'static str,
    },
    /// It cannot be written.
    #[error("{}: {error}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The database cannot be written.
    #[error("the database cannot be written: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A file of the folder cannot be written.
    #[error("the Parquet file cannot be written: {0}")]
    Parquet(#[from] ::parquet::errors::ParquetError),
}

impl From<QueryError> for StoreError {
    /// Nothing else stops whoever asks for all there is.
    fn from(_: QueryError) -> Self {
        Self::Interrupted
    }
}

impl StoreError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Foreign { .. } | Self::InTheWay { .. } => Some("name another path, or remove what is there yourself"),
            _ => None,
        }
    }
}

/// Writes a store: whole or not at all, and in the place of an older one.
///
/// # Errors
/// [`StoreError`]; nothing is left of it then.
pub fn write(store: &dyn Store, contents: &Contents<'_>, path: &Path) -> Result<(), StoreError> {
    let draft = Draft::new(path, store.is_folder())?;
    store.fill(contents, draft.place())?;
    contents.unless_stopped()?;
    draft.keep()
}
