//! Proofs as pictures: each statement once, and nothing that leaves its quotes.

use grantlog::graph::proof;
use grantlog::policy::Span;
use grantlog::query::{Citation, Evidence, Fact, Ground, Holds, Proof, Remedies, Remedy, Row, Step, Verdict, Widening};

use super::graphviz;
use crate::tools::require;

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
