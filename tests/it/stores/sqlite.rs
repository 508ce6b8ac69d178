//! The database, asked by SQLite's own shell.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use grantlog::query::Scope;
use grantlog::query::datalog::{Field, Heading, Limits, Rules, Type};
use grantlog::store::Sqlite;
use grantlog::{Inventory, Options, derive};
use serde_json::Value;
use tempfile::TempDir;

use super::{Rows, assert_same, compared, generated, stored, who_can};
use crate::tools::require;

/// A place for a database, in a folder that goes when nobody needs it; nothing where SQLite's shell is missing.
pub(super) fn place() -> Option<(TempDir, PathBuf)> {
    require("sqlite3").then(|| {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let path = folder.path().join("all.sqlite");
        (folder, path)
    })
}

/// What the shell prints.
pub(super) fn shell(database: &Path, arguments: &[&str]) -> String {
    let output = Command::new("sqlite3").arg("-readonly").arg(database).args(arguments).output().expect("it is there");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.is_empty(), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).expect("the database holds text")
}

/// The rows that a question is answered with, each an object.
pub(super) fn rows(database: &Path, question: &str) -> Vec<Value> {
    let printed = shell(database, &["-json", question]);
    if printed.is_empty() { Vec::new() } else { serde_json::from_str(&printed).expect("the shell writes JSON") }
}

/// The same as lists of texts, in the order of the columns.
fn lists(database: &Path, question: &str) -> Vec<Vec<String>> {
    let printed = shell(database, &["-separator", "\u{1f}", "-newline", "\u{1e}", question]);
    let lines = printed.split_terminator('\u{1e}');
    lines.map(|line| line.split('\u{1f}').map(str::to_owned).collect()).collect()
}

fn number(database: &Path, question: &str) -> u64 {
    shell(database, &[question]).trim().parse().expect("the answer is a number")
}

fn texts<const N: usize>(row: &Value, columns: [&str; N]) -> [String; N] {
    columns.map(|column| row[column].as_str().unwrap_or_default().to_owned())
}

fn check(inventory: &Inventory, direct: bool) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path().join("all.sqlite");
    let relations = derive(inventory, Options::default());
    stored(&Sqlite, &relations, direct, &path).expect("it can be written");
    assert_eq!(shell(&path, &["PRAGMA integrity_check"]), "ok\n");
    assert_eq!(shell(&path, &["PRAGMA foreign_key_check"]), "");
    let asked = who_can(&relations, direct);
    let columns = ["resource", "permission", "principal", "verdict", "own", "condition"];
    let found: Rows = rows(&path, "SELECT * FROM who_can WHERE repository IS NOT NULL")
        .iter()
        .map(|row| texts(row, columns))
        .collect();
    assert_same(&compared(found, &asked), &asked, "who_can");
    let summary = relations.summary(&|_, _| {});
    let counted = rows(&path, "SELECT * FROM counts");
    if direct {
        for line in summary.lines.iter().filter(|line| line.permission != "assume") {
            let is_it = |row: &&Value| row["account"] == line.account.as_str() && row["permission"] == line.permission;
            let row = counted.iter().find(is_it).unwrap_or_else(|| panic!("{line:?} is not counted"));
            let expected = [line.resources, line.allowed, line.allowed + line.conditional].map(|one| one as u64);
            assert_eq!(["resources", "allowed", "possible"].map(|of| row[of].as_u64()), expected.map(Some), "{line:?}");
        }
    }
}

#[test]
fn it_says_what_who_can_says() {
    if !require("sqlite3") {
        return;
    }
    for direct in [false, true] {
        check(&Inventory::sample(), direct);
        check(&generated(11), direct);
    }
}

#[test]
fn outsiders_are_those_of_the_phrase() {
    let Some((_folder, path)) = place() else { return };
    let inventory = Inventory::sample();
    stored(&Sqlite, &derive(&inventory, Options::default()), false, &path).expect("it can be written");
    let question = "who can pull, push, describe, delete, tag, administer on * where outside the organization";
    let mut program = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    let output = program.env_clear().args(["--format", "jsonl", "-c", question]).output().expect("it runs");
    let told = String::from_utf8(output.stdout).expect("it writes text");
    let row = |line: &str| -> Value { serde_json::from_str(line).expect("it writes JSON") };
    let expected: Vec<_> =
        told.lines().map(|line| texts(&row(line), ["principal", "action", "resource", "verdict"])).collect();
    let sql = "SELECT * FROM outsiders WHERE resource IN (SELECT arn FROM repositories)";
    let columns = ["principal", "permission", "resource", "verdict"];
    let found: BTreeSet<_> = rows(&path, sql).iter().map(|row| texts(row, columns)).collect();
    // R7: that anyone can pull from public repositories is told of the repositories.
    let (open, expected): (BTreeSet<_>, BTreeSet<_>) =
        expected.into_iter().partition(|row| row[0] == "anyone" && row[1] == "pull");
    assert_eq!(open.len(), rows(&path, "SELECT * FROM public_repositories").len());
    assert!(expected.iter().any(|row| row[0] == "anyone" && row[1] == "push"), "{expected:?}");
    assert_eq!(found, expected);
}

/// Questions that are the same in Datalog and in SQL.
const SAME: &[(&str, &str)] = &[
    ("?- principal(P).", "SELECT name FROM principals"),
    ("?- kind(P, K).", "SELECT name, kind FROM principals"),
    ("?- principal(P), account(P, A).", "SELECT name, account FROM principals WHERE account IS NOT NULL"),
    ("?- path(P, T).", "SELECT name, path FROM principals WHERE path IS NOT NULL"),
    (
        "?- principal(P), tag(P, K, V).",
        "SELECT p.name, t.key, t.value FROM principal_tags AS t JOIN principals AS p USING (principal_id)",
    ),
    (
        "?- member(P, G).",
        "SELECT p.name, g.arn FROM group_members JOIN user_groups AS g USING (group_id)
         JOIN principals AS p USING (principal_id)",
    ),
    (
        "?- principal(P), attached(P, X).",
        "SELECT p.name, y.name FROM principal_policies AS h JOIN principals AS p USING (principal_id)
         JOIN policies AS y USING (policy_id) WHERE NOT h.is_inline",
    ),
    (
        "?- boundary(P, X).",
        "SELECT p.name, y.name FROM principals AS p JOIN policies AS y ON y.policy_id = p.boundary_id",
    ),
    ("?- repository(R), arn(R, T).", "SELECT arn, arn FROM repositories"),
    ("?- visibility(R, V).", "SELECT arn, visibility FROM repositories"),
    ("?- no_policy(R).", "SELECT arn FROM repositories WHERE has_policy = 0"),
    (
        "?- repository(R), tag(R, K, V).",
        "SELECT r.arn, t.key, t.value FROM repository_tags AS t JOIN repositories AS r USING (repository_id)",
    ),
    ("?- unit(A, U).", "SELECT account, unit FROM account_units"),
    ("?- organization(A, O).", "SELECT account, organization FROM accounts WHERE organization IS NOT NULL AND is_read"),
    ("?- control_policy(A, X).", "SELECT account, name FROM control_policies JOIN policies USING (policy_id)"),
    ("?- place(S, F, L), effect(S, E).", "SELECT file, line, lower(effect) FROM statements"),
    (
        "?- names(S, P), place(S, F, L).",
        "SELECT DISTINCT p.name, s.file, s.line FROM statement_principals JOIN statements AS s
         USING (statement_id) JOIN principals AS p USING (principal_id)",
    ),
    (
        "?- names_nobody(S, N), place(S, F, L).",
        "SELECT n.name, s.file, s.line FROM statement_unknown_principals AS n JOIN statements AS s
         USING (statement_id)",
    ),
    (
        "?- element(S, E), place(S, F, L).",
        "SELECT e.element, s.file, s.line FROM statement_elements AS e JOIN statements AS s
         USING (statement_id)",
    ),
    (
        "?- lists_action(S, A), place(S, F, L).",
        "SELECT a.pattern, s.file, s.line FROM statement_actions AS a JOIN statements AS s
         USING (statement_id)",
    ),
    (
        "?- condition_key(S, K), place(S, F, L).",
        "SELECT k.key, s.file, s.line FROM statement_condition_keys AS k JOIN statements AS s
         USING (statement_id)",
    ),
    ("?- action(A).", "SELECT name FROM permissions WHERE kind = 'action'"),
    (
        "?- needs(C, A).",
        "SELECT c.name, a.name FROM capability_actions AS n JOIN permissions AS c
         ON c.permission_id = n.capability_id JOIN permissions AS a ON a.permission_id = n.action_id",
    ),
    ("?- principal(P), incomplete(P, M).", "SELECT name, message FROM incomplete WHERE kind = 'principal'"),
    ("?- repository(R), incomplete(R, M).", "SELECT name, message FROM incomplete WHERE kind = 'repository'"),
    (
        "a(A) :- principal(P), account(P, A). ?- a(A), incomplete(A, M).",
        "SELECT name, message FROM incomplete WHERE kind = 'account'",
    ),
    ("?- grants(L, P, A, R).", "SELECT layer, principal, action, resource FROM grants"),
    ("?- says(S, P, A, R), effect(S, E).", "SELECT principal, action, resource, lower(effect) FROM says"),
    ("?- blocks(S, P, A, R), place(S, F, L).", "SELECT principal, action, resource, file, line FROM blocks"),
    ("?- controls(P, Q, W).", "SELECT principal, other, action FROM has_power_over"),
    ("?- can_assume(P, R).", "SELECT principal, role FROM can_assume"),
    ("?- becomes(P, R).", "SELECT principal, role FROM becomes"),
    ("?- escalates(P).", "SELECT DISTINCT principal FROM escalators WHERE service IS NULL AND gains <> 'repositories'"),
    (
        "?- possible(P, A, R), repository(R).",
        "SELECT DISTINCT principal, permission, resource FROM effective
         WHERE grain = 'action' AND own IS NOT NULL AND resource_kind = 'repository'",
    ),
];

#[test]
fn it_says_what_datalog_says() {
    let Some((_folder, path)) = place() else { return };
    for inventory in [Inventory::sample(), generated(12)] {
        let relations = derive(&inventory, Options::default());
        stored(&Sqlite, &relations, false, &path).expect("it can be written");
        for (question, sql) in SAME {
            let told = relations.query(&Rules::new(), question, Limits::default()).expect("it is a question");
            let mut expected: Vec<Vec<String>> = told
                .rows
                .into_iter()
                .map(|row| {
                    let text = |(heading, field): (&Heading, &Field)| match field {
                        Field::Number(number) => Some(number.to_string()),
                        // A statement is known by its place: Datalog has a name for it, and the database a number.
                        Field::Name(name) => (heading.of != Type::Statement).then(|| name.clone()),
                    };
                    told.columns.iter().zip(&row).filter_map(text).collect()
                })
                .collect();
            expected.sort();
            expected.dedup();
            let mut found = lists(&path, sql);
            found.sort();
            found.dedup();
            assert_eq!(found, expected, "{question}\n{sql}");
        }
    }
}

#[test]
fn findings_stand_at_their_statements() {
    let Some((_folder, path)) = place() else { return };
    let inventory = generated(13);
    let relations = derive(&inventory, Options::default());
    stored(&Sqlite, &relations, false, &path).expect("it can be written");
    let found = relations.findings(&|_, _| {});
    assert!(found.len() > 3, "{found:?}");
    let told = rows(&path, "SELECT finding, severity, message FROM findings ORDER BY finding_id");
    let expected: Vec<[String; 3]> = found
        .iter()
        .map(|one| [one.finding.as_str().to_owned(), one.severity().as_str().to_owned(), one.message.clone()])
        .collect();
    let told: Vec<[String; 3]> = told.iter().map(|row| texts(row, ["finding", "severity", "message"])).collect();
    assert_eq!(told, expected);
    let spots: usize = found.iter().map(|one| one.spots.len()).sum();
    assert_eq!(number(&path, "SELECT count(*) FROM finding_places"), spots as u64);
    // Each statement that a finding cites is the one that stands there.
    let cited = found.iter().flat_map(|one| &one.spots).filter(|spot| spot.statement.is_some()).count();
    assert_eq!(number(&path, "SELECT count(statement_id) FROM finding_places"), cited as u64);
    let elsewhere = "SELECT count(*) FROM finding_places AS l JOIN statements AS s USING (statement_id)
                     WHERE l.file <> s.file OR l.line < s.line";
    assert_eq!(number(&path, elsewhere), 0);
}

#[test]
fn indices_are_used_where_one_looks_things_up() {
    let Some((_folder, path)) = place() else { return };
    let inventory = generated(14);
    stored(&Sqlite, &derive(&inventory, Options::default()), false, &path).expect("it can be written");
    for question in [
        "SELECT * FROM effective WHERE resource = 'x' AND permission = 'push'",
        "SELECT * FROM effective WHERE principal = 'x'",
        "SELECT * FROM can_push WHERE repository = 'x'",
        "SELECT * FROM policies_of WHERE principal = 'x'",
        "SELECT * FROM named_in WHERE principal = 'x'",
    ] {
        let plan = shell(&path, &[&format!("EXPLAIN QUERY PLAN {question}")]);
        // What a view of several parts has found is read through; tables are not.
        let is_view = |line: &&str| line.ends_with("SCAN policies_of");
        let scans: Vec<&str> = plan.lines().filter(|line| line.contains("SCAN") && !is_view(line)).collect();
        assert!(scans.is_empty(), "{question}\n{plan}");
    }
}

#[test]
fn what_is_held_leads_to_its_statements() {
    let Some((_folder, path)) = place() else { return };
    let mut compared = 0;
    for inventory in [Inventory::sample(), generated(15)] {
        let relations = derive(&inventory, Options::default());
        stored(&Sqlite, &relations, false, &path).expect("it can be written");
        let granted = rows(
            &path,
            "SELECT principal, permission, resource, policy, sid, file, line FROM granted_by
             JOIN repositories AS r ON r.arn = resource WHERE permission IN ('push', 'administer', 'ecr-public:PutImage')",
        );
        let mut told: BTreeMap<[String; 3], BTreeSet<[String; 4]>> = BTreeMap::new();
        for row in &granted {
            let [policy, sid, file] = texts(row, ["policy", "sid", "file"]);
            let place = [policy, sid, file, row["line"].to_string()];
            told.entry(texts(row, ["principal", "permission", "resource"])).or_default().insert(place);
        }
        for ([principal, permission, resource], statements) in told {
            let answer = relations.can(&principal, &permission, &resource, Scope { direct: true, all: false });
            let row = answer.expect("the names are known").rows.pop().expect("there is a row");
            let cited = row.routes.into_iter().flat_map(|route| route.statements);
            let expected: BTreeSet<[String; 4]> =
                cited.map(|one| [one.policy, one.sid.unwrap_or_default(), one.file, one.line.to_string()]).collect();
            assert_eq!(statements, expected, "{principal} {permission} {resource}");
            compared += 1;
        }
    }
    assert!(compared > 30, "only {compared} were compared");
}
