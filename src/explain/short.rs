//! A proof without what does not decide.

use crate::query::{Evidence, Holds, Proof, Step};

/// The rules of limits that nearly always let everything pass: Deny statements and control policies.
const LIMITS: [&str; 5] = ["E2", "L11", "L12", "L21", "L25"];

/// Leaves out what the verdict does not hang on: of a denial all that would let it pass, of a permission the sides
/// that it does not need and the statements of limits; these are told in one line. The parts of a denied capability
/// that are allowed keep their verdict alone.
pub(super) fn shorten(proof: &mut Proof) {
    let is_possible = proof.row.verdict.is_possible();
    for part in &mut proof.parts {
        if !is_possible && part.row.verdict.is_possible() {
            part.steps.clear();
        }
        shorten(part);
    }
    proof.steps = deciding(std::mem::take(&mut proof.steps), is_possible);
}

/// Of the steps of a request that is allowed, or not, those that decide, and the others in one line.
pub(super) fn deciding(steps: Vec<Step>, is_possible: bool) -> Vec<Step> {
    let passes = |step: &Step| {
        let is_limit = step.rule.is_some_and(|rule| LIMITS.contains(&rule));
        let is_beside = !is_possible && step.rule.is_some();
        step.holds == Holds::Yes && step.because.is_empty() && (is_limit || is_beside)
    };
    let (passing, deciding): (Vec<Step>, Vec<Step>) = steps.into_iter().partition(passes);
    // What is said of the principal itself, beside its roles, has no rule and stays.
    let needed = deciding.into_iter().filter(|step| step.holds != Holds::Aside || step.rule.is_none());
    let mut steps: Vec<Step> = needed.chain(joined(passing)).collect();
    steps.iter_mut().for_each(give_reasons);
    steps
}

/// Of a statement that does not count, the conditions that hold are left out.
fn give_reasons(step: &mut Step) {
    for Evidence { grounds, .. } in &mut step.statements {
        if grounds.iter().any(|ground| !ground.holds) {
            grounds.retain(|ground| !ground.holds);
        }
    }
    step.because.iter_mut().for_each(give_reasons);
}

fn joined(steps: Vec<Step>) -> Option<Step> {
    let claims = steps.iter().map(|step| {
        let rule = step.rule.map(|rule| format!(" ({rule})")).unwrap_or_default();
        format!("{}{rule}", step.claim)
    });
    let claim = claims.collect::<Vec<_>>().join("; ");
    let condition = None;
    let is_one = steps.len() == 1;
    let first = steps.into_iter().next()?;
    let (claim, rule) = if is_one { (first.claim, first.rule) } else { (claim, None) };
    Some(Step { claim, holds: Holds::Yes, rule, condition, statements: Vec::new(), because: Vec::new() })
}
