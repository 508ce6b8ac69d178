//! The shell's parts: completion, hints, commands.

use grantlog::repl::{Command, Completer, Hinter, Names};

fn names() -> Names {
    let arn = |resource: &str| format!("arn:aws:iam::111122223333:{resource}");
    let repository = |name: &str| format!("arn:aws:ecr-public::111122223333:repository/{name}");
    Names::new(
        vec![
            arn("role/ci/deployer"),
            arn("user/alice"),
            arn("role/auditor"),
            "arn:aws:iam::444455556666:user/alice".to_owned(),
        ],
        vec![repository("storefront/web"), repository("storefront/api")],
        ["push", "pull", "ecr-public:PutImage", "ecr-public:BatchDeleteImage"].map(str::to_owned).to_vec(),
    )
}

fn check(line: &str, expected: &[&str]) {
    let names = names();
    let (_, found) = Completer::new(&names).candidates(line, line.len());
    assert_eq!(found, expected, "{line}");
}

#[test]
fn words_complete_by_their_place() {
    check("wh", &["who", "who-can", "what", "what-can", "which", "why", "why-not"]);
    check("who can push on web wh", &["where"]);
    check("who can push on web where ver", &["verdict"]);
    check("who can push on web where verdict is al", &["allowed"]);
    check("how can alice become dep", &["deployer"]);
    check("who can pu", &["PutImage", "pull", "push"]);
    check("who can putim", &["PutImage"]);
    check("who can push on sto", &["storefront/api", "storefront/web"]);
    check("who can push on w", &["web"]);
    check("can dep", &["deployer"]);
    check("can role/ci", &["role/ci/deployer"]);
    check("can arn:aws:iam::111122223333:role/a", &["arn:aws:iam::111122223333:role/auditor"]);
    check("list re", &["repositories"]);
    check("help con", &["context"]);
    check(".mo", &[".mode"]);
    check(".mode js", &["jsonl", "json"]);
}

#[test]
fn fragments_of_names_complete_to_names_with_their_letters() {
    check("can cdep", &["role/ci/deployer"]);
    check("who can push on stweb", &["storefront/web"]);
    check("who can push on qqq", &[]);
}

#[test]
fn datalog_completes_relations_and_what_columns_hold() {
    check("?- vis", &["visibility("]);
    check("?- principal(P), cap", &["capable("]);
    check("?- capable(P, pu", &["pull", "push"]);
    check("?- capable(P, push, storefront/w", &["web"]);
    check("?- capable(\"aud", &["\"auditor\""]);
    check("?- capable(P, push, R, a", &["allowed"]);
    check("?- not kind(P, ro", &["role", "root"]);
    check("wide(P) :- capable(P, push, R, _), visibility(R, pub", &["public"]);
}

#[test]
fn a_blank_that_is_longer_than_a_byte_parts_words() {
    check("\u{a0}.mo", &[".mode"]);
    check(".mode\u{3000}js", &["jsonl", "json"]);
}

#[test]
fn a_name_that_two_share_completes_to_both_in_full() {
    check("can ali", &["arn:aws:iam::111122223333:user/alice", "arn:aws:iam::444455556666:user/alice"]);
}

#[test]
fn hints_tell_what_is_wanted() {
    let names = names();
    let shown = |line: &str| Hinter::new(&names).rest(line).map(|hint| (hint.shown, hint.is_text));
    assert_eq!(shown("who can "), Some(("ACTION".to_owned(), false)));
    assert_eq!(shown("who can push on storefront/w"), Some(("eb".to_owned(), true)));
    assert_eq!(shown(""), None);
}

#[test]
fn of_a_hundred_thousand_names_none_is_offered_that_is_not_meant() {
    let principals = (0..100_000).map(|number| format!("arn:aws:iam::{:012}:role/team/service-{number}", number % 300));
    let names = Names::new(principals.collect(), Vec::new(), Vec::new());
    let completer = Completer::new(&names);
    assert!(completer.candidates("can zzz", 7).1.is_empty());
    assert_eq!(completer.candidates("can service-99999", 17).1.len(), 1);
}

#[test]
fn commands_are_read() {
    assert!(".context aws:SourceIp=1.2.3.4".parse::<Command>().is_ok());
    assert!(".mode csv".parse::<Command>().is_ok());
    assert_eq!(".quit".parse::<Command>(), Ok(Command::Quit));
    for line in [".load a b", ".reload", ".read f", ".save f", ".output", ".output f", ".graph f web", ".timer on"] {
        assert!(line.parse::<Command>().is_ok(), "{line}");
    }
    assert!(".schema".parse::<Command>().is_ok() && ".rules clear".parse::<Command>().is_ok());
    let error = |line: &str| line.parse::<Command>().expect_err("it is no command").to_string();
    insta::assert_snapshot!(error(".read"), @"expected `.read FILE`");
    insta::assert_snapshot!(error(".mode xml"), @"the formats are table, jsonl, json, csv, markdown");
    insta::assert_snapshot!(error(".context nonsense"), @"expected KEY=VALUE, found `nonsense`");
    insta::assert_snapshot!(error(".strict maybe"), @"expected `.strict on` or `.strict off`");
    insta::assert_snapshot!(error(".\u{1b}[2Jx"), @"`.x` is no command; see .help");
}
