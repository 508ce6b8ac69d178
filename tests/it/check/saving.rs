//! Answers of the shell that become assertions.

use std::path::Path;

use super::grantlog;

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
