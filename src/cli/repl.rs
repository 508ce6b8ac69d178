//! `repl`: the shell; also one question, and questions from standard input.

use std::io::{self, BufRead as _, IsTerminal as _, Write};
use std::process::ExitCode;

use super::output::Output;
use super::{Failure, Global, load, talk};
use crate::query::Question;
use crate::repl::{Command, Desk, opening};

/// The shell: asks and answers until you leave.
///
/// With -c it answers these questions and exits; with piped standard input, a question a line. It
/// stops at the first question that is wrong.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Args {
    /// Answer this question and exit; give it once for each
    #[arg(long, short, value_name = "QUESTION")]
    command: Vec<String>,
}

/// Runs the shell, or answers what is asked.
pub(super) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let (inventory, loaded) = load::load(global)?;
    let mut desk = Desk::new(&inventory, global.settings()?);
    let is_shell = args.command.is_empty() && io::stdin().is_terminal();
    if is_shell {
        talk::say(&opening(&inventory, loaded.is_sample, loaded.took));
        crate::repl::run(&mut desk, &mut io::stdout())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut output = Output::open(global.output.as_deref())?;
    if args.command.is_empty() {
        for line in io::stdin().lock().lines() {
            let line = line.map_err(|error| Failure::input(format!("standard input: {error}")))?;
            if !one(&mut desk, &line, &mut output)? {
                break;
            }
        }
    }
    for line in &args.command {
        if !one(&mut desk, line, &mut output)? {
            break;
        }
    }
    output.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// Answers a line; says whether to go on. Blank lines and those that begin with `#` are nothing.
fn one(desk: &mut Desk<'_>, line: &str, out: &mut dyn Write) -> Result<bool, Failure> {
    let trimmed = line.trim();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return Ok(true);
    }
    if trimmed.starts_with('.') {
        return match trimmed.parse::<Command>().map_err(Failure::input)? {
            Command::Quit => Ok(false),
            command => {
                command.carry_out(desk, out)?;
                Ok(true)
            }
        };
    }
    let question = Question::parse(line, &desk.vocabulary());
    let question = question.map_err(|error| Failure::Question(line.to_owned(), error))?;
    let answered = desk.answer(&question, out)?;
    if !desk.settings().format.holds_notes() {
        answered.notes.iter().for_each(|note| talk::say(&format!("note: {note}")));
    }
    out.flush()?;
    Ok(true)
}
