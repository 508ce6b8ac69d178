//! Every number that the program cites, in a comment or as the name of a reading, is named by cases: by one in which its rule decides, and by
//! nearly the same in which it just fails to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::files::{self, sources};
use crate::{cases, inventories, policies};

/// The letters of the sections whose sentences comments may cite.
const SECTIONS: &str = "GAMCDELTFZOSVKURQIP";

/// The numbers that comments cite and that readings are named by, each with one place; of `A7 to A20` all between.
fn cited() -> BTreeMap<String, String> {
    let mut numbers = BTreeMap::new();
    for (name, text) in sources() {
        // A reading is named by a text that is nothing but its number.
        for (line, text) in text.lines().enumerate() {
            for quoted in text.split('"').skip(1).step_by(2).filter(|quoted| is_cited(quoted)) {
                numbers.entry(quoted.to_owned()).or_insert_with(|| format!("{name}:{}", line + 1));
            }
        }
        for (line, comment) in
            text.lines().enumerate().filter_map(|(at, line)| Some((at + 1, line.split_once("//")?.1)))
        {
            let place = format!("{name}:{line}");
            let words: Vec<&str> =
                comment.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
            for (at, word) in words.iter().enumerate().filter(|(_, word)| is_cited(word)) {
                let last = match words.get(at + 1..at + 3) {
                    Some(["to", last]) if is_cited(last) && last[..1] == word[..1] => last,
                    _ => word,
                };
                let count = |word: &str| word[1..].parse::<u32>().unwrap_or_default();
                for number in count(word)..=count(last) {
                    numbers.entry(format!("{}{number}", &word[..1])).or_insert_with(|| place.clone());
                }
            }
        }
    }
    numbers
}

fn is_cited(word: &str) -> bool {
    is_number(word) && word.starts_with(|letter| SECTIONS.contains(letter))
}

fn is_number(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(|first| first.is_ascii_uppercase())
        && word.len() > 1
        && chars.all(|digit| digit.is_ascii_digit())
}

/// One outcome of a case: whether what it is about holds.
struct Way {
    /// What was asked for; only outcomes of one kind are two ways of the same thing.
    kind: &'static str,
    /// It was allowed, accepted, or read without a gap or a complaint.
    holds: bool,
    /// What a single request consists of, where that is the case.
    request: Option<Value>,
}

/// How many members of a request may differ between the case in which a rule decides and the one in which it just
/// fails to; the other layers are the same.
const NEAR: usize = 2;

/// What a case says beside its request.
const BESIDE: [&str; 5] = ["name", "rule", "expect", "doubt", "strict"];

impl Way {
    fn of_request(scenario: &Value, expect: &str) -> Self {
        Self { kind: "decision", holds: grants(expect), request: Some(scenario.clone()) }
    }

    fn of(kind: &'static str, holds: bool) -> Self {
        Self { kind, holds, request: None }
    }

    /// The other way of nearly the same case.
    fn is_opposite(&self, other: &Self) -> bool {
        let is_near = match (&self.request, &other.request) {
            (Some(one), Some(other)) => differing(one, other) <= NEAR,
            _ => true,
        };
        self.kind == other.kind && self.holds != other.holds && is_near
    }
}

fn grants(verdict: &str) -> bool {
    verdict == "allowed" || verdict == "conditional"
}

fn differing(one: &Value, other: &Value) -> usize {
    let members = |value: &Value| value.as_object().map(|members| members.keys().cloned().collect::<BTreeSet<_>>());
    let all = members(one).into_iter().chain(members(other)).flatten().collect::<BTreeSet<_>>();
    all.iter().filter(|member| !BESIDE.contains(&member.as_str()) && one[*member] != other[*member]).count()
}

/// The outcomes of the cases that name a number.
///
/// A scenario is allowed or not. Of an inventory, a question is allowed or not and its answer whole or not, and
/// the files are told of or not; the numbers of the inventory are those of its questions. A document is accepted
/// as it stands or not.
fn ways() -> BTreeMap<String, Vec<Way>> {
    let mut all: BTreeMap<String, Vec<Way>> = BTreeMap::new();
    let mut add = |texts: &[&Value], way: &dyn Fn() -> Option<Way>| {
        let texts = texts.iter().flat_map(|value| ["name", "rule", "doubt"].map(|member| &value[member]));
        let words: BTreeSet<&str> = texts
            .filter_map(Value::as_str)
            .flat_map(|text| text.split(|char: char| !char.is_ascii_alphanumeric()))
            .filter(|word| is_cited(word))
            .collect();
        for word in words {
            all.entry(word.to_owned()).or_default().extend(way());
        }
    };
    for case in cases::all() {
        add(&[&case.scenario], &|| Some(Way::of_request(&case.scenario, &case.expect)));
    }
    for case in inventories::all() {
        for question in case.value["questions"].as_array().into_iter().flatten() {
            let texts = [&case.value, question];
            add(&texts, &|| Some(Way::of("answer", grants(question["expect"].as_str()?))));
            // A text is what the answer lacks, `false` that it lacks nothing.
            let lacking = &question["incomplete"];
            add(&texts, &|| (!lacking.is_null()).then(|| Way::of("gap", !lacking.is_string())));
        }
        let told = &case.value["diagnostics"];
        add(&[&case.value], &|| (!told.is_null()).then(|| Way::of("diagnostic", !told.is_array())));
    }
    for case in files::lines("tests/cases/findings") {
        let found = case.value["finds"].as_array().is_some_and(|found| !found.is_empty());
        add(&[&case.value], &|| Some(Way::of("finding", found)));
    }
    for (name, is_accepted) in policies::accepted() {
        add(&[&serde_json::json!({ "name": name })], &|| Some(Way::of("document", is_accepted)));
    }
    all
}

#[test]
fn every_rule_has_a_case_both_ways() {
    let (cited, ways) = (cited(), ways());
    assert!(cited.len() > 300, "the comments cite but {} numbers", cited.len());
    let mut missing = Vec::new();
    for (number, place) in cited {
        let ways = ways.get(&number).map(Vec::as_slice).unwrap_or_default();
        if !ways.iter().any(|way| ways.iter().any(|other| way.is_opposite(other))) {
            let has: BTreeSet<String> =
                ways.iter().map(|way| format!("{} {}", way.kind, if way.holds { "for" } else { "against" })).collect();
            let has = if has.is_empty() { "none".to_owned() } else { has.into_iter().collect::<Vec<_>>().join(", ") };
            missing.push(format!("{number}, cited in {place}: the cases are {has}"));
        }
    }
    assert!(
        missing.is_empty(),
        "write a case in which the rule decides and nearly the same in which it just fails to:\n{}",
        missing.join("\n")
    );
}
