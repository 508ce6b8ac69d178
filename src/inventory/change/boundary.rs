//! Permissions boundaries that come and go (L1 to L5).

use super::{ChangeError, Managed};
use crate::ids::PrincipalId;
use crate::inventory::world::{Boundary, Inventory};

impl Inventory {
    pub(super) fn set_boundary(&mut self, policy: &Managed, of: PrincipalId) -> Result<(), ChangeError> {
        let policy = self.managed(policy, of)?;
        let principal = &self.principals[of];
        if principal.boundary == Boundary::Policy(policy) {
            let policy = self.policies[policy].name.clone();
            return Err(ChangeError::Bounded { policy, principal: principal.arn.to_string() });
        }
        self.replace_boundary(of, Boundary::Policy(policy));
        Ok(())
    }

    pub(super) fn remove_boundary(&mut self, of: PrincipalId) -> Result<(), ChangeError> {
        if self.principals[of].boundary == Boundary::None {
            return Err(ChangeError::NoBoundary(self.principals[of].arn.to_string()));
        }
        self.replace_boundary(of, Boundary::None);
        Ok(())
    }

    /// What was not known of the boundary before is of no interest any more.
    fn replace_boundary(&mut self, of: PrincipalId, boundary: Boundary) {
        self.change_principal(of, |principal| {
            if let Boundary::Missing(gap) = std::mem::replace(&mut principal.boundary, boundary) {
                principal.gaps.retain(|one| *one != gap);
            }
        });
    }
}
