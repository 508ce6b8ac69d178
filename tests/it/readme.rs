//! The README's audit, and the pages about questions: every command there prints what stands below it.

use std::fmt::Write as _;
use std::process::Command;

/// Commands with what is expected of them: the lines up to the next command or the block's end.
fn commands(text: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    let mut is_inside = false;
    for line in text.lines() {
        match (line, commands.last_mut()) {
            ("```console", _) => is_inside = true,
            ("```", _) => is_inside = false,
            (line, _) if is_inside && line.starts_with("$ ") => commands.push((line[2..].to_owned(), String::new())),
            (line, Some((_, expected))) if is_inside => {
                let _ = writeln!(expected, "{line}");
            }
            _ => {}
        }
    }
    commands
}

#[test]
#[cfg(unix)]
fn commands_print_what_stands_below_them() {
    let root = env!("CARGO_MANIFEST_DIR");
    let mut all = Vec::new();
    for (page, least) in [
        ("README.md", 7),
        ("docs/what-if.md", 5),
        ("docs/questions.md", 14),
        ("docs/assertions.md", 5),
        ("docs/diff.md", 3),
        ("docs/report.md", 2),
        ("docs/ci/README.md", 1),
    ] {
        let text = std::fs::read_to_string(format!("{root}/{page}")).expect("the page is there");
        let commands = commands(&text);
        assert!(commands.len() >= least, "the examples of {page} are gone: {commands:?}");
        all.extend(commands);
    }
    let program = env!("CARGO_BIN_EXE_grantlog");
    let mut differences = String::new();
    for (command, expected) in all {
        let line = command.replacen("grantlog", &format!("'{program}'"), 1);
        let mut shell = Command::new("sh");
        shell.current_dir(root).env_clear().env("PATH", "/usr/bin:/bin").args(["-c", &format!("{line} 2>&1")]);
        let output = shell.output().expect("there is a shell");
        let printed = String::from_utf8_lossy(&output.stdout);
        // What is wrong with the input is told beside every answer, and no part of it.
        let printed: Vec<&str> = printed.lines().filter(|line| !line.starts_with("input: ")).collect();
        let printed = printed.join("\n");
        if printed.trim_end() != expected.trim_end() {
            let _ = writeln!(differences, "$ {command}\nthe page says:\n{expected}\nit prints:\n{printed}");
        }
    }
    assert!(differences.is_empty(), "{differences}");
}
