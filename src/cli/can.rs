//! `can`: one verdict, which is the exit code too.

use std::process::ExitCode;

use super::{Failure, Global, answer};
use crate::query::{Cell, Question, Tail, Verdict};

/// Whether this principal can do this on that repository.
///
/// The exit code is 0 if it is allowed, 1 if it is denied, 3 if it depends on the request. Where
/// patterns name several, the least of their verdicts counts.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// A principal: its ARN, the end of it (`role/deployer`), a name (`anyone`), or a pattern
    principal: String,
    /// An action (`ecr-public:PutImage`), a pattern (`ecr-public:*Layer*`), or a capability (`push`)
    action: String,
    /// A repository: its ARN, the end of it, or a pattern
    repository: String,
}

const EXAMPLES: &str = "\
Examples:
  $ grantlog can user/oskar push storefront/web --context aws:SourceIp=203.0.113.7
  action: push
  resource: arn:aws:ecr-public::111122223333:repository/storefront/web

  verdict  principal   account       through
  allowed  user/oskar  111122223333  directly

  1 allowed
  $ grantlog can user/petra push storefront/web --format csv || echo 'not in every request'";

/// Asks and answers.
pub(super) fn run(global: &Global, args: Args) -> Result<ExitCode, Failure> {
    let Args { principal, action, repository } = args;
    let answered = answer(global, &Question::Can(Cell::new(principal, action, repository), Tail::default()))?;
    Ok(ExitCode::from(match answered.verdicts.iter().max() {
        Some(Verdict::Allowed) => 0,
        Some(Verdict::Conditional) => 3,
        Some(Verdict::Denied { .. }) | None => 1,
    }))
}
