//! The shell at a terminal: editing, history, paging, and giving up.

use std::io::{self, Write};
use std::sync::OnceLock;

use rustyline::error::ReadlineError;
use rustyline::{
    ColorMode, CompletionType, Config, Editor, Helper as HelperMacro, Highlighter as HighlighterMacro,
    Hinter as HinterMacro, Validator as ValidatorMacro,
};

use super::{Completer, Desk, Highlighter, Hinter, Names, Next, Session, Validator, history, pager};
use crate::engine::Interrupt;

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

/// Runs the shell until its user leaves, or asks for other data.
///
/// # Errors
/// Those of the terminal.
pub fn run(session: &mut Session, desk: &mut Desk<'_>, out: &mut dyn Write) -> io::Result<Next> {
    let names = Names::of(desk.inventory()).with_queries(desk.queries().names());
    names.learn(desk.vocabulary());
    stop_on_ctrl_c(desk.interrupt());
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
                match one_line(session, desk, &line.replace("\\\n", " "), out)? {
                    Next::Ask => names.learn(desk.vocabulary()),
                    next => return Ok(next),
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Ok(Next::Leave),
            Err(ReadlineError::Io(error)) => return Err(error),
            Err(error) => return Err(io::Error::other(error)),
        }
    }
}

/// Answers one line; what is wrong with it is shown, and the shell goes on.
fn one_line(session: &mut Session, desk: &mut Desk<'_>, line: &str, out: &mut dyn Write) -> io::Result<Next> {
    desk.interrupt().clear();
    let mut text = Vec::new();
    let next = match session.line(desk, line, &mut text) {
        Ok(reply) => {
            reply.notes.iter().try_for_each(|note| writeln!(text, "note: {note}"))?;
            if let Some(took) = reply.took {
                writeln!(text, "took {took:.1?}")?;
            }
            reply.next
        }
        Err(error) => match error.into_io() {
            Ok(error) => return Err(error),
            Err(error) => {
                writeln!(text, "{}", error.told())?;
                Next::Ask
            }
        },
    };
    pager::show(&text, out)?;
    Ok(next)
}

/// Ctrl-C gives up the question; a second one, before it has stopped, the program.
pub(crate) fn stop_on_ctrl_c(interrupt: &Interrupt) {
    static STOPPED: OnceLock<std::sync::Mutex<Interrupt>> = OnceLock::new();
    let is_new = STOPPED.get().is_none();
    let current = STOPPED.get_or_init(Default::default);
    *current.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = interrupt.clone();
    if is_new {
        // Without a handler Ctrl-C ends the program, as it does elsewhere.
        let _ = ctrlc::set_handler(move || {
            let interrupt = current.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if interrupt.is_stopped() {
                std::process::exit(INTERRUPTED);
            }
            interrupt.stop();
        });
    }
}

/// What programs exit with that Ctrl-C ended.
const INTERRUPTED: i32 = 130;
