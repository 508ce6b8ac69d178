//! A conditional verdict is one: the plain twin allows its example, and denies another request.

use std::collections::{BTreeMap, BTreeSet};

use grantlog::scenario::{self, Decision};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::laws::types_of_referer;
use crate::random;
use crate::twin::{self, Scenario};
use crate::worlds::world;

/// Keys that hold lists.
const LISTS: [&str; 3] = ["aws:calledvia", "aws:principalorgpaths", "aws:tagkeys"];

/// Keys of every request.
const ALWAYS: [&str; 4] = ["aws:currenttime", "aws:epochtime", "aws:useragent", "aws:viaawsservice"];

/// The most requests that are tried.
const MOST: usize = 20_000;

fn decided(open: &Value, context: &BTreeMap<String, Vec<String>>) -> twin::Decision {
    let mut scenario = open.clone();
    let given = scenario["context"].as_object_mut().expect("a world has a context");
    for (key, values) in context {
        given.retain(|known, _| !known.eq_ignore_ascii_case(key));
        match values.as_slice() {
            [] => {}
            [one] if !LISTS.contains(&key.as_str()) => drop(given.insert(key.clone(), json!(one))),
            several => drop(given.insert(key.clone(), json!(several))),
        }
    }
    twin::decide(&Scenario::read(&scenario).expect("a world is a scenario")).decision
}

/// The keys of a condition, in lower case, with the values that it compares them with.
fn compared(condition: &Value, found: &mut BTreeMap<String, BTreeSet<String>>) {
    if let (Some(key), Some(values)) = (condition["key"].as_str(), condition["values"].as_array()) {
        let values = values.iter().filter_map(Value::as_str);
        let values = values.flat_map(|text| [text.to_owned(), text.replace('*', "x").replace('?', "y")]);
        found.entry(key.to_lowercase()).or_default().extend(values);
    }
    match condition {
        Value::Array(parts) => parts.iter().for_each(|part| compared(part, found)),
        Value::Object(members) => members.values().for_each(|part| compared(part, found)),
        _ => {}
    }
}

/// What a key may hold beside what it is compared with, by what is likely to tell.
fn others(key: &str) -> Vec<&'static str> {
    match key {
        "aws:sourceip" => vec!["198.51.100.1", "203.0.113.200", "203.0.113.7", "2001:db8::1", "2001:db9::1"],
        "aws:multifactorauthage" => vec!["0", "7", "99"],
        "aws:multifactorauthpresent" | "aws:viaawsservice" => vec!["true", "false"],
        _ => vec!["true", "false", "7", "99", "-9", "2092-01-01T00:00:00Z", "203.0.113.7", "198.51.100.1", "zzz"],
    }
}

/// Values for a key of which one may make the difference.
fn candidates(key: &str, values: &BTreeSet<String>) -> Vec<Vec<String>> {
    let texts: Vec<String> = others(key).into_iter().map(str::to_owned).chain(values.iter().cloned()).collect();
    let mut all: Vec<Vec<String>> = texts.iter().map(|text| vec![text.clone()]).collect();
    if LISTS.contains(&key) {
        all.extend(values.iter().map(|value| vec![value.clone(), "zzz".to_owned()]));
        all.push(values.iter().cloned().collect());
    }
    if !ALWAYS.contains(&key) {
        all.push(Vec::new());
    }
    all
}

/// Whether a request may be so (U47).
fn is_possible(context: &BTreeMap<String, Vec<String>>) -> bool {
    let has = |key: &str| context.get(key).is_some_and(|values| !values.is_empty());
    let lacks = |key: &str| context.get(key).is_some_and(Vec::is_empty);
    let is = |key: &str, text: &str| context.get(key).is_some_and(|values| values == &[text]);
    !(has("aws:sourceip") && has("aws:sourcevpce")
        || has("aws:calledvia") && is("aws:viaawsservice", "false")
        || has("aws:multifactorauthage")
            && (lacks("aws:multifactorauthpresent") || is("aws:multifactorauthpresent", "false"))
        || lacks("aws:multifactorauthage") && is("aws:multifactorauthpresent", "true")
        || has("aws:principalorgid") && lacks("aws:principalorgpaths")
        || lacks("aws:principalorgid") && has("aws:principalorgpaths"))
}

/// Instants in both forms (K45).
const TIMES: [[&str; 2]; 6] = [
    ["2089-12-31T00:00:00Z", "3786825600"],
    ["2090-01-01T00:00:00Z", "3786912000"],
    ["2092-01-01T00:00:00Z", "3849984000"],
    ["2094-12-31T23:59:59Z", "3944678399"],
    ["2095-01-01T00:00:00Z", "3944678400"],
    ["2098-01-01T00:00:00Z", "4039372800"],
];

/// What one key may hold, or two that say the same, in each of several ways.
type Choice = Vec<Vec<(String, Vec<String>)>>;

/// What another key of the same request holds then (U47).
fn beside(key: &str, values: &[String]) -> Option<(String, Vec<String>)> {
    let first = values.first().map(String::as_str);
    let (other, value) = match (key, first) {
        ("aws:principalorgpaths", path) => ("aws:principalorgid", path.and_then(|path| path.split('/').next())),
        ("aws:multifactorauthpresent", present) => {
            ("aws:multifactorauthage", present.filter(|it| *it == "true").and(Some("7")))
        }
        ("aws:viaawsservice", Some("false")) => ("aws:calledvia", None),
        ("aws:sourceip", Some(_)) => ("aws:sourcevpce", None),
        ("aws:sourcevpce", Some(_)) => ("aws:sourceip", None),
        _ => return None,
    };
    Some((other.to_owned(), value.into_iter().map(str::to_owned).collect()))
}

fn choices(condition: &Value) -> Vec<Choice> {
    let mut keys = BTreeMap::new();
    compared(condition, &mut keys);
    let names = ["aws:currenttime", "aws:epochtime"];
    let times = names.map(|key| keys.remove(key)).iter().any(Option::is_some);
    let known: BTreeSet<String> = keys.keys().cloned().collect();
    let one = |(key, values): (String, BTreeSet<String>)| -> Choice {
        let each = candidates(&key, &values).into_iter().map(|values| {
            let beside = beside(&key, &values).filter(|(other, _)| !known.contains(other));
            std::iter::once((key.clone(), values)).chain(beside).collect()
        });
        each.collect()
    };
    let mut all: Vec<Choice> = keys.into_iter().map(one).collect();
    if times {
        let mut instants = Choice::new();
        for time in TIMES {
            let both = names.iter().zip(time).map(|(key, text)| ((*key).to_owned(), vec![text.to_owned()]));
            instants.push(both.collect());
        }
        all.push(instants);
    }
    all
}

/// A request that differs from the example in what the condition asks for, and is denied; `None` if there are too
/// many of those.
fn denied(open: &Value, example: &BTreeMap<String, Vec<String>>, condition: &Value) -> Option<bool> {
    let choices = choices(condition);
    let count: usize = choices.iter().map(Vec::len).product();
    if count > MOST {
        return None;
    }
    let found = (0..count).any(|number| {
        let mut context = example.clone();
        let mut rest = number;
        for choice in &choices {
            context.extend(choice[rest % choice.len()].iter().cloned());
            rest /= choice.len();
        }
        is_possible(&context) && decided(open, &context) != twin::Decision::Allowed
    });
    Some(found)
}

proptest! {
    #![proptest_config(random::cases(1_024))]

    #[test]
    fn conditional_verdicts_are_so_both_ways(world in world()) {
        let open = world.open();
        let outcome = scenario::decide(&open.to_string()).expect("a world is a scenario");
        if outcome.decision != Decision::Conditional {
            return Ok(());
        }
        let text = outcome.residual.clone().unwrap_or_default();
        // What relates two keys, or reads one as two types, is left open where it might be decided.
        let is_plain = !text.contains("${") && types_of_referer(&open).len() < 2;
        let condition = serde_json::to_value(&outcome.formula).expect("a formula is JSON");
        let Some(witness) = outcome.witness else { return Ok(()) };
        let example: BTreeMap<String, Vec<String>> =
            witness.into_iter().map(|(key, values)| (key.to_lowercase(), values)).collect();
        prop_assert_eq!(decided(&open, &example), twin::Decision::Allowed, "{:?} of {} in {}", example, text, open);
        if is_plain {
            let other = denied(&open, &example, &condition);
            prop_assert!(other != Some(false), "nothing but {} is denied of {}", text, open);
        }
    }
}
