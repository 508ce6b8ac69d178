//! The parts of a pattern: characters, wildcards, and variables.

use super::glob::Case;
use crate::policy::Version;

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

impl Token {
    /// The character that it stands for, if it is one.
    pub(super) fn char(&self) -> Option<char> {
        if let Self::Char(char) = self { Some(*char) } else { None }
    }

    pub(super) fn written(&self, among_wildcards: bool) -> String {
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

    pub(super) fn admits(&self, char: char, case: Case) -> bool {
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
pub(super) fn split(text: &str, is_wild: bool, version: Version) -> Vec<Token> {
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
