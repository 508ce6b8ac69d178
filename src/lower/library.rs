//! Documents typed once, for everybody who lowers them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::actions::Actions;
use super::session::is_of_maker;
use super::statement::{TypedDocument, WordingId};
use crate::catalog::Action;
use crate::ids::{DocumentId, Interner, Table};
use crate::policy::{AccountId, Document, Pattern, Relation, Statement, Version};

/// The one account whose members, by this key, may relate to a value; `None` where those of others may too: by
/// an order of numbers, or a name.
fn account_of(key: &str, relation: Relation, value: &Pattern) -> Option<AccountId> {
    use Relation as R;
    let is_of_texts = matches!(relation, R::StringEquals | R::StringEqualsIgnoreCase | R::StringLike | R::Arn);
    match key {
        "aws:principalarn" if is_of_texts => value.account_of_arn(),
        "aws:principalaccount" | "aws:resourceaccount" if is_of_texts => AccountId::parse(&value.literal()?),
        _ => None,
    }
}

/// Whether a key holds another value for nearly everybody.
fn is_personal(key: &str) -> bool {
    matches!(key, "aws:principalarn" | "aws:principalaccount" | "aws:userid" | "aws:username")
}

/// The documents with the actions that can be asked about. A document is typed when it is first needed.
pub struct Library {
    pub(super) documents: Arc<Table<DocumentId, Arc<Document>>>,
    pub(super) actions: Arc<Actions>,
    typed: RwLock<FxHashMap<DocumentId, Arc<TypedDocument>>>,
    /// What statements say that match some action. The numbers depend on who came first: they are equal or not.
    wordings: Arc<Mutex<Interner<WordingId, (Version, Statement)>>>,
    /// What a document comes to that says nothing of these actions.
    inert: Arc<TypedDocument>,
}

impl Library {
    /// A library of documents, for a universe of actions.
    #[must_use]
    pub fn new(documents: &Arc<Table<DocumentId, Arc<Document>>>, actions: Vec<Action>) -> Self {
        let actions = Arc::new(Actions::new(actions));
        Self {
            documents: Arc::clone(documents),
            actions,
            typed: RwLock::default(),
            wordings: Arc::default(),
            inert: Arc::default(),
        }
    }

    /// The same over more documents: these, and others behind them.
    pub(crate) fn over(&self, documents: &Arc<Table<DocumentId, Arc<Document>>>) -> Self {
        let typed = self.typed.read().unwrap_or_else(PoisonError::into_inner).clone();
        Self {
            documents: Arc::clone(documents),
            actions: Arc::clone(&self.actions),
            typed: RwLock::new(typed),
            wordings: Arc::clone(&self.wordings),
            inert: Arc::clone(&self.inert),
        }
    }

    /// The actions that can be asked about.
    #[must_use]
    pub fn actions(&self) -> &Arc<Actions> {
        &self.actions
    }

    /// The keys of principals' tags, and of whom their sessions were made for, that statements of a document about
    /// these actions ask for, in lower case.
    pub(crate) fn tags(&self, document: DocumentId) -> BTreeSet<String> {
        let typed = self.typed(document);
        let keys = typed.iter().flat_map(|(_, statement)| statement.keys());
        keys.filter(|key| key.starts_with("aws:principaltag/") || is_of_maker(key)).map(str::to_owned).collect()
    }

    /// Beyond the members of which accounts nobody is told apart by who it is: by its ARN, its account, its name.
    /// `None` where everybody may be.
    pub(crate) fn accounts_told_apart(&self, document: DocumentId) -> Option<BTreeSet<AccountId>> {
        let mut accounts = BTreeSet::new();
        for (number, typed) in self.typed(document).iter() {
            let statement = &self.documents[document].statements[number];
            let resources = statement.resources.iter().flat_map(|element| &element.entries);
            let mut variables = resources.flat_map(|entry| entry.value.0.variables().map(|one| one.key.as_str()));
            let mut asked = typed.tests.iter().flat_map(|(_, test)| test.variables());
            if variables.any(is_personal) || asked.any(is_personal) {
                return None;
            }
            for (_, test) in typed.tests.iter().filter(|(_, test)| test.operator.relation != Relation::Null) {
                if is_personal(&test.key) || test.key == "aws:resourceaccount" {
                    let values = test.values.iter().chain(test.rivals.iter().flatten());
                    let named = values.map(|value| account_of(&test.key, test.operator.relation, value));
                    accounts.extend(named.collect::<Option<Vec<_>>>()?);
                }
            }
        }
        Some(accounts)
    }

    pub(super) fn typed(&self, document: DocumentId) -> Arc<TypedDocument> {
        let known = self.typed.read().unwrap_or_else(PoisonError::into_inner).get(&document).cloned();
        known.unwrap_or_else(|| {
            let version = self.documents[document].version;
            let typed = TypedDocument::new(&self.documents[document], &self.actions, |statement| {
                let wording = (version, statement.without_places());
                self.wordings.lock().unwrap_or_else(PoisonError::into_inner).intern(wording)
            });
            let typed = if typed.iter().len() == 0 { Arc::clone(&self.inert) } else { Arc::new(typed) };
            let mut all = self.typed.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(document).or_insert(typed))
        })
    }
}
