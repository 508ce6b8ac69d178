//! One file: what its JSON values are, and what the path says where they do not.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::records::Records;
use super::world::Tags;
use super::{config, ecr, iam, iam_collect, organization, wrapped};
use crate::ids::FileId;
pub(super) use crate::policy::members;
use crate::policy::{AccountId, Diagnostic, Encoding, Place, Severity, Span};

/// A file while it is read.
pub(super) struct Reader<'a> {
    file: FileId,
    text: &'a str,
    /// The path's elements, `%2F` not yet resolved.
    pub(super) path: Vec<&'a str>,
    pub(super) records: Records,
    /// What files of an `iam-collect` folder say of the things they belong to.
    pub(super) parts: iam_collect::Parts,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Texts that were packed into this one, to be read as files of their own.
    pub(super) unpacked: Vec<String>,
}

/// The members of an object that tell what it is.
pub(super) type Members<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

impl<'a> Reader<'a> {
    pub(super) fn new(file: FileId, name: &'a str, text: &'a str) -> Self {
        let path = name.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").collect();
        Self {
            file,
            text,
            path,
            records: Records::default(),
            parts: iam_collect::Parts::new(),
            diagnostics: Vec::new(),
            unpacked: Vec::new(),
        }
    }

    /// Reads every JSON value of the file. `true` if at least one was recognised.
    pub(super) fn read(&mut self) -> bool {
        let mut recognised = false;
        let mut values = serde_json::Deserializer::from_str(self.text).into_iter::<&'a RawValue>();
        while let Some(value) = values.next() {
            match value {
                Ok(raw) => recognised |= self.value(raw),
                Err(error) => {
                    let at = values.byte_offset().max(offset(self.text, &error)).min(self.text.len());
                    let message = error.to_string();
                    let message = message.split(" at line ").next().unwrap_or(&message);
                    let hint = "the rest of this file was not read; export it again";
                    self.error_at(Span::new(at, at), format!("not valid JSON: {message}"), Some(hint));
                    return true;
                }
            }
        }
        recognised
    }

    fn value(&mut self, raw: &'a RawValue) -> bool {
        if iam_collect::read(self, raw) {
            return true;
        }
        match raw.get().as_bytes().first() {
            Some(b'[') => {
                let Ok(elements) = serde_json::from_str::<Vec<&'a RawValue>>(raw.get()) else { return false };
                let mut recognised = elements.is_empty();
                for element in elements {
                    recognised |= self.value(element);
                }
                recognised
            }
            Some(b'{') => match members(raw) {
                Some(members) => self.object(raw, &members),
                None => false,
            },
            _ => false,
        }
    }

    /// Table P2: the first reader that knows the members takes the object.
    pub(super) fn object(&mut self, raw: &'a RawValue, members: &Members<'a>) -> bool {
        members.is_empty()
            || wrapped::read(self, members)
            || iam::read(self, raw, members)
            || ecr::read(self, raw, members)
            || organization::read(self, raw, members)
            || config::read(self, raw, members)
            || self.bare_document(raw, members)
    }

    /// A policy document by itself: the path must say what it hangs on.
    fn bare_document(&mut self, raw: &'a RawValue, members: &Members<'a>) -> bool {
        if !has(members, &["Statement"]) {
            return false;
        }
        if ecr::read_bare_policy(self, raw) {
            return true;
        }
        let message = "a policy document, and nothing says what it is attached to".to_owned();
        let hint = "name the file as `ACCOUNT/ecr-public/policy/REPOSITORY.json`, or export it with its repository or principal";
        self.error_at(self.span(raw.get()), message, Some(hint));
        true
    }

    /// Has a text read by itself that was packed into this file. Texts inside such texts are not followed.
    pub(super) fn unpack(&mut self, text: String) {
        self.unpacked.push(text);
    }

    // --- places ---

    /// Where a part of the file's text lies in it.
    pub(super) fn span(&self, part: &str) -> Span {
        let start = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len());
        Span::new(start, (start + part.len()).min(self.text.len()))
    }

    /// The place of a document: an object, a text, or a percent-encoded text (I4).
    pub(super) fn document(&self, raw: &str) -> Place {
        let span = self.span(raw);
        let Some(inside) = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) else {
            return Place { file: self.file, span, encoding: Encoding::Object };
        };
        let encoding = if inside.trim_start().starts_with('%') { Encoding::Percent } else { Encoding::Text };
        Place { file: self.file, span: self.span(inside), encoding }
    }

    // --- diagnostics ---

    pub(super) fn error(&mut self, part: &str, message: String, hint: Option<&str>) {
        self.error_at(self.span(part), message, hint);
    }

    fn error_at(&mut self, span: Span, message: String, hint: Option<&str>) {
        self.diagnostics.push(Diagnostic {
            severity: Severity::Error,
            message,
            hint: hint.map(str::to_owned),
            place: Some((self.file, span)),
            account: self.account_of_path(),
        });
    }

    /// Reads a value into a type; a value of another shape is reported and left out.
    pub(super) fn typed<T: Deserialize<'a>>(&mut self, raw: &'a RawValue, what: &str) -> Option<T> {
        match serde_json::from_str(raw.get()) {
            Ok(value) => Some(value),
            Err(error) => {
                let at = self.span(raw.get()).start as usize + offset(raw.get(), &error);
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
                let at = at.min(self.text.len());
                let hint = "compare with what the AWS CLI prints for this call";
                self.error_at(Span::new(at, at), format!("this is not {what}: {message}"), Some(hint));
                None
            }
        }
    }

    /// The elements of a list; a lone object counts as a list of one, null as none (I13).
    pub(super) fn each<T: Deserialize<'a>>(&mut self, raw: Option<&'a RawValue>, what: &str) -> Vec<T> {
        let Some(raw) = raw else { return Vec::new() };
        match raw.get().as_bytes().first() {
            Some(b'[') => {
                let elements: Vec<&'a RawValue> = self.typed(raw, what).unwrap_or_default();
                elements.into_iter().filter_map(|element| self.typed(element, what)).collect()
            }
            Some(b'n') | None => Vec::new(),
            _ => self.typed(raw, what).into_iter().collect(),
        }
    }

    // --- the path ---

    /// The account that the path names: its last element of twelve digits.
    pub(super) fn account_of_path(&self) -> Option<AccountId> {
        self.path.iter().rev().find_map(|part| AccountId::parse(part))
    }

    /// The path elements behind the account.
    pub(super) fn below_account(&self) -> &[&'a str] {
        let at = self.path.iter().rposition(|part| AccountId::parse(part).is_some());
        at.map_or(&self.path[..], |at| &self.path[at + 1..])
    }

    /// The file's name without its endings, `%2F` resolved.
    pub(super) fn stem(&self) -> String {
        let name = self.path.last().copied().unwrap_or_default();
        let name = name.strip_suffix(".gz").unwrap_or(name);
        let name = name.strip_suffix(".json").or_else(|| name.strip_suffix(".jsonl")).unwrap_or(name);
        percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned()
    }
}

/// Whether the object has all of these members.
pub(super) fn has(members: &Members<'_>, names: &[&str]) -> bool {
    names.iter().all(|name| get(members, name).is_some())
}

pub(super) fn get<'a>(members: &Members<'a>, name: &str) -> Option<&'a RawValue> {
    members.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
}

fn offset(text: &str, error: &serde_json::Error) -> usize {
    let line_start = match error.line() {
        0 | 1 => 0,
        line => text.match_indices('\n').nth(line - 2).map_or(0, |(at, _)| at + 1),
    };
    (line_start + error.column().saturating_sub(1)).min(text.len())
}

/// A tag in any of the forms in which exports hold it (I1, I34).
#[derive(Deserialize)]
pub(super) struct Tag<'a> {
    #[serde(borrow, alias = "Key")]
    key: Cow<'a, str>,
    #[serde(borrow, alias = "Value", default)]
    value: Cow<'a, str>,
}

impl<'a> Reader<'a> {
    /// Tags as a list of keys and values, or as an object.
    pub(super) fn tags(&mut self, raw: Option<&'a RawValue>) -> Tags {
        let Some(raw) = raw else { return Tags::new() };
        if raw.get().starts_with('{')
            && let Ok(tags) = serde_json::from_str::<Tags>(raw.get())
        {
            return tags;
        }
        let tags: Vec<Tag<'a>> = self.each(Some(raw), "a list of tags");
        tags.into_iter().map(|tag| (tag.key.into_owned(), tag.value.into_owned())).collect()
    }
}
