//! Who holds something on what, found from either side.

use crate::ids::{PrincipalAtom, ResourceAtom};

/// The principals and resources between which an action is allowed, or a capability is there; `true`: in every
/// request.
#[derive(Debug)]
pub(crate) struct Holding {
    by_resource: Vec<(ResourceAtom, PrincipalAtom, bool)>,
    by_principal: Vec<(PrincipalAtom, ResourceAtom, bool)>,
}

impl Holding {
    pub(super) fn new(held: impl Iterator<Item = (PrincipalAtom, ResourceAtom, bool)>) -> Self {
        let mut by_principal: Vec<_> = held.collect();
        by_principal.sort_unstable();
        let mut by_resource: Vec<_> = by_principal.iter().map(|&(who, what, sure)| (what, who, sure)).collect();
        by_resource.sort_unstable();
        Self { by_resource, by_principal }
    }

    /// All of it, principal by principal.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (PrincipalAtom, ResourceAtom, bool)> {
        self.by_principal.iter().copied()
    }

    /// What a principal holds it on.
    pub(crate) fn of(&self, principal: PrincipalAtom) -> impl Iterator<Item = (ResourceAtom, bool)> {
        let start = self.by_principal.partition_point(|one| one.0 < principal);
        let own = self.by_principal[start..].iter().take_while(move |one| one.0 == principal);
        own.map(|&(_, resource, sure)| (resource, sure))
    }

    /// Who holds it on a resource.
    pub(crate) fn on(&self, resource: ResourceAtom) -> impl Iterator<Item = (PrincipalAtom, bool)> {
        let start = self.by_resource.partition_point(|one| one.0 < resource);
        let here = self.by_resource[start..].iter().take_while(move |one| one.0 == resource);
        here.map(|&(_, principal, sure)| (principal, sure))
    }

    /// Whether a principal holds it on a resource, and how surely.
    pub(crate) fn between(&self, principal: PrincipalAtom, resource: ResourceAtom) -> Option<bool> {
        let found = self.by_principal.binary_search_by_key(&(principal, resource), |one| (one.0, one.1));
        found.ok().map(|at| self.by_principal[at].2)
    }
}
