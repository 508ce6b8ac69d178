//! Scenarios: one whole authorization question in itself, with no inventory.
//!
//! A scenario is a JSON object that brings the requester, the action, the
//! resource, every policy and the context. It goes through
//! the same lowering and the same rules as an inventory.

mod aws;
mod documents;
mod form;
mod request;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::focus::Focus;
use super::verdict::Verdict;
use crate::condition::{Decisions, Formula, Sent};
use crate::lower::{Builder, Library};
use crate::policy::{Effect, Span};
use crate::rules::Control;
use documents::Material;
use form::Scenario;
use request::{action, principal, resource};

pub use aws::Simulation;

/// A decision in the words of the scenario form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// In every request of the context.
    Allowed,
    /// In some.
    Conditional,
    /// Nothing allows it.
    ImplicitDeny,
    /// A Deny statement applies.
    ExplicitDeny,
}

impl Decision {
    /// The word of the scenario form.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Conditional => "conditional",
            Self::ImplicitDeny => "implicitDeny",
            Self::ExplicitDeny => "explicitDeny",
        }
    }
}

/// The answer to a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The scenario's name.
    pub name: String,
    /// The decision.
    pub decision: Decision,
    /// The condition of a conditional decision, in words.
    pub residual: Option<String>,
    /// The same as a tree.
    pub formula: Option<Formula>,
    /// A context that is allowed, for a conditional decision.
    pub witness: Option<Vec<(String, Vec<String>)>>,
    /// Rules in which AWS's documentation leaves doubt that matters here.
    pub doubts: Vec<&'static str>,
    /// The Allow statements that match the request.
    pub matched: Vec<Part>,
    /// The Deny statements that apply, and the limits that do not allow the request.
    pub blocked_by: Vec<Part>,
    /// What the scenario expects, if it says so.
    pub expect: Option<String>,
}

/// A part of a scenario: a statement, or a whole layer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Part {
    /// The member that holds it: `identity_policies`, `resource_policy` ...
    pub element: &'static str,
    /// The level, for organization policies; counted from nought, as members of lists are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<usize>,
    /// The document in its list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<usize>,
    /// The statement in the document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<usize>,
    /// Its `Sid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Where it stands in the text of the document.
    #[serde(skip)]
    pub span: Span,
}

/// Why a line is no valid scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// It is not JSON, or lacks a member.
    #[error("no valid scenario: {0}")]
    Form(String),
    /// The principal is no ARN, service name or `anonymous`.
    #[error("`{0}` is no principal")]
    Principal(String),
    /// The action is not `service:name`.
    #[error("`{0}` is no action")]
    Action(String),
    /// A member that names an account does not.
    #[error("`{account}` is no account: write into `{member}` {wanted}")]
    Account {
        /// The member.
        member: &'static str,
        /// What was written.
        account: String,
        /// What belongs there.
        wanted: &'static str,
    },
    /// The request asks for policies of a principal that it does not bring.
    #[error(
        "`PolicySourceArn` asks for the policies of `{0}`; write them into `PolicyInputList`, and the principal into `CallerArn`"
    )]
    PolicySource(String),
    /// More questions in one request than are answered together.
    #[error("`ActionNames` and `ResourceArns` ask {asked} questions; at most {most} are answered in one request")]
    Questions {
        /// How many they are.
        asked: usize,
        /// How many they may be.
        most: usize,
    },
    /// AWS would reject a document.
    #[error("{element}: {message}")]
    Document {
        /// Which member holds it.
        element: &'static str,
        /// What is wrong.
        message: String,
    },
}

/// The answer to one line of a file of scenarios.
#[derive(Clone, Debug)]
pub enum Reply {
    /// To a scenario.
    Outcome(Box<Outcome>),
    /// To a request in the form of the IAM API's policy simulator, in the form of its answer.
    Simulation(Simulation),
}

/// Answers one line: a scenario, or a request in the form of the IAM API's policy simulator.
///
/// # Errors
/// [`ScenarioError`] if the line is neither, or AWS would reject one of its documents.
pub fn reply(line: &str, strict: bool) -> Result<Reply, ScenarioError> {
    if aws::is_request(line) {
        return aws::simulate(line, strict).map(Reply::Simulation);
    }
    answer(line, strict).map(|outcome| Reply::Outcome(Box::new(outcome)))
}

/// The name of a scenario that may be invalid otherwise.
#[must_use]
pub fn name(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        name: Option<String>,
    }
    serde_json::from_str::<Named>(line).ok()?.name
}

/// Decides one scenario, given as a JSON object.
///
/// # Errors
/// [`ScenarioError`] if the text is no valid scenario, or AWS would reject one of its documents.
pub fn decide(line: &str) -> Result<Outcome, ScenarioError> {
    answer(line, false)
}

/// As [`decide`], but what AWS's documentation leaves open is left open: doubt makes a decision conditional.
///
/// # Errors
/// As [`decide`].
pub fn decide_strictly(line: &str) -> Result<Outcome, ScenarioError> {
    answer(line, true)
}

fn answer(line: &str, strict: bool) -> Result<Outcome, ScenarioError> {
    let scenario: Scenario<'_> = serde_json::from_str(line).map_err(|error| ScenarioError::Form(error.to_string()))?;
    let material = Material::read(&scenario)?;
    let focus = scenario.focus(&material, strict)?;
    Ok(scenario.outcome(&material, &focus))
}

impl Scenario<'_> {
    /// The question, lowered and derived.
    fn focus(&self, material: &Material, strict: bool) -> Result<Focus, ScenarioError> {
        let Material { documents, attached, context } = material;
        let principal = principal(&self.principal, self)?;
        let resource = resource(self, &principal)?;
        let actions = vec![action(&self.action, resource.kind)?];
        let library = Library::new(&documents.table, actions);
        let mut builder = Builder::new(&library, context);
        builder.split();
        let (owner, caller) = (resource.account, principal.account);
        let who = builder.principal(principal);
        let what = builder.resource(resource);
        attached.attach(&mut builder, who, what);
        for (control, account, levels, manages) in [
            (Control::Service, caller, &attached.service_control, self.management_account),
            (Control::Resource, owner, &attached.resource_control, self.resource_management_account),
        ] {
            let Some(account) = account else { continue };
            if manages {
                builder.management(account);
            }
            let Some(levels) = levels else { continue };
            builder.levels(control, account, number(levels.len()));
            for (level, documents) in levels.iter().enumerate() {
                for &document in documents {
                    builder.attach_control(control, document, number(level), account, control == Control::Service);
                }
            }
        }
        Ok(Focus::new(builder.finish(), &Arc::new(Decisions::new(strict))))
    }

    /// The answer in the words of the scenario.
    fn outcome(&self, material: &Material, focus: &Focus) -> Outcome {
        let Focus { facts, judge, cell, .. } = focus;
        let part = |statement| material.documents.part(facts, statement);
        let judgement = judge.verdict(facts, *cell);
        let denying = judge.blocking(*cell).iter().map(|&(statement, _)| statement);
        let mut blocked_by: Vec<Part> = denying.filter_map(part).collect();
        if !judgement.verdict.is_possible() {
            blocked_by.extend(focus.limits().silent.iter().map(|silent| Part::limit(silent.0)));
        }
        let found = facts.matching(*cell);
        let allowing = found.iter().filter(|found| found.effect == Effect::Allow);
        let mut matched: Vec<Part> = allowing.filter_map(|found| part(found.statement)).collect();
        for parts in [&mut matched, &mut blocked_by] {
            parts.sort_unstable();
            parts.dedup();
        }
        let mut witness = judgement.decided.witness;
        if let Some(witness) = witness.as_mut().filter(|_| !material.context.closed) {
            let asked = material.documents.table.values().flat_map(|document| document.keys());
            Sent::of(asked, &material.context.given).complete(witness);
        }
        Outcome {
            name: self.name.clone(),
            decision: match judgement.verdict {
                Verdict::Allowed => Decision::Allowed,
                Verdict::Conditional => Decision::Conditional,
                Verdict::Denied { explicit: true } => Decision::ExplicitDeny,
                Verdict::Denied { explicit: false } => Decision::ImplicitDeny,
            },
            residual: judgement.decided.residual,
            formula: judgement.decided.formula,
            witness,
            doubts: judgement.decided.doubts,
            matched,
            blocked_by,
            expect: self.expect.clone(),
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
