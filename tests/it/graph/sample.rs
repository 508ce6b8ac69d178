//! The sample organization as a picture.

use std::fs;

use grantlog::graph::{GraphInput, Limits, Model, dot, gather};

use super::{grantlog, graphviz};
use crate::tools::require;

fn sample() -> GraphInput {
    let inventory = grantlog::Inventory::sample();
    gather(&grantlog::derive(&inventory, grantlog::Options::default())).expect("the sample can be asked about")
}

/// The mistake of the sample organization, and everything else that can do something, is in its picture.
#[test]
fn the_sample_is_drawn_whole() {
    let model = Model::new(&sample(), Limits::PICTURE);
    assert!(model.omitted.is_nothing() && !model.is_folded_further, "{:?}", model.notes());
    let exposed = model.graph.edge_indices().filter(|&edge| model.graph[edge].exposing).filter_map(|edge| {
        let (from, to) = model.graph.edge_endpoints(edge)?;
        Some((model.graph[from].label.as_str(), model.graph[to].label.as_str(), model.graph[edge].allowed.join(", ")))
    });
    assert_eq!(exposed.collect::<Vec<_>>(), [("anyone", "storefront/preview", "push".to_owned())]);
    if require("dot") {
        let (said, svg) = graphviz(&dot::render(&model), "svg");
        assert_eq!(said, "");
        assert!(String::from_utf8_lossy(&svg).contains("storefront/preview"));
    }
}

/// What is drawn is what `who-can` says: of each pair and capability the verdict of its own permissions.
#[test]
fn what_is_drawn_is_what_is_answered() {
    let inventory = grantlog::Inventory::sample();
    let relations = grantlog::derive(&inventory, grantlog::Options::default());
    let input = gather(&relations).expect("the sample can be asked about");
    let mut drawn: Vec<String> = Vec::new();
    for edge in input.graph.edge_indices() {
        let (from, to) = input.graph.edge_endpoints(edge).expect("an edge has ends");
        for grant in input.graph[edge].grants.iter().filter(|grant| &*grant.label != "become") {
            let (from, to) = (&input.graph[from].key, &input.graph[to].key);
            drawn.push(format!("{from} {} {to} {}", grant.label, grant.verdict));
        }
    }
    let mut answered: Vec<String> = Vec::new();
    for capability in grantlog::graph::DRAWN {
        let scope = grantlog::Scope { direct: true, all: false };
        let question = format!("who can {capability} on *");
        let question = grantlog::Question::parse(&question, &grantlog::query::Vocabulary::default());
        let answer = match question.expect("it is a question") {
            grantlog::Question::WhoCan { .. } => relations.who_can(capability.as_str(), "*", scope),
            _ => unreachable!("it asks who can"),
        };
        for row in answer.expect("it has an answer").rows {
            let node = input.graph.node_weights().find(|node| node.key == row.resource);
            // R7: of a public repository it is said that anyone can pull, once.
            if node.is_some_and(|node| !(node.exposed && capability.as_str() == "pull")) {
                answered.push(format!("{} {} {} {}", row.principal, row.action, row.resource, row.verdict));
            }
        }
    }
    drawn.sort();
    answered.sort();
    assert_eq!(drawn, answered);
}

/// Twice the same bytes, in each form.
#[test]
fn forms_repeat_byte_for_byte() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let mut forms = vec!["dot", "graphml", "mermaid", "json"];
    if require("dot") {
        forms.push("svg");
    }
    for form in forms {
        for file in ["one", "two"] {
            grantlog(folder.path(), &["graph", "--format", form, "-o", file]).success();
        }
        let read = |file: &str| fs::read(folder.path().join(file)).expect("it is written");
        assert!(!read("one").is_empty() && read("one") == read("two"), "{form}");
    }
}

/// The picture in the README: whatever version of Graphviz laid it out, it shows what the program draws today.
#[test]
fn the_picture_of_the_readme_shows_what_is_drawn() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let drawn = ["graph", "--to", "storefront/*", "--capability", "push", "--fold", "account"];
    let assert = grantlog(folder.path(), &drawn).success();
    let document = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/pictures/graph.svg");
    let picture = fs::read_to_string(picture).expect("it is there");
    let mut wanted: Vec<String> = Vec::new();
    for line in document.lines().map(str::trim).filter(|line| line.starts_with('n') && line.contains(" [")) {
        let (name, look) = line.split_once(" [").expect("it was looked for");
        if !["node", "graph"].contains(&name) {
            wanted.push(name.replace(" -> ", "->"));
        }
        let label = look.split("label=\"").nth(1).and_then(|rest| rest.split('"').next());
        for text in label.into_iter().flat_map(|label| label.split("\\n")).filter(|text| !text.is_empty()) {
            assert!(picture.contains(&format!(">{}</text>", text.replace('-', "&#45;"))), "{text}");
        }
    }
    let titles = picture.split("<title>").skip(1).filter_map(|rest| rest.split("</title>").next());
    let mut shown: Vec<String> =
        titles.filter(|title| title.starts_with('n')).map(|title| title.replace("&#45;&gt;", "->")).collect();
    wanted.sort();
    shown.sort();
    assert!(wanted.len() > 40 && shown == wanted, "{shown:?}\n{wanted:?}");
}
