//! Statements that come and go in a policy. The others keep their places.

use std::sync::Arc;

use super::text::spelled;
use super::{ChangeError, Text};
use crate::ids::{DocumentId, PolicyId};
use crate::inventory::bundled;
use crate::inventory::world::{Inventory, Policy, RepositoryPolicy};
use crate::policy::{AccountId, Arn, Document, Place, PolicyKind};

impl Inventory {
    /// A managed policy is changed for all who have it, an inline one for its owner, though others may say the same.
    pub(super) fn remove_statement(&mut self, statement: usize, of: PolicyId) -> Result<(), ChangeError> {
        self.changeable(of)?;
        let (name, before) = (&self.policies[of].name, self.policies[of].document);
        let document = &self.documents[before];
        let count = document.statements.len();
        if statement >= count {
            return Err(ChangeError::NoStatement { policy: name.clone(), count });
        }
        if self.goes_with(statement, of) {
            self.remove_holder(of);
            return Ok(());
        }
        // Any other of which nothing is left grants and denies nothing.
        let mut document = Document::clone(document);
        document.statements.remove(statement);
        let mut places = self.places(before);
        places.remove(statement);
        self.replace(of, document, &places);
        Ok(())
    }

    /// Whether AWS stores no such policy without this statement: the last one of an inline policy, or of that of a
    /// repository. What somebody would do instead is to remove it.
    #[must_use]
    pub fn goes_with(&self, statement: usize, of: PolicyId) -> bool {
        let policy = &self.policies[of];
        let is_inline = policy.kind == PolicyKind::Identity && Arn::parse(&policy.name).is_none();
        let is_whole = policy.gap.is_none();
        let is_last = statement == 0 && self.documents[policy.document].statements.len() == 1;
        is_last && is_whole && (is_inline || policy.kind == PolicyKind::Repository)
    }

    /// Removes an inline policy from whom it belongs to, or the policy of a repository.
    fn remove_holder(&mut self, policy: PolicyId) {
        let has = |policies: &[PolicyId]| policies.contains(&policy);
        let principals: Vec<_> =
            self.principals.iter().filter(|(_, one)| has(&one.policies)).map(|(id, _)| id).collect();
        for id in principals {
            self.change_principal(id, |principal| principal.policies.retain(|one| *one != policy));
        }
        let groups: Vec<_> = self.groups.iter().filter(|(_, one)| has(&one.policies)).map(|(id, _)| id).collect();
        for id in groups {
            if let Some(group) = self.groups.get_mut(id) {
                group.policies.retain(|one| *one != policy);
            }
        }
        let own = |one: &RepositoryPolicy| *one == RepositoryPolicy::Policy(policy);
        let repositories: Vec<_> =
            self.repositories.iter().filter(|(_, one)| own(&one.policy)).map(|(id, _)| id).collect();
        for id in repositories {
            self.set_repository_policy(id, RepositoryPolicy::None);
        }
    }

    pub(super) fn set_document(&mut self, of: PolicyId, to: &Text) -> Result<(), ChangeError> {
        self.changeable(of)?;
        let Policy { name, kind, .. } = self.policies[of].clone();
        let (document, place) = self.read_text(to, kind, owner(&name))?;
        let places: Vec<_> = document.statements.iter().map(|_| Some(place)).collect();
        self.replace(of, document, &places);
        if let Some(policy) = self.policies.get_mut(of) {
            policy.gap = None;
        }
        Ok(())
    }

    pub(super) fn add_statement(&mut self, statement: &Text, to: PolicyId) -> Result<(), ChangeError> {
        self.changeable(to)?;
        let Policy { name, kind, document: before, .. } = self.policies[to].clone();
        let mut document = Document::clone(&self.documents[before]);
        let text = statement.as_document(document.version);
        let (added, place) = self.read_text(&text, kind, owner(&name))?;
        if added.version != document.version {
            return Err(ChangeError::OtherVersion {
                name: statement.name.clone(),
                found: spelled(added.version),
                policy: name,
                wanted: spelled(document.version),
            });
        }
        let mut places = self.places(before);
        places.extend(added.statements.iter().map(|_| Some(place)));
        document.statements.extend(added.statements);
        self.replace(to, document, &places);
        Ok(())
    }

    /// Whether a policy is somebody's own, and not one that only AWS changes.
    #[must_use]
    pub fn can_change(&self, policy: PolicyId) -> bool {
        self.changeable(policy).is_ok()
    }

    fn changeable(&self, policy: PolicyId) -> Result<(), ChangeError> {
        let policy = &self.policies[policy];
        // The organization's two are exported under their names with their ids.
        let is_control = ["p-FullAWSAccess", "p-RCPFullAWSAccess"].iter().any(|id| policy.name.contains(id));
        let is_own = !policy.bundled && !is_control && !bundled::is_aws_managed(&policy.name);
        if is_own { Ok(()) } else { Err(ChangeError::AwsManaged(policy.name.clone())) }
    }

    /// Where the statements of a document stand, of those that do not stand where the document does.
    fn places(&self, document: DocumentId) -> Vec<Option<Place>> {
        let numbers = (0..).take(self.documents[document].statements.len());
        numbers.map(|number| self.added.get(&(document, number)).copied()).collect()
    }

    /// Lets a policy that hangs nowhere any more say nothing: whom it alone named is nobody to ask about.
    pub(in crate::inventory) fn retire(&mut self, policy: PolicyId) {
        self.replace(policy, Document::default(), &[]);
    }

    /// Lets a policy say something else.
    fn replace(&mut self, policy: PolicyId, document: Document, places: &[Option<Place>]) {
        let document = Arc::make_mut(&mut self.documents).push(Arc::new(document));
        let places = (0..).zip(places).filter_map(|(number, place)| Some(((document, number), (*place)?)));
        self.added.extend(places);
        if let Some(policy) = self.policies.get_mut(policy) {
            policy.document = document;
        }
    }
}

fn owner(policy: &str) -> Option<AccountId> {
    Arn::parse(policy)?.account()
}
