//! Taking words one by one, with what may stand where they end.

use std::ops::Range;

use super::phrase::TAIL;
use super::words::{Word, words};
use super::{Question, QuestionError, Slot, Vocabulary};

/// A line, and how far it was understood.
pub(crate) struct Parser<'a> {
    line: &'a str,
    words: Vec<Word>,
    at: usize,
    /// How such a question is written.
    pub(crate) form: &'static str,
    pub(crate) vocabulary: &'a Vocabulary,
    roles: Vec<(Range<usize>, Slot)>,
    next: Vec<Slot>,
    /// How deep parentheses, and questions in questions, are nested.
    depth: usize,
}

/// So deep may they be nested, and so many sets be joined.
pub(crate) const DEEPEST: usize = 64;

impl<'a> Parser<'a> {
    pub(crate) fn new(line: &'a str, vocabulary: &'a Vocabulary) -> Result<Self, QuestionError> {
        let words = words(line)?;
        Ok(Self { line, words, at: 0, form: "", vocabulary, roles: Vec::new(), next: Vec::new(), depth: 0 })
    }

    /// The whole line as a question.
    pub(crate) fn question(&mut self) -> Result<Question, QuestionError> {
        let question = self.phrase()?;
        self.end()?;
        Ok(question)
    }

    /// The words that were taken, and what may follow them.
    pub(crate) fn outline(self) -> (Vec<(Range<usize>, Slot)>, Vec<Slot>) {
        (self.roles, self.next)
    }

    /// Takes the word if it stands here.
    pub(crate) fn keyword(&mut self, keyword: &'static str) -> bool {
        let Some(word) = self.words.get(self.at) else {
            self.next.push(Slot::Keyword(keyword));
            return false;
        };
        let found = word.is(keyword);
        if found {
            self.take(Slot::Keyword(keyword));
        }
        found
    }

    /// The first of these words that stands here, taken.
    pub(crate) fn one_of(&mut self, keywords: &[&'static str]) -> Option<&'static str> {
        let mut found = None;
        for &keyword in keywords {
            if found.is_none() && self.keyword(keyword) {
                found = Some(keyword);
            }
        }
        found
    }

    pub(crate) fn must(&mut self, keyword: &'static str) -> Result<(), QuestionError> {
        if self.keyword(keyword) {
            return Ok(());
        }
        Err(self.unexpected(Slot::Keyword(keyword)))
    }

    pub(crate) fn name(&mut self, slot: Slot) -> Result<String, QuestionError> {
        match self.words.get(self.at).map(|word| (word.text.clone(), word.quoted)) {
            Some((text, quoted)) if !text.is_empty() && (quoted || !is_mark(&text)) => {
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

    /// A name that may hold blanks, for nothing stands behind it.
    pub(crate) fn name_to_the_end(&mut self, slot: Slot) -> Result<String, QuestionError> {
        let is_quoted = self.word().is_none_or(|word| word.quoted);
        let mut name = self.name(slot)?;
        while !is_quoted && !self.is_done() && self.word().is_some_and(|word| !word.quoted) {
            name = format!("{name} {}", self.name(slot)?);
        }
        Ok(name)
    }

    /// Names with commas between them.
    pub(crate) fn names(&mut self, slot: Slot) -> Result<Vec<String>, QuestionError> {
        let mut names = vec![self.name(slot)?];
        while self.keyword(",") {
            names.push(self.name(slot)?);
        }
        Ok(names)
    }

    /// Does what stands between parentheses.
    pub(crate) fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, QuestionError>,
    ) -> Result<T, QuestionError> {
        let found = self.deeper(inner)?;
        self.must(")")?;
        Ok(found)
    }

    /// Does what stands within something else, if that is not too deep: whoever reads it goes as deep.
    pub(crate) fn deeper<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, QuestionError>,
    ) -> Result<T, QuestionError> {
        if self.depth == DEEPEST {
            return Err(self.error(format!("this is nested more than {DEEPEST} deep"), self.here()));
        }
        self.depth += 1;
        let found = inner(self);
        self.depth -= 1;
        found
    }

    fn take(&mut self, slot: Slot) {
        self.roles.push((self.words[self.at].span.clone(), slot));
        self.at += 1;
        self.next.clear();
    }

    /// Nothing more may follow.
    pub(crate) fn end(&mut self) -> Result<(), QuestionError> {
        match self.words.get(self.at) {
            None => Ok(()),
            Some(word) if word.is("?") && self.at + 1 == self.words.len() => Ok(()),
            Some(word) => {
                let span = word.span.start..self.words.last().map_or(word.span.end, |last| last.span.end);
                let mut error = self.error("the question ends before this".to_owned(), span);
                let near = |keyword: &&&str| strsim::damerau_levenshtein(&word.text, keyword) == 1;
                if let Some(keyword) = TAIL.iter().find(near) {
                    error.hint = Some(format!("did you mean `{keyword}`?"));
                }
                Err(error)
            }
        }
    }

    /// Whether nothing follows but perhaps a question mark.
    pub(crate) fn is_done(&self) -> bool {
        self.words[self.at..].iter().all(|word| word.is("?"))
    }

    /// The word that stands here.
    pub(crate) fn word(&self) -> Option<&Word> {
        self.words.get(self.at)
    }

    /// The word that stands behind the next one.
    pub(crate) fn word_after(&self) -> Option<&Word> {
        self.words.get(self.at + 1)
    }

    /// Adds to what may stand here, if the line ends here.
    pub(crate) fn offer(&mut self, slot: Slot) {
        if self.at == self.words.len() {
            self.next.push(slot);
        }
    }

    /// The next word, or the end of the line.
    pub(crate) fn here(&self) -> Range<usize> {
        let end = self.line.trim_end().len();
        self.word().map_or(end..end, |word| word.span.clone())
    }

    pub(crate) fn unexpected(&self, slot: Slot) -> QuestionError {
        self.expected(&slot.wanted())
    }

    pub(crate) fn expected(&self, wanted: &str) -> QuestionError {
        let found = self.word().map(|word| format!(", found `{}`", word.text)).unwrap_or_default();
        self.error(format!("expected {wanted}{found}"), self.here())
    }

    pub(crate) fn error(&self, message: String, span: Range<usize>) -> QuestionError {
        QuestionError { message, span, hint: Some(format!("write `{}`", self.form)) }
    }
}

fn is_mark(text: &str) -> bool {
    matches!(text, "," | "(" | ")")
}
