//! A file or folder that takes its name when it is whole, and leaves no trace before.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::StoreError;

/// Stands in a folder that was written here, so that it may be replaced.
const MARK: &str = "_grantlog";

const SAID: &str = "A store written by grantlog, which replaces the whole folder when it writes it anew.\n";

/// What is being written, beside the place where it belongs.
pub(super) struct Draft {
    /// Where it is written.
    beside: PathBuf,
    /// Where it belongs.
    goal: PathBuf,
    is_folder: bool,
}

impl Draft {
    /// Begins beside a path; a folder is made, a file is not.
    pub(super) fn new(path: &Path, is_folder: bool) -> Result<Self, StoreError> {
        let told = |error: io::Error| StoreError::Io { path: path.to_owned(), error };
        // `name/` and `name/.` are the folder `name`.
        let path: PathBuf = path.components().collect();
        let name = path.file_name().ok_or_else(|| told(io::ErrorKind::InvalidFilename.into()))?;
        if let Ok(known) = fs::metadata(&path) {
            let in_the_way = match (known.is_file(), known.is_dir()) {
                (true, _) if is_folder => Some("a file"),
                (_, true) if !is_folder => Some("a folder"),
                (false, false) => Some("a device or a pipe"),
                _ => None,
            };
            if let Some(what) = in_the_way {
                return Err(StoreError::InTheWay { path, what });
            }
            if is_folder {
                unless_foreign(&path)?;
            }
        }
        let beside = path.with_file_name(format!(".{}.{}.draft", name.to_string_lossy(), std::process::id()));
        if is_folder {
            fs::create_dir(&beside).map_err(told)?;
            let draft = Self { beside, goal: path, is_folder };
            fs::write(draft.beside.join(MARK), SAID).map_err(told)?;
            return Ok(draft);
        }
        // Whoever opens a database makes one of what is there.
        File::options().write(true).create_new(true).open(&beside).map_err(told)?;
        Ok(Self { beside, goal: path, is_folder })
    }

    /// Where to write.
    pub(super) fn place(&self) -> &Path {
        &self.beside
    }

    /// Gives it its name. What had the name before is gone then.
    pub(super) fn keep(self) -> Result<(), StoreError> {
        let told = |error: io::Error| StoreError::Io { path: self.goal.clone(), error };
        if !self.is_folder {
            File::open(&self.beside).and_then(|file| file.sync_all()).map_err(told)?;
            return fs::rename(&self.beside, &self.goal).map_err(told);
        }
        // A folder that holds something cannot be replaced in one step.
        let old = self.beside.with_extension("old");
        let is_there = self.goal.is_dir();
        if is_there {
            fs::rename(&self.goal, &old).map_err(told)?;
        }
        if let Err(error) = fs::rename(&self.beside, &self.goal) {
            if is_there {
                let _ = fs::rename(&old, &self.goal);
            }
            return Err(told(error));
        }
        if is_there { fs::remove_dir_all(&old).map_err(told) } else { Ok(()) }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // After `keep` there is nothing of this name.
        let _ = if self.is_folder { fs::remove_dir_all(&self.beside) } else { fs::remove_file(&self.beside) };
    }
}

/// Whether all in a folder was written here: an empty one is nobody's.
fn unless_foreign(path: &Path) -> Result<(), StoreError> {
    let told = |error: io::Error| StoreError::Io { path: path.to_owned(), error };
    let foreign = |entry: &Path| {
        let entry = entry.strip_prefix(path).unwrap_or(entry).display().to_string();
        StoreError::Foreign { path: path.to_owned(), entry }
    };
    let entries = |path: &Path| -> Result<Vec<PathBuf>, StoreError> {
        let read = fs::read_dir(path).and_then(|all| all.map(|entry| Ok(entry?.path())).collect());
        let mut entries: Vec<PathBuf> = read.map_err(told)?;
        entries.sort();
        Ok(entries)
    };
    let top = entries(path)?;
    let is_ours = top.iter().any(|entry| entry.file_name().is_some_and(|name| name == MARK));
    let mut left: Vec<PathBuf> = top.into_iter().filter(|entry| !entry.ends_with(MARK)).collect();
    while let Some(entry) = left.pop() {
        let known = fs::symlink_metadata(&entry).map_err(told)?;
        let is_partition = known.is_dir() && entry.to_string_lossy().contains('=');
        let is_data = known.is_file() && entry.extension().is_some_and(|extension| extension == "parquet");
        if !is_ours || !(is_partition || is_data) {
            return Err(foreign(&entry));
        }
        if is_partition {
            left.extend(entries(&entry)?);
        }
    }
    Ok(())
}
