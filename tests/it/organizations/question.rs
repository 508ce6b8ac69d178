//! The same question for the twin: a scenario put together from the random organization itself.

use std::collections::BTreeMap;

use serde_json::Value;

use super::export::full_access;
use super::requester::{Kind, Requester};
use super::world::{LEVELS, Level, MANAGEMENT, ORGANIZATION, Principal, REGION, Repository, Tree, World};
use crate::statements::Group;
use crate::twin::{self, Decision, Given, Scenario, Statement, statements};

/// What a request is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    /// A repository of the account at this place.
    Repository(usize, &'a Repository),
    /// The public registry of the account.
    Registry(usize),
    /// All public, or all private repositories of the account.
    Listing(usize, bool),
    /// A repository of this name that is to be created, public or private.
    New(usize, bool, &'a str),
    /// The caller's own account.
    Home(bool),
    /// A role of the account.
    Role(usize, &'a Principal),
    /// A user or role of the account, as what actions of IAM are performed on.
    Entity(usize, &'a Principal),
}

/// Keys with their values, by lower-case names.
pub(crate) type Keys = BTreeMap<String, Given>;

/// The statements of the organization's documents, read once.
pub(crate) struct Book<'a> {
    pub(crate) world: &'a World,
    everything: Vec<Statement>,
    by_text: BTreeMap<String, Vec<Statement>>,
}

/// A value of the export's or a request's JSON as a context value.
pub(crate) fn given(value: &Value) -> Given {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match value {
        Value::Array(values) => Given::Many(values.iter().map(text).collect()),
        one => Given::One(text(one)),
    }
}

/// Groups of keys as one context.
pub(crate) fn keys(groups: &[Group]) -> Keys {
    groups.iter().flatten().map(|(key, value)| (key.to_lowercase(), given(value))).collect()
}

impl<'a> Book<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        let mut by_text = BTreeMap::new();
        let mut read = |document: &Value| {
            by_text.entry(document.to_string()).or_insert_with(|| statements(document));
        };
        for account in &world.accounts {
            for principal in account.users.iter().chain(&account.roles) {
                principal.policies.iter().chain(&principal.boundary).chain(&principal.trust).for_each(&mut read);
            }
            account.groups.iter().flatten().for_each(&mut read);
            account.repositories.iter().filter_map(|repository| repository.policy.as_ref()).for_each(&mut read);
            account.registry.iter().map(|(document, _)| document).for_each(&mut read);
        }
        let levels = world.tree.iter().flat_map(|tree| [&tree.service, &tree.resource]).flatten().flatten();
        levels.flat_map(|level| &level.policies).for_each(&mut read);
        Self { world, everything: statements(&full_access(true)), by_text }
    }

    fn read<'d>(&self, documents: impl IntoIterator<Item = &'d Value>) -> Vec<Statement> {
        documents.into_iter().flat_map(|document| self.by_text[&document.to_string()].iter().cloned()).collect()
    }

    /// What the twin decides. `more` holds keys that stand before those of the inventory.
    pub(crate) fn decide(&self, who: &Requester<'_>, action: &str, target: Target<'_>, more: &Keys) -> Decision {
        twin::decide(&self.scenario(who, action, target, more)).decision
    }

    pub(crate) fn scenario(&self, who: &Requester<'_>, action: &str, target: Target<'_>, more: &Keys) -> Scenario {
        let world = self.world;
        let place = who.account.as_deref().and_then(|account| world.account(account));
        let owner = match target {
            Target::Repository(owner, _)
            | Target::Registry(owner)
            | Target::Listing(owner, _)
            | Target::New(owner, ..)
            | Target::Role(owner, _)
            | Target::Entity(owner, _) => Some(owner),
            Target::Home(_) => place,
        };
        let number = |place: usize| world.accounts[place].number;
        let resource = match target {
            Target::Repository(owner, repository) => repository.arn(number(owner)),
            Target::Registry(owner) => format!("arn:aws:ecr-public::{0}:registry/{0}", number(owner)),
            Target::Listing(owner, public) => repositories(number(owner), public, "*"),
            Target::New(owner, public, name) => repositories(number(owner), public, name),
            Target::Home(_) => "*".to_owned(),
            Target::Role(owner, one) | Target::Entity(owner, one) => one.arn(number(owner)),
        };
        let mut scenario = Scenario {
            principal: who.arn.clone(),
            action: action.to_owned(),
            resource,
            context: more.clone(),
            ..Scenario::default()
        };
        self.tell_requester(&mut scenario, who, place);
        self.tell_resource(&mut scenario, action, target, owner);
        let Some(tree) = &world.tree else { return scenario };
        let is_manager = |place: Option<usize>| place.is_some() && tree.management == place;
        scenario.management_account = is_manager(place) || who.account.as_deref() == Some(MANAGEMENT);
        scenario.resource_management_account = is_manager(owner);
        scenario.scps = self.levels(tree, tree.service.as_ref(), place);
        scenario.rcps = self.levels(tree, tree.resource.as_ref(), owner);
        scenario
    }

    fn tell_requester(&self, scenario: &mut Scenario, who: &Requester<'_>, place: Option<usize>) {
        let mut tell = |key: &str, value: Given| {
            scenario.context.entry(key.to_lowercase()).or_insert(value);
        };
        let manages = who.account.as_deref() == Some(MANAGEMENT);
        let below_root = manages.then(|| format!("{ORGANIZATION}/{}/", LEVELS[0]));
        if let Some(path) = below_root.or_else(|| self.world.organization_path(place?)) {
            tell("aws:PrincipalOrgID", Given::One(ORGANIZATION.to_owned()));
            tell("aws:PrincipalOrgPaths", Given::Many(vec![path]));
        }
        if who.outside {
            scenario.identity.clone_from(&self.everything);
            return;
        }
        let Some((place, principal)) = who.principal else { return };
        let account = &self.world.accounts[place];
        let id = principal.id(account.number);
        let session = who.arn.rsplit('/').next().unwrap_or_default();
        match who.kind {
            Kind::User => tell("aws:userid", Given::One(id.clone())),
            Kind::Session => {
                tell("aws:userid", Given::One(format!("{id}:{session}")));
                tell("aws:PrincipalArn", Given::One(principal.arn(account.number)));
            }
            _ => {}
        }
        if who.kind != Kind::Federated {
            for (key, value) in &principal.tags {
                tell(&format!("aws:PrincipalTag/{key}"), Given::One((*value).to_owned()));
            }
        }
        scenario.unique_id = Some(id);
        scenario.calling_user = (who.kind == Kind::Federated).then(|| principal.arn(account.number));
        let of_groups = principal.groups.iter().flat_map(|&group| &account.groups[group]);
        scenario.identity = self.read(principal.policies.iter().chain(of_groups));
        scenario.boundary = principal.boundary.as_ref().map(|boundary| self.read([boundary]));
    }

    fn tell_resource(&self, scenario: &mut Scenario, action: &str, target: Target<'_>, owner: Option<usize>) {
        let world = self.world;
        let mut tell = |key: &str, value: &str| {
            scenario.context.entry(key.to_lowercase()).or_insert_with(|| Given::One(value.to_owned()));
        };
        if action == "sts:GetServiceBearerToken" {
            tell("sts:AWSServiceName", "ecr-public.amazonaws.com");
        }
        let (tags, families): (_, &[&str]) = match target {
            Target::Repository(_, repository) if repository.public => (Some(&repository.tags), &["aws", "ecr-public"]),
            Target::Repository(_, repository) => (Some(&repository.tags), &["aws", "ecr"]),
            Target::Role(_, one) | Target::Entity(_, one) => (Some(&one.tags), &["aws", "iam"]),
            _ => (None, &[]),
        };
        for (key, value) in tags.into_iter().flatten() {
            for family in families {
                tell(&format!("{family}:ResourceTag/{key}"), value);
            }
        }
        if matches!(target, Target::Home(false)) {
            tell("aws:RequestedRegion", REGION);
        }
        if let Some(path) = owner.and_then(|owner| world.organization_path(owner)) {
            tell("aws:ResourceOrgID", ORGANIZATION);
            scenario.context.entry("aws:resourceorgpaths".to_owned()).or_insert(Given::Many(vec![path]));
        }
        let policy = match target {
            Target::Repository(_, repository) => repository.policy.as_ref(),
            Target::Role(_, role) => role.trust.as_ref(),
            _ => None,
        };
        scenario.resource_policy = self.read(policy);
        let Some(owner) = owner else { return };
        // Q22: the first scope is about three actions, the second about all requests.
        let first = ["ecr:ReplicateImage", "ecr:BatchImportUpstreamImage", "ecr:CreateRepository"].contains(&action);
        let registry = world.accounts[owner].registry.as_ref().filter(|(_, first_scope)| !first_scope || first);
        if action.starts_with("ecr:") {
            scenario.registry_policy = self.read(registry.map(|(document, _)| document));
        }
    }

    /// The control policies above an account, a level each (L12, L25).
    fn levels(&self, tree: &Tree, levels: Option<&Vec<Level>>, account: Option<usize>) -> Vec<Vec<Statement>> {
        let (Some(levels), Some(account)) = (levels, account) else { return Vec::new() };
        let Some(path) = tree.path(account) else { return Vec::new() };
        let own = Tree::targets(&self.world.accounts).len() - self.world.accounts.len() + account;
        let here = |level: &Level| {
            let full = self.everything.iter().filter(|_| level.full).cloned();
            full.chain(self.read(&level.policies)).collect()
        };
        (0..path.len()).chain([own]).map(|at| here(&levels[at])).collect()
    }
}

/// The ARN of a repository by its name, or of all of them by `*`.
pub(crate) fn repositories(account: &str, public: bool, name: &str) -> String {
    if public {
        format!("arn:aws:ecr-public::{account}:repository/{name}")
    } else {
        format!("arn:aws:ecr:{REGION}:{account}:repository/{name}")
    }
}
