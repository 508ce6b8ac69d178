//! `what-can`: everything that a principal can do.

use std::process::ExitCode;

use super::{Failure, Global, answer};
use crate::query::{Question, Tail};

/// What this principal can do, on these repositories or on all.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// A principal: its ARN, the end of it (`role/deployer`), a name (`anyone`), or a pattern
    principal: String,
    /// Repositories: their ARNs, the ends of those, or patterns; all, if none is given
    #[arg(value_name = "REPOSITORY")]
    repositories: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  $ grantlog what-can user/petra storefront/web
  principal: user/petra
  account: 111122223333
  resource: arn:aws:ecr-public::111122223333:repository/storefront/web

  verdict  action    through
  allowed  describe  directly
  allowed  pull      directly

  2 allowed
  $ grantlog what-can 'role/ci/*' --direct --format jsonl";

/// Asks and answers.
pub(super) fn run(global: &Global, args: Args) -> Result<ExitCode, Failure> {
    let Args { principal, repositories } = args;
    answer(global, &Question::WhatCan { principal, repositories, tail: Tail::default() })?;
    Ok(ExitCode::SUCCESS)
}
