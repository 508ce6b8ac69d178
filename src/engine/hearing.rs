//! What statements say of a principal, and what each layer says by itself.
//!
//! The verdicts of a shard tell which grants and denies came to something. What any statement says is derived
//! when somebody asks, of one principal at a time and of no more than is asked about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::run::{invite, layers, say};
use crate::condition::{Decisions, Expression};
use crate::ids::{ActionAtom, GuardId, PrincipalAtom, ResourceAtom, StatementId};
use crate::lower::{Extract, Facts, Index};
use crate::policy::Effect;
use crate::rules::invitation::Guest;
use crate::rules::layer::Grants;
use crate::rules::saying::Says;
use crate::rules::{Attached, Voice};

/// Cells of one principal: the resources of each action.
pub(crate) type Cells = BTreeMap<ActionAtom, BTreeSet<ResourceAtom>>;

/// What is needed to tell what statements say.
#[derive(Debug)]
pub(crate) struct Hearing {
    index: Index,
    /// The resources of other accounts on which both sides have something to allow a principal.
    guests: FxHashMap<PrincipalAtom, Vec<ResourceAtom>>,
    decisions: Arc<Decisions>,
    /// What was said already, of somebody who is asked about resource by resource.
    known: Mutex<FxHashMap<Asked, Arc<Said>>>,
}

/// Who is asked about, which action, and statements of which effect.
type Asked = (PrincipalAtom, Option<ActionAtom>, Option<Effect>);

/// Statements, where they hang, and what they match.
pub(crate) type Said = BTreeMap<(Attached, StatementId), Cells>;

impl Hearing {
    pub(super) fn new(facts: &Facts, decisions: &Arc<Decisions>) -> Self {
        let (guests, known, decisions) = (FxHashMap::default(), Mutex::default(), Arc::clone(decisions));
        let mut hearing = Self { index: facts.index(), guests, decisions, known };
        let guests: BTreeSet<Guest> = invite(facts).into_iter().collect();
        for Guest(who, on, guard) in guests {
            if hearing.is_possible(facts, guard) {
                hearing.guests.entry(who).or_default().push(on);
            }
        }
        // In the order of resources: each once, by whichever guards.
        hearing.guests.values_mut().for_each(Vec::dedup);
        hearing
    }

    /// Whether some request meets a guard.
    fn is_possible(&self, facts: &Facts, guard: GuardId) -> bool {
        let expression = || Expression::new(vec![facts.guards.literals(guard)], Vec::new());
        guard == GuardId::ALWAYS || self.decisions.decide(&[expression()]).holds != Some(false)
    }

    fn guest(&self, principal: PrincipalAtom) -> &[ResourceAtom] {
        self.guests.get(&principal).map_or(&[], Vec::as_slice)
    }

    /// The statements that match requests of a principal on any resource, derived once.
    pub(crate) fn says_anywhere(
        &self,
        facts: &Facts,
        principal: PrincipalAtom,
        action: Option<ActionAtom>,
        effect: Option<Effect>,
    ) -> Arc<Said> {
        let asked = (principal, action, effect);
        if let Some(said) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&asked) {
            return Arc::clone(said);
        }
        let said = Arc::new(self.says(facts, principal, &Extract { action, effect, ..Extract::default() }));
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(asked, Arc::clone(&said));
        said
    }

    /// The statements that match requests of a principal, with where they hang and what they match.
    pub(crate) fn says(&self, facts: &Facts, principal: PrincipalAtom, extract: &Extract) -> Said {
        let guest = self.guest(principal);
        let narrow = facts.about(&self.index, principal, guest, extract);
        let mut found = Said::new();
        if narrow.rows.effects.is_empty() {
            return found;
        }
        let invited: Vec<_> = guest.iter().map(|&resource| (principal, resource)).collect();
        let mut said: Vec<Says> = say(&narrow, &invited).says.into_iter().collect();
        said.retain(|says| self.is_possible(&narrow, says.5));
        for Says(attached, statement, _, action, resource, _) in said {
            found.entry((attached, statement)).or_default().entry(action).or_default().insert(resource);
        }
        found
    }

    /// The layers that let requests of a principal pass, with what they let pass.
    pub(crate) fn grants(&self, facts: &Facts, principal: PrincipalAtom, extract: &Extract) -> BTreeMap<Voice, Cells> {
        let guest = self.guest(principal);
        let narrow = facts.about(&self.index, principal, guest, extract);
        let mut found: BTreeMap<Voice, Cells> = BTreeMap::new();
        if narrow.rows.effects.is_empty() {
            return found;
        }
        let invited: Vec<_> = guest.iter().map(|&resource| (principal, resource)).collect();
        let mut granted: Vec<Grants> = layers(&narrow, &say(&narrow, &invited)).into_iter().collect();
        granted.retain(|grants| self.is_possible(&narrow, grants.4));
        for Grants(voice, _, action, resource, _) in granted {
            found.entry(voice).or_default().entry(action).or_default().insert(resource);
        }
        found
    }
}
