//! Questions asked, and answers as values: names in rows.

use super::check::check;
use super::evaluate::evaluate;
use super::limits::{Limits, Meter, QueryError};
use super::order::Sizes;
use super::plan::plan;
use super::program::{Rules, TextError};
use super::syntax::Term;
use super::value::Type;
use super::world::World;
use crate::engine::Relations;

/// The answer to a question: rows in order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The variables of the question, in the order in which they stand there.
    pub columns: Vec<Heading>,
    /// A value for each variable; a question without variables has one row without values if it holds, or none.
    pub rows: Vec<Vec<Field>>,
    /// Remarks that belong to the whole.
    pub notes: Vec<String>,
}

impl Table {
    /// Whether what the input lacks may change it.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        // Nothing else is remarked of an answer.
        !self.notes.is_empty()
    }
}

/// A variable of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub of: Type,
}

/// A value of an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// A number.
    Number(u32),
    /// The name of anything else.
    Name(String),
}

impl Relations<'_> {
    /// Answers a question, which may have rules of its own before it.
    ///
    /// # Errors
    /// [`QueryError`] where the text is wrong, a name means nothing, or the answer is too much.
    pub fn query(&self, rules: &Rules, question: &str, limits: Limits) -> Result<Table, QueryError> {
        let (rules, question) = rules.and(question)?;
        let question = question.ok_or(QueryError::NoQuestion)?;
        let rules = rules.with_reach();
        let checked = check(&rules, Some(&question))?;
        let asked = checked.question.ok_or(QueryError::NoQuestion)?;
        let world = World::new(self, Meter::new(limits, self.options().interrupt.clone()));
        let wanted = checked.used_by(asked);
        let mut constants = Vec::with_capacity(checked.constants.len());
        for constant in &checked.constants {
            // A name that only another question asks for may mean nothing here.
            let one = if wanted.contains(&constant.clause) { world.constant(constant) } else { Ok(0) };
            let stated = rules.get(constant.clause).copied().unwrap_or(&question);
            constants.push(one.map_err(|error| stated.wrong(error))?);
        }
        let (contexts, root) = plan(&checked, &constants, &Sizes::of(&world), asked);
        let found = evaluate(&world, &contexts, root)?;
        let names = question.clause.head.terms.iter().filter_map(Term::variable);
        let types = &checked.predicates[asked].types;
        let columns: Vec<Heading> =
            names.zip(types).map(|(name, &of)| Heading { name: name.text.clone(), of }).collect();
        let field = |(&one, &of): (&u32, &Type)| match of {
            Type::Number => Field::Number(one),
            _ => Field::Name(world.name(of, one)),
        };
        let mut rows: Vec<Vec<Field>> = found.iter().map(|row| row.iter().zip(types).map(field).collect()).collect();
        rows.sort_unstable();
        rows.dedup();
        let gaps = self.inventory().gaps.len();
        let notes = (gaps > 0 && checked.reads_derived(asked)).then(|| {
            let words = if gaps == 1 { "gap" } else { "gaps" };
            format!(
                "what the input refers to and does not hold may change this answer ({gaps} {words}; see `list gaps`)"
            )
        });
        Ok(Table { columns, rows, notes: notes.into_iter().collect() })
    }

    /// The rules that can be read here, and what is wrong with the others: a name that nothing has, or a relation
    /// whose own rules cannot be read.
    #[must_use]
    pub fn readable(&self, rules: &Rules) -> (Rules, Vec<TextError>) {
        let (mut left, mut wrong) = (rules.clone(), Vec::new());
        while let Some(error) = self.first_wrong(&left) {
            left.forget(&error);
            wrong.push(error);
        }
        (left, wrong)
    }

    fn first_wrong(&self, rules: &Rules) -> Option<TextError> {
        let stated = rules.with_reach();
        let checked = match check(&stated, None) {
            Ok(checked) => checked,
            Err(error) => return Some(error),
        };
        let world = World::new(self, Meter::new(Limits::default(), self.options().interrupt.clone()));
        checked.constants.iter().find_map(|constant| {
            let error = world.constant(constant).err()?;
            stated.get(constant.clause).map(|one| one.wrong(error))
        })
    }
}
