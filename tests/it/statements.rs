//! What random documents are made of, whatever they speak of: statements and their elements, conditions, and
//! the parts of requests.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Values of context keys that come and go together.
pub(crate) type Group = Vec<(&'static str, Value)>;

/// Those groups of a request that are given to an open question.
pub(crate) fn given(request: &[Group], known: &[bool]) -> Vec<Group> {
    let given = request.iter().zip(known).filter(|(_, known)| **known);
    given.map(|(group, _)| group.clone()).collect()
}

/// Another request, with what is given of the first one in its place.
pub(crate) fn completion(first: &[Group], known: &[bool], other: &[Group]) -> Vec<Group> {
    let choose = |at: usize| {
        let is_given = known[at] && !first[at].is_empty();
        if is_given { first[at].clone() } else { other[at].clone() }
    };
    (0..other.len()).map(choose).collect()
}

/// A document of up to three statements, in the usual version: always, or so many times as often as in the old
/// one, and as without any.
pub(crate) fn document(usual: Option<u32>, statement: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    let version = match usual {
        None => Just(Some("2012-10-17")).boxed(),
        Some(usual) => {
            prop_oneof![usual => Just(Some("2012-10-17")), 1 => Just(Some("2008-10-17")), 1 => Just(None)].boxed()
        }
    };
    (version, prop::collection::vec(statement, 1..4))
        .prop_map(|(version, statements)| match version {
            Some(version) => json!({"Version": version, "Statement": statements}),
            None => json!({"Statement": statements}),
        })
        .boxed()
}

/// The elements of a statement, each as it is to be drawn.
pub(crate) struct Elements {
    pub(crate) effect: BoxedStrategy<&'static str>,
    pub(crate) actions: BoxedStrategy<(String, Value)>,
    pub(crate) resources: BoxedStrategy<Option<(String, Value)>>,
    pub(crate) principals: BoxedStrategy<Option<Value>>,
    /// Whether a Deny may except its principals.
    pub(crate) excepts: bool,
    pub(crate) conditions: BoxedStrategy<Option<Value>>,
}

/// A statement of these elements.
pub(crate) fn statement(elements: Elements) -> BoxedStrategy<Value> {
    let Elements { effect, actions, resources, principals, excepts, conditions } = elements;
    (effect, actions, resources, principals, chance(0.3), conditions)
        .prop_map(move |(effect, (action, actions), resources, principals, excepted, conditions)| {
            let mut statement = json!({"Effect": effect});
            statement[action] = actions;
            if let Some((resource, resources)) = resources {
                statement[resource] = resources;
            }
            if let Some(principals) = principals {
                // An Allow with NotPrincipal, and an exception for everyone, are left to the cases.
                let negated = excepts && excepted && effect == "Deny" && principals != json!("*");
                statement[if negated { "NotPrincipal" } else { "Principal" }] = principals;
            }
            if let Some(conditions) = conditions {
                statement["Condition"] = conditions;
            }
            statement
        })
        .boxed()
}

/// An element or its `Not` form, with one of these lists.
pub(crate) fn element(
    name: &'static str,
    values: impl Strategy<Value = Value> + 'static,
    negated: f64,
) -> BoxedStrategy<(String, Value)> {
    (values, chance(negated))
        .prop_map(move |(values, negated)| (if negated { format!("Not{name}") } else { name.to_owned() }, values))
        .boxed()
}

/// Up to two conditions.
pub(crate) fn conditions(condition: BoxedStrategy<Condition>) -> BoxedStrategy<Value> {
    prop::collection::vec(condition, 1..3)
        .prop_map(|conditions| {
            let mut element = json!({});
            for (operator, key, values) in conditions {
                element[operator][key] = values;
            }
            element
        })
        .boxed()
}

/// An operator, a key, its values.
pub(crate) type Condition = (String, &'static str, Value);

/// The operators on texts.
pub(crate) const STRINGS: [&str; 6] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
];

/// Operators of one family on one of its keys, sometimes with `IfExists`, rarely with a set operator.
pub(crate) fn family(
    operators: Vec<&'static str>,
    operands: (impl Strategy<Value = &'static str> + 'static, BoxedStrategy<Value>),
) -> BoxedStrategy<Condition> {
    let set = prop_oneof![12 => Just(""), 1 => Just("ForAllValues:"), 1 => Just("ForAnyValue:")];
    (set, select(operators), chance(0.3), operands)
        .prop_map(|(set, operator, if_exists, (key, values))| (name(set, operator, if_exists), key, values))
        .boxed()
}

/// Operators on texts, on keys that hold lists.
pub(crate) fn lists(operands: impl Strategy<Value = (&'static str, Value)> + 'static) -> BoxedStrategy<Condition> {
    let set = prop_oneof![1 => Just(""), 6 => Just("ForAllValues:"), 6 => Just("ForAnyValue:")];
    (set, select(&STRINGS[..]), chance(0.2), operands)
        .prop_map(|(set, operator, if_exists, (key, values))| (name(set, operator, if_exists), key, values))
        .boxed()
}

/// Whether one of these keys is there.
pub(crate) fn presence(keys: Vec<&'static str>) -> BoxedStrategy<Condition> {
    (select(keys), texts(vec!["true", "false"])).prop_map(|(key, values)| ("Null".to_owned(), key, values)).boxed()
}

fn name(set: &str, operator: &str, if_exists: bool) -> String {
    format!("{set}{operator}{}", if if_exists { "IfExists" } else { "" })
}

/// One or two texts of a pool, and seldom none.
pub(crate) fn texts(pool: Vec<&'static str>) -> BoxedStrategy<Value> {
    let some = prop::collection::vec(select(pool), 1..3);
    prop_oneof![24 => some, 1 => Just(Vec::new())]
        .prop_map(|mut values| {
            values.dedup();
            if values.len() == 1 { json!(values[0]) } else { json!(values) }
        })
        .boxed()
}

/// A value with this probability; a probability of nought is fine.
pub(crate) fn sometimes<T: Clone + std::fmt::Debug + 'static>(
    probability: f64,
    strategy: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Option<T>> {
    if probability > 0.0 { prop::option::weighted(probability, strategy).boxed() } else { Just(None).boxed() }
}

pub(crate) fn chance(probability: f64) -> BoxedStrategy<bool> {
    if probability > 0.0 { prop::bool::weighted(probability).boxed() } else { Just(false).boxed() }
}
