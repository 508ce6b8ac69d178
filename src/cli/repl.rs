//! `repl`: the shell; also one question, and questions from standard input.

use std::io::{self, IsTerminal as _, Read as _};
use std::mem::ManuallyDrop;
use std::process::ExitCode;

use super::failure::BAD_INPUT;
use super::{Failure, Global, load, talk};
use crate::repl::{Desk, Kept, Next, Output, Session, lines, opening};

/// The shell: asks and answers until you leave.
///
/// With -c it answers these questions and exits; with piped standard input, a question a line. It
/// stops at the first question that is wrong.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Args {
    /// Answer this question and exit; give it once for each
    #[arg(long, short, value_name = "QUESTION")]
    command: Vec<String>,
    /// Go on behind a question that is wrong, and exit with 2 at the end
    #[arg(long)]
    keep_going: bool,
}

pub(super) const EXAMPLES: &str = r"Examples:
  $ grantlog repl -c 'let pushers = who can push on *' -c 'pushers where kind is root count'
  pushers: 46 principals
  count
      3
  $ printf 'list accounts\nwho can delete on tools/*\n' | grantlog repl --format csv

`help` in the shell says what can be asked.";

/// Runs the shell, or answers what is asked.
pub(super) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let mut global = global.clone();
    let mut settings = global.settings()?;
    let mut session = Session::default();
    let is_shell = args.command.is_empty() && io::stdin().is_terminal();
    settings.style.numbered = is_shell;
    let mut asked = if is_shell { Vec::new() } else { args.questions()? }.into_iter();
    let mut output = Output::open(global.output.as_deref().filter(|_| !is_shell))?;
    let mut is_wrong = false;
    let mut kept = Kept::default();
    loop {
        let (inventory, loaded) = load::load(&global)?;
        let queries = load::queries(&global)?;
        let mut desk = Desk::new(&inventory, settings).with_queries(&queries);
        if is_shell {
            talk::say(&opening(&inventory, loaded.is_sample, loaded.took));
        }
        desk.take_over(kept).iter().for_each(|lost| talk::say(&format!("note: {lost}")));
        let next = if is_shell {
            crate::repl::run(&mut session, &mut desk, &mut io::stdout())?
        } else {
            let mut next = Next::Leave;
            for line in asked.by_ref() {
                match session.line(&mut desk, &line, &mut output) {
                    Ok(reply) => {
                        reply.notes.iter().for_each(|note| talk::say(&format!("note: {note}")));
                        if let Some(took) = reply.took {
                            talk::say(&format!("took {took:.1?}"));
                        }
                        if reply.next != Next::Ask {
                            next = reply.next;
                            break;
                        }
                    }
                    Err(error) if args.keep_going => {
                        let error = error.into_io().map_or_else(Ok, Err)?;
                        talk::say(&format!("error: {}", error.told()));
                        is_wrong = true;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            next
        };
        let Next::Load(paths) = next else { break };
        // What changes the session made to the old world are no changes of the new one.
        settings = desk.settings().clone();
        kept = desk.kept();
        drop(desk);
        drop(ManuallyDrop::into_inner(inventory));
        if !paths.is_empty() {
            global.data = paths;
        }
    }
    session.finish()?;
    output.finish()?;
    Ok(ExitCode::from(if is_wrong { BAD_INPUT } else { 0 }))
}

impl Args {
    /// The lines to be answered: those that were given, else those of standard input.
    fn questions(&self) -> Result<Vec<String>, Failure> {
        if !self.command.is_empty() {
            return Ok(self.command.clone());
        }
        let mut text = String::new();
        let read = io::stdin().lock().read_to_string(&mut text);
        read.map_err(|error| Failure::input(format!("standard input: {error}")))?;
        Ok(lines(text.lines()).map(|(_, line)| line).collect())
    }
}
