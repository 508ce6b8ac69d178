//! Who and what there is: the universe that questions are asked about.
//!
//! Beside the users and roles of the inventory these are the root users, the
//! sessions, federated users, services and providers that a policy names, the
//! accounts that nobody exported, and anyone else. Without
//! the last ones an audit would not see the breach it exists to find.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::catalog::ResourceKind;
use crate::ids::{GapId, Id as _, PrincipalId, RepositoryId, Table, ids};
use crate::inventory::{Gap, GapKind, Inventory, PrincipalKind, RepositoryPolicy, Tags, Visibility};
use crate::lower::{Makers, Organizational, PrincipalView, RequesterKind, ResourceView, SessionTags};
use crate::policy::{AccountId, Arn, Case, Effect, PolicyKind, PrincipalName};

ids! {
    /// Somebody who can make requests.
    pub(crate) RequesterId;
}

/// Somebody who can make requests.
#[derive(Clone, Debug)]
pub(crate) struct Requester {
    /// What is known of it.
    pub(crate) view: Arc<PrincipalView>,
    /// The user or role of the inventory whose policies it has.
    pub(crate) principal: Option<PrincipalId>,
    /// Set when nobody can see its own side (E25).
    pub(crate) outside: Option<GapId>,
    /// How it is shown: an ARN, or a name in words.
    pub(crate) name: Arc<str>,
}

/// The requesters and what is known of accounts; the resources are made account by account.
#[derive(Debug)]
pub(crate) struct Universe {
    pub(crate) requesters: Table<RequesterId, Requester>,
    /// The requesters of each account; those without one are under `None`.
    pub(crate) by_account: BTreeMap<Option<AccountId>, Vec<RequesterId>>,
    pub(crate) of_principal: BTreeMap<PrincipalId, RequesterId>,
    /// Users and roles, with their accounts, by the unique id that may stand for them in a policy (A16).
    pub(crate) by_unique_id: FxHashMap<String, (AccountId, RequesterId)>,
    /// Roles by account and name in lower case, as the ARNs of sessions tell them.
    by_role_name: FxHashMap<(AccountId, String), (PrincipalId, RequesterId)>,
    /// The repositories of each account.
    repositories: FxHashMap<AccountId, Vec<RepositoryId>>,
    /// Gaps of the inventory, and those that only the universe shows.
    pub(crate) gaps: Table<GapId, Gap>,
    /// Those who were in a world before this one, and keep their numbers.
    gone: BTreeSet<RequesterId>,
}

/// A resource that questions can be about.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) view: ResourceView,
    pub(crate) repository: Option<RepositoryId>,
    /// How it is shown.
    pub(crate) name: String,
}

impl Universe {
    pub(crate) fn new(inventory: &Inventory) -> Self {
        let mut universe = Self {
            requesters: Table::new(),
            by_account: BTreeMap::new(),
            of_principal: BTreeMap::new(),
            by_unique_id: FxHashMap::default(),
            by_role_name: FxHashMap::default(),
            repositories: FxHashMap::default(),
            gaps: inventory.gaps.values().cloned().collect(),
            gone: BTreeSet::new(),
        };
        universe.requesters.reserve(inventory.accounts.len() + inventory.principals.len());
        for &account in inventory.accounts.keys() {
            universe.add_root(inventory, account);
        }
        let mut places: FxHashMap<AccountId, Organizational> = FxHashMap::default();
        for (id, principal) in inventory.principals.iter() {
            let account = principal.account;
            let organization = places.entry(account).or_insert_with(|| place(inventory, account)).clone();
            let view = principal_view(inventory, id, organization);
            let name = principal.arn.shared();
            let requester = universe.add(Requester { view: view.into(), principal: Some(id), outside: None, name });
            let unique_id = principal.unique_id.clone();
            universe.by_unique_id.extend(unique_id.map(|own| (own, (principal.account, requester))));
            if matches!(principal.kind, PrincipalKind::Role { .. }) {
                let name = principal.arn.name().to_ascii_lowercase();
                universe.by_role_name.entry((principal.account, name)).or_insert((id, requester));
            }
            universe.of_principal.insert(id, requester);
        }
        for (id, repository) in inventory.repositories.iter() {
            universe.repositories.entry(repository.account).or_default().push(id);
        }
        universe.add_named(inventory);
        universe
    }

    /// Those who are there, by their numbers.
    pub(crate) fn present(&self) -> impl Iterator<Item = (RequesterId, &Requester)> {
        self.requesters.iter().filter(|(id, _)| self.is_present(*id))
    }

    /// Whether somebody is there, and was not only in a world before this one.
    pub(crate) fn is_present(&self, id: RequesterId) -> bool {
        self.gone.is_empty() || !self.gone.contains(&id)
    }

    /// The same with the numbers of a universe before it: whoever is in both has one number, those who are gone keep
    /// theirs, and those who are new come behind. So many `gaps` are those of the inventory, in both.
    pub(super) fn numbered_after(mut self, before: &Self, gaps: usize) -> Self {
        let is_same = |one: &Requester, other: &Requester| one.name == other.name && one.view.kind == other.view.kind;
        let mut pairs = self.requesters.values().zip(before.requesters.values());
        let are_same =
            self.requesters.len() == before.requesters.len() && pairs.all(|(one, other)| is_same(one, other));
        if are_same && before.gone.is_empty() {
            return self;
        }
        let of_before = before.gaps.iter().skip(gaps);
        let known: FxHashMap<&str, GapId> = of_before.map(|(id, gap)| (gap.message.as_str(), id)).collect();
        let mut all = before.gaps.clone();
        let renamed: FxHashMap<GapId, GapId> = self
            .gaps
            .iter()
            .skip(gaps)
            .map(|(id, gap)| (id, known.get(gap.message.as_str()).copied().unwrap_or_else(|| all.push(gap.clone()))))
            .collect();
        self.gaps = all;
        let numbers: FxHashMap<(&str, RequesterKind), RequesterId> =
            before.requesters.iter().map(|(id, one)| ((&*one.name, one.view.kind), id)).collect();
        let mut rows: Vec<Option<Requester>> = vec![None; before.requesters.len()];
        let mut number_of: Vec<RequesterId> = Vec::with_capacity(self.requesters.len());
        for one in self.requesters.values() {
            let known = numbers.get(&(&*one.name, one.view.kind)).copied().filter(|id| rows[id.index()].is_none());
            let id = known.unwrap_or_else(|| {
                rows.push(None);
                RequesterId::new(rows.len() - 1)
            });
            let outside = one.outside.map(|gap| renamed.get(&gap).copied().unwrap_or(gap));
            rows[id.index()] = Some(Requester { outside, ..one.clone() });
            number_of.push(id);
        }
        self.requesters = Table::new();
        self.requesters.reserve(rows.len());
        for (row, id) in rows.into_iter().zip(before.requesters.ids().map(Some).chain(std::iter::repeat(None))) {
            match (row, id) {
                (Some(one), _) => drop(self.requesters.push(one)),
                (None, Some(id)) => drop(self.gone.insert(self.requesters.push(before.requesters[id].clone()))),
                (None, None) => {}
            }
        }
        let change = |id: &mut RequesterId| *id = number_of[id.index()];
        self.by_account.values_mut().flatten().for_each(change);
        self.of_principal.values_mut().for_each(change);
        self.by_unique_id.values_mut().for_each(|(_, id)| change(id));
        self.by_role_name.values_mut().for_each(|(_, id)| change(id));
        self
    }

    /// The role that a session's ARN names.
    pub(crate) fn role_of(&self, session: &Arn) -> Option<RequesterId> {
        let name = session.resource().split('/').nth(1)?.to_ascii_lowercase();
        self.by_role_name.get(&(session.account()?, name)).map(|&(_, requester)| requester)
    }

    /// The repositories of an account, in the order of its resources, of which they are the first.
    pub(crate) fn repositories(&self, account: AccountId) -> &[RepositoryId] {
        self.repositories.get(&account).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, requester: Requester) -> RequesterId {
        let account = requester.view.account;
        let id = self.requesters.push(requester);
        self.by_account.entry(account).or_default().push(id);
        id
    }

    fn add_root(&mut self, inventory: &Inventory, account: AccountId) {
        let partition = &inventory.accounts[&account].partition;
        let Some(arn) = Arn::parse(&format!("arn:{partition}:iam::{account}:root")) else { return };
        let view = PrincipalView {
            account: Some(account),
            organization: place(inventory, account),
            arn: Some(arn.clone()),
            ..PrincipalView::new(RequesterKind::Root)
        };
        self.add(Requester { view: view.into(), principal: None, outside: None, name: arn.shared() });
    }

    /// Those whom only a policy names, and anyone: also where no policy lets them in, so that one can ask.
    fn add_named(&mut self, inventory: &Inventory) {
        let mut names: BTreeSet<&PrincipalName> = BTreeSet::new();
        for policy in inventory.policies.values().filter(|policy| names_somebody(policy.kind)) {
            for statement in &inventory.documents[policy.document].statements {
                let Some(principals) = &statement.principals else { continue };
                names.extend(principals.entries.iter().map(|entry| &entry.value));
            }
        }
        for name in names {
            self.add_by_name(inventory, name);
        }
        let gap = self.gap(None, "the policies of accounts that are not in the inventory".to_owned());
        let view = PrincipalView {
            organization: elsewhere(inventory),
            tags: SessionTags::Unknown,
            not_in: inventory.accounts.keys().copied().collect(),
            ..PrincipalView::new(RequesterKind::Anyone)
        };
        self.add(Requester { view: view.into(), principal: None, outside: Some(gap), name: "anyone".into() });
    }

    fn add_by_name(&mut self, inventory: &Inventory, name: &PrincipalName) {
        match name {
            PrincipalName::Service(service) => {
                let view = PrincipalView {
                    name: Some(service.clone()),
                    organization: Organizational::None,
                    ..PrincipalView::new(RequesterKind::Service)
                };
                let name = format!("service {service}").into();
                self.add(Requester { view: view.into(), principal: None, outside: None, name });
            }
            PrincipalName::Federated(provider) => {
                let view = PrincipalView {
                    name: Some(provider.clone()),
                    organization: Organizational::None,
                    ..PrincipalView::new(RequesterKind::Provider)
                };
                let name = format!("identity provider {provider}").into();
                self.add(Requester { view: view.into(), principal: None, outside: None, name });
            }
            PrincipalName::Account { account, .. } => self.add_account(inventory, *account),
            PrincipalName::User(arn) if inventory.principal(arn).is_none() => {
                self.add_stranger(inventory, arn, RequesterKind::User);
            }
            PrincipalName::Role(arn) if inventory.principal(arn).is_none() => {
                self.add_stranger(inventory, arn, RequesterKind::Role);
            }
            PrincipalName::Session(arn) => self.add_session(inventory, arn),
            PrincipalName::FederatedUser(arn) => self.add_federated(inventory, arn),
            _ => {}
        }
    }

    /// Some principal of an account whose users and roles nobody exported.
    ///
    /// A9: its number and the ARN of its root user name the same account, which is one requester.
    fn add_account(&mut self, inventory: &Inventory, account: AccountId) {
        let mut of_account = self.by_account.get(&Some(account)).into_iter().flatten();
        let is_there = of_account.any(|&id| self.requesters[id].view.kind == RequesterKind::Account);
        if is_there || knows_principals(inventory, account) {
            return;
        }
        let gap = self.strangers(inventory, account);
        let view = PrincipalView {
            account: Some(account),
            organization: place(inventory, account),
            tags: SessionTags::Unknown,
            ..PrincipalView::new(RequesterKind::Account)
        };
        let name = format!("account {account} (not in the inventory)").into();
        self.add(Requester { view: view.into(), principal: None, outside: Some(gap), name });
    }

    /// A user or role of such an account, by its own ARN. In an account that was exported there is none of that name.
    fn add_stranger(&mut self, inventory: &Inventory, arn: &Arn, kind: RequesterKind) {
        let Some(account) = arn.account().filter(|account| !knows_principals(inventory, *account)) else { return };
        let gap = self.strangers(inventory, account);
        let view = PrincipalView {
            account: Some(account),
            organization: place(inventory, account),
            arn: Some(arn.clone()),
            tags: SessionTags::Unknown,
            source_identity: true,
            ..PrincipalView::new(kind)
        };
        self.add(Requester { view: view.into(), principal: None, outside: Some(gap), name: arn.shared() });
    }

    fn add_session(&mut self, inventory: &Inventory, arn: &Arn) {
        let (Some(account), Some(role)) = (arn.account(), arn.resource().split('/').nth(1)) else { return };
        let known = self.by_role_name.get(&(account, role.to_ascii_lowercase())).map(|&(principal, _)| principal);
        let (base, outside) = match known {
            Some(id) => (principal_view(inventory, id, place(inventory, account)), None),
            None if knows_principals(inventory, account) => return,
            None => {
                let guessed = Arn::parse(&format!("arn:{}:iam::{account}:role/{role}", arn.partition()));
                let view = PrincipalView {
                    account: Some(account),
                    organization: place(inventory, account),
                    arn: guessed,
                    tags: SessionTags::Unknown,
                    path_known: false,
                    source_identity: true,
                    ..PrincipalView::new(RequesterKind::Session)
                };
                (view, Some(self.strangers(inventory, account)))
            }
        };
        let view = PrincipalView { kind: RequesterKind::Session, session: Some(arn.clone()), ..base };
        self.add(Requester { view: view.into(), principal: known, outside, name: arn.shared() });
    }

    fn add_federated(&mut self, inventory: &Inventory, arn: &Arn) {
        let Some(account) = arn.account() else { return };
        let outside = (!knows_principals(inventory, account)).then(|| self.strangers(inventory, account));
        let user = inventory.principals.iter().find(|(_, principal)| {
            principal.account == account && principal.kind == PrincipalKind::User && principal.arn.name() == arn.name()
        });
        let view = PrincipalView {
            account: Some(account),
            organization: place(inventory, account),
            arn: Some(arn.clone()),
            session: Some(arn.clone()),
            user: user.map(|(_, principal)| principal.arn.clone()),
            tags: SessionTags::Unknown,
            ..PrincipalView::new(RequesterKind::FederatedUser)
        };
        self.add(Requester { view: view.into(), principal: user.map(|(id, _)| id), outside, name: arn.shared() });
    }

    fn strangers(&mut self, inventory: &Inventory, account: AccountId) -> GapId {
        let known = inventory.accounts.contains_key(&account);
        let what = if known { "users and roles were not exported" } else { "account is not in the inventory" };
        self.gap(Some(account), format!("the policies of account {account}: its {what}"))
    }

    fn gap(&mut self, account: Option<AccountId>, message: String) -> GapId {
        let known = self.gaps.iter().find(|(_, gap)| gap.message == message).map(|(id, _)| id);
        known.unwrap_or_else(|| self.gaps.push(Gap { kind: GapKind::Principals, account, message }))
    }
}

fn names_somebody(kind: PolicyKind) -> bool {
    matches!(kind, PolicyKind::Repository | PolicyKind::Registry | PolicyKind::Trust)
}

fn knows_principals(inventory: &Inventory, account: AccountId) -> bool {
    inventory.accounts.get(&account).is_some_and(|account| account.has_principals)
}

/// Where an account stands in an organization, as far as the input tells.
pub(crate) fn place(inventory: &Inventory, account: AccountId) -> Organizational {
    let known = inventory.accounts.get(&account);
    match known.and_then(|account| account.membership.as_ref()) {
        Some(membership) => {
            let path = (!membership.path.is_empty()).then(|| membership.path.as_slice().into());
            Organizational::Member(membership.organization.as_str().into(), path)
        }
        None if known.is_some_and(|account| account.is_standalone) => Organizational::None,
        None => elsewhere(inventory),
    }
}

/// K4: an account that complete organizations do not list is in none of them.
fn elsewhere(inventory: &Inventory) -> Organizational {
    let complete: Arc<[String]> =
        inventory.organizations.values().filter(|one| one.complete).map(|one| one.id.clone()).collect();
    if complete.is_empty() { Organizational::Unknown } else { Organizational::NotIn(complete) }
}

fn principal_view(inventory: &Inventory, id: PrincipalId, organization: Organizational) -> PrincipalView {
    let principal = &inventory.principals[id];
    let base = PrincipalView {
        account: Some(principal.account),
        organization,
        arn: Some(principal.arn.clone()),
        unique_id: principal.unique_id.clone(),
        ..PrincipalView::new(RequesterKind::User)
    };
    let PrincipalKind::Role { trust } = principal.kind else {
        return PrincipalView { tags: SessionTags::Certain(principal.tags.clone()), ..base };
    };
    let trusts = |action: &str| trust.is_none_or(|policy| trust_covers(inventory, policy, action));
    let tags = if trusts("sts:TagSession") {
        SessionTags::Overridable(principal.tags.clone())
    } else {
        SessionTags::Certain(principal.tags.clone())
    };
    PrincipalView {
        kind: RequesterKind::Role,
        tags,
        makers: trust.map(|policy| makers(inventory, policy)),
        source_identity: trusts("sts:SetSourceIdentity"),
        ..base
    }
}

/// Whom a trust policy lets make sessions of its role.
fn makers(inventory: &Inventory, policy: crate::ids::PolicyId) -> Makers {
    let mut makers = Makers::default();
    for element in inventory.document(policy).statements.iter().filter_map(|statement| statement.principals.as_ref()) {
        // Z13: everybody may take in services.
        makers.any_service |= element.negated;
        for entry in &element.entries {
            match &entry.value {
                PrincipalName::Federated(name) => makers.providers.push(name.clone()),
                PrincipalName::Service(name) => makers.services.push(name.clone()),
                PrincipalName::Everyone => makers.any_service = true,
                _ => {}
            }
        }
    }
    makers
}

/// K59: whether some Allow statement of a trust policy covers an action; conditions are ignored.
fn trust_covers(inventory: &Inventory, policy: crate::ids::PolicyId, action: &str) -> bool {
    let mut allows = inventory.document(policy).statements.iter().filter(|statement| statement.effect == Effect::Allow);
    allows.any(|statement| {
        let listed = statement.actions.entries.iter().any(|entry| entry.value.matches(action, Case::Ignored));
        listed != statement.actions.negated
    })
}

/// The resources of an account that the registries' actions are performed on.
pub(crate) fn registry_resources(inventory: &Inventory, universe: &Universe, account: AccountId) -> Vec<Resource> {
    let partition = inventory.accounts.get(&account).map_or("aws", |account| account.partition.as_str());
    let organization = place(inventory, account);
    let mut resources = Vec::new();
    let mut regions: BTreeSet<&str> = BTreeSet::new();
    if let Some(known) = inventory.accounts.get(&account) {
        regions.extend(known.private_regions.iter().map(String::as_str));
    }
    for &id in universe.repositories.get(&account).into_iter().flatten() {
        let repository = &inventory.repositories[id];
        let service = match repository.visibility {
            Visibility::Public => "ecr-public",
            Visibility::Private => {
                regions.insert(repository.arn.region());
                "ecr"
            }
        };
        let view = ResourceView {
            kind: ResourceKind::Repository,
            service: service.to_owned(),
            arn: repository.arn.to_string(),
            account: Some(account),
            of_caller: false,
            organization: organization.clone(),
            region: Some(repository.arn.region().to_owned()),
            tags: repository.tags.clone(),
            keys: Vec::new(),
        };
        resources.push(Resource { view, repository: Some(id), name: repository.arn.to_string() });
    }
    let mut registry = |kind, service: &str, region: &str, arn: String, name: &str| {
        let view = ResourceView {
            kind,
            service: service.to_owned(),
            arn,
            account: Some(account),
            of_caller: false,
            organization: organization.clone(),
            region: Some(region.to_owned()),
            tags: Some(Tags::new()),
            keys: Vec::new(),
        };
        resources.push(Resource { view, repository: None, name: name.to_owned() });
    };
    let public = format!("arn:{partition}:ecr-public::{account}");
    let public_registry = format!("{public}:registry/{account}");
    registry(ResourceKind::Registry, "ecr-public", "", public_registry.clone(), &public_registry);
    registry(ResourceKind::NewRepository, "ecr-public", "", format!("{public}:repository/"), &public_registry);
    registry(ResourceKind::Listing, "ecr-public", "", format!("{public}:repository/*"), &public_registry);
    registry(ResourceKind::None, "ecr-public", "", String::new(), &public_registry);
    for region in regions {
        let private = format!("arn:{partition}:ecr:{region}:{account}:repository/");
        let all = format!("{private}*");
        registry(ResourceKind::NewRepository, "ecr", region, private, &all);
        registry(ResourceKind::Listing, "ecr", region, all.clone(), &all);
        registry(ResourceKind::None, "ecr", region, String::new(), &all);
    }
    resources
}

/// Where principals of other accounts ask for their tokens: their own account, whichever that is.
pub(crate) fn home(service: &str, region: &str) -> Resource {
    let view = ResourceView {
        kind: ResourceKind::None,
        service: service.to_owned(),
        arn: String::new(),
        account: None,
        of_caller: true,
        organization: Organizational::Unknown,
        region: Some(region.to_owned()),
        tags: Some(Tags::new()),
        keys: Vec::new(),
    };
    Resource { view, repository: None, name: "*".to_owned() }
}

/// The policy of a repository, if there is one.
pub(crate) fn policy_of(inventory: &Inventory, repository: RepositoryId) -> Option<crate::ids::PolicyId> {
    match inventory.repositories[repository].policy {
        RepositoryPolicy::Policy(policy) => Some(policy),
        RepositoryPolicy::None | RepositoryPolicy::Unknown(_) => None,
    }
}
