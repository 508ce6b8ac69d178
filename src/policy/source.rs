//! Files, and places in them.
//!
//! A policy document may stand in its file as plain JSON, as a JSON string that
//! holds JSON text (`policyText`), or as a percent-encoded string. Statements
//! remember where they are *in the document*; a [`Place`] knows how the
//! document lies in the file and leads any span back to the bytes a person can
//! look at.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use memchr::{memchr_iter, memrchr};
use rayon::iter::{ParallelBridge as _, ParallelIterator as _};

use crate::ids::{FileId, Table};

/// A half-open range of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
}

impl Span {
    /// A span from two offsets.
    ///
    /// # Panics
    /// If one does not fit 32 bits; texts are never longer than 4 GiB, for [`Sources::add`] refuses them.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let fit = |offset| u32::try_from(offset).expect("texts are shorter than 4 GiB");
        Self { start: fit(start), end: fit(end) }
    }

    /// How many bytes it covers.
    #[must_use]
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether it covers nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The text under it, empty where it does not lie on character borders.
    #[must_use]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Written as its start and its length, so that none that is read ends before it begins.
impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.start, self.end - self.start).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (start, length) = <(u32, u32)>::deserialize(deserializer)?;
        let end =
            start.checked_add(length).ok_or_else(|| serde::de::Error::custom("a span is longer than any text"))?;
        Ok(Self { start, end })
    }
}

/// What somebody wrote, with its place in the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Spanned<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub span: Span,
}

/// How a document is written down in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Encoding {
    /// A JSON object among the JSON of the file.
    Object,
    /// A JSON string whose text is the document.
    Text,
    /// A JSON string whose text is the percent-encoded document.
    Percent,
}

/// Where a document lies in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes of the document; for strings without their quotes.
    pub span: Span,
    /// How those bytes hold it.
    pub encoding: Encoding,
}

/// A line and a column, both counted from one; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Texts of so few bytes stay as they are.
const SHORT: usize = 512;

/// A text that is there, or is made when somebody first asks for it.
type Text = LazyLock<String, Box<dyn FnOnce() -> String + Send>>;

/// A file's name and text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name under which it is shown: the path as the user gave it.
    pub name: Arc<str>,
    text: Arc<Text>,
    /// Where the text was unpacked from; none for what is a file by itself.
    pub origin: Option<Origin>,
    lines: OnceLock<Arc<Lines>>,
}

/// How a text that was packed into another one as a JSON string lies in it.
///
/// The text is a part of the outer one, in which the string was replaced by what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The outer text.
    pub file: FileId,
    /// The part of it that the text stands for.
    pub whole: Span,
    /// The string in that part, with its quotes.
    pub packed: Span,
    /// How long what the string says is.
    pub unpacked: u32,
}

impl Source {
    /// The text, decompressed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// All files that were read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Table<FileId, Source>,
}

impl Sources {
    /// The longest text that a span can point into.
    pub const MAX_BYTES: usize = u32::MAX as usize;

    /// Remembers a file.
    ///
    /// # Panics
    /// If the text is longer than [`Self::MAX_BYTES`]; readers refuse such files first.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<String>) -> FileId {
        self.insert(name.into(), None, text.into())
    }

    /// Remembers a text that was packed into another one, under the name of the file that holds it.
    ///
    /// # Panics
    /// If the text is longer than [`Self::MAX_BYTES`]; what is unpacked is shorter than what held it.
    pub fn add_unpacked(&mut self, origin: Origin, text: impl Into<String>) -> FileId {
        let name = Arc::clone(&self.files[origin.file].name);
        self.insert(name, Some(origin), text.into())
    }

    fn insert(&mut self, name: Arc<str>, origin: Option<Origin>, text: String) -> FileId {
        assert!(text.len() < Self::MAX_BYTES, "readers refuse files of 4 GiB and more");
        let known = Text::new(Box::new(move || text));
        LazyLock::force(&known);
        self.files.push(Source { name, text: Arc::new(known), origin, lines: OnceLock::new() })
    }

    /// Remembers a file whose text is made when it is first asked for: shorter than [`Self::MAX_BYTES`], and
    /// at least as long as what any span points at.
    pub(crate) fn add_unread(
        &mut self,
        name: Arc<str>,
        origin: Option<Origin>,
        text: impl FnOnce() -> String + Send + 'static,
    ) -> FileId {
        let text = Arc::new(Text::new(Box::new(text)));
        self.files.push(Source { name, text, origin, lines: OnceLock::new() })
    }

    /// Packs all texts. Who asks for one unpacks it, and it stays.
    pub(crate) fn pack(&mut self) {
        self.files.values_mut().par_bridge().for_each(|source| {
            let text = source.text();
            if text.len() > SHORT {
                let packed = lz4_flex::compress_prepend_size(text.as_bytes());
                let unpack = move || {
                    let bytes = lz4_flex::decompress_size_prepended(&packed).expect("it was packed here");
                    String::from_utf8(bytes).expect("it was a text")
                };
                source.text = Arc::new(Text::new(Box::new(unpack)));
            }
        });
    }

    /// A file.
    #[must_use]
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file]
    }

    /// All files in the order in which they were read.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (FileId, &Source)> {
        self.files.iter()
    }

    /// The line and column of an offset.
    #[must_use]
    pub fn position(&self, file: FileId, offset: u32) -> Position {
        let source = &self.files[file];
        let text = source.text();
        let lines = source.lines.get_or_init(|| Arc::new(Lines::of(text)));
        // An offset within a character stands for the character.
        lines.position(text.as_bytes(), text.floor_char_boundary(offset as usize))
    }

    /// The file that a person can open, and the bytes of it that stand for a span of a text that was unpacked.
    #[must_use]
    pub fn origin(&self, file: FileId, span: Span) -> (FileId, Span) {
        let (mut file, mut span) = (file, span);
        while let Some(origin) = self.files[file].origin {
            let outer = self.files[origin.file].text();
            span = Span { start: origin.outer_offset(outer, span.start), end: origin.outer_offset(outer, span.end) };
            file = origin.file;
        }
        (file, span)
    }

    /// Leads a span of a document back to the bytes of its file.
    #[must_use]
    pub fn locate(&self, place: Place, span: Span) -> Span {
        let raw = place.span.of(self.files[place.file].text());
        let start = raw_offset(raw, place.encoding, span.start);
        let end = raw_offset(raw, place.encoding, span.end).max(start);
        Span { start: place.span.start + start, end: place.span.start + end }
    }

    /// The document itself, decoded; `None` if the bytes do not decode.
    #[must_use]
    pub fn document(&self, place: Place) -> Option<Cow<'_, str>> {
        decode(place.span.of(self.files[place.file].text()), place.encoding)
    }
}

impl Origin {
    /// The offset in the outer text that an offset in the unpacked one stands for.
    fn outer_offset(&self, outer: &str, offset: u32) -> u32 {
        let before = self.packed.start - self.whole.start;
        if offset < before {
            return self.whole.start + offset;
        }
        let within = offset - before;
        if within > self.unpacked {
            return (self.packed.end + (within - self.unpacked)).min(self.whole.end);
        }
        let inside = Span { start: self.packed.start + 1, end: self.packed.end - 1 };
        inside.start + raw_offset(inside.of(outer), Encoding::Text, within)
    }
}

/// Every so many bytes it is noted on which line and in which column a text is, so that a place far
/// down a long text, or a long line, is found without reading all that stands before it.
#[derive(Debug)]
struct Lines(Vec<Position>);

impl Lines {
    const STEP: usize = 4096;

    fn of(text: &str) -> Self {
        let mut at = Position { line: 1, column: 1 };
        let mut noted = Vec::with_capacity(text.len() / Self::STEP + 1);
        for block in text.as_bytes().chunks(Self::STEP) {
            noted.push(at);
            at.pass(block);
        }
        noted.push(at);
        Self(noted)
    }

    fn position(&self, text: &[u8], offset: usize) -> Position {
        let offset = offset.min(text.len());
        let block = offset / Self::STEP;
        let mut at = self.0.get(block).copied().unwrap_or(Position { line: 1, column: 1 });
        at.pass(&text[block * Self::STEP..offset]);
        at
    }
}

impl Position {
    /// Moves on behind these bytes. A character counts where it begins.
    fn pass(&mut self, bytes: &[u8]) {
        let begun = memrchr(b'\n', bytes).map(|at| at + 1);
        if let Some(begun) = begun {
            self.line += memchr_iter(b'\n', &bytes[..begun]).count();
            self.column = 1;
        }
        let last = &bytes[begun.unwrap_or_default()..];
        self.column += last.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
    }
}

/// The text of a document from the bytes that hold it: `None` where they do not decode.
pub(super) fn decode(raw: &str, encoding: Encoding) -> Option<Cow<'_, str>> {
    match encoding {
        Encoding::Object => Some(Cow::Borrowed(raw)),
        Encoding::Text => unescape(raw).map(Cow::Owned),
        Encoding::Percent => {
            let text = unescape(raw)?;
            let decoded = percent_encoding::percent_decode_str(&text).decode_utf8().ok()?;
            Some(Cow::Owned(decoded.into_owned()))
        }
    }
}

fn unescape(raw: &str) -> Option<String> {
    serde_json::from_str(&format!("\"{raw}\"")).ok()
}

/// The offset in the raw bytes at which the decoded text has reached `wanted` bytes.
fn raw_offset(raw: &str, encoding: Encoding, wanted: u32) -> u32 {
    let wanted = wanted as usize;
    if encoding == Encoding::Object {
        return Span::new(0, wanted.min(raw.len())).end;
    }
    let bytes = raw.as_bytes();
    let (mut at, mut decoded) = (0, 0);
    while at < bytes.len() && decoded < wanted {
        let (taken, given) = step(&bytes[at..], encoding);
        at += taken;
        decoded += given;
    }
    Span::new(0, at.min(bytes.len())).end
}

/// How many raw bytes the next unit takes, and how many bytes of decoded text it gives.
fn step(bytes: &[u8], encoding: Encoding) -> (usize, usize) {
    match (bytes, encoding) {
        ([b'\\', b'u', ..], _) => {
            let unit = hex(bytes.get(2..6));
            match unit {
                Some(0xD800..=0xDBFF) => (12, 4),
                Some(0..=0x7F) => (6, 1),
                Some(0x80..=0x7FF) => (6, 2),
                _ => (6, 3),
            }
        }
        ([b'\\', ..], _) => (2, 1),
        ([b'%', ..], Encoding::Percent) if hex(bytes.get(1..3)).is_some() => (3, 1),
        _ => (1, 1),
    }
}

fn hex(digits: Option<&[u8]>) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(digits?).ok()?, 16).ok()
}
