//! What the inventory says of the principals, resources and accounts that rows are about.

use std::iter;

use super::answer::Row;
use super::set::Members;
use super::tail::{Attribute, Field, Side};
use crate::engine::Relations;
use crate::ids::{PrincipalId, RepositoryId};
use crate::inventory::{Inventory, Tags, Visibility};
use crate::lower::RequesterKind;
use crate::policy::{AccountId, Arn};

/// What a row holds, for those who sort and choose rows.
pub trait About {
    /// What a field holds: nothing, one value, or several.
    fn field(&self, field: &Field) -> Vec<String>;

    /// Whether its repository is public.
    fn is_public(&self) -> bool;

    /// Whether it is about somebody outside the organization of the resource's account.
    fn is_outside(&self) -> bool;

    /// Whether what the field names is in a set.
    fn is_in(&self, field: &Field, members: &Members) -> bool {
        self.field(field).iter().any(|name| members.names.contains(name))
    }
}

/// A row of which a context tells what it holds.
pub trait Told<C> {
    /// What it holds.
    fn about<'a>(&'a self, context: &'a C) -> impl About + 'a;
}

/// What a row of a listing is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user or role.
    Principal(PrincipalId),
    /// A repository.
    Repository(RepositoryId),
    /// An account.
    Account(AccountId),
    /// Something that has no attributes.
    Other,
}

impl Subject {
    /// What a name stands for: the ARN of a principal or repository, or the number of an account.
    #[must_use]
    pub fn named(inventory: &Inventory, name: &str) -> Self {
        let arn = Arn::parse(name);
        let principal = arn.as_ref().and_then(|arn| inventory.principal(arn)).map(Self::Principal);
        let repository = || arn.as_ref().and_then(|arn| inventory.repository(arn)).map(Self::Repository);
        let account = || AccountId::parse(name).map(Self::Account);
        principal.or_else(repository).or_else(account).unwrap_or(Self::Other)
    }

    fn account(self, inventory: &Inventory) -> Option<AccountId> {
        match self {
            Self::Principal(id) => Some(inventory.principals[id].account),
            Self::Repository(id) => Some(inventory.repositories[id].account),
            Self::Account(account) => Some(account),
            Self::Other => None,
        }
    }

    /// What an attribute of it holds.
    #[must_use]
    pub fn attribute(self, inventory: &Inventory, attribute: &Attribute) -> Vec<String> {
        let account = || self.account(inventory);
        match attribute {
            Attribute::Path => path(self, inventory).into_iter().collect(),
            Attribute::Tag(key) => self.tags(inventory).map(|tags| values(tags, key)).unwrap_or_default(),
            attribute => account().map(|account| of_account(account, inventory, attribute)).unwrap_or_default(),
        }
    }

    fn tags(self, inventory: &Inventory) -> Option<&Tags> {
        match self {
            Self::Principal(id) => Some(&inventory.principals[id].tags),
            Self::Repository(id) => inventory.repositories[id].tags.as_ref(),
            Self::Account(_) | Self::Other => None,
        }
    }

    /// Whether it is a public repository.
    #[must_use]
    pub fn is_public(self, inventory: &Inventory) -> bool {
        matches!(self, Self::Repository(id) if inventory.repositories[id].visibility == Visibility::Public)
    }

    /// Whether it is in no organization that the input holds.
    #[must_use]
    pub fn is_outside(self, inventory: &Inventory) -> bool {
        self.account(inventory).is_some_and(|account| organization(account, inventory).is_none())
    }
}

/// `/ci/` of `role/ci/deployer`, `storefront` of `storefront/web`.
fn path(subject: Subject, inventory: &Inventory) -> Option<String> {
    match subject {
        Subject::Principal(id) => {
            let (_, named) = inventory.principals[id].arn.resource().split_once('/')?;
            Some(format!("/{}", named.rfind('/').map_or("", |at| &named[..=at])))
        }
        Subject::Repository(id) => {
            let name = &inventory.repositories[id].name;
            Some(name.rsplit_once('/').map_or("", |(path, _)| path).to_owned())
        }
        Subject::Account(_) | Subject::Other => None,
    }
}

/// What tags of a key hold, in whichever letter case it is written: conditions do not tell keys apart by that.
fn values(tags: &Tags, key: &str) -> Vec<String> {
    tags.iter().filter(|(own, _)| own.eq_ignore_ascii_case(key)).map(|(_, value)| value.clone()).collect()
}

fn organization(account: AccountId, inventory: &Inventory) -> Option<&str> {
    let membership = inventory.accounts.get(&account)?.membership.as_ref()?;
    Some(&membership.organization)
}

fn of_account(account: AccountId, inventory: &Inventory, attribute: &Attribute) -> Vec<String> {
    let known = inventory.accounts.get(&account);
    match attribute {
        Attribute::Account => {
            iter::once(account.to_string()).chain(known.and_then(|known| known.name.clone())).collect()
        }
        Attribute::Organization => organization(account, inventory).map(str::to_owned).into_iter().collect(),
        Attribute::Unit => {
            let Some(membership) = known.and_then(|known| known.membership.as_ref()) else { return Vec::new() };
            let organization = inventory.organizations.get(&membership.organization);
            let name = |id: &String| organization.and_then(|own| own.names.get(id)).cloned();
            membership.path.iter().flat_map(|id| iter::once(id.clone()).chain(name(id))).collect()
        }
        _ => Vec::new(),
    }
}

/// The account in which an identity provider was set up, if it is not one of those that all accounts share.
pub(crate) fn account_of_provider(kind: &str, name: &str) -> Option<AccountId> {
    let is_provider = kind == RequesterKind::Provider.as_str();
    Arn::parse(name.rsplit(' ').next().filter(|_| is_provider)?)?.account()
}

/// The account of a resource by its whole name.
fn account_of(relations: &Relations<'_>, name: &str) -> Option<AccountId> {
    let mut found = relations.resource_names().ending(name);
    found.find(|(_, own)| *own == name).map(|((account, _), _)| account)
}

impl Told<Relations<'_>> for Row {
    fn about<'a>(&'a self, relations: &'a Relations<'_>) -> impl About + 'a {
        Described::new(relations, self)
    }
}

/// A row about a permission, with what is known of both its sides.
struct Described<'a> {
    inventory: &'a Inventory,
    row: &'a Row,
    principal: Subject,
    resource: Subject,
    /// The accounts, also of those who are not in the input.
    accounts: [Option<AccountId>; 2],
}

impl<'a> Described<'a> {
    fn new(relations: &'a Relations<'_>, row: &'a Row) -> Self {
        let inventory = relations.inventory();
        let owner = Arn::parse(&row.resource).and_then(|arn| arn.account());
        Self {
            inventory,
            row,
            principal: Subject::named(inventory, &row.principal),
            resource: Subject::named(inventory, &row.resource),
            accounts: [
                row.account.as_deref().and_then(AccountId::parse),
                owner.or_else(|| account_of(relations, &row.resource)),
            ],
        }
    }

    fn column(&self, column: &str) -> Vec<String> {
        let row = self.row;
        match column {
            "principal" => vec![row.principal.clone()],
            "kind" => vec![row.kind.to_owned()],
            "action" => vec![row.action.clone()],
            "repository" => vec![row.resource.clone()],
            "verdict" => vec![row.verdict.as_str().to_owned()],
            "through" => row.routes.iter().flat_map(|route| route.through.iter().cloned()).collect(),
            "condition" => row.residual.iter().cloned().collect(),
            _ => Vec::new(),
        }
    }
}

impl About for Described<'_> {
    fn field(&self, field: &Field) -> Vec<String> {
        let inventory = self.inventory;
        let (subject, account) = match (&field.attribute, field.side) {
            (Attribute::Column(column), _) => return self.column(column),
            (_, Some(Side::Repository)) => (self.resource, self.accounts[1]),
            (_, _) => (self.principal, self.accounts[0]),
        };
        match (&field.attribute, account) {
            (Attribute::Account | Attribute::Unit | Attribute::Organization, Some(account)) => {
                of_account(account, inventory, &field.attribute)
            }
            _ => subject.attribute(inventory, &field.attribute),
        }
    }

    fn is_public(&self) -> bool {
        self.resource.is_public(self.inventory)
    }

    /// A service of AWS is in no organization, and acts for somebody else.
    fn is_outside(&self) -> bool {
        let inventory = self.inventory;
        let [own, owner] = self.accounts;
        let own = own.or_else(|| account_of_provider(self.row.kind, &self.row.principal));
        if self.row.kind == RequesterKind::Service.as_str() {
            return false;
        }
        inventory.is_outside(own, owner)
    }
}
