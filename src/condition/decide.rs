//! Deciding guards: does the formula always hold, never, or only under some contexts.
//!
//! A permission is *one of the permitting guards and none of the blocking
//! ones*, possibly for several actions at once. Every condition is taken apart
//! into propositions about single keys (see [`super::proposition`]); a binary
//! decision diagram carries the propositional part, restricted to what requests
//! can be. A formula whose diagram would grow beyond bounds is left undecided.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use biodivine_lib_bdd::{Bdd, BddPartialValuation, BddValuation, BddVariable, BddVariableSet, op_function};

use super::domain::Class;
use super::formula::Formula;
use super::guard::Literal;
use super::proposition::{Fact, Keys, Proposition, Signed, collect};
use super::{witness, words};
use crate::ids::GapId;

/// The permitting and blocking guards of one permission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
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
    /// The same as a tree, for programs.
    pub formula: Option<Formula>,
    /// A context in which it holds, when it depends on the request and one was found: the keys that
    /// matter, each with its values; none says that the key is absent.
    pub witness: Option<Vec<(String, Vec<String>)>>,
    /// The rules whose other reading would change the answer.
    pub doubts: Vec<&'static str>,
    /// What the input lacks that would change the answer.
    pub missing: Vec<GapId>,
}

impl Decided {
    /// The same in every request, and not in doubt.
    #[must_use]
    pub fn settled(holds: bool) -> Self {
        Self {
            holds: Some(holds),
            residual: None,
            formula: None,
            witness: None,
            doubts: Vec::new(),
            missing: Vec::new(),
        }
    }
}

impl Expression {
    /// One of the permitting guards and none of the blocking ones; equal ones once, in an order of their own.
    #[must_use]
    pub fn new(mut permits: Vec<Vec<Literal>>, mut blocks: Vec<Vec<Literal>>) -> Self {
        for guards in [&mut permits, &mut blocks] {
            guards.sort_unstable();
            guards.dedup();
        }
        Self { permits, blocks }
    }

    /// Decides the conjunction of several permissions. `strict` leaves open what AWS leaves open.
    #[must_use]
    pub fn decide(parts: &[Self], strict: bool) -> Decided {
        Decider::new(parts).decide(parts, strict)
    }

    pub(super) fn literals(parts: &[Self]) -> impl Iterator<Item = &Literal> {
        parts.iter().flat_map(|part| part.permits.iter().chain(&part.blocks)).flatten()
    }
}

/// The most nodes of a diagram; what needs more is left undecided.
const LARGEST: usize = 1 << 15;
/// The most propositions.
const MOST: usize = 1 << 12;
/// The most nodes that are made to decide one formula.
const MOST_WORK: usize = 1 << 24;
/// The most nodes that are made to find fewer words for one.
const MOST_WORDING: usize = 1 << 22;

pub(super) struct Decider {
    pub(super) variables: BddVariableSet,
    names: Vec<Proposition>,
    by_name: BTreeMap<Proposition, BddVariable>,
    pub(super) keys: Keys,
    /// What can be at all.
    domain: Bdd,
    /// The diagrams of the literals that were met.
    literals: RefCell<BTreeMap<Literal, Bdd>>,
    /// Set when something grew beyond bounds: then nothing that was computed counts.
    overrun: Cell<bool>,
    /// The nodes of all diagrams that were made.
    work: Cell<usize>,
}

impl Decider {
    fn new(parts: &[Expression]) -> Self {
        let (mut names, keys) = collect(Expression::literals(parts));
        let overrun = names.len() > MOST;
        names.truncate(MOST);
        let count = u16::try_from(names.len()).expect("there are at most so many");
        let variables = BddVariableSet::new_anonymous(count);
        let by_name: BTreeMap<_, _> = names.iter().cloned().zip(variables.variables()).collect();
        let domain = variables.mk_true();
        let mut decider = Self {
            domain,
            variables,
            names,
            by_name,
            keys,
            literals: RefCell::default(),
            overrun: Cell::new(overrun),
            work: Cell::new(0),
        };
        if !overrun {
            decider.domain = decider.possible();
        }
        decider
    }

    // --- diagrams ---

    pub(super) fn var(&self, name: &Proposition) -> Bdd {
        if let Some(&variable) = self.by_name.get(name) {
            self.variables.mk_var(variable)
        } else {
            self.overrun.set(true);
            self.variables.mk_true()
        }
    }

    fn bounded(&self, result: Option<Bdd>) -> Bdd {
        let made = result.filter(|bdd| {
            self.work.set(self.work.get() + bdd.size());
            self.work.get() <= MOST_WORK
        });
        made.unwrap_or_else(|| {
            self.overrun.set(true);
            self.variables.mk_false()
        })
    }

    pub(super) fn and(&self, one: &Bdd, other: &Bdd) -> Bdd {
        self.bounded(Bdd::binary_op_with_limit(LARGEST, one, other, op_function::and))
    }

    pub(super) fn or(&self, one: &Bdd, other: &Bdd) -> Bdd {
        self.bounded(Bdd::binary_op_with_limit(LARGEST, one, other, op_function::or))
    }

    pub(super) fn and_not(&self, one: &Bdd, other: &Bdd) -> Bdd {
        self.bounded(Bdd::binary_op_with_limit(LARGEST, one, other, op_function::and_not))
    }

    pub(super) fn implies(&self, one: &Bdd, other: &Bdd) -> Bdd {
        self.bounded(Bdd::binary_op_with_limit(LARGEST, one, other, op_function::imp))
    }

    pub(super) fn any<'a>(&self, names: impl IntoIterator<Item = &'a Proposition>) -> Bdd {
        names.into_iter().fold(self.variables.mk_false(), |bdd, name| self.or(&bdd, &self.var(name)))
    }

    // --- what can be ---

    fn possible(&self) -> Bdd {
        let mut domain = self.variables.mk_true();
        for (key, known) in self.keys.iter() {
            let present = self.var(&Proposition::About(key.to_owned(), Fact::Present));
            if known.always_present {
                domain = self.and(&domain, &present);
            }
            let limits = if known.is_multivalued { self.several(key, &present) } else { self.single(key, &present) };
            domain = self.and(&domain, &limits);
        }
        for clause in self.keys.joined() {
            let one = clause.iter().fold(self.variables.mk_false(), |bdd, one| self.or(&bdd, &self.literal_of(one)));
            domain = self.and(&domain, &one);
        }
        domain
    }

    /// A proposition or, if it is negative, its opposite.
    fn literal_of(&self, (name, positive): &Signed) -> Bdd {
        let bdd = self.var(name);
        if *positive { bdd } else { bdd.not() }
    }

    /// Which atoms of a single-valued key can hold together: none if it is absent, else those of one class.
    fn single(&self, key: &str, present: &Bdd) -> Bdd {
        let known = &self.keys[key];
        if let Some(classes) = &known.classes {
            return self.one_of(key, classes);
        }
        let var = |atom: usize| self.var(&Proposition::About(key.to_owned(), Fact::Satisfies(atom)));
        let atoms = 0..known.atoms.len();
        atoms.fold(self.variables.mk_true(), |bdd, atom| self.and(&bdd, &self.implies(&var(atom), present)))
    }

    /// A key is absent, or its value is of one of these classes.
    fn one_of(&self, key: &str, classes: &[Class]) -> Bdd {
        let clause = |is_present: bool, members: &[bool]| {
            let fact = |fact: Fact| self.by_name[&Proposition::About(key.to_owned(), fact)];
            let members = members.iter().enumerate().map(|(atom, held)| (fact(Fact::Satisfies(atom)), *held));
            let values: Vec<_> = members.chain([(fact(Fact::Present), is_present)]).collect();
            self.variables.mk_conjunctive_clause(&BddPartialValuation::from_values(&values))
        };
        let absent = clause(false, &vec![false; self.keys[key].atoms.len()]);
        classes.iter().fold(absent, |bdd, class| self.or(&bdd, &clause(true, &class.members)))
    }

    /// S3: a multivalued key is there when it has a value, and each value is of some class.
    fn several(&self, key: &str, present: &Bdd) -> Bdd {
        let Some(classes) = &self.keys[key].classes else { return self.variables.mk_true() };
        let names: Vec<Proposition> =
            (0..classes.len()).map(|class| Proposition::About(key.to_owned(), Fact::Holds(class))).collect();
        let some = self.any(&names);
        self.and(&self.implies(present, &some), &self.implies(&some, present))
    }

    // --- what is asked ---

    fn literal(&self, literal: &Literal) -> Bdd {
        if let Some(known) = self.literals.borrow().get(literal) {
            return known.clone();
        }
        let bdd = match literal {
            Literal::Test(test) => self.test(test),
            Literal::Missing(gap) => self.var(&Proposition::Missing(*gap)),
            Literal::Reading(rule, followed) => self.literal_of(&(Proposition::Reading(rule), *followed)),
            Literal::Unreadable(text, positive) => self.literal_of(&(Proposition::Unreadable(text.clone()), *positive)),
            Literal::NewName(pattern, positive) => {
                let (key, atom) = self.keys.new_name(pattern);
                self.literal_of(&(Proposition::About(key, Fact::Satisfies(atom)), *positive))
            }
        };
        self.literals.borrow_mut().insert(literal.clone(), bdd.clone());
        bdd
    }

    fn conjunction(&self, literals: &[Literal]) -> Bdd {
        literals.iter().fold(self.variables.mk_true(), |bdd, literal| self.and(&bdd, &self.literal(literal)))
    }

    fn part(&self, part: &Expression) -> Bdd {
        let permits = part.permits.iter();
        let permitted = permits.fold(self.variables.mk_false(), |bdd, guard| self.or(&bdd, &self.conjunction(guard)));
        part.blocks.iter().fold(permitted, |bdd, guard| self.and_not(&bdd, &self.conjunction(guard)))
    }

    fn whole(&self, parts: &[Expression]) -> Bdd {
        parts.iter().fold(self.variables.mk_true(), |bdd, part| self.and(&bdd, &self.part(part)))
    }

    fn status(&self, formula: &Bdd, fixed: &[(BddVariable, bool)]) -> Option<bool> {
        let (formula, domain) = (formula.restrict(fixed), self.domain.restrict(fixed));
        if self.and_not(&domain, &formula).is_false() {
            Some(true)
        } else if self.and(&domain, &formula).is_false() {
            Some(false)
        } else {
            None
        }
    }

    fn decide(&self, parts: &[Expression], strict: bool) -> Decided {
        if self.overrun.get() {
            return undecided(parts);
        }
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
        if self.overrun.get() {
            return undecided(parts);
        }
        if holds.is_some() {
            return Decided { doubts, missing, ..Decided::settled(holds == Some(true)) };
        }
        let fixed = if strict { &[][..] } else { &followed[..] };
        let simple = self.simplify(parts, fixed, strict);
        let model = self.and(&self.and(&self.domain, &formula), &self.exemplary()).restrict(&followed);
        Decided {
            holds,
            residual: Some(words::expression(&simple)),
            formula: Some(Formula::of(&simple)),
            witness: self.witness(parts, &model, strict),
            doubts,
            missing,
        }
    }

    /// The propositions that are taken as true unless somebody is strict.
    fn assumed(&self) -> impl Iterator<Item = (BddVariable, &Proposition)> {
        let assumed = |name: &&Proposition| matches!(name, Proposition::Reading(_) | Proposition::Missing(_));
        self.names.iter().filter(assumed).map(|name| (self.by_name[name], name))
    }

    // --- what is shown ---

    /// Every key whose values are not all known has one of those that are.
    fn exemplary(&self) -> Bdd {
        let keys = self.keys.iter().filter(|(_, known)| known.classes.is_none() && !known.is_multivalued);
        let examples = keys.map(|(key, known)| self.one_of(key, &known.examples));
        examples.fold(self.variables.mk_true(), |bdd, one| self.and(&bdd, &one))
    }

    /// Leaves out every literal, alternative and block without which the formula says the same.
    fn simplify(&self, parts: &[Expression], fixed: &[(BddVariable, bool)], strict: bool) -> Vec<Expression> {
        let mut parts: Vec<Expression> =
            parts.iter().map(|part| if strict { part.clone() } else { settled(part) }).collect();
        let meaning = |parts: &[Expression]| self.and(&self.domain, &self.whole(parts)).restrict(fixed);
        let wanted = meaning(&parts);
        let begun = self.work.get();
        let attempts = Cell::new(0_usize);
        let attempt = |parts: &mut Vec<Expression>, change: &dyn Fn(&mut Vec<Expression>)| {
            attempts.set(attempts.get() + 1);
            if attempts.get() > MOST || self.work.get() - begun > MOST_WORDING {
                return;
            }
            let mut tried = parts.clone();
            change(&mut tried);
            self.overrun.set(false);
            if meaning(&tried) == wanted && !self.overrun.get() {
                *parts = tried;
            }
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
                for at in 0..side(&parts[number], blocking).len() {
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

    /// A context in which the formula holds, tried before it is told.
    fn witness(&self, parts: &[Expression], model: &Bdd, strict: bool) -> Option<Vec<(String, Vec<String>)>> {
        let valuation = model.sat_witness()?;
        let context = self.keys.context(|key, fact| self.holds(&valuation, key, fact));
        witness::settled(parts, context, strict)
    }

    fn holds(&self, valuation: &BddValuation, key: &str, fact: Fact) -> bool {
        let variable = self.by_name.get(&Proposition::About(key.to_owned(), fact));
        variable.is_some_and(|&variable| valuation.value(variable))
    }
}

/// What is said of a formula that is beyond what can be weighed.
fn undecided(parts: &[Expression]) -> Decided {
    Decided {
        residual: Some(words::expression(parts)),
        formula: Some(Formula::of(parts)),
        holds: None,
        ..Decided::settled(false)
    }
}

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
