//! `report` as people and programs see it: its forms, what can be chosen, and names that try to be more than names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};

use crate::schemas::{fits_junit, fits_sarif};

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    let output = program.env_clear().current_dir(folder).args(arguments).output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what is told is text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn report(arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, out, told) = run(folder.path(), &[&["report"], arguments].concat());
    assert_eq!(code, Some(0), "{arguments:?}: {told}");
    out
}

const FORMS: [&str; 7] = ["table", "json", "jsonl", "csv", "markdown", "junit", "sarif"];

#[test]
fn every_form_is_the_same_from_run_to_run() {
    for form in FORMS {
        let [one, other] = [(); 2].map(|()| report(&["--format", form]));
        assert_eq!(one, other, "{form}");
        assert!(!one.is_empty(), "{form}");
    }
}

#[test]
fn people_read_the_sample() {
    let chosen = ["matrix", "--account", "777788889999", "--account", "222233334444"];
    insta::assert_snapshot!("table", report(&[&chosen[..], &["summary", "never-holds", "users-push"]].concat()));
    insta::assert_snapshot!("markdown", report(&[&chosen[..], &["outsiders-push", "--format", "markdown"]].concat()));
    insta::assert_snapshot!("wide", report(&["matrix", "--capability", "delete,administer"]));
}

#[test]
fn programs_read_the_sample() {
    let chosen = ["--account", "222233334444", "--principal", "role/ci/*", "--principal", "user/henrik"];
    insta::assert_snapshot!("csv", report(&[&chosen[..], &["--format", "csv"]].concat()));
    insta::assert_snapshot!("json", report(&[&chosen[..], &["matrix", "anyone-writes", "--format", "json"]].concat()));
    insta::assert_snapshot!(
        "jsonl",
        report(&["matrix", "--capability", "push", "--principal", "user/greta", "-f", "jsonl"])
    );
}

/// The lines of a form that has objects in lines.
fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

#[test]
fn json_lines_tell_what_json_tells() {
    let whole: Value = serde_json::from_str(&report(&["--format", "json"])).expect("it is JSON");
    let lines = lines(&report(&["--format", "jsonl"]));
    let sections = whole["sections"].as_array().expect("there are sections");
    assert!(sections.len() > 10 && whole["silent"].as_array().is_some_and(|silent| silent.len() > 5));
    for section in sections {
        let name = section["section"].as_str().expect("a section has a name");
        let mut own: Vec<Value> = lines.iter().filter(|line| line["section"] == name).cloned().collect();
        for line in own.iter_mut().filter_map(Value::as_object_mut) {
            line.remove("section");
        }
        if name != "matrix" {
            assert_eq!(&own, section["rows"].as_array().expect("there are rows"), "{name}");
            continue;
        }
        let names = |side: &str, at: &Value| {
            let at = at.as_u64().and_then(|at| usize::try_from(at).ok()).expect("it is a number");
            section[side][at]["names"].as_array().expect("there are names").clone()
        };
        let mut cells = BTreeSet::new();
        for cell in section["cells"].as_array().expect("there are cells") {
            for principal in names("principals", &cell["principals"]) {
                for repository in names("repositories", &cell["repositories"]) {
                    let held = ["capability", "verdict", "own", "condition"].map(|member| cell[member].to_string());
                    cells.insert((principal.to_string(), repository.to_string(), held));
                }
            }
        }
        let mut told = BTreeSet::new();
        for line in &own {
            for (capability, held) in line["capabilities"].as_object().expect("there are capabilities") {
                let [verdict, by_itself, condition] = ["verdict", "own", "condition"].map(|one| held[one].to_string());
                let held = [json!(capability).to_string(), verdict, by_itself, condition];
                told.insert((line["principal"].to_string(), line["repository"].to_string(), held));
            }
        }
        assert_eq!(cells, told);
        assert!(told.len() > 200, "{}", told.len());
    }
}

/// A CSV as rows.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("it is a CSV").iter().map(str::to_owned).collect()).collect()
}

#[test]
fn a_csv_has_a_row_a_principal_and_a_column_a_repository() {
    let rows = rows(&report(&["--format", "csv"]));
    let lines = lines(&report(&["matrix", "--format", "jsonl"]));
    let (header, rows) = rows.split_first().expect("there is a header");
    let mut filled = 0;
    for row in rows {
        assert_eq!(row.len(), header.len());
        for (repository, cell) in header.iter().zip(row).skip(3) {
            let is_own = |line: &&Value| line["principal"] == row[0] && line["repository"] == **repository;
            let held = lines.iter().find(is_own).map(|line| line["capabilities"].as_object().expect("an object"));
            let told: BTreeSet<&str> = cell.split("; ").filter(|word| !word.is_empty()).collect();
            let expected: BTreeSet<String> = held
                .into_iter()
                .flatten()
                .map(|(capability, held)| match (held["verdict"] == "conditional", held["own"].is_null()) {
                    (false, false) => capability.clone(),
                    (true, false) => format!("{capability} (conditional)"),
                    (false, true) => format!("{capability} (through roles)"),
                    (true, true) => format!("{capability} (conditional, through roles)"),
                })
                .collect();
            assert_eq!(told, expected.iter().map(String::as_str).collect(), "{row:?} {repository}");
            filled += usize::from(!told.is_empty());
        }
    }
    assert_eq!(filled, lines.len());
}

#[test]
fn alerts_fit_their_schemas() {
    let sarif: Value = serde_json::from_str(&report(&["--format", "sarif"])).expect("it is JSON");
    fits_sarif(&sarif);
    let results = sarif["runs"][0]["results"].as_array().expect("there are results");
    let of = |rule: &str| results.iter().filter(|one| one["ruleId"] == rule).collect::<Vec<_>>();
    // A finding stands in a file, a row of a query is about somebody and something.
    let finding = of("anyone-writes");
    assert!(finding.iter().any(|one| one["locations"][0]["physicalLocation"].is_object()), "{finding:?}");
    let push = of("outsiders-push");
    let named = &push[0]["locations"][0]["logicalLocations"];
    assert_eq!(
        named,
        &json!([
            {"fullyQualifiedName": "account 555566667777 (not in the inventory)", "kind": "principal"},
            {"fullyQualifiedName": "arn:aws:ecr-public::111122223333:repository/storefront/preview", "kind": "repository"},
        ])
    );
    assert_eq!(push[0]["level"], "error");
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().expect("there are rules");
    let ids: BTreeSet<&str> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
    assert_eq!(ids.len(), rules.len(), "a rule is told once");
    fits_junit(&report(&["--format", "junit"]));
}

#[test]
fn rows_about_permissions_are_placed_at_their_statements() {
    let folder = tempfile::tempdir().expect("a folder");
    let queries = folder.path().join("queries");
    fs::create_dir(&queries).expect("a folder");
    let query = "title = \"Who deletes\"\nseverity = \"medium\"\nmeaning = \"They can.\"\nadvice = \"Look.\"\n\
                 question = \"who can delete on storefront/web\"\n";
    fs::write(queries.join("who-deletes.toml"), query).expect("a file");
    let arguments = ["report", "who-deletes", "--queries", "queries", "--format", "sarif"];
    let (code, out, told) = run(folder.path(), &arguments);
    assert_eq!(code, Some(0), "{told}");
    let sarif: Value = serde_json::from_str(&out).expect("it is JSON");
    fits_sarif(&sarif);
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["level"], "warning");
    let place = &result["locations"][0];
    assert_eq!(place["physicalLocation"]["artifactLocation"]["uri"], "sample/111122223333/iam.json");
    assert_eq!(place["logicalLocations"][0]["kind"], "principal");
}

#[test]
fn what_is_asked_for_is_told() {
    let sections = |arguments: &[&str]| -> Vec<String> {
        let whole: Value = serde_json::from_str(&report(&[arguments, &["-f", "json"]].concat())).expect("it is JSON");
        let sections = whole["sections"].as_array().expect("there are sections");
        sections.iter().filter_map(|section| section["section"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(sections(&["matrix", "never-holds", "summary"]), ["matrix", "never-holds", "summary"]);
    let all = sections(&[]);
    assert_eq!((&*all[0], &*all[1], &*all[all.len() - 1]), ("summary", "findings", "matrix"));
    // What was not named is told if it finds something.
    assert!(all.contains(&"outsiders-push".to_owned()) && !all.contains(&"never-holds".to_owned()));
    let severe = sections(&["queries", "--severity", "critical"]);
    assert!(severe.len() < all.len() && severe.contains(&"outsiders-push".to_owned()), "{severe:?}");
    let whole: Value = serde_json::from_str(&report(&["findings", "--severity", "high", "-f", "json"])).expect("JSON");
    let severities: BTreeSet<&str> = whole["sections"][0]["rows"]
        .as_array()
        .expect("there are rows")
        .iter()
        .filter_map(|row| row["severity"].as_str())
        .collect();
    assert_eq!(severities, BTreeSet::from(["critical", "high"]));
    // A parameter is the query's that stands before it.
    let own = report(&["administrators", "repository=*storefront/api", "matrix", "--format", "json"]);
    let whole: Value = serde_json::from_str(&own).expect("it is JSON");
    assert_eq!(whole["sections"][0]["parameters"], json!({"repository": "*storefront/api"}));
    let rows = whole["sections"][0]["rows"].as_array().expect("there are rows");
    assert!(!rows.is_empty() && rows.iter().all(|row| row["R"].as_str().is_some_and(|name| name.ends_with("/api"))));
    // Numbers of what was chosen.
    let summary = lines(&report(&["summary", "--capability", "push", "--account", "222233334444", "-f", "jsonl"]));
    assert_eq!(summary.len(), 1);
    assert_eq!((&summary[0]["permission"], &summary[0]["allowed"]), (&json!("push"), &json!(14)));
}

#[test]
fn what_cannot_be_told_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for (arguments, told) in [
        (&["report", "matrx"][..], "did you mean `matrix`?"),
        (&["report", "user-push"], "did you mean `users-push`?"),
        (&["report", "xyzzy"], "grantlog list queries"),
        (&["report", "repository=x"], "`repository=x` belongs to no saved query"),
        (&["report", "matrix", "repository=x"], "belongs to no saved query"),
        (&["report", "users-push", "path=x"], "`users-push` has no parameter `path`"),
        (&["report", "matrix", "summary", "-f", "csv"], "a CSV holds one table"),
        (&["report", "queries", "-f", "csv"], "a CSV holds one table"),
        (&["report", "matrix", "-f", "sarif"], "numbers and the matrix are no alerts"),
        (&["report", "matrix", "--principal", "user/nobody"], "no principal is called `user/nobody`"),
        (&["report", "summary", "--account", "1"], "no account is called `1`"),
        (&["report", "\u{1b}[31m"], "there is nothing called ``"),
        (&["summary", "-f", "sarif"], "`sarif` is no form of answers"),
    ] {
        let (code, out, error) = run(folder.path(), &[arguments, &["-o", "out"]].concat());
        assert_eq!((code, &*out), (Some(2), ""), "{arguments:?}: {error}");
        assert!(error.contains(told), "{arguments:?}: {error}");
        assert!(!error.contains('\u{1b}'), "{error:?}");
        assert!(fs::read_dir(folder.path()).expect("the folder").next().is_none(), "{arguments:?} leaves a file");
    }
}

#[test]
fn the_ending_of_a_file_tells_the_form() {
    let folder = tempfile::tempdir().expect("a folder");
    for (file, begins) in [
        ("access.md", "# "),
        ("access.csv", "principal,"),
        ("access.json", "{\"title\""),
        ("access.JSONL", "{\"section\""),
        ("access.sarif", "{\"$schema\""),
        ("access.xml", "<?xml"),
        ("access.txt", "Who can do what"),
    ] {
        let (code, out, told) = run(folder.path(), &["report", "-o", file]);
        assert_eq!((code, &*out), (Some(0), ""), "{told}");
        let text = fs::read_to_string(folder.path().join(file)).expect("the file is there");
        assert!(text.starts_with(begins), "{file}: {}", &text[..40]);
    }
    let (code, ..) = run(folder.path(), &["report", "matrix", "-o", "matrix.csv", "--format", "jsonl"]);
    assert_eq!(code, Some(0));
    let text = fs::read_to_string(folder.path().join("matrix.csv")).expect("the file is there");
    assert!(text.starts_with("{\"section\":\"matrix\""), "who asks for a form gets it");
}

#[test]
fn names_are_no_more_than_names() {
    let folder = tempfile::tempdir().expect("a folder");
    // Not even AWS would take such names; an export may hold them all the same.
    let evil = [
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        "a|b`<img src=x onerror=alert(1)>",
        "red\u{1b}[31m\u{202e}",
        "-1+1",
        "**b**_i_[l](x)",
    ];
    let users: Vec<Value> = evil
        .iter()
        .map(|name| {
            json!({"UserName": name, "Arn": format!("arn:aws:iam::111122223333:user/{name}"), "UserPolicyList": [{
                "PolicyName": name,
                "PolicyDocument": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}},
            }]})
        })
        .collect();
    let repositories: Vec<Value> = evil
        .iter()
        .map(|name| {
            json!({"repositoryName": name, "registryId": "111122223333",
            "repositoryArn": format!("arn:aws:ecr:eu-central-1:111122223333:repository/{name}")})
        })
        .collect();
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder");
    let files = [
        ("iam.json", json!({"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [], "Policies": []})),
        ("ecr.json", json!({"repositories": repositories})),
    ];
    for (name, value) in files {
        fs::write(data.join(name), value.to_string()).expect("the folder takes files");
    }
    for form in FORMS {
        for expand in [&[][..], &["--expand"]] {
            let arguments = [&["report", "--data", "data", "--format", form][..], expand].concat();
            let (code, out, told) = run(folder.path(), &arguments);
            assert_eq!(code, Some(0), "{told}");
            for text in [&out, &told] {
                assert!(!text.contains(['\u{1b}', '\u{202e}']), "{form}: {text}");
            }
            match form {
                "csv" => {
                    let is_formula = |cell: &String| cell.starts_with(['=', '+', '-', '@']);
                    let rows = rows(&out);
                    assert!(rows.len() > 6 && rows[0].len() > 8, "{out}");
                    assert!(!rows.iter().flatten().any(is_formula), "{out}");
                }
                "markdown" => {
                    assert!(!out.contains("<img") && !out.contains("**b**") && !out.contains("[l](x)"), "{out}");
                    let is_table = |line: &&str| line.starts_with('|');
                    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
                    for table in out.lines().collect::<Vec<_>>().chunk_by(|one, other| is_table(one) == is_table(other))
                    {
                        if is_table(&table[0]) {
                            let widths: BTreeSet<usize> = table.iter().map(|line| bars(line)).collect();
                            assert_eq!(widths.len(), 1, "{table:?}");
                        }
                    }
                }
                "json" | "sarif" => drop(serde_json::from_str::<Value>(&out).expect("it is JSON")),
                "jsonl" => drop(lines(&out)),
                "junit" => fits_junit(&out),
                _ => {}
            }
        }
    }
}

#[test]
fn each_is_listed_where_that_is_wanted() {
    let folded: Value = serde_json::from_str(&report(&["matrix", "-f", "json"])).expect("it is JSON");
    let each: Value = serde_json::from_str(&report(&["matrix", "-f", "json", "--expand"])).expect("it is JSON");
    let counts = |whole: &Value, side: &str| -> Vec<usize> {
        let all = whole["sections"][0][side].as_array().expect("there are some");
        all.iter().map(|one| one["names"].as_array().map_or(0, Vec::len)).collect()
    };
    for side in ["principals", "repositories"] {
        let (folded, each) = (counts(&folded, side), counts(&each, side));
        assert!(each.iter().all(|count| *count == 1));
        assert_eq!(folded.iter().sum::<usize>(), each.len(), "{side}");
    }
    assert!(counts(&folded, "principals").iter().any(|count| *count > 1));
    assert_eq!(report(&["matrix", "-f", "jsonl"]), report(&["matrix", "-f", "jsonl", "--expand"]));
    assert_eq!(report(&["-f", "csv"]), report(&["-f", "csv", "--expand"]));
}
