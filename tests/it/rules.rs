//! Every sentence that the rules state is exercised: by a case in which something is allowed, and by
//! one in which something is not. Every number that a comment of the program cites is named by a case.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::files::sources;
use crate::{cases, rows};

/// Sentences about more than one request, or about accounts outside the inventory: a single scenario
/// cannot state them. The sample organization's expectations do.
const OF_THE_SAMPLE: [&str; 10] = ["E25", "R7", "R8", "R16", "R27", "R28", "R33", "T16", "T17", "Q5"];

/// The numbers in front of the rules: `// E2, E4. A Deny ...`.
fn stated() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut numbers = BTreeSet::new();
    for file in ["authorization.rs", "assumption.rs", "capability.rs"] {
        let text = fs::read_to_string(folder.join(file)).expect("the rules stand at the top level");
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("// ")) {
            let head = line.split(['.', ':']).next().unwrap_or_default();
            let words: Vec<&str> = head.split([',', ' ']).filter(|word| !word.is_empty()).collect();
            if words.iter().all(|word| is_number(word) || *word == "to") {
                numbers.extend(words.into_iter().filter(|word| is_number(word)).map(str::to_owned));
            }
        }
    }
    numbers
}

/// The letters of the sections whose sentences comments may cite.
const SECTIONS: &str = "GAMCDELTFZOSVKURQIP";

/// The numbers that comments cite, each with one place; of `A7 to A20` all between.
fn cited() -> BTreeMap<String, String> {
    let mut numbers = BTreeMap::new();
    for (name, text) in sources() {
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

#[test]
fn every_number_in_a_comment_is_that_of_a_case() {
    let mut named = rows::named();
    let sample = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sample.jsonl"));
    let sample = sample.expect("the sample's expectations stand beside the tests");
    named.extend(sample.split(|char: char| !char.is_ascii_alphanumeric()).map(str::to_owned));
    // What the cases of exports are about stands beside their names.
    let exports = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/readers.rs"));
    let exports = exports.expect("the cases of exports stand beside this file");
    let told = exports.lines().filter(|line| line.trim_end().ends_with("\","));
    named.extend(told.flat_map(|line| line.split(|char: char| !char.is_ascii_alphanumeric())).map(str::to_owned));
    let cited = cited();
    assert!(cited.len() > 200, "the comments cite but {} numbers", cited.len());
    let missing: Vec<String> = cited
        .iter()
        .filter(|(number, _)| !named.contains(*number))
        .map(|(number, place)| format!("{number}, cited in {place}"))
        .collect();
    assert!(missing.is_empty(), "no case is named by\n{}", missing.join("\n"));
}

fn is_number(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(|first| first.is_ascii_uppercase())
        && word.len() > 1
        && chars.all(|digit| digit.is_ascii_digit())
}

#[test]
fn every_rule_has_a_case_both_ways() {
    let all = cases::all();
    let named = |number: &str, allowed: bool| {
        all.iter().any(|case| {
            let name = case.scenario["name"].as_str().unwrap_or_default();
            let cites = name.split(|char: char| !char.is_ascii_alphanumeric()).any(|word| word == number);
            cites && (case.expect == "allowed" || case.expect == "conditional") == allowed
        })
    };
    let sample =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sample.jsonl")).unwrap_or_default();
    let mut missing = Vec::new();
    for number in stated() {
        if OF_THE_SAMPLE.contains(&number.as_str()) {
            if !sample.contains(&number) {
                missing.push(format!("{number}: not in the sample's expectations"));
            }
            continue;
        }
        for (allowed, what) in [(true, "allowed"), (false, "denied")] {
            if !named(&number, allowed) {
                missing.push(format!("{number}: no case in which something is {what}"));
            }
        }
    }
    assert!(missing.is_empty(), "write these cases:\n{}", missing.join("\n"));
}
