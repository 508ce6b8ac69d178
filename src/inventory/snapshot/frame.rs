//! What stands around the content: magic, version, length and checksum.

use xxhash_rust::xxh3::xxh3_64;

use super::{SnapshotError, VERSION};

/// The first byte is none that a text begins with.
const MAGIC: &[u8; 4] = b"\x89GLX";
/// Magic, version, length.
const HEAD: usize = 16;
/// The checksum.
const FOOT: usize = 8;

/// Whether a file says that it is a snapshot.
pub(in crate::inventory) fn is_snapshot(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Puts content into its frame.
pub(super) fn close(content: &[&[u8]]) -> Vec<u8> {
    let length = HEAD + content.iter().map(|part| part.len()).sum::<usize>() + FOOT;
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((length as u64).to_le_bytes());
    for part in content {
        bytes.extend_from_slice(part);
    }
    bytes.extend(xxh3_64(&bytes).to_le_bytes());
    bytes
}

/// The content of a frame that is whole.
pub(super) fn open(bytes: &[u8]) -> Result<&[u8], SnapshotError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(SnapshotError::Magic)?;
    let cut = SnapshotError::Cut(bytes.len());
    let Some((version, rest)) = rest.split_first_chunk() else { return Err(cut) };
    let found = u32::from_le_bytes(*version);
    if found != VERSION {
        return Err(SnapshotError::Version { found });
    }
    let Some((length, rest)) = rest.split_first_chunk() else { return Err(cut) };
    let length = u64::from_le_bytes(*length);
    let Some((content, sum)) = rest.split_last_chunk() else { return Err(cut) };
    if length > bytes.len() as u64 {
        return Err(cut);
    }
    if length < bytes.len() as u64 {
        return Err(SnapshotError::Longer(length));
    }
    if xxh3_64(&bytes[..bytes.len() - FOOT]) != u64::from_le_bytes(*sum) {
        return Err(SnapshotError::Checksum);
    }
    Ok(content)
}
