//! A part of the graph: what is around a node, what leads from here to there, what is conditional or crosses accounts.
//!
//! The way is found first, over all that somebody can do and become; what is on it is chosen afterwards. So
//! `--from user --cross-account` shows the steps into other accounts on the way, also those behind others.

use std::collections::VecDeque;
use std::sync::Arc;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use super::input::{EdgeInput, EdgeKind, Grant, GraphInput, NodeInput, NodeKind};
use crate::catalog::Capability;
use crate::engine::Names;
use crate::query::{AskError, Verdict, select};

/// Which part of the graph is wanted. Names are ARNs, the ends of those, or patterns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// What is so near to one of these, whichever way edges point.
    pub focus: Option<(String, usize)>,
    /// What can be reached from one of these.
    pub from: Option<String>,
    /// What reaches one of these.
    pub to: Option<String>,
    /// Only these capabilities, and who can become somebody who has one. Empty: all.
    pub capabilities: Vec<Capability>,
    /// Only what is allowed in some requests and not in all.
    pub only_conditional: bool,
    /// Only what leads from one account to another, or in from outside.
    pub cross_account: bool,
}

impl Selection {
    /// The selected part.
    ///
    /// # Errors
    /// [`AskError`] for a name that means nothing, or several things.
    pub fn of(&self, input: GraphInput) -> Result<GraphInput, AskError> {
        if *self == Self::default() {
            return Ok(input);
        }
        let graph = &input.graph;
        let found = |name: &Option<String>| name.as_deref().map(|name| nodes(graph, name)).transpose();
        let (from, to) = (found(&self.from)?, found(&self.to)?);
        let focus = self.focus.as_ref().map(|(name, depth)| Ok((nodes(graph, name)?, *depth))).transpose()?;
        let mut named = vec![false; graph.node_count()];
        let all = from.iter().chain(&to).chain(focus.iter().map(|(nodes, _)| nodes)).flatten();
        all.for_each(|node| named[node.index()] = true);

        let mut edges = vec![true; graph.edge_count()];
        if let Some(from) = from {
            let distances = distances(graph, &from, Some(Direction::Outgoing));
            keep(graph, &mut edges, |from, _| distances[from.index()].is_some());
        }
        if let Some(to) = to {
            let distances = distances(graph, &to, Some(Direction::Incoming));
            keep(graph, &mut edges, |_, to| distances[to.index()].is_some());
        }
        if let Some((nodes, depth)) = focus {
            let distances = distances(graph, &nodes, None);
            let is_near = |node: NodeIndex| distances[node.index()].is_some_and(|distance| distance < depth);
            keep(graph, &mut edges, |from, to| is_near(from) || is_near(to));
        }
        if self.cross_account {
            keep(graph, &mut edges, |from, to| crosses(&graph[from], &graph[to]));
        }
        Ok(self.rest(input, &edges, &named))
    }

    /// These edges with what of them is wanted, and the nodes at their ends.
    fn rest(&self, input: GraphInput, edges: &[bool], named: &[bool]) -> GraphInput {
        let kept: Vec<Option<EdgeInput>> = input
            .graph
            .edge_weights()
            .zip(edges)
            .map(|(edge, is_kept)| is_kept.then(|| self.wanted(edge)).flatten())
            .collect();
        let leads = self.leading(&input.graph, &kept);
        let mut is_end = named.to_vec();
        let mut kept: Vec<Option<EdgeInput>> = input
            .graph
            .edge_references()
            .zip(kept)
            .map(|(edge, kept)| {
                kept.filter(|_| edge.weight().kind == EdgeKind::Capability || leads[edge.target().index()])
            })
            .collect();
        for (edge, _) in input.graph.edge_references().zip(&kept).filter(|(_, kept)| kept.is_some()) {
            is_end[edge.source().index()] = true;
            is_end[edge.target().index()] = true;
        }
        input.only(|node| is_end[node.index()], |edge, _| kept[edge.index()].take())
    }

    /// What is wanted of an edge.
    fn wanted(&self, edge: &EdgeInput) -> Option<EdgeInput> {
        let is_wanted = |grant: &&Grant| {
            let is_capability = edge.kind == EdgeKind::Assumption
                || self.capabilities.is_empty()
                || Capability::parse(&grant.label).is_some_and(|own| self.capabilities.contains(&own));
            is_capability && (!self.only_conditional || grant.verdict == Verdict::Conditional)
        };
        if edge.grants.iter().all(|grant| is_wanted(&grant)) {
            return Some(edge.clone());
        }
        let grants: Arc<[Grant]> = edge.grants.iter().filter(is_wanted).cloned().collect();
        (!grants.is_empty()).then_some(EdgeInput { kind: edge.kind, grants })
    }

    /// Who has one of the capabilities, or can become somebody who has; everybody, where none is asked for.
    fn leading(&self, graph: &DiGraph<NodeInput, EdgeInput>, kept: &[Option<EdgeInput>]) -> Vec<bool> {
        if self.capabilities.is_empty() {
            return vec![true; graph.node_count()];
        }
        let holders: Vec<NodeIndex> = graph
            .edge_references()
            .zip(kept)
            .filter(|(edge, kept)| kept.is_some() && edge.weight().kind == EdgeKind::Capability)
            .map(|(edge, _)| edge.source())
            .collect();
        distances(graph, &holders, Some(Direction::Incoming)).iter().map(Option::is_some).collect()
    }
}

/// The nodes that a name means.
///
/// # Errors
/// [`AskError`] for a name that means nothing, or several things.
pub(super) fn nodes(graph: &DiGraph<NodeInput, EdgeInput>, name: &str) -> Result<Vec<NodeIndex>, AskError> {
    let names = graph.node_indices().map(|index| (index, Arc::from(graph[index].key.as_str()))).collect();
    select("node of the graph", name, &Names::new(names))
}

/// How many edges each node is away from the nearest of these; `None` for those that cannot be reached. Without a
/// direction edges are followed either way.
pub(super) fn distances<N, E>(
    graph: &DiGraph<N, E>,
    starts: &[NodeIndex],
    direction: Option<Direction>,
) -> Vec<Option<usize>> {
    let mut distances = vec![None; graph.node_count()];
    let mut queue: VecDeque<NodeIndex> = VecDeque::new();
    for &start in starts {
        if distances[start.index()].replace(0).is_none() {
            queue.push_back(start);
        }
    }
    while let Some(node) = queue.pop_front() {
        let next = distances[node.index()].map(|distance| distance + 1);
        let mut visit = |neighbour: NodeIndex| {
            if distances[neighbour.index()].is_none() {
                distances[neighbour.index()] = next;
                queue.push_back(neighbour);
            }
        };
        match direction {
            Some(direction) => graph.neighbors_directed(node, direction).for_each(&mut visit),
            None => graph.neighbors_undirected(node).for_each(&mut visit),
        }
    }
    distances
}

fn keep(
    graph: &DiGraph<NodeInput, EdgeInput>,
    edges: &mut [bool],
    mut is_kept: impl FnMut(NodeIndex, NodeIndex) -> bool,
) {
    for edge in graph.edge_references() {
        edges[edge.id().index()] &= is_kept(edge.source(), edge.target());
    }
}

/// Whether an edge between these leads from one account to another, or in from outside.
pub(super) fn crosses(from: &NodeInput, to: &NodeInput) -> bool {
    from.kind.is_outside() || from.kind == NodeKind::Provider || from.account != to.account
}
