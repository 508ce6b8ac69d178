//! The question language: one grammar for the shell, for `-c` and for commands.
//!
//! ```text
//! who can ACTION on REPOSITORY          who-can ACTION REPOSITORY
//! what can PRINCIPAL do [on REPOSITORY] what-can PRINCIPAL [REPOSITORY]
//! can PRINCIPAL ACTION [on] REPOSITORY
//! why [can|can't] PRINCIPAL ACTION [on] REPOSITORY
//! list THING    summary    graph    facts    help [TOPIC]
//! ```
//!
//! The parser also says what may stand at the end of an unfinished line, so
//! that completion cannot come to differ from the grammar. It does not know
//! which names exist.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// A question as it is meant; names are as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// Every principal that can do this there.
    WhoCan {
        /// An action, a pattern, or a capability.
        action: String,
        /// An ARN, the end of one, or a pattern.
        repository: String,
    },
    /// Everything that a principal can do.
    WhatCan {
        /// An ARN, the end of one, a name, or a pattern.
        principal: String,
        /// Where; everywhere if it is missing.
        repository: Option<String>,
    },
    /// One verdict.
    Can(Cell),
    /// The proof of one verdict.
    Why(Cell),
    /// Who reaches what, as a picture.
    Graph,
    /// What the rules are given.
    Facts,
    /// Everything in numbers.
    Summary,
    /// What is there to ask about.
    List(Listing),
    /// How to ask.
    Help(Option<String>),
}

/// Who, what, where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// An ARN, the end of one, a name, or a pattern.
    pub principal: String,
    /// An action, a pattern, or a capability.
    pub action: String,
    /// An ARN, the end of one, or a pattern.
    pub repository: String,
}

/// What `list` can list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// The accounts, and what was exported of each.
    Accounts,
    /// Users and roles.
    Principals,
    /// Public and private repositories.
    Repositories,
    /// The actions that can be asked about.
    Actions,
    /// What is wrong with the input.
    Diagnostics,
    /// What the input refers to and does not hold.
    Gaps,
}

impl Listing {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Accounts, Self::Principals, Self::Repositories, Self::Actions, Self::Diagnostics, Self::Gaps];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Principals => "principals",
            Self::Repositories => "repositories",
            Self::Actions => "actions",
            Self::Diagnostics => "diagnostics",
            Self::Gaps => "gaps",
        }
    }

    /// The listing of this name, in any letter case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|listing| listing.as_str().eq_ignore_ascii_case(text))
    }
}

/// Why a line is no question, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QuestionError {
    /// What is wrong.
    pub message: String,
    /// Where in the line; empty at its end where something is missing.
    pub span: Range<usize>,
    /// What would be right.
    pub hint: Option<String>,
}

impl QuestionError {
    /// The line with the place underlined, as a person reads it.
    #[must_use]
    pub fn picture(&self, line: &str) -> String {
        let hint = self.hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
        if line.trim().is_empty() {
            return format!("{self}{hint}");
        }
        let width = |text: &str| text.chars().count();
        let before = line.get(..self.span.start).map_or(0, width);
        let under = line.get(self.span.clone()).map_or(1, width).max(1);
        let shown: String = line.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
        format!("{self}\n  {shown}\n  {}{}{hint}", " ".repeat(before), "^".repeat(under))
    }
}

/// What can stand at a place of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// This word.
    Keyword(&'static str),
    /// An action, a pattern, or a capability.
    Action,
    /// A principal.
    Principal,
    /// A repository.
    Repository,
    /// A [`Listing`].
    Listing,
    /// A topic of the help.
    Topic,
}

impl Slot {
    fn wanted(self) -> String {
        match self {
            Self::Keyword(word) => format!("`{word}`"),
            Self::Action => "an action or capability".to_owned(),
            Self::Principal => "a principal".to_owned(),
            Self::Repository => "a repository".to_owned(),
            Self::Listing => "something to list".to_owned(),
            Self::Topic => "a topic".to_owned(),
        }
    }
}

/// What a line holds so far: its words with their roles, and what may follow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The words that were understood, in order.
    pub words: Vec<(Range<usize>, Slot)>,
    /// What may stand behind the last word.
    pub next: Vec<Slot>,
    /// What is wrong, if something other than the end is.
    pub error: Option<QuestionError>,
}

/// Reads a line that may not be finished.
#[must_use]
pub fn outline(line: &str) -> Outline {
    let mut parser = match Parser::new(line) {
        Ok(parser) => parser,
        Err(error) => return Outline { error: Some(error), ..Outline::default() },
    };
    let error = parser.question().err().filter(|error| error.span.start < line.trim_end().len());
    Outline { words: parser.roles, next: if error.is_some() { Vec::new() } else { parser.next }, error }
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
            (None, char) if !inside => {
                (inside, start) = (true, at);
                quote = matches!(char, '"' | '\'').then_some(char);
            }
            (Some(_) | None, _) => {}
        }
    }
    if inside || quote.is_some() { start } else { line.len() }
}

impl FromStr for Question {
    type Err = QuestionError;

    fn from_str(line: &str) -> Result<Self, QuestionError> {
        Parser::new(line)?.question()
    }
}

/// The words with which a question can begin, and how it goes on.
const FORMS: [(&str, &str); 12] = [
    ("who", "who can ACTION on REPOSITORY"),
    ("who-can", "who can ACTION on REPOSITORY"),
    ("what", "what can PRINCIPAL do on REPOSITORY"),
    ("what-can", "what can PRINCIPAL do on REPOSITORY"),
    ("can", "can PRINCIPAL ACTION on REPOSITORY"),
    ("why", "why can PRINCIPAL ACTION on REPOSITORY"),
    ("why-not", "why can't PRINCIPAL ACTION on REPOSITORY"),
    ("list", "list accounts, principals, repositories, actions, diagnostics or gaps"),
    ("summary", "summary"),
    ("graph", "graph"),
    ("facts", "facts"),
    ("help", "help TOPIC"),
];

struct Word {
    text: String,
    span: Range<usize>,
    quoted: bool,
}

struct Parser<'a> {
    line: &'a str,
    words: Vec<Word>,
    at: usize,
    form: &'static str,
    roles: Vec<(Range<usize>, Slot)>,
    next: Vec<Slot>,
}

impl<'a> Parser<'a> {
    fn new(line: &'a str) -> Result<Self, QuestionError> {
        Ok(Self { line, words: words(line)?, at: 0, form: "", roles: Vec::new(), next: Vec::new() })
    }

    fn question(&mut self) -> Result<Question, QuestionError> {
        let question = self.phrase()?;
        self.end()?;
        Ok(question)
    }

    fn phrase(&mut self) -> Result<Question, QuestionError> {
        let Some(&(_, form)) = FORMS.iter().find(|(word, _)| self.keyword(word)) else {
            return Err(self.no_question());
        };
        self.form = form;
        let first = self.words[self.at - 1].text.to_ascii_lowercase();
        match first.as_str() {
            "who" | "who-can" => {
                if first == "who" {
                    self.must("can")?;
                }
                let action = self.name(Slot::Action)?;
                self.keyword("on");
                Ok(Question::WhoCan { action, repository: self.name(Slot::Repository)? })
            }
            "what" | "what-can" => {
                if first == "what" {
                    self.must("can")?;
                }
                let principal = self.name(Slot::Principal)?;
                self.keyword("do");
                let repository = if self.keyword("on") || !self.is_done() {
                    Some(self.name(Slot::Repository)?)
                } else {
                    self.next.push(Slot::Repository);
                    None
                };
                Ok(Question::WhatCan { principal, repository })
            }
            "can" => Ok(Question::Can(self.cell()?)),
            "why" | "why-not" => {
                let _ = ["can", "can't", "cannot"].into_iter().any(|word| self.keyword(word));
                Ok(Question::Why(self.cell()?))
            }
            "list" => {
                let span = self.here();
                let name = self.name(Slot::Listing)?;
                let wrong = || self.error(format!("`{name}` is nothing to list"), span);
                Listing::parse(&name).map(Question::List).ok_or_else(wrong)
            }
            "graph" => Ok(Question::Graph),
            "facts" => Ok(Question::Facts),
            "summary" => Ok(Question::Summary),
            _ => {
                let topic = if self.is_done() { None } else { Some(self.name(Slot::Topic)?) };
                self.next.extend(topic.is_none().then_some(Slot::Topic));
                Ok(Question::Help(topic))
            }
        }
    }

    fn cell(&mut self) -> Result<Cell, QuestionError> {
        let principal = self.name(Slot::Principal)?;
        let action = self.name(Slot::Action)?;
        self.keyword("on");
        Ok(Cell { principal, action, repository: self.name(Slot::Repository)? })
    }

    /// Takes the word if it stands here.
    fn keyword(&mut self, keyword: &'static str) -> bool {
        let Some(word) = self.words.get(self.at) else {
            self.next.push(Slot::Keyword(keyword));
            return false;
        };
        let found = !word.quoted && word.text.eq_ignore_ascii_case(keyword);
        if found {
            self.take(Slot::Keyword(keyword));
        }
        found
    }

    fn must(&mut self, keyword: &'static str) -> Result<(), QuestionError> {
        if self.keyword(keyword) {
            return Ok(());
        }
        Err(self.unexpected(Slot::Keyword(keyword)))
    }

    fn name(&mut self, slot: Slot) -> Result<String, QuestionError> {
        match self.words.get(self.at).map(|word| word.text.clone()) {
            Some(text) if !text.is_empty() => {
                self.take(slot);
                Ok(text)
            }
            Some(_) => Err(self.unexpected(slot)),
            None => {
                self.next.push(slot);
                Err(self.unexpected(slot))
            }
        }
    }

    fn take(&mut self, slot: Slot) {
        self.roles.push((self.words[self.at].span.clone(), slot));
        self.at += 1;
        self.next.clear();
    }

    fn end(&mut self) -> Result<(), QuestionError> {
        match self.words.get(self.at) {
            None => Ok(()),
            Some(word) if word.text == "?" && self.at + 1 == self.words.len() => Ok(()),
            Some(word) => {
                let span = word.span.start..self.words.last().map_or(word.span.end, |last| last.span.end);
                Err(self.error("the question ends before this".to_owned(), span))
            }
        }
    }

    fn is_done(&self) -> bool {
        self.at == self.words.len()
    }

    /// The next word, or the end of the line.
    fn here(&self) -> Range<usize> {
        let end = self.line.trim_end().len();
        self.words.get(self.at).map_or(end..end, |word| word.span.clone())
    }

    fn unexpected(&self, slot: Slot) -> QuestionError {
        let found = self.words.get(self.at).map(|word| format!(", found `{}`", word.text)).unwrap_or_default();
        self.error(format!("expected {}{found}", slot.wanted()), self.here())
    }

    fn error(&self, message: String, span: Range<usize>) -> QuestionError {
        QuestionError { message, span, hint: Some(format!("write `{}`", self.form)) }
    }

    fn no_question(&self) -> QuestionError {
        let Some(word) = self.words.first() else {
            let hint = Some("write `help` to see what can be asked".to_owned());
            return QuestionError { message: "expected a question".to_owned(), span: self.here(), hint };
        };
        let lower = word.text.to_ascii_lowercase();
        let distance = |candidate: &str| strsim::damerau_levenshtein(&lower, candidate);
        let near = FORMS.iter().map(|(first, form)| (distance(first), form)).min();
        let hint = match near {
            Some((distance, form)) if distance <= 1 + lower.len() / 4 => format!("did you mean `{form}`?"),
            _ => "a question begins with who, what, can, why, list, summary, graph, facts or help".to_owned(),
        };
        QuestionError { message: format!("`{}` begins no question", word.text), span: self.here(), hint: Some(hint) }
    }
}

/// Words between blanks. One that begins with a quote runs to the next such quote; between double
/// quotes a backslash takes the following character as it is.
fn words(line: &str) -> Result<Vec<Word>, QuestionError> {
    let mut words = Vec::new();
    let mut chars = line.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        if first.is_whitespace() {
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
        words.push(Word { text, span: start..end, quoted });
    }
    Ok(words)
}

/// A name as the parser reads it back.
#[must_use]
pub fn quoted(name: &str) -> String {
    let is_keyword =
        ["on", "do", "can", "can't", "cannot", "?"].iter().any(|keyword| keyword.eq_ignore_ascii_case(name));
    let is_plain = !name.is_empty() && !name.starts_with(['"', '\'']) && !name.contains(char::is_whitespace);
    if is_plain && !is_keyword {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

impl fmt::Display for Question {
    /// The question in words; parsing them gives it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WhoCan { action, repository } => write!(f, "who can {} on {}", quoted(action), quoted(repository)),
            Self::WhatCan { principal, repository } => {
                write!(f, "what can {} do", quoted(principal))?;
                repository.as_deref().map_or(Ok(()), |repository| write!(f, " on {}", quoted(repository)))
            }
            Self::Can(cell) => write!(f, "can {cell}"),
            Self::Why(cell) => write!(f, "why can {cell}"),
            Self::Graph => f.write_str("graph"),
            Self::Facts => f.write_str("facts"),
            Self::Summary => f.write_str("summary"),
            Self::List(listing) => write!(f, "list {}", listing.as_str()),
            Self::Help(None) => f.write_str("help"),
            Self::Help(Some(topic)) => write!(f, "help {}", quoted(topic)),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} on {}", quoted(&self.principal), quoted(&self.action), quoted(&self.repository))
    }
}
