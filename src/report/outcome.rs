//! Answers to scenarios: a JSON object a line, in the documented form.

use std::io;

use serde::Serialize;

use super::jsonl::to_json;
use super::record::Witness;
use crate::condition::Formula;
use crate::engine::scenario::{Outcome, Part, Reply};

#[derive(Debug, Serialize)]
struct OutcomeRecord<'a> {
    name: &'a str,
    decision: &'static str,
    residual: Option<&'a str>,
    condition: Option<&'a Formula>,
    /// Each key with the list of its values; an empty list says that the key is absent.
    witness: Option<Witness<'a>>,
    matched: &'a [Part],
    blocked_by: &'a [Part],
    doubts: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    expect: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct FailureRecord<'a> {
    name: &'a str,
    error: &'a str,
}

impl<'a> From<&'a Outcome> for OutcomeRecord<'a> {
    fn from(outcome: &'a Outcome) -> Self {
        let Outcome { name, decision, residual, formula, witness, doubts, matched, blocked_by, expect } = outcome;
        Self {
            name,
            decision: decision.as_str(),
            residual: residual.as_deref(),
            condition: formula.as_ref(),
            witness: witness.as_deref().map(Witness),
            matched,
            blocked_by,
            doubts,
            // Repeated where it was not met, so that the line tells what is wrong.
            expect: expect.as_deref().filter(|expect| *expect != decision.as_str()),
        }
    }
}

/// The line that answers a scenario, or a request in the form of the IAM API.
///
/// # Errors
/// Those of serializing, which do not occur for these values.
pub fn reply(reply: &Reply) -> io::Result<String> {
    match reply {
        Reply::Outcome(outcome) => to_json(&OutcomeRecord::from(&**outcome)),
        Reply::Simulation(simulation) => to_json(simulation),
    }
}

/// The line that answers what is no valid scenario.
///
/// # Errors
/// As [`reply`].
pub fn failed(name: &str, error: &str) -> io::Result<String> {
    to_json(&FailureRecord { name, error })
}
