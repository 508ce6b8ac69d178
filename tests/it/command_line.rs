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

#[test]
fn every_command_has_help() {
    for command in ["repl", "who-can", "what-can", "can", "why", "list", "summary", "graph", "facts", "compile"] {
        grantlog(&[command, "--help"]).assert().success();
    }
}

#[test]
#[cfg(unix)]
fn a_reader_who_leaves_early_is_no_failure() {
    let program = env!("CARGO_BIN_EXE_grantlog");
    let line = format!("{{ \"{program}\" list actions; echo $? >&2; }} | true");
    let output = std::process::Command::new("sh").args(["-c", &line]).output().expect("there is a shell");
    assert_eq!(String::from_utf8_lossy(&output.stderr).lines().last(), Some("0"));
}
