//! Files that say which findings may stand: none stops the program, and one that is read parts findings.

#![no_main]

use grantlog::finding::Suppressions;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match Suppressions::parse("grantlog.toml", text) {
    Ok(suppressions) => assert!(suppressions.part(Vec::new(), jiff::civil::Date::MIN).found.is_empty()),
    Err(error) => assert!(!error.picture().is_empty()),
});
