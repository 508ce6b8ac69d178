//! `compile`: the inventory as a snapshot.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use super::{Failure, Global, load, talk};
use crate::repl::Output;
use crate::repl::holdings;

/// Writes the input as one file, a snapshot, which every command opens in its place.
///
/// Opening it takes a fraction of the time that reading takes, and every answer is the same, with the files
/// and lines that it cites: they are in the snapshot, and the exports are not looked at again. Another version
/// of grantlog may ask for it to be compiled anew.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Files and folders to read, beside those of --data
    #[arg(value_name = "DATA")]
    paths: Vec<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  $ grantlog compile -o org.glx
  $ grantlog --data org.glx can role/release/publisher push storefront/web --format csv";

/// Reads and writes.
pub(super) fn run(mut global: Global, args: Args) -> Result<ExitCode, Failure> {
    let to_standard = global.output.as_ref().is_none_or(|path| path.as_os_str() == "-");
    if to_standard && std::io::stdout().is_terminal() {
        return Err(Failure::input("a snapshot is no text for a terminal\n  hint: name a file with --output"));
    }
    global.data.extend(args.paths);
    let (inventory, _) = load::load(&global)?;
    let bytes = inventory.to_snapshot();
    let mut output = Output::open(global.output.as_deref())?;
    output.write_all(&bytes)?;
    output.finish()?;
    talk::say(&format!("compiled {}: {} KiB", holdings(&inventory), bytes.len().div_ceil(1024)));
    Ok(ExitCode::SUCCESS)
}
