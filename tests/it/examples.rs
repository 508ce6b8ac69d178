//! The examples of the help: every command has some, and each does what stands there, in an empty folder of its own.

use std::fmt::Write as _;
use std::path::Path;

use assert_cmd::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_grantlog");

fn help(command: Option<&str>) -> String {
    let assert = Command::new(PROGRAM).env_clear().args(command).arg("--help").assert().success();
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

/// The commands that the help of the program lists, but for `help` itself.
fn commands(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // What goes on with the line before stands further to the right.
    let names = lines.filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')));
    names.filter_map(|line| line.split(' ').next()).filter(|name| *name != "help").collect()
}

/// A line after `$ `, with those that continue it, and the lines below, which are what it prints.
struct Example {
    line: String,
    printed: String,
}

/// The examples at the end of a help. What does not begin with two blanks is prose, and ends them.
fn examples(help: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    for line in lines.take_while(|line| line.is_empty() || line.starts_with("  ")) {
        let line = line.strip_prefix("  ").unwrap_or(line);
        match (line.strip_prefix("$ "), examples.last_mut()) {
            (Some(line), _) => examples.push(Example { line: line.to_owned(), printed: String::new() }),
            (None, Some(last)) if last.line.ends_with('\\') => {
                let _ = write!(last.line, "\n{line}");
            }
            (None, Some(last)) => {
                let _ = writeln!(last.printed, "{line}");
            }
            (None, None) => panic!("an example begins with `$ `: {line}"),
        }
    }
    examples
}

/// What is wrong with an example, if anything is.
fn difference(example: &Example, folder: &Path) -> Option<String> {
    let programs = Path::new(PROGRAM).parent().expect("a program lies in a folder").display();
    let mut shell = Command::new("sh");
    shell.env_clear().env("PATH", format!("{programs}:/usr/bin:/bin")).current_dir(folder);
    let output = shell.args(["-c", &example.line]).output().expect("there is a shell");
    let (printed, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned();
    let expected = trimmed(&example.printed);
    // 1 and 3 are verdicts; 2 would be the fault of the example. A pipe hides the code, but not what is told.
    let is_wrong = !matches!(output.status.code(), Some(0 | 1 | 3)) || told.contains("error: ");
    let differs = !expected.is_empty() && expected != trimmed(&printed);
    (is_wrong || differs).then(|| format!("{}: it prints\n{printed}{told}", output.status))
}

#[test]
#[cfg(unix)]
fn every_command_has_examples_that_do_what_they_say() {
    let top = help(None);
    let commands = commands(&top);
    assert!(commands.contains(&"who-can") && commands.len() >= 14, "{commands:?}");
    let mut differences = String::new();
    let mut shown = 0;
    for command in [None].into_iter().chain(commands.into_iter().map(Some)) {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let name = command.unwrap_or("grantlog");
        let help = help(command);
        let examples = examples(&help);
        let is_about = |example: &Example| example.line.contains(name);
        if !examples.iter().any(is_about) {
            let _ = writeln!(differences, "{name} has no example of its own:\n{help}");
        }
        shown += examples.iter().filter(|example| !example.printed.trim().is_empty()).count();
        for example in &examples {
            if let Some(difference) = difference(example, folder.path()) {
                let _ = writeln!(differences, "{name}: $ {}\n{difference}", example.line);
            }
        }
    }
    assert!(differences.is_empty(), "{differences}");
    assert!(shown >= 10, "of {shown} examples it is told what they print");
}
