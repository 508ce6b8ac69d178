//! Failures, sorted by whose fault they are.

use std::io;
use std::process::ExitCode;

use super::talk;
use crate::inventory::LoadError;
use crate::repl::{DeskError, LineError};

/// The question or the input is wrong.
pub(super) const BAD_INPUT: u8 = 2;
/// The program or its surroundings failed (`EX_SOFTWARE`).
const OURS: u8 = 70;
/// What programs exit with that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Why a command could not do its work.
#[derive(Debug)]
pub(super) enum Failure {
    /// A line of a session was not carried out.
    Line(LineError),
    /// The question has no answer.
    Answer(DeskError),
    /// The input cannot be read.
    Input(String),
    /// The result cannot be written.
    Output(io::Error),
    /// Somebody has had enough.
    Interrupted,
}

impl Failure {
    pub(super) fn input(error: impl std::fmt::Display) -> Self {
        Self::Input(error.to_string())
    }

    pub(super) fn load(error: &LoadError) -> Self {
        Self::Input(format!("{error}\n  hint: {}", error.hint()))
    }

    /// Tells it, and gives the exit code.
    pub(super) fn told(self) -> ExitCode {
        let code = match self {
            Self::Line(error) => match error.into_io() {
                Ok(error) => return Self::Output(error).told(),
                Err(error) => {
                    talk::say(&format!("error: {}", error.told()));
                    BAD_INPUT
                }
            },
            Self::Output(error) | Self::Answer(DeskError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Answer(DeskError::Io(error)) | Self::Output(error) => {
                talk::say(&format!("error: the result cannot be written: {error}"));
                OURS
            }
            Self::Answer(DeskError::Draw(error)) if error.is_of_surroundings() => {
                talk::say(&format!("error: {}", DeskError::Draw(error).told()));
                OURS
            }
            Self::Answer(error) => {
                talk::say(&format!("error: {}", error.told()));
                BAD_INPUT
            }
            Self::Interrupted => {
                talk::say("interrupted");
                INTERRUPTED
            }
            Self::Input(message) => {
                talk::say(&format!("error: {message}"));
                BAD_INPUT
            }
        };
        ExitCode::from(code)
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        Self::Answer(error)
    }
}

impl From<LineError> for Failure {
    fn from(error: LineError) -> Self {
        Self::Line(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
