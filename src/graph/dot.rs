//! The graph for Graphviz.
//!
//! Read from left to right: who acts, the roles on the way, the repositories.
//! Solid is allowed, dashed is conditional, grey is becoming a role. The
//! colours are those of Okabe and Ito, which people with any kind of colour
//! vision tell apart, and no meaning hangs on colour alone: arrowheads differ
//! too. Words on edges double the height of a picture, so that beyond some
//! dozens of edges they are left to the tooltips. Every name is
//! data: cleaned, cut, and escaped.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::io;

use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef as _;

use super::fold::Fold;
use super::input::{EdgeKind, NodeKind, Strength};
use super::model::{Edge, Model, Node, Omitted};
use super::{DrawError, Renderer};
use crate::query::Verdict;
use crate::report::terminal::clean;

/// The longest label, in characters; the whole name is in the tooltip.
const LONGEST_LABEL: usize = 56;
/// The most edges that carry words.
const LABELLED_EDGES: usize = 40;
/// The most edges that need no more room than others.
const ROOMY_EDGES: usize = 120;
/// How many members or conditions a tooltip names.
const TOLD: usize = 20;

pub(super) const BLUE: &str = "#0072B2";
pub(super) const PURPLE: &str = "#A0517E";
pub(super) const VERMILION: &str = "#D55E00";
pub(super) const GREEN: &str = "#00735A";
pub(super) const GREY: &str = "#6B6B6B";

/// Writes DOT.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dot;

impl Renderer for Dot {
    fn render(&self, model: &Model, out: &mut dyn io::Write) -> Result<Omitted, DrawError> {
        out.write_all(render(model).as_bytes())?;
        Ok(Omitted::default())
    }
}

/// The model as a DOT document.
#[must_use]
pub fn render(model: &Model) -> String {
    let mut out = String::new();
    // Writing into a string does not fail.
    let _ = write(model, &mut out);
    out
}

fn write(model: &Model, out: &mut String) -> fmt::Result {
    writeln!(out, "digraph permissions {{")?;
    let is_labelled = model.graph.edge_count() <= LABELLED_EDGES;
    // The more edges, the more room they need to part.
    let ranksep = if is_labelled {
        "1.6"
    } else if model.graph.edge_count() <= ROOMY_EDGES {
        "2.2"
    } else {
        "3.2"
    };
    writeln!(out, "  graph [rankdir=LR, newrank=true, nodesep=0.22, ranksep={ranksep}, pad=0.3, bgcolor=\"white\",")?;
    writeln!(out, "    fontname=\"Helvetica,Arial,sans-serif\", fontsize=11, labelloc=b, labeljust=l,")?;
    writeln!(out, "    label=<{}>];", legend(model))?;
    writeln!(out, "  node [fontname=\"Helvetica,Arial,sans-serif\", fontsize=11, margin=\"0.14,0.06\", height=0.3,")?;
    writeln!(out, "    shape=box, style=\"rounded,filled\", color=\"#444444\", fillcolor=\"white\"];")?;
    writeln!(out, "  edge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=9, arrowsize=0.7];")?;
    for index in model.graph.node_indices().filter(|&index| model.graph[index].frame.is_none()) {
        node(model, index, "  ", out)?;
    }
    for (number, frame) in model.frames.iter().enumerate() {
        writeln!(out, "  subgraph cluster_{number} {{")?;
        writeln!(
            out,
            "    label={}; labelloc=t; fontsize=12; style=\"rounded,filled\"; fillcolor=\"#F6F6F4\";",
            quote(&frame.title)
        )?;
        writeln!(out, "    color=\"#BBBBBB\"; margin=14;")?;
        for index in model.graph.node_indices().filter(|&index| model.graph[index].frame == Some(number)) {
            node(model, index, "    ", out)?;
        }
        writeln!(out, "  }}")?;
    }
    for edge in model.graph.edge_references() {
        writeln!(
            out,
            "  n{} -> n{} [{}];",
            edge.source().index(),
            edge.target().index(),
            look(edge.weight(), is_labelled)
        )?;
    }
    writeln!(out, "}}")
}

fn node(model: &Model, index: NodeIndex, indent: &str, out: &mut String) -> fmt::Result {
    let node = &model.graph[index];
    let look = match node.kind {
        NodeKind::Anyone => {
            format!("shape=octagon, style=filled, penwidth=2, color=\"{VERMILION}\", fillcolor=\"#FBE6D8\"")
        }
        NodeKind::Account => format!("style=\"filled,dashed\", color=\"{VERMILION}\", fillcolor=\"white\""),
        NodeKind::Service | NodeKind::Provider => {
            format!("shape=component, style=filled, color=\"{GREY}\", fillcolor=\"white\"")
        }
        NodeKind::User => "fillcolor=\"#FFFFFF\"".to_owned(),
        NodeKind::Role => format!("color=\"{BLUE}\", fillcolor=\"#E3F0F8\""),
        NodeKind::Repository if node.exposed => {
            format!("shape=folder, style=filled, penwidth=2, color=\"{VERMILION}\", fillcolor=\"#FFF4E0\"")
        }
        NodeKind::Repository => format!("shape=folder, style=filled, color=\"{GREEN}\", fillcolor=\"#E2F3EC\""),
    };
    let mut label = quote(&cut(&node.label));
    if node.exposed {
        label.insert_str(label.len() - 1, "\\nanyone can pull");
    }
    let weight = if node.members.len() > 1 { ", peripheries=2" } else { "" };
    writeln!(out, "{indent}n{} [label={label}, tooltip={}, {look}{weight}];", index.index(), quote(&tooltip(node)))
}

fn tooltip(node: &Node) -> String {
    told(&node.members, ", ")
}

/// The first of several texts, and how many more there are.
fn told(texts: &[String], between: &str) -> String {
    let mut told = texts.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join(between);
    if let Some(more) = texts.len().checked_sub(TOLD).filter(|&more| more > 0) {
        let _ = write!(told, " and {more} more");
    }
    told
}

fn look(edge: &Edge, is_labelled: bool) -> String {
    let style = if edge.verdict() == Verdict::Allowed { "solid" } else { "dashed" };
    let words = edge.words();
    let mut tooltip = words.clone();
    if !edge.conditions.is_empty() {
        let _ = write!(tooltip, " (if {})", told(&edge.conditions, "; or "));
    }
    let (color, width, head) = match (edge.kind, edge.exposing, edge.strength()) {
        (EdgeKind::Assumption, ..) => (GREY, "1.0", "empty"),
        (_, true, _) => (VERMILION, "2.4", "normal"),
        (.., Strength::Administer) => (PURPLE, "1.8", "diamond"),
        (.., Strength::Write) => (BLUE, "1.3", "normal"),
        (.., Strength::Read | Strength::None) => (GREEN, "1.0", "vee"),
    };
    let label = if is_labelled && edge.kind == EdgeKind::Capability {
        format!("label={}, fontcolor=\"{color}\", ", quote(&words))
    } else {
        String::new()
    };
    let tooltip = quote(&tooltip);
    format!("{label}style={style}, color=\"{color}\", penwidth={width}, arrowhead={head}, tooltip={tooltip}")
}

/// What the signs mean that occur, and what is not drawn. Our own words only: this is Graphviz's HTML.
fn legend(model: &Model) -> String {
    let edges = || model.graph.edge_weights();
    let mut lines = Vec::new();
    if edges().next().is_some() {
        lines.push("solid: allowed".to_owned());
    }
    if edges().any(|edge| edge.verdict() == Verdict::Conditional) {
        lines.push("dashed: conditional, under some requests".to_owned());
    }
    if edges().any(|edge| edge.kind == EdgeKind::Assumption) {
        lines.push("grey, hollow arrow: can become the role".to_owned());
    }
    let mut signs = Vec::new();
    let has = |strength| edges().any(|edge| edge.kind == EdgeKind::Capability && edge.strength() == strength);
    for (strength, color, words) in [
        (Strength::Administer, PURPLE, "administer: diamond"),
        (Strength::Write, BLUE, "push, delete, tag: full arrow"),
        (Strength::Read, GREEN, "only pull: thin arrow"),
    ] {
        if has(strength) {
            signs.push(format!("<font color=\"{color}\">{words}</font>"));
        }
    }
    if model.graph.node_weights().any(|node| node.exposed || node.kind < NodeKind::Service) {
        signs.push(format!("<font color=\"{VERMILION}\">open to anyone, or outside of the input</font>"));
    }
    let mut about = Vec::new();
    let is_folded = model.graph.node_weights().any(|node| node.members.len() > 1);
    if is_folded && !model.fold.is_coarse() {
        about.push("double border: several that have the same permissions".to_owned());
    }
    let mut rows = vec![lines.join(" &#160;&#160; "), signs.join(" &#160;&#160; "), about.join("")];
    if model.fold.is_coarse() {
        rows.push(format!(
            "<b>folded by {}</b>: an edge between double borders is true of some of either",
            if model.fold == Fold::Account { "account" } else { "organizational unit" }
        ));
    }
    if model.graph.edge_count() > LABELLED_EDGES {
        rows.push("the words of each edge are in its tooltip, in an SVG".to_owned());
    }
    if !model.omitted.is_nothing() {
        rows.push(format!("<b>not drawn: {}</b>", model.omitted));
    }
    if model.graph.edge_count() == 0 {
        rows.push("<b>nobody can do anything here</b>".to_owned());
    }
    let rows = rows.iter().filter(|row| !row.is_empty());
    let rows: Vec<String> = rows.map(|row| format!("<tr><td align=\"left\">{row}</td></tr>")).collect();
    format!("<table border=\"0\" cellspacing=\"2\" cellpadding=\"1\">{}</table>", rows.concat())
}

/// The text between quotes, with nothing that Graphviz would read as more than text: no end of it, no escape, no entity.
pub(super) fn quote(text: &str) -> String {
    format!("\"{}\"", clean(text).replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;"))
}

/// A long name without its middle, for its ends tell more.
pub(super) fn cut(text: &str) -> Cow<'_, str> {
    let length = text.chars().count();
    if length <= LONGEST_LABEL {
        return Cow::Borrowed(text);
    }
    let half = LONGEST_LABEL / 2 - 1;
    let head: String = text.chars().take(half).collect();
    let tail: String = text.chars().skip(length - half).collect();
    Cow::Owned(format!("{head}..{tail}"))
}
