//! Statements as people find them again: policy, file, line, text.

use std::rc::Rc;

use super::answer::Citation;
use crate::engine::{Focus, Relations, RequesterId, Resource, Shard, written};
use crate::ids::{PolicyId, StatementId};
use crate::inventory::{Boundary, PrincipalKind};
use crate::lower::{Cell, Facts, Match};
use crate::policy::{Arn, Effect, PolicyKind};
use crate::rules::{Attached, Control, Layer};

/// A statement where it hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cited {
    pub(crate) policy: PolicyId,
    /// Its number in the document.
    pub(crate) number: usize,
    pub(crate) layer: &'static str,
}

/// The statements that grant an action (by its number) on a resource to a requester, each once. `matching` looks
/// up what matches a cell of the shard.
pub(crate) fn grants(
    relations: &Relations<'_>,
    shard: &Shard,
    requester: RequesterId,
    cell: (usize, usize),
    matching: impl Fn(Cell) -> Rc<[Match]>,
) -> Vec<Citation> {
    let cited = granting(relations, shard, requester, cell, matching);
    let mut citations: Vec<Citation> =
        cited.into_iter().map(|one| of_statement(relations, one.policy, one.number, one.layer)).collect();
    citations.sort();
    citations.dedup();
    citations
}

/// Where the statements hang that grant an action; see [`grants`].
pub(crate) fn granting(
    relations: &Relations<'_>,
    shard: &Shard,
    requester: RequesterId,
    (action, resource): (usize, usize),
    matching: impl Fn(Cell) -> Rc<[Match]>,
) -> Vec<Cited> {
    let at = &shard.resources[resource];
    let grants = |found: &&Match| {
        let grants = matches!(found.attached, Attached::Layer(Layer::Identity) | Attached::Named(_));
        grants && found.effect == Effect::Allow
    };
    match shard.cell(requester, action, resource) {
        Some(cell) if relations.speaks_for(shard, requester) => {
            let found = matching(cell);
            let found = found.iter().filter(grants);
            found.flat_map(|&one| cited(relations, &shard.facts, one, requester, at)).collect()
        }
        Some(_) => {
            let facts = relations.facts_of(requester, at, &shard.actions[action]);
            let found = facts.matching(Focus::CELL);
            let found = found.iter().filter(grants);
            found.flat_map(|&one| cited(relations, &facts, one, requester, at)).collect()
        }
        None => Vec::new(),
    }
}

/// The citations of a matching statement: one for each policy that holds it, none for what nobody wrote.
pub(crate) fn citations(
    relations: &Relations<'_>,
    facts: &Facts,
    found: Match,
    requester: RequesterId,
    resource: &Resource,
) -> Vec<Citation> {
    let cited = cited(relations, facts, found, requester, resource).into_iter();
    cited.map(|one| of_statement(relations, one.policy, one.number, one.layer)).collect()
}

/// Where a matching statement hangs. A statement of a shard is the first of all that say the same; of those that hang
/// there, each is cited.
pub(crate) fn cited(
    relations: &Relations<'_>,
    facts: &Facts,
    found: Match,
    requester: RequesterId,
    resource: &Resource,
) -> Vec<Cited> {
    places(relations, facts, (found.attached, found.statement), requester, resource)
}

/// Where a statement hangs that is attached in this way; see [`cited`].
pub(crate) fn places(
    relations: &Relations<'_>,
    facts: &Facts,
    (attached, statement): (Attached, StatementId),
    requester: RequesterId,
    resource: &Resource,
) -> Vec<Cited> {
    let Some((document, index)) = written(facts, statement) else { return Vec::new() };
    let documents = &relations.inventory().documents;
    let (version, wanted) = (documents[document].version, &documents[document].statements[index]);
    let mut all = Vec::new();
    for policy in hanging(relations, attached, requester, resource) {
        let hung = &relations.inventory().policies[policy];
        let own = &documents[hung.document];
        let is_of_type = facts.kinds.get(&statement) == Some(&hung.kind) && own.version == version;
        for (number, other) in own.statements.iter().enumerate().filter(|_| is_of_type) {
            let is_it =
                if facts.splits { (hung.document, number) == (document, index) } else { other.says_what(wanted) };
            if is_it {
                all.push(Cited { policy, number, layer: layer(relations, attached, policy) });
            }
        }
    }
    all
}

/// The statement of a policy, with its place and text.
pub(crate) fn of_statement(relations: &Relations<'_>, policy: PolicyId, index: usize, layer: &'static str) -> Citation {
    let inventory = relations.inventory();
    let place = inventory.place_of(policy, index);
    let policy = &inventory.policies[policy];
    let statement = &inventory.documents[policy.document].statements[index];
    let span = inventory.sources.locate(place, statement.span);
    let (file, span) = inventory.sources.origin(place.file, span);
    let text = inventory.sources.document(place).map(|text| statement.span.of(&text).to_owned());
    Citation {
        policy: policy.name.clone(),
        layer,
        effect: match statement.effect {
            Effect::Allow => "Allow",
            Effect::Deny => "Deny",
        },
        sid: statement.sid.clone(),
        file: inventory.sources.get(file).name.to_string(),
        line: inventory.sources.position(file, span.start).line,
        span,
        text: text.unwrap_or_default(),
    }
}

fn layer(relations: &Relations<'_>, attached: Attached, policy: PolicyId) -> &'static str {
    match attached {
        Attached::Layer(Layer::Identity) => "identity",
        Attached::Layer(Layer::Boundary) => "boundary",
        Attached::Layer(Layer::Session) => "session",
        Attached::Level(Control::Service, _) => "scp",
        Attached::Level(Control::Resource, _) => "rcp",
        Attached::Named(_) => match relations.inventory().policies[policy].kind {
            PolicyKind::Registry => "registry",
            PolicyKind::Trust => "trust",
            _ => "repository",
        },
    }
}

/// The policies that hang there.
pub(crate) fn hanging(
    relations: &Relations<'_>,
    attached: Attached,
    requester: RequesterId,
    resource: &Resource,
) -> Vec<PolicyId> {
    let inventory = relations.inventory();
    let requester = relations.requester(requester);
    let principal = || requester.principal.map(|id| &inventory.principals[id]);
    match attached {
        Attached::Layer(Layer::Identity) => {
            let own = principal().into_iter().flat_map(|principal| {
                let groups = principal.groups.iter().flat_map(|&group| &inventory.groups[group].policies);
                principal.policies.iter().chain(groups)
            });
            own.copied().collect()
        }
        Attached::Layer(Layer::Boundary) => match principal().map(|principal| &principal.boundary) {
            Some(Boundary::Policy(policy)) => vec![*policy],
            _ => Vec::new(),
        },
        Attached::Level(control, level) => {
            let account = if control == Control::Service { requester.view.account } else { resource.view.account };
            let attached = account.and_then(|account| {
                let (organization, membership) = inventory.organization_of(account)?;
                let levels = membership.levels(account);
                Some(organization.attached_to(levels.get(level as usize)?).collect())
            });
            attached.unwrap_or_default()
        }
        Attached::Named(_) | Attached::Layer(_) => {
            let own = if let Some(id) = resource.repository {
                crate::engine::policy_of(inventory, id)
            } else {
                let principal = Arn::parse(&resource.name).and_then(|arn| inventory.principal(&arn));
                principal.and_then(|id| match inventory.principals[id].kind {
                    PrincipalKind::Role { trust } => trust,
                    PrincipalKind::User => None,
                })
            };
            let region = resource.view.region.clone().unwrap_or_default();
            let registry =
                resource.view.account.and_then(|account| inventory.registry_policies.get(&(account, region)));
            own.into_iter().chain(registry.map(|registry| registry.policy)).collect()
        }
    }
}
