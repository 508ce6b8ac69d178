//! The words of changes.
//!
//! ```text
//! what if attach POLICY|FILE to PRINCIPAL       what if detach POLICY from PRINCIPAL
//! what if set policy of REPOSITORY to FILE      what if remove policy of REPOSITORY
//! what if add statement JSON|FILE to NAME       what if remove statement SID|NUMBER of POLICY
//! what if add USER to GROUP                     what if remove USER from GROUP
//! what if set boundary of PRINCIPAL to POLICY|FILE    what if remove boundary of PRINCIPAL
//! what if delete PRINCIPAL
//! what if tag NAME KEY=VALUE                    what if untag NAME KEY
//! what changed [by action]
//! ```

use super::parser::Parser;
use super::{Question, QuestionError, Slot};
use crate::query::changed::Grain;
use crate::query::what_if::Edit;

/// The words that a change begins with, and how it goes on.
const FORMS: [(&str, &str); 8] = [
    ("attach", "what if attach POLICY to PRINCIPAL"),
    ("detach", "what if detach POLICY from PRINCIPAL"),
    ("set", "what if set policy of REPOSITORY to FILE"),
    ("remove", "what if remove statement SID of POLICY"),
    ("add", "what if add statement JSON to NAME"),
    ("delete", "what if delete PRINCIPAL"),
    ("tag", "what if tag NAME KEY=VALUE"),
    ("untag", "what if untag NAME KEY"),
];

impl Parser<'_> {
    /// Reads what stands behind `what if`.
    pub(super) fn what_if(&mut self) -> Result<Question, QuestionError> {
        self.form = "what if attach POLICY to PRINCIPAL";
        let Some(&(word, form)) = FORMS.iter().find(|(word, _)| self.keyword(word)) else {
            return Err(self.expected("attach, detach, set, remove, add, delete, tag or untag"));
        };
        self.form = form;
        let edit = match word {
            "attach" => {
                let policy = self.name(Slot::Policy)?;
                self.must("to")?;
                Edit::Attach { policy, principal: self.name(Slot::Principal)? }
            }
            "detach" => {
                let policy = self.name(Slot::Policy)?;
                self.must("from")?;
                Edit::Detach { policy, principal: self.name(Slot::Principal)? }
            }
            "set" if self.keyword("boundary") => {
                self.form = "what if set boundary of PRINCIPAL to POLICY";
                self.must("of")?;
                let principal = self.name(Slot::Principal)?;
                self.must("to")?;
                Edit::SetBoundary { principal, policy: self.name(Slot::Policy)? }
            }
            "set" => {
                self.must("policy")?;
                self.must("of")?;
                let repository = self.name(Slot::Repository)?;
                self.must("to")?;
                Edit::SetPolicy { repository, file: self.name(Slot::File)? }
            }
            "remove" if self.keyword("policy") => {
                self.must("of")?;
                Edit::RemovePolicy { repository: self.name(Slot::Repository)? }
            }
            "remove" if self.keyword("boundary") => {
                self.form = "what if remove boundary of PRINCIPAL";
                self.must("of")?;
                Edit::RemoveBoundary { principal: self.name(Slot::Principal)? }
            }
            "remove" if self.keyword("statement") => {
                let statement = self.name(Slot::Statement)?;
                self.must("of")?;
                Edit::RemoveStatement { statement, policy: self.name_to_the_end(Slot::Policy)? }
            }
            "remove" => {
                self.form = "what if remove USER from GROUP";
                let user = self.name(Slot::Principal)?;
                self.must("from")?;
                Edit::RemoveMember { user, group: self.name(Slot::Group)? }
            }
            "add" if self.keyword("statement") => {
                let statement = self.name(Slot::Statement)?;
                self.must("to")?;
                Edit::AddStatement { statement, to: self.name_to_the_end(Slot::Policy)? }
            }
            "add" => {
                self.form = "what if add USER to GROUP";
                let user = self.name(Slot::Principal)?;
                self.must("to")?;
                Edit::AddMember { user, group: self.name(Slot::Group)? }
            }
            "delete" => Edit::Delete { principal: self.name(Slot::Principal)? },
            "tag" => {
                let of = self.name(Slot::Principal)?;
                let span = self.here();
                let tag = self.name(Slot::Tag)?;
                match tag.split_once('=') {
                    Some((key, value)) if !key.is_empty() => {
                        Edit::Tag { of, key: key.to_owned(), value: value.to_owned() }
                    }
                    _ => return Err(self.error(format!("expected KEY=VALUE, found `{tag}`"), span)),
                }
            }
            _ => {
                let of = self.name(Slot::Principal)?;
                Edit::Untag { of, key: self.name(Slot::Tag)? }
            }
        };
        Ok(Question::WhatIf(edit))
    }

    /// Reads what stands behind `what changed`.
    pub(super) fn what_changed(&mut self) -> Result<Question, QuestionError> {
        if !self.keyword("by") {
            return Ok(Question::WhatChanged(Grain::Capabilities));
        }
        self.must("action")?;
        Ok(Question::WhatChanged(Grain::Actions))
    }
}
