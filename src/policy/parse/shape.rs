//! The shapes that JSON values must have: objects with each member once, texts, lists of texts.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use super::Parser;
use crate::policy::diagnostic::PolicyError;
use crate::policy::json::{Node, Value};
use crate::policy::source::{Span, Spanned};

/// So many members of an object are few.
const FEW: usize = 16;

pub(super) type Member<'a> = (Spanned<Cow<'a, str>>, Node<'a>);

impl Parser {
    /// The members of an object; equal keys are a fault of the document (G8).
    pub(super) fn members<'a>(&mut self, node: Node<'a>, expected: &'static str) -> Option<Vec<Member<'a>>> {
        match node.value() {
            Value::Object(members) => {
                let members: Vec<Member<'a>> = members.collect();
                let mut known = FxHashSet::default();
                for (at, (name, _)) in members.iter().enumerate() {
                    // A few names are compared faster than they are hashed.
                    let is_known = if members.len() <= FEW {
                        members[..at].iter().any(|(other, _)| other.value == name.value)
                    } else {
                        !known.insert(&*name.value)
                    };
                    if is_known {
                        self.problems.error(PolicyError::Twice(name.value.to_string()), name.span);
                    }
                }
                Some(members)
            }
            other => {
                self.shape(expected, &other, node.span());
                None
            }
        }
    }

    /// One text or a list of texts (G14); numbers and Booleans count by their text.
    pub(super) fn texts<'a>(&mut self, node: Node<'a>, expected: &'static str) -> Vec<Spanned<Cow<'a, str>>> {
        match node.value() {
            Value::Array(nodes) => nodes.filter_map(|node| self.scalar(node, expected)).collect(),
            _ => self.scalar(node, expected).into_iter().collect(),
        }
    }

    fn scalar<'a>(&mut self, node: Node<'a>, expected: &'static str) -> Option<Spanned<Cow<'a, str>>> {
        let value = match node.value() {
            Value::String(text) => text,
            Value::Number(text) if expected == "a condition value" => Cow::Borrowed(text),
            Value::Bool(truth) if expected == "a condition value" => {
                Cow::Borrowed(if truth { "true" } else { "false" })
            }
            other => {
                self.shape(expected, &other, node.span());
                return None;
            }
        };
        Some(Spanned { value, span: node.span() })
    }

    pub(super) fn text<'a>(&mut self, node: Node<'a>, expected: &'static str) -> Option<Cow<'a, str>> {
        self.scalar(node, expected).map(|text| text.value)
    }

    pub(super) fn shape(&mut self, expected: &'static str, found: &Value<'_>, span: Span) {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "a Boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.problems.error(PolicyError::Shape { expected, found }, span);
    }
}
