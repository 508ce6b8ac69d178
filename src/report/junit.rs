//! Alerts as `JUnit` XML, which build servers read: a test case a rule, a suite a group of rules.
//!
//! A rule without alerts is a test that passed. One that nobody can decide is an error, one with accepted alerts only
//! is skipped, any other with alerts is a failure.

use std::io::{self, Write};

use indexmap::IndexMap;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use rustc_hash::FxBuildHasher;

use super::alert::{Alert, Alerts, Level, Place, Rule};

/// What came of a rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Skipped,
    Error,
    Failure,
}

struct Case<'a> {
    rule: &'a Rule,
    result: Outcome,
    alerts: Vec<&'a Alert>,
}

/// Writes all of them.
///
/// # Errors
/// Those of the writer.
pub fn junit(alerts: &Alerts, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: IndexMap<&str, Vec<Case<'_>>, FxBuildHasher> = IndexMap::default();
    for rule in &alerts.rules {
        let own: Vec<&Alert> = alerts.alerts.iter().filter(|alert| alert.rule == rule.id).collect();
        suites.entry(&rule.group).or_default().push(Case { rule, result: result(&own), alerts: own });
    }
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all = || suites.values().flatten();
    let counts = [
        ("tests", all().count()),
        ("failures", count(all(), Outcome::Failure)),
        ("errors", count(all(), Outcome::Error)),
    ];
    let numbers = counts.map(|(name, number)| (name, number.to_string()));
    let attributes = numbers.iter().map(|(name, number)| (*name, number.as_str()));
    let root = xml.create_element("testsuites").with_attribute(("name", "grantlog"));
    root.with_attributes(attributes)
        .write_inner_content(|xml| suites.iter().try_for_each(|(group, cases)| suite(group, cases, xml)))?;
    writeln!(out)
}

fn suite<W: Write>(group: &str, cases: &[Case<'_>], xml: &mut Writer<W>) -> io::Result<()> {
    let counts = [
        ("tests", cases.len()),
        ("failures", count(cases.iter(), Outcome::Failure)),
        ("errors", count(cases.iter(), Outcome::Error)),
        ("skipped", count(cases.iter(), Outcome::Skipped)),
    ];
    let numbers = counts.map(|(name, number)| (name, number.to_string()));
    let attributes = numbers.iter().map(|(name, number)| (*name, number.as_str()));
    let group = legal(group);
    let suite = xml.create_element("testsuite").with_attribute(("name", group.as_str()));
    suite
        .with_attributes(attributes)
        .write_inner_content(|xml| cases.iter().try_for_each(|one| case(&group, one, xml)))?;
    Ok(())
}

fn case<W: Write>(group: &str, case: &Case<'_>, xml: &mut Writer<W>) -> io::Result<()> {
    let (name, title) = (legal(&case.rule.id), legal(&case.rule.title));
    let element = xml.create_element("testcase").with_attributes([("name", name.as_str()), ("classname", group)]);
    let kind = match case.result {
        Outcome::Passed => return element.write_empty().map(drop),
        Outcome::Skipped => "skipped",
        Outcome::Error => "error",
        Outcome::Failure => "failure",
    };
    let (first, others) = (case.alerts.first().map_or("", |alert| &alert.message), case.alerts.len().saturating_sub(1));
    let message = legal(first) + &if others == 0 { String::new() } else { format!(" (and {others} more)") };
    let mut text = format!("{title}\n");
    for alert in &case.alerts {
        text.extend(["\n", &alert.message, "\n", &alert.details]);
        alert.places.iter().for_each(|place| text.extend([&line(place), "\n"]));
        text.extend(alert.suppression.iter().map(|reason| format!("accepted: {reason}\n")));
    }
    let text = legal(&text);
    element.write_inner_content(|xml| {
        let inner = xml.create_element(kind);
        let kind = case.rule.severity.as_str();
        let inner = inner.with_attributes([("type", kind), ("message", message.as_str())]);
        inner.write_text_content(BytesText::new(&text)).map(drop)
    })?;
    Ok(())
}

fn result(alerts: &[&Alert]) -> Outcome {
    let mut open = alerts.iter().filter(|alert| alert.suppression.is_none()).map(|alert| alert.level);
    match (alerts.is_empty(), open.clone().count()) {
        (true, _) => Outcome::Passed,
        (false, 0) => Outcome::Skipped,
        (false, _) if open.all(|level| level == Level::Open) => Outcome::Error,
        (false, _) => Outcome::Failure,
    }
}

fn count<'a>(cases: impl Iterator<Item = &'a Case<'a>>, wanted: Outcome) -> usize {
    cases.filter(|case| case.result == wanted).count()
}

fn line(place: &Place) -> String {
    let Place { file, start, message, .. } = place;
    let message = if message.is_empty() { String::new() } else { format!(": {message}") };
    format!("{file}:{}:{}{message}", start.line, start.column)
}

/// The text without what XML cannot hold, however it is written.
pub(crate) fn legal(text: &str) -> String {
    let is_legal = |char: &char| {
        matches!(char, '\t' | '\n' | ' '..='\u{7e}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
            && !super::terminal::is_hidden(*char)
            || matches!(char, '\t' | '\n')
    };
    text.chars().filter(is_legal).collect()
}
