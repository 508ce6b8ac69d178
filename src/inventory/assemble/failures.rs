//! Calls that failed: what they would have told is missing, unless another file tells it (P1, P5).

use std::collections::{BTreeMap, BTreeSet};

use super::Assembler;
use super::organization::Attachments;
use crate::ids::GapId;
use crate::inventory::organization::{CONTROL_KINDS, CONTROLS};
use crate::inventory::records::{FailureRecord, Records, Wanted};
use crate::inventory::world::{Account, GapKind, Visibility};
use crate::policy::{AccountId, Diagnostic, PolicyKind, Severity};

/// What files tell otherwise, as far as it is not in the world.
pub(super) struct Otherwise {
    bare_registries: BTreeSet<(AccountId, String)>,
    scopes: BTreeSet<(AccountId, String)>,
    /// Whether a list of roots is there.
    has_roots: bool,
    /// The types of control policies of which a list is there.
    listed: Vec<PolicyKind>,
    /// Control policies whose documents are there.
    described: BTreeSet<String>,
    /// Control policies whose targets are.
    targeted: BTreeSet<String>,
}

impl Otherwise {
    pub(super) fn of(records: &Records) -> Self {
        let is_listed = |name: &str| records.pages.iter().any(|page| page.list == CONTROLS && page.of.contains(name));
        let listed = CONTROL_KINDS.into_iter().filter(|(_, name)| is_listed(name)).map(|(kind, _)| kind).collect();
        let with_document = records.controls.iter().filter(|control| control.document.is_some());
        Self {
            bare_registries: records.bare_registries.clone(),
            scopes: records.scopes.keys().cloned().collect(),
            has_roots: records.roots.iter().any(|root| root.enabled.is_some()),
            listed,
            described: with_document.map(|control| control.id.clone()).collect(),
            targeted: records.targets.iter().map(|(policy, _)| policy.clone()).collect(),
        }
    }
}

impl FailureRecord {
    /// `ecr-public:GetRepositoryPolicy failed with AccessDeniedException`.
    pub(super) fn reason(&self) -> String {
        format!("{} failed with {}", self.call, self.error)
    }
}

impl Assembler {
    /// Keeps for each repository why its policy is not known.
    pub(super) fn failed_policies(&mut self, failures: &[FailureRecord]) {
        for failure in failures {
            if let (Some(account), Wanted::RepositoryPolicy(visibility, name)) = (failure.account, &failure.wanted) {
                let region = failure.region.as_deref().filter(|_| *visibility == Visibility::Private);
                for id in self.named(account, name, Some(*visibility), region) {
                    self.failed.insert(id, failure.reason());
                }
            }
        }
    }

    /// Tells of each failure, and remembers what is missing because of it. What single control policies say and
    /// where they are attached is for [`Self::controls`].
    pub(super) fn failures(&mut self, failures: &[FailureRecord], otherwise: &Otherwise) {
        for failure in failures {
            if self.is_told(failure, otherwise) {
                continue;
            }
            self.tell(failure);
            let (account, region) = (failure.account, failure.region.as_deref());
            let there = region.map_or_else(String::new, |region| format!(" in {region}"));
            let whose = account.map_or("an account".to_owned(), |account| format!("account {account}"));
            let reason = failure.reason();
            match &failure.wanted {
                Wanted::Principals => {
                    let message = format!("the users and roles of {whose} are not known: {reason}");
                    let gap = self.gap(GapKind::Principals, account, message);
                    self.lacks(account, gap);
                }
                Wanted::Repositories(visibility) => {
                    let what = match visibility {
                        Visibility::Public => format!("the public repositories of {whose}"),
                        Visibility::Private => format!("the private repositories of {whose}{there}"),
                    };
                    let gap = self.gap(GapKind::Repositories, account, format!("{what} are not known: {reason}"));
                    self.lacks(account, gap);
                }
                Wanted::RegistryPolicy => {
                    let message = format!("the registry policy of {whose}{there} is not known: {reason}");
                    self.registry_lacks(account, region, message);
                }
                Wanted::RegistryScope => {
                    let message = format!("the scope of the registry policy of {whose}{there} is not known: {reason}");
                    self.registry_lacks(account, region, message);
                }
                Wanted::Organization => {
                    let message = format!("the organization of {whose} is not known: {reason}");
                    let gap = self.gap(GapKind::Organization, account, message);
                    match account {
                        Some(_) => self.lacks(account, gap),
                        None => self.outsiders_lack(gap),
                    }
                }
                Wanted::Roots => {
                    let message = format!(
                        "which types of control policies are enabled in the organization is not known: {reason}"
                    );
                    let gap = self.gap(GapKind::ControlPolicies, None, message);
                    self.members_lack(account, None, gap);
                }
                Wanted::Accounts => {
                    let message = format!("which accounts are in the organization is not known: {reason}");
                    let gap = self.gap(GapKind::Organization, None, message);
                    self.outsiders_lack(gap);
                }
                Wanted::Children(parent) => {
                    let message = format!("what stands below {parent} in the organization is not known: {reason}");
                    let gap = self.gap(GapKind::Organization, None, message);
                    self.outsiders_lack(gap);
                }
                Wanted::Controls(kind) => {
                    let what = match kind {
                        PolicyKind::ResourceControl => "resource control policies",
                        _ => "service control policies",
                    };
                    let message = format!("the {what} of the organization are not known: {reason}");
                    let gap = self.gap(GapKind::ControlPolicies, None, message);
                    self.members_lack(account, Some(*kind), gap);
                }
                Wanted::RepositoryPolicy(..) | Wanted::Control(_) | Wanted::Targets(_) | Wanted::Attachments(_) => {}
            }
        }
    }

    /// Targets of which nobody could tell what is attached to them.
    pub(super) fn failed_targets(&mut self, failures: &[FailureRecord]) -> BTreeMap<String, GapId> {
        let mut failed = BTreeMap::new();
        for failure in failures {
            if let Wanted::Attachments(target) = &failure.wanted {
                let message = format!("all that is attached to {target} is not known: {}", failure.reason());
                failed.insert(target.clone(), self.gap(GapKind::ControlPolicies, None, message));
            }
        }
        failed
    }

    /// The members of the organization lack control policies that may hang anywhere. The ids of these.
    ///
    /// Where targets tell their policies, or a policy its targets, nothing is missing.
    pub(super) fn failed_controls<'f>(
        &mut self,
        failures: &'f [FailureRecord],
        attachments: &Attachments,
    ) -> BTreeSet<&'f str> {
        let mut missing = BTreeSet::new();
        for failure in failures {
            let (policy, told) = match &failure.wanted {
                Wanted::Control(policy) => (policy, attachments.policies.contains_key(policy)),
                Wanted::Targets(policy) => (policy, false),
                _ => continue,
            };
            if told || !attachments.told.is_empty() || !attachments.is_untold(policy) {
                continue;
            }
            let known = attachments.policies.get(policy).map(|&id| &self.world.policies[id].name);
            let name = known.or_else(|| attachments.unread.get(policy)).unwrap_or(policy);
            let (reason, is_read) = (failure.reason(), known.is_some());
            let message = if is_read {
                format!("where the control policy {name} is attached is not known: {reason}")
            } else {
                format!("what the control policy {name} says and where it is attached is not known: {reason}")
            };
            let gap = self.gap(GapKind::ControlPolicies, None, message);
            self.members_lack(failure.account, None, gap);
            missing.insert(policy.as_str());
        }
        missing
    }

    /// Whether another file tells what the call would have told.
    fn is_told(&self, failure: &FailureRecord, otherwise: &Otherwise) -> bool {
        let account = failure.account.and_then(|id| self.world.accounts.get(&id));
        let region = failure.region.clone().unwrap_or_default();
        let registry = failure.account.map(|account| (account, region.clone()));
        let is_in = |known: &BTreeSet<(AccountId, String)>| registry.as_ref().is_some_and(|key| known.contains(key));
        match &failure.wanted {
            Wanted::Principals => account.is_some_and(|account| account.has_principals),
            Wanted::Repositories(Visibility::Public) => account.is_some_and(|account| account.has_public),
            Wanted::Repositories(Visibility::Private) => {
                account.is_some_and(|account| account.private_regions.contains(&region))
            }
            Wanted::RegistryPolicy => {
                is_in(&otherwise.bare_registries)
                    || registry.as_ref().is_some_and(|key| self.world.registry_policies.contains_key(key))
            }
            Wanted::RegistryScope => is_in(&otherwise.scopes) || is_in(&otherwise.bare_registries),
            Wanted::RepositoryPolicy(visibility, name) => failure.account.is_some_and(|account| {
                let region = failure.region.as_deref().filter(|_| *visibility == Visibility::Private);
                let found = self.named(account, name, Some(*visibility), region);
                !found.is_empty() && found.iter().all(|id| !self.failed.contains_key(id))
            }),
            Wanted::Organization => {
                account.is_some_and(|account| account.membership.is_some() || account.is_standalone)
                    || self.world.organizations.values().any(|one| one.complete)
            }
            Wanted::Roots => otherwise.has_roots,
            Wanted::Accounts | Wanted::Children(_) => {
                let mut concerned = self.concerned(failure.account).into_iter().peekable();
                concerned.peek().is_some()
                    && concerned.all(|id| self.world.organizations.get(&id).is_some_and(|one| one.complete))
            }
            Wanted::Controls(kind) => otherwise.listed.contains(kind),
            Wanted::Control(policy) => otherwise.described.contains(policy),
            Wanted::Targets(policy) => otherwise.targeted.contains(policy),
            Wanted::Attachments(_) => false,
        }
    }

    fn tell(&mut self, failure: &FailureRecord) {
        let is_denied = ["AccessDenied", "NotAuthorized", "Unauthorized", "not authorized"];
        let hint = if is_denied.iter().any(|word| failure.error.contains(word)) {
            format!("make the call again as somebody who is allowed `{}`", failure.call)
        } else {
            "make the call again".to_owned()
        };
        let (file, span) = failure.place;
        self.world.diagnostics.push(Diagnostic {
            severity: Severity::Warning,
            message: format!("the call of `{}` failed with `{}`", failure.call, failure.error),
            hint: Some(hint),
            place: Some(self.world.sources.origin(file, span)),
            account: failure.account,
        });
    }

    /// The account lacks it; all do where nothing says which.
    fn lacks(&mut self, account: Option<AccountId>, gap: GapId) {
        match account {
            Some(account) => self.account(account).gaps.push(gap),
            None => drop(self.gaps_of_all.insert(gap)),
        }
    }

    fn registry_lacks(&mut self, account: Option<AccountId>, region: Option<&str>, message: String) {
        let gap = self.gap(GapKind::RegistryPolicy, account, message);
        match account.zip(region) {
            Some((account, region)) => {
                self.world.registry_gaps.entry((account, region.to_owned())).or_default().push(gap);
            }
            None => self.lacks(account, gap),
        }
    }

    /// The organizations that a call of this account is about: its own, or any.
    fn concerned(&self, account: Option<AccountId>) -> Vec<String> {
        let own = account.and_then(|id| self.world.accounts.get(&id)?.membership.as_ref());
        let is_own = |id: &str, management: Option<AccountId>| {
            own.is_some_and(|own| own.organization == id) || (account.is_some() && management == account)
        };
        let all = || self.world.organizations.values();
        let owned: Vec<String> =
            all().filter(|one| is_own(&one.id, one.management)).map(|one| one.id.clone()).collect();
        if owned.is_empty() { all().map(|one| one.id.clone()).collect() } else { owned }
    }

    /// The members of the organizations that a call is about lack it, where policies of this type are enabled.
    fn members_lack(&mut self, account: Option<AccountId>, kind: Option<PolicyKind>, gap: GapId) {
        let mut concerned = self.concerned(account);
        concerned.retain(|id| {
            let organization = &self.world.organizations[id];
            match kind {
                Some(PolicyKind::ServiceControl) => organization.service_control,
                Some(PolicyKind::ResourceControl) => organization.resource_control,
                _ => true,
            }
        });
        for account in self.world.accounts.values_mut() {
            let own = account.membership.as_ref().map(|membership| &membership.organization);
            if own.is_some_and(|own| concerned.contains(own)) {
                account.gaps.push(gap);
            }
        }
    }

    /// Accounts of which nothing tells whether they are in the organization lack it.
    fn outsiders_lack(&mut self, gap: GapId) {
        let outside = |account: &&mut Account| account.membership.is_none() && !account.is_standalone;
        for account in self.world.accounts.values_mut().filter(outside) {
            account.gaps.push(gap);
        }
    }
}
