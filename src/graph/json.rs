//! The graph as nodes and links in JSON, as networkx reads them with `node_link_graph`.
//!
//! A node's `id` is the ARN of its first member, which no other node has. Nothing is cut, and nothing is cleaned but
//! what a terminal would obey, which is escaped.

use std::io::{self, Write};

use petgraph::visit::EdgeRef as _;
use serde::Serialize;

use super::model::{Edge, Model, Node, Omitted};
use super::{DrawError, Renderer};
use crate::report::to_json;

/// Writes nodes and links.
#[derive(Clone, Copy, Debug, Default)]
pub struct NodeLink;

#[derive(Serialize)]
struct NodeRecord<'a> {
    id: &'a str,
    label: &'a str,
    kind: &'static str,
    account: Option<&'a str>,
    frame: Option<&'a str>,
    exposed: bool,
    members: &'a [String],
}

#[derive(Serialize)]
struct EdgeRecord<'a> {
    source: &'a str,
    target: &'a str,
    kind: &'static str,
    verdict: &'static str,
    allowed: &'a [String],
    conditional: &'a [String],
    conditions: &'a [String],
    pairs: usize,
    possible: usize,
    exposing: bool,
}

#[derive(Serialize)]
struct GraphRecord {
    fold: &'static str,
    omitted_nodes: usize,
    omitted_edges: usize,
}

impl Renderer for NodeLink {
    fn render(&self, model: &Model, out: &mut dyn Write) -> Result<Omitted, DrawError> {
        write(model, out)?;
        Ok(Omitted::default())
    }
}

fn write(model: &Model, out: &mut dyn Write) -> io::Result<()> {
    let about = GraphRecord {
        fold: model.fold.as_str(),
        omitted_nodes: model.omitted.nodes,
        omitted_edges: model.omitted.edges,
    };
    writeln!(out, "{{\"directed\": true, \"multigraph\": false, \"graph\": {},", to_json(&about)?)?;
    write!(out, " \"nodes\": ")?;
    array(model.graph.node_weights().map(|node| record(model, node)), out)?;
    write!(out, ",\n \"edges\": ")?;
    let edges = model.graph.edge_references().map(|edge| {
        let ends = (id(&model.graph[edge.source()]), id(&model.graph[edge.target()]));
        link(ends, edge.weight())
    });
    array(edges, out)?;
    writeln!(out, "}}")
}

fn id(node: &Node) -> &str {
    node.members.first().map_or("", String::as_str)
}

fn record<'a>(model: &'a Model, node: &'a Node) -> NodeRecord<'a> {
    NodeRecord {
        id: id(node),
        label: &node.label,
        kind: node.kind.as_str(),
        account: node.account.as_deref(),
        frame: node.frame.map(|frame| model.frames[frame].title.as_str()),
        exposed: node.exposed,
        members: &node.members,
    }
}

fn link<'a>((source, target): (&'a str, &'a str), edge: &'a Edge) -> EdgeRecord<'a> {
    EdgeRecord {
        source,
        target,
        kind: edge.kind.as_str(),
        verdict: edge.verdict().as_str(),
        allowed: &edge.allowed,
        conditional: &edge.conditional,
        conditions: &edge.conditions,
        pairs: edge.pairs,
        possible: edge.possible,
        exposing: edge.exposing,
    }
}

/// A record a line.
fn array<T: Serialize>(records: impl Iterator<Item = T>, out: &mut dyn Write) -> io::Result<()> {
    let mut between = "[\n  ";
    let mut is_empty = true;
    for record in records {
        write!(out, "{between}{}", to_json(&record)?)?;
        between = ",\n  ";
        is_empty = false;
    }
    write!(out, "{}", if is_empty { "[]" } else { "\n ]" })
}
