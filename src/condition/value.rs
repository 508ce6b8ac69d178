//! Comparing one context value with one policy value.

use std::cmp::Ordering;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;

use crate::policy::{Case, Pattern, Relation};

/// Whether `context` stands in `relation` to the policy's `value`, variables already filled in.
///
/// `None` where one of the two cannot be read as the operator's type (O30, O32).
pub(super) fn compare(relation: Relation, context: &str, value: &Pattern) -> Option<bool> {
    use Relation as R;
    match relation {
        R::StringEquals | R::StringLike => Some(value.matches(context, Case::Sensitive)),
        R::StringEqualsIgnoreCase => Some(value.matches(context, Case::Ignored)),
        R::Arn => arn(context, value),
        R::NumericEquals => order(context, value, number).map(Ordering::is_eq),
        R::NumericLess => order(context, value, number).map(Ordering::is_lt),
        R::NumericLessOrEqual => order(context, value, number).map(Ordering::is_le),
        R::NumericGreater => order(context, value, number).map(Ordering::is_gt),
        R::NumericGreaterOrEqual => order(context, value, number).map(Ordering::is_ge),
        R::DateEquals => order(context, value, date).map(Ordering::is_eq),
        R::DateLess => order(context, value, date).map(Ordering::is_lt),
        R::DateLessOrEqual => order(context, value, date).map(Ordering::is_le),
        R::DateGreater => order(context, value, date).map(Ordering::is_gt),
        R::DateGreaterOrEqual => order(context, value, date).map(Ordering::is_ge),
        R::Bool | R::Null => Some(boolean(context)? == boolean(value.as_str())?),
        R::Binary => Some(base64(context)? == base64(value.as_str())?),
        R::Ip => Some(network(value.as_str())?.contains(&context.parse::<IpAddr>().ok()?)),
    }
}

/// Whether a policy value cannot be read as the relation's type at all. Of `*` as an ARN AWS leaves that open (O80).
pub(super) fn is_malformed(relation: Relation, pattern: &Pattern) -> bool {
    use Relation as R;
    let value = pattern.as_str();
    match relation {
        R::StringEquals | R::StringLike | R::StringEqualsIgnoreCase => false,
        R::Arn => value.matches(':').count() < 5 && !pattern.is_everything(),
        R::NumericEquals | R::NumericLess | R::NumericLessOrEqual | R::NumericGreater | R::NumericGreaterOrEqual => {
            number(value).is_none()
        }
        R::DateEquals | R::DateLess | R::DateLessOrEqual | R::DateGreater | R::DateGreaterOrEqual => {
            date(value).is_none()
        }
        R::Bool | R::Null => boolean(value).is_none(),
        R::Binary => base64(value).is_none(),
        R::Ip => network(value).is_none(),
    }
}

fn order<T: Ord>(context: &str, value: &Pattern, read: impl Fn(&str) -> Option<T>) -> Option<Ordering> {
    Some(read(context)?.cmp(&read(value.as_str())?))
}

/// O75 to O79: component by component; the sixth may hold colons.
fn arn(context: &str, value: &Pattern) -> Option<bool> {
    is_arn(context).then(|| value.matches_arn(context))?
}

pub(super) fn is_arn(text: &str) -> bool {
    text.splitn(6, ':').count() == 6 && text.starts_with("arn:")
}

/// O43: an exact decimal, as sign, digits before and digits after the point without padding.
pub(super) fn number(text: &str) -> Option<Decimal> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || digits.ends_with('.') {
        return None;
    }
    let whole = whole.trim_start_matches('0').to_owned();
    let fraction = fraction.trim_end_matches('0').to_owned();
    let negative = negative && !(whole.is_empty() && fraction.is_empty());
    Some(Decimal { negative, whole, fraction })
}

/// A decimal number of any length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let magnitude = |number: &Self| (number.whole.len(), number.whole.clone(), number.fraction.clone());
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => magnitude(self).cmp(&magnitude(other)),
            (true, true) => magnitude(other).cmp(&magnitude(self)),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Decimal {
    fn written(negative: bool, whole: &str, fraction: &str) -> String {
        let whole = if whole.is_empty() { "0" } else { whole };
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{}{whole}{point}{fraction}", if negative { "-" } else { "" })
    }

    /// A number below this one.
    pub(super) fn below(&self) -> String {
        if self.negative { Self::written(true, &format!("1{}", self.whole), "") } else { "-1".to_owned() }
    }

    /// A number above this one.
    pub(super) fn above(&self) -> String {
        if self.negative { "1".to_owned() } else { Self::written(false, &format!("1{}", self.whole), "") }
    }

    /// A number above this one and below a greater one.
    pub(super) fn between(&self, greater: &Self) -> String {
        // The one that is nearer to nought, a little further away from it.
        let near = match (self.negative, greater.negative) {
            (true, false) if !(greater.whole.is_empty() && greater.fraction.is_empty()) => return "0".to_owned(),
            (true, _) => greater,
            (false, _) => self,
        };
        let digits = self.fraction.len().max(greater.fraction.len());
        Self::written(self.negative, &near.whole, &format!("{:0<digits$}1", near.fraction))
    }

    /// The whole numbers next to this one, down to nought: the one before its whole part, that, and two more.
    pub(super) fn near(&self) -> Vec<String> {
        if self.negative {
            return vec!["0".to_owned()];
        }
        let own = Self::written(false, &self.whole, "");
        let next = successor(&own);
        let before = predecessor(&own);
        before.into_iter().chain([successor(&next), next, own]).collect()
    }

    /// The instant so many seconds after 1970. Beyond what can be told it is the first or the last.
    fn instant(&self) -> Timestamp {
        let last = if self.negative { Timestamp::MIN } else { Timestamp::MAX };
        let (head, tail) = self.fraction.split_at(self.fraction.len().min(9));
        // What is shorter than a nanosecond counts as one.
        let nanosecond = i128::from(tail.bytes().any(|digit| digit != b'0'));
        let magnitude = format!("{}{head:0<9}", self.whole).parse::<i128>().ok().map(|count| count + nanosecond);
        let signed = magnitude.map(|count| if self.negative { -count } else { count });
        signed.and_then(|count| Timestamp::from_nanosecond(count).ok()).unwrap_or(last)
    }
}

/// The next whole number.
fn successor(digits: &str) -> String {
    let (head, nines) = digits.split_at(digits.trim_end_matches('9').len());
    let zeros = "0".repeat(nines.len());
    match head.char_indices().next_back().and_then(|(at, last)| Some((at, last.to_digit(10)?))) {
        Some((at, last)) => format!("{}{}{zeros}", &head[..at], last + 1),
        None => format!("1{zeros}"),
    }
}

/// The whole number before it; none before nought.
fn predecessor(digits: &str) -> Option<String> {
    let (head, zeros) = digits.split_at(digits.trim_end_matches('0').len());
    let (at, last) = head.char_indices().next_back()?;
    Some(format!("{}{}{}", &head[..at], last.to_digit(10)? - 1, "9".repeat(zeros.len())))
}

/// The instant that a number of seconds since 1970 is (O55).
pub(super) fn seconds(text: &str) -> Option<Timestamp> {
    number(text).map(|number| number.instant())
}

/// O48 to O54: the W3C profile of ISO 8601, or seconds since 1970.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_year = text.len() == 4 && digits(text);
    if digits(text.strip_prefix('-').unwrap_or(text)) && !is_year {
        // Z18: thirteen digits are seconds too, of a day after all that can be told.
        let last = if text.starts_with('-') { Timestamp::MIN } else { Timestamp::MAX };
        return Some(text.parse().ok().and_then(|second| Timestamp::from_second(second).ok()).unwrap_or(last));
    }
    let form: String = text.chars().map(|char| if char.is_ascii_digit() { '9' } else { char }).collect();
    let whole = match form.as_str() {
        "9999" => format!("{text}-01-01T00:00:00Z"),
        "9999-99" => format!("{text}-01T00:00:00Z"),
        "9999-99-99" => format!("{text}T00:00:00Z"),
        _ if is_instant(&form) => text.to_owned(),
        _ => return None,
    };
    whole.parse().ok()
}

/// O49: a day, hours and minutes, perhaps seconds with a fraction, and a zone. `form` has nines for digits.
fn is_instant(form: &str) -> bool {
    let without_zone = ["Z", "+99:99", "-99:99"].iter().find_map(|zone| form.strip_suffix(zone));
    let time = without_zone.and_then(|form| form.strip_prefix("9999-99-99T"));
    time.is_some_and(|time| match time.split_once('.') {
        Some((time, fraction)) => {
            time == "99:99:99" && !fraction.is_empty() && fraction.chars().all(|char| char == '9')
        }
        None => matches!(time, "99:99" | "99:99:99"),
    })
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    match () {
        () if text.eq_ignore_ascii_case("true") => Some(true),
        () if text.eq_ignore_ascii_case("false") => Some(false),
        () => None,
    }
}

/// O65, O66, O69: a range with its host bits masked away, or one address.
pub(super) fn network(text: &str) -> Option<IpNet> {
    match text.parse::<IpNet>() {
        Ok(range) => Some(range.trunc()),
        Err(_) => Some(IpNet::from(text.parse::<IpAddr>().ok()?)),
    }
}

/// O62: the standard alphabet, padded.
fn base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}
