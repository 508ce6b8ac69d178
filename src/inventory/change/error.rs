//! Why a change cannot be made.

use super::Text;
use crate::policy::{Diagnostic, Sources, clip};

/// Why a change cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The policy hangs there already.
    #[error("`{policy}` is attached to {principal} already")]
    Attached {
        /// The policy.
        policy: String,
        /// The user or role.
        principal: String,
    },
    /// The policy does not hang there.
    #[error("`{policy}` is not attached to {principal}")]
    NotAttached {
        /// The policy.
        policy: String,
        /// The user or role.
        principal: String,
        /// Where it comes from, if it has it otherwise.
        hint: Option<String>,
    },
    /// The policy is the boundary already.
    #[error("`{policy}` is the permissions boundary of {principal} already")]
    Bounded {
        /// The policy.
        policy: String,
        /// The user or role.
        principal: String,
    },
    /// There is no boundary to remove.
    #[error("{0} has no permissions boundary")]
    NoBoundary(String),
    /// Only users are members of groups.
    #[error("{0} is no user")]
    NoUser(String),
    /// The user is a member already.
    #[error("{user} is a member of {group} already")]
    Member {
        /// The group.
        group: String,
        /// The user.
        user: String,
    },
    /// The user is no member.
    #[error("{user} is no member of {group}")]
    NoMember {
        /// The group.
        group: String,
        /// The user.
        user: String,
    },
    /// A group has users of its own account.
    #[error("{group} is a group of another account than {user}")]
    OtherGroup {
        /// The group.
        group: String,
        /// The user.
        user: String,
    },
    /// Only managed identity policies can be attached.
    #[error("`{0}` is no managed policy")]
    NotManaged(String),
    /// A managed policy of the customer belongs to its account.
    #[error("`{policy}` is a policy of another account than {principal}")]
    OtherAccount {
        /// The policy.
        policy: String,
        /// The user or role.
        principal: String,
    },
    /// A policy that is to be made is there already.
    #[error("there is a policy `{0}` already")]
    Exists(String),
    /// The repository has no policy.
    #[error("{0} has no policy")]
    NoPolicy(String),
    /// Whether the repository has a policy, and which, is not known.
    #[error("the policy of {0} is not in the input")]
    UnknownPolicy(String),
    /// Only AWS changes it.
    #[error("`{0}` is AWS's own and cannot be changed")]
    AwsManaged(String),
    /// The policy has no such statement.
    #[error("`{policy}` has {}", if *.count == 1 { "1 statement".to_owned() } else { format!("{count} statements") })]
    NoStatement {
        /// The policy.
        policy: String,
        /// How many it has.
        count: usize,
    },
    /// AWS would reject the document; what is wrong with it, place by place.
    #[error("AWS would reject {name}:\n{}", problems.join("\n"))]
    Rejected {
        /// The file.
        name: String,
        /// `file:line:column: message (hint)`.
        problems: Vec<String>,
    },
    /// The statements are written in another version of the language than the policy.
    #[error("{name} is of version {found}, and `{policy}` of version {wanted}")]
    OtherVersion {
        /// The file.
        name: String,
        /// Its version.
        found: &'static str,
        /// The policy that is added to.
        policy: String,
        /// The version of that.
        wanted: &'static str,
    },
    /// The tags are not known.
    #[error("the tags of {0} are not in the input")]
    UnknownTags(String),
    /// It has no such tag.
    #[error("{of} has no tag `{}`", clip(key))]
    NoTag {
        /// What has not.
        of: String,
        /// The key.
        key: String,
    },
}

impl ChangeError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Attached { .. }
            | Self::Bounded { .. }
            | Self::NoBoundary(_)
            | Self::Member { .. }
            | Self::NoMember { .. }
            | Self::NoPolicy(_)
            | Self::NoTag { .. } => "nothing would change",
            Self::NoUser(_) => "groups have users as members, and nobody else",
            Self::OtherGroup { .. } => "a user can be in the groups of its own account",
            Self::NotAttached { hint, .. } => return hint.clone(),
            Self::NotManaged(_) => "attach a managed policy, or a file with a document; `add statement` adds to others",
            Self::OtherAccount { .. } => "a principal can have the managed policies of its own account, and AWS's",
            Self::Exists(_) => "attach that one, or give the file another name",
            Self::UnknownPolicy(_) => "set one, or export it with `get-repository-policy`",
            Self::AwsManaged(_) => "detach it, and attach one that says less",
            Self::NoStatement { .. } => "name the statement by its Sid, or by its number, counted from 1",
            Self::Rejected { .. } => "mend it; what AWS would not store changes nothing",
            Self::OtherVersion { .. } => "give the statements alone; they are read in the version of the policy",
            Self::UnknownTags(_) => "export them with `list-tags-for-resource`",
        };
        Some(hint.to_owned())
    }

    pub(super) fn rejected(text: &Text, problems: &[Diagnostic], sources: &Sources) -> Self {
        let tell = |problem: &Diagnostic| {
            let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            let place = problem.place.map(|(file, span)| {
                let at = sources.position(file, span.start);
                format!("{}:{}:{}: ", sources.get(file).name, at.line, text.column(at))
            });
            format!("  {}{}{hint}", place.unwrap_or_default(), problem.message)
        };
        Self::Rejected { name: text.name.clone(), problems: problems.iter().map(tell).collect() }
    }
}
