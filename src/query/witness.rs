//! Examples with what AWS sends with every request.

use super::answer::Answer;
use crate::condition::{Sent, Witness};
use crate::engine::Relations;
use crate::policy::Document;

impl Relations<'_> {
    /// Adds to each example what every request carries and some policy asks for.
    pub(super) fn complete_witnesses(&self, answer: &mut Answer) {
        let rows = answer.rows.iter_mut();
        let witnesses = rows.flat_map(|row| {
            let demands = row.routes.iter_mut().flat_map(|route| &mut route.demands);
            demands.map(|demand| &mut demand.witness).chain([&mut row.witness])
        });
        let mut witnesses = witnesses.flatten().peekable();
        if witnesses.peek().is_some() {
            self.complete(witnesses);
        }
    }

    /// The same of some examples.
    pub(crate) fn complete<'a>(&self, witnesses: impl Iterator<Item = &'a mut Witness>) {
        let context = &self.options().context;
        if context.closed {
            return;
        }
        let asked = self.inventory().documents.values().flat_map(Document::keys);
        let sent = Sent::of(asked, &context.given);
        witnesses.for_each(|witness| sent.complete(witness));
    }
}
