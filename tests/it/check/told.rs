//! What `check` tells a person: counterexamples with their proofs, what is wrong with a file, the exit code.

use super::{grantlog, printed};

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
