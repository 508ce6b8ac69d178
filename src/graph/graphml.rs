//! The graph as `GraphML`, for programs that draw and measure graphs.
//!
//! Every key has a type. Texts lose what XML cannot hold; the rest is escaped by the writer.

use std::io::{self, Write};

use petgraph::visit::EdgeRef as _;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::model::{Edge, Model, Node, Omitted};
use super::{DrawError, Renderer};
use crate::report::legal_in_xml;
use crate::report::terminal::clean;

/// Writes `GraphML`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Graphml;

/// The keys: what they are of, their names, their types.
const KEYS: [(&str, &str, &str); 16] = [
    ("graph", "fold", "string"),
    ("graph", "omitted_nodes", "int"),
    ("graph", "omitted_edges", "int"),
    ("node", "label", "string"),
    ("node", "kind", "string"),
    ("node", "account", "string"),
    ("node", "frame", "string"),
    ("node", "count", "int"),
    ("node", "members", "string"),
    ("node", "exposed", "boolean"),
    ("edge", "kind", "string"),
    ("edge", "verdict", "string"),
    ("edge", "allowed", "string"),
    ("edge", "conditional", "string"),
    ("edge", "conditions", "string"),
    ("edge", "pairs", "int"),
];

impl Renderer for Graphml {
    fn render(&self, model: &Model, out: &mut dyn Write) -> Result<Omitted, DrawError> {
        write(model, out)?;
        Ok(Omitted::default())
    }
}

fn write(model: &Model, out: &mut dyn Write) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 1);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = xml.create_element("graphml").with_attributes([
        ("xmlns", "http://graphml.graphdrawing.org/xmlns"),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        (
            "xsi:schemaLocation",
            "http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd",
        ),
    ]);
    root.write_inner_content(|xml| {
        for (of, name, kind) in KEYS {
            let id = format!("{of}_{name}");
            let attributes = [("id", id.as_str()), ("for", of), ("attr.name", name), ("attr.type", kind)];
            xml.create_element("key").with_attributes(attributes).write_empty()?;
        }
        let graph = xml.create_element("graph").with_attributes([("id", "permissions"), ("edgedefault", "directed")]);
        graph.write_inner_content(|xml| content(model, xml)).map(drop)
    })?;
    writeln!(out)
}

fn content<W: Write>(model: &Model, xml: &mut Writer<W>) -> io::Result<()> {
    data(xml, "graph_fold", model.fold.as_str())?;
    data(xml, "graph_omitted_nodes", &model.omitted.nodes.to_string())?;
    data(xml, "graph_omitted_edges", &model.omitted.edges.to_string())?;
    for index in model.graph.node_indices() {
        let id = format!("n{}", index.index());
        let element = xml.create_element("node").with_attribute(("id", id.as_str()));
        element.write_inner_content(|xml| node(model, &model.graph[index], xml))?;
    }
    for reference in model.graph.edge_references() {
        let (source, target) = (format!("n{}", reference.source().index()), format!("n{}", reference.target().index()));
        let ends = [("source", source.as_str()), ("target", target.as_str())];
        let element = xml.create_element("edge").with_attributes(ends);
        element.write_inner_content(|xml| edge(reference.weight(), xml))?;
    }
    Ok(())
}

fn node<W: Write>(model: &Model, node: &Node, xml: &mut Writer<W>) -> io::Result<()> {
    data(xml, "node_label", &clean(&node.label))?;
    data(xml, "node_kind", node.kind.as_str())?;
    if let Some(account) = &node.account {
        data(xml, "node_account", &clean(account))?;
    }
    if let Some(frame) = node.frame {
        data(xml, "node_frame", &clean(&model.frames[frame].title))?;
    }
    data(xml, "node_count", &node.members.len().to_string())?;
    data(xml, "node_members", &lines(&node.members))?;
    data(xml, "node_exposed", if node.exposed { "true" } else { "false" })
}

fn edge<W: Write>(edge: &Edge, xml: &mut Writer<W>) -> io::Result<()> {
    data(xml, "edge_kind", edge.kind.as_str())?;
    data(xml, "edge_verdict", edge.verdict().as_str())?;
    data(xml, "edge_allowed", &clean(&edge.allowed.join(",")))?;
    data(xml, "edge_conditional", &clean(&edge.conditional.join(",")))?;
    if !edge.conditions.is_empty() {
        data(xml, "edge_conditions", &lines(&edge.conditions))?;
    }
    data(xml, "edge_pairs", &edge.pairs.to_string())
}

/// Texts, each on a line of its own: none of them can hold the end of one.
fn lines(texts: &[String]) -> String {
    texts.iter().map(|text| clean(text)).collect::<Vec<_>>().join("\n")
}

fn data<W: Write>(xml: &mut Writer<W>, key: &str, text: &str) -> io::Result<()> {
    let text = legal_in_xml(text);
    let element = xml.create_element("data").with_attribute(("key", key));
    element.write_text_content(BytesText::new(&text)).map(drop)
}
