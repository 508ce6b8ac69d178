//! The names of the condition operators (O10). What they mean is for a room downstream.

use super::diagnostic;

const NAMES: [&str; 27] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];

/// Whether AWS has an operator of this name, in any letter case (O11). `Null` takes no `IfExists` (O87).
pub(super) fn is_known(name: &str) -> bool {
    let (name, if_exists) = base(name);
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)) && !(if_exists && name.eq_ignore_ascii_case("Null"))
}

/// The operator that was probably meant, without prefix and suffix.
pub(super) fn near(name: &str) -> Option<&'static str> {
    diagnostic::near(base(name).0, &NAMES)
}

/// The name without `ForAllValues:` or `ForAnyValue:` and without `IfExists`; whether that stood there.
fn base(name: &str) -> (&str, bool) {
    let name = match name.split_once(':') {
        Some((prefix, rest))
            if ["ForAllValues", "ForAnyValue"].iter().any(|known| known.eq_ignore_ascii_case(prefix)) =>
        {
            rest
        }
        _ => name,
    };
    let cut = name.len().saturating_sub("IfExists".len());
    match (name.get(..cut), name.get(cut..)) {
        (Some(base), Some(suffix)) if suffix.eq_ignore_ascii_case("IfExists") => (base, true),
        _ => (name, false),
    }
}
