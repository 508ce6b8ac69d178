//! Words for what policies hang on.

use crate::ids::PolicyId;
use crate::inventory::{HungOn, Inventory};
use crate::policy::PolicyKind;
use crate::rules::finding::document::Site;

/// On what a policy hangs, by its name.
pub(super) fn hung_on(inventory: &Inventory, on: HungOn<'_>) -> String {
    match on {
        HungOn::Principal(id) | HungOn::Bounding(id) | HungOn::Role(id) => inventory.principals[id].arn.to_string(),
        HungOn::Group(id) => inventory.groups[id].arn.to_string(),
        HungOn::Repository(id) => inventory.repositories[id].arn.to_string(),
        HungOn::Registry(account, region) => format!("the registry of {account} in {region}"),
        HungOn::Target(target) => target.to_owned(),
    }
}

/// The layer that a policy belongs to, in the words of citations.
pub(super) fn layer_of(inventory: &Inventory, policy: PolicyId, site: Site) -> &'static str {
    match site {
        Site::Identity => "identity",
        Site::Boundary => "boundary",
        Site::Trust => "trust",
        Site::PublicRepository | Site::PrivateRepository => "repository",
        Site::Registry => "registry",
        Site::Control if inventory.policies[policy].kind == PolicyKind::ServiceControl => "scp",
        Site::Control => "rcp",
    }
}
