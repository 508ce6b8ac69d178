//! A report as records, which programs read: documented (`docs/report.md`), and stable.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use super::document::{About, Asked, Document, Rows, Section};
use super::finding::records;
use super::jsonl::{object, to_json};
use super::record::Record;
use super::{Sheet, summarized};
use crate::catalog::ResourceKind;
use crate::query::{Column, Matrix, MatrixCell, Party, Verdict};

/// What a report begins with.
#[derive(Debug, Serialize)]
pub(super) struct DocumentRecord<'a> {
    title: &'a str,
    about: &'a About,
    /// Saved queries that found nothing.
    silent: &'a [String],
}

impl<'a> From<&'a Document> for DocumentRecord<'a> {
    fn from(document: &'a Document) -> Self {
        Self { title: &document.title, about: &document.about, silent: &document.silent }
    }
}

/// What a section begins with.
#[derive(Debug, Serialize)]
pub(super) struct SectionRecord<'a> {
    section: &'a str,
    title: &'a str,
    #[serde(flatten)]
    query: Option<QueryRecord<'a>>,
    notes: Vec<String>,
}

/// The query that a section comes from.
#[derive(Debug, Serialize)]
struct QueryRecord<'a> {
    severity: &'static str,
    meaning: &'a str,
    advice: &'a str,
    question: &'a str,
    /// Its parameters, as they were.
    parameters: BTreeMap<&'a str, String>,
}

impl<'a> From<&'a Section> for SectionRecord<'a> {
    fn from(section: &'a Section) -> Self {
        let query = match section {
            Section::Query(asked) => Some(QueryRecord::from(&**asked)),
            Section::Summary(_) | Section::Findings(_) | Section::Matrix(_) => None,
        };
        Self { section: section.name(), title: section.title(), query, notes: section.notes() }
    }
}

impl<'a> From<&'a Asked> for QueryRecord<'a> {
    fn from(asked: &'a Asked) -> Self {
        let query = &asked.query;
        Self {
            severity: query.severity.as_str(),
            meaning: &query.meaning,
            advice: &query.advice,
            question: &query.question,
            parameters: asked.parameters().collect(),
        }
    }
}

/// A row, and where it belongs.
#[derive(Serialize)]
struct Tagged<'a, T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<&'a str>,
    #[serde(flatten)]
    row: T,
}

/// The rows of a section, each as JSON; with the section's name in them where that is told. The matrix has none:
/// see [`pairs`].
///
/// # Errors
/// Those of serializing, which do not occur for these values.
pub(super) fn rows(section: &Section, tag: Option<&str>) -> io::Result<Vec<String>> {
    fn each<T: Serialize>(rows: impl Iterator<Item = T>, tag: Option<&str>) -> io::Result<Vec<String>> {
        rows.map(|row| to_json(&Tagged { section: tag, row })).collect()
    }
    let of_sheet = |sheet: &Sheet| each(sheet.rows.iter().map(|row| object(sheet, row)), tag);
    match section {
        Section::Summary(summary) => of_sheet(&summarized(summary)),
        Section::Findings(parted) => each(records(parted), tag),
        Section::Query(asked) => match &asked.rows {
            Rows::Answer(answer) => each(answer.rows.iter().map(Record::from), tag),
            Rows::Table(table) => of_sheet(&Sheet::from(table)),
            Rows::Sheet(sheet, _) => of_sheet(sheet),
        },
        Section::Matrix(_) => Ok(Vec::new()),
    }
}

/// Some principals who hold the same.
#[derive(Serialize)]
pub(super) struct PartyRecord<'a> {
    kind: &'static str,
    account: Option<String>,
    names: &'a [String],
}

impl<'a> From<&'a Party> for PartyRecord<'a> {
    fn from(party: &'a Party) -> Self {
        let account = party.account.map(|account| account.to_string());
        Self { kind: party.kind, account, names: &party.names }
    }
}

/// Some resources on which everybody holds the same.
#[derive(Serialize)]
pub(super) struct ColumnRecord<'a> {
    kind: &'static str,
    account: String,
    public: bool,
    names: &'a [String],
}

impl<'a> From<&'a Column> for ColumnRecord<'a> {
    fn from(column: &'a Column) -> Self {
        Self {
            kind: kind(column.kind),
            account: column.account.to_string(),
            public: column.is_public,
            names: &column.names,
        }
    }
}

/// The word for what is in a column.
pub(super) fn kind(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::Repository => "repository",
        ResourceKind::NewRepository => "new-repository",
        _ => "registry",
    }
}

/// What those of a row hold on those of a column.
#[derive(Serialize)]
pub(super) struct CellRecord<'a> {
    principals: usize,
    repositories: usize,
    capability: &'static str,
    #[serde(flatten)]
    held: HeldRecord<'a>,
}

#[derive(Serialize)]
struct HeldRecord<'a> {
    verdict: &'static str,
    /// By their own permissions; null for what they hold through roles only.
    own: Option<&'static str>,
    condition: Option<&'a str>,
}

impl<'a> From<&'a MatrixCell> for HeldRecord<'a> {
    fn from(cell: &'a MatrixCell) -> Self {
        Self {
            verdict: cell.verdict.as_str(),
            own: cell.own.map(Verdict::as_str),
            condition: cell.condition.as_deref(),
        }
    }
}

impl<'a> From<&'a MatrixCell> for CellRecord<'a> {
    fn from(cell: &'a MatrixCell) -> Self {
        Self {
            principals: cell.party,
            repositories: cell.column,
            capability: cell.capability.as_str(),
            held: HeldRecord::from(cell),
        }
    }
}

/// A principal and a repository, and what it holds there.
#[derive(Serialize)]
struct PairRecord<'a> {
    section: &'static str,
    principal: &'a str,
    kind: &'static str,
    account: Option<String>,
    repository: &'a str,
    repository_kind: &'static str,
    repository_account: String,
    public: bool,
    capabilities: BTreeMap<&'static str, HeldRecord<'a>>,
}

/// A line for each principal and each repository on which it holds something.
///
/// # Errors
/// Those of serializing, which do not occur for these values, and of who looks.
pub(super) fn pairs(matrix: &Matrix, mut look: impl FnMut(String) -> io::Result<()>) -> io::Result<()> {
    let resources = matrix.each_resource();
    for (party, principal) in matrix.each_principal() {
        let Party { kind: kind_of_principal, account, .. } = matrix.principals[party];
        let mut held: Vec<&[MatrixCell]> = vec![&[]; matrix.repositories.len()];
        matrix.row(party).for_each(|(column, cells)| held[column] = cells);
        for &(column, repository) in resources.iter().filter(|(column, _)| !held[*column].is_empty()) {
            let Column { account: owner, kind: resource, is_public, .. } = matrix.repositories[column];
            let cells = held[column].iter();
            look(to_json(&PairRecord {
                section: "matrix",
                principal,
                kind: kind_of_principal,
                account: account.map(|account| account.to_string()),
                repository,
                repository_kind: kind(resource),
                repository_account: owner.to_string(),
                public: is_public,
                capabilities: cells.map(|cell| (cell.capability.as_str(), HeldRecord::from(cell))).collect(),
            })?)?;
        }
    }
    Ok(())
}
