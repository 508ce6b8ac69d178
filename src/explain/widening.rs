//! What remedies would allow beside what was asked about.
//!
//! A set of remedies is made as changes on top of what was read, with the context as it is set, and the world after
//! them is compared with the one before. That derives every account of both, so it is done for small inputs, for few
//! sets a question, and for equal changes once.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::remedy;
use crate::engine::{Relations, RequesterId, Resource, Supposition, Verdict};
use crate::ids::PolicyId;
use crate::inventory::{Boundary, Change, Inventory, Text};
use crate::lower::StatementSource;
use crate::policy::PolicyKind;
use crate::query::{ChangedLine, Changes, Grain, Scope, Widening};
use crate::rules::{Control, Layer};

/// The most accounts of which all are derived for a short proof: about a second.
const MOST_ACCOUNTS: usize = 200;
/// The same for a complete one.
const MOST_ACCOUNTS_COMPLETE: usize = 2_000;
/// The most sets of changes that one question has counted.
const MOST_SETS: usize = 16;

/// What is compared, and what of it was asked for.
pub(super) struct Asked<'a> {
    pub(super) principal: &'a str,
    /// The actions of the part, and at last the capability or action that the question names.
    pub(super) actions: &'a [String],
    /// The resource that the question names, and that of the part.
    pub(super) resources: [&'a str; 2],
    pub(super) grain: Grain,
}

/// What changed, or why it was not compared.
type Compared = Result<Rc<Changes>, String>;

/// The counts of one question.
pub(super) struct Count<'r, 'i> {
    relations: &'r Relations<'i>,
    /// Whether the proof is to be complete: then each action of a capability is proved by itself.
    pub(super) is_complete: bool,
    known: Vec<(Vec<Change>, Grain, Compared)>,
}

impl<'r, 'i> Count<'r, 'i> {
    pub(super) fn new(relations: &'r Relations<'i>, is_complete: bool) -> Self {
        Self { relations, is_complete, known: Vec::new() }
    }

    /// What these changes give beside what was asked for.
    pub(super) fn widening(&mut self, changes: Result<Vec<Change>, String>, asked: &Asked<'_>) -> Widening {
        match changes.and_then(|changes| self.compared(changes, asked.grain)) {
            Ok(changes) => Widening::Counted { grain: asked.grain, lines: beside(&changes, asked) },
            Err(reason) => Widening::NotCounted(reason),
        }
    }

    fn compared(&mut self, changes: Vec<Change>, grain: Grain) -> Compared {
        if let Some((.., found)) = self.known.iter().find(|one| one.0 == changes && one.1 == grain) {
            return found.clone();
        }
        let accounts = self.relations.inventory().accounts.len();
        if accounts > if self.is_complete { MOST_ACCOUNTS_COMPLETE } else { MOST_ACCOUNTS } {
            let complete = if accounts > MOST_ACCOUNTS_COMPLETE { "" } else { "; the complete proof has it counted" };
            return Err(format!("there are {accounts} accounts{complete}"));
        }
        if self.known.len() >= MOST_SETS {
            return Err(format!("{MOST_SETS} others were counted for this question"));
        }
        let found = self.compare(&changes, grain);
        self.known.push((changes, grain, found.clone()));
        found
    }

    fn compare(&self, changes: &[Change], grain: Grain) -> Compared {
        let found = self.relations.changes(&self.after(changes)?, grain);
        if self.relations.is_stopped() { Err("interrupted".to_owned()) } else { Ok(Rc::new(found)) }
    }

    /// The world after these changes, of which nothing is derived yet.
    fn after(&self, changes: &[Change]) -> Result<Relations<'static>, String> {
        let mut world: Option<Inventory> = None;
        for change in changes {
            let before = world.as_ref().unwrap_or_else(|| self.relations.inventory());
            world = Some(before.changed(change).map_err(|error| error.to_string())?);
        }
        let world = world.ok_or_else(|| "nothing would be changed".to_owned())?;
        Ok(self.relations.after(Arc::new(world)))
    }

    /// Whether what was asked for is allowed after these changes.
    pub(super) fn allows(&self, changes: &[Change], asked: &Asked<'_>) -> bool {
        let Ok(after) = self.after(changes) else { return false };
        let scope = Scope { direct: true, all: true };
        let rows = asked.actions.last().map(|what| after.can(asked.principal, what, asked.resources[0], scope));
        let Some(Ok(answer)) = rows else { return false };
        !answer.rows.is_empty() && answer.rows.iter().all(|row| row.verdict == Verdict::Allowed)
    }
}

/// What is gained, without the cell that was asked about.
fn beside(changes: &Changes, asked: &Asked<'_>) -> Vec<ChangedLine> {
    let mut lines = Vec::new();
    for line in changes.lines.iter().filter(|line| line.shift.is_gain()) {
        let is_own = line.principals.iter().any(|one| one == asked.principal);
        if !is_own || !asked.actions.contains(&line.action) {
            lines.push(line.clone());
            continue;
        }
        let (mut others, mut own) = (line.clone(), line.clone());
        others.principals.retain(|one| one != asked.principal);
        own.principals.retain(|one| one == asked.principal);
        own.resources.retain(|one| !asked.resources.contains(&one.as_str()));
        let left = [own, others].into_iter();
        lines.extend(left.filter(|line| !line.principals.is_empty() && !line.resources.is_empty()));
    }
    lines
}

/// What somebody would do who follows these remedies.
///
/// # Errors
/// Why it cannot be done to what was read, in words.
pub(super) fn changes(
    relations: &Relations<'_>,
    requester: RequesterId,
    resource: &Resource,
    actions: &[String],
    set: &[Supposition],
) -> Result<Vec<Change>, String> {
    let inventory = relations.inventory();
    let principal = relations.requester(requester).principal;
    let text = |supposition: &Supposition| {
        let statement = remedy::statement(relations, requester, resource, actions, supposition);
        Text::new("the statement to add", statement.unwrap_or_default())
    };
    let mut changes = Vec::new();
    let mut removed: BTreeSet<(PolicyId, usize)> = BTreeSet::new();
    for supposition in set {
        let statement = || text(supposition);
        match supposition {
            Supposition::Allow(Layer::Boundary) => {
                let boundary = principal.map(|id| &inventory.principals[id].boundary);
                let Some(&Boundary::Policy(to)) = boundary else {
                    return Err("the permissions boundary is not in the input".to_owned());
                };
                changes.push(Change::AddStatement { statement: statement(), to });
            }
            Supposition::Allow(_) => {
                let to = principal.ok_or_else(|| "the principal has no policies in the input".to_owned())?;
                changes.push(Change::AddToPrincipal { statement: statement(), to });
            }
            Supposition::Grant(_) => {
                let to = resource.repository.ok_or_else(|| "the repository is not in the input".to_owned())?;
                changes.push(Change::AddToRepository { statement: statement(), to });
            }
            Supposition::Level(control, level) => {
                let target = remedy::target(relations, requester, resource, *control, *level).unwrap_or_default();
                let to = control_policy(inventory, *control, &target).ok_or_else(|| {
                    format!("no control policy at {target} is known that the organization could add to")
                })?;
                changes.push(Change::AddStatement { statement: statement(), to });
            }
            Supposition::Without(StatementSource::Written(document, index)) => {
                let holding = remedy::holding(relations, requester, resource, *document).into_iter();
                removed.extend(holding.map(|policy| (policy, *index as usize)));
            }
            Supposition::Without(_) => return Err("the statement that denies it is not in the input".to_owned()),
        }
    }
    // The last one first: the numbers of those before it stay.
    let removed = removed.into_iter().rev().map(|(of, statement)| Change::RemoveStatement { statement, of });
    Ok(removed.chain(changes).collect())
}

/// Of the policies that hang there and can be changed, the one that hangs at the fewest places.
fn control_policy(inventory: &Inventory, control: Control, target: &str) -> Option<PolicyId> {
    let wanted = match control {
        Control::Service => PolicyKind::ServiceControl,
        Control::Resource => PolicyKind::ResourceControl,
    };
    let organization = inventory.organizations.values().find(|one| one.attached.contains_key(target))?;
    let own = organization
        .attached_to(target)
        .filter(|&policy| inventory.policies[policy].kind == wanted && inventory.can_change(policy));
    own.min_by_key(|policy| organization.attached.values().filter(|attached| attached.contains(policy)).count())
}
