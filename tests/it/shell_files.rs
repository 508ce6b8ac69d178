//! What shells and `man` read: completions and manual pages.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::tools::require;

fn printed(arguments: &[&str]) -> String {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_grantlog"));
    let assert = command.env_clear().args(arguments).assert().success();
    String::from_utf8(assert.get_output().stdout.clone()).expect("it prints text")
}

/// What bash offers for the last word of a line.
fn offered(script: &Path, line: &[&str]) -> Vec<String> {
    let words = line.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let program = format!(
        "source '{}'; COMP_WORDS=({words}); COMP_CWORD={}; _grantlog grantlog '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display(),
        line.len() - 1,
        line[line.len() - 1],
        line[line.len() - 2],
    );
    let output = Command::new("bash").args(["--norc", "-c", &program]).output().expect("bash starts");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn bash_takes_the_completions_and_offers_them() {
    if !require("bash") {
        return;
    }
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let script = folder.path().join("grantlog.bash");
    fs::write(&script, printed(&["completions", "bash"])).expect("there is room");
    let checked = Command::new("bash").arg("-n").arg(&script).output().expect("bash starts");
    assert!(checked.status.success() && checked.stderr.is_empty(), "{checked:?}");
    assert_eq!(offered(&script, &["grantlog", "who"]), ["who-can"]);
    assert_eq!(offered(&script, &["grantlog", "graph", "--on"]), ["--only-conditional"]);
    assert_eq!(offered(&script, &["grantlog", "graph", "--routes", "sh"]), ["shortest"]);
    assert_eq!(offered(&script, &["grantlog", "graph", "--format", "m"]), ["mermaid", "markdown"]);
    assert_eq!(offered(&script, &["grantlog", "who-can", "--format", "ma"]), ["markdown"]);
}

#[test]
fn there_are_completions_for_five_shells() {
    for (shell, word) in [
        ("bash", "complete -F _grantlog"),
        ("zsh", "#compdef grantlog"),
        ("fish", "complete -c grantlog"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let script = printed(&["completions", shell]);
        assert!(script.contains(word) && script.contains("who-can"), "{shell}: {}", &script[..200]);
        assert_eq!(script, printed(&["completions", shell]));
    }
}

/// Each command has a page, each page renders without a warning, and examples keep their lines.
#[test]
fn manual_pages_render() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let pages = folder.path().join("share/man1");
    printed(&["man", "--folder", &pages.display().to_string()]);
    let mut names: Vec<String> = fs::read_dir(&pages)
        .expect("the folder was made")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let help = printed(&["--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands = commands.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    let mut wanted: Vec<String> = commands
        .filter_map(|line| line.split(' ').next())
        .filter(|name| *name != "help")
        .map(|name| format!("grantlog-{name}.1"))
        .chain(["grantlog.1".to_owned()])
        .collect();
    wanted.sort();
    assert_eq!(names, wanted);
    assert_eq!(fs::read_to_string(pages.join("grantlog-why.1")).expect("it is written"), printed(&["man", "why"]));
    if !require("groff") {
        return;
    }
    for name in &names {
        let mut groff = Command::new("groff");
        groff.args(["-man", "-Tascii", "-ww", "-P-cbou", "-rLL=160n"]).arg(pages.join(name));
        let output = groff.output().expect("groff starts");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.stderr.is_empty(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES"] {
            assert!(text.lines().any(|line| line == section), "{name} has no {section}:\n{text}");
        }
        let command = name.trim_end_matches(".1").trim_start_matches("grantlog").trim_start_matches('-');
        let help = printed(&[&[command][..usize::from(!command.is_empty())], &["--help"]].concat());
        let example = help.lines().find(|line| line.starts_with("  $ ")).expect("each command has an example");
        assert!(text.lines().any(|line| squeezed(line) == squeezed(example)), "{name}: {example}\n{text}");
    }
}

#[test]
fn a_page_of_no_command_has_a_hint() {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_grantlog"));
    let assert = command.env_clear().args(["man", "who"]).assert().code(2);
    let told = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(told.contains("no command is called `who`") && told.contains("who-can"), "{told}");
}
