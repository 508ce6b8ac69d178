//! Which of several patterns one text can match together: exactly, by an automaton.
//!
//! Every pattern becomes a regular expression over a small alphabet: the
//! characters that some pattern names, and one symbol for all others, which no
//! pattern tells apart (U17). One automaton reads them all at once; each of its
//! states that can be reached knows the set of patterns that match the text so
//! far, so walking the states finds every set there is, and a shortest text for
//! each. An automaton that would grow beyond bounds is not built, and the caller
//! takes the patterns for independent.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input, MatchKind};
use rustc_hash::FxHashSet;

use super::domain::Class;
use crate::policy::{Case, Pattern, Token};

/// The most bytes that an automaton, and the making of one, may take.
const LARGEST: usize = 1 << 21;
/// The most characters that all patterns together have.
const LONGEST: usize = 1 << 14;
/// The most states that are walked.
const MOST_STATES: usize = 1 << 14;

/// A set of texts.
#[derive(Clone, Debug)]
pub(super) enum Language<'a> {
    /// Those that the whole pattern matches.
    Text(&'a Pattern, Case),
    /// ARNs whose six components the six of the pattern match (O75, O76).
    Arn(&'a Pattern),
}

/// The sets of languages that one text can be in. `only_arns`: texts are well-formed ARNs (U33).
/// `None` where that is too much to find out.
pub(super) fn classes(languages: &[Language<'_>], only_arns: bool) -> Option<Vec<Class>> {
    let length = |language: &Language<'_>| match language {
        Language::Text(pattern, _) | Language::Arn(pattern) => pattern.tokens().len(),
    };
    if languages.iter().map(length).sum::<usize>() > LONGEST {
        return None;
    }
    let alphabet = Alphabet::of(languages)?;
    let mut expressions = Vec::new();
    let mut numbers = Vec::new();
    for (number, language) in languages.iter().enumerate() {
        if let Some(expression) = alphabet.expression(language) {
            expressions.push(expression);
            numbers.push(number);
        }
    }
    let domain = only_arns.then_some(expressions.len());
    if only_arns {
        let part = alphabet.any(true);
        let arn: String = "arn".chars().map(|char| alphabet.symbol(char)).collect();
        let colon = alphabet.symbol(':');
        expressions
            .push(format!("{arn}{colon}{part}{colon}{part}{colon}{part}{colon}{part}{colon}{}", alphabet.any(false)));
    }
    let anchored: Vec<String> = expressions.iter().map(|expression| format!("(?:{expression})\\z")).collect();
    let automaton = dense::Builder::new()
        .configure(
            dense::Config::new()
                .match_kind(MatchKind::All)
                .start_kind(StartKind::Anchored)
                .dfa_size_limit(Some(LARGEST))
                .determinize_size_limit(Some(LARGEST)),
        )
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .thompson(thompson::Config::new().utf8(false).nfa_size_limit(Some(LARGEST)))
        .build_many(&anchored)
        .ok()?;

    let start = automaton.start_state_forward(&Input::new("").anchored(Anchored::Yes)).ok()?;
    // The set of the languages that a text is in which leads to this state; `None` for no text of the domain.
    let set_at = |state| {
        let end = automaton.next_eoi_state(state);
        let mut members = vec![false; languages.len()];
        let mut within = domain.is_none();
        let matched = if automaton.is_match_state(end) { automaton.match_len(end) } else { 0 };
        for pattern in (0..matched).map(|at| automaton.match_pattern(end, at).as_usize()) {
            within |= domain == Some(pattern);
            if let Some(&number) = numbers.get(pattern) {
                members[number] = true;
            }
        }
        within.then_some(members)
    };
    let mut found: BTreeMap<Vec<bool>, Vec<u8>> = BTreeMap::new();
    let mut seen = FxHashSet::default();
    let mut queue = VecDeque::from([(start, Vec::new())]);
    while let Some((state, path)) = queue.pop_front() {
        for byte in alphabet.bytes() {
            let next = automaton.next_state(state, byte);
            if !seen.insert(next) {
                continue;
            }
            if seen.len() > MOST_STATES {
                return None;
            }
            let mut longer: Vec<u8> = path.clone();
            longer.push(byte);
            if let Some(members) = set_at(next) {
                found.entry(members).or_insert_with(|| longer.clone());
            }
            queue.push_back((next, longer));
        }
    }
    // The empty text stands for its set only where no other does: it is an odd example.
    if let Some(members) = set_at(start) {
        found.entry(members).or_default();
    }
    Some(found.into_iter().map(|(members, path)| Class { members, witness: alphabet.text(&path) }).collect())
}

/// The characters that some pattern names, in order, and one that none does.
struct Alphabet {
    named: Vec<char>,
    other: char,
}

impl Alphabet {
    /// `None` where there are more characters than a byte can number.
    fn of(languages: &[Language<'_>]) -> Option<Self> {
        let mut named = BTreeSet::new();
        for language in languages {
            let (pattern, case) = match language {
                Language::Text(pattern, case) => (pattern, *case),
                Language::Arn(pattern) => (pattern, Case::Sensitive),
            };
            for token in pattern.tokens() {
                let Token::Char(char) = token else { continue };
                named.insert(*char);
                if case == Case::Ignored {
                    named.extend([char.to_ascii_lowercase(), char.to_ascii_uppercase()]);
                }
            }
            if matches!(language, Language::Arn(_)) {
                named.extend("arn:".chars());
            }
        }
        let other = ('x'..='z')
            .chain('a'..='w')
            .chain('0'..='9')
            .chain('\u{100}'..='\u{fff}')
            .find(|char| !named.contains(char))?;
        (named.len() < 250).then(|| Self { named: named.into_iter().collect(), other })
    }

    /// The numbers of the symbols, from one.
    fn bytes(&self) -> impl Iterator<Item = u8> + use<> {
        1..=u8::try_from(self.named.len() + 1).expect("an alphabet has fewer than 250 characters")
    }

    fn number(&self, char: char) -> u8 {
        let at = self.named.binary_search(&char).unwrap_or(self.named.len());
        u8::try_from(at + 1).expect("an alphabet has fewer than 250 characters")
    }

    fn symbol(&self, char: char) -> String {
        format!("\\x{:02X}", self.number(char))
    }

    /// Any one symbol; within a component of an ARN none is a colon.
    fn one(&self, in_component: bool) -> String {
        let last = self.named.len() + 1;
        let range = |first: usize, last: usize| {
            if first <= last { format!("\\x{first:02X}-\\x{last:02X}") } else { String::new() }
        };
        let ranges = match usize::from(self.number(':')) {
            colon if in_component => range(1, colon - 1) + &range(colon + 1, last),
            _ => range(1, last),
        };
        format!("[{ranges}]")
    }

    fn any(&self, in_component: bool) -> String {
        self.one(in_component) + "*"
    }

    /// A language as a regular expression; `None` if nothing is in it.
    fn expression(&self, language: &Language<'_>) -> Option<String> {
        match language {
            Language::Text(pattern, case) => self.part(pattern.tokens(), *case, false),
            Language::Arn(pattern) => {
                let parts = pattern.components();
                let [first, middle @ .., last] = &parts[..] else { return None };
                // O81: no other value is compared as an ARN.
                let is_whole = middle.len() == 4 && Pattern::part_matches(first, "arn");
                let heads = middle.iter().map(|part| self.part(part, Case::Sensitive, true));
                let mut joined: Vec<String> = vec!["arn".chars().map(|char| self.symbol(char)).collect()];
                joined.extend(heads.collect::<Option<Vec<String>>>()?);
                joined.push(self.part(last, Case::Sensitive, false)?);
                is_whole.then(|| joined.join(&self.symbol(':')))
            }
        }
    }

    /// `None` for a part with a variable in it, which matches nothing.
    fn part(&self, tokens: &[Token], case: Case, in_component: bool) -> Option<String> {
        let mut expression = String::new();
        for token in tokens {
            let part = match token {
                Token::Char(char) if case == Case::Ignored => {
                    let [lower, upper] = [char.to_ascii_lowercase(), char.to_ascii_uppercase()];
                    format!("[{}{}]", self.symbol(lower), self.symbol(upper))
                }
                Token::Char(char) => self.symbol(*char),
                Token::One => self.one(in_component),
                Token::Any => self.any(in_component),
                Token::Variable(_) => return None,
            };
            expression.push_str(&part);
        }
        Some(expression)
    }

    fn text(&self, path: &[u8]) -> String {
        path.iter().map(|&byte| self.named.get(usize::from(byte) - 1).copied().unwrap_or(self.other)).collect()
    }
}
