//! Findings that somebody looked at and lets stand: a file that says which, why, and until when.
//!
//! The file is TOML: an entry `[[suppress]]` each, with `finding`, `reason`, and as much of `policy`, `statement`
//! (its `Sid`), `principal` and `resource` as tells what is meant; names as in questions, by their ends or as
//! patterns. After the day `until` the entry counts no more. What is left out of an answer is counted.

use std::fmt::Write as _;
use std::ops::Range;

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::{Finding, Found, Spot};
use crate::engine::ends;
use crate::policy::{Case, Pattern, Version, near};
use crate::query::QuestionError;
use crate::query::saved::SavedError;

/// What somebody lets stand.
#[derive(Clone, Debug, Default)]
pub struct Suppressions {
    file: String,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    finding: Finding,
    policy: Option<Pattern>,
    statement: Option<Pattern>,
    principal: Option<Pattern>,
    resource: Option<Pattern>,
    reason: String,
    until: Option<Date>,
    line: usize,
}

/// A finding that somebody lets stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// What was found.
    pub found: Found,
    /// Why it may stand.
    pub reason: String,
}

/// Findings, parted by what somebody lets stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parted {
    /// Those that nobody lets stand.
    pub found: Vec<Found>,
    /// Those that somebody does.
    pub suppressed: Vec<Suppressed>,
    /// What is to be said of the file: entries that count no more, or that nothing is found for.
    pub notes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    suppress: Vec<Spanned<WrittenEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    finding: Spanned<String>,
    policy: Option<String>,
    statement: Option<String>,
    principal: Option<String>,
    resource: Option<String>,
    reason: Spanned<String>,
    until: Option<Spanned<toml::value::Datetime>>,
}

const MEMBERS: &str = "an entry has finding and reason, and may have policy, statement, principal, resource and until";

fn wrong(message: impl Into<String>, span: Range<usize>, hint: impl Into<String>) -> QuestionError {
    QuestionError { message: message.into(), span, hint: Some(hint.into()) }
}

impl Suppressions {
    /// Reads a text; `file` is named in errors.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn parse(file: &str, text: &str) -> Result<Self, SavedError> {
        let read = || -> Result<Vec<Entry>, QuestionError> {
            let written: Written = toml::from_str(text).map_err(|error| {
                wrong(error.message().trim_end().replace('\n', ", "), error.span().unwrap_or(0..0), MEMBERS)
            })?;
            written.suppress.into_iter().map(|entry| Entry::read(text, entry)).collect()
        };
        let entries = read().map_err(|error| SavedError { file: file.to_owned(), text: text.to_owned(), error })?;
        Ok(Self { file: file.to_owned(), entries })
    }

    /// Parts findings by what somebody lets stand on this day.
    #[must_use]
    pub fn part(&self, found: Vec<Found>, today: Date) -> Parted {
        let mut parted = Parted { found, ..Parted::default() };
        for entry in &self.entries {
            let (place, finding) = (format!("{}:{}", self.file, entry.line), entry.finding);
            if let Some(until) = entry.until.filter(|until| *until < today) {
                parted.notes.push(format!("{place}: the entry for `{finding}` counts no more since {until}"));
                continue;
            }
            let before = parted.suppressed.len();
            for found in std::mem::take(&mut parted.found) {
                let (left, taken) = entry.split(found);
                parted.found.extend(left);
                let reason = || entry.reason.clone();
                parted.suppressed.extend(taken.map(|found| Suppressed { found, reason: reason() }));
            }
            if parted.suppressed.len() == before {
                parted.notes.push(format!("{place}: nothing is found for the entry for `{finding}`"));
            }
        }
        parted
    }

    /// A file that lets all of these stand, for somebody who begins.
    #[must_use]
    pub fn written(found: &[Found], today: Date) -> String {
        let mut text = "# Findings that were looked at and may stand; see docs/findings.md.\n".to_owned();
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        for one in found {
            let mut spots: Vec<Option<&Spot>> = one.spots.iter().map(Some).collect();
            if spots.is_empty() {
                spots.push(None);
            }
            let mut before = Vec::new();
            for spot in spots {
                let statement = spot.and_then(|spot| spot.statement.as_ref());
                let key = statement.map(|one| (&one.policy, &one.sid));
                if before.contains(&key) {
                    continue;
                }
                before.push(key);
                let _ = write!(text, "\n# {}\n[[suppress]]\nfinding = \"{}\"\n", comment(&one.message), one.finding);
                if let Some((policy, sid)) = key {
                    let _ = writeln!(text, "policy = {}", quoted(policy));
                    if let Some(sid) = sid {
                        let _ = writeln!(text, "statement = {}", quoted(sid));
                    }
                }
                let _ = writeln!(text, "reason = \"known since {today}, and not looked at yet\"");
            }
        }
        text
    }
}

/// A message as one line of a comment.
fn comment(message: &str) -> String {
    message.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

impl Entry {
    fn read(text: &str, entry: Spanned<WrittenEntry>) -> Result<Self, QuestionError> {
        let line = text.get(..entry.span().start).unwrap_or_default().matches('\n').count() + 1;
        let entry = entry.into_inner();
        let name = entry.finding.get_ref();
        let finding = Finding::ALL.iter().copied().find(|one| one.as_str() == name).ok_or_else(|| {
            let names: Vec<&str> = Finding::ALL.iter().map(|one| one.as_str()).collect();
            let hint = match near(name, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`grantlog lint --explain` lists them".to_owned(),
            };
            wrong(format!("there is no finding `{name}`"), entry.finding.span(), hint)
        })?;
        if entry.reason.get_ref().trim().is_empty() {
            return Err(wrong("the reason is empty", entry.reason.span(), "say why it may stand, for whoever asks"));
        }
        let until = entry.until.map(|until| {
            let day = until.get_ref().date.map(|date| (date.year, date.month, date.day));
            let read = day.and_then(|(year, month, day)| {
                let (year, month, day) = (i16::try_from(year), i8::try_from(month), i8::try_from(day));
                Date::new(year.ok()?, month.ok()?, day.ok()?).ok()
            });
            read.ok_or_else(|| wrong("this is no day", until.span(), "write it without quotes: 2027-03-31"))
        });
        let pattern = |text: Option<String>| text.map(|text| Pattern::parse(&text, Version::V2008));
        Ok(Self {
            finding,
            policy: pattern(entry.policy),
            statement: pattern(entry.statement),
            principal: pattern(entry.principal),
            resource: pattern(entry.resource),
            reason: entry.reason.into_inner(),
            until: until.transpose()?,
            line,
        })
    }

    fn is_about(&self, spot: &Spot) -> bool {
        let policy = spot.statement.as_ref().map(|one| one.policy.as_str());
        let sid = spot.statement.as_ref().and_then(|one| one.sid.as_deref());
        let fits = |pattern: &Option<Pattern>, name: Option<&str>| {
            pattern.as_ref().is_none_or(|pattern| name.is_some_and(|name| is_called(name, pattern)))
        };
        fits(&self.policy, policy) && fits(&self.statement, sid)
    }

    /// What is left of a finding, and what the entry lets stand of it. One that differs in more than one way is left
    /// whole: half of it would be told of twice.
    fn split(&self, found: Found) -> (Option<Found>, Option<Found>) {
        if found.finding != self.finding {
            return (Some(found), None);
        }
        let (its, other): (Vec<Spot>, Vec<Spot>) = found.spots.iter().cloned().partition(|spot| self.is_about(spot));
        let needs_spot = self.policy.is_some() || self.statement.is_some();
        let names = |pattern: &Option<Pattern>, all: &[String]| -> [Vec<String>; 2] {
            let is_its = |name: &&String| pattern.as_ref().is_none_or(|pattern| is_called(name, pattern));
            let (its, other) = all.iter().partition::<Vec<&String>, _>(is_its);
            [its, other].map(|names| names.into_iter().cloned().collect())
        };
        let [principals, others] = names(&self.principal, &found.principals);
        let [resources, elsewhere] = names(&self.resource, &found.resources);
        let lacks = |pattern: &Option<Pattern>, its: &[String]| pattern.is_some() && its.is_empty();
        if needs_spot && its.is_empty() || lacks(&self.principal, &principals) || lacks(&self.resource, &resources) {
            return (Some(found), None);
        }
        match (needs_spot && !other.is_empty(), !others.is_empty(), !elsewhere.is_empty()) {
            (false, false, false) => (None, Some(found)),
            (true, false, false) => {
                (Some(Found { spots: other, ..found.clone() }), Some(Found { spots: its, ..found }))
            }
            (false, true, false) => {
                (Some(Found { principals: others, ..found.clone() }), Some(Found { principals, ..found }))
            }
            (false, false, true) => {
                (Some(Found { resources: elsewhere, ..found.clone() }), Some(Found { resources, ..found }))
            }
            _ => (Some(found), None),
        }
    }
}

/// Whether a pattern means a name, by the whole of it or by its end.
fn is_called(name: &str, pattern: &Pattern) -> bool {
    ends(name).any(|end| pattern.matches(end, Case::Sensitive))
}
