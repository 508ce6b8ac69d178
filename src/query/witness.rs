//! Examples with what AWS sends with every request.

use std::collections::BTreeSet;

use super::answer::{Answer, Row};
use crate::condition::{Known, Sent, Witness};
use crate::engine::Relations;
use crate::lower::Context;

/// The key of the id that a session carries: of its role, and of itself (K14).
const USER_ID: &str = "aws:userid";

impl Relations<'_> {
    /// Adds to each example what every request carries and some policy asks for.
    pub(super) fn complete_witnesses(&self, answer: &mut Answer) {
        for row in &mut answer.rows {
            let id = self.user_id(row);
            let demands = row.routes.iter_mut().flat_map(|route| &mut route.demands);
            let witnesses = demands.map(|demand| &mut demand.witness).chain([&mut row.witness]);
            self.complete(witnesses.flatten());
            // A way through a role ends with that role's id.
            let direct = row.routes.iter_mut().filter(|route| route.through.is_empty());
            let direct = direct.flat_map(|route| &mut route.demands).map(|demand| &mut demand.witness);
            for witness in direct.chain([&mut row.witness]).flatten() {
                let is_told = witness.iter().any(|(key, _)| key.eq_ignore_ascii_case(USER_ID));
                if let Some(id) = id.as_ref().filter(|_| !is_told) {
                    witness.push((USER_ID.to_owned(), vec![id.clone()]));
                    witness.sort();
                }
            }
        }
    }

    /// The same of some examples.
    pub(crate) fn complete<'a>(&self, witnesses: impl Iterator<Item = &'a mut Witness>) {
        let mut witnesses = witnesses.peekable();
        let context = &self.options().context;
        if context.closed || witnesses.peek().is_none() {
            return;
        }
        let sent = Sent::of(self.asked_keys().iter(), &context.given);
        witnesses.for_each(|witness| sent.complete(witness));
    }

    /// An id that the principal of a row may carry, where only its beginning is known and some policy asks for it.
    fn user_id(&self, row: &Row) -> Option<String> {
        let context = &self.options().context;
        if context.closed || row.witness.is_none() || context.given.contains_key(USER_ID) {
            return None;
        }
        let mut known = self.requester_names().ending(&row.principal).filter(|(_, name)| *name == row.principal);
        let (requester, _) = known.next().filter(|_| self.asked_keys().contains(USER_ID))?;
        match self.requester(requester).view.known(USER_ID, &Context::default())? {
            Known::Prefixed(prefix) => Some(format!("{prefix}session")),
            _ => None,
        }
    }

    /// The keys that policies ask for, in lower case.
    fn asked_keys(&self) -> &BTreeSet<String> {
        self.asked_keys.get_or_init(|| {
            let documents = self.inventory().documents.values();
            documents.flat_map(|document| document.keys()).map(|key| key.to_ascii_lowercase()).collect()
        })
    }
}
