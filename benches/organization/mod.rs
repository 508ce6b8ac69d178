//! What every bench measures on: generated organizations of three sizes, made from one seed.

use grantlog_generator::{Shape, files};

/// Users and roles; a hundred an account.
pub(crate) const SIZES: [usize; 3] = [100, 500, 2_000];

/// The export files of an organization by their names, and how many bytes they have together.
pub(crate) fn exports(principals: usize) -> (Vec<(String, Vec<u8>)>, u64) {
    let files: Vec<(String, Vec<u8>)> = files(&Shape { principals, ..Shape::default() }).collect();
    let bytes = files.iter().map(|(_, content)| content.len() as u64).sum();
    (files, bytes)
}
