//! The typed document: what a policy says, before anybody asks what it means.

use serde::{Deserialize, Serialize};

use super::pattern::{Pattern, ResourcePattern};
use super::principal::PrincipalName;
use super::source::{Span, Spanned};

/// Which policy type a document is; it decides what its statements may hold (table G-T).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PolicyKind {
    /// Attached to or inline in a user, group or role; also a permissions boundary.
    Identity,
    /// Passed when a session is made.
    Session,
    /// On a repository, public or private.
    Repository,
    /// On a private registry of one region.
    Registry,
    /// On a role: who may assume it.
    Trust,
    /// A service control policy.
    ServiceControl,
    /// A resource control policy.
    ResourceControl,
    /// On a VPC endpoint.
    Endpoint,
}

impl PolicyKind {
    /// All types.
    pub const ALL: [Self; 8] = [
        Self::Identity,
        Self::Session,
        Self::Repository,
        Self::Registry,
        Self::Trust,
        Self::ServiceControl,
        Self::ResourceControl,
        Self::Endpoint,
    ];

    /// The type with this name: `service-control`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The type as a name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Session => "session",
            Self::Repository => "repository",
            Self::Registry => "registry",
            Self::Trust => "trust",
            Self::ServiceControl => "service-control",
            Self::ResourceControl => "resource-control",
            Self::Endpoint => "endpoint",
        }
    }

    /// Whether its statements have a `Principal`.
    #[must_use]
    pub fn names_principals(self) -> bool {
        !matches!(self, Self::Identity | Self::Session | Self::ServiceControl)
    }

    /// Whether it is held to what IAM accepts in policies of users, groups, roles and their sessions.
    pub(super) fn is_identity(self) -> bool {
        matches!(self, Self::Identity | Self::Session)
    }

    /// Whether its statements may have a `NotPrincipal`.
    pub(super) fn excepts_principals(self) -> bool {
        matches!(self, Self::Repository | Self::Registry | Self::Endpoint)
    }

    /// The type in words, for messages.
    #[must_use]
    pub fn with_article(self) -> &'static str {
        match self {
            Self::Identity => "an identity policy",
            Self::Session => "a session policy",
            Self::Repository => "a repository policy",
            Self::Registry => "a registry policy",
            Self::Trust => "a trust policy",
            Self::ServiceControl => "a service control policy",
            Self::ResourceControl => "a resource control policy",
            Self::Endpoint => "an endpoint policy",
        }
    }
}

/// The `Version` element (G2, G3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Version {
    /// `2008-10-17`, and what a document without the element has: `${...}` is plain text.
    #[default]
    V2008,
    /// `2012-10-17`: policy variables are read.
    V2012,
}

/// A policy document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Whether policy variables are read.
    pub version: Version,
    /// The statements that AWS would accept, in their order.
    pub statements: Vec<Statement>,
}

impl Document {
    /// The keys that its statements ask for, by themselves or as variables, each as often as they do.
    pub fn keys(&self) -> impl Iterator<Item = String> {
        self.statements.iter().flat_map(|statement| {
            let conditions = statement.conditions.iter().flat_map(|condition| {
                let values = condition.values.iter().filter(|value| value.value.contains("${"));
                let variables = values.flat_map(|value| variables(&Pattern::parse(&value.value, Version::V2012)));
                std::iter::once(condition.key.value.clone()).chain(variables)
            });
            let resources = statement.resources.iter().flat_map(|resources| &resources.entries);
            conditions.chain(resources.flat_map(|entry| variables(&entry.value.0)))
        })
    }
}

fn variables(pattern: &Pattern) -> Vec<String> {
    pattern.variables().map(|variable| variable.key.clone()).collect()
}

/// `Allow` or `Deny`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Effect {
    /// Grants what it matches.
    Allow,
    /// Forbids what it matches, whatever else allows it (E2).
    Deny,
}

/// An element, or its `Not` form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Element<T> {
    /// `NotAction`, `NotResource`: everything that the list does not match.
    pub negated: bool,
    /// The alternatives.
    pub entries: Vec<Spanned<T>>,
}

/// `Principal` or `NotPrincipal`.
pub type Principals = Element<PrincipalName>;

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Statement {
    /// `Sid`, which has no effect (G16).
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
    /// Whom it names; `None` where the policy type has no such element, or the statement lacks it (G19).
    pub principals: Option<Principals>,
    /// Action patterns, matched without regard to case (M1).
    pub actions: Element<Pattern>,
    /// ARN patterns; `None` where the resource is the one that holds the policy (G20, G21).
    pub resources: Option<Element<ResourcePattern>>,
    /// All of these must hold (C1).
    pub conditions: Vec<Condition>,
    /// Its bytes in the document.
    pub span: Span,
}

impl Statement {
    /// The elements that it has beside `Sid` and `Effect`, by their names: `Action` or `NotAction` ...
    pub fn elements(&self) -> impl Iterator<Item = &'static str> {
        let either = |negated: bool, name, opposite| if negated { opposite } else { name };
        let principal = self.principals.as_ref().map(|own| either(own.negated, "Principal", "NotPrincipal"));
        let resource = self.resources.as_ref().map(|own| either(own.negated, "Resource", "NotResource"));
        let condition = (!self.conditions.is_empty()).then_some("Condition");
        let action = either(self.actions.negated, "Action", "NotAction");
        [principal, Some(action), resource, condition].into_iter().flatten()
    }

    /// Whether it allows every action on every resource in every request.
    #[must_use]
    pub fn allows_everything(&self) -> bool {
        let everywhere = |resources: &Element<ResourcePattern>| {
            !resources.negated && resources.entries.iter().any(|entry| entry.value.0.is_everything())
        };
        self.effect == Effect::Allow
            && self.conditions.is_empty()
            && !self.actions.negated
            && self.actions.entries.iter().any(|entry| entry.value.is_everything())
            && self.resources.as_ref().is_some_and(everywhere)
    }

    /// Whether it says what another one does, wherever both stand and whatever they are called.
    #[must_use]
    pub fn says_what(&self, other: &Self) -> bool {
        // Nearly all that differ do so here.
        let alike = self.effect == other.effect
            && self.actions.entries.len() == other.actions.entries.len()
            && self.conditions.len() == other.conditions.len();
        alike && self.without_places() == other.without_places()
    }

    /// The same without what does not bear on its meaning: where it stands, and its name.
    #[must_use]
    pub fn without_places(&self) -> Self {
        let mut bare = self.clone();
        bare.sid = None;
        bare.span = Span::default();
        let resources = bare.resources.iter_mut().flat_map(|element| &mut element.entries);
        resources.for_each(|entry| entry.span = Span::default());
        bare.actions.entries.iter_mut().for_each(|entry| entry.span = Span::default());
        let principals = bare.principals.iter_mut().flat_map(|element| &mut element.entries);
        principals.for_each(|entry| entry.span = Span::default());
        for condition in &mut bare.conditions {
            condition.operator.span = Span::default();
            condition.key.span = Span::default();
            condition.values.iter_mut().for_each(|value| value.span = Span::default());
        }
        bare
    }
}

/// One key under one operator of a `Condition` element, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Condition {
    /// `ForAnyValue:StringLikeIfExists` ...
    pub operator: Spanned<String>,
    /// `aws:SourceIp` ...
    pub key: Spanned<String>,
    /// Alternatives; numbers and Booleans by their text (O8).
    pub values: Vec<Spanned<String>>,
}
