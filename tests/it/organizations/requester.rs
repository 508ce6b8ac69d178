//! Who asks, as the random organization tells it: everybody in it, and everybody whom a policy names.

use std::collections::BTreeSet;

use serde_json::Value;

use super::world::{MANAGEMENT, Principal, World};

/// What makes the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Role,
    Session,
    Federated,
    Root,
    Service,
    /// Some principal of an account that was not exported.
    Account,
    /// Some principal of an account that nobody knows.
    Anyone,
}

/// Somebody who can make requests.
#[derive(Clone, Debug)]
pub(crate) struct Requester<'a> {
    /// As answers call it.
    pub(crate) name: String,
    /// As the twin calls it.
    pub(crate) arn: String,
    pub(crate) kind: Kind,
    /// Twelve digits; services have none.
    pub(crate) account: Option<String>,
    /// The user or role whose policies it has, with the place of its account.
    pub(crate) principal: Option<(usize, &'a Principal)>,
    /// Whether nobody can see its own side.
    pub(crate) outside: bool,
}

impl World {
    /// Everybody that answers tell of, but the users of identity providers.
    pub(crate) fn requesters(&self) -> Vec<Requester<'_>> {
        let mut requesters = Vec::new();
        let has_manager = self.tree.as_ref().is_some_and(|tree| tree.management.is_none());
        let roots = self.accounts.iter().map(|account| account.number).chain(has_manager.then_some(MANAGEMENT));
        requesters.extend(roots.map(|number| Requester {
            account: Some(number.to_owned()),
            ..Requester::new(format!("arn:aws:iam::{number}:root"), Kind::Root)
        }));
        for (place, account) in self.accounts.iter().enumerate().filter(|(_, account)| account.exported) {
            for principal in account.users.iter().chain(&account.roles) {
                let kind = if principal.trust.is_some() { Kind::Role } else { Kind::User };
                requesters.push(Requester {
                    account: Some(account.number.to_owned()),
                    principal: Some((place, principal)),
                    ..Requester::new(principal.arn(account.number), kind)
                });
            }
        }
        for (kind, name) in self.names() {
            let known = requesters.iter().any(|known| known.name == name);
            requesters.extend(self.named(&kind, &name).filter(|_| !known));
        }
        requesters.push(Requester {
            arn: "arn:aws:iam::567856785678:user/somebody".to_owned(),
            account: Some("567856785678".to_owned()),
            outside: true,
            ..Requester::new("anyone".to_owned(), Kind::Anyone)
        });
        requesters
    }

    /// The entries of all principal elements, as type and text.
    fn names(&self) -> BTreeSet<(String, String)> {
        let mut names = BTreeSet::new();
        for document in self.naming_documents() {
            let statements = document["Statement"].as_array().into_iter().flatten();
            let elements = statements.flat_map(|one| [&one["Principal"], &one["NotPrincipal"]]);
            for (kind, listed) in elements.filter_map(Value::as_object).flatten() {
                let mut add = |name: &Value| names.extend(name.as_str().map(|name| (kind.clone(), name.to_owned())));
                match listed {
                    Value::Array(listed) => listed.iter().for_each(add),
                    one => add(one),
                }
            }
        }
        names
    }

    /// Whoever stands behind a name that is no user or role of an exported account.
    fn named(&self, kind: &str, name: &str) -> Option<Requester<'_>> {
        if kind == "Service" {
            let arn = name.to_owned();
            return Some(Requester { arn, ..Requester::new(format!("service {name}"), Kind::Service) });
        }
        let parts: Vec<&str> = name.splitn(6, ':').collect();
        let digits = name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit());
        let account = if digits { name } else { parts.get(4).copied()? };
        let place = self.account(account);
        let exported = place.is_some_and(|place| self.accounts[place].exported);
        let resource: Vec<&str> = parts.last()?.split('/').collect();
        let base = |kind| Requester {
            account: Some(account.to_owned()),
            outside: !exported,
            ..Requester::new(name.to_owned(), kind)
        };
        let of_account = |kind: Kind, name: &str| {
            let account = &self.accounts[place?];
            let all = if kind == Kind::Role { &account.roles } else { &account.users };
            all.iter().find(|principal| principal.name == name).map(|principal| (place.unwrap_or_default(), principal))
        };
        match (kind, resource.as_slice()) {
            ("AWS", _) if !exported && (digits || resource == ["root"]) => Some(Requester {
                name: format!("account {account} (not in the inventory)"),
                arn: format!("arn:aws:iam::{account}:user/unheard-of"),
                ..base(Kind::Account)
            }),
            ("AWS", ["user", ..]) if !exported => Some(base(Kind::User)),
            ("AWS", ["role", ..]) if !exported => Some(base(Kind::Role)),
            ("AWS", ["assumed-role", role, _]) => {
                let principal = if exported { Some(of_account(Kind::Role, role)?) } else { None };
                Some(Requester { principal, ..base(Kind::Session) })
            }
            ("AWS", ["federated-user", user]) => {
                let principal = if exported { of_account(Kind::User, user) } else { None };
                Some(Requester { principal, ..base(Kind::Federated) })
            }
            _ => None,
        }
    }
}

impl Requester<'_> {
    fn new(name: String, kind: Kind) -> Self {
        Self { arn: name.clone(), name, kind, account: None, principal: None, outside: false }
    }

    /// Whether the twin can be asked about it without supposing who exactly it is.
    pub(crate) fn is_somebody(&self) -> bool {
        !matches!(self.kind, Kind::Account | Kind::Anyone)
    }
}
