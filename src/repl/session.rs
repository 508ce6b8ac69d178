//! A session: lines one after the other, whoever types them, and where their answers go.
//!
//! The shell, `-c`, piped lines and scripts are all sessions. What differs is who tells of a wrong line, and
//! whether another one follows.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::command::{Command, CommandError};
use super::desk::{Desk, DeskError};
use super::output::Output;
use super::validator::is_unfinished;
use crate::graph::{Form, Selection, draw_proofs};
use crate::query::{Question, QuestionError};
use crate::report::terminal::{clean, clean_lines};

/// Scripts that read scripts do so at most this deep.
const DEEPEST: usize = 8;

/// What lasts from line to line, also where other data is loaded.
#[derive(Debug, Default)]
pub struct Session {
    /// Where answers go, if not to where the session's do.
    output: Option<Output>,
    /// Whether it is told how long an answer took.
    is_timed: bool,
    /// The lines that were carried out.
    done: Vec<String>,
    /// How many scripts are open.
    depth: usize,
}

/// What comes after a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The next one.
    Ask,
    /// Nothing.
    Leave,
    /// The same session about what these paths hold; none: about what was loaded, read again.
    Load(Vec<PathBuf>),
}

/// What a line came to.
#[derive(Debug)]
pub struct Reply {
    /// What comes after it.
    pub next: Next,
    /// Remarks that the form of the answer has no place for.
    pub notes: Vec<String>,
    /// How long it took, if that is to be told.
    pub took: Option<Duration>,
}

impl Reply {
    fn then(next: Next) -> Self {
        Self { next, notes: Vec::new(), took: None }
    }
}

/// Why a line was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// It is no question.
    #[error("{1}")]
    Question(String, QuestionError),
    /// It is no command.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// It has no answer.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line of a script was not carried out.
    #[error("{}:{line}: {error}", path.display())]
    Script {
        /// The script.
        path: PathBuf,
        /// The number of the line.
        line: usize,
        /// Why.
        error: Box<LineError>,
    },
    /// A script reads itself.
    #[error("scripts read each other more than {DEEPEST} deep")]
    TooDeep,
}

impl LineError {
    /// The message, the place in the line, and what to do about it, safe to show.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::Question(line, error) => error.picture(line),
            Self::Desk(error) => error.told(),
            Self::Script { path, line, error } => {
                format!("{}:{line}: {}", clean(&path.display().to_string()), error.told())
            }
            Self::Command(_) | Self::File { .. } | Self::TooDeep => clean(&self.to_string()).into_owned(),
        }
    }

    /// The failure of writing behind it, if it is one: nobody is there to be told of that.
    ///
    /// # Errors
    /// With itself, if it is none.
    pub fn into_io(self) -> Result<io::Error, Self> {
        match self {
            Self::Desk(DeskError::Io(error)) => Ok(error),
            Self::Script { path, line, error } => {
                error.into_io().map_err(|error| Self::Script { path, line, error: Box::new(error) })
            }
            other => Err(other),
        }
    }
}

impl Session {
    /// Carries out a line. Blank ones and those that begin with `#` are nothing.
    ///
    /// # Errors
    /// [`LineError`]; the session can go on.
    pub fn line(&mut self, desk: &mut Desk<'_>, line: &str, out: &mut dyn Write) -> Result<Reply, LineError> {
        let trimmed = line.trim();
        let reply = if trimmed.is_empty() || trimmed.starts_with('#') {
            return Ok(Reply::then(Next::Ask));
        } else if trimmed.starts_with('.') {
            self.command(trimmed.parse()?, desk, out)?
        } else if matches!(trimmed, "quit" | "exit") {
            Reply::then(Next::Leave)
        } else {
            self.question(desk, line, out)?
        };
        if self.depth == 0 && !trimmed.starts_with(".save") && reply.next == Next::Ask {
            self.done.push(trimmed.to_owned());
        }
        Ok(reply)
    }

    fn question(&mut self, desk: &mut Desk<'_>, line: &str, out: &mut dyn Write) -> Result<Reply, LineError> {
        let question = Question::parse(line, &desk.vocabulary());
        let question = question.map_err(|error| LineError::Question(line.to_owned(), error))?;
        let begun = Instant::now();
        let out = self.output.as_mut().map_or(out, |output| output as &mut dyn Write);
        let answered = desk.answer(&question, out)?;
        out.flush().map_err(DeskError::from)?;
        let took = self.is_timed.then(|| begun.elapsed());
        let notes = if desk.settings().format.holds_notes() { Vec::new() } else { answered.notes };
        Ok(Reply { next: Next::Ask, notes, took })
    }

    fn command(&mut self, command: Command, desk: &mut Desk<'_>, out: &mut dyn Write) -> Result<Reply, LineError> {
        match command {
            Command::Quit => return Ok(Reply::then(Next::Leave)),
            Command::Load(paths) => return Ok(Reply::then(Next::Load(paths))),
            Command::Read(path) => return self.read(desk, &path, out),
            Command::Timer(on) => self.is_timed = on,
            Command::Output(path) => self.redirect(path)?,
            Command::Save(path) => {
                let lines: String = self.done.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
                write(&path, lines.as_bytes())?;
            }
            Command::SaveAsAssertion(path) => {
                let text = desk.as_assertion()?;
                if let Some(path) = path {
                    let known = match fs::read_to_string(&path) {
                        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
                        known => known,
                    };
                    let mut all = known.map_err(|error| LineError::File { path: path.clone(), error })?;
                    if !all.is_empty() && !all.ends_with('\n') {
                        all.push('\n');
                    }
                    all.push_str(&text);
                    write(&path, all.as_bytes())?;
                }
                let out = self.output.as_mut().map_or(out, |output| output as &mut dyn Write);
                out.write_all(clean_lines(&text).as_bytes()).and_then(|()| out.flush()).map_err(DeskError::from)?;
            }
            Command::Graph(path, Some(focus)) if is_proof(&focus) => {
                let question = Question::parse(&focus, &desk.vocabulary());
                let question = question.map_err(|error| LineError::Question(focus, error))?;
                let proofs = desk.proofs(&question)?.unwrap_or_default();
                let mut picture = Vec::new();
                draw_proofs(&proofs, form(&path)?, &mut picture).map_err(DeskError::from)?;
                write(&path, &picture)?;
            }
            Command::Graph(path, focus) => {
                let selection = Selection { focus: focus.map(|name| (name, 1)), ..Selection::default() };
                let mut picture = Vec::new();
                let notes = desk.draw(form(&path)?, selection, &mut picture)?;
                write(&path, &picture)?;
                return Ok(Reply { notes, ..Reply::then(Next::Ask) });
            }
            other => {
                let out = self.output.as_mut().map_or(out, |output| output as &mut dyn Write);
                other.carry_out(desk, out)?;
                out.flush().map_err(DeskError::from)?;
            }
        }
        Ok(Reply::then(Next::Ask))
    }

    /// Carries out the lines of a script, up to the first that is wrong.
    fn read(&mut self, desk: &mut Desk<'_>, path: &Path, out: &mut dyn Write) -> Result<Reply, LineError> {
        if self.depth == DEEPEST {
            return Err(LineError::TooDeep);
        }
        let text = fs::read_to_string(path).map_err(|error| LineError::File { path: path.to_owned(), error })?;
        self.depth += 1;
        let mut reply = Reply::then(Next::Ask);
        for (number, line) in lines(text.lines()) {
            let found = self.line(desk, &line, out);
            let found = found.map_err(|error| {
                self.depth -= 1;
                LineError::Script { path: path.to_owned(), line: number, error: Box::new(error) }
            })?;
            reply.notes.extend(found.notes);
            if found.next != Next::Ask {
                reply.next = found.next;
                break;
            }
        }
        self.depth -= 1;
        Ok(reply)
    }

    /// Sends answers elsewhere; what was sent to a file so far is written.
    fn redirect(&mut self, path: Option<PathBuf>) -> Result<(), LineError> {
        self.finish()?;
        if let Some(path) = path {
            let opened = Output::open(Some(&path));
            self.output = Some(opened.map_err(|error| LineError::File { path, error })?);
        }
        Ok(())
    }

    /// Writes what was sent to a file.
    ///
    /// # Errors
    /// If that cannot be done.
    pub fn finish(&mut self) -> Result<(), LineError> {
        self.output.take().map_or(Ok(()), Output::finish).map_err(|error| DeskError::from(error).into())
    }
}

/// Whether what is to be drawn is a question that a proof answers, and no name.
fn is_proof(focus: &str) -> bool {
    let mut words = focus.split_whitespace();
    let first = words.next().unwrap_or_default().to_ascii_lowercase();
    ["why", "why-not", "how"].contains(&first.as_str()) && words.next().is_some()
}

/// Lines with their numbers, those together that are one question.
pub fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> impl Iterator<Item = (usize, String)> {
    let mut lines = (1..).zip(lines);
    std::iter::from_fn(move || {
        let (number, first) = lines.next()?;
        let mut text = first.to_owned();
        while is_unfinished(&text) {
            let Some((_, more)) = lines.next() else { break };
            text.push('\n');
            text.push_str(more);
        }
        Some((number, text.replace("\\\n", " ")))
    })
}

/// The form that the ending of a picture's file tells.
fn form(path: &Path) -> Result<Form, DeskError> {
    Ok(Form::of_path(path)?.unwrap_or_default())
}

/// Writes a file whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> Result<(), LineError> {
    let written = Output::open(Some(path)).and_then(|mut output| {
        output.write_all(bytes)?;
        output.finish()
    });
    written.map_err(|error| LineError::File { path: path.to_owned(), error })
}
