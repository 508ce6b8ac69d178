//! Organizations: where accounts stand in them, and which control policies hang above.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::Assembler;
use crate::ids::{GapId, PolicyId};
use crate::inventory::bundled;
use crate::inventory::records::{
    AccountRecord, ControlRecord, FailureRecord, MembershipRecord, OrganizationRecord, UnitRecord,
};
use crate::inventory::world::{GapKind, Membership, Organization};
use crate::policy::{AccountId, Diagnostic, PolicyKind, Severity, clip};

/// Control policies as they are attached: by target, and by policy.
pub(super) struct Attachments {
    pub(super) policies: BTreeMap<String, PolicyId>,
    /// Policies without a document: their names.
    pub(super) unread: BTreeMap<String, String>,
    /// The policies of each target.
    pairs: BTreeMap<String, BTreeSet<String>>,
    /// Targets of which a file tells all policies.
    pub(super) told: BTreeSet<String>,
    /// Policies of which a file tells all targets.
    listed: BTreeSet<String>,
    /// Targets of which a call failed that would have told their policies.
    failed: BTreeMap<String, GapId>,
}

impl Attachments {
    /// Whether no file tells all targets of a policy, nor is it attached to everything as AWS's own are.
    pub(super) fn is_untold(&self, policy: &str) -> bool {
        !self.listed.contains(policy) && !policy.ends_with("FullAWSAccess")
    }
}

impl Assembler {
    pub(super) fn organizations(
        &mut self,
        organizations: &BTreeMap<String, OrganizationRecord>,
        roots: &[UnitRecord],
        units: &[UnitRecord],
        accounts: &[AccountRecord],
        parents: &[(String, String)],
        is_complete: bool,
    ) {
        let mut above: FxHashMap<&str, &str> = FxHashMap::default();
        for unit in units {
            above.extend(unit.parent.as_deref().map(|parent| (unit.id.as_str(), parent)));
        }
        above.extend(parents.iter().map(|(child, parent)| (child.as_str(), parent.as_str())));
        let (roots, units) = (by_organization(roots), by_organization(units));
        let known = organizations.iter().filter(|(id, _)| !id.is_empty());
        let is_only = known.clone().count() == 1;
        for (id, record) in known {
            // Units that do not tell their organization can only belong to the one that there is.
            let mine = |units: &FxHashMap<&str, Vec<_>>| -> Vec<&UnitRecord> {
                let strays = units.get("").filter(|_| is_only);
                units.get(id.as_str()).into_iter().chain(strays).flatten().copied().collect()
            };
            let (roots, units) = (mine(&roots), mine(&units));
            let enabled = |kind: &str| {
                let told = roots.iter().filter_map(|root| root.enabled.as_ref());
                let mut told = told.peekable();
                // L16: without a list of roots only the organization's kind tells.
                if told.peek().is_none() {
                    return record.all_features != Some(false) && kind == "SERVICE_CONTROL_POLICY";
                }
                told.any(|types| types.iter().any(|one| one == kind)) && record.all_features != Some(false)
            };
            let mut names: BTreeMap<String, String> = BTreeMap::new();
            for unit in roots.iter().chain(&units) {
                // One collector tells ids in one file and names in another.
                if unit.name != unit.id || !names.contains_key(&unit.id) {
                    names.insert(unit.id.clone(), unit.name.clone());
                }
            }
            let organization = Organization {
                id: id.clone(),
                management: record.management,
                names,
                service_control: enabled("SERVICE_CONTROL_POLICY"),
                resource_control: enabled("RESOURCE_CONTROL_POLICY"),
                complete: record.complete && is_complete,
                attached: BTreeMap::new(),
                unknown_targets: BTreeMap::new(),
            };
            self.world.organizations.insert(id.clone(), organization);
        }
        for record in accounts {
            let told = record.path.clone().filter(|path| path.len() <= Membership::DEEPEST);
            let path = told.or_else(|| path_above(record.parent.as_deref(), &above)).unwrap_or_default();
            let account = self.account(record.id);
            if !record.name.is_empty() {
                account.name = Some(record.name.clone());
            }
            let better = account.membership.as_ref().is_none_or(|known| known.path.len() < path.len());
            if better && !record.organization.is_empty() {
                account.membership = Some(Membership { organization: record.organization.clone(), path });
            }
        }
    }

    /// What accounts tell of their organizations themselves (I32): the one that each is in, and no more.
    pub(super) fn memberships(&mut self, memberships: Vec<MembershipRecord>, alone: &BTreeSet<AccountId>) {
        for MembershipRecord { account, organization, place } in memberships {
            let known = self
                .account(account)
                .membership
                .get_or_insert_with(|| Membership { organization: organization.clone(), path: Vec::new() });
            if known.organization != organization {
                let message = format!(
                    "account {account} is in organization `{}` here, and `{}` lists it too",
                    clip(&organization),
                    clip(&known.organization)
                );
                self.world.diagnostics.push(Diagnostic {
                    severity: Severity::Error,
                    message,
                    hint: Some("an account is in one organization; collect both again".to_owned()),
                    place: Some(self.world.sources.origin(place.0, place.1)),
                    account: Some(account),
                });
                let message = format!("in which organization account {account} is, on which files disagree");
                let gap = self.gap(GapKind::Organization, Some(account), message);
                self.account(account).gaps.push(gap);
            }
        }
        for id in alone {
            if let Some(account) = self.world.accounts.get_mut(id) {
                // A file that could not be read may have told it.
                account.is_standalone = account.membership.is_none() && account.gaps.is_empty();
            }
        }
    }

    pub(super) fn controls(
        &mut self,
        controls: Vec<ControlRecord>,
        targets: Vec<(String, Vec<String>)>,
        attachments: Vec<(String, Vec<String>)>,
        failures: &[FailureRecord],
    ) {
        let mut policies: BTreeMap<String, PolicyId> = BTreeMap::new();
        let mut unread: BTreeMap<String, String> = BTreeMap::new();
        for control in controls {
            let id = canonical(&control.id);
            let name = if control.name == id { id.clone() } else { format!("{} ({id})", control.name) };
            match control.document {
                Some(place) if !policies.contains_key(&id) => {
                    let policy = self.policy(name, control.kind, place, None);
                    policies.insert(id, policy);
                }
                Some(_) => {}
                None => {
                    unread.entry(id).or_insert(name);
                }
            }
        }
        // L15, L24: the two policies that allow everything are the same everywhere.
        for (id, kind) in
            [("p-FullAWSAccess", PolicyKind::ServiceControl), ("p-RCPFullAWSAccess", PolicyKind::ResourceControl)]
        {
            if !policies.contains_key(id)
                && let Some(bundled) = bundled::control(id)
            {
                let policy = self.bundled(id, kind, bundled);
                policies.insert(id.to_owned(), policy);
            }
        }
        let mut pairs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut told: BTreeSet<String> = BTreeSet::new();
        let mut listed: BTreeSet<String> = BTreeSet::new();
        for (policy, targets) in targets {
            let policy = canonical(&policy);
            listed.insert(policy.clone());
            for target in targets {
                pairs.entry(target).or_default().insert(policy.clone());
            }
        }
        for (target, attached) in attachments {
            pairs.entry(target.clone()).or_default().extend(attached.iter().map(|policy| canonical(policy)));
            told.insert(target);
        }
        let failed = self.failed_targets(failures);
        let attachments = Attachments { policies, unread, pairs, told, listed, failed };
        let missing = self.failed_controls(failures, &attachments);
        if attachments.told.is_empty() && !attachments.pairs.is_empty() {
            let untold = attachments.policies.iter().filter(|(id, _)| attachments.is_untold(id));
            let untold = untold.filter(|(id, _)| !missing.contains(id.as_str()));
            self.untold_targets(&untold.map(|(_, &policy)| policy).collect::<Vec<_>>());
        }
        let mut members: BTreeMap<String, Vec<(AccountId, Vec<String>)>> =
            self.world.organizations.keys().map(|id| (id.clone(), Vec::new())).collect();
        for account in self.world.accounts.values() {
            let Some(membership) = &account.membership else { continue };
            if let Some(own) = members.get_mut(&membership.organization) {
                own.push((account.id, membership.path.clone()));
            }
        }
        for (id, members) in members {
            self.attach_controls(&id, members, &attachments);
        }
    }

    /// Control policies that are in the input, and of which no file tells where they are attached: they may
    /// deny anywhere.
    fn untold_targets(&mut self, policies: &[PolicyId]) {
        for &policy in policies {
            let message = format!(
                "where the control policy {} is attached, which no file tells",
                self.world.policies[policy].name
            );
            let gap = self.gap(GapKind::ControlPolicies, None, message);
            for account in self.world.accounts.values_mut().filter(|account| account.membership.is_some()) {
                account.gaps.push(gap);
            }
        }
    }

    fn attach_controls(&mut self, id: &str, members: Vec<(AccountId, Vec<String>)>, attachments: &Attachments) {
        let Attachments { policies, unread, pairs, told, listed, failed } = attachments;
        let organization = &self.world.organizations[id];
        let mut targets: BTreeSet<String> = organization.names.keys().cloned().collect();
        let mut strays: BTreeMap<String, AccountId> = BTreeMap::new();
        for (account, path) in members {
            if path.is_empty() && organization.management != Some(account) {
                strays.insert(account.to_string(), account);
            }
            targets.extend(path);
            targets.insert(account.to_string());
        }
        let (service, resource) = (organization.service_control, organization.resource_control);
        let any_told = !pairs.is_empty() || !told.is_empty();
        let full = policies.get("p-RCPFullAWSAccess").copied();
        let nothing = BTreeSet::new();
        let mut attached: BTreeMap<String, Vec<PolicyId>> = BTreeMap::new();
        let mut unknown: BTreeMap<String, GapId> = BTreeMap::new();
        for target in targets {
            let here = pairs.get(&target).unwrap_or(&nothing);
            let mut found: Vec<PolicyId> = here.iter().filter_map(|policy| policies.get(policy).copied()).collect();
            for policy in here.iter().filter(|policy| !policies.contains_key(*policy)) {
                let name = unread.get(policy).unwrap_or(policy);
                let message = format!("the control policy {name}, attached to {target}, is not in the export");
                unknown.insert(target.clone(), self.gap(GapKind::ControlPolicies, None, message));
            }
            if let Some(&gap) = failed.get(&target) {
                unknown.entry(target.clone()).or_insert(gap);
            }
            // L24: attached to everything, and never detached.
            if resource && !here.contains("p-RCPFullAWSAccess") {
                found.extend(full);
            }
            let has_service =
                found.iter().any(|&policy| self.world.policies[policy].kind == PolicyKind::ServiceControl);
            if let Some(&account) = strays.get(&target).filter(|_| service || resource) {
                // I26, I27: without its parents nobody knows what hangs above the account.
                let message = format!("where account {account} stands in the organization, which no file tells");
                unknown.insert(target.clone(), self.gap(GapKind::ControlPolicies, Some(account), message));
            } else if service && !has_service && !told.contains(&target) && !unknown.contains_key(&target) {
                // EC414: AWS keeps at least one service control policy on every target.
                let what = if any_told { "of which no file tells one" } else { "which were not exported" };
                let message = format!("the service control policies attached to {target}, {what}");
                unknown.insert(target.clone(), self.gap(GapKind::ControlPolicies, None, message));
            } else if service
                && !told.contains(&target)
                && !listed.contains("p-FullAWSAccess")
                && !unknown.contains_key(&target)
            {
                // L15: it may hang there too, and then these others are all that limits.
                let message = format!("whether FullAWSAccess is attached to {target}, which no file tells");
                unknown.insert(target.clone(), self.gap(GapKind::ControlPolicies, None, message));
            }
            attached.insert(target, found);
        }
        if let Some(organization) = self.world.organizations.get_mut(id) {
            organization.attached = attached;
            organization.unknown_targets = unknown;
        }
    }
}

fn by_organization(units: &[UnitRecord]) -> FxHashMap<&str, Vec<&UnitRecord>> {
    let mut sorted: FxHashMap<&str, Vec<&UnitRecord>> = FxHashMap::default();
    for unit in units {
        sorted.entry(unit.organization.as_str()).or_default().push(unit);
    }
    sorted
}

/// Ids are lower-cased by one collector; AWS's own are well known.
fn canonical(id: &str) -> String {
    match id.to_ascii_lowercase().as_str() {
        "p-fullawsaccess" => "p-FullAWSAccess".to_owned(),
        "p-rcpfullawsaccess" => "p-RCPFullAWSAccess".to_owned(),
        _ => id.to_owned(),
    }
}

/// The ids from the root down to a parent. A chain that runs in a circle, or does not reach a root, has none:
/// what hangs above it is not known.
fn path_above(parent: Option<&str>, above: &FxHashMap<&str, &str>) -> Option<Vec<String>> {
    let mut at = parent?;
    let mut path = vec![at.to_owned()];
    while let Some(next) = above.get(at).filter(|_| path.len() < Membership::DEEPEST) {
        path.push((*next).to_owned());
        at = next;
    }
    path.reverse();
    at.starts_with("r-").then_some(path)
}
