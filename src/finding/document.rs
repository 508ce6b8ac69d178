//! What deserves a look in statements by themselves.
//!
//! Equal documents are looked at once for each kind of thing that they hang on.

use indexmap::IndexMap;

use super::clause::{Clause, is_of_interest};
use super::edit::{Mend, edit, region};
use super::found::{Found, Spot};
use super::subject::{hung_on, layer_of};
use crate::condition::Decisions;
use crate::engine::Relations;
use crate::ids::{DocumentId, Id as _, PolicyId, StatementId};
use crate::inventory::{HungOn, Inventory, Visibility};
use crate::policy::PolicyKind;
use crate::query::of_statement;
use crate::rules::finding::document::{self as rules, Site};

/// On what kind of thing a policy hangs.
fn site(inventory: &Inventory, on: HungOn<'_>) -> Site {
    match on {
        HungOn::Principal(_) | HungOn::Group(_) => Site::Identity,
        HungOn::Bounding(_) => Site::Boundary,
        HungOn::Role(_) => Site::Trust,
        HungOn::Repository(id) => match inventory.repositories[id].visibility {
            Visibility::Public => Site::PublicRepository,
            Visibility::Private => Site::PrivateRepository,
        },
        HungOn::Registry(..) => Site::Registry,
        HungOn::Target(_) => Site::Control,
    }
}

/// Whether it is written by AWS: nobody else can change it.
pub(super) fn is_of_aws(inventory: &Inventory, policy: PolicyId) -> bool {
    let policy = &inventory.policies[policy];
    policy.bundled || policy.name.split(':').nth(4) == Some("aws")
}

/// The findings about statements by themselves.
pub(super) fn findings(relations: &Relations<'_>) -> Vec<Found> {
    let inventory = relations.inventory();
    let mut hanging: IndexMap<(DocumentId, PolicyKind, Site), Vec<(PolicyId, HungOn<'_>)>> = IndexMap::new();
    // What hangs on nothing is of no effect, and no concern; what AWS wrote nobody can mend.
    inventory.each_hung(|policy, on| {
        if !is_of_aws(inventory, policy) {
            let own = &inventory.policies[policy];
            hanging.entry((own.document, own.kind, site(inventory, on))).or_default().push((policy, on));
        }
    });
    let mut clauses = Vec::new();
    for (&(document, _, site), hung) in &hanging {
        let document = &*inventory.documents[document];
        let each = document.statements.iter().enumerate().filter(|(_, statement)| is_of_interest(statement));
        clauses.extend(each.map(|(number, statement)| (number, Clause { document, statement, site, hung })));
    }
    let decisions = Decisions::new(false);
    let found = rules::run(|program| {
        for (number, (_, clause)) in clauses.iter().enumerate() {
            clause.feed(StatementId::new(number), relations, &decisions, program);
        }
    });
    let tell = |(finding, statement, part): (super::Finding, StatementId, _)| {
        let (number, clause) = &clauses[statement.index()];
        let told = clause.told(finding, part);
        let mut by_policy: IndexMap<PolicyId, Vec<String>> = IndexMap::new();
        for &(policy, on) in clause.hung {
            by_policy.entry(policy).or_default().push(hung_on(inventory, on));
        }
        // Of a document with one statement nothing would be left.
        let is_lone = told.mend == Mend::Remove && told.span == clause.statement.span;
        let mend = if is_lone && clause.document.statements.len() == 1 { &Mend::Nothing } else { &told.mend };
        let spots = by_policy.into_iter().map(|(policy, hung_on)| {
            let place = inventory.place_of(policy, *number);
            let statement = of_statement(relations, policy, *number, layer_of(inventory, policy, clause.site));
            let (file, region) = region(&inventory.sources, place, told.span);
            let edit = edit(&inventory.sources, place, told.span, mend);
            Spot { file, region, statement: Some(statement), hung_on, edit }
        });
        let mut spots: Vec<Spot> = spots.collect();
        spots.sort_unstable();
        Found { hint: told.hint, spots, ..Found::new(finding, told.message) }
    };
    found.into_iter().map(tell).collect()
}
