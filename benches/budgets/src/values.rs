//! The plain reading that `summary` is measured against.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;

/// Reads and parses the files of a folder one by one, on one core, each dropped at once.
///
/// Finding them is no part of the time.
pub(crate) fn measure(folder: &Path) -> Result<String, Box<dyn Error>> {
    let found: Vec<walkdir::DirEntry> = walkdir::WalkDir::new(folder).into_iter().collect::<Result<_, _>>()?;
    let files: Vec<&Path> = found.iter().filter(|one| one.file_type().is_file()).map(walkdir::DirEntry::path).collect();
    let begun = Instant::now();
    let mut bytes = 0;
    for file in files {
        let content = fs::read(file)?;
        bytes += content.len();
        drop(black_box(serde_json::from_slice::<Value>(&content)?));
    }
    Ok(format!("{:.6} {bytes}", begun.elapsed().as_secs_f64()))
}
