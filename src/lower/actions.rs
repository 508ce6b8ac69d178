//! The actions that can be asked about, and which of them a pattern matches: found once a pattern.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use crate::catalog::{Action, ActionId, Catalog};
use crate::policy::{Case, Element, Fit, Pattern};

/// A universe of actions, each with its number.
#[derive(Debug)]
pub struct Actions {
    list: Vec<Action>,
    names: Vec<String>,
    /// The numbers of those that the catalog knows.
    of_catalog: OnceLock<FxHashMap<ActionId, usize>>,
    /// Their services in lower case, each once.
    services: BTreeSet<String>,
    /// Policies of an organization say the same few things of registries over and over.
    matched: RwLock<FxHashMap<Pattern, Arc<[usize]>>>,
}

impl Actions {
    /// A universe of these actions, in this order.
    #[must_use]
    pub fn new(actions: Vec<Action>) -> Self {
        let names: Vec<String> = actions.iter().map(ToString::to_string).collect();
        Self {
            of_catalog: OnceLock::new(),
            services: actions.iter().map(|action| action.service.to_ascii_lowercase()).collect(),
            matched: RwLock::default(),
            list: actions,
            names,
        }
    }

    /// The action's name, with its service.
    #[must_use]
    pub fn name(&self, number: usize) -> &str {
        &self.names[number]
    }

    /// The number of the action of this name, in whatever letter case (M1).
    #[must_use]
    pub fn number(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| own.eq_ignore_ascii_case(name))
    }

    /// The number of an action of the catalog.
    #[must_use]
    pub fn number_of(&self, action: ActionId) -> Option<usize> {
        let of_catalog = self.of_catalog.get_or_init(|| {
            let names = self.names.iter().enumerate();
            names.filter_map(|(number, name)| Some((Catalog::bundled().find(name)?, number))).collect()
        });
        of_catalog.get(&action).copied()
    }

    /// The actions that a statement's action element matches by their numbers; where AWS leaves doubt, with the
    /// rule's number. The others match by no reading.
    pub(super) fn matched_by(&self, element: &Element<Pattern>) -> Vec<(usize, Fit)> {
        let mut entries = element.entries.iter().filter(|entry| self.may_be_named(&entry.value)).peekable();
        if entries.peek().is_none() && !element.negated {
            return Vec::new();
        }
        let mut listed = vec![Fit::Never; self.len()];
        for entry in entries {
            let fit = if has_wild_service(&entry.value) { Fit::Likely("M4") } else { Fit::Always };
            for &number in &*self.matched(&entry.value) {
                listed[number] = listed[number].max(fit);
            }
        }
        if element.negated {
            // G15, Z20: an empty `Not` list matches everything.
            let others = if element.entries.is_empty() { Fit::Likely("Z20") } else { Fit::Always };
            for fit in &mut listed {
                *fit = match *fit {
                    Fit::Never => others,
                    Fit::Likely(rule) => Fit::Unlikely(rule),
                    Fit::Unlikely(_) | Fit::Always => Fit::Never,
                };
            }
        }
        listed.into_iter().enumerate().filter(|(_, fit)| *fit != Fit::Never).collect()
    }

    /// The actions that a pattern matches.
    fn matched(&self, pattern: &Pattern) -> Arc<[usize]> {
        if let Some(known) = self.matched.read().unwrap_or_else(PoisonError::into_inner).get(pattern) {
            return Arc::clone(known);
        }
        let numbers = (0..self.len()).filter(|&number| pattern.matches(&self.names[number], Case::Ignored));
        let numbers: Arc<[usize]> = numbers.collect();
        let mut all = self.matched.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(pattern.clone()).or_insert(numbers))
    }

    /// Whether a pattern can match one of these actions: most are about another service.
    fn may_be_named(&self, pattern: &Pattern) -> bool {
        match pattern.as_str().split_once(':') {
            Some((head, _)) if !head.contains(['*', '?']) => {
                self.services.iter().any(|one| one.eq_ignore_ascii_case(head))
            }
            _ => true,
        }
    }
}

impl Deref for Actions {
    type Target = [Action];

    fn deref(&self) -> &[Action] {
        &self.list
    }
}

/// M4: a wildcard in the service prefix.
fn has_wild_service(pattern: &Pattern) -> bool {
    !pattern.is_everything() && pattern.as_str().split(':').next().is_some_and(|head| head.contains(['*', '?']))
}
