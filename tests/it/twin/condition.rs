//! Conditions: one operator on one key, against a complete context.

use std::cmp::Ordering;
use std::net::IpAddr;

use super::context::Context;
use super::matching::{self, Letter};
use super::scenario::Condition;

/// Whether a condition holds, and which uncertain rules said so.
pub(super) struct Outcome {
    pub(super) holds: bool,
    pub(super) doubts: Vec<&'static str>,
}

/// Which values of the request must pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    None,
    All,
    Any,
}

/// Decides one condition.
pub(super) fn holds(condition: &Condition, variables: bool, context: &Context) -> Outcome {
    let name = condition.operator.to_lowercase(); // O11
    let (set, name) = if let Some(rest) = name.strip_prefix("forallvalues:") {
        (Set::All, rest)
    } else if let Some(rest) = name.strip_prefix("foranyvalue:") {
        (Set::Any, rest)
    } else {
        (Set::None, &*name)
    };
    let (base, if_exists) = match name.strip_suffix("ifexists") {
        Some(base) => (base, true),
        None => (name, false),
    };
    let (base, negated) = plain(base);
    let values = context.values(&condition.key);
    let absent = values.is_empty();
    let mut doubts: Vec<&'static str> = context.doubt(&condition.key).into_iter().collect();
    if variables {
        doubts.extend(condition.values.iter().flat_map(|written| context.doubts_of_variables(written)));
    }

    if base == "null" {
        let holds = condition.values.iter().any(|value| value.eq_ignore_ascii_case(&absent.to_string())); // O84, O85
        return Outcome { holds, doubts };
    }
    if condition.values.is_empty() {
        doubts.push("O9");
    }
    if base == "bool" && variables && condition.values.iter().any(|written| written.contains("${")) {
        doubts.push("Z7");
    }
    let mut passes = |value: &String| {
        let mut matched = false;
        for written in &condition.values {
            // O53: a year, or so many seconds.
            if base.starts_with("date") && is_digits(written) && written.len() == 4 {
                doubts.push("O53");
            }
            match compare(base, value, written, variables, context) {
                Compared::Matches => matched = true,
                Compared::Differs => {}
                // V12, V13: without a value the entry matches nothing; of a negated operator Z5 speaks.
                Compared::Doubtful("V15") if negated => doubts.push("Z5"),
                Compared::Doubtful(rule) => doubts.push(rule),
            }
        }
        matched != negated // C2
    };
    let holds = match set {
        Set::None if absent => negated || if_exists, // C7 to C9
        Set::None if context.is_list(&condition.key) => {
            doubts.push("Z2");
            false // C25
        }
        Set::None => values.iter().all(passes),
        Set::All => {
            let holds = values.iter().all(&mut passes); // C20
            if absent && negated {
                doubts.push("Z1");
            }
            holds
        }
        Set::Any if absent && if_exists => {
            doubts.push("S11");
            true
        }
        Set::Any => values.iter().any(passes), // C21
    };
    Outcome { holds, doubts }
}

/// C11: the operator that a negated one negates.
fn plain(name: &str) -> (&str, bool) {
    match name {
        "stringnotequals" => ("stringequals", true),
        "stringnotequalsignorecase" => ("stringequalsignorecase", true),
        "stringnotlike" => ("stringlike", true),
        "numericnotequals" => ("numericequals", true),
        "datenotequals" => ("dateequals", true),
        "notipaddress" => ("ipaddress", true),
        "arnnotequals" | "arnnotlike" => ("arnlike", true),
        "arnequals" => ("arnlike", false),
        other => (other, false),
    }
}

/// A value of the request against a value of the policy.
enum Compared {
    Matches,
    Differs,
    /// One of them cannot be read, or has no value: no match, with this doubt.
    Doubtful(&'static str),
}

impl From<bool> for Compared {
    fn from(matches: bool) -> Self {
        if matches { Self::Matches } else { Self::Differs }
    }
}

fn compare(base: &str, value: &str, written: &str, variables: bool, context: &Context) -> Compared {
    let takes_variables = base.starts_with("string") || base == "arnlike" || base == "bool";
    let Some(pattern) = context.expand(written, variables && takes_variables) else {
        return Compared::Doubtful("V15"); // V12, V13
    };
    let text = matching::text(&pattern);
    let matched = match base {
        "stringequals" => Some(value == text),
        "stringequalsignorecase" => Some(value.eq_ignore_ascii_case(&text)),
        "stringlike" => Some(matching::like(&pattern, value)),
        "arnlike" => return arn(&pattern, value),
        "bool" => boolean(value).zip(boolean(&text)).map(|(left, right)| left == right),
        "binaryequals" => bytes(value).zip(bytes(&text)).map(|(left, right)| left == right),
        "ipaddress" => range(value).zip(range(&text)).map(|(address, range)| covers(range, address)),
        _ => {
            let order = if base.starts_with("date") {
                instant(value).zip(instant(&text)).map(|(left, right)| left.cmp(&right))
            } else {
                number(value).zip(number(&text)).map(|(left, right)| left.cmp(&right))
            };
            order.map(|order| satisfies(base, order))
        }
    };
    matched.map_or(Compared::Doubtful("O31"), Compared::from) // C17
}

/// The context value stands on the left (O42, O47).
fn satisfies(base: &str, order: Ordering) -> bool {
    let relation = base.trim_start_matches("numeric").trim_start_matches("date");
    match relation {
        "equals" => order.is_eq(),
        "lessthan" => order.is_lt(),
        "lessthanequals" => order.is_le(),
        "greaterthan" => order.is_gt(),
        "greaterthanequals" => order.is_ge(),
        other => unreachable!("no operator {other}"),
    }
}

fn arn(pattern: &[Letter], value: &str) -> Compared {
    match matching::arn_like(pattern, value) {
        Some(matched) => matched.into(),
        None if matching::text(pattern) == "*" && matching::is_arn(value) => Compared::Doubtful("O80"),
        None => Compared::Doubtful("O31"),
    }
}

/// O57.
fn boolean(text: &str) -> Option<bool> {
    match &*text.to_ascii_lowercase() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// O43: sign, integer and fraction without idle zeros, ordered by value.
fn number(text: &str) -> Option<Number> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (integer, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if !is_digits(integer) || !is_digits(fraction) {
        return None;
    }
    let integer = integer.trim_start_matches('0').to_owned();
    let fraction = fraction.trim_end_matches('0').to_owned();
    let is_zero = integer.is_empty() && fraction.is_empty();
    Some(Number { negative: negative && !is_zero, integer, fraction })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[derive(PartialEq, Eq)]
struct Number {
    negative: bool,
    integer: String,
    fraction: String,
}

impl Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let magnitude = (self.integer.len(), &self.integer, &self.fraction).cmp(&(
            other.integer.len(),
            &other.integer,
            &other.fraction,
        ));
        match (self.negative, other.negative) {
            (false, false) => magnitude,
            (true, true) => magnitude.reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

/// O48 to O54: seconds since 1970 and the digits of the fraction.
fn instant(text: &str) -> Option<(i64, String)> {
    if is_digits(text) && text.len() != 4 {
        return Some((text.parse().ok()?, String::new())); // O52
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let fields: Vec<&str> = date.split('-').collect();
    let widths: Vec<usize> = fields.iter().map(|field| field.len()).collect();
    if !fields.iter().all(|field| is_digits(field)) || ![4, 2, 2].starts_with(&widths) {
        return None;
    }
    if time.is_some() && fields.len() != 3 {
        return None;
    }
    let field = |at: usize| fields.get(at).map_or(Some(1), |field| field.parse().ok());
    let days = days(field(0)?, usize::try_from(field(1)?).ok()?, field(2)?)?;
    let (seconds, fraction) = time.map_or(Some((0, String::new())), time_of_day)?;
    Some((days * 86_400 + seconds, fraction))
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.s`, then `Z` or an offset (O49, O51).
fn time_of_day(text: &str) -> Option<(i64, String)> {
    let at = text.find(['Z', '+', '-'])?;
    let (clock, zone) = text.split_at(at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let fields: Vec<&str> = clock.split(':').collect();
    let has_seconds = fields.len() == 3;
    if !is_digits(fraction) || !(fields.len() == 2 || has_seconds) || (text.contains('.') && !has_seconds) {
        return None;
    }
    let bounded = |text: &str, most: i64| {
        let value: i64 = (is_digits(text) && text.len() == 2).then(|| text.parse().ok())??;
        (value <= most).then_some(value)
    };
    let mut seconds = bounded(fields[0], 23)? * 3_600 + bounded(fields[1], 59)? * 60;
    if has_seconds {
        seconds += bounded(fields[2], 59)?;
    }
    if zone != "Z" {
        let (hours, minutes) = zone[1..].split_once(':')?;
        let offset = bounded(hours, 23)? * 3_600 + bounded(minutes, 59)? * 60;
        seconds -= if zone.starts_with('+') { offset } else { -offset };
    }
    Some((seconds, fraction.trim_end_matches('0').to_owned()))
}

/// Days since 1970, counted year by year.
fn days(year: i64, month: usize, day: i64) -> Option<i64> {
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if is_leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if month == 0 || month > 12 || day == 0 || day > months[month - 1] {
        return None;
    }
    let years: i64 = if year >= 1970 {
        (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum()
    } else {
        -(year..1970).map(|year| if is_leap(year) { 366 } else { 365 }).sum::<i64>()
    };
    Some(years + months[..month - 1].iter().sum::<i64>() + day - 1)
}

/// O65 to O72: an address and its prefix length.
fn range(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        Some(length) => is_digits(length).then(|| length.parse().ok())??,
        None => most,
    };
    (length <= most).then_some((address, length))
}

/// O64, O67, O69: the leading bits agree, within one family.
fn covers((network, length): (IpAddr, u32), (address, _): (IpAddr, u32)) -> bool {
    let bits = |address: IpAddr| -> Vec<bool> {
        let octets = match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        octets.iter().flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1 == 1)).collect()
    };
    network.is_ipv4() == address.is_ipv4()
        && bits(network).iter().zip(bits(address)).take(length as usize).all(|(left, right)| *left == right)
}

/// O62: standard Base64 with padding.
fn bytes(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let body = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - body.len() > 2 {
        return None;
    }
    let mut bits = Vec::new();
    for byte in body.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == byte)?;
        bits.extend((0..6).rev().map(|bit| value >> bit & 1 == 1));
    }
    Some(bits.chunks_exact(8).map(|octet| octet.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect())
}
