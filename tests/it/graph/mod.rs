//! The permission graph: what is selected, folded and left out, the ways in it, and whether those read it for whom each
//! form is made.

mod dot;
mod folding;
mod forms;
mod mermaid;
mod names;
mod proofs;
mod routes;
mod sample;
mod selection;
mod svg;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use grantlog::graph::{AccountInput, EdgeInput, EdgeKind, Grant, GraphInput, Model, NodeInput, NodeKind, Strength};
use grantlog::query::Verdict;
use petgraph::graph::{DiGraph, NodeIndex};

pub(super) const HOME: Option<&str> = Some("111122223333");
pub(super) const AWAY: Option<&str> = Some("444455556666");

/// A graph that is made by hand.
#[derive(Default)]
pub(super) struct World {
    accounts: Vec<AccountInput>,
    graph: DiGraph<NodeInput, EdgeInput>,
    numbers: BTreeMap<String, NodeIndex>,
}

impl World {
    pub(super) fn input(&self) -> GraphInput {
        GraphInput::new(self.accounts.clone(), self.graph.clone())
    }

    pub(super) fn account(&mut self, id: Option<&str>, name: &str, unit: &str) {
        let (id, name) = (id.unwrap_or_default().to_owned(), Some(name.to_owned()));
        self.accounts.push(AccountInput { id, name, unit: Some(unit.to_owned()) });
    }

    pub(super) fn node(&mut self, name: &str, kind: NodeKind, account: Option<&str>) {
        self.add(name, kind, account, false);
    }

    /// A repository that anyone can pull from.
    pub(super) fn public(&mut self, name: &str, account: Option<&str>) {
        self.add(name, NodeKind::Repository, account, true);
    }

    fn add(&mut self, name: &str, kind: NodeKind, account: Option<&str>, exposed: bool) {
        let (key, label) = (name.to_owned(), name.to_owned());
        let node =
            NodeInput { key, label, kind, account: account.map(str::to_owned), exposed, strength: Strength::default() };
        self.numbers.insert(name.to_owned(), self.graph.add_node(node));
    }

    /// `become`, or capabilities: `push; if: delete, tag`.
    pub(super) fn edge(&mut self, from: &str, to: &str, words: &str) {
        self.edge_if(from, to, words, None);
    }

    pub(super) fn edge_if(&mut self, from: &str, to: &str, words: &str, condition: Option<&str>) {
        let (allowed, conditional) = match words.strip_prefix("if: ") {
            Some(conditional) => ("", conditional),
            None => words.split_once("; if: ").unwrap_or((words, "")),
        };
        let grants = |words: &str, verdict: Verdict| -> Vec<Grant> {
            let condition = condition.filter(|_| verdict == Verdict::Conditional).map(Arc::from);
            let words = words.split(", ").filter(|word| !word.is_empty());
            words.map(|word| Grant { label: word.into(), verdict, condition: condition.clone() }).collect()
        };
        let mut all = grants(allowed, Verdict::Allowed);
        all.extend(grants(conditional, Verdict::Conditional));
        let kind = if words.ends_with("become") { EdgeKind::Assumption } else { EdgeKind::Capability };
        self.graph.add_edge(self.numbers[from], self.numbers[to], EdgeInput { kind, grants: all.into() });
    }
}

/// Two accounts with everything that a picture can show.
pub(super) fn world() -> World {
    let mut world = World::default();
    world.account(HOME, "storefront-prod", "Workloads");
    world.account(AWAY, "ci", "Workloads");
    world.public("storefront/web", HOME);
    for name in ["storefront/api", "internal/batch-1", "internal/batch-2", "internal/batch-3"] {
        world.node(name, NodeKind::Repository, HOME);
    }
    let builders: Vec<String> =
        (1..=12).map(|number| format!("arn:aws:iam::444455556666:role/ci-build-{number}")).collect();
    for name in &builders {
        world.node(name, NodeKind::Role, AWAY);
    }
    world.node("deployer", NodeKind::Role, HOME);
    world.node("admin", NodeKind::Role, HOME);
    world.node("alice", NodeKind::User, HOME);
    world.node("anyone", NodeKind::Anyone, None);
    world.node("service lambda.amazonaws.com", NodeKind::Service, None);
    world.node("account 777788889999 (not in the inventory)", NodeKind::Account, None);
    for name in &builders {
        world.edge(name, "storefront/api", "pull");
        world.edge_if(name, "deployer", "if: become", Some("the session is tagged"));
    }
    for repository in ["storefront/web", "storefront/api"] {
        world.edge("deployer", repository, "push; if: delete");
        world.edge("admin", repository, "administer, push");
    }
    for name in ["internal/batch-1", "internal/batch-2", "internal/batch-3"] {
        world.edge("admin", name, "administer");
        world.edge("service lambda.amazonaws.com", name, "if: pull");
    }
    world.edge("alice", "admin", "become");
    world.edge_if("anyone", "storefront/web", "if: push", Some("it is Monday"));
    world.edge("account 777788889999 (not in the inventory)", "storefront/api", "if: pull");
    world
}

/// A line an edge: `from -> to: what`, sorted.
pub(super) fn edges(model: &Model) -> Vec<String> {
    let line = |edge| {
        let (from, to) = model.graph.edge_endpoints(edge).expect("an edge has ends");
        let name = |node: NodeIndex| model.graph[node].label.as_str();
        format!("{} -> {}: {}", name(from), name(to), model.graph[edge].words())
    };
    let mut lines: Vec<String> = model.graph.edge_indices().map(line).collect();
    lines.sort();
    lines
}

/// What Graphviz says and draws.
pub(super) fn graphviz(document: &str, form: &str) -> (String, Vec<u8>) {
    let mut dot = Command::new("dot");
    dot.arg(format!("-T{form}"));
    fed(&mut dot, document.as_bytes())
}

/// What Python prints of what it is given: a program that reads its standard input.
pub(super) fn python(program: &str, input: &[u8]) -> String {
    let mut python = Command::new("python3");
    let (said, printed) = fed(python.args(["-W", "error", "-c", program]), input);
    assert_eq!(said, "");
    String::from_utf8(printed).expect("it prints text")
}

/// What a program says and prints of what it is given.
pub(super) fn fed(command: &mut Command, input: &[u8]) -> (String, Vec<u8>) {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("its input is a pipe");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the writer does not panic").expect("the program reads it all");
    (String::from_utf8_lossy(&output.stderr).into_owned(), output.stdout)
}

/// What the program writes and says.
pub(super) fn grantlog(folder: &Path, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_grantlog"));
    // What is looked for by name is found where the tests find it.
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).current_dir(folder).args(arguments).assert()
}
