//! Questions about the sample organization with their answers, and the worked examples of the documentation.
//!
//! A line of `tests/cases/datalog` has a text and what is expected of it: `rows`, each a list of texts in the order of
//! the columns (ARNs by their ends, as `role/a` for `arn:...:role/a`), or `holds` for a question without variables.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use grantlog::query::datalog::{Limits, RELATIONS, Rules};

use super::{ask, quoted, rows, with_sample};
use crate::files;

/// A name without what an ARN has in front, which the cases leave out.
fn short(name: &str) -> &str {
    if !name.starts_with("arn:") {
        return name;
    }
    let resource = name.splitn(6, ':').nth(5).unwrap_or(name);
    resource.strip_prefix("repository/").unwrap_or(resource)
}

#[test]
fn sample_answers_as_expected() {
    let lines = files::lines("tests/cases/datalog");
    assert!(lines.len() > 40, "the cases are gone: only {} were found", lines.len());
    let mut differences = String::new();
    with_sample(|relations| {
        for line in &lines {
            let text = line.value["ask"].as_str().unwrap_or_else(|| panic!("{}: no `ask`", line.place));
            let found = ask(relations, text);
            let found: BTreeSet<Vec<&str>> =
                found.iter().map(|row| row.iter().map(|name| short(name)).collect()).collect();
            let expected: BTreeSet<Vec<&str>> = match line.value["holds"].as_bool() {
                Some(true) => [Vec::new()].into(),
                Some(false) => BTreeSet::new(),
                None => {
                    let rows = line.value["rows"].as_array().unwrap_or_else(|| panic!("{}: no `rows`", line.place));
                    let columns = rows.iter().map(|row| row.as_array().expect("a row is a list"));
                    columns.map(|row| row.iter().filter_map(serde_json::Value::as_str).collect()).collect()
                }
            };
            if found != expected {
                let missing: Vec<_> = expected.difference(&found).collect();
                let more: Vec<_> = found.difference(&expected).collect();
                let _ = writeln!(differences, "{}: {text}\n  missing {missing:?}\n  beyond  {more:?}\n", line.place);
            }
        }
    });
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn every_relation_has_an_example_with_an_answer() {
    with_sample(|relations| {
        for relation in RELATIONS {
            assert!(!ask(relations, relation.example).is_empty(), "{}: {}", relation.name, relation.example);
            assert!(relation.example.contains(&format!("{}(", relation.name)), "{}", relation.name);
        }
    });
}

/// A column bound to any of its values leaves the rows that have this value.
#[test]
fn every_column_can_be_bound() {
    with_sample(|relations| {
        let mut asked = 0;
        for relation in RELATIONS {
            for &first in relation.columns[0].types {
                let names: Vec<String> = (0..relation.columns.len()).map(|column| format!("X{column}")).collect();
                let mut text = format!("?- {}({})", relation.name, names.join(", "));
                if relation.columns[0].types.len() > 1 {
                    text = format!("{text}, {}", domain(first.as_str(), "X0"));
                }
                let action = relation.columns.iter().position(|column| column.name == "action");
                if let Some(column) = action.filter(|_| relation.is_derived) {
                    let _ = write!(text, ", X{column} = \"ecr-public:PutImage\"");
                }
                // Not each of several types has rows: only one principal is incomplete, no account is.
                let all = ask(relations, &text);
                for column in 0..names.len() {
                    let values: BTreeSet<&String> = all.iter().map(|row| &row[column]).collect();
                    if values.is_empty() {
                        continue;
                    }
                    for value in values.iter().step_by(values.len().div_ceil(4)).copied() {
                        let is_number = relation.columns[column].types.iter().any(|one| one.as_str() == "number");
                        let shown = if is_number { value.clone() } else { quoted(value) };
                        let bound = format!("{text}, X{column} = {shown}.");
                        let expected: Vec<_> = all.iter().filter(|row| row[column] == *value).cloned().collect();
                        assert_eq!(ask(relations, &bound), expected, "{bound}");
                        asked += 1;
                    }
                }
            }
        }
        assert!(asked > 200, "only {asked} questions");
    });
}

/// A condition that holds for values of a type.
fn domain(of: &str, name: &str) -> String {
    match of {
        "principal" | "repository" => format!("{of}({name})"),
        "account" => format!("unit({name}, _)"),
        "group" => format!("member(_, {name})"),
        "unit" => format!("unit(_, {name})"),
        other => panic!("{other} is no type of a first column"),
    }
}

#[test]
fn documentation_has_the_table_of_relations() {
    let path = format!("{}/docs/questions.md", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the documentation is there");
    for relation in RELATIONS {
        let line = format!("| `{relation}` | {} | `{}` |", relation.sentence, relation.example);
        assert!(text.lines().any(|other| other == line), "docs/questions.md lacks\n{line}");
    }
}

#[test]
fn rules_are_kept_and_added_to() {
    with_sample(|relations| {
        let mut rules = Rules::new();
        assert_eq!(rules.extend("admin(P) :- capable(P, administer, _, _). % all of them"), Ok(1));
        assert_eq!(rules.extend("admin(P) :- capable(P, administer, _, _)."), Ok(0), "it is there already");
        assert_eq!(rules.extend("admin(\"kofi\"). outside(P, A) :- admin(P), account(P, A)."), Ok(2));
        let kept: Vec<&str> = rules.iter().collect();
        assert_eq!(kept.len(), 3);
        assert_eq!(kept[1], "admin(\"kofi\").");
        let ask = |rules: &Rules, text: &str| {
            let table = relations.query(rules, text, Limits::default()).expect("the question is right");
            rows(&table).into_iter().map(|row| short(&row[0]).to_owned()).collect::<Vec<String>>()
        };
        assert_eq!(ask(&rules, "?- outside(P, 444455556666), P like \"kofi\"."), ["user/developers/kofi"]);
        assert!(rules.extend("admin(P, R) :- capable(P, administer, R, _).").is_err(), "of another width");
        assert!(rules.extend("?- admin(P).").is_err(), "no rule");
        assert_eq!(rules.iter().count(), 3, "what is wrong changes nothing");
        // Rules of a question are gone behind it.
        assert_eq!(ask(&rules, "mine(P) :- admin(P), P like \"kofi\". ?- mine(P).").len(), 1);
        assert_eq!(rules.iter().count(), 3);
        rules.clear();
        assert!(rules.is_empty());
    });
}
