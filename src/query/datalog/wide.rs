//! What the largest relations tell, for whoever keeps all of it: as the rules derive it, sets together.

use super::derived::Known;
use super::extent::Code;
use super::limits::{Limits, Meter, QueryError};
use super::relations::words;
use super::value::Type;
use super::world::{Held, World};
use crate::catalog::{ActionId, ResourceKind};
use crate::engine::{Kind, Relations, RequesterId};
use crate::ids::PolicyId;
use crate::policy::AccountId;

/// A row in which sets stand: it tells of each principal with each action on each resource.
#[derive(Debug)]
pub(crate) struct Wide<'a> {
    /// Whom it tells of, in order.
    pub(crate) principals: Vec<RequesterId>,
    /// The actions, in order.
    pub(crate) actions: Vec<ActionId>,
    /// The account of the resources.
    pub(crate) account: AccountId,
    /// The resources, in order: what the first of a name is, and the name.
    pub(crate) resources: Vec<(ResourceKind, &'a str)>,
}

/// Nothing is known of a row before.
const ANY: &Known = &[None; 4];

impl Relations<'_> {
    /// What each layer lets pass, whatever the others say: the rows of `grants`, with the name of the layer.
    ///
    /// # Errors
    /// [`QueryError::Interrupted`].
    pub(crate) fn each_grant(&self, mut look: impl FnMut(&'static str, &Wide<'_>)) -> Result<(), QueryError> {
        let (world, layers) = (self.world(), words(Type::Layer).unwrap_or_default());
        world.layers(ANY, &mut |row| {
            if let [Held::One(layer), principals, actions, sites] = row {
                world.meant([principals, actions, sites]).iter().for_each(|wide| look(layers[*layer as usize], wide));
            }
            Ok(())
        })
    }

    /// What each statement says, whatever the others say: the rows of `says`, with the policy and the number there.
    ///
    /// # Errors
    /// [`QueryError::Interrupted`].
    pub(crate) fn each_saying(&self, mut look: impl FnMut((PolicyId, usize), &Wide<'_>)) -> Result<(), QueryError> {
        let world = self.world();
        world.said(ANY, None, &mut |statement, [principals, actions, sites]| {
            world.meant([&principals, &actions, &sites]).iter().for_each(|wide| look(statement, wide));
            Ok(())
        })
    }

    /// Who can change what others may do, or act as they: the rows of `controls`, sets together.
    ///
    /// # Errors
    /// [`QueryError::Interrupted`].
    pub(crate) fn each_control(
        &self,
        mut look: impl FnMut(&[RequesterId], &[RequesterId], ActionId),
    ) -> Result<(), QueryError> {
        let requesters = |held: &Held| held.codes().iter().map(|&one| World::requester(one)).collect::<Vec<_>>();
        self.world().controls(&ANY[..3], &mut |row| {
            if let [principals, others, Held::One(action)] = row {
                look(&requesters(principals), &requesters(others), World::action(*action));
            }
            Ok(())
        })
    }

    fn world(&self) -> World<'_> {
        World::new(self, Meter::new(Limits { rows: usize::MAX }, self.options().interrupt.clone()))
    }
}

impl World<'_> {
    /// A row with what its codes mean; nothing, if it tells of no resource.
    fn meant(&self, [principals, actions, sites]: [&Held; 3]) -> Option<Wide<'_>> {
        let account = self.sites[*sites.codes().first()? as usize].account;
        let shard = self.relations.shard(account, Kind::Registries);
        let resource = |&site: &Code| {
            let site = &self.sites[site as usize];
            (shard.resources[site.numbers.start].view.kind, site.name)
        };
        Some(Wide {
            principals: principals.codes().iter().map(|&one| Self::requester(one)).collect(),
            actions: actions.codes().iter().map(|&one| Self::action(one)).collect(),
            account,
            resources: sites.codes().iter().map(resource).collect(),
        })
    }
}
