//! The command line: exits, streams, files.

use assert_cmd::Command;

fn grantlog(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    command.env_clear().args(arguments);
    command
}

#[test]
fn a_question_that_is_none_exits_with_2_and_a_caret() {
    let assert = grantlog(&["-c", "whocan push web"]).assert().code(2).stdout("");
    let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(said.contains("^^^^^^") && said.contains("did you mean"), "{said}");
}

#[test]
fn the_first_wrong_line_of_standard_input_ends_it() {
    let assert = grantlog(&[]).write_stdin("# a remark\n\nlist actions\nnonsense\nlist accounts\n").assert().code(2);
    let answered = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(answered.contains("ecr-public:PutImage"), "{answered}");
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("actions.csv");
    let name = file.to_str().expect("the name is text");
    grantlog(&["list", "actions", "--format", "csv", "-o", name]).assert().success().stdout("");
    assert!(std::fs::read_to_string(&file).is_ok_and(|text| text.starts_with("action,access,needed_for\n")));
    grantlog(&["-c", "list actions", "-c", "nonsense", "-o", folder.path().join("other").to_str().unwrap_or_default()])
        .assert()
        .code(2);
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("the folder is there").flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn the_exit_code_is_the_verdict() {
    let web = "storefront/web";
    grantlog(&["can", "role/release/publisher", "push", web]).assert().code(0);
    grantlog(&["can", "user/petra", "push", web]).assert().code(1);
    grantlog(&["can", "user/oskar", "push", web]).assert().code(3);
    grantlog(&["can", "user/oskar", "push", web, "--context", "aws:SourceIp=203.0.113.7"]).assert().code(0);
    grantlog(&["can", "user/nobody-at-all", "push", web]).assert().code(2);
}

#[test]
fn the_sample_draws_and_lowers() {
    let assert = grantlog(&["graph"]).assert().success();
    assert!(assert.get_output().stdout.starts_with(b"digraph permissions {"));
    let folder = tempfile::tempdir().expect("there is room for a folder");
    grantlog(&["facts", "-o", folder.path().to_str().expect("the name is text")]).assert().success();
    assert!(std::fs::read_to_string(folder.path().join("applies.facts")).is_ok_and(|text| text.contains('\t')));
    let json = grantlog(&["facts", "--format", "json"]).assert().success();
    assert!(serde_json::from_slice::<Vec<serde_json::Value>>(&json.get_output().stdout).is_ok());
}

#[test]
fn wrong_options_exit_with_2() {
    grantlog(&["list", "cars"]).assert().code(2);
    grantlog(&["list", "actions", "--context", "nonsense"]).assert().code(2);
    grantlog(&["list", "actions", "--format", "xml"]).assert().code(2);
    grantlog(&["who-can"]).assert().code(2);
}

fn refused(arguments: &[&str]) -> String {
    let assert = grantlog(arguments).assert().code(2).stdout("");
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

/// What no request can be like is a slip.
#[test]
fn a_context_that_no_request_has_is_refused() {
    let can = |entries: &[&str]| {
        let context = entries.iter().flat_map(|entry| ["--context", entry]);
        refused(&["can", "user/petra", "push", "storefront/web"].into_iter().chain(context).collect::<Vec<_>>())
    };
    for (entries, wanted) in [
        (&["aws:SourceIp=abc"][..], "`abc` is no value of aws:SourceIp\n  hint: write one address"),
        (&["aws:SourceIp=203.0.113.0/24"], "`203.0.113.0/24` is no value of aws:SourceIp"),
        (&["aws:CurrentTime=yesterday"], "hint: write a date such as"),
        (&["aws:EpochTime=1.5"], "hint: write a whole number of seconds"),
        (
            &["aws:multifactorauthpresent=yes"],
            "`yes` is no value of aws:MultiFactorAuthPresent\n  hint: write true or false",
        ),
        (&["aws:MultiFactorAuthAge=-1"], "hint: write a whole number of seconds"),
        (&["aws:SourceArn=bucket"], "hint: write an ARN"),
        (
            &["aws:SourceIp=", "aws:SourceIp=203.0.113.7"],
            "aws:SourceIp cannot be absent and have the value `203.0.113.7`",
        ),
        (
            &["aws:SourceIp=203.0.113.7", "aws:sourceip="],
            "aws:SourceIp cannot be absent and have the value `203.0.113.7`",
        ),
        (
            &["aws:SourceIp=203.0.113.7", "aws:SourceIp=203.0.113.8"],
            "aws:SourceIp holds one value, not both `203.0.113.7` and",
        ),
        (
            &["aws:SourceIp=203.0.113.7", "aws:SourceVpce=vpce-1"],
            "what is said of aws:SourceVpce and of aws:SourceIp is true of no",
        ),
        (&["aws:MultiFactorAuthPresent=false", "aws:MultiFactorAuthAge=5"], "is true of no request"),
    ] {
        let said = can(entries);
        assert!(said.contains(wanted), "{entries:?}: {said}");
    }
    for entries in [
        &["aws:SourceIp=203.0.113.7", "aws:SourceIp=203.0.113.7"][..],
        &["aws:CalledVia=a.amazonaws.com", "aws:CalledVia=b.amazonaws.com"],
        &["aws:SourceIp=2001:db8::1", "aws:SourceVpce="],
        &["aws:CurrentTime=2026-01-31", "aws:EpochTime=1769817600", "aws:MultiFactorAuthPresent=TRUE"],
    ] {
        let context = entries.iter().flat_map(|entry| ["--context", entry]);
        let all: Vec<&str> = ["can", "user/petra", "push", "storefront/web"].into_iter().chain(context).collect();
        grantlog(&all).assert().code(1);
    }
}

/// The shell refuses it too, keeps what was said before, and goes on; a script ends.
#[test]
fn the_shell_refuses_a_context_that_no_request_has() {
    let assert =
        grantlog(&["-c", ".context aws:SourceIp=203.0.113.7", "-c", ".context aws:SourceIp=203.0.113.8"]).assert();
    let said = String::from_utf8_lossy(&assert.code(2).get_output().stderr).into_owned();
    assert!(said.contains("aws:SourceIp holds one value") && said.contains("hint: "), "{said}");
    let lines = ".context aws:SourceIp=203.0.113.7\n.context clear\n.context aws:SourceIp=203.0.113.8\n";
    let assert = grantlog(&[]).write_stdin(lines).assert().success();
    let said = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(said.contains("aws:sourceip = 203.0.113.8"), "{said}");
}

#[test]
fn simulate_takes_no_context_of_its_own() {
    let said = refused(&["simulate", "-", "--context", "aws:SourceIp=203.0.113.7"]);
    assert!(said.contains("each scenario brings its own\n  hint: "), "{said}");
}

/// Nothing to act on is no fault of the question.
#[test]
fn an_input_without_repositories_says_so() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("iam.json");
    let export = r#"{"UserDetailList": [{"UserName": "alice", "UserId": "AIDAEXAMPLE", "Path": "/",
        "Arn": "arn:aws:iam::111122223333:user/alice"}], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}"#;
    std::fs::write(&file, export).expect("the file can be written");
    let name = file.to_str().expect("the name is text");
    let said = refused(&["who-can", "pull", "*", "-d", name]);
    assert!(said.contains("the input holds nothing that pull is performed on\n  hint: read an export"), "{said}");
    let said = refused(&["can", "alice", "pull", "*", "-d", name]);
    assert!(said.contains("the input holds nothing that pull is performed on"), "{said}");
    let said = refused(&["who-can", "pull", "registry/*", "-d", name]);
    assert!(said.contains("pull is not performed on registry/*\n  hint: ask about `*`"), "{said}");
}

#[test]
#[cfg(unix)]
fn a_reader_who_leaves_early_is_no_failure() {
    let program = env!("CARGO_BIN_EXE_grantlog");
    let line = format!("{{ \"{program}\" list actions; echo $? >&2; }} | true");
    let output = std::process::Command::new("sh").args(["-c", &line]).output().expect("there is a shell");
    assert_eq!(String::from_utf8_lossy(&output.stderr).lines().last(), Some("0"));
}
