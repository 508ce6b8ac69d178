//! Text from strangers, made safe to show.
//!
//! Names come from policies that anybody may have written. Before they reach
//! a terminal they lose what a terminal obeys: escape sequences, control
//! characters, and the marks that turn the direction of writing around.

use std::borrow::Cow;

/// The text without anything that a terminal obeys; line breaks and tabs become blanks.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        if let Some(behind) = escape_sequence(rest) {
            rest = behind;
            continue;
        }
        rest = &rest[char.len_utf8()..];
        match char {
            '\n' | '\r' | '\t' => out.push(' '),
            hidden if is_hidden(hidden) => {}
            plain => out.push(plain),
        }
    }
    Cow::Owned(out)
}

/// As [`clean`], with line breaks kept: for texts of our own that hold names.
#[must_use]
pub fn clean_lines(text: &str) -> String {
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(clean).collect();
    lines.join("\n")
}

/// Whether a character has no picture of its own: controls, direction marks, invisible tags.
#[must_use]
pub fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(
            u32::from(char),
            0x061C | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x2069 | 0xFEFF | 0xFFF9..=0xFFFB | 0xE0000..=0xE007F
        )
}

/// What stands behind the escape sequence at the head of the text. One that never ends is none, so
/// that it cannot swallow what follows it.
fn escape_sequence(text: &str) -> Option<&str> {
    let (kind, body) = match text.strip_prefix('\u{1b}') {
        Some(rest) => (rest.chars().next()?, rest.get(1..)?),
        None => match text.chars().next()? {
            '\u{9b}' => ('[', &text[2..]),
            '\u{9d}' => (']', &text[2..]),
            _ => return None,
        },
    };
    match kind {
        '[' => {
            let end = body.find(|char: char| !matches!(char, ' '..='?'))?;
            body[end..].starts_with(|char: char| matches!(char, '@'..='~')).then(|| &body[end + 1..])
        }
        ']' | 'P' | 'X' | '^' | '_' => {
            let ends = ["\u{7}", "\u{1b}\\", "\u{9c}"];
            let (at, end) = ends.iter().filter_map(|end| body.find(end).map(|at| (at, end))).min()?;
            Some(&body[at + end.len()..])
        }
        _ => None,
    }
}
