//! The command line: a command a file, whose doc comment is its help.
//!
//! A command says what to ask; loading, asking and writing are the same for
//! all. Results go to standard output, talk goes to standard error. The exit
//! code says whose fault a failure is: 2 is the question or the input, 70 is
//! the program. A reader who closes the pipe early is no failure.

mod can;
mod check;
mod compile;
mod completions;
mod diff;
mod facts;
mod failure;
mod global;
mod graph;
mod lint;
mod list;
mod load;
mod man;
mod repl;
mod report;
mod simulate;
mod standing;
mod store;
mod summary;
mod talk;
mod what_can;
mod who_can;
mod why;

use std::ffi::OsString;
use std::mem::ManuallyDrop;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::engine::Effort;
use crate::query::Question;
use crate::repl::{Answered, Desk, Output};
use failure::Failure;
use global::Global;

/// Who can push, pull and administer what in AWS container registries, and why.
///
/// Reads the policies that you already have (account authorization details, repository policies,
/// organization policies), derives who can do what, and shows the statement that says so. Without
/// a command it opens a shell; without --data it speaks of a sample organization. It opens no
/// network connection.
#[derive(Debug, Parser)]
#[command(
    name = "grantlog",
    version,
    max_term_width = 100,
    infer_subcommands = true,
    after_long_help = EXAMPLES
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    repl: repl::Args,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(after_long_help = repl::EXAMPLES)]
    Repl(repl::Args),
    WhoCan(who_can::Args),
    WhatCan(what_can::Args),
    Can(can::Args),
    Check(check::Args),
    Why(why::Args),
    Simulate(simulate::Args),
    Diff(diff::Args),
    Summary(summary::Args),
    Report(report::Args),
    Lint(lint::Args),
    List(list::Args),
    Graph(graph::Args),
    Facts(facts::Args),
    Compile(compile::Args),
    Completions(completions::Args),
    Man(man::Args),
}

const EXAMPLES: &str = "\
Examples:
  $ grantlog who-can delete storefront/web
  action: delete
  resource: arn:aws:ecr-public::111122223333:repository/storefront/web

  verdict  principal                    account       through
  allowed  role/platform/image-janitor  111122223333  directly

  1 allowed
  $ grantlog why user/lena push storefront/web
  $ grantlog -c 'who can push on * where outside the organization group by principal'

The help of each command has more. `grantlog` alone is the shell, which has help of its own.";

/// Runs the program: these are the arguments, the name of the program first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help that nobody reads to its end is no failure.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { failure::BAD_INPUT } else { 0 });
        }
    };
    let global = cli.global;
    let done = match cli.command {
        None => repl::run(&global, &cli.repl),
        Some(Command::Repl(args)) => repl::run(&global, &args),
        Some(Command::WhoCan(args)) => who_can::run(&global, args),
        Some(Command::WhatCan(args)) => what_can::run(&global, args),
        Some(Command::Can(args)) => can::run(&global, args),
        Some(Command::Check(args)) => check::run(&global, &args),
        Some(Command::Why(args)) => why::run(&global, args),
        Some(Command::Simulate(args)) => simulate::run(&global, &args),
        Some(Command::Diff(args)) => diff::run(&global, &args),
        Some(Command::Summary(args)) => summary::run(&global, &args),
        Some(Command::Report(args)) => report::run(&global, &args),
        Some(Command::Lint(args)) => lint::run(&global, &args),
        Some(Command::List(args)) => list::run(&global, &args),
        Some(Command::Graph(args)) => graph::run(&global, args),
        Some(Command::Facts(args)) => facts::run(&global, &args),
        Some(Command::Compile(args)) => compile::run(global, args),
        Some(Command::Completions(args)) => completions::run(&global, &args),
        Some(Command::Man(args)) => man::run(&global, &args),
    };
    done.unwrap_or_else(Failure::told)
}

/// Loads, asks one question, writes the answer whole.
fn answer(global: &Global, question: &Question) -> Result<Answered, Failure> {
    let (inventory, _) = load::load(global)?;
    let queries = load::queries(global)?;
    // It lasts as long as the process, as the inventory does.
    let mut desk = ManuallyDrop::new(Desk::new(&inventory, global.settings()?).with_queries(&queries));
    let mut output = Output::open(global.output.as_deref())?;
    let answered = desk.answer(question, &mut output)?;
    output.finish()?;
    if global.verbose {
        let Effort { shards, cells } = desk.relations().effort();
        talk::say(&format!("note: {shards} shards derived, {cells} cells"));
    }
    if !desk.settings().format.holds_notes() {
        answered.notes.iter().for_each(|note| talk::say(&format!("note: {note}")));
    }
    Ok(answered)
}
