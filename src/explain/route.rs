//! The ways through roles: who may become whom, step by step, and by which statements.

use super::evidence::Asked;
use crate::engine::{Kind, Relations, RequesterId, Verdict};
use crate::policy::Arn;
use crate::query::{AskError, Evidence, Holds, Proof, Route, Row, Step};

/// The statements by which somebody is granted what is asked about.
type Grants<'g> = &'g dyn Fn(RequesterId) -> Vec<Evidence>;

/// A step of the proof for each way that leads through roles.
pub(super) fn steps(relations: &Relations<'_>, row: &Row, grants: Grants<'_>) -> Vec<Step> {
    let through = row.routes.iter().filter(|route| !route.through.is_empty());
    through.map(|route| step(relations, &row.principal, route, grants)).collect()
}

/// How a principal gets to a role: a proof for each of both that the words mean.
///
/// # Errors
/// [`AskError`] where a name means nothing, more than one thing, or no role.
pub fn prove_way(relations: &Relations<'_>, principal: &str, role: &str) -> Result<Vec<Proof>, AskError> {
    let proof = |row: Row| {
        let mut steps: Vec<Step> =
            row.routes.iter().flat_map(|route| each_step(relations, &row.principal, route)).collect();
        if steps.is_empty() {
            steps.push(Step {
                claim: format!("no way leads from {} to {}", spoken(&row.principal), spoken(&row.resource)),
                holds: Holds::No,
                rule: Some("T17"),
                condition: None,
                statements: Vec::new(),
                because: Vec::new(),
            });
        }
        Proof { actions: vec![row.action.clone()], row, steps, remedies: Vec::new(), parts: Vec::new() }
    };
    Ok(relations.becoming(principal, role)?.into_iter().map(proof).collect())
}

/// Each role of a way, and how the one before it becomes it.
fn each_step(relations: &Relations<'_>, principal: &str, route: &Route) -> Vec<Step> {
    let callers = std::iter::once(principal).chain(route.through.iter().map(String::as_str));
    callers.zip(&route.through).filter_map(|(caller, role)| becoming(relations, caller, role)).collect()
}

fn step(relations: &Relations<'_>, principal: &str, route: &Route, grants: Grants<'_>) -> Step {
    let mut because = each_step(relations, principal, route);
    let last = route.through.last().map_or(principal, String::as_str);
    // Where every step is open, what the way asks for is asked for at its end.
    let at_end = route.verdict == Verdict::Conditional && because.iter().all(|step| step.holds == Holds::Yes);
    because.push(Step {
        claim: format!("{} is granted it", spoken(last)),
        holds: if at_end { Holds::Sometimes } else { Holds::Yes },
        rule: None,
        condition: None,
        statements: relations.role(last).map(grants).unwrap_or_default(),
        because: Vec::new(),
    });
    let names: Vec<String> = route.through.iter().map(|role| spoken(role)).collect();
    Step {
        claim: format!("by becoming {}", names.join(", then ")),
        holds: match route.verdict {
            Verdict::Allowed => Holds::Yes,
            Verdict::Conditional => Holds::Sometimes,
            Verdict::Denied { .. } => Holds::No,
        },
        rule: Some("T17"),
        condition: route.residual.clone(),
        statements: Vec::new(),
        because,
    }
}

/// One step of the way: the caller may assume the role, by these statements of its own and of the
/// role's trust policy.
fn becoming(relations: &Relations<'_>, caller: &str, role: &str) -> Option<Step> {
    let account = Arn::parse(role)?.account()?;
    let shard = relations.shard(account, Kind::Roles);
    let number = shard.resources.iter().position(|resource| resource.name == role)?;
    let (caller_id, _) = relations.requester_names().ending(caller).find(|(_, name)| *name == caller)?;
    let mut best: Option<(Verdict, Option<String>, usize)> = None;
    for action in 0..shard.actions.len() {
        let Some(judged) = shard.verdict(caller_id, action, number) else { continue };
        if !judged.verdict.is_possible() || best.as_ref().is_some_and(|(verdict, ..)| *verdict <= judged.verdict) {
            continue;
        }
        best = Some((judged.verdict, judged.decided.residual, action));
    }
    let (verdict, condition, action) = best?;
    let (resource, action) = (&shard.resources[number], &shard.actions[action]);
    let statements = Asked { relations, requester: caller_id, resource, action }.grants();
    Some(Step {
        claim: format!("{} may become {}", spoken(caller), spoken(role)),
        holds: if verdict == Verdict::Allowed { Holds::Yes } else { Holds::Sometimes },
        rule: Some("T17"),
        condition,
        statements,
        because: Vec::new(),
    })
}

/// A principal as one says it: its kind, name and account.
fn spoken(name: &str) -> String {
    let arn = Arn::parse(name);
    match arn.as_ref().and_then(|arn| Some((arn.resource(), arn.account()?))) {
        Some((resource, account)) => format!("{resource} of {account}"),
        None => name.to_owned(),
    }
}
