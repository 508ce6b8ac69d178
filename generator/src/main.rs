//! `grantlog-generate`: writes an organization of any size into a folder.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use grantlog_generator::{Shape, write};

/// Write the exports of a made-up organization into a folder.
#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
struct Arguments {
    /// How many users and roles; rounded up to whole accounts.
    #[arg(long, default_value_t = Shape::default().principals)]
    principals: usize,
    /// How many of them an account has.
    #[arg(long, value_name = "COUNT", default_value_t = Shape::default().principals_per_account, value_parser = at_least_one)]
    principals_per_account: usize,
    /// How many repositories an account has.
    #[arg(long, value_name = "COUNT", default_value_t = Shape::default().repositories_per_account)]
    repositories_per_account: usize,
    /// Give every repository a policy of its own.
    #[arg(long)]
    own_policies: bool,
    /// Make accounts that differ in their numbers and their units only.
    #[arg(long)]
    alike: bool,
    /// Add an account in which everything is wrong that `grantlog lint` finds.
    #[arg(long)]
    faults: bool,
    /// Equal seeds give equal bytes.
    #[arg(long, default_value_t = Shape::default().seed)]
    seed: u64,
    /// The folder to write into.
    #[arg(long)]
    output: PathBuf,
    /// Compress every file.
    #[arg(long)]
    gzip: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let count: usize = text.parse().map_err(|_| "not a number".to_owned())?;
    if count > 0 { Ok(count) } else { Err("an account has at least one principal".to_owned()) }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the edge")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Arguments { output, principals, principals_per_account, repositories_per_account, .. } = arguments;
    let Arguments { own_policies, alike, faults, seed, gzip, .. } = arguments;
    let shape =
        Shape { principals, principals_per_account, repositories_per_account, own_policies, alike, faults, seed, gzip };
    match write(&shape, &output) {
        Ok(made) => {
            println!(
                "{} accounts, {} principals, {} repositories, {} bytes",
                made.accounts, made.principals, made.repositories, made.bytes
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot write to {}: {error}", output.display());
            ExitCode::FAILURE
        }
    }
}
