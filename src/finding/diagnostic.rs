//! What is wrong with the input, as findings.

use std::collections::BTreeSet;

use super::edit::part;
use super::found::{Found, Spot};
use crate::inventory::Inventory;
use crate::policy::{Position, Severity};
use crate::rules::finding::Finding;

/// What readers complained of, but for what other findings tell of the same place.
pub(super) fn findings(inventory: &Inventory, told: &[Found]) -> Vec<Found> {
    let spots = told.iter().flat_map(|one| &one.spots);
    let told: BTreeSet<(&str, Position)> = spots.map(|spot| (spot.file.as_str(), spot.region.start)).collect();
    let mut found = Vec::new();
    for diagnostic in &inventory.diagnostics {
        let finding = match diagnostic.severity {
            Severity::Error => Finding::Rejected,
            Severity::Warning => Finding::Doubtful,
            Severity::Note => continue,
        };
        let at = diagnostic.place.map(|(file, span)| part(&inventory.sources, file, span));
        let is_told = at.as_ref().is_some_and(|(file, region)| told.contains(&(file.as_str(), region.start)));
        if is_told {
            continue;
        }
        let spot = |(file, region)| Spot { file, region, statement: None, hung_on: Vec::new(), edit: None };
        let hint = diagnostic.hint.clone();
        found.push(Found {
            hint,
            spots: at.map(spot).into_iter().collect(),
            ..Found::new(finding, diagnostic.message.clone())
        });
    }
    found
}
