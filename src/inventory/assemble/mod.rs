//! Joining what the readers found into the typed world.
//!
//! Equal things that were exported twice become one, attached ARNs become
//! policies, names become groups, and what is not there becomes a gap. Every
//! distinct document text is parsed once.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::bundled;
use super::records::{
    AccountRecord, GroupRecord, ManagedRecord, PrincipalRecord, Records, RepositoryPolicyRecord, RepositoryRecord,
    Seen, TagsOf, UnitRecord,
};
use super::world::{
    Account, Boundary, Gap, GapKind, Group, Inventory, Membership, Organization, Policy, Principal, PrincipalKind,
    RegistryPolicy, Repository, RepositoryPolicy, Tags, Visibility,
};
use crate::ids::{DocumentId, GapId, GroupId, PolicyId, RepositoryId};
use crate::policy::{AccountId, Arn, Diagnostic, Encoding, Place, PolicyKind, Severity, Sources, Span, parse};

/// Makes an inventory of what was found.
pub(super) fn assemble(sources: Sources, records: Records, diagnostics: Vec<Diagnostic>) -> Inventory {
    let world = Inventory { sources, diagnostics, ..Inventory::default() };
    let mut assembler = Assembler {
        world,
        documents: FxHashMap::default(),
        managed: BTreeMap::new(),
        managed_policies: BTreeMap::new(),
        gaps: BTreeMap::new(),
        groups: BTreeMap::new(),
        untold: BTreeSet::new(),
    };
    assembler.run(records);
    assembler.world
}

struct Assembler {
    world: Inventory,
    documents: FxHashMap<(PolicyKind, Encoding, Box<str>), (DocumentId, bool)>,
    /// Managed policies by ARN, as exported.
    managed: BTreeMap<String, Option<Place>>,
    managed_policies: BTreeMap<String, Result<PolicyId, GapId>>,
    gaps: BTreeMap<(GapKind, String), GapId>,
    groups: BTreeMap<(AccountId, String), GroupId>,
    /// Repositories of which no file has told yet whether they have a policy.
    untold: BTreeSet<RepositoryId>,
}

impl Assembler {
    fn run(&mut self, records: Records) {
        for seen in &records.seen {
            self.see(seen);
        }
        for managed in latest(records.managed, |record| record.arn.clone(), |record: &ManagedRecord| &record.captured) {
            let known = self.managed.entry(managed.arn).or_default();
            *known = known.or(managed.document);
        }
        self.organizations(&records.organizations, &records.roots, &records.units, &records.accounts, &records.parents);
        for group in latest(records.groups, |record| record.arn.to_string(), |record: &GroupRecord| &record.captured) {
            self.group(group);
        }
        let principals =
            latest(records.principals, |record| record.arn.to_string(), |record: &PrincipalRecord| &record.captured);
        for principal in principals {
            self.principal(principal);
        }
        let repositories =
            latest(records.repositories, |record| record.arn.to_string(), |record: &RepositoryRecord| &record.captured);
        for repository in repositories {
            self.repository(repository);
        }
        for tags in records.repository_tags {
            self.repository_tags(tags.of, tags.tags);
        }
        for policy in records.repository_policies {
            self.repository_policy(&policy);
        }
        self.untold_policies();
        for registry in records.registry_policies {
            let Some(region) = registry.region else { continue };
            self.account(registry.account);
            let name = format!("registry policy of {} in {region}", registry.account);
            let policy = self.policy(name, PolicyKind::Registry, registry.document, Some(registry.account));
            let first_scope = records.first_scopes.contains(&(registry.account, region.clone()));
            let key = (registry.account, region);
            self.world.registry_policies.entry(key).or_insert(RegistryPolicy { policy, first_scope });
        }
        self.controls(records.controls, records.targets, records.attachments);
        for (account, what) in records.truncated {
            self.truncated(account, &what);
        }
        self.missing_parts();
    }

    // --- accounts ---

    fn account(&mut self, id: AccountId) -> &mut Account {
        self.world.accounts.entry(id).or_insert_with(|| Account {
            id,
            name: None,
            partition: "aws".to_owned(),
            membership: None,
            has_principals: false,
            has_public: false,
            private_regions: Vec::new(),
            gaps: Vec::new(),
        })
    }

    fn see(&mut self, seen: &Seen) {
        match seen {
            Seen::Principals(account) => self.account(*account).has_principals = true,
            Seen::Public(account) => self.account(*account).has_public = true,
            Seen::Private(account, region) => {
                let regions = &mut self.account(*account).private_regions;
                if !region.is_empty() && !regions.contains(region) {
                    regions.push(region.clone());
                    regions.sort_unstable();
                }
            }
        }
    }

    /// P5: what of an account no file tells.
    fn missing_parts(&mut self) {
        let accounts: Vec<AccountId> = self.world.accounts.keys().copied().collect();
        for id in accounts {
            let account = &self.world.accounts[&id];
            let owns = account.has_public || !account.private_regions.is_empty();
            let missing = (owns && !account.has_principals)
                .then(|| format!("the users and roles of account {id} were not exported"));
            if let Some(message) = missing {
                let gap = self.gap(GapKind::Principals, Some(id), message);
                self.account(id).gaps.push(gap);
            }
            let account = &self.world.accounts[&id];
            if account.membership.is_none() && self.world.organizations.is_empty() && (owns || account.has_principals) {
                let message =
                    "no organization was exported: service and resource control policies are not known".to_owned();
                let gap = self.gap(GapKind::Organization, None, message);
                self.account(id).gaps.push(gap);
            }
        }
    }

    fn truncated(&mut self, account: Option<AccountId>, what: &str) {
        // I5: pages that follow in other files make it whole; how many there should be, none tells.
        let pages = self.world.sources.iter().count();
        let of = account.map_or_else(|| "an account".to_owned(), |account| format!("account {account}"));
        if pages > 1 && !what.is_empty() && what != "repositories" {
            return;
        }
        let gap = self.gap(
            GapKind::Page,
            account,
            format!("a page of the export of {of} announces another one, which is not here"),
        );
        if let Some(account) = account {
            self.account(account).gaps.push(gap);
        }
    }

    fn gap(&mut self, kind: GapKind, account: Option<AccountId>, message: String) -> GapId {
        let world = &mut self.world;
        *self.gaps.entry((kind, message.clone())).or_insert_with(|| world.gaps.push(Gap { kind, account, message }))
    }

    fn note(&mut self, message: String) {
        if self.world.diagnostics.iter().any(|known| known.message == message) {
            return;
        }
        self.world.diagnostics.push(Diagnostic {
            severity: Severity::Note,
            message,
            hint: None,
            place: None,
            account: None,
        });
    }

    // --- policies ---

    fn policy(&mut self, name: String, kind: PolicyKind, place: Place, account: Option<AccountId>) -> PolicyId {
        let (document, rejected) = self.document(kind, place, account);
        let gap = rejected.then(|| {
            let message = format!("a part of {name} cannot be read as AWS would read it");
            self.gap(GapKind::Unreadable, account, message)
        });
        self.world.policies.push(Policy { name, kind, document, place, bundled: false, gap })
    }

    /// The document at a place, parsed once for each distinct text; and whether AWS would reject it.
    fn document(&mut self, kind: PolicyKind, place: Place, account: Option<AccountId>) -> (DocumentId, bool) {
        let raw = place.span.of(&self.world.sources.get(place.file).text);
        if let Some(&(known, rejected)) = self.documents.get(&(kind, place.encoding, Box::from(raw))) {
            return (known, rejected);
        }
        let key = (kind, place.encoding, Box::from(raw));
        let (document, rejected) = if let Some(text) = self.world.sources.document(place) {
            let parsed = parse(&text, kind);
            let rejected = parsed.is_rejected();
            let sources = &self.world.sources;
            let found = parsed.problems.iter().map(|problem| problem.at(sources, place, account));
            self.world.diagnostics.extend(found.collect::<Vec<_>>());
            (parsed.document, rejected)
        } else {
            let error = crate::policy::PolicyError::Encoding;
            self.world.diagnostics.push(Diagnostic {
                severity: Severity::Error,
                message: error.to_string(),
                hint: error.hint(),
                place: Some((place.file, place.span)),
                account,
            });
            (crate::policy::Document::default(), true)
        };
        let id = self.world.documents.push(document);
        self.documents.insert(key, (id, rejected));
        (id, rejected)
    }

    /// A managed policy by its ARN: from the export, else the bundled copy, else a gap.
    fn managed(&mut self, arn: &str, account: AccountId, as_boundary: bool) -> Result<PolicyId, GapId> {
        if let Some(known) = self.managed_policies.get(arn) {
            return *known;
        }
        let found = match self.managed.get(arn).copied().flatten() {
            Some(place) => {
                let owner = Arn::parse(arn).and_then(|arn| arn.account());
                Ok(self.policy(arn.to_owned(), PolicyKind::Identity, place, owner))
            }
            None => match bundled::find(arn) {
                Some(bundled) => {
                    let part = if bundled.partial { ", as far as it concerns registries," } else { "" };
                    self.note(format!(
                        "{arn} is not in the export; its bundled copy{part} is used ({})",
                        bundled.version
                    ));
                    Ok(self.bundled(arn, PolicyKind::Identity, bundled))
                }
                None if bundled::is_aws_managed(arn) && !as_boundary => {
                    let message =
                        format!("{arn} is not in the export; as far as known it has nothing to do with registries");
                    self.note(message.clone());
                    Err(self.gap(GapKind::AwsManagedPolicy, None, message))
                }
                None if as_boundary => {
                    let message = format!("the boundary {arn} is not in the export");
                    Err(self.gap(GapKind::Boundary, Some(account), message))
                }
                None => {
                    let message = format!("the attached policy {arn} is not in the export");
                    Err(self.gap(GapKind::AttachedPolicy, Some(account), message))
                }
            },
        };
        // The same ARN may be missing as a boundary and as a policy: two gaps.
        if found.is_ok() {
            self.managed_policies.insert(arn.to_owned(), found);
        }
        found
    }

    fn bundled(&mut self, name: &str, kind: PolicyKind, bundled: &bundled::Bundled) -> PolicyId {
        let text = bundled.document.get();
        let file = self.world.sources.add(format!("bundled copy of {name}"), text);
        let place = Place { file, span: Span::new(0, text.len()), encoding: Encoding::Object };
        let id = self.policy(name.to_owned(), kind, place, None);
        if let Some(policy) = self.world.policies.get_mut(id) {
            policy.bundled = true;
        }
        id
    }

    fn attached(&mut self, arns: &[String], account: AccountId) -> (Vec<PolicyId>, Vec<GapId>) {
        let (mut policies, mut gaps) = (Vec::new(), Vec::new());
        for arn in arns {
            match self.managed(arn, account, false) {
                Ok(policy) => policies.push(policy),
                Err(gap) => gaps.push(gap),
            }
        }
        (policies, gaps)
    }

    // --- principals ---

    fn group(&mut self, record: GroupRecord) {
        let Some(account) = record.arn.account() else { return };
        self.account(account);
        let (mut policies, gaps) = self.attached(&record.attached, account);
        let short = record.arn.name().to_owned();
        for (name, place) in record.inline {
            let name = format!("inline policy {name} of group/{short}");
            policies.push(self.policy(name, PolicyKind::Identity, place, Some(account)));
        }
        let id = self.world.groups.push(Group { arn: record.arn, policies, gaps });
        self.groups.insert((account, short), id);
    }

    fn principal(&mut self, record: PrincipalRecord) {
        let Some(account) = record.arn.account() else { return };
        record.arn.partition().clone_into(&mut self.account(account).partition);
        let short = record.arn.resource().to_owned();
        let (mut policies, mut gaps) = self.attached(&record.attached, account);
        for (name, place) in record.inline {
            let name = format!("inline policy {name} of {short}");
            policies.push(self.policy(name, PolicyKind::Identity, place, Some(account)));
        }
        let boundary = match &record.boundary {
            None => Boundary::None,
            Some(arn) => match self.managed(arn, account, true) {
                Ok(policy) => Boundary::Policy(policy),
                Err(gap) => Boundary::Missing(gap),
            },
        };
        let mut groups = Vec::new();
        for name in &record.groups {
            let name = name.rsplit('/').next().unwrap_or(name);
            if let Some(&group) = self.groups.get(&(account, name.to_owned())) {
                groups.push(group);
            } else {
                let message = format!("the group {name} of account {account} is not in the export");
                gaps.push(self.gap(GapKind::Group, Some(account), message));
            }
        }
        let kind = if record.is_role {
            let name = format!("trust policy of {short}");
            let trust = record.trust.map(|place| self.policy(name, PolicyKind::Trust, place, Some(account)));
            PrincipalKind::Role { trust }
        } else {
            PrincipalKind::User
        };
        let principal = Principal {
            arn: record.arn.clone(),
            account,
            kind,
            unique_id: record.unique_id,
            tags: record.tags,
            policies,
            groups,
            boundary,
            gaps,
        };
        let id = self.world.principals.push(principal);
        self.world.by_arn.insert(record.arn, id);
    }

    // --- repositories ---

    fn repository(&mut self, record: RepositoryRecord) {
        let Some(account) = record.arn.account() else { return };
        let partition = record.arn.partition().to_owned();
        self.account(account).partition = partition;
        let visibility = if record.arn.service() == "ecr-public" { Visibility::Public } else { Visibility::Private };
        self.see(&match visibility {
            Visibility::Public => Seen::Public(account),
            Visibility::Private => Seen::Private(account, record.arn.region().to_owned()),
        });
        let repository = Repository {
            arn: record.arn.clone(),
            account,
            visibility,
            name: record.name,
            policy: RepositoryPolicy::None,
            tags: record.tags,
        };
        let id = self.world.repositories.push(repository);
        if !record.tells_policy {
            self.untold.insert(id);
        }
        self.world.repository_by_arn.insert(record.arn, id);
    }

    fn repository_tags(&mut self, of: TagsOf, tags: Tags) {
        let found = match of {
            TagsOf::Arn(arn) => Arn::parse(&arn).and_then(|arn| self.world.repository(&arn)),
            TagsOf::Named { account, visibility, region, name } => {
                self.named(account, &name, Some(visibility), region.as_deref()).first().copied()
            }
        };
        if let Some(repository) = found.and_then(|id| self.world.repositories.get_mut(id)) {
            repository.tags = Some(tags);
        }
    }

    fn named(
        &self,
        account: AccountId,
        name: &str,
        visibility: Option<Visibility>,
        region: Option<&str>,
    ) -> Vec<RepositoryId> {
        let fits = |repository: &Repository| {
            repository.account == account
                && repository.name == name
                && visibility.is_none_or(|wanted| repository.visibility == wanted)
                && region.is_none_or(|region| {
                    repository.visibility == Visibility::Public || repository.arn.region() == region
                })
        };
        self.world.repositories.iter().filter(|(_, repository)| fits(repository)).map(|(id, _)| id).collect()
    }

    /// P3: the path, else the actions' prefix, else the only repository of that name.
    fn repository_policy(&mut self, record: &RepositoryPolicyRecord) {
        let visibility = record.visibility.or_else(|| self.prefix_of(record));
        let found = self.named(record.account, &record.name, visibility, record.region.as_deref());
        let problem = match found.len() {
            1 => None,
            0 => Some((
                format!(
                    "a policy of repository {}, which is not among those of account {}",
                    record.name, record.account
                ),
                "export `describe-repositories` of the same registry too",
            )),
            _ => Some((
                format!("a policy of repository {}, of which account {} has several", record.name, record.account),
                "put the file into a folder named `ecr-public`, or `ecr/REGION`",
            )),
        };
        if let Some((message, hint)) = problem {
            self.world.diagnostics.push(Diagnostic {
                severity: Severity::Error,
                message,
                hint: Some(hint.to_owned()),
                place: Some((record.place.file, record.place.span)),
                account: Some(record.account),
            });
            return;
        }
        let Some(&id) = found.first() else { return };
        let policy = match record.document {
            None => RepositoryPolicy::None,
            Some(place) => {
                let name = format!("repository policy of {}", record.name);
                RepositoryPolicy::Policy(self.policy(name, PolicyKind::Repository, place, Some(record.account)))
            }
        };
        self.untold.remove(&id);
        if let Some(repository) = self.world.repositories.get_mut(id) {
            repository.policy = policy;
        }
    }

    /// I16: where no file tells, there may be a policy or none.
    fn untold_policies(&mut self) {
        for id in std::mem::take(&mut self.untold) {
            let repository = &self.world.repositories[id];
            let message = format!("whether {} has a policy was not collected", repository.arn);
            let gap = self.gap(GapKind::RepositoryPolicy, Some(repository.account), message);
            if let Some(repository) = self.world.repositories.get_mut(id) {
                repository.policy = RepositoryPolicy::Unknown(gap);
            }
        }
    }

    fn prefix_of(&self, record: &RepositoryPolicyRecord) -> Option<Visibility> {
        let text = self.world.sources.document(record.document?)?;
        match (text.contains("\"ecr-public:"), text.contains("\"ecr:")) {
            (true, false) => Some(Visibility::Public),
            (false, true) => Some(Visibility::Private),
            _ => None,
        }
    }

    // --- the organization ---

    fn organizations(
        &mut self,
        organizations: &BTreeMap<String, super::records::OrganizationRecord>,
        roots: &[UnitRecord],
        units: &[UnitRecord],
        accounts: &[AccountRecord],
        parents: &[(String, String)],
    ) {
        let mut above: BTreeMap<&str, &str> = BTreeMap::new();
        for unit in units {
            above.extend(unit.parent.as_deref().map(|parent| (unit.id.as_str(), parent)));
        }
        above.extend(parents.iter().map(|(child, parent)| (child.as_str(), parent.as_str())));
        for (id, record) in organizations.iter().filter(|(id, _)| !id.is_empty()) {
            let mine = |unit: &&UnitRecord| unit.organization == *id || unit.organization.is_empty();
            let roots: Vec<&UnitRecord> = roots.iter().filter(mine).collect();
            let enabled = |kind: &str| {
                let told = roots.iter().filter_map(|root| root.enabled.as_ref());
                let mut told = told.peekable();
                // L16: without a list of roots only the organization's kind tells.
                if told.peek().is_none() {
                    return record.all_features != Some(false) && kind == "SERVICE_CONTROL_POLICY";
                }
                told.any(|types| types.iter().any(|one| one == kind)) && record.all_features != Some(false)
            };
            let names = roots.iter().copied().chain(units.iter().filter(mine));
            let organization = Organization {
                id: id.clone(),
                management: record.management,
                names: names.map(|unit| (unit.id.clone(), unit.name.clone())).collect(),
                service_control: enabled("SERVICE_CONTROL_POLICY"),
                resource_control: enabled("RESOURCE_CONTROL_POLICY"),
                complete: record.complete,
                attached: BTreeMap::new(),
                unknown_targets: BTreeMap::new(),
            };
            self.world.organizations.insert(id.clone(), organization);
        }
        for record in accounts {
            let path = record.path.clone().or_else(|| path_above(record.parent.as_deref(), &above)).unwrap_or_default();
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

    fn controls(
        &mut self,
        controls: Vec<super::records::ControlRecord>,
        targets: Vec<(String, Vec<String>)>,
        attachments: Vec<(String, Vec<String>)>,
    ) {
        let mut policies: BTreeMap<String, PolicyId> = BTreeMap::new();
        let mut unread: BTreeMap<String, (String, PolicyKind)> = BTreeMap::new();
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
                    unread.entry(id).or_insert((name, control.kind));
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
        let mut pairs: BTreeSet<(String, String)> = BTreeSet::new();
        let mut told: BTreeSet<String> = BTreeSet::new();
        for (policy, targets) in targets {
            let policy = canonical(&policy);
            pairs.extend(targets.into_iter().map(|target| (target, policy.clone())));
        }
        for (target, attached) in attachments {
            told.insert(target.clone());
            pairs.extend(attached.into_iter().map(|policy| (target.clone(), canonical(&policy))));
        }
        let ids: Vec<String> = self.world.organizations.keys().cloned().collect();
        for id in ids {
            self.attach_controls(&id, &policies, &unread, &pairs, &told);
        }
    }

    fn attach_controls(
        &mut self,
        id: &str,
        policies: &BTreeMap<String, PolicyId>,
        unread: &BTreeMap<String, (String, PolicyKind)>,
        pairs: &BTreeSet<(String, String)>,
        told: &BTreeSet<String>,
    ) {
        let organization = &self.world.organizations[id];
        let members = self.world.accounts.values().filter_map(|account| {
            let membership = account.membership.as_ref().filter(|membership| membership.organization == id)?;
            Some((account.id.to_string(), membership.path.clone()))
        });
        let mut targets: BTreeSet<String> = organization.names.keys().cloned().collect();
        for (account, path) in members {
            targets.extend(path);
            targets.insert(account);
        }
        let (service, resource) = (organization.service_control, organization.resource_control);
        let any_told = !pairs.is_empty() || !told.is_empty();
        let mut attached: BTreeMap<String, Vec<PolicyId>> = BTreeMap::new();
        let mut unknown: BTreeMap<String, GapId> = BTreeMap::new();
        for target in targets {
            let here: BTreeSet<&str> =
                pairs.iter().filter(|(one, _)| *one == target).map(|(_, policy)| policy.as_str()).collect();
            let mut found: Vec<PolicyId> = here.iter().filter_map(|policy| policies.get(*policy).copied()).collect();
            for policy in here.iter().filter(|policy| !policies.contains_key(**policy)) {
                let name = unread.get(*policy).map_or(*policy, |(name, _)| name.as_str());
                let message = format!("the control policy {name}, attached to {target}, is not in the export");
                unknown.insert(target.clone(), self.gap(GapKind::ControlPolicies, None, message));
            }
            // L24: attached to everything, and never detached.
            let full = policies.get("p-RCPFullAWSAccess").copied();
            if resource && !here.contains("p-RCPFullAWSAccess") {
                found.extend(full);
            }
            let has_service =
                found.iter().any(|&policy| self.world.policies[policy].kind == PolicyKind::ServiceControl);
            if service && !has_service && !told.contains(&target) && !unknown.contains_key(&target) {
                // EC414: AWS keeps at least one service control policy on every target.
                let what = if any_told { "of which no file tells one" } else { "which were not exported" };
                let message = format!("the service control policies attached to {target}, {what}");
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

/// Ids are lower-cased by one collector; AWS's own are well known.
fn canonical(id: &str) -> String {
    match id.to_ascii_lowercase().as_str() {
        "p-fullawsaccess" => "p-FullAWSAccess".to_owned(),
        "p-rcpfullawsaccess" => "p-RCPFullAWSAccess".to_owned(),
        _ => id.to_owned(),
    }
}

/// The ids from the root down to a parent. A chain that runs in a circle has none.
fn path_above(parent: Option<&str>, above: &BTreeMap<&str, &str>) -> Option<Vec<String>> {
    let mut path = vec![parent?.to_owned()];
    let mut at = parent?;
    while let Some(next) = above.get(at) {
        if path.len() > above.len() {
            return None;
        }
        path.push((*next).to_owned());
        at = next;
    }
    path.reverse();
    Some(path)
}

/// Of several records of one thing the latest, at the place of the first.
fn latest<T>(records: Vec<T>, name: impl Fn(&T) -> String, captured: impl Fn(&T) -> &String) -> Vec<T> {
    let mut known: indexmap::IndexMap<String, T> = indexmap::IndexMap::new();
    for record in records {
        match known.entry(name(&record)) {
            indexmap::map::Entry::Occupied(mut entry) => {
                if captured(&record) > captured(entry.get()) {
                    entry.insert(record);
                }
            }
            indexmap::map::Entry::Vacant(entry) => {
                entry.insert(record);
            }
        }
    }
    known.into_values().collect()
}
