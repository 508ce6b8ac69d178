//! Words of a line: what stands between blanks, with quotes and the marks of lists.

use std::ops::Range;

use super::QuestionError;

/// A word of a line.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) span: Range<usize>,
    pub(crate) quoted: bool,
}

impl Word {
    /// Whether it is this word or mark, in any letter case.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        !self.quoted && self.text.eq_ignore_ascii_case(keyword)
    }
}

/// Words between blanks. One that begins with a quote runs to the next such quote; between double
/// quotes a backslash takes the following character as it is. A comma at the end of a word, and parentheses
/// around one, are words of their own.
pub(crate) fn words(line: &str) -> Result<Vec<Word>, QuestionError> {
    let mut words = Vec::new();
    let mut chars = line.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        if first.is_whitespace() {
            continue;
        }
        if MARKS.contains(&first) {
            words.push(Word { text: first.to_string(), span: start..start + first.len_utf8(), quoted: false });
            continue;
        }
        let quoted = matches!(first, '"' | '\'');
        let mut text = String::new();
        let mut end = line.len();
        let mut closed = !quoted;
        if !quoted {
            text.push(first);
        }
        while let Some(&(at, char)) = chars.peek() {
            if !quoted && char.is_whitespace() {
                end = at;
                break;
            }
            chars.next();
            if quoted && char == first {
                (closed, end) = (true, at + 1);
                break;
            }
            let escaped = (quoted && first == '"' && char == '\\').then(|| chars.next()).flatten();
            text.push(escaped.map_or(char, |(_, char)| char));
        }
        if !closed {
            let hint = Some(format!("close it with {first}"));
            return Err(QuestionError { message: "the quote is not closed".to_owned(), span: start..line.len(), hint });
        }
        let word = Word { text, span: start..end, quoted };
        if quoted { words.push(word) } else { words.extend(without_marks(word)) }
    }
    Ok(words)
}

/// What stands for itself at the beginning or end of a word.
const MARKS: [char; 3] = [',', '(', ')'];

/// A word and the marks that end it.
fn without_marks(mut word: Word) -> impl Iterator<Item = Word> {
    let bare = word.text.trim_end_matches([',', ')']).len();
    let marks = word.text.split_off(bare);
    let begin = word.span.start + bare;
    word.span.end = begin;
    let each = (begin..).zip(marks.into_bytes());
    let marks: Vec<Word> =
        each.map(|(at, mark)| Word { text: char::from(mark).to_string(), span: at..at + 1, quoted: false }).collect();
    std::iter::once(word).chain(marks)
}

/// Where the word begins that a cursor at the end of the line is in.
#[must_use]
pub fn word_start(line: &str) -> usize {
    let mut quote = None;
    let mut start = 0;
    let mut inside = false;
    for (at, char) in line.char_indices() {
        match (quote, char) {
            (Some(open), char) if char == open => quote = None,
            (None, char) if char.is_whitespace() => inside = false,
            (None, char) if !inside && MARKS.contains(&char) => {}
            (None, char) if !inside => {
                (inside, start) = (true, at);
                quote = matches!(char, '"' | '\'').then_some(char);
            }
            (Some(_) | None, _) => {}
        }
    }
    if inside || quote.is_some() { start } else { line.len() }
}

/// What is no name at some place of a question, unless it stands between quotes.
const KEYWORDS: [&str; 15] = [
    "on", "do", "can", "can't", "cannot", "?", "become", "where", "group", "order", "limit", "count", "and", "or",
    "not",
];

/// A name as the parser reads it back.
#[must_use]
pub fn quoted(name: &str) -> String {
    let is_keyword = KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(name));
    let has_marks = name.starts_with(MARKS) || name.ends_with(MARKS);
    let is_plain = !name.is_empty() && !name.starts_with(['"', '\'']) && !name.contains(char::is_whitespace);
    if is_plain && !is_keyword && !has_marks {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
