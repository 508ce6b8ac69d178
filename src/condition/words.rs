//! Conditions as a person would write them.

use super::decide::Expression;
use super::guard::Literal;
use super::known::Known;
use super::test::Residual;
use super::value::boolean;
use crate::policy::{Pattern, Relation, SetPrefix, Version};

/// `aws:SourceIp is in 203.0.113.0/24 and not (...)`.
pub(super) fn expression(parts: &[Expression]) -> String {
    let parts: Vec<String> = parts.iter().map(part).filter(|text| !text.is_empty()).collect();
    let mut unique: Vec<String> = Vec::new();
    for text in parts {
        if !unique.contains(&text) {
            unique.push(text);
        }
    }
    unique.join(" and ")
}

fn part(part: &Expression) -> String {
    let permits: Vec<String> = part.permits.iter().map(|guard| conjunction(guard)).collect();
    let mut clauses = Vec::new();
    match permits.as_slice() {
        [] => {}
        [one] if one.is_empty() => {}
        [one] => clauses.push(one.clone()),
        several if several.iter().any(String::is_empty) => {}
        several => {
            let bracket = |text: &String| if text.contains(" and ") { format!("({text})") } else { text.clone() };
            let joined = several.iter().map(bracket).collect::<Vec<_>>().join(" or ");
            clauses.push(if part.blocks.is_empty() { joined } else { format!("({joined})") });
        }
    }
    for guard in &part.blocks {
        clauses.push(match guard.as_slice() {
            [Literal::Test(test)] if negated(test).is_some() => negated(test).unwrap_or_default(),
            [Literal::NewName(pattern, positive)] => new_name(pattern, !*positive),
            [one] => format!("not {}", literal(one)),
            several => format!("not ({})", conjunction(several)),
        });
    }
    clauses.join(" and ")
}

fn conjunction(guard: &[Literal]) -> String {
    guard.iter().map(literal).collect::<Vec<_>>().join(" and ")
}

fn literal(literal: &Literal) -> String {
    match literal {
        Literal::Test(residual) => test(residual, residual.operator.negated),
        Literal::Reading(rule, true) => format!("rule {rule} is read as it is followed here"),
        Literal::Reading(rule, false) => format!("rule {rule} is read the other way"),
        Literal::Missing(_) => "what the input lacks allows it".to_owned(),
        Literal::NewName(pattern, positive) => new_name(pattern, *positive),
        Literal::Unreadable(text, true) => format!("`{text}` holds"),
        Literal::Unreadable(text, false) => format!("`{text}` does not hold"),
    }
}

fn new_name(pattern: &Pattern, positive: bool) -> String {
    let is_like = if positive { "is like" } else { "is not like" };
    match pattern.as_str().strip_prefix("repository/") {
        Some(name) => format!("the new repository's name {is_like} {name}"),
        None => format!("`repository/` and the new repository's name {is_like} {}", pattern.as_str()),
    }
}

/// The exact opposite of a test in one phrase, where there is one.
fn negated(residual: &Residual) -> Option<String> {
    let mut opposite = residual.clone();
    if residual.operator.relation == Relation::Null {
        let absent = residual.values.iter().any(|value| boolean(value.as_str()) == Some(true));
        opposite.values = vec![Pattern::parse_literal(&(!absent).to_string(), Version::V2008)];
        return Some(test(&opposite, false));
    }
    if residual.operator.set.is_some() {
        return None;
    }
    let truths: Vec<bool> = residual.values.iter().filter_map(|value| boolean(value.as_str())).collect();
    if let (Relation::Bool, [truth]) = (residual.operator.relation, truths.as_slice()) {
        let absent = if residual.operator.if_exists || residual.always_present { "" } else { " (or is absent)" };
        return Some(format!("{} is {}{absent}", residual.key, !truth));
    }
    opposite.operator.negated = !residual.operator.negated;
    if residual.operator.if_exists {
        // The opposite of "or absent" wants the key to be there.
        opposite.operator.if_exists = false;
        if residual.operator.negated {
            opposite.operator.if_exists = false;
            return Some(test(&opposite, false));
        }
        return Some(format!("{} is present and {}", residual.key, phrase(&opposite, true, "")));
    }
    Some(test(&opposite, opposite.operator.negated))
}

/// A test by itself.
pub(super) fn test(residual: &Residual, negated: bool) -> String {
    let absent = match (residual.operator.if_exists, negated, residual.operator.set) {
        (true, false, None) => " (or is absent)",
        (false, true, None) if !residual.always_present && residual.operator.relation != Relation::Null => {
            " (or is absent)"
        }
        _ => "",
    };
    phrase(residual, negated, absent)
}

fn phrase(residual: &Residual, negated: bool, absent: &str) -> String {
    use Relation as R;
    let not = if negated { "not " } else { "" };
    let values: Vec<&str> = residual.values.iter().map(Pattern::as_str).collect();
    let values = match values.as_slice() {
        // No value can match: then only whether the key is there decides.
        [] if residual.operator.relation != R::Null => {
            let is_there = negated && residual.operator.set == Some(SetPrefix::Any);
            return format!("{} is {}", residual.key, if is_there { "present" } else { "absent" });
        }
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    };
    let subject = match residual.operator.set {
        None => residual.key.clone(),
        Some(SetPrefix::All) => format!("every value of {}", residual.key),
        Some(SetPrefix::Any) => format!("some value of {}", residual.key),
    };
    let verb = match residual.operator.relation {
        R::Null => {
            let absent = residual.values.iter().any(|value| boolean(value.as_str()) == Some(true));
            return format!("{subject} is {}", if absent { "absent" } else { "present" });
        }
        R::StringEquals | R::NumericEquals | R::DateEquals | R::Bool | R::Binary => "",
        R::StringEqualsIgnoreCase => "in any letter case ",
        R::StringLike | R::Arn => "like ",
        R::NumericLess => "less than ",
        R::NumericLessOrEqual => "at most ",
        R::NumericGreater => "greater than ",
        R::NumericGreaterOrEqual => "at least ",
        R::DateLess => "before ",
        R::DateLessOrEqual => "not after ",
        R::DateGreater => "after ",
        R::DateGreaterOrEqual => "not before ",
        R::Ip => "in ",
    };
    format!("{subject} is {not}{verb}{values}{absent}")
}

impl Known {
    /// What is known of a key, in words behind its name: `is payments`, `is absent`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Absent => "is absent".to_owned(),
            Self::Values(values) => match values.as_slice() {
                [] => "is absent".to_owned(),
                [one] => format!("is {one}"),
                several => format!("holds {}", several.join(", ")),
            },
            Self::Unknown { always_present: true } => "is present".to_owned(),
            Self::Unknown { always_present: false } => "may be present".to_owned(),
            Self::Prefixed(prefix) => format!("begins with {prefix}"),
            Self::NotBefore(_) => "is now or later".to_owned(),
            Self::NoneOf(values) => format!("is none of {}", values.join(", ")),
            Self::Among(values) => format!("is one of {}, or absent", values.join(", ")),
            Self::SessionName => "is the name of a session".to_owned(),
            Self::Doubtful(followed, ..) => followed.words(),
        }
    }
}
