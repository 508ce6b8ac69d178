//! Edits: what to write in a file, so that a finding is no more.

use super::Region;
use crate::ids::FileId;
use crate::policy::{Encoding, Place, Sources, Span};

/// A part of a file with what to write there instead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The part.
    pub region: Region,
    /// What to write there: in the form in which the file holds the document.
    pub text: String,
}

/// What to do with a part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mend {
    /// Nobody can tell.
    Nothing,
    /// Write this text in the place of a text.
    Rewrite(String),
    /// Write this name in the place of a name, between the quotes that are there.
    Rename(String),
    /// Take the member out of its list; of a list of one nothing is left that AWS would accept.
    Remove,
    /// Write the new version in the place of the old one.
    Renew,
}

const OLD: &str = "\"2008-10-17\"";

/// The edit of a part of the document at a place. `None` where there is none, or where the file holds the document in
/// a form that nobody edits by hand.
pub(super) fn edit(sources: &Sources, place: Place, span: Span, mend: &Mend) -> Option<Edit> {
    if sources.get(place.file).origin.is_some() {
        return None;
    }
    let document = sources.document(place)?;
    let (span, text) = match mend {
        Mend::Nothing => return None,
        Mend::Rewrite(text) => (span, serde_json::to_string(text).ok()?),
        Mend::Rename(name) => (span, name.clone()),
        Mend::Remove => (member(&document, span)?, String::new()),
        Mend::Renew => {
            let mut all = document.match_indices(OLD);
            let at = all.next()?.0;
            // More than one: who knows which of them is the version.
            all.next().is_none().then_some(())?;
            (Span::new(at, at + OLD.len()), "\"2012-10-17\"".to_owned())
        }
    };
    let text = match place.encoding {
        Encoding::Object => text,
        Encoding::Text => {
            let quoted = serde_json::to_string(&text).ok()?;
            quoted[1..quoted.len() - 1].to_owned()
        }
        Encoding::Percent => return None,
    };
    Some(Edit { region: region(sources, place, span).1, text })
}

/// The file that a person can open, and the part of it that stands for a part of the document at a place.
pub(super) fn region(sources: &Sources, place: Place, span: Span) -> (String, Region) {
    part(sources, place.file, sources.locate(place, span))
}

/// The file that a person can open, and the part of it that stands for a part of a file.
pub(super) fn part(sources: &Sources, file: FileId, span: Span) -> (String, Region) {
    let (file, span) = sources.origin(file, span);
    let start = sources.position(file, span.start);
    (sources.get(file).name.to_string(), Region { start, end: sources.position(file, span.end), span })
}

/// A member of a list with the comma that goes with it.
fn member(document: &str, span: Span) -> Option<Span> {
    let (before, behind) = (document.get(..span.start as usize)?, document.get(span.end as usize..)?);
    if let Some(rest) = behind.trim_start().strip_prefix(',') {
        let next = rest.trim_start();
        return Some(Span::new(span.start as usize, document.len() - next.len()));
    }
    let rest = before.trim_end().strip_suffix(',')?;
    Some(Span::new(rest.len(), span.end as usize))
}
