//! `lint` as people and pipelines see it: its text, its exit codes, what may stand, and what is new.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use grantlog::finding::{Finding, Suppressions};
use grantlog::{Inventory, Options, derive};
use grantlog_generator::Shape;
use serde_json::Value;

use crate::files;
use crate::schemas::{fits_junit, fits_sarif};

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    let output = program.env_clear().current_dir(folder).args(arguments).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what is told is text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn json(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let (_, out, told) = run(folder, &[arguments, &["--format", "jsonl"]].concat());
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error} ({told})")))
        .collect()
}

#[test]
fn the_sample_is_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, out, _) = run(folder.path(), &["lint"]);
    insta::assert_snapshot!("sample", out);
    assert_eq!(code, Some(1));
    assert_eq!(run(folder.path(), &["lint", "--fail-on", "never"]).0, Some(0));
    let (code, out, _) = run(folder.path(), &["lint", "--severity", "critical", "--fail-on", "critical"]);
    assert_eq!(code, Some(1));
    assert!(out.ends_with("1 finding: 1 critical\n"), "{out}");
}

#[test]
fn every_form_is_the_same_from_run_to_run() {
    let folder = tempfile::tempdir().expect("a folder");
    for form in ["table", "json", "jsonl", "csv", "markdown", "junit", "sarif"] {
        let [one, other] = [(); 2].map(|()| run(folder.path(), &["lint", "--format", form]));
        assert_eq!(one, other, "{form}");
        assert!(!one.1.is_empty(), "{form}");
    }
}

#[test]
fn a_pages_name_is_enough_to_read_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, out, _) = run(folder.path(), &["lint", "--explain", "anyone-writes"]);
    let page = fs::read_to_string(format!("{}/docs/findings/anyone-writes.md", env!("CARGO_MANIFEST_DIR")));
    assert_eq!((code, out), (Some(0), page.expect("the page is there")));
    let (code, _, told) = run(folder.path(), &["lint", "--explain", "anyone-write"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("did you mean `anyone-writes`?"), "{told}");
    let (code, out, _) = run(folder.path(), &["lint", "--explain"]);
    assert_eq!(
        (code, out.lines().next()),
        (Some(0), Some("anyone-writes (critical): Anyone can write, delete or administer"))
    );
}

/// What is written for a beginning lets everything stand that was found.
#[test]
fn all_may_stand_by_the_file_that_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let found = json(folder.path(), &["lint"]).len();
    assert_eq!(run(folder.path(), &["lint", "--suppress-all", "--output", "grantlog.toml"]).0, Some(0));
    let (code, out, _) = run(folder.path(), &["lint"]);
    assert_eq!((code, out), (Some(0), format!("no findings; {found} suppressed\n")));
    let all = json(folder.path(), &["lint"]);
    assert_eq!(all.len(), found);
    assert!(all.iter().all(|one| one["suppressed"].as_str().is_some_and(|reason| reason.starts_with("known since "))));
    assert_eq!(run(folder.path(), &["lint", "--no-suppressions"]).0, Some(1));
}

#[test]
fn entries_let_stand_what_they_name_and_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |text: &str| fs::write(folder.path().join("grantlog.toml"), text).expect("a file");
    let all = json(folder.path(), &["lint"]);
    let left = || -> Vec<Value> {
        json(folder.path(), &["lint"]).into_iter().filter(|one| one["suppressed"].is_null()).collect()
    };
    // A principal of several is taken out of its finding.
    let several = all.iter().find(|one| one["finding"] == "deleted-principal").expect("one is gone");
    write("[[suppress]]\nfinding = \"deleted-principal\"\nstatement = \"FormerColleague\"\nreason = \"x\"\n");
    assert_eq!(left().len(), all.len() - 1, "{several}");
    write(
        "[[suppress]]\nfinding = \"deleted-principal\"\npolicy = \"*storefront/api\"\nreason = \"x\"\nuntil = 2001-01-01\n",
    );
    let (_, out, _) = run(folder.path(), &["lint"]);
    assert!(
        out.contains("note: grantlog.toml:1: the entry for `deleted-principal` counts no more since 2001-01-01"),
        "{out}"
    );
    assert_eq!(left().len(), all.len());
    write("[[suppress]]\nfinding = \"deleted-principal\"\npolicy = \"no such policy\"\nreason = \"x\"\n");
    let (_, out, _) = run(folder.path(), &["lint"]);
    assert!(out.contains("note: grantlog.toml:1: nothing is found for the entry for `deleted-principal`"), "{out}");
    assert_eq!(left().len(), all.len());
}

#[test]
fn wrong_entries_are_told_with_their_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let told = [
        "[[suppress]]\nfinding = \"anyone-write\"\nreason = \"x\"\n",
        "[[suppress]]\nfinding = \"anyone-writes\"\nreason = \" \"\n",
        "[[suppress]]\nfinding = \"anyone-writes\"\n",
        "[[suppress]]\nfinding = \"anyone-writes\"\nreason = \"x\"\nowner = \"me\"\n",
        "[[suppress]]\nfinding = \"anyone-writes\"\nreason = \"x\"\nuntil = 12:30:00\n",
        "suppress = 3",
        "[[suppress]\n",
    ]
    .map(|text| {
        fs::write(folder.path().join("grantlog.toml"), text).expect("a file");
        let (code, out, told) = run(folder.path(), &["lint"]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{told}");
        told
    });
    insta::assert_snapshot!("wrong", told.join("\n"));
}

/// What a code host shows: each place with its columns, the page as help, the edit as a fix, the reason of what stands.
#[test]
fn code_hosts_are_told_all_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let shape = Shape { principals: 100, faults: true, ..Shape::default() };
    for (name, bytes) in grantlog_generator::files(&shape) {
        let file = folder.path().join("in put").join(name);
        fs::create_dir_all(file.parent().expect("a file lies in a folder")).expect("a folder");
        fs::write(file, bytes).expect("a file");
    }
    let entry = "[[suppress]]\nfinding = \"outsider-writes\"\nreason = \"a contract\"\n";
    fs::write(folder.path().join("grantlog.toml"), entry).expect("a file");
    let (code, out, told) = run(folder.path(), &["lint", "--data", "in put", "--format", "sarif"]);
    assert_eq!(code, Some(1), "{told}");
    fits_sarif(&serde_json::from_str(&out).expect("SARIF is JSON"));
    let log: Value = serde_json::from_str(&out).expect("SARIF is JSON");
    let run_of = &log["runs"][0];
    assert_eq!(run_of["tool"]["driver"]["rules"].as_array().map(Vec::len), Some(Finding::ALL.len()));
    let results = run_of["results"].as_array().expect("results");
    let of = |rule: &str| results.iter().find(|one| one["ruleId"] == rule).unwrap_or_else(|| panic!("no {rule}"));
    let region = &of("region-in-public-arn")["locations"][0]["physicalLocation"];
    assert_eq!(region["artifactLocation"]["uri"], "in%20put/300000000000/iam.json");
    let file = fs::read_to_string(folder.path().join("in put/300000000000/iam.json")).expect("a file");
    let arn = "\"arn:aws:ecr-public:us-east-1:300000000000:repository/open\"";
    let at = file.find(arn).expect("it stands there") + 1;
    assert_eq!((&region["region"]["startLine"], &region["region"]["startColumn"]), (&1.into(), &at.into()));
    assert_eq!(region["region"]["endColumn"], at + arn.len());
    let fix = &of("region-in-public-arn")["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(fix["insertedContent"]["text"], "\"arn:aws:ecr-public::300000000000:repository/open\"");
    assert_eq!(of("outsider-writes")["suppressions"][0]["justification"], "a contract");
    let (_, xml, _) = run(folder.path(), &["lint", "--data", "in put", "--format", "junit"]);
    fits_junit(&xml);
}

/// In a generated organization with one account in which everything is wrong, everything is found.
#[test]
fn everything_is_found_where_everything_is_wrong() {
    let shape = Shape { principals: 100, faults: true, ..Shape::default() };
    let inventory = Inventory::from_files(grantlog_generator::files(&shape));
    let found: BTreeSet<Finding> =
        derive(&inventory, Options::default()).findings(&|_, _| {}).iter().map(|one| one.finding).collect();
    let missing: Vec<_> = Finding::ALL.iter().filter(|one| !found.contains(one)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Since an equal input nothing is new; since one with a statement less what that statement brings.
#[test]
fn a_baseline_leaves_what_is_new() {
    let folder = tempfile::tempdir().expect("a folder");
    for side in ["old", "new"] {
        for (name, text) in files::below("samples/organization") {
            let file = folder.path().join(side).join(name);
            fs::create_dir_all(file.parent().expect("a file lies in a folder")).expect("a folder");
            fs::write(file, text).expect("a file");
        }
    }
    let new = || json(folder.path(), &["lint", "--data", "new", "--baseline", "old"]);
    assert_eq!(new(), Vec::<Value>::new());
    let opened = "storefront%2Fpreview.json";
    let file = walkdir::WalkDir::new(folder.path().join("old"))
        .into_iter()
        .filter_map(Result::ok)
        .find(|entry| entry.file_name() == opened && entry.path().to_string_lossy().contains("policy"));
    let file = file.expect("the sample has it").path().to_owned();
    let text = fs::read_to_string(&file).expect("text").replace("Allow", "Deny");
    fs::write(&file, text).expect("a file");
    let names: BTreeSet<String> = new().iter().map(|one| one["finding"].as_str().expect("a name").to_owned()).collect();
    assert_eq!(names, BTreeSet::from(["anyone-writes".to_owned()]));
}

proptest::proptest! {
    /// Whatever stands in the file, it is read or refused with a picture of the place.
    #[test]
    fn no_file_stops_the_program(text in "(\\[\\[suppress\\]\\]\n|finding = |reason = |until = |\"anyone-writes\"|2027-0[0-9]-31|\\PC|\n){0,12}") {
        match Suppressions::parse("grantlog.toml", &text) {
            Ok(suppressions) => assert!(suppressions.part(Vec::new(), jiff::civil::Date::MAX).found.is_empty()),
            Err(error) => assert!(error.picture().contains("grantlog.toml:")),
        }
    }
}
