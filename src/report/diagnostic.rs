//! What is wrong with an input, as a picture of the place or as one line.
//!
//! The only room that knows `miette`. A file may be one line of megabytes, so
//! a picture shows a window of it; and a file may hold anything, so what a
//! terminal would obey is blanked out, byte for byte.

use std::fmt;

use miette::{
    Diagnostic as Report, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use super::Style;
use super::terminal::{clean, is_hidden};
use crate::policy::{Diagnostic, Severity, Source, Sources};

/// How many bytes of the line are shown on either side of the place.
const WINDOW: usize = 60;
/// How many bytes of the place itself.
const LONGEST: usize = 120;

/// One line: `file:line:column: error: message (hint)`.
#[must_use]
pub fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let place = diagnostic.place.map(|(file, span)| {
        let position = sources.position(file, span.start);
        format!("{}:{}:{}: ", sources.get(file).name, position.line, position.column)
    });
    let hint = diagnostic.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    let Diagnostic { severity, message, .. } = diagnostic;
    clean(&format!("{}{severity}: {message}{hint}", place.unwrap_or_default())).into_owned()
}

/// The place with its line underlined.
#[must_use]
pub fn picture(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let styles = if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(style.width.map_or(100, usize::from));
    let shown = Shown {
        message: clean(&diagnostic.message).into_owned(),
        hint: diagnostic.hint.as_deref().map(|hint| clean(hint).into_owned()),
        severity: match diagnostic.severity {
            Severity::Note => miette::Severity::Advice,
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        },
        window: diagnostic.place.map(|(file, span)| {
            let position = sources.position(file, span.start);
            Window::new(sources.get(file), position.line, position.column, span.start as usize, span.end as usize)
        }),
    };
    let mut picture = String::new();
    match handler.render_report(&mut picture, &shown) {
        Ok(()) => picture,
        Err(fmt::Error) => line(diagnostic, sources) + "\n",
    }
}

#[derive(Debug)]
struct Shown {
    message: String,
    hint: Option<String>,
    severity: miette::Severity,
    window: Option<Window>,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Report for Shown {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        self.hint.as_ref().map(|hint| Box::new(hint) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.window.as_ref().map(|window| window as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let window = self.window.as_ref()?;
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, window.marked))))
    }
}

/// A part of one line of a file, with the place in it.
#[derive(Debug)]
struct Window {
    name: String,
    text: String,
    start: usize,
    line: usize,
    column: usize,
    place_column: usize,
    marked: SourceSpan,
}

impl Window {
    fn new(source: &Source, line: usize, column: usize, start: usize, end: usize) -> Self {
        let text = source.text();
        let start = text.floor_char_boundary(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let end = end.min(start + LONGEST).clamp(start, line_end);
        let from = border(text, start.saturating_sub(WINDOW).max(line_start));
        let until = border(text, (end + WINDOW).min(line_end));
        let blanked = |char: char| match char {
            '\t' => " ".to_owned(),
            hidden if is_hidden(hidden) => "?".repeat(hidden.len_utf8()),
            plain => plain.to_string(),
        };
        Self {
            name: clean(&source.name).into_owned(),
            text: text[from..until].chars().map(blanked).collect(),
            start: from,
            line: line - 1,
            column: (column - 1).saturating_sub(text[from..start].chars().count()),
            place_column: column - 1,
            marked: (start, border(text, end).max(start) - start).into(),
        }
    }
}

/// The next place at or behind `at` where a character begins.
fn border(text: &str, at: usize) -> usize {
    (at..=text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

impl SourceCode for Window {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let within = span.offset() >= self.start && span.offset() + span.len() <= self.start + self.text.len();
        if !within {
            return Err(MietteError::OutOfBounds);
        }
        // Without lines around it, the place alone is asked for: its position heads the picture.
        let is_head = lines_before + lines_after == 0;
        let (text, start, column) = if is_head {
            (&self.text[span.offset() - self.start..], span.offset(), self.place_column)
        } else {
            (&self.text[..], self.start, self.column)
        };
        let covered = SourceSpan::from((start, text.len()));
        let name = self.name.clone();
        Ok(Box::new(MietteSpanContents::new_named(name, text.as_bytes(), covered, self.line, column, 1)))
    }
}
