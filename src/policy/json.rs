//! JSON with the place of every value, and with every member of an object.
//!
//! serde's own maps keep the last of two equal keys in silence. A policy must
//! not: AWS rejects such documents (G8). [`Json`] goes over a text once and
//! notes where each value begins and ends; a [`Node`] reads an object as its
//! members in their order. What is refused here serde is asked about, so that
//! both tell the same of it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::source::{Span, Spanned};

/// A JSON text, with the places of its values.
#[derive(Clone, Debug)]
pub struct Json<'a> {
    text: &'a str,
    /// Every value and every key, each before what is in it.
    marks: Vec<Mark>,
}

/// Where a value, or a key, stands.
#[derive(Clone, Copy, Debug)]
struct Mark {
    span: Span,
    /// The mark behind it and all that is in it.
    next: u32,
}

/// A value of a JSON text, not yet looked into.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    text: &'a str,
    /// The value, and what is in it.
    marks: &'a [Mark],
    /// How many marks stand before these.
    before: u32,
}

/// What a [`Node`] holds, one level deep.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written.
    Number(&'a str),
    /// A string, unescaped.
    String(Cow<'a, str>),
    /// The elements of an array.
    Array(Nodes<'a>),
    /// The members of an object in their order, equal keys included.
    Object(Pairs<'a>),
}

/// The elements of an array; of an object its keys and values by turns.
#[derive(Clone, Debug)]
pub struct Nodes<'a> {
    text: &'a str,
    marks: &'a [Mark],
    before: u32,
}

/// The members of an object.
#[derive(Clone, Debug)]
pub struct Pairs<'a>(Nodes<'a>);

/// Why a text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not valid JSON: {message}")]
pub struct JsonError {
    /// What the reader met.
    pub message: String,
    /// Where, as an offset into the text.
    pub offset: usize,
}

impl<'a> Json<'a> {
    /// Reads a text.
    ///
    /// # Errors
    /// [`JsonError`] if the text is not one JSON value.
    pub fn parse(text: &'a str) -> Result<Self, JsonError> {
        let mut scan = Scan { bytes: text.as_bytes(), at: 0, marks: Vec::with_capacity(text.len() / 8) };
        if scan.all().is_some() {
            return Ok(Self { text, marks: scan.marks });
        }
        Err(match serde_json::from_str::<&RawValue>(text) {
            Err(error) => JsonError::new(&error, text),
            Ok(_) => JsonError { message: "expected value".to_owned(), offset: text.floor_char_boundary(scan.at) },
        })
    }

    /// The value that makes up the text.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node { text: self.text, marks: &self.marks, before: 0 }
    }
}

impl<'a> Node<'a> {
    /// The value's place in the text.
    #[must_use]
    pub fn span(&self) -> Span {
        self.marks.first().map(|mark| mark.span).unwrap_or_default()
    }

    /// The value as it is written.
    #[must_use]
    pub fn raw(&self) -> &'a str {
        self.span().of(self.text)
    }

    /// Whether it is an array without elements.
    #[must_use]
    pub fn is_empty_array(&self) -> bool {
        self.marks.len() == 1 && self.raw().starts_with('[')
    }

    /// Looks one level into the value.
    #[must_use]
    pub fn value(&self) -> Value<'a> {
        let raw = self.raw();
        let inside =
            || Nodes { text: self.text, marks: self.marks.get(1..).unwrap_or_default(), before: self.before + 1 };
        match raw.as_bytes().first() {
            Some(b'{') => Value::Object(Pairs(inside())),
            Some(b'[') => Value::Array(inside()),
            Some(b'"') => Value::String(text(raw)),
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'n') | None => Value::Null,
            Some(_) => Value::Number(raw),
        }
    }
}

impl<'a> Iterator for Nodes<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        let length = self.marks.first()?.next - self.before;
        let (marks, rest) = self.marks.split_at_checked(length as usize)?;
        let node = Node { text: self.text, marks, before: self.before };
        (self.marks, self.before) = (rest, self.before + length);
        Some(node)
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (Spanned<Cow<'a, str>>, Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = (self.0.next()?, self.0.next()?);
        let raw = key.raw();
        // An escaped key cannot be shown as it reads; its value is the nearest thing that can be shown.
        let (name, span) = match text(raw) {
            Cow::Borrowed(name) => (Cow::Borrowed(name), Span { start: key.span().start + 1, end: key.span().end - 1 }),
            owned @ Cow::Owned(_) => (owned, value.span()),
        };
        Some((Spanned { value: name, span }, value))
    }
}

/// Goes over a text once. Everything that serde accepts when it looks for the end of a value is accepted, and
/// nothing else.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    marks: Vec<Mark>,
}

impl Scan<'_> {
    /// The one value, and nothing behind it. No call for each level: there may be as many as there are bytes.
    fn all(&mut self) -> Option<()> {
        let mut open: Vec<u32> = Vec::new();
        loop {
            // A value is due.
            self.blank();
            let mark = self.begin();
            match self.peek()? {
                b'{' => {
                    self.at += 1;
                    self.blank();
                    if self.peek()? == b'}' {
                        self.at += 1;
                        self.end(mark);
                    } else {
                        open.push(mark);
                        self.key()?;
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    self.blank();
                    if self.peek()? == b']' {
                        self.at += 1;
                        self.end(mark);
                    } else {
                        open.push(mark);
                        continue;
                    }
                }
                b'"' => {
                    self.string()?;
                    self.end(mark);
                }
                b't' => self.word(mark, b"true")?,
                b'f' => self.word(mark, b"false")?,
                b'n' => self.word(mark, b"null")?,
                _ => {
                    self.number()?;
                    self.end(mark);
                }
            }
            // A value has ended: on with what holds it.
            loop {
                self.blank();
                let Some(&outer) = open.last() else { return (self.at == self.bytes.len()).then_some(()) };
                let is_object = self.bytes[self.marks[outer as usize].span.start as usize] == b'{';
                match (self.peek()?, is_object) {
                    (b',', true) => {
                        self.at += 1;
                        self.blank();
                        self.key()?;
                        break;
                    }
                    (b',', false) => {
                        self.at += 1;
                        break;
                    }
                    (b'}', true) | (b']', false) => {
                        self.at += 1;
                        self.end(outer);
                        open.pop();
                    }
                    _ => return None,
                }
            }
        }
    }

    fn begin(&mut self) -> u32 {
        self.marks.push(Mark { span: Span::new(self.at, self.at), next: 0 });
        Span::new(0, self.marks.len() - 1).end
    }

    fn end(&mut self, mark: u32) {
        let (end, next) = (Span::new(0, self.at).end, Span::new(0, self.marks.len()).end);
        let mark = &mut self.marks[mark as usize];
        mark.span.end = end;
        mark.next = next;
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    /// A key with its colon.
    fn key(&mut self) -> Option<()> {
        let mark = self.begin();
        (self.peek()? == b'"').then_some(())?;
        self.string()?;
        self.end(mark);
        self.blank();
        (self.peek()? == b':').then_some(())?;
        self.at += 1;
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let rest = self.bytes.get(self.at..)?;
            self.at += rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20)?;
            match self.bytes[self.at] {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'\\' => match self.bytes.get(self.at + 1)? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 2,
                    b'u' => {
                        let digits = self.bytes.get(self.at + 2..self.at + 6)?;
                        digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                        self.at += 6;
                    }
                    _ => return None,
                },
                _ => return None,
            }
        }
    }

    fn word(&mut self, mark: u32, word: &[u8]) -> Option<()> {
        self.bytes[self.at..].starts_with(word).then_some(())?;
        self.at += word.len();
        self.end(mark);
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        if self.peek()? == b'-' {
            self.at += 1;
        }
        if self.peek()? == b'0' {
            self.at += 1;
            // No digit may follow: the next thing is looked for, and it is none.
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let rest = self.bytes.get(self.at..)?;
        let count = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        self.at += count;
        (count > 0).then_some(())
    }
}

/// The members of an object in their order, each value still raw; `None` if it is no object.
pub(crate) fn members(raw: &RawValue) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    serde_json::from_str(raw.get()).ok().map(|Members(members)| members)
}

impl JsonError {
    pub(super) fn new(error: &serde_json::Error, text: &str) -> Self {
        let full = error.to_string();
        let message = full.split(" at line ").next().unwrap_or(&full).to_owned();
        Self { message, offset: offset_of(error, text) }
    }
}

/// Where in a text an error was met.
pub(crate) fn offset_of(error: &serde_json::Error, text: &str) -> usize {
    let line_start = match error.line() {
        0 | 1 => 0,
        line => text.match_indices('\n').nth(line - 2).map_or(0, |(at, _)| at + 1),
    };
    // The column counts bytes, and may end within a character.
    text.floor_char_boundary(line_start + error.column().saturating_sub(1))
}

/// What a JSON string, given with its quotes, says. A lone surrogate is JSON, and no text; the string then stays as it is written.
fn text(raw: &str) -> Cow<'_, str> {
    let written = raw.get(1..raw.len().saturating_sub(1)).unwrap_or(raw);
    if !raw.contains('\\') {
        return Cow::Borrowed(written);
    }
    serde_json::from_str(raw).map_or(Cow::Borrowed(written), |Text(text)| text)
}

struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(key) = map.next_key::<&RawValue>()? {
                    members.push((text(key.get()), map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// A string that is borrowed where it holds no escape.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}
