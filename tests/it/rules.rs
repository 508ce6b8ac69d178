//! Every sentence that the rules state is exercised: by a case in which something is allowed, and by
//! one in which something is not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::cases;

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
