//! Lowering one account: its resources, its policies, and the requesters that they let in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use indexmap::{IndexMap, IndexSet};
use rayon::prelude::*;
use rustc_hash::FxBuildHasher;

use super::census::{Above, AboveId, Census, Kins};
use super::derivation::Derivations;
use super::entities::Attachments;
use super::group::Groups;
use super::household::{Household, Sayings};
use super::place::{Place, at};
use super::shard::Kind;
use super::universe::{Requester, RequesterId, Resource, Universe, home, policy_of, registry_resources};
use crate::catalog::{Catalog, ResourceKind};
use crate::condition::Decisions;
use crate::ids::{DocumentId, GapId, GroupId, Interner, PolicyId, PrincipalId};
use crate::inventory::{Boundary, GapKind, Inventory, Organization, PrincipalKind};
use crate::lower::{Builder, Context, Facts, Library, RequesterKind, ResourceView, control_kind};
use crate::policy::{AccountId, PolicyKind};
use crate::rules::{Control, Layer};

/// Everything that shards are made from.
pub(crate) struct Workshop<'a> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) universe: &'a Universe,
    pub(crate) library: &'a Libraries,
    pub(crate) context: &'a Context,
}

/// The resource policies of an account: by document, by type, and whether of the first scope (Q22), with the
/// resources that hold them.
pub(super) type Held = IndexMap<(DocumentId, PolicyKind, bool), Vec<usize>, FxBuildHasher>;

type FxIndexSet<T> = IndexSet<T, FxBuildHasher>;

/// The documents with the actions of each kind of shard, and what was found of everybody once.
pub(crate) struct Libraries {
    registries: OfKind,
    roles: OfKind,
    entities: OfKind,
    attachments: OnceLock<Attachments>,
    census: OnceLock<Census>,
    /// What hangs above accounts, and what statements say, by numbers that mean the same in every world that changes
    /// made of this one.
    above: Arc<Mutex<Interner<AboveId, Above>>>,
    pub(super) sayings: Arc<Mutex<Sayings>>,
    pub(super) derivations: Arc<Derivations>,
    pub(super) decisions: Arc<Decisions>,
}

/// What shards of one kind are made from.
pub(super) struct OfKind {
    library: Library,
    /// The tags of principals that some policy asks for.
    tags: OnceLock<BTreeSet<String>>,
    pub(super) households: Mutex<BTreeMap<AccountId, Place<Household>>>,
    pub(super) plain: OnceLock<Arc<Kins>>,
    pub(super) tagged: OnceLock<Arc<Kins>>,
}

impl OfKind {
    fn new(library: Library) -> Self {
        Self {
            library,
            tags: OnceLock::new(),
            households: Mutex::default(),
            plain: OnceLock::new(),
            tagged: OnceLock::new(),
        }
    }
}

impl Libraries {
    /// A library of an inventory's documents. `strict` leaves open what AWS leaves open.
    pub(crate) fn new(inventory: &Inventory, strict: bool) -> Self {
        let library = |kind: Kind| {
            let actions = Catalog::bundled().actions().map(|(_, action)| action);
            let of_kind = actions.filter(|action| Kind::of_action(action) == kind);
            OfKind::new(Library::new(&inventory.documents, of_kind.cloned().collect()))
        };
        Self {
            registries: library(Kind::Registries),
            roles: library(Kind::Roles),
            entities: library(Kind::Entities),
            attachments: OnceLock::new(),
            census: OnceLock::new(),
            above: Arc::default(),
            sayings: Arc::default(),
            derivations: Arc::new(Derivations::new()),
            decisions: Arc::new(Decisions::new(strict)),
        }
    }

    /// The same for an inventory that has all documents of this one, and others behind them: what was found of
    /// documents, and of structures, holds there too.
    pub(super) fn over(&self, inventory: &Inventory) -> Self {
        let library = |kind| OfKind::new(self.of(kind).over(&inventory.documents));
        Self {
            registries: library(Kind::Registries),
            roles: library(Kind::Roles),
            entities: library(Kind::Entities),
            attachments: OnceLock::new(),
            census: OnceLock::new(),
            above: Arc::clone(&self.above),
            sayings: Arc::clone(&self.sayings),
            derivations: Arc::clone(&self.derivations),
            decisions: Arc::clone(&self.decisions),
        }
    }

    /// What hangs on what in the one inventory and universe that these libraries are for.
    pub(super) fn attachments(&self, inventory: &Inventory, universe: &Universe) -> &Attachments {
        self.attachments.get_or_init(|| Attachments::new(inventory, universe))
    }

    pub(super) fn of(&self, kind: Kind) -> &Library {
        &self.of_kind(kind).library
    }

    pub(super) fn of_kind(&self, kind: Kind) -> &OfKind {
        match kind {
            Kind::Registries => &self.registries,
            Kind::Roles => &self.roles,
            Kind::Entities => &self.entities,
        }
    }
}

impl Workshop<'_> {
    /// What hangs on what.
    pub(super) fn attachments(&self) -> &Attachments {
        self.library.attachments(self.inventory, self.universe)
    }

    /// What is known of everybody without a look at their policies.
    pub(super) fn census(&self) -> &Census {
        self.library.census.get_or_init(|| {
            let mut above = self.library.above.lock().unwrap_or_else(PoisonError::into_inner);
            Census::new(self.inventory, self.universe, &mut above)
        })
    }

    /// The tags of principals that some policy asks for.
    pub(super) fn tags(&self, kind: Kind) -> &BTreeSet<String> {
        let of_kind = self.library.of_kind(kind);
        let documents = || self.inventory.documents.ids();
        of_kind.tags.get_or_init(|| documents().flat_map(|document| of_kind.library.tags(document)).collect())
    }

    /// Who of an account is alike.
    pub(super) fn household(&self, account: AccountId, kind: Kind) -> Arc<Household> {
        at(&self.library.of_kind(kind).households, account, || self.take_in(account, kind))
    }

    /// Looks into all accounts, on all cores.
    pub(super) fn look_into_all(&self, kind: Kind) {
        let accounts: Vec<AccountId> = self.universe.by_account.keys().flatten().copied().collect();
        accounts.par_iter().for_each(|&account| drop(self.household(account, kind)));
    }

    /// Who is alike in all accounts, to one whose policies ask for tags of principals, or to one whose do not.
    pub(super) fn kins(&self, kind: Kind, by_tags: bool) -> Arc<Kins> {
        let of_kind = self.library.of_kind(kind);
        let place = if by_tags { &of_kind.tagged } else { &of_kind.plain };
        if place.get().is_none() && rayon::current_thread_index().is_none() {
            // A worker that waits for others takes up their work, and might come back here.
            self.look_into_all(kind);
        }
        Arc::clone(place.get_or_init(|| Arc::new(self.take_census(kind, by_tags))))
    }

    /// The resources and requesters of an account, and their facts.
    pub(super) fn lower(&self, account: AccountId, kind: Kind) -> (Vec<Resource>, Groups, Facts) {
        let mut resources = match kind {
            Kind::Registries => registry_resources(self.inventory, self.universe, account),
            Kind::Roles => self.roles(account),
            Kind::Entities => self.entities(account),
        };
        let library = self.library.of(kind);
        let mut builder = Builder::new(library, self.context);
        for resource in &resources {
            builder.resource(resource.view.clone());
        }
        let held = self.resource_policies(account, kind, &resources);
        let groups = self.groups(account, kind, &held, &mut builder);
        if kind == Kind::Registries {
            for home in homes(&resources) {
                builder.resource(home.view.clone());
                resources.push(home);
            }
        }
        let stand_ins = groups.stand_ins(self.census(), self.universe, account);
        let account_of = |id: RequesterId| {
            let own = self.universe.requesters[id].view.account?;
            Some(stand_ins.get(&own).copied().unwrap_or(own))
        };
        for &requester in groups.firsts() {
            self.add_requester(&mut builder, requester, account_of(requester));
        }
        attach_held(&mut builder, &held);
        let callers = groups.firsts().iter().filter_map(|&id| account_of(id));
        self.attach_organization(&mut builder, Some(account), &callers.collect());
        (resources, groups, builder.finish())
    }

    fn roles(&self, account: AccountId) -> Vec<Resource> {
        let of_account = self.universe.by_account.get(&Some(account)).into_iter().flatten();
        let requesters = of_account.map(|&id| &self.universe.requesters[id]);
        let roles =
            requesters.filter(|requester| requester.view.kind == RequesterKind::Role && requester.outside.is_none());
        let resource = |requester: &Requester| {
            let principal = requester.principal?;
            let arn = self.inventory.principals[principal].arn.to_string();
            let view = ResourceView {
                kind: ResourceKind::Role,
                service: "sts".to_owned(),
                arn: arn.clone(),
                account: Some(account),
                of_caller: false,
                organization: requester.view.organization.clone(),
                region: None,
                tags: Some(self.inventory.principals[principal].tags.clone()),
                keys: Vec::new(),
            };
            Some(Resource { view, repository: None, name: arn })
        };
        roles.filter_map(resource).collect()
    }

    /// The resource policies of an account by document, with the resources that hold them.
    pub(super) fn resource_policies(&self, account: AccountId, kind: Kind, resources: &[Resource]) -> Held {
        let mut held = Held::default();
        for (number, resource) in resources.iter().enumerate() {
            let own = match kind {
                Kind::Registries => resource.repository.and_then(|id| policy_of(self.inventory, id)),
                Kind::Roles => self.trust(&resource.name),
                // Entities of IAM have no policies of this type.
                Kind::Entities => None,
            };
            if let Some(policy) = own {
                let policy = &self.inventory.policies[policy];
                held.entry((policy.document, policy.kind, false)).or_default().push(number);
            }
            let region = resource.view.region.clone().unwrap_or_default();
            // Q22: enforced in all requests on the registry's repositories, one, all, or one to come.
            let in_registry = matches!(
                resource.view.kind,
                ResourceKind::Repository | ResourceKind::NewRepository | ResourceKind::Listing
            );
            if resource.view.service == "ecr"
                && in_registry
                && let Some(registry) = self.inventory.registry_policies.get(&(account, region))
            {
                let policy = &self.inventory.policies[registry.policy];
                held.entry((policy.document, policy.kind, registry.first_scope)).or_default().push(number);
            }
        }
        held
    }

    fn trust(&self, role: &str) -> Option<PolicyId> {
        let arn = crate::policy::Arn::parse(role)?;
        match self.inventory.principals[self.inventory.principal(&arn)?].kind {
            PrincipalKind::Role { trust } => trust,
            PrincipalKind::User => None,
        }
    }

    /// The identity policies of a user or role, and what is missing among them.
    pub(crate) fn identity(&self, principal: PrincipalId) -> (Vec<PolicyId>, Vec<GapId>) {
        let principal = &self.inventory.principals[principal];
        let groups = || principal.groups.iter().map(|&group: &GroupId| &self.inventory.groups[group]);
        let policies = principal.policies.iter().chain(groups().flat_map(|group| &group.policies)).copied().collect();
        let gaps = principal.gaps.iter().chain(groups().flat_map(|group| &group.gaps)).copied();
        let grants = |gap: &GapId| self.inventory.gaps[*gap].kind == GapKind::AttachedPolicy;
        (policies, gaps.filter(grants).collect())
    }

    /// Adds a requester with its own policies, as one of this account.
    pub(super) fn add_requester(&self, builder: &mut Builder<'_>, id: RequesterId, account: Option<AccountId>) {
        let requester = &self.universe.requesters[id];
        let number = builder.principal_of(Arc::clone(&requester.view), account);
        if let Some(gap) = requester.outside {
            builder.outside(number, gap);
        }
        let Some(principal) = requester.principal else { return };
        let (policies, gaps) = self.identity(principal);
        // In the order in which they are listed: so the facts of accounts that are alike are numbered alike.
        let documents: FxIndexSet<DocumentId> =
            policies.iter().map(|&policy| self.inventory.policies[policy].document).collect();
        for document in documents {
            builder.attach(Layer::Identity, document, PolicyKind::Identity, number);
        }
        for gap in gaps {
            builder.attach_missing(Layer::Identity, gap, number);
        }
        match &self.inventory.principals[principal].boundary {
            Boundary::None => {}
            Boundary::Policy(policy) => {
                builder.bounded(number);
                let document = self.inventory.policies[*policy].document;
                builder.attach(Layer::Boundary, document, PolicyKind::Identity, number);
            }
            Boundary::Missing(gap) => {
                builder.bounded(number);
                builder.attach_missing(Layer::Boundary, *gap, number);
            }
        }
    }

    /// The control policies above the accounts of callers and of the resources (L10 to L25).
    ///
    /// Without an owner the resource is each caller's own, and only policies above callers count: also those on
    /// resources, as far as they are about what is asked there.
    pub(super) fn attach_organization(
        &self,
        builder: &mut Builder<'_>,
        owner: Option<AccountId>,
        callers: &BTreeSet<AccountId>,
    ) {
        let other = owner.filter(|owner| !callers.contains(owner));
        for account in callers.iter().copied().chain(other) {
            let Some((organization, membership)) = self.inventory.organization_of(account) else { continue };
            if organization.management == Some(account) {
                builder.management(account);
            }
            let levels = membership.levels(account);
            let calls = callers.contains(&account);
            if organization.service_control && calls {
                self.attach_levels(builder, Control::Service, organization, account, &levels, true);
            }
            let owns = Some(account) == owner;
            if organization.resource_control && (owns || calls && builder.has_home()) {
                self.attach_levels(builder, Control::Resource, organization, account, &levels, !owns);
            }
        }
    }

    fn attach_levels(
        &self,
        builder: &mut Builder<'_>,
        control: Control,
        organization: &Organization,
        account: AccountId,
        levels: &[String],
        own: bool,
    ) {
        let kind = control_kind(control);
        let count = |count: usize| u32::try_from(count).expect("an organization is five units deep");
        builder.levels(control, account, count(levels.len()));
        for (level, target) in levels.iter().enumerate() {
            let attached = organization.attached_to(target).map(|policy| &self.inventory.policies[policy]);
            for policy in attached.filter(|policy| policy.kind == kind) {
                builder.attach_control(control, policy.document, count(level), account, own);
            }
            if let Some(&gap) = organization.unknown_targets.get(target) {
                builder.attach_control_missing(control, gap, count(level), account, own);
            }
        }
    }
}

/// Attaches resource policies to those who hold them, and to all principals that were added.
pub(super) fn attach_held(builder: &mut Builder<'_>, held: &Held) {
    for ((document, kind, first_scope), holders) in held {
        builder.attach_to_resources(*document, *kind, holders, *first_scope);
    }
}

/// Where the token actions of principals of other accounts are asked, for each service and region here.
fn homes(resources: &[Resource]) -> Vec<Resource> {
    let own = resources.iter().filter(|resource| resource.view.kind == ResourceKind::None);
    own.map(|resource| home(&resource.view.service, resource.view.region.as_deref().unwrap_or_default())).collect()
}
