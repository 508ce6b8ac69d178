//! The files and their texts.
//!
//! A text is deflated by itself, so that a citation unpacks the file that it is about and no other. How long it
//! is unpacked stands in the file's row: places are checked against that before any text is there.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use crate::inventory::files::GROWTH;
use crate::policy::{Origin, Source};

/// A file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FileRow {
    /// Its name; none for a text that was unpacked from another one, whose name it has.
    pub(super) name: Option<String>,
    pub(super) origin: Option<Origin>,
    /// How many bytes its text takes in the snapshot.
    pub(super) packed: u64,
    /// How many bytes its text has.
    pub(super) length: u32,
}

/// Packs a file's text.
pub(super) fn pack(source: &Source) -> (FileRow, Vec<u8>) {
    let text = source.text();
    let mut packed = deflate(text, Compression::default());
    if is_too_much(text.len(), packed.len()) {
        packed = deflate(text, Compression::none());
    }
    let name = source.origin.is_none().then(|| source.name.to_string());
    let length = u32::try_from(text.len()).expect("texts are shorter than 4 GiB");
    (FileRow { name, origin: source.origin, packed: packed.len() as u64, length }, packed)
}

/// The text; an empty one where the bytes hold none of this length, which `compile` never writes.
pub(super) fn unpack(packed: &[u8], length: usize) -> String {
    let mut bytes = Vec::with_capacity(length);
    let read = DeflateDecoder::new(packed).take(length as u64 + 1).read_to_end(&mut bytes);
    match (read, String::from_utf8(bytes)) {
        (Ok(read), Ok(text)) if read == length => text,
        _ => String::new(),
    }
}

/// Whether a text that grows like this was made to fill the memory.
pub(super) fn is_too_much(length: usize, packed: usize) -> bool {
    length > packed.saturating_mul(GROWTH)
}

fn deflate(text: &str, level: Compression) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), level);
    encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).expect("memory takes any bytes")
}
