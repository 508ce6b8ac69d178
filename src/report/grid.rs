//! A matrix as grids of text: one, if that fits, else one for each account that owns repositories, and more where that
//! still does not. Columns in which nothing is held are in none of them.

use unicode_width::UnicodeWidthStr as _;

use super::fold::{label, short};
use super::letters::letters;
use super::terminal::clean;
use crate::catalog::ResourceKind;
use crate::policy::AccountId;
use crate::query::{Column, Matrix, Party};

/// What stands between two columns.
const BETWEEN: usize = 2;

/// Some columns of a matrix, with the rows that hold something there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// The account that owns what is in the columns, where it is one part of several.
    pub(super) account: Option<AccountId>,
    /// What is in the columns.
    pub(super) headings: Vec<String>,
    /// Who holds something there: in a few words, their account, and what each holds in each column, in letters.
    pub(super) rows: Vec<(String, String, Vec<String>)>,
}

impl Grid {
    /// How wide it is at a terminal, with these above the columns.
    pub(super) fn width(&self, headings: &[String]) -> usize {
        let most = |widths: &mut dyn Iterator<Item = usize>| widths.max().unwrap_or(0);
        let name = most(&mut self.rows.iter().map(|(name, ..)| name.width())).max("principals".len());
        let account = most(&mut self.rows.iter().map(|(_, account, _)| account.len())).max("account".len());
        let cells = headings.iter().enumerate().map(|(at, heading)| {
            BETWEEN + most(&mut self.rows.iter().map(|(.., cells)| cells[at].len())).max(heading.width())
        });
        name + BETWEEN + account + cells.sum::<usize>()
    }

    /// The numbers of its columns.
    pub(super) fn numbers(&self) -> Vec<String> {
        (1..=self.headings.len()).map(|number| number.to_string()).collect()
    }
}

/// A name that is too long loses its middle.
fn shortened(name: String, longest: usize) -> String {
    let count = name.chars().count();
    if count <= longest {
        return name;
    }
    let first: String = name.chars().take(longest / 3).collect();
    let last: String = name.chars().skip(count - (longest - longest / 3 - 1)).collect();
    format!("{first}…{last}")
}

/// The grids of a matrix, each as large as fits, with names no longer than this.
#[must_use]
pub(super) fn grids(matrix: &Matrix, longest: usize, fits: impl Fn(&Grid) -> bool) -> Vec<Grid> {
    let sketch = Sketch::of(matrix, longest);
    let held: Vec<usize> = (0..matrix.repositories.len()).filter(|&column| sketch.held[column]).collect();
    let whole = sketch.grid(None, &held);
    if fits(&whole) {
        return vec![whole];
    }
    let mut grids = Vec::new();
    let owner = |column: usize| matrix.repositories[column].account;
    for of_account in held.chunk_by(|&one, &other| owner(one) == owner(other)) {
        let account = Some(owner(of_account[0]));
        let mut rest = of_account;
        while !rest.is_empty() {
            let counts: Vec<usize> = (1..=rest.len()).collect();
            let count = counts.partition_point(|&count| fits(&sketch.grid(account, &rest[..count])));
            let (now, later) = rest.split_at(count.max(1));
            grids.push(sketch.grid(account, now));
            rest = later;
        }
    }
    grids
}

/// What nobody holds anything on, in a sentence.
#[must_use]
pub(super) fn unheld(matrix: &Matrix) -> Option<String> {
    let mut held = vec![false; matrix.repositories.len()];
    matrix.cells.iter().for_each(|cell| held[cell.column] = true);
    let bare = matrix.repositories.iter().zip(&held).filter(|(_, held)| !**held).map(|(column, _)| column);
    let names: Vec<String> = bare.map(heading).collect();
    (!names.is_empty()).then(|| format!("nothing is held on {}", names.join(", ")))
}

/// Texts of the whole matrix.
struct Sketch<'a> {
    matrix: &'a Matrix,
    names: Vec<String>,
    headings: Vec<String>,
    /// What stands in each row, by column; columns in order.
    rows: Vec<Vec<(usize, String)>>,
    held: Vec<bool>,
}

impl<'a> Sketch<'a> {
    fn of(matrix: &'a Matrix, longest: usize) -> Self {
        let mut held = vec![false; matrix.repositories.len()];
        let row = |party: usize| matrix.row(party).map(|(column, cells)| (column, letters(cells))).collect();
        let rows: Vec<Vec<(usize, String)>> = (0..matrix.principals.len()).map(row).collect();
        rows.iter().flatten().for_each(|(column, _)| held[*column] = true);
        let names = matrix.principals.iter().map(|party| shortened(named(party), longest)).collect();
        Self { matrix, names, headings: matrix.repositories.iter().map(heading).collect(), rows, held }
    }

    /// The grid of these columns, which are in order.
    fn grid(&self, account: Option<AccountId>, columns: &[usize]) -> Grid {
        let row = |(at, row): (usize, &Vec<(usize, String)>)| {
            let mut cells = vec![String::new(); columns.len()];
            let mut holds = false;
            for (column, text) in row {
                if let Ok(place) = columns.binary_search(column) {
                    cells[place].clone_from(text);
                    holds = true;
                }
            }
            let of = self.matrix.principals[at].account.map(|account| account.to_string()).unwrap_or_default();
            holds.then(|| (self.names[at].clone(), of, cells))
        };
        let heading = |&at: &usize| {
            let heading = &self.headings[at];
            let is_clear =
                account.is_some() || columns.iter().filter(|one| self.headings[**one] == *heading).count() < 2;
            let owner = || format!("{heading} in {}", self.matrix.repositories[at].account);
            if is_clear { heading.clone() } else { owner() }
        };
        Grid {
            account,
            headings: columns.iter().map(heading).collect(),
            rows: self.rows.iter().enumerate().filter_map(row).collect(),
        }
    }
}

/// Those of a row, in a few words.
fn named(party: &Party) -> String {
    let names: Vec<&str> = party.names.iter().map(String::as_str).collect();
    clean(&label(&names, party.kind)).into_owned()
}

/// What is in a column, in a few words.
fn heading(column: &Column) -> String {
    let mut regions: Vec<&str> = column.names.iter().filter_map(|name| region(name)).collect();
    regions.dedup();
    let place = match &*regions {
        _ if column.is_public => " (public)".to_owned(),
        [region] => format!(" ({region})"),
        _ => String::new(),
    };
    clean(&format!("{}{place}", called(column))).into_owned()
}

/// What stands in a column, in a few words.
pub(super) fn called(column: &Column) -> String {
    let names: Vec<&str> = column.names.iter().map(|name| bare(name)).collect();
    match (column.kind, &*names) {
        (ResourceKind::Repository, [name]) => (*name).to_owned(),
        (ResourceKind::Repository, _) => label(&names, "repository"),
        (ResourceKind::NewRepository, _) => "new repositories".to_owned(),
        (_, [_]) => "the registry".to_owned(),
        _ => format!("{} registries", names.len()),
    }
}

/// The name of a repository within its registry.
fn bare(name: &str) -> &str {
    name.split_once(":repository/").map_or_else(|| short(name), |(_, own)| own)
}

fn region(name: &str) -> Option<&str> {
    name.split(':').nth(3).filter(|region| !region.is_empty())
}
