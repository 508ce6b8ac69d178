//! `man`: the help of all commands as manual pages.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::{Cli, Failure, Global};
use crate::repl::Output;

/// The manual page of the program, of one command, or all of them as files.
///
/// A page says what --help says. With --folder all pages are written into a folder, as `grantlog.1`,
/// `grantlog-who-can.1` and so on; where `man` looks for them is told by `manpath`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The command whose page is wanted, rather than that of the program
    #[arg(conflicts_with = "folder")]
    command: Option<String>,
    /// Write all pages into this folder, which is made if it is not there
    #[arg(long, value_name = "FOLDER", conflicts_with = "output")]
    folder: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  $ grantlog man who-can -o who-can.1
  $ grantlog man --folder man1 && ls man1 | head -n 2
  grantlog-can.1
  grantlog-check.1

To read one: grantlog man who-can | man -l -";

/// Writes them.
pub(super) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    if let Some(folder) = &args.folder {
        fs::create_dir_all(folder).map_err(|error| told(folder, &error))?;
        for command in std::iter::once(&program).chain(program.get_subcommands()) {
            let path = folder.join(format!("{}.1", name(command)));
            let mut output = Output::open(Some(&path))?;
            output.write_all(&page(command)?)?;
            output.finish()?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let command = match &args.command {
        None => &program,
        Some(wanted) => program.find_subcommand(wanted).ok_or_else(|| {
            let names: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
            Failure::input(format!("no command is called `{wanted}`\n  hint: the commands are {}", names.join(", ")))
        })?,
    };
    let mut output = Output::open(global.output.as_deref())?;
    output.write_all(&page(command)?)?;
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn told(folder: &std::path::Path, error: &io::Error) -> Failure {
    io::Error::new(error.kind(), format!("{}: {error}", folder.display())).into()
}

/// `grantlog-who-can`.
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// A page: what clap knows of the command, and its examples line by line.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let examples = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let man =
        Man::new(command.clone()).manual("Grantlog manual").source(concat!("grantlog ", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]);
    roff.control("nf", []);
    for line in examples.trim_start_matches("Examples:\n").lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.to_writer(&mut page)?;
    Ok(page)
}
