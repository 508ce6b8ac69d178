//! The propositions that conditions are made of: what can be said of one key of a request.
//!
//! A single-valued key is present or not, and its value satisfies some atoms; a
//! multivalued one has values in some classes (U43). Names that stand for the
//! same value (the time as a date and as seconds, a tag under the key of AWS and
//! under that of the service) are one key here. Facts that join keys (U47) are
//! clauses (see [`super::joins`]).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Index;

use super::domain::{self, Atom, Class};
use super::guard::Literal;
use super::known::is_multivalued;
use super::test::Residual;
use crate::ids::GapId;
use crate::policy::{Pattern, Relation, Version};

/// Something that a request makes true or false.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Proposition {
    /// The reading of this rule that is followed is the right one.
    Reading(&'static str),
    /// What the input lacks allows it.
    Missing(GapId),
    /// A condition that nobody can read.
    Unreadable(String),
    /// A relation between two keys, of which nothing more is known (U45).
    Relates(Residual),
    /// A fact about one key.
    About(String, Fact),
}

/// What can be said of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fact {
    /// It is in the request.
    Present,
    /// Its one value satisfies this atom.
    Satisfies(usize),
    /// One of its values is in this class.
    Holds(usize),
}

/// The one of some propositions, or its opposite.
pub(super) type Signed = (Proposition, bool);

/// A key with what conditions in play say of it.
#[derive(Debug, Default)]
pub(super) struct Key {
    /// The names under which conditions mention it, as they are written.
    names: BTreeSet<String>,
    /// What it holds is known, and no part of an example: another action of the same permission may see
    /// it differently.
    is_known: bool,
    pub(super) always_present: bool,
    /// What it can hold; none where it may be anything.
    among: Vec<String>,
    pub(super) is_multivalued: bool,
    pub(super) atoms: Vec<Atom>,
    /// `None` where the classes could not be found: then the atoms are taken for independent.
    pub(super) classes: Option<Vec<Class>>,
    /// Some of the classes, where not all were found.
    pub(super) examples: Vec<Class>,
}

impl Key {
    /// The atoms of a test by their numbers.
    pub(super) fn of(&self, test: &Residual) -> Vec<usize> {
        self.numbers(&atoms(test))
    }

    /// Atoms by their numbers.
    pub(super) fn numbers(&self, atoms: &[Atom]) -> Vec<usize> {
        atoms.iter().filter_map(|atom| self.atoms.iter().position(|own| own == atom)).collect()
    }
}

/// The keys of a formula.
#[derive(Debug, Default)]
pub(super) struct Keys(pub(super) BTreeMap<String, Key>);

/// The ARN of a repository that is still to be created, as a key.
const NEW_NAME: &str = "";

impl Index<&str> for Keys {
    type Output = Key;
    fn index(&self, key: &str) -> &Key {
        &self.0[key]
    }
}

impl Index<&String> for Keys {
    type Output = Key;
    fn index(&self, key: &String) -> &Key {
        &self.0[key.as_str()]
    }
}

/// The propositions of some literals, in the order in which a diagram asks them, and their keys.
pub(super) fn collect<'a>(literals: impl Iterator<Item = &'a Literal>) -> (Vec<Proposition>, Keys) {
    let mut names = BTreeSet::new();
    let mut keys = Keys::default();
    let mut related = Vec::new();
    for literal in literals {
        match literal {
            Literal::Reading(rule, _) => drop(names.insert(Proposition::Reading(rule))),
            Literal::Missing(gap) => drop(names.insert(Proposition::Missing(*gap))),
            Literal::Unreadable(text, _) => drop(names.insert(Proposition::Unreadable(text.clone()))),
            Literal::NewName(pattern, _) => {
                let key = keys.0.entry(NEW_NAME.to_owned()).or_default();
                key.always_present = true;
                key.atoms.push(new_name(pattern));
            }
            Literal::Test(test) => {
                keys.add(test);
                names.extend(test.readings.iter().map(|rule| Proposition::Reading(rule)));
                related.extend(test.relates.then(|| relation(test)));
            }
        }
    }
    keys.join();
    for (name, key) in &mut keys.0 {
        key.atoms.sort_unstable();
        key.atoms.dedup();
        key.classes = match key.among.as_slice() {
            [] => domain::classes(name, &key.atoms),
            among => Some(domain::told_apart(&key.atoms, among.to_vec())),
        };
        // So many values of one key in one request that their combinations cannot be weighed.
        if key.is_multivalued && key.classes.as_ref().is_some_and(|classes| classes.len() > MOST_CLASSES) {
            key.classes = None;
        }
        if key.classes.is_none() {
            key.examples = domain::examples(name, &key.atoms);
        }
        let about = |fact| Proposition::About(name.clone(), fact);
        names.insert(about(Fact::Present));
        match &key.classes {
            Some(classes) if key.is_multivalued => names.extend((0..classes.len()).map(|at| about(Fact::Holds(at)))),
            None if key.is_multivalued => {}
            _ => names.extend((0..key.atoms.len()).map(|at| about(Fact::Satisfies(at)))),
        }
    }
    names.extend(related);
    (names.into_iter().collect(), keys)
}

/// That the values of the keys of a test stand in its relation, by whatever reading.
pub(super) fn relation(test: &Residual) -> Proposition {
    Proposition::Relates(Residual { readings: Vec::new(), ..test.clone() })
}

/// The most classes of a multivalued key.
const MOST_CLASSES: usize = 128;

impl Keys {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Key)> {
        self.0.iter().map(|(name, key)| (name.as_str(), key))
    }

    /// The name under which a test's key is known here.
    pub(super) fn name(test: &Residual) -> String {
        merged(&test.key)
    }

    /// The key of new repositories' names, and the number of a pattern among its atoms.
    pub(super) fn new_name(&self, pattern: &Pattern) -> (String, usize) {
        let atom = new_name(pattern);
        let at = self[NEW_NAME].atoms.iter().position(|own| *own == atom);
        (NEW_NAME.to_owned(), at.expect("every pattern was collected"))
    }

    fn add(&mut self, test: &Residual) {
        let name = merged(&test.key);
        let is_list = is_multivalued(&name);
        let key = self.0.entry(name).or_default();
        key.names.insert(test.key.clone());
        key.always_present |= test.always_present;
        key.is_known |= !test.known.is_empty();
        if !test.among.is_empty() {
            key.among.clone_from(&test.among);
        }
        key.is_multivalued = is_list;
        if !test.relates && test.operator.relation != Relation::Null {
            key.atoms.extend(atoms(test));
            for rule in &test.readings {
                match *rule {
                    "O31" => key.atoms.extend(domain::of_the_type(test.operator.relation)),
                    "O80" => key.atoms.push(domain::any_arn()),
                    _ => {}
                }
            }
        }
    }

    // --- an example ---

    /// A context in which each fact holds or not as `holds` says: keys under the names that conditions use.
    pub(super) fn context(&self, holds: impl Fn(&str, Fact) -> bool) -> Vec<(String, Vec<String>)> {
        let mut context = Vec::new();
        for (name, key) in self.iter().filter(|(name, key)| *name != NEW_NAME && !key.is_known) {
            let values = if holds(name, Fact::Present) { key.values(|fact| holds(name, fact)) } else { Vec::new() };
            for shown in &key.names {
                let seconds = shown.eq_ignore_ascii_case("aws:EpochTime");
                let written = |value: &String| if seconds { in_seconds(value) } else { value.clone() };
                context.push((shown.clone(), values.iter().map(written).collect()));
            }
        }
        context
    }
}

impl Key {
    fn values(&self, holds: impl Fn(Fact) -> bool) -> Vec<String> {
        let classes = self.classes.as_ref().unwrap_or(&self.examples);
        if self.is_multivalued {
            let held = classes.iter().enumerate().filter(|(class, _)| holds(Fact::Holds(*class)));
            return held.map(|(_, class)| class.witness.clone()).collect();
        }
        let fits =
            |class: &&Class| class.members.iter().enumerate().all(|(atom, held)| holds(Fact::Satisfies(atom)) == *held);
        classes.iter().find(fits).map(|class| class.witness.clone()).into_iter().collect()
    }
}

fn in_seconds(value: &str) -> String {
    super::value::date(value).map_or_else(|| value.to_owned(), |instant| instant.as_second().to_string())
}

fn new_name(pattern: &Pattern) -> Atom {
    Atom { relation: Relation::StringLike, value: pattern.clone() }
}

/// One name for keys that hold one value: the time (K45), and a tag of the resource (U47).
fn merged(key: &str) -> String {
    let key = key.to_ascii_lowercase();
    match key.as_str() {
        "aws:epochtime" => "aws:currenttime".to_owned(),
        _ => match key.split_once(':') {
            Some(("ecr" | "ecr-public" | "iam", tag)) if tag.starts_with("resourcetag/") => format!("aws:{tag}"),
            _ => key,
        },
    }
}

fn atoms(test: &Residual) -> Vec<Atom> {
    let is_epoch = test.key.eq_ignore_ascii_case("aws:EpochTime");
    let atom = |value: &Pattern| match test.operator.relation {
        // O37: without wildcards it is the same question.
        Relation::StringLike if !value.has_wildcard() => Some(Atom {
            relation: Relation::StringEquals,
            value: value.literal().map_or_else(|| value.clone(), |text| Pattern::parse_literal(&text, Version::V2008)),
        }),
        relation => match as_date(relation).filter(|_| is_epoch) {
            // What is no number never matches (O32).
            Some(relation) => {
                let instant = super::value::seconds(value.as_str())?;
                // O52: the key holds whole seconds.
                let may_be = relation != Relation::DateEquals || instant.subsec_nanosecond() == 0;
                may_be.then(|| Atom { relation, value: Pattern::parse_literal(&instant.to_string(), Version::V2008) })
            }
            None => Some(Atom { relation, value: value.clone() }),
        },
    };
    test.values.iter().filter_map(atom).collect()
}

/// The comparison of instants that a comparison of seconds is.
fn as_date(relation: Relation) -> Option<Relation> {
    Some(match relation {
        Relation::NumericEquals => Relation::DateEquals,
        Relation::NumericLess => Relation::DateLess,
        Relation::NumericLessOrEqual => Relation::DateLessOrEqual,
        Relation::NumericGreater => Relation::DateGreater,
        Relation::NumericGreaterOrEqual => Relation::DateGreaterOrEqual,
        _ => return None,
    })
}
