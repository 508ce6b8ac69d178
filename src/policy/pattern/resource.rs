//! Patterns over ARNs, component by component (M11 to M27).

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::glob::{Case, Coverage, coverage, matches};
use super::token::{Token, Variable};
use super::{Filling, Pattern};
use crate::policy::AccountId;

/// A pattern over ARNs: an entry of `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ResourcePattern(pub Pattern);

/// Whether an entry matches a resource, where AWS leaves doubt with the number of the rule that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It does not.
    Never,
    /// It does not by the reading that is followed; another reading says it does.
    Unlikely(&'static str),
    /// It does by the reading that is followed; another reading says it does not.
    Likely(&'static str),
    /// It does.
    Always,
}

impl ResourcePattern {
    /// Puts values in the place of variables, as [`Pattern::fill`] does.
    pub fn fill(&self, value: impl FnMut(&Variable) -> Filling) -> Option<Cow<'_, Self>> {
        Some(match self.0.fill(value)? {
            Cow::Borrowed(_) => Cow::Borrowed(self),
            Cow::Owned(pattern) => Cow::Owned(Self(pattern)),
        })
    }

    /// The one account whose resources it matches, if it names one.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.0.account_of_arn()
    }

    /// Matches a resource's ARN. Variables must have been filled in.
    ///
    /// `completed` says whether missing components stand for `*`: in identity policies and
    /// boundaries they do (M18).
    #[must_use]
    pub fn fit(&self, arn: &str, completed: bool) -> Fit {
        // Most patterns are about another service, or another account.
        if self.0.begins().is_some_and(|begins| !arn.starts_with(begins)) {
            return Fit::Never;
        }
        self.judge(&arn.splitn(6, ':').collect::<Vec<_>>(), completed, matches_whole, |tokens| {
            matches(tokens, arn, Case::Sensitive)
        })
    }

    /// Whether a variable stands before the fifth colon, where none is read (M26, V5).
    #[must_use]
    pub fn has_misplaced_variable(&self) -> bool {
        let is_variable = |token: &Token| matches!(token, Token::Variable(_));
        let parts = self.0.components();
        !self.0.is_everything() && parts.iter().take(5).any(|part| part.iter().any(is_variable))
    }

    /// Matches a request without a resource: only `*` counts (M15, M19).
    #[must_use]
    pub fn fit_no_resource(&self) -> Fit {
        let components = || self.0.components();
        if self.0.is_everything() {
            Fit::Always
        } else if self.0.as_str().ends_with('*')
            && components().len() > 1
            && components().iter().skip(1).all(|part| *part == [Token::Any])
        {
            Fit::Unlikely("Z14")
        } else {
            Fit::Never
        }
    }

    /// Matches the ARN of a resource that is still to be named: `prefix` and at least one more character.
    #[must_use]
    pub fn fit_unnamed(&self, prefix: &str, completed: bool) -> (Fit, Coverage) {
        let mut covered = Coverage::None;
        let fit = self.judge(
            &prefix.splitn(6, ':').collect::<Vec<_>>(),
            completed,
            |tokens, part, last| {
                if !last {
                    return matches(tokens, part, Case::Sensitive);
                }
                covered = coverage(tokens, part);
                covered != Coverage::None
            },
            |_| false,
        );
        match fit {
            Fit::Always if self.0.is_everything() => (fit, Coverage::All),
            _ => (fit, covered),
        }
    }

    /// The pattern of the sixth component alone: `repository/team/*`. The whole, where there is none.
    #[must_use]
    pub fn of_resource(&self) -> Pattern {
        let parts = self.0.components();
        let ([.., last], 6) = (&parts[..], parts.len()) else { return self.0.clone() };
        let text: String = last.iter().map(|token| token.written(true)).collect();
        Pattern::of(text.into(), true, last.to_vec())
    }

    /// The values of its one variable with which it matches a resource's ARN: always finitely many, for each
    /// is a part of the ARN. `None` where it cannot be solved: for several variables, or where doubt would
    /// be lost.
    #[must_use]
    pub fn solve(&self, arn: &str) -> Option<BTreeSet<String>> {
        let (parts, texts) = (self.0.components(), arn.splitn(6, ':').collect::<Vec<_>>());
        if self.0.variables().count() != 1 || self.is_wild_where_it_must_not() {
            return None;
        }
        let ([heads @ .., part], [fixed @ .., text]) = (&parts[..], &texts[..]) else { return None };
        let at = part.iter().position(|token| matches!(token, Token::Variable(_)))?;
        let mut values = BTreeSet::new();
        if heads.len() == fixed.len() && heads.iter().zip(fixed).all(|(part, text)| matches_whole(part, text, false)) {
            let borders = || (0..=text.len()).filter(|&at| text.is_char_boundary(at));
            let ends: Vec<usize> =
                borders().filter(|&end| matches(&part[at + 1..], &text[end..], Case::Sensitive)).collect();
            for start in borders().filter(|&start| matches(&part[..at], &text[..start], Case::Sensitive)) {
                values.extend(ends.iter().filter(|&&end| end >= start).map(|&end| text[start..end].to_owned()));
            }
        }
        Some(values)
    }

    fn judge(
        &self,
        arn: &[&str],
        completed: bool,
        mut part_matches: impl FnMut(&[Token], &str, bool) -> bool,
        whole_matches: impl FnOnce(&[Token]) -> bool,
    ) -> Fit {
        if self.0.is_everything() {
            return Fit::Always;
        }
        let parts = self.0.components();
        if self.has_misplaced_variable() {
            return Fit::Unlikely("V5");
        }
        let short = parts.len() < 6;
        let open_end = parts.last().is_some_and(|part| part.last() == Some(&Token::Any));
        if !short || completed || open_end {
            let matched = arn.iter().enumerate().all(|(number, text)| {
                let part: &[Token] = parts.get(number).copied().unwrap_or(&[Token::Any]);
                part_matches(part, text, number + 1 == arn.len())
            });
            if matched {
                return if self.is_wild_where_it_must_not() { Fit::Likely("M17") } else { Fit::Always };
            }
        }
        // M14: a `*` that closes its component may run on beyond the colon.
        let runs_on = parts.iter().take(parts.len() - 1).any(|part| part.last() == Some(&Token::Any));
        if runs_on && whole_matches(self.0.tokens()) { Fit::Likely("Z3") } else { Fit::Never }
    }

    /// M17: no wildcard in the partition, the service, or the resource's type by the documentation.
    fn is_wild_where_it_must_not(&self) -> bool {
        let wild = |tokens: &[Token]| tokens.iter().any(|token| matches!(token, Token::One | Token::Any));
        let parts = self.0.components();
        let whole = |part: &[Token]| part == [Token::Any];
        let kind = parts.get(5).map_or(&[][..], |part| {
            let slash = part.iter().position(|token| *token == Token::Char('/'));
            slash.map_or(&[][..], |slash| &part[..slash])
        });
        parts.get(2).is_some_and(|service| wild(service) && !whole(service)) || (wild(kind) && !whole(kind))
    }
}

fn matches_whole(tokens: &[Token], text: &str, _last: bool) -> bool {
    matches(tokens, text, Case::Sensitive)
}
