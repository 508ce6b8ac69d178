//! The reports of `check`, held against the schemas of their formats.

use std::path::Path;

use grantlog::policy::{Position, Span};
use grantlog::query::saved::Severity;
use grantlog::report;
use grantlog::report::{Alert, Alerts, Fix, Level, Named, Place, Rule, junit, sarif};
use serde_json::Value;

use super::{grantlog, printed};
use crate::schemas::{fits_junit, fits_sarif};

/// Assertions of every form about the sample: some hold, some fail, one is undecided.
const ALL: &str = "\
deployers (critical): only role/release/publisher, role/platform/registry-admin can push on storefront/web
no one outside the organization can delete on *
tidy (low): no one except 111122223333:root can administer on storefront/*
user/oskar can push on storefront/web
user/oskar can push on storefront/web when aws:SourceIp is in 203.0.112.0/23
anyone cannot push on storefront/preview
open (info): ?- kind(P, anyone), not allowed(P, \"ecr-public:PutImage\", \"storefront/preview\").
users (medium): ?- capable(P, delete, R, _),
    kind(P, user).
query users-push finds nothing
";

#[test]
fn sarif_is_valid_and_tells_all() {
    let (text, code) = printed(ALL, &["--format", "sarif"]);
    assert_eq!(code, 1);
    let log: Value = serde_json::from_str(&text).expect("SARIF is JSON");
    fits_sarif(&log);
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), 9, "a rule an assertion");
    let deployers = &rules[0];
    assert_eq!(deployers["id"], "deployers");
    assert_eq!(deployers["properties"]["severity"], "critical");
    assert!(deployers["help"]["markdown"].as_str().is_some_and(|help| help.contains("Nobody but those who are named")));
    let results = run["results"].as_array().expect("results");
    let of = |rule: &str| results.iter().filter(|result| result["ruleId"] == rule).collect::<Vec<_>>();
    assert!(of("no-one-outside-the-organization-can-delete-on").is_empty(), "it holds");
    // Ten lines of counterexamples, the last of which says how many more there are.
    assert_eq!(of("deployers").len(), 10);
    let first = of("deployers")[0];
    assert_eq!(first["level"], "error");
    let region = &first["locations"][0]["physicalLocation"]["region"];
    assert!(region["startLine"].is_u64() && region["startColumn"].is_u64() && region["endColumn"].is_u64());
    let fix = &first["fixes"][0]["artifactChanges"][0];
    assert_eq!(fix["artifactLocation"]["uri"], "-");
    let replacement = &fix["replacements"][0];
    // Behind `role/platform/registry-admin`.
    assert_eq!(replacement["deletedRegion"]["startColumn"], 80);
    assert_eq!(replacement["deletedRegion"]["byteLength"], 0);
    let inserted = replacement["insertedContent"]["text"].as_str().expect("a text is inserted");
    assert_eq!(inserted, ", arn:aws:iam::111122223333:role/security/break-glass");
    assert_eq!(of("tidy")[0]["level"], "note");
    assert_eq!(of("users")[0]["level"], "warning");
    let open = of("open")[0];
    assert_eq!((&open["kind"], &open["level"]), (&Value::from("open"), &Value::from("none")));
}

#[test]
fn junit_is_valid_and_counts() {
    let (text, code) = printed(ALL, &["--format", "junit"]);
    assert_eq!(code, 1);
    assert!(text.contains("<testsuites name=\"grantlog\" tests=\"9\" failures=\"7\" errors=\"1\">"), "{text}");
    assert!(text.contains("<testcase name=\"no-one-outside-the-organization-can-delete-on\" classname=\"-\"/>"));
    assert_eq!(text.matches("<failure ").count(), 7);
    assert_eq!(text.matches("<error ").count(), 1);
    fits_junit(&text);
}

#[test]
fn json_has_an_object_an_assertion() {
    let (text, _) = printed(ALL, &["--format", "json"]);
    let all: Vec<Value> = serde_json::from_str(&text).expect("an array");
    let outcomes: Vec<&str> = all.iter().filter_map(|one| one["outcome"].as_str()).collect();
    let expected = ["fails", "holds", "fails", "fails", "fails", "fails", "undecided", "fails", "fails"];
    assert_eq!(outcomes, expected);
    assert_eq!(all[0]["name"], "deployers");
    assert_eq!(all[0]["number"], 17);
    assert_eq!(all[0]["counterexamples"].as_array().map(Vec::len), Some(17));
    assert!(all[0]["proofs"][0]["parts"].is_array());
    assert_eq!(all[4]["circumstance"]["aws:sourceip"][0], "203.0.112.0");
    assert_eq!((&all[7]["line"], &all[8]["line"]), (&Value::from(8), &Value::from(10)));
    let (lines, _) = printed(ALL, &["--format", "jsonl"]);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!(lines, all);
}

#[test]
fn two_runs_print_the_same_bytes() {
    for form in ["text", "json", "jsonl", "junit", "sarif"] {
        let run = || printed(ALL, &["--format", form]);
        assert_eq!(run(), run(), "{form}");
    }
}

#[test]
fn a_report_is_written_whole_with_names_from_the_working_directory() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let data = folder.path().join("ex ports");
    std::fs::create_dir(&data).expect("there is room for a folder");
    // An umlaut before the statement: two bytes, one column.
    let iam = r#"{"UserDetailList": [{"Path": "/", "UserName": "alice", "UserId": "AIDAEXAMPLEALICE", "Arn": "arn:aws:iam::111122223333:user/alice", "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
  {"Sid": "Ü", "Effect": "Allow", "Action": "ecr-public:PutImage", "Resource": "arn:aws:ecr-public::111122223333:repository/other"}, {"Effect": "Allow", "Action": "ecr-public:PutImage", "Resource": "*"}]}}]}], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}"#;
    std::fs::write(data.join("iam.json"), iam).expect("there is room for a file");
    let repositories = r#"{"repositories": [{"repositoryArn": "arn:aws:ecr-public::111122223333:repository/web", "registryId": "111122223333", "repositoryName": "web"}], "policies": {}}"#;
    std::fs::write(data.join("ecr-public.json"), repositories).expect("there is room for a file");
    let rules = folder.path().join("rules.assert");
    let run = |text: &str| -> Value {
        std::fs::write(&rules, text).expect("there is room for a file");
        let arguments = ["check", "rules.assert", "--data", "ex ports", "-f", "sarif", "-o", "out.sarif"];
        grantlog(&arguments).current_dir(folder.path()).assert().code(1).stdout("");
        let text = std::fs::read_to_string(folder.path().join("out.sarif")).expect("the report is written");
        let log: Value = serde_json::from_str(&text).expect("SARIF is JSON");
        fits_sarif(&log);
        log["runs"][0]["results"][0].clone()
    };
    let one = run("writers: only 111122223333:root can ecr-public:PutImage on web\n");
    let place = &one["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "ex%20ports/iam.json");
    // What stands in line 2 before the second statement: 133 characters.
    let line = "  {\"Sid\": \"Ü\", \"Effect\": \"Allow\", \"Action\": \"ecr-public:PutImage\", \"Resource\": \
                \"arn:aws:ecr-public::111122223333:repository/other\"}, ";
    let region = &place["region"];
    assert_eq!(region["startLine"], 2);
    assert_eq!(region["startColumn"], line.chars().count() + 1);
    let own = "{\"Effect\": \"Allow\", \"Action\": \"ecr-public:PutImage\", \"Resource\": \"*\"}";
    assert_eq!(region["endColumn"], line.chars().count() + 1 + own.len());
    assert_eq!(region["byteLength"], own.len());
    let other = run("# a remark\n\n\nwriters:   only 111122223333:root can ecr-public:PutImage on web\n");
    assert_eq!(one["partialFingerprints"], other["partialFingerprints"], "lines that move make no other alert");
    let third = run("readers: only 111122223333:root can ecr-public:PutImage on web\n");
    assert_ne!(one["partialFingerprints"], third["partialFingerprints"]);
}

/// Whatever a name holds, a report is one of its format.
#[test]
fn hostile_names_harm_no_report() {
    let evil = "a\"]]><b>&\u{0}\u{1b}[31m\u{202e}\u{fffe}\u{10ffff}ü\n\ttext".to_owned();
    let place = Place {
        file: evil.clone(),
        start: Position { line: 1, column: 1 },
        end: Position { line: 1, column: 2 },
        span: Span::new(0, 1),
        message: evil.clone(),
    };
    let rule = |id: &str| Rule {
        id: id.to_owned(),
        title: evil.clone(),
        severity: Severity::Critical,
        help: evil.clone(),
        group: evil.clone(),
    };
    let alert = |rule: &str, level, suppression| Alert {
        rule: rule.to_owned(),
        level,
        message: evil.clone(),
        details: evil.clone(),
        places: vec![place.clone()],
        names: vec![Named { kind: evil.clone(), name: evil.clone() }],
        fix: Some(Fix { description: evil.clone(), place: place.clone(), text: evil.clone() }),
        fingerprint: report::fingerprint(&[&evil]),
        suppression,
    };
    let alerts = Alerts {
        rules: ["one", "two", "three", "four"].map(rule).into(),
        alerts: vec![
            alert("one", Level::Error, None),
            alert("two", Level::Open, None),
            alert("three", Level::Warning, Some(evil.clone())),
        ],
    };
    let mut out = Vec::new();
    sarif(&alerts, Some(Path::new("/work")), &mut out).expect("memory takes any bytes");
    fits_sarif(&serde_json::from_slice(&out).expect("SARIF is JSON"));
    let text = String::from_utf8(out).expect("SARIF is text");
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    assert!(text.contains("\"suppressions\""));
    let mut out = Vec::new();
    junit(&alerts, &mut out).expect("memory takes any bytes");
    let text = String::from_utf8(out).expect("XML is text");
    assert!(!text.contains('\u{1b}') && !text.contains('\u{0}'), "{text}");
    assert!(text.contains("tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\""), "{text}");
    fits_junit(&text);
}
