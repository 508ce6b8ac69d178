//! From relations to what there is to draw.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexSet;
use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::DrawError;
use super::input::{AccountInput, EdgeInput, EdgeKind, Grant, GraphInput, NodeInput, NodeKind, Strength};
use crate::catalog::{Capability, ResourceKind};
use crate::engine::{Relations, RequesterId};
use crate::inventory::{Account, Inventory, Visibility};
use crate::policy::{AccountId, Arn};
use crate::query::{AskError, Effective, Grain, Texts, account_of_provider};

/// What is drawn of each repository. Describing is left out: whoever does anything else can nearly always do that.
pub(super) const DRAWN: [Capability; 5] =
    [Capability::Pull, Capability::Push, Capability::Delete, Capability::Tag, Capability::Administer];

/// So many edges fit into the memory of a small machine.
const EDGES: usize = 4_000_000;

/// Asks who can do what everywhere, and who can become whom on the way.
///
/// # Errors
/// If nobody wants the answer any more, or it would not fit into memory.
pub fn gather(relations: &Relations<'_>) -> Result<GraphInput, DrawError> {
    let mut gathering = Gathering::new(relations.inventory());
    if gathering.repositories.is_empty() {
        return Ok(gathering.into_input(relations, &[]));
    }
    let mut edges = 0_usize;
    relations.effective(Grain::Capabilities, true, |effective| {
        // What is too much is counted, and not kept.
        edges = edges.saturating_add(pairs(&effective));
        if edges <= EDGES {
            gathering.account(&effective);
        }
    });
    if edges > EDGES {
        return Err(DrawError::TooLarge(edges));
    }
    let wanted: BTreeSet<RequesterId> = gathering.held.iter().map(|&(holder, ..)| holder).collect();
    // Steps come from their goal on: the role is wanted, or was the caller of one before.
    let mut steps = Vec::new();
    for step in relations.steps_towards(&wanted, None) {
        let condition = step.decided.residual.as_deref().map(|text| gathering.texts.of(text));
        let grant = Grant { label: gathering.texts.of("become"), verdict: step.verdict, condition };
        steps.push((step.caller, step.role, gathering.grants(vec![grant])));
    }
    if relations.options().interrupt.is_stopped() {
        return Err(AskError::Interrupted.into());
    }
    Ok(gathering.into_input(relations, &steps))
}

/// How many edges come of it.
fn pairs(effective: &Effective) -> usize {
    let mut seen: Vec<(usize, usize)> = effective.cells.iter().map(|cell| (cell.holders, cell.resources)).collect();
    seen.dedup();
    let size = |&(holders, resources): &(usize, usize)| {
        effective.holders[holders].members.len().saturating_mul(effective.resources[resources].names.len())
    };
    seen.iter().map(size).fold(0, usize::saturating_add)
}

type Grants = Arc<[Grant]>;

struct Gathering {
    accounts: Vec<AccountInput>,
    repositories: Vec<NodeInput>,
    numbers: FxHashMap<String, usize>,
    held: Vec<(RequesterId, usize, Grants)>,
    texts: Texts,
    lists: IndexSet<Grants, FxBuildHasher>,
}

impl Gathering {
    fn new(inventory: &Inventory) -> Self {
        let accounts = inventory.accounts.values().map(|account| AccountInput {
            id: account.id.to_string(),
            name: account.name.clone(),
            unit: unit(inventory, account),
        });
        let repositories: Vec<NodeInput> = inventory
            .repositories
            .values()
            .map(|repository| NodeInput {
                key: repository.arn.to_string(),
                label: repository.name.clone(),
                kind: NodeKind::Repository,
                account: Some(repository.account.to_string()),
                exposed: repository.visibility == Visibility::Public,
                strength: Strength::default(),
            })
            .collect();
        let numbers = (0..).zip(&repositories).map(|(number, node)| (node.key.clone(), number)).collect();
        Self {
            accounts: accounts.collect(),
            repositories,
            numbers,
            held: Vec::new(),
            texts: Texts::default(),
            lists: IndexSet::default(),
        }
    }

    /// What is held on the repositories of one account.
    fn account(&mut self, effective: &Effective) {
        for cells in
            effective.cells.chunk_by(|one, other| (one.holders, one.resources) == (other.holders, other.resources))
        {
            let (holders, resources) = (&effective.holders[cells[0].holders], &effective.resources[cells[0].resources]);
            if resources.kind != ResourceKind::Repository {
                continue;
            }
            let mut grants = Vec::new();
            for capability in DRAWN {
                // R7: everyone can pull from a public repository; its node says so instead of an edge.
                if capability == Capability::Pull && resources.is_public {
                    continue;
                }
                let Some(cell) = cells.iter().find(|cell| *cell.action == *capability.as_str()) else { continue };
                let condition = cell.condition.as_deref().map(|text| self.texts.of(text));
                grants.push(Grant { label: self.texts.of(capability.as_str()), verdict: cell.verdict, condition });
            }
            grants.retain(|grant| grant.verdict.is_possible());
            if grants.is_empty() {
                continue;
            }
            let grants = self.grants(grants);
            let numbers: Vec<usize> =
                resources.names.iter().filter_map(|name| self.numbers.get(name).copied()).collect();
            for &holder in &holders.members {
                self.held.extend(numbers.iter().map(|&number| (holder, number, Arc::clone(&grants))));
            }
        }
    }

    fn grants(&mut self, grants: Vec<Grant>) -> Grants {
        let (number, _) = self.lists.insert_full(grants.into());
        Arc::clone(&self.lists[number])
    }

    fn into_input(self, relations: &Relations<'_>, steps: &[(RequesterId, RequesterId, Grants)]) -> GraphInput {
        let mut graph = DiGraph::with_capacity(self.repositories.len(), self.held.len() + steps.len());
        let repositories: Vec<NodeIndex> = self.repositories.into_iter().map(|node| graph.add_node(node)).collect();
        let holders = self.held.iter().map(|&(holder, ..)| holder);
        let involved: BTreeSet<RequesterId> =
            holders.chain(steps.iter().flat_map(|&(caller, role, _)| [caller, role])).collect();
        let principals: BTreeMap<RequesterId, NodeIndex> =
            involved.into_iter().map(|id| (id, graph.add_node(principal(relations, id)))).collect();
        let mut edges: Vec<_> = self
            .held
            .into_iter()
            .map(|(holder, number, grants)| (principals[&holder], repositories[number], EdgeKind::Capability, grants))
            .collect();
        edges.extend(steps.iter().map(|(caller, role, grants)| {
            (principals[caller], principals[role], EdgeKind::Assumption, Arc::clone(grants))
        }));
        // Whatever order they were found in: by the ends.
        edges.sort_unstable_by_key(|&(from, to, ..)| (from, to));
        edges.dedup_by_key(|(from, to, ..)| (*from, *to));
        for (from, to, kind, grants) in edges {
            graph.add_edge(from, to, EdgeInput { kind, grants });
        }
        GraphInput::new(self.accounts, graph)
    }
}

fn principal(relations: &Relations<'_>, id: RequesterId) -> NodeInput {
    let known = relations.requester(id);
    let kind = match known.view.kind.as_str() {
        "role" | "session" => NodeKind::Role,
        "service" => NodeKind::Service,
        "identity-provider" => NodeKind::Provider,
        "account" => NodeKind::Account,
        "anyone" | "anonymous" => NodeKind::Anyone,
        _ => NodeKind::User,
    };
    let key = known.name.to_string();
    let account = match kind {
        // An account that nobody exported is a node, not a frame around one.
        NodeKind::Account => None,
        NodeKind::Provider => account_of_provider(known.view.kind.as_str(), &key),
        _ => known.view.account,
    };
    let label = match (kind, provider(&key)) {
        // `oidc-provider/HOST`: which account it was set up in, its frame says.
        (NodeKind::Provider, Some(arn)) => {
            let name = arn.to_string();
            let name = crate::policy::short(&name);
            format!("identity provider {}", name.split_once('/').map_or(name, |(_, name)| name))
        }
        _ => key.clone(),
    };
    NodeInput {
        key,
        label,
        kind,
        account: account.map(|account: AccountId| account.to_string()),
        exposed: false,
        strength: Strength::default(),
    }
}

/// The ARN behind `identity provider `; those that all accounts share have none.
fn provider(name: &str) -> Option<Arn> {
    Arn::parse(name.rsplit(' ').next()?)
}

/// The unit right above an account: its name, or its id.
fn unit(inventory: &Inventory, account: &Account) -> Option<String> {
    let membership = account.membership.as_ref()?;
    let organization = inventory.organizations.get(&membership.organization);
    let name = |id: &String| organization.and_then(|own| own.names.get(id)).unwrap_or(id).clone();
    let below: Vec<String> = membership.path.iter().skip(1).map(name).collect();
    Some(match membership.path.first() {
        _ if !below.is_empty() => below.join("/"),
        Some(root) => name(root),
        None => membership.organization.clone(),
    })
}
