//! How far a long run has come: counted to the end, and shown on terminals only.

use std::sync::Mutex;

use assert_cmd::Command;
use grantlog::{Inventory, Options, derive};
use grantlog_generator::{Shape, write};

/// What a run told, in order of the numbers: for every thing that is done, how many are and of how many.
fn told(run: impl FnOnce(&(dyn Fn(usize, usize) + Sync))) -> Vec<(usize, usize)> {
    let told = Mutex::new(Vec::new());
    run(&|done, total| told.lock().expect("nobody panics with it").push((done, total)));
    let mut told = told.into_inner().expect("nobody panicked with it");
    told.sort_unstable();
    told
}

fn up_to(total: usize) -> Vec<(usize, usize)> {
    (1..=total).map(|done| (done, total)).collect()
}

#[test]
fn files_and_accounts_are_counted_to_the_end() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let made = write(&Shape { principals: 300, ..Shape::default() }, folder.path()).expect("it can be written");
    let mut loaded = None;
    // Three files an account that owns something, and that of the organization.
    let files = told(|progress| loaded = Some(Inventory::load_watched([folder.path()], &progress)));
    assert_eq!(files, up_to(1 + 3 * (made.accounts - 1)));
    let inventory = loaded.expect("it ran").expect("there are exports");
    let relations = derive(&inventory, Options::default());
    let accounts = told(|progress| drop(relations.summary(&progress)));
    assert_eq!(accounts, up_to(made.accounts));
}

/// Files that are packed into files, and files that are read once more, are not counted again.
#[test]
fn a_file_is_counted_once() {
    let exports = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/exports");
    let files = told(|progress| drop(Inventory::load_watched([exports], &progress)));
    assert_eq!(files, up_to(files.len()));
}

#[test]
fn a_pipe_sees_no_progress() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    write(&Shape { principals: 1_000, ..Shape::default() }, folder.path()).expect("it can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    command
        .env_clear()
        .env("TERM", "xterm")
        .arg("--data")
        .arg(folder.path())
        .arg("summary")
        .assert()
        .success()
        .stderr("");
}
