//! From relations to what a picture needs.

use std::collections::BTreeSet;

use super::model::{AccountInput, EdgeInput, EdgeKind, GraphInput, NodeInput, NodeKind};
use crate::catalog::Capability;
use crate::engine::{Relations, RequesterId};
use crate::inventory::Visibility;
use crate::query::{AskError, Scope};

/// What a picture shows of each repository. Describing is left out: whoever does anything else can
/// nearly always do that.
const DRAWN: [Capability; 5] =
    [Capability::Pull, Capability::Push, Capability::Delete, Capability::Tag, Capability::Administer];

/// Asks who can do what everywhere, and who can become whom on the way.
///
/// # Errors
/// Those of asking.
pub fn gather(relations: &Relations<'_>) -> Result<GraphInput, AskError> {
    let inventory = relations.inventory();
    let mut input = GraphInput::default();
    input.accounts.extend(
        inventory
            .accounts
            .values()
            .map(|account| AccountInput { id: account.id.to_string(), name: account.name.clone() }),
    );
    for repository in inventory.repositories.values() {
        input.nodes.push(NodeInput {
            key: repository.arn.to_string(),
            label: repository.name.clone(),
            kind: NodeKind::Repository,
            account: Some(repository.account.to_string()),
            members: Vec::new(),
            exposed: repository.visibility == Visibility::Public,
        });
    }
    let mut gathering = Gathering {
        relations,
        public: input.nodes.iter().filter(|node| node.exposed).map(|node| node.key.clone()).collect(),
        known: input.nodes.iter().map(|node| node.key.clone()).collect(),
        input,
    };
    if !gathering.input.nodes.is_empty() {
        for capability in DRAWN {
            gathering.capability(capability)?;
        }
        gathering.assumptions();
    }
    Ok(gathering.input)
}

struct Gathering<'a> {
    relations: &'a Relations<'a>,
    public: BTreeSet<String>,
    known: BTreeSet<String>,
    input: GraphInput,
}

impl Gathering<'_> {
    fn capability(&mut self, capability: Capability) -> Result<(), AskError> {
        let scope = Scope { direct: true, all: false };
        for row in self.relations.who_can(capability.as_str(), "*", scope)?.rows {
            if !self.known.contains(&row.resource) {
                continue;
            }
            // R7: everyone can pull from a public repository; its node says so instead of an edge.
            if capability == Capability::Pull && self.public.contains(&row.resource) {
                continue;
            }
            self.input.edges.push(EdgeInput {
                from: row.principal.clone(),
                to: row.resource,
                label: capability.to_string(),
                kind: EdgeKind::Capability,
                verdict: row.verdict,
            });
            self.principal(row.principal, row.kind, row.account);
        }
        Ok(())
    }

    fn principal(&mut self, name: String, kind: &str, account: Option<String>) {
        let kind = match kind {
            "role" | "session" => NodeKind::Role,
            "service" => NodeKind::Service,
            "account" => NodeKind::Account,
            "anyone" => NodeKind::Anyone,
            _ => NodeKind::User,
        };
        if self.known.insert(name.clone()) {
            let label = name.clone();
            // An account that nobody exported is a node, not a frame around one.
            let account = account.filter(|_| kind != NodeKind::Account);
            self.input.nodes.push(NodeInput { key: name, label, kind, account, members: Vec::new(), exposed: false });
        }
    }

    /// Who can become one of those who can do something.
    fn assumptions(&mut self) {
        let relations = self.relations;
        let is_known = |id: &RequesterId| self.known.contains(&*relations.requester(*id).name);
        let wanted: BTreeSet<RequesterId> = relations.universe().present().map(|(id, _)| id).filter(is_known).collect();
        // Steps come from their goal on: the role is wanted, or was the caller of one before.
        for step in relations.steps_towards(&wanted, None) {
            let (caller, role) = (relations.requester(step.caller), relations.requester(step.role));
            let account = caller.view.account.map(|account| account.to_string());
            self.principal(caller.name.to_string(), caller.view.kind.as_str(), account);
            self.input.edges.push(EdgeInput {
                from: caller.name.to_string(),
                to: role.name.to_string(),
                label: "assume".to_owned(),
                kind: EdgeKind::Assumption,
                verdict: step.verdict,
            });
        }
    }
}
