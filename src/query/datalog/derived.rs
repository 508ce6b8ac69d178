//! The relations that the rules derive, atom by atom: members of an atom are told together.
//!
//! Shards are derived as a question needs them. A repository that is bound asks
//! for its own account's shard alone; whoever is bound is looked up in each.
//! Nothing is decided here; verdicts are looked up as `can` looks them up.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::extent::Code;
use super::limits::QueryError;
use super::relations::Source;
use super::rows::{capability, word};
use super::value::Type;
use super::world::{Held, Site, Tell, World, code};
use crate::catalog::{Capability, Catalog};
use crate::engine::{Holding, Kind, Shard};
use crate::ids::{Id as _, PrincipalAtom};
use crate::policy::{AccountId, Effect};
use crate::query::ask::{Deed, Target, is_public, offers};

/// What is known of the columns of rows that are looked for.
pub(super) type Known = [Option<Code>];

impl World<'_> {
    /// The rows of a derived relation; those that differ from what is known may be among them.
    pub(super) fn derived(&self, source: Source, known: &Known, tell: &mut Tell<'_>) -> Result<(), QueryError> {
        match source {
            Source::Allowed | Source::Conditional | Source::Possible => self.verdicts(source, known, tell),
            Source::Capable => self.capable(known, tell),
            Source::CanAssume => self.steps(known, tell),
            Source::Becomes => self.ways(known, tell),
            Source::Controls => self.controls(known, tell),
            Source::Escalates => self.escalating(tell),
            Source::Grants => self.layers(known, tell),
            Source::Says => self.sayings(known, None, tell),
            Source::Blocks => self.sayings(known, Some(Effect::Deny), tell),
            _ => unreachable!("{source:?} is no derived relation"),
        }
    }

    fn verdicts(&self, source: Source, known: &Known, tell: &mut Tell<'_>) -> Result<(), QueryError> {
        let actions: Vec<Code> = match known[1] {
            Some(action) => vec![action],
            None => Catalog::bundled().actions().map(|(id, _)| code(id.index())).collect(),
        };
        self.each_shard(known[0], known[2], |shard, account| {
            for &action in &actions {
                let Some(number) = shard.actions.number_of(Self::action(action)) else { continue };
                let holding = shard.allowed(number);
                let place = Place { shard, account, deed: Deed::Action(number) };
                self.held(&place, &holding, known[0], known[2], &mut |principals, sure, sites| {
                    let is_wanted = match source {
                        Source::Allowed => sure,
                        Source::Conditional => !sure,
                        _ => true,
                    };
                    if is_wanted { tell(&[principals, Held::One(action), sites]) } else { Ok(()) }
                })?;
            }
            Ok(())
        })
    }

    fn capable(&self, known: &Known, tell: &mut Tell<'_>) -> Result<(), QueryError> {
        let of = |one: Code| Capability::ALL.into_iter().find(|own| capability(*own) == one);
        let wanted: Vec<Capability> = match known[1] {
            Some(one) => of(one).into_iter().collect(),
            None => Capability::ALL.to_vec(),
        };
        let verdict = |sure| Held::One(word(Type::Verdict, if sure { "allowed" } else { "conditional" }));
        self.each_shard(known[0], known[2], |shard, account| {
            for &one in &wanted {
                let place = Place { shard, account, deed: Deed::Capability(one) };
                let own = Held::One(capability(one));
                self.held(&place, &shard.having(one), known[0], known[2], &mut |principals, sure, sites| {
                    tell(&[principals, own.clone(), sites, verdict(sure)])
                })?;
            }
            Ok(())
        })?;
        // R7, R8: nobody needs a policy, or an identity, to pull from a public repository.
        if !wanted.contains(&Capability::Pull) {
            return Ok(());
        }
        let sites: Rc<[Code]> = match known[2] {
            Some(one) => [one].into_iter().filter(|&one| self.is_open(&self.sites[one as usize])).collect(),
            None => (0..).zip(&self.sites).filter(|(_, site)| self.is_open(site)).map(|(one, _)| one).collect(),
        };
        if sites.is_empty() {
            return Ok(());
        }
        let principals = known[0].map_or_else(|| Held::Each(Rc::clone(&self.everybody)), Held::One);
        tell(&[principals, Held::One(capability(Capability::Pull)), Held::Each(sites), verdict(true)])
    }

    fn is_open(&self, site: &Site<'_>) -> bool {
        let known = site.repository.map(|id| &self.relations.inventory().repositories[id]);
        known.is_some_and(|known| known.visibility == crate::inventory::Visibility::Public)
    }

    /// Looks into the shards that rows may come from: that of a repository, or all.
    pub(super) fn each_shard(
        &self,
        principal: Option<Code>,
        site: Option<Code>,
        mut look: impl FnMut(&Shard, AccountId) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        if let Some(site) = site {
            let account = self.sites[site as usize].account;
            return look(&self.relations.shard(account, Kind::Registries), account);
        }
        self.derive(Kind::Registries)?;
        for &account in self.relations.inventory().accounts.keys() {
            self.meter.look()?;
            let shard = self.relations.shard(account, Kind::Registries);
            if principal.is_none_or(|one| shard.atom(Self::requester(one)).is_some()) {
                look(&shard, account)?;
            }
        }
        Ok(())
    }

    /// Who holds something on what, as far as is asked.
    fn held(
        &self,
        place: &Place<'_>,
        holding: &Holding,
        principal: Option<Code>,
        site: Option<Code>,
        tell: &mut dyn FnMut(Held, bool, Held) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let shard = place.shard;
        match (principal, site) {
            (Some(who), Some(at)) => {
                let numbers = self.sites[at as usize].numbers.clone().filter(|&number| place.counts(number));
                let held = numbers.filter_map(|number| shard.holds(holding, Self::requester(who), number));
                let held: BTreeSet<bool> = held.collect();
                held.into_iter().try_for_each(|sure| tell(Held::One(who), sure, Held::One(at)))
            }
            (None, Some(at)) => {
                let mut atoms: BTreeMap<bool, BTreeSet<PrincipalAtom>> = BTreeMap::new();
                for number in self.sites[at as usize].numbers.clone().filter(|&number| place.counts(number)) {
                    for (atom, sure) in shard.holders_on(holding, number) {
                        atoms.entry(sure).or_default().insert(atom);
                    }
                }
                atoms.into_iter().try_for_each(|(sure, atoms)| {
                    let all =
                        atoms.into_iter().flat_map(|atom| self.members(place.shard, place.account, atom).to_vec());
                    tell(Held::Each(sorted(all.collect()).into()), sure, Held::One(at))
                })
            }
            (Some(who), None) => {
                let Some(atom) = shard.atom(Self::requester(who)) else { return Ok(()) };
                let sites = self.sites_of(place, atom, holding.of(atom));
                sites.into_iter().try_for_each(|(sure, sites)| tell(Held::One(who), sure, Held::Each(sites)))
            }
            (None, None) => {
                let mut all = holding.iter().peekable();
                while let Some(&(atom, ..)) = all.peek() {
                    self.meter.step()?;
                    let mut own = Vec::new();
                    while let Some((_, resource, sure)) = all.next_if(|one| one.0 == atom) {
                        own.push((resource, sure));
                    }
                    for (sure, sites) in self.sites_of(place, atom, own.into_iter()) {
                        tell(Held::Each(self.members(place.shard, place.account, atom)), sure, Held::Each(sites))?;
                    }
                }
                Ok(())
            }
        }
    }

    /// The sites that resources are to a principal, those that are held in every request apart from the others.
    fn sites_of(
        &self,
        place: &Place<'_>,
        principal: PrincipalAtom,
        resources: impl Iterator<Item = (crate::ids::ResourceAtom, bool)>,
    ) -> BTreeMap<bool, Rc<[Code]>> {
        let mut found: BTreeMap<bool, BTreeSet<Code>> = BTreeMap::new();
        for (resource, sure) in resources {
            let standing = place.shard.standing(principal, resource).filter(|&number| place.counts(number));
            let sites = standing.filter_map(|number| self.site(place.account, number));
            found.entry(sure).or_default().extend(sites);
        }
        found
            .into_iter()
            .filter(|(_, sites)| !sites.is_empty())
            .map(|(sure, all)| (sure, all.into_iter().collect()))
            .collect()
    }

    pub(super) fn members(&self, shard: &Shard, account: AccountId, atom: PrincipalAtom) -> Rc<[Code]> {
        let mut known = self.members.borrow_mut();
        let members = known
            .entry((account, atom))
            .or_insert_with(|| shard.members(atom).into_iter().map(|one| code(one.index())).collect());
        Rc::clone(members)
    }

    fn steps(&self, known: &Known, tell: &mut Tell<'_>) -> Result<(), QueryError> {
        let each = |all: Vec<Code>| Held::Each(all.into());
        match (known[0], known[1]) {
            (_, Some(role)) => tell(&[each(self.callers(role)), Held::One(role)]),
            (Some(caller), None) => {
                self.derive(Kind::Roles)?;
                tell(&[Held::One(caller), each(self.called(caller))])
            }
            (None, None) => {
                self.derive(Kind::Roles)?;
                for &caller in &*self.everybody {
                    self.meter.step()?;
                    let called = self.called(caller);
                    if !called.is_empty() {
                        tell(&[Held::One(caller), each(called)])?;
                    }
                }
                Ok(())
            }
        }
    }

    fn ways(&self, known: &Known, tell: &mut Tell<'_>) -> Result<(), QueryError> {
        match (known[0], known[1]) {
            (_, Some(role)) => {
                let callers = self.closure(role, |one| self.callers(one))?;
                tell(&[Held::Each(callers), Held::One(role)])
            }
            (Some(caller), None) => {
                self.derive(Kind::Roles)?;
                let roles = self.closure(caller, |one| self.called(one))?;
                tell(&[Held::One(caller), Held::Each(roles)])
            }
            (None, None) => {
                self.derive(Kind::Roles)?;
                for &caller in &*self.everybody {
                    let roles = self.closure(caller, |one| self.called(one))?;
                    if !roles.is_empty() {
                        tell(&[Held::One(caller), Held::Each(roles)])?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Derives all shards of a kind, on all cores.
    pub(super) fn derive(&self, kind: Kind) -> Result<(), QueryError> {
        if self.derived.borrow_mut().insert(kind) {
            self.relations.derive_kind(kind);
        }
        self.meter.look()
    }

    /// Who can take one step to a role, in order.
    fn callers(&self, role: Code) -> Vec<Code> {
        sorted(self.relations.callers_of(Self::requester(role)).into_iter().map(|one| code(one.index())).collect())
    }

    /// Whom one step leads to, in order.
    fn called(&self, caller: Code) -> Vec<Code> {
        sorted(self.relations.called_by(Self::requester(caller)).into_iter().map(|one| code(one.index())).collect())
    }

    /// All that one step or several lead to, in order.
    fn closure(&self, from: Code, next: impl Fn(Code) -> Vec<Code>) -> Result<Rc<[Code]>, QueryError> {
        let mut found: FxHashSet<Code> = FxHashSet::default();
        let mut order = Vec::new();
        let mut frontier = next(from);
        while let Some(one) = frontier.pop() {
            self.meter.step()?;
            if found.insert(one) {
                order.push(one);
                frontier.extend(next(one));
            }
        }
        Ok(sorted(order).into())
    }
}

fn sorted(mut all: Vec<Code>) -> Vec<Code> {
    all.sort_unstable();
    all.dedup();
    all
}

/// A deed in an account.
struct Place<'a> {
    shard: &'a Shard,
    account: AccountId,
    deed: Deed,
}

impl Place<'_> {
    /// Whether the deed can be done on a resource, and a policy is needed for it.
    fn counts(&self, resource: usize) -> bool {
        let target = Target { account: self.account, resource };
        let is_open = self.deed == Deed::Capability(Capability::Pull) && is_public(self.shard, target);
        !is_open && offers(self.shard, target, self.deed)
    }
}
