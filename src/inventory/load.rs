//! From paths to an inventory: finding files, decompressing, reading in parallel.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::assemble::assemble;
use super::iam_collect::{self, Parts};
use super::reader::Reader;
use super::records::Records;
use super::world::Inventory;
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
}

impl LoadError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Path { .. } => "name a file or a folder of exports",
            Self::Nothing(_) => {
                "give the output of `aws iam get-account-authorization-details` and `aws ecr-public describe-repositories`, or a folder made by collect/grantlog-collect.sh"
            }
        }
    }
}

/// No export that was ever seen is longer than this once decompressed; a bomb is.
const LONGEST: u64 = 4 << 30;

impl Inventory {
    /// Reads files and folders. Folders are searched; what a file is, its content tells.
    ///
    /// What is wrong with a file is not an error of the whole: it is among the inventory's
    /// diagnostics, and what it leaves open among the gaps.
    ///
    /// # Errors
    /// [`LoadError`] if a path cannot be read at all, or nothing in it is an export.
    pub fn load<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, LoadError> {
        let mut files = Vec::new();
        let mut named = Vec::new();
        for path in paths {
            named.push(format!("`{}`", path.as_ref().display()));
            find(path.as_ref(), &mut files)?;
        }
        let read: Vec<(String, io::Result<Vec<u8>>)> =
            files.into_par_iter().map(|path| (path.display().to_string(), fs::read(&path))).collect();
        let mut contents = Vec::with_capacity(read.len());
        for (name, bytes) in read {
            let bytes = bytes.map_err(|error| LoadError::Path { path: PathBuf::from(&name), error })?;
            contents.push((name, bytes));
        }
        let inventory = Self::from_files(contents);
        let empty = inventory.accounts.is_empty() && inventory.organizations.is_empty();
        let silent = inventory.diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error);
        if empty && silent { Err(LoadError::Nothing(named.join(", "))) } else { Ok(inventory) }
    }

    /// Reads files that are in memory, by their names.
    #[must_use]
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut sources = Sources::default();
        let mut diagnostics = Vec::new();
        let mut queue = Vec::new();
        let texts: Vec<(String, Result<String, String>)> =
            files.into_iter().collect::<Vec<_>>().into_par_iter().map(|(name, bytes)| (name, text(bytes))).collect();
        for (name, text) in texts {
            match text {
                Ok(text) => queue.push(sources.add(name, text)),
                Err(message) => {
                    let file = sources.add(name, "");
                    diagnostics.push(Diagnostic {
                        severity: Severity::Error,
                        message,
                        hint: Some("the file was not read".to_owned()),
                        place: Some((file, Span::default())),
                        account: None,
                    });
                }
            }
        }
        let (mut records, mut parts) = (Records::default(), Parts::new());
        while !queue.is_empty() {
            let outcomes: Vec<_> = queue.par_iter().map(|&file| read_one(&sources, file)).collect();
            let mut unpacked = Vec::new();
            for (file, outcome) in std::mem::take(&mut queue).into_iter().zip(outcomes) {
                records.append(outcome.records);
                iam_collect::merge(&mut parts, outcome.parts);
                diagnostics.extend(outcome.diagnostics);
                let name = sources.get(file).name.clone();
                // A text that came out of another is not unpacked again: nesting is bounded.
                if !name.contains(UNPACKED) {
                    let named =
                        (1..).zip(outcome.unpacked).map(|(number, text)| (format!("{name}{UNPACKED}{number}"), text));
                    unpacked.extend(named);
                }
            }
            queue.extend(unpacked.into_iter().map(|(name, text)| sources.add(name, text)));
        }
        iam_collect::join(parts, &mut records);
        assemble(sources, records, diagnostics)
    }
}

/// Stands between a file's name and the number of a text that was packed into it.
const UNPACKED: &str = " unpacked ";

struct Outcome {
    records: Records,
    parts: Parts,
    diagnostics: Vec<Diagnostic>,
    unpacked: Vec<String>,
}

fn read_one(sources: &Sources, file: crate::ids::FileId) -> Outcome {
    let source = sources.get(file);
    let mut reader = Reader::new(file, &source.name, &source.text);
    let looks_like_json = source.text.trim_start().starts_with(['{', '[']);
    if looks_like_json && !reader.read() {
        reader.diagnostics.push(Diagnostic {
            severity: Severity::Note,
            message: "nothing in this file is an export that grantlog knows".to_owned(),
            hint: None,
            place: Some((file, Span::default())),
            account: None,
        });
    }
    let Reader { records, parts, diagnostics, unpacked, .. } = reader;
    Outcome { records, parts, diagnostics, unpacked }
}

/// All files below a path, in the order of their names; hidden ones are left out.
fn find(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), LoadError> {
    let hidden = |entry: &walkdir::DirEntry| {
        entry.depth() > 0 && entry.file_name().to_str().is_some_and(|name| name.starts_with('.'))
    };
    let walk = walkdir::WalkDir::new(path).follow_links(true).max_depth(32).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(|entry| !hidden(entry)) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => files.push(entry.into_path()),
            Ok(_) => {}
            // A link that leads back to a folder above it.
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => {
                let at = error.path().unwrap_or(path).to_owned();
                let error = error.into_io_error().unwrap_or_else(|| io::Error::other("cannot be searched"));
                return Err(LoadError::Path { path: at, error });
            }
        }
    }
    Ok(())
}

/// The text of a file: decompressed, without a byte order mark.
fn text(bytes: Vec<u8>) -> Result<String, String> {
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        let mut limited = flate2::read::MultiGzDecoder::new(&bytes[..]).take(LONGEST);
        limited.read_to_end(&mut plain).map_err(|error| format!("not a valid gzip file: {error}"))?;
        plain
    } else {
        bytes
    };
    if bytes.len() as u64 >= LONGEST.min(Sources::MAX_BYTES as u64) {
        return Err("the file is longer than 4 GiB".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("not valid UTF-8 at byte {at}")
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}
