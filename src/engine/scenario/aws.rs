//! Requests in the form of the IAM API's policy simulator (`SimulateCustomPolicy`), answered in its form.
//!
//! Every action is asked on every resource, one scenario each. What the API
//! leaves out of its model (session policies, organizations) is left out here
//! too. As there, a context key that is not given is absent, and the answer
//! lists those that the policies look at.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use super::documents::Material;
use super::form::{Mode, OneOrMany, Scalar, Scenario};
use super::{Decision, Outcome, Part, ScenarioError};
use crate::engine::focus::Focus;
use crate::ids::FileId;
use crate::policy::{AccountId, Arn, Sources};
use crate::rules::Limit;

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
    policy_source_arn: Option<String>,
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
    /// Context keys that policies look at and that were not given: the same for every question.
    #[serde(serialize_with = "shared")]
    pub missing_context_values: Arc<[String]>,
    /// Whether the boundary allows it, where one limits the caller.
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

/// The most questions that one request asks: more answers than that are no page that a person reads, and
/// they all wait in memory.
const MOST: usize = 10_000;

/// Answers a request.
pub(super) fn simulate(line: &str, strict: bool) -> Result<Simulation, ScenarioError> {
    let mut request: Request = serde_json::from_str(line).map_err(|error| ScenarioError::Form(error.to_string()))?;
    if let Some(source) = request.policy_source_arn.take() {
        return Err(ScenarioError::PolicySource(source));
    }
    let owner = request.owner()?;
    let everything = ["*".to_owned()];
    let (actions, resources) = (mem::take(&mut request.action_names), mem::take(&mut request.resource_arns));
    let resources = if resources.is_empty() { &everything[..] } else { &resources[..] };
    let asked = actions.len().saturating_mul(resources.len());
    if asked > MOST {
        return Err(ScenarioError::Questions { asked, most: MOST });
    }
    let texts = Texts::take(&mut request);
    let mut scenario = request.scenario(&texts)?;
    let mut materials: BTreeMap<bool, (Material, Arc<[String]>)> = BTreeMap::new();
    let mut evaluation_results = Vec::with_capacity(asked);
    for action in &actions {
        scenario.action.clone_from(action);
        // A document is read as another kind where the action asks of a trust policy.
        let (material, missing) = match materials.entry(scenario.asks_of_trust()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let material = Material::read(&scenario)?;
                let missing = request.missing_keys(&material).into();
                new.insert((material, missing))
            }
        };
        for resource in resources {
            scenario.resource.clone_from(resource);
            scenario.principal = request.caller(owner, resource);
            // An ARN that names an account tells its owner itself.
            let is_told = Arn::parse(resource).is_some_and(|arn| arn.account().is_some());
            scenario.resource_account = owner.filter(|_| !is_told).map(|account| account.to_string());
            let focus = scenario.focus(material, strict)?;
            let outcome = scenario.outcome(material, &focus);
            evaluation_results.push(texts.evaluation(&scenario, &focus, &outcome, missing));
        }
    }
    Ok(Simulation { evaluation_results, is_truncated: false })
}

/// The documents of a request as they are written.
struct Texts {
    sources: Sources,
    identity: Vec<FileId>,
    boundary: Vec<FileId>,
    resource: Option<FileId>,
}

impl Texts {
    fn take(request: &mut Request) -> Self {
        let mut sources = Sources::default();
        let mut add = |text: String| sources.add("", text);
        let identity = mem::take(&mut request.policy_input_list).into_iter().map(&mut add).collect();
        let boundary = mem::take(&mut request.permissions_boundary_policy_input_list);
        let boundary = boundary.into_iter().map(&mut add).collect();
        let resource = request.resource_policy.take().map(add);
        Self { sources, identity, boundary, resource }
    }

    fn text(&self, file: FileId) -> &str {
        self.sources.get(file).text()
    }

    fn raw(&self, file: FileId, element: &'static str) -> Result<&RawValue, ScenarioError> {
        serde_json::from_str(self.text(file))
            .map_err(|error| ScenarioError::Document { element, message: format!("not valid JSON: {error}") })
    }

    fn raws(&self, files: &[FileId], element: &'static str) -> Result<Vec<&RawValue>, ScenarioError> {
        files.iter().map(|&file| self.raw(file, element)).collect()
    }
}

impl Request {
    /// The scenario of all questions, each of which fills in who asks what, and about what.
    fn scenario<'a>(&self, texts: &'a Texts) -> Result<Scenario<'a>, ScenarioError> {
        let boundary = texts.raws(&texts.boundary, "PermissionsBoundaryPolicyInputList")?;
        let context = self.context_entries.iter().map(|entry| {
            let values = entry.context_key_values.iter().cloned().map(Scalar::Text).collect();
            (entry.context_key_name.clone(), OneOrMany::Many(values))
        });
        Ok(Scenario {
            name: String::new(),
            principal: String::new(),
            action: String::new(),
            resource: String::new(),
            resource_account: None,
            calling_user: None,
            context: context.collect::<BTreeMap<_, _>>(),
            context_mode: Mode::Closed,
            identity_policies: texts.raws(&texts.identity, "PolicyInputList")?,
            permissions_boundaries: (!boundary.is_empty()).then_some(boundary),
            session_policy: None,
            resource_policy: texts.resource.map(|file| texts.raw(file, "ResourcePolicy")).transpose()?,
            registry_policy: None,
            endpoint_policies: None,
            service_control_policies: None,
            resource_control_policies: None,
            management_account: false,
            resource_management_account: false,
            expect: None,
        })
    }

    /// `ResourceOwner`: an account's number, or an ARN with it.
    fn owner(&self) -> Result<Option<AccountId>, ScenarioError> {
        let Some(owner) = self.resource_owner.as_deref() else { return Ok(None) };
        let account = AccountId::parse(owner).or_else(|| Arn::parse(owner)?.account());
        account.map(Some).ok_or_else(|| ScenarioError::Account {
            member: "ResourceOwner",
            account: owner.to_owned(),
            wanted: "its number, twelve digits, or an ARN with it",
        })
    }

    /// The caller; where none is given, some role of the account that owns the resource.
    fn caller(&self, owner: Option<AccountId>, resource: &str) -> String {
        let of_resource = || Arn::parse(resource).and_then(|arn| arn.account());
        self.caller_arn.clone().unwrap_or_else(|| {
            let account = owner.or_else(of_resource).map_or_else(|| "000000000000".to_owned(), |own| own.to_string());
            format!("arn:aws:iam::{account}:role/simulated")
        })
    }

    /// The keys that conditions and variables of the policies look at and that nobody gave; those that the
    /// caller's ARN or the resource's tell are not asked for.
    fn missing_keys(&self, material: &Material) -> Vec<String> {
        let mut keys: BTreeMap<String, String> = BTreeMap::new();
        for key in material.documents.table.values().flat_map(|document| document.keys()) {
            keys.entry(key.to_ascii_lowercase()).or_insert(key);
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

impl Texts {
    fn evaluation(
        &self,
        scenario: &Scenario<'_>,
        focus: &Focus,
        outcome: &Outcome,
        missing: &Arc<[String]>,
    ) -> Evaluation {
        let is_explicit = outcome.decision == Decision::ExplicitDeny;
        let is_told = outcome.decision != Decision::ImplicitDeny;
        let deciding = if is_explicit { &outcome.blocked_by } else { &outcome.matched };
        let of_boundary = |part: &&Part| part.element == "permissions_boundaries";
        // The API names statements that allow only where the request is allowed.
        let matched = deciding.iter().filter(|part| is_told && (is_explicit || !of_boundary(part)));
        let by_boundary = match self.boundary.as_slice() {
            [] => None,
            _ => focus.judge.passes(&focus.facts, focus.limits(), Limit::Boundary),
        };
        Evaluation {
            eval_action_name: scenario.action.clone(),
            eval_resource_name: scenario.resource.clone(),
            eval_decision: outcome.decision.as_str(),
            matched_statements: matched.filter_map(|part| self.statement(part)).collect(),
            missing_context_values: Arc::clone(missing),
            permissions_boundary_decision_detail: by_boundary
                .map(|decided| BoundaryDetail { allowed_by_permissions_boundary: decided.holds == Some(true) }),
        }
    }

    fn statement(&self, part: &Part) -> Option<Matched> {
        part.statement?;
        let number = part.policy.unwrap_or_default();
        let (file, source_policy_id, source_policy_type) = match part.element {
            "identity_policies" => {
                (*self.identity.get(number)?, format!("PolicyInputList.{}", number + 1), "IAM Policy")
            }
            "permissions_boundaries" => (
                *self.boundary.get(number)?,
                format!("PermissionsBoundaryPolicyInputList.{}", number + 1),
                "IAM Permissions Boundary Policy",
            ),
            _ => (self.resource?, "ResourcePolicy".to_owned(), "Resource Policy"),
        };
        // The raw value has no blanks around it; its offset in the text is counted again.
        let text = self.text(file);
        let blanks = text.len() - text.trim_start().len();
        let position = |offset: u32| {
            let at = self.sources.position(file, offset + u32::try_from(blanks).unwrap_or_default());
            Position { line: at.line, column: at.column }
        };
        let mut start_position = position(part.span.start);
        start_position.column += 1;
        Some(Matched { source_policy_id, source_policy_type, start_position, end_position: position(part.span.end) })
    }
}

fn shared<S: Serializer>(keys: &Arc<[String]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(keys.iter())
}
