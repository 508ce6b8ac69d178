//! `what-can`: everything that a principal can do.

use std::process::ExitCode;

use super::{Failure, Global, answer};
use crate::query::Question;

/// What this principal can do, on one repository or on all.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A principal: its ARN, the end of it (`role/deployer`), a name (`anyone`), or a pattern
    principal: String,
    /// A repository: its ARN, the end of it, or a pattern
    repository: Option<String>,
}

/// Asks and answers.
pub(super) fn run(global: &Global, args: Args) -> Result<ExitCode, Failure> {
    answer(global, &Question::WhatCan { principal: args.principal, repository: args.repository })?;
    Ok(ExitCode::SUCCESS)
}
