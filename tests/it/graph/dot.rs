//! The document for Graphviz.

use grantlog::graph::{GraphInput, Limits, Model, dot};

use super::{graphviz, world};
use crate::tools::require;

#[test]
fn the_document_reads_well() {
    insta::assert_snapshot!(dot::render(&Model::new(&world().input(), Limits::PICTURE)), @r##"
    digraph permissions {
      graph [rankdir=LR, newrank=true, nodesep=0.22, ranksep=1.6, pad=0.3, bgcolor="white",
        fontname="Helvetica,Arial,sans-serif", fontsize=11, labelloc=b, labeljust=l,
        label=<<table border="0" cellspacing="2" cellpadding="1"><tr><td align="left">solid: allowed &#160;&#160; dashed: conditional, under some requests &#160;&#160; grey, hollow arrow: can become the role</td></tr><tr><td align="left"><font color="#A0517E">administer: diamond</font> &#160;&#160; <font color="#0072B2">push, delete, tag: full arrow</font> &#160;&#160; <font color="#00735A">only pull: thin arrow</font> &#160;&#160; <font color="#D55E00">open to anyone, or outside of the input</font></td></tr><tr><td align="left">double border: several that have the same permissions</td></tr></table>>];
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
      n3 -> n4 [style=dashed, color="#6B6B6B", penwidth=1.0, arrowhead=empty, tooltip="if: become (if the session is tagged)"];
      n4 -> n0 [label="push; if: delete", fontcolor="#0072B2", style=solid, color="#0072B2", penwidth=1.3, arrowhead=normal, tooltip="push; if: delete"];
      n4 -> n1 [label="push; if: delete", fontcolor="#0072B2", style=solid, color="#0072B2", penwidth=1.3, arrowhead=normal, tooltip="push; if: delete"];
      n5 -> n0 [label="push, administer", fontcolor="#A0517E", style=solid, color="#A0517E", penwidth=1.8, arrowhead=diamond, tooltip="push, administer"];
      n5 -> n1 [label="push, administer", fontcolor="#A0517E", style=solid, color="#A0517E", penwidth=1.8, arrowhead=diamond, tooltip="push, administer"];
      n5 -> n2 [label="administer", fontcolor="#A0517E", style=solid, color="#A0517E", penwidth=1.8, arrowhead=diamond, tooltip="administer"];
      n6 -> n5 [style=solid, color="#6B6B6B", penwidth=1.0, arrowhead=empty, tooltip="become"];
      n7 -> n0 [label="if: push", fontcolor="#D55E00", style=dashed, color="#D55E00", penwidth=2.4, arrowhead=normal, tooltip="if: push (if it is Monday)"];
      n8 -> n2 [label="if: pull", fontcolor="#00735A", style=dashed, color="#00735A", penwidth=1.0, arrowhead=vee, tooltip="if: pull"];
      n9 -> n1 [label="if: pull", fontcolor="#00735A", style=dashed, color="#00735A", penwidth=1.0, arrowhead=vee, tooltip="if: pull"];
    }
    "##);
}

#[test]
fn graphviz_takes_it_without_a_warning() {
    if !require("dot") {
        return;
    }
    let empty = Model::new(&GraphInput::default(), Limits::PICTURE);
    let small = Limits { nodes: 2, edges: 1, ..Limits::PICTURE };
    for model in [Model::new(&world().input(), Limits::PICTURE), empty, Model::new(&world().input(), small)] {
        let (said, svg) = graphviz(&dot::render(&model), "svg");
        assert_eq!(said, "");
        assert!(String::from_utf8_lossy(&svg).contains("</svg>"));
    }
}
