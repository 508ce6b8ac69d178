//! Assertions: what they come to, how it is told, the reports made of it, answers that become assertions, and whatever
//! else somebody may write into a file.

mod any_text;
mod reports;
mod saving;
mod told;
mod worlds;

use assert_cmd::Command;

fn grantlog(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    command.env_clear().args(arguments);
    command
}

/// What the command prints, and its exit code, for a file of assertions about the sample.
fn printed(assertions: &str, arguments: &[&str]) -> (String, i32) {
    let assert = grantlog(&[&["check", "-"], arguments].concat()).write_stdin(assertions).assert();
    let output = assert.get_output();
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().filter(|line| !line.starts_with("input: ")).collect();
    (String::from_utf8_lossy(&output.stdout).into_owned() + &said.join("\n"), output.status.code().unwrap_or(-1))
}
