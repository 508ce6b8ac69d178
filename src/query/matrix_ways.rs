//! What stands behind the cells of a matrix: by which ways and statements each principal of a row holds what the cell
//! says, and who can become whom.
//!
//! Resources of a column are alike in what everybody holds; the first of them is looked at for all. Principals are
//! looked at one by one, for their statements hang on themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::answer::{Answer, Row};
use super::ask::{Deed, Scope, Target, Whom};
use super::lookup::Lookup;
use super::{AskError, Matrix};
use crate::engine::{Kind, Relations, RequesterId, Resource, Shard, Verdict};
use crate::lower::RequesterKind;
use crate::policy::AccountId;

/// Somebody who can make a session of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Becoming {
    /// Who.
    pub caller: String,
    /// The role.
    pub role: String,
    /// In every request, or in some.
    pub verdict: Verdict,
    /// The condition, in words.
    pub condition: Option<String>,
}

impl Relations<'_> {
    /// Tells for each cell of a matrix (by its number) and each principal of its row (by its number there) what is
    /// answered about it and the first resource of the column. `direct`: as the matrix was made. `progress` is told
    /// how many of how many columns are done.
    ///
    /// # Errors
    /// [`AskError::Interrupted`].
    pub fn matrix_ways(
        &self,
        matrix: &Matrix,
        direct: bool,
        progress: &impl Fn(usize, usize),
        mut look: impl FnMut(usize, usize, &Row),
    ) -> Result<(), AskError> {
        let ids = self.ids();
        let members: Vec<Vec<RequesterId>> = matrix
            .principals
            .iter()
            .map(|party| party.names.iter().filter_map(|name| ids.get(name.as_str()).copied()).collect())
            .collect();
        let mut by_deed: Vec<usize> = (0..matrix.cells.len()).collect();
        by_deed.sort_by_key(|&cell| (matrix.cells[cell].column, matrix.cells[cell].capability));
        let alike = |one: &usize, other: &usize| {
            let key = |cell: usize| (matrix.cells[cell].column, matrix.cells[cell].capability);
            key(*one) == key(*other)
        };
        let mut place: Option<(AccountId, Arc<Shard>)> = None;
        for cells in by_deed.chunk_by(alike) {
            let first = &matrix.cells[cells[0]];
            let column = &matrix.repositories[first.column];
            progress(first.column, matrix.repositories.len());
            let shard = match &place {
                Some((account, shard)) if *account == column.account => Arc::clone(shard),
                _ => Arc::new(self.apart(column.account, Kind::Registries)),
            };
            place = Some((column.account, Arc::clone(&shard)));
            let named = column.names.first();
            let is_it = |one: &Resource| one.view.kind == column.kind && Some(&one.name) == named;
            let Some(resource) = shard.resources.iter().position(is_it) else { continue };
            let target = Target { account: column.account, resource };
            let lookup = Lookup::new(self, &shard, target, Deed::Capability(first.capability));
            let concerned: Vec<RequesterId> =
                cells.iter().flat_map(|&cell| &members[matrix.cells[cell].party]).copied().collect();
            let mut answer = Answer::default();
            self.rows(&lookup, &Whom::These(&concerned), Scope { direct, all: false }, &mut answer);
            if self.is_stopped() {
                return Err(AskError::Interrupted);
            }
            self.complete_witnesses(&mut answer);
            let rows: FxHashMap<&str, &Row> = answer.rows.iter().map(|row| (row.principal.as_str(), row)).collect();
            for &cell in cells {
                for (number, name) in matrix.principals[matrix.cells[cell].party].names.iter().enumerate() {
                    rows.get(name.as_str()).into_iter().for_each(|row| look(cell, number, row));
                }
            }
        }
        Ok(())
    }

    /// Who of a matrix can become which role of it, or another that leads to one.
    #[must_use]
    pub fn becomings(&self, matrix: &Matrix) -> Vec<Becoming> {
        let ids = self.ids();
        let is_role =
            |id: &RequesterId| matches!(self.requester(*id).view.kind, RequesterKind::Role | RequesterKind::Session);
        let names = matrix.principals.iter().flat_map(|party| &party.names);
        let wanted: BTreeSet<RequesterId> =
            names.filter_map(|name| ids.get(name.as_str()).copied()).filter(is_role).collect();
        let mut steps = self.steps_towards(&wanted, None);
        steps.sort_by_key(|step| (step.role, step.caller));
        let told = steps.into_iter().map(|step| Becoming {
            caller: self.requester(step.caller).name.to_string(),
            role: self.requester(step.role).name.to_string(),
            verdict: step.verdict,
            condition: step.decided.residual.clone(),
        });
        told.collect()
    }

    fn ids(&self) -> FxHashMap<&str, RequesterId> {
        self.universe().present().map(|(id, requester)| (&*requester.name, id)).collect()
    }
}
