//! A report as alerts: findings, and what saved queries find. Numbers and the matrix are none.

use super::alert::{Alert, Alerts, Files, Named, Place, Rule, fingerprint};
use super::document::{Asked, Document, Rows, Section};
use super::finding_alerts;
use super::fold::short;
use super::proof::headline_of;
use crate::policy::Sources;
use crate::query::Row;
use crate::query::datalog::{Field, Heading, Type};

/// The alerts; `sources` are the files that statements are cited from.
#[must_use]
pub fn document_alerts(document: &Document, sources: &Sources) -> Alerts {
    let files = Files::of(sources);
    let mut all = Alerts::default();
    for section in &document.sections {
        match section {
            Section::Findings(parted) => {
                let Alerts { rules, alerts } = finding_alerts(parted);
                all.rules.extend(rules);
                all.alerts.extend(alerts);
            }
            Section::Query(asked) => {
                let rule = rule(asked);
                if !all.rules.iter().any(|known| known.id == rule.id) {
                    all.rules.push(rule);
                }
                all.alerts.extend(of_query(asked, &files));
            }
            Section::Summary(_) | Section::Matrix(_) => {}
        }
    }
    all
}

fn rule(asked: &Asked) -> Rule {
    let query = &asked.query;
    Rule {
        id: query.name.clone(),
        title: query.title.clone(),
        severity: query.severity,
        help: format!("{}\n\n{}\n\n```text\n{}\n```", query.meaning, query.advice, query.question),
        group: "queries".to_owned(),
    }
}

/// An alert a row.
fn of_query(asked: &Asked, files: &Files<'_>) -> Vec<Alert> {
    let alert = |text: String, places: Vec<Place>, names: Vec<Named>, key: &[&str]| {
        let key: Vec<&str> = std::iter::once(asked.query.name.as_str()).chain(key.iter().copied()).collect();
        Alert {
            rule: asked.query.name.clone(),
            level: asked.query.severity.into(),
            message: format!("{}: {text}", asked.query.title),
            details: String::new(),
            places,
            names,
            fix: None,
            fingerprint: fingerprint(&key),
            suppression: None,
        }
    };
    match &asked.rows {
        Rows::Answer(answer) => {
            let of_row = |row: &Row| {
                let named = [("principal", &row.principal), ("repository", &row.resource)];
                let named = named.map(|(kind, name)| Named { kind: kind.to_owned(), name: name.clone() });
                let key = [&*row.principal, &*row.action, &*row.resource, row.verdict.as_str()];
                alert(headline_of(short(&row.principal), row), places(row, files), named.to_vec(), &key)
            };
            answer.rows.iter().map(of_row).collect()
        }
        Rows::Table(table) => {
            let of_row = |row: &Vec<Field>| {
                let texts: Vec<String> = row.iter().map(text).collect();
                let pairs = table.columns.iter().zip(&texts);
                let told = pairs.clone().map(|(heading, text)| format!("{} = {}", heading.name, short(text)));
                let names = pairs.clone().filter_map(|(heading, text)| named(heading, text));
                let key: Vec<&str> = texts.iter().map(String::as_str).collect();
                alert(told.collect::<Vec<_>>().join(", "), Vec::new(), names.collect(), &key)
            };
            table.rows.iter().map(of_row).collect()
        }
        Rows::Sheet(sheet, _) => {
            let of_row = |row: &Vec<super::Value>| {
                let texts: Vec<String> = row.iter().map(super::Value::text).collect();
                let pairs = sheet.columns.iter().zip(&texts).filter(|(_, text)| !text.is_empty());
                let told = pairs.map(|(column, text)| format!("{column} = {}", short(text)));
                let key: Vec<&str> = texts.iter().map(String::as_str).collect();
                alert(told.collect::<Vec<_>>().join(", "), Vec::new(), Vec::new(), &key)
            };
            sheet.rows.iter().map(of_row).collect()
        }
    }
}

/// The statements that grant what a row tells, each once.
fn places(row: &Row, files: &Files<'_>) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let cited = row.routes.iter().flat_map(|route| &route.statements);
    for place in cited.filter_map(|citation| files.cited(citation)) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

fn text(field: &Field) -> String {
    match field {
        Field::Number(number) => number.to_string(),
        Field::Name(name) => name.clone(),
    }
}

/// What a value of a table names, if it names something that is there.
fn named(heading: &Heading, text: &str) -> Option<Named> {
    let is_name = matches!(
        heading.of,
        Type::Principal
            | Type::Repository
            | Type::Account
            | Type::Group
            | Type::Policy
            | Type::Statement
            | Type::Unit
            | Type::Organization
    );
    is_name.then(|| Named { kind: heading.of.as_str().to_owned(), name: text.to_owned() })
}
