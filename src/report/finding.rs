//! Findings: as text for people, as records for programs, as a sheet for everything else.

use std::fmt::Write as _;

use serde::Serialize;

use super::alert::{Alert, Alerts, Fix, Place, Rule, fingerprint};
use super::terminal::clean;
use super::{Sheet, Style, Value};
use crate::finding::{Edit, Finding, Found, Page, Parted, Region, Spot};
use crate::query::saved::Severity;

/// So many places of one finding are told in text; the rest is counted.
const SHOWN: usize = 3;

/// A row a finding, with the first of its places.
#[must_use]
pub fn listed(found: &[Found]) -> Sheet {
    let mut sheet = Sheet::new("findings", &["finding", "severity", "place", "policy", "message"]);
    sheet.rows.extend(found.iter().map(|one| {
        let (place, policy) = match one.spots.split_first() {
            Some((first, rest)) => {
                let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
                (Some(at(first) + &more), first.statement.as_ref().map(|one| one.policy.clone()))
            }
            None => (None, None),
        };
        vec![
            one.finding.as_str().into(),
            one.severity().as_str().into(),
            place.into(),
            policy.into(),
            one.message.clone().into(),
        ]
    }));
    sheet
}

/// The file, the line and the column.
pub(super) fn at(spot: &Spot) -> String {
    format!("{}:{}:{}", spot.file, spot.region.start.line, spot.region.start.column)
}

/// For a person: what matters most first, each with its places, and how many there are of what.
#[must_use]
pub(super) fn found(parted: &Parted, style: Style) -> String {
    let mut text = String::new();
    for one in &parted.found {
        told(one, style, &mut text);
    }
    text.push_str(&tally(parted));
    text
}

fn told(one: &Found, style: Style, text: &mut String) {
    let severity = one.severity();
    let color = match severity {
        Severity::Critical | Severity::High => "\u{1b}[31m",
        Severity::Medium => "\u{1b}[33m",
        Severity::Low | Severity::Info => "\u{1b}[34m",
    };
    let word = severity.as_str();
    let word = if style.color { format!("{color}{word}\u{1b}[0m") } else { word.to_owned() };
    let _ = writeln!(text, "{word}: {} [{}]", clean(&one.message), one.finding);
    let shown = if style.expand { one.spots.len() } else { SHOWN };
    for spot in one.spots.iter().take(shown) {
        let _ = writeln!(text, "  at {}{}", clean(&at(spot)), clean(&stands(spot)));
    }
    match one.spots.len().saturating_sub(shown) {
        0 => {}
        1 => text.push_str("  and at one place more\n"),
        more => {
            let _ = writeln!(text, "  and at {more} places more");
        }
    }
    if let Some(hint) = &one.hint {
        let _ = writeln!(text, "  hint: {}", clean(hint));
    }
    text.push('\n');
}

/// What stands at a place: which statement of which policy.
fn stands(spot: &Spot) -> String {
    let Some(statement) = &spot.statement else { return String::new() };
    let sid = statement.sid.as_ref().map(|sid| format!(" `{sid}`")).unwrap_or_default();
    format!(", in the {}{sid} of {}", statement.effect, statement.policy)
}

/// How many there are of what, and what is said of the file that lets some stand.
#[must_use]
pub fn tally(parted: &Parted) -> String {
    let of = |severity: Severity| parted.found.iter().filter(|one| one.severity() == severity).count();
    let counts = Severity::ALL.into_iter().rev().map(|severity| (of(severity), severity.as_str()));
    let counts: Vec<String> =
        counts.filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let mut text = match parted.found.len() {
        0 => "no findings".to_owned(),
        1 => format!("1 finding: {}", counts.join(", ")),
        count => format!("{count} findings: {}", counts.join(", ")),
    };
    if !parted.suppressed.is_empty() {
        let _ = write!(text, "; {} suppressed", parted.suppressed.len());
    }
    text.push('\n');
    for note in &parted.notes {
        let _ = writeln!(text, "note: {}", clean(note));
    }
    text
}

/// As alerts, one for each place; what somebody lets stand says why.
#[must_use]
pub fn alerts(parted: &Parted) -> Alerts {
    let rules = Finding::ALL.iter().map(|&finding| {
        let Page { title, severity, text } = Page::of(finding);
        Rule {
            id: finding.to_string(),
            title: title.to_owned(),
            severity,
            help: text.to_owned(),
            group: "findings".to_owned(),
        }
    });
    let standing = parted.found.iter().flat_map(|one| alerts_of(one, None));
    let suppressed = parted.suppressed.iter().flat_map(|one| alerts_of(&one.found, Some(&one.reason)));
    Alerts { rules: rules.collect(), alerts: standing.chain(suppressed).collect() }
}

fn alerts_of(found: &Found, suppression: Option<&str>) -> Vec<Alert> {
    let alert = |spot: Option<&Spot>| {
        let policy = spot.and_then(|spot| spot.statement.as_ref()).map(|one| one.policy.as_str());
        Alert {
            rule: found.finding.to_string(),
            level: found.severity().into(),
            message: found.message.clone(),
            details: found.hint.clone().unwrap_or_default(),
            places: spot
                .map(|spot| place(spot, &spot.region, stands(spot).trim_start_matches(", ")))
                .into_iter()
                .collect(),
            names: Vec::new(),
            fix: spot.and_then(|spot| fix(found, spot)),
            fingerprint: fingerprint(&[found.finding.as_str(), policy.unwrap_or_default(), &found.message]),
            suppression: suppression.map(str::to_owned),
        }
    };
    if found.spots.is_empty() {
        return vec![alert(None)];
    }
    found.spots.iter().map(|spot| alert(Some(spot))).collect()
}

fn place(spot: &Spot, region: &Region, message: &str) -> Place {
    let Region { start, end, span } = *region;
    Place { file: spot.file.clone(), start, end, span, message: message.to_owned() }
}

fn fix(found: &Found, spot: &Spot) -> Option<Fix> {
    let edit = spot.edit.as_ref()?;
    let description = found.hint.clone().unwrap_or_else(|| "change it".to_owned());
    Some(Fix { description, place: place(spot, &edit.region, ""), text: edit.text.clone() })
}

/// A finding as JSON.
#[derive(Debug, Serialize)]
pub(super) struct FindingRecord<'a> {
    finding: &'static str,
    severity: &'static str,
    title: &'static str,
    message: &'a str,
    hint: Option<&'a str>,
    principals: &'a [String],
    actions: &'a [String],
    resources: &'a [String],
    places: Vec<SpotRecord<'a>>,
    /// Why it may stand, if somebody says so.
    suppressed: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct SpotRecord<'a> {
    file: &'a str,
    #[serde(flatten)]
    region: RegionRecord,
    policy: Option<&'a str>,
    layer: Option<&'static str>,
    effect: Option<&'static str>,
    sid: Option<&'a str>,
    hangs_on: &'a [String],
    edit: Option<EditRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct RegionRecord {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    byte: u32,
    end_byte: u32,
}

#[derive(Debug, Serialize)]
struct EditRecord<'a> {
    #[serde(flatten)]
    region: RegionRecord,
    text: &'a str,
}

impl From<&Region> for RegionRecord {
    fn from(region: &Region) -> Self {
        Self {
            line: region.start.line,
            column: region.start.column,
            end_line: region.end.line,
            end_column: region.end.column,
            byte: region.span.start,
            end_byte: region.span.end,
        }
    }
}

impl<'a> From<&'a Edit> for EditRecord<'a> {
    fn from(edit: &'a Edit) -> Self {
        Self { region: (&edit.region).into(), text: &edit.text }
    }
}

impl<'a> From<&'a Spot> for SpotRecord<'a> {
    fn from(spot: &'a Spot) -> Self {
        let statement = spot.statement.as_ref();
        Self {
            file: &spot.file,
            region: (&spot.region).into(),
            policy: statement.map(|one| one.policy.as_str()),
            layer: statement.map(|one| one.layer),
            effect: statement.map(|one| one.effect),
            sid: statement.and_then(|one| one.sid.as_deref()),
            hangs_on: &spot.hung_on,
            edit: spot.edit.as_ref().map(EditRecord::from),
        }
    }
}

/// The records of findings: those that nobody lets stand first.
pub(super) fn records(parted: &Parted) -> impl Iterator<Item = FindingRecord<'_>> {
    let standing = parted.found.iter().map(|one| record(one, None));
    standing.chain(parted.suppressed.iter().map(|one| record(&one.found, Some(&one.reason))))
}

fn record<'a>(one: &'a Found, suppressed: Option<&'a str>) -> FindingRecord<'a> {
    FindingRecord {
        finding: one.finding.as_str(),
        severity: one.severity().as_str(),
        title: Page::of(one.finding).title,
        message: &one.message,
        hint: one.hint.as_deref(),
        principals: &one.principals,
        actions: &one.actions,
        resources: &one.resources,
        places: one.spots.iter().map(SpotRecord::from).collect(),
        suppressed,
    }
}

/// All findings in a sheet, those too that somebody lets stand.
pub(super) fn all(parted: &Parted) -> Sheet {
    let mut sheet = listed(&parted.found);
    let suppressed: Vec<Found> = parted.suppressed.iter().map(|one| one.found.clone()).collect();
    sheet.rows.extend(listed(&suppressed).rows);
    sheet.columns.push("suppressed".into());
    let reasons = parted.suppressed.iter().map(|one| Value::from(one.reason.as_str()));
    let reasons = parted.found.iter().map(|_| Value::Null).chain(reasons);
    sheet.rows.iter_mut().zip(reasons).for_each(|(row, reason)| row.push(reason));
    sheet
}
