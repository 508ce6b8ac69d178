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
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {}

const EXAMPLES: &str = "\
Examples:
  $ grantlog summary
  $ grantlog summary --format csv | grep ',push,'
  111122223333,Harbourlight platform,push,11,38,1,25,0
  222233334444,Harbourlight build,push,1,14,0,0,0
  777788889999,Harbourlight management,push,1,7,2,6,0";

/// Derives everything and counts.
pub(super) fn run(global: &Global, _args: &Args) -> Result<ExitCode, Failure> {
    answer(global, &Question::Summary)?;
    Ok(ExitCode::SUCCESS)
}
