//! Snapshots: whatever stands in a frame that is right, it is refused or can be asked.

#![no_main]

use grantlog::inventory::Inventory;
use grantlog::query::Scope;
use grantlog::report::diagnostic_line;
use libfuzzer_sys::fuzz_target;
use xxhash_rust::xxh3::xxh3_64;

fuzz_target!(|data: &[u8]| {
    let length = (16 + data.len() + 8) as u64;
    let mut bytes = [b"\x89GLX", &2_u32.to_le_bytes()[..], &length.to_le_bytes(), data].concat();
    bytes.extend(xxh3_64(&bytes).to_le_bytes());
    let Ok(inventory) = Inventory::from_snapshot(&bytes) else { return };
    for diagnostic in &inventory.diagnostics {
        let _ = diagnostic_line(diagnostic, &inventory.sources);
    }
    let relations = grantlog::derive(&inventory, grantlog::Options::default());
    let _ = relations.who_can("push", "*", Scope { direct: false, all: true });
    let _ = relations.what_can("*", None, Scope::default());
    let _ = inventory.to_snapshot();
});
