//! Changes that together make a whole capability allowed, of which several parts are not.
//!
//! Each part has its own smallest sets of changes. One set of each part together is a candidate; it is made, and the
//! capability asked about in the world after it, before it is shown.

use super::remedy;
use super::widening::{Asked, Count, changes};
use crate::engine::{Relations, RequesterId, Resource, Supposition};
use crate::inventory::Change;
use crate::query::{Remedies, Remedy};

/// Actions of a capability that are not allowed, with the sets of changes that each would allow them.
pub(super) struct Lacking<'a> {
    pub(super) actions: Vec<String>,
    pub(super) resource: &'a Resource,
    pub(super) sets: &'a [Vec<Supposition>],
}

/// One set of changes of each part together.
struct Candidate {
    told: Vec<Remedy>,
    /// The changes that somebody would make, or why nobody can.
    made: Result<Vec<Change>, String>,
}

/// The most candidates that one question tries.
const MOST: usize = 8;

/// The sets of the fewest changes after which all parts are allowed; those that allow least beside it come first.
pub(super) fn search(
    relations: &Relations<'_>,
    requester: RequesterId,
    lacking: &[Lacking<'_>],
    asked: &Asked<'_>,
    count: &mut Count<'_, '_>,
) -> Vec<Remedies> {
    let mut found: Vec<Candidate> = Vec::new();
    for choice in choices(lacking) {
        let (mut told, mut made) = (Vec::new(), Ok(Vec::new()));
        for (part, set) in lacking.iter().zip(choice) {
            let describe = |one| remedy::describe(relations, requester, part.resource, &part.actions, one);
            for remedy in set.iter().map(describe) {
                if !told.contains(&remedy) {
                    told.push(remedy);
                }
            }
            let own = changes(relations, requester, part.resource, &part.actions, set);
            made = made.and_then(|made: Vec<Change>| Ok(joined(made, own?)));
        }
        found.push(Candidate { told, made });
    }
    let fewest = found.iter().map(|one| one.told.len()).min().unwrap_or(0);
    found.retain(|one| one.told.len() == fewest);
    // What nobody can make of the input was tried part by part.
    found.retain(|one| one.made.as_ref().map_or(true, |changes| count.allows(changes, asked)));
    let remedies =
        found.into_iter().map(|one| Remedies { changes: one.told, widening: count.widening(one.made, asked) });
    let mut remedies: Vec<Remedies> = remedies.collect();
    remedies.sort_by_key(|set| set.widening.cells().unwrap_or(usize::MAX));
    remedies
}

/// One set of each part, in order; not more than are tried.
fn choices<'a>(lacking: &[Lacking<'a>]) -> Vec<Vec<&'a [Supposition]>> {
    let mut choices: Vec<Vec<&[Supposition]>> = vec![Vec::new()];
    for part in lacking {
        let each = choices.iter().flat_map(|choice| {
            part.sets.iter().map(|set| choice.iter().copied().chain([set.as_slice()]).collect::<Vec<_>>())
        });
        choices = each.take(MOST).collect();
    }
    choices
}

/// Changes of two parts as those of one: nothing is done twice, and statements go before others change their numbers,
/// the last one of a policy first.
fn joined(made: Vec<Change>, own: Vec<Change>) -> Vec<Change> {
    let mut all = made;
    for change in own {
        if !all.contains(&change) {
            all.push(change);
        }
    }
    all.sort_by_key(|change| match change {
        Change::RemoveStatement { statement, of } => (0, Some(*of), std::cmp::Reverse(*statement)),
        _ => (1, None, std::cmp::Reverse(0)),
    });
    all
}
