//! Assertions in small worlds: each form where it holds and in nearly the same where it fails, and what nobody can decide.
//!
//! A line of `tests/cases/assertions/*.jsonl` is a world (`files`, as for inventories), a file of assertions with one in
//! it (`check`), and what comes of it (`expect`): `holds`, `fails` with the principals of its counterexamples (`against`)
//! or their number (`found`), `undecided` with a part of what is missing.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use grantlog::Options;
use grantlog::assertion::{Bench, Checked, Outcome, check, parse};
use grantlog::inventory::Inventory;
use grantlog::query::Scope;
use grantlog::query::saved::Queries;
use serde_json::Value;

use crate::files;

/// What comes of the assertions of a text.
fn checked(inventory: &Inventory, text: &str) -> Result<Vec<Checked>, String> {
    let (assertions, problems) = parse(&[("case".to_owned(), text.to_owned())]);
    if let Some(problem) = problems.first() {
        return Err(problem.picture(text));
    }
    let scope = Scope::default();
    let bench = Bench { inventory, options: Options::default(), scope, queries: Queries::bundled() };
    check(&bench, assertions).map_err(|problems| problems[0].picture(text))
}

/// What differs from what a case expects.
fn difference(case: &Value) -> Option<String> {
    let inventory = files::inventory(case);
    let checked = match checked(&inventory, case["check"].as_str().expect("a case asserts something")) {
        Ok(checked) => checked,
        Err(error) => return Some(error),
    };
    let [Checked { outcome, .. }] = checked.as_slice() else { return Some(format!("{} assertions", checked.len())) };
    let found = match outcome {
        Outcome::Holds => "holds",
        Outcome::Fails(_) => "fails",
        Outcome::Undecided(_) => "undecided",
    };
    if case["expect"] != found {
        return Some(format!("expected {}, found {found}: {outcome:?}", case["expect"]));
    }
    match outcome {
        Outcome::Holds => None,
        Outcome::Undecided(missing) => {
            let part = case["missing"].as_str().expect("a case says what is missing");
            (!missing.iter().any(|message| message.contains(part))).then(|| format!("missing: {missing:?}"))
        }
        Outcome::Fails(failure) => {
            let names: BTreeSet<&str> = failure.rows.iter().map(|row| files::short(&row.principal)).collect();
            let against = case["against"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let against: BTreeSet<&str> = against.collect();
            if !against.is_empty() && names != against {
                return Some(format!("expected {against:?}, found {names:?}"));
            }
            if !against.is_empty() && failure.proofs.is_empty() {
                return Some("nothing is proved".to_owned());
            }
            let number = case["found"].as_u64().filter(|number| *number != failure.number as u64);
            number.map(|number| format!("expected {number} rows, found {}", failure.number))
        }
    }
}

#[test]
fn assertions_come_to_what_was_worked_out_by_hand() {
    let mut differences = String::new();
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    for case in files::lines("tests/cases/assertions") {
        let form = case.place.split('.').next().expect("a file has a name").to_owned();
        seen.insert((form, case.value["expect"].as_str().expect("a case expects something").to_owned()));
        if let Some(difference) = difference(&case.value) {
            let _ = writeln!(differences, "{}: {}\n  {difference}", case.place, case.value["name"]);
        }
    }
    assert!(differences.is_empty(), "{differences}");
    for form in ["only", "no-one", "can", "cannot", "when", "datalog"] {
        for outcome in ["holds", "fails"] {
            assert!(seen.contains(&(form.to_owned(), outcome.to_owned())), "no case of {form} that {outcome}");
        }
    }
}
