//! The conformance cases: every line of `tests/cases`, and the twin's verdict on it.
//!
//! A line is a scenario with `expect`: `allowed`, `conditional`, `implicitDeny`,
//! `explicitDeny`, or `error` where AWS would refuse a document. `doubt` is the
//! uncertain rule that the answer must carry, `strict` what a reader says who
//! leaves doubt about AWS open, and `rule` a number that the name leaves out. Beside the usual layers there are
//! `registry_policy` (of a private registry, enforced in all its requests),
//! `calling_user` (of a federated user, whose name does not tell), and
//! `management_account` and `resource_management_account` for the accounts of
//! the requester and the resource.

use std::fmt::Write as _;

use serde_json::Value;

use crate::files::{self, Line};
use crate::twin::{self, Scenario};

/// A line of a case file.
pub(crate) struct Case {
    /// The file and the line in it.
    pub(crate) place: String,
    /// The scenario as it is written; it may be no valid scenario, when `error` is expected.
    pub(crate) text: String,
    /// The scenario as JSON.
    pub(crate) scenario: Value,
    /// The verdict that AWS's documentation calls for.
    pub(crate) expect: String,
}

/// All cases, by file and line.
pub(crate) fn all() -> Vec<Case> {
    let read = |Line { place, text, value: scenario }| {
        let expect = scenario["expect"].as_str().unwrap_or_else(|| panic!("{place}: no `expect`")).to_owned();
        Case { place, text, scenario, expect }
    };
    files::lines("tests/cases").into_iter().map(read).collect()
}

/// The verdict of the twin against the one that is expected; what differs, in words.
fn check(case: &Case) -> Option<String> {
    let scenario = match Scenario::read(&case.scenario) {
        Ok(scenario) => scenario,
        Err(error) => return Some(format!("unreadable: {error}")),
    };
    let answer = twin::decide(&scenario);
    let found = answer.decision.name();
    if found != case.expect {
        return Some(format!("expected {}, the twin decides {found}", case.expect));
    }
    let doubt = case.scenario["doubt"].as_str()?;
    (!answer.doubts.contains(doubt)).then(|| format!("expected the doubt {doubt}, the twin has {:?}", answer.doubts))
}

#[test]
fn twin_decides_every_closed_case_as_documented() {
    let mut differences = String::new();
    let mut checked = 0;
    for case in all() {
        let is_closed = case.scenario["context_mode"] != "open";
        // The twin knows no requester that is an identity provider.
        let by_provider = case.place.starts_with("providers");
        if !is_closed || by_provider || case.expect == "error" {
            continue;
        }
        checked += 1;
        if let Some(difference) = check(&case) {
            let Case { place, text, .. } = &case;
            let _ = writeln!(differences, "{place}: {}\n  {difference}\n  {text}\n", case.scenario["name"]);
        }
    }
    assert!(checked > 300, "the cases are gone: only {checked} were found");
    assert!(differences.is_empty(), "\n{differences}If the case is right, correct the twin; else the case.");
}

#[test]
fn cases_have_names_of_their_own() {
    let mut names: Vec<String> = all().iter().map(|case| case.scenario["name"].to_string()).collect();
    names.sort();
    let twice: Vec<&String> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).collect();
    assert!(twice.is_empty(), "two cases have one name: {twice:?}");
}
