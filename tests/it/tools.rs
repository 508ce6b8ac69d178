//! Programs that some tests need beside the compiler.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Whether a program can be run. A test that lacks one says so and passes; with
/// `GRANTLOG_REQUIRE_TOOLS=1`, as on a build machine, it fails.
pub(crate) fn require(program: &str) -> bool {
    let run = Command::new(program).arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
    is_there(program, run.is_ok())
}

/// Whether something was found; if not, as [`require`].
pub(crate) fn is_there(name: &str, found: bool) -> bool {
    if !found {
        let is_required = std::env::var_os("GRANTLOG_REQUIRE_TOOLS").is_some_and(|value| value == "1");
        assert!(!is_required, "`{name}` is required and not installed");
        let line = format!("skipped: `{name}` is not installed");
        std::io::Write::write_all(&mut std::io::stderr(), format!("{line}\n").as_bytes()).expect("stderr is open");
    }
    found
}

/// Where a program is that must not be run to find out; if nowhere, as [`require`].
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file());
    is_there(program, found.is_some()).then_some(found).flatten()
}

/// The same of a module of Python.
pub(crate) fn require_python(module: &str) -> bool {
    let mut python = Command::new("python3");
    let import = python.args(["-c", &format!("import {module}")]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    is_there(module, import.is_ok_and(|status| status.success()))
}
