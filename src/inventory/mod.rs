//! The typed world, and the readers that fill it from exports.

mod stub;
mod world;

pub use world::{
    Account, Boundary, Gap, GapKind, Group, Inventory, Membership, Organization, Policy, Principal, PrincipalKind,
    RegistryPolicy, Repository, RepositoryPolicy, Tags, Visibility,
};
