//! The graph as a Mermaid flowchart, which code hosts draw in Markdown.
//!
//! Mermaid refuses texts of more than 50,000 characters, so what is longer is left out here, and counted. It reads names
//! as Markdown, as HTML and as its own language: whatever is neither letter nor digit is written as its number.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef as _;

use super::dot::{BLUE, GREEN, GREY, PURPLE, VERMILION, cut};
use super::fold::Fold;
use super::input::{EdgeKind, NodeKind, Strength};
use super::model::{Edge, Model, Node, Omitted};
use super::{DrawError, Renderer};
use crate::query::Verdict;
use crate::report::terminal::clean;

/// Writes a flowchart.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mermaid;

/// So long may the text become before edges are left out, in characters.
const LONGEST: usize = 40_000;
/// So long may it become before nodes are left out: the rest is for edges.
const NODES: usize = 24_000;

impl Renderer for Mermaid {
    fn render(&self, model: &Model, out: &mut dyn io::Write) -> Result<Omitted, DrawError> {
        let (text, no_room) = render(model);
        out.write_all(text.as_bytes())?;
        Ok(no_room)
    }
}

/// The model as a flowchart, and what of it there was no room for.
#[must_use]
pub fn render(model: &Model) -> (String, Omitted) {
    let mut page = Page { text: "flowchart LR\n".to_owned(), length: 0, no_room: Omitted::default() };
    let mut is_drawn = vec![false; model.graph.node_count()];
    for frame in (0..model.frames.len()).map(Some).chain([None]) {
        page.frame(model, frame, &mut is_drawn);
    }
    let mut styles: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    let mut edges = 0_usize;
    for edge in model.graph.edge_references() {
        let (from, to) = (edge.source(), edge.target());
        let line = format!("  n{} {} n{}\n", from.index(), arrow(edge.weight()), to.index());
        if !is_drawn[from.index()] || !is_drawn[to.index()] || !page.add(&line, LONGEST) {
            page.no_room.edges += 1;
            continue;
        }
        styles.entry(stroke(edge.weight())).or_default().push(edges.to_string());
        edges += 1;
    }
    let mut text = page.text;
    for ((color, width), numbers) in styles {
        // Writing into a string does not fail.
        let _ = writeln!(text, "  linkStyle {} stroke:{color},stroke-width:{width}px", numbers.join(","));
    }
    for line in CLASSES {
        text.push_str(line);
    }
    let mut left_out = model.omitted;
    left_out.nodes += page.no_room.nodes;
    left_out.edges += page.no_room.edges;
    let mut notes = Vec::new();
    match model.fold {
        Fold::Single | Fold::Alike => {}
        Fold::Account => notes.push("folded by account".to_owned()),
        Fold::Unit => notes.push("folded by organizational unit".to_owned()),
    }
    if !left_out.is_nothing() {
        notes.push(format!("not drawn: {left_out}"));
    }
    if model.graph.edge_count() == 0 {
        notes.push("nobody can do anything here".to_owned());
    }
    if !notes.is_empty() {
        let _ = writeln!(text, "  note[\"{}\"]:::note", notes.join("<br/>"));
    }
    (text, page.no_room)
}

const CLASSES: [&str; 8] = [
    "  classDef anyone fill:#FBE6D8,stroke:#D55E00,stroke-width:2px,color:#000000\n",
    "  classDef account fill:#FFFFFF,stroke:#D55E00,stroke-dasharray:4,color:#000000\n",
    "  classDef service fill:#FFFFFF,stroke:#6B6B6B,color:#000000\n",
    "  classDef user fill:#FFFFFF,stroke:#444444,color:#000000\n",
    "  classDef role fill:#E3F0F8,stroke:#0072B2,color:#000000\n",
    "  classDef repository fill:#E2F3EC,stroke:#00735A,color:#000000\n",
    "  classDef exposed fill:#FFF4E0,stroke:#D55E00,stroke-width:2px,color:#000000\n",
    "  classDef note fill:#F6F6F4,stroke:#BBBBBB,color:#000000\n",
];

struct Page {
    text: String,
    /// In characters.
    length: usize,
    no_room: Omitted,
}

impl Page {
    /// Adds a line, if it does not make the text longer than this.
    fn add(&mut self, line: &str, most: usize) -> bool {
        let length = self.length + line.chars().count();
        if length > most {
            return false;
        }
        self.length = length;
        self.text.push_str(line);
        true
    }

    fn frame(&mut self, model: &Model, frame: Option<usize>, is_drawn: &mut [bool]) {
        let title = frame.map(|number| format!("  subgraph f{number}[\"{}\"]\n", escape(&model.frames[number].title)));
        if let Some(title) = &title
            && !self.add(title, NODES)
        {
            let members = model.graph.node_weights().filter(|node| node.frame == frame);
            self.no_room.nodes += members.count();
            return;
        }
        for index in model.graph.node_indices().filter(|&index| model.graph[index].frame == frame) {
            if self.add(&node(index, &model.graph[index]), NODES) {
                is_drawn[index.index()] = true;
            } else {
                self.no_room.nodes += 1;
            }
        }
        if title.is_some() {
            self.text.push_str("  end\n");
        }
    }
}

fn node(index: NodeIndex, node: &Node) -> String {
    let (left, right, class) = match node.kind {
        NodeKind::Anyone => ("{{", "}}", "anyone"),
        NodeKind::Account => ("[", "]", "account"),
        NodeKind::Service | NodeKind::Provider => ("[[", "]]", "service"),
        NodeKind::User => ("([", "])", "user"),
        NodeKind::Role => ("[", "]", "role"),
        NodeKind::Repository => ("[(", ")]", if node.exposed { "exposed" } else { "repository" }),
    };
    let exposed = if node.exposed { "<br/>anyone can pull" } else { "" };
    format!("    n{}{left}\"{}{exposed}\"{right}:::{class}\n", index.index(), escape(&cut(&node.label)))
}

fn arrow(edge: &Edge) -> String {
    let line = match (edge.verdict(), edge.exposing) {
        (Verdict::Allowed, true) => "==>",
        (Verdict::Allowed, false) => "-->",
        _ => "-.->",
    };
    format!("{line}|\"{}\"|", escape(&edge.words()))
}

fn stroke(edge: &Edge) -> (&'static str, &'static str) {
    match (edge.kind, edge.exposing, edge.strength()) {
        (EdgeKind::Assumption, ..) => (GREY, "1"),
        (_, true, _) => (VERMILION, "3"),
        (.., Strength::Administer) => (PURPLE, "2"),
        (.., Strength::Write) => (BLUE, "1.5"),
        (.., Strength::Read | Strength::None) => (GREEN, "1"),
    }
}

/// The text with nothing in it that Mermaid would read as more than text.
fn escape(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(char) = rest.next() {
        let goes_on = rest.peek().is_some_and(|next| next.is_alphanumeric());
        match char {
            '/' | '_' | ' ' | ',' | '(' | ')' => out.push(char),
            // Otherwise it may be the sign of an item of a list.
            '.' | '-' if goes_on && !out.is_empty() => out.push(char),
            plain if plain.is_alphanumeric() => out.push(plain),
            other => {
                let _ = write!(out, "#{};", u32::from(other));
            }
        }
    }
    out
}
