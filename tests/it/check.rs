//! Assertions: each form in worlds where it holds and in nearly the same where it fails, what nobody can decide, files
//! that are wrong; and the reports, held against the schemas of their formats.
//!
//! A line of `tests/cases/assertions/*.jsonl` is a world (`files`, as for inventories), a file of assertions with one in
//! it (`check`), and what comes of it (`expect`): `holds`, `fails` with the principals of its counterexamples (`against`)
//! or their number (`found`), `undecided` with a part of what is missing.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use assert_cmd::Command;
use grantlog::assertion::{Bench, Checked, Outcome, Sentence, check, parse};
use grantlog::inventory::Inventory;
use grantlog::policy::{Position, Span};
use grantlog::query::Scope;
use grantlog::query::saved::{Queries, Severity};
use grantlog::report::{Alert, Alerts, Fix, Level, Place, Rule, junit, sarif};
use grantlog::{Options, report};
use proptest::prelude::*;
use serde_json::Value;

use crate::files;
use crate::mutations::text;
use crate::random;
use crate::schemas::{fits_junit, fits_sarif};

fn grantlog(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    command.env_clear().args(arguments);
    command
}

fn load(case: &Value) -> Inventory {
    let files = case["files"].as_object().expect("a case has files");
    Inventory::from_files(files.iter().map(|(name, content)| {
        let text = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
        (name.clone(), text.into_bytes())
    }))
}

/// What comes of the assertions of a text.
fn checked(inventory: &Inventory, text: &str) -> Result<Vec<Checked>, String> {
    let (assertions, problems) = parse(&[("case".to_owned(), text.to_owned())]);
    if let Some(problem) = problems.first() {
        return Err(problem.picture(text));
    }
    let scope = Scope::default();
    let bench = Bench { inventory, options: Options::default(), scope, queries: Queries::bundled() };
    check(&bench, assertions).map_err(|problems| problems[0].picture(text))
}

fn short(name: &str) -> &str {
    if name.starts_with("arn:") { name.splitn(6, ':').nth(5).unwrap_or(name) } else { name }
}

/// What differs from what a case expects.
fn difference(case: &Value) -> Option<String> {
    let inventory = load(case);
    let checked = match checked(&inventory, case["check"].as_str().expect("a case asserts something")) {
        Ok(checked) => checked,
        Err(error) => return Some(error),
    };
    let [Checked { outcome, .. }] = checked.as_slice() else { return Some(format!("{} assertions", checked.len())) };
    let found = match outcome {
        Outcome::Holds => "holds",
        Outcome::Fails(_) => "fails",
        Outcome::Undecided(_) => "undecided",
    };
    if case["expect"] != found {
        return Some(format!("expected {}, found {found}: {outcome:?}", case["expect"]));
    }
    match outcome {
        Outcome::Holds => None,
        Outcome::Undecided(missing) => {
            let part = case["missing"].as_str().expect("a case says what is missing");
            (!missing.iter().any(|message| message.contains(part))).then(|| format!("missing: {missing:?}"))
        }
        Outcome::Fails(failure) => {
            let names: BTreeSet<&str> = failure.rows.iter().map(|row| short(&row.principal)).collect();
            let against = case["against"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let against: BTreeSet<&str> = against.collect();
            if !against.is_empty() && names != against {
                return Some(format!("expected {against:?}, found {names:?}"));
            }
            if !against.is_empty() && failure.proofs.is_empty() {
                return Some("nothing is proved".to_owned());
            }
            let number = case["found"].as_u64().filter(|number| *number != failure.number as u64);
            number.map(|number| format!("expected {number} rows, found {}", failure.number))
        }
    }
}

#[test]
fn assertions_come_to_what_was_worked_out_by_hand() {
    let mut differences = String::new();
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    for case in files::lines("tests/cases/assertions") {
        let form = case.place.split('.').next().expect("a file has a name").to_owned();
        seen.insert((form, case.value["expect"].as_str().expect("a case expects something").to_owned()));
        if let Some(difference) = difference(&case.value) {
            let _ = writeln!(differences, "{}: {}\n  {difference}", case.place, case.value["name"]);
        }
    }
    assert!(differences.is_empty(), "{differences}");
    for form in ["only", "no-one", "can", "cannot", "when", "datalog"] {
        for outcome in ["holds", "fails"] {
            assert!(seen.contains(&(form.to_owned(), outcome.to_owned())), "no case of {form} that {outcome}");
        }
    }
}

// --- as a person sees it ---

/// What the command prints, and its exit code, for a file of assertions about the sample.
fn printed(assertions: &str, arguments: &[&str]) -> (String, i32) {
    let assert = grantlog(&[&["check", "-"], arguments].concat()).write_stdin(assertions).assert();
    let output = assert.get_output();
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().filter(|line| !line.starts_with("input: ")).collect();
    (String::from_utf8_lossy(&output.stdout).into_owned() + &said.join("\n"), output.status.code().unwrap_or(-1))
}

#[test]
fn the_exit_code_says_the_worst() {
    let holds = "user/petra cannot push on storefront/web\n";
    let fails = "user/petra can push on storefront/web\n";
    // By the boundary that the sample lacks, something that is allowed could be denied.
    let undecided = "?- kind(P, anyone), not allowed(P, \"ecr-public:PutImage\", \"storefront/preview\").\n";
    for (text, code) in [
        (holds.to_owned(), 0),
        (format!("{holds}{fails}"), 1),
        (format!("{holds}{undecided}"), 4),
        (format!("{undecided}{fails}"), 1),
        (format!("{fails}nonsense\n"), 2),
        (format!("{fails}user/nobody-at-all can push on storefront/web\n"), 2),
        ("# nothing\n".to_owned(), 0),
        (format!("\u{feff}{holds}"), 0),
    ] {
        assert_eq!(printed(&text, &[]).1, code, "{text}");
    }
    grantlog(&["check", "no-such-file"]).assert().code(2).stdout("");
    grantlog(&["check"]).assert().code(2);
    grantlog(&["check", "-", "--format", "csv"]).write_stdin(holds).assert().code(2).stdout("");
    grantlog(&["list", "accounts", "--format", "sarif"]).assert().code(2).stdout("");
}

#[test]
fn a_failure_shows_a_counterexample_and_its_proof() {
    let text =
        "strangers (critical): anyone cannot push on storefront/preview\nuser/petra cannot push on storefront/web\n";
    let (shown, code) = printed(text, &[]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(shown, @r#"
    fails      strangers (critical) -:1
      anyone cannot push on storefront/preview
        anyone: push on ecr-public::111122223333:repository/storefront/preview: allowed
      why:
        anyone: push on ecr-public::111122223333:repository/storefront/preview: allowed
          incomplete: the policies of accounts that are not in the inventory
          anyone: ecr-public:BatchCheckLayerAvailability, ecr-public:InitiateLayerUpload, ecr-public:UploadLayerPart, ecr-public:CompleteLayerUpload, ecr-public:PutImage on ecr-public::111122223333:repository/storefront/preview: allowed
            incomplete: the policies of accounts that are not in the inventory
            yes the resource's policy grants it, naming everyone (A21)
                sample/111122223333/ecr-public/policy/storefront%2Fpreview.json:4 Allow `Hackathon` in repository policy of storefront/preview
                  { "Sid" : "Hackathon", "Effect" : "Allow", "Principal" : "*", "Action" : [ "ecr-public:BatchCheckLayerAvailability", "ecr-public:InitiateLayerUpload",...
            yes both accounts allow it (E18)
            yes no Deny statement applies (E2); the resource control policies of organization o-harbourlight1 let it pass at every level (L25)
          anyone: ecr-public:GetAuthorizationToken, sts:GetServiceBearerToken on *: allowed
            incomplete: the policies of accounts that are not in the inventory
            yes in one account the principal's own policies are enough (E7)
            yes no Deny statement applies (E2)

    holds      user-petra-cannot-push-on-storefront-web (high) -:2
    1 fails, 1 holds
    "#);
}

#[test]
fn many_counterexamples_are_folded_and_the_rest_is_counted() {
    let (shown, _) = printed("no one can push on ci/cache\n", &[]);
    assert!(shown.contains("    12 roles like ci/ci-build-*: push on "), "{shown}");
    let (shown, _) = printed("only 111122223333:root can push on *\n", &[]);
    assert!(shown.lines().any(|line| line.trim_start().starts_with("and ") && line.ends_with(" more")), "{shown}");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let text = "\
onyl role/x can push on web
user/oskar cna push on web
x (hgih): no one can push on *
user/oskar can push on storefront/web only when aws:SourceIp is 203.0.113.7
user/oskar can push on storefront/web when aws:SourceIp is 203.*
no one where kynd is user can push on *
x:
?- capable(P, push R, _).
user/oskar can push on storefront/web wehn aws:SourceIp is absent
";
    let (said, code) = printed(text, &[]);
    assert_eq!(code, 2);
    insta::assert_snapshot!(said, @r"
    error: -:1:1: `onyl` begins no assertion
      onyl role/x can push on web
      ^^^^
      hint: did you mean `only`?
    error: -:2:12: expected `can` or `cannot`, found `cna`
      user/oskar cna push on web
                 ^^^
      hint: did you mean `can`?
    error: -:3:4: `hgih` says nothing of an assertion
      x (hgih): no one can push on *
         ^^^^
      hint: did you mean `high`?
    error: -:4:39: `only when` cannot be asserted
      user/oskar can push on storefront/web only when aws:SourceIp is 203.0.113.7
                                            ^^^^
      hint: assert both: PRINCIPAL can … when …, and PRINCIPAL cannot … when …
    error: -:5:60: `203.*` is no value that one request has
      user/oskar can push on storefront/web when aws:SourceIp is 203.*
                                                                 ^^^^^
      hint: write values that requests have, with commas between them; each is asked about
    error: -:6:14: `kynd` is no field here
      no one where kynd is user can push on *
                   ^^^^
      hint: did you mean `kind`?
    error: -:7:3: expected an assertion
      x:
        ^
      hint: write it behind the colon
    error: -:8:20: expected `)`, found `R`
      ?- capable(P, push R, _).
                         ^
      hint: close the brackets
    error: -:9:39: the assertion ends before this
      user/oskar can push on storefront/web wehn aws:SourceIp is absent
                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      hint: did you mean `when`?
    ");
    let text = "\
only role/release/publishr can push on storefront/web
no one can pusch on storefront/web
?- capabel(P, push, R, V).
query outsider-delete finds nothing
user/oskar can push on storefront/web when aws:SourceIp is nonsense
no one where principal in (list principals) can push on storefront/web
";
    let (said, code) = printed(text, &[]);
    assert_eq!(code, 2);
    insta::assert_snapshot!(said, @r"
    error: -:1:6: no principal is called `role/release/publishr`
      only role/release/publishr can push on storefront/web
           ^^^^^^^^^^^^^^^^^^^^^
      hint: did you mean `arn:aws:iam::111122223333:role/release/publisher` or `arn:aws:iam::222233334444:role/release/release`?
    error: -:2:12: no action is called `pusch`
      no one can pusch on storefront/web
                 ^^^^^
      hint: did you mean `push`?
    error: -:3:4: there is no relation called `capabel`
      ?- capabel(P, push, R, V).
         ^^^^^^^
      hint: did you mean `capable`?
    error: -:4:7: no query is called `outsider-delete`
      query outsider-delete finds nothing
            ^^^^^^^^^^^^^^^
      hint: did you mean `outsiders-delete`?
    error: -:5:60: `nonsense` is no value of aws:SourceIp
      user/oskar can push on storefront/web when aws:SourceIp is nonsense
                                                                 ^^^^^^^^
      hint: write one address, such as 203.0.113.7
    error: -:6:1: a list is no set here
      no one where principal in (list principals) can push on storefront/web
      ^
      hint: write the condition of the list itself: `where path is /release/`
    ");
}

// --- reports ---

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

// --- from the shell ---

fn session(folder: &Path, lines: &str) -> (String, String, i32) {
    let assert = grantlog(&["--keep-going"]).current_dir(folder).write_stdin(lines).assert();
    let output = assert.get_output();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.code().unwrap_or(-1))
}

#[test]
fn an_answer_becomes_an_assertion_that_holds() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("kept.assert");
    std::fs::write(&file, "# kept by hand").expect("there is room for a file");
    let lines = "\
who can push on storefront/web where kind is user
.save-as-assertion kept.assert
can user/oskar push on storefront/web
.save-as-assertion kept.assert
.context aws:SourceIp=203.0.113.7
why can user/oskar push on storefront/web
.save-as-assertion kept.assert
.context clear
.direct on
who can delete on storefront/web where kind is service
.save-as-assertion kept.assert
.direct off
?- capable(P, delete, R, _), kind(P, service).
.save-as-assertion kept.assert
bad(P) :- kind(P, user).
?- bad(P), kind(P, role).
.save-as-assertion kept.assert
run services-without-source
";
    let (_, said, code) = session(folder.path(), lines);
    assert_eq!(code, 0, "{said}");
    let text = std::fs::read_to_string(&file).expect("the file is there");
    insta::assert_snapshot!(text, @r#"
    # kept by hand
    only user/greta, user/ines, user/jonas, user/oskar, user/developers/mira, user/founder can push on storefront/web where kind is user
    user/oskar can sometimes push on storefront/web
    user/oskar can push on storefront/web when aws:SourceIp is 203.0.113.7
    no one can directly delete on storefront/web where kind is service
    ?- capable(P, delete, R, _), kind(P, service).
    bad(P) :- kind(P, user).
    ?- bad(P), kind(P, role).
    "#);
    grantlog(&["check", file.to_str().expect("the name is text")]).assert().code(0);
}

#[test]
fn what_is_no_assertion_is_told_and_leaves_the_file() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("kept.assert");
    std::fs::write(&file, "# kept by hand\n").expect("there is room for a file");
    let lines = "\
.save-as-assertion kept.assert
run users-push
.save-as-assertion kept.assert
list gaps
.save-as-assertion kept.assert
let pushers = who can push on storefront/web
who can delete on storefront/web where principal in pushers
.save-as-assertion kept.assert
";
    let (_, said, code) = session(folder.path(), lines);
    assert_eq!(code, 2);
    for part in [
        "nothing was asked yet",
        "rows, and only one that finds nothing can be asserted",
        "the last answer is no assertion",
        "no set is called `pushers`",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(std::fs::read_to_string(&file).ok().as_deref(), Some("# kept by hand\n"));
}

// --- whatever is written ---

proptest! {
    #![proptest_config(random::cases(256))]

    #[test]
    fn any_text_may_be_a_file_of_assertions(text in text(), words in prop::collection::vec(word(), 0..14)) {
        for text in [text, words.concat()] {
            let files = [("file".to_owned(), text.clone())];
            let (assertions, problems) = parse(&files);
            for problem in &problems {
                prop_assert!(text.get(problem.error.span.clone()).is_some(), "{problem:?}");
                let _ = problem.picture(&text);
            }
            let mut names = BTreeSet::new();
            for (assertion, _) in &assertions {
                prop_assert!(text.get(assertion.span.clone()).is_some());
                prop_assert!(names.insert(assertion.name.clone()));
                let shown = assertion.sentence.to_string();
                let again = Sentence::parse(&shown).map(|sentence| sentence.to_string());
                prop_assert_eq!(again, Ok(shown));
            }
        }
    }
}

/// Words of assertions, whole and in parts.
fn word() -> impl Strategy<Value = String> {
    let words = [
        "only ",
        "no one ",
        "nobody ",
        "can ",
        "cannot ",
        "sometimes ",
        "directly ",
        "on ",
        "push ",
        "web ",
        "when ",
        "aws:SourceIp ",
        "is ",
        "in ",
        "203.0.113.0/24 ",
        "absent ",
        "and ",
        "where ",
        "outside ",
        "the organization ",
        "except ",
        "user/alice ",
        ", ",
        "\"a b\" ",
        "name: ",
        "name (low): ",
        "(high): ",
        "\n",
        "\n  ",
        "# ",
        "?- ",
        "capable(P, push, R, _). ",
        "query ",
        "users-push ",
        "finds nothing ",
        "\"",
        "'",
        "kind ",
        "not ",
        "x=1 ",
    ];
    prop::sample::select(words.to_vec()).prop_map(str::to_owned)
}
