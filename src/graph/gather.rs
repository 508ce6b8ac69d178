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
    let mut gathering =
        Gathering { relations, known: input.nodes.iter().map(|node| node.key.clone()).collect(), input };
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
    known: BTreeSet<String>,
    input: GraphInput,
}

impl Gathering<'_> {
    fn capability(&mut self, capability: Capability) -> Result<(), AskError> {
        let scope = Scope { direct: true, all: false };
        let answer = match self.relations.who_can(capability.as_str(), "*", scope) {
            Ok(answer) => answer,
            Err(AskError::NotOn { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        for row in answer.rows {
            if !self.known.contains(&row.resource) {
                continue;
            }
            // R7: every public repository has this edge; its node says so instead.
            if capability == Capability::Pull && row.kind == "anyone" && row.resource.contains(":ecr-public:") {
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
        let is_known = |id: &RequesterId| self.known.contains(&relations.requester(*id).name);
        let wanted: BTreeSet<RequesterId> = relations.universe().requesters.ids().filter(is_known).collect();
        let mut seen = BTreeSet::new();
        for step in relations.steps_towards(&wanted) {
            if step.caller == step.role || !seen.insert((step.caller, step.role)) {
                continue;
            }
            let (caller, role) = (relations.requester(step.caller), relations.requester(step.role));
            for one in [caller, role] {
                let account = one.view.account.map(|account| account.to_string());
                self.principal(one.name.clone(), one.view.kind.as_str(), account);
            }
            self.input.edges.push(EdgeInput {
                from: caller.name.clone(),
                to: role.name.clone(),
                label: "assume".to_owned(),
                kind: EdgeKind::Assumption,
                verdict: step.verdict,
            });
        }
    }
}
