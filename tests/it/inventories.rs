//! Cases that one request cannot state: exports, what they lack, capabilities, ways through roles.
//!
//! A line of `tests/cases/inventories/*.jsonl` is a small input with questions:
//! `files` are exports by their path (JSON, or a text as it is), `questions`
//! have a principal, an action or capability, a resource, and `expect`. Beside
//! it a question can demand `direct` (the verdict without other roles),
//! `explicit` (of its own, a Deny applies), `through` (the roles on the
//! shortest way), `residual` (a part of the condition), `doubt`, `strict` (the
//! verdict of a reader who leaves doubt and gaps open), and `incomplete`: a part
//! of what the answer is told to lack, or `false` for nothing but an
//! organization. `diagnostics` are parts of what the whole input is told of, or `false` for nothing.

use std::fmt::Write as _;

use grantlog::inventory::Inventory;
use grantlog::query::{Row, Scope, Verdict};
use grantlog::{Options, Relations};
use serde_json::Value;

use crate::files::{self, Line};

/// All inventories, by file and line.
pub(crate) fn all() -> Vec<Line> {
    files::lines("tests/cases/inventories")
}

fn ask(relations: &Relations<'_>, question: &Value, direct: bool) -> Result<Row, String> {
    let text = |member: &str| question[member].as_str().unwrap_or_default();
    let scope = Scope { direct, all: true };
    let answer = relations.can(text("principal"), text("action"), text("resource"), scope);
    let rows = answer.map_err(|error| error.to_string())?.rows;
    match <[Row; 1]>::try_from(rows) {
        Ok([row]) => Ok(row),
        Err(rows) => Err(format!("{} rows", rows.len())),
    }
}

/// What the answer to a question has otherwise than it demands.
fn differences(inventory: &Inventory, question: &Value) -> Result<Vec<String>, String> {
    let relations = grantlog::derive(inventory, Options::default());
    let row = ask(&relations, question, false)?;
    let mut found = Vec::new();
    let mut compare = |what: &str, wanted: &Value, is: &str| {
        if let Some(wanted) = wanted.as_str()
            && wanted != is
        {
            found.push(format!("{what}: expected {wanted}, found {is}"));
        }
    };
    compare("verdict", &question["expect"], row.verdict.as_str());
    if !question["direct"].is_null() {
        compare("direct", &question["direct"], ask(&relations, question, true)?.verdict.as_str());
    }
    if !question["strict"].is_null() {
        let strict = grantlog::derive(inventory, Options { strict: true, ..Options::default() });
        compare("strict", &question["strict"], ask(&strict, question, false)?.verdict.as_str());
    }
    if let Some(explicit) = question["explicit"].as_bool() {
        let own = ask(&relations, question, true)?.verdict;
        if (own == Verdict::Denied { explicit: true }) != explicit {
            found.push(format!("explicit: expected {explicit}, found {own:?}"));
        }
    }
    if let Some(through) = question["through"].as_array() {
        let wanted: Vec<&str> = through.iter().filter_map(Value::as_str).collect();
        let shortest = row.routes.first().map(|route| route.through.clone()).unwrap_or_default();
        if shortest != wanted {
            found.push(format!("through: expected {wanted:?}, found {shortest:?}"));
        }
    }
    let mut contains = |what: &str, wanted: &Value, is: &[String]| {
        let is_there = |wanted: &str| is.iter().any(|one| one.contains(wanted));
        match wanted {
            Value::String(wanted) if !is_there(wanted) => {
                found.push(format!("{what}: expected {wanted}, found {is:?}"));
            }
            Value::Bool(false) if !is.is_empty() => found.push(format!("{what}: expected none, found {is:?}")),
            _ => {}
        }
    };
    contains("doubt", &question["doubt"], &row.doubts);
    let organization = "no organization was exported";
    let lacks: Vec<String> = row.incomplete.iter().filter(|gap| !gap.starts_with(organization)).cloned().collect();
    contains("incomplete", &question["incomplete"], &lacks);
    contains("residual", &question["residual"], &Vec::from_iter(row.residual.clone()));
    Ok(found)
}

/// Whoever asks about everybody is told of each what one is told who asks about that one.
#[test]
fn all_together_are_answered_as_each_alone() {
    let mut compared = 0;
    for case in all() {
        let inventory = files::inventory(&case.value);
        let relations = grantlog::derive(&inventory, Options::default());
        for question in case.value["questions"].as_array().into_iter().flatten() {
            let Ok(alone) = ask(&relations, question, true) else { continue };
            let scope = Scope { direct: true, all: true };
            let proofs = grantlog::prove(&relations, &alone.principal, &alone.action, &alone.resource, scope);
            assert_eq!(proofs.map(|proofs| proofs.len()), Ok(1), "{}: {}", case.place, question["name"]);
            let everybody = relations.who_can(&alone.action, &alone.resource, scope).map(|answer| answer.rows);
            let found = everybody.into_iter().flatten().find(|row| row.principal == alone.principal);
            // Of what is open to all there is one row.
            let Some(found) = found else { continue };
            compared += 1;
            let told = |row: &Row| (row.verdict, row.residual.clone(), row.routes.clone(), row.doubts.clone());
            assert_eq!(told(&found), told(&alone), "{}: {}", case.place, question["name"]);
        }
    }
    assert!(compared > 50, "only {compared} answers were compared");
}

#[test]
fn inventories_answer_as_documented() {
    let mut failures = String::new();
    for case in all() {
        let inventory = files::inventory(&case.value);
        let told: Vec<&str> = inventory.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        if case.value["diagnostics"] == false && !told.is_empty() {
            let _ = writeln!(failures, "{}: {}\n  told: {told:?}", case.place, case.value["name"]);
        }
        for wanted in case.value["diagnostics"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !told.iter().any(|message| message.contains(wanted)) {
                let _ =
                    writeln!(failures, "{}: {}\n  untold: {wanted}; told: {told:?}", case.place, case.value["name"]);
            }
        }
        for question in case.value["questions"].as_array().into_iter().flatten() {
            let differing = differences(&inventory, question).unwrap_or_else(|error| vec![error]);
            if !differing.is_empty() {
                let _ = writeln!(
                    failures,
                    "{}: {}\n  {} {} {}: {}\n  {}\n  told: {told:?}",
                    case.place,
                    case.value["name"],
                    question["principal"],
                    question["action"],
                    question["resource"],
                    question["name"],
                    differing.join("\n  "),
                );
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}
