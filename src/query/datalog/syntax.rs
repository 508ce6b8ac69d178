//! Datalog as it is written: rules, facts, a question.
//!
//! ```text
//! text     = { rule } [ question ]
//! rule     = head [ ":-" body ] "."
//! question = "?-" body [ "." ]
//! head     = NAME "(" ( term | "count" "(" VARIABLE ")" ) { "," ... } ")"
//! body     = literal { "," literal }
//! literal  = atom | "not" atom | term OPERATOR term
//! atom     = NAME "(" term { "," term } ")"
//! OPERATOR = "=" | "!=" | "<" | "<=" | ">" | ">=" | "like"
//! term     = VARIABLE | "_" | NAME | "\"...\"" | DIGITS
//! ```

use std::ops::Range;

use super::lexer::{Placed, Token, error, tokens};
use crate::query::QuestionError;

/// No relation has more columns.
pub(super) const WIDEST: usize = 16;

/// No body has more literals.
const LONGEST: usize = 50;

/// No program has more rules.
pub(super) const MOST_RULES: usize = 500;

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) span: Range<usize>,
}

/// What stands in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// The same value wherever it stands.
    Variable(Name),
    /// Some value.
    Blank(Range<usize>),
    /// A value by its name.
    Constant(Name, Form),
}

/// How a constant is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As a word, or between quotes.
    Text,
    /// In digits.
    Digits,
}

/// A relation of some terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Atom {
    pub(super) name: Name,
    pub(super) terms: Vec<Term>,
    pub(super) span: Range<usize>,
}

/// How two terms are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Like,
}

impl Operator {
    const ALL: [(&'static str, Self); 6] = [
        ("=", Self::Equal),
        ("!=", Self::Unequal),
        ("<", Self::Less),
        ("<=", Self::AtMost),
        (">", Self::Greater),
        (">=", Self::AtLeast),
    ];
}

/// What a body asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    /// The relation holds.
    Holds(Atom),
    /// It does not.
    Fails(Atom),
    /// The terms compare so.
    Compare(Term, Operator, Term, Range<usize>),
}

/// A rule, a fact (which has no body), or the question, whose head is its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) head: Atom,
    /// The columns of the head that count their variable's values.
    pub(super) counts: Vec<bool>,
    pub(super) body: Vec<Literal>,
    pub(super) span: Range<usize>,
}

impl Term {
    pub(super) fn span(&self) -> &Range<usize> {
        match self {
            Self::Variable(name) | Self::Constant(name, _) => &name.span,
            Self::Blank(span) => span,
        }
    }

    pub(super) fn variable(&self) -> Option<&Name> {
        match self {
            Self::Variable(name) => Some(name),
            Self::Blank(_) | Self::Constant(..) => None,
        }
    }
}

impl Literal {
    pub(super) fn terms(&self) -> impl Iterator<Item = &Term> {
        let (some, others) = match self {
            Self::Holds(atom) | Self::Fails(atom) => (atom.terms.as_slice(), [None, None]),
            Self::Compare(left, _, right, _) => (&[][..], [Some(left), Some(right)]),
        };
        some.iter().chain(others.into_iter().flatten())
    }
}

/// Rules with at most one question behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    pub(super) rules: Vec<Clause>,
    pub(super) question: Option<Clause>,
}

impl Program {
    /// Reads a text.
    ///
    /// # Errors
    /// What is wrong with it, and where. Whether its relations exist is said when it is asked.
    pub fn parse(text: &str) -> Result<Self, QuestionError> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0 };
        parser.program()
    }

    /// The variables of its question, in the order in which they stand there; `None` if it has none.
    #[must_use]
    pub fn variables(&self) -> Option<Vec<String>> {
        let terms = &self.question.as_ref()?.head.terms;
        Some(terms.iter().filter_map(Term::variable).map(|name| name.text.clone()).collect())
    }

    /// Whether it asks something, rather than only defining.
    #[must_use]
    pub fn is_question(&self) -> bool {
        self.question.is_some()
    }
}

/// Whether a line is meant as Datalog: it begins with `?-`, or with a name and a bracket.
#[must_use]
pub fn is_datalog(line: &str) -> bool {
    let line = line.trim_start();
    let name = line.find(|char: char| !char.is_alphanumeric() && !matches!(char, '_' | '-')).unwrap_or(line.len());
    line.starts_with("?-") || name > 0 && line[name..].starts_with('(')
}

struct Parser {
    tokens: Vec<Placed>,
    at: usize,
}

impl Parser {
    fn program(&mut self) -> Result<Program, QuestionError> {
        let mut program = Program::default();
        while *self.token() != Token::End {
            let start = self.span().start;
            if self.takes("?-") {
                let (body, variables) = (self.body()?, |body: &[Literal]| asked(body));
                let head = Atom {
                    name: Name { text: "?-".to_owned(), span: start..start + 2 },
                    terms: variables(&body),
                    span: start..start + 2,
                };
                self.takes(".");
                if *self.token() != Token::End {
                    return Err(
                        self.unexpected("`,` or the end", "commas join conditions; a question stands last, and alone")
                    );
                }
                let counts = vec![false; head.terms.len()];
                program.question = Some(Clause { head, counts, body, span: start..self.end() });
            } else {
                if program.rules.len() == MOST_RULES {
                    return Err(error(&too_many(), self.span(), None));
                }
                let rule = self.rule(start)?;
                program.rules.push(rule);
            }
        }
        if program.rules.is_empty() && program.question.is_none() {
            return Err(
                self.unexpected("a rule or a question", "write `?- account(P, \"111122223333\"), kind(P, role).`")
            );
        }
        Ok(program)
    }

    fn rule(&mut self, start: usize) -> Result<Clause, QuestionError> {
        let (head, counts) = self.head()?;
        let body = if self.takes(":-") { self.body()? } else { Vec::new() };
        if !self.takes(".") {
            let wanted = if body.is_empty() { "`:-` or `.`" } else { "`,` or `.`" };
            return Err(self.unexpected(
                wanted,
                "a rule ends with a full stop: `colleagues(P, Q) :- account(P, A), account(Q, A).`",
            ));
        }
        Ok(Clause { head, counts, body, span: start..self.end() })
    }

    fn head(&mut self) -> Result<(Atom, Vec<bool>), QuestionError> {
        let name = self.name("the name of a relation")?;
        let mut counts = Vec::new();
        let (terms, end) = self.terms(|parser| {
            let is_count = matches!(parser.token(), Token::Word(word) if word == "count")
                && parser.tokens.get(parser.at + 1).is_some_and(|next| next.0 == Token::Sign("("));
            counts.push(is_count);
            if !is_count {
                return parser.term();
            }
            parser.at += 2;
            let counted = parser.term()?;
            if counted.variable().is_none() {
                let hint =
                    "`pushers(R, count(P)) :- possible(P, \"ecr:PutImage\", R).` counts the values of P for each R";
                return Err(error("only a variable can be counted", counted.span().clone(), Some(hint.to_owned())));
            }
            parser.must(")", "close the brackets")?;
            Ok(counted)
        })?;
        let span = name.span.start..end;
        Ok((Atom { name, terms, span }, counts))
    }

    fn body(&mut self) -> Result<Vec<Literal>, QuestionError> {
        let mut body = vec![self.literal()?];
        while self.takes(",") {
            if body.len() == LONGEST {
                let hint = format!("a body has at most {LONGEST} of them; give a part of it a name by a rule");
                return Err(error("one condition too many", self.span(), Some(hint)));
            }
            body.push(self.literal()?);
        }
        Ok(body)
    }

    fn literal(&mut self) -> Result<Literal, QuestionError> {
        let start = self.span().start;
        let is_not = matches!(self.token(), Token::Word(word) if word == "not")
            && matches!(self.tokens.get(self.at + 1), Some((Token::Word(_), _)));
        if is_not || *self.token() == Token::Sign("!") {
            self.at += 1;
            return Ok(Literal::Fails(self.atom()?));
        }
        let is_atom = matches!(self.token(), Token::Word(_))
            && self.tokens.get(self.at + 1).is_some_and(|next| next.0 == Token::Sign("("));
        if is_atom {
            return Ok(Literal::Holds(self.atom()?));
        }
        let left = self.term()?;
        let Some(operator) = self.operator() else {
            let hint = "a condition is `account(P, A)`, `not account(P, A)`, `P != Q` or `R like \"storefront/*\"`";
            let is_name = matches!(left, Term::Constant(_, Form::Text));
            let wanted = if is_name { "`(` or a comparison" } else { "a comparison" };
            return Err(self.unexpected(wanted, hint));
        };
        let right = self.term()?;
        let span = start..right.span().end;
        Ok(Literal::Compare(left, operator, right, span))
    }

    fn operator(&mut self) -> Option<Operator> {
        let operator = match self.token() {
            Token::Word(word) if word == "like" => Operator::Like,
            Token::Sign(sign) => Operator::ALL.iter().find(|(own, _)| own == sign)?.1,
            _ => return None,
        };
        self.at += 1;
        Some(operator)
    }

    fn atom(&mut self) -> Result<Atom, QuestionError> {
        let name = self.name("a relation")?;
        let (terms, end) = self.terms(Self::term)?;
        let span = name.span.start..end;
        Ok(Atom { name, terms, span })
    }

    /// Terms between brackets, and where they end.
    fn terms(
        &mut self,
        mut term: impl FnMut(&mut Self) -> Result<Term, QuestionError>,
    ) -> Result<(Vec<Term>, usize), QuestionError> {
        self.must("(", "what a relation is about stands in brackets: `account(P, A)`")?;
        let mut terms = vec![term(self)?];
        while self.takes(",") {
            if terms.len() == WIDEST {
                let hint = format!("a relation has at most {WIDEST} columns");
                return Err(error("one column too many", self.span(), Some(hint)));
            }
            terms.push(term(self)?);
        }
        let is_count = matches!(&self.tokens[self.at - 1].0, Token::Word(word) if word == "count");
        if is_count && *self.token() == Token::Sign("(") {
            let hint = "`pushers(R, count(P)) :- capable(P, push, R, _). ?- pushers(R, N).`";
            return Err(error("a count stands in the head of a rule", self.span(), Some(hint.to_owned())));
        }
        self.must(")", "close the brackets")?;
        Ok((terms, self.end()))
    }

    fn term(&mut self) -> Result<Term, QuestionError> {
        let (token, span) = self.tokens[self.at].clone();
        let name = |text| Name { text, span: span.clone() };
        let term = match token {
            Token::Variable(text) => Term::Variable(name(text)),
            Token::Blank => Term::Blank(span),
            Token::Word(text) | Token::Quoted(text) => Term::Constant(name(text), Form::Text),
            Token::Digits(text) => Term::Constant(name(text), Form::Digits),
            Token::Sign(_) | Token::End => {
                let hint = "a variable begins with an upper-case letter; `_` is some value; names with / or : go between quotes";
                return Err(self.unexpected("a variable, `_` or a value", hint));
            }
        };
        self.at += 1;
        Ok(term)
    }

    fn name(&mut self, wanted: &str) -> Result<Name, QuestionError> {
        let (token, span) = self.tokens[self.at].clone();
        let Token::Word(text) = token else {
            let hint = "the name of a relation begins with a lower-case letter: `account(P, A)`";
            return Err(self.unexpected(wanted, hint));
        };
        self.at += 1;
        Ok(Name { text, span })
    }

    fn token(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn span(&self) -> Range<usize> {
        self.tokens[self.at].1.clone()
    }

    /// Where the last token that was taken ends.
    fn end(&self) -> usize {
        self.tokens[self.at - 1].1.end
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.token(), Token::Sign(own) if *own == sign);
        self.at += usize::from(found);
        found
    }

    fn must(&mut self, sign: &str, hint: &str) -> Result<(), QuestionError> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"), hint)) }
    }

    fn unexpected(&self, wanted: &str, hint: &str) -> QuestionError {
        let found = self.token().told();
        error(&format!("expected {wanted}, found {found}"), self.span(), Some(hint.to_owned()))
    }
}

/// Why no more rules are taken.
pub(super) fn too_many() -> String {
    format!("there are more than {MOST_RULES} rules")
}

/// The variables of a question, each once, in the order in which they stand there.
fn asked(body: &[Literal]) -> Vec<Term> {
    let mut found: Vec<Term> = Vec::new();
    for name in body.iter().flat_map(Literal::terms).filter_map(Term::variable) {
        if !found.iter().filter_map(Term::variable).any(|known| known.text == name.text) {
            found.push(Term::Variable(name.clone()));
        }
    }
    found
}
