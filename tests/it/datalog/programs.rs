//! Random programs over random organizations: the plan and the book must come to the same.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use grantlog::query::datalog::{Limits, Rules};
use grantlog::{Options, Relations, derive};

use super::naive::{self, Literal, Rule, Term, evaluate};
use super::{ask, rows};

/// What a variable of a program stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Principal,
    Repository,
    Account,
    Verdict,
}

/// The relations that programs use: their names there, and as they are asked for in full.
const GIVEN: [(&str, &[Of], &str); 16] = [
    ("principal", &[Of::Principal], "?- principal(P)."),
    ("repository", &[Of::Repository], "?- repository(R)."),
    ("account/principal", &[Of::Principal, Of::Account], "?- account(P, A), principal(P)."),
    ("account/repository", &[Of::Repository, Of::Account], "?- account(R, A), repository(R)."),
    ("push", &[Of::Principal, Of::Repository], "?- possible(P, \"ecr-public:PutImage\", R)."),
    ("surely", &[Of::Principal, Of::Repository], "?- allowed(P, \"ecr:BatchGetImage\", R)."),
    ("perhaps", &[Of::Principal, Of::Repository], "?- conditional(P, \"ecr:BatchGetImage\", R)."),
    ("pull", &[Of::Principal, Of::Repository, Of::Verdict], "?- capable(P, pull, R, V)."),
    ("can_assume", &[Of::Principal, Of::Principal], "?- can_assume(P, Q)."),
    ("becomes", &[Of::Principal, Of::Principal], "?- becomes(P, Q)."),
    ("reaches", &[Of::Principal, Of::Repository], "?- reaches(P, push, R)."),
    ("identity", &[Of::Principal, Of::Repository], "?- grants(identity, P, \"ecr:BatchGetImage\", R)."),
    ("told", &[Of::Principal, Of::Repository], "?- says(_, P, \"ecr-public:PutImage\", R)."),
    ("stopped", &[Of::Principal, Of::Repository], "?- blocks(_, P, \"ecr-public:PutImage\", R)."),
    ("member", &[Of::Principal], "?- member(P, _)."),
    ("named", &[Of::Principal], "?- names(_, P)."),
];

/// The rules that give relations of several columns the names above.
const ALIASES: &str = "
    push(P, R) :- possible(P, \"ecr-public:PutImage\", R).
    surely(P, R) :- allowed(P, \"ecr:BatchGetImage\", R).
    perhaps(P, R) :- conditional(P, \"ecr:BatchGetImage\", R).
    pull(P, R, V) :- capable(P, pull, R, V).
    identity(P, R) :- grants(identity, P, \"ecr:BatchGetImage\", R).
    told(P, R) :- says(_, P, \"ecr-public:PutImage\", R).
    stopped(P, R) :- blocks(_, P, \"ecr-public:PutImage\", R).
    to(P, R) :- reaches(P, push, R).
    grouped(P) :- member(P, _).
    named(P) :- names(_, P).
";

/// Numbers without much of a pattern.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % most as u64).expect("it is small")
    }

    fn one<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }

    fn is_rare(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}

/// A relation that a program defines.
struct Defined {
    name: String,
    columns: Vec<Of>,
}

struct Maker<'a> {
    dice: Dice,
    given: &'a naive::Relations,
    values: [Vec<String>; 4],
    defined: Vec<Defined>,
}

/// The name of a relation in a text.
fn spelled(name: &str) -> &str {
    match name {
        "reaches" => "to",
        "member" => "grouped",
        name => name,
    }
}

impl Maker<'_> {
    fn values(&self, of: Of) -> &[String] {
        &self.values[of as usize]
    }

    fn variable(&mut self, of: Of) -> String {
        let names = match of {
            Of::Principal => ["P", "Q", "O"],
            Of::Repository => ["R", "S", "T"],
            Of::Account => ["A", "B", "C"],
            Of::Verdict => ["V", "W", "U"],
        };
        (*self.dice.one(&names)).to_owned()
    }

    fn term(&mut self, of: Of) -> Term {
        match self.dice.below(12) {
            0 => Term::Blank,
            1 => {
                let at = self.dice.below(self.values(of).len());
                Term::Constant(self.values(of)[at].clone())
            }
            _ => Term::Variable(self.variable(of)),
        }
    }

    /// A row of something; `lower`: how many of the defined relations may be used.
    fn row(&mut self, lower: usize) -> (String, Vec<Of>) {
        if lower > 0 && !self.dice.is_rare(2) {
            let Defined { name, columns } = &self.defined[self.dice.below(lower)];
            return (name.clone(), columns.clone());
        }
        let (name, columns, _) = self.dice.one(&GIVEN);
        (spelled(name).to_owned(), columns.to_vec())
    }

    fn literal(&mut self, lower: usize, known: &mut Vec<(String, Of)>) -> Literal {
        let (name, columns) = self.row(lower);
        let terms: Vec<Term> = columns.iter().map(|&of| self.term(of)).collect();
        for (term, of) in terms.iter().zip(&columns) {
            if let Term::Variable(name) = term
                && !known.iter().any(|(other, _)| other == name)
            {
                known.push((name.clone(), *of));
            }
        }
        Literal::Row(name, terms, true)
    }

    /// A condition that gives no variable a value: only `known` ones stand in it.
    fn filter(&mut self, lower: usize, known: &[(String, Of)]) -> Literal {
        if self.dice.is_rare(3) && !known.is_empty() {
            let (name, of) = self.dice.one(known).clone();
            let others: Vec<&String> = known.iter().filter(|(_, other)| *other == of).map(|(name, _)| name).collect();
            let right = Term::Variable((*self.dice.one(&others)).clone());
            let same = self.dice.is_rare(3);
            return Literal::Same(Term::Variable(name), right, same);
        }
        let (name, columns) = self.row(lower);
        let terms = columns.iter().map(|&of| {
            let fitting: Vec<&String> = known.iter().filter(|(_, other)| *other == of).map(|(name, _)| name).collect();
            if fitting.is_empty() || self.dice.is_rare(5) {
                return if self.dice.is_rare(2) { Term::Blank } else { Term::Constant(self.dice_value(of)) };
            }
            Term::Variable((*self.dice.one(&fitting)).clone())
        });
        let terms = terms.collect();
        Literal::Row(name, terms, false)
    }

    fn dice_value(&mut self, of: Of) -> String {
        let at = self.dice.below(self.values(of).len());
        self.values(of)[at].clone()
    }

    /// The rules of one relation, which may use those before it, and itself.
    fn define(&mut self, number: usize) -> Vec<Rule> {
        let name = format!("d{number}");
        let width = 1 + self.dice.below(2);
        let columns: Vec<Of> =
            (0..width).map(|_| *self.dice.one(&[Of::Principal, Of::Principal, Of::Repository, Of::Account])).collect();
        let is_counted = self.dice.is_rare(5);
        let lower = self.defined.len();
        self.defined.push(Defined { name: name.clone(), columns: columns.clone() });
        let mut rules = Vec::new();
        for at in 0..=self.dice.below(3) {
            let may_recur = at > 0 && !is_counted;
            let mut known: Vec<(String, Of)> = Vec::new();
            let mut body: Vec<Literal> = Vec::new();
            for _ in 0..=self.dice.below(2) {
                let literal = self.literal(lower + usize::from(may_recur), &mut known);
                body.push(literal);
            }
            // Each column of the head has a variable of its own.
            let mut head: Vec<String> = Vec::new();
            for &of in &columns {
                let fitting = known.iter().find(|(name, other)| *other == of && !head.contains(name));
                let name = if let Some((name, _)) = fitting {
                    name.clone()
                } else {
                    let name = format!("H{}", head.len());
                    let row = match of {
                        Of::Principal => "principal",
                        Of::Repository => "repository",
                        _ => "account/principal",
                    };
                    let own = Term::Variable(name.clone());
                    let terms = if of == Of::Account { vec![Term::Variable("P".to_owned()), own] } else { vec![own] };
                    if of == Of::Account && !known.iter().any(|(name, _)| name == "P") {
                        known.push(("P".to_owned(), Of::Principal));
                    }
                    body.push(Literal::Row(row.to_owned(), terms, true));
                    known.push((name.clone(), of));
                    name
                };
                head.push(name);
            }
            for _ in 0..self.dice.below(3) {
                let filter = self.filter(lower, &known);
                body.push(filter);
            }
            rules.push(Rule { name: name.clone(), head, counted: is_counted.then_some(0), body });
        }
        if is_counted {
            // What it holds is a number, which no other relation of these programs does.
            self.defined.pop();
        }
        rules
    }
}

/// The types of variables are told where a relation of several types leaves them open.
fn typed(rule: &Rule) -> String {
    let mut text = rule.to_string();
    text.pop();
    for literal in &rule.body {
        let Literal::Row(name, terms, _) = literal else { continue };
        if let (Some((_, of)), Term::Variable(variable)) = (name.split_once('/'), &terms[0]) {
            let _ = write!(text, ", {of}({variable})");
        }
    }
    text.push('.');
    text
}

/// Without a variable or a name in its first column, a relation of several types says nothing of its type.
fn is_told(rule: &Rule) -> bool {
    rule.body.iter().all(|literal| match literal {
        Literal::Row(name, terms, is_there) => {
            !name.contains('/')
                || matches!(&terms[0], Term::Variable(_)) && (*is_there || !terms.contains(&Term::Blank))
        }
        Literal::Same(..) => true,
    })
}

fn given(relations: &Relations<'_>) -> naive::Relations {
    let full = |(name, _, question): &(&str, &[Of], &str)| {
        (spelled(name).to_owned(), ask(relations, question).into_iter().collect::<BTreeSet<_>>())
    };
    GIVEN.iter().map(full).collect()
}

/// Compares random programs over one organization; how many rows they came to, or the first difference.
pub(crate) fn compare(relations: &Relations<'_>, seed: u64, programs: usize) -> Result<usize, String> {
    let given = given(relations);
    let column = |name: &str, at: usize| -> Vec<String> {
        given[name].iter().map(|row| row[at].clone()).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let verdicts = vec!["allowed".to_owned(), "conditional".to_owned()];
    let mut repositories = column("repository", 0);
    if repositories.is_empty() {
        // Registries are always there.
        repositories =
            ask(relations, "?- arn(R, N), possible(_, _, R).").into_iter().map(|row| row[0].clone()).collect();
    }
    if repositories.is_empty() {
        return Ok(0);
    }
    let values = [column("principal", 0), repositories, column("account/principal", 1), verdicts];
    let mut compared = 0;
    for program in 0..programs {
        let dice = Dice(seed.wrapping_mul(1_000).wrapping_add(program as u64));
        let mut maker = Maker { dice, given: &given, values: values.clone(), defined: Vec::new() };
        let mut strata: Vec<Vec<Rule>> = (0..4).map(|number| maker.define(number)).collect();
        for rules in &mut strata {
            // The second form of a rule may be no rule; the first of each relation must stay.
            let mut first = true;
            rules.retain(|rule| std::mem::take(&mut first) || is_told(rule));
        }
        if strata.iter().flatten().any(|rule| !is_told(rule)) {
            continue;
        }
        let text: String = ALIASES.to_owned() + &strata.iter().flatten().map(typed).collect::<Vec<_>>().join("\n");
        let Some(expected) = evaluate(maker.given, &strata) else { continue };
        for rules in &strata {
            let (name, width) = (&rules[0].name, rules[0].head.len());
            let all = &expected[name];
            let variables: Vec<String> = (0..width).map(|column| format!("X{column}")).collect();
            let mut questions = vec![(format!("?- {name}({}).", variables.join(", ")), all.clone())];
            // The same with each column bound to a value.
            for column in 0..width {
                let Some(value) = all.iter().map(|row| &row[column]).nth(maker.dice.below(all.len().max(1))) else {
                    break;
                };
                let mut bound = variables.clone();
                bound[column] = Term::Constant(value.clone()).to_string();
                let rows = all.iter().filter(|row| row[column] == *value).cloned().map(|mut row| {
                    row.remove(column);
                    row
                });
                questions.push((format!("?- {name}({}).", bound.join(", ")), rows.collect()));
            }
            for (question, expected) in questions {
                let found = relations.query(&Rules::new(), &format!("{text}\n{question}"), Limits::default());
                let found = match found {
                    Ok(table) => rows(&table),
                    Err(grantlog::query::datalog::QueryError::Text(error)) => {
                        return Err(format!("{}\n{text}\n{question}", error.picture()));
                    }
                    Err(error) => return Err(format!("{error}\n{text}\n{question}")),
                };
                let found: BTreeSet<Vec<String>> = found.into_iter().collect();
                compared += 1 + found.len();
                if found != expected {
                    let missing: Vec<_> = expected.difference(&found).collect();
                    let more: Vec<_> = found.difference(&expected).collect();
                    return Err(format!("{text}\n{question}\nmissing {missing:?}\nbeyond {more:?}"));
                }
            }
        }
    }
    Ok(compared)
}

#[test]
fn programs_over_the_sample_come_to_what_the_book_says() {
    let inventory = grantlog::inventory::Inventory::sample();
    let relations = derive(&inventory, Options::default());
    let programs = usize::try_from(crate::random::count(60)).expect("it is small");
    let compared = compare(&relations, 7, programs).unwrap_or_else(|difference| panic!("{difference}"));
    assert!(programs < 60 || compared > 1_000, "only {compared} rows");
}
