//! Routes: how somebody gets at something, step by step.
//!
//! A route visits nobody twice. The shortest is found by A*, of those that are equally short one with the fewest
//! conditional steps. All are found length by length, the shortest first, and never into a part from which no goal is
//! near enough; so what is bounded is left out at the long end, and what it costs is bounded too.

use petgraph::Direction;
use petgraph::algo::astar;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef as _;

use super::input::{EdgeInput, GraphInput, NodeInput};
use super::select::{crosses, distances, nodes};
use crate::query::{AskError, Verdict};
use crate::report::fold::short;
use crate::report::{Sheet, Value};

/// Which routes are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Of each who starts, the shortest to the nearest goal.
    Shortest,
    /// All.
    All,
}

impl Wanted {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Shortest, Self::All];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shortest => "shortest",
            Self::All => "all",
        }
    }

    /// That of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wanted| wanted.as_str() == text)
    }
}

/// A question about routes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journey {
    /// Where they start: an ARN, the end of one, or a pattern.
    pub from: String,
    /// Where they lead.
    pub to: String,
    /// Which are wanted.
    pub wanted: Wanted,
    /// Only those with a conditional step.
    pub only_conditional: bool,
    /// Only those that leave an account, or come from outside.
    pub cross_account: bool,
    /// The most that are told; of the others it is told how many there are.
    pub most: usize,
}

/// Longer routes are not looked for.
pub const LONGEST: usize = 12;

/// So many steps are tried before no more routes are counted.
const TRIED: usize = 500_000;

/// Routes, the shortest first.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// The steps of each.
    pub routes: Vec<Vec<Step>>,
    /// How many more there are.
    pub more: usize,
    /// Whether there may be still more, which were not counted.
    pub is_cut: bool,
    /// Whether there may be others that are longer than was looked for.
    pub is_longer_possible: bool,
    edges: Vec<EdgeIndex>,
}

/// A step of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who takes it.
    pub from: NodeInput,
    /// Where it leads.
    pub to: NodeInput,
    /// What it is.
    pub edge: EdgeInput,
}

impl Step {
    /// `become`, or capabilities: `pull; if: push`.
    #[must_use]
    pub fn does(&self) -> String {
        let of = |verdict: Verdict| {
            let grants = self.edge.grants.iter().filter(|grant| grant.verdict == verdict);
            grants.map(|grant| &*grant.label).collect::<Vec<_>>().join(", ")
        };
        match (of(Verdict::Allowed), of(Verdict::Conditional)) {
            (allowed, conditional) if conditional.is_empty() => allowed,
            (allowed, conditional) if allowed.is_empty() => conditional,
            (allowed, conditional) => format!("{allowed}; if: {conditional}"),
        }
    }

    /// What it asks for, where it is conditional in all or in part.
    #[must_use]
    pub fn condition(&self) -> Option<String> {
        let mut told: Vec<&str> = self.edge.grants.iter().filter_map(|grant| grant.condition.as_deref()).collect();
        told.dedup();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

impl Journey {
    /// Finds the routes.
    ///
    /// # Errors
    /// [`AskError`] for a name that means nothing, or several things.
    pub fn routes(&self, input: &GraphInput) -> Result<Routes, AskError> {
        let graph = &input.graph;
        let (starts, goals) = (nodes(graph, &self.from)?, nodes(graph, &self.to)?);
        let towards = distances(graph, &goals, Some(Direction::Incoming));
        let mut search = Search { journey: self, graph, distances: towards, found: Vec::new(), more: 0, tried: 0 };
        let mut routes = Routes::default();
        if self.wanted == Wanted::Shortest && !self.only_conditional && !self.cross_account {
            for &start in &starts {
                search.shortest(start);
            }
            search.found.sort_by_key(Vec::len);
        } else {
            for length in 1..=LONGEST {
                for &start in &starts {
                    search.walk(&mut vec![start], &mut Vec::new(), length);
                }
            }
            // Between start and goal there must be enough to pass.
            let onward = distances(graph, &starts, Some(Direction::Outgoing));
            let within = onward.iter().zip(&search.distances).filter(|(on, back)| on.is_some() && back.is_some());
            let within = within.count();
            routes.is_longer_possible = within > LONGEST + 1 && self.wanted == Wanted::All;
        }
        routes.is_cut = search.tried > TRIED;
        routes.more = search.more;
        routes.routes = search.found.iter().map(|route| search.told(route)).collect();
        routes.edges = search.found.concat();
        Ok(routes)
    }
}

struct Search<'a> {
    journey: &'a Journey,
    graph: &'a DiGraph<NodeInput, EdgeInput>,
    /// How far each node is from the nearest goal.
    distances: Vec<Option<usize>>,
    found: Vec<Vec<EdgeIndex>>,
    more: usize,
    tried: usize,
}

impl Search<'_> {
    fn is_goal(&self, node: NodeIndex) -> bool {
        self.distances[node.index()] == Some(0)
    }

    fn shortest(&mut self, start: NodeIndex) {
        if self.distances[start.index()].is_none_or(|distance| distance == 0) {
            return;
        }
        if self.found.len() >= self.journey.most {
            self.more += 1;
            return;
        }
        let cost = |edge: petgraph::graph::EdgeReference<'_, EdgeInput>| {
            let is_sure = edge.weight().verdict() == Verdict::Allowed;
            // No route has so many steps that conditions outweigh one.
            (1_u64 << 32) + u64::from(!is_sure)
        };
        let estimate = |node: NodeIndex| self.distances[node.index()].map_or(u64::MAX >> 1, |far| (far as u64) << 32);
        let Some((_, route)) = astar(self.graph, start, |node| self.is_goal(node), cost, estimate) else { return };
        self.found.push(route.windows(2).filter_map(|pair| self.graph.find_edge(pair[0], pair[1])).collect());
    }

    /// Goes on along a route that is to have so many more steps.
    fn walk(&mut self, visited: &mut Vec<NodeIndex>, route: &mut Vec<EdgeIndex>, left: usize) {
        let Some(&node) = visited.last() else { return };
        if left == 0 {
            if self.is_goal(node) && self.is_wanted(route) {
                self.keep(route);
            }
            return;
        }
        if !route.is_empty() && self.is_goal(node) {
            return;
        }
        let mut next: Vec<(NodeIndex, EdgeIndex)> =
            self.graph.edges(node).map(|edge| (edge.target(), edge.id())).collect();
        next.retain(|(to, _)| self.distances[to.index()].is_some_and(|far| far < left) && !visited.contains(to));
        next.sort_unstable();
        for (to, edge) in next {
            self.tried += 1;
            if self.tried > TRIED || self.is_done() {
                return;
            }
            visited.push(to);
            route.push(edge);
            self.walk(visited, route, left - 1);
            visited.pop();
            route.pop();
        }
    }

    fn is_done(&self) -> bool {
        self.journey.wanted == Wanted::Shortest && !self.found.is_empty()
    }

    fn keep(&mut self, route: &[EdgeIndex]) {
        if self.found.len() < self.journey.most {
            self.found.push(route.to_vec());
        } else {
            self.more += 1;
        }
    }

    fn is_wanted(&self, route: &[EdgeIndex]) -> bool {
        let is_conditional = |edge: &EdgeIndex| self.graph[*edge].verdict() == Verdict::Conditional;
        let leaves = |edge: &EdgeIndex| {
            self.graph.edge_endpoints(*edge).is_some_and(|(from, to)| crosses(&self.graph[from], &self.graph[to]))
        };
        (!self.journey.only_conditional || route.iter().any(is_conditional))
            && (!self.journey.cross_account || route.iter().any(leaves))
    }

    fn told(&self, route: &[EdgeIndex]) -> Vec<Step> {
        let step = |&edge: &EdgeIndex| {
            let (from, to) = self.graph.edge_endpoints(edge)?;
            let (from, to) = (self.graph[from].clone(), self.graph[to].clone());
            Some(Step { from, to, edge: self.graph[edge].clone() })
        };
        route.iter().filter_map(step).collect()
    }
}

impl Routes {
    /// Only what they pass, to be drawn.
    #[must_use]
    pub fn drawn(&self, input: GraphInput) -> GraphInput {
        let mut edges = vec![false; input.graph.edge_count()];
        let mut is_end = vec![false; input.graph.node_count()];
        for &edge in &self.edges {
            edges[edge.index()] = true;
            if let Some((from, to)) = input.graph.edge_endpoints(edge) {
                is_end[from.index()] = true;
                is_end[to.index()] = true;
            }
        }
        input.only(|node| is_end[node.index()], |edge, weight| edges[edge.index()].then_some(weight))
    }

    /// The routes as a list: a row a step. `is_short`: with names as a person reads them.
    #[must_use]
    pub fn sheet(&self, is_short: bool) -> Sheet {
        let mut sheet =
            Sheet::new("routes", &["route", "step", "principal", "does", "on", "account", "verdict", "condition"]);
        let name =
            |node: &NodeInput| -> Value { if is_short { short(&node.key).into() } else { node.key.as_str().into() } };
        for (number, route) in (1_usize..).zip(&self.routes) {
            for (step, taken) in (1_usize..).zip(route) {
                sheet.rows.push(vec![
                    number.into(),
                    step.into(),
                    name(&taken.from),
                    taken.does().into(),
                    name(&taken.to),
                    taken.to.account.clone().into(),
                    taken.edge.verdict().as_str().into(),
                    taken.condition().into(),
                ]);
            }
        }
        if is_short && self.routes.iter().flatten().all(|step| step.condition().is_none()) {
            sheet.columns.pop();
            sheet.rows.iter_mut().for_each(|row| drop(row.pop()));
        }
        sheet
    }

    /// How many there are, and what was left out.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let count = |count: usize| if count == 1 { "1 route".to_owned() } else { format!("{count} routes") };
        let is_sure = |route: &&Vec<Step>| route.iter().all(|step| step.edge.verdict() == Verdict::Allowed);
        let sure = self.routes.iter().filter(is_sure).count();
        let mut notes = match (self.routes.len(), sure) {
            (0, _) => vec!["no route leads there".to_owned()],
            (all, sure) => vec![format!("{}: {sure} allowed, {} conditional", count(all), all - sure)],
        };
        match (self.more, self.is_cut) {
            (0, false) => {}
            (0, true) => notes.push("there may be more: not all was tried".to_owned()),
            (more, false) => notes.push(format!("{more} more; --max-routes shows more")),
            (more, true) => notes.push(format!("at least {more} more, too many to count; --max-routes shows more")),
        }
        if self.is_longer_possible {
            notes.push(format!("routes of more than {LONGEST} steps were not looked for"));
        }
        notes
    }
}
