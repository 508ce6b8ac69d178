//! From an inventory to bytes.

use rayon::prelude::*;

use super::{frame, rows, texts};
use crate::inventory::world::Inventory;

pub(super) fn write(inventory: &Inventory) -> Vec<u8> {
    // Each field by its name: a new one has to be written, or to be left out with a reason.
    let Inventory {
        sources,
        documents,
        policies,
        added,
        accounts,
        organizations,
        principals,
        groups,
        repositories,
        registry_policies,
        registry_gaps,
        gaps,
        diagnostics,
        by_arn: _,            // follows from the principals
        repository_by_arn: _, // follows from the repositories
    } = inventory;
    let sources: Vec<_> = sources.iter().map(|(_, source)| source).collect();
    let (files, packed): (Vec<_>, Vec<_>) = sources.into_par_iter().map(texts::pack).unzip();
    let mut tables = Vec::new();
    rows::write(&mut tables, &files);
    rows::write(&mut tables, &documents.values().map(|document| &**document).collect::<Vec<_>>());
    rows::write(&mut tables, policies.values().as_slice());
    rows::write(&mut tables, &added.iter().collect::<Vec<_>>());
    rows::write(&mut tables, principals.values().as_slice());
    rows::write(&mut tables, groups.values().as_slice());
    rows::write(&mut tables, repositories.values().as_slice());
    rows::write(&mut tables, gaps.values().as_slice());
    rows::write(&mut tables, &accounts.values().collect::<Vec<_>>());
    rows::write(&mut tables, &organizations.values().collect::<Vec<_>>());
    rows::write(&mut tables, &registry_policies.iter().collect::<Vec<_>>());
    rows::write(&mut tables, &registry_gaps.iter().collect::<Vec<_>>());
    rows::write(&mut tables, diagnostics);
    let parts: Vec<&[u8]> = [&*tables].into_iter().chain(packed.iter().map(Vec::as_slice)).collect();
    frame::close(&parts)
}
