//! One key under one operator: decided where its value is known, a residual where not.

use super::known::{Known, is_multivalued};
use super::spelling::documented;
use super::value::{boolean, compare, is_arn, is_malformed};
use super::words;
use crate::policy::{
    Condition, Coverage, Filling, Operator, OperatorError, Pattern, Relation, SetPrefix, Token, Version,
};

/// A condition, typed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Test {
    /// How the key is compared.
    pub operator: Operator,
    /// The key as it is written.
    pub written: String,
    /// The key in lower case: names are compared without regard to case (O13, O14).
    pub key: String,
    /// The alternatives.
    pub values: Vec<Pattern>,
    /// The alternatives by other readings of a Condition that holds the key twice, in different letter
    /// case (O18); none where it stands once.
    pub rivals: Vec<Vec<Pattern>>,
}

/// What is left of a test when the key's value is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Residual {
    /// How the key is compared.
    pub operator: Operator,
    /// The key as it is shown.
    pub key: String,
    /// The alternatives, known variables filled in.
    pub values: Vec<Pattern>,
    /// What the key is known to hold; none where it is not known. A test of a known key is left only where
    /// its values still hold variables.
    pub known: Vec<String>,
    /// What the key can hold, where that is known; none where it may be anything.
    pub among: Vec<String>,
    /// Whether every request carries the key.
    pub always_present: bool,
    /// Whether a value still holds a variable: then the test relates two keys, and nothing more is
    /// said of it than that it may hold (U45).
    pub relates: bool,
    /// The rules by whose other readings it may come to something else.
    pub readings: Vec<&'static str>,
}

/// What a test comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds, or it does not.
    Decided(bool),
    /// It holds or not by the reading that is followed; by another reading it is the other way round.
    Doubtful(bool, &'static str),
    /// Only a request tells.
    Residual(Residual),
    /// Only a request tells, by the reading that is followed; another reading comes to something else.
    DoubtfulResidual(Residual, &'static str),
}

impl Test {
    /// Types a condition of a document.
    ///
    /// # Errors
    /// [`OperatorError`] for an operator that does not exist; the condition is then unknown (O12).
    pub fn parse(condition: &Condition, version: Version) -> Result<Self, OperatorError> {
        let operator = Operator::parse(&condition.operator.value)?;
        let read = |text: &str| match operator.relation {
            Relation::StringLike | Relation::Arn => Pattern::parse(text, version),
            // Z7: of the two pages the one that lets a Boolean be a variable is followed.
            Relation::StringEquals | Relation::StringEqualsIgnoreCase | Relation::Bool => {
                Pattern::parse_literal(text, version)
            }
            _ => Pattern::parse_literal(text, Version::V2008),
        };
        Ok(Self {
            operator,
            written: condition.key.value.clone(),
            key: condition.key.value.to_ascii_lowercase(),
            values: condition.values.iter().map(|value| read(&value.value)).collect(),
            rivals: Vec::new(),
        })
    }

    /// That the key has one of these values, or may be absent.
    #[must_use]
    pub fn equals(key: &str, values: impl IntoIterator<Item = String>, if_exists: bool) -> Self {
        let literal = |text: String| Pattern::parse_literal(&text, Version::V2008);
        Self {
            operator: Operator { set: None, relation: Relation::StringEquals, negated: false, if_exists },
            written: key.to_owned(),
            key: key.to_ascii_lowercase(),
            values: values.into_iter().map(literal).collect(),
            rivals: Vec::new(),
        }
    }

    /// What is left of a test, as a test again.
    pub(super) fn of(residual: &Residual) -> Self {
        Self {
            operator: residual.operator,
            written: residual.key.clone(),
            key: residual.key.to_ascii_lowercase(),
            values: residual.values.clone(),
            rivals: Vec::new(),
        }
    }

    /// The keys that its values mention as variables, in lower case.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.values.iter().flat_map(Pattern::variables).map(|variable| variable.key.as_str())
    }

    /// All keys that it asks for, in lower case: its own, and those that its values mention, by any reading.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let rivals = self.rivals.iter().flatten().flat_map(Pattern::variables).map(|variable| variable.key.as_str());
        std::iter::once(self.key.as_str()).chain(self.variables()).chain(rivals)
    }

    /// Decides the test as far as what is known allows. `known` is asked for the test's own key and
    /// for those of its variables, in lower case.
    #[must_use]
    pub fn decide(&self, known: &dyn Fn(&str) -> Known) -> Outcome {
        let mut outcome = self.decide_as_followed(known);
        for (rule, other) in self.other_readings() {
            // O18: of two keys that differ in letter case both must hold; what does hold, holds by any reading.
            if rule != "O18" || outcome == Outcome::Decided(false) {
                outcome = outcome.unless(&other.decide_as_followed(known), rule);
            }
        }
        for variable in self.variables() {
            if let Known::Doubtful(_, other, rule) = known(variable) {
                let otherwise = |key: &str| if key == variable { (*other).clone() } else { known(key) };
                outcome = outcome.unless(&self.decide_as_followed(&otherwise), rule);
            }
        }
        outcome
    }

    /// The test in words, with variables filled in as far as they are known.
    #[must_use]
    pub fn words(&self, known: &dyn Fn(&str) -> Known) -> String {
        let fill = |value: &Pattern| {
            let filled = value.fill(|variable| known(&variable.key).filling());
            filled.map_or_else(|| value.clone(), std::borrow::Cow::into_owned)
        };
        let is_absent = matches!(known(&self.key), Known::Absent);
        words::test(
            &Residual {
                operator: Operator { if_exists: self.operator.if_exists && is_absent, ..self.operator },
                key: documented(&self.written),
                values: self.values.iter().map(fill).collect(),
                known: Vec::new(),
                among: Vec::new(),
                // Whether it may be absent is of no interest where it is not.
                always_present: !is_absent,
                relates: false,
                readings: Vec::new(),
            },
            self.operator.negated,
        )
    }

    fn decide_as_followed(&self, known: &dyn Fn(&str) -> Known) -> Outcome {
        let resolved = self.resolve(known);
        match known(&self.key) {
            Known::Doubtful(followed, other, rule) => {
                self.against(&followed, &resolved).unless(&self.against(&other, &resolved), rule)
            }
            state => self.against(&state, &resolved),
        }
    }

    /// The test as it is by other readings of its values.
    fn other_readings(&self) -> Vec<(&'static str, Self)> {
        use Relation as R;
        let with = |values: Vec<Pattern>| Self { values, rivals: Vec::new(), ..self.clone() };
        let plain = |text: &str| Pattern::parse_literal(text, Version::V2008);
        let mut readings: Vec<(&'static str, Self)> =
            self.rivals.iter().map(|values| ("O18", with(values.clone()))).collect();
        match self.operator.relation {
            // O61: by the other page `${...}` is text, and no Boolean.
            R::Bool if self.variables().next().is_some() => {
                readings.push(("Z7", with(self.values.iter().map(|value| plain(value.as_str())).collect())));
            }
            R::DateEquals | R::DateLess | R::DateLessOrEqual | R::DateGreater | R::DateGreaterOrEqual
                if self.values.iter().any(|value| is_year(value.as_str())) =>
            {
                let seconds = |value: &Pattern| match value.as_str() {
                    // O53: a leading zero more, and it is no year but the same number.
                    year if is_year(year) => plain(&format!("0{year}")),
                    _ => value.clone(),
                };
                readings.push(("O53", with(self.values.iter().map(seconds).collect())));
            }
            _ => {}
        }
        readings
    }

    fn resolve(&self, known: &dyn Fn(&str) -> Known) -> Resolved {
        let mut resolved = Resolved::default();
        for value in &self.values {
            let filled = value.fill(|variable| match known(&variable.key).filling() {
                // V17: a key with several values is none for a variable.
                Filling::Text(_) if is_multivalued(&variable.key) => Filling::Nothing,
                filling => filling,
            });
            match filled {
                Some(pattern) if pattern.variables().next().is_none() => resolved.values.push(pattern.into_owned()),
                Some(pattern) => resolved.related.push(pattern.into_owned()),
                None => resolved.valueless = true,
            }
        }
        resolved
    }

    fn against(&self, state: &Known, resolved: &Resolved) -> Outcome {
        if self.operator.relation == Relation::Null {
            return self.null(state);
        }
        match state {
            Known::Absent => self.absent(),
            Known::Values(values) if values.is_empty() => self.absent(),
            Known::Values(values) => self.present(values, resolved),
            Known::Unknown { always_present } => self.unknown(resolved, *always_present),
            Known::NoneOf(excluded) => self.unknown(&resolved.without(excluded), false),
            Known::Among(values) => self.among(values, resolved),
            Known::SessionName => self.unknown(&resolved.retain(may_be_session_name), true),
            Known::Prefixed(prefix) => self.prefixed(prefix, resolved),
            Known::NotBefore(instant) => self.not_before(*instant, resolved),
            Known::Doubtful(followed, ..) => self.against(followed, resolved),
        }
    }

    /// O84 to O88.
    fn null(&self, state: &Known) -> Outcome {
        let wanted = |absent: bool| self.values.iter().any(|value| boolean(value.as_str()) == Some(absent));
        let absent = match state {
            Known::Absent => true,
            Known::Values(values) => values.is_empty(),
            Known::Unknown { always_present: false } | Known::NoneOf(_) | Known::Among(_) => {
                return match (wanted(true), wanted(false)) {
                    (true, true) => Outcome::Decided(true),
                    (false, false) => Outcome::Decided(false),
                    _ => self.residual(&Resolved { values: self.values.clone(), ..Resolved::default() }, false),
                };
            }
            Known::Unknown { always_present: true } | Known::Prefixed(_) | Known::NotBefore(_) | Known::SessionName => {
                false
            }
            Known::Doubtful(followed, ..) => return self.null(followed),
        };
        Outcome::Decided(wanted(absent))
    }

    /// O22 to O26, S3, S5 to S7.
    fn absent(&self) -> Outcome {
        let Operator { set, negated, if_exists, .. } = self.operator;
        match set {
            Some(SetPrefix::All) if negated && !if_exists => Outcome::Doubtful(true, "Z1"),
            Some(SetPrefix::All) => Outcome::Decided(true),
            Some(SetPrefix::Any) if if_exists => Outcome::Doubtful(true, "S11"),
            None if negated || if_exists => Outcome::Decided(true),
            // O9: by another reading a condition without values says nothing.
            Some(SetPrefix::Any) | None if self.values.is_empty() => Outcome::Doubtful(false, "O9"),
            Some(SetPrefix::Any) | None => Outcome::Decided(false),
        }
    }

    fn present(&self, values: &[String], resolved: &Resolved) -> Outcome {
        let Operator { set, negated, .. } = self.operator;
        let judged: Vec<Judged> = values.iter().map(|value| self.judge(value, resolved)).collect();
        let passes = |one: &Judged| one.matches != negated;
        let holds = match set {
            Some(SetPrefix::All) => judged.iter().all(passes),
            Some(SetPrefix::Any) | None => judged.iter().any(passes),
        };
        // S14: a multivalued key without a set operator; AWS was asked, and it is never true.
        let is_bare_list = set.is_none() && is_multivalued(&self.key);
        if !resolved.related.is_empty() && !is_bare_list {
            return self.beside_variables(values, &judged, holds, resolved);
        }
        if is_bare_list && holds {
            return Outcome::Doubtful(false, "Z2");
        }
        if self.values.is_empty() {
            return Outcome::Doubtful(holds, "O9");
        }
        if is_bare_list {
            return Outcome::Decided(false);
        }
        if let Some(rule) = judged.iter().find_map(|one| one.doubt) {
            return Outcome::Doubtful(holds, rule);
        }
        if resolved.valueless && negated && holds {
            return Outcome::Doubtful(true, "Z5");
        }
        if resolved.valueless && !negated && holds {
            return Outcome::Doubtful(true, "V15");
        }
        Outcome::Decided(holds)
    }

    /// U44: the key is known, and some variables are not. `holds` says what the other values come to: a value
    /// that they match is matched, whatever the variables hold.
    fn beside_variables(&self, values: &[String], judged: &[Judged], holds: bool, resolved: &Resolved) -> Outcome {
        let Operator { set, negated, .. } = self.operator;
        let settled = match set {
            // One value that fails, or passes, is enough.
            Some(SetPrefix::All) if negated => judged.iter().any(|one| one.matches),
            Some(SetPrefix::Any) if !negated => judged.iter().any(|one| one.matches),
            _ => judged.iter().all(|one| one.matches),
        };
        if settled {
            let bare = |pattern: &Pattern| pattern.variables().any(|variable| variable.default.is_none());
            return match () {
                () if negated || !(resolved.valueless || resolved.related.iter().any(bare)) => Outcome::Decided(holds),
                () => Outcome::Doubtful(holds, "V15"),
            };
        }
        self.solved(values, resolved).unwrap_or_else(|| {
            let one = values.len() == 1;
            // The one value matches none of those without variables.
            let open = if one { Resolved { values: Vec::new(), ..resolved.clone() } } else { resolved.clone() };
            match self.residual(&open, true) {
                Outcome::Residual(residual) => Outcome::Residual(Residual { known: values.to_vec(), ..residual }),
                other => other,
            }
        })
    }

    /// U44: where the key is one known text and the value nothing but a variable of an unknown key,
    /// the same is said of that key. The negated form differs where the variable is absent, and stays.
    fn solved(&self, values: &[String], resolved: &Resolved) -> Option<Outcome> {
        let plain =
            self.operator.set.is_none() && !self.operator.negated && self.operator.relation == Relation::StringEquals;
        let ([known], [pattern], true) = (values, resolved.related.as_slice(), resolved.values.is_empty() && plain)
        else {
            return None;
        };
        let variable = pattern.variables().next()?;
        let alone = pattern.as_str().eq_ignore_ascii_case(&format!("${{{}}}", variable.key));
        alone.then(|| {
            Outcome::Residual(Residual {
                operator: Operator { if_exists: false, ..self.operator },
                key: documented(pattern.as_str().trim_start_matches("${").trim_end_matches('}')),
                values: vec![Pattern::parse_literal(known, Version::V2008)],
                known: Vec::new(),
                among: Vec::new(),
                always_present: false,
                relates: false,
                readings: Vec::new(),
            })
        })
    }

    /// Whether one context value matches the list, before negation.
    fn judge(&self, value: &str, resolved: &Resolved) -> Judged {
        let mut judged = Judged { matches: false, doubt: None };
        let mut unreadable = false;
        for pattern in &resolved.values {
            if self.operator.relation == Relation::Arn && pattern.is_everything() && is_arn(value) {
                judged.doubt = Some("O80");
                continue;
            }
            match compare(self.operator.relation, value, pattern) {
                Some(true) => return Judged { matches: true, doubt: None },
                Some(false) => {}
                None => unreadable = true,
            }
        }
        if unreadable && self.operator.negated && !judged.matches {
            judged.doubt = Some("O31");
        }
        judged
    }

    fn unknown(&self, resolved: &Resolved, always_present: bool) -> Outcome {
        let Operator { negated, if_exists, set, .. } = self.operator;
        // O32: a value that is no value of the type never matches.
        let readable = |pattern: &Pattern| !is_malformed(self.operator.relation, pattern);
        let can_match = resolved.values.iter().any(readable) || !resolved.related.is_empty();
        let is_bare_list = set.is_none() && is_multivalued(&self.key);
        let absence_passes = !always_present && if_exists;
        match set {
            _ if can_match => self.residual(resolved, always_present),
            None | Some(SetPrefix::Any) if !negated && !absence_passes => match self.values.as_slice() {
                [] => Outcome::Doubtful(false, "O9"),
                _ => Outcome::Decided(false),
            },
            None if negated && !is_bare_list => self.passing(resolved),
            Some(SetPrefix::All) if negated => match self.passing(resolved) {
                Outcome::Decided(_) | Outcome::Doubtful(_, "Z5") if !if_exists && !always_present => {
                    Outcome::Doubtful(true, "Z1")
                }
                outcome => outcome,
            },
            Some(SetPrefix::Any) if negated && absence_passes => Outcome::Doubtful(true, "S11"),
            _ => self.residual(resolved, always_present),
        }
    }

    /// What a negated test comes to whose values match nothing.
    fn passing(&self, resolved: &Resolved) -> Outcome {
        match () {
            () if self.values.is_empty() => Outcome::Doubtful(true, "O9"),
            () if resolved.valueless => Outcome::Doubtful(true, "Z5"),
            () if resolved.values.is_empty() => Outcome::Decided(true),
            () => Outcome::Doubtful(true, "O31"),
        }
    }

    /// K93: of what the key can have, something matches or nothing does.
    fn among(&self, values: &[String], resolved: &Resolved) -> Outcome {
        let possible = |pattern: &Pattern| {
            let matches = |value: &String| compare(self.operator.relation, value, pattern) != Some(false);
            values.iter().any(matches)
        };
        match self.unknown(&resolved.retain(possible), false) {
            Outcome::Residual(residual) => Outcome::Residual(Residual { among: values.to_vec(), ..residual }),
            other => other,
        }
    }

    /// Every value begins with the prefix, and there is one at least.
    fn prefixed(&self, prefix: &str, resolved: &Resolved) -> Outcome {
        let is_bare_list = self.operator.set.is_none() && is_multivalued(&self.key);
        let strings = matches!(self.operator.relation, Relation::StringEquals | Relation::StringLike);
        if is_bare_list || !resolved.related.is_empty() || resolved.valueless || !strings || self.values.is_empty() {
            return self.residual(resolved, true);
        }
        let covered: Vec<Coverage> = resolved.values.iter().map(|pattern| pattern.coverage(prefix)).collect();
        if covered.contains(&Coverage::All) {
            Outcome::Decided(!self.operator.negated)
        } else if covered.iter().all(|one| *one == Coverage::None) {
            Outcome::Decided(self.operator.negated)
        } else {
            self.residual(resolved, true)
        }
    }

    /// U25: time goes on from now, so that a bound in the past is decided.
    fn not_before(&self, now: jiff::Timestamp, resolved: &Resolved) -> Outcome {
        use Relation as R;
        // O55: the date is no number.
        let is_number = matches!(
            self.operator.relation,
            R::NumericEquals | R::NumericLess | R::NumericLessOrEqual | R::NumericGreater | R::NumericGreaterOrEqual
        );
        if is_number && self.key != "aws:epochtime" {
            return if self.operator.negated { Outcome::Doubtful(true, "O31") } else { Outcome::Decided(false) };
        }
        let mut open = Vec::new();
        for pattern in &resolved.values {
            let text = pattern.as_str();
            let value = if is_number { super::value::seconds(text) } else { super::value::date(text) };
            let decided = match (self.operator.relation, value) {
                (R::DateLess | R::DateLessOrEqual | R::DateEquals, Some(bound)) if bound < now => Some(false),
                (R::NumericLess | R::NumericLessOrEqual | R::NumericEquals, Some(bound)) if bound < now => Some(false),
                (R::DateGreater | R::DateGreaterOrEqual, Some(bound)) if bound < now => Some(true),
                (R::NumericGreater | R::NumericGreaterOrEqual, Some(bound)) if bound < now => Some(true),
                _ => None,
            };
            match decided {
                Some(true) => return Outcome::Decided(!self.operator.negated),
                Some(false) => {}
                None => open.push(pattern.clone()),
            }
        }
        if open.is_empty() && !self.values.is_empty() {
            return Outcome::Decided(self.operator.negated);
        }
        self.unknown(&Resolved { values: open, ..resolved.clone() }, true)
    }

    fn residual(&self, resolved: &Resolved, always_present: bool) -> Outcome {
        let mut values: Vec<Pattern> = resolved.values.iter().chain(&resolved.related).cloned().collect();
        values.sort_unstable();
        values.dedup();
        // The suffix says something of requests without the key.
        let if_exists = self.operator.if_exists && !always_present;
        Outcome::Residual(Residual {
            operator: Operator { if_exists, ..self.operator },
            key: documented(&self.written),
            values,
            known: Vec::new(),
            among: Vec::new(),
            always_present,
            relates: !resolved.related.is_empty(),
            readings: self.readings(resolved, always_present),
        })
    }
}

impl Outcome {
    /// The outcome of the reading that is followed, with the doubt that another outcome brings.
    fn unless(self, other: &Self, rule: &'static str) -> Self {
        match self {
            followed if followed == *other => followed,
            Self::Decided(holds) => Self::Doubtful(holds, rule),
            Self::Residual(residual) => Self::DoubtfulResidual(residual, rule),
            doubtful => doubtful,
        }
    }
}

/// O53: four digits are a year, or seconds.
fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// K73: 2 to 64 characters of `[A-Za-z0-9_+=,.@-]`.
fn may_be_session_name(pattern: &Pattern) -> bool {
    let is_run = |token: &Token| matches!(token, Token::Any);
    let is_of_names = |token: &Token| match token {
        Token::Char(char) => char.is_ascii_alphanumeric() || "_+=,.@-".contains(*char),
        Token::One | Token::Any | Token::Variable(_) => true,
    };
    let tokens = pattern.tokens();
    let shortest = tokens.iter().filter(|token| !is_run(token)).count();
    let is_long_enough = shortest >= 2 || tokens.iter().any(is_run);
    is_long_enough && shortest <= 64 && tokens.iter().all(is_of_names)
}

#[derive(Clone, Debug, Default)]
pub(super) struct Resolved {
    pub(super) values: Vec<Pattern>,
    related: Vec<Pattern>,
    pub(super) valueless: bool,
}

impl Resolved {
    /// Leaves out the values that the key cannot have.
    fn retain(&self, possible: impl Fn(&Pattern) -> bool) -> Self {
        let values = self.values.iter().filter(|pattern| possible(pattern));
        Self { values: values.cloned().collect(), ..self.clone() }
    }

    /// Leaves out what is excluded, or lies below it.
    fn without(&self, excluded: &[String]) -> Self {
        self.retain(|pattern| {
            let text = pattern.as_str();
            let account = text.split(':').nth(4);
            let below = |id: &str| text.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            !excluded.iter().any(|id| below(id) || account == Some(id))
        })
    }
}

struct Judged {
    matches: bool,
    doubt: Option<&'static str>,
}
