//! Reports held against the schemas of their formats.

use std::path::Path;
use std::process::Command as Program;

use serde_json::Value;

use crate::tools::require;

fn schema() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/schemas/sarif-2.1.0.json");
    let text = std::fs::read_to_string(path).expect("the schema is there");
    // The pattern of languages, which no report of ours tells, has a bracket that no strict reader of patterns takes.
    let text = text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
}

/// Holds a log against the schema of SARIF.
pub(crate) fn fits_sarif(log: &Value) {
    let wrong: Vec<String> =
        schema().iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Holds a text against the schema of `JUnit`, by `xmllint`; where there is no such program, nobody asks.
pub(crate) fn fits_junit(text: &str) {
    if !require("xmllint") {
        return;
    }
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("report.xml");
    std::fs::write(&file, text).expect("there is room for a file");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/schemas/junit-10.xsd");
    let output = Program::new("xmllint").arg("--noout").arg("--schema").arg(schema).arg(&file).output();
    let output = output.expect("xmllint runs");
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
}
