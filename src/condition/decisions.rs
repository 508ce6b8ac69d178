//! What was decided lately: an organization asks for the same few things over and over.
//!
//! Deciding builds automata and diagrams, which costs a thousand times what it costs to find an equal expression.
//! What an expression comes to depends on nothing else, so accounts and questions share what was found.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use rustc_hash::FxBuildHasher;

use super::decide::{Decided, Expression};

/// So many are kept: some megabytes.
const KEPT: NonZeroUsize = NonZeroUsize::new(4096).expect("4096 is not nought");

/// Permissions that are weighed together, with what they come to.
type Kept = LruCache<Box<[Expression]>, Arc<Decided>, FxBuildHasher>;

/// Decides expressions, each once.
pub struct Decisions {
    strict: bool,
    kept: Mutex<Kept>,
}

impl Decisions {
    /// Nothing is decided yet. `strict` leaves open what AWS leaves open.
    #[must_use]
    pub fn new(strict: bool) -> Self {
        Self { strict, kept: Mutex::new(LruCache::with_hasher(KEPT, FxBuildHasher)) }
    }

    /// Decides the conjunction of several permissions; see [`Expression::decide`].
    #[must_use]
    pub fn decide(&self, parts: &[Expression]) -> Arc<Decided> {
        if let Some(known) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(parts) {
            return Arc::clone(known);
        }
        // Two threads may both decide it; they find the same.
        let decided = Arc::new(Expression::decide(parts, self.strict));
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).put(parts.into(), Arc::clone(&decided));
        decided
    }
}

impl fmt::Debug for Decisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decisions").field("strict", &self.strict).finish_non_exhaustive()
    }
}
