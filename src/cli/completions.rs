//! `completions`: what a shell needs to complete the command line.

use std::io::Write as _;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use super::{Cli, Failure, Global};
use crate::repl::Output;

/// A script by which a shell completes commands, options and their values.
///
/// Where it belongs depends on the shell: bash reads ~/.local/share/bash-completion/completions/grantlog, zsh a file
/// `_grantlog` in a folder of $fpath, fish ~/.config/fish/completions/grantlog.fish.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  $ grantlog completions bash -o grantlog.bash
  $ grantlog completions zsh | head -n 1
  #compdef grantlog

For this shell only: source <(grantlog completions bash)";

/// Writes it.
pub(super) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "grantlog", &mut script);
    let mut output = Output::open(global.output.as_deref())?;
    output.write_all(&script)?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}
