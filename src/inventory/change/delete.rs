//! Deleting a user or role, a group, a repository.
//!
//! IAM stores a principal's unique id where a policy names it, and shows the ARN as long as it exists (A16). When
//! it is deleted the id stays, and matches nobody. So does an ARN here: in an account whose users and roles are
//! known, it names whoever is among them. Sessions of a role that is gone cannot be made any more.

use crate::ids::{GroupId, Id as _, PrincipalId, RepositoryId};
use crate::inventory::world::{Inventory, PrincipalKind, RepositoryPolicy};

impl Inventory {
    pub(in crate::inventory) fn delete(&mut self, principal: PrincipalId) {
        if let PrincipalKind::Role { trust: Some(trust) } = self.principals[principal].kind {
            self.retire(trust);
        }
        let left = self.principals.iter().filter(|(id, _)| *id != principal);
        self.principals = left.map(|(_, principal)| principal.clone()).collect();
        self.by_arn = self.principals.iter().map(|(id, principal)| (principal.arn.clone(), id)).collect();
    }

    /// Its users lose what they have through it.
    pub(in crate::inventory) fn delete_group(&mut self, group: GroupId) {
        let left = self.groups.iter().filter(|(id, _)| *id != group);
        self.groups = left.map(|(_, group)| group.clone()).collect();
        for principal in self.principals.values_mut() {
            principal.groups.retain(|id| *id != group);
            let behind = principal.groups.iter_mut().filter(|id| **id > group);
            behind.for_each(|id| *id = GroupId::new(id.index() - 1));
        }
    }

    /// Its policy goes with it.
    pub(in crate::inventory) fn delete_repository(&mut self, repository: RepositoryId) {
        if let RepositoryPolicy::Policy(policy) = self.repositories[repository].policy {
            self.retire(policy);
        }
        let left = self.repositories.iter().filter(|(id, _)| *id != repository);
        self.repositories = left.map(|(_, repository)| repository.clone()).collect();
        let by_arn = self.repositories.iter().map(|(id, repository)| (repository.arn.clone(), id));
        self.repository_by_arn = by_arn.collect();
    }
}
