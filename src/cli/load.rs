//! Reading what questions are about.

use std::fs;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::global::Global;
use super::talk;
use crate::inventory::Inventory;
use crate::query::saved::Queries;
use crate::repl::Progress;
use crate::report::terminal;

/// How an inventory came to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loaded {
    pub(super) is_sample: bool,
    pub(super) took: Duration,
}

/// Reads the input, or the embedded sample where none is named, and tells what is wrong with it.
///
/// The inventory lasts as long as the process, whose end frees it at once; nobody should wait while the pieces
/// of a large one, half a million texts, are freed one by one.
pub(super) fn load(global: &Global) -> Result<(ManuallyDrop<Inventory>, Loaded), Failure> {
    read(global, &global.paths())
}

/// The same of these files and folders; the sample, where there are none.
pub(super) fn read(global: &Global, paths: &[PathBuf]) -> Result<(ManuallyDrop<Inventory>, Loaded), Failure> {
    let begun = Instant::now();
    let inventory = if paths.is_empty() {
        Inventory::sample()
    } else {
        let progress = Progress::of("files read");
        let loaded = Inventory::load_watched(paths, &|done, total| progress.tell(done, total));
        loaded.map_err(|error| Failure::load(&error))?
    };
    let loaded = Loaded { is_sample: paths.is_empty(), took: begun.elapsed() };
    talk::diagnose(global, &inventory);
    Ok((ManuallyDrop::new(inventory), loaded))
}

/// The saved queries: those that come along, and those of the folders that are named.
pub(super) fn queries(global: &Global) -> Result<Queries, Failure> {
    let mut queries = Queries::bundled().clone();
    for folder in &global.queries {
        let unread = |error| Failure::input(format!("{}: {error}", folder.display()));
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut paths: Vec<_> = entries.map_err(unread)?.into_iter().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        if paths.is_empty() {
            let hint = "a query is a file `NAME.toml`; docs/queries.md says what stands in it";
            return Err(Failure::input(format!("{}: there are no queries\n  hint: {hint}", folder.display())));
        }
        for path in paths {
            let name = path.display().to_string();
            let text = fs::read_to_string(&path).map_err(|error| Failure::input(format!("{name}: {error}")))?;
            let added = queries.add(&name, &text);
            added.map_err(|error| Failure::input(terminal::clean_lines(&error.picture())))?;
        }
    }
    Ok(queries)
}
