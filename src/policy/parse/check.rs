//! What AWS asks of a policy of one type beyond its grammar.

use super::{Draft, Parser, Part};
use crate::policy::diagnostic::PolicyError;
use crate::policy::document::{Effect, PolicyKind};
use crate::policy::principal::PrincipalName;
use crate::policy::source::Span;

impl Parser {
    /// G11: IAM documents are limited to these characters. Control characters are no JSON and told as such.
    pub(super) fn check_letters(&mut self, text: &str) {
        if !self.kind.is_identity() && self.kind != PolicyKind::Trust {
            return;
        }
        if text.is_ascii() {
            return;
        }
        if let Some((at, letter)) = text.char_indices().find(|(_, letter)| *letter > '\u{ff}') {
            self.problems.warn(PolicyError::Letter(letter), Span::new(at, at + letter.len_utf8()));
        }
    }

    /// G16: IAM wants no `Sid` twice; it has no effect, so nothing is left out. Letters and digits alone are not
    /// asked for: the guide's own identity policy has blanks.
    pub(super) fn check_sid(&mut self, sid: Option<&str>, span: Span) {
        let Some(sid) = sid.filter(|_| self.kind.is_identity()) else { return };
        if !self.sids.insert(sid.to_owned()) && !sid.is_empty() {
            self.problems.warn(PolicyError::SidTwice(sid.to_owned()), span);
        }
    }

    /// What follows from the effect of a statement in a policy of this type.
    pub(super) fn check_against_kind(&mut self, draft: &Draft, head: Span) {
        if draft.effect == Some(Effect::Allow) && draft.principals.as_ref().is_some_and(|names| names.negated) {
            self.problems.warn(PolicyError::AllowNotPrincipal, head);
        }
        if self.kind == PolicyKind::ResourceControl {
            self.check_resource_control(draft, head);
        }
    }

    /// G23 and table G-T: a resource control policy denies named actions to everyone.
    fn check_resource_control(&mut self, draft: &Draft, head: Span) {
        if draft.effect == Some(Effect::Allow) {
            if !draft.is_full_access() {
                self.problems.error(PolicyError::AllowInResourceControl, head);
            }
            return;
        }
        let named = draft.principals.iter().flat_map(|principals| &principals.entries);
        let first = named.filter(|entry| entry.value != PrincipalName::Everyone).map(|entry| entry.span).next();
        if let Some(span) = first {
            self.problems.error(PolicyError::PrincipalInResourceControl, span);
        }
        for action in draft.actions.iter().flat_map(|actions| &actions.entries) {
            if action.value.is_everything() {
                // Refused when saved. Where one is found all the same it is read as it stands.
                self.problems.warn(PolicyError::EveryActionInResourceControl, action.span);
            }
        }
    }

    /// An element and its `Not` form; the same element twice was told already (G8).
    pub(super) fn once(&mut self, seen: Option<bool>, negated: bool, part: Part, span: Span) {
        if seen.is_some_and(|other| other != negated) {
            self.problems.error(PolicyError::Both(part.name(false)), span);
        }
    }

    /// An ARN's account is twelve digits, a pattern, `aws`, or empty; anything else was never filled in.
    pub(super) fn check_resource(&mut self, text: &str, span: Span) {
        if !text.starts_with("arn:") && !text.starts_with(['*', '?', '$']) {
            self.problems.warn(PolicyError::NoArn(text.to_owned()), span);
            return;
        }
        let mut components = text.splitn(6, ':').skip(4);
        let (Some(account), Some(_)) = (components.next(), components.next()) else {
            // M18: elsewhere it is read, and in identity policies the missing components stand for `*`.
            let refuses = [PolicyKind::Session, PolicyKind::ServiceControl, PolicyKind::ResourceControl];
            if refuses.contains(&self.kind) && text != "*" {
                self.problems.error(PolicyError::NoArn(text.to_owned()), span);
            }
            return;
        };
        let filled = account.is_empty()
            || account == "aws"
            || account.contains(['*', '?', '$'])
            || account.bytes().all(|byte| byte.is_ascii_digit());
        if !filled {
            let error = PolicyError::MalformedResource { resource: text.to_owned(), account: account.to_owned() };
            self.problems.error(error, span);
        }
    }
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
