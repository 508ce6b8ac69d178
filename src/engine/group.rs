//! Whom an account asks about: one requester for all that nothing there tells apart.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::census::{AboveId, Census, KinId, Kins};
use super::shard::Kind;
use super::universe::{RequesterId, Universe};
use super::workshop::{Held, Workshop, attach_held};
use crate::ids::{DocumentId, PolicyId};
use crate::inventory::Inventory;
use crate::lower::{Builder, Library, RequesterKind, Said};
use crate::policy::{AccountId, Arn, Effect, PolicyKind, PrincipalName};

/// The requesters that an account is about, in groups that it does not tell apart.
#[derive(Debug)]
pub(crate) struct Groups {
    /// Who is alike in all accounts, where everybody is let in.
    relatives: Option<Arc<Kins>>,
    /// The other accounts whose principals were looked at one by one.
    looked_into: BTreeSet<AccountId>,
    /// One of each group.
    firsts: Vec<RequesterId>,
    /// The members that are listed one by one.
    listed: Vec<Vec<RequesterId>>,
    /// How many of each kin are listed.
    listed_of_kin: FxHashMap<KinId, usize>,
    group_of: FxHashMap<RequesterId, usize>,
    /// The groups that all others of a kin are in.
    group_of_kin: FxHashMap<KinId, usize>,
    kins: Vec<Option<KinId>>,
}

impl Groups {
    fn new(relatives: Option<Arc<Kins>>) -> Self {
        Self {
            relatives,
            looked_into: BTreeSet::new(),
            firsts: Vec::new(),
            listed: Vec::new(),
            listed_of_kin: FxHashMap::default(),
            group_of: FxHashMap::default(),
            group_of_kin: FxHashMap::default(),
            kins: Vec::new(),
        }
    }

    /// Whether nothing that these groups were made of is among what is known of the principals of these accounts,
    /// nor of those of the account's own. If those who are in no account are otherwise too, nobody of them may have
    /// been asked about: an account that lets everybody in asks about all of them, and others about those alone whom
    /// their policies name.
    pub(crate) fn are_apart_from(&self, own: AccountId, accounts: &BTreeSet<AccountId>, singular: bool) -> bool {
        let of_some = self.relatives.is_none() && self.looked_into.is_disjoint(accounts) && !accounts.contains(&own);
        accounts.is_empty() && !singular || of_some
    }

    /// One of each group, by the groups' numbers.
    pub(crate) fn firsts(&self) -> &[RequesterId] {
        &self.firsts
    }

    /// For each account of others the first of those above which hangs the same: to the account they are alike.
    pub(crate) fn stand_ins(
        &self,
        census: &Census,
        universe: &Universe,
        own: AccountId,
    ) -> FxHashMap<AccountId, AccountId> {
        let mut first: FxHashMap<AboveId, AccountId> = FxHashMap::default();
        let accounts = self.firsts.iter().filter_map(|&id| universe.requesters[id].view.account);
        let others = accounts.filter(|account| *account != own);
        let pairs = others.filter_map(|account| {
            let above = census.above.get(&account)?;
            Some((account, *first.entry(*above).or_insert(account)))
        });
        pairs.collect()
    }

    /// The group of a requester, if the account is about it at all.
    pub(crate) fn of(&self, requester: RequesterId) -> Option<usize> {
        let of_kin = || self.group_of_kin.get(&self.kin(requester)?);
        self.group_of.get(&requester).or_else(of_kin).copied()
    }

    fn kin(&self, requester: RequesterId) -> Option<KinId> {
        self.relatives.as_ref()?.of.get(&requester).copied()
    }

    /// The kins whose own policies may reach an account's resources, where everybody is let in.
    fn kins_towards(&self, account: AccountId) -> Vec<KinId> {
        let Some(relatives) = &self.relatives else { return Vec::new() };
        let towards = relatives.towards.get(&account).into_iter().flatten();
        relatives.anywhere.iter().chain(towards).copied().collect()
    }

    /// The members of a kin, wherever they are.
    fn relatives(&self, kin: KinId) -> &[RequesterId] {
        self.relatives.as_ref().map_or(&[], |relatives| &relatives.members[kin])
    }

    /// Those who are listed one by one, in no order.
    pub(crate) fn listed(&self) -> impl Iterator<Item = RequesterId> {
        self.listed.iter().flatten().copied()
    }

    /// One of each kin of whom not everybody is listed.
    pub(crate) fn firsts_of_kins(&self) -> impl Iterator<Item = RequesterId> {
        self.firsts.iter().zip(&self.kins).filter(|(_, kin)| kin.is_some()).map(|(first, _)| *first)
    }

    /// All members of a group, in order.
    pub(crate) fn members(&self, group: usize) -> Vec<RequesterId> {
        match self.kins[group] {
            None => self.listed[group].clone(),
            Some(kin) => {
                let all = self.relatives(kin).iter().copied();
                all.filter(|member| !self.group_of.contains_key(member)).collect()
            }
        }
    }

    /// How many members a group has.
    pub(crate) fn count(&self, group: usize) -> usize {
        match self.kins[group] {
            None => self.listed[group].len(),
            Some(kin) => self.relatives(kin).len() - self.listed_of_kin.get(&kin).copied().unwrap_or(0),
        }
    }

    fn add(&mut self, group: usize, member: RequesterId) {
        self.listed[group].push(member);
        if let Some(kin) = self.kin(member) {
            *self.listed_of_kin.entry(kin).or_default() += 1;
        }
        self.group_of.insert(member, group);
    }

    fn open(&mut self, first: RequesterId, kin: Option<KinId>) -> usize {
        self.firsts.push(first);
        self.listed.push(Vec::new());
        self.kins.push(kin);
        self.firsts.len() - 1
    }
}

/// Who is alike to an account: its own siblings, by the first of them; the kins of an account that is named; and
/// those of any.
#[derive(PartialEq, Eq, Hash)]
enum Alike {
    Siblings(RequesterId),
    Named(AccountId, usize),
    Anywhere(KinId),
}

/// What an account's policies tell requesters apart by, beside their kin.
#[derive(Debug, Default)]
struct Distinctions {
    /// Those who are named one by one.
    named: BTreeSet<RequesterId>,
    /// Accounts that are named, or whose principals are.
    accounts: BTreeSet<AccountId>,
    /// Services and identity providers that are named.
    services: BTreeSet<String>,
    /// Whether a condition asks for tags of principals.
    by_tags: bool,
    /// Accounts whose members conditions tell apart one by one; `None` for all.
    personal: Option<BTreeSet<AccountId>>,
    /// The resource policies with such conditions.
    telling: Held,
    /// Accounts whose principals an Allow lets in, and whether one lets everybody in.
    welcome: (BTreeSet<AccountId>, bool),
}

impl Workshop<'_> {
    /// The requesters of the account, and those of others that its policies let in.
    pub(super) fn groups(&self, account: AccountId, kind: Kind, held: &Held, builder: &mut Builder<'_>) -> Groups {
        let distinctions = self.distinctions(account, self.library.of(kind), held);
        let (accounts, everyone) = &distinctions.welcome;
        let mut groups = Groups::new(everyone.then(|| self.kins(kind, distinctions.by_tags)));
        let mut reaching = FxHashMap::default();
        let mut alike: FxHashMap<(Alike, Option<Said>), usize> = FxHashMap::default();
        let mut list = |groups: &mut Groups, builder: &mut Builder<'_>, member: RequesterId, of: Option<AccountId>| {
            let household = of.map(|account| self.household(account, kind));
            let kin = || match (of, &household) {
                (Some(of), Some(household)) if of == account => household.first_sibling(member).map(Alike::Siblings),
                (Some(of), Some(household)) => {
                    let number = household.families(distinctions.by_tags).number(member);
                    number.map(|number| Alike::Named(of, number))
                }
                _ => groups.kin(member).map(Alike::Anywhere),
            };
            let Some(alike_in) = (!distinctions.named.contains(&member)).then(kin).flatten() else {
                let group = groups.open(member, None);
                return groups.add(group, member);
            };
            let is_personal = distinctions.personal.as_ref().is_none_or(|all| of.is_some_and(|own| all.contains(&own)));
            let told = is_personal.then(|| self.told(account, &distinctions.telling, builder, member));
            let group = *alike.entry((alike_in, told)).or_insert_with(|| groups.open(member, None));
            groups.add(group, member);
        };
        for &member in self.universe.by_account.get(&Some(account)).into_iter().flatten() {
            list(&mut groups, builder, member, Some(account));
        }
        let named = if *everyone { &distinctions.accounts } else { accounts };
        groups.looked_into.clone_from(named);
        for &other in named.iter().filter(|other| **other != account) {
            for &member in self.universe.by_account.get(&Some(other)).into_iter().flatten() {
                // Where everybody is let in, nobody of an account that is named is like those of others.
                if *everyone || self.could_reach(member, builder, &mut reaching) {
                    list(&mut groups, builder, member, Some(other));
                }
            }
        }
        for &member in &self.census().singular {
            let requester = &self.universe.requesters[member];
            let is_named = requester.view.name.as_ref().is_some_and(|name| distinctions.services.contains(name));
            let is_new = !groups.group_of.contains_key(&member);
            // Services have no policies of their own.
            let mut reaches = || requester.view.account.is_none() || self.could_reach(member, builder, &mut reaching);
            let is_let_in = is_named || *everyone && reaches();
            if is_new && is_let_in {
                list(&mut groups, builder, member, None);
            }
        }
        if kind == Kind::Roles {
            // T18: whoever comes with a provider's token asks for roles alone, and the trust policy names the provider.
            let named = distinctions.services.iter().filter_map(|name| self.census().providers.get(name));
            for &provider in named.collect::<BTreeSet<_>>() {
                list(&mut groups, builder, provider, None);
            }
        }
        for kin in groups.kins_towards(account) {
            let members = groups.relatives(kin).iter().copied();
            let mut others = members.filter(|member| !groups.group_of.contains_key(member)).peekable();
            let Some(&first) = others.peek() else { continue };
            if !self.could_reach(first, builder, &mut reaching) {
                continue;
            }
            if distinctions.personal.is_none() {
                let others: Vec<RequesterId> = others.collect();
                for member in others {
                    list(&mut groups, builder, member, None);
                }
            } else {
                let group = groups.open(first, Some(kin));
                groups.group_of_kin.insert(kin, group);
            }
        }
        groups
    }

    /// What the policies that the account's resources hold, and those above it, say of one requester.
    fn told(&self, account: AccountId, held: &Held, builder: &mut Builder<'_>, requester: RequesterId) -> Said {
        builder.principal(Arc::clone(&self.universe.requesters[requester].view));
        attach_held(builder, held);
        self.attach_organization(builder, Some(account), &BTreeSet::new());
        builder.take().pop().expect("one was added")
    }

    fn distinctions(&self, account: AccountId, library: &Library, held: &Held) -> Distinctions {
        let mut found = Distinctions::default();
        let above = controls(self.inventory, account).into_iter();
        let above: Vec<DocumentId> = above.map(|policy| self.inventory.policies[policy].document).collect();
        let documents = || held.keys().map(|&(document, ..)| document).chain(above.iter().copied());
        found.by_tags = documents().any(|document| !library.tags(document).is_empty());
        let accounts: Option<Vec<_>> = documents().map(|document| library.accounts_told_apart(document)).collect();
        found.personal = accounts.map(|all| all.into_iter().flatten().collect());
        let tells = |document| library.accounts_told_apart(document).is_none_or(|accounts| !accounts.is_empty());
        let telling = held.iter().filter(|((document, ..), _)| tells(*document));
        found.telling = telling.map(|(key, holders)| (*key, holders.clone())).collect();
        found.accounts.extend(found.personal.iter().flatten());
        for &(document, ..) in held.keys() {
            for statement in &self.inventory.documents[document].statements {
                let Some(principals) = &statement.principals else { continue };
                let allows = statement.effect == Effect::Allow;
                let mut named = BTreeSet::new();
                let mut everyone = principals.negated;
                for entry in &principals.entries {
                    match &entry.value {
                        PrincipalName::Everyone => everyone = true,
                        PrincipalName::UniqueId(id) => {
                            if let Some(&(own, requester)) = self.universe.by_unique_id.get(id) {
                                named.insert(own);
                                found.named.insert(requester);
                            }
                        }
                        PrincipalName::Account { account, .. } => drop(named.insert(*account)),
                        PrincipalName::User(arn) | PrincipalName::Role(arn) => {
                            named.extend(arn.account());
                            found.named.extend(self.requester_of(arn));
                        }
                        PrincipalName::Session(arn) | PrincipalName::FederatedUser(arn) => {
                            named.extend(arn.account());
                            found.named.extend(self.universe.role_of(arn));
                        }
                        PrincipalName::Service(name) | PrincipalName::Federated(name) => {
                            found.services.insert(name.clone());
                        }
                        PrincipalName::CanonicalUser(_) | PrincipalName::Nobody(_) => {}
                    }
                }
                if allows {
                    found.welcome.0.extend(&named);
                    found.welcome.1 |= everyone;
                }
                found.accounts.extend(named);
            }
        }
        found
    }

    fn requester_of(&self, arn: &Arn) -> Option<RequesterId> {
        self.universe.of_principal.get(&self.inventory.principal(arn)?).copied()
    }

    /// Whether the requester's own side could allow anything here, by the elements of its statements alone.
    fn could_reach(
        &self,
        requester: RequesterId,
        builder: &mut Builder<'_>,
        reaching: &mut FxHashMap<DocumentId, bool>,
    ) -> bool {
        let requester = &self.universe.requesters[requester];
        if requester.outside.is_some() || requester.view.kind == RequesterKind::Root {
            return true;
        }
        let Some(principal) = requester.principal else { return false };
        let (policies, gaps) = self.identity(principal);
        !gaps.is_empty()
            || policies.iter().any(|&policy| {
                let document = self.inventory.policies[policy].document;
                *reaching.entry(document).or_insert_with(|| builder.could_allow(document))
            })
    }
}

/// The control policies on resources above an account.
fn controls(inventory: &Inventory, account: AccountId) -> Vec<PolicyId> {
    let Some((organization, membership)) = inventory.organization_of(account) else { return Vec::new() };
    let levels = membership.levels(account);
    let attached = levels.iter().flat_map(|target| organization.attached_to(target));
    attached.filter(|&policy| inventory.policies[policy].kind == PolicyKind::ResourceControl).collect()
}
