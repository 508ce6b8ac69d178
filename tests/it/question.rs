//! The question language: what lines mean, and how wrong ones are told.

use grantlog::query::{Cell, Listing, Question, Slot, outline};
use proptest::prelude::*;

fn check(line: &str, canonical: &str) {
    let question: Question = line.parse().unwrap_or_else(|error| panic!("{line}: {error:?}"));
    assert_eq!(question.to_string(), canonical, "{line}");
}

fn wrong(line: &str) -> String {
    line.parse::<Question>().expect_err("the line is no question").picture(line)
}

#[test]
fn a_question_has_many_spellings() {
    check("who can push on storefront/web", "who can push on storefront/web");
    check("who-can push storefront/web", "who can push on storefront/web");
    check("WHO CAN push storefront/web ?", "who can push on storefront/web");
    check("what can role/deployer do", "what can role/deployer do");
    check("what-can role/deployer storefront/*", "what can role/deployer do on storefront/*");
    check("what can role/deployer do on storefront/web", "what can role/deployer do on storefront/web");
    check("can alice push on web", "can alice push on web");
    check("can alice ecr-public:PutImage web", "can alice ecr-public:PutImage on web");
    check("why can't alice push web", "why can alice push on web");
    check("why cannot alice push on web", "why can alice push on web");
    check("why alice push web", "why can alice push on web");
    check("  graph  ", "graph");
    check("facts", "facts");
    check("summary", "summary");
    check("list gaps", "list gaps");
    check("help", "help");
    check("help context", "help context");
}

#[test]
fn a_name_with_blanks_goes_between_quotes() {
    check("can 'account 444455556666' push web", "can \"account 444455556666\" push on web");
    check(r#"can "a \"b\" \\c" push web"#, r#"can "a \"b\" \\c" push on web"#);
    check("can 'on' push web", "can \"on\" push on web");
}

#[test]
fn wrong_lines_are_underlined_where_they_go_wrong() {
    insta::assert_snapshot!(wrong(""), @r"
    expected a question
      hint: write `help` to see what can be asked
    ");
    insta::assert_snapshot!(wrong("whocan push web"), @r"
    `whocan` begins no question
      whocan push web
      ^^^^^^
      hint: did you mean `who can ACTION on REPOSITORY`?
    ");
    insta::assert_snapshot!(wrong("delete everything"), @r"
    `delete` begins no question
      delete everything
      ^^^^^^
      hint: a question begins with who, what, can, why, list, summary, graph, facts or help
    ");
    insta::assert_snapshot!(wrong("who push web"), @r"
    expected `can`, found `push`
      who push web
          ^^^^
      hint: write `who can ACTION on REPOSITORY`
    ");
    insta::assert_snapshot!(wrong("who can push on "), @r"
    expected a repository
      who can push on 
                     ^
      hint: write `who can ACTION on REPOSITORY`
    ");
    insta::assert_snapshot!(wrong("can alice push on web now please"), @r"
    the question ends before this
      can alice push on web now please
                            ^^^^^^^^^^
      hint: write `can PRINCIPAL ACTION on REPOSITORY`
    ");
    insta::assert_snapshot!(wrong("why can't alice"), @r"
    expected an action or capability
      why can't alice
                     ^
      hint: write `why can PRINCIPAL ACTION on REPOSITORY`
    ");
    insta::assert_snapshot!(wrong("list cars"), @r"
    `cars` is nothing to list
      list cars
           ^^^^
      hint: write `list accounts, principals, repositories, actions, diagnostics or gaps`
    ");
    insta::assert_snapshot!(wrong("can \"alice push web"), @r#"
    the quote is not closed
      can "alice push web
          ^^^^^^^^^^^^^^^
      hint: close it with "
    "#);
    insta::assert_snapshot!(wrong("who can \u{1b}[31m\u{e9}"), @r"
    expected a repository
      who can  [31mé
                    ^
      hint: write `who can ACTION on REPOSITORY`
    ");
}

#[test]
fn an_unfinished_line_says_what_may_follow() {
    let next = |line: &str| outline(line).next;
    assert!(next("").contains(&Slot::Keyword("who-can")));
    assert_eq!(next("who "), [Slot::Keyword("can")]);
    assert_eq!(next("who can "), [Slot::Action]);
    assert_eq!(next("who can push "), [Slot::Keyword("on"), Slot::Repository]);
    assert_eq!(next("who can push on "), [Slot::Repository]);
    assert_eq!(next("what can alice "), [Slot::Keyword("do"), Slot::Keyword("on"), Slot::Repository]);
    assert!(next("why ").contains(&Slot::Principal));
    assert_eq!(next("list "), [Slot::Listing]);
    assert!(next("nonsense ").is_empty());
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z:/*?\"' \\\\]{1,12}", "on|do|can|\\?", "arn:aws:iam::[0-9]{12}:role/[a-z]{3}", "\\PC{1,6}"]
        .prop_filter("a name has something to see", |name: &String| !name.trim().is_empty())
}

fn question() -> impl Strategy<Value = Question> {
    let cell =
        || (name(), name(), name()).prop_map(|(principal, action, repository)| Cell { principal, action, repository });
    prop_oneof![
        (name(), name()).prop_map(|(action, repository)| Question::WhoCan { action, repository }),
        (name(), proptest::option::of(name()))
            .prop_map(|(principal, repository)| Question::WhatCan { principal, repository }),
        cell().prop_map(Question::Can),
        cell().prop_map(Question::Why),
        (0..Listing::ALL.len()).prop_map(|at| Question::List(Listing::ALL[at])),
        proptest::option::of(name()).prop_map(Question::Help),
    ]
}

proptest! {
    #[test]
    fn printing_and_parsing_a_question_is_identity(question in question()) {
        prop_assert_eq!(question.to_string().parse::<Question>(), Ok(question));
    }

    #[test]
    fn no_line_makes_the_parser_panic(line in "\\PC{0,40}|(who|can|why|list|on|do|\"|'| |\\\\|é){0,12}") {
        let outline = outline(&line);
        if let Err(error) = line.parse::<Question>() {
            prop_assert!(line.trim().is_empty() || error.picture(&line).contains('^'));
        }
        for (span, _) in outline.words {
            prop_assert!(line.get(span).is_some());
        }
    }
}
