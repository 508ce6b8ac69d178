//! Files as they lie on a disk: finding them, decompressing, decoding to text.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::snapshot::is_snapshot;
use crate::policy::Sources;

/// Why a file was not read.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) message: String,
    pub(super) hint: &'static str,
}

impl Unread {
    fn new(message: impl Into<String>, hint: &'static str) -> Self {
        Self { message: message.into(), hint }
    }

    /// What the system says when a file that was found cannot be read.
    pub(super) fn system(error: &io::Error) -> Self {
        Self::new(format!("cannot be read: {error}"), "the file was left out")
    }
}

/// All files below a folder, in the order of their names; what cannot be searched comes with the reason.
///
/// Hidden files and folders are left out. A folder that is linked to is searched once, so that links
/// that lead back, or to each other, do not make the search endless.
pub(super) fn find(folder: &Path) -> Vec<(PathBuf, Option<io::Error>)> {
    let mut linked = BTreeSet::new();
    let mut is_wanted = |entry: &walkdir::DirEntry| {
        let hidden = entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
        let links_to_folder = entry.depth() > 0 && entry.path_is_symlink() && entry.file_type().is_dir();
        !hidden && (!links_to_folder || entry.path().canonicalize().is_ok_and(|target| linked.insert(target)))
    };
    let mut files = Vec::new();
    let walk = walkdir::WalkDir::new(folder).follow_links(true).max_depth(32).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(|entry| is_wanted(entry)) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => files.push((entry.into_path(), None)),
            Ok(_) => {}
            // A link that leads back to a folder above it.
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => {
                let at = error.path().unwrap_or(folder).to_owned();
                let error = error.into_io_error().unwrap_or_else(|| io::Error::other("cannot be searched"));
                files.push((at, Some(error)));
            }
        }
    }
    files
}

/// Whether a file's name says that JSON is in it.
pub(super) fn claims_json(name: &str) -> bool {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    [".json", ".jsonl"].iter().any(|ending| name.len() > ending.len() && name.ends_with(ending))
}

/// A file's name without `.json`.
pub(super) fn without_ending(name: &str) -> &str {
    name.strip_suffix(".json").or_else(|| name.strip_suffix(".jsonl")).unwrap_or(name)
}

/// The text of a file: decompressed, without a byte order mark.
pub(super) fn text(bytes: Vec<u8>) -> Result<String, Unread> {
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) { unzip(&bytes)? } else { bytes };
    if is_snapshot(&bytes) {
        let hint = "the file was left out; unpack it and name it alone";
        return Err(Unread::new("a snapshot, which is read by itself and uncompressed", hint));
    }
    if bytes.len() >= Sources::MAX_BYTES {
        return Err(Unread::new("the file is longer than 4 GiB", "split it, or export one account at a time"));
    }
    if let [0xFF, 0xFE, rest @ ..] = &bytes[..] {
        return wide(rest, u16::from_le_bytes);
    }
    if let [0xFE, 0xFF, rest @ ..] = &bytes[..] {
        return wide(rest, u16::from_be_bytes);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Unread::new(format!("not valid UTF-8 at byte {at}"), "the file was left out; export it again")
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// What some shells write when output is sent to a file: UTF-16 behind its mark.
fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Unread> {
    let pairs = bytes.chunks_exact(2);
    let whole = pairs.remainder().is_empty();
    let text: Result<String, _> =
        char::decode_utf16(pairs.map(|pair| unit([pair[0], pair[1]]))).collect::<Result<String, _>>();
    match text {
        Ok(text) if whole => Ok(text),
        _ => Err(Unread::new("not valid UTF-16", "the file was left out; export it again")),
    }
}

/// Exports full of equal policies shrink to a hundredth. What grows beyond this many times its length,
/// and a margin for small files, was made to fill the memory.
pub(super) const GROWTH: usize = 250;
const MARGIN: usize = 16 << 20;

fn unzip(bytes: &[u8]) -> Result<Vec<u8>, Unread> {
    let most = (bytes.len().saturating_mul(GROWTH).saturating_add(MARGIN)).min(Sources::MAX_BYTES) as u64;
    let mut plain = Vec::new();
    let mut limited = flate2::read::MultiGzDecoder::new(bytes).take(most);
    limited.read_to_end(&mut plain).map_err(|error| {
        Unread::new(format!("not a valid gzip file: {error}"), "the file was left out; copy or export it again")
    })?;
    if plain.len() as u64 == most {
        let hint = "the file was left out; unpack it if it is an export";
        return Err(Unread::new(format!("the gzip file grows to more than {} MiB", most >> 20), hint));
    }
    Ok(plain)
}
