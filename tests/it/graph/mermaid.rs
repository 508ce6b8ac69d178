//! The flowchart: what Mermaid itself reads, and what it would refuse.

use std::path::PathBuf;
use std::process::Command;

use grantlog::graph::{Limits, Model, NodeKind, mermaid};

use super::{AWAY, HOME, World, fed, world};
use crate::tools::require;

/// What Mermaid understands, as JSON; `None` where it is not installed.
pub(super) fn read_by_mermaid(text: &str) -> Option<serde_json::Value> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let modules = root.join("target/ci-tools/npm/node_modules");
    let is_there = require("node") && crate::tools::is_there("mermaid", modules.join("mermaid").is_dir());
    if !is_there {
        return None;
    }
    let mut node = Command::new("node");
    node.arg(root.join("tests/data/mermaid/read.mjs")).arg(&modules);
    let (said, read) = fed(&mut node, text.as_bytes());
    assert_eq!(said, "", "{text}");
    Some(serde_json::from_slice(&read).expect("it prints JSON"))
}

#[test]
fn the_flowchart_reads_well() {
    let (text, no_room) = mermaid::render(&Model::new(&world().input(), Limits::PICTURE));
    assert!(no_room.is_nothing());
    insta::assert_snapshot!(text, @r#"
    flowchart LR
      subgraph f0["storefront-prod (111122223333)"]
        n0[("storefront/web<br/>anyone can pull")]:::exposed
        n1[("storefront/api")]:::repository
        n2[("3 repositories like internal/batch#45;#42;")]:::repository
        n4["deployer"]:::role
        n5["admin"]:::role
        n6(["alice"]):::user
      end
      subgraph f1["ci (444455556666)"]
        n3["12 roles like ci-build#45;#42;"]:::role
      end
        n7{{"anyone"}}:::anyone
        n8[["service lambda.amazonaws.com"]]:::service
        n9["account 777788889999 (not in the inventory)"]:::account
      n3 -->|"pull"| n1
      n3 -.->|"if#58; become"| n4
      n4 -->|"push#59; if#58; delete"| n0
      n4 -->|"push#59; if#58; delete"| n1
      n5 -->|"push, administer"| n0
      n5 -->|"push, administer"| n1
      n5 -->|"administer"| n2
      n6 -->|"become"| n5
      n7 -.->|"if#58; push"| n0
      n8 -.->|"if#58; pull"| n2
      n9 -.->|"if#58; pull"| n1
      linkStyle 2,3 stroke:#0072B2,stroke-width:1.5px
      linkStyle 0,9,10 stroke:#00735A,stroke-width:1px
      linkStyle 1,7 stroke:#6B6B6B,stroke-width:1px
      linkStyle 4,5,6 stroke:#A0517E,stroke-width:2px
      linkStyle 8 stroke:#D55E00,stroke-width:3px
      classDef anyone fill:#FBE6D8,stroke:#D55E00,stroke-width:2px,color:#000000
      classDef account fill:#FFFFFF,stroke:#D55E00,stroke-dasharray:4,color:#000000
      classDef service fill:#FFFFFF,stroke:#6B6B6B,color:#000000
      classDef user fill:#FFFFFF,stroke:#444444,color:#000000
      classDef role fill:#E3F0F8,stroke:#0072B2,color:#000000
      classDef repository fill:#E2F3EC,stroke:#00735A,color:#000000
      classDef exposed fill:#FFF4E0,stroke:#D55E00,stroke-width:2px,color:#000000
      classDef note fill:#F6F6F4,stroke:#BBBBBB,color:#000000
    "#);
}

#[test]
fn mermaid_reads_the_flowchart() {
    let model = Model::new(&world().input(), Limits::PICTURE);
    let Some(read) = read_by_mermaid(&mermaid::render(&model).0) else { return };
    assert_eq!(read["nodes"].as_array().map(Vec::len), Some(10));
    let of = |name: &str| read["nodes"].as_array().and_then(|nodes| nodes.iter().find(|node| node["text"] == name));
    assert_eq!(of("storefront/web<br>anyone can pull").map(|node| &node["class"]), Some(&"exposed".into()));
    assert_eq!(of("anyone").map(|node| &node["class"]), Some(&"anyone".into()));
    let edges: Vec<String> =
        read["edges"].as_array().expect("there are edges").iter().map(ToString::to_string).collect();
    assert_eq!(edges.len(), 11);
    let has = |text: &str, stroke: &str| edges.iter().any(|edge| edge.contains(text) && edge.contains(stroke));
    assert!(has("\"push; if: delete\"", "\"normal\"") && has("\"if: push\"", "\"dotted\""), "{edges:?}");
    let frames: Vec<&serde_json::Value> =
        read["frames"].as_array().expect("there are frames").iter().map(|frame| &frame["title"]).collect();
    assert_eq!(frames, ["storefront-prod (111122223333)", "ci (444455556666)"]);
}

/// Mermaid gives up at 50,000 characters, and draws nothing of what is longer.
#[test]
fn what_is_longer_than_mermaid_reads_is_counted() {
    let mut world = World::default();
    for number in 0..400 {
        let user = format!("user-with-a-name-that-is-quite-long-{number}");
        world.node(&user, NodeKind::User, if number % 2 == 0 { HOME } else { AWAY });
        world.node(&format!("repository-{number}"), NodeKind::Repository, HOME);
        world.edge(&user, &format!("repository-{number}"), "push, delete, tag, administer");
    }
    let limits = Limits { fold: Some(grantlog::graph::Fold::Single), ..Limits::DATA };
    let model = Model::new(&world.input(), limits);
    let (text, no_room) = mermaid::render(&model);
    assert!(text.chars().count() < 45_000, "{}", text.chars().count());
    let drawn = |of: &str| text.lines().filter(|line| line.contains(of)).count();
    assert!(no_room.nodes > 0 && no_room.edges > 0);
    // The note is a node of its own.
    assert_eq!(drawn("]:::") + drawn("):::") - 1 + no_room.nodes, 800);
    assert_eq!(drawn("-->|") + no_room.edges, 400);
    assert!(text.contains(&format!("not drawn: {no_room}")), "{}", &text[text.len() - 200..]);
    if let Some(read) = read_by_mermaid(&text) {
        assert_eq!(read["edges"].as_array().map(Vec::len), Some(400 - no_room.edges));
    }
}
