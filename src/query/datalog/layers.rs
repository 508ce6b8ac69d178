//! What statements say by themselves, and layers: whether or not it comes to anything.
//!
//! A shard tells it of atoms. A statement is named by the policy that holds it, and members of an atom have policies
//! of their own that say the same there, statement by statement: each is told with the members on whom its policy
//! hangs.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::derived::Known;
use super::extent::Code;
use super::limits::QueryError;
use super::rows::word;
use super::value::Type;
use super::world::{Held, Tell, World, code};
use crate::catalog::Catalog;
use crate::engine::{Cells, Hearing, Kind, Shard};
use crate::ids::{ActionAtom, Id as _, PolicyId, PrincipalAtom, ResourceAtom, StatementId};
use crate::lower::{Extract, Facts};
use crate::policy::{AccountId, Effect};
use crate::query::places;
use crate::rules::{Attached, Control, Layer, Voice};

/// The shard of an account.
struct Stage<'a> {
    shard: &'a Shard,
    account: AccountId,
    facts: &'a Facts,
    hearing: &'a Hearing,
}

/// Is told of a statement with whom it speaks of, which actions, on what.
pub(super) type Say<'t> = dyn FnMut((PolicyId, usize), [Held; 3]) -> Result<(), QueryError> + 't;

impl World<'_> {
    /// The rows of `grants`.
    pub(super) fn layers(&self, known: &Known, tell: &mut Tell<'_>) -> Result<(), QueryError> {
        let voice = match known[0] {
            None => None,
            Some(layer) => match voices().into_iter().find(|voice| voiced(*voice) == layer) {
                None => return Ok(()),
                voice => voice,
            },
        };
        self.each_shard(known[1], known[3], |shard, account| {
            let stage = Stage { shard, account, facts: &shard.facts, hearing: shard.hearing() };
            let atoms_of = |resource: usize| shard.atoms_of(resource).collect();
            let Some(extract) = self.extract(&stage, known, atoms_of) else { return Ok(()) };
            let extract = Extract { voice, ..extract };
            for atom in atoms(shard, known[1]) {
                self.meter.look()?;
                let granted = stage.hearing.grants(stage.facts, atom, &extract);
                for (voice, cells) in granted.into_iter().filter(|(one, _)| voice.is_none_or(|voice| voice == *one)) {
                    let members = || known[1].map_or_else(|| Held::Each(self.members(shard, account, atom)), Held::One);
                    let layer = Held::One(voiced(voice));
                    for (actions, sites) in Self::wide(&stage, &self.sites_of_cells(&stage, &cells, known[3])) {
                        tell(&[layer.clone(), members(), actions, sites])?;
                    }
                }
            }
            Ok(())
        })
    }

    /// The rows of `says`, or of `blocks`: those of statements with this effect.
    pub(super) fn sayings(&self, known: &Known, effect: Option<Effect>, tell: &mut Tell<'_>) -> Result<(), QueryError> {
        self.said(known, effect, &mut |(policy, number), [members, actions, sites]| {
            tell(&[Held::One(self.statement(policy, number)), members, actions, sites])
        })
    }

    /// The same with statements by their policies and numbers there.
    pub(super) fn said(&self, known: &Known, effect: Option<Effect>, tell: &mut Say<'_>) -> Result<(), QueryError> {
        let bound = known[0].map(|statement| self.bound(statement));
        let owners = bound.as_ref().and_then(|bound| bound.owners.as_ref());
        let mut look = |shard: &Shard, account: AccountId| {
            let stage = Stage { shard, account, facts: &shard.facts, hearing: shard.hearing() };
            let atoms_of = |resource: usize| shard.atoms_of(resource).collect();
            let Some(mut extract) = self.extract(&stage, known, atoms_of) else { return Ok(()) };
            extract.effect = effect;
            extract.statements = bound.as_ref().map(|bound| self.same(stage.facts, bound).collect());
            let is_meant =
                |statement: &StatementId| extract.statements.as_ref().is_none_or(|these| these.contains(statement));
            for (atom, members) in self.speakers(&stage, known[1], owners) {
                self.meter.look()?;
                // Of those who are known it is asked again: with another resource, another statement.
                let said = if known[1].is_some() || owners.is_some() {
                    stage.hearing.says_anywhere(stage.facts, atom, extract.action, effect)
                } else {
                    Arc::new(stage.hearing.says(stage.facts, atom, &extract))
                };
                for (saying, cells) in said.iter().filter(|((_, statement), _)| is_meant(statement)) {
                    let sites = self.sites_of_cells(&stage, cells, known[3]);
                    self.named_says(&stage, *saying, &members, &sites, known[0], tell)?;
                }
            }
            Ok(())
        };
        match bound.as_ref().and_then(|bound| bound.accounts.as_ref()) {
            Some(accounts) if known[3].is_none() => {
                accounts.iter().try_for_each(|&account| look(&self.relations.shard(account, Kind::Registries), account))
            }
            _ => self.each_shard(known[1], known[3], look),
        }
    }

    /// Of whom a shard is to be asked: a principal, those whose statement it is, or all; atom by atom.
    fn speakers(
        &self,
        stage: &Stage<'_>,
        principal: Option<Code>,
        owners: Option<&BTreeSet<Code>>,
    ) -> BTreeMap<PrincipalAtom, Rc<[Code]>> {
        let mut found: BTreeMap<PrincipalAtom, Vec<Code>> = BTreeMap::new();
        let mut add = |one: Code| {
            if let Some(atom) = stage.shard.atom(Self::requester(one)) {
                found.entry(atom).or_default().push(one);
            }
        };
        match (principal, owners) {
            (Some(one), owners) if owners.is_none_or(|owners| owners.contains(&one)) => add(one),
            (Some(_), _) => {}
            (None, Some(owners)) => owners.iter().copied().for_each(add),
            (None, None) => {
                let all = stage.facts.principals.ids();
                return all.map(|atom| (atom, self.members(stage.shard, stage.account, atom))).collect();
            }
        }
        found.into_iter().map(|(atom, own)| (atom, own.into())).collect()
    }

    /// Tells what a statement says of these principals, once for each policy that holds it.
    fn named_says(
        &self,
        stage: &Stage<'_>,
        (attached, statement): (Attached, StatementId),
        members: &[Code],
        cells: &BTreeMap<ActionAtom, BTreeSet<Code>>,
        wanted: Option<Code>,
        tell: &mut Say<'_>,
    ) -> Result<(), QueryError> {
        let Some(&first) = members.first() else { return Ok(()) };
        let all: BTreeSet<Code> = cells.values().flatten().copied().collect();
        let hung = |member: Code, site: Code| -> BTreeSet<(PolicyId, usize)> {
            let resource = &stage.shard.resources[self.sites[site as usize].numbers.start];
            let requester = Self::requester(member);
            let hung = places(self.relations, stage.facts, (attached, statement), requester, resource).into_iter();
            let hung = hung.map(|one| (one.policy, one.number));
            let is_meant = |&(policy, number): &_| wanted.is_none_or(|wanted| wanted == self.statement(policy, number));
            hung.filter(is_meant).collect()
        };
        let is_of_principal = matches!(attached, Attached::Layer(_) | Attached::Level(Control::Service, _));
        if is_of_principal {
            let Some(&site) = all.first() else { return Ok(()) };
            let mut by_statement: BTreeMap<(PolicyId, usize), Vec<Code>> = BTreeMap::new();
            for &member in members {
                self.meter.step()?;
                for statement in hung(member, site) {
                    by_statement.entry(statement).or_default().push(member);
                }
            }
            let wide = Self::wide(stage, cells);
            for (statement, members) in by_statement {
                let members = Held::Each(members.into());
                for (actions, sites) in &wide {
                    tell(statement, [members.clone(), actions.clone(), sites.clone()])?;
                }
            }
            return Ok(());
        }
        let mut by_statement: BTreeMap<(PolicyId, usize), BTreeSet<Code>> = BTreeMap::new();
        for &site in &all {
            self.meter.step()?;
            for statement in hung(first, site) {
                by_statement.entry(statement).or_default().insert(site);
            }
        }
        for (statement, own) in by_statement {
            let here: BTreeMap<ActionAtom, BTreeSet<Code>> =
                cells.iter().map(|(&action, sites)| (action, sites & &own)).collect();
            for (actions, sites) in Self::wide(stage, &here) {
                tell(statement, [Held::Each(members.into()), actions, sites])?;
            }
        }
        Ok(())
    }

    /// Cells with the sites that resources are, as far as they are asked about.
    fn sites_of_cells(
        &self,
        stage: &Stage<'_>,
        cells: &Cells,
        wanted: Option<Code>,
    ) -> BTreeMap<ActionAtom, BTreeSet<Code>> {
        let sites = |resources: &BTreeSet<ResourceAtom>| -> BTreeSet<Code> {
            let numbers = resources.iter().flat_map(|&resource| &stage.facts.resources[resource]);
            let sites = numbers.filter_map(|&number| self.site(stage.account, number));
            sites.filter(|site| wanted.is_none_or(|wanted| wanted == *site)).collect()
        };
        cells.iter().map(|(&action, resources)| (action, sites(resources))).collect()
    }

    /// The same in as few rows as they have different sites.
    fn wide(stage: &Stage<'_>, cells: &BTreeMap<ActionAtom, BTreeSet<Code>>) -> Vec<(Held, Held)> {
        let mut rows: BTreeMap<&BTreeSet<Code>, BTreeSet<Code>> = BTreeMap::new();
        for (&action, sites) in cells.iter().filter(|(_, sites)| !sites.is_empty()) {
            let actions = stage.facts.actions[action].iter().map(|&number| stage.shard.actions[number].to_string());
            let codes = actions.filter_map(|name| Catalog::bundled().find(&name)).map(|id| code(id.index()));
            rows.entry(sites).or_default().extend(codes);
        }
        let each = |all: &BTreeSet<Code>| Held::Each(all.iter().copied().collect());
        rows.into_iter().map(|(sites, actions)| (each(&actions), each(sites))).collect()
    }

    /// What facts are narrowed down to for a row; `None` if they are not about its action at all.
    fn extract(
        &self,
        stage: &Stage<'_>,
        known: &Known,
        atoms_of: impl Fn(usize) -> Vec<ResourceAtom>,
    ) -> Option<Extract> {
        let action = match known[2] {
            None => None,
            Some(action) => {
                let number = stage.shard.actions.number_of(Self::action(action))?;
                Some(stage.facts.actions.iter().find(|(_, all)| all.contains(&number))?.0)
            }
        };
        let numbers = known[3].map(|site| self.sites[site as usize].numbers.clone());
        let resources = numbers.map(|numbers| numbers.flat_map(atoms_of).collect());
        Some(Extract { action, resources, ..Extract::default() })
    }
}

/// The atoms of a shard that a principal is in, or all.
fn atoms(shard: &Shard, principal: Option<Code>) -> Vec<PrincipalAtom> {
    match principal {
        Some(one) => shard.atom(World::requester(one)).into_iter().collect(),
        None => shard.facts.principals.ids().collect(),
    }
}

/// All layers that can grant.
fn voices() -> [Voice; 7] {
    [
        Voice::Own(Layer::Identity),
        Voice::Own(Layer::Boundary),
        Voice::Own(Layer::Session),
        Voice::Repository,
        Voice::Registry,
        Voice::Organization(Control::Service),
        Voice::Organization(Control::Resource),
    ]
}

/// How a layer is called.
fn voiced(voice: Voice) -> Code {
    let name = match voice {
        Voice::Own(Layer::Identity) => "identity",
        Voice::Own(Layer::Boundary) => "boundary",
        Voice::Own(Layer::Session) => "session",
        Voice::Repository => "repository",
        Voice::Registry => "registry",
        Voice::Organization(Control::Service) => "service-control",
        Voice::Organization(Control::Resource) => "resource-control",
    };
    word(Type::Layer, name)
}
