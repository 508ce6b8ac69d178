//! What if: a change to the typed world, and the world after it.
//!
//! A change says what somebody would do in AWS, with names resolved to ids. Applying it gives another inventory,
//! to which everything applies that applies to one that was read: documents pass the same parser, AWS's refusals
//! are refusals here, and each statement keeps its file and line. Nothing here knows what a policy permits.
//!
//! Documents are shared between both worlds, and are never changed: one that says something else is a new one,
//! behind all others. So the number of a document means the same in both, and whoever derived something from it
//! may keep that.

mod attach;
mod boundary;
mod delete;
mod error;
mod member;
mod statement;
mod tag;
mod text;

pub use error::ChangeError;
pub use text::Text;

use super::world::{Inventory, RepositoryPolicy};
use crate::ids::{GroupId, PolicyId, PrincipalId, RepositoryId};
use crate::policy::PolicyKind;

/// What somebody would do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Attaches a managed policy to a user or role.
    Attach {
        /// The policy.
        policy: Managed,
        /// Whom it is attached to.
        to: PrincipalId,
    },
    /// Makes a managed policy the permissions boundary of a user or role.
    SetBoundary {
        /// The policy.
        policy: Managed,
        /// Whose boundary it becomes.
        of: PrincipalId,
    },
    /// Takes the permissions boundary of a user or role away.
    RemoveBoundary {
        /// Whose.
        of: PrincipalId,
    },
    /// Makes a user a member of a group.
    AddMember {
        /// The user.
        user: PrincipalId,
        /// The group.
        to: GroupId,
    },
    /// Takes a user out of a group.
    RemoveMember {
        /// The user.
        user: PrincipalId,
        /// The group.
        from: GroupId,
    },
    /// Detaches a managed policy from a user or role, or deletes an inline one.
    Detach {
        /// The policy.
        policy: PolicyId,
        /// Whom it is detached from.
        from: PrincipalId,
    },
    /// Sets a repository's policy.
    SetPolicy {
        /// The repository.
        of: RepositoryId,
        /// The document.
        to: Text,
    },
    /// Sets what a policy says, wherever it hangs.
    SetDocument {
        /// The policy.
        of: PolicyId,
        /// The document.
        to: Text,
    },
    /// Removes a repository's policy.
    RemovePolicy {
        /// The repository.
        of: RepositoryId,
    },
    /// Removes a statement from a policy; with its last one, an inline policy or that of a repository is removed.
    RemoveStatement {
        /// Its number in the document, from nought.
        statement: usize,
        /// The policy.
        of: PolicyId,
    },
    /// Adds statements to a policy.
    AddStatement {
        /// One, a list of them, or a whole document.
        statement: Text,
        /// The policy.
        to: PolicyId,
    },
    /// Adds statements to the policy of a repository, which may have had none.
    AddToRepository {
        /// One, a list of them, or a whole document.
        statement: Text,
        /// The repository.
        to: RepositoryId,
    },
    /// Gives a user or role an inline policy of these statements.
    AddToPrincipal {
        /// One, a list of them, or a whole document.
        statement: Text,
        /// Who gets it.
        to: PrincipalId,
    },
    /// Deletes a user or role.
    Delete(PrincipalId),
    /// Sets a tag, or takes it away.
    Tag {
        /// What is tagged.
        of: Tagged,
        /// The key.
        key: String,
        /// The value; `None` takes the tag away.
        value: Option<String>,
    },
}

/// A managed policy, there already or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Managed {
    /// One of the input.
    Policy(PolicyId),
    /// One of AWS's own that nobody in the input has, by its ARN.
    Bundled(String),
    /// One that is made of a text.
    Text(Text),
}

/// What can have tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagged {
    /// A user or role.
    Principal(PrincipalId),
    /// A repository.
    Repository(RepositoryId),
}

impl Inventory {
    /// The inventory as it would be after a change.
    ///
    /// # Errors
    /// [`ChangeError`] where AWS would refuse it, or there is nothing to change.
    pub fn changed(&self, change: &Change) -> Result<Self, ChangeError> {
        let mut world = self.clone();
        match change {
            Change::Attach { policy, to } => world.attach(policy, *to)?,
            Change::SetBoundary { policy, of } => world.set_boundary(policy, *of)?,
            Change::RemoveBoundary { of } => world.remove_boundary(*of)?,
            Change::AddMember { user, to } => world.add_member(*user, *to)?,
            Change::RemoveMember { user, from } => world.remove_member(*user, *from)?,
            Change::Detach { policy, from } => world.detach(*policy, *from)?,
            Change::SetPolicy { of, to } => world.set_policy(*of, to)?,
            Change::SetDocument { of, to } => world.set_document(*of, to)?,
            Change::RemovePolicy { of } => world.remove_policy(*of)?,
            Change::RemoveStatement { statement, of } => world.remove_statement(*statement, *of)?,
            Change::AddStatement { statement, to } => world.add_statement(statement, *to)?,
            Change::AddToRepository { statement, to } => world.add_to_repository(statement, *to)?,
            Change::AddToPrincipal { statement, to } => world.add_to_principal(statement, *to)?,
            Change::Delete(principal) => world.delete(*principal),
            Change::Tag { of, key, value } => world.tag(*of, key, value.as_deref())?,
        }
        Ok(world)
    }

    fn set_policy(&mut self, of: RepositoryId, to: &Text) -> Result<(), ChangeError> {
        let (name, account) = (self.repositories[of].name.clone(), self.repositories[of].account);
        let name = format!("repository policy of {name}");
        let policy = self.policy_of_text(name, PolicyKind::Repository, to, Some(account))?;
        self.set_repository_policy(of, RepositoryPolicy::Policy(policy));
        Ok(())
    }

    fn remove_policy(&mut self, of: RepositoryId) -> Result<(), ChangeError> {
        let repository = &self.repositories[of];
        if repository.policy == RepositoryPolicy::None {
            return Err(ChangeError::NoPolicy(repository.arn.to_string()));
        }
        self.set_repository_policy(of, RepositoryPolicy::None);
        Ok(())
    }

    fn add_to_repository(&mut self, statement: &Text, to: RepositoryId) -> Result<(), ChangeError> {
        match self.repositories[to].policy {
            RepositoryPolicy::Policy(policy) => self.add_statement(statement, policy),
            RepositoryPolicy::None => self.set_policy(to, &statement.as_document(crate::policy::Version::V2012)),
            RepositoryPolicy::Unknown(_) => Err(ChangeError::UnknownPolicy(self.repositories[to].arn.to_string())),
        }
    }

    pub(in crate::inventory) fn set_repository_policy(&mut self, of: RepositoryId, policy: RepositoryPolicy) {
        let Some(repository) = self.repositories.get_mut(of) else { return };
        if let RepositoryPolicy::Policy(before) = std::mem::replace(&mut repository.policy, policy) {
            self.retire(before);
        }
    }
}
