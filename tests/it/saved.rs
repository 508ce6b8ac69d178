//! Saved queries: each on small worlds where it finds what was counted by hand and where it finds nothing; the form of
//! their files; and how they are asked.
//!
//! A line of `tests/cases/queries/NAME.jsonl` is a world (`files`, as for inventories) with the rows that the query
//! `NAME` `finds` there, `with` these values for parameters: lists of texts, ARNs by their ends.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use grantlog::inventory::Inventory;
use grantlog::query::Question;
use grantlog::query::saved::{Queries, SavedQuery};
use grantlog::repl::{Command, Desk, Session, Settings};
use serde_json::Value;

use crate::files;

/// A name without what an ARN has in front.
fn short(name: &str) -> &str {
    if !name.starts_with("arn:") {
        return name;
    }
    let resource = name.splitn(6, ':').nth(5).unwrap_or(name);
    resource.strip_prefix("repository/").unwrap_or(resource)
}

/// What a line is answered, as lines of JSON; what is wrong with it otherwise.
fn asked(desk: &mut Desk<'_>, line: &str) -> Result<Vec<Value>, String> {
    let mut out = Vec::new();
    let jsonl: Command = ".mode jsonl".parse().expect("a command");
    jsonl.carry_out(desk, &mut out).expect("a mode");
    Session::default().line(desk, line, &mut out).map_err(|error| error.told())?;
    let text = String::from_utf8(out).expect("answers are text");
    Ok(text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect())
}

/// What a line shows to a person.
fn shown(queries: &Queries, line: &str) -> String {
    let inventory = Inventory::sample();
    let mut desk = Desk::new(&inventory, Settings::default()).with_queries(queries);
    let mut out = Vec::new();
    match Session::default().line(&mut desk, line, &mut out) {
        Ok(_) => String::from_utf8(out).expect("answers are text"),
        Err(error) => error.told(),
    }
}

#[test]
fn queries_find_what_was_counted_by_hand() {
    let mut differences = String::new();
    let mut seen: BTreeMap<String, [bool; 2]> = BTreeMap::new();
    for case in files::lines("tests/cases/queries") {
        let name = case.place.split('.').next().expect("a file has a name").to_owned();
        let inventory = files::inventory(&case.value);
        let mut desk = Desk::new(&inventory, Settings::default());
        let mut line = format!("run {name}");
        for (parameter, value) in case.value["with"].as_object().into_iter().flatten() {
            let _ = write!(line, " {parameter}={}", value.as_str().expect("a value is a text"));
        }
        let found = asked(&mut desk, &line).unwrap_or_else(|error| panic!("{}: {error}", case.place));
        let row = |row: &Value| -> Vec<String> {
            let texts = row.as_object().expect("a row").iter().filter(|(column, _)| *column != "notes");
            texts.map(|(_, value)| short(value.as_str().expect("a name")).to_owned()).collect()
        };
        // JSON objects here are sorted by their keys, so rows are compared as sets of values.
        let found: BTreeSet<BTreeSet<String>> = found.iter().map(|one| row(one).into_iter().collect()).collect();
        let expected = case.value["finds"].as_array().expect("a case says what is found").iter().map(|row| {
            let texts = row.as_array().expect("a row is a list").iter();
            texts.map(|text| short(text.as_str().expect("a name is a text")).to_owned()).collect()
        });
        let expected: BTreeSet<BTreeSet<String>> = expected.collect();
        seen.entry(name).or_default()[usize::from(expected.is_empty())] = true;
        if found != expected {
            let _ = writeln!(
                differences,
                "{}: {}\n  missing {:?}\n  beyond  {:?}\n",
                case.place,
                case.value["name"],
                expected.difference(&found).collect::<Vec<_>>(),
                found.difference(&expected).collect::<Vec<_>>(),
            );
        }
    }
    for name in Queries::bundled().names() {
        let [finds, fails] = seen.remove(name).unwrap_or_default();
        if !finds || !fails {
            let _ = writeln!(differences, "{name}: finds something: {finds}, finds nothing: {fails}");
        }
    }
    assert!(seen.is_empty(), "cases of no query: {seen:?}");
    assert!(differences.is_empty(), "\n{differences}");
}

/// What is embedded is what lies in the folder: more than twenty files, each with all that belongs to it.
#[test]
fn what_is_embedded_is_right() {
    let mut read = Queries::default();
    for (name, text) in files::below("queries") {
        let text = String::from_utf8(text).expect("a query is text");
        read.add(&name, &text).unwrap_or_else(|error| panic!("{}", error.picture()));
    }
    assert_eq!(&read, Queries::bundled());
    assert!(read.names().count() >= 20);
    for SavedQuery { name, title, meaning, advice, .. } in read.by_severity() {
        assert!(!title.ends_with('.'), "{name}: {title}");
        assert!(meaning.ends_with('.') && advice.ends_with('.'), "{name}");
    }
}

fn wrong(text: &str) -> String {
    let error = Queries::default().add("own/who-pushes.toml", text).expect_err("the text is wrong");
    error.picture()
}

const HEAD: &str = "title = \"t\"\nseverity = \"low\"\nmeaning = \"m\"\nadvice = \"a\"\n";

#[test]
fn wrong_files_are_told_with_their_place() {
    let told = [
        "title = \"t",
        "severity = \"low\"",
        &HEAD.replace("low", "urgent"),
        &format!("{HEAD}question = 'list gaps'\nowner = 'me'"),
        &format!("{HEAD}question = '''\n?- kind(P, user),\n   capable(P, psh, R, _).\n'''"),
        &format!("{HEAD}question = '''\n?- kind(P, user), kindd(P, role).'''"),
        &format!("{HEAD}question = 'who can push in web'"),
        &format!("{HEAD}question = 'what if delete mira'"),
        &format!("{HEAD}question = 'list queries'"),
        &format!("{HEAD}question = 'n(P) :- kind(P, user).'"),
        &format!("{HEAD}question = 'who can push on $where'"),
        &format!("{HEAD}question = 'list gaps'\n[parameters]\nwhere = '*'"),
        &format!("{HEAD}question = '?- name(R, $n), repository(R), visibility(R, $v), like(R).'\n[parameters]\nn = 'a'\nv = 'b'"),
        &HEAD.replace("\"t\"", "\"two\\nlines\"").replace("\"a\"", "\"a\"\nquestion = \"list gaps\""),
    ]
    .map(wrong);
    insta::assert_snapshot!("wrong", told.join("\n\n"));
    let error = Queries::default().add("Who Pushes.toml", HEAD).expect_err("no name");
    assert!(error.picture().contains("cannot be the name of a query"), "{error}");
}

fn own(texts: &[(&str, &str)]) -> Queries {
    let mut queries = Queries::default();
    for (name, rest) in texts {
        queries.add(&format!("{name}.toml"), &format!("{HEAD}{rest}")).unwrap_or_else(|e| panic!("{}", e.picture()));
    }
    queries
}

#[test]
fn own_queries_take_parameters_and_cuts() {
    let queries = own(&[
        (
            "many",
            "question = 'n(R, count(P)) :- capable(P, push, R, _). ?- n(R, N), N >= $least, R like $of.'\n[parameters]\nleast = 30\nof = '*'",
        ),
        (
            "who",
            "question = 'who can $what on $where where kind is user'\n[parameters]\nwhat = 'push'\nwhere = 'tools/cli'",
        ),
    ]);
    let inventory = Inventory::sample();
    let mut desk = Desk::new(&inventory, Settings::default()).with_queries(&queries);
    let mut rows = |line: &str| asked(&mut desk, line).map(|rows| rows.len());
    assert_eq!(rows("run many"), Ok(2));
    assert_eq!(rows("run many least=38"), Ok(1));
    assert_eq!(rows("run many of=storefront/*"), Ok(1));
    assert_eq!(rows("run many limit 1"), Ok(1));
    let all = rows("run who").expect("an answer");
    assert!(all > 1);
    assert_eq!(rows("run who limit 1"), Ok(1));
    assert_eq!(rows("who can push on tools/cli where kind is user"), Ok(all));
    let deleters = rows("who can delete on storefront/api where kind is user");
    assert_eq!(rows("run who what=delete where=storefront/api"), deleters);
    // What stands in a value is a value.
    assert_eq!(rows("run many 'of=x\", R like \"*'"), Ok(0));
    let lines = [
        "run many least=few",
        "run many most=3",
        "run man",
        "run nothing-like-it",
        "run many =3",
        "run many where x",
        "show many",
        "help who",
        "run many count",
        "list queries where severity is low",
        "list queries count",
    ];
    let told = lines.map(|line| format!("> {line}\n{}", shown(&queries, line)));
    insta::assert_snapshot!("asked", told.join("\n"));
}

#[test]
fn findings_stop_when_somebody_has_had_enough() {
    let inventory = Inventory::sample();
    let mut desk = Desk::new(&inventory, Settings::default());
    desk.interrupt().stop();
    let error = asked(&mut desk, "list findings").expect_err("it was interrupted");
    assert!(error.contains("interrupted"), "{error}");
}

/// What is asked after a change is asked of the changed world.
#[test]
fn queries_are_asked_of_the_changed_world() {
    let inventory = Inventory::sample();
    let mut desk = Desk::new(&inventory, Settings::default());
    let mut session = Session::default();
    let mut ask = |line: &str| {
        let mut out = Vec::new();
        session.line(&mut desk, line, &mut out).unwrap_or_else(|error| panic!("{line}: {}", error.told()));
        String::from_utf8(out).expect("answers are text")
    };
    assert!(ask("run anyone-writes").contains("storefront/preview"));
    ask("what if remove policy of storefront/preview");
    assert!(!ask("run anyone-writes").contains("storefront/preview"));
    assert!(!ask("?- capable(P, push, R, V), kind(P, anyone).").contains("storefront/preview"));
}

#[test]
fn questions_about_queries_are_written_as_they_are_read() {
    for line in ["run a", "run a b=c d=e limit 3 count", "run a \"b=c d\" count", "show a", "list findings limit 3"] {
        let question: Question = line.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(question.to_string(), line);
    }
}

#[test]
fn documentation_lists_what_is_embedded() {
    let path = format!("{}/docs/queries.md", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the documentation is there");
    let row = |query: &&SavedQuery| format!("| `{}` | {} | {} |", query.name, query.severity.as_str(), query.title);
    let expected: Vec<String> = Queries::bundled().by_severity().iter().map(row).collect();
    let told: Vec<&str> = text.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(told, expected, "docs/queries.md is to hold\n{}", expected.join("\n"));
}

/// The program run with the queries of a folder: its exit code, and what it tells.
fn told_with(folder: &std::path::Path, line: &str) -> (Option<i32>, String) {
    let mut program = assert_cmd::Command::new(env!("CARGO_BIN_EXE_grantlog"));
    program.env_clear().arg("--queries").arg(folder).args(["-c", line]);
    let output = program.output().expect("the program runs");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code(), text)
}

#[test]
fn own_queries_are_read_from_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, text) = told_with(folder.path(), "list queries");
    assert!(code == Some(2) && text.contains("there are no queries"), "{text}");
    let own = format!("{HEAD}question = 'list accounts'").replace("\"t\"", "\"Mine\"");
    std::fs::write(folder.path().join("gaps.toml"), own).expect("a file");
    let (code, text) = told_with(folder.path(), "show gaps");
    assert!(code == Some(0) && text.contains("Mine") && text.contains("list accounts"), "{text}");
    let (code, text) = told_with(folder.path(), "run users-push count");
    assert!(code == Some(0), "those that come along are there too: {text}");
    std::fs::write(folder.path().join("x.toml"), format!("{HEAD}question = 'who cn push'")).expect("a file");
    let (code, text) = told_with(folder.path(), "list queries");
    assert!(code == Some(2) && text.contains("x.toml:5:17: "), "{text}");
    let (code, text) = told_with(&folder.path().join("elsewhere"), "list queries");
    assert!(code == Some(2) && text.contains("elsewhere"), "{text}");
}

/// The rows of a query are chosen, sorted and counted by its own columns, as if somebody did it by hand.
#[test]
fn run_takes_the_tail_of_other_questions() {
    let inventory = Inventory::sample();
    let mut desk = Desk::new(&inventory, Settings::default());
    let mut rows = |line: &str| asked(&mut desk, line).unwrap_or_else(|error| panic!("{line}: {error}"));
    let text = |row: &Value, column: &str| row[column].as_str().unwrap_or_default().to_owned();
    // Datalog: columns are variables.
    let all = rows("run users-push");
    let storefront: Vec<Value> = all.iter().filter(|row| text(row, "R").ends_with("storefront/web")).cloned().collect();
    assert!(!storefront.is_empty() && storefront.len() < all.len());
    assert_eq!(rows("run users-push where R is storefront/web"), storefront);
    assert_eq!(rows("run users-push where R is storefront/web count")[0]["count"], storefront.len());
    let mut sorted = all.clone();
    sorted.sort_by_key(|row| std::cmp::Reverse(text(row, "R")));
    sorted.truncate(4);
    assert_eq!(rows("run users-push order by R desc limit 4"), sorted);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in &all {
        *counts.entry(text(row, "V")).or_default() += 1;
    }
    let groups: BTreeMap<String, usize> = rows("run users-push group by V")
        .iter()
        .map(|row| (text(row, "V"), row["count"].as_u64().and_then(|count| count.try_into().ok()).unwrap_or(0)))
        .collect();
    assert_eq!(groups, counts);
    // Phrases: columns are those of their answers, and the query's own conditions stay.
    let mut queries = Queries::default();
    let text = "title = 'Pushers'\nseverity = 'info'\nmeaning = 'm'\nadvice = 'a'\n\
        question = 'who can push on storefront/* where kind is user, role limit 3'\n";
    queries.add("pushers.toml", text).expect("it is a query");
    let mut desk = Desk::new(&inventory, Settings::default()).with_queries(&queries);
    let mut rows = |line: &str| asked(&mut desk, line).unwrap_or_else(|error| panic!("{line}: {error}"));
    assert_eq!(rows("run pushers").len(), 3);
    let wanted = rows("who can push on storefront/* where kind is user and verdict is conditional");
    assert!(wanted.len() > 3);
    // A limit is one of what is shown: whoever chooses, chooses among all.
    assert_eq!(rows("run pushers where kind is user and verdict is conditional"), wanted);
    assert_eq!(rows("run pushers where kind is service"), [Value::Null; 0]);
    assert_eq!(rows("run pushers group by kind").len(), 2);
}

/// What a query counts has the columns of its groups.
#[test]
fn groups_of_a_query_are_chosen_too() {
    let mut queries = Queries::default();
    let text = "title = 'Kinds'\nseverity = 'info'\nmeaning = 'm'\nadvice = 'a'\n\
        question = 'who can push on storefront/* group by kind'\n";
    queries.add("kinds.toml", text).expect("it is a query");
    let inventory = Inventory::sample();
    let mut desk = Desk::new(&inventory, Settings::default()).with_queries(&queries);
    let mut rows = |line: &str| asked(&mut desk, line).unwrap_or_else(|error| panic!("{line}: {error}"));
    let all = rows("run kinds");
    let users: Vec<Value> = all.iter().filter(|row| row["kind"] == "user").cloned().collect();
    assert_eq!(users.len(), 1);
    assert_eq!(rows("run kinds where kind is user"), users);
    assert_eq!(rows("run kinds count")[0]["count"], all.len());
    let most = rows("run kinds order by count desc limit 1");
    assert_eq!(most[0]["count"].as_u64(), all.iter().filter_map(|row| row["count"].as_u64()).max());
    let error = asked(&mut desk, "run kinds where verdict is allowed").expect_err("groups have no verdict");
    assert!(error.contains("the fields are kind, count"), "{error}");
}
