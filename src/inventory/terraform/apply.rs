//! Laying a plan over an inventory: whose the resources are, in which order they come, and what is not known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::value::RawValue;

use super::form::Parsed;
use super::resource::{Kind, Resource, Said, Values};
use crate::ids::{FileId, GapId, PolicyId};
use crate::inventory::world::{Account, Gap, GapKind, Inventory, Policy};
use crate::policy::{AccountId, Arn, Diagnostic, Document, Encoding, Place, PolicyKind, Severity, Span, clip, parse};

/// An inventory with a plan over it.
pub(super) struct Overlay<'a> {
    pub(super) world: Inventory,
    pub(super) parsed: &'a Parsed<'a>,
    file: FileId,
    text: &'a str,
    /// The account of resources that do not tell theirs, nor does their provider.
    account: Option<AccountId>,
    of_provider: BTreeMap<&'a str, AccountId>,
}

impl<'a> Overlay<'a> {
    pub(super) fn new(
        world: Inventory,
        file: FileId,
        text: &'a str,
        parsed: &'a Parsed<'a>,
        account: Option<AccountId>,
    ) -> Self {
        let mut told: BTreeMap<&str, BTreeSet<AccountId>> = BTreeMap::new();
        for resource in parsed.prior.iter().chain(&parsed.changes) {
            let provider = parsed.provider(&resource.address);
            let accounts = told.entry(provider).or_default();
            accounts.extend(told_account(resource));
            accounts.extend(parsed.account_of(provider));
        }
        let all: BTreeSet<AccountId> = told.values().flatten().copied().collect();
        let of_provider = told.into_iter().filter(|(_, accounts)| accounts.len() == 1);
        let of_provider = of_provider.filter_map(|(provider, accounts)| Some((provider, *accounts.first()?))).collect();
        let only =
            |accounts: &mut dyn Iterator<Item = AccountId>| accounts.next().filter(|_| accounts.next().is_none());
        let known = || only(&mut world.accounts.keys().copied());
        let account = account.or_else(|| if all.is_empty() { known() } else { only(&mut all.iter().copied()) });
        Self { world, parsed, file, text, account, of_provider }
    }

    /// Adds what the plan knew before of accounts that are not here.
    pub(super) fn add_prior(&mut self) {
        let parsed = self.parsed;
        let known: BTreeSet<AccountId> = self.world.accounts.keys().copied().collect();
        // A plan with a prior state tells of what it changes there; else by what it changes.
        let mut resources: Vec<(&Resource<'a>, &Values<'a>)> =
            parsed.prior.iter().filter_map(|one| Some((one, one.after.as_ref()?))).collect();
        if resources.is_empty() {
            resources = parsed.changes.iter().filter_map(|one| Some((one, one.before.as_ref()?))).collect();
        }
        resources.sort_by_key(|(one, _)| one.kind);
        for (resource, values) in resources {
            match self.account_of(resource) {
                Some(account) if !known.contains(&account) => {
                    self.account_entry(account);
                    self.set(resource, account, None, values, true);
                }
                _ => {}
            }
        }
        // Also of what is only to be, the account is there.
        for resource in parsed.changes.iter().filter(|one| one.is_changed) {
            if let Some(account) = self.account_of(resource) {
                self.account_entry(account);
            }
        }
    }

    /// Makes the changes.
    pub(super) fn change(&mut self) {
        let parsed = self.parsed;
        let mut changes: Vec<&Resource<'a>> = parsed.changes.iter().filter(|one| one.is_changed).collect();
        changes.sort_by_key(|one| one.kind);
        let owned: Vec<(&Resource<'a>, AccountId)> = changes
            .into_iter()
            .filter_map(|resource| {
                let account = self.account_of(resource);
                if account.is_none() {
                    let hint = "name the account with `--account`";
                    self.problem(Severity::Error, resource, "whose it is the plan does not tell", Some(hint), None);
                }
                Some((resource, account?))
            })
            .collect();
        for &(_, account) in &owned {
            self.account_entry(account);
        }
        // What hangs on others goes before them, and comes after them.
        for &(resource, account) in owned.iter().rev() {
            let Some(before) = &resource.before else { continue };
            let is_moved = resource.after.as_ref().is_none_or(|after| identity(resource.kind, before, after));
            if is_moved || !resource.kind.is_entity() {
                self.remove(resource, account, before);
            }
        }
        for &(resource, account) in &owned {
            if let Some(after) = &resource.after {
                self.set(resource, account, resource.before.as_ref(), after, false);
            }
        }
    }

    fn account_of(&self, resource: &Resource<'_>) -> Option<AccountId> {
        let told = told_account(resource);
        told.or_else(|| self.of_provider.get(self.parsed.provider(&resource.address)).copied()).or(self.account)
    }

    fn account_entry(&mut self, id: AccountId) {
        if self.world.accounts.contains_key(&id) {
            return;
        }
        let message = format!("of account {id} nothing is known but what the plan holds");
        let gap = self.world.gaps.push(Gap { kind: GapKind::Principals, account: Some(id), message });
        let account = Account {
            id,
            name: None,
            partition: self.partition_told(),
            membership: None,
            is_standalone: false,
            has_principals: false,
            has_public: false,
            private_regions: Vec::new(),
            gaps: vec![gap],
        };
        self.world.accounts.insert(id, account);
    }

    /// The partition that the ARNs of the plan are in.
    fn partition_told(&self) -> String {
        let all = self.parsed.prior.iter().chain(&self.parsed.changes);
        let mut arns = all.filter_map(|one| one.after.as_ref().or(one.before.as_ref())?.text("arn").known());
        arns.find_map(|arn| Some(Arn::parse(&arn)?.partition().to_owned())).unwrap_or_else(|| "aws".to_owned())
    }

    pub(super) fn partition(&self, account: AccountId) -> String {
        self.world.accounts.get(&account).map_or_else(|| "aws".to_owned(), |account| account.partition.clone())
    }

    // --- documents ---

    /// A policy of what an attribute says; one that is not known says nothing, and is a gap.
    pub(super) fn policy(
        &mut self,
        resource: &Resource<'_>,
        (name, kind): (String, PolicyKind),
        said: &Said<&'a RawValue>,
        account: AccountId,
    ) -> PolicyId {
        let (document, place, gap) = match *said {
            Said::Known(raw) => self.document(raw, kind, &name, account),
            Said::Unknown => {
                let gap = self.unknown(resource, &format!("what the {name} says"), GapKind::Unreadable, account);
                (Document::default(), self.nowhere(), Some(gap))
            }
            Said::Absent => (Document::default(), self.nowhere(), None),
        };
        let document = Arc::make_mut(&mut self.world.documents).push(Arc::new(document));
        self.world.policies.push(Policy { name, kind, document, place, bundled: false, gap })
    }

    fn nowhere(&self) -> Place {
        Place { file: self.file, span: Span::default(), encoding: Encoding::Object }
    }

    fn document(
        &mut self,
        raw: &'a RawValue,
        kind: PolicyKind,
        name: &str,
        account: AccountId,
    ) -> (Document, Place, Option<GapId>) {
        let written = raw.get();
        let start = (written.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let (span, encoding) = match written.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')) {
            Some(inside) => (Span::new(start + 1, start + 1 + inside.len()), Encoding::Text),
            None => (Span::new(start, start + written.len()), Encoding::Object),
        };
        let place = Place { file: self.file, span, encoding };
        let text = self.world.sources.document(place).map(std::borrow::Cow::into_owned);
        let (document, is_rejected) = match text.map(|text| parse(&text, kind)) {
            Some(parsed) => {
                let problems = parsed.problems.iter().map(|one| one.at(&self.world.sources, place, Some(account)));
                let problems: Vec<Diagnostic> = problems.collect();
                self.world.diagnostics.extend(problems);
                (parsed.document.clone(), parsed.is_rejected())
            }
            None => (Document::default(), true),
        };
        let gap = is_rejected.then(|| {
            let message = format!("a part of {name} cannot be read as AWS would read it");
            self.world.gaps.push(Gap { kind: GapKind::Unreadable, account: Some(account), message })
        });
        (document, place, gap)
    }

    // --- what is not known ---

    /// A gap for what the plan does not know before it is applied.
    pub(super) fn unknown(&mut self, resource: &Resource<'_>, what: &str, kind: GapKind, account: AccountId) -> GapId {
        let message = format!("{what} is not known before the plan is applied");
        self.problem(Severity::Warning, resource, &message, None, Some(account));
        let message = format!("{}: {message}", clip(&resource.address));
        let known = self.world.gaps.iter().find(|(_, gap)| gap.message == message).map(|(id, _)| id);
        known.unwrap_or_else(|| self.world.gaps.push(Gap { kind, account: Some(account), message }))
    }

    /// The same where it may bear on anything in the account.
    pub(super) fn unknown_at_all(&mut self, resource: &Resource<'_>, what: &str, account: AccountId) {
        let gap = self.unknown(resource, what, GapKind::Unreadable, account);
        if let Some(account) = self.world.accounts.get_mut(&account)
            && !account.gaps.contains(&gap)
        {
            account.gaps.push(gap);
        }
    }

    pub(super) fn problem(
        &mut self,
        severity: Severity,
        resource: &Resource<'_>,
        message: &str,
        hint: Option<&str>,
        account: Option<AccountId>,
    ) {
        self.world.diagnostics.push(Diagnostic {
            severity,
            message: format!("{}: {message}", clip(&resource.address)),
            hint: hint.map(str::to_owned),
            place: Some((self.file, resource.at)),
            account,
        });
    }

    /// A name that an attribute holds, or that of the resource that it refers to.
    pub(super) fn name(&self, resource: &Resource<'_>, values: &Values<'_>, attribute: &str) -> Option<String> {
        match values.text(attribute) {
            Said::Known(name) => Some(name),
            Said::Unknown => {
                let named = self.parsed.referred(resource, attribute)?;
                let values = named.after.as_ref()?;
                let attribute = if named.kind == Kind::PublicRepository { "repository_name" } else { "name" };
                values.text(attribute).known()
            }
            Said::Absent => None,
        }
    }

    /// An ARN that an attribute holds, or that of the resource that it refers to.
    pub(super) fn arn(&self, resource: &Resource<'_>, values: &Values<'_>, attribute: &str) -> Said<String> {
        match values.text(attribute) {
            Said::Unknown => {
                let named = self.parsed.referred(resource, attribute);
                named.and_then(|named| self.own_arn(named)).map_or(Said::Unknown, Said::Known)
            }
            said => said,
        }
    }

    fn own_arn(&self, resource: &Resource<'_>) -> Option<String> {
        let values = resource.after.as_ref()?;
        self.iam_arn(resource, self.account_of(resource)?, values)
    }

    /// The ARN of an IAM resource: as told, or as it will be.
    pub(super) fn iam_arn(&self, resource: &Resource<'_>, account: AccountId, values: &Values<'_>) -> Option<String> {
        if let Said::Known(arn) = values.text("arn") {
            return Some(arn);
        }
        let kind = match resource.kind {
            Kind::Policy => "policy",
            Kind::Group => "group",
            Kind::User => "user",
            Kind::Role => "role",
            _ => return None,
        };
        let name = values.text("name").known()?;
        let path = match values.text("path") {
            Said::Known(path) => path,
            Said::Unknown => return None,
            Said::Absent => "/".to_owned(),
        };
        Some(format!("arn:{}:iam::{account}:{kind}{path}{name}", self.partition(account)))
    }
}

/// The account that a resource tells.
fn told_account(resource: &Resource<'_>) -> Option<AccountId> {
    let values = [resource.before.as_ref(), resource.after.as_ref()];
    values.into_iter().flatten().find_map(|values| {
        let of_arn = values.text("arn").known().and_then(|arn| Arn::account_of(&arn));
        of_arn.or_else(|| AccountId::parse(&values.text("registry_id").known()?))
    })
}

/// Whether it is another one afterwards, and not the same with other attributes.
fn identity(kind: Kind, before: &Values<'_>, after: &Values<'_>) -> bool {
    let names: &[&str] = match kind {
        Kind::PublicRepository => &["repository_name"],
        Kind::Repository => &["name", "region"],
        _ => &["name", "path"],
    };
    names.iter().any(|name| before.text(name) != after.text(name) && after.text(name) != Said::Absent)
}
