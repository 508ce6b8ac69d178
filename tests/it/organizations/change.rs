//! Changing an organization's documents: every one of them, or the statement of a name.

use serde_json::{Value, json};

use super::world::World;

impl World {
    /// Every document, wherever it hangs.
    pub(crate) fn documents_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        let accounts = self.accounts.iter_mut().flat_map(|account| {
            let principals = account.users.iter_mut().chain(&mut account.roles).flat_map(|principal| {
                principal.policies.iter_mut().chain(&mut principal.boundary).chain(&mut principal.trust)
            });
            let repositories = account.repositories.iter_mut().filter_map(|repository| repository.policy.as_mut());
            let registry = account.registry.iter_mut().map(|(document, _)| document);
            principals.chain(account.groups.iter_mut().flatten()).chain(repositories).chain(registry)
        });
        let levels = self.tree.iter_mut().flat_map(|tree| tree.service.iter_mut().chain(&mut tree.resource)).flatten();
        accounts.chain(levels.flat_map(|level| &mut level.policies))
    }

    /// Gives every statement a name of its own. Documents that were alike no longer are.
    pub(crate) fn name_statements(&mut self) {
        let mut number = 0;
        for document in self.documents_mut() {
            for statement in document["Statement"].as_array_mut().into_iter().flatten() {
                statement["Sid"] = json!(format!("S{number}"));
                number += 1;
            }
        }
    }

    /// Takes away the statements of which this is said.
    pub(crate) fn remove_statements(&mut self, is_gone: &dyn Fn(&Value) -> bool) {
        for document in self.documents_mut() {
            if let Some(statements) = document["Statement"].as_array_mut() {
                statements.retain(|statement| !is_gone(statement));
            }
        }
    }
}
