//! Who gained and who lost what, as a sheet.

use super::fold::{label, short};
use super::{Sheet, Value};
use crate::query::{ChangedLine, Changes, Verdict};

/// How those who gain or lose the same are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowd {
    /// In a few words.
    Folded,
    /// By their names.
    Named,
    /// In a row each.
    Single,
}

/// A row a line, or more.
#[must_use]
pub fn changed(changes: &Changes, crowd: Crowd) -> Sheet {
    let columns = ["change", "action", "before", "after", "principals", "count", "resources"];
    let mut sheet = Sheet::new("changes", &columns);
    for line in &changes.lines {
        if crowd != Crowd::Single {
            sheet.rows.push(row(line, crowd));
            continue;
        }
        for principal in &line.principals {
            for resource in &line.resources {
                let (resources, principals) = (vec![resource.clone()], vec![principal.clone()]);
                sheet.rows.push(row(&ChangedLine { resources, principals, ..line.clone() }, crowd));
            }
        }
    }
    sheet
}

fn row(line: &ChangedLine, crowd: Crowd) -> Vec<Value> {
    let word = |verdict: Option<Verdict>| verdict.map_or("not there", Verdict::as_str);
    let named = |names: &[String], kind: &str| match (crowd, names) {
        (Crowd::Folded, [one]) => short(one).into(),
        (Crowd::Folded, _) => label(&names.iter().map(String::as_str).collect::<Vec<_>>(), kind).into(),
        (Crowd::Named | Crowd::Single, _) => Value::List(names.to_vec()),
    };
    vec![
        if line.shift.is_gain() { "gained" } else { "lost" }.into(),
        line.action.clone().into(),
        word(line.before).into(),
        word(line.after).into(),
        named(&line.principals, line.kind),
        line.principals.len().into(),
        named(&line.resources, "resource"),
    ]
}
