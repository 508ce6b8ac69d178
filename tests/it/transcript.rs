//! Recorded sessions, typed again: `docs/session.md` on the sample, and the same kind of lines on a generated
//! organization.

use grantlog_generator::{Shape, write};

use crate::terminal::{Size, Terminal, state};

const PROMPT: &str = "grantlog> ";
/// A session is one screen, so that nothing scrolls away.
const SIZE: Size = Size { rows: 1_200, columns: 120 };

/// What stands between the fences of a page.
fn recorded(page: &str) -> Vec<&str> {
    let mut is_inside = false;
    let mut lines = Vec::new();
    for line in page.lines() {
        match line {
            "```console" => is_inside = true,
            "```" => is_inside = false,
            line if is_inside => lines.push(line),
            _ => {}
        }
    }
    lines
}

/// A line as it is compared: without what no two runs have in common.
fn constant(line: &str) -> &str {
    if line.starts_with("took ") { "took" } else { line }
}

#[test]
#[cfg(unix)]
fn the_recorded_session_is_what_one_sees() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/session.md")).expect("it is there");
    let recorded = recorded(&page);
    let asked: Vec<&str> = recorded.iter().filter_map(|line| line.strip_prefix(PROMPT)).collect();
    assert!(asked.len() >= 35, "the session is gone: {asked:?}");
    let (state, folder) = (state(), tempfile::tempdir().expect("there is room for a folder"));
    let mut shell = Terminal::open_in(Some(folder.path()), state.path(), &[], SIZE);
    for line in &asked {
        shell.type_line(line);
    }
    let shown = shell.shown();
    shell.leave();
    // The first line tells how long reading took, the last is the prompt again.
    let seen: Vec<&str> = shown.lines().skip_while(|line| !line.starts_with(PROMPT)).collect();
    let seen = &seen[..seen.len() - 1];
    let compared = |lines: &[&str]| lines.iter().map(|line| constant(line.trim_end())).collect::<Vec<_>>().join("\n");
    let (expected, found) = (compared(&recorded), compared(seen));
    assert!(expected == found, "the page differs from what is seen:\n{found}\n");
    // What was written is what the page says.
    let csv = std::fs::read_to_string(folder.path().join("pushers.csv")).expect("the answer is written");
    assert!(csv.starts_with("principal\n") && csv.contains("user/ines"), "{csv}");
    let dot = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("the picture is drawn");
    assert!(dot("web.dot").starts_with("digraph permissions {"));
    assert!(dot("proof.dot").contains("tag of user/ines"));
    let script = std::fs::read_to_string(folder.path().join("session.gl")).expect("the session is saved");
    assert_eq!(script.lines().collect::<Vec<_>>(), asked[..asked.len() - 1]);
}

/// What a line of a session came to, without the line itself.
fn answers(shown: &str) -> Vec<(&str, Vec<&str>)> {
    let mut answers: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in shown.lines() {
        match (line.strip_prefix(PROMPT), answers.last_mut()) {
            (Some(asked), _) => answers.push((asked, Vec::new())),
            (None, Some((_, answer))) => answer.push(line),
            (None, None) => {}
        }
    }
    answers
}

/// A thousand principals: what is asked in several ways has one answer, and a change that is taken back leaves none.
#[test]
#[cfg(unix)]
fn a_session_on_a_generated_organization_is_of_one_piece() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    write(&Shape::default(), folder.path()).expect("the organization is written");
    let state = state();
    let mut shell =
        Terminal::open_in(None, state.path(), &["--data", folder.path().to_str().expect("it is text")], SIZE);
    for line in [
        "let pushers = who can push on *",
        "pushers count",
        "pushers group by kind",
        "?- kind(P, user), capable(P, push, R, conditional).",
        "who can push on team-0/* where kind is user and verdict is conditional limit 2",
        "why 1",
        "who can push on * where kind is user count",
        "what if delete 100000000000:user/user-0",
        "undo",
        "who can push on * where kind is user count",
        "run users-push count",
        "run users-push group by V",
    ] {
        shell.type_line(line);
    }
    let shown = shell.shown();
    shell.leave();
    let answers = answers(&shown);
    let of = |asked: &str| -> Vec<&Vec<&str>> {
        answers.iter().filter(|(line, _)| *line == asked).map(|(_, answer)| answer).collect()
    };
    let number = |line: &str| line.split_whitespace().last().and_then(|word| word.parse::<usize>().ok());
    let only = |asked: &str| of(asked)[0].last().copied().and_then(number).unwrap_or_else(|| panic!("{shown}"));
    let sum = |asked: &str| of(asked)[0].iter().filter_map(|line| number(line)).sum::<usize>();
    assert_eq!(sum("pushers group by kind"), only("pushers count"), "{shown}");
    assert!(only("pushers count") > 100, "{shown}");
    assert_eq!(sum("run users-push group by V"), only("run users-push count"), "{shown}");
    let counts = of("who can push on * where kind is user count");
    assert_eq!(counts[0], counts[1], "a change that is taken back leaves nothing");
    assert!(of("why 1")[0].iter().any(|line| line.trim_start().starts_with("if ")), "{shown}");
}
