//! What was derived, shard by shard, as questions need it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::derivation::Effort;
use super::entities::Attachments;
use super::escalation::Escalation;
use super::focus::{Focus, Supposition};
use super::names::Names;
use super::place::{Place, at};
use super::reach::Ways;
use super::shard::{Kind, Shard};
use super::universe::{Requester, RequesterId, Resource, Universe, registry_resources};
use super::workshop::{Libraries, Workshop};
use crate::catalog::Action;
use crate::condition::Decisions;
use crate::ids::DocumentId;
use crate::inventory::{Inventory, Lent};
use crate::lower::{Context, Facts, Settled};
use crate::policy::{AccountId, PrincipalName};

/// How questions are to be read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What is known of the request.
    pub context: Context,
    /// Whether doubt about AWS's rules, and what the input lacks, make a verdict conditional.
    pub strict: bool,
    /// Set by somebody who wants no answer any more; see [`Interrupt`].
    pub interrupt: Interrupt,
}

/// Lets somebody give up a question that takes long. Copies are one and the same.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Whoever is at work stops soon; until [`Self::clear`] nobody gets an answer.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Work may begin again.
    pub fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The relations that the rules derive from an inventory; made when they are first needed.
pub struct Relations<'a> {
    inventory: Lent<'a>,
    universe: Universe,
    libraries: Libraries,
    pub(super) resource_names: OnceLock<Arc<Names<(AccountId, usize)>>>,
    pub(super) requester_names: OnceLock<Arc<Names<RequesterId>>>,
    options: Options,
    pub(super) shards: Mutex<BTreeMap<(AccountId, Kind), Place<Shard>>>,
    pub(super) ways: Ways,
    pub(super) escalation: OnceLock<Arc<Escalation>>,
    /// The keys that policies ask for, in lower case.
    pub(crate) asked_keys: OnceLock<BTreeSet<String>>,
    whereabouts: OnceLock<Whereabouts>,
    /// Set when every shard was derived.
    all: OnceLock<()>,
}

/// In which accounts somebody has capabilities.
#[derive(Default)]
struct Whereabouts {
    /// By requester.
    listed: FxHashMap<RequesterId, Vec<AccountId>>,
    /// Those where whole kins have some.
    open: Vec<AccountId>,
}

/// Prepares an inventory for questions.
#[must_use]
pub fn derive(inventory: &Inventory, options: Options) -> Relations<'_> {
    let (universe, libraries) = (Universe::new(inventory), Libraries::new(inventory, options.strict));
    Relations::new(Lent::Borrowed(inventory), universe, libraries, options)
}

impl<'a> Relations<'a> {
    pub(super) fn new(inventory: Lent<'a>, universe: Universe, libraries: Libraries, options: Options) -> Self {
        Self {
            inventory,
            universe,
            libraries,
            options,
            resource_names: OnceLock::new(),
            requester_names: OnceLock::new(),
            shards: Mutex::default(),
            ways: Ways::default(),
            escalation: OnceLock::new(),
            asked_keys: OnceLock::new(),
            whereabouts: OnceLock::new(),
            all: OnceLock::new(),
        }
    }

    /// The inventory that questions are about.
    #[must_use]
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    pub(super) fn libraries(&self) -> &Libraries {
        &self.libraries
    }

    /// How questions are read.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn universe(&self) -> &Universe {
        &self.universe
    }

    pub(crate) fn requester(&self, id: RequesterId) -> &Requester {
        &self.universe.requesters[id]
    }

    /// The resources of all accounts by name: each by its account, and its number in the account's shard.
    pub(crate) fn resource_names(&self) -> &Names<(AccountId, usize)> {
        self.resource_names.get_or_init(|| {
            let of_account = |&account: &AccountId| {
                let resources = registry_resources(&self.inventory, &self.universe, account).into_iter();
                resources
                    .enumerate()
                    .map(move |(number, one)| ((account, number), Arc::from(one.name)))
                    .collect::<Vec<_>>()
            };
            Arc::new(Names::new(self.inventory.accounts.keys().flat_map(of_account).collect()))
        })
    }

    /// Everybody by name.
    pub(crate) fn requester_names(&self) -> &Names<RequesterId> {
        let named = || self.universe.present().map(|(id, requester)| (id, Arc::clone(&requester.name)));
        self.requester_names.get_or_init(|| Arc::new(Names::new(named().collect())))
    }

    /// What hangs on what, the other way round than the inventory holds it.
    pub(super) fn attachments(&self) -> &Attachments {
        self.libraries.attachments(&self.inventory, &self.universe)
    }

    pub(super) fn workshop(&self) -> Workshop<'_> {
        Workshop {
            inventory: &self.inventory,
            universe: &self.universe,
            library: &self.libraries,
            context: &self.options.context,
        }
    }

    pub(crate) fn shard(&self, account: AccountId, kind: Kind) -> Arc<Shard> {
        at(&self.shards, (account, kind), || self.workshop().shard(account, kind))
    }

    /// Whether a shard's facts about a requester are about its own documents, and not those of somebody whose
    /// documents say the same.
    pub(crate) fn speaks_for(&self, shard: &Shard, requester: RequesterId) -> bool {
        let first = shard.first_like(requester);
        let account = self.requester(requester).view.account.filter(|_| first != requester);
        account.map_or(first == requester, |account| {
            let household = self.workshop().household(account, shard.kind);
            let own = household.first_sibling(requester);
            own.is_some() && own == household.first_sibling(first)
        })
    }

    /// The facts of an account's registries, as the rules get them.
    #[must_use]
    pub fn facts(&self, account: AccountId) -> Facts {
        self.workshop().facts(account, Kind::Registries)
    }

    /// A shard that is not kept.
    pub(crate) fn apart(&self, account: AccountId, kind: Kind) -> Shard {
        self.workshop().shard(account, kind)
    }

    /// Whether nobody wants an answer any more.
    pub(crate) fn is_stopped(&self) -> bool {
        self.options.interrupt.is_stopped()
    }

    /// What `look` makes of each account, in their order, on all cores; `progress` is told how many of how
    /// many accounts are done. Of one who is interrupted some are missing.
    pub(crate) fn each_account<T: Send>(
        &self,
        look: impl Fn(AccountId) -> T + Sync,
        progress: &(impl Fn(usize, usize) + Sync),
    ) -> Vec<T> {
        let accounts: Vec<AccountId> = self.inventory.accounts.keys().copied().collect();
        let workshop = self.workshop();
        rayon::join(|| workshop.look_into_all(Kind::Registries), || workshop.look_into_all(Kind::Roles));
        let done = AtomicUsize::new(0);
        let looked = accounts.par_iter().filter(|_| !self.is_stopped()).map(|&account| {
            let found = look(account);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, accounts.len());
            found
        });
        looked.collect()
    }

    /// Derives every shard, on all cores, and keeps it.
    pub fn derive_all(&self) {
        if self.all.get().is_none() {
            let both = |account| [Kind::Registries, Kind::Roles].map(|kind| drop(self.shard(account, kind)));
            self.each_account(both, &|_, _| {});
            if !self.is_stopped() {
                self.all.get_or_init(|| ());
            }
        }
    }

    /// The same of the shards of one kind.
    pub(crate) fn derive_kind(&self, kind: Kind) {
        if self.all.get().is_none() {
            self.each_account(|account| drop(self.shard(account, kind)), &|_, _| {});
        }
    }

    /// Decides permissions, as strictly as questions are read.
    pub(crate) fn decisions(&self) -> &Decisions {
        &self.libraries.decisions
    }

    /// How much was derived so far.
    #[must_use]
    pub fn effort(&self) -> Effort {
        self.libraries.derivations.effort()
    }

    /// The accounts in which some of these may have capabilities. All accounts are derived for it.
    pub(crate) fn accounts_with(&self, requesters: &FxHashSet<RequesterId>) -> BTreeSet<AccountId> {
        let Whereabouts { listed, open } = self.whereabouts.get_or_init(|| {
            let mut found = Whereabouts::default();
            for &account in self.inventory.accounts.keys() {
                let (holders, is_open) = self.shard(account, Kind::Registries).holders();
                for one in holders {
                    found.listed.entry(one).or_default().push(account);
                }
                found.open.extend(is_open.then_some(account));
            }
            found
        });
        let own = requesters.iter().filter_map(|one| listed.get(one)).flatten();
        own.chain(open).copied().collect()
    }

    pub(crate) fn focus(
        &self,
        requester: RequesterId,
        resource: &Resource,
        action: &Action,
        suppositions: &[Supposition],
    ) -> Focus {
        self.workshop().focus(requester, resource, action, suppositions)
    }

    /// The facts for one requester, one resource and one action, of which nothing is derived.
    pub(crate) fn facts_of(&self, requester: RequesterId, resource: &Resource, action: &Action) -> Facts {
        self.workshop().facts_of(requester, resource, action, &[])
    }

    /// The name that an entry of a `Principal` element lists, if the input would hold whom it means, and does not
    /// (A16).
    pub(crate) fn gone<'e>(&self, entry: &'e PrincipalName) -> Option<&'e str> {
        match entry {
            PrincipalName::User(arn) | PrincipalName::Role(arn) => {
                let account = self.inventory.accounts.get(&arn.account()?)?;
                (account.has_principals && self.inventory.principal(arn).is_none()).then(|| arn.as_str())
            }
            PrincipalName::UniqueId(id) => (!self.universe.by_unique_id.contains_key(id)).then_some(id.as_str()),
            _ => None,
        }
    }

    /// The same facts as if every condition held.
    pub(crate) fn facts_without_conditions(
        &self,
        requester: RequesterId,
        resource: &Resource,
        action: &Action,
    ) -> Facts {
        self.workshop().facts_without_conditions(requester, resource, action)
    }

    /// What the conditions of a statement that are decided for a request were decided by.
    pub(crate) fn settled(
        &self,
        requester: RequesterId,
        resource: &Resource,
        action: &Action,
        statement: (DocumentId, usize),
    ) -> Vec<Settled> {
        self.workshop().settled(requester, resource, action, statement)
    }

    /// The requester that a role's ARN means.
    pub(crate) fn role(&self, arn: &str) -> Option<RequesterId> {
        let principal = self.inventory.principal(&crate::policy::Arn::parse(arn)?)?;
        self.universe.of_principal.get(&principal).copied()
    }
}

impl std::fmt::Debug for Relations<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("Relations").field("shards", &shards).finish_non_exhaustive()
    }
}
