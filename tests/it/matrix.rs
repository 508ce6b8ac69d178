//! The matrix against the questions that are asked one by one: what stands in a cell is what `who-can` says.

use std::collections::{BTreeMap, BTreeSet};

use grantlog::catalog::{Capability, ResourceKind};
use grantlog::inventory::Inventory;
use grantlog::query::{Frame, Matrix, MatrixCell, Row, Scope, Verdict};
use grantlog::{Options, Relations, derive};

use crate::sample::expectations;

/// A principal, a capability, a resource.
type Cell = (String, String, String);

/// A matrix as it was asked for.
fn matrix(relations: &Relations<'_>, frame: &Frame) -> Result<Matrix, String> {
    relations.matrix(frame, &|_, _| {}).map_err(|error| error.to_string())
}

/// The cells by name.
fn cells(matrix: &Matrix) -> Result<BTreeMap<Cell, &MatrixCell>, String> {
    let mut found = BTreeMap::new();
    for cell in &matrix.cells {
        for principal in &matrix.principals[cell.party].names {
            for resource in &matrix.repositories[cell.column].names {
                let name = (principal.clone(), cell.capability.to_string(), resource.clone());
                if let Some(other) = found.insert(name.clone(), cell) {
                    return Err(format!("{name:?} is told twice: {cell:?}, {other:?}"));
                }
            }
        }
    }
    Ok(found)
}

/// The rows of all answers.
fn answers(relations: &Relations<'_>, scope: Scope) -> BTreeMap<Cell, Row> {
    let words = Capability::ALL.map(Capability::as_str);
    let answers = words.iter().filter_map(|word| relations.who_can(word, "*", scope).ok());
    let rows = answers.flat_map(|answer| answer.rows);
    rows.map(|row| ((row.principal.clone(), row.action.clone(), row.resource.clone()), row)).collect()
}

/// Compares every cell with what is answered; how many, or the first that differs.
pub(crate) fn agrees(relations: &Relations<'_>) -> Result<usize, String> {
    let mut compared = 0;
    let own = answers(relations, Scope { direct: true, all: false });
    for direct in [false, true] {
        let matrix = matrix(relations, &Frame { direct, ..Frame::default() })?;
        is_folded(&matrix)?;
        let mut told = cells(&matrix)?;
        let columns = matrix.repositories.iter();
        let public: BTreeSet<&String> = columns.filter(|one| one.is_public).flat_map(|one| &one.names).collect();
        for (name, row) in answers(relations, Scope { direct, all: false }) {
            let found = told.remove(&name);
            // R7: whoever it is can, and no cell says so.
            if name.1 == "pull" && public.contains(&name.2) {
                if found.is_some() || row.verdict != Verdict::Allowed {
                    return Err(format!("{name:?} is public: {row:?}, {found:?}"));
                }
                continue;
            }
            compared += 1;
            let by_itself = own.get(&name).map(|row| row.verdict).filter(|verdict| verdict.is_possible());
            let is_fit = match found {
                Some(cell) => {
                    let is_asked = cell.verdict == Verdict::Conditional;
                    cell.verdict == row.verdict
                        && cell.own == by_itself
                        && cell.condition.is_some() == is_asked
                        && row.residual.is_some() == is_asked
                }
                None => false,
            };
            if !is_fit {
                return Err(format!("{name:?}: who-can says {row:?}, the matrix {found:?}, by itself {by_itself:?}"));
            }
        }
        if let Some(extra) = told.first_key_value() {
            return Err(format!("{extra:?} is no answer"));
        }
    }
    Ok(compared)
}

/// Rows that are alike are one, and so are columns.
fn is_folded(matrix: &Matrix) -> Result<(), String> {
    let mut rows = BTreeSet::new();
    for (at, party) in matrix.principals.iter().enumerate() {
        let held: Vec<String> = matrix.row(at).map(|(column, cells)| format!("{column} {:?}", bare(cells))).collect();
        if party.names.is_empty() || held.is_empty() || !rows.insert((party.kind, party.account, held)) {
            return Err(format!("{party:?} is no row of its own"));
        }
    }
    let mut held: Vec<Vec<String>> = vec![Vec::new(); matrix.repositories.len()];
    for cell in &matrix.cells {
        held[cell.column].push(format!("{} {:?}", cell.party, bare(std::slice::from_ref(cell))));
    }
    let mut columns = BTreeSet::new();
    for (column, held) in matrix.repositories.iter().zip(held) {
        if column.names.is_empty() || !columns.insert((column.account, column.kind, column.is_public, held)) {
            return Err(format!("{column:?} is no column of its own"));
        }
    }
    Ok(())
}

/// Cells without their places.
fn bare(cells: &[MatrixCell]) -> Vec<(Capability, Verdict, Option<Verdict>, Option<&str>)> {
    cells.iter().map(|cell| (cell.capability, cell.verdict, cell.own, cell.condition.as_deref())).collect()
}

/// A part of the matrix is what is left of the whole.
pub(crate) fn parts(relations: &Relations<'_>) -> Result<usize, String> {
    let whole = matrix(relations, &Frame::default())?;
    let all = cells(&whole)?;
    let mut compared = 0;
    let principals: Vec<&String> = whole.principals.iter().flat_map(|party| &party.names).collect();
    let repositories = whole.repositories.iter().filter(|column| column.kind == ResourceKind::Repository);
    let repositories: Vec<&String> = repositories.flat_map(|column| &column.names).collect();
    let step = |count: usize| 1 + count / 4;
    for (at, principal) in principals.iter().step_by(step(principals.len())).enumerate() {
        let Some(repository) = repositories.get(at % repositories.len().max(1)) else { break };
        let capabilities = vec![Capability::ALL[at % 7], Capability::Push];
        for frame in [
            Frame { principals: vec![(*principal).clone()], ..Frame::default() },
            Frame { repositories: vec![(*repository).clone()], ..Frame::default() },
            Frame { capabilities: capabilities.clone(), ..Frame::default() },
            Frame { accounts: vec![whole.repositories[0].account.to_string()], ..Frame::default() },
            Frame { repositories: vec![(*repository).clone()], capabilities, ..Frame::default() },
        ] {
            let part = matrix(relations, &frame)?;
            is_folded(&part)?;
            let told = cells(&part)?;
            let owner = |resource: &str| {
                let of = whole.repositories.iter().find(|column| column.names.iter().any(|name| name == resource));
                of.map(|column| column.account.to_string())
            };
            let is_wanted = |(principal, capability, resource): &Cell| {
                let is_in = |names: &[String], name: &String| names.is_empty() || names.contains(name);
                is_in(&frame.principals, principal)
                    && is_in(&frame.repositories, resource)
                    && (frame.accounts.is_empty() || owner(resource).is_some_and(|of| frame.accounts.contains(&of)))
                    && (frame.capabilities.is_empty()
                        || frame.capabilities.iter().any(|one| one.as_str() == capability))
            };
            let left: BTreeSet<&Cell> = all.keys().filter(|cell| is_wanted(cell)).collect();
            if left != told.keys().collect() {
                return Err(format!("{frame:?}: {:?}, of the whole {left:?}", told.keys()));
            }
            for (name, cell) in told {
                let same =
                    all.get(&name).is_some_and(|of| bare(std::slice::from_ref(cell)) == bare(std::slice::from_ref(of)));
                if !same {
                    return Err(format!("{name:?} is otherwise in a part: {cell:?}"));
                }
                compared += 1;
            }
        }
    }
    Ok(compared)
}

#[test]
fn cells_of_the_sample_are_what_who_can_says() {
    let inventory = Inventory::sample();
    for strict in [false, true] {
        let relations = derive(&inventory, Options { strict, ..Options::default() });
        let compared = agrees(&relations).unwrap_or_else(|error| panic!("{error}"));
        assert!(compared > 700, "{compared}");
        let compared = parts(&relations).unwrap_or_else(|error| panic!("{error}"));
        assert!(compared > 100, "{compared}");
    }
}

#[test]
fn cells_of_the_sample_are_what_was_derived_by_hand() {
    let inventory = Inventory::sample();
    let relations = derive(&inventory, Options::default());
    let matrix = matrix(&relations, &Frame::default()).expect("the sample has a matrix");
    let cells = cells(&matrix).expect("a cell is told once");
    let public = |name: &str| format!("arn:aws:ecr-public::111122223333:repository/{name}");
    let mut compared = 0;
    for line in expectations() {
        let text = |member: &str| line[member].as_str().unwrap_or_default().to_owned();
        let name = (text("principal"), text("action"), text("resource"));
        let is_public = matrix.repositories.iter().any(|column| column.is_public && column.names.contains(&name.2));
        if Capability::parse(&name.1).is_none() || (name.1 == "pull" && is_public) {
            continue;
        }
        let found = cells.get(&name);
        let verdict = found.map_or("denied", |cell| cell.verdict.as_str());
        assert_eq!(verdict, text("expect"), "{line}");
        if let (Some(cell), Some(direct)) = (found, line["direct"].as_str()) {
            assert_eq!(cell.own.map_or("denied", Verdict::as_str), direct, "{line}");
        }
        compared += 1;
    }
    assert!(compared > 80, "{compared}");
    let web = matrix.repositories.iter().find(|column| column.names.contains(&public("storefront/web")));
    assert!(web.is_some_and(|column| column.is_public));
    // Nobody holds anything there, but it is there.
    let charts = "arn:aws:ecr-public::444455556666:repository/seaboard/charts".to_owned();
    let charts = matrix.repositories.iter().position(|column| column.names.contains(&charts)).expect("it is told");
    assert!(matrix.cells.iter().all(|cell| cell.column != charts));
}

#[test]
fn names_that_mean_nothing_are_told() {
    let inventory = Inventory::sample();
    let relations = derive(&inventory, Options::default());
    for (frame, told) in [
        (Frame { accounts: vec!["111122223334".to_owned()], ..Frame::default() }, "no account is called"),
        (Frame { principals: vec!["user/nobody".to_owned()], ..Frame::default() }, "no principal is called"),
        (Frame { repositories: vec!["storefront/wob".to_owned()], ..Frame::default() }, "no repository is called"),
    ] {
        let error = matrix(&relations, &frame).expect_err("it means nothing");
        assert!(error.starts_with(told), "{error}");
    }
    let named = Frame { accounts: vec!["Harbourlight build".to_owned()], ..Frame::default() };
    let numbered = Frame { accounts: vec!["222233334444".to_owned()], ..Frame::default() };
    assert_eq!(matrix(&relations, &named), matrix(&relations, &numbered));
}
