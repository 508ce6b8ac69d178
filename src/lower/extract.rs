//! The facts about one principal, and of those only what a question is about.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::facts::{Facts, Rows, part};
use crate::ids::{AccountAtom, ActionAtom, GuardId, PrincipalAtom, ResourceAtom, StatementId};
use crate::policy::Effect;
use crate::rules::{Control, Voice};

/// The rows of a shard by what they are about.
#[derive(Debug, Default)]
pub(crate) struct Index {
    acts: FxHashMap<StatementId, Vec<(ActionAtom, GuardId)>>,
    reaches: FxHashMap<StatementId, Vec<(ResourceAtom, GuardId)>>,
    attached: FxHashMap<StatementId, Vec<(Control, u32, AccountAtom)>>,
    concerns: FxHashMap<ResourceAtom, Vec<ActionAtom>>,
}

/// What facts are narrowed down to; `None`: to nothing less.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extract {
    /// To this action.
    pub(crate) action: Option<ActionAtom>,
    /// To these resources, and what they are to those whom their own policies do not name.
    pub(crate) resources: Option<BTreeSet<ResourceAtom>>,
    /// To these statements.
    pub(crate) statements: Option<FxHashSet<StatementId>>,
    /// To those with this effect.
    pub(crate) effect: Option<Effect>,
    /// To what hangs in one place of the evaluation.
    pub(crate) voice: Option<Voice>,
}

impl Facts {
    /// The rows by what they are about.
    pub(crate) fn index(&self) -> Index {
        let mut index = Index::default();
        let rows = &self.rows;
        rows.acts_on.iter().for_each(|&(s, a, g)| index.acts.entry(s).or_default().push((a, g)));
        rows.reaches.iter().for_each(|&(s, r, g)| index.reaches.entry(s).or_default().push((r, g)));
        rows.attached_at.iter().for_each(|&(c, s, n, a)| index.attached.entry(s).or_default().push((c, n, a)));
        rows.concerns.iter().for_each(|&(a, r)| index.concerns.entry(r).or_default().push(a));
        index
    }

    /// The facts about one principal, on resources of its own account or those where it is a guest.
    pub(crate) fn about(
        &self,
        index: &Index,
        principal: PrincipalAtom,
        guest: &[ResourceAtom],
        extract: &Extract,
    ) -> Self {
        let all = &self.rows;
        let mut rows = Rows::default();
        let effect = |statement| {
            let at = all.effects.binary_search_by_key(&statement, |row| row.0).ok()?;
            Some(all.effects[at].1)
        };
        let is_meant = |statement| {
            let is_listed = extract.statements.as_ref().is_none_or(|own| own.contains(&statement));
            is_listed && extract.effect.is_none_or(|wanted| effect(statement) == Some(wanted))
        };
        let (layer, named, control) = match extract.voice {
            None => (None, true, true),
            Some(Voice::Own(layer)) => (Some(layer), false, false),
            Some(Voice::Repository | Voice::Registry) => (None, true, false),
            Some(Voice::Organization(_)) => (None, false, true),
        };
        let own = extract.voice.is_none() || layer.is_some();
        rows.principal_in = part(&all.principal_in, |row| row.0, principal).to_vec();
        rows.flags = part(&all.flags, |row| row.0, principal).to_vec();
        let applies = part(&all.applies, |row| row.2, principal).iter();
        let applies = applies.filter(|row| own && is_meant(row.1) && layer.is_none_or(|layer| layer == row.0));
        rows.applies = applies.copied().collect();
        rows.names =
            part(&all.names, |row| row.1, principal).iter().filter(|row| named && is_meant(row.0)).copied().collect();
        let excepts = part(&all.excepts, |row| row.1, principal).iter();
        rows.excepts = excepts.filter(|row| named && is_meant(row.0)).copied().collect();
        rows.spares = part(&all.spares, |row| row.1, principal).to_vec();
        let touches = part(&all.touches, |row| row.1, principal).iter();
        rows.touches = touches.filter(|row| control && is_meant(row.0)).copied().collect();
        let mut statements: Vec<StatementId> = rows.applies.iter().map(|row| row.1).collect();
        statements.extend(rows.names.iter().map(|row| row.0));
        statements.extend(rows.excepts.iter().map(|row| row.0));
        statements.extend(rows.touches.iter().map(|row| row.0));
        statements.sort_unstable();
        statements.dedup();
        let is_wanted = |action| extract.action.is_none_or(|own| own == action);
        let plain = |resource: ResourceAtom| self.plain.get(&resource).copied().unwrap_or(resource);
        let mut resources: BTreeSet<ResourceAtom> = guest.iter().copied().collect();
        for statement in &statements {
            resources.extend(index.reaches.get(statement).into_iter().flatten().map(|row| row.0));
        }
        if let Some(own) = &extract.resources {
            resources.retain(|resource| own.contains(resource));
        }
        let likes: BTreeSet<ResourceAtom> =
            resources.iter().flat_map(|&resource| [resource, plain(resource)]).collect();
        for &statement in &statements {
            let Some(effect) = effect(statement) else { continue };
            rows.effects.push((statement, effect));
            let acts = index.acts.get(&statement).into_iter().flatten().filter(|row| is_wanted(row.0));
            rows.acts_on.extend(acts.map(|&(action, guard)| (statement, action, guard)));
            let reaches = index.reaches.get(&statement).into_iter().flatten().filter(|row| likes.contains(&row.0));
            for &(resource, guard) in reaches {
                rows.reaches.push((statement, resource, guard));
                if plain(resource) != resource {
                    rows.holds.push((statement, resource));
                }
            }
            let attached = index.attached.get(&statement).into_iter().flatten();
            rows.attached_at.extend(attached.map(|&(control, level, account)| (control, statement, level, account)));
        }
        for &resource in &likes {
            rows.resource_in.extend(part(&all.resource_in, |row| row.0, resource));
            rows.like.extend(part(&all.like, |row| row.0, resource));
            let concerns = index.concerns.get(&resource).into_iter().flatten().filter(|action| is_wanted(**action));
            rows.concerns.extend(concerns.map(|&action| (action, resource)));
        }
        let accounts: BTreeSet<AccountAtom> =
            rows.principal_in.iter().map(|row| row.1).chain(rows.resource_in.iter().map(|row| row.1)).collect();
        rows.attached_at.retain(|row| accounts.contains(&row.3));
        rows.levels = all.levels.iter().filter(|row| accounts.contains(&row.1)).copied().collect();
        rows.management.clone_from(&all.management);
        rows.trust_actions.clone_from(&all.trust_actions);
        rows.perhaps_controlled.clone_from(&all.perhaps_controlled);
        rows.resource_controlled.clone_from(&all.resource_controlled);
        let kinds = statements.iter().filter_map(|&statement| Some((statement, *self.kinds.get(&statement)?)));
        Self { rows: Arc::new(rows), kinds: kinds.collect(), guards: Arc::clone(&self.guards), ..Self::default() }
    }
}
