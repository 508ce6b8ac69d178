//! What values a key can have, cut into the classes that no condition in play tells apart.
//!
//! The conditions on one key become *atoms*: one relation to one value. A class
//! is the set of atoms that one value satisfies, with such a value as witness.
//! The classes are found exactly (U11, U16 to U37): of texts and ARNs by an
//! automaton, of numbers, dates and addresses by trying one value at and between
//! every two borders. Where conditions read one key as values of two types, or an
//! automaton would be too large, the atoms are taken for independent; that
//! admits classes that may be empty, so that a verdict can be `conditional`
//! where it might be decided, and never the other way round.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::{SignedDuration, Timestamp};

use super::automaton::{self, Language};
use super::value::{self, Decimal};
use crate::policy::{Case, Pattern, Relation, Token, Version};

/// One relation of a key to one policy value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Atom {
    pub(super) relation: Relation,
    pub(super) value: Pattern,
}

impl Atom {
    pub(super) fn admits(&self, text: &str) -> bool {
        value::compare(self.relation, text, &self.value).unwrap_or(false)
    }
}

/// The atoms that one value satisfies, in their order, and such a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) members: Vec<bool>,
    pub(super) witness: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Text,
    Arn,
    Number,
    Date,
    Bool,
    Binary,
    Ip,
}

fn family(relation: Relation) -> Family {
    use Relation as R;
    match relation {
        R::StringEquals | R::StringEqualsIgnoreCase | R::StringLike => Family::Text,
        R::Arn => Family::Arn,
        R::NumericEquals | R::NumericLess | R::NumericLessOrEqual | R::NumericGreater | R::NumericGreaterOrEqual => {
            Family::Number
        }
        R::DateEquals | R::DateLess | R::DateLessOrEqual | R::DateGreater | R::DateGreaterOrEqual => Family::Date,
        R::Bool | R::Null => Family::Bool,
        R::Binary => Family::Binary,
        R::Ip => Family::Ip,
    }
}

/// Whether all values of a key are of this type (tables K-G and K-S). Any other key, a tag say, may hold any
/// text, and what cannot be read as the type matches nothing (O30).
fn is_typed(key: &str, family: Family) -> bool {
    let keys: &[&str] = match family {
        Family::Bool => &[
            "aws:assumedroot",
            "aws:ismcpserviceaction",
            "aws:multifactorauthpresent",
            "aws:principalisawsservice",
            "aws:securetransport",
            "aws:viaawsmcpservice",
            "aws:viaawsservice",
        ],
        Family::Number => &["aws:multifactorauthage", "ec2:roledelivery", "sts:durationseconds"],
        Family::Date => &["aws:currenttime", "aws:tokenissuetime"],
        Family::Ip => &["aws:ec2instancesourceprivateipv4", "aws:sourceip", "aws:vpcsourceip"],
        Family::Arn => &[
            "aws:chatbotsourcearn",
            "aws:principalarn",
            "aws:signinsessionarn",
            "aws:sourcearn",
            "aws:sourcevpcarn",
            "codebuild:buildarn",
            "codebuild:projectarn",
            "ec2:sourceinstancearn",
            "lambda:sourcefunctionarn",
            "ssm:sourceinstancearn",
        ],
        Family::Text | Family::Binary => &[],
    };
    keys.contains(&key)
}

/// What the values of a key are, where this is none of them.
pub(super) fn wanted(key: &str, value: &str) -> Option<&'static str> {
    let is_whole = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let wrong = |is_right: bool, wanted| (!is_right).then_some(wanted);
    match () {
        () if is_typed(key, Family::Bool) => wrong(value::boolean(value).is_some(), "true or false"),
        () if WHOLE.contains(&key) || key == "aws:epochtime" => wrong(is_whole(value), "a whole number of seconds"),
        () if is_typed(key, Family::Number) => wrong(value::number(value).is_some(), "a number"),
        () if is_typed(key, Family::Date) => {
            wrong(value::date(value).is_some(), "a date such as 2026-01-31T12:00:00Z, or seconds since 1970")
        }
        () if is_typed(key, Family::Ip) => wrong(value.parse::<IpAddr>().is_ok(), "one address, such as 203.0.113.7"),
        () if is_typed(key, Family::Arn) => {
            wrong(value::is_arn(value), "an ARN, such as arn:aws:iam::111122223333:role/ci")
        }
        () => None,
    }
}

/// Whether the key can hold what cannot be read as the type of the relation.
pub(super) fn may_be_of_another_type(key: &str, relation: Relation) -> bool {
    let own = family(relation);
    // K45: seconds, read as a date or as a number.
    let is_epoch = key == "aws:epochtime" && matches!(own, Family::Date | Family::Number);
    !matches!(own, Family::Text | Family::Bool | Family::Binary) && !is_epoch && !is_typed(key, own)
}

/// Atoms of which every value satisfies one that can be read as the type of this relation, and no other does.
pub(super) fn of_the_type(relation: Relation) -> Vec<Atom> {
    let atom = |relation: Relation, text: &str| Atom { relation, value: Pattern::parse(text, Version::V2008) };
    match family(relation) {
        Family::Arn => vec![any_arn()],
        Family::Number => vec![atom(Relation::NumericLess, "0"), atom(Relation::NumericGreaterOrEqual, "0")],
        Family::Date => {
            let start = "1970-01-01T00:00:00Z";
            vec![atom(Relation::DateLess, start), atom(Relation::DateGreaterOrEqual, start)]
        }
        Family::Ip => vec![atom(Relation::Ip, "0.0.0.0/0"), atom(Relation::Ip, "::/0")],
        Family::Text | Family::Bool | Family::Binary => Vec::new(),
    }
}

/// What every ARN satisfies.
pub(super) fn any_arn() -> Atom {
    Atom { relation: Relation::Arn, value: Pattern::parse("arn:*:*:*:*:*", Version::V2008) }
}

/// The most values that one key is compared with; more are taken for independent.
const MOST_ATOMS: usize = 1 << 10;

/// The classes of the values of a key; `None` where they cannot be found exactly.
pub(super) fn classes(key: &str, atoms: &[Atom]) -> Option<Vec<Class>> {
    if atoms.len() > MOST_ATOMS {
        return None;
    }
    let Some(first) = atoms.first().map(|atom| family(atom.relation)) else {
        return Some(vec![Class { members: Vec::new(), witness: "x".to_owned() }]);
    };
    if !atoms.iter().all(|atom| family(atom.relation) == first) {
        let texts = atoms.iter().all(|atom| matches!(family(atom.relation), Family::Text | Family::Arn));
        return texts.then(|| texts_and_arns(atoms, false))?;
    }
    match first {
        Family::Text if atoms.iter().any(|atom| atom.relation != Relation::StringEquals) => {
            texts_and_arns(atoms, false)
        }
        Family::Arn => texts_and_arns(atoms, is_typed(key, first)),
        _ => Some(told_apart(atoms, samples(key, first, atoms.iter()))),
    }
}

/// Some values of a key whose classes cannot be found, each with the atoms that it satisfies.
pub(super) fn examples(key: &str, atoms: &[Atom]) -> Vec<Class> {
    const MOST: usize = 128;
    let families = [Family::Text, Family::Number, Family::Date, Family::Bool, Family::Binary, Family::Ip];
    let found = families.into_iter().flat_map(|one| {
        let of_family = |atom: &&Atom| match family(atom.relation) {
            Family::Arn => one == Family::Text,
            own => own == one,
        };
        samples(key, one, atoms.iter().filter(of_family))
    });
    told_apart(atoms, found.take(MOST).collect())
}

/// The classes of some values of a key.
pub(super) fn told_apart(atoms: &[Atom], samples: Vec<String>) -> Vec<Class> {
    let mut classes: BTreeMap<Vec<bool>, String> = BTreeMap::new();
    for sample in samples {
        classes.entry(atoms.iter().map(|atom| atom.admits(&sample)).collect()).or_insert(sample);
    }
    classes.into_iter().map(|(members, witness)| Class { members, witness }).collect()
}

/// Values at and between the borders of some atoms of one type; of texts, one of each pattern.
fn samples<'a>(key: &str, family: Family, atoms: impl Iterator<Item = &'a Atom>) -> Vec<String> {
    let values = atoms.map(|atom| &atom.value);
    let mut samples: Vec<String> = match family {
        Family::Text | Family::Arn => values.map(text_of).chain(["something-other".to_owned()]).collect(),
        Family::Number => number_samples(key, values.map(Pattern::as_str)),
        Family::Date => date_samples(values.map(Pattern::as_str)),
        Family::Bool => vec!["true".to_owned(), "false".to_owned()],
        // Base64 of a text that no policy compares with.
        Family::Binary => values.map(|value| value.as_str().to_owned()).chain(["c29tZXRoaW5n".to_owned()]).collect(),
        Family::Ip => {
            let others = ["198.51.100.1", "2001:db8::1"].map(str::to_owned);
            values.flat_map(|value| ip_samples(value.as_str())).chain(others).collect()
        }
    };
    if !is_typed(key, family) {
        samples.push("something-else".to_owned());
    }
    samples
}

/// A text that a pattern matches: itself, if it has no wildcards.
fn text_of(pattern: &Pattern) -> String {
    let char = |token: &Token| match token {
        Token::Char(char) => Some(*char),
        Token::One => Some('x'),
        Token::Any | Token::Variable(_) => None,
    };
    pattern.tokens().iter().filter_map(char).collect()
}

fn texts_and_arns(atoms: &[Atom], only_arns: bool) -> Option<Vec<Class>> {
    let language = |atom: &'_ Atom| match atom.relation {
        Relation::StringEqualsIgnoreCase => Case::Ignored,
        _ => Case::Sensitive,
    };
    let languages: Vec<Language<'_>> = atoms
        .iter()
        .map(|atom| match atom.relation {
            Relation::Arn => Language::Arn(&atom.value),
            _ => Language::Text(&atom.value, language(atom)),
        })
        .collect();
    automaton::classes(&languages, only_arns)
}

/// Keys that are counted in whole units from nought (U22).
const WHOLE: [&str; 2] = ["aws:multifactorauthage", "sts:durationseconds"];

/// Every bound, and a number between every two and beyond the outermost.
fn number_samples<'a>(key: &str, bounds: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut bounds: Vec<(Decimal, &str)> = bounds.filter_map(|bound| Some((value::number(bound)?, bound))).collect();
    bounds.sort();
    // Where no bound can be read, the key has a value all the same.
    let mut samples = vec!["0".to_owned()];
    if WHOLE.contains(&key) {
        samples.extend(bounds.iter().flat_map(|(bound, _)| bound.near()));
        return samples;
    }
    samples.extend(bounds.iter().map(|(_, bound)| (*bound).to_owned()));
    let pairs = bounds.windows(2).filter(|pair| pair[0].0 != pair[1].0);
    samples.extend(pairs.map(|pair| pair[0].0.between(&pair[1].0)));
    samples.extend(bounds.first().map(|(least, _)| least.below()));
    samples.extend(bounds.last().map(|(most, _)| most.above()));
    samples
}

/// Every instant, and one between every two and beyond the outermost; time is dense (U26).
fn date_samples<'a>(bounds: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut instants: Vec<Timestamp> = bounds.filter_map(value::date).collect();
    instants.sort_unstable();
    let second = SignedDuration::from_secs(1);
    let beyond = [
        instants.first().and_then(|first| first.checked_sub(second).ok()),
        instants.last().and_then(|last| last.checked_add(second).ok()),
    ];
    let between = instants.windows(2).filter_map(|pair| {
        let middle = pair[0].as_nanosecond().midpoint(pair[1].as_nanosecond());
        Timestamp::from_nanosecond(middle).ok()
    });
    let mut samples: Vec<String> = beyond
        .into_iter()
        .flatten()
        .chain(between)
        .chain(instants.iter().copied())
        .map(|one| one.to_string())
        .collect();
    // Where no bound can be read, the key has a value all the same.
    samples.push("2000-01-01T00:00:00Z".to_owned());
    samples
}

fn ip_samples(range: &str) -> Vec<String> {
    let Some(range) = value::network(range) else { return Vec::new() };
    let (first, last) = (range.network(), range.broadcast());
    let beyond = [step(first, false), step(last, true)];
    [first, last].into_iter().chain(beyond.into_iter().flatten()).map(|address| address.to_string()).collect()
}

fn step(address: IpAddr, up: bool) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => {
            let bits = address.to_bits();
            let next = if up { bits.checked_add(1) } else { bits.checked_sub(1) };
            next.map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)))
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits();
            let next = if up { bits.checked_add(1) } else { bits.checked_sub(1) };
            next.map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)))
        }
    }
}
