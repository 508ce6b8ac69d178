//! The graph as it is drawn: folded, merged, bounded.
//!
//! What does not fit is folded further rather than cut, and cut only when nothing is left to fold. Either is said.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use indexmap::IndexMap;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use super::fold::{Fold, Folded, Folds, Place, fold};
use super::input::{EdgeKind, GraphInput, NodeKind, Strength};
use crate::catalog::Capability;
use crate::query::Verdict;
use crate::report::fold::{label, plural, short};

/// A node as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is called in the picture.
    pub label: String,
    /// What kind of thing it is.
    pub kind: NodeKind,
    /// Its account, if it has one, or all of its members have the same.
    pub account: Option<String>,
    /// The frame that it is drawn in, by its number in [`Model::frames`].
    pub frame: Option<usize>,
    /// The keys of all that it stands for; one for a node that is not folded.
    pub members: Vec<String>,
    /// Whether anyone can get at it.
    pub exposed: bool,
}

/// An edge as it is drawn: all that one node can do to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// A capability, or becoming a role.
    pub kind: EdgeKind,
    /// What is allowed in every request.
    pub allowed: Vec<String>,
    /// What is allowed in some.
    pub conditional: Vec<String>,
    /// The conditions of those.
    pub conditions: Vec<String>,
    /// Of how many pairs of members it is true.
    pub pairs: usize,
    /// Of how many there are.
    pub possible: usize,
    /// Whether it lets in somebody outside of every known account.
    pub exposing: bool,
}

impl Edge {
    /// What it says, in words: `pull; if: push; 3 of 8`.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = match (self.allowed.as_slice(), self.conditional.as_slice()) {
            ([], conditional) => format!("if: {}", conditional.join(", ")),
            (allowed, []) => allowed.join(", "),
            (allowed, conditional) => format!("{}; if: {}", allowed.join(", "), conditional.join(", ")),
        };
        if self.pairs < self.possible {
            let _ = write!(words, "; {} of {}", self.pairs, self.possible);
        }
        words
    }

    /// The best verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.allowed.is_empty() { Verdict::Conditional } else { Verdict::Allowed }
    }

    /// The most that the one can do to the other.
    #[must_use]
    pub fn strength(&self) -> Strength {
        Strength::of(self.allowed.iter().chain(&self.conditional).map(String::as_str))
    }
}

/// How large a picture may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How much is drawn as one at least; `None`: as little as fits.
    pub fold: Option<Fold>,
    /// The most nodes.
    pub nodes: usize,
    /// The most edges.
    pub edges: usize,
}

impl Limits {
    /// What a person still reads.
    pub const PICTURE: Self = Self { fold: None, nodes: 120, edges: 240 };
    /// What is read by programs has no limit.
    pub const DATA: Self = Self { fold: None, nodes: usize::MAX, edges: usize::MAX };
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

/// A frame around nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is called.
    pub title: String,
    /// The account, if it is one.
    pub account: Option<String>,
}

/// The graph as it is drawn.
#[derive(Clone, Debug)]
pub struct Model {
    /// Nodes and edges.
    pub graph: DiGraph<Node, Edge>,
    /// The frames that some node lies in.
    pub frames: Vec<Frame>,
    /// How much is drawn as one.
    pub fold: Fold,
    /// Whether that is more than was asked for.
    pub is_folded_further: bool,
    /// What was left out.
    pub omitted: Omitted,
}

/// All that members of one fold can do to members of another.
struct Merged<'a> {
    kind: EdgeKind,
    pairs: usize,
    labels: IndexMap<&'a str, Verdict>,
    conditions: BTreeSet<&'a str>,
}

/// Edges between folds, by their ends.
type Merge<'a> = BTreeMap<(usize, usize), Merged<'a>>;

impl Model {
    /// Folds, merges and bounds.
    #[must_use]
    pub fn new(input: &GraphInput, limits: Limits) -> Self {
        let asked = limits.fold.unwrap_or(Fold::Alike);
        let mut how = asked;
        loop {
            let folds = fold(input, how);
            let merged = merge(input, &folds);
            let fits = folds.folds.len() <= limits.nodes && merged.len() <= limits.edges;
            if let Some(further) = how.further().filter(|_| !fits) {
                how = further;
                continue;
            }
            let mut model = Self {
                graph: DiGraph::new(),
                frames: Vec::new(),
                fold: how,
                is_folded_further: how != asked,
                omitted: Omitted::default(),
            };
            model.draw(input, &folds, merged, limits);
            return model;
        }
    }

    /// What is to be known of the picture: how it was folded, and what is not in it.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let by = match self.fold {
            Fold::Account => "account",
            Fold::Unit => "organizational unit",
            Fold::Single | Fold::Alike => "",
        };
        if self.is_folded_further {
            notes.push(format!(
                "too large to read one by one: folded by {by}; --focus, --from and --to draw a part in full, \
                 --max-nodes and --max-edges allow more"
            ));
        }
        if !self.omitted.is_nothing() {
            notes.push(format!("not drawn: {}; --max-nodes and --max-edges allow more", self.omitted));
        }
        notes
    }

    fn draw(&mut self, input: &GraphInput, folds: &Folds, merged: Merge<'_>, limits: Limits) {
        let kept = self.choose(input, folds, &merged, limits);
        let mut numbers: BTreeMap<&Place, usize> = BTreeMap::new();
        let places: BTreeSet<&Place> = kept.iter().map(|&fold| &folds.folds[fold].place).collect();
        for place in places {
            if let Some(frame) = frame(input, place) {
                numbers.insert(place, self.frames.len());
                self.frames.push(frame);
            }
        }
        let mut indices: BTreeMap<usize, NodeIndex> = BTreeMap::new();
        for &number in &kept {
            let folded = &folds.folds[number];
            let node = node(input, folded, numbers.get(&folded.place).copied());
            indices.insert(number, self.graph.add_node(node));
        }
        let mut edges: Vec<(NodeIndex, NodeIndex, Edge)> = Vec::new();
        for ((from, to), merged) in merged {
            let (Some(&from), Some(&to)) = (indices.get(&from), indices.get(&to)) else {
                self.omitted.edges += 1;
                continue;
            };
            edges.push((from, to, self.edge(from, to, merged)));
        }
        if let Some(more) = edges.len().checked_sub(limits.edges).filter(|&more| more > 0) {
            self.omitted.edges += more;
            // What lets strangers in, what crosses accounts, what does most harm is kept.
            let frame = |index: NodeIndex| self.graph[index].frame;
            edges.sort_by_key(|(from, to, edge)| {
                (!edge.exposing, frame(*from) == frame(*to), Reverse(edge.strength()), *from, *to)
            });
            edges.truncate(limits.edges);
            edges.sort_by_key(|(from, to, _)| (*from, *to));
        }
        for (from, to, edge) in edges {
            self.graph.add_edge(from, to, edge);
        }
    }

    fn edge(&self, from: NodeIndex, to: NodeIndex, merged: Merged<'_>) -> Edge {
        let (one, other) = (&self.graph[from], &self.graph[to]);
        // Nobody becomes itself.
        let others = if from == to { other.members.len() - 1 } else { other.members.len() };
        let mut edge = Edge {
            kind: merged.kind,
            allowed: Vec::new(),
            conditional: Vec::new(),
            conditions: merged.conditions.into_iter().map(str::to_owned).collect(),
            pairs: merged.pairs,
            possible: one.members.len().saturating_mul(others),
            exposing: one.kind == NodeKind::Anyone,
        };
        let mut labels: Vec<(&str, Verdict)> = merged.labels.into_iter().collect();
        labels.sort_by_key(|(label, _)| Capability::parse(label));
        for (label, verdict) in labels {
            let side = if verdict == Verdict::Allowed { &mut edge.allowed } else { &mut edge.conditional };
            side.push(label.to_owned());
        }
        edge
    }

    /// Which nodes fit: those that anyone can get at first, then those with the most edges.
    fn choose(&mut self, input: &GraphInput, folds: &Folds, merged: &Merge<'_>, limits: Limits) -> Vec<usize> {
        let mut degree = vec![0_usize; folds.folds.len()];
        for &(from, to) in merged.keys() {
            degree[from] += 1;
            degree[to] += 1;
        }
        let mut order: Vec<usize> = (0..folds.folds.len()).collect();
        order.sort_by_key(|&fold| {
            let first = &input.graph[folds.folds[fold].members[0]];
            (!(first.exposed || first.kind.is_outside()), Reverse(degree[fold]), fold)
        });
        self.omitted.nodes = order.len().saturating_sub(limits.nodes);
        order.truncate(limits.nodes);
        order.sort_unstable();
        order
    }
}

fn merge<'a>(input: &'a GraphInput, folds: &Folds) -> Merge<'a> {
    let mut merged: Merge<'a> = BTreeMap::new();
    for edge in input.graph.edge_references() {
        let (from, to) = (folds.of[edge.source().index()], folds.of[edge.target().index()]);
        let into = merged.entry((from, to)).or_insert_with(|| Merged {
            kind: edge.weight().kind,
            pairs: 0,
            labels: IndexMap::new(),
            conditions: BTreeSet::new(),
        });
        into.pairs += 1;
        for grant in edge.weight().grants.iter() {
            let best = into.labels.entry(&grant.label).or_insert(grant.verdict);
            *best = grant.verdict.min(*best);
            into.conditions.extend(grant.condition.as_deref());
        }
    }
    merged
}

fn node(input: &GraphInput, folded: &Folded, frame: Option<usize>) -> Node {
    let all = || folded.members.iter().map(|&index| &input.graph[index]);
    let first = &input.graph[folded.members[0]];
    let kind = first.kind.as_str();
    let names: Vec<&str> = all().map(|node| node.label.as_str()).collect();
    let is_one_name = names.iter().all(|name| *name == names[0]);
    let shown = match (names.as_slice(), folded.strength) {
        ([one], _) => short(one).to_owned(),
        (several, Some(strength)) => format!("{} {} {}", several.len(), plural(kind), strength.claim()),
        // Of several accounts.
        (several, None) if is_one_name => {
            let name = short(several[0]);
            let bare = name.strip_prefix(kind).map_or(name, str::trim_start);
            format!("{} {}: {bare}", several.len(), plural(kind))
        }
        (several, None) => label(several, kind),
    };
    let account = first.account.clone().filter(|_| all().all(|node| node.account == first.account));
    let members = all().map(|node| node.key.clone()).collect();
    Node { label: shown, kind: first.kind, account, frame, members, exposed: first.exposed }
}

fn frame(input: &GraphInput, place: &Place) -> Option<Frame> {
    let (title, account) = match place {
        Place::Outside => return None,
        Place::Account(id) => {
            let name = input.accounts.iter().find(|account| account.id == *id).and_then(|own| own.name.as_ref());
            let title = name.map_or_else(|| format!("account {id}"), |name| format!("{name} ({id})"));
            (title, Some(id.clone()))
        }
        Place::Unit(unit) => {
            let count = input.accounts.iter().filter(|account| account.unit == *unit).count();
            let counted = if count == 1 { "1 account".to_owned() } else { format!("{count} accounts") };
            let name = unit.as_deref().unwrap_or("of no known organization");
            (format!("{name} ({counted})"), None)
        }
        Place::Unknown => ("accounts that are not in the inventory".to_owned(), None),
    };
    Some(Frame { title, account })
}
