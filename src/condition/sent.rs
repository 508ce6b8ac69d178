//! What AWS sends with every request, whatever it is: without it an example would be none.

use std::collections::{BTreeMap, BTreeSet};

use super::spelling::documented;
use super::value;

/// A context in which a formula holds: keys with their values, none for a key that is absent.
pub type Witness = Vec<(String, Vec<String>)>;

/// An instant after all that anybody asks about now (K44), as a date and in seconds.
const TIME: [&str; 2] = ["2100-01-01T00:00:00Z", "4102444800"];
const TIMES: [&str; 2] = ["aws:currenttime", "aws:epochtime"];

/// The keys of every request (K41, K44, K45, K54) that some policy asks for and nobody has told.
#[derive(Clone, Debug)]
pub struct Sent<'a> {
    keys: BTreeSet<&'static str>,
    given: &'a BTreeMap<String, Vec<String>>,
}

impl<'a> Sent<'a> {
    /// Of the keys that policies ask for, in any letter case, and what is told of a request, by keys in lower case.
    #[must_use]
    pub fn of(asked: impl Iterator<Item = impl AsRef<str>>, given: &'a BTreeMap<String, Vec<String>>) -> Self {
        const ALL: [&str; 4] = [TIMES[0], TIMES[1], "aws:useragent", "aws:viaawsservice"];
        let mut keys = BTreeSet::new();
        for key in asked {
            keys.extend(ALL.into_iter().find(|own| own.eq_ignore_ascii_case(key.as_ref())));
            if keys.len() == ALL.len() {
                break;
            }
        }
        keys.retain(|key| !given.contains_key(*key));
        Self { keys, given }
    }

    /// Adds them to an example that lacks them.
    pub fn complete(&self, witness: &mut Witness) {
        for key in &self.keys {
            if told(witness, key).is_none() {
                let value = self.value(key, witness);
                witness.push((documented(key), vec![value]));
            }
        }
        witness.sort();
    }

    fn value(&self, key: &str, witness: &Witness) -> String {
        let known = |key: &str| told(witness, key).or_else(|| self.given.get(key)).and_then(|values| values.first());
        match key {
            "aws:currenttime" => {
                let seconds = known(TIMES[1]).and_then(|seconds| value::date(seconds));
                seconds.map_or_else(|| TIME[0].to_owned(), |instant| instant.to_string())
            }
            "aws:epochtime" => {
                let date = known(TIMES[0]).and_then(|date| value::date(date));
                date.map_or_else(|| TIME[1].to_owned(), |instant| instant.as_second().to_string())
            }
            "aws:viaawsservice" => {
                let chain = ["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"];
                chain.into_iter().any(|key| known(key).is_some()).to_string()
            }
            _ => "example".to_owned(),
        }
    }
}

fn told<'a>(witness: &'a Witness, key: &str) -> Option<&'a Vec<String>> {
    witness.iter().find(|(own, _)| own.eq_ignore_ascii_case(key)).map(|(_, values)| values)
}
