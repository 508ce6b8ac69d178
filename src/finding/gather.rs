//! What is found account by account, put together: what says the same of many is one finding.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{Account, Alive};
use super::found::{Found, Spot};
use super::{Finding, access, grant};
use crate::engine::Relations;
use crate::policy::short;

/// What is found of one principal or some.
#[derive(Default)]
pub(super) struct Raw {
    pub(super) spots: Vec<Spot>,
    pub(super) principals: BTreeSet<String>,
    pub(super) actions: BTreeSet<String>,
    pub(super) resources: BTreeSet<String>,
    /// What decides, beside the statements: what is missing, what cuts.
    pub(super) because: BTreeSet<String>,
}

/// What findings have in common that are told as one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Likeness {
    finding: Finding,
    statements: BTreeSet<String>,
    because: BTreeSet<String>,
}

/// The findings about what was derived.
pub(super) fn findings(relations: &Relations<'_>, progress: &(impl Fn(usize, usize) + Sync)) -> Vec<Found> {
    // All shards are there before any of them is looked into: one asks for another.
    let alive = Alive::new(relations);
    let look = |account| {
        let account = Account::new(relations, account);
        let mut found = access::findings(&account);
        found.extend(grant::findings(&account, &alive));
        found
    };
    let mut folded: BTreeMap<Likeness, Raw> = BTreeMap::new();
    for (finding, raw) in relations.each_account(look, progress).into_iter().flatten() {
        let statements = raw.spots.iter().flat_map(|spot| &spot.statement).map(|one| one.text.clone()).collect();
        let own = folded.entry(Likeness { finding, statements, because: raw.because.clone() }).or_default();
        own.spots.extend(raw.spots);
        own.principals.extend(raw.principals);
        own.actions.extend(raw.actions);
        own.resources.extend(raw.resources);
        own.because.extend(raw.because);
    }
    folded.into_iter().map(|(likeness, raw)| raw.found(likeness.finding)).collect()
}

/// Spots that differ in what the policy hangs on only are one.
fn joined(mut spots: Vec<Spot>) -> Vec<Spot> {
    spots.sort_unstable();
    spots.dedup_by(|one, before| {
        let is_same = (&one.file, one.region, &one.statement) == (&before.file, before.region, &before.statement);
        if is_same {
            before.hung_on.append(&mut one.hung_on);
            before.hung_on.sort_unstable();
            before.hung_on.dedup();
        }
        is_same
    });
    spots
}

impl Raw {
    fn found(self, finding: Finding) -> Found {
        let (message, hint) = self.words(finding);
        let list = |texts: BTreeSet<String>| texts.into_iter().collect();
        Found {
            finding,
            message,
            hint,
            spots: joined(self.spots),
            principals: list(self.principals),
            actions: list(self.actions),
            resources: list(self.resources),
        }
    }

    fn words(&self, finding: Finding) -> (String, Option<String>) {
        let who = some(&self.principals);
        let what = some(&self.actions);
        let on = some(&self.resources);
        let because = self.because.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
        let told = self.because.iter().cloned().collect::<Vec<_>>().join("; ");
        let (message, hint) = match finding {
            Finding::AnyoneWrites => (
                format!("anyone with an AWS account may {what} on {on}"),
                "name the principals, or add a condition on `aws:PrincipalOrgID`",
            ),
            Finding::AnyoneWritesSometimes => (
                format!("anyone with an AWS account may {what} on {on}, {told}"),
                "name the principals, or add a condition on `aws:PrincipalOrgID`",
            ),
            Finding::OutsiderWrites => (
                format!("{who}, outside the organization, may {what} on {on}"),
                "keep to reading for others, or take the statement away if they no longer need it",
            ),
            Finding::OutsiderWritesSometimes => (
                format!("{who}, outside the organization, may {what} on {on}, {told}"),
                "keep to reading for others, or take the statement away if they no longer need it",
            ),
            Finding::LacksToken => (
                format!("{who} may {what} on {on}, and cannot log in for it: nothing allows {because}"),
                "allow it in an identity policy, with `\"Resource\": \"*\"`",
            ),
            Finding::IncompletePush => (
                format!("{who} may {what} on {on}, and cannot push: nothing allows {because}"),
                "allow all actions of a push, or none",
            ),
            Finding::IncompletePull => (
                format!("{who} may {what} on {on}, and cannot pull: nothing allows {because}"),
                "allow all actions of a pull, or none",
            ),
            Finding::GrantedTwice => (
                format!("{who} may {what} on {on} twice over: by this, and by {told}"),
                "keep the one by which people look for it, and remove the other",
            ),
            Finding::OnlyResourceSide => (
                format!("{who} is let in to {what} on {on}, and no policy on that side allows it"),
                "allow it there as well, or remove the statement",
            ),
            _ => (
                format!("nothing of it is left for {who}: {told}"),
                "remove the statement, or let through what it shall allow",
            ),
        };
        (message, Some(hint.to_owned()))
    }
}

/// Names in a sentence: all of a few, a number of many.
fn some(names: &BTreeSet<String>) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{}`", short(name))).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
