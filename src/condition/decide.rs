//! Deciding guards: does the formula always hold, never, or only under some contexts.
//!
//! A permission is *one of the permitting guards and none of the blocking
//! ones*, possibly for several actions at once. Every condition is taken apart
//! into propositions about single keys (is it present, does it satisfy this
//! atom); a binary decision diagram carries the propositional part, and
//! [`super::domain`] says which propositions can hold together. The result is
//! exact up to what that page says of patterns.

use std::collections::{BTreeMap, BTreeSet};

use biodivine_lib_bdd::{Bdd, BddVariable, BddVariableSet};

use super::domain::{self, Atom, Pair};
use super::guard::Literal;
use super::known::MULTIVALUED;
use super::operator::{Operator, Relation, SetPrefix};
use super::test::Residual;
use super::value::boolean;
use super::words;
use crate::ids::GapId;

/// The permitting and blocking guards of one permission.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expression {
    /// Alternatives, each a conjunction.
    pub permits: Vec<Vec<Literal>>,
    /// Conjunctions, none of which may hold.
    pub blocks: Vec<Vec<Literal>>,
}

/// What a formula comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// `Some` when it is the same in every request.
    pub holds: Option<bool>,
    /// The condition in words, when it depends on the request.
    pub residual: Option<String>,
    /// A context in which it holds, when it depends on the request and one was found.
    pub witness: Option<Vec<(String, Vec<String>)>>,
    /// The rules whose other reading would change the answer.
    pub doubts: Vec<&'static str>,
    /// What the input lacks that would change the answer.
    pub missing: Vec<GapId>,
}

/// A proposition about a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Proposition {
    Reading(&'static str),
    Missing(GapId),
    NewName(String),
    Unreadable(String),
    /// The key is in the request.
    Present(String),
    /// The key's one value satisfies the atom.
    Satisfies(String, Atom),
    /// Some value of a multivalued key satisfies the atom.
    Some(String, Atom),
    /// Some value of a multivalued key satisfies none of these.
    Outside(String, Vec<Atom>),
    /// A relation between two keys, of which nothing more is known.
    Relates(Residual),
}

impl Expression {
    /// Decides the conjunction of several permissions. `strict` leaves open what AWS leaves open.
    #[must_use]
    pub fn decide(parts: &[Self], strict: bool) -> Decided {
        Decider::new(parts).decide(parts, strict)
    }
}

struct Decider {
    variables: BddVariableSet,
    names: Vec<Proposition>,
    by_name: BTreeMap<Proposition, BddVariable>,
    /// What can be at all.
    domain: Bdd,
    shown: BTreeMap<String, String>,
}

impl Decider {
    fn new(parts: &[Expression]) -> Self {
        let mut names = BTreeSet::new();
        let mut shown = BTreeMap::new();
        let mut always = BTreeSet::new();
        for literal in parts.iter().flat_map(|part| part.permits.iter().chain(&part.blocks)).flatten() {
            propositions(literal, &mut names);
            if let Literal::Test(test) = literal {
                let key = test.key.to_ascii_lowercase();
                if test.always_present {
                    always.insert(key.clone());
                }
                shown.insert(key, test.key.clone());
            }
        }
        join_keys(&mut names);
        let names: Vec<Proposition> = names.into_iter().collect();
        let count = u16::try_from(names.len()).unwrap_or(u16::MAX - 1);
        let variables = BddVariableSet::new_anonymous(count);
        let by_name: BTreeMap<_, _> = names.iter().cloned().zip(variables.variables()).collect();
        let mut decider = Self { domain: variables.mk_true(), variables, names, by_name, shown };
        decider.domain = decider.possible(&always);
        decider
    }

    fn var(&self, name: &Proposition) -> Bdd {
        self.by_name.get(name).map_or_else(|| self.variables.mk_true(), |variable| self.variables.mk_var(*variable))
    }

    fn any<'a>(&self, names: impl IntoIterator<Item = &'a Proposition>) -> Bdd {
        names.into_iter().fold(self.variables.mk_false(), |bdd, name| bdd.or(&self.var(name)))
    }

    // --- what can be ---

    fn possible(&self, always: &BTreeSet<String>) -> Bdd {
        let mut domain = self.variables.mk_true();
        let mut atoms: BTreeMap<&str, Vec<&Atom>> = BTreeMap::new();
        for name in &self.names {
            match name {
                Proposition::Satisfies(key, atom) => atoms.entry(key).or_default().push(atom),
                Proposition::Some(key, _) => {
                    domain = domain.and(&self.var(name).imp(&self.var(&Proposition::Present(key.clone()))));
                }
                Proposition::Outside(key, inside) => {
                    let present = self.var(&Proposition::Present(key.clone()));
                    let some = inside.iter().map(|atom| Proposition::Some(key.clone(), atom.clone()));
                    let some: Vec<Proposition> = some.collect();
                    domain = domain.and(&self.var(name).imp(&present));
                    domain = domain.and(&present.imp(&self.var(name).or(&self.any(&some))));
                }
                Proposition::Present(key) if always.contains(key) => domain = domain.and(&self.var(name)),
                _ => {}
            }
        }
        for (key, atoms) in atoms {
            let atoms: Vec<Atom> = atoms.into_iter().cloned().collect();
            domain = domain.and(&self.classes(key, &atoms));
        }
        domain.and(&self.facts())
    }

    /// Which atoms of a key can hold together.
    fn classes(&self, key: &str, atoms: &[Atom]) -> Bdd {
        let present = self.var(&Proposition::Present(key.to_owned()));
        let var = |atom: &Atom| self.var(&Proposition::Satisfies(key.to_owned(), atom.clone()));
        let absent = atoms.iter().fold(present.not(), |bdd, atom| bdd.and_not(&var(atom)));
        let samples = domain::samples(key, atoms);
        if samples.exact {
            let classes: BTreeSet<Vec<bool>> =
                samples.values.iter().map(|value| atoms.iter().map(|atom| atom.admits(value)).collect()).collect();
            return classes.iter().fold(absent, |bdd, class| {
                let held = atoms.iter().zip(class).fold(present.clone(), |bdd, (atom, held)| {
                    if *held { bdd.and(&var(atom)) } else { bdd.and_not(&var(atom)) }
                });
                bdd.or(&held)
            });
        }
        let mut bdd = absent.or(&present);
        for (at, one) in atoms.iter().enumerate() {
            for other in atoms.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, other)| other) {
                match domain::pair(one, other) {
                    Pair::Implies => bdd = bdd.and(&var(one).imp(&var(other))),
                    Pair::Excludes => bdd = bdd.and(&var(one).and(&var(other)).not()),
                    Pair::Open => {}
                }
            }
            if one.pattern().is_everything() {
                bdd = bdd.and(&present.imp(&var(one)));
            }
            bdd = bdd.and(&var(one).imp(&present));
        }
        bdd
    }

    /// Facts that join keys (U47).
    fn facts(&self) -> Bdd {
        let present = |key: &str| self.by_name.get(&Proposition::Present(key.to_owned())).copied();
        let mut bdd = self.variables.mk_true();
        let literal = |variable| self.variables.mk_var(variable);
        for other in ["aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"] {
            if let (Some(ip), Some(other)) = (present("aws:sourceip"), present(other)) {
                bdd = bdd.and(&literal(ip).and(&literal(other)).not());
            }
        }
        if let (Some(vpc), Some(vpce)) = (present("aws:sourcevpc"), present("aws:sourcevpce")) {
            bdd = bdd.and(&literal(vpc).iff(&literal(vpce)));
        }
        let is_true = |key: &str| {
            let atom = Atom { relation: Relation::Bool, value: "true".to_owned() };
            self.by_name.get(&Proposition::Satisfies(key.to_owned(), atom)).copied()
        };
        for (key, flag) in IMPLIED {
            if let (Some(key), Some(flag)) = (present(key), is_true(flag)) {
                bdd = bdd.and(&literal(key).imp(&literal(flag)));
            }
        }
        bdd
    }

    // --- what is asked ---

    fn literal(&self, literal: &Literal) -> Bdd {
        let signed = |name: Proposition, positive: bool| {
            let bdd = self.var(&name);
            if positive { bdd } else { bdd.not() }
        };
        match literal {
            Literal::Reading(rule, followed) => signed(Proposition::Reading(rule), *followed),
            Literal::Missing(gap) => signed(Proposition::Missing(*gap), true),
            Literal::NewName(pattern, positive) => signed(Proposition::NewName(pattern.clone()), *positive),
            Literal::Unreadable(text, positive) => signed(Proposition::Unreadable(text.clone()), *positive),
            Literal::Test(test) => self.test(test),
        }
    }

    fn test(&self, test: &Residual) -> Bdd {
        let key = test.key.to_ascii_lowercase();
        let present = self.var(&Proposition::Present(key.clone()));
        let Operator { set, relation, negated, if_exists } = test.operator;
        if test.relates {
            return self.var(&Proposition::Relates(test.clone()));
        }
        if relation == Relation::Null {
            let absent = test.values.iter().any(|value| boolean(value) == Some(true));
            return if absent { present.not() } else { present };
        }
        let atoms = atoms(test);
        if !MULTIVALUED.contains(&key.as_str()) {
            let names = atoms.into_iter().map(|atom| Proposition::Satisfies(key.clone(), atom));
            let matched = self.any(&names.collect::<Vec<_>>());
            return match (set, negated) {
                (None, false) if if_exists => matched.or(&present.not()),
                (None, false) => matched,
                (None, true) => matched.not(),
                // S11: with the suffix, absence passes by the general sentence.
                (Some(SetPrefix::Any), false) if if_exists => matched.or(&present.not()),
                (Some(SetPrefix::Any), true) if if_exists => matched.not(),
                (Some(SetPrefix::Any), false) => matched,
                (Some(SetPrefix::Any), true) => present.and_not(&matched),
                (Some(SetPrefix::All), false) => present.imp(&matched),
                (Some(SetPrefix::All), true) => matched.not(),
            };
        }
        let some: Vec<_> = atoms.iter().map(|atom| Proposition::Some(key.clone(), atom.clone())).collect();
        match (set, negated) {
            (Some(SetPrefix::Any), false) if if_exists => self.any(&some).or(&present.not()),
            (Some(SetPrefix::Any), true) if if_exists => self.var(&Proposition::Outside(key, atoms)).or(&present.not()),
            (Some(SetPrefix::Any), false) => self.any(&some),
            (Some(SetPrefix::All), true) => self.any(&some).not(),
            (Some(SetPrefix::Any), true) => self.var(&Proposition::Outside(key, atoms)),
            (Some(SetPrefix::All), false) => self.var(&Proposition::Outside(key, atoms)).not(),
            // Z2: a multivalued key without a set operator is never true when it is there.
            (None, _) if negated || if_exists => present.not(),
            (None, _) => self.variables.mk_false(),
        }
    }

    fn conjunction(&self, literals: &[Literal]) -> Bdd {
        literals.iter().fold(self.variables.mk_true(), |bdd, literal| bdd.and(&self.literal(literal)))
    }

    fn part(&self, part: &Expression) -> Bdd {
        let permitted =
            part.permits.iter().fold(self.variables.mk_false(), |bdd, guard| bdd.or(&self.conjunction(guard)));
        part.blocks.iter().fold(permitted, |bdd, guard| bdd.and_not(&self.conjunction(guard)))
    }

    fn whole(&self, parts: &[Expression]) -> Bdd {
        parts.iter().fold(self.variables.mk_true(), |bdd, part| bdd.and(&self.part(part)))
    }

    fn status(&self, formula: &Bdd, fixed: &[(BddVariable, bool)]) -> Option<bool> {
        let (formula, domain) = (formula.restrict(fixed), self.domain.restrict(fixed));
        if domain.and_not(&formula).is_false() {
            Some(true)
        } else if domain.and(&formula).is_false() {
            Some(false)
        } else {
            None
        }
    }

    fn decide(&self, parts: &[Expression], strict: bool) -> Decided {
        let formula = self.whole(parts);
        let followed: Vec<(BddVariable, bool)> = self.assumed().map(|(variable, _)| (variable, true)).collect();
        let status = self.status(&formula, &followed);
        let (mut doubts, mut missing) = (Vec::new(), Vec::new());
        for (variable, name) in self.assumed() {
            let flipped: Vec<_> = followed.iter().map(|&(other, _)| (other, other != variable)).collect();
            if self.status(&formula, &flipped) != status {
                match name {
                    Proposition::Reading(rule) => doubts.push(*rule),
                    Proposition::Missing(gap) => missing.push(*gap),
                    _ => {}
                }
            }
        }
        let holds = if strict { self.status(&formula, &[]) } else { status };
        let (residual, witness) = match holds {
            Some(_) => (None, None),
            None => {
                let fixed = if strict { &[][..] } else { &followed[..] };
                let simple = self.simplify(parts, fixed, strict);
                let model = self.domain.and(&formula).restrict(fixed);
                (Some(words::expression(&simple)), self.witness(&model))
            }
        };
        Decided { holds, residual, witness, doubts, missing }
    }

    /// The propositions that are taken as true unless somebody is strict.
    fn assumed(&self) -> impl Iterator<Item = (BddVariable, &Proposition)> {
        let assumed = |name: &&Proposition| matches!(name, Proposition::Reading(_) | Proposition::Missing(_));
        self.names.iter().filter(assumed).map(|name| (self.by_name[name], name))
    }

    // --- what is shown ---

    /// Leaves out every literal, alternative and block without which the formula says the same.
    fn simplify(&self, parts: &[Expression], fixed: &[(BddVariable, bool)], strict: bool) -> Vec<Expression> {
        let mut parts: Vec<Expression> =
            parts.iter().map(|part| if strict { part.clone() } else { settled(part) }).collect();
        let meaning = |parts: &[Expression]| self.domain.and(&self.whole(parts)).restrict(fixed);
        let wanted = meaning(&parts);
        let attempt = |parts: &mut Vec<Expression>, change: &dyn Fn(&mut Vec<Expression>)| {
            let mut tried = parts.clone();
            change(&mut tried);
            if meaning(&tried) == wanted {
                *parts = tried;
                return true;
            }
            false
        };
        for number in (0..parts.len()).rev() {
            attempt(&mut parts, &|tried| {
                tried.remove(number);
            });
        }
        for number in 0..parts.len() {
            for at in (0..parts[number].blocks.len()).rev() {
                attempt(&mut parts, &|tried| {
                    tried[number].blocks.remove(at);
                });
            }
            for at in (0..parts[number].permits.len()).rev() {
                attempt(&mut parts, &|tried| {
                    tried[number].permits.remove(at);
                });
            }
            for blocking in [false, true] {
                let count = |parts: &[Expression]| side(&parts[number], blocking).len();
                for at in 0..count(&parts) {
                    for literal in (0..side(&parts[number], blocking)[at].len()).rev() {
                        attempt(&mut parts, &|tried| {
                            let guards = if blocking { &mut tried[number].blocks } else { &mut tried[number].permits };
                            guards[at].remove(literal);
                        });
                    }
                }
            }
        }
        parts
    }

    fn witness(&self, model: &Bdd) -> Option<Vec<(String, Vec<String>)>> {
        let valuation = model.sat_witness()?;
        let mut context = Vec::new();
        for name in &self.names {
            let Proposition::Present(key) = name else { continue };
            let shown = self.shown.get(key).cloned().unwrap_or_else(|| key.clone());
            if !valuation.value(self.by_name[name]) {
                context.push((shown, Vec::new()));
                continue;
            }
            context.push((shown, self.value_of(key, &valuation)?));
        }
        Some(context)
    }

    fn value_of(&self, key: &str, valuation: &biodivine_lib_bdd::BddValuation) -> Option<Vec<String>> {
        let mut atoms = Vec::new();
        let mut some = Vec::new();
        let mut outside = false;
        for name in &self.names {
            let held = valuation.value(self.by_name[name]);
            match name {
                Proposition::Satisfies(own, atom) if own == key => atoms.push((atom.clone(), held)),
                Proposition::Some(own, atom) if own == key && held => some.push(atom.value.replace('*', "x")),
                Proposition::Outside(own, _) if own == key => outside |= held,
                Proposition::Relates(test) if test.key.eq_ignore_ascii_case(key) => return None,
                _ => {}
            }
        }
        if MULTIVALUED.contains(&key) {
            if outside || some.is_empty() {
                some.push("something-else".to_owned());
            }
            return Some(some);
        }
        let plain: Vec<Atom> = atoms.iter().map(|(atom, _)| atom.clone()).collect();
        let fits = |value: &String| atoms.iter().all(|(atom, held)| atom.admits(value) == *held);
        domain::samples(key, &plain).values.into_iter().find(fits).map(|value| vec![value])
    }
}

/// Keys that are there only in requests for which the flag beside them is true (U47).
const IMPLIED: [(&str, &str); 4] = [
    ("aws:multifactorauthage", "aws:multifactorauthpresent"),
    ("aws:calledvia", "aws:viaawsservice"),
    ("aws:calledviafirst", "aws:viaawsservice"),
    ("aws:calledvialast", "aws:viaawsservice"),
];

fn side(part: &Expression, blocking: bool) -> &Vec<Vec<Literal>> {
    if blocking { &part.blocks } else { &part.permits }
}

/// The part with every reading as it is followed.
fn settled(part: &Expression) -> Expression {
    let settle = |guards: &[Vec<Literal>]| {
        let possible =
            guards.iter().filter(|guard| !guard.iter().any(|literal| matches!(literal, Literal::Reading(_, false))));
        let open = |literal: &&Literal| !matches!(literal, Literal::Reading(..) | Literal::Missing(_));
        possible.map(|guard| guard.iter().filter(open).cloned().collect()).collect()
    };
    Expression { permits: settle(&part.permits), blocks: settle(&part.blocks) }
}

fn atoms(test: &Residual) -> Vec<Atom> {
    let relation = match test.operator.relation {
        // O37: without wildcards it is the same question.
        Relation::StringLike if test.values.iter().all(|value| !value.contains(['*', '?'])) => Relation::StringEquals,
        relation => relation,
    };
    test.values.iter().map(|value| Atom { relation, value: value.clone() }).collect()
}

fn propositions(literal: &Literal, names: &mut BTreeSet<Proposition>) {
    let test = match literal {
        Literal::Reading(rule, _) => {
            names.insert(Proposition::Reading(rule));
            return;
        }
        Literal::Missing(gap) => {
            names.insert(Proposition::Missing(*gap));
            return;
        }
        Literal::NewName(pattern, _) => {
            names.insert(Proposition::NewName(pattern.clone()));
            return;
        }
        Literal::Unreadable(text, _) => {
            names.insert(Proposition::Unreadable(text.clone()));
            return;
        }
        Literal::Test(test) => test,
    };
    let key = test.key.to_ascii_lowercase();
    names.insert(Proposition::Present(key.clone()));
    if test.relates {
        names.insert(Proposition::Relates(test.clone()));
        return;
    }
    if test.operator.relation == Relation::Null {
        return;
    }
    let atoms = atoms(test);
    let multivalued = MULTIVALUED.contains(&key.as_str());
    for atom in &atoms {
        names.insert(if multivalued {
            Proposition::Some(key.clone(), atom.clone())
        } else {
            Proposition::Satisfies(key.clone(), atom.clone())
        });
    }
    let counts_outside = matches!(
        (test.operator.set, test.operator.negated),
        (Some(SetPrefix::Any), true) | (Some(SetPrefix::All), false)
    );
    if multivalued && counts_outside {
        names.insert(Proposition::Outside(key, atoms));
    }
}

/// Propositions that a joining fact needs although no condition mentions them.
fn join_keys(names: &mut BTreeSet<Proposition>) {
    for (key, flag) in IMPLIED {
        let both = [key, flag].iter().all(|key| names.contains(&Proposition::Present((*key).to_owned())));
        if both {
            let atom = Atom { relation: Relation::Bool, value: "true".to_owned() };
            names.insert(Proposition::Satisfies(flag.to_owned(), atom));
        }
    }
}
