//! Answers as values: what every mouth of the program renders.
//!
//! An answer holds names and places, no ids; it is complete in itself, and
//! sorted, so that two runs print the same bytes.

use super::changed::{ChangedLine, Grain};
use crate::condition::Formula;
use crate::engine::Verdict;
use crate::policy::Span;

/// A statement that decides, as a person finds it again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Citation {
    /// The policy's name: an ARN, `inline policy login of user/alice`, `repository policy of storefront/web`.
    pub policy: String,
    /// The layer: `identity`, `boundary`, `session`, `repository`, `registry`, `trust`, `scp`, `rcp`.
    pub layer: &'static str,
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// The statement's `Sid`.
    pub sid: Option<String>,
    /// The file.
    pub file: String,
    /// The line, counted from one.
    pub line: usize,
    /// The statement's bytes in the file.
    pub span: Span,
    /// The statement's own text.
    pub text: String,
}

/// One way to a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The roles on the way, in order; empty for a permission of the principal's own.
    pub through: Vec<String>,
    /// The verdict along this way.
    pub verdict: Verdict,
    /// The condition along this way, in words.
    pub residual: Option<String>,
    /// What each request along this way asks for; only those that ask for something.
    pub demands: Vec<Demand>,
    /// The statements that grant, at the end of the way.
    pub statements: Vec<Citation>,
}

/// What one request asks for: the permission itself, or a role on the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The role that the request is to become; `None` for the permission itself.
    pub role: Option<String>,
    /// The condition in words.
    pub residual: String,
    /// The condition as a tree.
    pub formula: Option<Formula>,
    /// A context in which the request is allowed: keys with their values.
    pub witness: Option<Vec<(String, Vec<String>)>>,
}

/// One principal, one action or capability, one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The ARN, or a name such as `anyone` or `service codebuild.amazonaws.com`.
    pub principal: String,
    /// `user`, `role`, `session`, `federated-user`, `root`, `account`, `service`, `anyone`.
    pub kind: &'static str,
    /// The principal's account, where it has one.
    pub account: Option<String>,
    /// The action (`ecr-public:PutImage`) or capability (`push`).
    pub action: String,
    /// The resource's ARN.
    pub resource: String,
    /// The verdict over all ways.
    pub verdict: Verdict,
    /// The condition of a conditional verdict, in words.
    pub residual: Option<String>,
    /// A context that is allowed, for a conditional verdict: keys with their values.
    pub witness: Option<Vec<(String, Vec<String>)>>,
    /// The ways, shortest first.
    pub routes: Vec<Route>,
    /// What the input lacks that may change this row.
    pub incomplete: Vec<String>,
    /// Of this, what is taken to allow it on every way: without it the verdict is another one. What an account
    /// elsewhere says of its own is never among it.
    pub supposed: Vec<String>,
    /// Numbers of the rules in which AWS's documentation leaves doubt.
    pub doubts: Vec<String>,
}

/// The answer to `who-can`, `what-can` and `can`: rows in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The rows.
    pub rows: Vec<Row>,
    /// Remarks that belong to the answer as a whole: what is incomplete, what is always so.
    pub notes: Vec<String>,
    /// Whether the rows stand in an order that was asked for.
    pub is_sorted: bool,
}

/// One step of a proof; steps nest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The sentence: `the identity policies allow it`.
    pub claim: String,
    /// Whether it holds: yes, only under a condition, no.
    pub holds: Holds,
    /// The rule's number in the reference, `E12`.
    pub rule: Option<&'static str>,
    /// The condition, in words.
    pub condition: Option<String>,
    /// The statements that it rests on; where it does not hold, those that nothing but a condition keeps from counting.
    pub statements: Vec<Evidence>,
    /// What it rests on.
    pub because: Vec<Step>,
}

/// A statement in a proof, and what it counts by, or does not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// The statement.
    pub statement: Citation,
    /// What is decided before anybody sends a request: its conditions, and whom it counts for.
    pub grounds: Vec<Ground>,
}

/// Why a statement counts for somebody, or does not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ground {
    /// A condition of the statement in words, or `member of group developers`.
    pub claim: String,
    /// Whether it holds.
    pub holds: bool,
    /// The rule by whose other reading it is the other way round.
    pub doubt: Option<&'static str>,
    /// What it was decided by.
    pub facts: Vec<Fact>,
}

impl Ground {
    /// What it was decided by, in words: `tag of user/mira`, with what is known where that is not the claim itself.
    #[must_use]
    pub fn reason(&self) -> String {
        let told = self.facts.iter().map(|fact| {
            let known = format!("{} {}", fact.key, fact.value);
            if known == self.claim { fact.source.clone() } else { format!("{known}, {}", fact.source) }
        });
        told.collect::<Vec<_>>().join("; ")
    }
}

/// Something that is known of a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// The condition key.
    pub key: String,
    /// What it holds, in words: `is payments`, `is absent`.
    pub value: String,
    /// Where that comes from: `tag of role/deployer`, `given as context`.
    pub source: String,
}

/// Whether a step of a proof holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// In every request.
    Yes,
    /// In some.
    Sometimes,
    /// In none.
    No,
    /// In none, and nothing depends on it: another sentence is enough.
    Aside,
}

/// A change that would allow what is denied; tried before it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// In words: `allow ecr-public:PutImage on arn:... in an identity policy of role/deployer`.
    pub change: String,
    /// The statement to add as JSON text, where it is one.
    pub statement: Option<String>,
}

/// Changes that together would allow what is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedies {
    /// All of them.
    pub changes: Vec<Remedy>,
    /// What else they would allow.
    pub widening: Widening,
}

/// What remedies would allow beside what was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Widening {
    /// It was counted.
    Counted {
        /// In capabilities, or in actions.
        grain: Grain,
        /// Who gains what.
        lines: Vec<ChangedLine>,
    },
    /// It was not, for this reason.
    NotCounted(String),
}

impl Widening {
    /// How many cells they give beside the one that was asked about; `None` if it was not counted.
    #[must_use]
    pub fn cells(&self) -> Option<usize> {
        match self {
            Self::Counted { lines, .. } => Some(lines.iter().map(ChangedLine::cells).sum()),
            Self::NotCounted(_) => None,
        }
    }
}

/// The answer to `why`: one cell (or each action of a capability), proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The cell and its verdict.
    pub row: Row,
    /// The action or capability; for a part of a capability, the actions with this one proof.
    pub actions: Vec<String>,
    /// Layer by layer.
    pub steps: Vec<Step>,
    /// For a denied request: the smallest sets of changes that would allow it, each set complete; those that widen
    /// least come first.
    pub remedies: Vec<Remedies>,
    /// For a capability: the proofs of its actions, those with the same proof together.
    pub parts: Vec<Proof>,
}
