//! `why`: the proof of one verdict.

use std::process::ExitCode;

use super::{Failure, Global, answer};
use crate::query::{Cell, Question};

/// Why this principal can do this on that repository, or what stands in the way.
///
/// Shows each layer with the statements that decide, their files and lines, and for a denied
/// request the smallest changes that would allow it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A principal: its ARN, the end of it (`role/deployer`), a name (`anyone`), or a pattern
    principal: String,
    /// An action (`ecr-public:PutImage`), a pattern (`ecr-public:*Layer*`), or a capability (`push`)
    action: String,
    /// A repository: its ARN, the end of it, or a pattern
    repository: String,
}

/// Asks and answers.
pub(super) fn run(global: &Global, args: Args) -> Result<ExitCode, Failure> {
    let Args { principal, action, repository } = args;
    answer(global, &Question::Why(Cell::new(principal, action, repository)))?;
    Ok(ExitCode::SUCCESS)
}
