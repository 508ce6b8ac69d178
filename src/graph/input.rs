//! What there is to draw: everybody who can do something, on what, and who can become whom.
//!
//! Nothing is folded here. A node is one principal or one repository, an edge is all that the one can do to the
//! other. What is selected is selected here, and folded afterwards.

use std::sync::Arc;

use petgraph::Direction;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef as _;

use crate::catalog::Capability;
use crate::query::Verdict;

/// What there is to draw.
#[derive(Clone, Debug, Default)]
pub struct GraphInput {
    /// The accounts that nodes may lie in.
    pub accounts: Vec<AccountInput>,
    /// Nodes and edges; between two nodes there is at most one edge each way.
    pub graph: DiGraph<NodeInput, EdgeInput>,
}

/// An account: a frame around its nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountInput {
    /// Its number.
    pub id: String,
    /// Its name, if it is known.
    pub name: Option<String>,
    /// The organizational unit that it is in, if that is known.
    pub unit: Option<String>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInput {
    /// What tells it from all others: an ARN, where it has one.
    pub key: String,
    /// What a person calls it.
    pub label: String,
    /// What kind of thing it is.
    pub kind: NodeKind,
    /// Its account, if it has one.
    pub account: Option<String>,
    /// Whether anyone can get at it.
    pub exposed: bool,
    /// The most that it can do to anything; of a repository, the most that strangers can do to it.
    pub strength: Strength,
}

/// What kind of thing a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// Anyone, with or without an identity.
    Anyone,
    /// An account that the input does not hold.
    Account,
    /// An AWS service.
    Service,
    /// An identity provider, for its users.
    Provider,
    /// A user, a root user, a federated user.
    User,
    /// A role or a session of one.
    Role,
    /// A repository.
    Repository,
}

impl NodeKind {
    /// The word for one of them.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Account => "account",
            Self::Service => "service",
            Self::Provider => "identity provider",
            Self::User => "user",
            Self::Role => "role",
            Self::Repository => "repository",
        }
    }

    /// Whether it stands for somebody of no account that the input holds.
    #[must_use]
    pub fn is_outside(self) -> bool {
        matches!(self, Self::Anyone | Self::Account | Self::Service)
    }
}

/// An edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeInput {
    /// A capability, or becoming a role.
    pub kind: EdgeKind,
    /// What the one can do to the other, and when; at least one. Many edges share one list.
    pub grants: Arc<[Grant]>,
}

/// What an edge means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeKind {
    /// The one can do this on the other.
    Capability,
    /// The one can become the other.
    Assumption,
}

impl EdgeKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Capability => "capability",
            Self::Assumption => "assumption",
        }
    }
}

/// Something that somebody can do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// `push`, `pull` ... for a capability, `become` for a role.
    pub label: Arc<str>,
    /// Allowed or conditional; what is denied is not drawn.
    pub verdict: Verdict,
    /// The condition in words, where there is one.
    pub condition: Option<Arc<str>>,
}

impl EdgeInput {
    /// The best verdict of all grants.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.grants.iter().map(|grant| grant.verdict).min().unwrap_or(Verdict::Conditional)
    }
}

/// The most that somebody can do to a repository, in the order of harm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Nothing; but it can become somebody who can.
    #[default]
    None,
    /// Fetch images.
    Read,
    /// Change images and tags.
    Write,
    /// Change who can do what.
    Administer,
}

impl Strength {
    /// The most that a list of labels comes to.
    pub(super) fn of<'a>(labels: impl Iterator<Item = &'a str>) -> Self {
        labels
            .map(|label| match Capability::parse(label) {
                Some(Capability::Administer) => Self::Administer,
                Some(Capability::Pull | Capability::Describe) => Self::Read,
                Some(_) => Self::Write,
                None => Self::None,
            })
            .max()
            .unwrap_or_default()
    }

    /// What is said of those who can do so much.
    pub(super) fn claim(self) -> &'static str {
        match self {
            Self::None => "who only become others",
            Self::Read => "who can pull",
            Self::Write => "who can write",
            Self::Administer => "who can administer",
        }
    }
}

impl GraphInput {
    /// All that there is, before anything is selected: it is looked at how much each can do.
    #[must_use]
    pub fn new(accounts: Vec<AccountInput>, mut graph: DiGraph<NodeInput, EdgeInput>) -> Self {
        for index in graph.node_indices() {
            graph[index].strength = strength(&graph, index);
        }
        Self { accounts, graph }
    }

    /// Only these edges, and these nodes; the rest keeps its order.
    #[must_use]
    pub(super) fn only(
        self,
        mut has_node: impl FnMut(NodeIndex) -> bool,
        edge: impl FnMut(EdgeIndex, EdgeInput) -> Option<EdgeInput>,
    ) -> Self {
        let keep = |index, node| has_node(index).then_some(node);
        let graph = self.graph.filter_map_owned(keep, edge);
        Self { accounts: self.accounts, graph }
    }
}

/// What a principal can do; what those outside can do to a repository.
fn strength(graph: &DiGraph<NodeInput, EdgeInput>, index: NodeIndex) -> Strength {
    let direction = match graph[index].kind {
        NodeKind::Repository => Direction::Incoming,
        _ => Direction::Outgoing,
    };
    let edges = graph.edges_directed(index, direction);
    let is_stranger = |kind| matches!(kind, NodeKind::Anyone | NodeKind::Account);
    let counted = edges.filter(|edge| direction == Direction::Outgoing || is_stranger(graph[edge.source()].kind));
    Strength::of(counted.flat_map(|edge| edge.weight().grants.iter().map(|grant| &*grant.label)))
}
