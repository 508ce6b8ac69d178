//! `grantlog-generate`: writes an organization of any size into a folder.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use grantlog_generator::{Shape, write};

/// Write the exports of a made-up organization into a folder.
#[derive(Parser)]
struct Arguments {
    /// How many users and roles; a hundred an account.
    #[arg(long, default_value_t = 1000)]
    principals: usize,
    /// Equal seeds give equal bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder to write into.
    #[arg(long)]
    output: PathBuf,
    /// Compress every file.
    #[arg(long)]
    gzip: bool,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the edge")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let shape = Shape { principals: arguments.principals, seed: arguments.seed, gzip: arguments.gzip };
    match write(&shape, &arguments.output) {
        Ok(made) => {
            println!(
                "{} accounts, {} principals, {} repositories, {} bytes",
                made.accounts, made.principals, made.repositories, made.bytes
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("cannot write to {}: {error}", arguments.output.display());
            ExitCode::FAILURE
        }
    }
}
