//! Managed policies that are attached and detached, and inline policies that come and go.

use super::{ChangeError, Managed, Text};
use crate::ids::{PolicyId, PrincipalId};
use crate::inventory::bundled;
use crate::inventory::world::{Boundary, Inventory, Principal};
use crate::policy::{Arn, PolicyKind, Version};

impl Inventory {
    pub(super) fn attach(&mut self, policy: &Managed, to: PrincipalId) -> Result<(), ChangeError> {
        let policy = self.managed(policy, to)?;
        let principal = &self.principals[to];
        if principal.policies.contains(&policy) {
            let policy = self.policies[policy].name.clone();
            return Err(ChangeError::Attached { policy, principal: principal.arn.to_string() });
        }
        self.change_principal(to, |principal| principal.policies.push(policy));
        Ok(())
    }

    /// A managed policy that a principal can have: one of its own account, or of AWS.
    pub(super) fn managed(&mut self, policy: &Managed, of: PrincipalId) -> Result<PolicyId, ChangeError> {
        let id = match policy {
            Managed::Policy(policy) => *policy,
            Managed::Bundled(arn) => self.bundled(arn)?,
            Managed::Text(text) => self.made_of(text, of)?,
        };
        let (principal, policy) = (&self.principals[of], &self.policies[id]);
        let Some(arn) = Arn::parse(&policy.name).filter(|_| policy.kind == PolicyKind::Identity) else {
            return Err(ChangeError::NotManaged(policy.name.clone()));
        };
        if !bundled::is_aws_managed(arn.as_str()) && arn.account() != Some(principal.account) {
            return Err(ChangeError::OtherAccount { policy: arn.to_string(), principal: principal.arn.to_string() });
        }
        Ok(id)
    }

    fn bundled(&mut self, arn: &str) -> Result<PolicyId, ChangeError> {
        let known = self.policies.iter().find(|(_, policy)| policy.name == arn && policy.kind == PolicyKind::Identity);
        if let Some((policy, _)) = known {
            return Ok(policy);
        }
        self.bundled_policy(arn).ok_or_else(|| ChangeError::NotManaged(arn.to_owned()))
    }

    /// An AWS-managed policy by its ARN, the bundled copy where nothing here holds it.
    pub(in crate::inventory) fn bundled_policy(&mut self, arn: &str) -> Option<PolicyId> {
        let bundled = bundled::find(arn)?;
        let text = Text::new(&format!("bundled copy of {arn}"), bundled.document.get().to_owned());
        let policy = self.policy_of_text(arn.to_owned(), PolicyKind::Identity, &text, None).ok()?;
        if let Some(policy) = self.policies.get_mut(policy) {
            policy.bundled = true;
        }
        Some(policy)
    }

    fn made_of(&mut self, text: &Text, of: PrincipalId) -> Result<PolicyId, ChangeError> {
        let principal = &self.principals[of];
        let (partition, account) = (principal.arn.partition(), principal.account);
        let arn = format!("arn:{partition}:iam::{account}:policy/{}", stem(&text.name));
        if self.policies.values().any(|policy| policy.name == arn) {
            return Err(ChangeError::Exists(arn));
        }
        self.policy_of_text(arn, PolicyKind::Identity, &text.as_document(Version::V2012), Some(account))
    }

    pub(super) fn detach(&mut self, policy: PolicyId, from: PrincipalId) -> Result<(), ChangeError> {
        let principal = &self.principals[from];
        if !principal.policies.contains(&policy) {
            return Err(ChangeError::NotAttached {
                policy: self.policies[policy].name.clone(),
                principal: principal.arn.to_string(),
                hint: self.otherwise(policy, principal),
            });
        }
        self.change_principal(from, |principal| principal.policies.retain(|one| *one != policy));
        Ok(())
    }

    /// How a principal has a policy that is not attached to itself.
    fn otherwise(&self, policy: PolicyId, principal: &Principal) -> Option<String> {
        let mut groups = principal.groups.iter().map(|&group| &self.groups[group]);
        if let Some(group) = groups.find(|group| group.policies.contains(&policy)) {
            return Some(format!("it comes from {}, with all who are in the group", group.arn.resource()));
        }
        (principal.boundary == Boundary::Policy(policy)).then(|| "it is the permissions boundary".to_owned())
    }

    pub(super) fn add_to_principal(&mut self, statement: &Text, to: PrincipalId) -> Result<(), ChangeError> {
        let (short, account) = (self.principals[to].arn.resource().to_owned(), self.principals[to].account);
        let named = |number: usize| match number {
            1 => format!("inline policy what-if of {short}"),
            _ => format!("inline policy what-if-{number} of {short}"),
        };
        let own: Vec<&str> =
            self.principals[to].policies.iter().map(|&policy| self.policies[policy].name.as_str()).collect();
        // One more than there are has a free one among them.
        let free = (1..=own.len() + 1).map(named).find(|name| !own.contains(&name.as_str()));
        let text = statement.as_document(Version::V2012);
        let name = free.expect("one of the numbers is free");
        let policy = self.policy_of_text(name, PolicyKind::Identity, &text, Some(account))?;
        self.change_principal(to, |principal| principal.policies.push(policy));
        Ok(())
    }

    pub(in crate::inventory) fn change_principal(&mut self, id: PrincipalId, change: impl FnOnce(&mut Principal)) {
        if let Some(principal) = self.principals.get_mut(id) {
            change(principal);
        }
    }
}

/// The name of a policy that is made of a file: what IAM lets a name hold, and 128 characters at most.
fn stem(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = name.strip_suffix(".json").unwrap_or(name);
    let is_kept = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@_-".contains(letter);
    let kept = name.chars().map(|letter| if is_kept(letter) { letter } else { '-' });
    let name: String = kept.take(128).collect();
    if name.is_empty() { "what-if".to_owned() } else { name }
}
