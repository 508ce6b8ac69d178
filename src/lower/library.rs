//! Documents typed once, for everybody who lowers them.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::statement::{TypedDocument, TypedStatement};
use crate::catalog::Action;
use crate::ids::{DocumentId, Table};
use crate::policy::Document;

/// The documents with the actions that can be asked about. A document is typed when it is first needed.
pub struct Library<'a> {
    pub(super) documents: &'a Table<DocumentId, Document>,
    pub(super) actions: Arc<[Action]>,
    /// The actions' names, in their order.
    pub(super) names: Vec<String>,
    typed: RwLock<FxHashMap<DocumentId, Arc<TypedDocument>>>,
}

impl<'a> Library<'a> {
    /// A library of documents, for a universe of actions.
    #[must_use]
    pub fn new(documents: &'a Table<DocumentId, Document>, actions: impl Into<Arc<[Action]>>) -> Self {
        let actions = actions.into();
        let names = actions.iter().map(ToString::to_string).collect();
        Self { documents, actions, names, typed: RwLock::default() }
    }

    /// The actions that can be asked about.
    #[must_use]
    pub fn actions(&self) -> &Arc<[Action]> {
        &self.actions
    }

    /// The keys that statements of a document about these actions ask for, in lower case.
    pub(crate) fn keys(&self, document: DocumentId) -> BTreeSet<String> {
        let typed = self.typed(document);
        typed.0.iter().flat_map(TypedStatement::keys).map(str::to_owned).collect()
    }

    pub(super) fn typed(&self, document: DocumentId) -> Arc<TypedDocument> {
        let known = self.typed.read().unwrap_or_else(PoisonError::into_inner).get(&document).cloned();
        known.unwrap_or_else(|| {
            let typed = Arc::new(TypedDocument::new(&self.documents[document], &self.names));
            let mut all = self.typed.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(document).or_insert(typed))
        })
    }
}
