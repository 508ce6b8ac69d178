//! A report as a value: sections about one input, which every form of a report is written from.
//!
//! It holds names and places, no ids; it is complete in itself, and tells of no clock, so that two runs make the
//! same. Who makes it has asked everything already.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Sheet;
use crate::condition::documented;
use crate::finding::Parted;
use crate::inventory::Inventory;
use crate::policy::Severity;
use crate::query::datalog::{Heading, Table, Type};
use crate::query::saved::SavedQuery;
use crate::query::{Answer, Matrix, Summary};

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub about: About,
    /// What it tells, in the order in which it is told.
    pub sections: Vec<Section>,
    /// The saved queries that were asked and found nothing, by name; they have no section.
    pub silent: Vec<String>,
}

/// What a report is about: the input, and how it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct About {
    /// The version of the program.
    pub version: &'static str,
    /// The files and folders that were read, as they were named; none for the sample.
    pub inputs: Vec<String>,
    /// How many files were read.
    pub files: usize,
    /// How many accounts there are.
    pub accounts: usize,
    /// How many users and roles there are.
    pub principals: usize,
    /// How many repositories there are.
    pub repositories: usize,
    /// How many things the input refers to and does not hold.
    pub gaps: usize,
    /// How many errors there are in what was read.
    pub errors: usize,
    /// Whether doubt makes a verdict conditional.
    pub strict: bool,
    /// Whether what comes through roles is left out.
    pub direct: bool,
    /// What is known of requests: values by key; none says that the key is absent.
    pub context: BTreeMap<String, Vec<String>>,
}

/// A part of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Section {
    /// How many hold what, account by account.
    Summary(Summary),
    /// What deserves a look.
    Findings(Parted),
    /// A saved query with what it finds.
    Query(Box<Asked>),
    /// Who holds which capabilities on what.
    Matrix(Matrix),
}

/// A saved query that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The query.
    pub query: SavedQuery,
    /// What its parameters were told to be; those that are not told are what they are by default.
    pub values: Vec<(String, String)>,
    /// What it finds.
    pub rows: Rows,
}

/// What a question finds, by the kind of question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Who can do what: principals, what they do, on what, with ways and statements.
    Answer(Answer),
    /// What is found in Datalog: columns with their types.
    Table(Table),
    /// What is listed or counted, and what is to be said of it.
    Sheet(Sheet, Vec<String>),
}

impl Document {
    /// Which queries found nothing, in a sentence.
    #[must_use]
    pub fn quiet(&self) -> Option<String> {
        let (count, names) = (self.silent.len(), self.silent.join(", "));
        match count {
            0 => None,
            1 => Some(format!("1 saved query finds nothing: {names}")),
            _ => Some(format!("{count} saved queries find nothing: {names}")),
        }
    }

    /// What is to be said of its sections.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        self.sections.iter().flat_map(Section::notes)
    }
}

impl About {
    /// What is to be said of an inventory; how it was read is for the reader to say.
    #[must_use]
    pub fn of(inventory: &Inventory) -> Self {
        let is_error = |severity: Severity| severity == Severity::Error;
        Self {
            version: env!("CARGO_PKG_VERSION"),
            files: inventory.sources.iter().len(),
            accounts: inventory.accounts.len(),
            principals: inventory.principals.len(),
            repositories: inventory.repositories.len(),
            gaps: inventory.gaps.len(),
            errors: inventory.diagnostics.iter().filter(|one| is_error(one.severity)).count(),
            ..Self::default()
        }
    }
}

impl About {
    /// The same in sentences.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let counted = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let of = if self.inputs.is_empty() { "the sample organization".to_owned() } else { self.inputs.join(", ") };
        let mut told = vec![format!(
            "{of}: {}, {}, {}, from {}; grantlog {}",
            counted(self.accounts, "account", "accounts"),
            counted(self.principals, "user or role", "users and roles"),
            counted(self.repositories, "repository", "repositories"),
            counted(self.files, "file", "files"),
            self.version,
        )];
        if self.errors > 0 {
            told.push(format!(
                "{} in the input: what AWS would reject is left out",
                counted(self.errors, "error", "errors")
            ));
        }
        if self.gaps > 0 {
            let gaps = counted(self.gaps, "thing", "things");
            told.push(format!("the input refers to {gaps} that it does not hold, which may change what is told here"));
        }
        if self.strict {
            told.push("doubt about AWS's rules, and what the input lacks, makes a verdict conditional".to_owned());
        }
        if self.direct {
            told.push("what comes through roles is left out".to_owned());
        }
        if !self.context.is_empty() {
            let key = |(key, values): (&String, &Vec<String>)| match values.as_slice() {
                [] => format!("no {}", documented(key)),
                values => format!("{}={}", documented(key), values.join(",")),
            };
            told.push(format!("in requests with {}", self.context.iter().map(key).collect::<Vec<_>>().join(" ")));
        }
        told
    }
}

impl Asked {
    /// The parameters, as they were.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, String)> {
        self.query.parameters.iter().map(|parameter| {
            let told = self.values.iter().rev().find(|(name, _)| *name == parameter.name);
            let value = told.map_or_else(|| parameter.default.to_string(), |(_, value)| value.clone());
            (parameter.name.as_str(), value)
        })
    }
}

impl Section {
    /// Its name: `summary`, `findings`, `matrix`, or that of the query.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Summary(_) => "summary",
            Self::Findings(_) => "findings",
            Self::Query(asked) => &asked.query.name,
            Self::Matrix(_) => "matrix",
        }
    }

    /// What is to be said of it as a whole.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        match self {
            Self::Summary(summary) => summary.notes.clone(),
            Self::Findings(parted) => parted.notes.clone(),
            Self::Query(asked) => asked.rows.notes().to_vec(),
            Self::Matrix(matrix) => matrix.notes(),
        }
    }

    /// What stands above it.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Summary(_) => "How many hold what",
            Self::Findings(_) => "Findings",
            Self::Query(asked) => &asked.query.title,
            Self::Matrix(_) => "Who holds what",
        }
    }
}

impl Default for Rows {
    fn default() -> Self {
        Self::Answer(Answer::default())
    }
}

impl Rows {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Answer(answer) => answer.rows.len(),
            Self::Table(table) => table.rows.len(),
            Self::Sheet(sheet, _) => sheet.rows.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is to be said of the whole.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        match self {
            Self::Answer(answer) => &answer.notes,
            Self::Table(table) => &table.notes,
            Self::Sheet(_, notes) => notes,
        }
    }

    /// A row each, with every field as a text, a number, or a list of texts.
    #[must_use]
    pub fn sheet(&self) -> Sheet {
        match self {
            Self::Answer(answer) => Sheet::of_answer(answer),
            Self::Table(table) => Sheet::from(table),
            Self::Sheet(sheet, _) => sheet.clone(),
        }
    }
    /// The same for a person, to whom a variable says less than what it holds.
    #[must_use]
    pub fn told(&self) -> Sheet {
        let mut sheet = self.sheet();
        let Self::Table(table) = self else { return sheet };
        let alike = |of: Type| table.columns.iter().filter(|heading| heading.of == of).count();
        for (shown, Heading { name, of }) in sheet.columns.iter_mut().zip(&table.columns) {
            *shown = if alike(*of) == 1 { of.as_str().into() } else { format!("{of} {name}").into() };
        }
        sheet
    }
}
