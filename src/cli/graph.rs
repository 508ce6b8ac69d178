//! `graph`: the permission graph.

use std::io::Write as _;
use std::process::ExitCode;

use super::{Failure, Global, load, talk};
use crate::graph::{Limits, Model, dot, gather};
use crate::repl::Desk;
use crate::repl::Output;

/// Draws who reaches what, through which role, across which account.
///
/// Writes a document for Graphviz. What has exactly the same permissions is drawn as one; --expand draws each. A picture that is
/// too large to read is cut, and says how much was left out.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The most nodes to draw
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().nodes)]
    max_nodes: usize,
    /// The most edges to draw
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().edges)]
    max_edges: usize,
}

const EXAMPLES: &str = "\
Examples:
  $ grantlog graph -o graph.dot
  $ grantlog graph --expand --max-nodes 40 | head -n 1
  digraph permissions {

An SVG of it: dot -Tsvg graph.dot -o graph.svg";

/// Draws.
pub(super) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let (inventory, _) = load::load(global)?;
    let desk = Desk::new(&inventory, global.settings()?);
    let limits = Limits { expand: global.expand, nodes: args.max_nodes, edges: args.max_edges };
    let model = Model::new(&gather(desk.relations()).map_err(crate::repl::DeskError::from)?, limits);
    let mut output = Output::open(global.output.as_deref())?;
    output.write_all(dot::render(&model).as_bytes())?;
    output.finish()?;
    if !model.omitted.is_nothing() {
        talk::say(&format!("note: not drawn: {}; see --max-nodes and --max-edges", model.omitted));
    }
    Ok(ExitCode::SUCCESS)
}
