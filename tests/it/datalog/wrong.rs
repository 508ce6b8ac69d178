//! How wrong texts are told, and that none does harm.

use grantlog::query::datalog::{Limits, Program, QueryError, Rules};
use proptest::prelude::*;

use super::with_sample;
use crate::random::cases;

fn wrong(text: &str) -> String {
    with_sample(|relations| match relations.query(&Rules::new(), text, Limits::default()) {
        Ok(table) => panic!("{text}: {table:?}"),
        Err(QueryError::Text(error)) => error.picture(),
        Err(error) => format!("{error}\n  hint: {}", error.hint().unwrap_or_default()),
    })
}

#[test]
fn names_and_columns_are_told() {
    insta::assert_snapshot!(wrong("?- acount(P, A)."), @r"
    there is no relation called `acount`
      ?- acount(P, A).
         ^^^^^^
      hint: did you mean `account`?
    ");
    insta::assert_snapshot!(wrong("?- account(P)."), @r"
    `account` has 2 columns, not 1
      ?- account(P).
         ^^^^^^^^^^
      hint: it is `account(of, account)`
    ");
    insta::assert_snapshot!(wrong("?- kind(P, roles)."), @r"
    no kind is called `roles`
      ?- kind(P, roles).
                 ^^^^^
      hint: write one of `user`, `role`, `session`, `federated-user`, `root`, `service`, `identity-provider`, `account`, `anyone`, `anonymous`
    ");
    insta::assert_snapshot!(wrong("?- boundary(\"user/mirra\", X)."), @r#"
    no principal is called `user/mirra`
      ?- boundary("user/mirra", X).
                  ^^^^^^^^^^^^
      hint: did you mean `arn:aws:iam::111122223333:user/petra` or `arn:aws:iam::111122223333:user/vera` or `arn:aws:iam::111122223333:user/greta`?
    "#);
    insta::assert_snapshot!(wrong("?- boundary(\"developers/*\", X)."), @r#"
    `developers/*` is the name of more than one principal
      ?- boundary("developers/*", X).
                  ^^^^^^^^^^^^^^
      hint: a value is one principal; for all that match, give a variable to `like`: X like "developers/*"
    "#);
    insta::assert_snapshot!(wrong("?- unit(111122223334, U)."), @r"
    no account is called `111122223334`
      ?- unit(111122223334, U).
              ^^^^^^^^^^^^
      hint: did you mean `111122223333`?
    ");
    insta::assert_snapshot!(wrong("?- possible(P, \"ecr:PutImages\", R)."), @r#"
    no action is called `ecr:PutImages`
      ?- possible(P, "ecr:PutImages", R).
                     ^^^^^^^^^^^^^^^
      hint: did you mean `ecr:PutImageScanningConfiguration` or `ecr:PutImage` or `ecr:ListImages`?
    "#);
    insta::assert_snapshot!(wrong("?- member(P, developer)."), @r"
    no group is called `developer`
      ?- member(P, developer).
                   ^^^^^^^^^
      hint: did you mean `arn:aws:iam::111122223333:group/storefront-developers` or `arn:aws:iam::444455556666:group/developers`?
    ");
}

#[test]
fn syntax_is_told() {
    insta::assert_snapshot!(wrong(""), @r#"
    expected a rule or a question, found the end
      hint: write `?- account(P, "111122223333"), kind(P, role).`
    "#);
    insta::assert_snapshot!(wrong("?- boundary(role/deployer, X)."), @r#"
    a name with such signs is no word
      ?- boundary(role/deployer, X).
                  ^^^^^^^^^^^^^
      hint: write it between quotes: "role/deployer"
    "#);
    insta::assert_snapshot!(wrong("?- repository(R) visibility(R, V)."), @r"
    expected `,` or the end, found `visibility`
      ?- repository(R) visibility(R, V).
                       ^^^^^^^^^^
      hint: commas join conditions; a question stands last, and alone
    ");
    insta::assert_snapshot!(wrong("?- repository(R, kind(P, K)."), @r"
    expected `)`, found `(`
      ?- repository(R, kind(P, K).
                           ^
      hint: close the brackets
    ");
    insta::assert_snapshot!(wrong("?- n(R, count(P))."), @r"
    a count stands in the head of a rule
      ?- n(R, count(P)).
                   ^
      hint: `pushers(R, count(P)) :- capable(P, push, R, _). ?- pushers(R, N).`
    ");
    insta::assert_snapshot!(wrong("?- repository(\"R)."), @r#"
    the quote is not closed
      ?- repository("R).
                    ^^^^
      hint: close it with "
    "#);
    insta::assert_snapshot!(wrong("?- repository(R), R like S."), @r#"
    expected a pattern between quotes behind `like`
      ?- repository(R), R like S.
                               ^
      hint: `R like "storefront/*"`: * stands for any characters, ? for one
    "#);
    insta::assert_snapshot!(wrong("p(R) :- repository(R)\n?- p(R)."), @r"
    expected `,` or `.`, found `?-`
      ?- p(R).
      ^^
      hint: a rule ends with a full stop: `colleagues(P, Q) :- account(P, A), account(Q, A).`
    ");
    insta::assert_snapshot!(wrong("p(count(\"x\")) :- repository(R). ?- p(N)."), @r#"
    only a variable can be counted
      p(count("x")) :- repository(R). ?- p(N).
              ^^^
      hint: `pushers(R, count(P)) :- possible(P, "ecr:PutImage", R).` counts the values of P for each R
    "#);
    insta::assert_snapshot!(wrong("?- repository(R). p(R) :- repository(R)."), @r"
    expected `,` or the end, found `p`
      ?- repository(R). p(R) :- repository(R).
                        ^
      hint: commas join conditions; a question stands last, and alone
    ");
    insta::assert_snapshot!(wrong("p(R) :- repository(R)."), @r"
    the text has no question
      hint: a question begins with ?-
    ");
}

#[test]
fn what_cannot_be_answered_is_told() {
    insta::assert_snapshot!(wrong("?- repository(R), not possible(P, \"ecr:PutImage\", R)."), @r#"
    nothing gives `P` a value
      ?- repository(R), not possible(P, "ecr:PutImage", R).
                                     ^
      hint: a relation that holds gives a variable its values: add one, for example `principal(P)`; `_` is some value
    "#);
    insta::assert_snapshot!(wrong("p(P, R) :- repository(R). ?- p(P, R)."), @r"
    nothing gives `P` a value
      p(P, R) :- repository(R). ?- p(P, R).
        ^
      hint: a relation that holds gives a variable its values: add one; `_` is some value
    ");
    insta::assert_snapshot!(wrong("?- repository(R), N > 3."), @r"
    nothing gives `N` a value
      ?- repository(R), N > 3.
                        ^
      hint: a relation that holds gives a variable its values: add one; `_` is some value
    ");
    insta::assert_snapshot!(wrong("p(P) :- principal(P), not q(P).\nq(P) :- principal(P), not p(P).\n?- p(P)."), @r"
    `p` depends on its own negation
      p(P) :- principal(P), not q(P).
                                ^^^^
      hint: `p` needs `q`, which needs `p` again
    ");
    insta::assert_snapshot!(wrong("n(A, count(N)) :- n(A, N). ?- n(A, N)."), @r"
    `n` depends on its own count
      n(A, count(N)) :- n(A, N). ?- n(A, N).
                        ^^^^^^^
      hint: `n` must be known before it can be asked for here
    ");
    insta::assert_snapshot!(wrong("repository(R) :- visibility(R, _). ?- repository(R)."), @r"
    `repository` is a relation already
      repository(R) :- visibility(R, _). ?- repository(R).
      ^^^^^^^^^^
      hint: give what the rule defines another name
    ");
    insta::assert_snapshot!(wrong("p(R) :- repository(R). p(R, A) :- repository(R), account(R, A). ?- p(R)."), @r"
    `p` is defined with 2 columns and with 1
      p(R) :- repository(R). p(R, A) :- repository(R), account(R, A). ?- p(R).
                             ^
      hint: rules of one name define one relation: `p` has 1 column elsewhere
    ");
}

#[test]
fn types_that_disagree_are_told() {
    insta::assert_snapshot!(wrong("?- kind(P, K), visibility(P, V)."), @r"
    `P` is a principal in `kind`, and a repository in `visibility`
      ?- kind(P, K), visibility(P, V).
                                ^
      hint: one of them means something else: use another variable, or another relation
    ");
    insta::assert_snapshot!(wrong("p(X) :- boundary(X, _). ?- p(R), repository(R)."), @r"
    `R` is a principal in `boundary`, and a repository in `repository`
      p(X) :- boundary(X, _). ?- p(R), repository(R).
                                                  ^
      hint: one of them means something else: use another variable, or another relation
    ");
    insta::assert_snapshot!(wrong("?- account(X, A)."), @r"
    `X` may be a principal or a repository
      ?- account(X, A).
                 ^
      hint: say which by another condition, for example `principal(X)`
    ");
    insta::assert_snapshot!(wrong("?- account(\"mira\", A)."), @r#"
    `mira` may be a principal or a repository
      ?- account("mira", A).
                 ^^^^^^
      hint: say which: `X = "mira", principal(X)`
    "#);
    insta::assert_snapshot!(wrong("?- principal(P), principal(Q), P < Q."), @r"
    `P` is a principal, and only numbers and texts have an order
      ?- principal(P), principal(Q), P < Q.
                                     ^^^^^
      hint: compare with `=` or `!=`
    ");
    insta::assert_snapshot!(wrong("?- repository(12)."), @r"
    `12` is written in digits, and a repository in `repository`
      ?- repository(12).
                    ^^
      hint: one of them means something else: use another variable, or another relation
    ");
    insta::assert_snapshot!(wrong("?- place(S, F, N), N like \"1*\"."), @r#"
    `N` is a number, and has no letters
      ?- place(S, F, N), N like "1*".
                         ^
    "#);
    insta::assert_snapshot!(wrong("?- principal(P), repository(R), P = R."), @r"
    `R` is a repository in `repository`, and a principal in `principal`
      ?- principal(P), repository(R), P = R.
                                          ^
      hint: one of them means something else: use another variable, or another relation
    ");
}

#[test]
fn question_that_derives_too_much_ends() {
    with_sample(|relations| {
        let limits = Limits { rows: 100 };
        let error = relations.query(&Rules::new(), "?- possible(P, A, R).", limits).expect_err("there are more");
        assert_eq!(error, QueryError::TooMany { rows: 100 });
        let error = relations.query(&Rules::new(), "?- says(S, P, A, R).", limits).expect_err("there are more");
        assert_eq!(error, QueryError::TooMany { rows: 100 });
        // The product of everything with everything is refused before it takes memory.
        let all = "?- principal(P), principal(Q), principal(R), principal(S), principal(T), principal(U).";
        assert!(matches!(relations.query(&Rules::new(), all, Limits::default()), Err(QueryError::TooMany { .. })));
    });
}

#[test]
fn question_can_be_interrupted() {
    with_sample(|relations| {
        let limits = Limits { rows: usize::MAX };
        relations.options().interrupt.stop();
        let all = "?- principal(P), principal(Q), principal(R), principal(S), principal(T), principal(U).";
        assert_eq!(relations.query(&Rules::new(), all, limits), Err(QueryError::Interrupted));
        // What keeps no rows is ended too.
        let none = "p(P) :- principal(P), principal(Q), principal(R), principal(S), P != P, Q != R. ?- p(P).";
        assert_eq!(relations.query(&Rules::new(), none, limits), Err(QueryError::Interrupted));
        for one in ["?- says(S, P, A, R).", "?- blocks(S, P, A, R).", "?- grants(L, P, A, R)."] {
            assert_eq!(relations.query(&Rules::new(), one, limits), Err(QueryError::Interrupted), "{one}");
        }
        relations.options().interrupt.clear();
    });
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("?- "),
        Just(":-"),
        Just("."),
        Just(","),
        Just("("),
        Just(")"),
        Just("not "),
        Just("count("),
        Just(" like "),
        Just("="),
        Just("!="),
        Just("<"),
        Just("P"),
        Just("R"),
        Just("_"),
        Just("\"*\""),
        Just("\"user/mira\""),
        Just("12"),
        Just("push"),
        Just("account"),
        Just("account(P, A)"),
        Just("possible(P, A, R)"),
        Just("p(P)"),
        Just("repository(R)"),
        Just("principal(P)"),
        Just("kind(P, role)"),
        Just("\n"),
        Just("% "),
        Just("\""),
        Just("é"),
    ];
    prop_oneof!["\\PC{0,40}", proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat()),]
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn no_text_makes_the_parser_panic(text in text()) {
        if let Err(error) = Program::parse(&text) {
            prop_assert!(text.get(error.span.clone()).is_some(), "{error:?}");
            prop_assert!(text.trim().is_empty() || error.picture(&text).contains('^'));
        }
        let mut rules = Rules::new();
        if let Err(error) = rules.extend(&text) {
            prop_assert!(error.text.get(error.error.span.clone()).is_some(), "{error:?}");
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn no_text_makes_a_question_panic(texts in proptest::collection::vec(text(), 16)) {
        with_sample(|relations| {
            for text in &texts {
                let limits = Limits { rows: 500 };
                let _ = relations.query(&Rules::new(), text, limits);
                let _ = relations.query(&Rules::new(), &format!("?- {text}"), limits);
            }
        });
    }
}
