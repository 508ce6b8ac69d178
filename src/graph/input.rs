//! What there is to draw: everybody who can do something, on what, and who can become whom.
//!
//! Nothing is folded here. A node is one principal or one repository, an edge is all that the one can do to the
//! other. What is selected is selected here, and folded afterwards.

use std::sync::Arc;

use petgraph::graph::DiGraph;

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

impl GraphInput {
    /// Only these edges, and these nodes; the rest keeps its order.
    #[must_use]
    pub(super) fn only(
        self,
        mut has_node: impl FnMut(petgraph::graph::NodeIndex) -> bool,
        mut edge: impl FnMut(petgraph::graph::EdgeIndex, EdgeInput) -> Option<EdgeInput>,
    ) -> Self {
        let keep = |index, node| has_node(index).then_some(node);
        let graph = self.graph.filter_map_owned(keep, |index, weight| edge(index, weight));
        Self { accounts: self.accounts, graph }
    }
}
