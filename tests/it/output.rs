//! What a person sees of the sample: each command's answer, held by a snapshot that somebody has read.

use assert_cmd::Command;

fn check(name: &str, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    let output = command.env_clear().args(arguments).output().expect("the program starts");
    let text = format!(
        "$ grantlog {}\n{}{}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn questions() {
    check("who-can", &["who-can", "push", "storefront/preview"]);
    check("who-can-all", &["who-can", "ecr-public:PutImage", "storefront/web", "--all"]);
    check("who-can-context", &["who-can", "push", "storefront/web", "--context", "aws:MultiFactorAuthPresent=true"]);
    check("what-can", &["what-can", "user/developers/mira"]);
    check("can-conditional", &["can", "user/oskar", "push", "storefront/web", "--format", "jsonl"]);
    check("can-incomplete", &["can", "user/automation/legacy-deployer", "push", "storefront/web"]);
    check("why-denied", &["why", "user/developers/kofi", "push", "tools/cli"]);
    check("why-markdown", &["why", "user/jonas", "ecr-public:PutImage", "storefront/web", "--format", "markdown"]);
    check("strict", &["can", "service codebuild.amazonaws.com", "push", "storefront/preview", "--strict"]);
}

#[test]
fn whoever_stops_reading_gets_no_error() {
    for form in ["table", "jsonl", "json", "csv", "markdown", "sarif", "junit", "html", "dot", "graphml", "mermaid"] {
        let command = if ["dot", "graphml", "mermaid"].contains(&form) { "graph" } else { "report" };
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_grantlog"));
        program.env_clear().args([command, "--format", form]);
        let piped = std::process::Stdio::piped;
        let mut child = program.stdout(piped()).stderr(piped()).spawn().expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !told.contains("error"), "{form}: {told}");
    }
}

#[test]
fn lists() {
    for what in ["accounts", "principals", "repositories", "gaps", "diagnostics"] {
        check(&format!("list-{what}"), &["list", what]);
    }
    check("summary", &["summary"]);
    check("list-accounts-csv", &["list", "accounts", "--format", "csv"]);
}

#[test]
fn pictures_and_facts() {
    check("graph", &["graph"]);
    check("help-questions", &["-c", "help"]);
}

#[test]
fn errors() {
    check("error-near-miss", &["who-can", "pusch", "storefront/web"]);
    check("error-ambiguous", &["can", "root", "push", "storefront/web"]);
    check("error-not-on", &["who-can", "ecr:PutImage", "storefront/web"]);
    check("error-question", &["-c", "who can push to storefront/web please"]);
    check("error-path", &["--data", "no/such/folder", "list", "accounts"]);
}
