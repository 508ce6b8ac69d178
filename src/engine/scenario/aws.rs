//! Requests in the form of the IAM API's policy simulator (`SimulateCustomPolicy`), answered in its form.
//!
//! Every action is asked on every resource, one scenario each. What the API
//! leaves out of its model (session policies, organizations) is left out here
//! too. As there, a context key that is not given is absent, and the answer
//! lists those that the policies look at.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::form::{Mode, OneOrMany, Scalar, Scenario};
use super::{Decision, Outcome, Part, ScenarioError};
use crate::policy::{AccountId, Arn, Pattern, PolicyKind, Sources, Version, parse};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    #[serde(default)]
    policy_input_list: Vec<String>,
    #[serde(default)]
    permissions_boundary_policy_input_list: Vec<String>,
    action_names: Vec<String>,
    #[serde(default)]
    resource_arns: Vec<String>,
    resource_policy: Option<String>,
    resource_owner: Option<String>,
    caller_arn: Option<String>,
    #[serde(default)]
    context_entries: Vec<ContextEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContextEntry {
    context_key_name: String,
    #[serde(default)]
    context_key_values: Vec<String>,
}

/// The answer of a simulation, in the shape of the IAM API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Simulation {
    /// One for each action and resource, the resources of an action together.
    pub evaluation_results: Vec<Evaluation>,
    /// Never: everything is in one page.
    pub is_truncated: bool,
}

/// One action on one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Evaluation {
    /// The action.
    pub eval_action_name: String,
    /// The resource.
    pub eval_resource_name: String,
    /// `allowed`, `explicitDeny` or `implicitDeny`.
    pub eval_decision: &'static str,
    /// The statements that decide.
    pub matched_statements: Vec<Matched>,
    /// Context keys that policies look at and that were not given.
    pub missing_context_values: Vec<String>,
    /// Whether the boundary allows it, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions_boundary_decision_detail: Option<BoundaryDetail>,
}

/// What the boundary says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BoundaryDetail {
    /// Whether it allows the request.
    pub allowed_by_permissions_boundary: bool,
}

/// A statement that decides, by its place in the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Matched {
    /// `PolicyInputList.1`.
    pub source_policy_id: String,
    /// `IAM Policy` or `Resource Policy`.
    pub source_policy_type: &'static str,
    /// Behind the statement's opening brace, as the API counts it.
    pub start_position: Position,
    /// Behind its closing brace.
    pub end_position: Position,
}

/// A line and a column, both counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Whether a line is such a request: a scenario has no member of this name.
pub(super) fn is_request(line: &str) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Mark<'a> {
        #[serde(borrow)]
        action_names: Option<&'a RawValue>,
    }
    line.contains("\"ActionNames\"")
        && serde_json::from_str::<Mark<'_>>(line).is_ok_and(|mark| mark.action_names.is_some())
}

/// Answers a request.
pub(super) fn simulate(line: &str, strict: bool) -> Result<Simulation, ScenarioError> {
    let request: Request = serde_json::from_str(line).map_err(|error| ScenarioError::Form(error.to_string()))?;
    let documents = Texts::read(&request)?;
    let everything = ["*".to_owned()];
    let resources = if request.resource_arns.is_empty() { &everything[..] } else { &request.resource_arns[..] };
    let missing = request.missing_keys();
    let mut evaluation_results = Vec::new();
    for action in &request.action_names {
        for resource in resources {
            let outcome = request.scenario(&documents, action, resource).answer(strict)?;
            evaluation_results.push(evaluation(&request, action, resource, &outcome, &missing));
        }
    }
    Ok(Simulation { evaluation_results, is_truncated: false })
}

/// The documents of a request as raw JSON.
struct Texts {
    identity: Vec<Box<RawValue>>,
    boundary: Vec<Box<RawValue>>,
    resource: Option<Box<RawValue>>,
}

impl Texts {
    fn read(request: &Request) -> Result<Self, ScenarioError> {
        let raw = |element: &'static str| {
            move |text: &String| {
                RawValue::from_string(text.clone())
                    .map_err(|error| ScenarioError::Document { element, message: format!("not valid JSON: {error}") })
            }
        };
        Ok(Self {
            identity: request.policy_input_list.iter().map(raw("PolicyInputList")).collect::<Result<_, _>>()?,
            boundary: request
                .permissions_boundary_policy_input_list
                .iter()
                .map(raw("PermissionsBoundaryPolicyInputList"))
                .collect::<Result<_, _>>()?,
            resource: request.resource_policy.as_ref().map(raw("ResourcePolicy")).transpose()?,
        })
    }
}

impl Request {
    fn scenario<'a>(&self, documents: &'a Texts, action: &str, resource: &str) -> Scenario<'a> {
        let raws = |boxes: &'a [Box<RawValue>]| boxes.iter().map(|one| &**one).collect::<Vec<&'a RawValue>>();
        let boundary = raws(&documents.boundary);
        let context = self.context_entries.iter().map(|entry| {
            let values = entry.context_key_values.iter().cloned().map(Scalar::Text).collect();
            (entry.context_key_name.clone(), OneOrMany::Many(values))
        });
        Scenario {
            name: String::new(),
            principal: self.caller(resource),
            action: action.to_owned(),
            resource: resource.to_owned(),
            resource_account: self.owner().map(|account| account.to_string()),
            calling_user: None,
            context: context.collect::<BTreeMap<_, _>>(),
            context_mode: Mode::Closed,
            identity_policies: raws(&documents.identity),
            permissions_boundaries: (!boundary.is_empty()).then_some(boundary),
            session_policy: None,
            resource_policy: documents.resource.as_deref(),
            registry_policy: None,
            endpoint_policies: None,
            service_control_policies: None,
            resource_control_policies: None,
            management_account: false,
            resource_management_account: false,
            expect: None,
        }
    }

    /// `ResourceOwner`: an account's number, or an ARN with it.
    fn owner(&self) -> Option<AccountId> {
        let owner = self.resource_owner.as_deref()?;
        AccountId::parse(owner).or_else(|| Arn::parse(owner)?.account())
    }

    /// The caller; where none is given, some role of the account that owns the resource.
    fn caller(&self, resource: &str) -> String {
        let of_resource = || Arn::parse(resource).and_then(|arn| arn.account());
        self.caller_arn.clone().unwrap_or_else(|| {
            let account =
                self.owner().or_else(of_resource).map_or_else(|| "000000000000".to_owned(), |own| own.to_string());
            format!("arn:aws:iam::{account}:role/simulated")
        })
    }

    /// The keys that conditions and variables of the policies look at and that nobody gave; those that the
    /// caller's ARN or the resource's tell are not asked for.
    fn missing_keys(&self) -> Vec<String> {
        let mut keys: BTreeMap<String, String> = BTreeMap::new();
        let identity = self.policy_input_list.iter().chain(&self.permissions_boundary_policy_input_list);
        let texts = identity.map(|text| (text, PolicyKind::Identity));
        for (text, kind) in texts.chain(self.resource_policy.iter().map(|text| (text, PolicyKind::Repository))) {
            for statement in parse(text, kind).document.statements {
                for condition in &statement.conditions {
                    let key = &condition.key.value;
                    keys.entry(key.to_ascii_lowercase()).or_insert_with(|| key.clone());
                    for value in &condition.values {
                        for variable in Pattern::parse(&value.value, Version::V2012).variables() {
                            keys.entry(variable.key.clone()).or_insert_with(|| variable.key.clone());
                        }
                    }
                }
                for entry in statement.resources.iter().flat_map(|resources| &resources.entries) {
                    for variable in entry.value.0.variables() {
                        keys.entry(variable.key.clone()).or_insert_with(|| variable.key.clone());
                    }
                }
            }
        }
        let given: BTreeSet<String> =
            self.context_entries.iter().map(|entry| entry.context_key_name.to_ascii_lowercase()).collect();
        let is_implied =
            |key: &str| OF_REQUEST.contains(&key) || (self.caller_arn.is_some() && OF_CALLER.contains(&key));
        let missing = keys.into_iter().filter(|(key, _)| !given.contains(key) && !is_implied(key));
        missing.map(|(_, key)| key).collect()
    }
}

/// Keys that the caller's ARN tells.
const OF_CALLER: [&str; 5] =
    ["aws:principalaccount", "aws:principalarn", "aws:principaltype", "aws:principalisawsservice", "aws:username"];

/// Keys that the resource's ARN or the action tells.
const OF_REQUEST: [&str; 3] = ["aws:resourceaccount", "aws:requestedregion", "aws:securetransport"];

fn evaluation(request: &Request, action: &str, resource: &str, outcome: &Outcome, missing: &[String]) -> Evaluation {
    let is_explicit = outcome.decision == Decision::ExplicitDeny;
    let deciding = if is_explicit { &outcome.blocked_by } else { &outcome.matched };
    let of_boundary = |part: &&Part| part.element == "permissions_boundaries";
    // The API names statements that allow only where the request is allowed.
    let told = is_explicit || outcome.decision != Decision::ImplicitDeny;
    let matched = deciding.iter().filter(|part| told && (is_explicit || !of_boundary(part)));
    let bounded = !request.permissions_boundary_policy_input_list.is_empty();
    Evaluation {
        eval_action_name: action.to_owned(),
        eval_resource_name: resource.to_owned(),
        eval_decision: outcome.decision.as_str(),
        matched_statements: matched.filter_map(|part| statement(request, part)).collect(),
        missing_context_values: missing.to_vec(),
        permissions_boundary_decision_detail: bounded.then(|| BoundaryDetail {
            allowed_by_permissions_boundary: outcome.matched.iter().any(|part| of_boundary(&part))
                && !outcome.blocked_by.iter().any(|part| of_boundary(&part)),
        }),
    }
}

fn statement(request: &Request, part: &Part) -> Option<Matched> {
    part.statement?;
    let number = part.policy.unwrap_or_default();
    let (text, source_policy_id, source_policy_type) = match part.element {
        "identity_policies" => {
            (request.policy_input_list.get(number)?, format!("PolicyInputList.{}", number + 1), "IAM Policy")
        }
        "permissions_boundaries" => {
            let text = request.permissions_boundary_policy_input_list.get(number)?;
            (text, format!("PermissionsBoundaryPolicyInputList.{}", number + 1), "IAM Permissions Boundary Policy")
        }
        _ => (request.resource_policy.as_ref()?, "ResourcePolicy".to_owned(), "Resource Policy"),
    };
    let mut sources = Sources::default();
    // The raw value has no blanks around it; its offset in the text is counted again.
    let blanks = text.len() - text.trim_start().len();
    let file = sources.add("", text.as_str());
    let position = |offset: u32| {
        let at = sources.position(file, offset + u32::try_from(blanks).unwrap_or_default());
        Position { line: at.line, column: at.column }
    };
    let mut start_position = position(part.span.start);
    start_position.column += 1;
    Some(Matched { source_policy_id, source_policy_type, start_position, end_position: position(part.span.end) })
}
