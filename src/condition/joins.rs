//! Facts that join keys of one request (U47): which are there together, and which never.

use super::known::Known;

/// Keys of requests through a VPC endpoint, which carry no source address (K28, K29).
pub(super) const ENDPOINT: [&str; 7] = [
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpcsourceip",
    "aws:sourcevpcarn",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
];

/// Keys that are all there or all absent.
pub(super) const TOGETHER: [&[&str]; 6] = [
    &["aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"],
    &["aws:principalorgid", "aws:principalorgpaths"],
    &["aws:resourceorgid", "aws:resourceorgpaths"],
    &["aws:sourceorgid", "aws:sourceorgpaths"],
    &["aws:vpceorgid", "aws:vpceorgpaths"],
    &["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"],
];

/// Keys that are there only in requests for which the flag beside them is true.
pub(super) const IMPLIED: [(&str, &str); 4] = [
    ("aws:multifactorauthage", "aws:multifactorauthpresent"),
    ("aws:calledvia", "aws:viaawsservice"),
    ("aws:calledviafirst", "aws:viaawsservice"),
    ("aws:calledvialast", "aws:viaawsservice"),
];

/// What the keys that a request is said to have, or to lack, tell of another one. `given` has the values of
/// a key of which something was said; none for a key that is absent.
pub(crate) fn implied<'a>(key: &str, given: &dyn Fn(&str) -> Option<&'a [String]>) -> Option<Known> {
    let has = |key: &str| given(key).is_some_and(|values| !values.is_empty());
    let lacks = |key: &str| given(key).is_some_and(<[String]>::is_empty);
    let is_false =
        |flag: &str| given(flag).is_some_and(|values| values.iter().all(|one| !one.eq_ignore_ascii_case("true")));
    let excluded = (ENDPOINT.contains(&key) && has("aws:sourceip"))
        || (key == "aws:sourceip" && ENDPOINT.iter().any(|other| has(other)))
        || IMPLIED.iter().any(|(own, flag)| *own == key && is_false(flag));
    if excluded {
        return Some(Known::Absent);
    }
    if IMPLIED.iter().any(|(other, flag)| *flag == key && has(other)) {
        return Some(Known::value("true"));
    }
    // K45: one time, in two forms.
    let instant = |other: &str| super::value::date(given(other)?.first()?);
    match key {
        "aws:epochtime" => {
            if let Some(instant) = instant("aws:currenttime") {
                return Some(Known::value(instant.as_second().to_string()));
            }
        }
        "aws:currenttime" => {
            if let Some(instant) = instant("aws:epochtime") {
                return Some(Known::value(instant.to_string()));
            }
        }
        _ => {}
    }
    let group = TOGETHER.iter().find(|group| group.contains(&key))?;
    match () {
        () if group.iter().any(|other| lacks(other)) => Some(Known::Absent),
        () if group.iter().any(|other| has(other)) => Some(Known::PRESENT),
        () => None,
    }
}
