//! The grammar of policy documents: each line of `tests/data/policies.jsonl` is a document as text and the type
//! that it is read as; the snapshot beside it shows what was understood, and each problem at its place with the
//! text that it underlines.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use grantlog::policy::{Effect, Operator, PolicyError, PolicyKind, Severity, Statement, Version, parse};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    kind: String,
    document: String,
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/policies.jsonl")
}

fn kind(name: &str) -> PolicyKind {
    PolicyKind::parse(name).unwrap_or_else(|| panic!("no policy type `{name}`"))
}

fn check(case: &Case) -> String {
    let parsed = parse(&case.document, kind(&case.kind));
    let version = match parsed.document.version {
        Version::V2008 => "2008",
        Version::V2012 => "2012",
    };
    let mut shown = format!("{} ({}, {version})\n  {}\n", case.name, case.kind, case.document);
    for statement in &parsed.document.statements {
        writeln!(shown, "  {}", say(statement)).expect("a string takes any text");
    }
    for problem in &parsed.problems {
        let (place, text) = (problem.span.start + 1, problem.span.of(&case.document));
        writeln!(shown, "  {place} {}: {}\n    at {text}", problem.severity, problem.error)
            .expect("a string takes any text");
        let hint = problem.error.hint().unwrap_or_default();
        writeln!(shown, "    {hint}").expect("a string takes any text");
    }
    shown
}

/// A statement in a line.
pub(crate) fn say(statement: &Statement) -> String {
    let mut said = if statement.effect == Effect::Allow { "Allow".to_owned() } else { "Deny".to_owned() };
    if let Some(principals) = &statement.principals {
        let names: Vec<String> = principals.entries.iter().map(|entry| entry.value.as_text()).collect();
        write!(said, " to {}{}", not(principals.negated), names.join(" ")).expect("a string takes any text");
    }
    let actions: Vec<&str> = statement.actions.entries.iter().map(|entry| entry.value.as_str()).collect();
    write!(said, " {}{}", not(statement.actions.negated), actions.join(" ")).expect("a string takes any text");
    if let Some(resources) = &statement.resources {
        let names: Vec<&str> = resources.entries.iter().map(|entry| entry.value.0.as_str()).collect();
        write!(said, " on {}{}", not(resources.negated), names.join(" ")).expect("a string takes any text");
    }
    for condition in &statement.conditions {
        let values: Vec<&str> = condition.values.iter().map(|value| value.value.as_str()).collect();
        write!(said, " if {} {} {}", condition.operator.value, condition.key.value, values.join(" "))
            .expect("a string takes any text");
    }
    said
}

fn not(negated: bool) -> &'static str {
    if negated { "not " } else { "" }
}

/// The documents by their names, and whether one is accepted as it stands.
pub(crate) fn accepted() -> Vec<(String, bool)> {
    let text = fs::read_to_string(data()).expect("the documents stand beside the tests");
    let cases = text.lines().map(|line| serde_json::from_str::<Case>(line).expect("a line is a case"));
    cases
        .map(|case| {
            let is_accepted = parse(&case.document, kind(&case.kind)).problems.is_empty();
            (case.name, is_accepted)
        })
        .collect()
}

#[test]
fn documents_are_read_as_aws_reads_them() {
    let text = fs::read_to_string(data()).expect("the documents stand beside the tests");
    let cases = text.lines().map(|line| serde_json::from_str::<Case>(line).expect("a line is a case"));
    let shown: Vec<String> = cases.map(|case| check(&case)).collect();
    insta::with_settings!({
        snapshot_path => "../data",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!("policies", shown.join("\n")) });
}

/// What the grammar tells of an operator is what the conditions, which give it its meaning, find in it.
#[test]
fn operators_without_a_meaning_are_told() {
    let text = fs::read_to_string(data()).expect("the documents stand beside the tests");
    for line in text.lines() {
        let case: Case = serde_json::from_str(line).expect("a line is a case");
        let parsed = parse(&case.document, kind(&case.kind));
        let unknown: Vec<&String> = parsed
            .problems
            .iter()
            .filter_map(|problem| match &problem.error {
                PolicyError::UnknownOperator(name) => Some(name),
                _ => None,
            })
            .collect();
        for condition in parsed.document.statements.iter().flat_map(|statement| &statement.conditions) {
            let name = &condition.operator.value;
            assert_eq!(Operator::parse(name).is_err(), unknown.contains(&name), "{name}");
        }
    }
}

#[test]
fn a_document_of_nothing_but_mistakes_is_told_in_few_words() {
    let statement = r#"{"Effect": "Permit"}"#;
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, vec![statement; 5000].join(", "));
    let parsed = parse(&text, PolicyKind::Identity);
    assert_eq!(parsed.problems.len(), 101);
    let last = parsed.problems.last().expect("there are problems");
    assert_eq!(last.error.to_string(), "14900 more problems in this document are not listed");
    assert_eq!(last.severity, Severity::Error);
    assert!(parsed.document.statements.is_empty());
}
