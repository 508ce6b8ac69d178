//! Datalog over whole organizations: its relations say what `can` says, however they are asked.

use std::collections::{BTreeMap, BTreeSet};

use grantlog::catalog::Capability;
use grantlog::derive;
use grantlog::inventory::Inventory;
use grantlog::query::Scope;

use super::compare::options;
use super::question::Keys;
use super::world::World;
use crate::datalog::{ask, quoted};

/// Verdicts by principal, action or capability, and resource.
type Cells = BTreeMap<(String, String, String), BTreeSet<String>>;

/// Compares every verdict that is not a denial; how many, or the first that differs.
pub(crate) fn agrees(world: &World, inventory: &Inventory, keys: &Keys, closed: bool) -> Result<usize, String> {
    let relations = derive(inventory, options(keys, closed));
    let mut found = Cells::new();
    let mut add = |rows: Vec<Vec<String>>, verdict: Option<&str>| {
        for row in rows {
            let verdict = verdict.map_or_else(|| row[3].clone(), str::to_owned);
            found.entry((row[0].clone(), row[1].clone(), row[2].clone())).or_default().insert(verdict);
        }
    };
    add(ask(&relations, "?- allowed(P, A, R)."), Some("allowed"));
    add(ask(&relations, "?- conditional(P, A, R)."), Some("conditional"));
    add(ask(&relations, "?- capable(P, C, R, V)."), None);
    let reached: BTreeSet<Vec<String>> = ask(&relations, "?- reaches(P, C, R).").into_iter().collect();

    let principals: Vec<String> = ask(&relations, "?- principal(P).").into_iter().flatten().collect();
    let mut questions: BTreeSet<(String, String)> = BTreeSet::new();
    for question in world.questions() {
        questions.insert((question.what.to_owned(), question.resource));
    }
    for resource in ask(&relations, "?- repository(R).") {
        let all = Capability::ALL.iter().filter(|one| **one != Capability::Create);
        questions.extend(all.map(|one| (one.to_string(), resource[0].clone())));
    }
    let mut compared = 0;
    for (number, (what, resource)) in questions.iter().enumerate() {
        let is_capability = Capability::parse(what).is_some();
        for direct in [true, false] {
            if !direct && !is_capability {
                continue;
            }
            // Of everybody by `who-can`, of some by `can`, which takes longer.
            let listed = relations.who_can(what, resource, Scope { direct, all: false });
            let listed = listed.map_err(|error| format!("{what} {resource}: {error}"))?;
            let is_open = listed
                .rows
                .iter()
                .any(|row| row.principal == "anyone" && what == "pull" && row.routes[0].statements.is_empty());
            for (other, who) in principals.iter().enumerate() {
                let is_asked = (number * 7 + other) % 19 == 0;
                if is_open && !is_asked {
                    continue;
                }
                let answer = if is_asked {
                    let answer = relations.can(who, what, resource, Scope { direct, all: true });
                    answer.map_err(|error| format!("{who} {what} {resource}: {error}"))?
                } else {
                    listed.clone()
                };
                let own = answer.rows.iter().filter(|row| row.principal == *who && row.resource == *resource);
                let verdicts = own.map(|row| row.verdict).filter(|verdict| verdict.is_possible());
                let expected: BTreeSet<String> = verdicts.map(|verdict| verdict.to_string()).collect();
                let cell = (who.clone(), what.clone(), resource.clone());
                compared += 1;
                let is_same = if direct {
                    found.get(&cell).cloned().unwrap_or_default() == expected
                } else {
                    reached.contains(&vec![cell.0.clone(), cell.1.clone(), cell.2.clone()]) != expected.is_empty()
                };
                if !is_same {
                    let own = found.get(&cell);
                    return Err(format!("{cell:?}: {own:?}, but asked otherwise (direct: {direct}): {expected:?}"));
                }
            }
        }
    }
    Ok(compared + bound(&relations, &found)?)
}

/// The same rows, asked for with values for some columns.
fn bound(relations: &grantlog::Relations<'_>, all: &Cells) -> Result<usize, String> {
    let mut compared = 0;
    for (number, (who, what, on)) in all.keys().enumerate().step_by(1 + all.len() / 12) {
        let is_capability = Capability::parse(what).is_some();
        let of_kind = |one: &&(String, String, String)| Capability::parse(&one.1).is_some() == is_capability;
        for mask in 1..8_u32 {
            let fits = |one: &&(String, String, String)| {
                (mask & 1 == 0 || one.0 == *who) && (mask & 2 == 0 || one.1 == *what) && (mask & 4 == 0 || one.2 == *on)
            };
            let place = |bit: u32, name: &str, value: &str| {
                if mask & bit == 0 { name.to_owned() } else { quoted(value) }
            };
            let terms = [place(1, "P", who), place(2, "A", what), place(4, "R", on)].join(", ");
            let text =
                if is_capability { format!("?- capable({terms}, _).") } else { format!("?- possible({terms}).") };
            let expected: BTreeSet<Vec<String>> = all
                .keys()
                .filter(of_kind)
                .filter(fits)
                .map(|one| {
                    let columns = [(1, &one.0), (2, &one.1), (4, &one.2)];
                    columns.iter().filter(|(bit, _)| mask & bit == 0).map(|(_, name)| (*name).clone()).collect()
                })
                .collect();
            let found: BTreeSet<Vec<String>> = ask(relations, &text).into_iter().collect();
            compared += 1;
            if found != expected {
                return Err(format!("{number}: {text}\n{found:?}\nexpected {expected:?}"));
            }
        }
    }
    Ok(compared)
}
