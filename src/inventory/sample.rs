//! The embedded sample organization, so that everything runs with no input.

use include_dir::{Dir, include_dir};

use super::world::Inventory;

static SAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/samples/organization");

impl Inventory {
    /// The sample organization; its story is told in `samples/README.md`.
    #[must_use]
    pub fn sample() -> Self {
        let mut files = Vec::new();
        gather(&SAMPLE, &mut files);
        files.sort();
        Self::from_files(files)
    }
}

fn gather(folder: &Dir<'_>, files: &mut Vec<(String, Vec<u8>)>) {
    for file in folder.files() {
        files.push((format!("sample/{}", file.path().display()), file.contents().to_vec()));
    }
    for inner in folder.dirs() {
        gather(inner, files);
    }
}
