//! The table that a person reads at a terminal.
//!
//! Rows stand in the order of their verdicts. What is the same in all rows
//! moves into a line above the table; rows that differ only in the principal
//! become one (`12 roles like ci-build-*`); what is incomplete or in doubt is
//! numbered and told below.

use std::io::{self, Write};

use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, presets};

use super::finding::found;
use super::fold::{label, short};
use super::grid::{Grid, grids, unheld};
use super::letters::legend;
use super::sheet::way;
use super::terminal::clean;
use super::{Asked, Document, Renderer, Rows, Section, Sheet, Style, Value, proof, summarized};
use crate::finding::Parted;
use crate::query::{Answer, Matrix, Proof, Row, Verdict};

/// Fewer alike rows than this stay rows.
const FOLDED_FROM: usize = 4;

/// So many rows of a query are shown where it is one section of several; the rest is counted.
const SHOWN: usize = 20;

/// How wide a matrix may be where nobody says.
const WIDTH: usize = 120;

/// So much of a name is shown in a matrix.
const NAME: usize = 48;

/// Writes aligned columns.
#[derive(Clone, Copy, Debug, Default)]
pub struct Table(pub Style);

impl Renderer for Table {
    fn sheet(&self, sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
        if sheet.rows.is_empty() {
            return writeln!(out, "no {}", clean(&sheet.title));
        }
        let mut table = self.grid(sheet.columns.iter().map(ToString::to_string));
        for row in &sheet.rows {
            table.add_row(row.iter().map(|value| match value {
                Value::Number(_) => cell(&value.text()).set_alignment(CellAlignment::Right),
                _ => cell(&value.text()),
            }));
        }
        print(&table, out)
    }

    fn answer(&self, answer: &Answer, out: &mut dyn Write) -> io::Result<()> {
        let mut lines = self.arranged(answer);
        let mut remarks = Remarks::default();
        for line in &mut lines {
            line.remarks = remarks.of(line.row);
        }
        if lines.is_empty() {
            writeln!(out, "nobody and nothing")?;
        } else {
            let columns: Vec<&Column> = COLUMNS.iter().filter(|column| column.is_wanted(&lines)).collect();
            for column in COLUMNS.iter().filter(|column| column.is_above(&lines)) {
                writeln!(out, "{}: {}", column.name, clean(&(column.above)(&lines[0])))?;
            }
            let number = self.0.numbered.then(|| "#".to_owned());
            let mut table = self.grid(number.into_iter().chain(columns.iter().map(|column| column.name.to_owned())));
            for (at, line) in (1_usize..).zip(&lines) {
                let number = self.0.numbered.then(|| cell(&at.to_string()).set_alignment(CellAlignment::Right));
                table.add_row(number.into_iter().chain(columns.iter().map(|column| {
                    let cell = cell(&(column.text)(line));
                    if column.name == "verdict" && self.0.color { colored(cell, line.row.verdict) } else { cell }
                })));
            }
            for (number, column) in (usize::from(self.0.numbered)..).zip(&columns) {
                if let (false, Some(shown)) = (column.may_break, table.column_mut(number)) {
                    shown.set_constraint(ColumnConstraint::ContentWidth);
                }
            }
            if COLUMNS.iter().any(|column| column.is_above(&lines)) {
                writeln!(out)?;
            }
            print(&table, out)?;
            writeln!(out, "\n{}", tally(&answer.rows))?;
        }
        for (number, text) in remarks.0.iter().enumerate() {
            writeln!(out, "[{}] {}", number + 1, clean(text))?;
        }
        answer.notes.iter().try_for_each(|note| writeln!(out, "note: {}", clean(note)))
    }

    fn leading<'a>(&self, answer: &'a Answer) -> Vec<&'a Row> {
        self.arranged(answer).into_iter().map(|line| line.row).collect()
    }

    fn findings(&self, parted: &Parted, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(found(parted, self.0).as_bytes())
    }

    fn document(&self, document: &Document, out: &mut dyn Write) -> io::Result<()> {
        let bold = |text: &str| {
            if self.0.color { format!("\u{1b}[1m{}\u{1b}[0m", clean(text)) } else { clean(text).into_owned() }
        };
        writeln!(out, "{}", bold(&document.title))?;
        document.about.told().iter().try_for_each(|line| writeln!(out, "{}", clean(line)))?;
        for section in &document.sections {
            let title = section.title();
            writeln!(out, "\n{}\n{}\n", bold(title), "-".repeat(clean(title).chars().count()))?;
            match section {
                Section::Summary(summary) => self.sheet(&summarized(summary), out)?,
                Section::Findings(parted) => self.findings(parted, out)?,
                Section::Query(asked) => self.query(asked, document.sections.len() > 1, out)?,
                Section::Matrix(matrix) => self.matrix(matrix, out)?,
            }
            // What is to be said of the others is said with them.
            if matches!(section, Section::Summary(_) | Section::Matrix(_)) {
                section.notes().iter().try_for_each(|note| self.note(note, out))?;
            }
        }
        document.quiet().map_or(Ok(()), |quiet| writeln!(out, "\n{}", clean(&quiet)))
    }

    fn proofs(&self, proofs: &[Proof], out: &mut dyn Write) -> io::Result<()> {
        let style = proof::Style { width: self.0.width.map(usize::from), color: self.0.color };
        out.write_all(proof::text(proofs, style).as_bytes())
    }
}

impl Table {
    fn query(self, asked: &Asked, is_one_of_many: bool, out: &mut dyn Write) -> io::Result<()> {
        let Asked { query, rows, .. } = asked;
        writeln!(out, "{} ({})\n", clean(&query.name), query.severity.as_str())?;
        if let Rows::Answer(answer) = rows {
            return self.answer(answer, out);
        }
        let mut sheet = rows.told();
        let left = sheet.rows.len().saturating_sub(SHOWN);
        let is_cut = is_one_of_many && !self.0.expand && left > 0;
        if is_cut {
            sheet.rows.truncate(SHOWN);
        }
        self.sheet(&sheet, out)?;
        if is_cut {
            writeln!(out, "and {left} more: `report {}` shows all", clean(&query.name))?;
        }
        rows.notes().iter().try_for_each(|note| self.note(note, out))
    }

    fn matrix(self, matrix: &Matrix, out: &mut dyn Write) -> io::Result<()> {
        if matrix.cells.is_empty() {
            return writeln!(out, "nobody holds anything");
        }
        let width = self.0.width.map_or(WIDTH, usize::from);
        // Of one account columns may be told by numbers.
        let is_narrow = |grid: &Grid, headings: &[String]| grid.width(headings) <= width;
        let fits = |grid: &Grid| {
            is_narrow(grid, &grid.headings) || (grid.account.is_some() && is_narrow(grid, &grid.numbers()))
        };
        for (at, grid) in grids(matrix, NAME, fits).into_iter().enumerate() {
            if let Some(account) = grid.account {
                writeln!(out, "{}account {account}\n", if at > 0 { "\n" } else { "" })?;
            }
            let mut above = grid.headings.clone();
            if !is_narrow(&grid, &grid.headings) && grid.headings.len() > 1 {
                above = grid.numbers();
                let mut pairs = above.iter().zip(&grid.headings);
                pairs.try_for_each(|(number, heading)| writeln!(out, "{number:>4}  {heading}"))?;
                writeln!(out)?;
            }
            // It fits already, and what does not is no better in pieces.
            let plain = Self(Style { width: None, ..self.0 });
            let names = ["principals", "account"].map(str::to_owned).into_iter();
            let mut table = plain.grid(names.chain(above));
            table.add_rows(grid.rows.iter().map(|(name, account, cells)| [name, account].into_iter().chain(cells)));
            print(&table, out)?;
        }
        writeln!(out, "\n{}", legend(matrix))?;
        unheld(matrix).map_or(Ok(()), |note| self.note(&note, out))
    }

    /// The lines as they are shown.
    fn arranged(self, answer: &Answer) -> Vec<Line<'_>> {
        let mut lines = lines(&answer.rows, self.0.expand);
        if !answer.is_sorted {
            lines.sort_by_key(|line| line.row.verdict);
        }
        lines
    }

    fn grid(self, header: impl Iterator<Item = String>) -> comfy_table::Table {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING);
        let arrangement = match self.0.width {
            Some(width) => {
                table.set_width(width);
                ContentArrangement::Dynamic
            }
            None => ContentArrangement::Disabled,
        };
        table.set_content_arrangement(arrangement);
        if self.0.color {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table.set_header(header.map(|name| {
            let cell = Cell::new(clean(&name.replace('_', " ")));
            if self.0.color { cell.add_attribute(Attribute::Bold) } else { cell }
        }));
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table
    }
}

fn print(table: &comfy_table::Table, out: &mut dyn Write) -> io::Result<()> {
    table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}

fn cell(text: &str) -> Cell {
    Cell::new(clean(text))
}

/// Blue, yellow and red differ in lightness too; the word stands there in any case.
fn colored(cell: Cell, verdict: Verdict) -> Cell {
    match verdict {
        Verdict::Allowed => cell.fg(Color::Blue).add_attribute(Attribute::Bold),
        Verdict::Conditional => cell.fg(Color::Yellow),
        Verdict::Denied { .. } => cell.fg(Color::Red),
    }
}

/// A row, or several that differ in the principal only.
pub(super) struct Line<'a> {
    pub(super) row: &'a Row,
    pub(super) principals: Vec<&'a str>,
    remarks: String,
}

/// Rows that are alike come together, at the place of the first.
pub(super) fn lines(rows: &[Row], expand: bool) -> Vec<Line<'_>> {
    let mut groups: indexmap::IndexMap<_, Vec<&Row>, rustc_hash::FxBuildHasher> = indexmap::IndexMap::default();
    for row in rows {
        let ways: Vec<_> = row.routes.iter().map(|route| (&route.through, route.verdict, &route.residual)).collect();
        let rest = (&row.residual, ways, &row.incomplete, &row.doubts);
        let key = (row.kind, &row.account, &row.action, &row.resource, row.verdict, rest);
        groups.entry(key).or_default().push(row);
    }
    let mut lines = Vec::new();
    for alike in groups.into_values() {
        if expand || alike.len() < FOLDED_FROM {
            lines.extend(alike.into_iter().map(|row| Line {
                row,
                principals: vec![&row.principal],
                remarks: String::new(),
            }));
        } else {
            let principals = alike.iter().map(|row| row.principal.as_str()).collect();
            lines.push(Line { row: alike[0], principals, remarks: String::new() });
        }
    }
    lines
}

struct Column {
    name: &'static str,
    text: fn(&Line<'_>) -> String,
    /// The text above the table, where it is the same for all rows.
    above: fn(&Line<'_>) -> String,
    may_rise: bool,
    /// Whether its texts may take several lines where the terminal is narrow.
    may_break: bool,
}

const COLUMNS: [Column; 8] = [
    Column::new("verdict", verdict).unbroken(),
    Column::new("principal", principal).rising(principal),
    Column::new("account", account).rising(account).unbroken(),
    Column::new("action", |line| line.row.action.clone()).rising(|line| line.row.action.clone()),
    Column::new("resource", |line| short(&line.row.resource).to_owned()).rising(|line| line.row.resource.clone()),
    Column::new("through", through),
    Column::new("when", when),
    Column::new("remarks", |line| line.remarks.clone()).unbroken(),
];

impl Column {
    const fn new(name: &'static str, text: fn(&Line<'_>) -> String) -> Self {
        Self { name, text, above: text, may_rise: false, may_break: true }
    }

    const fn rising(self, above: fn(&Line<'_>) -> String) -> Self {
        Self { above, may_rise: true, ..self }
    }

    const fn unbroken(self) -> Self {
        Self { may_break: false, ..self }
    }

    fn is_above(&self, lines: &[Line<'_>]) -> bool {
        let first = lines.first().map(self.above);
        // What a single row is about stays in it, but for the long name of its resource.
        let may_rise = self.may_rise && (lines.len() > 1 || self.name == "resource" || self.name == "action");
        may_rise && lines.iter().all(|line| Some((self.above)(line)) == first)
    }

    fn is_wanted(&self, lines: &[Line<'_>]) -> bool {
        !self.is_above(lines) && lines.iter().any(|line| !(self.text)(line).is_empty())
    }
}

fn verdict(line: &Line<'_>) -> String {
    match line.row.verdict {
        Verdict::Denied { explicit: true } => "denied (explicit)".to_owned(),
        other => other.to_string(),
    }
}

pub(super) fn principal(line: &Line<'_>) -> String {
    match line.principals.as_slice() {
        [one] => short(one).to_owned(),
        several => label(several, line.row.kind),
    }
}

fn account(line: &Line<'_>) -> String {
    line.row.account.clone().unwrap_or_default()
}

pub(super) fn through(line: &Line<'_>) -> String {
    let Some((first, rest)) = line.row.routes.split_first() else { return String::new() };
    match rest.len() {
        0 => way(first),
        1 => format!("{}; 1 more way", way(first)),
        more => format!("{}; {more} more ways", way(first)),
    }
}

fn when(line: &Line<'_>) -> String {
    line.row.residual.clone().unwrap_or_default()
}

fn tally(rows: &[Row]) -> String {
    let count = |wanted: &str| rows.iter().filter(|row| row.verdict.as_str() == wanted).count();
    let counts = ["allowed", "conditional", "denied"].map(|wanted| (count(wanted), wanted));
    let said = counts.iter().filter(|(count, _)| *count > 0).map(|(count, wanted)| format!("{count} {wanted}"));
    said.collect::<Vec<_>>().join(", ")
}

/// Texts that several rows share, told once below the table.
#[derive(Default)]
struct Remarks(Vec<String>);

impl Remarks {
    fn of(&mut self, row: &Row) -> String {
        let incomplete = row.incomplete.iter().map(|text| format!("incomplete: {text}"));
        let doubts = row.doubts.iter().map(|rule| format!("in doubt: AWS's documentation leaves rule {rule} open"));
        let numbers: Vec<String> = incomplete.chain(doubts).map(|text| format!("[{}]", self.number(text))).collect();
        numbers.join(" ")
    }

    fn number(&mut self, text: String) -> usize {
        let known = self.0.iter().position(|own| *own == text);
        known.unwrap_or_else(|| {
            self.0.push(text);
            self.0.len() - 1
        }) + 1
    }
}
