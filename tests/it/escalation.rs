//! Who can give itself more: small worlds with the chains that were found by hand.
//!
//! A line of `tests/cases/inventories/escalation.jsonl` is a world (`files`, as for all inventories) with all
//! `escalations` in it: `principals`, `chain` (who, action, on what; `?` behind a request that is not allowed in every
//! context), `gains` in words, `certain`, and what is `held_back`; and its `administrators`. Names are without what an
//! ARN has in front. Of each way there is a world in which it works and nearly the same in which it just fails.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use grantlog::Options;
use grantlog::query::{Escalation, Gain};
use serde_json::{Value, json};

use crate::files;

fn list(names: &[String]) -> String {
    names.iter().map(|name| files::short(name)).collect::<Vec<_>>().join(", ")
}

fn told(found: &Escalation) -> Value {
    let step = |step: &grantlog::query::EscalationStep| {
        let mark = if step.certain { "" } else { " ?" };
        format!("{} {} {}{mark}", files::short(&step.principal), step.action, files::short(&step.entity))
    };
    let gains = match &found.gains {
        Gain::Everything => format!("everything in {}", found.account),
        Gain::Boundary(boundary) => format!("beyond {}", files::short(boundary)),
        Gain::Group(group) => files::short(group).to_owned(),
        Gain::Others(others) => list(others),
        Gain::Repositories(names) => list(names),
    };
    let mut told = json!({
        "principals": found.principals.iter().map(|name| files::short(name)).collect::<Vec<_>>(),
        "chain": found.chain.iter().map(step).collect::<Vec<_>>(),
        "gains": gains,
        "certain": found.certain,
    });
    if let Some(service) = &found.through {
        told["through"] = json!(service);
    }
    if !found.held_back.is_empty() {
        told["held_back"] = found.held_back.iter().map(|name| files::short(name)).collect::<Vec<_>>().into();
    }
    if !found.capabilities.is_empty() {
        let count = |(what, on): &(grantlog::catalog::Capability, usize)| format!("{what} on {on}");
        told["capabilities"] = found.capabilities.iter().map(count).collect::<Vec<_>>().into();
    }
    told
}

#[test]
fn escalations_are_those_that_were_found_by_hand() {
    let mut failures = String::new();
    let mut count = 0;
    for case in files::lines("tests/cases/inventories") {
        let Some(wanted) = case.value["escalations"].as_array() else { continue };
        count += 1;
        let inventory = files::inventory(&case.value);
        let relations = grantlog::derive(&inventory, Options::default());
        let found = relations.escalations().expect("nobody interrupts");
        let is: Vec<Value> = found.found.iter().map(told).collect();
        if is != *wanted {
            let lines = |all: &[Value]| all.iter().map(|one| format!("\n    {one}")).collect::<Vec<_>>().concat();
            let _ = writeln!(
                failures,
                "{}: {}\n  expected{}\n  found{}",
                case.place,
                case.value["name"],
                lines(wanted),
                lines(&is)
            );
        }
        if let Some(wanted) = case.value["administrators"].as_array() {
            let wanted: Vec<&str> = wanted.iter().filter_map(Value::as_str).collect();
            let is: Vec<&str> = found.administrators.iter().map(|name| files::short(name)).collect();
            if is != wanted {
                let _ = writeln!(failures, "{}: administrators {is:?}", case.place);
            }
        }
        // Every request rests on statements, and those who come to more are those of Datalog.
        for found in &found.found {
            for step in &found.chain {
                if step.statements.is_empty() && !step.principal.ends_with(":root") {
                    let _ = writeln!(failures, "{}: nothing grants {step:?}", case.place);
                }
            }
        }
        let in_iam =
            found.found.iter().filter(|one| one.through.is_none() && !matches!(one.gains, Gain::Repositories(_)));
        let named: BTreeSet<String> = in_iam.flat_map(|one| one.principals.clone()).collect();
        let rows = crate::datalog::ask(&relations, "?- escalates(P).");
        let asked: BTreeSet<String> = rows.into_iter().flatten().collect();
        if asked != named {
            let _ = writeln!(failures, "{}: Datalog has {asked:?}", case.place);
        }
    }
    assert!(count > 30, "only {count} worlds were found");
    assert!(failures.is_empty(), "\n{failures}");
}
