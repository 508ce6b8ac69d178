//! The order of the rooms: each imports only from rooms above it (see ARCHITECTURE.md).

use crate::files::sources;

/// The rooms from the top of the way of the data down; `ids` lies below them all.
const ROOMS: [&str; 17] = [
    "ids",
    "policy",
    "inventory",
    "catalog",
    "condition",
    "rules",
    "lower",
    "engine",
    "query",
    "explain",
    "finding",
    "assertion",
    "report",
    "graph",
    "store",
    "repl",
    "cli",
];

/// What the rules see of rooms above them beside ids: the table of guards as a column, and the names of
/// capabilities and of powers.
const SEEN_BY_RULES: [&str; 3] = ["crate::condition::Algebra", "crate::catalog::Capability", "crate::catalog::Power"];

/// A file of a room, with its code: comments are left out, for they may name what they like.
struct File {
    name: String,
    room: String,
    code: String,
}

fn files() -> Vec<File> {
    let read = |(name, text): (String, String)| {
        let mut parts = name.split('/');
        let (top, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let room = if top == "rules" { top } else { second.trim_end_matches(".rs") }.to_owned();
        let code = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
        File { name, room, code }
    };
    sources().into_iter().map(read).collect()
}

/// The rooms that a piece of code names behind `crate::`, singly or in braces.
fn imports(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let head = |text: &'_ str| {
        text.len() - text.trim_start_matches(|char: char| char.is_ascii_lowercase() || char == '_').len()
    };
    for (at, name) in code.match_indices("crate::") {
        let behind = &code[at + name.len()..];
        match behind.strip_prefix('{').and_then(|inside| inside.split_once('}')) {
            Some((inside, _)) => found.extend(inside.split(',').map(str::trim).map(|one| &one[..head(one)])),
            None => found.push(&behind[..head(behind)]),
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

fn rank(room: &str) -> Option<usize> {
    ROOMS.iter().position(|one| *one == room)
}

#[test]
fn rooms_import_from_above_only() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for File { name, room, code } in files() {
        // The table of contents and the program name whom they like.
        let Some(own) = rank(&room) else {
            assert!(["lib", "main"].contains(&room.as_str()), "{name} is in no room");
            continue;
        };
        for import in imports(&code) {
            seen += 1;
            match rank(import) {
                Some(other) if other <= own => {}
                Some(_) => wrong.push(format!("{name} imports from {import}, which lies downstream")),
                None => wrong.push(format!("{name} imports `{import}`, which is no room")),
            }
        }
    }
    assert!(seen > 200, "only {seen} imports were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rules_see_ids_only() {
    let mut wrong = Vec::new();
    for File { name, code, .. } in files().into_iter().filter(|file| file.room == "rules") {
        for import in code.match_indices("crate::").map(|(at, _)| &code[at..]) {
            let expected =
                import.starts_with("crate::ids::") || SEEN_BY_RULES.iter().any(|one| import.starts_with(one));
            if !expected {
                wrong.push(format!("{name}: {}", import.lines().next().unwrap_or_default()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
