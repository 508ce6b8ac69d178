//! Settled conditions: what those of a statement that are decided were decided by.

use super::context::{Context, Origin};
use super::library::Library;
use super::view::{PrincipalView, ResourceView, of_caller, or_absent};
use crate::catalog::Action;
use crate::condition::{Known, Outcome, documented};
use crate::ids::DocumentId;

/// A condition that is settled before anybody sends a request.
pub(crate) struct Settled {
    /// The condition in words.
    pub(crate) condition: String,
    /// Whether it holds.
    pub(crate) holds: bool,
    /// The rule by whose other reading it would not, or would.
    pub(crate) doubt: Option<&'static str>,
    /// What is known of the keys that it asks for.
    pub(crate) known: Vec<KnownKey>,
}

/// What is known of a key, and from whom.
pub(crate) struct KnownKey {
    /// The key as it is shown.
    pub(crate) key: String,
    /// What it holds.
    pub(crate) known: Known,
    /// Who tells.
    pub(crate) origin: Origin,
}

/// The parties of one request.
#[derive(Clone, Copy)]
pub(crate) struct Parties<'a> {
    /// Who asks.
    pub(crate) principal: &'a PrincipalView,
    /// What is asked about.
    pub(crate) resource: &'a ResourceView,
    /// What is asked.
    pub(crate) action: &'a Action,
}

/// The conditions of a statement that are decided for a request; what only the request tells is left out.
pub(crate) fn settled(
    library: &Library,
    context: &Context,
    (document, number): (DocumentId, usize),
    parties: Parties<'_>,
) -> Vec<Settled> {
    let typed = library.typed(document);
    let known = |key: &str| parties.known(key, context);
    let tests = typed.get(number).into_iter().flat_map(|statement| &statement.tests);
    let settle = |(_, test): &(_, crate::condition::Test)| {
        let (holds, doubt) = match test.decide(&|key| known(key).0) {
            Outcome::Decided(holds) => (holds, None),
            Outcome::Doubtful(holds, rule) => (holds, Some(rule)),
            Outcome::Residual(_) | Outcome::DoubtfulResidual(..) => return None,
        };
        let mut keys: Vec<&str> = Vec::new();
        for key in std::iter::once(test.key.as_str()).chain(test.variables()) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let tell = |key: &str| {
            let (known, origin) = known(key);
            let written = if key == test.key { test.written.as_str() } else { key };
            KnownKey { key: documented(written), known, origin }
        };
        let known_keys = keys.into_iter().map(tell).collect();
        Some(Settled { condition: test.words(&|key| known(key).0), holds, doubt, known: known_keys })
    };
    tests.filter_map(settle).collect()
}

impl Parties<'_> {
    fn known(&self, key: &str, context: &Context) -> (Known, Origin) {
        let known = |key| context.known(key, Some(self.principal), Some(self.resource), Some(self.action));
        match of_caller(key).filter(|_| self.resource.of_caller && context.given(key).is_none()) {
            Some(own) => {
                let (known, origin) = known(own);
                (or_absent(known), origin)
            }
            None => known(key),
        }
    }
}
