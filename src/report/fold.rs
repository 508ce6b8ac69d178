//! Many that are alike, in a few words: `12 roles like ci-build-*`.

use std::fmt::Write as _;

pub use crate::policy::short;

/// The plural of a kind of principal.
#[must_use]
pub fn plural(kind: &str) -> String {
    match kind {
        "anyone" => "principals".to_owned(),
        other if other.ends_with('y') => format!("{}ies", &other[..other.len() - 1]),
        other => format!("{other}s"),
    }
}

/// Members that are alike, by what their names have in common at either end.
#[must_use]
pub fn label(members: &[&str], kind: &str) -> String {
    let bare = |name: &&'_ str| {
        let name = short(name);
        name.strip_prefix(kind).and_then(|rest| rest.strip_prefix(['/', ' '])).unwrap_or(name).to_owned()
    };
    let names: Vec<String> = members.iter().map(bare).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if let [_] = members {
        return short(members[0]).to_owned();
    }
    let prefix = common_prefix(&names);
    let suffix = common_suffix(&names, prefix.len());
    let mut text = format!("{} {}", members.len(), plural(kind));
    if prefix.len() + suffix.len() >= 2 {
        let _ = write!(text, " like {prefix}*{suffix}");
    } else {
        let shown: Vec<&str> = names.iter().take(2).copied().collect();
        let more = if names.len() > shown.len() { ", ..." } else { "" };
        let _ = write!(text, ": {}{more}", shown.join(", "));
    }
    text
}

fn common_prefix<'a>(names: &[&'a str]) -> &'a str {
    let Some((first, rest)) = names.split_first() else { return "" };
    let shared = |name: &&str| first.char_indices().zip(name.chars()).find(|((_, one), other)| one != other);
    let ends = rest.iter().map(|name| shared(name).map_or(first.len().min(name.len()), |((at, _), _)| at));
    &first[..ends.min().unwrap_or(first.len())]
}

/// The longest common end that does not reach into the first `taken` bytes.
fn common_suffix<'a>(names: &[&'a str], taken: usize) -> &'a str {
    let Some((first, rest)) = names.split_first() else { return "" };
    let room = names.iter().map(|name| name.len() - taken).min().unwrap_or(0);
    let shared = |name: &str| -> usize {
        let pairs = first.chars().rev().zip(name.chars().rev());
        pairs.take_while(|(one, other)| one == other).map(|(char, _)| char.len_utf8()).sum()
    };
    let mut length = rest.iter().map(|name| shared(name)).min().unwrap_or(0).min(room);
    while !first.is_char_boundary(first.len() - length) {
        length -= 1;
    }
    &first[first.len() - length..]
}
