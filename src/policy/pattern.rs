//! Patterns with `*` and `?`: over action names, and over ARNs.
//!
//! A pattern may hold policy variables. They are filled in first, by whoever
//! knows their values; what comes out of a variable is text and never a
//! wildcard (the literal reading of V19). Matching is anchored at both ends.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::arn::AccountId;
use super::document::Version;

/// Whether letter case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// It counts: ARNs, condition values.
    Sensitive,
    /// ASCII letters match in either case: actions (M1).
    Ignored,
}

/// `${key}` or `${key, 'default'}` (V1, V9).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Variable {
    /// The context key in lower case: names are compared without regard to case (V2).
    pub key: String,
    /// What stands in when the key is absent.
    pub default: Option<String>,
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Token {
    /// This character.
    Char(char),
    /// `?`: any one character.
    One,
    /// `*`: any run of characters.
    Any,
    /// What only a request, or the one who asks, fills in.
    Variable(Box<Variable>),
}

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

/// How much of a set of texts a pattern covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// No text of the set matches.
    None,
    /// Some do, or it cannot be said that none does.
    Some,
    /// Every text of the set matches.
    All,
}

impl Token {
    /// The character that it stands for, if it is one.
    fn char(&self) -> Option<char> {
        if let Self::Char(char) = self { Some(*char) } else { None }
    }
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

    /// What every text begins with that matches: the text of a plain pattern before its first wildcard.
    fn begins(&self) -> &str {
        let end = if self.is_wild { self.text.find(['*', '?']) } else { None };
        &self.text[..end.unwrap_or(self.text.len())]
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

impl Token {
    fn written(&self, among_wildcards: bool) -> String {
        match self {
            // V8: what a variable brought in is no wildcard.
            Self::Char(char @ ('*' | '?')) if among_wildcards => format!("${{{char}}}"),
            Self::Char(char) => char.to_string(),
            Self::One => "?".to_owned(),
            Self::Any => "*".to_owned(),
            Self::Variable(variable) => match &**variable {
                Variable { key, default: None } => format!("${{{key}}}"),
                Variable { key, default: Some(default) } => format!("${{{key}, '{default}'}}"),
            },
        }
    }

    fn admits(&self, char: char, case: Case) -> bool {
        match self {
            Self::One | Self::Any => true,
            Self::Char(own) => *own == char || (case == Case::Ignored && own.eq_ignore_ascii_case(&char)),
            Self::Variable(_) => false,
        }
    }
}

/// The variable or escape at the head of the text, and the text behind it. An unclosed `${` and a
/// default in an unknown form are ordinary text (V10, V27).
fn variable(text: &str) -> Option<(Token, &str)> {
    let (inside, behind) = text.strip_prefix("${")?.split_once('}')?;
    let escaped = match inside {
        "*" => Some('*'),
        "?" => Some('?'),
        "$" => Some('$'),
        _ => None,
    };
    if let Some(char) = escaped {
        return Some((Token::Char(char), behind));
    }
    let (key, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((key, default)) => {
            let text = default.trim_start().strip_prefix('\'')?.strip_suffix('\'')?;
            (key, Some(text.to_owned()))
        }
    };
    let key = key.trim();
    let variable = || Box::new(Variable { key: key.to_ascii_lowercase(), default });
    (!key.is_empty()).then(|| (Token::Variable(variable()), behind))
}

/// The parts of a text.
fn split(text: &str, is_wild: bool, version: Version) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        if version == Version::V2012
            && let Some((token, behind)) = variable(rest)
        {
            tokens.push(token);
            rest = behind;
            continue;
        }
        match char {
            '*' if is_wild && tokens.last() == Some(&Token::Any) => {}
            '*' if is_wild => tokens.push(Token::Any),
            '?' if is_wild => tokens.push(Token::One),
            other => tokens.push(Token::Char(other)),
        }
        rest = &rest[char.len_utf8()..];
    }
    tokens
}

/// Glob matching with one point of return: linear for the patterns that occur, quadratic at worst.
fn matches(tokens: &[Token], text: &str, case: Case) -> bool {
    let (mut token, mut rest) = (0, text);
    let mut retry: Option<(usize, &str)> = None;
    loop {
        let next = rest.chars().next();
        match (tokens.get(token), next) {
            (Some(Token::Any), _) => {
                retry = Some((token, rest));
                token += 1;
                continue;
            }
            (Some(own), Some(char)) if own.admits(char, case) => {
                token += 1;
                rest = &rest[char.len_utf8()..];
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        let Some((star, from)) = retry else { return false };
        let Some(skipped) = from.chars().next() else { return false };
        let from = &from[skipped.len_utf8()..];
        retry = Some((star, from));
        token = star + 1;
        rest = from;
    }
}

/// Whether a component of a plain pattern matches a text.
fn plain_part_matches(part: &str, text: &str, is_wild: bool) -> bool {
    if !is_wild || !part.contains(['*', '?']) {
        return part == text;
    }
    part == "*" || matches(&split(part, true, Version::V2008), text, Case::Sensitive)
}

fn coverage(tokens: &[Token], prefix: &str) -> Coverage {
    let skip = |states: &mut Vec<bool>| {
        for at in 0..tokens.len() {
            if states[at] && tokens[at] == Token::Any {
                states[at + 1] = true;
            }
        }
    };
    let mut states = vec![false; tokens.len() + 1];
    states[0] = true;
    skip(&mut states);
    for char in prefix.chars() {
        let mut next = vec![false; tokens.len() + 1];
        for at in (0..tokens.len()).filter(|&at| states[at]) {
            if tokens[at] == Token::Any {
                next[at] = true;
            } else if tokens[at].admits(char, Case::Sensitive) {
                next[at + 1] = true;
            }
        }
        states = next;
        skip(&mut states);
    }
    let alive = |at: usize| states[at];
    let takes_all = (0..tokens.len())
        .filter(|&at| alive(at))
        .any(|at| matches!(&tokens[at..], [Token::Any] | [Token::One, Token::Any] | [Token::Any, Token::One]));
    if takes_all {
        Coverage::All
    } else if (0..tokens.len()).any(alive) {
        Coverage::Some
    } else {
        Coverage::None
    }
}

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
        if self.0.is_plain && !arn.starts_with(self.0.begins()) {
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
