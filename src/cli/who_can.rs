//! `who-can`: every principal that can do something.

use std::process::ExitCode;

use super::{Failure, Global, answer};
use crate::query::{Question, Tail};

/// Who can do this on that repository: every principal, its verdict, and its way.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Actions (`ecr-public:PutImage`), patterns (`ecr-public:*Layer*`), or capabilities (`push`), with commas between
    #[arg(value_name = "ACTION")]
    actions: String,
    /// Repositories: their ARNs, the ends of those, or patterns
    #[arg(required = true, value_name = "REPOSITORY")]
    repositories: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  $ grantlog who-can delete storefront/web
  action: delete
  resource: arn:aws:ecr-public::111122223333:repository/storefront/web

  verdict  principal                    account       through
  allowed  role/platform/image-janitor  111122223333  directly

  1 allowed
  $ grantlog who-can push,tag 'storefront/*' 'tools/*' --format csv -o writers.csv";

/// Asks and answers.
pub(super) fn run(global: &Global, args: Args) -> Result<ExitCode, Failure> {
    let Args { actions, repositories } = args;
    // Not by clap: a list there would also take what comes behind the action.
    let actions = actions.split(',').map(str::to_owned).collect();
    answer(global, &Question::WhoCan { actions, repositories, tail: Tail::default() })?;
    Ok(ExitCode::SUCCESS)
}
