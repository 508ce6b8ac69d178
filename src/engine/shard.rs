//! One account's share of the work: the facts of its resources, and what the rules derive from them.
//!
//! Authorization on a resource needs the resource's account, and the principals
//! that its policies or its account let in; nothing else. So every account is
//! lowered and derived by itself, when a question needs it.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::judge::Judge;
use super::run::run;
use super::universe::{Requester, RequesterId, Resource, Universe, home, policy_of, registry_resources};
use super::verdict::Verdict;
use crate::catalog::{Action, Capability, Catalog, ResourceKind};
use crate::condition::Expression;
use crate::ids::{
    ActionAtom, DocumentId, GapId, GroupId, Id as _, PolicyId, PrincipalAtom, PrincipalId, ResourceAtom, StatementId,
};
use crate::inventory::{Boundary, GapKind, Inventory, Organization, PrincipalKind};
use crate::lower::{Builder, Cell, Context, Facts, RequesterKind, ResourceView, StatementSource};
use crate::policy::{AccountId, Effect, PolicyKind, PrincipalName};
use crate::rules::authorization::Derived;
use crate::rules::{Control, How, Layer, capability};

/// The three actions that a registry policy of the first scope governs (Q22).
const FIRST_SCOPE: [&str; 3] = ["ecr:ReplicateImage", "ecr:BatchImportUpstreamImage", "ecr:CreateRepository"];

/// What a shard is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// The account's repositories and registries.
    Registries,
    /// The account's roles: who may assume them.
    Roles,
}

/// The facts of one account, derived.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) facts: Facts,
    pub(crate) judge: Judge,
    pub(crate) resources: Vec<Resource>,
    pub(crate) requesters: Vec<RequesterId>,
    pub(crate) actions: Vec<Action>,
    atom_of_requester: FxHashMap<RequesterId, PrincipalAtom>,
    atom_of_resource: Vec<ResourceAtom>,
    atom_of_action: Vec<ActionAtom>,
    capable: BTreeMap<(PrincipalAtom, ResourceAtom), Vec<(Capability, bool)>>,
}

/// What somebody supposes, to see what would be if.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Supposition {
    /// An Allow statement at this layer of the principal.
    Allow(Layer),
    /// An Allow statement of the resource's policy that names the principal.
    Grant(How),
    /// An Allow statement at this level above the principal's (or the resource's) account.
    Level(Control, u32),
    /// This Deny statement away.
    Without(StatementSource),
}

/// Everything that shards are made from.
pub(crate) struct Workshop<'a> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) universe: &'a Universe,
    pub(crate) context: &'a Context,
    pub(crate) strict: bool,
}

/// One principal, one resource, one action, with the facts and relations for them alone.
pub(crate) struct Focus {
    pub(crate) facts: Facts,
    pub(crate) derived: Derived,
    pub(crate) judge: Judge,
    pub(crate) cell: Cell,
}

impl Shard {
    /// The verdict cell of a requester, an action (by its number in the shard) and a resource.
    pub(crate) fn cell(&self, requester: RequesterId, action: usize, resource: usize) -> Option<Cell> {
        Some(Cell {
            principal: *self.atom_of_requester.get(&requester)?,
            action: self.atom_of_action[action],
            resource: self.atom_of_resource[resource],
        })
    }

    pub(crate) fn verdict(&self, requester: RequesterId, action: usize, resource: usize) -> Option<super::Judgement> {
        Some(self.judge.verdict(&self.facts, self.cell(requester, action, resource)?))
    }

    /// The number of an action in the shard, by its name.
    pub(crate) fn action(&self, name: &str) -> Option<usize> {
        self.actions.iter().position(|action| action.to_string().eq_ignore_ascii_case(name))
    }

    /// The capabilities that a requester has on a resource; `true`: in every request.
    pub(crate) fn capabilities(&self, requester: RequesterId, resource: usize) -> &[(Capability, bool)] {
        let Some(&principal) = self.atom_of_requester.get(&requester) else { return &[] };
        self.capable.get(&(principal, self.atom_of_resource[resource])).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn atom(&self, requester: RequesterId) -> Option<PrincipalAtom> {
        self.atom_of_requester.get(&requester).copied()
    }

    pub(crate) fn resource_atom(&self, resource: usize) -> ResourceAtom {
        self.atom_of_resource[resource]
    }

    /// Where the requester's own token actions are asked for this resource.
    pub(crate) fn home_of(&self, requester: &Requester, resource: usize) -> Option<usize> {
        let view = &self.resources[resource].view;
        self.resources.iter().position(|other| {
            other.view.kind == ResourceKind::None
                && other.view.service == view.service
                && other.view.region == view.region
                && (other.view.account == requester.view.account || other.view.of_caller)
        })
    }

    /// The cells that a capability needs: on the resource, and at the requester's home.
    pub(crate) fn needs(&self, capability: Capability, requester: &Requester, resource: usize) -> Vec<(usize, usize)> {
        let catalog = Catalog::bundled();
        let view = &self.resources[resource].view;
        let mut cells = Vec::new();
        for need in catalog.needs(&view.service).filter(|need| need.capability == capability && need.on == view.kind) {
            let Some(action) = self.action(&catalog.action(need.action).to_string()) else { continue };
            if !need.at_home {
                cells.push((action, resource));
            } else if requester.view.kind != RequesterKind::Service
                && let Some(home) = self.home_of(requester, resource)
            {
                cells.push((action, home));
            }
        }
        cells
    }

    /// The permitting and blocking guards of several cells of one requester.
    pub(crate) fn expressions(&self, requester: RequesterId, cells: &[(usize, usize)]) -> Vec<Expression> {
        let cells = cells.iter().filter_map(|&(action, resource)| self.cell(requester, action, resource));
        cells.map(|cell| self.judge.expression(&self.facts, cell)).collect()
    }
}

impl Workshop<'_> {
    /// Lowers and derives one account.
    pub(crate) fn shard(&self, account: AccountId, kind: Kind) -> Shard {
        let actions = actions(kind);
        let (resources, requesters, facts) = self.lower(account, kind, &actions);
        let derived = run(&facts, &[]);
        let judge = Judge::new(&derived, self.strict);
        let mut shard = Shard {
            atom_of_requester: FxHashMap::default(),
            atom_of_resource: vec![ResourceAtom::new(0); resources.len()],
            atom_of_action: vec![ActionAtom::new(0); actions.len()],
            capable: BTreeMap::new(),
            facts,
            judge,
            resources,
            requesters,
            actions,
        };
        for (atom, members) in shard.facts.principals.iter() {
            shard.atom_of_requester.extend(members.iter().map(|&member| (shard.requesters[member], atom)));
        }
        for (atom, members) in shard.facts.resources.iter() {
            for &member in members {
                shard.atom_of_resource[member] = atom;
            }
        }
        for (atom, members) in shard.facts.actions.iter() {
            for &member in members {
                shard.atom_of_action[member] = atom;
            }
        }
        if kind == Kind::Registries {
            shard.capable = self.capable(&shard);
        }
        shard
    }

    /// What the verdicts add up to.
    fn capable(&self, shard: &Shard) -> BTreeMap<(PrincipalAtom, ResourceAtom), Vec<(Capability, bool)>> {
        let catalog = Catalog::bundled();
        let mut allowed = Vec::new();
        let mut asked = BTreeSet::new();
        for cell in shard.judge.possible() {
            let verdict = shard.judge.verdict(&shard.facts, cell).verdict;
            if verdict.is_possible() {
                allowed.push((cell, verdict == Verdict::Allowed));
                asked.insert((cell.principal, cell.resource));
            }
        }
        let first = |atom: ResourceAtom| &shard.resources[shard.facts.resources[atom][0]].view;
        let found = capability::run(|program| {
            for (atom, _) in shard.facts.resources.iter() {
                let view = first(atom);
                for need in catalog.needs(&view.service).filter(|need| need.on == view.kind) {
                    let Some(number) = shard.action(&catalog.action(need.action).to_string()) else { continue };
                    let action = shard.atom_of_action[number];
                    if need.at_home {
                        program.extend([capability::NeedsAtHome(need.capability, action, atom)]);
                    } else {
                        program.extend([capability::Needs(need.capability, action, atom)]);
                    }
                }
                if view.kind == ResourceKind::Repository && view.service == "ecr-public" {
                    program.extend([capability::OpenToAll(atom)]);
                }
            }
            for &(principal, resource) in &asked {
                let member = shard.facts.principals[principal][0];
                let requester = &self.universe.requesters[shard.requesters[member]];
                if requester.view.kind == RequesterKind::Service {
                    program.extend([capability::Service(principal)]);
                }
                let representative = shard.facts.resources[resource][0];
                if let Some(home) = shard.home_of(requester, representative) {
                    program.extend([capability::Home(principal, resource, shard.atom_of_resource[home])]);
                }
            }
            program.extend(asked.iter().map(|&(principal, resource)| capability::Asked(principal, resource)));
            program.extend(
                allowed
                    .iter()
                    .map(|&(cell, certain)| capability::Allowed(cell.principal, cell.action, cell.resource, certain)),
            );
        });
        let mut capable: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (principal, what, resource, certain) in found {
            capable.entry((principal, resource)).or_default().push((what, certain));
        }
        capable
    }

    fn lower(&self, account: AccountId, kind: Kind, actions: &[Action]) -> (Vec<Resource>, Vec<RequesterId>, Facts) {
        let mut resources = match kind {
            Kind::Registries => registry_resources(self.inventory, account),
            Kind::Roles => self.roles(account),
        };
        let mut builder = Builder::new(&self.inventory.documents, actions, self.context);
        for resource in &resources {
            builder.resource(resource.view.clone());
        }
        let held = self.resource_policies(account, kind, &resources);
        let requesters = self.concerned(account, kind, &held, &mut builder);
        if kind == Kind::Registries {
            for home in homes(&resources) {
                builder.resource(home.view.clone());
                resources.push(home);
            }
        }
        for &requester in &requesters {
            self.add_requester(&mut builder, requester);
        }
        for ((document, kind, only), holders) in &held {
            builder.attach_to_resources(*document, *kind, holders, only.then_some(&FIRST_SCOPE[..]));
        }
        self.attach_organization(&mut builder, account, &requesters);
        (resources, requesters, builder.finish())
    }

    /// The same for one requester, one resource and one action, with what is supposed.
    pub(crate) fn focus(
        &self,
        requester: RequesterId,
        resource: &Resource,
        action: &Action,
        suppositions: &[Supposition],
    ) -> Focus {
        let actions = std::slice::from_ref(action);
        let mut builder = Builder::new(&self.inventory.documents, actions, self.context);
        builder.split();
        builder.resource(resource.view.clone());
        self.add_requester(&mut builder, requester);
        let owner = resource.view.account;
        if let Some(account) = owner {
            let kind = if resource.view.kind == ResourceKind::Role { Kind::Roles } else { Kind::Registries };
            for (document, kind, only) in self.resource_policies(account, kind, std::slice::from_ref(resource)).keys() {
                builder.attach_to_resources(*document, *kind, &[0], only.then_some(&FIRST_SCOPE[..]));
            }
            self.attach_organization(&mut builder, account, &[requester]);
        }
        let view = &self.universe.requesters[requester].view;
        for (number, supposition) in (0..).zip(suppositions) {
            match supposition {
                Supposition::Allow(layer) => builder.suppose(*layer, number, 0),
                Supposition::Grant(how) => builder.suppose_named(*how, number, 0),
                Supposition::Level(control, level) => {
                    let account = if *control == Control::Service { view.account } else { owner };
                    if let Some(account) = account {
                        builder.suppose_control(*control, *level, account, number, 0);
                    }
                }
                Supposition::Without(_) => {}
            }
        }
        let mut facts = builder.finish();
        facts.forget(|key| suppositions.contains(&Supposition::Without(key.source.clone())));
        let cell =
            Cell { principal: PrincipalAtom::new(0), action: ActionAtom::new(0), resource: ResourceAtom::new(0) };
        let derived = run(&facts, &[cell]);
        let judge = Judge::new(&derived, self.strict);
        Focus { facts, derived, judge, cell }
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
            };
            Some(Resource { view, repository: None, name: arn })
        };
        roles.filter_map(resource).collect()
    }

    /// The resource policies of an account by document, with the resources that hold them.
    fn resource_policies(
        &self,
        account: AccountId,
        kind: Kind,
        resources: &[Resource],
    ) -> BTreeMap<(DocumentId, PolicyKind, bool), Vec<usize>> {
        let mut held: BTreeMap<(DocumentId, PolicyKind, bool), Vec<usize>> = BTreeMap::new();
        for (number, resource) in resources.iter().enumerate() {
            let own = match kind {
                Kind::Registries => resource.repository.and_then(|id| policy_of(self.inventory, id)),
                Kind::Roles => self.trust(&resource.name),
            };
            if let Some(policy) = own {
                let policy = &self.inventory.policies[policy];
                held.entry((policy.document, policy.kind, false)).or_default().push(number);
            }
            let region = resource.view.region.clone().unwrap_or_default();
            let in_registry = matches!(resource.view.kind, ResourceKind::Repository | ResourceKind::NewRepository);
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

    /// The requesters of the account, and those of others that its policies let in.
    fn concerned(
        &self,
        account: AccountId,
        kind: Kind,
        held: &BTreeMap<(DocumentId, PolicyKind, bool), Vec<usize>>,
        builder: &mut Builder<'_>,
    ) -> Vec<RequesterId> {
        let mut everyone = false;
        let mut accounts: BTreeSet<AccountId> = BTreeSet::new();
        for (document, ..) in held.keys() {
            let statements = self.inventory.documents[*document].statements.iter();
            for statement in statements.filter(|statement| statement.effect == Effect::Allow) {
                let Some(principals) = &statement.principals else { continue };
                everyone |= principals.negated;
                for entry in &principals.entries {
                    match &entry.value {
                        PrincipalName::Everyone | PrincipalName::UniqueId(_) => everyone = true,
                        PrincipalName::Account { account, .. } => drop(accounts.insert(*account)),
                        PrincipalName::User(arn)
                        | PrincipalName::Role(arn)
                        | PrincipalName::Session(arn)
                        | PrincipalName::FederatedUser(arn) => accounts.extend(arn.account()),
                        _ => {}
                    }
                }
            }
        }
        let mut reaching: FxHashMap<DocumentId, bool> = FxHashMap::default();
        let mut concerned = Vec::new();
        for (id, requester) in self.universe.requesters.iter() {
            let welcome = match requester.view.account {
                Some(own) if own == account => true,
                Some(own) => {
                    (everyone || accounts.contains(&own)) && self.could_reach(requester, builder, &mut reaching)
                }
                None => match requester.view.kind {
                    RequesterKind::Provider => kind == Kind::Roles,
                    _ => true,
                },
            };
            if welcome {
                concerned.push(id);
            }
        }
        concerned
    }

    /// Whether the requester's own side could allow anything here, by the elements of its statements alone.
    fn could_reach(
        &self,
        requester: &Requester,
        builder: &mut Builder<'_>,
        reaching: &mut FxHashMap<DocumentId, bool>,
    ) -> bool {
        if requester.outside.is_some() || requester.view.kind == RequesterKind::Root {
            return true;
        }
        let Some(principal) = requester.principal else { return false };
        let (policies, gaps) = self.identity(principal);
        !gaps.is_empty()
            || policies.iter().any(|&policy| {
                let document = self.inventory.policies[policy].document;
                *reaching.entry(document).or_insert_with(|| builder.could_allow(document))
            })
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

    fn add_requester(&self, builder: &mut Builder<'_>, id: RequesterId) {
        let requester = &self.universe.requesters[id];
        let number = builder.principal(requester.view.clone());
        if let Some(gap) = requester.outside {
            builder.outside(number, gap);
        }
        let Some(principal) = requester.principal else { return };
        let (policies, gaps) = self.identity(principal);
        let mut documents: Vec<DocumentId> =
            policies.iter().map(|&policy| self.inventory.policies[policy].document).collect();
        documents.sort_unstable();
        documents.dedup();
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

    /// The control policies above the accounts of requesters and resources (L10 to L25).
    fn attach_organization(&self, builder: &mut Builder<'_>, owner: AccountId, requesters: &[RequesterId]) {
        let callers = requesters.iter().filter_map(|&id| self.universe.requesters[id].view.account);
        let callers: BTreeSet<AccountId> = callers.collect();
        for account in callers.iter().copied().chain((!callers.contains(&owner)).then_some(owner)) {
            let Some((organization, membership)) = self.inventory.organization_of(account) else { continue };
            if organization.management == Some(account) {
                builder.management(account);
            }
            let mut levels = membership.path.clone();
            levels.push(account.to_string());
            if organization.service_control && callers.contains(&account) {
                self.attach_levels(builder, Control::Service, organization, account, &levels);
            }
            if organization.resource_control && account == owner {
                self.attach_levels(builder, Control::Resource, organization, account, &levels);
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
    ) {
        let kind = match control {
            Control::Service => PolicyKind::ServiceControl,
            Control::Resource => PolicyKind::ResourceControl,
        };
        let count = |count: usize| u32::try_from(count).expect("an organization is five units deep");
        builder.levels(control, account, count(levels.len()));
        for (level, target) in levels.iter().enumerate() {
            let attached = organization.attached.get(target).into_iter().flatten();
            let policies =
                attached.map(|&policy| &self.inventory.policies[policy]).filter(|policy| policy.kind == kind);
            for policy in policies {
                builder.attach_control(control, policy.document, count(level), account);
            }
            if let Some(&gap) = organization.unknown_targets.get(target) {
                builder.attach_control_missing(control, gap, count(level), account);
            }
        }
    }
}

/// Where the token actions of principals of other accounts are asked, for each service and region here.
fn homes(resources: &[Resource]) -> Vec<Resource> {
    let own = resources.iter().filter(|resource| resource.view.kind == ResourceKind::None);
    own.map(|resource| home(&resource.view.service, resource.view.region.as_deref().unwrap_or_default())).collect()
}

/// The actions of a shard's universe.
fn actions(kind: Kind) -> Vec<Action> {
    let of_kind = |action: &&Action| action.on.contains(&ResourceKind::Role) == (kind == Kind::Roles);
    Catalog::bundled().actions().map(|(_, action)| action).filter(of_kind).cloned().collect()
}

/// The statement behind an id, if somebody wrote it.
pub(crate) fn written(facts: &Facts, statement: StatementId) -> Option<(DocumentId, usize)> {
    match facts.statements[statement].source {
        StatementSource::Written(document, index) => Some((document, index as usize)),
        StatementSource::Missing(_) | StatementSource::Supposed(_) => None,
    }
}
