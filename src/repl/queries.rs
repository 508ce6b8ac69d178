//! Saved queries: listed, shown and run.

use std::io::Write;

use super::desk::{Answered, Desk, DeskError};
use crate::query::datalog::{Limits, Rules};
use crate::query::saved::SavedQuery;
use crate::query::{Listing, Question, Subject, Tail};
use crate::report::{Rows, Sheet, terminal};

impl Desk<'_> {
    /// What a query finds with these values for its parameters, as a tail leaves it.
    ///
    /// # Errors
    /// [`DeskError`] when there is no such query, a value fits no parameter, or a name means nothing.
    pub(crate) fn rows_of_query(&self, name: &str, values: &[(String, String)], cut: &Tail) -> Result<Rows, DeskError> {
        let mut question = self.queries().get(name)?.question(values)?;
        match &mut question {
            Question::Datalog(text) => {
                // What the session defines bears on no saved query.
                let table = self.relations().query(&Rules::new(), text, Limits::default())?;
                return self.table_left(table, cut);
            }
            Question::WhoCan { tail, .. }
            | Question::WhatCan { tail, .. }
            | Question::Which { tail, .. }
            | Question::Can(_, tail)
            | Question::List(_, tail)
                if !cut.is_empty() =>
            {
                if tail.counts() {
                    let table = self.counted(&question)?;
                    return self.table_left(table, cut);
                }
                tail.go_on(cut);
            }
            _ => {}
        }
        Ok(self.rows(&question)?.unwrap_or_default())
    }

    /// Shows what a query means and asks.
    pub(super) fn show_query(&self, name: &str, out: &mut dyn Write) -> Result<Answered, DeskError> {
        let SavedQuery { name, title, severity, meaning, advice, parameters, question } = self.queries().get(name)?;
        let told: Vec<String> = parameters.iter().map(ToString::to_string).collect();
        let told = if told.is_empty() { String::new() } else { format!("parameters: {}\n\n", told.join(", ")) };
        let severity = severity.as_str();
        let text = format!("{name} ({severity})\n{title}\n\n{meaning}\n\n{advice}\n\n{told}{question}\n");
        write!(out, "{}", terminal::clean_lines(&text))?;
        Ok(Answered::default())
    }

    pub(super) fn queries_listed(&self) -> (Sheet, Vec<Subject>) {
        let mut sheet = Sheet::new("queries", Listing::Queries.columns());
        for query in self.queries().by_severity() {
            let parameters: Vec<String> = query.parameters.iter().map(ToString::to_string).collect();
            sheet.rows.push(vec![
                query.name.as_str().into(),
                query.title.as_str().into(),
                query.severity.as_str().into(),
                parameters.into(),
            ]);
        }
        let subjects = vec![Subject::Other; sheet.rows.len()];
        (sheet, subjects)
    }
}
