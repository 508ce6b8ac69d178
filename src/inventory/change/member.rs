//! Members of groups that come and go (A5).

use super::ChangeError;
use crate::ids::{GroupId, PrincipalId};
use crate::inventory::world::{Inventory, PrincipalKind};

impl Inventory {
    pub(super) fn add_member(&mut self, user: PrincipalId, to: GroupId) -> Result<(), ChangeError> {
        let (principal, group) = (&self.principals[user], &self.groups[to]);
        let (name, arn) = (principal.arn.to_string(), group.arn.to_string());
        if principal.kind != PrincipalKind::User {
            return Err(ChangeError::NoUser(name));
        }
        if group.arn.account() != Some(principal.account) {
            return Err(ChangeError::OtherGroup { group: arn, user: name });
        }
        if principal.groups.contains(&to) {
            return Err(ChangeError::Member { group: arn, user: name });
        }
        self.change_principal(user, |principal| principal.groups.push(to));
        Ok(())
    }

    pub(super) fn remove_member(&mut self, user: PrincipalId, from: GroupId) -> Result<(), ChangeError> {
        let principal = &self.principals[user];
        if !principal.groups.contains(&from) {
            let (group, user) = (self.groups[from].arn.to_string(), principal.arn.to_string());
            return Err(ChangeError::NoMember { group, user });
        }
        self.change_principal(user, |principal| principal.groups.retain(|one| *one != from));
        Ok(())
    }
}
