//! The sample organization's answers, against expectations that were derived by hand.
//!
//! A line of `tests/sample.jsonl` is one question with its verdict, the roles on
//! the way where a chain of them gives it, and the derivation in words.

use std::fmt::Write as _;

use grantlog::inventory::Inventory;
use grantlog::query::{Scope, Verdict};
use serde_json::Value;

pub(crate) fn expectations() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sample.jsonl");
    let text = std::fs::read_to_string(path).expect("the expectations stand beside the tests");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn word(verdict: Verdict) -> &'static str {
    verdict.as_str()
}

#[test]
fn sample_is_read_without_a_fault() {
    let inventory = Inventory::sample();
    let faults: Vec<String> = inventory
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == grantlog::policy::Severity::Error)
        .map(|diagnostic| format!("{diagnostic:?}"))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(inventory.accounts.len(), 4);
}

#[test]
fn sample_answers_as_derived_by_hand() {
    let inventory = Inventory::sample();
    let relations = grantlog::derive(&inventory, grantlog::Options::default());
    let mut differences = String::new();
    for line in expectations() {
        let text = |member: &str| line[member].as_str().unwrap_or_default();
        let ask = |direct| {
            let scope = Scope { direct, all: true };
            relations.can(text("principal"), text("action"), text("resource"), scope)
        };
        let answer = match ask(false) {
            Ok(answer) => answer,
            Err(error) => {
                let _ = writeln!(differences, "{}: {error}", text("name"));
                continue;
            }
        };
        let Some(row) = answer.rows.first() else {
            let _ = writeln!(differences, "{}: no answer", text("name"));
            continue;
        };
        let mut found = vec![word(row.verdict).to_owned()];
        let mut wanted = vec![text("expect").to_owned()];
        if let Some(through) = line["through"].as_array() {
            let shortest = row.routes.iter().find(|route| !route.through.is_empty());
            found.push(shortest.map_or_else(String::new, |route| route.through.join(" > ")));
            let names: Vec<&str> = through.iter().filter_map(Value::as_str).collect();
            wanted.push(names.join(" > "));
        }
        if let Some(direct) = line["direct"].as_str() {
            let own = ask(true).expect("the same question was just answered");
            found.push(format!("direct {}", own.rows.first().map_or("none", |row| word(row.verdict))));
            wanted.push(format!("direct {direct}"));
        }
        if let Some(explicit) = line["explicit"].as_bool() {
            let own = ask(true).expect("the same question was just answered");
            let is_explicit = own.rows.first().is_some_and(|row| row.verdict == Verdict::Denied { explicit: true });
            found.push(format!("explicit {is_explicit}"));
            wanted.push(format!("explicit {explicit}"));
        }
        if found != wanted {
            let _ = writeln!(
                differences,
                "{}\n  {} {} {}\n  expected {wanted:?}\n  found    {found:?}\n  residual {:?}\n  because: {}\n",
                text("name"),
                text("principal"),
                text("action"),
                text("resource"),
                row.residual,
                text("why"),
            );
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}
