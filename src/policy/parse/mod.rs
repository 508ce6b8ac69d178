//! From text to statements.
//!
//! A document is read whole even where parts of it are wrong: each fault
//! becomes a [`Problem`], and what AWS would have rejected is left out. The
//! caller decides what an incomplete document means for its answers.
//!
//! Here are documents and statements; [`element`] reads what stands in a
//! statement, [`shape`] what JSON values may be, [`check`] holds a statement to
//! what AWS asks of its type of policy.

mod check;
mod element;
mod problems;
mod shape;

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use super::diagnostic::{PolicyError, Problem, Severity};
use super::document::{Condition, Document, Effect, Element, PolicyKind, Principals, Statement, Version};
use super::json::{Json, Node, Value};
use super::pattern::{Pattern, ResourcePattern};
use super::source::Span;
use element::Part;
use problems::Problems;
use shape::Member;

/// What a text says, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// What was understood.
    pub document: Document,
    /// What was not, in the order of the text.
    pub problems: Vec<Problem>,
}

impl Parsed {
    /// Whether AWS would reject the document.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }
}

/// Reads a policy document of the given type.
///
/// Statements that AWS would reject are left out, each with a problem; the others are kept. A
/// document that is rejected as a whole (no JSON, an unknown version) has no statements.
#[must_use]
pub fn parse(text: &str, kind: PolicyKind) -> Parsed {
    let mut parser =
        Parser { kind, version: Version::default(), sids: FxHashSet::default(), problems: Problems::default() };
    parser.check_letters(text);
    let document = match Json::parse(text) {
        Ok(json) => parser.document(json.root()),
        Err(error) => {
            let at = Span::new(error.offset, error.offset);
            parser.problems.error(PolicyError::Json(error.message), at);
            None
        }
    };
    Parsed { document: document.unwrap_or_default(), problems: parser.problems.in_order() }
}

struct Parser {
    kind: PolicyKind,
    version: Version,
    /// The `Sid`s met so far.
    sids: FxHashSet<String>,
    problems: Problems,
}

impl Parser {
    fn document(&mut self, node: Node<'_>) -> Option<Document> {
        let members = self.members(node, "a policy document")?;
        self.version = self.version_of(&members)?;
        if self.kind == PolicyKind::ResourceControl && self.version == Version::V2008 {
            let brace = node.span().start as usize;
            self.problems.warn(PolicyError::OldResourceControl, Span::new(brace, brace + 1));
        }
        let mut statements = None;
        for (name, value) in members {
            match &*name.value {
                // G8: where it stands twice, both are read; that AWS rejects it is told already.
                "Statement" => statements.get_or_insert_with(Vec::new).extend(self.statements(value)),
                // G5: it has no effect, so nothing is left out.
                "Id" if self.kind.is_identity() => self.problems.warn(PolicyError::IdInIdentityPolicy, name.span),
                "Version" | "Id" => {}
                other => self.problems.error(PolicyError::UnknownElement(other.to_owned()), name.span),
            }
        }
        if statements.is_none() {
            self.problems
                .error(PolicyError::NoStatement, Span::new(node.span().start as usize, node.span().start as usize + 1));
        }
        Some(Document { version: self.version, statements: statements? })
    }

    fn version_of(&mut self, members: &[Member<'_>]) -> Option<Version> {
        let Some((_, node)) = members.iter().find(|(name, _)| name.value == "Version") else {
            return Some(Version::V2008);
        };
        match node.value() {
            Value::String(text) if text == "2012-10-17" => Some(Version::V2012),
            Value::String(text) if text == "2008-10-17" => Some(Version::V2008),
            Value::String(text) => {
                self.problems.error(PolicyError::UnknownVersion(text.into_owned()), node.span());
                None
            }
            other => {
                self.shape("a version", &other, node.span());
                None
            }
        }
    }

    fn statements(&mut self, node: Node<'_>) -> Vec<Statement> {
        match node.value() {
            Value::Array(nodes) => nodes.filter_map(|node| self.statement(node)).collect(),
            _ => self.statement(node).into_iter().collect(),
        }
    }

    fn statement(&mut self, node: Node<'_>) -> Option<Statement> {
        let faults = self.problems.errors();
        let members = self.members(node, "a statement")?;
        let seen: Vec<&str> = members.iter().map(|(name, _)| &*name.value).filter(|name| is_element(name)).collect();
        let mut draft = Draft::default();
        for (name, value) in &members {
            let value = *value;
            match &*name.value {
                "Sid" => {
                    draft.sid = self.text(value, "a text").map(Cow::into_owned);
                    self.check_sid(draft.sid.as_deref(), value.span());
                }
                "Effect" => draft.effect = self.effect(value),
                "Principal" | "NotPrincipal" => {
                    let negated = name.value == "NotPrincipal";
                    let seen = draft.principals.as_ref().map(|principals| principals.negated);
                    self.once(seen, negated, Part::Principal, name.span);
                    draft.principals = self.principals(value, negated, name.span);
                }
                "Action" | "NotAction" => {
                    let negated = name.value == "NotAction";
                    self.once(draft.actions.as_ref().map(|actions| actions.negated), negated, Part::Action, name.span);
                    if negated && self.kind == PolicyKind::ResourceControl {
                        let kind = self.kind.with_article();
                        self.problems
                            .error(PolicyError::NotAllowed { element: Part::Action.name(negated), kind }, name.span);
                    }
                    draft.actions = Some(self.actions(value, negated));
                }
                "Resource" | "NotResource" => {
                    let negated = name.value == "NotResource";
                    let seen = draft.resources.as_ref().map(|resources| resources.negated);
                    self.once(seen, negated, Part::Resource, name.span);
                    draft.resources = self.resources(value, negated, name.span);
                }
                "Condition" => draft.conditions = self.conditions(value),
                other => self.problems.error(PolicyError::UnknownElement(other.to_owned()), name.span),
            }
        }
        let head = Span::new(node.span().start as usize, node.span().start as usize + 1);
        if !seen.contains(&"Effect") {
            self.problems.error(PolicyError::Missing("Effect"), head);
        }
        if draft.actions.is_none() {
            self.problems.error(PolicyError::Missing("Action"), head);
        }
        let needs_resource = !matches!(self.kind, PolicyKind::Repository | PolicyKind::Trust);
        if draft.resources.is_none() && needs_resource {
            self.problems.error(PolicyError::Missing("Resource"), head);
        }
        if self.kind.names_principals() && !seen.contains(&"Principal") && !seen.contains(&"NotPrincipal") {
            self.problems.warn(PolicyError::Missing("Principal"), head);
        }
        self.check_against_kind(&draft, head);
        if self.problems.errors() > faults {
            return None;
        }
        Some(Statement {
            sid: draft.sid,
            effect: draft.effect?,
            principals: draft.principals,
            actions: draft.actions?,
            resources: draft.resources,
            conditions: draft.conditions,
            span: node.span(),
        })
    }
}

/// The elements of a statement whose absence is told.
fn is_element(name: &str) -> bool {
    matches!(name, "Effect" | "Principal" | "NotPrincipal")
}

#[derive(Default)]
struct Draft {
    sid: Option<String>,
    effect: Option<Effect>,
    principals: Option<Principals>,
    actions: Option<Element<Pattern>>,
    resources: Option<Element<ResourcePattern>>,
    conditions: Vec<Condition>,
}
