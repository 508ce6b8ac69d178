//! Matching the parts of a pattern against a text, and against all texts that begin alike.

use super::token::Token;

/// Whether letter case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// It counts: ARNs, condition values.
    Sensitive,
    /// ASCII letters match in either case: actions (M1).
    Ignored,
}

/// How much of a set of texts a pattern covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// No text of the set matches.
    None,
    /// Some do, or it cannot be said that none does.
    Some,
    /// Every text of the set matches.
    All,
}

/// Glob matching with one point of return: linear for the patterns that occur, quadratic at worst.
pub(super) fn matches(tokens: &[Token], text: &str, case: Case) -> bool {
    let (mut token, mut rest) = (0, text);
    let mut retry: Option<(usize, &str)> = None;
    loop {
        let next = rest.chars().next();
        match (tokens.get(token), next) {
            (Some(Token::Any), _) => {
                retry = Some((token, rest));
                token += 1;
                continue;
            }
            (Some(own), Some(char)) if own.admits(char, case) => {
                token += 1;
                rest = &rest[char.len_utf8()..];
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        let Some((star, from)) = retry else { return false };
        let Some(skipped) = from.chars().next() else { return false };
        let from = &from[skipped.len_utf8()..];
        retry = Some((star, from));
        token = star + 1;
        rest = from;
    }
}

/// How many of the texts that begin with `prefix` and go on with at least one more character the parts match.
pub(super) fn coverage(tokens: &[Token], prefix: &str) -> Coverage {
    let skip = |states: &mut Vec<bool>| {
        for at in 0..tokens.len() {
            if states[at] && tokens[at] == Token::Any {
                states[at + 1] = true;
            }
        }
    };
    let mut states = vec![false; tokens.len() + 1];
    states[0] = true;
    skip(&mut states);
    for char in prefix.chars() {
        let mut next = vec![false; tokens.len() + 1];
        for at in (0..tokens.len()).filter(|&at| states[at]) {
            if tokens[at] == Token::Any {
                next[at] = true;
            } else if tokens[at].admits(char, Case::Sensitive) {
                next[at + 1] = true;
            }
        }
        states = next;
        skip(&mut states);
    }
    let alive = |at: usize| states[at];
    let takes_all = (0..tokens.len())
        .filter(|&at| alive(at))
        .any(|at| matches!(&tokens[at..], [Token::Any] | [Token::One, Token::Any] | [Token::Any, Token::One]));
    if takes_all {
        Coverage::All
    } else if (0..tokens.len()).any(alive) {
        Coverage::Some
    } else {
        Coverage::None
    }
}
