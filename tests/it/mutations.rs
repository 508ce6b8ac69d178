//! Strangers' bytes: texts that are almost right, and JSON of the wrong shapes under the right names.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};

use crate::cases;
use crate::files::below;

/// Words that the readers look for, and texts that are hard to read.
const WORDS: [&str; 64] = [
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
    "AWS",
    "Service",
    "Federated",
    "CanonicalUser",
    "Allow",
    "Deny",
    "2012-10-17",
    "2008-10-17",
    "StringLike",
    "ForAnyValue:ArnNotLikeIfExists",
    "Bool",
    "Null",
    "IpAddress",
    "DateLessThan",
    "NumericEquals",
    "BinaryEquals",
    "aws:SourceIp",
    "aws:PrincipalTag/team",
    "aws:CurrentTime",
    "aws:TagKeys",
    "*",
    "?",
    "${",
    "}",
    "${aws:username}",
    "${aws:PrincipalTag/team, 'none'}",
    "${*}",
    ":",
    "::::::",
    "arn:aws:iam::",
    "arn:aws:iam::111122223333:root",
    "111122223333",
    "ecr-public:*",
    "%7B%22",
    "\\u0000",
    "\\ud800",
    "\u{feff}",
    "é",
    "😀",
    "{",
    "[",
    "\"",
    ",",
    "null",
    "-0",
    "1e999",
    "9999999999999",
    "2026-02-30T25:61Z",
    "::/129",
    "UserDetailList",
    "policyText",
    "repositories",
];

/// The document kinds of a case, by the member that holds them.
const LAYERS: [&str; 7] = [
    "identity_policies",
    "resource_policy",
    "session_policy",
    "permissions_boundaries",
    "endpoint_policies",
    "service_control_policies",
    "resource_control_policies",
];

/// One change to a text.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Cut(Index, Index),
    Insert(Index, &'static str),
    Copy(Index, Index, Index),
    Replace(Index, char),
}

fn change() -> impl Strategy<Value = Change> {
    let word = proptest::sample::select(&WORDS[..]);
    prop_oneof![
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Cut(from, to)),
        (any::<Index>(), word).prop_map(|(at, word)| Change::Insert(at, word)),
        (any::<Index>(), any::<Index>(), any::<Index>()).prop_map(|(at, from, to)| Change::Copy(at, from, to)),
        (any::<Index>(), any::<char>()).prop_map(|(at, char)| Change::Replace(at, char)),
    ]
}

/// Makes a change; positions count characters, a cut or copy takes no more than forty.
fn changed(text: &str, change: &Change) -> String {
    const LONGEST: usize = 40;
    let chars: Vec<char> = text.chars().collect();
    let border = |index: &Index| index.index(chars.len() + 1);
    let part = |from: &Index, to: &Index| {
        let (from, to) = (border(from), border(to));
        let (from, to) = (from.min(to), from.max(to));
        from..to.min(from + LONGEST)
    };
    let mut result = chars.clone();
    match change {
        Change::Cut(from, to) => drop(result.drain(part(from, to))),
        Change::Insert(at, word) => drop(result.splice(border(at)..border(at), word.chars())),
        Change::Copy(at, from, to) => drop(result.splice(border(at)..border(at), chars[part(from, to)].to_vec())),
        Change::Replace(at, char) if !chars.is_empty() => result[at.index(chars.len())] = *char,
        Change::Replace(..) => {}
    }
    result.into_iter().collect()
}

/// A text after some changes.
fn mutated(seeds: Vec<String>) -> impl Strategy<Value = String> {
    (proptest::sample::select(seeds), prop::collection::vec(change(), 0..6))
        .prop_map(|(seed, changes)| changes.iter().fold(seed, |text, change| changed(&text, change)))
}

/// The policy documents of the cases, and what a few changes make of them.
pub(crate) fn documents() -> impl Strategy<Value = String> {
    fn collect(value: &Value, documents: &mut Vec<String>) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| collect(value, documents)),
            Value::Object(_) => documents.push(value.to_string()),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for case in cases::all() {
        for layer in LAYERS {
            collect(&case.scenario[layer], &mut found);
        }
    }
    found.sort();
    found.dedup();
    mutated(found)
}

/// The lines of the case files, and what a few changes make of them.
pub(crate) fn scenarios() -> impl Strategy<Value = String> {
    mutated(cases::all().into_iter().map(|case| case.text).collect())
}

/// The files of the sample organization with their names, and what a few changes make of them.
pub(crate) fn exports() -> impl Strategy<Value = (String, String)> {
    // The longest files would only make the changes rare.
    let text = |(name, bytes)| Some((name, String::from_utf8(bytes).ok().filter(|text| text.len() < 20_000)?));
    let files: Vec<(String, String)> = below("samples/organization").into_iter().filter_map(text).collect();
    (proptest::sample::select(files), prop::collection::vec(change(), 0..6))
        .prop_map(|((name, seed), changes)| (name, changes.iter().fold(seed, |text, change| changed(&text, change))))
}

/// A text of the words that readers look for, or of anything.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(&WORDS[..]).prop_map(str::to_owned);
    prop_oneof![prop::collection::vec(word, 0..6).prop_map(|words| words.concat()), any::<String>()]
}

/// JSON of any shape whose keys are among those that are looked for.
pub(crate) fn json_under(keys: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
        proptest::sample::select(&WORDS[..]).prop_map(Value::from),
        Just(json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})),
        Just(json!("arn:aws:iam::111122223333:user/alice")),
        Just(json!("arn:aws:ecr-public::111122223333:repository/web")),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        let key = prop_oneof![proptest::sample::select(keys), proptest::sample::select(&WORDS[..])];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..6).prop_map(|members| {
                let members = members.into_iter().map(|(key, value)| (key.to_owned(), value));
                Value::Object(members.collect::<Map<_, _>>())
            }),
        ]
    })
}

/// The text with a line break behind everything that parts JSON, outside of its strings.
pub(crate) fn spread(text: &str) -> String {
    let mut spread = String::new();
    let (mut inside, mut escaped) = (false, false);
    for char in text.chars() {
        spread.push(char);
        match char {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            '{' | '}' | '[' | ']' | ',' | ':' if !inside => spread.push_str("\n\t "),
            _ => {}
        }
    }
    spread
}
