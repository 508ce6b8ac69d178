//! The condition of a conditional verdict as a tree, for programs.

use serde::Serialize;

use super::decide::Expression;
use super::guard::Literal;

/// A condition on requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Formula {
    /// All of these hold.
    All(Vec<Formula>),
    /// One of these holds.
    Any(Vec<Formula>),
    /// This does not hold.
    Not(Box<Formula>),
    /// The repository that is to be created has an ARN like this.
    NewRepository(String),
    /// Something that cannot be told as a condition, in words.
    Assumption(String),
    /// A condition as policies write it.
    #[serde(untagged)]
    Condition {
        /// The operator, `IpAddress`.
        operator: String,
        /// The key.
        key: String,
        /// The alternatives.
        values: Vec<String>,
    },
}

impl Formula {
    /// One of the permitting guards and none of the blocking ones, for every part.
    pub(super) fn of(parts: &[Expression]) -> Self {
        let mut all = Vec::new();
        for part in parts {
            let any: Vec<Self> = part.permits.iter().map(|guard| Self::conjunction(guard)).collect();
            all.push(match <[Self; 1]>::try_from(any) {
                Ok([one]) => one,
                Err(several) => Self::Any(several),
            });
            all.extend(part.blocks.iter().map(|guard| Self::Not(Box::new(Self::conjunction(guard)))));
        }
        Self::join(all)
    }

    /// A conjunction, with conjunctions inside of it opened and repetitions left out.
    fn join(all: Vec<Self>) -> Self {
        let mut flat: Vec<Self> = Vec::new();
        for one in all {
            let parts = if let Self::All(parts) = one { parts } else { vec![one] };
            for part in parts {
                if !flat.contains(&part) {
                    flat.push(part);
                }
            }
        }
        match <[Self; 1]>::try_from(flat) {
            Ok([one]) => one,
            Err(several) => Self::All(several),
        }
    }

    fn conjunction(guard: &[Literal]) -> Self {
        Self::join(guard.iter().map(Self::literal).collect())
    }

    fn literal(literal: &Literal) -> Self {
        let signed = |one: Self, positive: bool| if positive { one } else { Self::Not(Box::new(one)) };
        match literal {
            Literal::Test(test) => Self::Condition {
                operator: test.operator.name(),
                key: test.key.clone(),
                values: test.values.iter().map(|value| value.as_str().to_owned()).collect(),
            },
            Literal::NewName(pattern, positive) => signed(Self::NewRepository(pattern.as_str().to_owned()), *positive),
            Literal::Unreadable(text, positive) => signed(Self::Assumption(text.clone()), *positive),
            Literal::Reading(rule, positive) => signed(Self::Assumption(format!("rule {rule}")), *positive),
            Literal::Missing(_) => Self::Assumption("what the input lacks allows it".to_owned()),
        }
    }
}
