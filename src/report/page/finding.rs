//! Findings with their statements, and the pages about them.

use std::collections::BTreeMap;

use super::numbered::{Numbered, Texts};
use super::proof::{Proofs, StatementRow};
use crate::finding::{Found, Page, Parted, Spot};

/// File, line, column, statement, on what its policy hangs, what to write there instead.
type SpotRow = (i32, usize, usize, i64, Vec<i32>, i32);

/// Severity, finding, message, hint, principals, actions, resources, places, why it may stand.
pub(super) type FindingRow = (i32, i32, i32, i32, Vec<i32>, Vec<i32>, Vec<i32>, Vec<SpotRow>, i32);

/// Name, title, text.
pub(super) type PageRow = (i32, i32, i32);

/// The findings, those last that somebody lets stand; and a page for each kind of them.
pub(super) fn rows(
    parted: &Parted,
    texts: &mut Texts,
    statements: &mut Numbered<StatementRow>,
) -> (Vec<FindingRow>, Vec<PageRow>) {
    let standing = parted.found.iter().map(|found| (found, None));
    let suppressed = parted.suppressed.iter().map(|one| (&one.found, Some(one.reason.as_str())));
    let mut pages = BTreeMap::new();
    let mut rows = Vec::new();
    for (found, reason) in standing.chain(suppressed) {
        pages.entry(found.finding).or_insert_with(|| page(found, texts));
        let spots = found.spots.iter().map(|one| spot(one, texts, statements)).collect();
        rows.push((
            texts.of(found.severity().as_str()),
            texts.of(found.finding.as_str()),
            texts.of(&found.message),
            texts.maybe(found.hint.as_deref()),
            texts.all(&found.principals),
            texts.all(&found.actions),
            texts.all(&found.resources),
            spots,
            texts.maybe(reason),
        ));
    }
    (rows, pages.into_values().collect())
}

fn spot(spot: &Spot, texts: &mut Texts, statements: &mut Numbered<StatementRow>) -> SpotRow {
    let statement = spot.statement.as_ref().map_or(-1, |one| Proofs::statement(statements, texts, one).into());
    let edit = spot.edit.as_ref().map(|edit| edit.text.as_str());
    let start = spot.region.start;
    (texts.of(&spot.file), start.line, start.column, statement, texts.all(&spot.hung_on), texts.maybe(edit))
}

fn page(found: &Found, texts: &mut Texts) -> PageRow {
    let Page { title, text, .. } = Page::of(found.finding);
    (texts.of(found.finding.as_str()), texts.of(title), texts.of(text))
}
