//! A scenario, read from JSON: a whole authorization question in itself.

use std::collections::BTreeMap;

use serde_json::Value;

/// A question, its documents flattened to statements.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scenario {
    /// Who asks: an ARN, a service name, or `anonymous`.
    pub(crate) principal: String,
    /// The user behind a federated user; its name alone does not tell.
    pub(crate) calling_user: Option<String>,
    /// `AIDA...` or `AROA...`, where it is known beside `aws:userid`.
    pub(crate) unique_id: Option<String>,
    /// What is asked.
    pub(crate) action: String,
    /// An ARN, or `*` for an action without resource.
    pub(crate) resource: String,
    /// Whose the resource is, where the ARN does not say.
    pub(crate) resource_account: Option<String>,
    /// The keys that are given, by their lower-case names.
    pub(crate) context: BTreeMap<String, Given>,
    /// Managed, inline and group policies: a union (E5).
    pub(crate) identity: Vec<Statement>,
    /// The permissions boundary, if one is set.
    pub(crate) boundary: Option<Vec<Statement>>,
    /// The session policy, if one was passed.
    pub(crate) session: Option<Vec<Statement>>,
    /// The repository policy, or the trust policy of a role.
    pub(crate) resource_policy: Vec<Statement>,
    /// The policy of the private registry, enforced in all its requests.
    pub(crate) registry_policy: Vec<Statement>,
    /// The policies of the endpoints that the request comes through.
    pub(crate) endpoints: Vec<Vec<Statement>>,
    /// Service control policies of the requester's account, a level each, root first.
    pub(crate) scps: Vec<Vec<Statement>>,
    /// Resource control policies of the resource's account, a level each, root first.
    pub(crate) rcps: Vec<Vec<Statement>>,
    /// Whether the requester's account manages its organization.
    pub(crate) management_account: bool,
    /// Whether the resource's account manages its organization.
    pub(crate) resource_management_account: bool,
}

/// The value of a context key.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    /// One value.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// One statement.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// Its name, if it has one.
    pub(crate) sid: Option<String>,
    /// Allow, otherwise Deny.
    pub(crate) allows: bool,
    /// `Principal` or `NotPrincipal`.
    pub(crate) principals: Principals,
    /// `Action` or `NotAction`.
    pub(crate) actions: Element,
    /// `Resource` or `NotResource`; a repository policy needs none.
    pub(crate) resources: Option<Element>,
    /// All that must hold.
    pub(crate) conditions: Vec<Condition>,
    /// Whether `${...}` is a variable: only with Version 2012-10-17 (G3).
    pub(crate) variables: bool,
}

/// Patterns, or with `Not` what is not meant.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    /// Whether this is the `Not` form.
    pub(crate) negated: bool,
    /// The patterns.
    pub(crate) entries: Vec<String>,
}

/// The principal element, its entries as type and text.
#[derive(Clone, Debug)]
pub(crate) enum Principals {
    /// There is none.
    Missing,
    /// `Principal`.
    Only(Vec<(String, String)>),
    /// `NotPrincipal`.
    AllBut(Vec<(String, String)>),
}

/// One operator on one key.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// The operator as written.
    pub(crate) operator: String,
    /// The key as written.
    pub(crate) key: String,
    /// The policy's values.
    pub(crate) values: Vec<String>,
}

impl Condition {
    /// O18: one operator and one key, spelled in two letter cases.
    pub(super) fn differs_in_case(&self, other: &Self) -> bool {
        self.operator.eq_ignore_ascii_case(&other.operator)
            && self.key.eq_ignore_ascii_case(&other.key)
            && (self.operator != other.operator || self.key != other.key)
    }
}

impl Scenario {
    /// Reads a scenario; the error names the field that is missing.
    pub(crate) fn read(value: &Value) -> Result<Self, String> {
        let text = |field: &str| value[field].as_str().map(str::to_owned);
        let required = |field: &str| text(field).ok_or_else(|| format!("no `{field}`"));
        let flag = |field: &str| value[field].as_bool().unwrap_or(false);
        let layer = |field: &str| list(&value[field]).iter().flat_map(|document| statements(document)).collect();
        let levels = |field: &str| -> Vec<Vec<Statement>> {
            let documents_of = |level: &Value| list(level).iter().flat_map(|document| statements(document)).collect();
            list(&value[field]).iter().map(|level| documents_of(level)).collect()
        };
        let limit = |field: &str| -> Option<Vec<Statement>> { (!list(&value[field]).is_empty()).then(|| layer(field)) };
        Ok(Self {
            principal: required("principal")?,
            calling_user: text("calling_user"),
            unique_id: None,
            action: required("action")?,
            resource: listing(value).map_or_else(|| required("resource"), Ok)?,
            resource_account: text("resource_account"),
            context: context(&value["context"]),
            identity: layer("identity_policies"),
            boundary: limit("permissions_boundaries"),
            session: limit("session_policy"),
            resource_policy: layer("resource_policy"),
            registry_policy: layer("registry_policy"),
            endpoints: list(&value["endpoint_policies"]).iter().map(|document| statements(document)).collect(),
            scps: levels("service_control_policies"),
            rcps: levels("resource_control_policies"),
            management_account: flag("management_account"),
            resource_management_account: flag("resource_management_account"),
        })
    }

    /// The prefix of the action.
    pub(super) fn service(&self) -> String {
        self.action.split(':').next().unwrap_or_default().to_lowercase()
    }
}

/// R23, Q8: a list without names is asked of all repositories of the registry.
fn listing(value: &Value) -> Option<String> {
    let action = value["action"].as_str()?;
    let (service, name) = action.split_once(':')?;
    let lists = value["resource"] == "*" && name.eq_ignore_ascii_case("DescribeRepositories");
    let own = value["principal"].as_str().and_then(|arn| arn.split(':').nth(4));
    let account = value["resource_account"].as_str().or(own)?;
    lists.then(|| format!("arn:aws:{service}::{account}:repository/*"))
}

fn context(value: &Value) -> BTreeMap<String, Given> {
    let mut keys = BTreeMap::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        let given = match value {
            Value::Array(values) => Given::Many(values.iter().map(scalar).collect()),
            other => Given::One(scalar(other)),
        };
        keys.insert(key.to_lowercase(), given);
    }
    keys
}

/// The statements of a document.
pub(crate) fn statements(document: &Value) -> Vec<Statement> {
    let variables = document["Version"] == "2012-10-17";
    list(&document["Statement"]).iter().map(|value| statement(value, variables)).collect()
}

fn statement(value: &Value, variables: bool) -> Statement {
    let mut conditions = Vec::new();
    for (operator, keys) in value["Condition"].as_object().into_iter().flatten() {
        for (key, values) in keys.as_object().into_iter().flatten() {
            conditions.push(Condition { operator: operator.clone(), key: key.clone(), values: texts(values) });
        }
    }
    Statement {
        sid: value["Sid"].as_str().map(str::to_owned),
        allows: value["Effect"] == "Allow",
        principals: match (&value["Principal"], &value["NotPrincipal"]) {
            (Value::Null, Value::Null) => Principals::Missing,
            (Value::Null, names) => Principals::AllBut(principals(names)),
            (names, _) => Principals::Only(principals(names)),
        },
        actions: element(value, "Action").unwrap_or(Element { negated: false, entries: Vec::new() }),
        resources: element(value, "Resource"),
        conditions,
        variables,
    }
}

/// An element or its `Not` form, if one of them is there.
fn element(statement: &Value, name: &str) -> Option<Element> {
    let negated = format!("Not{name}");
    match (&statement[name], &statement[&negated]) {
        (Value::Null, Value::Null) => None,
        (Value::Null, entries) => Some(Element { negated: true, entries: texts(entries) }),
        (entries, _) => Some(Element { negated: false, entries: texts(entries) }),
    }
}

/// A8: `"*"` is `{"AWS": "*"}`.
fn principals(value: &Value) -> Vec<(String, String)> {
    let Some(types) = value.as_object() else {
        return texts(value).into_iter().map(|text| ("AWS".to_owned(), text)).collect();
    };
    let mut entries = Vec::new();
    for (kind, names) in types {
        entries.extend(texts(names).into_iter().map(|name| (kind.clone(), name)));
    }
    entries
}

/// G14: one and a list of one are the same.
fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    }
}

fn texts(value: &Value) -> Vec<String> {
    list(value).into_iter().map(scalar).collect()
}

/// O8: numbers and Booleans are read by their text.
fn scalar(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
