//! Scenarios: one whole authorization question in itself, with no inventory.
//!
//! A scenario is a JSON object that brings the requester, the action, the
//! resource, every policy and the context (design section 7). It goes through
//! the same lowering and the same rules as an inventory.

mod aws;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::focus::written;
use super::judge::Judge;
use super::run::run;
use super::verdict::Verdict;
use crate::catalog::{Action, Catalog, ResourceKind};
use crate::condition::{Formula, Operator};
use crate::ids::{ActionAtom, DocumentId, Id as _, PrincipalAtom, ResourceAtom, StatementId, Table};
use crate::inventory::Tags;
use crate::lower::{
    Attached as AttachedAt, Builder, Cell, Context, Facts, Match, Organizational, PrincipalView, RequesterKind,
    ResourceView, SessionTags,
};
use crate::policy::{AccountId, Arn, Document, Effect, PolicyKind, Span, parse};
use crate::rules::{Control, Layer};

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
    /// AWS would reject a document.
    #[error("{element}: {message}")]
    Document {
        /// Which member holds it.
        element: &'static str,
        /// What is wrong.
        message: String,
    },
}

#[derive(Deserialize)]
struct Scenario<'a> {
    #[serde(default)]
    name: String,
    principal: String,
    action: String,
    resource: String,
    resource_account: Option<String>,
    /// The user behind a federated user, whose name does not tell.
    calling_user: Option<String>,
    #[serde(default)]
    context: BTreeMap<String, OneOrMany>,
    #[serde(default)]
    context_mode: Mode,
    #[serde(borrow, default)]
    identity_policies: Vec<&'a RawValue>,
    #[serde(borrow)]
    permissions_boundaries: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    session_policy: Option<Sessions<'a>>,
    #[serde(borrow)]
    resource_policy: Option<&'a RawValue>,
    #[serde(borrow)]
    registry_policy: Option<&'a RawValue>,
    #[serde(borrow)]
    endpoint_policies: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    service_control_policies: Option<Vec<Vec<&'a RawValue>>>,
    #[serde(borrow)]
    resource_control_policies: Option<Vec<Vec<&'a RawValue>>>,
    #[serde(default)]
    management_account: bool,
    #[serde(default)]
    resource_management_account: bool,
    expect: Option<String>,
}

/// A session policy, or several: their union counts (L7).
#[derive(Deserialize)]
#[serde(transparent)]
struct Sessions<'a>(#[serde(borrow)] &'a RawValue);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(Scalar),
    Many(Vec<Scalar>),
    Absent(()),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Bool(bool),
    Number(serde_json::Number),
}

impl Scalar {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Bool(truth) => truth.to_string(),
            Self::Number(number) => number.to_string(),
        }
    }
}

#[derive(Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Closed,
    Open,
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
    scenario.answer(strict)
}

impl Scenario<'_> {
    fn answer(self, strict: bool) -> Result<Outcome, ScenarioError> {
        let scenario = self;
        let mut documents = Documents::default();
        let attached = Attached::read(&scenario, &mut documents)?;
        let context = scenario.context();
        let principal = principal(&scenario.principal, &scenario)?;
        let resource = resource(&scenario, &principal)?;
        let action = action(&scenario.action, resource.kind)?;
        let actions = [action];

        let mut builder = Builder::new(&documents.table, &actions, &context);
        let (owner, caller) = (resource.account, principal.account);
        let has_account =
            !matches!(principal.kind, RequesterKind::Service | RequesterKind::Provider | RequesterKind::Anonymous);
        let own = has_account && principal.kind != RequesterKind::Root;
        let own_controls = has_account && !principal.is_service_linked();
        let who = builder.principal(principal);
        let what = builder.resource(resource);
        attached.attach(&mut builder, who, what);
        for (control, account, levels, manages) in [
            (Control::Service, caller, &attached.service_control, scenario.management_account),
            (Control::Resource, owner, &attached.resource_control, scenario.resource_management_account),
        ] {
            let Some(account) = account else { continue };
            if manages {
                builder.management(account);
            }
            let Some(levels) = levels else { continue };
            builder.levels(control, account, number(levels.len()));
            for (level, documents) in levels.iter().enumerate() {
                for &document in documents {
                    builder.attach_control(control, document, number(level), account);
                }
            }
        }
        let facts = builder.finish();
        let cell =
            Cell { principal: PrincipalAtom::new(0), action: ActionAtom::new(0), resource: ResourceAtom::new(0) };
        let derived = run(&facts, &[cell]);
        let judge = Judge::new(&derived, strict);
        let judgement = judge.verdict(&facts, cell);
        let found = facts.matching(cell);
        let allowing = found.iter().filter(|found| found.effect == Effect::Allow);
        let denying = judge.blocking(cell).iter().map(|&(statement, _)| statement);
        let mut blocked_by: Vec<Part> = denying.filter_map(|statement| documents.part(&facts, statement)).collect();
        if !judgement.verdict.is_possible() {
            let passes = Passes {
                own,
                service_control: own_controls && !scenario.management_account,
                resource_control: !facts.rows.resource_controlled.is_empty() && !scenario.resource_management_account,
            };
            blocked_by.extend(attached.silent(&found, &passes));
        }
        let mut matched: Vec<Part> = allowing.filter_map(|found| documents.part(&facts, found.statement)).collect();
        for parts in [&mut matched, &mut blocked_by] {
            parts.sort_unstable();
            parts.dedup();
        }
        Ok(Outcome {
            name: scenario.name,
            decision: match judgement.verdict {
                Verdict::Allowed => Decision::Allowed,
                Verdict::Conditional => Decision::Conditional,
                Verdict::Denied { explicit: true } => Decision::ExplicitDeny,
                Verdict::Denied { explicit: false } => Decision::ImplicitDeny,
            },
            residual: judgement.decided.residual,
            formula: judgement.decided.formula,
            witness: judgement.decided.witness,
            doubts: judgement.decided.doubts,
            matched,
            blocked_by,
            expect: scenario.expect,
        })
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Scenario<'_> {
    fn context(&self) -> Context {
        let given = self.context.iter().map(|(key, values)| {
            let values = match values {
                OneOrMany::One(value) => vec![value.text()],
                OneOrMany::Many(values) => values.iter().map(Scalar::text).collect(),
                OneOrMany::Absent(()) => Vec::new(),
            };
            (key.to_ascii_lowercase(), values)
        });
        Context { given: given.collect(), closed: self.context_mode == Mode::Closed, ..Context::default() }
    }
}

/// The documents of a scenario, with the place of each in it.
#[derive(Default)]
struct Documents {
    table: Table<DocumentId, Document>,
    origins: Vec<Part>,
}

impl Documents {
    /// The part of the scenario that a statement of the facts is.
    fn part(&self, facts: &Facts, statement: StatementId) -> Option<Part> {
        let (document, index) = written(facts, statement)?;
        let own = &self.table[document].statements[index];
        let origin = self.origins[document.index()].clone();
        Some(Part { statement: Some(index), sid: own.sid.clone(), span: own.span, ..origin })
    }

    fn read(&mut self, raw: &RawValue, kind: PolicyKind, origin: Part) -> Result<DocumentId, ScenarioError> {
        let element = origin.element;
        let parsed = parse(raw.get(), kind);
        if let Some(problem) = parsed.problems.iter().find(|problem| problem.severity == crate::policy::Severity::Error)
        {
            return Err(ScenarioError::Document { element, message: problem.error.to_string() });
        }
        let statements = parsed.document.statements.iter();
        let operators =
            statements.flat_map(|statement| &statement.conditions).map(|condition| &condition.operator.value);
        for operator in operators {
            if let Err(error) = Operator::parse(operator) {
                return Err(ScenarioError::Document { element, message: error.to_string() });
            }
        }
        self.origins.push(origin);
        Ok(self.table.push(parsed.document))
    }

    fn read_all(
        &mut self,
        raws: &[&RawValue],
        kind: PolicyKind,
        origin: &Part,
    ) -> Result<Vec<DocumentId>, ScenarioError> {
        let numbered = raws.iter().enumerate();
        numbered.map(|(number, raw)| self.read(raw, kind, Part { policy: Some(number), ..origin.clone() })).collect()
    }
}

/// Which layers the request passes (E34).
struct Passes {
    own: bool,
    service_control: bool,
    resource_control: bool,
}

struct Attached {
    identity: Vec<DocumentId>,
    boundary: Option<Vec<DocumentId>>,
    session: Option<Vec<DocumentId>>,
    resource: Vec<(DocumentId, PolicyKind)>,
    endpoint: Option<Vec<DocumentId>>,
    service_control: Option<Vec<Vec<DocumentId>>>,
    resource_control: Option<Vec<Vec<DocumentId>>>,
}

impl Attached {
    fn read(scenario: &Scenario<'_>, documents: &mut Documents) -> Result<Self, ScenarioError> {
        use PolicyKind as K;
        let trust = scenario.action.to_ascii_lowercase().starts_with("sts:");
        let kind = if trust { K::Trust } else { K::Repository };
        let mut resource = Vec::new();
        for (raw, kind, element) in [
            (scenario.resource_policy, kind, "resource_policy"),
            (scenario.registry_policy, K::Registry, "registry_policy"),
        ] {
            if let Some(raw) = raw.filter(|raw| raw.get() != "null") {
                resource.push((documents.read(raw, kind, Part::layer(element))?, kind));
            }
        }
        let mut optional = |raws: Option<&[&RawValue]>, kind, element| {
            raws.map(|raws| documents.read_all(raws, kind, &Part::layer(element))).transpose()
        };
        let boundary = optional(scenario.permissions_boundaries.as_deref(), K::Identity, "permissions_boundaries")?;
        let endpoint = optional(scenario.endpoint_policies.as_deref(), K::Endpoint, "endpoint_policies")?;
        let session = match &scenario.session_policy {
            None => None,
            Some(Sessions(raw)) => {
                let several: Result<Vec<&RawValue>, _> = serde_json::from_str(raw.get());
                Some(documents.read_all(
                    &several.unwrap_or_else(|_| vec![raw]),
                    K::Session,
                    &Part::layer("session_policy"),
                )?)
            }
        };
        let mut levels = |levels: Option<&Vec<Vec<&RawValue>>>, kind, element| match levels {
            None => Ok(None),
            Some(levels) => {
                let layer = |level| Part { level: Some(level), ..Part::layer(element) };
                let read = levels.iter().enumerate();
                let read = read.map(|(level, raws)| documents.read_all(raws, kind, &layer(level)));
                read.collect::<Result<Vec<_>, _>>().map(Some)
            }
        };
        let service_control =
            levels(scenario.service_control_policies.as_ref(), K::ServiceControl, "service_control_policies")?;
        let resource_control =
            levels(scenario.resource_control_policies.as_ref(), K::ResourceControl, "resource_control_policies")?;
        let identity =
            documents.read_all(&scenario.identity_policies, K::Identity, &Part::layer("identity_policies"))?;
        let session = session.filter(|sessions| !sessions.is_empty());
        let boundary = boundary.filter(|boundaries| !boundaries.is_empty());
        Ok(Self { identity, boundary, session, resource, endpoint, service_control, resource_control })
    }

    /// The limits that are there and of which no Allow statement matches, whatever its condition.
    fn silent(&self, matches: &[Match], passes: &Passes) -> Vec<Part> {
        let allows = |attached| matches.iter().any(|one| one.effect == Effect::Allow && one.attached == attached);
        let mut silent = Vec::new();
        let layers = [
            (self.boundary.is_some(), "permissions_boundaries", Layer::Boundary),
            (self.session.is_some(), "session_policy", Layer::Session),
        ];
        for (is_there, element, layer) in layers {
            let is_silent = passes.own && is_there && !allows(AttachedAt::Layer(layer));
            silent.extend(is_silent.then(|| Part::layer(element)));
        }
        let levels = [
            (&self.service_control, passes.service_control, "service_control_policies", Control::Service),
            (&self.resource_control, passes.resource_control, "resource_control_policies", Control::Resource),
        ];
        for (levels, passes, element, control) in levels {
            let count = levels.as_ref().filter(|_| passes).map_or(0, Vec::len);
            let missing = (0..count).filter(|&level| !allows(AttachedAt::Level(control, number(level))));
            silent.extend(missing.map(|level| Part { level: Some(level), ..Part::layer(element) }));
        }
        silent
    }

    fn attach(&self, builder: &mut Builder<'_>, who: usize, what: usize) {
        for &document in &self.identity {
            builder.attach(Layer::Identity, document, PolicyKind::Identity, who);
        }
        if let Some(documents) = &self.boundary {
            builder.bounded(who);
            for &document in documents {
                builder.attach(Layer::Boundary, document, PolicyKind::Identity, who);
            }
        }
        if let Some(documents) = &self.session {
            builder.in_session(who);
            for &document in documents {
                builder.attach(Layer::Session, document, PolicyKind::Session, who);
            }
        }
        if let Some(documents) = self.endpoint.as_ref().filter(|documents| !documents.is_empty()) {
            builder.through_endpoint(who);
            for &document in documents {
                builder.attach_endpoint(document, who);
            }
        }
        for &(document, kind) in &self.resource {
            builder.attach_to_resources(document, kind, &[what], None);
        }
    }
}

impl Part {
    fn layer(element: &'static str) -> Self {
        Self { element, level: None, policy: None, statement: None, sid: None, span: Span::default() }
    }
}

/// The requester, by what its text tells.
fn principal(text: &str, scenario: &Scenario<'_>) -> Result<PrincipalView, ScenarioError> {
    let unknown = || ScenarioError::Principal(text.to_owned());
    let asks_for_session = ["sts:assumerolewithwebidentity", "sts:assumerolewithsaml"];
    let by_provider = asks_for_session.contains(&scenario.action.to_ascii_lowercase().as_str());
    if text == "anonymous" {
        let kind = if by_provider { RequesterKind::Provider } else { RequesterKind::Anonymous };
        return Ok(PrincipalView::new(kind));
    }
    let Some(arn) = Arn::parse(text) else {
        if by_provider {
            return Ok(PrincipalView { name: Some(text.to_owned()), ..PrincipalView::new(RequesterKind::Provider) });
        }
        if text.contains('.') && !text.contains(char::is_whitespace) {
            return Ok(PrincipalView { name: Some(text.to_owned()), ..PrincipalView::new(RequesterKind::Service) });
        }
        return Err(unknown());
    };
    let (service, resource) = (arn.service().to_owned(), arn.resource().to_owned());
    if by_provider && resource.contains("-provider/") {
        return Ok(PrincipalView { name: Some(text.to_owned()), ..PrincipalView::new(RequesterKind::Provider) });
    }
    let account = Some(arn.account().ok_or_else(unknown)?);
    let base = |kind| PrincipalView {
        account,
        tags: SessionTags::Unknown,
        source_identity: true,
        providers: vec![String::new()],
        ..PrincipalView::new(kind)
    };
    let parts: Vec<&str> = resource.split('/').collect();
    Ok(match (service.as_str(), parts.as_slice()) {
        ("iam", ["root"]) => PrincipalView { arn: Some(arn), ..base(RequesterKind::Root) },
        ("iam", ["user", .., _]) => {
            PrincipalView { arn: Some(arn), unique_id: scenario.unique_id(), ..base(RequesterKind::User) }
        }
        ("iam", ["role", .., _]) => {
            PrincipalView { arn: Some(arn), unique_id: scenario.unique_id(), ..base(RequesterKind::Role) }
        }
        ("sts", ["assumed-role", role, _]) => {
            let written = scenario.context.iter().find(|(key, _)| key.eq_ignore_ascii_case("aws:PrincipalArn"));
            let given = match written.map(|(_, values)| values) {
                Some(OneOrMany::One(value)) => Arn::parse(&value.text()),
                _ => None,
            };
            let guessed = format!("arn:{}:iam::{}:role/{role}", arn.partition(), arn.account_text());
            PrincipalView {
                path_known: given.is_some(),
                arn: given.or_else(|| Arn::parse(&guessed)),
                unique_id: scenario.unique_id(),
                session: Some(arn),
                ..base(RequesterKind::Session)
            }
        }
        ("sts", ["federated-user", name]) => {
            let user = format!("arn:{}:iam::{}:user/{name}", arn.partition(), arn.account_text());
            PrincipalView {
                arn: Some(arn.clone()),
                user: Arn::parse(scenario.calling_user.as_deref().unwrap_or(&user)),
                session: Some(arn),
                ..base(RequesterKind::FederatedUser)
            }
        }
        _ => return Err(unknown()),
    })
}

impl Scenario<'_> {
    /// The tags that the context gives the resource, under whichever key.
    fn resource_tags(&self) -> Tags {
        let tags = self.context.iter().filter_map(|(key, values)| {
            let at = key.to_ascii_lowercase().find(":resourcetag/")?;
            let OneOrMany::One(value) = values else { return None };
            Some((key[at + ":resourcetag/".len()..].to_owned(), value.text()))
        });
        tags.collect()
    }

    /// The unique id, read off `aws:userid` where it is given.
    fn unique_id(&self) -> Option<String> {
        let (_, values) = self.context.iter().find(|(key, _)| key.eq_ignore_ascii_case("aws:userid"))?;
        let OneOrMany::One(value) = values else { return None };
        value.text().split(':').next().map(str::to_owned)
    }
}

fn resource(scenario: &Scenario<'_>, principal: &PrincipalView) -> Result<ResourceView, ScenarioError> {
    let text = scenario.resource.as_str();
    let service = scenario.action.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let tags = Some(scenario.resource_tags()).filter(|tags| !tags.is_empty());
    let given = scenario.resource_account.as_deref().and_then(AccountId::parse);
    let base = |kind, arn: &str, account, region| ResourceView {
        kind,
        service: service.clone(),
        arn: arn.to_owned(),
        account,
        of_caller: false,
        organization: Organizational::Unknown,
        region,
        tags: tags.clone(),
    };
    if text == "*" {
        let catalogued = Catalog::bundled().find(&scenario.action).map(|id| Catalog::bundled().action(id));
        let lists = catalogued.is_some_and(|action| action.on.contains(&ResourceKind::Listing));
        if lists && let Some(account) = given.or(principal.account) {
            // R23: a listing is a request on all repositories of the registry.
            let arn = format!("arn:aws:{service}::{account}:repository/*");
            return Ok(base(ResourceKind::Listing, &arn, Some(account), None));
        }
        return Ok(base(ResourceKind::None, "", principal.account, None));
    }
    let arn = Arn::parse(text).ok_or_else(|| ScenarioError::Form(format!("`{text}` is no ARN and not `*`")))?;
    let kind = match (arn.service(), service.as_str()) {
        ("iam", "sts") => ResourceKind::Role,
        ("ecr-public", _) if arn.resource().starts_with("registry/") => ResourceKind::Registry,
        _ => ResourceKind::Repository,
    };
    let region = (!arn.region().is_empty()).then(|| arn.region().to_owned());
    Ok(base(kind, text, given.or(arn.account()), region))
}

fn action(name: &str, kind: ResourceKind) -> Result<Action, ScenarioError> {
    let unknown = || ScenarioError::Action(name.to_owned());
    let mut action = match Catalog::bundled().find(name) {
        Some(id) => Catalog::bundled().action(id).clone(),
        None => Action::uncatalogued(name, kind).ok_or_else(unknown)?,
    };
    // The question says what it is about; a repository that is to be created has its name here.
    action.on = vec![kind];
    Ok(action)
}
