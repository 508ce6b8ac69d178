//! Who of one account is alike: requesters whom nothing on their own side tells apart.
//!
//! Nearly all principals of an organization have policies that say nothing of registries, or say the same as
//! those of many others. Those of one account that have the same documents with the same values filled in are
//! *siblings*. Those whose policies say the same of other accounts' resources are of one *kin*, in this account
//! and in others; see [`super::census`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use rustc_hash::FxHashMap;

use super::census::AboveId;
use super::shard::Kind;
use super::universe::{Requester, RequesterId};
use super::workshop::Workshop;
use crate::condition::{Known, Literal};
use crate::ids::{DocumentId, GuardId, Interner, StatementId, ids};
use crate::lower::{Builder, Flag, Organizational, RequesterKind, Said, StatementKey, StatementSource, WordingId};
use crate::policy::{AccountId, Effect, Statement};
use crate::rules::Layer;

ids! {
    /// What a statement says with what is filled in, wherever it stands.
    InstanceId;
    /// What a guard asks for, in whichever table it stands.
    ClauseId;
}

/// The users, roles and the root of one account by what they have in common. Whom a policy names and nobody
/// exported, and whoever has no account, is like nobody.
#[derive(Debug, Default)]
pub(crate) struct Household {
    /// Of everybody's siblings the first.
    first_siblings: FxHashMap<RequesterId, RequesterId>,
    /// The kins, by what tells them apart where no policy asks for tags of principals.
    plain: Families,
    /// The same where some policy does; `None` where nobody asks, anywhere.
    tagged: Option<Families>,
}

/// The kins of one account.
#[derive(Debug, Default)]
pub(super) struct Families {
    pub(super) families: Vec<Family>,
    numbers: FxHashMap<RequesterId, usize>,
}

/// The members of one kin in one account.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) kin: Kin,
    /// The accounts of the resources that its policies may let it reach; `None` for any.
    pub(super) reached: Option<BTreeSet<AccountId>>,
    pub(super) members: Vec<RequesterId>,
}

/// A kin: how it is, what is said of it beside its own policies, and what those say of others' resources.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kin {
    likeness: Likeness,
    flags: Vec<Flag>,
    touches: Vec<(InstanceId, ClauseId)>,
    said: Vec<(Layer, InstanceId, ClauseId)>,
}

/// What tells requesters apart wherever they ask for something, beside their policies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Likeness {
    kind: RequesterKind,
    is_service_linked: bool,
    partition: Option<String>,
    organization: Organizational,
    above: Option<AboveId>,
    has_source_identity: bool,
    has_unique_id: bool,
    /// What it has of the tags that some policy asks for, and of whom its sessions are made for.
    tags: Vec<Known>,
}

/// A statement by what it says, with the values that are filled in: in whichever documents it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Instance {
    Written(WordingId, Vec<(String, Known)>),
    Other(StatementKey),
}

/// What statements and guards say, for all accounts.
#[derive(Debug, Default)]
pub(super) struct Sayings {
    instances: Interner<InstanceId, Instance>,
    clauses: Interner<ClauseId, Vec<Literal>>,
}

impl Household {
    /// The first of a requester's siblings; `None` for whoever has none.
    pub(super) fn first_sibling(&self, requester: RequesterId) -> Option<RequesterId> {
        self.first_siblings.get(&requester).copied()
    }

    /// The kins as an account sees them whose policies ask for tags of principals, or do not.
    pub(super) fn families(&self, by_tags: bool) -> &Families {
        self.tagged.as_ref().filter(|_| by_tags).unwrap_or(&self.plain)
    }
}

impl Families {
    /// The number of a requester's kin in its account.
    pub(super) fn number(&self, requester: RequesterId) -> Option<usize> {
        self.numbers.get(&requester).copied()
    }
}

/// What is found of the requesters of an account.
struct Register<'a> {
    workshop: &'a Workshop<'a>,
    account: AccountId,
    builder: Builder<'a>,
    instances: FxHashMap<StatementId, InstanceId>,
    clauses: FxHashMap<GuardId, ClauseId>,
}

impl Workshop<'_> {
    /// Looks at the own side of everybody in an account.
    pub(super) fn take_in(&self, account: AccountId, kind: Kind) -> Household {
        let library = self.library.of(kind);
        let all = self.universe.by_account.get(&Some(account)).into_iter().flatten().copied();
        let requesters: Vec<RequesterId> = all.filter(|&id| has_kin(&self.universe.requesters[id])).collect();
        let mut builder = Builder::new(library, self.context);
        builder.anywhere();
        for &id in &requesters {
            self.add_requester(&mut builder, id, Some(account));
        }
        self.attach_organization(&mut builder, None, &BTreeSet::from([account]));
        let own = builder.take();
        let (instances, clauses) = (FxHashMap::default(), FxHashMap::default());
        let mut register = Register { workshop: self, account, builder, instances, clauses };
        register.household(&requesters, own, self.tags(kind))
    }
}

impl Register<'_> {
    fn household(&mut self, requesters: &[RequesterId], own: Vec<Said>, tags: &BTreeSet<String>) -> Household {
        let mut household = Household::default();
        let mut siblings: FxHashMap<(Likeness, Said), Vec<RequesterId>> = FxHashMap::default();
        for (&id, own) in requesters.iter().zip(own) {
            siblings.entry((self.likeness(id, tags), own)).or_default().push(id);
        }
        let groups: BTreeMap<RequesterId, _> = siblings.into_iter().map(|(what, all)| (all[0], (what, all))).collect();
        let (mut plain, mut tagged) = (FxHashMap::default(), FxHashMap::default());
        for (first, ((likeness, own), members)) in groups {
            household.first_siblings.extend(members.iter().map(|&member| (member, first)));
            let (kin, reached) = self.kin(likeness, &own);
            if !tags.is_empty() {
                let families = household.tagged.get_or_insert_default();
                families.join(kin.clone(), reached.clone(), &members, &mut tagged);
            }
            let untagged = Kin { likeness: Likeness { tags: Vec::new(), ..kin.likeness }, ..kin };
            household.plain.join(untagged, reached, &members, &mut plain);
        }
        household
    }

    fn likeness(&self, id: RequesterId, tags: &BTreeSet<String>) -> Likeness {
        let workshop = self.workshop;
        let view = &workshop.universe.requesters[id].view;
        Likeness {
            kind: view.kind,
            is_service_linked: view.is_service_linked(),
            partition: view.arn.as_ref().map(|arn| arn.partition().to_owned()),
            organization: view.organization.clone(),
            above: workshop.census().above.get(&self.account).copied(),
            has_source_identity: view.source_identity,
            has_unique_id: view.unique_id.is_some(),
            tags: tags.iter().filter_map(|key| view.known(key, workshop.context)).collect(),
        }
    }

    /// The kin of some siblings: their policies without what says nothing of other accounts' resources. And the
    /// accounts of those that they may let it reach.
    fn kin(&mut self, likeness: Likeness, own: &Said) -> (Kin, Option<BTreeSet<AccountId>>) {
        let mut said = Vec::new();
        // A root user needs no policy.
        let mut reached = (likeness.kind != RequesterKind::Root).then(BTreeSet::new);
        for &(layer, statement, guard) in &own.applies {
            let accounts = self.accounts(statement);
            if accounts.as_ref().is_some_and(|accounts| accounts.iter().all(|one| *one == self.account)) {
                continue;
            }
            said.push((layer, self.instance(statement), self.clause(guard)));
            if layer == Layer::Identity && self.may_allow(statement) {
                reached = reached.zip(accounts).map(|(mut reached, accounts)| {
                    reached.extend(accounts);
                    reached
                });
            }
        }
        said.sort_unstable();
        let touches = own.touches.iter().map(|&(statement, guard)| (self.instance(statement), self.clause(guard)));
        let mut touches: Vec<_> = touches.collect();
        touches.sort_unstable();
        (Kin { likeness, flags: own.flags.clone(), touches, said }, reached)
    }

    fn written(&self, statement: StatementId) -> Option<(DocumentId, usize, &Statement)> {
        let StatementSource::Written(document, index) = self.builder.statement(statement).source else { return None };
        let index = index as usize;
        Some((document, index, &self.workshop.inventory.documents[document].statements[index]))
    }

    /// The accounts of the resources that a statement is about; `None` for any.
    fn accounts(&self, statement: StatementId) -> Option<BTreeSet<AccountId>> {
        let (_, _, statement) = self.written(statement)?;
        let resources = statement.resources.as_ref().filter(|element| !element.negated)?;
        resources.entries.iter().map(|entry| entry.value.account()).collect()
    }

    /// Whether a statement may allow something on what has an owner; the rest is asked of the caller's account.
    fn may_allow(&self, statement: StatementId) -> bool {
        self.written(statement).is_none_or(|(document, index, statement)| {
            statement.effect == Effect::Allow && self.builder.is_about_resources(document, index)
        })
    }

    fn instance(&mut self, statement: StatementId) -> InstanceId {
        if let Some(&known) = self.instances.get(&statement) {
            return known;
        }
        let key = self.builder.statement(statement);
        let instance = match self.builder.wording(statement) {
            Some(wording) => Instance::Written(wording, key.binding().to_vec()),
            None => Instance::Other(key.clone()),
        };
        let mut all = self.workshop.library.sayings.lock().unwrap_or_else(PoisonError::into_inner);
        let instance = all.instances.intern(instance);
        drop(all);
        self.instances.insert(statement, instance);
        instance
    }

    fn clause(&mut self, guard: GuardId) -> ClauseId {
        *self.clauses.entry(guard).or_insert_with(|| {
            let literals = self.builder.literals(guard);
            let mut all = self.workshop.library.sayings.lock().unwrap_or_else(PoisonError::into_inner);
            all.clauses.intern(literals)
        })
    }
}

impl Families {
    fn join(
        &mut self,
        kin: Kin,
        reached: Option<BTreeSet<AccountId>>,
        members: &[RequesterId],
        known: &mut FxHashMap<Kin, usize>,
    ) {
        let number = *known.entry(kin).or_insert_with_key(|kin| {
            self.families.push(Family { kin: kin.clone(), reached, members: Vec::new() });
            self.families.len() - 1
        });
        self.families[number].members.extend(members);
        self.numbers.extend(members.iter().map(|&member| (member, number)));
    }
}

/// Whether somebody can be like others: a user, a role or a root user of an account that was exported.
pub(super) fn has_kin(requester: &Requester) -> bool {
    let kinds = [RequesterKind::User, RequesterKind::Role, RequesterKind::Root];
    requester.outside.is_none() && kinds.contains(&requester.view.kind)
}
