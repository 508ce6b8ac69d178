//! The pages that say what findings mean: embedded texts, a file each under `docs/findings/`.
//!
//! A page begins with its title as a heading, and goes on with `Severity: high` in a line of its own.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use include_dir::{Dir, include_dir};

use super::Finding;
use crate::query::saved::Severity;

static BUNDLED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/docs/findings");

/// What a finding means, why it matters, an example, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// In some words.
    pub title: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The whole page as Markdown.
    pub text: &'static str,
}

impl Page {
    /// The page of a finding.
    ///
    /// # Panics
    /// Never in a released program: that all pages are there and have their form is held by the tests.
    #[must_use]
    pub fn of(finding: Finding) -> Self {
        static READ: OnceLock<BTreeMap<Finding, Page>> = OnceLock::new();
        let pages = READ.get_or_init(|| {
            let read = |&finding: &Finding| {
                let file = BUNDLED.get_file(format!("{finding}.md")).expect("each finding has a page");
                let text = file.contents_utf8().expect("a page is text");
                (finding, Self::read(text).expect("a page has a title and a severity"))
            };
            Finding::ALL.iter().map(read).collect()
        });
        pages[&finding]
    }

    fn read(text: &'static str) -> Option<Self> {
        let title = text.lines().next()?.strip_prefix("# ")?;
        let severity = text.lines().find_map(|line| line.strip_prefix("Severity: "))?;
        Some(Self { title, severity: Severity::parse(severity)?, text })
    }
}
