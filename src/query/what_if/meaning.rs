//! From the words of a change to what it changes.

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::Edit;
use crate::engine::{Names, Relations, ends};
use crate::ids::{GroupId, PolicyId, PrincipalId, RepositoryId};
use crate::inventory::{
    Boundary, Change, Inventory, Managed, PrincipalKind, RepositoryPolicy, Tagged, Text, managed_by_aws,
};
use crate::policy::{Arn, PolicyKind};
use crate::query::select::{AskError, select};

/// Reads a file: `None` if there is none of this name.
pub type Reading<'a> = &'a dyn Fn(&str) -> Option<Result<Text, String>>;

/// Why words mean no change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// A name means nothing, or several things.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The file cannot be read.
    #[error("cannot read `{name}`: {reason}")]
    File {
        /// The file.
        name: String,
        /// Why.
        reason: String,
    },
    /// The principal is not one whose policies the input holds.
    #[error("`{0}` is no user or role of the input")]
    NoEntity(String),
    /// The policy has no such statement.
    #[error("`{policy}` has no statement `{statement}`")]
    NoStatement {
        /// As it was written.
        statement: String,
        /// The policy.
        policy: String,
        /// What it has.
        known: String,
    },
    /// Several statements of the policy have this name.
    #[error("more than one statement of `{policy}` is called `{statement}`")]
    Statements {
        /// As it was written.
        statement: String,
        /// The policy.
        policy: String,
    },
    /// A part of the policy is missing, and with it what the numbers of its statements are.
    #[error("a part of `{0}` could not be read: its statements have no numbers")]
    Unnumbered(String),
}

impl EditError {
    /// What to write instead.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Ask(error) => error.hint(),
            Self::File { .. } => Some("name a policy, or a file with a policy document".to_owned()),
            Self::NoEntity(_) => Some("root users, services and strangers have no policies to change".to_owned()),
            Self::NoStatement { known, .. } => Some(known.clone()),
            Self::Statements { .. } => Some("name it by its number, counted from 1".to_owned()),
            Self::Unnumbered(_) => Some("name the statement by its Sid".to_owned()),
        }
    }
}

impl Relations<'_> {
    /// What a change is about, in this world. `read` reads files.
    ///
    /// # Errors
    /// [`EditError`] where a name means nothing or several things, or a file cannot be read.
    pub fn change(&self, edit: &Edit, read: Reading<'_>) -> Result<Change, EditError> {
        Ok(match edit {
            Edit::Attach { policy, principal } => {
                let to = self.entity(principal)?;
                Change::Attach { policy: self.managed(policy, to, read)?, to }
            }
            Edit::SetBoundary { principal, policy } => {
                let of = self.entity(principal)?;
                Change::SetBoundary { policy: self.managed(policy, of, read)?, of }
            }
            Edit::RemoveBoundary { principal } => Change::RemoveBoundary { of: self.entity(principal)? },
            Edit::AddMember { user, group } => {
                let user = self.entity(user)?;
                Change::AddMember { user, to: self.group(group, user)? }
            }
            Edit::RemoveMember { user, group } => {
                let user = self.entity(user)?;
                Change::RemoveMember { user, from: self.group(group, user)? }
            }
            Edit::Detach { policy, principal } => {
                let from = self.entity(principal)?;
                Change::Detach { policy: self.policy_to_detach(policy, from)?, from }
            }
            Edit::SetPolicy { repository, file } => match self.one_repository(repository) {
                Ok(of) => Change::SetPolicy { of, to: given(file, read)? },
                // What is no repository may be a policy by its own name.
                Err(unknown) => match self.policy(repository) {
                    Ok(of) => Change::SetDocument { of, to: given(file, read)? },
                    Err(_) => return Err(unknown),
                },
            },
            Edit::RemovePolicy { repository } => Change::RemovePolicy { of: self.one_repository(repository)? },
            Edit::RemoveStatement { statement, policy } => {
                let of = self.policy(policy)?;
                Change::RemoveStatement { statement: self.statement(statement, of)?, of }
            }
            Edit::AddStatement { statement, to } => self.add_statement(given(statement, read)?, to)?,
            Edit::Delete { principal } => Change::Delete(self.entity(principal)?),
            Edit::Tag { of, key, value } => {
                Change::Tag { of: self.tagged(of)?, key: key.clone(), value: Some(value.clone()) }
            }
            Edit::Untag { of, key } => Change::Tag { of: self.tagged(of)?, key: key.clone(), value: None },
        })
    }

    /// The user or role that a word means.
    fn entity(&self, text: &str) -> Result<PrincipalId, EditError> {
        let found = select("principal", text, self.requester_names())?;
        let [one] = found[..] else {
            let candidates = found.iter().map(|&id| self.requester(id).name.to_string()).collect();
            return Err(AskError::Ambiguous { kind: "principal", name: text.to_owned(), candidates }.into());
        };
        let requester = self.requester(one);
        // A session that a policy names has its role's policies, and none of its own.
        let own = requester.principal.filter(|id| self.inventory().principals[*id].arn.as_str() == &*requester.name);
        own.ok_or_else(|| EditError::NoEntity(requester.name.to_string()))
    }

    fn one_repository(&self, text: &str) -> Result<RepositoryId, EditError> {
        let found = self.repositories_called(text)?;
        let [one] = found[..] else {
            let arn = |&id: &RepositoryId| self.inventory().repositories[id].arn.to_string();
            let candidates = found.iter().map(arn).collect();
            return Err(AskError::Ambiguous { kind: "repository", name: text.to_owned(), candidates }.into());
        };
        Ok(one)
    }

    /// Repositories alone: what else an account's registry has cannot be changed.
    fn repositories_called(&self, text: &str) -> Result<Vec<RepositoryId>, AskError> {
        let all = self.inventory().repositories.iter();
        let names: Vec<_> = all.map(|(id, repository)| (id, repository.arn.shared())).collect();
        select("repository", text, &Names::new(names))
    }

    fn tagged(&self, text: &str) -> Result<Tagged, EditError> {
        match self.fitting(text) {
            (true, true) => Err(self.either(text)),
            (false, true) => Ok(Tagged::Repository(self.one_repository(text)?)),
            (_, false) => Ok(Tagged::Principal(self.entity(text)?)),
        }
    }

    /// Whether a word is the name of principals, and whether it is one of repositories. What is near to it is looked
    /// for among those alone that it can only be.
    fn fitting(&self, text: &str) -> (bool, bool) {
        let principals = self.requester_names().ending(text).next().is_some();
        let fits = |arn: &Arn| ends(arn.as_str()).any(|end| end == text);
        (principals, self.inventory().repositories.values().any(|repository| fits(&repository.arn)))
    }

    fn either(&self, text: &str) -> EditError {
        let principals = self.requester_names().ending(text).map(|(_, name)| name.to_owned());
        let repositories = self.inventory().repositories.values().map(|one| one.arn.to_string());
        let repositories = repositories.filter(|arn| ends(arn).any(|end| end == text));
        let candidates = principals.chain(repositories).collect();
        AskError::Ambiguous { kind: "thing", name: text.to_owned(), candidates }.into()
    }

    /// The group that a word means. Where several accounts have one of this name, it is that of the user's.
    fn group(&self, text: &str, user: PrincipalId) -> Result<GroupId, EditError> {
        let inventory = self.inventory();
        let all: Vec<_> = inventory.groups.iter().map(|(id, group)| (id, group.arn.shared())).collect();
        let found = match select("group", text, &Names::new(all.clone())) {
            Err(AskError::Ambiguous { .. }) => {
                let account = Some(inventory.principals[user].account);
                let own = all.into_iter().filter(|(id, _)| inventory.groups[*id].arn.account() == account);
                select("group", text, &Names::new(own.collect()))?
            }
            found => found?,
        };
        let [one] = found[..] else {
            let candidates = found.iter().map(|&id| inventory.groups[id].arn.to_string()).collect();
            return Err(AskError::Ambiguous { kind: "group", name: text.to_owned(), candidates }.into());
        };
        Ok(one)
    }

    /// The managed policy that a word means for a principal, or one of a file.
    fn managed(&self, text: &str, to: PrincipalId, read: Reading<'_>) -> Result<Managed, EditError> {
        let inventory = self.inventory();
        let account = inventory.principals[to].account;
        // Of other accounts only what is named in full, to say that it cannot be attached.
        let own = |name: &str| name == text || Arn::account_of(name).is_none_or(|owner| owner == account);
        let managed = inventory.policies.iter().filter(|(_, policy)| {
            policy.kind == PolicyKind::Identity && policy.name.starts_with("arn:") && own(&policy.name)
        });
        let known = managed.map(|(id, policy)| (Some(id), policy.name.as_str()));
        let partition = inventory.principals[to].arn.partition();
        let bundled: Vec<String> = managed_by_aws(partition).collect();
        let is_new = |arn: &&str| !inventory.policies.values().any(|policy| policy.name == *arn);
        let bundled = bundled.iter().map(String::as_str).filter(|arn| ends(arn).any(|end| end == text));
        let all: Vec<_> = known.chain(bundled.filter(is_new).map(|arn| (None, arn))).collect();
        match one_of(text, &all) {
            Ok((Some(policy), _)) => Ok(Managed::Policy(policy)),
            Ok((None, arn)) => Ok(Managed::Bundled(arn.to_owned())),
            Err(error) => match (error, read(text)) {
                (AskError::Unknown { .. }, Some(file)) => {
                    let policy = file.map_err(|reason| EditError::File { name: text.to_owned(), reason })?;
                    Ok(Managed::Text(policy))
                }
                (error, _) => Err(error.into()),
            },
        }
    }

    /// One of a principal's own policies, an inline one also by its name alone; else any, which hangs elsewhere.
    fn policy_to_detach(&self, text: &str, from: PrincipalId) -> Result<PolicyId, EditError> {
        let inventory = self.inventory();
        let own = inventory.principals[from].policies.iter();
        let named: Vec<(PolicyId, &str)> = own.map(|&id| (id, inventory.policies[id].name.as_str())).collect();
        let bare = |name: &'_ str| {
            name.strip_prefix("inline policy ").and_then(|rest| rest.rsplit_once(" of ")).map(|one| one.0 == text)
        };
        let inline: Vec<PolicyId> =
            named.iter().filter(|(_, name)| bare(name) == Some(true)).map(|(id, _)| *id).collect();
        match (inline.as_slice(), one_of(text, &named)) {
            (&[one], Err(AskError::Unknown { .. })) => Ok(one),
            (_, Ok((policy, _))) => Ok(policy),
            (_, Err(AskError::Unknown { .. })) => self.policy(text),
            (_, Err(error)) => Err(error.into()),
        }
    }

    /// The policy that a word means: a managed one, or one that hangs somewhere, by its name, the end of it, or by
    /// whom or what it hangs on.
    fn policy(&self, text: &str) -> Result<PolicyId, EditError> {
        let inventory = self.inventory();
        if let Some(found) = self.policy_of_holder(text) {
            return found;
        }
        let used = used(inventory);
        let counts = |id: &PolicyId, name: &str| name.starts_with("arn:") || used.contains(id);
        let all = inventory.policies.iter().filter(|(id, policy)| counts(id, &policy.name));
        let all: Vec<(PolicyId, &str)> = all.map(|(id, policy)| (id, policy.name.as_str())).collect();
        // `Guard (p-guard00001)` is also called `Guard`, or `p-guard00001`.
        let is_called = |name: &str| {
            let parts = name.strip_suffix(')').and_then(|name| name.rsplit_once(" ("));
            parts.is_some_and(|(own, id)| own == text || id == text)
        };
        let controls: Vec<PolicyId> = all.iter().filter(|(_, name)| is_called(name)).map(|(id, _)| *id).collect();
        match one_of(text, &all) {
            Ok((policy, _)) => Ok(policy),
            Err(AskError::Unknown { .. }) if controls.len() == 1 => Ok(controls[0]),
            Err(AskError::Ambiguous { kind, name, .. }) => {
                // Equal names in several accounts are told apart by whom they hang on.
                let fitting = all.iter().filter(|(_, name)| ends(name).any(|end| end == text));
                let candidates = fitting.map(|&(id, _)| label(inventory, id)).collect();
                Err(AskError::Ambiguous { kind, name, candidates }.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// `inline policy login of arn:...`, `trust policy of arn:...`, or a repository's ARN alone.
    fn policy_of_holder(&self, text: &str) -> Option<Result<PolicyId, EditError>> {
        let inventory = self.inventory();
        let (head, arn) = text.split_once("arn:").map(|(head, _)| (head, &text[head.len()..]))?;
        let arn = Arn::parse(arn)?;
        let mut found = Vec::new();
        if let Some(id) = inventory.principal(&arn) {
            let principal = &inventory.principals[id];
            found.extend(principal.policies.iter().copied());
            if let PrincipalKind::Role { trust: Some(trust) } = principal.kind {
                found.push(trust);
            }
        }
        if let Some(id) = inventory.repository(&arn)
            && let RepositoryPolicy::Policy(policy) = inventory.repositories[id].policy
        {
            found.push(policy);
        }
        let begins = |id: &PolicyId| {
            inventory.policies[*id].name.starts_with(head) && !inventory.policies[*id].name.starts_with("arn:")
        };
        found.retain(begins);
        match found.as_slice() {
            [] => None,
            &[one] => Some(Ok(one)),
            several => {
                let candidates = several.iter().map(|&id| label(inventory, id)).collect();
                Some(Err(AskError::Ambiguous { kind: "policy", name: text.to_owned(), candidates }.into()))
            }
        }
    }

    fn statement(&self, text: &str, of: PolicyId) -> Result<usize, EditError> {
        let inventory = self.inventory();
        let (policy, statements) = (&inventory.policies[of], &inventory.document(of).statements);
        let called = |(number, _): &(usize, &_)| statements[*number].sid.as_deref() == Some(text);
        let found: Vec<usize> = statements.iter().enumerate().filter(called).map(|(number, _)| number).collect();
        let name = || policy.name.clone();
        match (found.as_slice(), text.parse::<usize>()) {
            (&[one], _) => Ok(one),
            (&[], Ok(number)) if policy.gap.is_some() && number > 0 => Err(EditError::Unnumbered(name())),
            (&[], Ok(number)) if (1..=statements.len()).contains(&number) => Ok(number - 1),
            (&[], _) => {
                let sids: Vec<String> =
                    statements.iter().filter_map(|one| Some(format!("`{}`", one.sid.as_ref()?))).take(8).collect();
                let named = if sids.is_empty() { String::new() } else { format!(", among them {}", sids.join(", ")) };
                let count = statements.len();
                let known = format!("it has {count} statement{}{named}", if count == 1 { "" } else { "s" });
                Err(EditError::NoStatement { statement: text.to_owned(), policy: name(), known })
            }
            _ => Err(EditError::Statements { statement: text.to_owned(), policy: name() }),
        }
    }

    /// To a user or role, to a repository, or to a policy.
    fn add_statement(&self, statement: Text, to: &str) -> Result<Change, EditError> {
        Ok(match self.fitting(to) {
            (true, true) => return Err(self.either(to)),
            (true, false) => Change::AddToPrincipal { statement, to: self.entity(to)? },
            (false, true) => Change::AddToRepository { statement, to: self.one_repository(to)? },
            (false, false) => Change::AddStatement { statement, to: self.policy(to)? },
        })
    }
}

/// The policies that hang somewhere. A change leaves those behind that do no more.
fn used(inventory: &Inventory) -> FxHashSet<PolicyId> {
    let mut used = FxHashSet::default();
    for principal in inventory.principals.values() {
        used.extend(principal.policies.iter().copied());
        if let PrincipalKind::Role { trust: Some(policy) } = principal.kind {
            used.insert(policy);
        }
        if let Boundary::Policy(policy) = principal.boundary {
            used.insert(policy);
        }
    }
    used.extend(inventory.groups.values().flat_map(|group| group.policies.iter().copied()));
    let own = inventory.repositories.values().filter_map(|repository| match repository.policy {
        RepositoryPolicy::Policy(policy) => Some(policy),
        RepositoryPolicy::None | RepositoryPolicy::Unknown(_) => None,
    });
    used.extend(own);
    used.extend(inventory.registry_policies.values().map(|registry| registry.policy));
    used.extend(inventory.organizations.values().flat_map(|one| one.attached.values().flatten().copied()));
    used
}

/// A policy by its name and by whom or what it hangs on: unlike its name alone, no other is called so.
fn label(inventory: &Inventory, policy: PolicyId) -> String {
    let name = &inventory.policies[policy].name;
    let trusts = |kind: &PrincipalKind| *kind == PrincipalKind::Role { trust: Some(policy) };
    let mut principals = inventory.principals.values();
    let holder = principals.find(|one| one.policies.contains(&policy) || trusts(&one.kind)).map(|one| &one.arn);
    let mut repositories = inventory.repositories.values();
    let holder = holder.or_else(|| {
        repositories.find(|one| one.policy == RepositoryPolicy::Policy(policy)).map(|repository| &repository.arn)
    });
    match (holder, name.rsplit_once(" of ")) {
        (Some(arn), Some((head, _))) => format!("{head} of {arn}"),
        _ => name.clone(),
    }
}

/// The one that a name means, among these.
fn one_of<'a, T: Copy>(text: &str, all: &[(T, &'a str)]) -> Result<(T, &'a str), AskError> {
    // An index of all of them is wanted for none but what is near.
    let fitting: Vec<usize> = (0..all.len()).filter(|&at| ends(all[at].1).any(|end| end == text)).collect();
    let among = |numbers: Vec<usize>| Names::new(numbers.into_iter().map(|at| (at, Arc::from(all[at].1))).collect());
    let named = if fitting.is_empty() { (0..all.len()).collect() } else { fitting };
    let found = select("policy", text, &among(named))?;
    let [one] = found[..] else {
        let candidates = found.iter().map(|&at| all[at].1.to_owned()).collect();
        return Err(AskError::Ambiguous { kind: "policy", name: text.to_owned(), candidates });
    };
    Ok(all[one])
}

/// JSON as it is written, or the text of a file.
fn given(text: &str, read: Reading<'_>) -> Result<Text, EditError> {
    if text.trim_start().starts_with(['{', '[']) {
        return Ok(Text::new("what if", text.to_owned()));
    }
    let reason = |reason: Cow<'_, str>| EditError::File { name: text.to_owned(), reason: reason.into_owned() };
    match read(text) {
        Some(read) => read.map_err(|error| reason(error.into())),
        None => Err(reason("there is no such file".into())),
    }
}
