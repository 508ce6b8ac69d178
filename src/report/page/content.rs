//! What the page is told: one JSON value of tables, whose columns are numbers of texts mostly.
//!
//! `data.js` reads it; both know the version. A number of a text below zero says that there is none.

use std::io;

use indexmap::IndexMap;
use serde::Serialize;

use super::finding::{FindingRow, PageRow, rows};
use super::numbered::Texts;
use super::proof::{ProofRow, RouteRow, StatementRow, Variants, number};
use super::{Page, Steps};
use crate::catalog::Capability;
use crate::policy::AccountId;
use crate::query::{Matrix, Summary};
use crate::report::document_record::kind;
use crate::report::fold::label;
use crate::report::grid::called;
use crate::report::letters::letter;
use crate::report::{Asked, Document, Section};

/// Raised whenever the tables change their form.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Content<'a> {
    version: u32,
    program: i32,
    title: i32,
    /// What was read, in numbers: what, how many.
    about: Vec<(i32, i32)>,
    /// Which sections there are.
    sections: Sections,
    notes: Vec<i32>,
    gaps: Vec<i32>,
    errors: Vec<i32>,
    /// The name, the letter.
    capabilities: Vec<(i32, char)>,
    /// The number, the name.
    accounts: Vec<(i32, i32)>,
    summary: Vec<SummaryRow>,
    /// Kind, account, label, names.
    parties: Vec<(i32, i64, i32, Vec<i32>)>,
    /// Account, kind, whether anyone can pull, label, names.
    columns: Vec<(i64, i32, u8, i32, Vec<i32>)>,
    cells: Cells,
    variants: Vec<Variants>,
    proofs: Vec<&'a ProofRow>,
    routes: Vec<&'a RouteRow>,
    statements: Vec<&'a StatementRow>,
    steps: &'a Steps,
    findings: Vec<FindingRow>,
    pages: Vec<PageRow>,
    queries: Vec<QueryRow>,
    texts: Vec<&'a String>,
}

#[derive(Default, Serialize)]
struct Sections {
    summary: bool,
    findings: bool,
    matrix: bool,
}

/// Account, permission, resources, allowed, conditional, outside.
type SummaryRow = (i64, i32, usize, usize, usize, usize);

/// Name, title, columns, rows, notes.
type QueryRow = (i32, i32, Vec<i32>, Vec<Vec<i32>>, Vec<i32>);

/// The cells of the matrix, column by column: rows, columns, capabilities, verdicts (1: under a condition), verdicts by
/// own permissions (2: none), conditions, cases of proofs.
type Cells = (Vec<usize>, Vec<usize>, Vec<usize>, Vec<u8>, Vec<u8>, Vec<i32>, Vec<u32>);

/// Accounts with their names: those of the input, and whoever else is told of.
#[derive(Debug, Default)]
pub(super) struct Accounts(IndexMap<AccountId, Option<String>>);

impl Accounts {
    pub(super) fn name(&mut self, account: AccountId, name: Option<&str>) {
        self.0.insert(account, name.map(str::to_owned));
    }

    fn of(&mut self, account: Option<AccountId>) -> i64 {
        let Some(account) = account else { return -1 };
        let entry = self.0.entry(account);
        let number = entry.index();
        entry.or_default();
        i64::try_from(number).expect("there are not that many accounts")
    }
}

/// The value as JSON.
///
/// # Errors
/// Those of serializing, which do not occur for these values.
pub(super) fn json(page: Page, document: &Document) -> io::Result<Vec<u8>> {
    let Page { mut texts, mut proofs, mut accounts, steps, gaps, errors } = page;
    let mut sections = Sections::default();
    let (mut summary, mut findings, mut pages, mut queries) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let nothing = Matrix::default();
    let mut matrix = &nothing;
    let told = document.about.told();
    let mut notes: Vec<String> = told.into_iter().skip(1).chain(document.quiet()).collect();
    for section in &document.sections {
        match section {
            Section::Summary(found) => {
                sections.summary = true;
                summary.extend(counted(found, &mut accounts, &mut texts));
            }
            Section::Findings(parted) => {
                sections.findings = true;
                (findings, pages) = rows(parted, &mut texts, &mut proofs.statements);
            }
            Section::Query(asked) => queries.push(asked_for(asked, &mut texts)),
            Section::Matrix(found) => {
                sections.matrix = true;
                matrix = found;
            }
        }
        if !matches!(section, Section::Query(_)) {
            notes.extend(section.notes());
        }
    }
    notes.dedup();
    let (variants, cases) = proofs.variants(matrix.cells.len());
    let parties = parties(matrix, &mut accounts, &mut texts);
    let columns = columns(matrix, &mut accounts, &mut texts);
    let cells = cells(matrix, cases, &mut texts);
    let capabilities: Vec<(i32, char)> =
        Capability::ALL.into_iter().map(|one| (texts.of(one.as_str()), letter(one))).collect();
    let about = &document.about;
    let mut read = vec![(texts.of("input"), {
        let inputs = about.inputs.join(", ");
        texts.of(if inputs.is_empty() { "the sample organization" } else { &inputs })
    })];
    for (what, count) in [
        ("accounts", about.accounts),
        ("users and roles", about.principals),
        ("repositories", about.repositories),
        ("files", about.files),
        ("gaps", about.gaps),
        ("errors", about.errors),
    ] {
        read.push((texts.of(what), texts.of(&count.to_string())));
    }
    let content = Content {
        version: VERSION,
        program: texts.of(about.version),
        title: texts.of(&document.title),
        about: read,
        sections,
        notes: texts.all(&notes),
        gaps,
        errors,
        capabilities,
        accounts: accounts
            .0
            .iter()
            .map(|(id, name)| (texts.of(&id.to_string()), texts.maybe(name.as_deref())))
            .collect(),
        summary,
        parties,
        columns,
        cells,
        variants,
        proofs: proofs.whole.iter().collect(),
        routes: proofs.routes.iter().collect(),
        statements: proofs.statements.iter().collect(),
        steps: &steps,
        findings,
        pages,
        queries,
        texts: texts.iter().collect(),
    };
    Ok(serde_json::to_vec(&content)?)
}

fn counted(summary: &Summary, accounts: &mut Accounts, texts: &mut Texts) -> Vec<SummaryRow> {
    let lines = summary.lines.iter().map(|line| {
        let (account, permission) = (accounts.of(Some(line.account)), texts.of(line.permission));
        (account, permission, line.resources, line.allowed, line.conditional, line.outside)
    });
    lines.collect()
}

fn parties(matrix: &Matrix, accounts: &mut Accounts, texts: &mut Texts) -> Vec<(i32, i64, i32, Vec<i32>)> {
    let told = matrix.principals.iter().map(|party| {
        let names: Vec<&str> = party.names.iter().map(String::as_str).collect();
        let shown = texts.of(&label(&names, party.kind));
        (texts.of(party.kind), accounts.of(party.account), shown, texts.all(&party.names))
    });
    told.collect()
}

fn columns(matrix: &Matrix, accounts: &mut Accounts, texts: &mut Texts) -> Vec<(i64, i32, u8, i32, Vec<i32>)> {
    let told = matrix.repositories.iter().map(|column| {
        let (of, shown) = (kind(column.kind), texts.of(&called(column)));
        (accounts.of(Some(column.account)), texts.of(of), u8::from(column.is_public), shown, texts.all(&column.names))
    });
    told.collect()
}

fn cells(matrix: &Matrix, cases: Vec<u32>, texts: &mut Texts) -> Cells {
    let each = matrix.cells.iter();
    let place = |wanted: Capability| Capability::ALL.iter().position(|one| *one == wanted).unwrap_or_default();
    (
        each.clone().map(|cell| cell.party).collect(),
        each.clone().map(|cell| cell.column).collect(),
        each.clone().map(|cell| place(cell.capability)).collect(),
        each.clone().map(|cell| number(cell.verdict)).collect(),
        each.clone().map(|cell| cell.own.map_or(2, number)).collect(),
        each.map(|cell| texts.maybe(cell.condition.as_deref())).collect(),
        cases,
    )
}

fn asked_for(asked: &Asked, texts: &mut Texts) -> QueryRow {
    let sheet = asked.rows.told();
    let columns = sheet.columns.iter().map(|name| texts.of(name)).collect();
    let rows = sheet.rows.iter().map(|row| row.iter().map(|value| texts.of(&value.text())).collect()).collect();
    (texts.of(&asked.query.name), texts.of(&asked.query.title), columns, rows, texts.all(asked.rows.notes()))
}
