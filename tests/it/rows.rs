//! Every row of the reference's two tables of cases is a case: `EC` of the decisions, `X` of the conditions.

use std::collections::BTreeSet;

use crate::{cases, inventories};

/// The rows of the table of decisions, by its sections; the numbers between fell away.
const DECISIONS: [(u32, u32); 13] = [
    (1, 22),
    (30, 58),
    (60, 71),
    (80, 93),
    (100, 130),
    (140, 179),
    (190, 229),
    (240, 262),
    (270, 298),
    (310, 341),
    (350, 369),
    (380, 395),
    (400, 414),
];

/// The rows of the table of conditions.
const CONDITIONS: (u32, u32) = (1, 111);

/// The words of all texts that name something of the reference: names, `rule` and `doubt` of cases and of
/// inventories with their questions.
fn named() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut add = |value: &serde_json::Value| {
        for member in ["name", "rule", "doubt"] {
            let text = value[member].as_str().unwrap_or_default();
            let split = text.split(|char: char| !char.is_ascii_alphanumeric());
            words.extend(split.filter(|word| !word.is_empty()).map(str::to_owned));
        }
    };
    for case in cases::all() {
        add(&case.scenario);
    }
    for case in inventories::all() {
        add(&case.value);
        case.value["questions"].as_array().into_iter().flatten().for_each(&mut add);
    }
    words
}

#[test]
fn every_row_is_a_case() {
    let named = named();
    let decisions = DECISIONS.iter().flat_map(|&(first, last)| first..=last).map(|row| format!("EC{row}"));
    let conditions = (CONDITIONS.0..=CONDITIONS.1).map(|row| format!("X{row}"));
    let missing: Vec<String> = decisions.chain(conditions).filter(|row| !named.contains(row)).collect();
    assert!(missing.is_empty(), "no case is named by {missing:?}");
}
