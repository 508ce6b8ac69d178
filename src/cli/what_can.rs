//! `what-can`: everything that a principal can do.

use std::process::ExitCode;

use super::{Failure, Global, answer};
use crate::query::{Question, Tail};

/// What this principal can do, on these repositories or on all.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A principal: its ARN, the end of it (`role/deployer`), a name (`anyone`), or a pattern
    principal: String,
    /// Repositories: their ARNs, the ends of those, or patterns; all, if none is given
    #[arg(value_name = "REPOSITORY")]
    repositories: Vec<String>,
}

/// Asks and answers.
pub(super) fn run(global: &Global, args: Args) -> Result<ExitCode, Failure> {
    let Args { principal, repositories } = args;
    answer(global, &Question::WhatCan { principal, repositories, tail: Tail::default() })?;
    Ok(ExitCode::SUCCESS)
}
