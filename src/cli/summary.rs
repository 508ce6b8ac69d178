//! `summary`: everything in numbers.

use std::process::ExitCode;

use super::{Failure, Global, answer};
use crate::query::Question;

/// How many can push, pull, administer what, account by account.
///
/// A row counts the principals that hold a permission on a repository of the account (`assume`: on a role):
/// those who do in every request, those who do in some, and how many of both are not of the account. Who
/// holds it through a role is not counted beside the role.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

/// Derives everything and counts.
pub(super) fn run(global: &Global, _args: &Args) -> Result<ExitCode, Failure> {
    answer(global, &Question::Summary)?;
    Ok(ExitCode::SUCCESS)
}
