//! The pages about stores: they tell the whole schema, and every question there has the answer that stands below it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use grantlog::store::Sqlite;
use grantlog::{Inventory, Options, derive};

use super::{sqlite, stored};
use crate::tools::{require, require_python};

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    std::fs::read_to_string(path).expect("the page is there")
}

/// Texts between backticks.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[test]
fn the_page_tells_the_whole_schema() {
    let Some((_folder, path)) = sqlite::place() else { return };
    let inventory = Inventory::sample();
    stored(&Sqlite, &derive(&inventory, Options::default()), false, &path).expect("it can be written");
    let page = page("sqlite.md");
    // A table's section: its columns in order, its key, its indices.
    let own = "FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' AND type =";
    let tables = sqlite::shell(&path, &[&format!("SELECT name {own} 'table' ORDER BY rowid")]);
    let mut told = String::new();
    for table in tables.lines() {
        let section = page.split(&format!("\n### `{table}`\n")).nth(1);
        let section = section.unwrap_or_else(|| panic!("docs/sqlite.md has no section about `{table}`"));
        let section = section.split("\n#").next().unwrap_or_default();
        let columns = sqlite::shell(&path, &[&format!("SELECT name, type, pk FROM pragma_table_info('{table}')")]);
        let columns: Vec<Vec<&str>> = columns.lines().map(|line| line.split('|').collect()).collect();
        let expected: Vec<String> =
            columns.iter().map(|column| format!("| `{}` | {} |", column[0], column[1])).collect();
        let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
        let is_so = rows.len() == expected.len() && rows.iter().zip(&expected).all(|(row, own)| row.starts_with(own));
        if !is_so {
            let _ = writeln!(told, "`{table}` has the columns\n{}", expected.join("\n"));
        }
        let mut key: Vec<&Vec<&str>> = columns.iter().filter(|column| column[2] != "0").collect();
        key.sort_by_key(|column| column[2]);
        let key: Vec<String> = key.iter().map(|column| format!("`{}`", column[0])).collect();
        if !section.contains(&format!("\nKey: {}.", key.join(", "))) {
            let _ = writeln!(told, "`{table}` has the key {}", key.join(", "));
        }
        let indices = sqlite::shell(&path, &[&format!("SELECT name {own} 'index' AND tbl_name = '{table}'")]);
        let named: BTreeSet<&str> = quoted(section).filter(|name| name.contains("_by_")).collect();
        let indices: BTreeSet<&str> = indices.lines().collect();
        if named != indices {
            let _ = writeln!(told, "`{table}` has the indices {indices:?}");
        }
    }
    let sections = page.lines().filter(|line| line.starts_with("### `")).count();
    let views = sqlite::shell(&path, &[&format!("SELECT name {own} 'view' ORDER BY rowid")]);
    for view in views.lines() {
        let section = page.split(&format!("\n### `{view}`\n")).nth(1);
        let section = section.unwrap_or_else(|| panic!("docs/sqlite.md has no section about `{view}`"));
        let section = section.split("\n#").next().unwrap_or_default();
        let columns = sqlite::shell(&path, &[&format!("SELECT name FROM pragma_table_info('{view}')")]);
        let expected: Vec<String> = columns.lines().map(|name| format!("`{name}`")).collect();
        if !section.replace('\n', " ").contains(&format!("Columns: {}.", expected.join(", "))) {
            let _ = writeln!(told, "`{view}`: Columns: {}.", expected.join(", "));
        }
        if !section.contains(&format!("FROM {view}")) {
            let _ = writeln!(told, "`{view}` has no question as an example");
        }
    }
    assert_eq!(sections, tables.lines().count() + views.lines().count(), "sections about what there is");
    assert!(told.is_empty(), "docs/sqlite.md is wrong:\n{told}");
}

/// The blocks of a language, with the lines of the text block below each.
fn questions<'p>(page: &'p str, language: &str) -> Vec<(&'p str, &'p str)> {
    let mut found = Vec::new();
    for block in page.split(&format!("```{language}\n")).skip(1) {
        let (question, rest) = block.split_once("\n```").expect("a block ends");
        let answer = rest.trim_start().strip_prefix("```text\n").and_then(|rest| rest.split_once("```"));
        found.push((question, answer.expect("below a question stands its answer").0));
    }
    found
}

fn check(name: &str, language: &str, least: usize, answer: impl Fn(&str) -> String) {
    let page = page(name);
    let questions = questions(&page, language);
    assert!(questions.len() >= least, "the questions of docs/{name} are gone");
    let mut differences = String::new();
    for (question, expected) in questions {
        let printed = answer(question);
        if printed.trim_end() != expected.trim_end() {
            let _ = writeln!(differences, "{question}\nthe page says:\n{expected}\nit is:\n{printed}");
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

fn report(folder: &Path, form: &str, output: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    let status = command.env_clear().current_dir(folder).args(["report", "--format", form, "-o", output]).output();
    let status = status.expect("the program starts");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
}

#[test]
fn questions_in_sql_have_their_answers() {
    if !require("sqlite3") {
        return;
    }
    let folder = tempfile::tempdir().expect("there is room for a folder");
    report(folder.path(), "sqlite", "access.sqlite");
    let path = folder.path().join("access.sqlite");
    check("sqlite.md", "sql", 20, |question| sqlite::shell(&path, &["-header", "-separator", " | ", question]));
}

#[test]
fn questions_to_duckdb_have_their_answers() {
    if !require_python("duckdb") {
        return;
    }
    let folder = tempfile::tempdir().expect("there is room for a folder");
    report(folder.path(), "parquet", "access");
    let script = "import duckdb, sys\nfor row in duckdb.sql(sys.argv[1]).fetchall(): print(*row, sep='|')";
    check("parquet.md", "sql", 4, |question| {
        let output = Command::new("python3").current_dir(folder.path()).args(["-c", script, question]).output();
        let output = output.expect("Python is there");
        assert!(output.status.success(), "{question}\n{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("the store holds text")
    });
}
