//! A matrix as grids of text: one, if it is narrow enough, else one for each account that owns repositories, and
//! more where that is still too wide.

use unicode_width::UnicodeWidthStr as _;

use super::fold::{label, short};
use super::letters::letters;
use super::terminal::clean;
use crate::catalog::ResourceKind;
use crate::policy::AccountId;
use crate::query::{Column, Matrix, Party};

/// How wide a grid may be where nobody says.
const WIDTH: usize = 120;
/// What stands between two columns.
const BETWEEN: usize = 2;
/// The digits of an account.
const ACCOUNT: usize = 12;

/// Some columns of a matrix, with the rows that hold something there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// The account that owns what is in the columns, where it is one part of several.
    pub(super) account: Option<AccountId>,
    /// What stands above: `principals`, `account`, what is in the columns.
    pub(super) header: Vec<String>,
    /// A row each.
    pub(super) rows: Vec<Vec<String>>,
}

/// The grids of a matrix that are no wider than this.
#[must_use]
pub(super) fn grids(matrix: &Matrix, width: Option<u16>) -> Vec<Grid> {
    let width = width.map_or(WIDTH, usize::from);
    let headings: Vec<String> = matrix.repositories.iter().map(heading).collect();
    let rows: Vec<Vec<String>> = (0..matrix.principals.len())
        .map(|party| {
            let mut row = vec![String::new(); headings.len()];
            matrix.row(party).for_each(|(column, cells)| row[column] = letters(cells));
            row
        })
        .collect();
    let sketch = Sketch { matrix, names: matrix.principals.iter().map(named).collect(), headings, rows };
    let all: Vec<usize> = (0..matrix.repositories.len()).collect();
    if sketch.width(&all) <= width {
        return vec![sketch.grid(None, &all)];
    }
    let mut grids = Vec::new();
    for of_account in
        all.chunk_by(|&one, &other| matrix.repositories[one].account == matrix.repositories[other].account)
    {
        let account = matrix.repositories[of_account[0]].account;
        let mut rest = of_account;
        while !rest.is_empty() {
            let fits = |count: &usize| sketch.width(&rest[..*count]) <= width;
            let count = (1..=rest.len()).take_while(fits).last().unwrap_or(1);
            let (now, later) = rest.split_at(count);
            grids.push(sketch.grid(Some(account), now));
            rest = later;
        }
    }
    grids.retain(|grid| !grid.rows.is_empty());
    grids
}

/// Texts of the whole matrix.
struct Sketch<'a> {
    matrix: &'a Matrix,
    names: Vec<String>,
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Sketch<'_> {
    /// How wide a grid of these columns is.
    fn width(&self, columns: &[usize]) -> usize {
        let rows = || self.rows.iter().enumerate().filter(|(_, row)| columns.iter().any(|&at| !row[at].is_empty()));
        let name = rows().map(|(at, _)| self.names[at].width()).max().unwrap_or(0).max("principals".len());
        let cells = columns.iter().map(|&at| {
            let widest = rows().map(|(_, row)| row[at].len()).max().unwrap_or(0);
            BETWEEN + widest.max(self.headings[at].width())
        });
        name + BETWEEN + ACCOUNT + cells.sum::<usize>()
    }

    fn grid(&self, account: Option<AccountId>, columns: &[usize]) -> Grid {
        let told = |&at: &usize| self.headings[at].clone();
        let header = ["principals", "account"].map(str::to_owned).into_iter().chain(columns.iter().map(told));
        let row = |(at, row): (usize, &Vec<String>)| {
            let of = self.matrix.principals[at].account.map(|account| account.to_string()).unwrap_or_default();
            let cells = columns.iter().map(|&column| row[column].clone());
            let holds = columns.iter().any(|&column| !row[column].is_empty());
            holds.then(|| [self.names[at].clone(), of].into_iter().chain(cells).collect())
        };
        Grid { account, header: header.collect(), rows: self.rows.iter().enumerate().filter_map(row).collect() }
    }
}

/// Those of a row, in a few words.
#[must_use]
pub(super) fn named(party: &Party) -> String {
    let names: Vec<&str> = party.names.iter().map(String::as_str).collect();
    clean(&label(&names, party.kind)).into_owned()
}

/// What is in a column, in a few words.
#[must_use]
pub(super) fn heading(column: &Column) -> String {
    let names: Vec<&str> = column.names.iter().map(|name| bare(name)).collect();
    let mut regions: Vec<&str> = column.names.iter().filter_map(|name| region(name)).collect();
    regions.dedup();
    let place = match &*regions {
        _ if column.is_public => " (public)".to_owned(),
        [region] => format!(" ({region})"),
        _ => String::new(),
    };
    let text = match (column.kind, &*names) {
        (ResourceKind::Repository, [name]) => (*name).to_owned(),
        (ResourceKind::Repository, _) => label(&names, "repository"),
        (ResourceKind::NewRepository, _) => "new".to_owned(),
        (_, [_]) => "registry".to_owned(),
        _ => format!("{} registries", names.len()),
    };
    clean(&format!("{text}{place}")).into_owned()
}

/// The name of a repository within its registry.
fn bare(name: &str) -> &str {
    name.split_once(":repository/").map_or_else(|| short(name), |(_, own)| own)
}

fn region(name: &str) -> Option<&str> {
    name.split(':').nth(3).filter(|region| !region.is_empty())
}
