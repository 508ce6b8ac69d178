//! What an assertion says: one sentence.
//!
//! ```text
//! only PRINCIPAL, … can [directly] ACTION, … on REPOSITORY, … [where CONDITION] [when KEY is VALUE]
//! no one [CONDITION] [except PRINCIPAL, …] can …
//! PRINCIPAL, … can [sometimes] …        PRINCIPAL, … cannot …
//! query NAME [PARAMETER=VALUE …] [finds nothing]
//! ?- CONDITIONS.
//! ```
//!
//! Words, names and conditions are those of questions (`query/language/`).

use std::fmt;
use std::ops::Range;

use super::circumstance::Told;
use crate::query::datalog::{Program, is_datalog};
use crate::query::{Fields, Filter, Parser, QuestionError, Side, Slot, Vocabulary, quoted};

/// A name as it was written, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub text: String,
    /// Its bytes.
    pub span: Range<usize>,
}

/// What is done, where, and under which circumstances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Whether ways through roles are left out.
    pub direct: bool,
    /// Actions, patterns, or capabilities.
    pub actions: Vec<Named>,
    /// ARNs, the ends of some, or patterns.
    pub repositories: Vec<Named>,
    /// Which of the rows are meant.
    pub filter: Option<Filter>,
    /// What requests are like.
    pub when: Vec<Told>,
}

/// What is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sentence {
    /// Nobody else can.
    Only(Vec<Named>, Deed),
    /// Nobody can of whom this is true, but for some.
    NoOne {
        /// Who is meant.
        who: Option<Filter>,
        /// Who may nevertheless.
        except: Vec<Named>,
        /// What.
        deed: Deed,
    },
    /// Each of these can.
    Can {
        /// Who.
        principals: Vec<Named>,
        /// Whether some requests are enough.
        sometimes: bool,
        /// What.
        deed: Deed,
    },
    /// None of these can.
    Cannot(Vec<Named>, Deed),
    /// The saved query finds nothing.
    Query {
        /// Its name.
        name: Named,
        /// Parameters with what they are to be.
        values: Vec<(String, String)>,
    },
    /// The question in Datalog finds nothing; rules may stand before it.
    Empty(String),
    /// Rules for the questions of the file.
    Rules(String),
}

/// How sentences are written.
const FORM: &str = "only PRINCIPAL can ACTION on REPOSITORY";

/// The words with which a sentence can begin; any other is a principal.
const BEGINNINGS: [&str; 4] = ["only", "no", "nobody", "query"];

impl Sentence {
    /// Reads a sentence.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, QuestionError> {
        if is_datalog(text) {
            let program = Program::parse(text)?;
            let text = text.trim().to_owned();
            return Ok(if program.is_question() { Self::Empty(text) } else { Self::Rules(text) });
        }
        let vocabulary = Vocabulary::default();
        let mut parser = Parser::new(text, &vocabulary)?;
        let sentence = sentence(&mut parser)?;
        parser.end().map_err(|error| {
            let found = parser.word().map(|word| word.text.to_ascii_lowercase()).unwrap_or_default();
            let is_near = strsim::damerau_levenshtein(&found, "when") == 1;
            let hint = if is_near { Some("did you mean `when`?".to_owned()) } else { error.hint };
            QuestionError { message: "the assertion ends before this".to_owned(), hint, ..error }
        })?;
        Ok(sentence)
    }

    /// What is done, if the sentence is about that.
    #[must_use]
    pub fn deed(&self) -> Option<&Deed> {
        match self {
            Self::Only(_, deed) | Self::NoOne { deed, .. } | Self::Can { deed, .. } | Self::Cannot(_, deed) => {
                Some(deed)
            }
            Self::Query { .. } | Self::Empty(_) | Self::Rules(_) => None,
        }
    }

    /// The names of principals in it.
    #[must_use]
    pub fn principals(&self) -> &[Named] {
        match self {
            Self::Only(named, _) | Self::Cannot(named, _) => named,
            Self::NoOne { except, .. } => except,
            Self::Can { principals, .. } => principals,
            Self::Query { .. } | Self::Empty(_) | Self::Rules(_) => &[],
        }
    }
}

fn sentence(parser: &mut Parser<'_>) -> Result<Sentence, QuestionError> {
    parser.form = FORM;
    if parser.keyword("only") {
        let names = named(parser, Slot::Principal)?;
        parser.must("can")?;
        return Ok(Sentence::Only(names, deed(parser)?.0));
    }
    if parser.keyword("nobody") {
        return no_one(parser);
    }
    if parser.keyword("no") {
        parser.must("one")?;
        return no_one(parser);
    }
    if parser.keyword("query") {
        return query(parser);
    }
    let first = parser.word().filter(|word| !word.quoted).map(|word| (word.text.to_ascii_lowercase(), parser.here()));
    let principals = named(parser, Slot::Principal)?;
    parser.form = "PRINCIPAL can ACTION on REPOSITORY";
    let is_positive = match parser.one_of(&["can", "cannot", "can't"]) {
        Some(word) => word == "can",
        None => return Err(no_verb(parser, first)),
    };
    let span = parser.here();
    let (deed, sometimes) = deed(parser)?;
    match (is_positive, sometimes) {
        (true, sometimes) => Ok(Sentence::Can { principals, sometimes, deed }),
        (false, false) => Ok(Sentence::Cannot(principals, deed)),
        (false, true) => {
            let message = "`cannot` means in no request, so `sometimes` says nothing here".to_owned();
            Err(QuestionError { message, span, hint: Some("leave `sometimes` out".to_owned()) })
        }
    }
}

/// Where `can` or `cannot` is missing; perhaps the first word was meant as another one.
fn no_verb(parser: &Parser<'_>, first: Option<(String, Range<usize>)>) -> QuestionError {
    let mut error = parser.expected("`can` or `cannot`");
    let distance = |one: &str, other: &str| strsim::damerau_levenshtein(one, other);
    if let Some((first, span)) = first
        && let Some(near) = BEGINNINGS.iter().find(|word| distance(&first, word) == 1)
    {
        let message = format!("`{first}` begins no assertion");
        return QuestionError { message, span, hint: Some(format!("did you mean `{near}`?")) };
    }
    let found = parser.word().map(|word| word.text.to_ascii_lowercase()).unwrap_or_default();
    if let Some(near) = ["can", "cannot", "can't"].iter().find(|word| distance(&found, word) == 1) {
        error.hint = Some(format!("did you mean `{near}`?"));
    }
    error
}

fn no_one(parser: &mut Parser<'_>) -> Result<Sentence, QuestionError> {
    parser.form = "no one where CONDITION except PRINCIPAL can ACTION on REPOSITORY";
    let is_told = |parser: &Parser<'_>| {
        let words = ["outside", "inside", "not"];
        parser.word().is_some_and(|word| words.iter().any(|one| word.is(one)))
    };
    let fields = Fields::of_answer(Side::Principal);
    let who = if parser.keyword("where") || is_told(parser) { Some(parser.filter(&fields)?) } else { None };
    parser.form = "no one where CONDITION except PRINCIPAL can ACTION on REPOSITORY";
    let except = if parser.keyword("except") { named(parser, Slot::Principal)? } else { Vec::new() };
    parser.must("can")?;
    Ok(Sentence::NoOne { who, except, deed: deed(parser)?.0 })
}

fn query(parser: &mut Parser<'_>) -> Result<Sentence, QuestionError> {
    parser.form = "query NAME PARAMETER=VALUE finds nothing";
    let name = one(parser, Slot::Query)?;
    let mut values = Vec::new();
    while parser.word().is_some_and(|word| word.text.contains('=')) {
        let span = parser.here();
        let text = parser.name(Slot::Parameter)?;
        match text.split_once('=') {
            Some((parameter, value)) if !parameter.is_empty() => values.push((parameter.to_owned(), value.to_owned())),
            _ => return Err(parser.error("expected PARAMETER=VALUE".to_owned(), span)),
        }
    }
    if parser.keyword("finds") {
        parser.must("nothing")?;
    }
    Ok(Sentence::Query { name, values })
}

/// What follows `can`; and whether some requests are enough.
fn deed(parser: &mut Parser<'_>) -> Result<(Deed, bool), QuestionError> {
    let (mut direct, mut sometimes) = (false, false);
    while let Some(word) = parser.one_of(&["directly", "sometimes"]) {
        direct |= word == "directly";
        sometimes |= word == "sometimes";
    }
    let actions = named(parser, Slot::Action)?;
    parser.must("on")?;
    let repositories = named(parser, Slot::Repository)?;
    let is_chosen = parser.keyword("where");
    let filter = if is_chosen { Some(parser.filter(&Fields::of_answer(Side::Principal))?) } else { None };
    let span = parser.here();
    if parser.keyword("only") {
        let message = "`only when` cannot be asserted".to_owned();
        let hint = Some("assert both: PRINCIPAL can … when …, and PRINCIPAL cannot … when …".to_owned());
        return Err(QuestionError { message, span, hint });
    }
    let mut when = Vec::new();
    if parser.keyword("when") {
        parser.form = "when KEY is VALUE and KEY is in RANGE";
        when.push(told(parser)?);
        while parser.keyword("and") {
            when.push(told(parser)?);
        }
    }
    Ok((Deed { direct, actions, repositories, filter, when }, sometimes))
}

/// What is said of one key of requests.
fn told(parser: &mut Parser<'_>) -> Result<Told, QuestionError> {
    let key = one(parser, Slot::Value("when"))?;
    parser.must("is")?;
    if parser.keyword("absent") {
        return Ok(Told { key, values: Vec::new() });
    }
    parser.keyword("in");
    let mut values = vec![value(parser)?];
    while parser.keyword(",") || parser.keyword("or") {
        values.push(value(parser)?);
    }
    Ok(Told { key, values })
}

fn value(parser: &mut Parser<'_>) -> Result<Named, QuestionError> {
    let is_quoted = parser.word().is_some_and(|word| word.quoted);
    let value = one(parser, Slot::Value("a key"))?;
    if !is_quoted && value.text.contains(['*', '?']) {
        let message = format!("`{}` is no value that one request has", value.text);
        let hint = Some("write values that requests have, with commas between them; each is asked about".to_owned());
        return Err(QuestionError { message, span: value.span, hint });
    }
    Ok(value)
}

fn one(parser: &mut Parser<'_>, slot: Slot) -> Result<Named, QuestionError> {
    let span = parser.here();
    Ok(Named { text: parser.name(slot)?, span })
}

fn named(parser: &mut Parser<'_>, slot: Slot) -> Result<Vec<Named>, QuestionError> {
    let mut names = vec![one(parser, slot)?];
    while parser.keyword(",") {
        names.push(one(parser, slot)?);
    }
    Ok(names)
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_word = ["only", "no", "nobody", "query", "except", "when", "directly", "sometimes", "finds", "absent"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(&self.text));
        if is_word { write!(f, "\"{}\"", self.text) } else { f.write_str(&quoted(&self.text)) }
    }
}

fn listed(names: &[Named]) -> String {
    names.iter().map(Named::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { direct, actions, repositories, filter, when } = self;
        f.write_str(if *direct { "directly " } else { "" })?;
        write!(f, "{} on {}", listed(actions), listed(repositories))?;
        if let Some(filter) = filter {
            write!(f, " where {filter}")?;
        }
        for (number, told) in when.iter().enumerate() {
            write!(f, " {} {told}", if number == 0 { "when" } else { "and" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only(names, deed) => write!(f, "only {} can {deed}", listed(names)),
            Self::NoOne { who, except, deed } => {
                f.write_str("no one")?;
                if let Some(who) = who {
                    let is_bare = matches!(who, Filter::Outside | Filter::Not(_));
                    write!(f, "{} {who}", if is_bare { "" } else { " where" })?;
                }
                if !except.is_empty() {
                    write!(f, " except {}", listed(except))?;
                }
                write!(f, " can {deed}")
            }
            Self::Can { principals, sometimes, deed } => {
                write!(f, "{} can {}{deed}", listed(principals), if *sometimes { "sometimes " } else { "" })
            }
            Self::Cannot(principals, deed) => write!(f, "{} cannot {deed}", listed(principals)),
            Self::Query { name, values } => {
                write!(f, "query {name}")?;
                values.iter().try_for_each(|(name, value)| write!(f, " {}", quoted(&format!("{name}={value}"))))?;
                f.write_str(" finds nothing")
            }
            Self::Empty(text) | Self::Rules(text) => f.write_str(text),
        }
    }
}
