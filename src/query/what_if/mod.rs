//! What if: a change as it is asked for, and what its words mean.

mod meaning;

use std::fmt;

pub use meaning::{EditError, Reading};

use super::language::quoted;

/// A change as it is asked for; names are as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Edit {
    /// Attach a managed policy, or one made of a file.
    Attach {
        /// The policy, or the file.
        policy: String,
        /// A user or role.
        principal: String,
    },
    /// Detach a policy.
    Detach {
        /// The policy.
        policy: String,
        /// A user or role.
        principal: String,
    },
    /// Set a repository's policy.
    SetPolicy {
        /// The repository.
        repository: String,
        /// A file with a document, or the document.
        file: String,
    },
    /// Remove a repository's policy.
    RemovePolicy {
        /// The repository.
        repository: String,
    },
    /// Add statements.
    AddStatement {
        /// JSON, or a file.
        statement: String,
        /// A policy, a user or role, or a repository.
        to: String,
    },
    /// Remove a statement.
    RemoveStatement {
        /// Its `Sid`, or its number, counted from one.
        statement: String,
        /// The policy.
        policy: String,
    },
    /// Make a managed policy the permissions boundary, or one made of a file.
    SetBoundary {
        /// A user or role.
        principal: String,
        /// The policy, or the file.
        policy: String,
    },
    /// Take the permissions boundary away.
    RemoveBoundary {
        /// A user or role.
        principal: String,
    },
    /// Make a user a member of a group.
    AddMember {
        /// The user.
        user: String,
        /// The group.
        group: String,
    },
    /// Take a user out of a group.
    RemoveMember {
        /// The user.
        user: String,
        /// The group.
        group: String,
    },
    /// Delete a user or role.
    Delete {
        /// The user or role.
        principal: String,
    },
    /// Set a tag.
    Tag {
        /// A user, a role or a repository.
        of: String,
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// Take a tag away.
    Untag {
        /// A user, a role or a repository.
        of: String,
        /// The key.
        key: String,
    },
}

impl fmt::Display for Edit {
    /// The change in words, as they stand behind `what if`; parsing them gives it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attach { policy, principal } => write!(f, "attach {} to {}", quoted(policy), quoted(principal)),
            Self::Detach { policy, principal } => write!(f, "detach {} from {}", quoted(policy), quoted(principal)),
            Self::SetPolicy { repository, file } => {
                write!(f, "set policy of {} to {}", quoted(repository), quoted(file))
            }
            Self::RemovePolicy { repository } => write!(f, "remove policy of {}", quoted(repository)),
            Self::AddStatement { statement, to } => write!(f, "add statement {} to {}", quoted(statement), quoted(to)),
            Self::RemoveStatement { statement, policy } => {
                write!(f, "remove statement {} of {}", quoted(statement), quoted(policy))
            }
            Self::SetBoundary { principal, policy } => {
                write!(f, "set boundary of {} to {}", quoted(principal), quoted(policy))
            }
            Self::RemoveBoundary { principal } => write!(f, "remove boundary of {}", quoted(principal)),
            Self::AddMember { user, group } => write!(f, "add {} to {}", named(user), quoted(group)),
            Self::RemoveMember { user, group } => write!(f, "remove {} from {}", named(user), quoted(group)),
            Self::Delete { principal } => write!(f, "delete {}", quoted(principal)),
            Self::Tag { of, key, value } => write!(f, "tag {} {}", quoted(of), quoted(&format!("{key}={value}"))),
            Self::Untag { of, key } => write!(f, "untag {} {}", quoted(of), quoted(key)),
        }
    }
}

/// A user whose name is no word of these changes.
fn named(user: &str) -> String {
    let is_word = ["statement", "policy", "boundary"].iter().any(|word| user.eq_ignore_ascii_case(word));
    if is_word { format!("\"{user}\"") } else { quoted(user) }
}
