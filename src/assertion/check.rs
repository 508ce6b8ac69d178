//! Asking whether assertions hold.
//!
//! What a sentence says is asked as questions are: who can, can, Datalog. Ways through roles count as they do there.
//! A verdict that depends on the request counts against a sentence: for `no one` and `only` that is somebody who can,
//! for `P can` one who cannot always.
//!
//! A counterexample that is none without something that the input lacks, and a sentence for which something that the
//! input lacks could make one, leave it undecided.

use std::collections::BTreeSet;

use super::circumstance::{Circumstance, Hindrance, circumstances};
use super::file::{Assertion, Problem, placed};
use super::outcome::{Checked, Failure, Outcome};
use super::sentence::{Deed, Named, Sentence};
use crate::catalog::Capability;
use crate::engine::{Options, Relations, derive};
use crate::explain::prove_each;
use crate::inventory::{GapKind, Inventory};
use crate::query::datalog::{Field, Limits, QueryError, RELATIONS, Rules, Table, Type};
use crate::query::saved::{Queries, RunError};
use crate::query::{
    AskError, Attribute, Filter, Members, Narrowed, Narrowing, Question, QuestionError, Row, Scope, SetError, Sets,
    Side, Tail, Verdict, could_allow,
};

/// What assertions are held against.
#[derive(Clone, Debug)]
pub struct Bench<'a> {
    /// The input.
    pub inventory: &'a Inventory,
    /// How questions are read; what is known of every request.
    pub options: Options,
    /// Whether ways through roles are left out, and proofs have every layer.
    pub scope: Scope,
    /// The queries that sentences may name.
    pub queries: &'a Queries,
}

/// Asks whether assertions hold, each with the rules that its questions may use.
///
/// # Errors
/// For names that mean nothing in the input, and circumstances that no request has: all of them, with their places.
pub fn check(bench: &Bench<'_>, assertions: Vec<(Assertion, Rules)>) -> Result<Vec<Checked>, Vec<Problem>> {
    let mut worlds = Worlds::new(bench);
    let (mut checked, mut problems) = (Vec::new(), Vec::new());
    for (assertion, rules) in assertions {
        match worlds.outcome(&assertion, &rules) {
            Ok(Outcome::Undecided(_)) if assertion.as_far_as_known => {
                checked.push(Checked { assertion, outcome: Outcome::Holds });
            }
            Ok(outcome) => checked.push(Checked { assertion, outcome }),
            Err(error) => {
                let error = placed(error, &assertion.span);
                problems.push(Problem { file: assertion.file, error });
            }
        }
    }
    if problems.is_empty() { Ok(checked) } else { Err(problems) }
}

/// The relations under one circumstance after the other.
struct Worlds<'a, 'b> {
    bench: &'b Bench<'a>,
    base: Relations<'a>,
    other: Option<(Circumstance, Relations<'a>)>,
}

/// What came of a sentence under one circumstance.
#[derive(Default)]
struct Found {
    /// Rows against it.
    against: Vec<Row>,
    /// What is missing that could change it.
    missing: BTreeSet<String>,
}

impl<'a, 'b> Worlds<'a, 'b> {
    fn new(bench: &'b Bench<'a>) -> Self {
        Self { bench, base: derive(bench.inventory, bench.options.clone()), other: None }
    }

    /// The relations of requests that are like this.
    fn under(&mut self, circumstance: &Circumstance) -> &Relations<'a> {
        if *circumstance == self.bench.options.context.given {
            return &self.base;
        }
        if self.other.as_ref().is_none_or(|(known, _)| known != circumstance) {
            let mut options = self.bench.options.clone();
            options.context.given = circumstance.clone();
            self.other = Some((circumstance.clone(), derive(self.bench.inventory, options)));
        }
        self.other.as_ref().map_or(&self.base, |(_, relations)| relations)
    }

    fn outcome(&mut self, assertion: &Assertion, rules: &Rules) -> Result<Outcome, QuestionError> {
        let sentence = &assertion.sentence;
        match sentence {
            Sentence::Empty(text) => self.empty(text, rules),
            Sentence::Query { name, values } => self.query(name, values),
            Sentence::Rules(_) => Ok(Outcome::Holds),
            Sentence::Only(_, deed)
            | Sentence::NoOne { deed, .. }
            | Sentence::Can { deed, .. }
            | Sentence::Cannot(_, deed) => self.deed(sentence, deed),
        }
    }

    fn deed(&mut self, sentence: &Sentence, deed: &Deed) -> Result<Outcome, QuestionError> {
        let scope = Scope { direct: self.bench.scope.direct || deed.direct, ..self.bench.scope };
        let known = &self.bench.options.context.given;
        let all = match circumstances(known, &deed.when, self.bench.inventory) {
            Ok(all) => all,
            Err(Hindrance::Wrong(error)) => return Err(error),
            Err(Hindrance::Undecided(why)) => return Ok(Outcome::Undecided(vec![why])),
        };
        let mut missing = BTreeSet::new();
        for circumstance in all {
            let relations = self.under(&circumstance);
            let asked = Asked { relations, sentence, deed, scope: Scope { all: false, ..scope } };
            let found = asked.found().map_err(|error| asked.placed(&error))?;
            if !found.against.is_empty() {
                let mut failure = Failure::of(found.against, &circumstance);
                if let Some(row) = failure.rows.first() {
                    failure.proofs = proofs(relations, row, scope);
                }
                return Ok(Outcome::Fails(Box::new(failure)));
            }
            missing.extend(found.missing);
        }
        Ok(decided(missing))
    }

    fn empty(&mut self, text: &str, rules: &Rules) -> Result<Outcome, QuestionError> {
        let table = self.base.query(rules, text, Limits::default()).map_err(|error| told(&error, text))?;
        let all: Vec<&str> = rules.iter().chain([text]).collect();
        Ok(self.of_table(table, &all.join("\n")))
    }

    fn of_table(&self, mut table: Table, text: &str) -> Outcome {
        if table.rows.is_empty() {
            return decided(if table.is_incomplete() { self.gaps(text) } else { BTreeSet::new() });
        }
        let number = table.rows.len();
        table.rows.truncate(Failure::MOST);
        let proofs = cell(&table, text).map(|(principal, action, repository)| {
            prove_each(&self.base, &principal, &[action], &[repository], self.bench.scope).unwrap_or_default()
        });
        let proofs = proofs.unwrap_or_default();
        Outcome::Fails(Box::new(Failure { table: Some(table), number, proofs, ..Failure::default() }))
    }

    fn query(&mut self, name: &Named, values: &[(String, String)]) -> Result<Outcome, QuestionError> {
        let wrong = |message: String, hint| QuestionError { message, span: name.span.clone(), hint };
        let unrun = |error: RunError| wrong(error.to_string(), error.hint());
        let question = self.bench.queries.get(&name.text).and_then(|query| query.question(values)).map_err(unrun)?;
        if let Question::Datalog(text) = &question {
            let table = self.base.query(&Rules::new(), text, Limits::default());
            let table = table.map_err(|error| wrong(error.to_string(), error.hint().map(str::to_owned)))?;
            return Ok(self.of_table(table, text));
        }
        let (relations, scope) = (&self.base, self.bench.scope);
        let (Question::WhoCan { tail, .. }
        | Question::WhatCan { tail, .. }
        | Question::Which { tail, .. }
        | Question::Can(_, tail)) = &question
        else {
            let hint = Some("a query that asks who can do what, or in Datalog, can be asserted".to_owned());
            return Err(wrong(format!("the query `{}` finds no access", name.text), hint));
        };
        let asked = relations.rows_of(&question, scope);
        let mut rows = asked.map_err(|error| wrong(error.to_string(), error.hint()))?.unwrap_or_default().rows;
        rows.retain(|row| row.verdict.is_possible());
        let rows = chosen(relations, tail.filter.clone(), rows, scope);
        let rows = rows.map_err(|error| wrong(error.to_string(), error.hint()))?;
        let Some(row) = rows.first() else { return Ok(decided(self.gaps(""))) };
        let proofs = proofs(relations, row, scope);
        Ok(Outcome::Fails(Box::new(Failure { proofs, ..Failure::of(rows, &Circumstance::new()) })))
    }

    /// All that the input lacks and that could make a question in Datalog find something.
    fn gaps(&self, text: &str) -> BTreeSet<String> {
        let grows = grows_only(text);
        let places = ["organization", "unit"].iter().any(|name| text.contains(name));
        let bears = |kind| match kind {
            GapKind::AwsManagedPolicy => false,
            GapKind::Organization if places => true,
            kind => !grows || could_allow(kind),
        };
        let gaps = self.bench.inventory.gaps.values();
        gaps.filter(|gap| bears(gap.kind)).map(|gap| gap.message.clone()).collect()
    }
}

fn decided(missing: BTreeSet<String>) -> Outcome {
    if missing.is_empty() { Outcome::Holds } else { Outcome::Undecided(missing.into_iter().collect()) }
}

fn proofs(relations: &Relations<'_>, row: &Row, scope: Scope) -> Vec<crate::query::Proof> {
    let (action, resource) = ([row.action.clone()], [row.resource.clone()]);
    // What a row is about is in the input.
    prove_each(relations, &row.principal, &action, &resource, scope).unwrap_or_default()
}

/// Why rows are not found.
#[derive(Debug, thiserror::Error)]
enum Unasked {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Set(#[from] SetError),
    #[error("a list is no set here")]
    List,
}

impl Unasked {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Ask(error) => error.hint(),
            Self::Set(_) => None,
            Self::List => Some("write the condition of the list itself: `where path is /release/`".to_owned()),
        }
    }
}

/// A sentence about who can do what, asked under one circumstance.
struct Asked<'s, 'r, 'a> {
    relations: &'r Relations<'a>,
    sentence: &'s Sentence,
    deed: &'s Deed,
    scope: Scope,
}

impl Asked<'_, '_, '_> {
    fn found(&self) -> Result<Found, Unasked> {
        match self.sentence {
            Sentence::Only(names, _) => self.nobody(names, None),
            Sentence::NoOne { who, except, .. } => self.nobody(except, who.as_ref()),
            Sentence::Can { principals, sometimes, .. } => self.able(principals, *sometimes),
            Sentence::Cannot(principals, _) => self.unable(principals),
            Sentence::Query { .. } | Sentence::Empty(_) | Sentence::Rules(_) => Ok(Found::default()),
        }
    }

    /// Nobody can of whom this is true, but for those.
    fn nobody(&self, except: &[Named], who: Option<&Filter>) -> Result<Found, Unasked> {
        let relations = self.relations;
        let (actions, repositories) = (texts(&self.deed.actions), texts(&self.deed.repositories));
        let mut named = BTreeSet::new();
        for name in except {
            let known = relations.requesters(&name.text)?;
            named.extend(known.into_iter().map(|one| relations.requester(one).name.to_string()));
        }
        let filters: Vec<Filter> = who.into_iter().chain(&self.deed.filter).cloned().collect();
        let filter = (!filters.is_empty()).then_some(Filter::All(filters));
        if repositories.iter().any(|name| name.contains('*')) {
            // On all cores, rather than one account after the other.
            relations.derive_all();
        }
        let rows = relations.who_can_any(&actions, &repositories, self.scope)?.rows;
        let unknown = relations.unknown(&actions, &repositories, self.scope, &rows)?;
        let left = |rows: Vec<Row>| -> Result<Vec<Row>, Unasked> {
            let others = rows.into_iter().filter(|row| !named.contains(&row.principal)).collect();
            chosen(relations, filter.clone(), others, self.scope)
        };
        let mut found = Found { missing: unknown.anybody, ..Found::default() };
        if filter.as_ref().is_some_and(asks_for_organization) {
            let gaps = relations.inventory().gaps.values().filter(|gap| gap.kind == GapKind::Organization);
            found.missing.extend(gaps.map(|gap| gap.message.clone()));
        }
        for row in left(unknown.rows)? {
            found.missing.extend(relations.could_allow(&row));
        }
        found.extend(left(rows)?);
        Ok(found)
    }

    /// Each of these can.
    fn able(&self, principals: &[Named], sometimes: bool) -> Result<Found, Unasked> {
        let mut found = Found::default();
        for row in self.cells(principals)? {
            let is_able = row.verdict == Verdict::Allowed || sometimes && row.verdict == Verdict::Conditional;
            let missing = if is_able { row.incomplete.clone() } else { self.relations.could_allow(&row) };
            if is_able || !missing.is_empty() {
                found.missing.extend(missing);
            } else {
                found.against.push(row);
            }
        }
        Ok(found)
    }

    /// None of these can.
    fn unable(&self, principals: &[Named]) -> Result<Found, Unasked> {
        let mut found = Found::default();
        let (able, denied): (Vec<Row>, Vec<Row>) =
            self.cells(principals)?.into_iter().partition(|row| row.verdict.is_possible());
        found.extend(able);
        found.missing.extend(denied.iter().flat_map(|row| self.relations.could_allow(row)));
        Ok(found)
    }

    fn cells(&self, principals: &[Named]) -> Result<Vec<Row>, Unasked> {
        let (actions, repositories) = (texts(&self.deed.actions), texts(&self.deed.repositories));
        let mut rows = Vec::new();
        for principal in principals {
            rows.extend(self.relations.can_any(&principal.text, &actions, &repositories, self.scope)?.rows);
        }
        chosen(self.relations, self.deed.filter.clone(), rows, self.scope)
    }

    /// Where in the sentence a name stands that means nothing.
    fn placed(&self, error: &Unasked) -> QuestionError {
        let wanted = match error {
            Unasked::Ask(AskError::Unknown { name, .. } | AskError::Ambiguous { name, .. }) => Some(name),
            Unasked::Ask(AskError::Nowhere { action } | AskError::NotOn { action, .. }) => Some(action),
            _ => None,
        };
        let names = self.sentence.principals().iter().chain(&self.deed.actions).chain(&self.deed.repositories);
        let found = names.into_iter().find(|named| Some(&named.text) == wanted).map(|named| named.span.clone());
        QuestionError { message: error.to_string(), span: found.unwrap_or(0..0), hint: error.hint() }
    }
}

impl Found {
    /// Rows against a sentence; those that are none without what is missing are no counterexamples.
    fn extend(&mut self, rows: Vec<Row>) {
        for row in rows {
            if row.supposed.is_empty() { self.against.push(row) } else { self.missing.extend(row.supposed) }
        }
    }
}

fn texts(names: &[Named]) -> Vec<String> {
    names.iter().map(|name| name.text.clone()).collect()
}

/// The rows that fit a condition.
fn chosen(
    relations: &Relations<'_>,
    filter: Option<Filter>,
    rows: Vec<Row>,
    scope: Scope,
) -> Result<Vec<Row>, Unasked> {
    let tail = Tail { filter, ..Tail::default() };
    let narrowing = Narrowing::new(&tail, &Sets::new(), &mut |question| members(relations, question, scope))?;
    Ok(match narrowing.apply(rows, relations) {
        Narrowed::Rows(rows, _) => rows,
        Narrowed::Groups(_) | Narrowed::Count(_) => Vec::new(),
    })
}

/// Those whom a question in a condition finds.
fn members(relations: &Relations<'_>, question: &Question, scope: Scope) -> Result<Members, Unasked> {
    let (side, tail) = match question {
        Question::WhoCan { tail, .. } => (Side::Principal, tail),
        Question::WhatCan { tail, .. } | Question::Which { tail, .. } => (Side::Repository, tail),
        _ => return Err(Unasked::List),
    };
    let rows = relations.rows_of(question, scope)?.unwrap_or_default().rows;
    let rows = chosen(relations, tail.filter.clone(), rows, scope)?.into_iter();
    let able = rows.filter(|row| row.verdict.is_possible());
    let names = able.map(|row| if side == Side::Principal { row.principal } else { row.resource }).collect();
    Ok(Members { side, names })
}

/// Whether a condition is about organizations, which somebody may be in whom the input does not place.
fn asks_for_organization(filter: &Filter) -> bool {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().any(asks_for_organization),
        Filter::Not(part) => asks_for_organization(part),
        Filter::Compares(field, ..) => matches!(field.attribute, Attribute::Organization | Attribute::Unit),
        Filter::Outside => true,
        Filter::In(..) | Filter::Public => false,
    }
}

/// What is wrong with a question in Datalog, or with a rule that it uses.
fn told(error: &QueryError, text: &str) -> QuestionError {
    match error {
        QueryError::Text(error) if *error.text == *text => error.error.clone(),
        error => {
            let hint = error.hint().map(str::to_owned);
            QuestionError { message: error.to_string(), span: 0..2.min(text.len()), hint }
        }
    }
}

/// Whether a question can only find more, where more is allowed: nothing in it is absent, counted, or of a verdict
/// that more permissions take away. What cannot be seen at the text is taken as not so.
fn grows_only(text: &str) -> bool {
    let mut words = text.split(|char: char| !char.is_ascii_alphanumeric() && !matches!(char, '_' | '-'));
    let mut before = "";
    let is_shrinking = words.any(|word| {
        let is_negated = std::mem::replace(&mut before, word) == "not";
        let held = RELATIONS.iter().any(|relation| relation.name == word && !relation.is_derived);
        (is_negated && !word.is_empty() && !held) || matches!(word, "count" | "conditional")
    });
    !is_shrinking && !text.contains("!=")
}

/// Who, what and where the first row of a table is about, if it tells: the action may stand in the question.
fn cell(table: &Table, text: &str) -> Option<(String, String, String)> {
    let row = table.rows.first()?;
    let of = |wanted: &[Type]| {
        let at = table.columns.iter().position(|column| wanted.contains(&column.of))?;
        match &row[at] {
            Field::Name(name) => Some(name.clone()),
            Field::Number(_) => None,
        }
    };
    let mut words = text.split(|char: char| !char.is_ascii_alphanumeric());
    let in_text = || words.find_map(Capability::parse).map(|capability| capability.to_string());
    let action = of(&[Type::Capability, Type::Action]).or_else(in_text)?;
    Some((of(&[Type::Principal])?, action, of(&[Type::Repository])?))
}
