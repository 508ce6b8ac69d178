//! A table without a form: what every renderer can render.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;

use super::fold::short;
use crate::query::datalog::{Field, Table};
use crate::query::{Answer, Citation, Route, Row};

/// One value of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A text.
    Text(String),
    /// A count.
    Number(usize),
    /// Nothing is known.
    Null,
    /// Several texts.
    List(Vec<String>),
}

impl Value {
    /// The value as one line of text.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Null => String::new(),
            Self::List(texts) => texts.join("; "),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(claim: bool) -> Self {
        Self::from(if claim { "yes" } else { "no" })
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Self::List(texts)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Rows of values under named columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// What is listed, in the plural: `accounts`.
    pub title: String,
    /// The columns' names, which are also the keys in JSON.
    pub columns: Vec<Cow<'static, str>>,
    /// The rows, as long as `columns` each.
    pub rows: Vec<Vec<Value>>,
}

impl Sheet {
    /// A sheet without rows.
    #[must_use]
    pub fn new(title: &str, columns: &[&'static str]) -> Self {
        Self {
            title: title.to_owned(),
            columns: columns.iter().copied().map(Cow::Borrowed).collect(),
            rows: Vec::new(),
        }
    }

    /// An answer, a row each, with every field flattened to text.
    #[must_use]
    pub fn of_answer(answer: &Answer) -> Self {
        let columns = [
            "principal",
            "kind",
            "account",
            "action",
            "resource",
            "verdict",
            "residual",
            "routes",
            "statements",
            "incomplete",
            "doubts",
        ];
        let mut sheet = Self::new("answers", &columns);
        sheet.rows = answer.rows.iter().map(flat).collect();
        sheet
    }
}

impl From<&Table> for Sheet {
    /// A column a variable; what has none says whether it holds.
    fn from(table: &Table) -> Self {
        let mut sheet = Self::new("answers", &[]);
        if table.columns.is_empty() {
            sheet.columns.push("holds".into());
            sheet.rows.push(vec![(!table.rows.is_empty()).into()]);
            return sheet;
        }
        sheet.columns.extend(table.columns.iter().map(|heading| Cow::Owned(heading.name.clone())));
        let value = |field: &Field| match field {
            Field::Number(number) => Value::Number(*number as usize),
            Field::Name(name) => name.clone().into(),
        };
        sheet.rows.extend(table.rows.iter().map(|row| row.iter().map(value).collect()));
        sheet
    }
}

fn flat(row: &Row) -> Vec<Value> {
    let mut places: Vec<String> = row.routes.iter().flat_map(|route| &route.statements).map(place).collect();
    places.sort();
    places.dedup();
    vec![
        row.principal.clone().into(),
        row.kind.into(),
        row.account.clone().into(),
        row.action.clone().into(),
        row.resource.clone().into(),
        row.verdict.as_str().into(),
        row.residual.clone().into(),
        row.routes.iter().map(way).collect::<Vec<_>>().into(),
        places.into(),
        row.incomplete.clone().into(),
        row.doubts.clone().into(),
    ]
}

/// A way in words: `directly`, or `via role/a, role/b`.
#[must_use]
pub fn way(route: &Route) -> String {
    if route.through.is_empty() {
        return "directly".to_owned();
    }
    let roles: Vec<&str> = route.through.iter().map(|role| short(role)).collect();
    format!("via {}", roles.join(", "))
}

/// Where a statement stands: `file:line (Sid)`.
#[must_use]
pub fn place(citation: &Citation) -> String {
    let mut place = format!("{}:{}", citation.file, citation.line);
    if let Some(sid) = &citation.sid {
        let _ = write!(place, " ({sid})");
    }
    place
}
