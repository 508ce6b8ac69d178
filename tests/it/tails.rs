//! What `where`, `group by`, `order by`, `limit` and `count` do with rows, and sets of their members.
//!
//! The rows without a tail are the measure: each condition is tried on them by a sentence of its own here.

use std::collections::{BTreeMap, BTreeSet};

use assert_cmd::Command;
use serde_json::Value;

/// The rows of the last of these questions about the sample.
fn ask(questions: &[&str]) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    command.env_clear().args(["repl", "--format", "json"]);
    for question in questions {
        command.args(["-c", question]);
    }
    let assert = command.assert().success();
    let output = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    let answers = serde_json::Deserializer::from_str(&output).into_iter::<Vec<Value>>();
    answers.map(|rows| rows.expect("answers are JSON")).last().unwrap_or_default()
}

fn text<'v>(row: &'v Value, column: &str) -> &'v str {
    row[column].as_str().unwrap_or_default()
}

fn through(row: &Value) -> Vec<&str> {
    let routes = row["routes"].as_array().into_iter().flatten();
    routes.flat_map(|route| route["through"].as_array().into_iter().flatten()).filter_map(Value::as_str).collect()
}

/// That a condition leaves of all rows those, and only those, of which the sentence is true.
fn check(phrase: &str, condition: &str, is_so: impl Fn(&Value) -> bool) {
    let wanted: Vec<Value> = ask(&[phrase]).into_iter().filter(is_so).collect();
    assert!(!wanted.is_empty(), "{condition}: the sample has no such row");
    assert_eq!(ask(&[&format!("{phrase} where {condition}")]), wanted, "{condition}");
}

const PUSH: &str = "who can push on *";

#[test]
fn conditions_on_columns_choose_rows() {
    check(PUSH, "verdict is conditional", |row| text(row, "verdict") == "conditional");
    check(PUSH, "kind is user, account", |row| ["user", "account"].contains(&text(row, "kind")));
    check(PUSH, "kind is not role", |row| text(row, "kind") != "role");
    check(PUSH, "repository is storefront/*", |row| text(row, "resource").contains(":repository/storefront/"));
    check(PUSH, "principal is role/release/publisher", |row| {
        text(row, "principal").ends_with("role/release/publisher")
    });
    check(PUSH, "through is role/release/publisher", |row| {
        through(row).contains(&"arn:aws:iam::111122223333:role/release/publisher")
    });
    check(PUSH, "not through *", |row| through(row).is_empty());
    check(PUSH, "kind is user and (verdict is allowed or repository is storefront/web)", |row| {
        text(row, "kind") == "user"
            && (text(row, "verdict") == "allowed" || text(row, "resource").ends_with("storefront/web"))
    });
}

/// By `samples/organization`: the accounts of Harbourlight, their units, and what their repositories are tagged.
#[test]
fn conditions_on_what_the_inventory_knows_choose_rows() {
    let members = ["111122223333", "222233334444", "444455556666", "777788889999"];
    check(PUSH, "account is 222233334444", |row| text(row, "account") == "222233334444");
    check(PUSH, "account is 'Harbourlight build'", |row| text(row, "account") == "222233334444");
    check(PUSH, "repository account is 777788889999", |row| text(row, "resource").contains(":777788889999:"));
    check(PUSH, "unit is ou-hl01-delivery1", |row| text(row, "account") == "222233334444");
    check(PUSH, "unit is ou-hl01-workload1", |row| ["111122223333", "222233334444"].contains(&text(row, "account")));
    check(PUSH, "organization is o-harbourlight1", |row| members.contains(&text(row, "account")));
    check(PUSH, "path is /release/", |row| text(row, "principal").contains(":role/release/"));
    check(PUSH, "public", |row| text(row, "resource").starts_with("arn:aws:ecr-public:"));
    check(PUSH, "private", |row| !text(row, "resource").starts_with("arn:aws:ecr-public:"));
    // The identity providers are Harbourlight's own; a service is nobody's.
    check(PUSH, "outside the organization", |row| {
        let is_shared = |name: &str| !members.iter().any(|account| name.contains(&format!("::{account}:")));
        match text(row, "kind") {
            "service" => false,
            "identity-provider" => is_shared(text(row, "principal")),
            _ => !members.contains(&text(row, "account")),
        }
    });
    let listed = "list principals";
    check(listed, "path is /release/", |row| text(row, "principal").contains(":role/release/"));
    check(listed, "policies > 1", |row| row["policies"].as_u64() > Some(1));
    check(listed, "policies <= 1", |row| row["policies"].as_u64() <= Some(1));
    check("list repositories", "public", |row| text(row, "visibility") == "public");
    check("list accounts", "repositories >= 12", |row| row["repositories"].as_u64() >= Some(12));
    check("list accounts", "path like */ou-hl01-delivery1", |row| text(row, "account") == "222233334444");
}

#[test]
fn rows_are_counted_in_groups() {
    let mut wanted: BTreeMap<(String, String), u64> = BTreeMap::new();
    for row in ask(&[PUSH]) {
        *wanted.entry((text(&row, "account").to_owned(), text(&row, "verdict").to_owned())).or_default() += 1;
    }
    let found = ask(&[&format!("{PUSH} group by account, verdict")]);
    let told = |row: &Value| {
        let key = (text(row, "account").to_owned(), text(row, "verdict").to_owned());
        (key, row["count"].as_u64().expect("a count is a number"))
    };
    assert_eq!(found.iter().map(told).collect::<Vec<_>>(), wanted.clone().into_iter().collect::<Vec<_>>());

    let counted = |question: &str| ask(&[question])[0]["count"].as_u64();
    assert_eq!(counted(&format!("{PUSH} count")), Some(wanted.values().sum()));
    assert_eq!(counted(&format!("{PUSH} group by account, verdict count")), Some(wanted.len() as u64));

    let most = ask(&[&format!("{PUSH} group by account, verdict order by count desc limit 1")]);
    assert_eq!(most.len(), 1);
    assert_eq!(most[0]["count"].as_u64(), wanted.values().max().copied());
}

#[test]
fn rows_stand_in_the_order_that_is_asked_for() {
    let verdicts = |rows: &[Value]| rows.iter().map(|row| text(row, "verdict").to_owned()).collect::<Vec<_>>();
    let rows = ask(&[&format!("{PUSH} order by verdict desc, principal limit 30")]);
    assert_eq!(rows.len(), 30);
    let mut sorted = verdicts(&rows);
    sorted.sort_by(|one, other| other.cmp(one));
    assert_eq!(verdicts(&rows), sorted);
    let names: Vec<&str> =
        rows.iter().filter(|row| text(row, "verdict") == "conditional").map(|row| text(row, "principal")).collect();
    assert!(names.is_sorted() && !names.is_empty());
    let counts: Vec<u64> = ask(&["list accounts order by principals desc"])
        .iter()
        .map(|row| row["principals"].as_u64().expect("a count is a number"))
        .collect();
    assert!(counts.is_sorted_by(|one, other| one >= other), "{counts:?}");
}

#[test]
fn sets_are_joined_and_asked_about() {
    let names = |rows: Vec<Value>, column: &str| -> BTreeSet<String> {
        rows.iter().map(|row| text(row, column).to_owned()).collect()
    };
    let web = "let web = who can push on storefront/web";
    let admins = "let admins = who can administer on *";
    let members = |set: &str| names(ask(&[web, admins, set]), "principal");
    let (in_web, in_admins) = (members("web"), members("admins"));
    assert_eq!(in_web, names(ask(&["who can push on storefront/web"]), "principal"));
    assert!(in_web.intersection(&in_admins).next().is_some() && !in_web.is_subset(&in_admins));
    assert_eq!(members("web - admins"), &in_web - &in_admins);
    assert_eq!(members("web & admins"), &in_web & &in_admins);
    assert_eq!(members("web + admins"), &in_web | &in_admins);
    assert_eq!(members("web - (web - admins)"), &in_web & &in_admins);
    assert_eq!(members("web - who can administer on *"), &in_web - &in_admins);
    let rows = ask(&[admins, "who can push on storefront/web where principal not in admins"]);
    assert_eq!(names(rows, "principal"), &in_web - &in_admins);
    let through =
        ask(&["let pushers = list principals where path is /release/", "who can push on * where through in pushers"]);
    assert!(!through.is_empty());
    let sets = ask(&[web, "list sets"]);
    assert_eq!(sets[0]["members"].as_u64(), Some(in_web.len() as u64));
}

#[test]
fn sets_of_two_kinds_are_not_joined() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    let lines = "let who = list gaps\nlet a = list principals\nlet b = list repositories\na - b\n";
    command.env_clear().arg("repl").write_stdin(lines.replacen("let who = list gaps\n", "", 1));
    let assert = command.assert().code(2);
    let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(said.contains("a set of principals cannot be joined with one of repositories"), "{said}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    command.env_clear().arg("repl").write_stdin("let b = list repositories\nwho can push on * where principal in b\n");
    let assert = command.assert().code(2);
    let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(said.contains("`principal` is never in a set of repositories"), "{said}");
}

/// By `samples/organization`: Ines is tagged `team` `storefront`.
#[test]
fn values_of_tags_are_compared_as_conditions_compare_them() {
    let tagged = |condition: &str| ask(&[&format!("list principals where tag {condition} count")])[0]["count"].as_u64();
    assert!(tagged("team is storefront") > Some(0));
    assert_eq!(tagged("TEAM is storefront"), tagged("team is storefront"));
    assert_eq!(tagged("team is Storefront"), Some(0));
    assert_eq!(tagged("team is store*"), tagged("team is storefront"));
}

/// Where somebody can do something is what the inverse question says, and what each cell by itself.
#[test]
fn which_repositories_agrees_with_who() {
    let cells = |rows: &[Value]| -> BTreeSet<(String, String)> {
        rows.iter().map(|row| (text(row, "resource").to_owned(), text(row, "verdict").to_owned())).collect()
    };
    for (principal, action) in [
        ("arn:aws:iam::111122223333:role/release/publisher", "push"),
        ("arn:aws:iam::222233334444:role/build/build-entry", "push"),
        ("arn:aws:iam::222233334444:role/build/build-entry", "ecr-public:PutImage"),
        ("anyone", "push"),
    ] {
        let which = ask(&[&format!("which repositories can {principal} {action}")]);
        let who = ask(&[&format!("who can {action} on * where principal is {principal}")]);
        assert_eq!(cells(&which), cells(&who), "{principal} {action}");
    }
    let pull = ask(&["which repositories can anyone pull"]);
    let public = ask(&["list repositories where public"]);
    assert!(
        public.iter().all(|row| cells(&pull).contains(&(text(row, "repository").to_owned(), "allowed".to_owned())))
    );
}

#[test]
fn how_somebody_becomes_a_role_is_proved_step_by_step() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    let question = "how can user/developers/mira become role/release/publisher";
    command.env_clear().args(["repl", "-c", question]);
    let assert = command.assert().success();
    insta::assert_snapshot!(String::from_utf8_lossy(&assert.get_output().stdout), @r#"
    user/developers/mira: become role/release/publisher: allowed
      yes user/developers/mira of 444455556666 may become role/build/build-entry of 222233334444 (T17)
          sample/444455556666/iam.json:15 Allow `EnterBuild` in inline policy EnterBuild of user/developers/mira
            { "Sid": "EnterBuild", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::222233334444:role/build/build-entry" }
          sample/222233334444/iam.json:455 Allow `MiraFromSeaboard` in trust policy of role/build/build-entry
            { "Sid": "MiraFromSeaboard", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:user/developers/mira"}, "Action": "sts:AssumeRole" }
      yes role/build/build-entry of 222233334444 may become role/release/release of 222233334444 (T17)
          sample/222233334444/iam.json:470 Allow `EnterRelease` in inline policy EnterRelease of role/build/build-entry
            { "Sid": "EnterRelease", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::222233334444:role/release/release" }
          sample/222233334444/iam.json:499 Allow `FromBuildEntry` in trust policy of role/release/release
            { "Sid": "FromBuildEntry", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222233334444:role/build/build-entry"}, "Action": "sts:AssumeRole" }
      yes role/release/release of 222233334444 may become role/release/publisher of 111122223333 (T17)
          sample/222233334444/iam.json:514 Allow `EnterPublisher` in inline policy EnterPublisher of role/release/release
            { "Sid": "EnterPublisher", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/release/publisher" }
          sample/111122223333/iam.json:328 Allow `ReleasePipeline` in trust policy of role/release/publisher
            { "Sid": "ReleasePipeline", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222233334444:role/release/release"}, "Action": "sts:AssumeRole", "Cond...
            yes aws:PrincipalOrgID is o-harbourlight1: organization of account 222233334444
    "#);
    let none = ask(&["how can role/release/publisher become role/build/build-entry"]);
    assert_eq!(text(&none[0], "verdict"), "denied");
}

/// A set of principals is chosen from by what they are; what is shown stays their names.
#[test]
fn members_of_sets_have_a_kind() {
    let set = "let pushers = who can push on storefront/*";
    let of_kind = |kind: &str| {
        let rows = ask(&["who can push on storefront/*"]).into_iter().filter(|row| text(row, "kind") == kind);
        rows.map(|row| text(&row, "principal").to_owned()).collect::<BTreeSet<String>>()
    };
    for kind in ["user", "role", "root", "service", "anyone"] {
        let rows = ask(&[set, &format!("pushers where kind is {kind}")]);
        let found: BTreeSet<String> = rows.iter().map(|row| text(row, "principal").to_owned()).collect();
        assert_eq!(found, of_kind(kind), "{kind}");
        assert!(!found.is_empty(), "{kind}");
        assert!(rows.iter().all(|row| row.as_object().is_some_and(|row| row.len() == 1)), "{rows:?}");
    }
    let groups = ask(&[set, "pushers group by kind"]);
    let users = groups.iter().find(|row| text(row, "kind") == "user").expect("there are users");
    assert_eq!(users["count"], of_kind("user").len());
}
