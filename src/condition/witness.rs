//! Examples: a context in which a formula holds, tried before it is told.

use std::collections::BTreeMap;

use super::decide::Expression;
use super::guard::Literal;
use super::known::Known;
use super::spelling::documented;
use super::test::{Outcome, Residual, Test};
use crate::policy::{Pattern, Token};

type Context = Vec<(String, Vec<String>)>;

/// How many combinations of values are tried for keys that conditions only relate to others.
const MOST_TRIED: usize = 64;

/// The context, with values for the keys that variables name, if the formula holds in it; `None` if none
/// was found. What no context decides (the name of a new repository) must not matter.
pub(super) fn settled(parts: &[Expression], context: Context, strict: bool) -> Option<Context> {
    let mut tried = vec![context];
    for test in related(parts) {
        let open = test.values.iter().flat_map(Pattern::variables).map(|variable| variable.key.clone());
        for key in open {
            let mut more = Vec::new();
            for context in tried.iter().filter(|context| !has(context, &key)) {
                let value = value_for(test, context).unwrap_or_else(|| "x".to_owned());
                more.push(with(context, &key, vec![value]));
                more.push(with(context, &key, Vec::new()));
            }
            if !more.is_empty() && more.len() <= MOST_TRIED {
                tried = more;
            }
        }
    }
    tried.into_iter().find(|context| holds(parts, context, strict))
}

fn related(parts: &[Expression]) -> impl Iterator<Item = &Residual> {
    Expression::literals(parts).filter_map(|literal| match literal {
        Literal::Test(test) if test.relates => Some(test),
        _ => None,
    })
}

fn has(context: &Context, key: &str) -> bool {
    context.iter().any(|(own, _)| own.eq_ignore_ascii_case(key))
}

fn with(context: &Context, key: &str, values: Vec<String>) -> Context {
    context.iter().cloned().chain([(documented(key), values)]).collect()
}

/// A value of the variable with which the key's own value matches, for a text around one variable.
fn value_for(test: &Residual, context: &Context) -> Option<String> {
    let told = || context.iter().find(|(key, _)| key.eq_ignore_ascii_case(&test.key)).map(|(_, values)| values);
    let values = if test.known.is_empty() { told()? } else { &test.known };
    let tokens = test.values.first()?.tokens();
    let at = tokens.iter().position(|token| matches!(token, Token::Variable(_)))?;
    let literal = |tokens: &[Token]| {
        let char = |token: &Token| if let Token::Char(char) = token { Some(*char) } else { None };
        tokens.iter().map(char).collect::<Option<String>>()
    };
    let own = values.first()?.strip_prefix(&literal(&tokens[..at])?)?;
    Some(own.strip_suffix(&literal(&tokens[at + 1..])?)?.to_owned())
}

/// Whether the formula holds in a complete context, whatever is said of things that no context holds.
fn holds(parts: &[Expression], context: &Context, strict: bool) -> bool {
    let context: BTreeMap<String, &Vec<String>> =
        context.iter().map(|(key, values)| (key.to_ascii_lowercase(), values)).collect();
    let known = |key: &str| match context.get(key) {
        Some(values) if !values.is_empty() => Known::Values((*values).clone()),
        _ => Known::Absent,
    };
    [true, false].into_iter().all(|other| {
        let literal = |literal: &Literal| match literal {
            Literal::Test(test) => match Test::of(test).decide(&|key: &str| {
                if !test.known.is_empty() && key.eq_ignore_ascii_case(&test.key) {
                    Known::Values(test.known.clone())
                } else {
                    known(key)
                }
            }) {
                Outcome::Decided(holds) => holds,
                // To a strict reader either reading may be the right one.
                Outcome::Doubtful(holds, _) => holds == (other || !strict),
                Outcome::Residual(_) | Outcome::DoubtfulResidual(..) => false,
            },
            Literal::Reading(_, followed) => *followed == (other || !strict),
            Literal::Missing(_) => other || !strict,
            Literal::NewName(_, positive) | Literal::Unreadable(_, positive) => *positive == other,
        };
        let holds = |guard: &Vec<Literal>| guard.iter().all(literal);
        parts.iter().all(|part| part.permits.iter().any(holds) && !part.blocks.iter().any(holds))
    })
}
