//! From paths to an inventory: finding files, reading them in parallel, joining what they say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::assemble::assemble;
use super::files::{self, Unread, find, text};
use super::folder::{Folders, Told};
use super::iam_collect::{self, Parts};
use super::reader::{Reader, Unpacked, account_in};
use super::records::Records;
use super::snapshot::{SnapshotError, is_snapshot};
use super::world::Inventory;
use crate::ids::FileId;
use crate::policy::{Diagnostic, Severity, Sources, Span};

/// Why there is no inventory at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A path that does not exist or cannot be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Nothing under the paths is an export.
    #[error("no export was found in {0}")]
    Nothing(String),
    /// A snapshot that cannot be opened.
    #[error("cannot open the snapshot `{path}`: {error}")]
    Snapshot {
        /// The file.
        path: String,
        /// What is wrong with it.
        error: SnapshotError,
    },
    /// A snapshot among other files.
    #[error("`{0}` is a snapshot of a whole inventory, and is not read together with other files")]
    Mixed(String),
}

impl LoadError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Path { .. } => "name a file or a folder of exports",
            Self::Snapshot { error, .. } => error.hint(),
            Self::Mixed(_) => "name it alone, outside of folders of exports; or compile all of the exports into one",
            Self::Nothing(_) => {
                "give the output of `aws iam get-account-authorization-details` and `aws ecr-public describe-repositories`, or a folder made by collect/grantlog-collect.sh"
            }
        }
    }
}

/// A query's result holds an item as a text, and the item its configuration as one: two levels, no more.
pub(super) const LEVELS: usize = 2;

impl Inventory {
    /// Reads files and folders, or one snapshot. Folders are searched; what a file is, its content tells.
    ///
    /// What is wrong with a file is not an error of the whole: it is among the inventory's
    /// diagnostics, and what it leaves open among the gaps.
    ///
    /// # Errors
    /// [`LoadError`] if a path cannot be read at all, nothing in it is an export, or a snapshot cannot be opened.
    pub fn load<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, LoadError> {
        Self::load_watched(paths, &|_, _| {})
    }

    /// As [`Self::load`]; `progress` is told how many of how many files are read.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_watched<P: AsRef<Path>>(
        paths: impl IntoIterator<Item = P>,
        progress: &(impl Fn(usize, usize) + Sync),
    ) -> Result<Self, LoadError> {
        let mut found = Vec::new();
        let mut named = Vec::new();
        for path in paths {
            let path = path.as_ref();
            named.push(format!("`{}`", path.display()));
            let unread = |error| LoadError::Path { path: path.to_owned(), error };
            if fs::metadata(path).map_err(unread)?.is_dir() {
                fs::read_dir(path).map_err(unread)?;
                found.extend(find(path).into_iter().map(|(path, error)| (path, error.map_or(Ok(None), Err))));
            } else {
                let bytes = fs::read(path).map_err(unread)?;
                found.push((path.to_owned(), Ok(Some(bytes))));
            }
        }
        let contents: Vec<(String, Result<Vec<u8>, Unread>)> = found
            .into_par_iter()
            .map(|(path, content)| {
                let content = content.and_then(|known| known.map_or_else(|| fs::read(&path), Ok));
                (path.display().to_string(), content.map_err(|error| Unread::system(&error)))
            })
            .collect();
        if let Some(path) = contents.iter().find(|(_, content)| content.as_ref().is_ok_and(|bytes| is_snapshot(bytes)))
        {
            let [(path, Ok(bytes))] = &contents[..] else { return Err(LoadError::Mixed(path.0.clone())) };
            return Self::from_snapshot(bytes).map_err(|error| LoadError::Snapshot { path: path.clone(), error });
        }
        let inventory = Self::from_contents(contents, progress);
        let empty = inventory.accounts.is_empty() && inventory.organizations.is_empty();
        let silent = inventory.diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error);
        if empty && silent { Err(LoadError::Nothing(named.join(", "))) } else { Ok(inventory) }
    }

    /// Reads files that are in memory, by their names.
    #[must_use]
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self::from_contents(files.into_iter().map(|(name, bytes)| (name, Ok(bytes))).collect(), &|_, _| {})
    }

    fn from_contents(files: Vec<(String, Result<Vec<u8>, Unread>)>, progress: &(impl Fn(usize, usize) + Sync)) -> Self {
        let mut sources = Sources::default();
        let mut diagnostics = Vec::new();
        let mut queue = Vec::new();
        let texts: Vec<(String, Result<String, Unread>)> =
            files.into_par_iter().map(|(name, bytes)| (name, bytes.and_then(text))).collect();
        for (name, text) in texts {
            match text {
                Ok(text) => queue.push(sources.add(name, text)),
                Err(Unread { message, hint }) => {
                    let account = account_in(&name);
                    let place = Some((sources.add(name, ""), Span::default()));
                    let hint = Some(hint.to_owned());
                    diagnostics.push(Diagnostic { severity: Severity::Error, message, hint, place, account });
                }
            }
        }
        let mut read = read_all(&mut sources, queue, &Folders::default(), progress);
        diagnostics.extend(read_again(&mut sources, &mut read));
        let (mut records, mut parts) = (Records::default(), Parts::new());
        let mut unknown = BTreeSet::new();
        records.principals.reserve(read.iter().map(|read| read.outcome.records.principals.len()).sum());
        for Read { file, outcome, .. } in read {
            records.append(outcome.records);
            iam_collect::merge(&mut parts, outcome.parts);
            diagnostics.extend(outcome.diagnostics);
            if !outcome.recognised {
                unknown.insert(file);
            }
        }
        iam_collect::join(parts, &mut records, &mut diagnostics);
        diagnostics.extend(unknown.into_iter().map(|file| Diagnostic {
            severity: Severity::Note,
            message: "nothing in this file is an export that grantlog knows".to_owned(),
            hint: None,
            place: Some((file, Span::default())),
            account: None,
        }));
        for diagnostic in &mut diagnostics {
            diagnostic.place = diagnostic.place.map(|(file, span)| sources.origin(file, span));
        }
        assemble(sources, records, diagnostics)
    }
}

/// What a file says, or a text that was packed into it.
struct Read {
    file: FileId,
    /// In how many texts it was packed.
    level: usize,
    outcome: Outcome,
}

/// Reads files, and after them what is packed into them; `progress` counts the files.
fn read_all(
    sources: &mut Sources,
    files: Vec<FileId>,
    folders: &Folders,
    progress: &(impl Fn(usize, usize) + Sync),
) -> Vec<Read> {
    let (done, total) = (AtomicUsize::new(0), files.len());
    let mut queue: Vec<(FileId, FileId)> = files.into_iter().map(|file| (file, file)).collect();
    let mut read = Vec::new();
    for level in 0..=LEVELS {
        let outcomes = queue.par_iter().map(|&(_, text)| {
            let outcome = read_one(sources, text, folders);
            if level == 0 {
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            }
            outcome
        });
        let outcomes: Vec<_> = outcomes.collect();
        for ((file, _), mut outcome) in std::mem::take(&mut queue).into_iter().zip(outcomes) {
            if level < LEVELS {
                let unpacked = std::mem::take(&mut outcome.unpacked).into_iter();
                queue.extend(unpacked.map(|Unpacked { origin, text }| (file, sources.add_unpacked(origin, text))));
            }
            read.push(Read { file, level, outcome });
        }
    }
    read
}

/// P4: reads those files once more that do not tell their account, where others of their folder do. Files of
/// one folder that disagree, where something depends on them, are an error.
fn read_again(sources: &mut Sources, read: &mut Vec<Read>) -> Vec<Diagnostic> {
    let mut folders = Folders::default();
    for Read { file, outcome, .. } in &*read {
        folders.tell(&sources.get(*file).name, &outcome.told);
    }
    let mut disagreements: BTreeMap<(FileId, Span), Diagnostic> = BTreeMap::new();
    let mut again = BTreeSet::new();
    for Read { file, outcome, .. } in read.iter().filter(|read| read.outcome.wants) {
        let name = &sources.get(*file).name;
        if folders.account(name).is_some() {
            again.insert(*file);
        } else if let Some(diagnostic) = folders.disagreement(name).filter(|_| outcome.needs)
            && let Some(place) = diagnostic.place
        {
            disagreements.insert(place, diagnostic);
        }
    }
    if !again.is_empty() {
        read.retain(|read| !again.contains(&read.file));
        read.extend(read_all(sources, again.into_iter().collect(), &folders, &|_, _| {}));
        read.sort_by_key(|read| (read.level, read.file));
    }
    disagreements.into_values().collect()
}

struct Outcome {
    records: Records,
    parts: Parts,
    diagnostics: Vec<Diagnostic>,
    unpacked: Vec<Unpacked>,
    recognised: bool,
    told: Told,
    wants: bool,
    needs: bool,
}

fn read_one(sources: &Sources, file: FileId, folders: &Folders) -> Outcome {
    let source = sources.get(file);
    let mut reader = Reader::new(file, &source.name, source.text(), folders.account(&source.name));
    let text = source.text().trim();
    let recognised = if text.starts_with(['{', '[']) {
        reader.read()
    } else {
        // An empty file is a call that failed (I16), and `null` what the CLI prints for nothing.
        if files::claims_json(&source.name) && !matches!(text, "" | "null") {
            reader.no_json();
        }
        true
    };
    let wants = reader.wants();
    let Reader { records, parts, diagnostics, unpacked, needs, told, .. } = reader;
    Outcome { records, parts, diagnostics, unpacked, recognised, told, wants, needs }
}
