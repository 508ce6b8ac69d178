//! Reading what questions are about.

use std::time::{Duration, Instant};

use super::failure::Failure;
use super::global::Global;
use super::talk;
use crate::inventory::Inventory;

/// How an inventory came to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loaded {
    pub(super) is_sample: bool,
    pub(super) took: Duration,
}

/// Reads the input, or the embedded sample where none is named, and tells what is wrong with it.
pub(super) fn load(global: &Global) -> Result<(Inventory, Loaded), Failure> {
    let begun = Instant::now();
    let paths = global.paths();
    let inventory = if paths.is_empty() {
        Inventory::sample()
    } else {
        Inventory::load(&paths).map_err(|error| Failure::load(&error))?
    };
    let loaded = Loaded { is_sample: paths.is_empty(), took: begun.elapsed() };
    talk::diagnose(global, &inventory);
    Ok((inventory, loaded))
}
