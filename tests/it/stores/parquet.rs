//! The Parquet files, read by DuckDB.

use std::path::Path;
use std::process::Command;

use grantlog::store::Parquet;
use grantlog::{Inventory, Options, derive};
use serde_json::{Value, json};

use super::{Rows, assert_same, compared, generated, stored, who_can};
use crate::tools::require_python;

/// What DuckDB answers: rows of values. It runs in a folder, in which `all` is the store.
pub(super) fn ask(folder: &Path, question: &str) -> Vec<Vec<Value>> {
    let script = "import duckdb, json, sys\nprint(json.dumps(duckdb.sql(sys.argv[1]).fetchall()))";
    let output = Command::new("python3").current_dir(folder).args(["-c", script, question]).output();
    let output = output.expect("Python is there");
    assert!(output.status.success(), "{question}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("the script writes JSON")
}

const ALL: &str = "read_parquet('all/**/*.parquet', hive_partitioning = true, hive_types_autocast = false)";

fn check(inventory: &Inventory, direct: bool) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let relations = derive(inventory, Options::default());
    stored(&Parquet, &relations, direct, &folder.path().join("all")).expect("it can be written");
    let asked = who_can(&relations, direct);
    let columns = "resource, action, principal, verdict, coalesce(own, ''), coalesce(condition, '')";
    let rows = ask(folder.path(), &format!("SELECT {columns} FROM {ALL} WHERE repository IS NOT NULL"));
    let text = |value: &Value| value.as_str().expect("the columns hold text").to_owned();
    let count = rows.len();
    let found: Rows = rows
        .iter()
        .map(|row| <[String; 6]>::try_from(row.iter().map(text).collect::<Vec<_>>()).expect("there are six"))
        .collect();
    assert_eq!(found.len(), count, "each row is there once");
    assert_same(&compared(found, &asked), &asked, "Parquet");
    // The partition is the account of the resource, also where a number begins with a nought.
    let elsewhere = format!("SELECT count(*) FROM {ALL} WHERE resource NOT LIKE '%:' || account || ':%'");
    assert_eq!(ask(folder.path(), &elsewhere), [[Value::from(0)]]);
    let unsorted = "SELECT count(*) FROM (
        SELECT own, lag(own) OVER (PARTITION BY filename ORDER BY file_row_number) AS before FROM (
            SELECT (resource, resource_kind, action, principal) AS own, filename, file_row_number
            FROM read_parquet('all/**/*.parquet', filename = true, file_row_number = true)))
        WHERE before > own";
    assert_eq!(ask(folder.path(), unsorted), [[Value::from(0)]]);
}

#[test]
fn duckdb_reads_what_who_can_says() {
    if !require_python("duckdb") {
        return;
    }
    for direct in [false, true] {
        check(&Inventory::sample(), direct);
        check(&generated(21), direct);
    }
}

#[test]
fn columns_are_packed_and_told() {
    if !require_python("duckdb") {
        return;
    }
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let inventory = Inventory::sample();
    stored(&Parquet, &derive(&inventory, Options::default()), false, &folder.path().join("all"))
        .expect("it is written");
    let file = "all/grain=capability/account=111122223333/effective.parquet";
    let columns = ask(
        folder.path(),
        &format!(
            "SELECT DISTINCT path_in_schema, type, compression, encodings LIKE '%DICTIONARY%', stats_min_value IS NOT NULL
             FROM parquet_metadata('{file}')"
        ),
    );
    assert_eq!(columns.len(), 10, "{columns:?}");
    for column in columns {
        assert_eq!(json!(column[1..]), json!(["BYTE_ARRAY", "LZ4_RAW", true, true]), "{column:?}");
    }
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/parquet.md")).expect("it is there");
    let described = ask(folder.path(), &format!("SELECT name, repetition_type FROM parquet_schema('{file}')"));
    let expected: Vec<String> = described
        .iter()
        .filter_map(|row| {
            let repetition = row[1].as_str().filter(|one| *one != "REPEATED")?;
            let may_be_null = if repetition == "OPTIONAL" { "yes" } else { "no" };
            Some(format!("| `{}` | {may_be_null} |", row[0].as_str()?))
        })
        .skip(usize::from(described[0][1] == "REQUIRED"))
        .collect();
    for line in expected {
        assert!(page.contains(&line), "docs/parquet.md is to hold {line}");
    }
}
