//! What is otherwise in one input than in another: section by section for people, one sheet for programs.

use std::collections::BTreeMap;

use super::finding::{at as finding_place, listed as findings_listed};
use super::fold::{label, short};
use super::sheet::place;
use super::{Crowd, Sheet, Value};
use crate::finding::Turnover;
use crate::query::{Citation, Difference, DifferenceLine, Entities, Shift, Verdict};

/// Where a change is told; what matters most comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Public,
    Gained,
    Changed,
    Lost,
    Private,
    New,
    Gone,
}

impl Section {
    fn of(line: &DifferenceLine) -> Self {
        let changed = &line.changed;
        match (line.is_public(), changed.shift) {
            (true, _) if line.is_gain() => Self::Public,
            (true, _) => Self::Private,
            _ if changed.before.is_none() => Self::New,
            _ if changed.after.is_none() => Self::Gone,
            (_, Shift::Gained | Shift::Widened) => Self::Gained,
            (_, Shift::Altered | Shift::Narrowed) => Self::Changed,
            (_, Shift::Lost) => Self::Lost,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Public => "Became public",
            Self::Gained => "Gained",
            Self::Changed => "Under other conditions",
            Self::Lost => "Lost",
            Self::Private => "No longer public, or less",
            Self::New => "With principals and repositories that are new",
            Self::Gone => "With principals and repositories that are gone",
        }
    }

    /// The word for programs.
    fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Gained => "gained",
            Self::Changed => "changed",
            Self::Lost => "lost",
            Self::Private => "private",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}

/// The sections that have something in them, each a sheet for people under its title.
#[must_use]
pub fn difference_sections(difference: &Difference, findings: &Turnover, crowd: Crowd) -> Vec<Sheet> {
    let mut sections: BTreeMap<Section, Sheet> = BTreeMap::new();
    for line in &difference.lines {
        let section = Section::of(line);
        let columns = ["change", "action", "principals", "resources", "verdict", "if", "statements"];
        let sheet = sections.entry(section).or_insert_with(|| Sheet::new(section.title(), &columns));
        sheet.rows.push(row(line, crowd));
    }
    // Nobody needs a column in which nothing stands.
    for sheet in sections.values_mut() {
        for at in (0..sheet.columns.len()).rev() {
            if sheet.rows.iter().all(|row| row[at] == Value::Null) {
                sheet.columns.remove(at);
                sheet.rows.iter_mut().for_each(|row| drop(row.remove(at)));
            }
        }
    }
    let mut entities = Sheet::new("New and gone", &["change", "what", "count", "names"]);
    for (change, kind, names) in listed(difference) {
        let told = if crowd == Crowd::Folded { label(&texts(names), kind) } else { names.join("; ") };
        entities.rows.push(vec![change.into(), kind.into(), names.len().into(), told.into()]);
    }
    let titled = [("Findings that appeared", &findings.appeared), ("Findings that are gone", &findings.gone)];
    let found = titled.map(|(title, found)| Sheet { title: title.to_owned(), ..findings_listed(found) });
    let last = found.into_iter().chain([entities]).filter(|sheet| !sheet.rows.is_empty());
    sections.into_values().chain(last).collect()
}

/// Everything in one sheet, a row a change; findings are told with their name as the action.
#[must_use]
pub fn difference_rows(difference: &Difference, findings: &Turnover) -> Sheet {
    let columns = [
        "section",
        "change",
        "action",
        "kind",
        "principals",
        "count",
        "resources",
        "before",
        "after",
        "condition_before",
        "condition_after",
        "granted_by",
        "was_granted_by",
        "denied_by",
        "incomplete",
        "message",
    ];
    let mut sheet = Sheet::new("changes", &columns);
    let mut lines: Vec<(Section, &DifferenceLine)> =
        difference.lines.iter().map(|line| (Section::of(line), line)).collect();
    lines.sort_by_key(|(section, _)| *section);
    sheet.rows.extend(lines.into_iter().map(|(section, line)| {
        let changed = &line.changed;
        let [before, after] = &changed.conditions;
        vec![
            section.as_str().into(),
            changed.shift.as_str().into(),
            changed.action.clone().into(),
            changed.kind.into(),
            changed.principals.clone().into(),
            changed.principals.len().into(),
            changed.resources.clone().into(),
            word(changed.before).into(),
            word(changed.after).into(),
            before.clone().into(),
            after.clone().into(),
            places(&line.granted_by).into(),
            places(&line.was_granted_by).into(),
            places(&line.denied_by).into(),
            line.incomplete.clone().into(),
            Value::Null,
        ]
    }));
    let nothing = || Value::List(Vec::new());
    let both = [("appeared", &findings.appeared), ("gone", &findings.gone)];
    for (change, found) in both.into_iter().flat_map(|(change, all)| all.iter().map(move |one| (change, one))) {
        let places: Vec<String> = found.spots.iter().map(finding_place).collect();
        let (by, was) = if change == "gone" { (nothing(), places.into()) } else { (places.into(), nothing()) };
        sheet.rows.push(vec![
            "findings".into(),
            change.into(),
            found.finding.as_str().into(),
            Value::Null,
            found.principals.clone().into(),
            found.principals.len().into(),
            found.resources.clone().into(),
            Value::Null,
            Value::Null,
            Value::Null,
            Value::Null,
            by,
            was,
            nothing(),
            nothing(),
            found.message.clone().into(),
        ]);
    }
    sheet.rows.extend(listed(difference).into_iter().map(|(change, kind, names)| {
        let (people, things) =
            if kind == "principal" { (names.to_vec().into(), nothing()) } else { (nothing(), names.to_vec().into()) };
        let mut row =
            vec!["entities".into(), change.into(), Value::Null, kind.into(), people, names.len().into(), things];
        row.extend([Value::Null, Value::Null, Value::Null, Value::Null, nothing(), nothing(), nothing(), nothing()]);
        row.push(Value::Null);
        row
    }));
    sheet
}

/// How many lines there are of each change: `2 gained, 1 lost`.
#[must_use]
pub fn difference_tally(difference: &Difference) -> String {
    let mut cells: BTreeMap<std::cmp::Reverse<Shift>, usize> = BTreeMap::new();
    for line in &difference.lines {
        *cells.entry(std::cmp::Reverse(line.changed.shift)).or_default() += line.changed.cells();
    }
    let told: Vec<String> = cells.iter().map(|(shift, count)| format!("{count} {}", shift.0.as_str())).collect();
    if told.is_empty() { "no permission changed".to_owned() } else { format!("permissions: {}", told.join(", ")) }
}

fn row(line: &DifferenceLine, crowd: Crowd) -> Vec<Value> {
    let changed = &line.changed;
    let names = |names: &[String], kind: &str| match crowd {
        Crowd::Folded => label(&texts(names), kind),
        Crowd::Named | Crowd::Single => names.iter().map(|name| short(name)).collect::<Vec<_>>().join("; "),
    };
    let verdict = match (changed.before, changed.after) {
        (Some(before), Some(after)) if changed.shift != Shift::Gained && before != after => {
            format!("{} to {}", word(Some(before)), word(Some(after)))
        }
        (_, Some(after)) => word(Some(after)).to_owned(),
        (before, None) => format!("was {}", word(before)),
    };
    let condition = match &changed.conditions {
        [Some(before), Some(after)] => Some(format!("{after}; before: {before}")),
        [Some(before), None] => Some(format!("before: {before}")),
        [None, after] => after.clone(),
    };
    vec![
        changed.shift.as_str().into(),
        changed.action.clone().into(),
        names(&changed.principals, changed.kind).into(),
        names(&changed.resources, "resource").into(),
        verdict.into(),
        condition.into(),
        because(line, crowd).into(),
    ]
}

/// The statements in words; of many the first.
fn because(line: &DifferenceLine, crowd: Crowd) -> Option<String> {
    let told = |word: &str, statements: &[Citation]| {
        let places = places(statements);
        let most = if crowd == Crowd::Folded { 2 } else { usize::MAX };
        let more = places.len().saturating_sub(most);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let first: Vec<String> = places.into_iter().take(most).collect();
        (!first.is_empty()).then(|| format!("{word}{}{more}", first.join(", ")))
    };
    let each = [
        told("denied by ", &line.denied_by),
        told("", &line.granted_by),
        told("was granted by ", &line.was_granted_by),
    ];
    let lacking = line.incomplete.iter().map(|gap| format!("not known: {gap}"));
    let each: Vec<String> = each.into_iter().flatten().chain(lacking).collect();
    (!each.is_empty()).then(|| each.join("; "))
}

fn places(statements: &[Citation]) -> Vec<String> {
    statements.iter().map(place).collect()
}

fn texts(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

fn word(verdict: Option<Verdict>) -> &'static str {
    verdict.map_or("not there", Verdict::as_str)
}

/// Accounts, principals and repositories that are new or gone.
fn listed(difference: &Difference) -> Vec<(&'static str, &'static str, &[String])> {
    let both = [("new", &difference.new), ("gone", &difference.gone)].into_iter();
    let all = both.flat_map(|(change, Entities { accounts, principals, repositories })| {
        [("account", accounts), ("principal", principals), ("repository", repositories)]
            .map(|(kind, names)| (change, kind, names.as_slice()))
    });
    all.filter(|(.., names)| !names.is_empty()).collect()
}
