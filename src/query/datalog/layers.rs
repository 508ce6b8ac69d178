//! What statements say by themselves, and layers: whether or not it comes to anything.
//!
//! A shard tells it of atoms. A statement is named by the policy that holds it, and members of an atom have policies
//! of their own with equal texts: of those, each statement is told with the members on whom its policy hangs.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::derived::Known;
use super::extent::Code;
use super::limits::QueryError;
use super::rows::word;
use super::value::Type;
use super::world::{Held, Tell, World, code};
use crate::catalog::Catalog;
use crate::engine::{Apart, Cells, Hearing, Kind, RequesterId, Shard};
use crate::ids::{ActionAtom, Id as _, PolicyId, PrincipalAtom, ResourceAtom, StatementId};
use crate::inventory::{Boundary, HungOn, Principal};
use crate::lower::{Extract, Facts};
use crate::policy::{AccountId, Effect, PolicyKind};
use crate::query::places;
use crate::rules::{Attached, Control, Layer, Voice};

/// A statement that is known, in each policy that is called so.
struct Bound {
    statements: Vec<(PolicyId, usize)>,
    /// Whose it is, if it stands in policies of principals' own.
    owners: Option<BTreeSet<Code>>,
    /// The accounts where it hangs, if it stands in policies of resources.
    accounts: Option<BTreeSet<AccountId>>,
}

/// A shard, or one principal of it by itself.
struct Stage<'a> {
    shard: &'a Shard,
    account: AccountId,
    facts: &'a Facts,
    hearing: &'a Hearing,
}

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
        let bound = known[0].map(|statement| self.bound(statement));
        let owners = bound.as_ref().and_then(|bound| bound.owners.as_ref());
        let mut look = |shard: &Shard, account: AccountId| {
            let stage = Stage { shard, account, facts: &shard.facts, hearing: shard.hearing() };
            let atoms_of = |resource: usize| shard.atoms_of(resource).collect();
            let Some(mut extract) = self.extract(&stage, known, atoms_of) else { return Ok(()) };
            extract.effect = effect;
            extract.statements = bound.as_ref().map(|bound| self.same(stage.facts, bound).collect());
            for atom in atoms(shard, known[1]) {
                self.meter.look()?;
                let mut members = known[1].map_or_else(|| self.members(shard, account, atom).to_vec(), |one| vec![one]);
                if let Some(owners) = owners {
                    members.retain(|member| owners.contains(member));
                }
                if !members.is_empty() {
                    self.sayings_of(&stage, (atom, &members), (known, bound.as_ref(), &extract), tell)?;
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

    /// What statements say of members of an atom.
    fn sayings_of(
        &self,
        stage: &Stage<'_>,
        (atom, members): (PrincipalAtom, &[Code]),
        (known, bound, extract): (&Known, Option<&Bound>, &Extract),
        tell: &mut Tell<'_>,
    ) -> Result<(), QueryError> {
        let said = stage.hearing.says(stage.facts, atom, extract);
        let is_own = |attached: &Attached| matches!(attached, Attached::Layer(_));
        let mut own: Vec<Code> = Vec::new();
        // Siblings have the same policies, or policies of the same texts.
        let mut others: BTreeMap<RequesterId, Vec<Code>> = BTreeMap::new();
        // A statement that is known may say the same as another of the facts, or be one of another member.
        let has_own = match bound {
            Some(bound) => bound.owners.is_some(),
            None => said.keys().any(|(attached, _)| is_own(attached)),
        };
        if has_own {
            for &member in members {
                let requester = Self::requester(member);
                if self.relations.speaks_for(stage.shard, requester) {
                    own.push(member);
                } else {
                    let first = self.relations.first_sibling(stage.shard, requester).unwrap_or(requester);
                    others.entry(first).or_default().push(member);
                }
            }
        }
        for (&(attached, statement), cells) in &said {
            let sites = self.sites_of_cells(stage, cells, known[3]);
            let whose = if is_own(&attached) { &own } else { members };
            self.named_says(stage, (attached, statement), whose, &sites, known[0], tell)?;
        }
        for (first, members) in others {
            self.meter.look()?;
            let apart = self.apart(stage, first);
            let stage = Stage { facts: &apart.facts, hearing: &apart.hearing, ..*stage };
            let atoms_of = |resource: usize| apart.atoms_of(resource).collect();
            let Some(own) = self.extract(&stage, known, atoms_of) else { continue };
            let statements = bound.map(|bound| self.same(stage.facts, bound).collect());
            let own = Extract { effect: extract.effect, statements, ..own };
            let said = stage.hearing.says(stage.facts, Apart::PRINCIPAL, &own);
            for ((attached, statement), cells) in said.iter().filter(|((attached, _), _)| is_own(attached)) {
                let sites = self.sites_of_cells(&stage, cells, known[3]);
                self.named_says(&stage, (*attached, *statement), &members, &sites, known[0], tell)?;
            }
        }
        Ok(())
    }

    /// The facts about one principal by itself. Some are kept: a question that joins asks about the same ones again.
    fn apart(&self, stage: &Stage<'_>, requester: RequesterId) -> Rc<Apart> {
        const KEPT: usize = 256;
        let key = (stage.account, requester);
        if let Some(known) = self.apart.borrow().get(&key) {
            return Rc::clone(known);
        }
        let made = Rc::new(self.relations.apart_from_others(stage.shard, stage.account, requester));
        let mut kept = self.apart.borrow_mut();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Rc::clone(&made));
        made
    }

    /// Tells what a statement says of these principals, once for each policy that holds it.
    fn named_says(
        &self,
        stage: &Stage<'_>,
        (attached, statement): (Attached, StatementId),
        members: &[Code],
        cells: &BTreeMap<ActionAtom, BTreeSet<Code>>,
        wanted: Option<Code>,
        tell: &mut Tell<'_>,
    ) -> Result<(), QueryError> {
        let Some(&first) = members.first() else { return Ok(()) };
        let all: BTreeSet<Code> = cells.values().flatten().copied().collect();
        let called = |member: Code, site: Code| -> BTreeSet<Code> {
            let resource = &stage.shard.resources[self.sites[site as usize].numbers.start];
            let requester = Self::requester(member);
            let hung = places(self.relations, stage.facts, (attached, statement), requester, resource).into_iter();
            let named = hung.map(|one| self.statement(one.policy, one.number));
            named.filter(|one| wanted.is_none_or(|wanted| wanted == *one)).collect()
        };
        let is_of_principal = matches!(attached, Attached::Layer(_) | Attached::Level(Control::Service, _));
        if is_of_principal {
            let Some(&site) = all.first() else { return Ok(()) };
            let mut by_name: BTreeMap<Code, Vec<Code>> = BTreeMap::new();
            for &member in members {
                self.meter.step()?;
                for name in called(member, site) {
                    by_name.entry(name).or_default().push(member);
                }
            }
            let wide = Self::wide(stage, cells);
            for (name, members) in by_name {
                let members = Held::Each(members.into());
                for (actions, sites) in &wide {
                    tell(&[Held::One(name), members.clone(), actions.clone(), sites.clone()])?;
                }
            }
            return Ok(());
        }
        let mut by_name: BTreeMap<Code, BTreeSet<Code>> = BTreeMap::new();
        for &site in &all {
            self.meter.step()?;
            for name in called(first, site) {
                by_name.entry(name).or_default().insert(site);
            }
        }
        for (name, own) in by_name {
            let here: BTreeMap<ActionAtom, BTreeSet<Code>> =
                cells.iter().map(|(&action, sites)| (action, sites & &own)).collect();
            for (actions, sites) in Self::wide(stage, &here) {
                tell(&[Held::One(name), Held::Each(members.into()), actions, sites])?;
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

    /// The statements of facts that say what a statement does.
    fn same<'f>(&'f self, facts: &'f Facts, bound: &'f Bound) -> impl Iterator<Item = StatementId> + 'f {
        let inventory = self.relations.inventory();
        facts.statements.iter().map(|(id, _)| id).filter(move |id| {
            let Some((document, index)) = crate::engine::written(facts, *id) else { return false };
            let (version, own) =
                (inventory.documents[document].version, &inventory.documents[document].statements[index]);
            bound.statements.iter().any(|&(policy, number)| {
                let other = inventory.document(policy);
                let is_of_type = facts.kinds.get(id) == Some(&inventory.policies[policy].kind);
                is_of_type && other.version == version && other.statements[number].says_what(own)
            })
        })
    }

    /// What is known of a statement.
    fn bound(&self, statement: Code) -> Bound {
        let inventory = self.relations.inventory();
        let name = self.name(Type::Statement, statement);
        let called = name.strip_prefix("statement ").and_then(|rest| rest.split_once(" of "));
        let number = called.and_then(|(number, _)| number.parse::<usize>().ok()?.checked_sub(1));
        let policies = self.policies_called(called.map_or("", |(_, policy)| policy));
        let exists = |policy: PolicyId| number.filter(|&number| number < inventory.document(policy).statements.len());
        let statements: Vec<_> = policies.into_iter().filter_map(|policy| Some((policy, exists(policy)?))).collect();
        let is_all = |kinds: &[PolicyKind]| {
            statements.iter().all(|&(policy, _)| kinds.contains(&inventory.policies[policy].kind))
        };
        let is_it = |policy: &PolicyId| statements.iter().any(|(one, _)| one == policy);
        let owners = is_all(&[PolicyKind::Identity]).then(|| {
            let has = |own: &Principal| {
                let of_groups = own.groups.iter().flat_map(|&group| &inventory.groups[group].policies);
                let bounding = matches!(&own.boundary, Boundary::Policy(policy) if is_it(policy));
                bounding || own.policies.iter().chain(of_groups).any(is_it)
            };
            let everybody = self.everybody.iter().copied();
            let known = |one: Code| self.relations.requester(Self::requester(one)).principal;
            everybody.filter(|&one| known(one).is_some_and(|id| has(&inventory.principals[id]))).collect()
        });
        let accounts = is_all(&[PolicyKind::Repository, PolicyKind::Registry]).then(|| {
            let mut accounts = BTreeSet::new();
            inventory.each_hung(|policy, on: HungOn<'_>| {
                if is_it(&policy) {
                    accounts.extend(on.account(inventory));
                }
            });
            accounts
        });
        Bound { statements, owners, accounts }
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
