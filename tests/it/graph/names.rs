//! Names from policies, in each form: whatever they hold, they are names.

use grantlog::graph::graphml::Graphml;
use grantlog::graph::json::NodeLink;
use grantlog::graph::{Fold, Limits, Model, NodeKind, Renderer, dot, mermaid};

use super::mermaid::read_by_mermaid;
use super::{World, graphviz, python};
use crate::tools::{require, require_python};

/// Names, and what of each is shown where nothing may obey it.
const NAMES: [(&str, &str); 22] = [
    ("a\"];evil[label=\"", "a\"];evil[label=\""),
    ("back\\slash\\", "back\\slash\\"),
    ("\\\"", "\\\""),
    ("two\nlines", "two lines"),
    ("\u{1b}[31mred", "red"),
    ("\u{1b}]0;title\u{7}x", "x"),
    ("\u{9b}31mc1", "c1"),
    ("<b>&amp;</b>", "<b>&amp;</b>"),
    ("</g></svg><script>alert(1)</script>", "</g></svg><script>alert(1)</script>"),
    ("]]></data></node>", "]]></data></node>"),
    ("<!ENTITY x \"y\">&x;&#60;", "<!ENTITY x \"y\">&x;&#60;"),
    ("\u{e9}\u{202e}x", "\u{e9}x"),
    ("\\N\\G\\l", "\\N\\G\\l"),
    ("%%{init: {\"theme\":\"dark\"}}%%", "%%{init: {\"theme\":\"dark\"}}%%"),
    ("end", "end"),
    ("`**bold**`", "`**bold**`"),
    ("x\"] --> y[\"z", "x\"] --> y[\"z"),
    ("#quot;#35;", "#quot;#35;"),
    ("\u{fb02}\u{b0}\u{b0}60\u{b6}\u{df}", "\u{fb02}\u{b0}\u{b0}60\u{b6}\u{df}"),
    ("style:a#1;", "style:a#1;"),
    ("1. one", "1. one"),
    ("-dash, and 'quotes' \u{1f600}", "-dash, and 'quotes' \u{1f600}"),
];

/// Everybody of that name in an account of that name, who can do something of that name, under a condition of that name.
fn model() -> Model {
    let mut world = World::default();
    world.node("target", NodeKind::Repository, None);
    for (name, _) in NAMES {
        world.account(Some(name), name, name);
        world.node(name, NodeKind::User, Some(name));
        world.edge_if(name, "target", &format!("if: {}", name.replace(", ", "")), Some(name));
    }
    Model::new(&world.input(), Limits { fold: Some(Fold::Single), ..Limits::DATA })
}

fn rendered(renderer: &dyn Renderer) -> String {
    let mut out = Vec::new();
    renderer.render(&model(), &mut out).expect("there is room in memory");
    String::from_utf8(out).expect("it is text")
}

/// Nothing that a terminal obeys, whatever the form.
fn is_harmless(text: &str) -> bool {
    !text.chars().any(|char| char != '\n' && grantlog::report::terminal::is_hidden(char))
}

#[test]
fn graphviz_shows_names_as_they_are() {
    let document = dot::render(&model());
    assert!(is_harmless(&document));
    if !require("dot") || !require_python("networkx") {
        return;
    }
    let (said, plain) = graphviz(&document, "plain");
    assert_eq!(said, "");
    let count = |of: &str| String::from_utf8_lossy(&plain).lines().filter(|line| line.starts_with(of)).count();
    assert_eq!((count("node "), count("edge ")), (NAMES.len() + 1, NAMES.len()));
    let (said, svg) = graphviz(&document, "svg");
    assert_eq!(said, "");
    // The SVG as XML: no element that is not Graphviz's, and each name as a text.
    let program = "import sys, json, xml.etree.ElementTree as tree\n\
                   root = tree.fromstring(sys.stdin.buffer.read())\n\
                   tags = sorted({one.tag.split('}')[1] for one in root.iter()})\n\
                   texts = [one.text.replace('\\xa0', ' ') for one in root.iter() if one.tag.endswith('}text')]\n\
                   print(json.dumps([tags, texts]))";
    let read: serde_json::Value = serde_json::from_str(&python(program, &svg)).expect("it is JSON");
    let known = ["a", "g", "path", "polygon", "polyline", "svg", "text", "title"];
    for tag in read[0].as_array().expect("there are elements") {
        assert!(known.contains(&tag.as_str().unwrap_or_default()), "{tag}");
    }
    let texts: Vec<&str> =
        read[1].as_array().expect("there are texts").iter().filter_map(|text| text.as_str()).collect();
    for (_, shown) in NAMES {
        assert!(texts.contains(&shown), "{shown}: {texts:?}");
    }
}

#[test]
fn networkx_reads_names_as_they_are() {
    let (graphml, json) = (rendered(&Graphml), rendered(&NodeLink));
    assert!(is_harmless(&graphml) && is_harmless(&json));
    let parsed: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    for (name, _) in NAMES {
        // JSON holds all of a name, escaped.
        assert!(parsed["nodes"].as_array().is_some_and(|nodes| nodes.iter().any(|node| node["id"] == name)), "{name}");
    }
    if !require_python("networkx") {
        return;
    }
    let program = "import sys, io, json, networkx\n\
                   graph = networkx.read_graphml(io.BytesIO(sys.stdin.buffer.read()))\n\
                   nodes = [node for _, node in graph.nodes(data=True)]\n\
                   edges = [edge for _, _, edge in graph.edges(data=True)]\n\
                   print(json.dumps([[node['label'] for node in nodes], [edge.get('conditions', '') for edge in edges]]))";
    let read: serde_json::Value = serde_json::from_str(&python(program, graphml.as_bytes())).expect("it is JSON");
    for (_, shown) in NAMES {
        let has = |of: usize| read[of].as_array().is_some_and(|all| all.iter().any(|one| one == shown));
        assert!(has(0) && has(1), "{shown}: {read}");
    }
}

#[test]
fn mermaid_shows_names_as_they_are() {
    let (text, _) = mermaid::render(&model());
    assert!(is_harmless(&text));
    assert!(!text.contains("%%") && !text.contains("<script"), "{text}");
    let Some(read) = read_by_mermaid(&text) else { return };
    assert_eq!(read["config"], serde_json::json!({}));
    let texts: Vec<&str> =
        read["nodes"].as_array().expect("there are nodes").iter().filter_map(|node| node["text"].as_str()).collect();
    assert_eq!(texts.len(), NAMES.len() + 1);
    for (_, shown) in NAMES {
        assert!(texts.contains(&shown), "{shown}: {texts:?}");
    }
    assert_eq!(read["edges"].as_array().map(Vec::len), Some(NAMES.len()));
    assert_eq!(read["frames"].as_array().map(Vec::len), Some(NAMES.len()));
}
