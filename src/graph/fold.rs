//! Which nodes are drawn as one.
//!
//! Nodes are alike when they have the same account and kind and *exactly* the same neighbours under the same verdicts:
//! then what the picture says of the folded node is true of each member, and nothing else is. One pass is enough, for
//! folding twins makes no new ones. What is folded further, by account or by unit of the organization, says what is
//! true of some of its members; so edges between such nodes are counted.

use std::collections::BTreeMap;

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef as _;
use rustc_hash::FxHashMap;

use super::input::{AccountInput, EdgeKind, Grant, GraphInput, NodeKind, Strength};
use crate::query::Verdict;

/// How much is drawn as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fold {
    /// Every principal and every repository is a node.
    Single,
    /// Twins are one node: nobody could tell them apart.
    Alike,
    /// Of an account those of a kind are one node who can do as much, and repositories that are open to as many.
    Account,
    /// The same of all accounts of an organizational unit.
    Unit,
}

impl Fold {
    /// Those that can be asked for by name.
    pub const NAMED: [Self; 3] = [Self::Alike, Self::Account, Self::Unit];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Alike => "alike",
            Self::Account => "account",
            Self::Unit => "unit",
        }
    }

    /// The fold of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|fold| fold.as_str() == text)
    }

    /// Whether edges say what is true of some members, rather than of all.
    #[must_use]
    pub fn is_coarse(self) -> bool {
        self >= Self::Account
    }

    /// What folds more, if anything does.
    pub(super) fn further(self) -> Option<Self> {
        match self {
            Self::Single | Self::Unit => None,
            Self::Alike => Some(Self::Account),
            Self::Account => Some(Self::Unit),
        }
    }
}

/// Where a node is drawn: nowhere in particular, in an account, in a unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    Outside,
    Account(String),
    Unit(Option<String>),
    /// Of accounts that the input does not hold.
    Unknown,
}

/// Which nodes are drawn as one.
pub(super) struct Folds {
    /// The fold of each node.
    pub(super) of: Vec<usize>,
    /// Each fold, in the order of first members.
    pub(super) folds: Vec<Folded>,
}

/// Nodes that are drawn as one.
pub(super) struct Folded {
    /// They, at least one.
    pub(super) members: Vec<NodeIndex>,
    pub(super) place: Place,
    /// The most that each of them can do, where they were put together for that.
    pub(super) strength: Option<Strength>,
}

/// What nodes that are drawn as one have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Common {
    /// Nothing: there is one.
    Alone(NodeIndex),
    /// The direction, the neighbour, the kind, the number of the grants.
    Neighbours(Vec<(bool, usize, EdgeKind, usize)>),
    /// What it can do, or what those outside can do to it.
    Strength(Strength),
}

/// Folds.
pub(super) fn fold(input: &GraphInput, how: Fold) -> Folds {
    let units: BTreeMap<&str, &AccountInput> =
        input.accounts.iter().map(|account| (account.id.as_str(), account)).collect();
    let numbers = numbered(input);
    let mut known: BTreeMap<_, usize> = BTreeMap::new();
    let mut folds = Folds { of: Vec::with_capacity(input.graph.node_count()), folds: Vec::new() };
    for index in input.graph.node_indices() {
        let node = &input.graph[index];
        let place = match &node.account {
            None => Place::Outside,
            Some(account) if how < Fold::Unit => Place::Account(account.clone()),
            Some(account) => units.get(account.as_str()).map_or(Place::Unknown, |own| Place::Unit(own.unit.clone())),
        };
        let common = match how {
            _ if node.kind.is_outside() => Common::Alone(index),
            Fold::Single => Common::Alone(index),
            Fold::Alike => Common::Neighbours(neighbours(input, index, &numbers)),
            Fold::Account | Fold::Unit => Common::Strength(node.strength),
        };
        let strength = match common {
            Common::Strength(strength) if matches!(node.kind, NodeKind::User | NodeKind::Role) => Some(strength),
            _ => None,
        };
        let fold = *known.entry((node.kind, place.clone(), node.exposed, common)).or_insert_with(|| {
            folds.folds.push(Folded { members: Vec::new(), place, strength });
            folds.folds.len() - 1
        });
        folds.folds[fold].members.push(index);
        folds.of.push(fold);
    }
    folds
}

/// Edges that say the same have the same number. Their conditions are not drawn, and told together.
fn numbered(input: &GraphInput) -> Vec<usize> {
    let mut known: FxHashMap<&[Grant], usize> = FxHashMap::default();
    let mut claims: FxHashMap<Vec<(&str, Verdict)>, usize> = FxHashMap::default();
    let mut numbers = Vec::with_capacity(input.graph.edge_count());
    for edge in input.graph.edge_weights() {
        numbers.push(*known.entry(&*edge.grants).or_insert_with(|| {
            let next = claims.len();
            *claims.entry(edge.grants.iter().map(|grant| (&*grant.label, grant.verdict)).collect()).or_insert(next)
        }));
    }
    numbers
}

fn neighbours(input: &GraphInput, index: NodeIndex, numbers: &[usize]) -> Vec<(bool, usize, EdgeKind, usize)> {
    let mut found = Vec::new();
    for direction in [Direction::Outgoing, Direction::Incoming] {
        let is_outgoing = direction == Direction::Outgoing;
        found.extend(input.graph.edges_directed(index, direction).map(|edge| {
            let other = if is_outgoing { edge.target() } else { edge.source() };
            (is_outgoing, other.index(), edge.weight().kind, numbers[edge.id().index()])
        }));
    }
    found.sort_unstable();
    found
}
