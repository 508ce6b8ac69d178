//! Atoms: dividing each universe into the sets of members that no fact tells apart.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::builder::{Builder, Member};
use super::facts::{Facts, Rows, StatementSource};
use super::view::ResourceView;
use crate::catalog::{Action, ResourceKind};
use crate::condition::Literal;
use crate::ids::{ActionAtom, GuardId, Id, Interner, PrincipalAtom, ResourceAtom, StatementId, Table, ids};
use crate::policy::{Effect, PolicyKind};

/// A statement of a resource's own policy is narrow if it names no more than one in so many of those who were added.
/// Which statements are does not bear on verdicts, only on how many atoms there are.
const FEW: usize = 4;

ids! {
    /// A partition of AWS: `aws`, `aws-cn` ...
    PartitionId;
}

fn number(partition: PartitionId) -> u32 {
    u32::try_from(partition.index()).expect("there are a handful of partitions")
}

/// The statements that reach one resource, each under a guard.
type Reach = Vec<(StatementId, GuardId)>;

/// The atoms of resources.
struct ResourceAtoms {
    atoms: Table<ResourceAtom, Vec<usize>>,
    plain: FxHashMap<ResourceAtom, ResourceAtom>,
}

impl Builder<'_> {
    /// Divides the universes into atoms and makes the facts.
    #[must_use]
    pub fn finish(mut self) -> Facts {
        for member in &mut self.principals {
            member.said = std::mem::take(&mut member.said).in_order();
        }
        let statements: Vec<StatementId> = self.statements.iter().map(|(id, _)| id).collect();
        let mut acts: Vec<Vec<(StatementId, GuardId)>> = vec![Vec::new(); self.library.actions.len()];
        for &statement in &statements {
            for (action, guard) in self.acts(statement) {
                acts[action].push((statement, guard));
            }
        }
        let mut reach: Vec<Reach> = vec![Reach::new(); self.resources.len()];
        for &statement in &statements {
            // A resource policy is about those who hold it.
            let all = || (0..self.resources.len()).collect();
            let candidates: BTreeSet<usize> = self.holders.get(&statement).cloned().unwrap_or_else(all);
            for resource in candidates {
                let guards = self.reaches(statement, resource);
                reach[resource].extend(guards.into_iter().map(|guard| (statement, guard)));
            }
        }
        self.assemble(&statements, &acts, &reach)
    }

    fn assemble(self, statements: &[StatementId], acts: &[Vec<(StatementId, GuardId)>], reach: &[Reach]) -> Facts {
        let mut rows = Rows::default();
        let splits = self.splits;
        let own = |number: usize| if splits { number } else { 0 };

        let action_key = |number: usize| {
            let action = &self.library.actions[number];
            let trust = (is_trust_action(action), is_by_token(action));
            (&action.service, &action.on, &action.keys, action.resource_control, trust, &acts[number], own(number))
        };
        let actions = group::<ActionAtom, _>(self.library.actions.len(), action_key);
        let narrow = self.narrow();
        let resources = self.resource_atoms(&narrow, reach);
        let principal_key = |number: usize| {
            let member = &self.principals[number];
            (
                member.view.kind,
                (member.account, member.view.arn.as_ref().map(crate::policy::Arn::partition)),
                &member.said,
                own(number),
            )
        };
        let principals = group::<PrincipalAtom, _>(self.principals.len(), principal_key);

        self.action_rows(&actions, acts, &mut rows);
        for (atom, members) in resources.atoms.iter() {
            let held = &self.resources[members[0]];
            if held.view.of_caller {
                rows.of_caller.push(atom);
            } else {
                rows.resource_in.push((atom, held.account));
            }
            let plain = resources.plain.get(&atom).copied();
            rows.like.push((atom, atom));
            rows.like.extend(plain.map(|plain| (atom, plain)));
            rows.bears.extend(plain.map(|_| atom));
            let reaching = reach[members[0]].iter().copied();
            let reaching = reaching.filter(|(statement, _)| narrow.contains(statement) == plain.is_some());
            for (statement, guard) in reaching {
                rows.reaches.push((statement, atom, guard));
                rows.holds.extend(plain.map(|_| (statement, atom)));
            }
            for (action_atom, action_members) in actions.iter() {
                let action = &self.library.actions[action_members[0]];
                if concerns(action, &held.view) {
                    rows.concerns.push((action_atom, atom));
                }
            }
        }
        self.partitions(&resources.atoms, &principals, &mut rows);
        for (atom, members) in principals.iter() {
            let member = &self.principals[members[0]];
            rows.principal_in.push((atom, member.account));
            rows.flags.extend(member.said.flags.iter().map(|&flag| (atom, flag)));
            rows.applies
                .extend(member.said.applies.iter().map(|&(layer, statement, guard)| (layer, statement, atom, guard)));
            rows.names.extend(member.said.names.iter().map(|&(statement, how, guard)| (statement, atom, how, guard)));
            rows.excepts.extend(member.said.excepts.iter().map(|&(statement, guard)| (statement, atom, guard)));
            rows.spares.extend(member.said.spares.iter().map(|&statement| (statement, atom)));
            rows.touches.extend(member.said.touches.iter().map(|&(statement, guard)| (statement, atom, guard)));
        }
        for &statement in statements {
            let effect = match self.statements[statement].source {
                StatementSource::Written(document, index) => {
                    self.library.documents[document].statements[index as usize].effect
                }
                StatementSource::Missing(_) | StatementSource::Supposed(_) => Effect::Allow,
            };
            rows.effects.push((statement, effect));
        }
        rows.blanket = self.blanket.into_iter().collect();
        rows.of_endpoint = self.of_endpoint.into_iter().collect();
        rows.levels = self.levels;
        rows.management = self.management;
        rows.attached_at = self.attached_at;
        rows.attached_at.sort_unstable();
        rows.attached_at.dedup();
        Facts {
            principals,
            actions,
            resources: resources.atoms,
            plain: resources.plain,
            kinds: self.kinds,
            splits: self.splits,
            statements: self.statements,
            accounts: self.accounts,
            guards: Arc::new(self.guards),
            rows: Arc::new(rows),
        }
    }

    /// The statements of resources' own policies that name few of the principals: to all others the resource is what
    /// it would be without. A question about one resource tells nothing apart.
    fn narrow(&self) -> FxHashSet<StatementId> {
        let mut names: FxHashMap<StatementId, usize> = FxHashMap::default();
        for Member { said, .. } in self.principals.iter().filter(|_| !self.splits) {
            let told = said.names.iter().map(|row| row.0).chain(said.excepts.iter().map(|row| row.0));
            for statement in told.collect::<BTreeSet<_>>() {
                *names.entry(statement).or_default() += 1;
            }
        }
        let is_own = |statement: &StatementId| {
            matches!(self.kinds.get(statement), Some(PolicyKind::Repository | PolicyKind::Trust))
        };
        let few = self.principals.len() / FEW;
        names.into_iter().filter(|(one, count)| *count <= few && is_own(one)).map(|(one, _)| one).collect()
    }

    /// Divides the resources: by all but narrow statements, and those that have some by these as well.
    fn resource_atoms(&self, narrow: &FxHashSet<StatementId>, reach: &[Reach]) -> ResourceAtoms {
        let likeness = |number: usize| {
            let held = &self.resources[number];
            let view = &held.view;
            let partition = view.arn.split(':').nth(1);
            let place = ((view.kind, view.of_caller), &view.service, &view.region, (held.account, partition));
            (place, if self.splits { number } else { 0 })
        };
        let (mut of_others, mut own) = (Vec::with_capacity(reach.len()), Vec::with_capacity(reach.len()));
        for reach in reach {
            let (one, other): (Reach, Reach) = reach.iter().partition(|(statement, _)| narrow.contains(statement));
            own.push(one);
            of_others.push(other);
        }
        let mut atoms = group::<ResourceAtom, _>(reach.len(), |number| (likeness(number), &of_others[number]));
        let plain_of = by_member(&atoms, reach.len());
        let mut by_policy: FxHashMap<(ResourceAtom, &Reach), ResourceAtom> = FxHashMap::default();
        let mut plain = FxHashMap::default();
        for (number, own) in own.iter().enumerate().filter(|(_, own)| !own.is_empty()) {
            let atom = *by_policy.entry((plain_of[number], own)).or_insert_with(|| atoms.push(Vec::new()));
            atoms.get_mut(atom).expect("the atom was just looked up").push(number);
            plain.insert(atom, plain_of[number]);
        }
        ResourceAtoms { atoms, plain }
    }

    /// What each action is to the rules, and which statements act on it.
    fn action_rows(
        &self,
        actions: &Table<ActionAtom, Vec<usize>>,
        acts: &[Vec<(StatementId, GuardId)>],
        rows: &mut Rows,
    ) {
        for (atom, members) in actions.iter() {
            let first = members[0];
            let action = &self.library.actions[first];
            if is_trust_action(action) {
                rows.trust_actions.push(atom);
                rows.perhaps_unbounded.push((atom, self.guards.all([Literal::Reading("Z23", false)])));
            }
            if is_by_token(action) {
                rows.by_token.push(atom);
            }
            if action.unconditional {
                rows.unconditional.push(atom);
            }
            if action.resource_control_doubtful {
                rows.perhaps_controlled.push((atom, self.guards.all([Literal::Reading("Z11", false)])));
            }
            if action.unsigned {
                rows.unsigned_actions.push(atom);
            }
            if action.resource_control {
                rows.resource_controlled.push(atom);
            }
            rows.acts_on.extend(acts[first].iter().map(|&(statement, guard)| (statement, atom, guard)));
        }
    }

    /// Which partition each side is of; whoever has no ARN may be of any.
    fn partitions(
        &self,
        resources: &Table<ResourceAtom, Vec<usize>>,
        principals: &Table<PrincipalAtom, Vec<usize>>,
        rows: &mut Rows,
    ) {
        let mut partitions: Interner<PartitionId, String> = Interner::new();
        for (atom, members) in resources.iter() {
            // A request without resource is its caller's own, and never comes from elsewhere.
            let partition = self.resources[members[0]].view.arn.split(':').nth(1).unwrap_or("aws").to_owned();
            rows.resource_partitions.push((atom, number(partitions.intern(partition))));
        }
        for (atom, members) in principals.iter() {
            let view = &self.principals[members[0]].view;
            match view.session.as_ref().or(view.arn.as_ref()) {
                Some(arn) => {
                    let own = partitions.intern(arn.partition().to_owned());
                    rows.principal_partitions.push((atom, number(own)));
                }
                None => rows.principal_partitions.extend(partitions.iter().map(|(id, _)| (atom, number(id)))),
            }
        }
    }
}

fn is_trust_action(action: &Action) -> bool {
    action.service == "sts" && action.on.contains(&ResourceKind::Role)
}

/// T18: the calls that a user of an identity provider makes with its token, unsigned.
fn is_by_token(action: &Action) -> bool {
    let by_token = ["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"];
    is_trust_action(action) && by_token.iter().any(|name| action.name.eq_ignore_ascii_case(name))
}

/// Whether the action is performed on this resource: kind and service agree. The token action of
/// STS is asked where the public registry is (R16).
fn concerns(action: &Action, view: &ResourceView) -> bool {
    let service = match action.name.as_str() {
        "GetServiceBearerToken" if view.service == "ecr-public" => "ecr-public",
        _ => &action.service,
    };
    action.on.contains(&view.kind) && (service == view.service || view.service.is_empty())
}

/// Members with equal keys are one atom, numbered in order of first sight.
fn group<I: Id, K: Eq + std::hash::Hash>(count: usize, key: impl Fn(usize) -> K) -> Table<I, Vec<usize>> {
    let mut by_key: FxHashMap<K, I> = FxHashMap::default();
    let mut atoms: Table<I, Vec<usize>> = Table::new();
    for number in 0..count {
        let atom = *by_key.entry(key(number)).or_insert_with(|| atoms.push(Vec::new()));
        atoms.get_mut(atom).expect("the atom was just looked up").push(number);
    }
    atoms
}

/// The atom of each member, by the members' numbers; of several atoms the last. Those of resources with policies of
/// their own come behind the plain ones.
pub(crate) fn by_member<I: Id>(atoms: &Table<I, Vec<usize>>, count: usize) -> Vec<I> {
    let mut found = vec![I::new(0); count];
    for (atom, members) in atoms.iter() {
        for &member in members {
            found[member] = atom;
        }
    }
    found
}
