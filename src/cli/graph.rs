//! `graph`: the permission graph, and routes in it.

use std::path::Path;
use std::process::ExitCode;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};

use super::global::Form;
use super::{Failure, Global, load, talk};
use crate::catalog::Capability;
use crate::graph::{self, DRAWN, Drawing, Fold, Journey, Limits, Selection, Wanted};
use crate::repl::{Desk, DeskError, Output};
use crate::report::{Format, Style};

/// Draws who reaches what, through which role, across which account.
///
/// Writes a document for Graphviz, or another form by --format or by the ending of the file: dot, svg, graphml, mermaid or
/// json (`docs/graph.md`). What has exactly the same permissions is drawn as one; --expand draws each. A picture that
/// is too large to read is folded by account, then by organizational unit, and cut only then; it says so. The options
/// that select a part can be combined. NODE is a principal or a repository: its ARN, the end of it, or a pattern. With
/// --routes it is told how one gets from --from to --to, step by step.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// The form: of the graph, or of --routes
    #[arg(id = "form", long = "format", short, value_parser = form(), value_name = "FORMAT")]
    _form: Option<Form>,
    /// Only what is next to this node, whichever way
    #[arg(long, value_name = "NODE")]
    focus: Option<String>,
    /// Up to so many steps away from --focus
    #[arg(long, value_name = "STEPS", default_value_t = 1, requires = "focus")]
    depth: usize,
    /// Only what this node reaches
    #[arg(long, value_name = "NODE")]
    from: Option<String>,
    /// Only what reaches this node
    #[arg(long, value_name = "NODE")]
    to: Option<String>,
    /// Only this capability, and who can become somebody who has it; give it once for each
    #[arg(long, value_name = "CAPABILITY", value_parser = capability())]
    capability: Vec<Capability>,
    /// Only what is allowed in some requests and not in all
    #[arg(long)]
    only_conditional: bool,
    /// Only what leads from one account into another, or in from outside
    #[arg(long)]
    cross_account: bool,
    /// How one gets from --from to --to: the shortest way, or all
    #[arg(long, value_name = "WHICH", value_parser = wanted(), requires_all = ["from", "to"], conflicts_with = "focus")]
    routes: Option<Wanted>,
    /// The most routes to tell
    #[arg(long, value_name = "COUNT", default_value_t = 100, requires = "routes")]
    max_routes: usize,
    /// How much is drawn as one at least: what is `alike`, of a kind in an `account`, or in an organizational `unit`
    #[arg(long, value_name = "HOW", value_parser = fold(), conflicts_with = "expand")]
    fold: Option<Fold>,
    /// The most nodes to draw [default: 120 for pictures]
    #[arg(long, value_name = "COUNT")]
    max_nodes: Option<usize>,
    /// The most edges to draw [default: 240 for pictures]
    #[arg(long, value_name = "COUNT")]
    max_edges: Option<usize>,
}

const EXAMPLES: &str = "\
Examples:
  $ grantlog graph -o graph.dot
  $ grantlog graph --focus storefront/web --format mermaid -o web.mmd
  $ grantlog graph --from user/developers/mira --to storefront/web --routes shortest
  $ grantlog graph --from anyone --cross-account --capability push -o open.json
  $ grantlog graph --expand --max-nodes 40 | head -n 1
  digraph permissions {

With Graphviz installed: grantlog graph -o graph.svg";

fn form() -> impl clap::builder::TypedValueParser<Value = Form> {
    let drawn = graph::Form::ALL.map(graph::Form::as_str).into_iter();
    let told = ["table", "jsonl", "csv", "markdown"];
    let known = drawn.map(PossibleValue::new).chain(told.map(|name| PossibleValue::new(name).help("of --routes")));
    PossibleValuesParser::new(known).map(|name| Form::parse(&name).expect("only names of forms are accepted"))
}

fn capability() -> impl clap::builder::TypedValueParser<Value = Capability> {
    PossibleValuesParser::new(DRAWN.map(Capability::as_str))
        .map(|name| Capability::parse(&name).expect("only names of capabilities are accepted"))
}

fn wanted() -> impl clap::builder::TypedValueParser<Value = Wanted> {
    PossibleValuesParser::new(Wanted::ALL.map(Wanted::as_str))
        .map(|name| Wanted::parse(&name).expect("only those that there are are accepted"))
}

fn fold() -> impl clap::builder::TypedValueParser<Value = Fold> {
    PossibleValuesParser::new(Fold::NAMED.map(Fold::as_str))
        .map(|name| Fold::parse(&name).expect("only those that there are are accepted"))
}

/// What is to be written.
enum Shape {
    Picture(graph::Form),
    List(Format),
}

/// Draws, or tells the routes.
pub(super) fn run(global: &Global, args: Args) -> Result<ExitCode, Failure> {
    let shape = shape(global, args.routes.is_some())?;
    let (inventory, _) = load::load(global)?;
    let desk = Desk::new(&inventory, global.answers()?);
    let relations = desk.relations();
    let picture = if let Shape::Picture(form) = shape { form } else { graph::Form::default() };
    let limits = Limits {
        fold: if global.expand { Some(Fold::Single) } else { args.fold },
        nodes: args.max_nodes.unwrap_or(picture.limits().nodes),
        edges: args.max_edges.unwrap_or(picture.limits().edges),
    };
    let mut drawing = Drawing { selection: Selection::default(), limits, form: picture };
    let told = |error| Failure::from(DeskError::from(error));
    let mut output = Output::open(global.output.as_deref())?;
    let notes = match (args.routes, args.from, args.to) {
        (Some(wanted), Some(from), Some(to)) => {
            let Args { only_conditional, cross_account, max_routes: most, .. } = args;
            let selection = Selection { capabilities: args.capability, ..Selection::default() };
            let journey = Journey { from, to, wanted, only_conditional, cross_account, most };
            let (routes, passed) = graph::routes(relations, &selection, &journey).map_err(told)?;
            let mut notes = routes.notes();
            match shape {
                Shape::List(format) => {
                    let style = Style { expand: true, ..desk.settings().style };
                    format.renderer(style).sheet(&routes.sheet(format.holds_notes()), &mut output)?;
                }
                Shape::Picture(_) if routes.routes.is_empty() => {
                    drop(drawing.write(&passed, &mut output).map_err(told)?);
                }
                Shape::Picture(_) => notes.extend(drawing.write(&passed, &mut output).map_err(told)?),
            }
            notes
        }
        (_, from, to) => {
            drawing.selection = Selection {
                focus: args.focus.map(|name| (name, args.depth)),
                from,
                to,
                capabilities: args.capability,
                only_conditional: args.only_conditional,
                cross_account: args.cross_account,
            };
            drawing.draw(relations, &mut output).map_err(told)?
        }
    };
    output.finish()?;
    for note in notes {
        talk::say(&format!("note: {note}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// What --format says, or the ending of the file, or what is usual.
fn shape(global: &Global, is_list: bool) -> Result<Shape, Failure> {
    let path = global.output.as_deref();
    match global.form_asked() {
        Some(Form::Graph(form)) => Ok(Shape::Picture(form)),
        Some(Form::Answer(Format::Json)) => Ok(Shape::Picture(graph::Form::Json)),
        Some(Form::Answer(format)) if is_list => Ok(Shape::List(format)),
        Some(other) => Err(other.not_among("graphs", &graph::Form::ALL.map(graph::Form::as_str))),
        None => {
            let ending = path.and_then(Path::extension).and_then(|ending| ending.to_str());
            let list = match ending {
                Some("csv") => Some(Format::Csv),
                Some("md") => Some(Format::Markdown),
                Some("jsonl") => Some(Format::Jsonl),
                _ => None,
            };
            let drawn = path.map(graph::Form::of_path).transpose().map_err(DeskError::from)?.flatten();
            Ok(match (drawn, list) {
                (Some(form), _) => Shape::Picture(form),
                (None, Some(format)) if is_list => Shape::List(format),
                (None, _) if is_list => Shape::List(Format::Table),
                (None, _) => Shape::Picture(graph::Form::default()),
            })
        }
    }
}
