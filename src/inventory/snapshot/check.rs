//! What holds of every inventory that was read from exports, asked of one that was read from a snapshot.
//!
//! Rows refer to rows by number, and to files by offsets; whoever follows them relies on there being something.
//! What a row says is not asked: a snapshot can tell anything of anybody, as an export can.

use super::Wrong;
use super::texts::{FileRow, is_too_much};
use crate::ids::{GapId, Id, PolicyId, Table};
use crate::inventory::load::LEVELS;
use crate::inventory::world::{Boundary, Inventory, Membership, PrincipalKind, RepositoryPolicy};
use crate::policy::{AccountId, Arn, Span};

/// Asks of files that none grows too much, and that what was unpacked lies in what came before it.
pub(super) fn files(files: &[FileRow]) -> Result<(), Wrong> {
    let mut levels: Vec<usize> = Vec::with_capacity(files.len());
    for file in files {
        hold(
            usize::try_from(file.packed).is_ok_and(|packed| !is_too_much(file.length as usize, packed))
                && file.length < u32::MAX,
            "a text grows too much",
        )?;
        let mut level = 0;
        if let Some(origin) = file.origin {
            let at = origin.file.index();
            let (Some(outer), Some(outer_level)) = (files.get(at), levels.get(at)) else {
                return Err("a text was unpacked from one that does not come before it");
            };
            level = outer_level + 1;
            // What stands before and behind the string is the same in both.
            let around = origin.whole.len().checked_sub(origin.packed.len());
            hold(
                lies_in(origin.whole, outer.length)
                    && origin.whole.start <= origin.packed.start
                    && origin.packed.end <= origin.whole.end
                    && origin.packed.len() >= 2
                    && around.is_some_and(|around| around + origin.unpacked as usize == file.length as usize),
                "a text was unpacked from what it does not lie in",
            )?;
        }
        hold(level <= LEVELS, "a text was unpacked too often")?;
        levels.push(level);
    }
    Ok(())
}

/// Asks of an inventory that all it refers to is there; `lengths` are those of the files' texts.
pub(super) fn inventory(inventory: &Inventory, lengths: &[u32]) -> Result<(), Wrong> {
    let asked = Asked { inventory, lengths };
    asked.policies()?;
    asked.principals()?;
    asked.repositories()?;
    asked.accounts()
}

struct Asked<'a> {
    inventory: &'a Inventory,
    lengths: &'a [u32],
}

impl Asked<'_> {
    fn policies(&self) -> Result<(), Wrong> {
        for policy in self.inventory.policies.values() {
            known(&self.inventory.documents, [policy.document], "a policy has a document that is not there")?;
            self.place(policy.place.file.index(), policy.place.span)?;
            self.gaps(policy.gap)?;
        }
        for (&(document, _), place) in &self.inventory.added {
            known(&self.inventory.documents, [document], "a statement was added to a document that is not there")?;
            self.place(place.file.index(), place.span)?;
        }
        for diagnostic in &self.inventory.diagnostics {
            if let Some((file, span)) = diagnostic.place {
                self.place(file.index(), span)?;
            }
        }
        Ok(())
    }

    fn principals(&self) -> Result<(), Wrong> {
        for principal in self.inventory.principals.values() {
            self.owned(&principal.arn, principal.account)?;
            self.attached(principal.policies.iter().copied())?;
            self.gaps(principal.gaps.iter().copied())?;
            known(&self.inventory.groups, principal.groups.iter().copied(), "a user is in a group that is not there")?;
            match principal.boundary {
                Boundary::None => {}
                Boundary::Policy(policy) => self.attached([policy])?,
                Boundary::Missing(gap) => self.gaps([gap])?,
            }
            if let PrincipalKind::Role { trust } = principal.kind {
                self.attached(trust)?;
            }
        }
        for group in self.inventory.groups.values() {
            self.attached(group.policies.iter().copied())?;
            self.gaps(group.gaps.iter().copied())?;
        }
        Ok(())
    }

    fn repositories(&self) -> Result<(), Wrong> {
        for repository in self.inventory.repositories.values() {
            self.owned(&repository.arn, repository.account)?;
            match repository.policy {
                RepositoryPolicy::None => {}
                RepositoryPolicy::Policy(policy) => self.attached([policy])?,
                RepositoryPolicy::Unknown(gap) => self.gaps([gap])?,
            }
        }
        self.attached(self.inventory.registry_policies.values().map(|registry| registry.policy))?;
        self.gaps(self.inventory.registry_gaps.values().flatten().copied())
    }

    fn accounts(&self) -> Result<(), Wrong> {
        for account in self.inventory.accounts.values() {
            self.gaps(account.gaps.iter().copied())?;
            let depth = account.membership.as_ref().map_or(0, |membership| membership.path.len());
            hold(depth <= Membership::DEEPEST, "an account stands deeper than any can")?;
        }
        for organization in self.inventory.organizations.values() {
            self.attached(organization.attached.values().flatten().copied())?;
            self.gaps(organization.unknown_targets.values().copied())?;
        }
        Ok(())
    }

    fn owned(&self, arn: &Arn, account: AccountId) -> Result<(), Wrong> {
        let is_known = arn.account() == Some(account) && self.inventory.accounts.contains_key(&account);
        hold(is_known, "a principal or a repository is in an account that is not there")
    }

    fn attached(&self, policies: impl IntoIterator<Item = PolicyId>) -> Result<(), Wrong> {
        known(&self.inventory.policies, policies, "a policy is attached that is not there")
    }

    fn gaps(&self, gaps: impl IntoIterator<Item = GapId>) -> Result<(), Wrong> {
        known(&self.inventory.gaps, gaps, "a gap is told of that is not there")
    }

    fn place(&self, file: usize, span: Span) -> Result<(), Wrong> {
        let is_there = self.lengths.get(file).is_some_and(|length| lies_in(span, *length));
        hold(is_there, "a place lies in no file")
    }
}

fn known<I: Id, T>(table: &Table<I, T>, ids: impl IntoIterator<Item = I>, wrong: Wrong) -> Result<(), Wrong> {
    hold(ids.into_iter().all(|id| id.index() < table.len()), wrong)
}

fn lies_in(span: Span, length: u32) -> bool {
    span.end <= length
}

fn hold(holds: bool, wrong: Wrong) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(wrong) }
}
