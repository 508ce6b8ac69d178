//! `who-can`: every principal that can do something.

use std::process::ExitCode;

use super::{Failure, Global, answer};
use crate::query::Question;

/// Who can do this on that repository: every principal, its verdict, and its way.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// An action (`ecr-public:PutImage`), a pattern (`ecr-public:*Layer*`), or a capability (`push`)
    action: String,
    /// A repository: its ARN, the end of it, or a pattern
    repository: String,
}

/// Asks and answers.
pub(super) fn run(global: &Global, args: Args) -> Result<ExitCode, Failure> {
    answer(global, &Question::WhoCan { action: args.action, repository: args.repository })?;
    Ok(ExitCode::SUCCESS)
}
