//! Statements as people find them again: policy, file, line, text.

use std::rc::Rc;

use super::answer::Citation;
use crate::engine::{Relations, RequesterId, Resource, Shard, written};
use crate::ids::{DocumentId, PolicyId};
use crate::inventory::{Boundary, PrincipalKind};
use crate::lower::{Attached, Cell, Facts, Match};
use crate::policy::{Arn, Effect, PolicyKind};
use crate::rules::{Control, Layer};

/// The statements that grant an action (by its number) on a resource to a requester, each once. `matching` looks
/// up what matches a cell of the shard.
pub(crate) fn grants(
    relations: &Relations<'_>,
    shard: &Shard,
    requester: RequesterId,
    (action, resource): (usize, usize),
    matching: impl Fn(Cell) -> Rc<[Match]>,
) -> Vec<Citation> {
    let at = &shard.resources[resource];
    let cite = |facts: &Facts, found: &[Match]| -> Vec<Citation> {
        found.iter().filter_map(|&one| granting(relations, facts, one, requester, at)).collect()
    };
    let mut citations = match shard.cell(requester, action, resource) {
        Some(cell) if relations.speaks_for(shard, requester) => cite(&shard.facts, &matching(cell)),
        Some(_) => {
            let focus = relations.focus(requester, at, &shard.actions[action], &[]);
            cite(&focus.facts, &focus.facts.matching(focus.cell))
        }
        None => Vec::new(),
    };
    citations.sort();
    citations.dedup();
    citations
}

/// The citation of a matching statement if it grants: an Allow of the identity layer or of the resource.
fn granting(
    relations: &Relations<'_>,
    facts: &Facts,
    found: Match,
    requester: RequesterId,
    resource: &Resource,
) -> Option<Citation> {
    let grants = matches!(found.attached, Attached::Layer(Layer::Identity) | Attached::Named(_));
    (grants && found.effect == Effect::Allow).then(|| citation(relations, facts, found, requester, resource))?
}

/// The citation of a matching statement; `None` for one that nobody wrote.
pub(crate) fn citation(
    relations: &Relations<'_>,
    facts: &Facts,
    found: Match,
    requester: RequesterId,
    resource: &Resource,
) -> Option<Citation> {
    let (document, index) = written(facts, found.statement)?;
    let policy = policy(relations, found.attached, document, requester, resource)?;
    Some(of_statement(relations, policy, index, layer(relations, found.attached, policy)))
}

/// The statement of a policy, with its place and text.
pub(crate) fn of_statement(relations: &Relations<'_>, policy: PolicyId, index: usize, layer: &'static str) -> Citation {
    let inventory = relations.inventory();
    let policy = &inventory.policies[policy];
    let statement = &inventory.documents[policy.document].statements[index];
    let span = inventory.sources.locate(policy.place, statement.span);
    let (file, span) = inventory.sources.origin(policy.place.file, span);
    let text = inventory.sources.document(policy.place).map(|text| statement.span.of(&text).to_owned());
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

/// Which policy of those that hang there holds the document.
fn policy(
    relations: &Relations<'_>,
    attached: Attached,
    document: DocumentId,
    requester: RequesterId,
    resource: &Resource,
) -> Option<PolicyId> {
    let inventory = relations.inventory();
    let holds = |policy: &PolicyId| inventory.policies[*policy].document == document;
    let view = &relations.requester(requester).view;
    match attached {
        Attached::Layer(Layer::Identity) => {
            let principal = &inventory.principals[relations.requester(requester).principal?];
            let groups = principal.groups.iter().flat_map(|&group| &inventory.groups[group].policies);
            principal.policies.iter().chain(groups).copied().find(holds)
        }
        Attached::Layer(Layer::Boundary) => {
            match inventory.principals[relations.requester(requester).principal?].boundary {
                Boundary::Policy(policy) => Some(policy),
                _ => None,
            }
        }
        Attached::Level(control, level) => {
            let account = if control == Control::Service { view.account? } else { resource.view.account? };
            let (organization, membership) = inventory.organization_of(account)?;
            let levels = membership.levels(account);
            organization.attached_to(levels.get(level as usize)?).find(holds)
        }
        Attached::Named(_) | Attached::Layer(_) => {
            let own = if let Some(id) = resource.repository {
                crate::engine::policy_of(inventory, id)
            } else {
                let principal = inventory.principal(&Arn::parse(&resource.name)?);
                principal.and_then(|id| match inventory.principals[id].kind {
                    PrincipalKind::Role { trust } => trust,
                    PrincipalKind::User => None,
                })
            };
            let registry = || {
                let region = resource.view.region.clone().unwrap_or_default();
                inventory.registry_policies.get(&(resource.view.account?, region)).map(|registry| registry.policy)
            };
            own.filter(holds).or_else(|| registry().filter(holds))
        }
    }
}
