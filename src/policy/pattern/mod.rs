//! Patterns with `*` and `?`: over action names, and over ARNs.
//!
//! A pattern may hold policy variables. They are filled in first, by whoever
//! knows their values; what comes out of a variable is text and never a
//! wildcard (the literal reading of V19). Matching is anchored at both ends.

mod glob;
mod resource;
mod token;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::arn::AccountId;
use super::document::Version;

pub use glob::{Case, Coverage};
pub use resource::{Fit, ResourcePattern};
pub use token::{Token, Variable};

use glob::{coverage, matches};
use token::split;

/// A text with wildcards and, in version 2012-10-17, variables.
///
/// Its parts take many times the memory of its text, and most patterns of an organization are about
/// services that nobody asks about: they are split when somebody looks.
#[derive(Clone)]
pub struct Pattern {
    text: Box<str>,
    /// Whether `*` and `?` in the text are wildcards; else they stand for themselves.
    is_wild: bool,
    /// Whether the parts follow from the text: no variable stands in it, and none was filled in.
    is_plain: bool,
    tokens: OnceLock<Box<[Token]>>,
}

/// What is known of a variable when patterns are filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filling {
    /// It has this value.
    Text(String),
    /// It has none: the default stands in, if there is one (V9).
    Nothing,
    /// Only a request tells; it stays a variable.
    Open,
}

impl Pattern {
    /// Reads `*` and `?` as wildcards, and variables and their escapes where `version` has them (V3, V8).
    #[must_use]
    pub fn parse(text: &str, version: Version) -> Self {
        Self::read(text.into(), true, version)
    }

    /// The same of a text that nobody else needs.
    pub(super) fn parse_owned(text: Cow<'_, str>, version: Version) -> Self {
        Self::read(text.into(), true, version)
    }

    /// Reads variables, and takes `*` and `?` for themselves: the values of `StringEquals` (O34).
    #[must_use]
    pub fn parse_literal(text: &str, version: Version) -> Self {
        Self::read(text.into(), false, version)
    }

    fn read(text: Box<str>, is_wild: bool, version: Version) -> Self {
        if version == Version::V2012 && text.contains("${") {
            let tokens = split(&text, is_wild, version);
            return Self::of(text, is_wild, tokens);
        }
        Self { text, is_wild, is_plain: true, tokens: OnceLock::new() }
    }

    /// A pattern whose parts its text does not tell by itself.
    fn of(text: Box<str>, is_wild: bool, tokens: Vec<Token>) -> Self {
        Self { text, is_wild, is_plain: false, tokens: OnceLock::from(tokens.into_boxed_slice()) }
    }

    /// The pattern as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The variables in it, in their order.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        let tokens = if self.is_plain { &[] } else { self.tokens() };
        tokens.iter().filter_map(|token| match token {
            Token::Variable(variable) => Some(&**variable),
            _ => None,
        })
    }

    /// Whether a wildcard stands in it.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        if self.is_plain {
            return self.is_wild && self.text.contains(['*', '?']);
        }
        self.tokens().iter().any(|token| matches!(token, Token::One | Token::Any))
    }

    /// Whether it is nothing but `*`.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        if self.is_plain {
            return self.is_wild && !self.text.is_empty() && self.text.bytes().all(|byte| byte == b'*');
        }
        *self.tokens() == [Token::Any]
    }

    /// The text that it stands for, if it has neither wildcards nor variables.
    #[must_use]
    pub fn literal(&self) -> Option<String> {
        if self.is_plain {
            return (!self.has_wildcard()).then(|| self.text.to_string());
        }
        self.tokens().iter().map(Token::char).collect()
    }

    /// The parts of the pattern, in their order.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        self.tokens.get_or_init(|| split(&self.text, self.is_wild, Version::V2008).into_boxed_slice())
    }

    /// Puts values in the place of variables; those that are open stay. `None` if one has neither a value
    /// nor a default: the entry then matches nothing (M23, V12).
    pub fn fill(&self, mut value: impl FnMut(&Variable) -> Filling) -> Option<Cow<'_, Self>> {
        if self.is_plain {
            return Some(Cow::Borrowed(self));
        }
        let mut tokens = Vec::new();
        let mut is_changed = false;
        for (at, token) in self.tokens().iter().enumerate() {
            let text = match token {
                Token::Variable(variable) => match value(variable) {
                    Filling::Open => None,
                    Filling::Text(text) => Some(Cow::Owned(text)),
                    Filling::Nothing => Some(Cow::Borrowed(variable.default.as_ref()?.as_str())),
                },
                _ => None,
            };
            if let Some(text) = text {
                if !is_changed {
                    tokens.extend_from_slice(&self.tokens()[..at]);
                    is_changed = true;
                }
                tokens.extend(text.chars().map(Token::Char));
            } else if is_changed {
                tokens.push(token.clone());
            }
        }
        if !is_changed {
            return Some(Cow::Borrowed(self));
        }
        let text: String = tokens.iter().map(|token| token.written(self.is_wild)).collect();
        Some(Cow::Owned(Self::of(text.into(), self.is_wild, tokens)))
    }

    /// Whether the whole text matches. A variable that was not filled in matches nothing.
    #[must_use]
    pub fn matches(&self, text: &str, case: Case) -> bool {
        if self.is_plain && !self.has_wildcard() {
            return match case {
                Case::Sensitive => *self.text == *text,
                Case::Ignored => self.text.eq_ignore_ascii_case(text),
            };
        }
        matches(self.tokens(), text, case)
    }

    /// Whether an ARN matches component by component (O76); `None` if the pattern has fewer than six.
    #[must_use]
    pub fn matches_arn(&self, arn: &str) -> Option<bool> {
        if self.is_plain {
            let mut both = self.text.splitn(6, ':').zip(arn.splitn(6, ':'));
            return (self.text.splitn(6, ':').count() == 6)
                .then(|| both.all(|(part, text)| plain_part_matches(part, text, self.is_wild)));
        }
        let parts = self.components();
        let mut both = parts.iter().zip(arn.splitn(6, ':'));
        (parts.len() == 6).then(|| both.all(|(part, text)| Self::part_matches(part, text)))
    }

    /// What every text begins with that matches: the text before the first wildcard. `None` where variables make
    /// it another one.
    fn begins(&self) -> Option<&str> {
        let end = if self.is_wild { self.text.find(['*', '?']) } else { None };
        self.is_plain.then(|| &self.text[..end.unwrap_or(self.text.len())])
    }

    /// The account of all ARNs that match, if the pattern names it, whether it is compared as a text or as an ARN.
    #[must_use]
    pub fn account_of_arn(&self) -> Option<AccountId> {
        let parts = self.components();
        let heads = parts.get(..5).filter(|_| parts.len() == 6)?;
        let heads: Option<Vec<String>> = heads.iter().map(|part| part.iter().map(Token::char).collect()).collect();
        AccountId::parse(heads?.last()?)
    }

    /// How many of the texts that begin with `prefix` and go on with at least one more character match.
    #[must_use]
    pub fn coverage(&self, prefix: &str) -> Coverage {
        coverage(self.tokens(), prefix)
    }

    /// Whether the tokens of a component match a text, letter case and all.
    pub(crate) fn part_matches(part: &[Token], text: &str) -> bool {
        matches(part, text, Case::Sensitive)
    }

    /// The parts between the first five colons.
    pub(crate) fn components(&self) -> Vec<&[Token]> {
        let mut parts = Vec::with_capacity(6);
        let mut rest = self.tokens();
        while parts.len() < 5
            && let Some(colon) = rest.iter().position(|token| *token == Token::Char(':'))
        {
            parts.push(&rest[..colon]);
            rest = &rest[colon + 1..];
        }
        parts.push(rest);
        parts
    }
}

/// Two patterns are one where text and parts are equal; plain ones need not be split for that.
impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
            && self.is_wild == other.is_wild
            && ((self.is_plain && other.is_plain) || self.tokens() == other.tokens())
    }
}

impl Eq for Pattern {}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text).then(self.is_wild.cmp(&other.is_wild)).then_with(|| {
            let is_settled = self.is_plain && other.is_plain;
            if is_settled { Ordering::Equal } else { self.tokens().cmp(other.tokens()) }
        })
    }
}

/// Written without its parts: they follow from the text.
impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&*self.text, self.is_wild, self.is_plain).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (text, is_wild, is_plain) = <(Box<str>, bool, bool)>::deserialize(deserializer)?;
        Ok(Self::read(text, is_wild, if is_plain { Version::V2008 } else { Version::V2012 }))
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).field(&self.is_wild).field(&self.tokens()).finish()
    }
}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.text, self.is_wild).hash(state);
    }
}

/// Whether a component of a plain pattern matches a text.
fn plain_part_matches(part: &str, text: &str, is_wild: bool) -> bool {
    if !is_wild || !part.contains(['*', '?']) {
        return part == text;
    }
    part == "*" || matches(&split(part, true, Version::V2008), text, Case::Sensitive)
}
