//! An inventory in one file: written once, opened in a fraction of the time that reading the exports takes.
//!
//! What is opened answers as the exports do, byte for byte: files, lines, quoted texts, diagnostics and gaps
//! are in it, and the exports may be gone. The typed world is decoded at once; the files' texts, which only
//! citations need, lie compressed beside it, and each is unpacked when somebody first asks for it.
//!
//! ```text
//! magic    4 bytes   \x89GLX
//! version  u32       of the layout; another one is refused
//! length   u64       of the whole file
//! tables             one for each kind of thing (rows.rs)
//! texts              the files' texts, each deflated, one behind the other (texts.rs)
//! checksum u64       XXH3 of all that stands before it
//! ```
//!
//! Numbers outside of rows are little-endian. A checksum finds accidents and is no signature: whoever can make
//! one can write anything behind it. So what is decoded is checked (check.rs) until nothing that relies on an
//! inventory's being consistent can fail.

mod check;
mod frame;
mod read;
mod rows;
mod texts;
mod write;

pub(super) use frame::is_snapshot;

use super::world::Inventory;

/// The version of the layout. It is raised whenever a type that is written changes, or the order of the tables:
/// `snapshot::layout_is_that_of_its_version` tells.
const VERSION: u32 = 2;

/// What is wrong with content.
type Wrong = &'static str;

/// Why a snapshot cannot be opened.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The bytes do not begin as a snapshot does.
    #[error("it is no snapshot")]
    Magic,
    /// Another version of the program has written it.
    #[error("it has version {found} of the layout, and this program reads version {VERSION}")]
    Version {
        /// The version that it tells.
        found: u32,
    },
    /// Its end is missing.
    #[error("it is cut short, after {0} bytes")]
    Cut(usize),
    /// Something was added to it.
    #[error("it goes on behind its end, at byte {0}")]
    Longer(u64),
    /// It is not what was written.
    #[error("its checksum is wrong")]
    Checksum,
    /// No inventory is like this.
    #[error("its content contradicts itself: {0}")]
    Content(&'static str),
}

impl SnapshotError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Magic => "name a file that `grantlog compile` has written",
            Self::Version { .. } => "compile it again from the exports, with this version of grantlog",
            Self::Cut(_) | Self::Longer(_) | Self::Checksum => "copy it again, or compile it again from the exports",
            Self::Content(_) => "grantlog has not written it; compile one from the exports",
        }
    }
}

impl Inventory {
    /// The inventory as the bytes of a snapshot: the same ones for the same inventory.
    #[must_use]
    pub fn to_snapshot(&self) -> Vec<u8> {
        write::write(self)
    }

    /// Opens a snapshot.
    ///
    /// # Errors
    /// [`SnapshotError`] if the bytes are no snapshot of this version, or not whole.
    pub fn from_snapshot(bytes: &[u8]) -> Result<Self, SnapshotError> {
        read::read(frame::open(bytes)?).map_err(SnapshotError::Content)
    }
}
