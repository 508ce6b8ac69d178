//! Proofs for Graphviz.
//!
//! Read from left to right: the question with its verdict, the steps, the statements that they rest on, each
//! statement once, and why it counts. Whether a step holds is a word in it, a colour and a border. Every name is data.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::dot::{BLUE, GREEN, GREY, VERMILION, quote};
use crate::query::{Citation, Evidence, Ground, Holds, Proof, Remedies, Step, Verdict};
use crate::report::fold::short;
use crate::report::proof::{ground, headline, widening};

/// So wide is a label, in characters.
const WIDTH: usize = 48;
/// When there are so many nodes, further proofs are counted and not drawn.
const NODES: usize = 300;

/// The proofs as a DOT document.
#[must_use]
pub fn render(proofs: &[Proof]) -> String {
    let mut page = Page::default();
    let mut omitted = 0;
    for proof in proofs {
        if page.nodes < NODES {
            page.proof(proof, None);
        } else {
            omitted += 1;
        }
    }
    let note = match omitted {
        0 => String::new(),
        1 => ", label=\"not drawn: 1 more proof\"".to_owned(),
        more => format!(", label=\"not drawn: {more} more proofs\""),
    };
    format!(
        "digraph proof {{\n  graph [rankdir=LR, nodesep=0.18, ranksep=0.5, pad=0.3, bgcolor=\"white\", \
         fontname=\"Helvetica,Arial,sans-serif\"{note}];\n  node [fontname=\"Helvetica,Arial,sans-serif\", \
         fontsize=11, margin=\"0.14,0.06\", height=0.3, shape=box, style=\"rounded,filled\", fillcolor=\"white\"];\n  \
         edge [color=\"{GREY}\", arrowsize=0.7];\n{}}}\n",
        page.text
    )
}

#[derive(Default)]
struct Page {
    text: String,
    nodes: usize,
    /// The nodes of statements, by policy, file and line, with what was drawn of why they count.
    statements: BTreeMap<(String, String, usize), (usize, BTreeSet<Ground>)>,
}

impl Page {
    fn proof(&mut self, proof: &Proof, above: Option<usize>) {
        let (color, fill) = match proof.row.verdict {
            Verdict::Allowed => (BLUE, "#E3F0F8"),
            Verdict::Conditional => (GREEN, "#E2F3EC"),
            Verdict::Denied { .. } => (VERMILION, "#FBE6D8"),
        };
        let told = headline(&proof.row);
        let node = self.node(&told, &told, &format!("penwidth=2, color=\"{color}\", fillcolor=\"{fill}\""), above);
        let incomplete = proof.row.incomplete.iter().map(|remark| format!("incomplete: {remark}"));
        let doubts = proof.row.doubts.iter().map(|rule| format!("in doubt: rule {rule}"));
        for remark in incomplete.chain(doubts) {
            self.node(&remark, &remark, &format!("shape=plain, style=\"\", fontcolor=\"{GREY}\""), Some(node));
        }
        for part in &proof.parts {
            self.proof(part, Some(node));
        }
        for step in &proof.steps {
            self.step(step, node);
        }
        for set in &proof.remedies {
            self.remedies(set, node);
        }
    }

    fn step(&mut self, step: &Step, above: usize) {
        let (word, look) = match step.holds {
            Holds::Yes => ("yes", format!("color=\"{BLUE}\"")),
            Holds::Sometimes => ("if", format!("color=\"{GREEN}\", style=\"rounded,filled,dashed\"")),
            Holds::No => ("no", format!("color=\"{VERMILION}\", penwidth=2")),
            Holds::Aside => ("-", format!("color=\"{GREY}\", fontcolor=\"{GREY}\"")),
        };
        let rule = step.rule.map(|rule| format!(" ({rule})")).unwrap_or_default();
        let condition = step.condition.as_ref().map(|condition| format!(", when {condition}")).unwrap_or_default();
        let told = format!("{word}: {}{condition}{rule}", step.claim);
        let node = self.node(&told, &told, &look, Some(above));
        for statement in &step.statements {
            self.statement(statement, node);
        }
        for reason in &step.because {
            self.step(reason, node);
        }
    }

    fn statement(&mut self, Evidence { statement, grounds }: &Evidence, above: usize) {
        let Citation { policy, effect, file, line, .. } = statement;
        let key = (policy.clone(), file.clone(), *line);
        let (node, mut drawn) = if let Some((node, drawn)) = self.statements.remove(&key) {
            self.edge(above, node);
            (node, drawn)
        } else {
            let sid = statement.sid.as_ref().map(|sid| format!(" {sid}")).unwrap_or_default();
            let told = format!("{effect}{sid} in {} {file}:{line}", short(policy));
            let look = "shape=note, style=filled, fillcolor=\"#FFF4E0\"";
            (self.node(&told, &statement.text, look, Some(above)), BTreeSet::new())
        };
        for one in grounds {
            if drawn.insert(one.clone()) {
                let (word, color) = if one.holds { ("yes", BLUE) } else { ("no", VERMILION) };
                let told = format!("{word}: {}", ground(one));
                self.node(&told, &told, &format!("shape=plain, style=\"\", fontcolor=\"{color}\""), Some(node));
            }
        }
        self.statements.insert(key, (node, drawn));
    }

    fn remedies(&mut self, set: &Remedies, above: usize) {
        let changes: Vec<&str> = set.changes.iter().map(|remedy| remedy.change.as_str()).collect();
        let told = format!("to allow it: {}; {}", changes.join(", and "), widening(&set.widening));
        let statements: Vec<&str> = set.changes.iter().filter_map(|remedy| remedy.statement.as_deref()).collect();
        let look = format!("shape=box, style=\"filled,dashed\", color=\"{GREEN}\"");
        self.node(&told, &statements.join(" "), &look, Some(above));
    }

    fn node(&mut self, label: &str, tooltip: &str, look: &str, above: Option<usize>) -> usize {
        let node = self.nodes;
        self.nodes += 1;
        let lines: Vec<String> = wrapped(label).iter().map(|line| inner(line)).collect();
        let tooltip = tooltip.split_whitespace().collect::<Vec<_>>().join(" ");
        let tooltip = quote(if tooltip.is_empty() { label } else { &tooltip });
        // `\l` ends a line and sets it to the left.
        let _ = writeln!(self.text, "  n{node} [label=\"{}\\l\", tooltip={tooltip}, {look}];", lines.join("\\l"));
        if let Some(above) = above {
            self.edge(above, node);
        }
        node
    }

    fn edge(&mut self, from: usize, to: usize) {
        let _ = writeln!(self.text, "  n{from} -> n{to};");
    }
}

/// What stands between the quotes.
fn inner(text: &str) -> String {
    let quoted = quote(text);
    quoted[1..quoted.len() - 1].to_owned()
}

/// The text in lines; a word that is longer than a line is broken.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for piece in letters.chunks(WIDTH) {
            let piece: String = piece.iter().collect();
            match lines.last_mut() {
                Some(line) if line.chars().count() + 1 + piece.chars().count() <= WIDTH => {
                    line.push(' ');
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
    }
    lines
}
