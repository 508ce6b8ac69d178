//! `facts`: what the rules are given.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use super::{Failure, Global, answer, load};
use crate::query::Question;
use crate::repl::Desk;
use crate::repl::Output;
use crate::report::{facts, souffle};

/// The lowered facts: readable, or as a folder of Souffle `.facts` files.
///
/// Each relation is a table whose first column is the account in whose shard the fact is. Ids lead
/// back to names by the tables that end in `_atom`. An --output that is a folder, or ends in a slash,
/// gets a `.facts` file a relation.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {}

const EXAMPLES: &str = "\
Examples:
  $ grantlog facts --format json -o facts.json
  $ grantlog facts -o facts/
  $ ls facts | head -n 3
  action_atom.facts
  acts_on.facts
  applies.facts";

/// Writes the facts.
pub(super) fn run(global: &Global, _args: &Args) -> Result<ExitCode, Failure> {
    let is_folder = |path: &&PathBuf| path.is_dir() || path.as_os_str().to_string_lossy().ends_with(['/', '\\']);
    let Some(folder) = global.output.as_ref().filter(is_folder) else {
        answer(global, &Question::Facts)?;
        return Ok(ExitCode::SUCCESS);
    };
    let (inventory, _) = load::load(global)?;
    let desk = Desk::new(&inventory, global.settings()?);
    fs::create_dir_all(folder)?;
    for sheet in facts(desk.relations()) {
        let mut output = Output::open(Some(&folder.join(format!("{}.facts", sheet.title))))?;
        output.write_all(souffle(&sheet).as_bytes())?;
        output.finish()?;
    }
    Ok(ExitCode::SUCCESS)
}
