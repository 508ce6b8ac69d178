//! The elements of a statement.

use std::borrow::Cow;

use super::Parser;
use crate::policy::diagnostic::PolicyError;
use crate::policy::document::{Condition, Effect, Element, PolicyKind, Principals, Version};
use crate::policy::json::{Node, Value};
use crate::policy::operator::documented;
use crate::policy::pattern::{Pattern, ResourcePattern};
use crate::policy::principal::PrincipalName;
use crate::policy::source::{Span, Spanned};

/// An element of a statement that has a `Not` form.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Principal,
    Action,
    Resource,
}

impl Part {
    pub(super) fn name(self, negated: bool) -> &'static str {
        match (self, negated) {
            (Self::Principal, false) => "Principal",
            (Self::Principal, true) => "NotPrincipal",
            (Self::Action, false) => "Action",
            (Self::Action, true) => "NotAction",
            (Self::Resource, false) => "Resource",
            (Self::Resource, true) => "NotResource",
        }
    }
}

impl Parser {
    pub(super) fn effect(&mut self, node: Node<'_>) -> Option<Effect> {
        let text = self.text(node, "`Allow` or `Deny`")?;
        match &*text {
            "Allow" => Some(Effect::Allow),
            "Deny" => Some(Effect::Deny),
            _ => {
                self.problems.error(PolicyError::UnknownEffect(text.into_owned()), node.span());
                None
            }
        }
    }

    pub(super) fn principals(&mut self, node: Node<'_>, negated: bool, name: Span) -> Option<Principals> {
        if !self.kind.names_principals() || (negated && !self.kind.excepts_principals()) {
            let element = Part::Principal.name(negated);
            self.problems.error(PolicyError::NotAllowed { element, kind: self.kind.with_article() }, name);
            return None;
        }
        let mut entries = Vec::new();
        match node.value() {
            Value::String(text) if text == "*" => {
                entries.push(Spanned { value: PrincipalName::Everyone, span: node.span() });
            }
            Value::String(text) => {
                self.problems.error(PolicyError::MalformedPrincipal(text.into_owned()), node.span());
            }
            Value::Object(_) => {
                let mut is_empty = true;
                for (kind, values) in self.members(node, "a principal")? {
                    let texts = self.texts(values, "a principal");
                    is_empty = false;
                    if values.is_empty_array() {
                        let element = Part::Principal.name(negated);
                        self.problems.warn(PolicyError::EmptyList(element), values.span());
                    }
                    for text in texts {
                        entries.push(self.principal(&kind, text)?);
                    }
                }
                if is_empty {
                    self.problems.warn(PolicyError::EmptyList(Part::Principal.name(negated)), node.span());
                }
            }
            other => self.shape("`\"*\"` or an object of principals", &other, node.span()),
        }
        Some(Element { negated, entries })
    }

    fn principal(
        &mut self,
        kind: &Spanned<Cow<'_, str>>,
        text: Spanned<Cow<'_, str>>,
    ) -> Option<Spanned<PrincipalName>> {
        let (text, span) = (text.value.into_owned(), text.span);
        let value = match &*kind.value {
            "AWS" => match PrincipalName::parse_aws(&text) {
                Ok(name) => name,
                // Refused when saved, and harmless where it is found: it matches nobody (A5, A15).
                Err(error @ (PolicyError::WildcardPrincipal(_) | PolicyError::GroupPrincipal(_))) => {
                    self.problems.warn(error, span);
                    PrincipalName::Nobody(text)
                }
                Err(error) => {
                    self.problems.error(error, span);
                    PrincipalName::Nobody(text)
                }
            },
            "Service" if text.contains(['*', '?']) => {
                self.problems.warn(PolicyError::WildcardService(text.clone()), span);
                PrincipalName::Nobody(text)
            }
            "Service" => PrincipalName::Service(text),
            "Federated" => {
                // A19
                if self.kind != PolicyKind::Trust {
                    self.problems.warn(PolicyError::NamesNobody("Federated", self.kind.with_article()), kind.span);
                }
                PrincipalName::Federated(text)
            }
            // A20
            "CanonicalUser" => {
                self.problems.warn(PolicyError::NamesNobody("CanonicalUser", self.kind.with_article()), kind.span);
                PrincipalName::CanonicalUser(text)
            }
            other => {
                self.problems.error(PolicyError::UnknownPrincipalType(other.to_owned()), kind.span);
                return None;
            }
        };
        Some(Spanned { value, span })
    }

    pub(super) fn actions(&mut self, node: Node<'_>, negated: bool) -> Element<Pattern> {
        let texts = self.texts(node, "an action");
        if node.is_empty_array() {
            self.problems.warn(PolicyError::EmptyList(Part::Action.name(negated)), node.span());
        }
        let mut entries = Vec::with_capacity(texts.len());
        for Spanned { value, span } in texts {
            let named = value.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
            if value != "*" && !named {
                self.problems.error(PolicyError::MalformedAction(value.into_owned()), span);
            } else {
                // M9: no variables in actions.
                entries.push(Spanned { value: Pattern::parse_owned(value, Version::V2008), span });
            }
        }
        Element { negated, entries }
    }

    pub(super) fn resources(&mut self, node: Node<'_>, negated: bool, name: Span) -> Option<Element<ResourcePattern>> {
        if self.kind == PolicyKind::Trust {
            let element = Part::Resource.name(negated);
            self.problems.error(PolicyError::NotAllowed { element, kind: self.kind.with_article() }, name);
            return None;
        }
        let texts = self.texts(node, "a resource");
        if node.is_empty_array() {
            self.problems.warn(PolicyError::EmptyList(Part::Resource.name(negated)), node.span());
        }
        let mut entries = Vec::with_capacity(texts.len());
        for Spanned { value, span } in texts {
            self.check_resource(&value, span);
            let pattern = ResourcePattern(Pattern::parse_owned(value, self.version));
            entries.push(Spanned { value: pattern, span });
        }
        Some(Element { negated, entries })
    }

    pub(super) fn conditions(&mut self, node: Node<'_>) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (operator, keys) in self.members(node, "the operators of a condition").unwrap_or_default() {
            let operator = Spanned { value: operator.value.into_owned(), span: operator.span };
            match documented(&operator.value) {
                // O12: AWS stores no other; where one is found the condition is unknown, and the statement stays.
                None => self.problems.warn(PolicyError::UnknownOperator(operator.value.clone()), operator.span),
                // O11: AWS documents one spelling only.
                Some(documented) if documented != operator.value => {
                    let written = operator.value.clone();
                    self.problems.note(PolicyError::OperatorSpelling { written, documented }, operator.span);
                }
                Some(_) => {}
            }
            for (key, values) in self.members(keys, "the keys of an operator").unwrap_or_default() {
                conditions.push(Condition {
                    operator: operator.clone(),
                    key: Spanned { value: key.value.into_owned(), span: key.span },
                    values: self.texts(values, "a condition value").into_iter().map(owned).collect(),
                });
            }
        }
        conditions
    }
}

fn owned(text: Spanned<Cow<'_, str>>) -> Spanned<String> {
    Spanned { value: text.value.into_owned(), span: text.span }
}
