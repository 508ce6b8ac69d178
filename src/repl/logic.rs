//! Completion in Datalog: relations where a condition begins, and between parentheses what a column may hold.

use super::names::Names;
use crate::query::Slot;
use crate::query::datalog::{RELATIONS, Type};

/// Where the word begins that ends the text, and what it can become; relations with their parenthesis.
pub(super) fn candidates(names: &Names, before: &str) -> (usize, Vec<String>) {
    let place = place(before);
    let word = &before[place.start..];
    let Some((relation, column)) = place.column else {
        let fits = RELATIONS.iter().filter(|relation| relation.name.starts_with(word));
        return (place.start, fits.map(|relation| format!("{}(", relation.name)).collect());
    };
    let known = RELATIONS.iter().find(|known| known.name == relation);
    let types = known.and_then(|known| known.columns.get(column)).map_or(&[][..], |column| column.types);
    let bare = word.trim_start_matches('"');
    let each = types.iter().flat_map(|&of| match slot(of) {
        Some(slot) => names.matching(slot, bare),
        None => words(of).iter().filter(|word| word.starts_with(bare)).map(|word| (*word).to_owned()).collect(),
    });
    let quoted = |name: String| {
        let is_word = name.starts_with(|char: char| char.is_ascii_lowercase() || char.is_ascii_digit())
            && name.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-'));
        if is_word && !word.starts_with('"') { name } else { format!("\"{name}\"") }
    };
    (place.start, each.map(quoted).collect())
}

/// Where a word stands.
struct Place<'a> {
    start: usize,
    /// The relation between whose parentheses it stands, and the number of the column.
    column: Option<(&'a str, usize)>,
}

fn place(before: &str) -> Place<'_> {
    let mut open: Vec<(&str, usize)> = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (at, char) in before.char_indices() {
        let next = at + char.len_utf8();
        match char {
            '"' if quote.is_some() => quote = None,
            '"' => (quote, start) = (Some(at), at),
            _ if quote.is_some() => {}
            '(' => {
                open.push((&before[start..at], 0));
                start = next;
            }
            ')' => {
                open.pop();
                start = next;
            }
            ',' => {
                if let Some((_, column)) = open.last_mut() {
                    *column += 1;
                }
                start = next;
            }
            char if !(char.is_alphanumeric() || matches!(char, '_' | '-')) => start = next,
            _ => {}
        }
    }
    Place { start: quote.unwrap_or(start), column: open.pop() }
}

/// What stands for values that the inventory or the catalog names.
fn slot(of: Type) -> Option<Slot> {
    Some(match of {
        Type::Principal => Slot::Principal,
        Type::Repository => Slot::Repository,
        Type::Action => Slot::Action,
        Type::Policy => Slot::Policy,
        Type::Account => Slot::Value("account"),
        Type::Unit => Slot::Value("unit"),
        Type::Organization => Slot::Value("organization"),
        Type::Kind => Slot::Value("kind"),
        Type::Visibility => Slot::Value("visibility"),
        _ => return None,
    })
}

/// The values of the types that have few.
fn words(of: Type) -> &'static [&'static str] {
    match of {
        Type::Capability => &["administer", "create", "delete", "describe", "pull", "push", "tag"],
        Type::Verdict => &["allowed", "conditional"],
        Type::Effect => &["allow", "deny"],
        Type::Layer => &[
            "boundary",
            "identity",
            "registry",
            "repository",
            "resource-control",
            "service-control",
            "session",
            "trust",
        ],
        _ => &[],
    }
}
