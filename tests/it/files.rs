//! The files that tests are made from, by their names below a folder of the project; and compressed ones.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use grantlog::Inventory;
use serde_json::Value;

/// All files below a folder, hidden ones left out, by their names there and in their order.
pub(crate) fn below(folder: &str) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let is_hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
    walkdir::WalkDir::new(&root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| !is_hidden(entry.file_name()))
        .map(|entry| entry.expect("the folder can be read"))
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry.path().strip_prefix(&root).expect("the file lies below the folder").display().to_string();
            (name, fs::read(entry.path()).expect("the file can be read"))
        })
        .collect()
}

/// The library's source files with the rules, by their names in the project.
pub(crate) fn sources() -> Vec<(String, String)> {
    let below = |folder: &'static str| below(folder).into_iter().map(move |(name, text)| (folder, name, text));
    ["rules", "src"]
        .into_iter()
        .flat_map(below)
        .filter(|(_, name, _)| Path::new(name).extension().is_some_and(|extension| extension == "rs"))
        .map(|(folder, name, text)| {
            (format!("{folder}/{name}"), String::from_utf8(text).expect("a source file is text"))
        })
        .collect()
}

/// The input that a case brings along in `files`: texts as they are, anything else as JSON.
pub(crate) fn inventory(case: &Value) -> Inventory {
    let files = case["files"].as_object().expect("a case has files");
    Inventory::from_files(files.iter().map(|(name, content)| {
        let text = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
        (name.clone(), text.into_bytes())
    }))
}

/// A name without what an ARN has in front.
pub(crate) fn short(name: &str) -> &str {
    if name.starts_with("arn:") { name.splitn(6, ':').nth(5).unwrap_or(name) } else { name }
}

/// A line of a file of JSON lines.
pub(crate) struct Line {
    /// The file and the line in it.
    pub(crate) place: String,
    /// The line as it is written.
    pub(crate) text: String,
    /// The line as JSON.
    pub(crate) value: Value,
}

/// The lines of all files that stand in a folder itself.
pub(crate) fn lines(folder: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, text) in below(folder) {
        if name.contains('/') {
            continue;
        }
        let text = String::from_utf8(text).expect("a file of lines is text");
        for (at, text) in text.lines().enumerate() {
            let place = format!("{name}:{}", at + 1);
            let value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{place}: {error}"));
            lines.push(Line { place, text: text.to_owned(), value });
        }
    }
    lines
}

/// The bytes as a gzip file.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory takes any bytes");
    encoder.finish().expect("memory takes any bytes")
}
