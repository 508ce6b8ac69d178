//! From text to statements.
//!
//! A document is read whole even where parts of it are wrong: each fault
//! becomes a [`Problem`], and what AWS would have rejected is left out. The
//! caller decides what an incomplete document means for its answers.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use super::diagnostic::{PolicyError, Problem, Severity};
use super::document::{Condition, Document, Effect, Element, PolicyKind, Principals, Statement, Version};
use super::json::{Json, Node, Value};
use super::operator::documented;
use super::pattern::{Pattern, ResourcePattern};
use super::principal::PrincipalName;
use super::source::{Span, Spanned};

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
    let mut parser = Parser {
        kind,
        version: Version::default(),
        sids: FxHashSet::default(),
        problems: Vec::new(),
        errors: 0,
        unlisted: None,
    };
    parser.check_letters(text);
    let document = match Json::parse(text) {
        Ok(json) => parser.document(json.root()),
        Err(error) => {
            let at = Span::new(error.offset, error.offset);
            parser.error(PolicyError::Json(error.message), at);
            None
        }
    };
    parser.problems.sort_by_key(|problem| problem.span.start);
    parser.problems.extend(parser.unlisted);
    Parsed { document: document.unwrap_or_default(), problems: parser.problems }
}

/// So many problems of one document are listed. A person reads the first few; a megabyte of nonsense
/// must not make a thousand times as much of messages.
const LISTED: usize = 100;

/// So many members of an object are few.
const FEW: usize = 16;

struct Parser {
    kind: PolicyKind,
    version: Version,
    /// The `Sid`s met so far.
    sids: FxHashSet<String>,
    problems: Vec<Problem>,
    /// How many errors were met, listed or not.
    errors: usize,
    /// Stands for the problems beyond the listed ones, at the place of the first of them.
    unlisted: Option<Problem>,
}

type Member<'a> = (Spanned<Cow<'a, str>>, Node<'a>);

impl Parser {
    fn error(&mut self, error: PolicyError, span: Span) {
        self.errors += 1;
        self.add(error, Severity::Error, span);
    }

    fn warn(&mut self, error: PolicyError, span: Span) {
        self.add(error, Severity::Warning, span);
    }

    fn note(&mut self, error: PolicyError, span: Span) {
        self.add(error, Severity::Note, span);
    }

    fn add(&mut self, error: PolicyError, severity: Severity, span: Span) {
        if self.problems.len() < LISTED {
            self.problems.push(Problem { error, severity, span });
            return;
        }
        let unlisted = self.unlisted.get_or_insert(Problem { error: PolicyError::Unlisted(0), severity, span });
        unlisted.severity = unlisted.severity.max(severity);
        if let PolicyError::Unlisted(count) = &mut unlisted.error {
            *count += 1;
        }
    }

    fn document(&mut self, node: Node<'_>) -> Option<Document> {
        let members = self.members(node, "a policy document")?;
        self.version = self.version_of(&members)?;
        if self.kind == PolicyKind::ResourceControl && self.version == Version::V2008 {
            let brace = node.span().start as usize;
            self.warn(PolicyError::OldResourceControl, Span::new(brace, brace + 1));
        }
        let mut statements = None;
        for (name, value) in members {
            match &*name.value {
                // G8: where it stands twice, both are read; that AWS rejects it is told already.
                "Statement" => statements.get_or_insert_with(Vec::new).extend(self.statements(value)),
                // G5: it has no effect, so nothing is left out.
                "Id" if self.kind.is_identity() => self.warn(PolicyError::IdInIdentityPolicy, name.span),
                "Version" | "Id" => {}
                other => self.error(PolicyError::UnknownElement(other.to_owned()), name.span),
            }
        }
        if statements.is_none() {
            self.error(PolicyError::NoStatement, Span::new(node.span().start as usize, node.span().start as usize + 1));
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
                self.error(PolicyError::UnknownVersion(text.into_owned()), node.span());
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
        let faults = self.errors;
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
                        self.error(PolicyError::NotAllowed { element: Part::Action.name(negated), kind }, name.span);
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
                other => self.error(PolicyError::UnknownElement(other.to_owned()), name.span),
            }
        }
        let head = Span::new(node.span().start as usize, node.span().start as usize + 1);
        if !seen.contains(&"Effect") {
            self.error(PolicyError::Missing("Effect"), head);
        }
        if draft.actions.is_none() {
            self.error(PolicyError::Missing("Action"), head);
        }
        let needs_resource = !matches!(self.kind, PolicyKind::Repository | PolicyKind::Trust);
        if draft.resources.is_none() && needs_resource {
            self.error(PolicyError::Missing("Resource"), head);
        }
        if self.kind.names_principals() && !seen.contains(&"Principal") && !seen.contains(&"NotPrincipal") {
            self.warn(PolicyError::Missing("Principal"), head);
        }
        self.check_against_kind(&draft, head);
        if self.errors > faults {
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

    /// G11: IAM documents are limited to these characters. Control characters are no JSON and told as such.
    fn check_letters(&mut self, text: &str) {
        if !self.kind.is_identity() && self.kind != PolicyKind::Trust {
            return;
        }
        if text.is_ascii() {
            return;
        }
        if let Some((at, letter)) = text.char_indices().find(|(_, letter)| *letter > '\u{ff}') {
            self.warn(PolicyError::Letter(letter), Span::new(at, at + letter.len_utf8()));
        }
    }

    /// G16: IAM wants no `Sid` twice; it has no effect, so nothing is left out. Letters and digits alone are not
    /// asked for: the guide's own identity policy has blanks.
    fn check_sid(&mut self, sid: Option<&str>, span: Span) {
        let Some(sid) = sid.filter(|_| self.kind.is_identity()) else { return };
        if !self.sids.insert(sid.to_owned()) && !sid.is_empty() {
            self.warn(PolicyError::SidTwice(sid.to_owned()), span);
        }
    }

    /// What follows from the effect of a statement in a policy of this type.
    fn check_against_kind(&mut self, draft: &Draft, head: Span) {
        if draft.effect == Some(Effect::Allow) && draft.principals.as_ref().is_some_and(|names| names.negated) {
            self.warn(PolicyError::AllowNotPrincipal, head);
        }
        if self.kind == PolicyKind::ResourceControl {
            self.check_resource_control(draft, head);
        }
    }

    /// G23 and table G-T: a resource control policy denies named actions to everyone.
    fn check_resource_control(&mut self, draft: &Draft, head: Span) {
        if draft.effect == Some(Effect::Allow) {
            if !draft.is_full_access() {
                self.error(PolicyError::AllowInResourceControl, head);
            }
            return;
        }
        let named = draft.principals.iter().flat_map(|principals| &principals.entries);
        let first = named.filter(|entry| entry.value != PrincipalName::Everyone).map(|entry| entry.span).next();
        if let Some(span) = first {
            self.error(PolicyError::PrincipalInResourceControl, span);
        }
        for action in draft.actions.iter().flat_map(|actions| &actions.entries) {
            if action.value.is_everything() {
                // Refused when saved. Where one is found all the same it is read as it stands.
                self.warn(PolicyError::EveryActionInResourceControl, action.span);
            }
        }
    }

    /// An element and its `Not` form; the same element twice was told already (G8).
    fn once(&mut self, seen: Option<bool>, negated: bool, part: Part, span: Span) {
        if seen.is_some_and(|other| other != negated) {
            self.error(PolicyError::Both(part.name(false)), span);
        }
    }

    fn effect(&mut self, node: Node<'_>) -> Option<Effect> {
        let text = self.text(node, "`Allow` or `Deny`")?;
        match &*text {
            "Allow" => Some(Effect::Allow),
            "Deny" => Some(Effect::Deny),
            _ => {
                self.error(PolicyError::UnknownEffect(text.into_owned()), node.span());
                None
            }
        }
    }

    fn principals(&mut self, node: Node<'_>, negated: bool, name: Span) -> Option<Principals> {
        if !self.kind.names_principals() || (negated && !self.kind.excepts_principals()) {
            let element = Part::Principal.name(negated);
            self.error(PolicyError::NotAllowed { element, kind: self.kind.with_article() }, name);
            return None;
        }
        let mut entries = Vec::new();
        match node.value() {
            Value::String(text) if text == "*" => {
                entries.push(Spanned { value: PrincipalName::Everyone, span: node.span() });
            }
            Value::String(text) => {
                self.error(PolicyError::MalformedPrincipal(text.into_owned()), node.span());
            }
            Value::Object(_) => {
                let mut is_empty = true;
                for (kind, values) in self.members(node, "a principal")? {
                    let texts = self.texts(values, "a principal");
                    is_empty = false;
                    if values.is_empty_array() {
                        let element = Part::Principal.name(negated);
                        self.warn(PolicyError::EmptyList(element), values.span());
                    }
                    for text in texts {
                        entries.push(self.principal(&kind, text)?);
                    }
                }
                if is_empty {
                    self.warn(PolicyError::EmptyList(Part::Principal.name(negated)), node.span());
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
                    self.warn(error, span);
                    PrincipalName::Nobody(text)
                }
                Err(error) => {
                    self.error(error, span);
                    PrincipalName::Nobody(text)
                }
            },
            "Service" if text.contains(['*', '?']) => {
                self.warn(PolicyError::WildcardService(text.clone()), span);
                PrincipalName::Nobody(text)
            }
            "Service" => PrincipalName::Service(text),
            "Federated" => {
                // A19
                if self.kind != PolicyKind::Trust {
                    self.warn(PolicyError::NamesNobody("Federated", self.kind.with_article()), kind.span);
                }
                PrincipalName::Federated(text)
            }
            // A20
            "CanonicalUser" => {
                self.warn(PolicyError::NamesNobody("CanonicalUser", self.kind.with_article()), kind.span);
                PrincipalName::CanonicalUser(text)
            }
            other => {
                self.error(PolicyError::UnknownPrincipalType(other.to_owned()), kind.span);
                return None;
            }
        };
        Some(Spanned { value, span })
    }

    fn actions(&mut self, node: Node<'_>, negated: bool) -> Element<Pattern> {
        let texts = self.texts(node, "an action");
        if node.is_empty_array() {
            self.warn(PolicyError::EmptyList(Part::Action.name(negated)), node.span());
        }
        let mut entries = Vec::with_capacity(texts.len());
        for Spanned { value, span } in texts {
            let named = value.split_once(':').is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
            if value != "*" && !named {
                self.error(PolicyError::MalformedAction(value.into_owned()), span);
            } else {
                // M9: no variables in actions.
                entries.push(Spanned { value: Pattern::parse_owned(value, Version::V2008), span });
            }
        }
        Element { negated, entries }
    }

    fn resources(&mut self, node: Node<'_>, negated: bool, name: Span) -> Option<Element<ResourcePattern>> {
        if self.kind == PolicyKind::Trust {
            let element = Part::Resource.name(negated);
            self.error(PolicyError::NotAllowed { element, kind: self.kind.with_article() }, name);
            return None;
        }
        let texts = self.texts(node, "a resource");
        if node.is_empty_array() {
            self.warn(PolicyError::EmptyList(Part::Resource.name(negated)), node.span());
        }
        let mut entries = Vec::with_capacity(texts.len());
        for Spanned { value, span } in texts {
            self.check_resource(&value, span);
            let pattern = ResourcePattern(Pattern::parse_owned(value, self.version));
            entries.push(Spanned { value: pattern, span });
        }
        Some(Element { negated, entries })
    }

    /// An ARN's account is twelve digits, a pattern, `aws`, or empty; anything else was never filled in.
    fn check_resource(&mut self, text: &str, span: Span) {
        if !text.starts_with("arn:") && !text.starts_with(['*', '?', '$']) {
            self.warn(PolicyError::NoArn(text.to_owned()), span);
            return;
        }
        let mut components = text.splitn(6, ':').skip(4);
        let (Some(account), Some(_)) = (components.next(), components.next()) else {
            // M18: elsewhere it is read, and in identity policies the missing components stand for `*`.
            let refuses = [PolicyKind::Session, PolicyKind::ServiceControl, PolicyKind::ResourceControl];
            if refuses.contains(&self.kind) && text != "*" {
                self.error(PolicyError::NoArn(text.to_owned()), span);
            }
            return;
        };
        let filled = account.is_empty()
            || account == "aws"
            || account.contains(['*', '?', '$'])
            || account.bytes().all(|byte| byte.is_ascii_digit());
        if !filled {
            let error = PolicyError::MalformedResource { resource: text.to_owned(), account: account.to_owned() };
            self.error(error, span);
        }
    }

    fn conditions(&mut self, node: Node<'_>) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (operator, keys) in self.members(node, "the operators of a condition").unwrap_or_default() {
            let operator = Spanned { value: operator.value.into_owned(), span: operator.span };
            match documented(&operator.value) {
                // O12: AWS stores no other; where one is found the condition is unknown, and the statement stays.
                None => self.warn(PolicyError::UnknownOperator(operator.value.clone()), operator.span),
                // O11: AWS documents one spelling only.
                Some(documented) if documented != operator.value => {
                    let written = operator.value.clone();
                    self.note(PolicyError::OperatorSpelling { written, documented }, operator.span);
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

    /// The members of an object; equal keys are a fault of the document (G8).
    fn members<'a>(&mut self, node: Node<'a>, expected: &'static str) -> Option<Vec<Member<'a>>> {
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
                        self.error(PolicyError::Twice(name.value.to_string()), name.span);
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
    fn texts<'a>(&mut self, node: Node<'a>, expected: &'static str) -> Vec<Spanned<Cow<'a, str>>> {
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

    fn text<'a>(&mut self, node: Node<'a>, expected: &'static str) -> Option<Cow<'a, str>> {
        self.scalar(node, expected).map(|text| text.value)
    }

    fn shape(&mut self, expected: &'static str, found: &Value<'_>, span: Span) {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "a Boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.error(PolicyError::Shape { expected, found }, span);
    }
}

fn owned(text: Spanned<Cow<'_, str>>) -> Spanned<String> {
    Spanned { value: text.value.into_owned(), span: text.span }
}

/// The elements of a statement whose absence is told.
fn is_element(name: &str) -> bool {
    matches!(name, "Effect" | "Principal" | "NotPrincipal")
}

/// An element of a statement that has a `Not` form.
#[derive(Clone, Copy)]
enum Part {
    Principal,
    Action,
    Resource,
}

impl Part {
    fn name(self, negated: bool) -> &'static str {
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

#[derive(Default)]
struct Draft {
    sid: Option<String>,
    effect: Option<Effect>,
    principals: Option<Principals>,
    actions: Option<Element<Pattern>>,
    resources: Option<Element<ResourcePattern>>,
    conditions: Vec<Condition>,
}

impl Draft {
    /// `RCPFullAWSAccess`, the one resource control policy that allows (G23).
    fn is_full_access(&self) -> bool {
        let all_actions = self
            .actions
            .as_ref()
            .is_some_and(|actions| !actions.negated && actions.entries.iter().all(|entry| entry.value.is_everything()));
        let all_resources = self.resources.as_ref().is_some_and(|resources| {
            !resources.negated && resources.entries.iter().all(|entry| entry.value.0.is_everything())
        });
        all_actions && all_resources && self.conditions.is_empty()
    }
}

impl PolicyKind {
    /// Whether its statements have a `Principal`.
    #[must_use]
    pub fn names_principals(self) -> bool {
        !matches!(self, Self::Identity | Self::Session | Self::ServiceControl)
    }

    /// Whether it is held to what IAM accepts in policies of users, groups, roles and their sessions.
    fn is_identity(self) -> bool {
        matches!(self, Self::Identity | Self::Session)
    }

    fn excepts_principals(self) -> bool {
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
