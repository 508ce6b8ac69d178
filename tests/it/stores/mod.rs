//! Stores, read by the programs that they are made for: SQLite's own shell, and DuckDB.

mod page;
mod parquet;
mod sqlite;
mod whole;

use std::collections::BTreeSet;
use std::path::Path;

use grantlog::query::{Grain, Scope, Verdict};
use grantlog::store::{Contents, Store, StoreError, write};
use grantlog::{Inventory, Relations};
use grantlog_generator::{Shape, files};

const BOTH: [Grain; 2] = [Grain::Capabilities, Grain::Actions];

/// Writes a store of everything.
fn stored(store: &dyn Store, relations: &Relations<'_>, direct: bool, path: &Path) -> Result<(), StoreError> {
    let inputs = ["exports".to_owned()];
    let contents = Contents { relations, inputs: &inputs, direct, grains: &BOTH, progress: &|_, _| {} };
    write(store, &contents, path)
}

/// A small organization of the generator, with faults.
fn generated(seed: u64) -> Inventory {
    let shape = Shape {
        principals: 60,
        principals_per_account: 20,
        repositories_per_account: 4,
        faults: true,
        seed,
        ..Shape::default()
    };
    Inventory::from_files(files(&shape))
}

/// Who holds what on what: resource, action, principal, verdict, verdict by its own permissions, condition.
type Rows = BTreeSet<[String; 6]>;

/// All that `who-can` lists on all repositories, of capabilities and of some actions.
fn who_can(relations: &Relations<'_>, direct: bool) -> Rows {
    let all = ["pull", "push", "describe", "delete", "tag", "administer"];
    let actions = ["PutImage", "BatchDeleteImage", "SetRepositoryPolicy", "DescribeImages"];
    let mut rows = Rows::new();
    for repository in relations.inventory().repositories.values() {
        let service = if repository.arn.as_str().contains(":ecr-public:") { "ecr-public" } else { "ecr" };
        let actions = actions.map(|action| format!("{service}:{action}"));
        for action in all.map(str::to_owned).into_iter().chain(actions) {
            let scope = Scope { direct, ..Scope::default() };
            let answer = relations.who_can(&action, repository.arn.as_str(), scope).expect("the names are known");
            rows.extend(answer.rows.into_iter().map(|row| {
                let own = row.routes.iter().find(|route| route.through.is_empty());
                let own = own.map_or("", |route| route.verdict.as_str());
                let condition = if row.verdict == Verdict::Conditional { row.residual } else { None };
                let verdict = row.verdict.as_str().to_owned();
                [
                    row.resource,
                    row.action,
                    row.principal,
                    verdict,
                    own.to_owned(),
                    asked(&condition.unwrap_or_default()),
                ]
            }));
        }
    }
    rows
}

/// What a condition asks for, each once: a longer way that asks for the same as a shorter one is told by some.
fn asked(condition: &str) -> String {
    let without_role = |part: &str| part.split(" (to become ").next().unwrap_or_default().to_owned();
    let parts = |way: &str| way.split("; then ").map(without_role).collect::<BTreeSet<_>>();
    let ways: BTreeSet<BTreeSet<String>> = condition.split(", or ").map(parts).collect();
    let ways = ways.into_iter().map(|parts| parts.into_iter().collect::<Vec<_>>().join("; then "));
    ways.collect::<Vec<_>>().join(", or ")
}

/// Those of a store's rows that `who_can` tells.
fn compared(rows: Rows, told: &Rows) -> Rows {
    let actions: BTreeSet<&str> = told.iter().map(|row| row[1].as_str()).collect();
    let rows = rows.into_iter().filter(|row| actions.contains(row[1].as_str()));
    rows.map(|[resource, action, principal, verdict, own, condition]| {
        [resource, action, principal, verdict, own, asked(&condition)]
    })
    .collect()
}

/// Says where two sets of rows differ.
fn assert_same(found: &Rows, expected: &Rows, of: &str) {
    let more: Vec<_> = found.difference(expected).take(5).collect();
    let less: Vec<_> = expected.difference(found).take(5).collect();
    assert!(more.is_empty() && less.is_empty(), "{of}\nonly in the store: {more:#?}\nonly told: {less:#?}");
}
