//! What was asked before, kept where the platform keeps such things, for its owner's eyes only.

use std::fs;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use rustyline::history::FileHistory;
use rustyline::{Editor, Helper};

/// The history's file, with its folder made; `None` where there is no place for one.
pub(super) fn file() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let folder = base.state_dir().unwrap_or_else(|| base.data_dir()).join("grantlog");
    fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}

/// Adds what is new. A shell that cannot remember still answers, so a failure is let pass.
pub(super) fn save<H: Helper>(editor: &mut Editor<H, FileHistory>, path: &Path) {
    if make_private(path).is_ok() {
        let _ = editor.append_history(path);
    }
}

/// Makes the file for its owner only, before anything is written into it.
#[cfg(unix)]
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let file = fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

/// Elsewhere the user's own folder is private.
#[cfg(not(unix))]
fn make_private(path: &Path) -> std::io::Result<()> {
    fs::OpenOptions::new().create(true).append(true).open(path).map(drop)
}
