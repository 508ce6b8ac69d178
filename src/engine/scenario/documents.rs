//! The documents of a scenario: parsed, attached, and led back to the members that hold them.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::form::{Scenario, Sessions};
use super::{Part, ScenarioError};
use crate::engine::focus::written;
use crate::ids::{DocumentId, Id as _, StatementId, Table};
use crate::lower::{Builder, Context, Facts};
use crate::policy::{Document, Operator, PolicyKind, Span, parse};
use crate::rules::{Control, Layer, Limit};

/// What a scenario brings beside its question: read once, however many questions are asked of it.
pub(super) struct Material {
    pub(super) documents: Documents,
    pub(super) attached: Attached,
    pub(super) context: Context,
}

impl Material {
    pub(super) fn read(scenario: &Scenario<'_>) -> Result<Self, ScenarioError> {
        let mut documents = Documents::default();
        let attached = Attached::read(scenario, &mut documents)?;
        Ok(Self { documents, attached, context: scenario.context() })
    }
}

/// The documents of a scenario, with the place of each in it.
#[derive(Default)]
pub(super) struct Documents {
    pub(super) table: Arc<Table<DocumentId, Arc<Document>>>,
    origins: Vec<Part>,
}

impl Documents {
    /// The part of the scenario that a statement of the facts is.
    pub(super) fn part(&self, facts: &Facts, statement: StatementId) -> Option<Part> {
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
        Ok(Arc::make_mut(&mut self.table).push(Arc::new(parsed.document)))
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

pub(super) struct Attached {
    identity: Vec<DocumentId>,
    boundary: Option<Vec<DocumentId>>,
    session: Option<Vec<DocumentId>>,
    resource: Vec<(DocumentId, PolicyKind)>,
    endpoint: Option<Vec<DocumentId>>,
    pub(super) service_control: Option<Vec<Vec<DocumentId>>>,
    pub(super) resource_control: Option<Vec<Vec<DocumentId>>>,
}

impl Attached {
    pub(super) fn read(scenario: &Scenario<'_>, documents: &mut Documents) -> Result<Self, ScenarioError> {
        use PolicyKind as K;
        let kind = if scenario.asks_of_trust() { K::Trust } else { K::Repository };
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

    pub(super) fn attach(&self, builder: &mut Builder<'_>, who: usize, what: usize) {
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
            builder.attach_to_resources(document, kind, &[what], false);
        }
    }
}

impl Part {
    pub(super) fn layer(element: &'static str) -> Self {
        Self { element, level: None, policy: None, statement: None, sid: None, span: Span::default() }
    }

    /// The member that a limit is written in, and its level there.
    pub(super) fn limit(limit: Limit) -> Self {
        match limit {
            Limit::Boundary => Self::layer("permissions_boundaries"),
            Limit::Session => Self::layer("session_policy"),
            Limit::Endpoint => Self::layer("endpoint_policies"),
            Limit::Level(control, level) => {
                let element = match control {
                    Control::Service => "service_control_policies",
                    Control::Resource => "resource_control_policies",
                };
                Self { level: Some(level as usize), ..Self::layer(element) }
            }
        }
    }
}
