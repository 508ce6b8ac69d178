//! Questions in Datalog: what texts mean, how wrong ones are told, and that plans change no answer.

mod cases;
mod naive;
mod programs;
mod wrong;

pub(crate) use programs::compare;

use grantlog::inventory::Inventory;
use grantlog::query::datalog::{Field, Limits, QueryError, Rules, Table};
use grantlog::{Options, Relations, derive};

/// The rows of an answer as texts, in their order.
pub(crate) fn rows(table: &Table) -> Vec<Vec<String>> {
    let text = |field: &Field| match field {
        Field::Number(number) => number.to_string(),
        Field::Name(name) => name.clone(),
    };
    table.rows.iter().map(|row| row.iter().map(text).collect()).collect()
}

/// The rows of the answer to a text that is right.
pub(crate) fn ask(relations: &Relations<'_>, text: &str) -> Vec<Vec<String>> {
    match relations.query(&Rules::new(), text, Limits::default()) {
        Ok(table) => rows(&table),
        Err(QueryError::Text(error)) => panic!("{}", error.picture()),
        Err(error) => panic!("{text}: {error}"),
    }
}

/// A name between quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Does something with the sample organization.
fn with_sample<T>(act: impl FnOnce(&Relations<'_>) -> T) -> T {
    let inventory = Inventory::sample();
    act(&derive(&inventory, Options::default()))
}
