//! Who decides what others may do, and who can give itself more: atom by atom, as shards of entities hold it.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::derived::Known;
use super::extent::Code;
use super::limits::QueryError;
use super::world::{Held, Tell, World, code};
use crate::catalog::{ActionId, Catalog, Power};
use crate::engine::{Kind, Shard};
use crate::ids::Id as _;
use crate::policy::AccountId;

impl World<'_> {
    /// Who is allowed which action of IAM by which it has power over whom.
    pub(super) fn controls(&self, known: &Known, tell: &mut Tell<'_>) -> Result<(), QueryError> {
        let wanted = |id: ActionId| known[2].is_none_or(|one| one == code(id.index()));
        let powers = Catalog::bundled().actions().filter_map(|(id, action)| Some((id, action.power?)));
        let powers: Vec<(ActionId, Power)> = powers.filter(|(id, _)| wanted(*id)).collect();
        // Nobody has power over users and roles of another account.
        let bound = known[0].or(known[1]);
        let accounts: Vec<AccountId> = match bound {
            Some(one) => self.relations.requester(Self::requester(one)).view.account.into_iter().collect(),
            None => self.relations.inventory().accounts.keys().copied().collect(),
        };
        if bound.is_none() {
            self.derive(Kind::Entities)?;
        }
        for account in accounts.into_iter().filter(|one| self.relations.inventory().accounts.contains_key(one)) {
            self.meter.look()?;
            let shard = self.relations.shard(account, Kind::Entities);
            for &(id, power) in &powers {
                self.controlled(&shard, id, power, known, tell)?;
            }
        }
        Ok(())
    }

    fn controlled(
        &self,
        shard: &Shard,
        id: ActionId,
        power: Power,
        known: &Known,
        tell: &mut Tell<'_>,
    ) -> Result<(), QueryError> {
        let Some(number) = shard.actions.number_of(id) else { return Ok(()) };
        let by = Held::One(code(id.index()));
        for (principal, resource, _) in shard.allowed(number).iter() {
            self.meter.step()?;
            if known[0].is_some_and(|one| shard.atom(Self::requester(one)) != Some(principal)) {
                continue;
            }
            let members: Rc<[Code]> = match known[0] {
                Some(one) => Rc::from([one]),
                None => shard.members(principal).into_iter().map(|one| code(one.index())).collect(),
            };
            let standing = shard.standing(principal, resource);
            let governed: BTreeSet<Code> = standing
                .flat_map(|at| self.relations.governed(shard, power, at))
                .map(|one| code(one.index()))
                .filter(|&one| known[1].is_none_or(|wanted| wanted == one))
                .collect();
            if governed.is_empty() {
                continue;
            }
            // Whoever could become itself is nobody new.
            let becomes = matches!(power, Power::Become | Power::LogIn | Power::Pass);
            let (alone, together): (Vec<Code>, Vec<Code>) =
                members.iter().partition(|&one| becomes && governed.contains(one));
            let all: Rc<[Code]> = governed.iter().copied().collect();
            if !together.is_empty() {
                tell(&[Held::Each(together.into()), Held::Each(all), by.clone()])?;
            }
            for one in alone {
                let others: Rc<[Code]> = governed.iter().copied().filter(|&other| other != one).collect();
                if !others.is_empty() {
                    tell(&[Held::One(one), Held::Each(others), by.clone()])?;
                }
            }
        }
        Ok(())
    }

    /// Who comes to more without a service that it sets to work.
    pub(super) fn escalating(&self, tell: &mut Tell<'_>) -> Result<(), QueryError> {
        let found = self.relations.escalation();
        self.meter.look()?;
        let ways = found.ways.iter().filter(|way| way.service.is_none());
        let principals: BTreeSet<Code> = ways.map(|way| code(way.principal.index())).collect();
        if principals.is_empty() {
            return Ok(());
        }
        tell(&[Held::Each(principals.into_iter().collect())])
    }
}
