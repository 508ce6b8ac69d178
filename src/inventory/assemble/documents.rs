//! Every distinct document text, parsed once, on all processors.
//!
//! The texts are compared as they stand in their files, before anything is
//! unpacked or parsed. Which text is parsed when does not show: documents get
//! their numbers, and tell their problems, when the assembler asks for them.

use std::hash::Hasher as _;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHasher};

use crate::ids::{DocumentId, FileId};
use crate::inventory::records::{PolicyTold, Records};
use crate::policy::{Parsed, Place, PolicyKind, Sources, Span, parse};

/// The texts of documents.
#[derive(Default)]
pub(super) struct Texts {
    /// Where the texts stand that were asked for beforehand, in the order of places. The assembler asks in nearly
    /// the same order: looking there costs a fraction of what a hash table would.
    known: Vec<Known>,
    /// The last text with this hash.
    by_hash: FxHashMap<u64, usize>,
    distinct: Vec<Text>,
}

struct Known {
    kind: PolicyKind,
    place: Place,
    text: usize,
}

struct Text {
    kind: PolicyKind,
    place: Place,
    /// Another text with the same hash.
    same_hash: Option<usize>,
    state: State,
}

enum State {
    Unread,
    /// `None` if its bytes do not decode.
    Read(Option<Parsed>),
    /// The document, and whether AWS would reject it.
    Numbered(DocumentId, bool),
}

/// What the assembler is told of a document.
pub(super) enum Told {
    /// It was asked for before.
    Known(DocumentId, bool),
    /// It is asked for the first time.
    New(Option<Parsed>),
}

impl Texts {
    /// Reads all documents that the records refer to.
    pub(super) fn read(sources: &Sources, records: &Records) -> Self {
        let wanted = wanted(records);
        let hashes: Vec<u64> =
            wanted.par_iter().with_min_len(64).map(|&(_, place)| hash(raw(sources, place))).collect();
        let mut texts = Self::default();
        texts.known.reserve_exact(wanted.len());
        for ((kind, place), hash) in wanted.into_iter().zip(hashes) {
            let text = texts.intern(sources, kind, place, hash);
            texts.known.push(Known { kind, place, text });
        }
        texts.known.sort_by_key(Known::order);
        texts.distinct.par_iter_mut().with_min_len(16).for_each(|text| text.read(sources));
        texts
    }

    /// The document at a place.
    pub(super) fn ask(&mut self, sources: &Sources, kind: PolicyKind, place: Place) -> (usize, Told) {
        let known = self.find(kind, place);
        let number = known.unwrap_or_else(|| self.intern(sources, kind, place, hash(raw(sources, place))));
        let text = &mut self.distinct[number];
        text.read(sources);
        let told = match &mut text.state {
            State::Numbered(document, rejected) => Told::Known(*document, *rejected),
            State::Read(parsed) => Told::New(parsed.take()),
            State::Unread => Told::New(None),
        };
        (number, told)
    }

    /// Remembers what the assembler made of a text.
    pub(super) fn number(&mut self, text: usize, document: DocumentId, rejected: bool) {
        self.distinct[text].state = State::Numbered(document, rejected);
    }

    fn find(&self, kind: PolicyKind, place: Place) -> Option<usize> {
        let wanted = Known { kind, place, text: 0 }.order();
        let at = self.known.binary_search_by_key(&wanted, Known::order).ok()?;
        self.known.get(at).filter(|known| known.place.encoding == place.encoding).map(|known| known.text)
    }

    fn intern(&mut self, sources: &Sources, kind: PolicyKind, place: Place, hash: u64) -> usize {
        let same_hash = self.by_hash.get(&hash).copied();
        let mut candidate = same_hash;
        while let Some(number) = candidate {
            let text = &self.distinct[number];
            let is_alike = text.kind == kind && text.place.encoding == place.encoding;
            if is_alike && raw(sources, text.place) == raw(sources, place) {
                return number;
            }
            candidate = text.same_hash;
        }
        self.distinct.push(Text { kind, place, same_hash, state: State::Unread });
        self.by_hash.insert(hash, self.distinct.len() - 1);
        self.distinct.len() - 1
    }
}

impl Known {
    fn order(&self) -> (FileId, Span, PolicyKind) {
        (self.place.file, self.place.span, self.kind)
    }
}

impl Text {
    fn read(&mut self, sources: &Sources) {
        if matches!(self.state, State::Unread) {
            self.state = State::Read(sources.document(self.place).map(|text| parse(&text, self.kind)));
        }
    }
}

/// The documents of the records, in their order.
fn wanted(records: &Records) -> Vec<(PolicyKind, Place)> {
    let mut wanted = Vec::with_capacity(2 * records.principals.len() + records.managed.len());
    let mut want = |kind, place: Option<Place>| wanted.extend(place.map(|place| (kind, place)));
    for record in &records.managed {
        want(PolicyKind::Identity, record.document);
    }
    for (_, _, place) in &records.versions {
        want(PolicyKind::Identity, Some(*place));
    }
    for (_, place) in records.groups.iter().flat_map(|record| &record.inline) {
        want(PolicyKind::Identity, Some(*place));
    }
    for record in &records.principals {
        record.inline.iter().for_each(|(_, place)| want(PolicyKind::Identity, Some(*place)));
        want(PolicyKind::Trust, record.trust);
    }
    for record in &records.repositories {
        if let PolicyTold::Document(place) = record.policy {
            want(PolicyKind::Repository, Some(place));
        }
    }
    for record in &records.repository_policies {
        want(PolicyKind::Repository, record.document);
    }
    for record in &records.registry_policies {
        want(PolicyKind::Registry, Some(record.document));
    }
    for record in &records.controls {
        want(record.kind, record.document);
    }
    for record in &records.loose {
        want(record.kind, Some(record.place));
    }
    wanted
}

fn raw(sources: &Sources, place: Place) -> &str {
    place.span.of(sources.get(place.file).text())
}

fn hash(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}
