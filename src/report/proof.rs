//! A proof as a short tree of sentences, and as JSON.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Serialize;

use super::fold::{label, short};
use super::record::Record;
use super::terminal::clean;
use crate::query::{
    ChangedLine, Citation, Evidence, Fact, Grain, Ground, Holds, Proof, Remedies, Remedy, Row, Step, Verdict, Widening,
};

/// How the tree is laid out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// The width to which statements are cut.
    pub width: Option<usize>,
    /// Whether colours are wanted.
    pub color: bool,
}

/// Where the text of a statement is cut when no width is given.
const STATEMENT_WIDTH: usize = 160;

/// The proofs as text: verdict, steps, statements with their places, and what would change it.
#[must_use]
pub fn text(proofs: &[Proof], style: Style) -> String {
    let mut page = Page { style, text: String::new(), quoted: BTreeSet::new() };
    for (number, proof) in proofs.iter().enumerate() {
        if number > 0 {
            page.text.push('\n');
        }
        page.proof(proof, 0);
    }
    page.text
}

struct Page {
    style: Style,
    text: String,
    /// The places of the statements whose text is there already.
    quoted: BTreeSet<(String, usize)>,
}

impl Page {
    fn proof(&mut self, proof: &Proof, depth: usize) {
        self.line(depth, None, &headline(&proof.row));
        for remark in &proof.row.incomplete {
            self.line(depth + 1, None, &format!("incomplete: {remark}"));
        }
        for rule in &proof.row.doubts {
            self.line(depth + 1, None, &format!("in doubt: AWS's documentation leaves rule {rule} open"));
        }
        for part in &proof.parts {
            self.proof(part, depth + 1);
        }
        for step in &proof.steps {
            self.step(step, depth + 1);
        }
        for (number, remedies) in proof.remedies.iter().enumerate() {
            self.remedies(&remedies.changes, number == 0, depth + 1);
            self.line(depth + 2, None, &widening(&remedies.widening));
        }
    }

    fn step(&mut self, step: &Step, depth: usize) {
        let rule = step.rule.map(|rule| format!(" ({rule})")).unwrap_or_default();
        let condition = step.condition.as_ref().map(|condition| format!(", when {condition}")).unwrap_or_default();
        self.line(depth, Some(step.holds), &format!("{}{condition}{rule}", step.claim));
        for Evidence { statement, grounds } in &step.statements {
            self.statement(statement, depth + 2);
            for one in grounds {
                self.line(depth + 3, Some(if one.holds { Holds::Yes } else { Holds::No }), &ground(one));
            }
        }
        for reason in &step.because {
            self.step(reason, depth + 2);
        }
    }

    fn statement(&mut self, statement: &Citation, depth: usize) {
        let Citation { policy, effect, file, line, .. } = statement;
        let sid = statement.sid.as_ref().map(|sid| format!(" `{sid}`")).unwrap_or_default();
        self.line(depth, None, &format!("{file}:{line} {effect}{sid} in {}", short(policy)));
        let text = statement.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() && self.quoted.insert((file.clone(), *line)) {
            let room = self.style.width.unwrap_or(STATEMENT_WIDTH).saturating_sub(2 * depth + 2).max(40);
            self.line(depth + 1, None, &cut(&clean(&text), room));
        }
    }

    fn remedies(&mut self, remedies: &[Remedy], is_first: bool, depth: usize) {
        let lead = match (is_first, remedies.len()) {
            (true, 1) => "to allow it:",
            (true, _) => "to allow it, do all of this:",
            (false, 1) => "or:",
            (false, _) => "or all of this:",
        };
        self.line(depth, None, lead);
        for remedy in remedies {
            self.line(depth + 1, None, &format!("- {}", remedy.change));
            for line in remedy.statement.iter().flat_map(|statement| statement.lines()) {
                self.line(depth + 2, None, line);
            }
        }
    }

    /// A line, indented by two blanks a level; the mark is a word, so that no colour is needed.
    fn line(&mut self, depth: usize, holds: Option<Holds>, text: &str) {
        self.text.push_str(&"  ".repeat(depth));
        if let Some(holds) = holds {
            let (mark, color) = match holds {
                Holds::Yes => ("yes ", "\u{1b}[34m"),
                Holds::Sometimes => ("if  ", "\u{1b}[33m"),
                Holds::No => ("no  ", "\u{1b}[31m"),
                Holds::Aside => ("-   ", "\u{1b}[2m"),
            };
            if self.style.color {
                self.text.extend([color, mark, "\u{1b}[0m"]);
            } else {
                self.text.push_str(mark);
            }
        }
        // Indentation inside a text of our own (a statement to add) is kept by its caller's depth.
        self.text.push_str(&clean(text));
        self.text.push('\n');
    }
}

pub(crate) fn headline(row: &Row) -> String {
    headline_of(short(&row.principal), row)
}

/// The same of somebody, or of several, who have such a row.
pub(super) fn headline_of(principal: &str, row: &Row) -> String {
    let verdict = match row.verdict {
        Verdict::Denied { explicit: true } => "denied by a statement",
        Verdict::Denied { explicit: false } => "denied, as nothing allows it",
        other => other.as_str(),
    };
    let residual = row.residual.as_ref().map(|residual| format!(", when {residual}")).unwrap_or_default();
    let deed = if row.action == "become" { "become".to_owned() } else { format!("{} on", row.action) };
    format!("{principal}: {deed} {}: {verdict}{residual}", short(&row.resource))
}

/// Why a statement counts, or does not: the condition, and what it was decided by.
pub(crate) fn ground(ground: &Ground) -> String {
    let doubt = ground.doubt.map(|rule| format!(" ({rule})")).unwrap_or_default();
    match ground.reason() {
        reason if reason.is_empty() => format!("{}{doubt}", ground.claim),
        reason => format!("{}: {reason}{doubt}", ground.claim),
    }
}

/// How many lines of what is gained are told; the rest is counted.
const GAINS: usize = 3;

/// What else it gives, in a sentence.
pub(crate) fn widening(widening: &Widening) -> String {
    let (grain, lines) = match widening {
        Widening::NotCounted(reason) => return format!("what else it gives was not counted: {reason}"),
        Widening::Counted { grain, lines } => (*grain, lines),
    };
    let cells = widening.cells().unwrap_or_default();
    match (cells, grain) {
        (0, Grain::Actions) => return "gives nothing else".to_owned(),
        (0, Grain::Capabilities) => return "gives no other capability".to_owned(),
        _ => {}
    }
    let mut told: Vec<String> = lines.iter().take(GAINS).map(gain).collect();
    let rest: usize = lines.iter().skip(GAINS).map(ChangedLine::cells).sum();
    if rest > 0 {
        told.push(format!("and {rest} more"));
    }
    format!("also gives {cells} more: {}", told.join("; "))
}

fn gain(line: &ChangedLine) -> String {
    let named = |names: &[String], kind| label(&names.iter().map(String::as_str).collect::<Vec<_>>(), kind);
    let sometimes = if line.after == Some(Verdict::Conditional) { " in some requests" } else { "" };
    format!(
        "{} on {} to {}{sometimes}",
        line.action,
        named(&line.resources, "resource"),
        named(&line.principals, line.kind)
    )
}

fn cut(text: &str, room: usize) -> Cow<'_, str> {
    match text.char_indices().nth(room) {
        Some((end, _)) => Cow::Owned(format!("{}...", text[..end].trim_end())),
        None => Cow::Borrowed(text),
    }
}

/// A proof as JSON: the row, and what it rests on.
#[derive(Debug, Serialize)]
pub(super) struct ProofRecord<'a> {
    #[serde(flatten)]
    row: Record<'a>,
    actions: &'a [String],
    steps: Vec<StepRecord<'a>>,
    remedies: Vec<RemediesRecord<'a>>,
    parts: Vec<ProofRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct StepRecord<'a> {
    claim: &'a str,
    holds: &'static str,
    rule: Option<&'static str>,
    condition: Option<&'a str>,
    statements: Vec<EvidenceRecord<'a>>,
    because: Vec<StepRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct EvidenceRecord<'a> {
    #[serde(flatten)]
    statement: CitationRecord<'a>,
    grounds: Vec<GroundRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct GroundRecord<'a> {
    claim: &'a str,
    holds: bool,
    doubt: Option<&'static str>,
    facts: Vec<FactRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct FactRecord<'a> {
    key: &'a str,
    value: &'a str,
    source: &'a str,
}

#[derive(Debug, Serialize)]
struct CitationRecord<'a> {
    policy: &'a str,
    layer: &'static str,
    effect: &'static str,
    sid: Option<&'a str>,
    file: &'a str,
    line: usize,
    text: &'a str,
}

#[derive(Debug, Serialize)]
struct RemediesRecord<'a> {
    changes: Vec<RemedyRecord<'a>>,
    /// How many cells they give beside the one that was asked about.
    widens: Option<usize>,
    not_counted: Option<&'a str>,
    gives: Vec<GainRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct GainRecord<'a> {
    action: &'a str,
    verdict: Option<&'static str>,
    principals: &'a [String],
    resources: &'a [String],
}

#[derive(Debug, Serialize)]
struct RemedyRecord<'a> {
    change: &'a str,
    statement: Option<&'a str>,
}

impl<'a> From<&'a Proof> for ProofRecord<'a> {
    fn from(proof: &'a Proof) -> Self {
        Self {
            row: Record::from(&proof.row),
            actions: &proof.actions,
            steps: proof.steps.iter().map(StepRecord::from).collect(),
            remedies: proof.remedies.iter().map(RemediesRecord::from).collect(),
            parts: proof.parts.iter().map(Self::from).collect(),
        }
    }
}

impl<'a> From<&'a Remedies> for RemediesRecord<'a> {
    fn from(set: &'a Remedies) -> Self {
        let remedy =
            |remedy: &'a Remedy| RemedyRecord { change: &remedy.change, statement: remedy.statement.as_deref() };
        let (not_counted, lines) = match &set.widening {
            Widening::Counted { lines, .. } => (None, lines.as_slice()),
            Widening::NotCounted(reason) => (Some(reason.as_str()), [].as_slice()),
        };
        let gain = |line: &'a ChangedLine| GainRecord {
            action: &line.action,
            verdict: line.after.map(Verdict::as_str),
            principals: &line.principals,
            resources: &line.resources,
        };
        Self {
            changes: set.changes.iter().map(remedy).collect(),
            widens: set.widening.cells(),
            not_counted,
            gives: lines.iter().map(gain).collect(),
        }
    }
}

impl<'a> From<&'a Step> for StepRecord<'a> {
    fn from(step: &'a Step) -> Self {
        Self {
            claim: &step.claim,
            holds: match step.holds {
                Holds::Yes => "yes",
                Holds::Sometimes => "sometimes",
                Holds::No => "no",
                Holds::Aside => "aside",
            },
            rule: step.rule,
            condition: step.condition.as_deref(),
            statements: step.statements.iter().map(EvidenceRecord::from).collect(),
            because: step.because.iter().map(Self::from).collect(),
        }
    }
}

impl<'a> From<&'a Evidence> for EvidenceRecord<'a> {
    fn from(evidence: &'a Evidence) -> Self {
        let fact = |Fact { key, value, source }: &'a Fact| FactRecord { key, value, source };
        let ground = |ground: &'a Ground| GroundRecord {
            claim: &ground.claim,
            holds: ground.holds,
            doubt: ground.doubt,
            facts: ground.facts.iter().map(fact).collect(),
        };
        Self {
            statement: CitationRecord::from(&evidence.statement),
            grounds: evidence.grounds.iter().map(ground).collect(),
        }
    }
}

impl<'a> From<&'a Citation> for CitationRecord<'a> {
    fn from(citation: &'a Citation) -> Self {
        let Citation { policy, layer, effect, sid, file, line, text, .. } = citation;
        Self { policy, layer, effect, sid: sid.as_deref(), file, line: *line, text }
    }
}
