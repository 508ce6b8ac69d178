//! Who is alike: requesters whom nothing on their own side tells apart.
//!
//! Nearly all principals of an organization have policies that say nothing of registries, or say the same as
//! those of many others. Those of one account that have the same documents with the same values filled in are
//! *siblings*. Those of any account whose policies say the same of other accounts' resources are one *kin*: an
//! account that lets everybody in asks about one of each kin, however many there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::universe::{Requester, RequesterId};
use super::workshop::Workshop;
use crate::condition::Known;
use crate::ids::{DocumentId, GapId, GuardId, Interner, StatementId, Table, ids};
use crate::lower::{Builder, Library, Organizational, RequesterKind, Said, StatementKey, StatementSource};
use crate::policy::{AccountId, Effect, PolicyKind, Statement, Version};
use crate::rules::Layer;

ids! {
    /// Requesters of one account that are alike in everything.
    pub(crate) SiblingsId;
    /// Requesters that are alike to other accounts.
    pub(crate) KinId;
    /// What hangs above an account.
    pub(crate) AboveId;
    /// What a statement says, wherever it stands.
    WordingId;
}

/// The requesters by what they have in common.
#[derive(Debug, Default)]
pub(crate) struct Census {
    /// The siblings of everybody who has some.
    pub(crate) siblings: FxHashMap<RequesterId, SiblingsId>,
    /// Those who are not like anybody: whom a policy names, and whose own side nobody can see.
    pub(crate) singular: Vec<RequesterId>,
    /// What hangs above each account of an organization.
    pub(crate) above: BTreeMap<AccountId, AboveId>,
    /// The kins for accounts whose policies ask for no tags of principals.
    plain: Arc<Kins>,
    /// The kins for those whose policies do.
    tagged: Arc<Kins>,
}

/// The requesters by their kins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kins {
    /// The members of each kin, in the order of their numbers.
    pub(crate) members: Table<KinId, Vec<RequesterId>>,
    /// The kin of everybody who has one.
    pub(crate) of: FxHashMap<RequesterId, KinId>,
    /// The kins whose own policies may reach resources of any account.
    pub(crate) anywhere: Vec<KinId>,
    /// The others, by the accounts that their policies name.
    pub(crate) towards: FxHashMap<AccountId, Vec<KinId>>,
}

impl Kins {
    fn sorted(mut self) -> Self {
        self.members.values_mut().for_each(|members| members.sort_unstable());
        self
    }
}

impl Census {
    /// The kins as an account sees them whose policies ask for tags of principals, or do not.
    pub(crate) fn kins(&self, by_tags: bool) -> &Arc<Kins> {
        if by_tags { &self.tagged } else { &self.plain }
    }
}

/// What tells requesters apart wherever they ask for something, beside their policies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Likeness {
    kind: RequesterKind,
    is_service_linked: bool,
    partition: Option<String>,
    organization: Organizational,
    above: Option<AboveId>,
    /// Whether its role trusts an identity provider, and source identities; whether its unique id is told.
    has: [bool; 3],
    /// What it has of the tags that some policy asks for.
    tags: Vec<Known>,
}

/// The control policies above an account, level by level, and what is not known of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Above {
    organization: String,
    is_management: bool,
    is_controlled: (bool, bool),
    levels: Vec<Level>,
}

/// The policies that hang at one level, and whether some are not known.
type Level = (BTreeSet<(PolicyKind, DocumentId)>, Option<GapId>);

/// A kin: how it is, what is said of it beside its own policies, and what those say of others' resources.
type Kin = (Likeness, Said, Vec<(Layer, WordingId, GuardId)>);

/// A statement by what it says: two that say the same are one, in whichever documents they stand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Wording {
    Written { version: Version, statement: Statement, binding: Vec<(String, Known)> },
    Other(StatementKey),
}

/// What is found of requesters, one after the other.
struct Register<'a, 'b> {
    workshop: &'a Workshop<'a>,
    builder: Builder<'b>,
    tags: BTreeSet<String>,
    siblings: Interner<SiblingsId, (AccountId, Likeness, Said)>,
    plain: (Interner<KinId, Kin>, Kins),
    tagged: (Interner<KinId, Kin>, Kins),
    above: Interner<AboveId, Above>,
    wordings: Interner<WordingId, Wording>,
    known_wordings: FxHashMap<StatementId, WordingId>,
    kins_of_siblings: Table<SiblingsId, (KinId, KinId)>,
    census: Census,
}

impl Workshop<'_> {
    /// Looks at everybody's own side.
    pub(super) fn take_census(&self, library: &Library<'_>) -> Census {
        let mut builder = Builder::new(library, self.context);
        builder.anywhere();
        let mut register = Register {
            workshop: self,
            builder,
            tags: self.inventory.documents.ids().flat_map(|document| library.tags(document)).collect(),
            siblings: Interner::new(),
            plain: Default::default(),
            tagged: Default::default(),
            above: Interner::new(),
            wordings: Interner::new(),
            known_wordings: FxHashMap::default(),
            kins_of_siblings: Table::new(),
            census: Census::default(),
        };
        for &account in self.inventory.accounts.keys() {
            if let Some(above) = self.above(account) {
                let above = register.above.intern(above);
                register.census.above.insert(account, above);
            }
        }
        for (account, requesters) in &self.universe.by_account {
            let is_alike = |id: &&RequesterId| account.is_some() && has_kin(&self.universe.requesters[**id]);
            let (alike, singular): (Vec<_>, Vec<_>) = requesters.iter().partition(is_alike);
            register.census.singular.extend(singular);
            if let Some(account) = account {
                register.add(*account, &alike);
            }
        }
        let Register { plain, tagged, mut census, .. } = register;
        census.singular.sort_unstable();
        Census { plain: Arc::new(plain.1.sorted()), tagged: Arc::new(tagged.1.sorted()), ..census }
    }

    fn above(&self, account: AccountId) -> Option<Above> {
        let (organization, membership) = self.inventory.organization_of(account)?;
        let level = |target: &String| {
            let policies = organization.attached_to(target).map(|policy| &self.inventory.policies[policy]);
            let documents = policies.map(|policy| (policy.kind, policy.document)).collect();
            (documents, organization.unknown_targets.get(target).copied())
        };
        Some(Above {
            organization: organization.id.clone(),
            is_management: organization.management == Some(account),
            is_controlled: (organization.service_control, organization.resource_control),
            levels: membership.levels(account).iter().map(level).collect(),
        })
    }
}

impl Register<'_, '_> {
    /// Looks at requesters of one account.
    fn add(&mut self, account: AccountId, requesters: &[RequesterId]) {
        for &id in requesters {
            self.workshop.add_requester(&mut self.builder, id, Some(account));
        }
        self.workshop.attach_organization(&mut self.builder, None, &BTreeSet::from([account]));
        let own = self.builder.take();
        for (&id, own) in requesters.iter().zip(own) {
            self.file(account, id, own);
        }
    }

    fn file(&mut self, account: AccountId, id: RequesterId, own: Said) {
        let workshop = self.workshop;
        let view = &workshop.universe.requesters[id].view;
        let likeness = Likeness {
            kind: view.kind,
            is_service_linked: view.is_service_linked(),
            partition: view.arn.as_ref().map(|arn| arn.partition().to_owned()),
            organization: view.organization.clone(),
            above: self.census.above.get(&account).copied(),
            has: [!view.providers.is_empty(), view.source_identity, view.unique_id.is_some()],
            tags: self.tags.iter().filter_map(|key| view.known(key, workshop.context)).collect(),
        };
        let siblings = self.siblings.intern((account, likeness, own));
        if self.kins_of_siblings.len() < self.siblings.len() {
            let kins = self.kins(siblings);
            self.kins_of_siblings.push(kins);
        }
        self.census.siblings.insert(id, siblings);
        let (plain, tagged) = self.kins_of_siblings[siblings];
        for (kin, kins) in [(plain, &mut self.plain.1), (tagged, &mut self.tagged.1)] {
            kins.members.get_mut(kin).expect("every kin has a list").push(id);
            kins.of.insert(id, kin);
        }
    }

    /// The kins of some siblings: their policies without what says nothing of other accounts' resources.
    fn kins(&mut self, siblings: SiblingsId) -> (KinId, KinId) {
        let (account, likeness, own) = self.siblings[siblings].clone();
        let mut said = Vec::new();
        // A root user needs no policy.
        let mut reached = (likeness.kind != RequesterKind::Root).then(BTreeSet::new);
        for &(layer, statement, guard) in &own.applies {
            let accounts = self.accounts(statement);
            if accounts.as_ref().is_some_and(|accounts| accounts.iter().all(|one| *one == account)) {
                continue;
            }
            said.push((layer, self.wording(statement), guard));
            if layer == Layer::Identity && self.may_allow(statement) {
                reached = reached.zip(accounts).map(|(mut reached, accounts)| {
                    reached.extend(accounts);
                    reached
                });
            }
        }
        said.sort_unstable();
        let beside = own.beside_own();
        let untagged = Likeness { tags: Vec::new(), ..likeness.clone() };
        let plain = kin((untagged, beside.clone(), said.clone()), reached.as_ref(), &mut self.plain);
        (plain, kin((likeness, beside, said), reached.as_ref(), &mut self.tagged))
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

    fn wording(&mut self, statement: StatementId) -> WordingId {
        if let Some(&known) = self.known_wordings.get(&statement) {
            return known;
        }
        let key = self.builder.statement(statement).clone();
        let wording = match self.written(statement) {
            Some((document, _, statement)) => Wording::Written {
                version: self.workshop.inventory.documents[document].version,
                statement: statement.without_places(),
                binding: key.binding().to_vec(),
            },
            None => Wording::Other(key),
        };
        let wording = self.wordings.intern(wording);
        self.known_wordings.insert(statement, wording);
        wording
    }
}

/// The number of a kin, and if it is new where its policies may reach.
fn kin(kin: Kin, reached: Option<&BTreeSet<AccountId>>, (known, kins): &mut (Interner<KinId, Kin>, Kins)) -> KinId {
    let kin = known.intern(kin);
    if kins.members.len() < known.len() {
        kins.members.push(Vec::new());
        match reached {
            None => kins.anywhere.push(kin),
            Some(accounts) => accounts.iter().for_each(|&one| kins.towards.entry(one).or_default().push(kin)),
        }
    }
    kin
}

/// Whether somebody can be like others: a user, a role or a root user of an account that was exported.
fn has_kin(requester: &Requester) -> bool {
    let kinds = [RequesterKind::User, RequesterKind::Role, RequesterKind::Root];
    requester.outside.is_none() && kinds.contains(&requester.view.kind)
}
