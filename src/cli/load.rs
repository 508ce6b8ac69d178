//! Reading what questions are about.

use std::mem::ManuallyDrop;
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::global::Global;
use super::talk;
use crate::inventory::Inventory;
use crate::repl::Progress;

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
    let begun = Instant::now();
    let paths = global.paths();
    let inventory = if paths.is_empty() {
        Inventory::sample()
    } else {
        let progress = Progress::of("files read");
        let loaded = Inventory::load_watched(&paths, &|done, total| progress.tell(done, total));
        loaded.map_err(|error| Failure::load(&error))?
    };
    let loaded = Loaded { is_sample: paths.is_empty(), took: begun.elapsed() };
    talk::diagnose(global, &inventory);
    Ok((ManuallyDrop::new(inventory), loaded))
}
