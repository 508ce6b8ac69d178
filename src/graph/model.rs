//! The graph as it is drawn: folded, merged, bounded.
//!
//! Two nodes are folded when they have the same account and kind and *exactly*
//! the same neighbours under the same verdicts: then what the picture says of
//! the folded node is true of each member, and nothing else is. One pass is
//! enough, for folding twins makes no new ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use indexmap::IndexMap;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::query::Verdict;
use crate::report::fold::{label, short};

/// What to draw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphInput {
    /// The accounts that nodes may lie in.
    pub accounts: Vec<AccountInput>,
    /// The nodes.
    pub nodes: Vec<NodeInput>,
    /// The edges, between keys of nodes; one whose end is unknown is left out and counted.
    pub edges: Vec<EdgeInput>,
}

impl GraphInput {
    /// The nodes of this name, and those that an edge joins to one of them; `None` if there is no such node.
    #[must_use]
    pub fn around(self, name: &str) -> Option<Self> {
        let is_it = |key: &str| crate::engine::ends(key).any(|end| end == name);
        let edges: Vec<EdgeInput> =
            self.edges.into_iter().filter(|edge| is_it(&edge.from) || is_it(&edge.to)).collect();
        let joined: BTreeSet<&str> = edges.iter().flat_map(|edge| [edge.from.as_str(), edge.to.as_str()]).collect();
        let nodes: Vec<NodeInput> =
            self.nodes.into_iter().filter(|node| is_it(&node.key) || joined.contains(node.key.as_str())).collect();
        nodes.iter().any(|node| is_it(&node.key)).then_some(Self { accounts: self.accounts, nodes, edges })
    }
}

/// An account: a frame around its nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountInput {
    /// Its number.
    pub id: String,
    /// Its name, if it is known.
    pub name: Option<String>,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInput {
    /// What edges call it.
    pub key: String,
    /// What a person calls it.
    pub label: String,
    /// What kind of thing it is.
    pub kind: NodeKind,
    /// Its account, if it has one.
    pub account: Option<String>,
    /// The names of the members, if it stands for several.
    pub members: Vec<String>,
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
            Self::User => "user",
            Self::Role => "role",
            Self::Repository => "repository",
        }
    }
}

/// An edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeInput {
    /// The key of the node that acts.
    pub from: String,
    /// The key of the node that is acted on.
    pub to: String,
    /// `push`, `pull` ... for a capability.
    pub label: String,
    /// A capability, or becoming a role.
    pub kind: EdgeKind,
    /// Whether it is allowed in every request; what is denied is not drawn.
    pub verdict: Verdict,
}

/// What an edge means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeKind {
    /// The one can do this on the other.
    Capability,
    /// The one can become the other.
    Assumption,
}

/// A node as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is called in the picture.
    pub label: String,
    /// What kind of thing it is.
    pub kind: NodeKind,
    /// Its account, if it has one.
    pub account: Option<String>,
    /// The names of all that it stands for; one for a node that is not folded.
    pub members: Vec<String>,
    /// Whether anyone can get at it.
    pub exposed: bool,
}

/// An edge as it is drawn: all capabilities of one node on another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// A capability, or becoming a role.
    pub kind: EdgeKind,
    /// What is allowed in every request.
    pub allowed: Vec<String>,
    /// What is allowed in some.
    pub conditional: Vec<String>,
    /// Whether it lets in somebody outside of every known account.
    pub exposing: bool,
}

/// How large a picture may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Whether twins stay single.
    pub expand: bool,
    /// The most nodes.
    pub nodes: usize,
    /// The most edges.
    pub edges: usize,
}

impl Default for Limits {
    /// What Graphviz lays out in seconds and a person still reads.
    fn default() -> Self {
        Self { expand: false, nodes: 300, edges: 900 }
    }
}

/// What was left out of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Omitted {
    /// Nodes, each of which may stand for several things.
    pub nodes: usize,
    /// Edges.
    pub edges: usize,
}

impl Omitted {
    /// Whether the picture is whole.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for Omitted {
    /// `3 nodes and 1 edge`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = |count: usize| if count == 1 { "" } else { "s" };
        let Self { nodes, edges } = *self;
        match (nodes, edges) {
            (0, edges) => write!(f, "{edges} edge{}", ending(edges)),
            (nodes, 0) => write!(f, "{nodes} node{}", ending(nodes)),
            (nodes, edges) => write!(f, "{nodes} node{} and {edges} edge{}", ending(nodes), ending(edges)),
        }
    }
}

/// The graph as it is drawn.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Nodes and edges.
    pub graph: DiGraph<Node, Edge>,
    /// The accounts that some node lies in: name and number, in the order of numbers.
    pub accounts: BTreeMap<String, Option<String>>,
    /// What was left out.
    pub omitted: Omitted,
}

/// A node's neighbours: the edge's direction, the neighbour, kind, label and verdict.
type Neighbours<'a> = BTreeSet<(bool, usize, EdgeKind, &'a str, Verdict)>;

impl Model {
    /// Folds, merges and bounds.
    #[must_use]
    pub fn new(input: &GraphInput, limits: Limits) -> Self {
        let numbers: BTreeMap<&str, usize> =
            input.nodes.iter().enumerate().map(|(number, node)| (node.key.as_str(), number)).collect();
        let end = |key: &str| numbers.get(key).copied();
        let mut edges = Vec::new();
        let mut omitted = Omitted::default();
        for edge in input.edges.iter().filter(|edge| edge.verdict.is_possible()) {
            match (end(&edge.from), end(&edge.to)) {
                (Some(from), Some(to)) => edges.push((from, to, edge)),
                _ => omitted.edges += 1,
            }
        }
        let folds = fold(input, &edges, limits.expand);
        let mut model = Self { omitted, ..Self::default() };
        model.draw(input, &folds, &edges, limits);
        model.frame(input);
        model
    }

    fn draw(&mut self, input: &GraphInput, folds: &Folds, edges: &[(usize, usize, &EdgeInput)], limits: Limits) {
        let mut merged: BTreeMap<(usize, usize, EdgeKind), IndexMap<&str, Verdict>> = BTreeMap::new();
        for &(from, to, edge) in edges {
            let labels = merged.entry((folds.of[from], folds.of[to], edge.kind)).or_default();
            let best = labels.entry(&edge.label).or_insert(edge.verdict);
            *best = edge.verdict.min(*best);
        }
        let kept = self.choose(input, folds, merged.keys(), limits);
        let mut indices: BTreeMap<usize, NodeIndex> = BTreeMap::new();
        for &fold in &kept {
            indices.insert(fold, self.graph.add_node(node(input, &folds.members[fold])));
        }
        for ((from, to, kind), labels) in merged {
            let (Some(&from), Some(&to)) = (indices.get(&from), indices.get(&to)) else {
                self.omitted.edges += 1;
                continue;
            };
            if self.graph.edge_count() >= limits.edges {
                self.omitted.edges += 1;
                continue;
            }
            let exposing = self.graph[from].kind == NodeKind::Anyone;
            let mut edge = Edge { kind, allowed: Vec::new(), conditional: Vec::new(), exposing };
            for (label, verdict) in labels {
                let side = if verdict == Verdict::Allowed { &mut edge.allowed } else { &mut edge.conditional };
                side.push(label.to_owned());
            }
            self.graph.add_edge(from, to, edge);
        }
    }

    /// Which nodes fit: those that anyone can get at first, then those with the most edges.
    fn choose<'e>(
        &mut self,
        input: &GraphInput,
        folds: &Folds,
        edges: impl Iterator<Item = &'e (usize, usize, EdgeKind)>,
        limits: Limits,
    ) -> Vec<usize> {
        let mut degree = vec![0_usize; folds.members.len()];
        for &(from, to, _) in edges {
            degree[from] += 1;
            degree[to] += 1;
        }
        let mut order: Vec<usize> = (0..folds.members.len()).collect();
        order.sort_by_key(|&fold| {
            let first = &input.nodes[folds.members[fold][0]];
            let is_outside = first.exposed || first.kind < NodeKind::User;
            (!is_outside, std::cmp::Reverse(degree[fold]), fold)
        });
        self.omitted.nodes = order.len().saturating_sub(limits.nodes);
        order.truncate(limits.nodes);
        order.sort_unstable();
        order
    }

    fn frame(&mut self, input: &GraphInput) {
        let names: BTreeMap<&str, &AccountInput> =
            input.accounts.iter().map(|account| (account.id.as_str(), account)).collect();
        for account in self.graph.node_weights().filter_map(|node| node.account.as_ref()) {
            let name = names.get(account.as_str()).and_then(|known| known.name.clone());
            self.accounts.insert(account.clone(), name);
        }
    }
}

/// Which nodes are drawn as one.
struct Folds {
    /// The fold of each node of the input.
    of: Vec<usize>,
    /// The nodes of each fold, at least one.
    members: Vec<Vec<usize>>,
}

fn fold(input: &GraphInput, edges: &[(usize, usize, &EdgeInput)], expand: bool) -> Folds {
    let mut neighbours: Vec<Neighbours<'_>> = vec![BTreeSet::new(); input.nodes.len()];
    for &(from, to, edge) in edges {
        neighbours[from].insert((true, to, edge.kind, &edge.label, edge.verdict));
        neighbours[to].insert((false, from, edge.kind, &edge.label, edge.verdict));
    }
    let mut folds = Folds { of: Vec::with_capacity(input.nodes.len()), members: Vec::new() };
    let mut known: BTreeMap<_, usize> = BTreeMap::new();
    for (number, (node, around)) in input.nodes.iter().zip(&neighbours).enumerate() {
        let single = expand || node.kind < NodeKind::User;
        let key = (single.then_some(number), node.kind, &node.account, node.exposed, around);
        let fold = *known.entry(key).or_insert_with(|| {
            folds.members.push(Vec::new());
            folds.members.len() - 1
        });
        folds.members[fold].push(number);
        folds.of.push(fold);
    }
    folds
}

fn node(input: &GraphInput, numbers: &[usize]) -> Node {
    let first = &input.nodes[numbers[0]];
    let mut members = Vec::new();
    for node in numbers.iter().map(|&number| &input.nodes[number]) {
        if node.members.is_empty() {
            members.push(node.label.clone());
        } else {
            members.extend(node.members.iter().cloned());
        }
    }
    let names: Vec<&str> = members.iter().map(String::as_str).collect();
    let shown = match names.as_slice() {
        [_] => short(&first.label).to_owned(),
        several => label(several, first.kind.as_str()),
    };
    Node { label: shown, kind: first.kind, account: first.account.clone(), exposed: first.exposed, members }
}
