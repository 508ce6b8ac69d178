//! JSON with the place of every value, and with every member of an object.
//!
//! serde's own maps keep the last of two equal keys in silence. A policy must
//! not: AWS rejects such documents (G8). [`Node`] reads an object as a list of
//! members, and finds the place of each value by where its text lies in the
//! whole.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::source::{Span, Spanned};

/// A value of a JSON text, not yet looked into.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    text: &'a str,
    raw: &'a str,
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
    Array(Vec<Node<'a>>),
    /// The members of an object in their order, equal keys included.
    Object(Vec<(Spanned<Cow<'a, str>>, Node<'a>)>),
}

/// Why a text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not valid JSON: {message}")]
pub struct JsonError {
    /// What the reader met.
    pub message: String,
    /// Where, as an offset into the text.
    pub offset: usize,
}

impl<'a> Node<'a> {
    /// The value that makes up this text.
    ///
    /// # Errors
    /// [`JsonError`] if the text is not one JSON value.
    pub fn parse(text: &'a str) -> Result<Self, JsonError> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| JsonError::new(&error, text))?;
        Ok(Self { text, raw: raw.get() })
    }

    /// The value's place in the text.
    #[must_use]
    pub fn span(&self) -> Span {
        span_of(self.text, self.raw)
    }

    /// The value as it is written.
    #[must_use]
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// Looks one level into the value.
    ///
    /// # Panics
    /// Never: a raw value was checked when it was read.
    #[must_use]
    pub fn value(&self) -> Value<'a> {
        let node = |raw: &'a RawValue| Node { text: self.text, raw: raw.get() };
        let checked = "a raw value was checked when it was read";
        match self.raw.as_bytes().first() {
            Some(b'{') => {
                let Members(members) = serde_json::from_str(self.raw).expect(checked);
                let members = members.into_iter().map(|(key, raw)| (self.key(key, raw), node(raw)));
                Value::Object(members.collect())
            }
            Some(b'[') => {
                let elements: Vec<&RawValue> = serde_json::from_str(self.raw).expect(checked);
                Value::Array(elements.into_iter().map(node).collect())
            }
            Some(b'"') => Value::String(text(self.raw)),
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'n') | None => Value::Null,
            Some(_) => Value::Number(self.raw),
        }
    }

    fn key(&self, key: Cow<'a, str>, value: &'a RawValue) -> Spanned<Cow<'a, str>> {
        let span = match &key {
            Cow::Borrowed(key) => span_of(self.text, key),
            // An escaped key was copied; its value is the nearest thing that can be shown.
            Cow::Owned(_) => span_of(self.text, value.get()),
        };
        Spanned { value: key, span }
    }
}

/// The members of an object in their order, each value still raw; `None` if it is no object.
pub(crate) fn members(raw: &RawValue) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    serde_json::from_str(raw.get()).ok().map(|Members(members)| members)
}

/// Where a part lies in its whole: the part was borrowed from it.
fn span_of(whole: &str, part: &str) -> Span {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len());
    Span::new(start, (start + part.len()).min(whole.len()))
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

/// What a JSON string says. A lone surrogate is JSON, and no text; the string then stays as it is written.
fn text(raw: &str) -> Cow<'_, str> {
    let written = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(raw);
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
