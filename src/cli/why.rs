//! `why`: the proof of one verdict.

use std::io::Write as _;
use std::process::ExitCode;

use super::{Failure, Global, answer, load};
use crate::graph::proof;
use crate::query::{Cell, Question};
use crate::repl::{Desk, Output};

/// Why this principal can do this on that repository, or what stands in the way.
///
/// Shows each layer with the statements that decide, their files and lines, and for a denied
/// request the smallest changes that would allow it, with what else each would allow; those that
/// allow least beside it come first. Layers that do not decide are left out; --all shows them,
/// and each action of a capability by itself.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// A principal: its ARN, the end of it (`role/deployer`), a name (`anyone`), or a pattern
    principal: String,
    /// An action (`ecr-public:PutImage`), a pattern (`ecr-public:*Layer*`), or a capability (`push`)
    action: String,
    /// A repository: its ARN, the end of it, or a pattern
    repository: String,
    /// Draw the proof: a document for Graphviz, as of `graph`
    #[arg(long)]
    dot: bool,
}

const EXAMPLES: &str = "\
Examples:
  $ grantlog why anyone pull tools/cli
  anyone: pull on ecr-public::111122223333:repository/tools/cli: allowed
    yes anyone can pull from a public repository, with or without an identity (R7)
  $ grantlog why user/lena push storefront/web
  $ grantlog why user/developers/mira push storefront/web --dot -o mira.dot";

/// Asks and answers.
pub(super) fn run(global: &Global, args: Args) -> Result<ExitCode, Failure> {
    let Args { principal, action, repository, dot } = args;
    let cell = Cell::new(principal, action, repository);
    if dot {
        let (inventory, _) = load::load(global)?;
        let proofs = Desk::new(&inventory, global.settings()?).prove(&cell)?;
        let mut output = Output::open(global.output.as_deref())?;
        output.write_all(proof::render(&proofs).as_bytes())?;
        output.finish()?;
    } else {
        answer(global, &Question::Why(cell))?;
    }
    Ok(ExitCode::SUCCESS)
}
