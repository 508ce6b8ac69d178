//! The typed world, and the readers that fill it from exports.
//!
//! A file's kind is recognised by its content; where the content does not say
//! enough, the path does. Each export format has a reader of its own, all fill
//! the same records, and one place joins them. Nothing here knows what a policy
//! permits.

mod assemble;
mod bundled;
mod change;
mod config;
mod ecr;
mod files;
mod folder;
mod iam;
mod iam_collect;
mod iam_page;
mod lent;
mod load;
mod organization;
mod reader;
mod records;
mod sample;
mod snapshot;
mod tags;
mod terraform;
mod world;
mod wrapped;

pub use bundled::managed_by_aws;
pub use change::{Change, ChangeError, Managed, Tagged, Text};
pub use lent::Lent;
pub use load::LoadError;
pub use snapshot::SnapshotError;
pub use tags::Tags;
pub use terraform::{Plan, PlanError};
pub use world::{
    Account, Boundary, Gap, GapKind, Group, HungOn, Inventory, Membership, Organization, Policy, Principal,
    PrincipalKind, RegistryPolicy, Repository, RepositoryPolicy, Visibility,
};
