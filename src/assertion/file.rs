//! A file of assertions: where each begins and ends, and what stands before it.
//!
//! An assertion is a line; lines that begin with a blank go on with it, and Datalog goes on to its full stop. Before it
//! may stand what it is called and how much it matters: `deployers (critical): only …`. `#` begins a remark. A blank
//! line ends whatever stands before it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use super::sentence::Sentence;
use crate::query::QuestionError;
use crate::query::datalog::{Program, Rules, is_datalog};
use crate::query::saved::Severity;

/// One assertion of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// What it is called: by its file, or after its own words. No other assertion is called so.
    pub name: String,
    /// How much it matters.
    pub severity: Severity,
    /// Whether it is enough that it holds as far as the input goes.
    pub as_far_as_known: bool,
    /// What is to hold.
    pub sentence: Sentence,
    /// Its words, as they were written, in one line.
    pub text: String,
    /// The file.
    pub file: String,
    /// Its bytes in the file, from its first word.
    pub span: Range<usize>,
}

/// What is wrong with a file, or with an assertion when it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// What, and where in the file.
    pub error: QuestionError,
}

impl Problem {
    /// The place, what is wrong, and the line with the place underlined; `text` is the file's.
    #[must_use]
    pub fn picture(&self, text: &str) -> String {
        let before = text.get(..self.error.span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}: {}", self.file, self.error.picture(text))
    }
}

/// The longest file that is read.
const LONGEST: usize = 1 << 20;

/// The longest name that is made from words.
const LONGEST_NAME: usize = 60;

/// Reads files, each a name and a text: their assertions in order, the rules of each with it, and what is wrong.
#[must_use]
pub fn parse(files: &[(String, String)]) -> (Vec<(Assertion, Rules)>, Vec<Problem>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for (file, text) in files {
        if text.len() > LONGEST {
            let message = format!("a file of assertions has at most {LONGEST} bytes");
            let error = QuestionError { message, span: 0..0, hint: Some("split it".to_owned()) };
            problems.push(Problem { file: file.clone(), error });
            continue;
        }
        let (mut rules, mut own) = (Rules::new(), Vec::new());
        for block in blocks(text) {
            let mut wrong = |error| problems.push(Problem { file: file.clone(), error });
            match block.read(text) {
                Ok(Read { sentence: Sentence::Rules(more), .. }) => {
                    if let Err(error) = rules.extend(&more) {
                        wrong(placed(error.error, &block.body));
                    }
                }
                Ok(read) => own.push((block, read)),
                Err(error) => wrong(error),
            }
        }
        for (block, read) in own {
            let Read { name, severity, as_far_as_known, sentence, words } = read;
            if let Some(name) = name.as_ref().filter(|name| names.contains_key(*name)) {
                let message = format!("another assertion is called `{name}`");
                let hint = Some("names tell assertions apart in reports: choose another one".to_owned());
                problems.push(Problem { file: file.clone(), error: QuestionError { message, span: block.head, hint } });
                continue;
            }
            let name = name.unwrap_or_else(|| free(&slug(&words), &names));
            names.insert(name.clone(), block.body.start);
            let (file, span) = (file.clone(), block.body.clone());
            let assertion = Assertion { name, severity, as_far_as_known, sentence, text: words, file, span };
            found.push((assertion, rules.clone()));
        }
    }
    (found, problems)
}

/// An error within a part of a file, with its place in the file.
pub(super) fn placed(error: QuestionError, part: &Range<usize>) -> QuestionError {
    let at = |offset: usize| (part.start + offset).min(part.end);
    QuestionError { span: at(error.span.start)..at(error.span.end), ..error }
}

/// A name made from words: `only-role-deployer-can-push-on-prod`.
fn slug(words: &str) -> String {
    let parts = words.split(|char: char| !char.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let mut slug = String::new();
    for part in parts.map(str::to_ascii_lowercase) {
        if slug.len() + part.len() > LONGEST_NAME {
            break;
        }
        slug.extend([if slug.is_empty() { "" } else { "-" }, &part]);
    }
    if slug.is_empty() { "assertion".to_owned() } else { slug }
}

fn free(name: &str, taken: &BTreeMap<String, usize>) -> String {
    let numbered = (2_usize..).map(|number| format!("{name}-{number}"));
    let mut all = std::iter::once(name.to_owned()).chain(numbered);
    all.find(|name| !taken.contains_key(name)).unwrap_or_default()
}

/// The bytes of one assertion: what stands before its colon, and the sentence.
#[derive(Clone, Debug)]
struct Block {
    head: Range<usize>,
    body: Range<usize>,
}

/// What a block says.
struct Read {
    name: Option<String>,
    severity: Severity,
    as_far_as_known: bool,
    sentence: Sentence,
    words: String,
}

/// The blocks of a text, in order.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    // Whether the line before belongs to a block that may go on.
    let mut is_open = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (start, bare) = (at, line.trim_end());
        at += line.len();
        let blank = bare.len() - bare.trim_start().len();
        if bare.is_empty() {
            is_open = false;
            continue;
        }
        let is_remark = bare.trim_start().starts_with('#');
        if let Some(last) = blocks.last_mut().filter(|_| is_open) {
            let own = &text[last.body.clone()];
            let goes_on = blank > 0 || is_datalog(own) && !is_finished(own);
            if goes_on {
                if !is_remark || is_datalog(own) {
                    last.body.end = start + bare.len();
                }
                continue;
            }
        }
        is_open = !is_remark;
        if is_open {
            let head = head(&text[start + blank..start + bare.len()]);
            let body = start + blank + head;
            let begin = body + text[body..].len() - text[body..].trim_start_matches([' ', '\t']).len();
            blocks.push(Block { head: start + blank..body, body: begin..(start + bare.len()).max(begin) });
        }
    }
    blocks
}

/// Whether rules or a question are complete: up to a full stop, behind which a remark may stand.
fn is_finished(text: &str) -> bool {
    let has_remark = || text.lines().next_back().is_some_and(|line| line.contains(['%', '#']));
    text.trim_end().ends_with('.') || has_remark() && Program::parse(text).is_ok()
}

/// How long what stands before an assertion is, with its colon: `NAME:`, `NAME (critical):`.
fn head(line: &str) -> usize {
    let is_part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
    let name = line.find(|char| !is_part(char)).unwrap_or(line.len());
    let rest = line[name..].trim_start();
    let rest = match rest.strip_prefix('(') {
        // `via(P, Q) :- …` is a rule: in what is said of an assertion there are only lower-case words.
        Some(inside) if name == 0 || line[name..].starts_with([' ', '\t']) => match inside.split_once(')') {
            Some((_, behind)) => behind,
            None => return 0,
        },
        Some(_) => return 0,
        None if name == 0 => return 0,
        None => rest,
    };
    match rest.strip_prefix(':') {
        Some(behind) if behind.is_empty() || behind.starts_with([' ', '\t']) => line.len() - behind.len(),
        _ => 0,
    }
}

const SEVERITIES: [Severity; 5] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

fn severity(word: &str) -> Option<Severity> {
    SEVERITIES.into_iter().find(|severity| severity.as_str() == word)
}

impl Block {
    /// The name, the severity, and the sentence. Places are those in the file.
    fn read(&self, text: &str) -> Result<Read, QuestionError> {
        let mut read = Read {
            name: None,
            severity: Severity::High,
            as_far_as_known: false,
            sentence: Sentence::Rules(String::new()),
            words: String::new(),
        };
        let head = text[self.head.clone()].trim_end().trim_end_matches(':').trim_end();
        let (name, said) = head.split_once('(').unwrap_or((head, ""));
        let name = name.trim_end();
        match severity(name) {
            Some(severity) => read.severity = severity,
            None => read.name = (!name.is_empty()).then(|| name.to_owned()),
        }
        let said = said.trim_end_matches(')');
        for word in said.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            if word == "as far as known" {
                read.as_far_as_known = true;
            } else if let Some(severity) = severity(word) {
                read.severity = severity;
            } else {
                let at = text[self.head.clone()].find(word).map_or(self.head.start, |at| self.head.start + at);
                return Err(unknown(word, at..at + word.len()));
            }
        }
        let body = &text[self.body.clone()];
        if body.is_empty() {
            let hint = Some("write it behind the colon".to_owned());
            return Err(QuestionError { message: "expected an assertion".to_owned(), span: self.body.clone(), hint });
        }
        let bare = if is_datalog(body) { body.to_owned() } else { without_remarks(body) };
        read.words = bare.split_whitespace().collect::<Vec<_>>().join(" ");
        read.sentence = Sentence::parse(&bare).map_err(|error| placed(error, &self.body))?;
        Ok(read)
    }
}

/// A word between parentheses that means nothing.
fn unknown(word: &str, span: Range<usize>) -> QuestionError {
    let names = SEVERITIES.map(Severity::as_str);
    let near = names.iter().find(|name| strsim::damerau_levenshtein(word, name) <= 2);
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write one of {}, or `as far as known`", names.join(", ")),
    };
    QuestionError { message: format!("`{word}` says nothing of an assertion"), span, hint: Some(hint) }
}

/// The same text with blanks in the place of remarks, byte for byte.
fn without_remarks(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let (mut quote, mut before, mut is_remark) = (None, ' ', false);
    for char in text.chars() {
        match (quote, char) {
            (_, '\n') => is_remark = false,
            _ if is_remark => {}
            (Some(open), char) if char == open => quote = None,
            (None, '"' | '\'') if before.is_whitespace() || before == ',' => quote = Some(char),
            (None, '#') if before.is_whitespace() => is_remark = true,
            (Some(_) | None, _) => {}
        }
        before = char;
        if is_remark { bare.extend(std::iter::repeat_n(' ', char.len_utf8())) } else { bare.push(char) }
    }
    bare
}

impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence.fmt(f)
    }
}
