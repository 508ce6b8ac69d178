//! What there is to ask about, as sheets.

use std::collections::BTreeMap;

use super::{Sheet, Value};
use crate::catalog::{Capability, Catalog};
use crate::ids::PolicyId;
use crate::inventory::{Boundary, Inventory, PrincipalKind, RepositoryPolicy, Visibility};
use crate::policy::{AccountId, Arn, PolicyKind, Span};
use crate::query::{Listing, Subject};

/// The sheet that `list` shows, and what each row is about.
#[must_use]
pub fn listing(inventory: &Inventory, listing: Listing) -> (Sheet, Vec<Subject>) {
    let sheet = match listing {
        Listing::Accounts => accounts(inventory),
        Listing::Principals => principals(inventory),
        Listing::Repositories => repositories(inventory),
        Listing::Actions => actions(),
        Listing::Diagnostics => diagnostics(inventory),
        Listing::Policies => policies(inventory),
        Listing::Gaps => gaps(inventory),
        // A session knows them, and an inventory does not.
        Listing::Sets | Listing::Queries | Listing::Findings => Sheet::new(listing.as_str(), listing.columns()),
    };
    let subjects: Vec<Subject> = match listing {
        Listing::Accounts => inventory.accounts.keys().copied().map(Subject::Account).collect(),
        Listing::Principals => inventory.principals.ids().map(Subject::Principal).collect(),
        Listing::Repositories => inventory.repositories.ids().map(Subject::Repository).collect(),
        _ => vec![Subject::Other; sheet.rows.len()],
    };
    (sheet, subjects)
}

fn accounts(inventory: &Inventory) -> Sheet {
    let mut sheet = Sheet::new("accounts", Listing::Accounts.columns());
    let mut principals: BTreeMap<AccountId, usize> = BTreeMap::new();
    let mut repositories: BTreeMap<AccountId, usize> = BTreeMap::new();
    inventory.principals.values().for_each(|one| *principals.entry(one.account).or_default() += 1);
    inventory.repositories.values().for_each(|one| *repositories.entry(one.account).or_default() += 1);
    for account in inventory.accounts.values() {
        let membership = account.membership.as_ref();
        let lacks = [(account.has_principals, "users and roles"), (account.has_public, "public repositories")];
        let lacks: Vec<String> = lacks.iter().filter(|(has, _)| !has).map(|(_, what)| (*what).to_owned()).collect();
        sheet.rows.push(vec![
            account.id.to_string().into(),
            account.name.clone().into(),
            membership.map(|own| own.organization.clone()).into(),
            membership.map(|own| own.path.join("/")).into(),
            principals.get(&account.id).copied().unwrap_or(0).into(),
            repositories.get(&account.id).copied().unwrap_or(0).into(),
            lacks.into(),
            account.gaps.len().into(),
        ]);
    }
    sheet
}

fn principals(inventory: &Inventory) -> Sheet {
    let mut sheet = Sheet::new("principals", Listing::Principals.columns());
    for principal in inventory.principals.values() {
        let kind = match principal.kind {
            PrincipalKind::User => "user",
            PrincipalKind::Role { .. } => "role",
        };
        let boundary = match principal.boundary {
            Boundary::None => Value::Null,
            Boundary::Policy(policy) => inventory.policies[policy].name.clone().into(),
            Boundary::Missing(_) => "not in the input".into(),
        };
        sheet.rows.push(vec![
            principal.arn.to_string().into(),
            kind.into(),
            principal.account.to_string().into(),
            principal.policies.len().into(),
            principal.groups.len().into(),
            boundary,
        ]);
    }
    sheet
}

fn repositories(inventory: &Inventory) -> Sheet {
    let mut sheet = Sheet::new("repositories", Listing::Repositories.columns());
    for repository in inventory.repositories.values() {
        let visibility = match repository.visibility {
            Visibility::Public => "public",
            Visibility::Private => "private",
        };
        let policy = match repository.policy {
            RepositoryPolicy::None => "none",
            RepositoryPolicy::Policy(_) => "yes",
            RepositoryPolicy::Unknown(_) => "unknown",
        };
        sheet.rows.push(vec![
            repository.arn.to_string().into(),
            visibility.into(),
            repository.account.to_string().into(),
            policy.into(),
        ]);
    }
    sheet
}

/// On what a policy hangs.
#[derive(Clone, Copy, Default)]
struct Hung {
    account: Option<AccountId>,
    times: usize,
}

fn policies(inventory: &Inventory) -> Sheet {
    use PolicyKind as K;
    let mut hung: BTreeMap<PolicyId, Hung> = BTreeMap::new();
    inventory.each_hung(|policy, on| {
        let hung = hung.entry(policy).or_default();
        hung.account = hung.account.or_else(|| on.account(inventory));
        hung.times += 1;
    });
    let mut sheet = Sheet::new("policies", Listing::Policies.columns());
    for (id, policy) in inventory.policies.iter() {
        let hung = hung.get(&id).copied().unwrap_or_default();
        // Inline policies, and those of resources, that a change took from where they hung are there no more.
        let is_by_itself =
            policy.name.starts_with("arn:") || [K::ServiceControl, K::ResourceControl].contains(&policy.kind);
        if hung.times == 0 && !is_by_itself {
            continue;
        }
        // What AWS manages is nobody's.
        let account = match Arn::parse(&policy.name) {
            Some(arn) => arn.account(),
            None => hung.account,
        };
        let statements = &inventory.documents[policy.document].statements;
        let place = inventory.place_of(id, 0);
        let start = statements.first().map_or(0, |first| inventory.sources.locate(place, first.span).start);
        let start = start.max(place.span.start);
        let (file, span) = inventory.sources.origin(place.file, Span { start, end: start });
        sheet.rows.push(vec![
            policy.name.as_str().into(),
            policy.kind.as_str().into(),
            account.map(|account| account.to_string()).into(),
            hung.times.into(),
            statements.len().into(),
            inventory.sources.get(file).name.to_string().into(),
            inventory.sources.position(file, span.start).line.into(),
        ]);
    }
    sheet
}

fn actions() -> Sheet {
    let mut sheet = Sheet::new("actions", Listing::Actions.columns());
    let catalog = Catalog::bundled();
    for capability in Capability::ALL {
        sheet.rows.push(vec![capability.as_str().into(), "capability".into(), Value::Null]);
    }
    for (id, action) in catalog.actions() {
        let services = ["ecr-public", "ecr"];
        let mut needed: Vec<Capability> = services
            .iter()
            .flat_map(|service| catalog.needs(service))
            .filter(|need| need.action == id)
            .map(|need| need.capability)
            .collect();
        needed.sort_unstable();
        needed.dedup();
        let needed: Vec<String> = needed.iter().map(ToString::to_string).collect();
        sheet.rows.push(vec![action.to_string().into(), action.access.clone().into(), needed.into()]);
    }
    sheet
}

fn diagnostics(inventory: &Inventory) -> Sheet {
    let mut sheet = Sheet::new("diagnostics", Listing::Diagnostics.columns());
    for diagnostic in &inventory.diagnostics {
        let place = diagnostic.place.map(|(file, span)| (file, inventory.sources.position(file, span.start)));
        sheet.rows.push(vec![
            diagnostic.severity.to_string().into(),
            diagnostic.message.clone().into(),
            diagnostic.hint.clone().into(),
            place.map(|(file, _)| inventory.sources.get(file).name.to_string()).into(),
            place.map(|(_, position)| position.line).into(),
            place.map(|(_, position)| position.column).into(),
            diagnostic.account.map(|account| account.to_string()).into(),
        ]);
    }
    sheet
}

fn gaps(inventory: &Inventory) -> Sheet {
    let mut sheet = Sheet::new("gaps", Listing::Gaps.columns());
    for gap in inventory.gaps.values() {
        // `AttachedPolicy` becomes `attached policy`.
        let mut kind = String::new();
        for char in format!("{:?}", gap.kind).chars() {
            if char.is_uppercase() && !kind.is_empty() {
                kind.push(' ');
            }
            kind.push(char.to_ascii_lowercase());
        }
        let account = gap.account.map(|account| account.to_string());
        sheet.rows.push(vec![kind.into(), account.into(), gap.message.clone().into()]);
    }
    sheet
}
