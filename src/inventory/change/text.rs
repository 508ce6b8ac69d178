//! Texts of documents that a change brings: read as those of exports are.

use std::path::Path;
use std::sync::Arc;

use super::ChangeError;
use crate::ids::PolicyId;
use crate::inventory::files;
use crate::inventory::world::{Inventory, Policy};
use crate::policy::{
    AccountId, Document, Encoding, Json, Place, PolicyKind, Position, Severity, Span, Value, Version, parse,
};

/// A text, and the name under which its place is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The file, or what somebody typed it into.
    pub name: String,
    /// What it says.
    pub text: String,
    /// How many bytes of it nobody wrote: they make a document of statements.
    head: usize,
}

/// More than any policy has: the longest that AWS stores are a few tens of thousands of characters.
const LONGEST: u64 = 1 << 20;

impl Text {
    /// A text that is in memory.
    #[must_use]
    pub fn new(name: &str, text: String) -> Self {
        Self { name: name.to_owned(), text, head: 0 }
    }

    /// Reads a file, compressed or not, as exports are read.
    ///
    /// # Errors
    /// Why it cannot be read, in words.
    pub fn read(path: &str) -> Result<Self, String> {
        let about = std::fs::metadata(Path::new(path)).map_err(|error| error.to_string())?;
        if !about.is_file() {
            return Err("it is no file".to_owned());
        }
        if about.len() > LONGEST {
            return Err(format!("it is longer than {LONGEST} bytes, and no policy is"));
        }
        let bytes = std::fs::read(Path::new(path)).map_err(|error| error.to_string())?;
        let text = files::text(bytes).map_err(|unread| format!("{} ({})", unread.message, unread.hint))?;
        Ok(Self::new(path, text))
    }

    /// Statements as a document of this version; a whole document as it is. Lines stay where they are.
    pub(super) fn as_document(&self, version: Version) -> Self {
        if self.is_document() {
            return self.clone();
        }
        let head = format!("{{\"Version\": \"{}\", \"Statement\": ", spelled(version));
        Self { name: self.name.clone(), text: format!("{head}{}}}", self.text), head: head.len() }
    }

    /// The column of a place in what somebody wrote.
    pub(super) fn column(&self, at: Position) -> usize {
        if at.line == 1 { at.column.saturating_sub(self.head).max(1) } else { at.column }
    }

    /// Whether it is a whole document, or no JSON that could be anything else.
    fn is_document(&self) -> bool {
        match Json::parse(&self.text).as_ref().map(|json| json.root().value()) {
            Ok(Value::Object(mut members)) => members.any(|(name, _)| name.value == "Statement"),
            Ok(Value::Array(_)) => false,
            Ok(_) | Err(_) => true,
        }
    }
}

/// A version as documents spell it.
pub(super) fn spelled(version: Version) -> &'static str {
    match version {
        Version::V2008 => "2008-10-17",
        Version::V2012 => "2012-10-17",
    }
}

impl Inventory {
    /// Reads a document, and remembers its text as a file; what AWS would only warn of is told among the
    /// diagnostics.
    pub(super) fn read_text(
        &mut self,
        text: &Text,
        kind: PolicyKind,
        account: Option<AccountId>,
    ) -> Result<(Document, Place), ChangeError> {
        let parsed = parse(&text.text, kind);
        let file = self.sources.add(text.name.as_str(), text.text.as_str());
        let place = Place { file, span: Span::new(0, text.text.len()), encoding: Encoding::Object };
        let told: Vec<_> = parsed.problems.iter().map(|problem| problem.at(&self.sources, place, account)).collect();
        if parsed.is_rejected() {
            let errors: Vec<_> = told.into_iter().filter(|one| one.severity == Severity::Error).collect();
            return Err(ChangeError::rejected(text, &errors, &self.sources));
        }
        self.diagnostics.extend(told);
        Ok((parsed.document, place))
    }

    /// A policy of a text.
    pub(super) fn policy_of_text(
        &mut self,
        name: String,
        kind: PolicyKind,
        text: &Text,
        account: Option<AccountId>,
    ) -> Result<PolicyId, ChangeError> {
        let (document, place) = self.read_text(text, kind, account)?;
        let document = Arc::make_mut(&mut self.documents).push(Arc::new(document));
        Ok(self.policies.push(Policy { name, kind, document, place, bundled: false, gap: None }))
    }
}
