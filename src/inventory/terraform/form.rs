//! The JSON of a plan, as far as it is needed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::reference::bare;
use super::resource::{Kind, Resource, Values};
use crate::policy::Span;

/// The members of an object, as they are written.
type Raw<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

#[derive(Deserialize)]
struct Form<'a> {
    #[serde(borrow)]
    format_version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    planned_values: Option<State<'a>>,
    #[serde(borrow)]
    resource_changes: Option<Vec<ResourceChange<'a>>>,
    #[serde(borrow)]
    prior_state: Option<Prior<'a>>,
    configuration: Option<Value>,
    variables: Option<Value>,
}

#[derive(Deserialize)]
struct Prior<'a> {
    #[serde(borrow)]
    values: Option<State<'a>>,
}

#[derive(Deserialize)]
struct State<'a> {
    #[serde(borrow)]
    root_module: Option<Module<'a>>,
}

#[derive(Deserialize)]
struct Module<'a> {
    #[serde(borrow)]
    resources: Option<Vec<Stated<'a>>>,
    #[serde(borrow)]
    child_modules: Option<Vec<Module<'a>>>,
}

/// A resource as a state has it.
#[derive(Deserialize)]
struct Stated<'a> {
    #[serde(borrow)]
    address: Cow<'a, str>,
    #[serde(borrow)]
    mode: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    values: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ResourceChange<'a> {
    #[serde(borrow)]
    address: Cow<'a, str>,
    #[serde(borrow)]
    mode: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    deposed: Option<Cow<'a, str>>,
    #[serde(borrow)]
    change: Option<Changed<'a>>,
}

#[derive(Deserialize)]
struct Changed<'a> {
    #[serde(borrow)]
    actions: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow)]
    before: Option<&'a RawValue>,
    #[serde(borrow)]
    after: Option<&'a RawValue>,
    after_unknown: Option<Value>,
}

/// A plan: the resources that matter, before and after.
pub(super) struct Parsed<'a> {
    /// Whether the text has what a plan has.
    has_form: bool,
    /// What was known before.
    pub(super) prior: Vec<Resource<'a>>,
    /// What would change, and what would not.
    pub(super) changes: Vec<Resource<'a>>,
    /// The changes by their addresses, without the keys of instances.
    instances: BTreeMap<String, Vec<usize>>,
    pub(super) configuration: Value,
    pub(super) variables: Value,
}

impl<'a> Parsed<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, serde_json::Error> {
        let form: Form<'a> = serde_json::from_str(text)?;
        let has_form = form.format_version.is_some()
            && (form.planned_values.is_some() || form.resource_changes.is_some() || form.prior_state.is_some());
        let prior = stated(text, form.prior_state.and_then(|state| state.values))?;
        let mut changes = Vec::new();
        for change in form.resource_changes.unwrap_or_default() {
            changes.extend(changed(text, change)?);
        }
        // Of what is planned and no change tells of, the plan's values are what it will be.
        let told: BTreeSet<String> = changes.iter().map(|one| one.address.clone()).collect();
        let before: BTreeMap<&str, &Resource<'a>> = prior.iter().map(|one| (one.address.as_str(), one)).collect();
        for mut resource in stated(text, form.planned_values)? {
            if !told.contains(&resource.address) {
                resource.before = before.get(resource.address.as_str()).and_then(|one| one.after.clone());
                changes.push(resource);
            }
        }
        let mut instances: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (number, change) in changes.iter().enumerate() {
            instances.entry(bare(&change.address)).or_default().push(number);
        }
        let (configuration, variables) = (form.configuration.unwrap_or_default(), form.variables.unwrap_or_default());
        Ok(Self { has_form, prior, changes, instances, configuration, variables })
    }

    /// The resources that would be there, of an address without the keys of instances.
    pub(super) fn instances(&self, address: &str) -> impl Iterator<Item = &Resource<'a>> {
        self.instances.get(address).into_iter().flatten().map(|&number| &self.changes[number])
    }

    pub(super) fn is_plan(&self) -> bool {
        self.has_form
    }
}

/// Where an address stands in the text.
fn place(text: &str, address: &str) -> Span {
    let start = (address.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    // One that is written with escapes is a copy.
    let is_inside = text.get(start..start.saturating_add(address.len())) == Some(address);
    if is_inside { Span::new(start, start + address.len()) } else { Span::default() }
}

fn stated<'a>(text: &'a str, state: Option<State<'a>>) -> Result<Vec<Resource<'a>>, serde_json::Error> {
    let mut into = Vec::new();
    let mut modules: Vec<Module<'a>> = state.and_then(|state| state.root_module).into_iter().collect();
    while let Some(module) = modules.pop() {
        for Stated { address, mode, kind, values } in module.resources.unwrap_or_default() {
            let Some(kind) = Kind::parse(&kind).filter(|_| is_managed(mode.as_deref())) else { continue };
            let after = values.map(members).transpose()?;
            let after = after.map(|members| Values { members, unknown: Value::Null });
            let at = place(text, &address);
            into.push(Resource { address: address.into_owned(), at, kind, before: None, after, is_changed: true });
        }
        modules.extend(module.child_modules.unwrap_or_default());
    }
    into.sort_by(|one, other| one.address.cmp(&other.address));
    Ok(into)
}

fn changed<'a>(text: &'a str, change: ResourceChange<'a>) -> Result<Option<Resource<'a>>, serde_json::Error> {
    let ResourceChange { address, mode, kind, deposed, change } = change;
    let kind = Kind::parse(&kind).filter(|_| is_managed(mode.as_deref()) && deposed.is_none());
    let (Some(kind), Some(change)) = (kind, change) else { return Ok(None) };
    let actions = change.actions.unwrap_or_default();
    let does = |action: &str| actions.iter().any(|one| one == action);
    // What is forgotten stays as it is.
    let is_changed = does("create") || does("update") || does("delete");
    let values = |raw: Option<&'a RawValue>| raw.filter(|raw| raw.get() != "null").map(members).transpose();
    let (before, after) = (values(change.before)?, values(change.after)?);
    Ok(Some(Resource {
        at: place(text, &address),
        address: address.into_owned(),
        kind,
        before: before.map(|members| Values { members, unknown: Value::Null }),
        after: after.map(|members| Values { members, unknown: change.after_unknown.unwrap_or_default() }),
        is_changed,
    }))
}

fn is_managed(mode: Option<&str>) -> bool {
    mode.is_none_or(|mode| mode == "managed")
}

fn members(raw: &RawValue) -> Result<Raw<'_>, serde_json::Error> {
    serde_json::from_str(raw.get())
}
