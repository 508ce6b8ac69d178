//! What came of assertions: for people, for programs, and as alerts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::alert::{Alert, Alerts, Files, Fix, Level, Place, Rule, fingerprint};
use super::fold::short;
use super::jsonl::{object, to_json};
use super::proof::{self, ProofRecord, headline_of};
use super::record::Record;
use super::sheet::Sheet;
use super::table::{Line, lines, principal, through};
use super::terminal::clean;
use super::{Style, Value};
use crate::assertion::{Assertion, Checked, Failure, Named, Outcome, Sentence};
use crate::condition::documented;
use crate::policy::{Sources, Span};
use crate::query::{Citation, Proof, Step};

/// So many counterexamples are told, those that are alike as one; the rest is counted.
const SHOWN: usize = 10;
/// So many principals a fix adds to a list.
const ADDED: usize = 5;

/// For a person: what fails first, then what nobody can say, then what holds.
#[must_use]
pub fn text(checked: &[Checked], sources: &Sources, style: Style) -> String {
    let files = Files::of(sources);
    let mut text = String::new();
    let mut counts = [0_usize; 3];
    let rank = |one: &&Checked| match one.outcome {
        Outcome::Fails(_) => 0,
        Outcome::Undecided(_) => 1,
        Outcome::Holds => 2,
    };
    let mut ordered: Vec<&Checked> = checked.iter().collect();
    ordered.sort_by_key(rank);
    for one in ordered {
        counts[rank(&one)] += 1;
        let Checked { assertion, outcome } = one;
        let at = files.place(&assertion.file, bytes(&assertion.span));
        let at = at.map(|at| format!("{}:{}", at.file, at.start.line)).unwrap_or_default();
        let (word, color) = match outcome {
            Outcome::Fails(_) => ("fails", "\u{1b}[31m"),
            Outcome::Undecided(_) => ("undecided", "\u{1b}[33m"),
            Outcome::Holds => ("holds", "\u{1b}[34m"),
        };
        let word = if style.color { format!("{color}{word:<9}\u{1b}[0m") } else { format!("{word:<9}") };
        let (name, severity) = (clean(&assertion.name), assertion.severity.as_str());
        let _ = writeln!(text, "{word}  {name} ({severity}) {}", clean(&at));
        match outcome {
            Outcome::Holds => {}
            Outcome::Fails(failure) => {
                let _ = writeln!(text, "  {}", clean(&assertion.text));
                failed(failure, style, &mut text);
                text.push('\n');
            }
            Outcome::Undecided(missing) => {
                let _ = writeln!(text, "  {}\n  the input lacks what could change it:", clean(&assertion.text));
                for message in missing.iter().take(SHOWN) {
                    let _ = writeln!(text, "    {}", clean(message));
                }
                if missing.len() > SHOWN {
                    let _ = writeln!(text, "    and {} more", missing.len() - SHOWN);
                }
                text.push('\n');
            }
        }
    }
    let words = [("fails", "fail"), ("is undecided", "are undecided"), ("holds", "hold")];
    let told = counts.iter().zip(words).filter(|(count, _)| **count > 0);
    let told: Vec<String> =
        told.map(|(count, (one, several))| format!("{count} {}", if *count == 1 { one } else { several })).collect();
    let _ = writeln!(text, "{}", if told.is_empty() { "nothing is asserted".to_owned() } else { told.join(", ") });
    text
}

fn failed(failure: &Failure, style: Style, text: &mut String) {
    let told = counterexamples(failure, style.expand);
    for (line, _) in told.iter().take(SHOWN) {
        let _ = writeln!(text, "    {}", clean(line));
    }
    let left = failure.number - told.iter().take(SHOWN).map(|(_, number)| number).sum::<usize>();
    if left > 0 {
        let _ = writeln!(text, "    and {left} more");
    }
    if !failure.circumstance.is_empty() {
        let _ = writeln!(text, "  in a request with {}", clean(&context(failure.circumstance.iter())));
    }
    if let Some(witness) = failure.rows.first().and_then(|row| row.witness.as_ref()) {
        let keys = witness.iter().map(|(key, values)| (key, values));
        let _ = writeln!(text, "  for example in a request with {}", clean(&context(keys)));
    }
    if !failure.proofs.is_empty() {
        text.push_str("  why:\n");
        let style = proof::Style { width: style.width.map(usize::from), color: style.color };
        for line in proof::text(&failure.proofs, style).lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
}

/// Counterexamples, those that are alike as one, with how many each stands for.
fn counterexamples(failure: &Failure, expand: bool) -> Vec<(String, usize)> {
    if let Some(table) = &failure.table {
        return rows_of(&Sheet::from(table)).into_iter().map(|row| (row, 1)).collect();
    }
    let folded = lines(&failure.rows, expand);
    folded.iter().map(|line| (sentence(line), line.principals.len())).collect()
}

fn sentence(line: &Line<'_>) -> String {
    let way = through(line);
    let way = if way.is_empty() || way == "directly" { String::new() } else { format!(", {way}") };
    format!("{}{way}", headline_of(&principal(line), line.row))
}

fn rows_of(sheet: &Sheet) -> Vec<String> {
    let shown = |value: &Value| short(&value.text()).to_owned();
    let row = |row: &Vec<Value>| {
        let each = sheet.columns.iter().zip(row).map(|(column, value)| format!("{column} = {}", shown(value)));
        each.collect::<Vec<_>>().join(", ")
    };
    sheet.rows.iter().map(row).collect()
}

fn context<'a>(keys: impl Iterator<Item = (&'a String, &'a Vec<String>)>) -> String {
    let told = keys.map(|(key, values)| match values.as_slice() {
        [] => format!("no {}", documented(key)),
        values => format!("{}={}", documented(key), values.join(",")),
    });
    told.collect::<Vec<_>>().join(" ")
}

// --- for programs ---

#[derive(Serialize)]
struct CheckedRecord<'a> {
    name: &'a str,
    severity: &'static str,
    file: &'a str,
    line: Option<usize>,
    assertion: &'a str,
    outcome: &'static str,
    /// How many counterexamples there are; those that are listed may be fewer.
    number: usize,
    /// What requests of the counterexamples are like.
    circumstance: BTreeMap<&'a str, &'a [String]>,
    counterexamples: Vec<Box<RawValue>>,
    proofs: Vec<ProofRecord<'a>>,
    missing: &'a [String],
}

fn record<'a>(one: &'a Checked, files: &Files<'_>) -> io::Result<CheckedRecord<'a>> {
    let Checked { assertion, outcome } = one;
    let (failure, missing): (Option<&Failure>, &[String]) = match outcome {
        Outcome::Holds => (None, &[]),
        Outcome::Fails(failure) => (Some(failure), &[]),
        Outcome::Undecided(missing) => (None, missing),
    };
    let mut counterexamples = Vec::new();
    if let Some(failure) = failure {
        for row in &failure.rows {
            counterexamples.push(to_raw_value(&Record::from(row))?);
        }
        if let Some(table) = &failure.table {
            let sheet = Sheet::from(table);
            for row in &sheet.rows {
                counterexamples.push(to_raw_value(&object(&sheet, row))?);
            }
        }
    }
    let keys = failure.into_iter().flat_map(|failure| &failure.circumstance);
    Ok(CheckedRecord {
        name: &assertion.name,
        severity: assertion.severity.as_str(),
        file: &assertion.file,
        line: files.place(&assertion.file, bytes(&assertion.span)).map(|place| place.start.line),
        assertion: &assertion.text,
        outcome: match outcome {
            Outcome::Holds => "holds",
            Outcome::Fails(_) => "fails",
            Outcome::Undecided(_) => "undecided",
        },
        number: failure.map_or(0, |failure| failure.number),
        circumstance: keys.map(|(key, values)| (key.as_str(), values.as_slice())).collect(),
        counterexamples,
        proofs: failure.into_iter().flat_map(|failure| &failure.proofs).map(ProofRecord::from).collect(),
        missing,
    })
}

/// An object a line.
///
/// # Errors
/// Those of the writer.
pub fn jsonl(checked: &[Checked], sources: &Sources, out: &mut dyn Write) -> io::Result<()> {
    let files = Files::of(sources);
    checked.iter().try_for_each(|one| writeln!(out, "{}", to_json(&record(one, &files)?)?))
}

/// One array of the same objects.
///
/// # Errors
/// Those of the writer.
pub fn json(checked: &[Checked], sources: &Sources, out: &mut dyn Write) -> io::Result<()> {
    let files = Files::of(sources);
    let each = checked.iter().map(|one| to_json(&record(one, &files)?));
    let each = each.collect::<io::Result<Vec<String>>>()?;
    if each.is_empty() { writeln!(out, "[]") } else { writeln!(out, "[\n  {}\n]", each.join(",\n  ")) }
}

// --- as alerts ---

/// A rule an assertion, an alert a counterexample. `sources` are the files of assertions, `input` those of policies.
#[must_use]
pub fn alerts(checked: &[Checked], sources: &Sources, input: &Sources) -> Alerts {
    let (files, inputs) = (Files::of(sources), Files::of(input));
    let mut found = Alerts::default();
    for Checked { assertion, outcome } in checked {
        found.rules.push(Rule {
            id: assertion.name.clone(),
            title: assertion.text.clone(),
            severity: assertion.severity,
            help: help(assertion),
            group: assertion.file.clone(),
        });
        let own = files.place(&assertion.file, bytes(&assertion.span));
        let own = own.map(|own| Place { message: "the assertion".to_owned(), ..own });
        let alert = Alert {
            rule: assertion.name.clone(),
            level: Level::Open,
            message: String::new(),
            details: String::new(),
            places: own.iter().cloned().collect(),
            names: Vec::new(),
            fix: None,
            fingerprint: fingerprint(&[&assertion.name, &assertion.text]),
            suppression: None,
        };
        match outcome {
            Outcome::Holds => {}
            Outcome::Undecided(missing) => {
                let message = format!("cannot be decided, for the input is incomplete: {}", assertion.text);
                let details = missing.iter().flat_map(|message| [message.as_str(), "\n"]).collect();
                found.alerts.push(Alert { message, details, ..alert });
            }
            Outcome::Fails(failure) => {
                let added = |names: &[&str]| fix(assertion, names, &files);
                let each = failures(assertion, failure, &inputs, &added);
                found.alerts.extend(each.into_iter().map(|mut one| {
                    one.places.extend(own.clone());
                    Alert { level: assertion.severity.into(), rule: assertion.name.clone(), ..one }
                }));
            }
        }
    }
    found
}

/// An alert a counterexample; what all have in common is added by who knows it.
fn failures(
    assertion: &Assertion,
    failure: &Failure,
    inputs: &Files<'_>,
    added: &dyn Fn(&[&str]) -> Option<Fix>,
) -> Vec<Alert> {
    let told = counterexamples(failure, false);
    let left = failure.number - told.iter().take(SHOWN).map(|(_, number)| number).sum::<usize>();
    let folded = lines(&failure.rows, false);
    let mut alerts = Vec::new();
    for (at, (line, _)) in told.iter().take(SHOWN).enumerate() {
        let is_last = at + 1 == told.len().min(SHOWN);
        let more = if is_last && left > 0 { format!("; and {left} more") } else { String::new() };
        let proofs = if at == 0 { failure.proofs.as_slice() } else { &[] };
        let mut cited: Vec<&Citation> = Vec::new();
        let (mut key, mut fix) = (vec![assertion.name.as_str(), line.as_str()], None);
        if let Some(line) = folded.get(at).filter(|_| failure.table.is_none()) {
            cited.extend(line.row.routes.iter().flat_map(|route| &route.statements));
            key = vec![assertion.name.as_str(), &line.row.action, &line.row.resource, line.row.verdict.as_str()];
            key.extend(&line.principals);
            fix = added(&line.principals);
        }
        if cited.is_empty() {
            for proof in proofs {
                deciding(proof, &mut cited);
            }
        }
        let mut places: Vec<Place> = Vec::new();
        for place in cited.into_iter().filter_map(|citation| inputs.cited(citation)) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let mut details = String::new();
        if !failure.circumstance.is_empty() {
            let _ = writeln!(details, "in a request with {}", clean(&context(failure.circumstance.iter())));
        }
        details.push_str(&proof::text(proofs, proof::Style::default()));
        alerts.push(Alert {
            rule: String::new(),
            level: Level::Error,
            message: clean(&format!("{line}{more}; asserted: {}", assertion.text)).into_owned(),
            details,
            places,
            names: Vec::new(),
            fix,
            fingerprint: fingerprint(&key),
            suppression: None,
        });
    }
    alerts
}

/// The statements that a proof rests on.
fn deciding<'a>(proof: &'a Proof, cited: &mut Vec<&'a Citation>) {
    fn of_step<'a>(step: &'a Step, cited: &mut Vec<&'a Citation>) {
        cited.extend(step.statements.iter().map(|one| &one.statement));
        step.because.iter().for_each(|step| of_step(step, cited));
    }
    proof.steps.iter().for_each(|step| of_step(step, cited));
    proof.parts.iter().for_each(|part| deciding(part, cited));
}

/// What names those in the list of an assertion who may.
fn fix(assertion: &Assertion, names: &[&str], files: &Files<'_>) -> Option<Fix> {
    let listed = match &assertion.sentence {
        Sentence::Only(listed, _) => listed,
        Sentence::NoOne { except, .. } => except,
        _ => return None,
    };
    let at = assertion.span.start + listed.last()?.span.end;
    if names.len() > ADDED {
        return None;
    }
    let place = files.place(&assertion.file, Span::new(at, at))?;
    let name = |name: &&str| format!(", {}", Named { text: (*name).to_owned(), span: 0..0 });
    let description = "if it is meant, name who may".to_owned();
    Some(Fix { description, place, text: names.iter().map(name).collect() })
}

/// What an assertion means and what to do where it fails.
fn help(assertion: &Assertion) -> String {
    let (meaning, advice) = match &assertion.sentence {
        Sentence::Only(..) => (
            "Nobody but those who are named can do this, not in any request, and not through roles either.",
            "Take the permission away at the statement that grants it, or name who may.",
        ),
        Sentence::NoOne { .. } => (
            "Nobody of whom this is true can do this, not in any request, and not through roles either.",
            "Take the permission away at the statement that grants it, or say who is excepted.",
        ),
        Sentence::Can { sometimes: false, .. } => (
            "Each of these can do this in every request.",
            "Add what the proof misses, tell the circumstances (`when`), or say `can sometimes`.",
        ),
        Sentence::Can { .. } => ("Each of these can do this in some request.", "Add what the proof misses."),
        Sentence::Cannot(..) => (
            "None of these can do this, not in any request, and not through roles either.",
            "Take the permission away at the statement that grants it.",
        ),
        Sentence::Query { .. } => ("The saved query finds nothing.", "`grantlog -c 'show QUERY'` says what to do."),
        Sentence::Empty(_) | Sentence::Rules(_) => ("The question finds nothing.", "Look at each row that it finds."),
    };
    let text = assertion.text.replace('`', "'");
    format!("`{text}`\n\n{meaning}\n\n{advice}")
}

fn bytes(span: &std::ops::Range<usize>) -> Span {
    Span::new(span.start, span.end)
}
