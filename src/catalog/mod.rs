//! What the services know: actions, what they act on, which keys they carry, what they add up to.
//!
//! Data, not code: `services.json` holds facts of the Service Authorization
//! Reference for Amazon ECR Public, Amazon ECR, the four actions of AWS STS
//! that lead to them, and the actions of IAM by which somebody gets more
//! permissions; `capabilities.json` says which actions a person means by
//! `push` or `pull` (ecr-public R27 to R33, Q10 to Q15). Nothing here decides.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::ids::{Table, ids};

ids! {
    /// An action of the catalog.
    pub ActionId;
}

/// What an action is performed on; a resource of the universe is of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceKind {
    /// A repository that exists.
    Repository,
    /// A public registry, by its ARN (R2).
    Registry,
    /// A repository that is to be created: an ARN whose name is not known yet (R24).
    NewRepository,
    /// All repositories of a registry, named by `repository/*` (R23, Q8).
    Listing,
    /// No resource: only a statement on `*` counts, and the account is the caller's (M19, E22).
    None,
    /// An IAM role, for the actions that assume it, and those that write its policies: `arn:aws:iam::ACCOUNT:role/PATH/NAME`.
    Role,
    /// An IAM user, for the actions that write its policies: `arn:aws:iam::ACCOUNT:user/PATH/NAME`.
    User,
    /// An IAM group: `arn:aws:iam::ACCOUNT:group/PATH/NAME`.
    Group,
    /// A managed policy of the account's own: `arn:aws:iam::ACCOUNT:policy/PATH/NAME`. Those that AWS owns, of the
    /// account `aws`, nobody can edit.
    Policy,
    /// The keys and the password of a user, by the user's ARN.
    Credentials,
    /// The trust policy of a role, by the role's ARN.
    Trust,
    /// A user that is to get another boundary, which the request tells.
    UserBoundary,
    /// A role that is to get another boundary.
    RoleBoundary,
    /// A role as it is handed to a service that its trust policy lets in.
    PassedRole,
}

impl ResourceKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Registry => "registry",
            Self::NewRepository => "new-repository",
            Self::Listing => "listing",
            Self::None => "none",
            Self::Role => "role",
            Self::User => "user",
            Self::Group => "group",
            Self::Policy => "policy",
            Self::Credentials => "credentials",
            Self::Trust => "trust",
            Self::UserBoundary => "user-boundary",
            Self::RoleBoundary => "role-boundary",
            Self::PassedRole => "passed-role",
        }
    }

    /// Whether it is a part of IAM, rather than of a registry.
    #[must_use]
    pub fn is_entity(self) -> bool {
        use ResourceKind as K;
        !matches!(self, K::Repository | K::Registry | K::NewRepository | K::Listing | K::None)
    }
}

/// What an action of IAM makes of who may perform it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Power {
    /// Decides what policies of the entity say.
    Write,
    /// Puts another version of the policy in force that exists already.
    Revert,
    /// Gets the policies of the group.
    Join,
    /// Can act as the user or role.
    Become,
    /// Can act as the user in the console, if it has a password already, or has none yet.
    LogIn,
    /// Takes the boundary of the user or role off, or sets another.
    Unbind,
    /// Hands the role to a service.
    Pass,
}

/// An action and what the services' reference says of it.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and any combination occurs")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// `ecr-public`.
    pub service: String,
    /// `PutImage`.
    pub name: String,
    /// `Read`, `Write`, `List`, `Tagging` or `Permissions management`.
    pub access: String,
    /// What it acts on.
    pub on: Vec<ResourceKind>,
    /// Request keys of its own, in lower case; one that ends in `/` is a family (`aws:requesttag/`).
    pub keys: Vec<String>,
    /// Whether resource control policies govern it (L22, L23).
    pub resource_control: bool,
    /// Whether they govern it by one reading only, since it has no resource (Z11).
    pub resource_control_doubtful: bool,
    /// Whether its service answers unsigned requests (E29).
    pub unsigned: bool,
    /// Whether it needs no permission, and no Deny stops it (T25, T26).
    pub unconditional: bool,
    /// What it makes of who may perform it, where it leads to more permissions.
    pub power: Option<Power>,
}

impl Action {
    /// Whether it changes something: images, tags, repositories, or who may.
    #[must_use]
    pub fn writes(&self) -> bool {
        matches!(self.access.as_str(), "Write" | "Tagging" | "Permissions management")
    }

    /// An action of any service, for a question that brings everything else with it.
    ///
    /// What the catalog does not know is read off the lists of services that support resource control
    /// policies (L22) and unsigned requests.
    #[must_use]
    pub fn uncatalogued(name: &str, on: ResourceKind) -> Option<Self> {
        const CONTROLLED: [&str; 10] =
            ["s3", "sts", "kms", "sqs", "secretsmanager", "ecr", "ecr-public", "aoss", "dynamodb", "logs"];
        const UNSIGNED: [&str; 3] = ["s3", "sqs", "sns"];
        let (service, action) = name.split_once(':')?;
        let service = service.to_ascii_lowercase();
        Some(Self {
            resource_control_doubtful: CONTROLLED.contains(&service.as_str()) && on == ResourceKind::None,
            resource_control: CONTROLLED.contains(&service.as_str()) && on != ResourceKind::None,
            unsigned: UNSIGNED.contains(&service.as_str()),
            unconditional: service == "sts"
                && ["getcalleridentity", "getsessiontoken"].contains(&action.to_ascii_lowercase().as_str()),
            name: action.to_owned(),
            access: String::new(),
            on: vec![on],
            keys: vec!["aws:requesttag/".to_owned(), "aws:tagkeys".to_owned()],
            power: None,
            service,
        })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.name)
    }
}

/// What several actions add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Fetch images.
    Pull,
    /// Upload images, log-in included.
    Push,
    /// See repositories and images.
    Describe,
    /// Delete images.
    Delete,
    /// Change resource tags.
    Tag,
    /// Change the repository policy: full control (R32).
    Administer,
    /// Create repositories.
    Create,
}

impl Capability {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] =
        [Self::Pull, Self::Push, Self::Describe, Self::Delete, Self::Tag, Self::Administer, Self::Create];

    /// The word that people use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Describe => "describe",
            Self::Delete => "delete",
            Self::Tag => "tag",
            Self::Administer => "administer",
            Self::Create => "create",
        }
    }

    /// The capability of this name, in any letter case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.as_str().eq_ignore_ascii_case(text))
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One action that a capability needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// What it adds up to.
    pub capability: Capability,
    /// The action.
    pub action: ActionId,
    /// On which kind of resource the capability is asked.
    pub on: ResourceKind,
    /// Whether the action is needed on the caller's own account, rather than on that resource.
    pub at_home: bool,
}

/// The actions, and what they add up to.
#[derive(Debug)]
pub struct Catalog {
    actions: Table<ActionId, Action>,
    needs: Vec<(String, Need)>,
}

#[derive(Deserialize)]
struct ServiceData {
    resource_control: bool,
    actions: BTreeMap<String, ActionData>,
}

#[derive(Deserialize)]
struct ActionData {
    access: String,
    on: Vec<ResourceKind>,
    keys: Vec<String>,
    power: Option<Power>,
}

#[derive(Deserialize)]
struct CapabilityData {
    #[serde(default)]
    repository: Vec<String>,
    #[serde(default, rename = "new-repository")]
    new_repository: Vec<String>,
    account: Vec<String>,
}

impl Catalog {
    /// The catalog that is bundled with the program.
    ///
    /// # Panics
    /// Never in a released program: the bundled data is read by the tests.
    #[must_use]
    pub fn bundled() -> &'static Self {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        CATALOG.get_or_init(|| {
            let services: BTreeMap<String, ServiceData> =
                serde_json::from_str(include_str!("services.json")).expect("the bundled services are valid");
            let capabilities: BTreeMap<Capability, BTreeMap<String, CapabilityData>> =
                serde_json::from_str(include_str!("capabilities.json")).expect("the bundled capabilities are valid");
            Self::new(services, &capabilities)
        })
    }

    fn new(
        services: BTreeMap<String, ServiceData>,
        capabilities: &BTreeMap<Capability, BTreeMap<String, CapabilityData>>,
    ) -> Self {
        let mut actions = Table::new();
        for (service, data) in services {
            for (name, action) in data.actions {
                // L23: an action without a resource of the owner's is not governed.
                let resource_control = data.resource_control && !action.on.contains(&ResourceKind::None);
                let ActionData { access, on, keys, power } = action;
                actions.push(Action {
                    service: service.clone(),
                    name,
                    access,
                    on,
                    keys,
                    resource_control,
                    resource_control_doubtful: data.resource_control && !resource_control,
                    unsigned: false,
                    unconditional: false,
                    power,
                });
            }
        }
        let mut catalog = Self { actions, needs: Vec::new() };
        for (&capability, by_service) in capabilities {
            for (service, data) in by_service {
                let kind =
                    if data.new_repository.is_empty() { ResourceKind::Repository } else { ResourceKind::NewRepository };
                for name in data.repository.iter().chain(&data.new_repository) {
                    catalog.need(service, capability, &format!("{service}:{name}"), kind, false);
                }
                for name in &data.account {
                    catalog.need(service, capability, name, kind, true);
                }
            }
        }
        catalog
    }

    fn need(&mut self, service: &str, capability: Capability, name: &str, on: ResourceKind, at_home: bool) {
        let action = self.find(name).expect("capabilities name actions of the catalog");
        self.needs.push((service.to_owned(), Need { capability, action, on, at_home }));
    }

    /// The actions with their ids.
    #[must_use]
    pub fn actions(&self) -> impl ExactSizeIterator<Item = (ActionId, &Action)> {
        self.actions.iter()
    }

    /// An action.
    #[must_use]
    pub fn action(&self, id: ActionId) -> &Action {
        &self.actions[id]
    }

    /// The action of this name (`ecr-public:PutImage`), in any letter case (M1).
    #[must_use]
    pub fn find(&self, name: &str) -> Option<ActionId> {
        let (service, action) = name.split_once(':')?;
        let same = |candidate: &Action| {
            candidate.service.eq_ignore_ascii_case(service) && candidate.name.eq_ignore_ascii_case(action)
        };
        self.actions.iter().find(|(_, candidate)| same(candidate)).map(|(id, _)| id)
    }

    /// What capabilities on resources of this service need.
    pub fn needs<'a>(&'a self, service: &'a str) -> impl Iterator<Item = Need> + 'a {
        self.needs.iter().filter(move |(of, _)| of == service).map(|(_, need)| *need)
    }
}
