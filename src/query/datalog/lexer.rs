//! The words and signs of a Datalog text, each with its place.

use std::ops::Range;

use crate::query::QuestionError;

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word that begins with a lower-case letter: a relation, or a constant.
    Word(String),
    /// A word that begins with an upper-case letter.
    Variable(String),
    /// `_`, alone or before a word: some value, whichever.
    Blank,
    /// A text between quotes.
    Quoted(String),
    /// Digits, as they are written.
    Digits(String),
    /// A sign.
    Sign(&'static str),
    /// The end of the text.
    End,
}

impl Token {
    /// How it is told that this was found.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Word(text) | Self::Variable(text) | Self::Digits(text) => format!("`{text}`"),
            Self::Blank => "`_`".to_owned(),
            Self::Quoted(text) => format!("\"{text}\""),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// A token and its place.
pub(super) type Placed = (Token, Range<usize>);

/// Signs; one that begins another stands behind it.
const SIGNS: [&str; 13] = [":-", "?-", "!=", "<=", ">=", "=", "<", ">", "(", ")", ",", ".", "!"];

/// Splits a text. What stands behind `%` or `#` up to the end of its line is a comment.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, QuestionError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_whitespace() {
            at += first.len_utf8();
        } else if matches!(first, '%' | '#') {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if matches!(first, '"' | '\'') {
            let (content, length) = quoted(rest, first).ok_or_else(|| {
                let end = rest.find('\n').unwrap_or(rest.len());
                error("the quote is not closed", at..at + end, Some(format!("close it with {first}")))
            })?;
            tokens.push((Token::Quoted(content), at..at + length));
            at += length;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push((Token::Sign(sign), at..at + sign.len()));
            at += sign.len();
        } else {
            let length = word(rest);
            let span = at..at + length.max(first.len_utf8());
            tokens.push((named(&rest[..length], rest, &span)?, span.clone()));
            at = span.end;
        }
    }
    tokens.push((Token::End, text.trim_end().len()..text.trim_end().len()));
    Ok(tokens)
}

/// The token of a word; what stands around it says whether it is one.
fn named(word: &str, rest: &str, span: &Range<usize>) -> Result<Token, QuestionError> {
    let behind = rest[word.len()..].chars().next();
    // `role/deployer`, `ecr-public:PutImage`: names that are not words.
    if matches!(behind, Some('/' | '*' | '?' | '@' | '+'))
        || behind == Some(':') && !rest[word.len()..].starts_with(":-")
    {
        let is_name = |char: char| !char.is_whitespace() && !matches!(char, ',' | '(' | ')');
        let length = rest.find(|char| !is_name(char)).unwrap_or(rest.len());
        let hint = format!("write it between quotes: \"{}\"", rest[..length].trim_end_matches('.'));
        return Err(error("a name with such signs is no word", span.start..span.start + length, Some(hint)));
    }
    match word.chars().next() {
        Some('_') => Ok(Token::Blank),
        Some(first) if first.is_ascii_digit() && word.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Token::Digits(word.to_owned()))
        }
        Some(first) if first.is_ascii_digit() => {
            Err(error("this is neither a number nor a word", span.clone(), Some(format!("write \"{word}\""))))
        }
        Some(first) if first.is_uppercase() => Ok(Token::Variable(word.to_owned())),
        Some(_) => Ok(Token::Word(word.to_owned())),
        None => {
            let found = rest.chars().next().unwrap_or_default();
            let hint = "names with other signs than letters, digits, - and _ go between quotes".to_owned();
            Err(error(&format!("`{}` has no meaning here", found.escape_debug()), span.clone(), Some(hint)))
        }
    }
}

/// How long the word is that a text begins with. A hyphen is part of it between letters and digits.
fn word(text: &str) -> usize {
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let joins = char == '-' && at > 0 && chars.peek().is_some_and(|&(_, next)| is_part(next));
        if !is_part(char) && !joins {
            break;
        }
        end = at + char.len_utf8();
    }
    end
}

/// The text between quotes, and how long it is with them. A backslash takes what follows as it is.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut content = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '\n' => return None,
            '\\' => content.push(chars.next()?.1),
            char if char == quote => return Some((content, at + char.len_utf8())),
            char => content.push(char),
        }
    }
    None
}

/// What is wrong at a place.
pub(super) fn error(message: &str, span: Range<usize>, hint: Option<String>) -> QuestionError {
    QuestionError { message: message.to_owned(), span, hint }
}
