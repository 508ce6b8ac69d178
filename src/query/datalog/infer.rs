//! Which type each variable, constant and column has: all its uses must agree.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::check::Predicates;
use super::lexer::error;
use super::program::{Stated, TextError};
use super::relations::relation;
use super::syntax::{Atom, Form, Literal, Operator, Term};
use super::value::{Type, Types};

/// What digits can be.
const DIGITS: [Type; 3] = [Type::Number, Type::Account, Type::Text];

/// What has an order.
const ORDERED: [Type; 2] = [Type::Number, Type::Text];

/// Where something stands that has a type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Column(usize, usize),
    Variable(usize, String),
    /// A constant, by its clause and place.
    Constant(usize, usize),
}

/// What is known of the types of some places that have the same.
#[derive(Clone, Debug)]
struct Node {
    parent: usize,
    types: Types,
    /// The relation that said so.
    said_by: Option<String>,
}

/// The types of a program.
pub(super) struct Typed {
    numbers: FxHashMap<Key, usize>,
    types: Vec<Type>,
}

impl Typed {
    pub(super) fn of_variable(&self, clause: usize, name: &str) -> Type {
        self.types[self.numbers[&Key::Variable(clause, name.to_owned())]]
    }

    pub(super) fn of_column(&self, predicate: usize, column: usize) -> Type {
        self.types[self.numbers[&Key::Column(predicate, column)]]
    }

    /// The type of a term; of a blank that no column tells about, any.
    pub(super) fn of_term(&self, clause: usize, term: &Term) -> Type {
        self.types[self.numbers[&key(clause, term)]]
    }
}

fn key(clause: usize, term: &Term) -> Key {
    match term {
        Term::Variable(name) => Key::Variable(clause, name.text.clone()),
        Term::Constant(..) | Term::Blank(_) => Key::Constant(clause, term.span().start),
    }
}

/// Finds the types of clauses, one after the other.
pub(super) fn infer(stated: &[&Stated], predicates: &Predicates<'_>) -> Result<Typed, TextError> {
    let mut inference = Inference { nodes: Vec::new(), numbers: FxHashMap::default(), predicates };
    for (number, (_, arity, counts)) in predicates.list.iter().enumerate() {
        for (column, is_count) in (0..*arity).zip(counts) {
            let types = if *is_count { Types::of(&[Type::Number]) } else { Types::ANY };
            inference.add(Key::Column(number, column), types, is_count.then(|| "count".to_owned()));
        }
    }
    for (clause, one) in stated.iter().enumerate() {
        inference.clause(clause, one).map_err(|error| one.wrong(error))?;
    }
    let mut types = vec![None; inference.nodes.len()];
    for (clause, one) in stated.iter().enumerate() {
        let heads = one.clause.head.terms.iter();
        for term in one.clause.body.iter().flat_map(Literal::terms).chain(heads) {
            let number = inference.numbers[&key(clause, term)];
            let root = inference.root(number);
            let settled = settle(inference.nodes[root].types).ok_or_else(|| {
                let message = format!("`{}` may be {}", shown(term), inference.nodes[root].types.told());
                let first = inference.nodes[root].types.iter().next();
                let hint = first.map(|of| match term {
                    Term::Constant(name, _) => format!("say which: `X = \"{}\", {of}(X)`", name.text),
                    _ => format!("say which by another condition, for example `{of}({})`", shown(term)),
                });
                one.wrong(error(&message, term.span().clone(), hint))
            })?;
            types[number] = Some(settled);
        }
    }
    // What no term stands for is asked for by nobody.
    let of_root = (0..types.len()).map(|number| {
        let root = inference.root(number);
        types[number].or_else(|| settle(inference.nodes[root].types)).unwrap_or(Type::Text)
    });
    let of_root: Vec<Type> = of_root.collect();
    Ok(Typed { numbers: inference.numbers, types: of_root })
}

/// The type that is meant where several would do: what is in digits is a number, what else nobody tells is a text.
fn settle(types: Types) -> Option<Type> {
    types.only().or_else(|| [Type::Number, Type::Text].into_iter().find(|one| types.holds(*one)))
}

fn shown(term: &Term) -> &str {
    match term {
        Term::Variable(name) | Term::Constant(name, _) => &name.text,
        Term::Blank(_) => "_",
    }
}

struct Inference<'a> {
    nodes: Vec<Node>,
    numbers: FxHashMap<Key, usize>,
    predicates: &'a Predicates<'a>,
}

type Wrong = crate::query::QuestionError;

impl Inference<'_> {
    fn add(&mut self, key: Key, types: Types, said_by: Option<String>) -> usize {
        if let Some(&known) = self.numbers.get(&key) {
            return known;
        }
        let number = self.nodes.len();
        self.nodes.push(Node { parent: number, types, said_by });
        self.numbers.insert(key, number);
        number
    }

    fn root(&self, mut number: usize) -> usize {
        while self.nodes[number].parent != number {
            number = self.nodes[number].parent;
        }
        number
    }

    fn clause(&mut self, clause: usize, one: &Stated) -> Result<(), Wrong> {
        for literal in &one.clause.body {
            match literal {
                Literal::Holds(atom) | Literal::Fails(atom) => self.atom(clause, atom, &[])?,
                Literal::Compare(left, operator, right, span) => self.compare(clause, left, *operator, right, span)?,
            }
        }
        self.atom(clause, &one.clause.head, &one.clause.counts)
    }

    fn atom(&mut self, clause: usize, atom: &Atom, counts: &[bool]) -> Result<(), Wrong> {
        let predicate = self.predicates.numbers.get(atom.name.text.as_str()).copied();
        for (column, term) in atom.terms.iter().enumerate() {
            let number = self.term(clause, term);
            match predicate {
                // What is counted is of any type.
                Some(_) if counts.get(column) == Some(&true) => {}
                Some(predicate) => {
                    let other = self.numbers[&Key::Column(predicate, column)];
                    self.unite(number, other, term, &atom.name.text)?;
                }
                None => {
                    let relation = relation(&atom.name.text).expect("names were checked");
                    self.narrow(number, Types::of(relation.columns[column].types), term, relation.name)?;
                }
            }
        }
        Ok(())
    }

    fn compare(
        &mut self,
        clause: usize,
        left: &Term,
        operator: Operator,
        right: &Term,
        span: &Range<usize>,
    ) -> Result<(), Wrong> {
        let first = self.term(clause, left);
        let second = self.term(clause, right);
        if operator == Operator::Like {
            let Term::Constant(_, Form::Text) = right else {
                let hint = "`R like \"storefront/*\"`: * stands for any characters, ? for one".to_owned();
                return Err(error("expected a pattern between quotes behind `like`", right.span().clone(), Some(hint)));
            };
            if self.nodes[self.root(first)].types.without(Type::Number).is_empty() {
                let message = format!("`{}` is a number, and has no letters", shown(left));
                return Err(error(&message, left.span().clone(), None));
            }
            return self.narrow(second, Types::of(&[Type::Text]), right, "like");
        }
        self.unite(second, first, right, "=")?;
        if matches!(operator, Operator::Equal | Operator::Unequal) {
            return Ok(());
        }
        let root = self.root(first);
        let types = self.nodes[root].types;
        if types.both(Types::of(&ORDERED)).is_empty() {
            let message = format!("`{}` is {}, and only numbers and texts have an order", shown(left), types.told());
            let hint = "compare with `=` or `!=`".to_owned();
            return Err(error(&message, span.clone(), Some(hint)));
        }
        self.narrow(first, Types::of(&ORDERED), left, "<")
    }

    fn term(&mut self, clause: usize, term: &Term) -> usize {
        let types = match term {
            Term::Variable(_) | Term::Blank(_) => Types::ANY,
            Term::Constant(_, Form::Digits) => Types::of(&DIGITS),
            Term::Constant(_, Form::Text) => Types::ANY.without(Type::Number),
        };
        self.add(key(clause, term), types, None)
    }

    fn narrow(&mut self, number: usize, types: Types, term: &Term, relation: &str) -> Result<(), Wrong> {
        let root = self.root(number);
        let node = &mut self.nodes[root];
        let both = node.types.both(types);
        if both.is_empty() {
            return Err(disagree(term, node.types, node.said_by.as_deref(), types, Some(relation)));
        }
        if both != node.types {
            (node.types, node.said_by) = (both, Some(relation.to_owned()));
        }
        Ok(())
    }

    fn unite(&mut self, one: usize, other: usize, term: &Term, relation: &str) -> Result<(), Wrong> {
        let (one, other) = (self.root(one), self.root(other));
        if one == other {
            return Ok(());
        }
        let both = self.nodes[one].types.both(self.nodes[other].types);
        if both.is_empty() {
            let (own, its) = (&self.nodes[one], &self.nodes[other]);
            let said_by = its.said_by.as_deref().unwrap_or(relation);
            return Err(disagree(term, own.types, own.said_by.as_deref(), its.types, Some(said_by)));
        }
        let said_by = if both == self.nodes[other].types { other } else { one };
        let said_by = self.nodes[said_by].said_by.clone();
        self.nodes[one].parent = other;
        (self.nodes[other].types, self.nodes[other].said_by) = (both, said_by);
        Ok(())
    }
}

/// Two uses that do not go together.
fn disagree(term: &Term, own: Types, own_by: Option<&str>, its: Types, its_by: Option<&str>) -> Wrong {
    let by = |types: Types, relation: Option<&str>| match relation {
        Some(relation) => format!("{} in `{relation}`", types.told()),
        None if types == Types::of(&DIGITS) => "written in digits".to_owned(),
        None => "a text".to_owned(),
    };
    let message = format!("`{}` is {}, and {}", shown(term), by(own, own_by), by(its, its_by));
    let hint = "one of them means something else: use another variable, or another relation".to_owned();
    error(&message, term.span().clone(), Some(hint))
}
