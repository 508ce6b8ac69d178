//! `who-can`: every principal that can do something.

use std::process::ExitCode;

use super::{Failure, Global, answer};
use crate::query::{Question, Tail};

/// Who can do this on that repository: every principal, its verdict, and its way.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Actions (`ecr-public:PutImage`), patterns (`ecr-public:*Layer*`), or capabilities (`push`), with commas between
    #[arg(required = true, value_delimiter = ',', num_args = 1, value_name = "ACTION")]
    actions: Vec<String>,
    /// Repositories: their ARNs, the ends of those, or patterns
    #[arg(required = true, value_name = "REPOSITORY")]
    repositories: Vec<String>,
}

/// Asks and answers.
pub(super) fn run(global: &Global, args: Args) -> Result<ExitCode, Failure> {
    let Args { actions, repositories } = args;
    answer(global, &Question::WhoCan { actions, repositories, tail: Tail::default() })?;
    Ok(ExitCode::SUCCESS)
}
