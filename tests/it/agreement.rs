//! The library against the cases and against the plain twin.

use std::fmt::Write as _;

use grantlog::scenario::{self, Decision, Outcome, ScenarioError};
use proptest::prelude::*;
use serde_json::Value;

use crate::cases;
use crate::laws::{turned_round, with_one_more};
use crate::random;
use crate::twin::{self, Scenario};
use crate::worlds::world;

/// A decision in the words of a case; what is no scenario is an `error`.
fn word(decision: &Result<Outcome, ScenarioError>) -> &'static str {
    decision.as_ref().map_or("error", |outcome| outcome.decision.as_str())
}

pub(crate) fn library(text: &str) -> &'static str {
    word(&scenario::decide(text))
}

fn of(scenario: &Value) -> &'static str {
    library(&scenario.to_string())
}

fn twin(scenario: &Value) -> &'static str {
    twin::decide(&Scenario::read(scenario).expect("a world is a scenario")).decision.name()
}

/// From denied over conditional to allowed.
fn access(verdict: &str) -> u8 {
    match verdict {
        "allowed" => 2,
        "conditional" => 1,
        _ => 0,
    }
}

/// What of a case the library answers otherwise: the decision, its doubt, or the decision of a strict reader.
fn check(case: &cases::Case) -> Vec<String> {
    let answer = scenario::decide(&case.text);
    let mut differences = Vec::new();
    let found = word(&answer);
    if found != case.expect {
        differences.push(format!("expected {}, found {found}", case.expect));
    }
    if let Some(doubt) = case.scenario["doubt"].as_str() {
        let doubts = answer.map(|outcome| outcome.doubts).unwrap_or_default();
        if !doubts.contains(&doubt) {
            differences.push(format!("expected the doubt {doubt}, found {doubts:?}"));
        }
    }
    if let Some(strict) = case.scenario["strict"].as_str() {
        let found = word(&scenario::decide_strictly(&case.text));
        if found != strict {
            differences.push(format!("expected {strict} of a strict reader, found {found}"));
        }
    }
    differences
}

#[test]
fn library_decides_every_case_as_documented() {
    let mut differences = String::new();
    for case in cases::all() {
        for difference in check(&case) {
            let cases::Case { place, text, .. } = &case;
            let _ = writeln!(differences, "{place}: {}\n  {difference}\n  {text}\n", case.scenario["name"]);
        }
    }
    assert!(differences.is_empty(), "\n{differences}If the case is right, correct the rules; else the case.");
}

/// A strict reader leaves open what carries a doubt, and says the same where there is none.
#[test]
fn strict_reader_leaves_open_what_is_doubtful() {
    let mut differences = String::new();
    for case in cases::all() {
        let (Ok(answer), Ok(strict)) = (scenario::decide(&case.text), scenario::decide_strictly(&case.text)) else {
            continue;
        };
        let wanted = if answer.doubts.is_empty() { answer.decision } else { Decision::Conditional };
        if strict.decision != wanted {
            let _ = writeln!(
                differences,
                "{}: {:?} with {:?}, strictly {:?}",
                case.place, answer.decision, answer.doubts, strict.decision
            );
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}

proptest! {
    #![proptest_config(random::cases(4_096))]

    /// What disagrees is shrunk; write it down as a case.
    #[test]
    fn library_and_twin_agree_on_complete_contexts(world in world()) {
        let scenario = world.closed();
        prop_assert_eq!(of(&scenario), twin(&scenario), "library, then twin: {}", scenario);
    }

    /// A certain verdict on an open context holds for every context.
    #[test]
    fn certain_verdicts_hold_in_every_context(world in world()) {
        let open = world.open();
        let verdict = of(&open);
        prop_assert_ne!(verdict, "error", "{}", open);
        for scenario in world.completions() {
            let access = access(verdict);
            let closed = self::access(twin(&scenario));
            prop_assert!(access == 1 || access == closed, "{verdict} for {open}\nbut the twin: {} for {scenario}", twin(&scenario));
            // An explicit deny on an open context denies explicitly in every one.
            prop_assert!(verdict != "explicitDeny" || twin(&scenario) == verdict, "{verdict} for {open}\nbut not for {scenario}");
        }
    }

    #[test]
    fn order_does_not_matter(world in world()) {
        for scenario in [world.closed(), world.open()] {
            prop_assert_eq!(of(&scenario), of(&turned_round(&scenario)), "{}", scenario);
        }
    }

    #[test]
    fn another_deny_never_allows(world in world()) {
        for scenario in [world.closed(), world.open()] {
            let before = of(&scenario);
            for more in with_one_more(&scenario, "Deny") {
                prop_assert!(access(of(&more)) <= access(before), "{before}, then {}: {more}", of(&more));
            }
        }
    }

    #[test]
    fn another_allow_never_denies(world in world()) {
        for scenario in [world.closed(), world.open()] {
            let before = of(&scenario);
            for more in with_one_more(&scenario, "Allow") {
                prop_assert!(access(of(&more)) >= access(before), "{before}, then {}: {more}", of(&more));
            }
        }
    }
}
