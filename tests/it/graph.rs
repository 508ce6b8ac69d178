//! The permission graph: what is folded, what is escaped, and whether Graphviz takes it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use grantlog::graph::{
    AccountInput, EdgeInput, EdgeKind, GraphInput, Limits, Model, NodeInput, NodeKind, dot, gather, proof,
};
use grantlog::policy::Span;
use grantlog::query::{Citation, Evidence, Fact, Ground, Holds, Proof, Remedies, Remedy, Row, Step, Verdict, Widening};

use crate::tools::require;

fn node(name: &str, kind: NodeKind, account: Option<&str>) -> NodeInput {
    NodeInput {
        key: name.to_owned(),
        label: name.to_owned(),
        kind,
        account: account.map(str::to_owned),
        members: Vec::new(),
        exposed: false,
    }
}

fn edge(from: &str, to: &str, label: &str, verdict: Verdict) -> EdgeInput {
    let kind = if label == "assume" { EdgeKind::Assumption } else { EdgeKind::Capability };
    EdgeInput { from: from.to_owned(), to: to.to_owned(), label: label.to_owned(), kind, verdict }
}

const HOME: Option<&str> = Some("111122223333");
const AWAY: Option<&str> = Some("444455556666");

fn sample() -> GraphInput {
    use Verdict::{Allowed, Conditional};
    let mut input = GraphInput::default();
    for (id, name) in [(HOME, Some("storefront-prod")), (AWAY, Some("ci"))] {
        let id = id.unwrap_or_default().to_owned();
        input.accounts.push(AccountInput { id, name: name.map(str::to_owned) });
    }
    let mut web = node("storefront/web", NodeKind::Repository, HOME);
    web.exposed = true;
    input.nodes.push(web);
    for name in ["storefront/api", "internal/batch-1", "internal/batch-2", "internal/batch-3"] {
        input.nodes.push(node(name, NodeKind::Repository, HOME));
    }
    for number in 1..=12 {
        let name = format!("arn:aws:iam::444455556666:role/ci-build-{number}");
        input.nodes.push(node(&name, NodeKind::Role, AWAY));
        input.edges.push(edge(&name, "deployer", "assume", Conditional));
        input.edges.push(edge(&name, "storefront/api", "pull", Allowed));
    }
    input.nodes.push(node("deployer", NodeKind::Role, HOME));
    input.nodes.push(node("admin", NodeKind::Role, HOME));
    input.nodes.push(node("alice", NodeKind::User, HOME));
    input.nodes.push(node("anyone", NodeKind::Anyone, None));
    input.nodes.push(node("service lambda.amazonaws.com", NodeKind::Service, None));
    input.nodes.push(node("account 777788889999 (not in the inventory)", NodeKind::Account, None));
    for repository in ["storefront/web", "storefront/api"] {
        input.edges.push(edge("deployer", repository, "push", Allowed));
        input.edges.push(edge("deployer", repository, "delete", Conditional));
        input.edges.push(edge("admin", repository, "administer", Allowed));
        input.edges.push(edge("admin", repository, "push", Allowed));
    }
    for number in 1..=3 {
        let name = format!("internal/batch-{number}");
        input.edges.push(edge("admin", &name, "administer", Allowed));
        input.edges.push(edge("service lambda.amazonaws.com", &name, "pull", Conditional));
    }
    input.edges.push(edge("alice", "admin", "assume", Allowed));
    input.edges.push(edge("anyone", "storefront/web", "push", Conditional));
    input.edges.push(edge("account 777788889999 (not in the inventory)", "storefront/api", "pull", Conditional));
    input
}

/// What Graphviz says and draws.
fn graphviz(document: &str, form: &str) -> (String, Vec<u8>) {
    let mut child = Command::new("dot")
        .arg(format!("-T{form}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Graphviz starts");
    let mut stdin = child.stdin.take().expect("its input is a pipe");
    let document = document.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(document.as_bytes()));
    let output = child.wait_with_output().expect("Graphviz ends");
    writer.join().expect("the writer does not panic").expect("Graphviz reads it all");
    (String::from_utf8_lossy(&output.stderr).into_owned(), output.stdout)
}

#[test]
fn twins_are_folded_and_nothing_else() {
    let model = Model::new(&sample(), Limits::default());
    let labels: Vec<&str> = model.graph.node_weights().map(|node| node.label.as_str()).collect();
    assert!(labels.contains(&"12 roles like ci-build-*"), "{labels:?}");
    assert!(labels.contains(&"3 repositories like internal/batch-*"), "{labels:?}");
    assert!(labels.contains(&"storefront/web") && labels.contains(&"storefront/api"), "{labels:?}");
    let expanded = Model::new(&sample(), Limits { expand: true, ..Limits::default() });
    assert_eq!(expanded.graph.node_count(), sample().nodes.len());
}

#[test]
fn the_document_reads_well() {
    insta::assert_snapshot!(dot::render(&Model::new(&sample(), Limits::default())), @r##"
    digraph permissions {
      graph [rankdir=LR, newrank=true, nodesep=0.22, ranksep=1.6, pad=0.3, bgcolor="white",
        fontname="Helvetica,Arial,sans-serif", fontsize=11, labelloc=b, labeljust=l,
        label=<<table border="0" cellspacing="2" cellpadding="1"><tr><td align="left">solid: allowed &#160;&#160; dashed: conditional, under some requests &#160;&#160; grey, hollow arrow: can become the role</td></tr><tr><td align="left"><font color="#A0517E">administer: diamond</font> &#160; <font color="#0072B2">push, delete, tag: full arrow</font> &#160; <font color="#00735A">only pull: thin arrow</font> &#160; <font color="#D55E00">open to anyone, or outside of the input</font> &#160;&#160; double border: several that have the same permissions</td></tr></table>>];
      node [fontname="Helvetica,Arial,sans-serif", fontsize=11, margin="0.14,0.06", height=0.3,
        shape=box, style="rounded,filled", color="#444444", fillcolor="white"];
      edge [fontname="Helvetica,Arial,sans-serif", fontsize=9, arrowsize=0.7];
      n7 [label="anyone", tooltip="anyone", shape=octagon, style=filled, penwidth=2, color="#D55E00", fillcolor="#FBE6D8"];
      n8 [label="service lambda.amazonaws.com", tooltip="service lambda.amazonaws.com", shape=component, style=filled, color="#6B6B6B", fillcolor="white"];
      n9 [label="account 777788889999 (not in the inventory)", tooltip="account 777788889999 (not in the inventory)", style="filled,dashed", color="#D55E00", fillcolor="white"];
      subgraph cluster_0 {
        label="storefront-prod (111122223333)"; labelloc=t; fontsize=12; style="rounded,filled"; fillcolor="#F6F6F4";
        color="#BBBBBB"; margin=14;
        n0 [label="storefront/web\nanyone can pull", tooltip="storefront/web", shape=folder, style=filled, penwidth=2, color="#D55E00", fillcolor="#FFF4E0"];
        n1 [label="storefront/api", tooltip="storefront/api", shape=folder, style=filled, color="#00735A", fillcolor="#E2F3EC"];
        n2 [label="3 repositories like internal/batch-*", tooltip="internal/batch-1, internal/batch-2, internal/batch-3", shape=folder, style=filled, color="#00735A", fillcolor="#E2F3EC", peripheries=2];
        n4 [label="deployer", tooltip="deployer", color="#0072B2", fillcolor="#E3F0F8"];
        n5 [label="admin", tooltip="admin", color="#0072B2", fillcolor="#E3F0F8"];
        n6 [label="alice", tooltip="alice", fillcolor="#FFFFFF"];
      }
      subgraph cluster_1 {
        label="ci (444455556666)"; labelloc=t; fontsize=12; style="rounded,filled"; fillcolor="#F6F6F4";
        color="#BBBBBB"; margin=14;
        n3 [label="12 roles like ci-build-*", tooltip="arn:aws:iam::444455556666:role/ci-build-1, arn:aws:iam::444455556666:role/ci-build-2, arn:aws:iam::444455556666:role/ci-build-3, arn:aws:iam::444455556666:role/ci-build-4, arn:aws:iam::444455556666:role/ci-build-5, arn:aws:iam::444455556666:role/ci-build-6, arn:aws:iam::444455556666:role/ci-build-7, arn:aws:iam::444455556666:role/ci-build-8, arn:aws:iam::444455556666:role/ci-build-9, arn:aws:iam::444455556666:role/ci-build-10, arn:aws:iam::444455556666:role/ci-build-11, arn:aws:iam::444455556666:role/ci-build-12", color="#0072B2", fillcolor="#E3F0F8", peripheries=2];
      }
      n3 -> n1 [label="pull", fontcolor="#00735A", style=solid, color="#00735A", penwidth=1.0, arrowhead=vee, tooltip="pull"];
      n3 -> n4 [style=dashed, color="#6B6B6B", arrowhead=empty, tooltip="can become"];
      n4 -> n0 [label="push; if: delete", fontcolor="#0072B2", style=solid, color="#0072B2", penwidth=1.3, arrowhead=normal, tooltip="push; if: delete"];
      n4 -> n1 [label="push; if: delete", fontcolor="#0072B2", style=solid, color="#0072B2", penwidth=1.3, arrowhead=normal, tooltip="push; if: delete"];
      n5 -> n0 [label="administer, push", fontcolor="#A0517E", style=solid, color="#A0517E", penwidth=1.8, arrowhead=diamond, tooltip="administer, push"];
      n5 -> n1 [label="administer, push", fontcolor="#A0517E", style=solid, color="#A0517E", penwidth=1.8, arrowhead=diamond, tooltip="administer, push"];
      n5 -> n2 [label="administer", fontcolor="#A0517E", style=solid, color="#A0517E", penwidth=1.8, arrowhead=diamond, tooltip="administer"];
      n6 -> n5 [style=solid, color="#6B6B6B", arrowhead=empty, tooltip="can become"];
      n7 -> n0 [label="if: push", fontcolor="#D55E00", style=dashed, color="#D55E00", penwidth=2.4, arrowhead=normal, tooltip="if: push"];
      n8 -> n2 [label="if: pull", fontcolor="#00735A", style=dashed, color="#00735A", penwidth=1.0, arrowhead=vee, tooltip="if: pull"];
      n9 -> n1 [label="if: pull", fontcolor="#00735A", style=dashed, color="#00735A", penwidth=1.0, arrowhead=vee, tooltip="if: pull"];
    }
    "##);
}

#[test]
fn what_does_not_fit_is_counted() {
    let model = Model::new(&sample(), Limits { expand: true, nodes: 6, edges: 4 });
    assert_eq!(model.graph.node_count(), 6);
    assert_eq!(model.omitted.nodes, sample().nodes.len() - 6);
    assert!(model.graph.edge_count() <= 4);
    assert_eq!(model.omitted.edges + model.graph.edge_count(), {
        let whole = Model::new(&sample(), Limits { expand: true, ..Limits::default() });
        whole.graph.edge_count()
    });
    assert!(dot::render(&model).contains("not drawn"));
}

#[test]
fn graphviz_takes_it_without_a_warning() {
    if !require("dot") {
        return;
    }
    let empty = Model::new(&GraphInput::default(), Limits::default());
    for model in [Model::new(&sample(), Limits::default()), empty] {
        let (said, svg) = graphviz(&dot::render(&model), "svg");
        assert_eq!(said, "");
        assert!(String::from_utf8_lossy(&svg).contains("</svg>"));
    }
}

#[test]
fn names_cannot_leave_their_quotes() {
    let names = [
        "a\"];evil[label=\"",
        "back\\slash\\",
        "\\\"",
        "two\nlines",
        "\u{1b}[31m",
        "<b>&amp;</b>",
        "é\u{202e}x",
        "\\N\\G",
    ];
    let mut input = GraphInput::default();
    for name in names {
        input.accounts.push(AccountInput { id: name.to_owned(), name: Some(name.to_owned()) });
        input.nodes.push(node(name, NodeKind::User, Some(name)));
        input.edges.push(edge(name, names[0], name, Verdict::Allowed));
    }
    let model = Model::new(&input, Limits::default());
    let document = dot::render(&model);
    assert!(!document.contains('\u{1b}') && !document.contains('\u{202e}'));
    if require("dot") {
        let (said, plain) = graphviz(&document, "plain");
        assert_eq!(said, "");
        let drawn = String::from_utf8_lossy(&plain).lines().filter(|line| line.starts_with("node ")).count();
        assert_eq!(drawn, names.len());
    }
}

/// The mistake of the sample organization, and everything else that can do something, is in its picture.
#[test]
fn the_sample_is_drawn_whole() {
    let inventory = grantlog::Inventory::sample();
    let relations = grantlog::derive(&inventory, grantlog::Options::default());
    let input = gather(&relations).expect("the sample can be asked about");
    let model = Model::new(&input, Limits::default());
    assert!(model.omitted.is_nothing(), "{}", model.omitted);
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

/// A denial with its remedies, and a way through roles: each statement is drawn once.
#[test]
fn proofs_are_drawn_with_their_statements() {
    let inventory = grantlog::Inventory::sample();
    let relations = grantlog::derive(&inventory, grantlog::Options::default());
    let asked = [
        ("user/developers/kofi", "tools/cli", "to allow it:"),
        ("user/developers/mira", "storefront/web", "by becoming"),
    ];
    for (principal, repository, wanted) in asked {
        let proofs = grantlog::prove(&relations, principal, "push", repository, grantlog::Scope::default());
        let document = proof::render(&proofs.expect("both are there"));
        assert!(document.contains(wanted), "{document}");
        let statements = document.lines().filter(|line| line.contains("shape=note"));
        let statements: Vec<&str> = statements.filter_map(|line| line.split_once(" [").map(|(_, look)| look)).collect();
        assert!(!statements.is_empty(), "{document}");
        assert!(statements.iter().enumerate().all(|(at, one)| !statements[..at].contains(one)), "{document}");
        if require("dot") {
            let (said, plain) = graphviz(&document, "plain");
            assert_eq!(said, "");
            let drawn =
                |form: &str| String::from_utf8_lossy(&plain).lines().filter(|line| line.starts_with(form)).count();
            assert_eq!(drawn("node "), document.matches("tooltip=").count());
            assert_eq!(drawn("edge "), document.matches(" -> ").count());
        }
    }
}

#[test]
fn what_a_proof_quotes_cannot_leave_its_quotes() {
    let evil = "a\"];evil[label=\"\\ back\\\nline \u{1b}[31m \u{202e}<b>";
    let step = Step {
        claim: evil.to_owned(),
        holds: Holds::No,
        rule: None,
        condition: Some(evil.to_owned()),
        statements: vec![Evidence {
            statement: Citation {
                policy: evil.to_owned(),
                layer: "identity",
                effect: "Deny",
                sid: Some(evil.to_owned()),
                file: evil.to_owned(),
                line: 1,
                span: Span::default(),
                text: evil.to_owned(),
            },
            grounds: vec![Ground {
                claim: evil.to_owned(),
                holds: false,
                doubt: None,
                facts: vec![Fact { key: evil.to_owned(), value: evil.to_owned(), source: evil.to_owned() }],
            }],
        }],
        because: Vec::new(),
    };
    let row = Row {
        principal: evil.to_owned(),
        kind: "user",
        account: None,
        action: evil.to_owned(),
        resource: evil.to_owned(),
        verdict: Verdict::Denied { explicit: true },
        residual: None,
        witness: None,
        routes: Vec::new(),
        incomplete: vec![evil.to_owned()],
        supposed: Vec::new(),
        doubts: Vec::new(),
    };
    let remedies = Remedies {
        changes: vec![Remedy { change: evil.to_owned(), statement: Some(evil.to_owned()) }],
        widening: Widening::NotCounted(evil.to_owned()),
    };
    let proof = Proof { row, actions: Vec::new(), steps: vec![step], remedies: vec![remedies], parts: Vec::new() };
    let document = proof::render(&[proof]);
    assert!(!document.contains('\u{1b}') && !document.contains('\u{202e}'));
    if require("dot") {
        let (said, plain) = graphviz(&document, "plain");
        assert_eq!(said, "");
        let drawn = String::from_utf8_lossy(&plain).lines().filter(|line| line.starts_with("node ")).count();
        // The headline, what is incomplete, the step, its statement, why that does not count, the remedies.
        assert_eq!(drawn, 6);
    }
}
