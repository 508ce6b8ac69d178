//! Seeded organizations of any size, as the exports that grantlog reads.
//!
//! One seed gives the same bytes on every machine. Every account is made by
//! itself from a seed of its own, so that a million principals need no more
//! memory than a hundred. What is in an organization, and in which shares,
//! `README.md` beside this crate tells.

mod account;
mod faults;
mod organization;

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use rayon::prelude::*;

pub use account::{EXAMPLE_PRINCIPAL, EXAMPLE_REPOSITORY};

/// What to make.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How many users and roles; rounded up to whole accounts.
    pub principals: usize,
    /// Users and roles in an account.
    pub principals_per_account: usize,
    /// Repositories in an account.
    pub repositories_per_account: usize,
    /// Whether every repository has a policy, and none the policy of another.
    pub own_policies: bool,
    /// Whether accounts differ in their numbers and their units only.
    pub alike: bool,
    /// Whether there is one more account, in which everything is wrong.
    pub faults: bool,
    /// Equal seeds give equal bytes.
    pub seed: u64,
    /// Whether files are compressed.
    pub gzip: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            principals: 1_000,
            principals_per_account: 100,
            repositories_per_account: 10,
            own_policies: false,
            alike: false,
            faults: false,
            seed: 1,
            gzip: false,
        }
    }
}

/// What was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Accounts, the management account included, the one in which everything is wrong left out.
    pub accounts: usize,
    /// Users and roles.
    pub principals: usize,
    /// Repositories, public and private.
    pub repositories: usize,
    /// Bytes on disk.
    pub bytes: u64,
}

impl Shape {
    /// How many accounts own principals and repositories.
    #[must_use]
    pub fn accounts(&self) -> usize {
        self.principals.div_ceil(self.principals_per_account).max(1)
    }
}

/// All files of an organization with their names, made one account at a time.
pub fn files(shape: &Shape) -> impl Iterator<Item = (String, Vec<u8>)> + use<> {
    let shape = *shape;
    let of_account = move |number| account::files(&shape, number);
    let accounts = (0..shape.accounts()).flat_map(of_account);
    std::iter::once(organization::file(&shape)).chain(accounts).chain(faults(&shape))
}

/// The files of the account in which everything is wrong, if it is wanted.
fn faults(shape: &Shape) -> Vec<(String, Vec<u8>)> {
    if shape.faults { faults::files() } else { Vec::new() }
}

/// Writes an organization into a folder.
///
/// # Errors
/// What the file system says.
pub fn write(shape: &Shape, folder: &Path) -> io::Result<Summary> {
    let (name, bytes) = organization::file(shape);
    let mut total = write_file(shape, folder, &name, &bytes)?;
    let written: Vec<u64> = (0..shape.accounts())
        .into_par_iter()
        .map(|number| {
            let files = account::files(shape, number);
            files.iter().map(|(name, bytes)| write_file(shape, folder, name, bytes)).sum::<io::Result<u64>>()
        })
        .collect::<io::Result<_>>()?;
    total += written.iter().sum::<u64>();
    for (name, bytes) in faults(shape) {
        total += write_file(shape, folder, &name, &bytes)?;
    }
    Ok(Summary {
        accounts: shape.accounts() + 1,
        principals: shape.accounts() * shape.principals_per_account,
        repositories: shape.accounts() * shape.repositories_per_account,
        bytes: total,
    })
}

fn write_file(shape: &Shape, folder: &Path, name: &str, bytes: &[u8]) -> io::Result<u64> {
    let path = folder.join(if shape.gzip { format!("{name}.gz") } else { name.to_owned() });
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut packed;
    let bytes = if shape.gzip {
        packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes)?;
        &packed.finish()?[..]
    } else {
        bytes
    };
    fs::write(path, bytes)?;
    Ok(bytes.len() as u64)
}
