//! Deleting a user or role.
//!
//! IAM stores a principal's unique id where a policy names it, and shows the ARN as long as it exists (A16). When
//! it is deleted the id stays, and matches nobody. So does an ARN here: in an account whose users and roles are
//! known, it names whoever is among them. Sessions of a role that is gone cannot be made any more.

use crate::ids::PrincipalId;
use crate::inventory::world::{Inventory, PrincipalKind};

impl Inventory {
    pub(super) fn delete(&mut self, principal: PrincipalId) {
        if let PrincipalKind::Role { trust: Some(trust) } = self.principals[principal].kind {
            self.retire(trust);
        }
        let left = self.principals.iter().filter(|(id, _)| *id != principal);
        self.principals = left.map(|(_, principal)| principal.clone()).collect();
        self.by_arn = self.principals.iter().map(|(id, principal)| (principal.arn.clone(), id)).collect();
    }
}
