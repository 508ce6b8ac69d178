//! Whether a program means something: names, columns, bound variables, types, strata.
//!
//! What comes out holds numbers in place of names: variables by rule, predicates
//! (what rules define) by program, constants with their types. Constants are
//! not looked up here; that needs an inventory.

use std::collections::BTreeSet;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::infer::infer;
use super::lexer::error;
use super::program::{Stated, TextError};
use super::relations::{RELATIONS, Source, relation};
use super::syntax::{Atom, Form, Literal, Operator, Term};
use super::value::Type;

/// What rules define.
#[derive(Clone, Debug)]
pub(super) struct Predicate {
    pub(super) types: Vec<Type>,
    /// The columns that hold counts.
    pub(super) counts: Vec<bool>,
}

impl Predicate {
    pub(super) fn is_counted(&self) -> bool {
        self.counts.contains(&true)
    }
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Argument {
    /// A variable, by its number in the rule.
    Variable(usize),
    /// A constant, by its number in the program.
    Constant(usize),
    /// Some value.
    Blank,
}

/// Of what rows are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Of {
    /// A relation; the type in its first column.
    Relation(Source, Type),
    /// A predicate.
    Predicate(usize),
}

/// A literal of a body.
#[derive(Clone, Debug)]
pub(super) enum Goal {
    /// A row that is there, or (`false`) that is not.
    Row(Of, Vec<Argument>, bool),
    /// Two values that compare so.
    Compare(Argument, Operator, Argument, Type),
}

/// A rule in numbers.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) predicate: usize,
    pub(super) head: Vec<Argument>,
    pub(super) body: Vec<Goal>,
    pub(super) variables: usize,
}

/// A constant as it is written, and what it is to be.
#[derive(Clone, Debug)]
pub(super) struct Constant {
    pub(super) text: String,
    pub(super) types: Type,
    /// The pattern of a `like`.
    pub(super) is_pattern: bool,
    pub(super) span: Range<usize>,
    /// The clause in which it stands.
    pub(super) clause: usize,
}

/// A program that means something.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) predicates: Vec<Predicate>,
    pub(super) rules: Vec<Rule>,
    pub(super) constants: Vec<Constant>,
    /// The predicate of the question.
    pub(super) question: Option<usize>,
}

impl Checked {
    /// The clauses that a predicate needs.
    pub(super) fn used_by(&self, predicate: usize) -> BTreeSet<usize> {
        let mut predicates = BTreeSet::from([predicate]);
        let mut frontier = vec![predicate];
        while let Some(next) = frontier.pop() {
            for goal in self.rules.iter().filter(|rule| rule.predicate == next).flat_map(|rule| &rule.body) {
                if let Goal::Row(Of::Predicate(used), ..) = goal
                    && predicates.insert(*used)
                {
                    frontier.push(*used);
                }
            }
        }
        // A rule is made of each clause.
        let rules = self.rules.iter().enumerate();
        rules.filter(|(_, rule)| predicates.contains(&rule.predicate)).map(|(number, _)| number).collect()
    }

    /// Whether a predicate needs what the rules of the engine derive.
    pub(super) fn reads_derived(&self, predicate: usize) -> bool {
        let rules = self.used_by(predicate).into_iter().map(|number| &self.rules[number]);
        rules.flat_map(|rule| &rule.body).any(|goal| match goal {
            Goal::Row(Of::Relation(source, _), ..) => is_derived(*source),
            Goal::Row(..) | Goal::Compare(..) => false,
        })
    }
}

/// Whether the rules of the engine derive a relation.
fn is_derived(source: Source) -> bool {
    RELATIONS.iter().any(|relation| relation.source == source && relation.is_derived)
}

/// Words that are no names of relations.
const RESERVED: [&str; 3] = ["not", "like", "count"];

/// Checks rules with the question that they are asked for.
pub(super) fn check(rules: &[&Stated], question: Option<&Stated>) -> Result<Checked, TextError> {
    let stated: Vec<&Stated> = rules.iter().copied().chain(question).collect();
    let predicates = Predicates::of(&stated, question.is_some())?;
    for one in &stated {
        predicates.check_names(one)?;
    }
    let typed = infer(&stated, &predicates)?;
    for (number, one) in stated.iter().enumerate() {
        bound(one, |name| typed.of_variable(number, name))?;
    }
    let mut checked = Checked {
        predicates: predicates.made(&typed),
        rules: Vec::new(),
        constants: Vec::new(),
        question: question.map(|_| predicates.list.len() - 1),
    };
    for (number, one) in stated.iter().enumerate() {
        let mut numbering = Numbering { clause: number, variables: Vec::new(), constants: &mut checked.constants };
        let mut of_type = |term: &Term, of: Type, is_pattern| numbering.argument(term, of, is_pattern);
        let mut body = Vec::new();
        for literal in &one.clause.body {
            body.push(match literal {
                Literal::Holds(atom) | Literal::Fails(atom) => {
                    let of = predicates.of_atom(atom, |at| typed.of_term(number, &atom.terms[at]));
                    let terms = atom.terms.iter();
                    let row = terms.map(|term| of_type(term, typed.of_term(number, term), false)).collect();
                    Goal::Row(of, row, matches!(literal, Literal::Holds(_)))
                }
                Literal::Compare(left, operator, right, _) => {
                    let of = typed.of_term(number, left);
                    let right_type = typed.of_term(number, right);
                    let is_like = *operator == Operator::Like;
                    Goal::Compare(of_type(left, of, false), *operator, of_type(right, right_type, is_like), of)
                }
            });
        }
        let head = one.clause.head.terms.iter();
        let head = head.map(|term| of_type(term, typed.of_term(number, term), false)).collect();
        let predicate = predicates.numbers[one.clause.head.name.text.as_str()];
        let variables = numbering.variables.len();
        checked.rules.push(Rule { predicate, head, body, variables });
    }
    stratified(&stated, &predicates)?;
    Ok(checked)
}

/// The predicates of a program by name.
pub(super) struct Predicates<'a> {
    pub(super) list: Vec<(&'a str, usize, Vec<bool>)>,
    pub(super) numbers: FxHashMap<&'a str, usize>,
}

impl<'a> Predicates<'a> {
    fn of(stated: &[&'a Stated], has_question: bool) -> Result<Self, TextError> {
        let mut found = Self { list: Vec::new(), numbers: FxHashMap::default() };
        for (at, one) in stated.iter().enumerate() {
            let head = &one.clause.head;
            let name = head.name.text.as_str();
            let is_question = has_question && at + 1 == stated.len();
            let own_reach = name == "reaches" && one.text.as_ref() == include_str!("reach.dl");
            let wrong = |message: String, hint: String| one.wrong(error(&message, head.name.span.clone(), Some(hint)));
            if !is_question && (RESERVED.contains(&name) || (relation(name).is_some() && !own_reach)) {
                let what = if RESERVED.contains(&name) { "a word of the language" } else { "a relation already" };
                return Err(wrong(format!("`{name}` is {what}"), "give what the rule defines another name".to_owned()));
            }
            match found.numbers.get(name).map(|&number| &found.list[number]) {
                None => {
                    found.numbers.insert(name, found.list.len());
                    found.list.push((name, head.terms.len(), one.clause.counts.clone()));
                }
                Some((_, arity, _)) if *arity != head.terms.len() => {
                    let columns = columns(*arity);
                    let hint = format!("rules of one name define one relation: `{name}` has {columns} elsewhere");
                    return Err(wrong(
                        format!("`{name}` is defined with {} columns and with {arity}", head.terms.len()),
                        hint,
                    ));
                }
                Some((_, _, counts)) if *counts != one.clause.counts => {
                    let hint =
                        "all its rules count the same columns; what they count is counted over all of them".to_owned();
                    return Err(wrong(format!("`{name}` counts other columns in another rule"), hint));
                }
                Some(_) => {}
            }
        }
        Ok(found)
    }

    /// Whether the relations of a clause are there, and as wide.
    fn check_names(&self, one: &Stated) -> Result<(), TextError> {
        for literal in &one.clause.body {
            let (Literal::Holds(atom) | Literal::Fails(atom)) = literal else { continue };
            let name = atom.name.text.as_str();
            let known = self.numbers.get(name).map(|&number| self.list[number].1);
            let Some(arity) = known.or_else(|| relation(name).map(|one| one.columns.len())) else {
                let message = format!("there is no relation called `{name}`");
                return Err(one.wrong(error(&message, atom.name.span.clone(), Some(self.near(name)))));
            };
            if arity != atom.terms.len() {
                let shape = match relation(name) {
                    Some(relation) if known.is_none() || name == "reaches" => {
                        let names: Vec<&str> = relation.columns.iter().map(|column| column.name).collect();
                        format!("it is `{name}({})`", names.join(", "))
                    }
                    _ => format!("its rules define {}", columns(arity)),
                };
                let message = format!("`{name}` has {}, not {}", columns(arity), atom.terms.len());
                return Err(one.wrong(error(&message, atom.span.clone(), Some(shape))));
            }
        }
        for term in &one.clause.head.terms {
            if let Term::Blank(span) = term {
                let hint = "name the variable, and let a condition give it values".to_owned();
                return Err(one.wrong(error("`_` is no value that a rule could define", span.clone(), Some(hint))));
            }
        }
        Ok(())
    }

    fn near(&self, name: &str) -> String {
        let all = RELATIONS.iter().map(|relation| relation.name).chain(self.numbers.keys().copied());
        let scored = all.filter(|one| *one != "?-").map(|one| (strsim::damerau_levenshtein(name, one), one));
        match scored.min() {
            Some((distance, near)) if distance <= 1 + name.len() / 3 => format!("did you mean `{near}`?"),
            _ => "docs/questions.md lists the relations; a rule defines another".to_owned(),
        }
    }

    /// What an atom is about; `first` tells the type of its first column.
    fn of_atom(&self, atom: &Atom, first: impl Fn(usize) -> Type) -> Of {
        match self.numbers.get(atom.name.text.as_str()) {
            Some(&number) => Of::Predicate(number),
            None => Of::Relation(relation(&atom.name.text).expect("names were checked").source, first(0)),
        }
    }

    fn made(&self, typed: &super::infer::Typed) -> Vec<Predicate> {
        let made = self.list.iter().enumerate().map(|(number, (_, arity, counts))| Predicate {
            types: (0..*arity).map(|column| typed.of_column(number, column)).collect(),
            counts: counts.clone(),
        });
        made.collect()
    }
}

fn columns(count: usize) -> String {
    if count == 1 { "1 column".to_owned() } else { format!("{count} columns") }
}

/// Gives the variables of a clause and its constants their numbers.
struct Numbering<'a> {
    clause: usize,
    variables: Vec<String>,
    constants: &'a mut Vec<Constant>,
}

impl Numbering<'_> {
    fn argument(&mut self, term: &Term, types: Type, is_pattern: bool) -> Argument {
        match term {
            Term::Blank(_) => Argument::Blank,
            Term::Variable(name) => {
                let known = self.variables.iter().position(|one| *one == name.text);
                Argument::Variable(known.unwrap_or_else(|| {
                    self.variables.push(name.text.clone());
                    self.variables.len() - 1
                }))
            }
            Term::Constant(name, Form::Text | Form::Digits) => {
                let (text, span) = (name.text.clone(), name.span.clone());
                self.constants.push(Constant { text, types, is_pattern, span, clause: self.clause });
                Argument::Constant(self.constants.len() - 1)
            }
        }
    }
}

/// Every variable must get its values from a relation that holds, or be equal to one that does.
fn bound(one: &Stated, of_variable: impl Fn(&str) -> Type) -> Result<(), TextError> {
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for literal in &one.clause.body {
        if let Literal::Holds(atom) = literal {
            known.extend(atom.terms.iter().filter_map(Term::variable).map(|name| name.text.as_str()));
        }
    }
    loop {
        let before = known.len();
        for literal in &one.clause.body {
            let Literal::Compare(left, Operator::Equal, right, _) = literal else { continue };
            for (from, to) in [(left, right), (right, left)] {
                let is_known = match from {
                    Term::Constant(..) => true,
                    Term::Variable(name) => known.contains(name.text.as_str()),
                    Term::Blank(_) => false,
                };
                known.extend(to.variable().filter(|_| is_known).map(|name| name.text.as_str()));
            }
        }
        if known.len() == before {
            break;
        }
    }
    for literal in &one.clause.body {
        let Literal::Compare(left, _, right, _) = literal else { continue };
        for term in [left, right] {
            if let Term::Blank(span) = term {
                let hint = "name the variable, and let a relation give it values".to_owned();
                return Err(one.wrong(error("`_` cannot be compared", span.clone(), Some(hint))));
            }
        }
    }
    let of_body = one.clause.body.iter().filter(|literal| !matches!(literal, Literal::Holds(_)));
    let terms = of_body.flat_map(Literal::terms).chain(&one.clause.head.terms);
    let mut names = terms.filter_map(Term::variable);
    let Some(name) = names.find(|name| !known.contains(name.text.as_str())) else { return Ok(()) };
    let of = of_variable(&name.text);
    let example = match of {
        Type::Principal | Type::Repository | Type::Action | Type::Policy | Type::Statement => {
            format!(", for example `{of}({})`", name.text)
        }
        _ => String::new(),
    };
    let hint = format!("a relation that holds gives a variable its values: add one{example}; `_` is some value");
    let message = format!("nothing gives `{}` a value", name.text);
    Err(one.wrong(error(&message, name.span.clone(), Some(hint))))
}

/// A relation that is defined by what is not in it, or by how much is, would change under its own feet.
fn stratified(stated: &[&Stated], predicates: &Predicates<'_>) -> Result<(), TextError> {
    let number = |atom: &Atom| predicates.numbers.get(atom.name.text.as_str()).copied();
    let mut needs: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); predicates.list.len()];
    for one in stated {
        let head = number(&one.clause.head).expect("heads are predicates");
        for literal in &one.clause.body {
            if let Literal::Holds(atom) | Literal::Fails(atom) = literal {
                needs[head].extend(number(atom));
            }
        }
    }
    let way = |from: usize, to: usize| -> Option<Vec<usize>> {
        let mut before: FxHashMap<usize, usize> = FxHashMap::default();
        let mut queue = std::collections::VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            if at == to {
                let mut way = vec![at];
                while let Some(&last) = way.last().filter(|last| **last != from) {
                    way.push(before[&last]);
                }
                way.reverse();
                return Some(way);
            }
            for &next in &needs[at] {
                if next != from && !before.contains_key(&next) {
                    before.insert(next, at);
                    queue.push_back(next);
                }
            }
        }
        None
    };
    for one in stated {
        let head = number(&one.clause.head).expect("heads are predicates");
        let is_counted = one.clause.counts.contains(&true);
        for literal in &one.clause.body {
            let (atom, is_strict) = match literal {
                Literal::Fails(atom) => (atom, true),
                Literal::Holds(atom) => (atom, is_counted),
                Literal::Compare(..) => continue,
            };
            let Some(used) = number(atom).filter(|_| is_strict) else { continue };
            let Some(way) = way(used, head) else { continue };
            let names: Vec<String> = way.iter().map(|&number| format!("`{}`", predicates.list[number].0)).collect();
            let what = if is_counted { "its own count" } else { "its own negation" };
            let name = predicates.list[head].0;
            let hint = format!("`{name}` needs {} again", names.join(", which needs "));
            let hint =
                if used == head { format!("`{name}` must be known before it can be asked for here") } else { hint };
            return Err(one.wrong(error(&format!("`{name}` depends on {what}"), atom.span.clone(), Some(hint))));
        }
    }
    Ok(())
}
