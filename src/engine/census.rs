//! Who is alike in the whole inventory: the kins of all accounts, for those that let everybody in.
//!
//! An account whose policies let everybody in asks about one of each kin, however many there are.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::household::{Household, Kin, has_kin};
use super::shard::Kind;
use super::universe::{RequesterId, Universe};
use super::workshop::Workshop;
use crate::ids::{DocumentId, GapId, Interner, Table, ids};
use crate::inventory::Inventory;
use crate::lower::RequesterKind;
use crate::policy::{AccountId, PolicyKind};

ids! {
    /// Requesters that are alike to other accounts.
    pub(crate) KinId;
    /// What hangs above an account.
    pub(crate) AboveId;
}

/// What is known of everybody without a look at their policies.
#[derive(Debug, Default)]
pub(crate) struct Census {
    /// Those who are not like anybody: whom a policy names, and whose own side nobody can see.
    pub(crate) singular: Vec<RequesterId>,
    /// Identity providers by their names: every account has one, and few are named anywhere else.
    pub(crate) providers: FxHashMap<String, RequesterId>,
    /// What hangs above each account of an organization.
    pub(crate) above: BTreeMap<AccountId, AboveId>,
}

/// The requesters by their kins.
#[derive(Debug, Default)]
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

/// The control policies above an account, level by level, and what is not known of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Above {
    organization: String,
    is_management: bool,
    has_service_control: bool,
    has_resource_control: bool,
    levels: Vec<Level>,
}

/// The policies that hang at one level, and whether some are not known.
type Level = (BTreeSet<(PolicyKind, DocumentId)>, Option<GapId>);

impl Census {
    /// Looks at everybody's kind, and at what hangs above each account.
    pub(super) fn new(inventory: &Inventory, universe: &Universe, known: &mut Interner<AboveId, Above>) -> Self {
        let accounts = inventory.accounts.keys();
        let above = accounts.filter_map(|&account| Some((account, known.intern(above(inventory, account)?))));
        let mut census = Self { above: above.collect(), ..Self::default() };
        for (id, one) in universe.present().filter(|(_, one)| one.view.account.is_none() || !has_kin(one)) {
            match &one.view.name {
                Some(name) if one.view.kind == RequesterKind::Provider => {
                    census.providers.insert(name.clone(), id);
                }
                _ => census.singular.push(id),
            }
        }
        census
    }
}

impl Kins {
    /// Puts the kins of all accounts together.
    fn new<'a>(households: impl Iterator<Item = &'a Household>, by_tags: bool) -> Self {
        let mut kins = Self::default();
        let mut known: Interner<KinId, &Kin> = Interner::new();
        for family in households.flat_map(|household| &household.families(by_tags).families) {
            let kin = known.intern(&family.kin);
            if kins.members.len() < known.len() {
                kins.members.push(Vec::new());
                match &family.reached {
                    None => kins.anywhere.push(kin),
                    Some(accounts) => {
                        for &account in accounts {
                            kins.towards.entry(account).or_default().push(kin);
                        }
                    }
                }
            }
            kins.members.get_mut(kin).expect("every kin has a list").extend(&family.members);
            kins.of.extend(family.members.iter().map(|&member| (member, kin)));
        }
        kins.members.values_mut().for_each(|members| members.sort_unstable());
        kins
    }
}

impl Workshop<'_> {
    /// Looks at everybody's own side.
    pub(super) fn take_census(&self, kind: Kind, by_tags: bool) -> Kins {
        let accounts = self.universe.by_account.keys().flatten();
        let households: Vec<_> = accounts.map(|&account| self.household(account, kind)).collect();
        Kins::new(households.iter().map(|household| &**household), by_tags)
    }
}

fn above(inventory: &Inventory, account: AccountId) -> Option<Above> {
    let (organization, membership) = inventory.organization_of(account)?;
    let level = |target: &String| {
        let policies = organization.attached_to(target).map(|policy| &inventory.policies[policy]);
        let documents = policies.map(|policy| (policy.kind, policy.document)).collect();
        (documents, organization.unknown_targets.get(target).copied())
    };
    Some(Above {
        organization: organization.id.clone(),
        is_management: organization.management == Some(account),
        has_service_control: organization.service_control,
        has_resource_control: organization.resource_control,
        levels: membership.levels(account).iter().map(level).collect(),
    })
}
