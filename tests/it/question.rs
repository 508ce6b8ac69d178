//! The question language: what lines mean, and how wrong ones are told.

use grantlog::query::saved::Queries;
use grantlog::query::{
    Attribute, Cell, Comparison, Edit, Field, Filter, Grain, Listing, Order, Question, SetExpression, Side, Slot, Tail,
    Vocabulary, outline,
};
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
    check("what if attach Push to alice", "what if attach Push to alice");
    check("WHAT IF detach Push from alice ?", "what if detach Push from alice");
    check("what if set policy of web to new.json", "what if set policy of web to new.json");
    check("what if remove policy of web", "what if remove policy of web");
    check(
        "what if remove statement 2 of trust policy of role/a ?",
        "what if remove statement 2 of \"trust policy of role/a\"",
    );
    check("what if add statement '{\"Effect\": 1}' to web", r#"what if add statement "{\"Effect\": 1}" to web"#);
    check("what if add alice to builders", "what if add alice to builders");
    check("what if remove alice from builders ?", "what if remove alice from builders");
    check("what if remove \"policy\" from builders", "what if remove \"policy\" from builders");
    check("what if set boundary of role/a to Limits", "what if set boundary of role/a to Limits");
    check("what if remove boundary of role/a", "what if remove boundary of role/a");
    check("what if delete alice", "what if delete alice");
    check("what if tag alice team=a=b", "what if tag alice team=a=b");
    check("what if tag alice team=", "what if tag alice team=");
    check("what if untag alice team", "what if untag alice team");
    check("what changed", "what changed");
    check("what changed by action", "what changed by action");
    check("list changes", "list changes");
    check("undo", "undo");
    check("undo all", "undo all");
    check("help", "help");
    check("help context", "help context");
    check("who can push, pull on web, api", "who can push, pull on web, api");
    check("who can push , pull on web , api", "who can push, pull on web, api");
    check("which repositories can role/ci push on", "which repositories can role/ci push");
    check("how can alice become role/admin ?", "how can alice become role/admin");
    check("why alice push, pull web, api", "why can alice push, pull on web, api");
}

/// Sets of these names were given, and the queries that come along are known.
fn session() -> Vocabulary {
    let sets = [("deployers", Side::Principal), ("admins", Side::Principal), ("open", Side::Repository)];
    let sets = sets.map(|(name, side)| (name.to_owned(), side)).into();
    Vocabulary { sets, queries: Queries::bundled().columns() }
}

fn check_in_session(line: &str, canonical: &str) {
    let question = Question::parse(line, &session()).unwrap_or_else(|error| panic!("{}", error.picture(line)));
    assert_eq!(question.to_string(), canonical, "{line}");
}

#[test]
fn rows_are_chosen_sorted_and_counted() {
    let who = "who can push on *";
    for (tail, canonical) in [
        ("where verdict is allowed", "where verdict is allowed"),
        ("where verdict allowed", "where verdict is allowed"),
        ("where verdict = allowed, conditional", "where verdict is allowed, conditional"),
        ("where kind is not role", "where not kind is role"),
        ("where kind != role", "where not kind is role"),
        ("where not kind != role", "where kind is role"),
        ("where account 111122223333", "where principal account is 111122223333"),
        ("where repository account is 111122223333", "where repository account is 111122223333"),
        ("where resource like prod/*", "where repository is prod/*"),
        ("where tag team is payments", "where principal tag team is payments"),
        ("where repository tag 'cost centre' is 7", "where repository tag \"cost centre\" is 7"),
        ("where through role/ci and outside the organization", "where through is role/ci and outside the organization"),
        ("where inside organization or public", "where not outside the organization or public"),
        ("where private and (kind user or kind role)", "where not public and (kind is user or kind is role)"),
        ("where not (kind user and path /ci/)", "where not (kind is user and principal path is /ci/)"),
        ("where principal in deployers", "where principal in deployers"),
        ("where principal not in deployers", "where not principal in deployers"),
        (
            "where principal in (deployers - who can push on prod/* where kind is role)",
            "where principal in (deployers - (who can push on prod/* where kind is role))",
        ),
        ("group by account, verdict", "group by principal account, verdict"),
        ("group by account order by count desc limit 3", "group by principal account order by count desc limit 3"),
        ("order by verdict, principal desc limit 10", "order by verdict, principal desc limit 10"),
        ("where unit is prod count", "where principal unit is prod count"),
    ] {
        check_in_session(&format!("{who} {tail}"), &format!("{who} {canonical}"));
    }
    check_in_session(
        "which repositories can a push where account is b",
        "which repositories can a push where repository account is b",
    );
    check_in_session(
        "list principals where account is b and policies > 3",
        "list principals where account is b and policies > 3",
    );
    check_in_session("list accounts where path like r-*", "list accounts where path is r-*");
    check_in_session("deployers - admins where account is b", "deployers - admins where account is b");
    check_in_session("(deployers + admins) & deployers", "(deployers + admins) & deployers");
    check_in_session("let few = deployers - admins", "let few = deployers - admins");
    check_in_session("let few = list principals where path is /ci/", "let few = list principals where path is /ci/");
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
      hint: a question begins with who, what, which, can, why, how, list, run, show, let, undo, summary, graph, facts or help
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
      hint: write `list accounts, principals, repositories, policies, actions, diagnostics, gaps, sets, queries, findings or changes`
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
fn wrong_tails_are_underlined_too() {
    let wrong = |line: &str| Question::parse(line, &session()).expect_err("the line is no question").picture(line);
    insta::assert_snapshot!(wrong("who can push on * where knd is role"), @r"
    `knd` is no field here
      who can push on * where knd is role
                              ^^^
      hint: did you mean `kind`?
    ");
    insta::assert_snapshot!(wrong("who can push on * wher kind is role"), @r"
    the question ends before this
      who can push on * wher kind is role
                        ^^^^^^^^^^^^^^^^^
      hint: did you mean `where`?
    ");
    insta::assert_snapshot!(wrong("who can push on * where colour is red"), @r"
    `colour` is no field here
      who can push on * where colour is red
                              ^^^^^^
      hint: the fields are principal, kind, action, repository, verdict, through, condition, account, unit, organization, path, tag
    ");
    insta::assert_snapshot!(wrong("who can push on * where kind is"), @r"
    expected what `kind` is to be
      who can push on * where kind is
                                     ^
      hint: write `where FIELD is VALUE and FIELD is not VALUE`
    ");
    insta::assert_snapshot!(wrong("who can push on * where (kind is role"), @r"
    expected `)`
      who can push on * where (kind is role
                                           ^
      hint: write `where FIELD is VALUE and FIELD is not VALUE`
    ");
    insta::assert_snapshot!(wrong("who can push on * order by kind limit few"), @r"
    `few` is no whole number
      who can push on * order by kind limit few
                                            ^^^
      hint: write `limit NUMBER`
    ");
    insta::assert_snapshot!(wrong("who can push on * group by account order by kind"), @r"
    groups are not sorted by `kind`: it is none of their fields
      who can push on * group by account order by kind
                                                  ^^^^
      hint: write `order by FIELD desc, FIELD`
    ");
    insta::assert_snapshot!(wrong("who can push on * where principal in deploiers"), @r"
    no set is called `deploiers`
      who can push on * where principal in deploiers
                                           ^^^^^^^^^
      hint: the sets are admins, deployers, open
    ");
    insta::assert_snapshot!(wrong("run users-push where q is allowed"), @r"
    `q` is no field here
      run users-push where q is allowed
                           ^
      hint: did you mean `P`?
    ");
    insta::assert_snapshot!(wrong("run users-push where account is 111122223333"), @r"
    `account` is no field here
      run users-push where account is 111122223333
                           ^^^^^^^
      hint: the fields are P, R, V
    ");
    insta::assert_snapshot!(wrong("run user-push where P is mira"), @r"
    no query is called `user-push`
      run user-push where P is mira
          ^^^^^^^^^
      hint: `list queries` shows all of them
    ");
    insta::assert_snapshot!(wrong("open where kind is role"), @r"
    `kind` is no field here
      open where kind is role
                 ^^^^
      hint: the fields are member, account, unit, organization, path, tag
    ");
    insta::assert_snapshot!(wrong("let who = deployers"), @r"
    `who` cannot be the name of a set
      let who = deployers
          ^^^
      hint: write `let NAME = who can ACTION on REPOSITORY`
    ");
    insta::assert_snapshot!(wrong("let few = list actions"), @r"
    this finds neither principals nor repositories
      let few = list actions
                ^^^^
      hint: write `list accounts, principals, repositories, policies, actions, diagnostics, gaps, sets, queries, findings or changes`
    ");
    insta::assert_snapshot!(wrong("list gaps where tag a is b"), @r"
    `tag` is no field here
      list gaps where tag a is b
                      ^^^
      hint: the fields are kind, account, missing
    ");
    let deep = format!("who can push on * where {}kind is role", "(".repeat(100));
    assert!(wrong(&deep).starts_with("this is nested more than 64 deep"));
    let deep = "list principals where principal in ".repeat(100_000);
    assert!(wrong(&deep).starts_with("this is nested more than 64 deep"));
    let long = format!("deployers{}", " - deployers".repeat(100_000));
    assert!(wrong(&long).starts_with("more than 64 sets are joined"));
}

#[test]
fn an_unfinished_line_says_what_may_follow() {
    let next = |line: &str| outline(line, &Vocabulary::default()).next;
    assert!(next("").contains(&Slot::Keyword("who-can")));
    assert_eq!(next("who "), [Slot::Keyword("can")]);
    assert_eq!(next("who can "), [Slot::Action]);
    assert_eq!(next("who can push "), [Slot::Keyword(","), Slot::Keyword("on"), Slot::Repository]);
    assert_eq!(next("who can push on "), [Slot::Repository]);
    assert!(next("what can alice ").starts_with(&[Slot::Keyword("do"), Slot::Keyword("on"), Slot::Repository]));
    assert!(next("why ").contains(&Slot::Principal));
    assert_eq!(next("list "), [Slot::Keyword("changes"), Slot::Listing]);
    assert_eq!(next("what "), [Slot::Keyword("if"), Slot::Keyword("changed"), Slot::Keyword("can")]);
    assert_eq!(next("what if attach "), [Slot::Policy]);
    let after_remove = ["policy", "boundary", "statement"].map(Slot::Keyword);
    assert_eq!(next("what if remove "), [after_remove.as_slice(), &[Slot::Principal]].concat());
    assert_eq!(next("what if remove alice from "), [Slot::Group]);
    assert_eq!(next("what if detach x from "), [Slot::Principal]);
    assert_eq!(next("what if remove statement 1 of "), [Slot::Policy]);
    assert!(next("nonsense ").is_empty());
    assert!(next("who can push on web ").contains(&Slot::Keyword("where")));
    assert!(next("who can push on web where ").contains(&Slot::Keyword("verdict")));
    assert!(next("who can push on web where verdict is ").contains(&Slot::Value("verdict")));
    assert!(next("who can push on web where tag ").contains(&Slot::TagKey));
    assert_eq!(next("how can alice become "), [Slot::Principal]);
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z:/*?\"' \\\\]{1,12}", "on|do|can|\\?", "arn:aws:iam::[0-9]{12}:role/[a-z]{3}", "\\PC{1,6}"]
        .prop_filter("a name has something to see", |name: &String| !name.trim().is_empty())
}

fn names() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(name(), 1..3)
}

fn field() -> impl Strategy<Value = Field> {
    let side = || prop_oneof![Just(Side::Principal), Just(Side::Repository)].prop_map(Some);
    let column = prop_oneof![Just("principal"), Just("kind"), Just("repository"), Just("verdict"), Just("through")];
    prop_oneof![
        column.prop_map(|name| Field { side: None, attribute: Attribute::Column(name) }),
        (side(), prop_oneof![Just(Attribute::Account), Just(Attribute::Unit), Just(Attribute::Path)])
            .prop_map(|(side, attribute)| Field { side, attribute }),
        (side(), name()).prop_map(|(side, key)| Field { side, attribute: Attribute::Tag(key) }),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    let comparison = prop_oneof![Just(Comparison::Is), Just(Comparison::More), Just(Comparison::AtMost)];
    let set = |name: &str| Box::new(SetExpression::Named(name.to_owned()));
    let one = prop_oneof![
        4 => (field(), comparison, names()).prop_map(|(field, how, values)| Filter::Compares(field, how, values)),
        1 => field().prop_map(move |field| Filter::In(field, *set("admins"))),
        1 => field().prop_map(move |field| Filter::In(field, SetExpression::Without(set("admins"), set("deployers")))),
        1 => Just(Filter::Public),
        1 => Just(Filter::Outside),
    ];
    one.prop_recursive(3, 12, 3, |inner| {
        let several = || proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            several().prop_map(Filter::All),
            several().prop_map(Filter::Any),
            inner
                .clone()
                .prop_filter("nobody says not twice", |filter| !matches!(filter, Filter::Not(_)))
                .prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

fn tail() -> impl Strategy<Value = Tail> {
    let order = (field(), any::<bool>()).prop_map(|(field, descending)| Order { field, descending });
    let orders = proptest::collection::vec(order, 0..3);
    let limit = proptest::option::of(0_usize..1000);
    (proptest::option::of(filter()), orders, limit, any::<bool>()).prop_map(|(filter, order, limit, count)| Tail {
        filter,
        group: Vec::new(),
        order,
        limit,
        count,
    })
}

fn question() -> impl Strategy<Value = Question> {
    let cell = || {
        (name(), names(), names()).prop_map(|(principal, actions, repositories)| Cell {
            principal,
            actions,
            repositories,
        })
    };
    prop_oneof![
        (names(), names()).prop_map(|(actions, repositories)| Question::WhoCan {
            actions,
            repositories,
            tail: Tail::default()
        }),
        (names(), names(), tail()).prop_map(|(actions, repositories, tail)| Question::WhoCan {
            actions,
            repositories,
            tail
        }),
        (name(), proptest::collection::vec(name(), 0..3)).prop_map(|(principal, repositories)| Question::WhatCan {
            principal,
            repositories,
            tail: Tail::default()
        }),
        (name(), names()).prop_map(|(principal, actions)| Question::Which {
            principal,
            actions,
            tail: Tail::default()
        }),
        (name(), name()).prop_map(|(principal, role)| Question::How { principal, role }),
        cell().prop_map(|cell| Question::Can(cell, Tail::default())),
        cell().prop_map(Question::Why),
        (0..Listing::ALL.len()).prop_map(|at| Question::List(Listing::ALL[at], Tail::default())),
        proptest::option::of(name()).prop_map(Question::Help),
        edit().prop_map(Question::WhatIf),
        prop_oneof![Just(Grain::Capabilities), Just(Grain::Actions)].prop_map(Question::WhatChanged),
        Just(Question::Changes),
        any::<bool>().prop_map(|all| Question::Undo { all }),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    let key = || name().prop_filter("a key holds no equals sign", |key| !key.contains('='));
    prop_oneof![
        (name(), name()).prop_map(|(policy, principal)| Edit::Attach { policy, principal }),
        (name(), name()).prop_map(|(policy, principal)| Edit::Detach { policy, principal }),
        (name(), name()).prop_map(|(repository, file)| Edit::SetPolicy { repository, file }),
        name().prop_map(|repository| Edit::RemovePolicy { repository }),
        (name(), name()).prop_map(|(statement, to)| Edit::AddStatement { statement, to }),
        (name(), name()).prop_map(|(statement, policy)| Edit::RemoveStatement { statement, policy }),
        name().prop_map(|principal| Edit::Delete { principal }),
        (name(), key(), name()).prop_map(|(of, key, value)| Edit::Tag { of, key, value }),
        (name(), name()).prop_map(|(of, key)| Edit::Untag { of, key }),
    ]
}

proptest! {
    #[test]
    fn printing_and_parsing_a_question_is_identity(question in question()) {
        prop_assert_eq!(Question::parse(&question.to_string(), &session()), Ok(question));
    }

    #[test]
    fn no_line_makes_the_parser_panic(line in "\\PC{0,40}|(who|can|why|list|what|if|changed|tag|remove|statement|of|on|do|\"|'| |\\\\|é){0,12}") {
        let outline = outline(&line, &Vocabulary::default());
        if let Err(error) = line.parse::<Question>() {
            prop_assert!(line.trim().is_empty() || error.picture(&line).contains('^'));
        }
        for (span, _) in outline.words {
            prop_assert!(line.get(span).is_some());
        }
    }
}
