//! One file: what its JSON values are, and what the path says where they do not.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::folder::Told;
use super::records::{LooseRecord, PageRecord, Records};
use super::tags::Tags;
use super::world::Visibility;
use super::{config, ecr, files, iam, iam_collect, iam_page, organization, wrapped};
use crate::ids::FileId;
pub(super) use crate::policy::members;
use crate::policy::{AccountId, Diagnostic, Encoding, Origin, Place, PolicyKind, Severity, Span, clip, offset_of};

/// A file while it is read.
pub(super) struct Reader<'a> {
    file: FileId,
    text: &'a str,
    /// The path's elements, `%2F` not yet resolved.
    pub(super) path: Vec<&'a str>,
    /// What the request of a wrapped export says; it comes before the path.
    pub(super) asked: Asked,
    /// The account that the path names: its last element of twelve digits.
    named: Option<AccountId>,
    /// The account that the other files of the folder tell (P4).
    learnt: Option<AccountId>,
    /// Whether it was asked for, and nobody had told.
    wants: Cell<bool>,
    /// Whether something was refused for want of it.
    pub(super) needs: bool,
    /// The accounts that the content tells, where the path names none.
    pub(super) told: Told,
    /// How many arrays and wrappers stand around the value that is read.
    depth: usize,
    pub(super) records: Records,
    /// What files of an `iam-collect` folder say of the things they belong to.
    pub(super) parts: iam_collect::Parts,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Texts that were packed into this one, to be read as files of their own.
    pub(super) unpacked: Vec<Unpacked>,
}

/// The account and the registry that a request, or the file around an answer, is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Who says so: `its request names`. Empty where only the path can tell.
    pub(super) by: &'static str,
    pub(super) account: Option<AccountId>,
    pub(super) visibility: Option<Visibility>,
    pub(super) region: Option<String>,
}

/// A text that was packed into another one.
pub(super) struct Unpacked {
    pub(super) origin: Origin,
    pub(super) text: String,
}

/// The members of an object that tell what it is.
pub(super) type Members<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// Pages come in an array, wrapped exports in an array of pages: deeper no export goes, and what does
/// would only fill the stack.
const DEEPEST: usize = 8;

/// So many broken values of one file are told; then the rest of it is given up.
const MOST_BROKEN: usize = 20;

impl<'a> Reader<'a> {
    pub(super) fn new(file: FileId, name: &'a str, text: &'a str, learnt: Option<AccountId>) -> Self {
        // A compressed file says what it would say unpacked.
        let name = name.strip_suffix(".gz").unwrap_or(name);
        Self {
            file,
            text,
            path: elements(name).collect(),
            asked: Asked::default(),
            named: account_in(name),
            learnt,
            wants: Cell::new(false),
            needs: false,
            told: Told::new(),
            depth: 0,
            records: Records::default(),
            parts: iam_collect::Parts::new(),
            diagnostics: Vec::new(),
            unpacked: Vec::new(),
        }
    }

    /// Reads every JSON value of the file. `true` if at least one was recognised, or is broken.
    ///
    /// Behind a broken value the reading goes on with the next line that begins with a bracket.
    pub(super) fn read(&mut self) -> bool {
        if !iam_collect::is_part(&self.path) && iam_page::read(self, self.text) {
            return true;
        }
        let mut recognised = false;
        let (mut from, mut broken) = (0, 0);
        while let Some(rest) = self.text.get(from..) {
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&'a RawValue>();
            let error = loop {
                match values.next() {
                    None => return recognised,
                    Some(Ok(raw)) => recognised |= self.value(raw),
                    Some(Err(error)) => break error,
                }
            };
            recognised = true;
            broken += 1;
            let at = from + rest.floor_char_boundary(values.byte_offset().max(offset_of(&error, rest)));
            let next = (broken < MOST_BROKEN).then(|| next_value(self.text, at)).flatten();
            let hint = match next {
                Some(_) => "this value was not read; export it again",
                None => "the rest of this file was not read; export it again",
            };
            self.error_at(Span::new(at, at), format!("not valid JSON: {}", message(&error)), Some(hint));
            let Some(next) = next else { break };
            from = next;
        }
        recognised
    }

    /// The file's name promises JSON, and something else is in it.
    pub(super) fn no_json(&mut self) {
        let at = self.text.len() - self.text.trim_start().len();
        let message = "not valid JSON: expected an object or a list".to_owned();
        self.error_at(Span::new(at, at), message, Some("export it again, and look at what the command printed"));
    }

    fn value(&mut self, raw: &'a RawValue) -> bool {
        if iam_collect::read(self, raw) {
            return true;
        }
        match raw.get().as_bytes().first() {
            Some(b'[') => {
                let Ok(elements) = serde_json::from_str::<Vec<&'a RawValue>>(raw.get()) else { return false };
                let mut recognised = elements.is_empty();
                self.deeper(|reader| {
                    for element in elements {
                        recognised |= reader.value(element);
                    }
                    recognised
                })
            }
            Some(b'{') => match members(raw) {
                Some(members) => self.object(raw, &members),
                None => false,
            },
            _ => false,
        }
    }

    /// Reads what stands inside, unless too much stands around it already.
    pub(super) fn deeper(&mut self, read: impl FnOnce(&mut Self) -> bool) -> bool {
        if self.depth >= DEEPEST {
            return false;
        }
        self.depth += 1;
        let recognised = read(self);
        self.depth -= 1;
        recognised
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
            || members.iter().all(|(_, value)| says_nothing(value))
    }

    /// A policy document by itself: the path must say what it hangs on.
    ///
    /// Where it does not the document is read all the same, for what is wrong inside it: as a repository's
    /// policy if it names principals, else as an identity policy.
    fn bare_document(&mut self, raw: &'a RawValue, members: &Members<'a>) -> bool {
        let is_document = members.iter().all(|(name, _)| matches!(&**name, "Version" | "Id" | "Statement"));
        let is_headed = is_document && has(members, &["Version"]);
        if !is_headed && !has(members, &["Statement"]) {
            return false;
        }
        if ecr::read_bare_policy(self, raw) {
            return true;
        }
        let message = "a policy document, and nothing says what it is attached to".to_owned();
        let hint = "name the file as `ACCOUNT/ecr-public/policy/REPOSITORY.json`, or export it with its repository or principal";
        self.error(&raw.get()[..1], message, Some(hint));
        let statements: Vec<&RawValue> = get(members, "Statement").map(statements).unwrap_or_default();
        let names_somebody = |statement: &&RawValue| {
            let inside = crate::policy::members(statement).unwrap_or_default();
            has(&inside, &["Principal"]) || has(&inside, &["NotPrincipal"])
        };
        let is_named = statements.iter().any(names_somebody);
        let kind = if is_named { PolicyKind::Repository } else { PolicyKind::Identity };
        let (place, account) = (self.document(raw.get()), self.named());
        self.records.loose.push(LooseRecord { place, kind, account });
        true
    }

    /// Has a text read by itself that stands as a JSON string in a part of this file.
    pub(super) fn unpack(&mut self, whole: &'a RawValue, packed: &'a RawValue) {
        let Ok(inside) = serde_json::from_str::<String>(packed.get()) else { return };
        let (outer, string) = (self.span(whole.get()), self.span(packed.get()));
        let (start, end) = ((string.start - outer.start) as usize, (string.end - outer.start) as usize);
        let (before, behind) = (&whole.get()[..start], &whole.get()[end..]);
        let unpacked = Span::new(0, inside.len()).end;
        let origin = Origin { file: self.file, whole: outer, packed: string, unpacked };
        self.unpacked.push(Unpacked { origin, text: format!("{before}{inside}{behind}") });
    }

    // --- places ---

    /// Where a part of the file's text lies in it.
    pub(super) fn span(&self, part: &str) -> Span {
        let start = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len());
        Span::new(start, (start + part.len()).min(self.text.len()))
    }

    /// The same with the file.
    pub(super) fn place(&self, part: &str) -> (FileId, Span) {
        (self.file, self.span(part))
    }

    /// The place of a document: an object, a text, or a percent-encoded text (I4).
    pub(super) fn document(&self, raw: &str) -> Place {
        let span = self.span(raw);
        let Some(inside) = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) else {
            return Place { file: self.file, span, encoding: Encoding::Object };
        };
        let encoding = if blank_before(inside).starts_with('%') { Encoding::Percent } else { Encoding::Text };
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
            account: self.named(),
        });
    }

    /// Reads a value into a type; a value of another shape is reported and left out.
    pub(super) fn typed<T: Deserialize<'a>>(&mut self, raw: &'a RawValue, what: &str) -> Option<T> {
        match serde_json::from_str(raw.get()) {
            Ok(value) => Some(value),
            Err(error) => {
                let at = self.span(raw.get()).start as usize + offset_of(&error, raw.get());
                let at = at.min(self.text.len());
                let hint = "compare with what the AWS CLI prints for this call";
                self.error_at(Span::new(at, at), format!("this is not {what}: {}", message(&error)), Some(hint));
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

    /// The account that the request names, else the path.
    pub(super) fn named(&self) -> Option<AccountId> {
        self.asked.account.or(self.named)
    }

    /// The same, else that of the folder. For what does not tell its account itself.
    pub(super) fn account(&self) -> Option<AccountId> {
        let account = self.named().or(self.learnt);
        if account.is_none() {
            self.wants.set(true);
        }
        account
    }

    /// Whether the file could say more if the account of its folder were known.
    pub(super) fn wants(&self) -> bool {
        self.wants.get()
    }

    /// The content is about this account, and says so in this part.
    pub(super) fn tells(&mut self, part: &str, account: AccountId) {
        if self.named.is_none() && !self.told.contains_key(&account) {
            let place = self.place(part);
            self.told.insert(account, place);
        }
    }

    /// Which registry, which region: by the request, else by the folders below the account's (P1).
    pub(super) fn registry(&self) -> (Option<Visibility>, Option<String>) {
        if self.asked.visibility.is_some() {
            return (self.asked.visibility, self.asked.region.clone());
        }
        let account = self.path.iter().rposition(|part| AccountId::parse(part).is_some());
        let below = account.map_or(&self.path[..], |at| &self.path[at + 1..]);
        let Some((file, folders)) = below.split_last() else { return (None, None) };
        let is_registry = |part: &str| matches!(part, "ecr" | "ecr-public");
        let (found, behind) = match folders.iter().rposition(|part| is_registry(part)) {
            Some(at) => (folders[at], folders.get(at + 1).copied()),
            None => (files::without_ending(file), None),
        };
        match found {
            "ecr-public" => (Some(Visibility::Public), None),
            "ecr" => (Some(Visibility::Private), behind.filter(|folder| is_region(folder)).map(str::to_owned)),
            _ => (None, None),
        }
    }

    /// P1: where path and content name different accounts, nobody can tell which one is meant.
    pub(super) fn agree_on_account(&mut self, part: &str, found: AccountId) {
        self.tells(part, found);
        if let Some(named) = self.named().filter(|named| *named != found) {
            let message = format!("the file is about account {found}, and {} account {named}", self.names());
            self.error(part, message, Some("rename the folder, or move the file"));
        }
    }

    /// The same for registries and regions.
    pub(super) fn agree_on_registry(&mut self, part: &str, visibility: Visibility, region: &str) {
        let written = |visibility: Visibility, region: &str| match visibility {
            Visibility::Public => "ecr-public".to_owned(),
            Visibility::Private if region.is_empty() => "ecr".to_owned(),
            Visibility::Private => format!("ecr/{region}"),
        };
        let (Some(named), named_region) = self.registry() else { return };
        let other_region = named_region.as_deref().is_some_and(|named| !region.is_empty() && named != region);
        if named != visibility || (visibility == Visibility::Private && other_region) {
            let (found, named) = (written(visibility, region), written(named, &named_region.unwrap_or_default()));
            let message = format!("the file is about `{found}`, and {} `{named}`", self.names());
            self.error(part, message, Some("rename the folder, or move the file"));
        }
    }

    /// The same for repositories, where the file lies as the convention for folders has it.
    pub(super) fn agree_on_repository(&mut self, part: &str, found: &str) {
        let in_place = self.registry().0.is_some() && self.path.iter().rev().nth(1) == Some(&"policy");
        let named = self.stem();
        if in_place && self.asked.by.is_empty() && named != found {
            let message = format!("the file is about repository `{}`, and its path names `{named}`", clip(found));
            self.error(part, message, Some("rename the file"));
        }
    }

    fn names(&self) -> &'static str {
        if self.asked.by.is_empty() { "its path names" } else { self.asked.by }
    }

    /// Remembers a page of a list, and whether it announces another one (I5).
    pub(super) fn page(&mut self, list: &'static str, account: Option<AccountId>, of: &str, members: &Members<'a>) {
        let tokens = ["NextToken", "nextToken"].map(|name| get(members, name));
        let next = announcement(get(members, "IsTruncated"), tokens);
        self.page_with(list, account, of, next);
    }

    /// The same, where it is known what announces another page.
    pub(super) fn page_with(
        &mut self,
        list: &'static str,
        account: Option<AccountId>,
        of: &str,
        next: Option<&'a RawValue>,
    ) {
        let next = next.map(|token| self.place(token.get()));
        self.records.pages.push(PageRecord { list, account, of: of.to_owned(), folder: self.folder(), next });
    }

    /// The folder of the file.
    pub(super) fn folder(&self) -> String {
        self.path.split_last().map(|(_, folders)| folders.join("/")).unwrap_or_default()
    }

    /// The file's name without its endings, `%2F` resolved.
    pub(super) fn stem(&self) -> String {
        let name = files::without_ending(self.path.last().copied().unwrap_or_default());
        percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned()
    }
}

/// The elements of a path.
pub(super) fn elements(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    name.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".")
}

/// The account that a path names.
pub(super) fn account_in(name: &str) -> Option<AccountId> {
    elements(name).rev().find_map(AccountId::parse)
}

/// `eu-central-1`, `us-gov-west-1`: at least three parts, a number at the end.
pub(super) fn is_region(text: &str) -> bool {
    let mut parts = text.rsplit('-');
    let number = parts.next().is_some_and(|last| !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()));
    let words = parts.filter(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase())).count();
    number && words >= 2
}

/// Where behind a place the next value may begin: at the head of a line.
fn next_value(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    (from..bytes.len().saturating_sub(1))
        .find(|&at| bytes[at] == b'\n' && matches!(bytes[at + 1], b'{' | b'['))
        .map(|at| at + 1)
}

/// The statements of a document, one or a list.
fn statements(raw: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(raw.get()).unwrap_or_else(|_| vec![raw])
}

/// An empty list, an empty object, no token.
fn says_nothing(raw: &RawValue) -> bool {
    let bare: String = raw.get().chars().take(16).filter(|char| !char.is_whitespace()).collect();
    matches!(bare.as_str(), "[]" | "{}" | "null" | "false" | "\"\"")
}

/// The text behind white space, also where that is written as escapes.
fn blank_before(mut text: &str) -> &str {
    loop {
        text = text.trim_start();
        match ["\\n", "\\r", "\\t"].iter().find_map(|escape| text.strip_prefix(escape)) {
            Some(rest) => text = rest,
            None => return text,
        }
    }
}

/// What serde says, without the place, which is told apart, and without the names of our types.
fn message(error: &serde_json::Error) -> String {
    let full = error.to_string();
    let full = full.split(" at line ").next().unwrap_or(&full);
    match full.split_once("expected struct ") {
        Some((before, _)) => format!("{}expected an object", clip(before)),
        None => clip(full).into_owned(),
    }
}

/// Whether the object has all of these members.
pub(super) fn has(members: &Members<'_>, names: &[&str]) -> bool {
    names.iter().all(|name| get(members, name).is_some())
}

pub(super) fn get<'a>(members: &Members<'a>, name: &str) -> Option<&'a RawValue> {
    members.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
}

/// What announces another page: the flag, else the first token that is one.
pub(super) fn announcement<'a>(flag: Option<&'a RawValue>, tokens: [Option<&'a RawValue>; 2]) -> Option<&'a RawValue> {
    let is_token = |token: &&RawValue| !matches!(token.get(), "null" | "\"\"");
    let token = || tokens.into_iter().flatten().find(is_token);
    flag.filter(|flag| flag.get() == "true").or_else(token)
}

/// A tag in any of the forms in which exports hold it (I1, I34).
#[derive(Deserialize)]
pub(super) struct Tag<'a> {
    #[serde(borrow, alias = "Key")]
    key: Cow<'a, str>,
    #[serde(borrow, alias = "Value", default)]
    value: Cow<'a, str>,
}

impl Tag<'_> {
    /// Key and value.
    pub(super) fn into_pair(self) -> (String, String) {
        (self.key.into_owned(), self.value.into_owned())
    }
}

impl<'a> Reader<'a> {
    /// Tags as a list of keys and values, or as an object.
    pub(super) fn tags(&mut self, raw: Option<&'a RawValue>) -> Tags {
        let Some(raw) = raw else { return Tags::new() };
        if raw.get().starts_with('{')
            && let Ok(mut tags) = serde_json::from_str::<BTreeMap<String, String>>(raw.get())
        {
            // A lone tag for a list of tags (I13), or an object of tags.
            if tags.len() == 2 && tags.contains_key("Key") && tags.contains_key("Value") {
                return tags.remove("Key").zip(tags.remove("Value")).into_iter().collect();
            }
            return tags.into_iter().collect();
        }
        let tags: Vec<Tag<'a>> = self.each(Some(raw), "a list of tags");
        tags.into_iter().map(Tag::into_pair).collect()
    }
}
