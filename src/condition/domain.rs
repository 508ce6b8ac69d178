//! What values a key can have, cut into the classes that no condition in play tells apart.
//!
//! The conditions on one key become *atoms*: one relation to one value. A class
//! is the set of atoms that one value satisfies. For numbers, dates, booleans,
//! addresses, equalities and prefixes the classes are found exactly, by trying
//! one value between every two borders (U11, U19 to U31). For other patterns
//! only relations between pairs are used; that admits classes that may be
//! empty, so that a verdict can be `conditional` where it might be decided, and
//! never the other way round.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::operator::Relation;
use super::value;
use crate::policy::{Case, Pattern, Version};

/// One relation of a key to one policy value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Atom {
    pub(super) relation: Relation,
    pub(super) value: String,
}

impl Atom {
    pub(super) fn pattern(&self) -> Pattern {
        match self.relation {
            Relation::StringLike | Relation::Arn => Pattern::parse(&self.value, Version::V2008),
            _ => Pattern::parse_literal(&self.value, Version::V2008),
        }
    }

    pub(super) fn admits(&self, text: &str) -> bool {
        let pattern = self.pattern();
        value::compare(self.relation, text, &pattern).unwrap_or(false)
    }

    /// The text before a final `*`, if that is the only wildcard.
    fn prefix(&self) -> Option<String> {
        let text = self.value.strip_suffix('*')?;
        (self.relation == Relation::StringLike && !text.contains(['*', '?'])).then(|| text.to_owned())
    }

    fn literal(&self) -> Option<String> {
        self.pattern().literal()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Text,
    Number,
    Date,
    Bool,
    Ip,
    Other,
}

fn family(relation: Relation) -> Family {
    use Relation as R;
    match relation {
        R::StringEquals | R::StringEqualsIgnoreCase | R::StringLike => Family::Text,
        R::NumericEquals | R::NumericLess | R::NumericLessOrEqual | R::NumericGreater | R::NumericGreaterOrEqual => {
            Family::Number
        }
        R::DateEquals | R::DateLess | R::DateLessOrEqual | R::DateGreater | R::DateGreaterOrEqual => Family::Date,
        R::Bool => Family::Bool,
        R::Ip => Family::Ip,
        R::Arn | R::Binary | R::Null => Family::Other,
    }
}

/// Values to try, and whether they meet every class there is.
pub(super) struct Samples {
    pub(super) values: Vec<String>,
    pub(super) exact: bool,
}

/// Values that tell the atoms on one single-valued key apart.
pub(super) fn samples(key: &str, atoms: &[Atom]) -> Samples {
    let Some(first) = atoms.first().map(|atom| family(atom.relation)) else {
        return Samples { values: vec!["x".to_owned()], exact: true };
    };
    let one_family = atoms.iter().all(|atom| family(atom.relation) == first);
    let mut values: Vec<String> = Vec::new();
    let mut exact = one_family;
    for atom in atoms {
        match family(atom.relation) {
            Family::Text => exact &= text_samples(atom, &mut values),
            Family::Number => number_samples(key, &atom.value, &mut values),
            Family::Date => date_samples(&atom.value, &mut values),
            Family::Bool => values.extend(["true".to_owned(), "false".to_owned()]),
            Family::Ip => ip_samples(&atom.value, &mut values),
            Family::Other => {
                exact = false;
                values.push(atom.value.replace('*', "x").replace('?', "x"));
                values.push(atom.value.replace('*', ""));
            }
        }
    }
    if first == Family::Text || first == Family::Other {
        values.push("something-else".to_owned());
        exact &= first == Family::Text && laminar(atoms);
    }
    let mut seen = std::collections::BTreeSet::new();
    values.retain(|value| seen.insert(value.clone()));
    Samples { values, exact }
}

fn text_samples(atom: &Atom, values: &mut Vec<String>) -> bool {
    if let Some(prefix) = atom.prefix() {
        if !prefix.is_empty() {
            values.push(prefix.clone());
        }
        values.push(format!("{prefix}x"));
        return true;
    }
    match atom.literal() {
        Some(text) => {
            if atom.relation == Relation::StringEqualsIgnoreCase {
                values.push(text.to_ascii_lowercase());
                values.push(text.to_ascii_uppercase());
            }
            values.push(text);
            true
        }
        None => {
            values.push(atom.value.replace('*', "x").replace('?', "x"));
            values.push(atom.value.replace('*', "").replace('?', "x"));
            false
        }
    }
}

/// Whether the sample "prefix and x" and "something-else" fall where the text says: no atom begins
/// with such a text by chance, and letter case is not mixed with patterns.
fn laminar(atoms: &[Atom]) -> bool {
    let folded = atoms.iter().any(|atom| atom.relation == Relation::StringEqualsIgnoreCase);
    let mixed = folded && atoms.iter().any(|atom| atom.relation != Relation::StringEqualsIgnoreCase);
    let prefixes: Vec<String> = atoms.iter().filter_map(Atom::prefix).collect();
    let chance = atoms.iter().any(|atom| {
        let text = atom.prefix().or_else(|| atom.literal()).unwrap_or_default();
        "something-else".starts_with(&text) && !text.is_empty()
            || prefixes.iter().any(|prefix| text.starts_with(&format!("{prefix}x")))
    });
    !mixed && !chance
}

fn number_samples(key: &str, bound: &str, values: &mut Vec<String>) {
    // A value that is no number matches nothing; the key has a value all the same.
    values.push("0".to_owned());
    if value::number(bound).is_none() {
        return;
    }
    // Keys that are counted in whole units (U22); all of them fit 64 bits.
    let whole = ["aws:multifactorauthage", "sts:durationseconds", "aws:epochtime"];
    if let (true, Ok(number)) = (whole.contains(&key), bound.parse::<i64>()) {
        let near = [number.saturating_sub(1), number, number.saturating_add(1)];
        values.extend(near.into_iter().filter(|number| *number >= 0).map(|number| number.to_string()));
        return;
    }
    let point = if bound.contains('.') { "" } else { "." };
    values.push(bound.to_owned());
    if bound.starts_with('-') {
        values.push("0".to_owned());
    }
    values.push(format!("{bound}{point}000000000000001"));
    values.extend(["-99999999999999999999".to_owned(), "99999999999999999999".to_owned()]);
    if let Ok(number) = bound.parse::<f64>() {
        values.push(format!("{:.9}", number - 1e-6));
    }
}

fn date_samples(bound: &str, values: &mut Vec<String>) {
    values.push("2000-01-01T00:00:00Z".to_owned());
    if let Some(instant) = value::date(bound) {
        let tick = jiff::SignedDuration::from_millis(1);
        let near = [instant.checked_sub(tick).ok(), Some(instant), instant.checked_add(tick).ok()];
        values.extend(near.into_iter().flatten().map(|instant| instant.to_string()));
    }
}

fn ip_samples(range: &str, values: &mut Vec<String>) {
    values.extend(["198.51.100.1".to_owned(), "2001:db8::1".to_owned()]);
    let Some(range) = value::network(range) else { return };
    let (first, last) = (range.network(), range.broadcast());
    values.extend([first.to_string(), last.to_string()]);
    values.extend(step(first, false).map(|address| address.to_string()));
    values.extend(step(last, true).map(|address| address.to_string()));
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

/// What is certain of two atoms on one value.
pub(super) enum Pair {
    /// Whoever satisfies the first satisfies the second.
    Implies,
    /// Nobody satisfies both.
    Excludes,
    /// Nothing is known.
    Open,
}

/// Compares two atoms whose classes were not found exactly.
pub(super) fn pair(one: &Atom, other: &Atom) -> Pair {
    let comparable = family(one.relation) == family(other.relation);
    if let Some(text) = one.literal().filter(|_| comparable && one.relation != Relation::StringEqualsIgnoreCase) {
        return if other.admits(&text) { Pair::Implies } else { Pair::Excludes };
    }
    let patterns = matches!(
        (one.relation, other.relation),
        (Relation::StringLike, Relation::StringLike) | (Relation::Arn, Relation::Arn)
    );
    // A pattern that matches the other's text, its wildcards taken as characters, covers it; a `?`
    // could take a `*` for one character, so such patterns are left open.
    if patterns && !other.value.contains('?') {
        let covered =
            if one.relation == Relation::Arn { false } else { other.pattern().matches(&one.value, Case::Sensitive) };
        if covered {
            return Pair::Implies;
        }
    }
    if patterns && disjoint_heads(&one.value, &other.value) { Pair::Excludes } else { Pair::Open }
}

fn disjoint_heads(one: &str, other: &str) -> bool {
    let head = |text: &str| text.split(['*', '?']).next().unwrap_or_default().to_owned();
    let (one, other) = (head(one), head(other));
    !one.starts_with(&other) && !other.starts_with(&one)
}
