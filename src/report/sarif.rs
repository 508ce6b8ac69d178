//! Alerts as SARIF 2.1.0, which code hosts and editors read.
//!
//! Columns count characters, and say so. A file below the working directory is named relative to it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;

use super::alert::{Alert, Alerts, Fix, Level, Named, Place, Rule};
use super::jsonl::to_json;
use crate::query::saved::Severity;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// The key of fingerprints; another way of making them gets another number.
const FINGERPRINT: &str = "grantlog/v1";

/// Writes one run. `root` is the working directory.
///
/// # Errors
/// Those of the writer.
pub fn sarif(alerts: &Alerts, root: Option<&Path>, out: &mut dyn Write) -> io::Result<()> {
    let number: BTreeMap<&str, usize> = alerts.rules.iter().zip(0..).map(|(rule, at)| (rule.id.as_str(), at)).collect();
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "grantlog",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: alerts.rules.iter().map(Descriptor::from).collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            results: alerts.alerts.iter().map(|alert| result(alert, &number, root)).collect(),
        }],
    };
    writeln!(out, "{}", to_json(&log)?)
}

fn result<'a>(alert: &'a Alert, number: &BTreeMap<&str, usize>, root: Option<&Path>) -> ResultRecord<'a> {
    let (kind, level) = match alert.level {
        Level::Open => ("open", "none"),
        Level::Note => ("fail", "note"),
        Level::Warning => ("fail", "warning"),
        Level::Error => ("fail", "error"),
    };
    let text = if alert.details.is_empty() {
        alert.message.clone()
    } else {
        format!("{}\n{}", alert.message, alert.details.trim_end())
    };
    let mut places = alert.places.iter();
    ResultRecord {
        rule_id: &alert.rule,
        rule_index: number.get(alert.rule.as_str()).copied(),
        kind,
        level,
        message: Message { text },
        locations: main(places.next(), &alert.names, root).into_iter().collect(),
        related_locations: places.zip(1..).map(|(place, id)| location(place, Some(id), root)).collect(),
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, alert.fingerprint.as_str())]),
        fixes: alert.fix.iter().map(|fix| fixed(fix, root)).collect(),
        suppressions: alert
            .suppression
            .iter()
            .map(|reason| Suppression { kind: "inSource", justification: reason })
            .collect(),
    }
}

/// The place that decides, and what the alert is about; `None` if neither is known.
fn main<'a>(place: Option<&Place>, names: &'a [Named], root: Option<&Path>) -> Option<Location<'a>> {
    let known = place.map(|place| location(place, None, root));
    let bare = || Location { id: None, physical: None, logical: Vec::new(), message: None };
    let found = known.or_else(|| (!names.is_empty()).then(bare))?;
    let logical = names.iter().map(|named| Logical { name: &named.name, kind: &named.kind });
    Some(Location { logical: logical.collect(), ..found })
}

fn location<'a>(place: &Place, id: Option<usize>, root: Option<&Path>) -> Location<'a> {
    let message = (!place.message.is_empty()).then(|| Message { text: place.message.clone() });
    let physical = Physical { artifact_location: artifact(&place.file, root), region: region(place) };
    Location { id, physical: Some(physical), logical: Vec::new(), message }
}

fn region(place: &Place) -> Region {
    Region {
        start_line: place.start.line,
        start_column: place.start.column,
        end_line: place.end.line,
        end_column: place.end.column,
        byte_offset: place.span.start,
        byte_length: place.span.len(),
    }
}

fn fixed<'a>(fix: &'a Fix, root: Option<&Path>) -> FixRecord<'a> {
    FixRecord {
        description: Message { text: fix.description.clone() },
        artifact_changes: [Change {
            artifact_location: artifact(&fix.place.file, root),
            replacements: [Replacement {
                deleted_region: region(&fix.place),
                inserted_content: Content { text: &fix.text },
            }],
        }],
    }
}

/// What stands for itself in a path of a URI.
const PLAIN: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    // In the first part of a relative path it would end a scheme.
    .add(b':');

fn artifact(file: &str, root: Option<&Path>) -> Artifact {
    let path = Path::new(file);
    let below = root.filter(|_| path.is_absolute()).and_then(|root| path.strip_prefix(root).ok());
    let path = below.unwrap_or(path);
    let slashes = path.to_string_lossy();
    let slashes = if cfg!(windows) { slashes.replace('\\', "/") } else { slashes.into_owned() };
    let slashes = slashes.strip_prefix("./").unwrap_or(&slashes);
    let encoded = utf8_percent_encode(slashes, PLAIN).to_string();
    Artifact { uri: if path.is_absolute() { format!("file://{encoded}") } else { encoded } }
}

impl<'a> From<&'a Rule> for Descriptor<'a> {
    fn from(rule: &'a Rule) -> Self {
        let level = match Level::from(rule.severity) {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note | Level::Open => "note",
        };
        // What code hosts sort security findings by, from 0 to 10.
        let score = match rule.severity {
            Severity::Info => "0.0",
            Severity::Low => "3.0",
            Severity::Medium => "5.5",
            Severity::High => "8.0",
            Severity::Critical => "9.5",
        };
        Self {
            id: &rule.id,
            name: &rule.title,
            short_description: Message { text: rule.title.clone() },
            help: Help { text: &rule.help, markdown: &rule.help },
            default_configuration: Configuration { level },
            properties: Properties { severity: rule.severity.as_str(), score, tags: ["security"] },
        }
    }
}

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    column_kind: &'static str,
    results: Vec<ResultRecord<'a>>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    id: &'a str,
    name: &'a str,
    short_description: Message,
    help: Help<'a>,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Help<'a> {
    text: &'a str,
    markdown: &'a str,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    severity: &'static str,
    #[serde(rename = "security-severity")]
    score: &'static str,
    tags: [&'static str; 1],
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultRecord<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    kind: &'static str,
    level: &'static str,
    message: Message,
    locations: Vec<Location<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'a>>,
    partial_fingerprints: BTreeMap<&'static str, &'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<FixRecord<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(rename = "physicalLocation", skip_serializing_if = "Option::is_none")]
    physical: Option<Physical>,
    #[serde(rename = "logicalLocations", skip_serializing_if = "Vec::is_empty")]
    logical: Vec<Logical<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
struct Logical<'a> {
    #[serde(rename = "fullyQualifiedName")]
    name: &'a str,
    kind: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
    byte_offset: u32,
    byte_length: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FixRecord<'a> {
    description: Message,
    artifact_changes: [Change<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    artifact_location: Artifact,
    replacements: [Replacement<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    inserted_content: Content<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Suppression<'a> {
    kind: &'static str,
    justification: &'a str,
}
