//! Texts that many rows share.

use std::sync::Arc;

use rustc_hash::FxHashSet;

/// Texts, each kept once.
#[derive(Debug, Default)]
pub(crate) struct Texts(FxHashSet<Arc<str>>);

impl Texts {
    /// The one that is kept.
    pub(crate) fn of(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let kept: Arc<str> = text.into();
        self.0.insert(Arc::clone(&kept));
        kept
    }
}
