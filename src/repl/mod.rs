//! The shell: lines in, answers out.
//!
//! A line is a question or, with a dot in front, a command to the shell
//! itself. Completer, hinter, highlighter and validator are a file each; they
//! know the grammar and the names, and nothing of authorization. Ctrl-C gives
//! up the line, Ctrl-D the shell.

mod command;
mod completer;
mod desk;
pub mod help;
mod highlighter;
mod hinter;
mod history;
mod names;
mod overlay;
mod progress;
mod rows;
mod validator;

use std::io::{self, Write};
use std::time::Duration;

use rustyline::error::ReadlineError;
use rustyline::{
    ColorMode, CompletionType, Config, Editor, Helper as HelperMacro, Highlighter as HighlighterMacro,
    Hinter as HinterMacro, Validator as ValidatorMacro,
};

use crate::inventory::Inventory;
use crate::policy::Severity;
use crate::query::Question;

pub use command::{Command, CommandError, context_entry};
pub use completer::Completer;
pub use desk::{Answered, Desk, DeskError, Settings};
pub use highlighter::Highlighter;
pub use hinter::Hinter;
pub use names::Names;
pub(crate) use progress::Progress;
pub use validator::Validator;

const PROMPT: &str = "grantlog> ";

#[derive(HelperMacro, rustyline::Completer, HinterMacro, HighlighterMacro, ValidatorMacro)]
struct Helper<'a> {
    #[rustyline(Completer)]
    completer: Completer<'a>,
    #[rustyline(Hinter)]
    hinter: Hinter<'a>,
    #[rustyline(Highlighter)]
    highlighter: Highlighter<'a>,
    #[rustyline(Validator)]
    validator: Validator,
}

/// Runs the shell until its user leaves.
///
/// # Errors
/// Those of the terminal.
pub fn run(desk: &mut Desk<'_>, out: &mut dyn Write) -> io::Result<()> {
    let names = Names::of(desk.inventory());
    let config = Config::builder()
        .max_history_size(10_000)
        .and_then(|config| config.history_ignore_dups(true))
        .map_err(io::Error::other)?
        .history_ignore_space(true)
        .completion_type(CompletionType::List)
        .color_mode(if desk.settings().style.color { ColorMode::Enabled } else { ColorMode::Disabled })
        .build();
    let mut editor = Editor::with_config(config).map_err(io::Error::other)?;
    editor.set_helper(Some(Helper {
        completer: Completer::new(&names),
        hinter: Hinter::new(&names),
        highlighter: Highlighter::new(&names),
        validator: Validator,
    }));
    let history = history::file();
    if let Some(path) = &history {
        // A first run has no history to load.
        let _ = editor.load_history(path);
    }
    loop {
        match editor.readline(PROMPT) {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => {
                editor.add_history_entry(line.as_str()).map_err(io::Error::other)?;
                if let Some(path) = &history {
                    history::save(&mut editor, path);
                }
                if one_line(desk, &line.replace("\\\n", " "), out)? == Next::Leave {
                    return Ok(());
                }
                names.learn(desk.vocabulary());
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Ok(()),
            Err(ReadlineError::Io(error)) => return Err(error),
            Err(error) => return Err(io::Error::other(error)),
        }
    }
}

/// What a shell does after a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Ask,
    Leave,
}

/// Answers one line; what is wrong with it is shown, and the shell goes on.
fn one_line(desk: &mut Desk<'_>, line: &str, out: &mut dyn Write) -> io::Result<Next> {
    if line.trim_start().starts_with('.') {
        match line.parse::<Command>() {
            Ok(Command::Quit) => return Ok(Next::Leave),
            Ok(command) => match command.carry_out(desk, out) {
                Ok(()) => {}
                Err(DeskError::Io(error)) => return Err(error),
                Err(error) => writeln!(out, "{}", error.told())?,
            },
            Err(error) => writeln!(out, "{error}")?,
        }
    } else if matches!(line.trim(), "quit" | "exit") {
        return Ok(Next::Leave);
    } else {
        match Question::parse(line, &desk.vocabulary()) {
            Err(error) => writeln!(out, "{}", error.picture(line))?,
            Ok(question) => match desk.answer(&question, out) {
                Ok(answered) if !desk.settings().format.holds_notes() => {
                    answered.notes.iter().try_for_each(|note| writeln!(out, "note: {note}"))?;
                }
                Ok(_) => {}
                Err(DeskError::Io(error)) => return Err(error),
                Err(error) => writeln!(out, "{}", error.told())?,
            },
        }
    }
    out.flush()?;
    Ok(Next::Ask)
}

/// `4 accounts, 41 principals, 9 repositories`.
pub(crate) fn holdings(inventory: &Inventory) -> String {
    format!(
        "{}, {}, {}",
        count(inventory.accounts.len(), "account", "accounts"),
        count(inventory.principals.len(), "principal", "principals"),
        count(inventory.repositories.len(), "repository", "repositories"),
    )
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The opening line: what is loaded, how complete it is, how long it took.
#[must_use]
pub fn opening(inventory: &Inventory, is_sample: bool, took: Duration) -> String {
    let what = if is_sample { "the sample organization, " } else { "" };
    let errors = inventory.diagnostics.iter().filter(|one| one.severity == Severity::Error).count();
    let mut lacks = Vec::new();
    if errors > 0 {
        lacks.push(format!("{} (list diagnostics)", count(errors, "error", "errors")));
    }
    if !inventory.gaps.is_empty() {
        lacks.push(format!("{} (list gaps)", count(inventory.gaps.len(), "gap", "gaps")));
    }
    let complete = if lacks.is_empty() { "nothing is missing".to_owned() } else { lacks.join(", ") };
    format!(
        "grantlog {}: {what}{} from {} in {} ms; {complete}. Type help.",
        env!("CARGO_PKG_VERSION"),
        holdings(inventory),
        count(inventory.sources.iter().len(), "file", "files"),
        took.as_millis(),
    )
}
