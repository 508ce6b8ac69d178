//! The proofs of what is asked about: of each cell, and of what several add up to.

use crate::engine::{Judgement, Relations, RequesterId, Shard, Supposition, Verdict};
use crate::query::{AskError, Deed, Evidence, Grain, Holds, Proof, Remedies, Scope, Step, Target};

use super::layers::Prover;
use super::widening::{Asked, Count, changes};
use super::{evidence, joint, remedy, route, short};

/// Proves what a principal can do, or says what stands in the way: a proof for each resource and
/// action that the words mean. What does not decide is left out, unless the scope asks for all.
///
/// # Errors
/// [`AskError`] where a name means nothing, or more than one thing.
pub fn prove(
    relations: &Relations<'_>,
    principal: &str,
    action: &str,
    resource: &str,
    scope: Scope,
) -> Result<Vec<Proof>, AskError> {
    prove_each(relations, principal, &[action.to_owned()], &[resource.to_owned()], scope)
}

/// The proofs for each of these actions on each of these resources.
///
/// # Errors
/// As [`prove`].
pub fn prove_each(
    relations: &Relations<'_>,
    principal: &str,
    actions: &[String],
    resources: &[String],
    scope: Scope,
) -> Result<Vec<Proof>, AskError> {
    let rows = relations.can_any(principal, actions, resources, scope)?.rows;
    let requesters = relations.requesters(principal)?;
    let mut proofs = Vec::new();
    let mut count = Count::new(relations, scope.all);
    relations.each_deed(actions, resources, |shard, target, deed| {
        for &requester in &requesters {
            proofs.extend(proof(relations, shard, target, deed, requester, &rows, &mut count));
        }
    })?;
    if !scope.all {
        proofs.iter_mut().for_each(short::shorten);
    }
    if relations.options().interrupt.is_stopped() { Err(AskError::Interrupted) } else { Ok(proofs) }
}

fn proof(
    relations: &Relations<'_>,
    shard: &Shard,
    target: Target,
    deed: Deed,
    requester: RequesterId,
    rows: &[crate::query::Row],
    count: &mut Count<'_, '_>,
) -> Option<Proof> {
    let name = &relations.requester(requester).name;
    let what = deed.name(shard);
    let on = &shard.resources[target.resource].name;
    let row = rows.iter().find(|row| *row.principal == **name && row.action == what && row.resource == *on)?.clone();
    if crate::query::is_public(shard, target) && what == "pull" {
        let claim = "anyone can pull from a public repository, with or without an identity".to_owned();
        let step = Step {
            claim,
            holds: Holds::Yes,
            rule: Some("R7"),
            condition: None,
            statements: Vec::new(),
            because: Vec::new(),
        };
        let actions = vec![row.action.clone()];
        return Some(Proof { row, actions, steps: vec![step], remedies: Vec::new(), parts: Vec::new() });
    }
    // What a role leads to needs no proof that the principal's own policies do not.
    let leads = row.routes.iter().any(|route| !route.through.is_empty());
    let asked = Question {
        requester,
        cells: relations.cells(shard, target, deed, requester),
        deed,
        what: &what,
        on,
        is_reached: leads && row.verdict.is_possible(),
        is_denied: !row.verdict.is_possible(),
    };
    let (parts, remedies) = parts(relations, shard, &asked, count);
    let routes = route::steps(relations, &row, &|role| {
        let each = relations.cells(shard, target, deed, role).into_iter();
        let granted = each.flat_map(|(action, resource)| {
            let (resource, action) = (&shard.resources[resource], &shard.actions[action]);
            evidence::Asked { relations, requester: role, resource, action }.grants()
        });
        let mut granted: Vec<Evidence> = granted.collect();
        granted.sort();
        granted.dedup();
        granted
    });
    if let (Deed::Action(_), [_]) = (deed, parts.as_slice()) {
        let Part { mut steps, remedies, judged, .. } = parts.into_iter().next()?;
        let row = crate::query::Row { verdict: own_or_reached(&row, judged.verdict), ..row };
        if leads && !judged.verdict.is_possible() {
            steps = vec![by_roles_only()];
        }
        steps.extend(routes);
        let remedies = if row.verdict.is_possible() { Vec::new() } else { remedies };
        return Some(Proof { actions: vec![row.action.clone()], row, steps, remedies, parts: Vec::new() });
    }
    let own = parts.iter().all(|part| part.judged.verdict.is_possible());
    let mut steps = routes;
    if leads && !own {
        steps.insert(0, by_roles_only());
    }
    let shown = if leads && !own { Vec::new() } else { parts };
    let mut parts: Vec<Proof> = shown.into_iter().map(|part| part.proof(&row)).collect();
    relations.complete(parts.iter_mut().filter_map(|part| part.row.witness.as_mut()));
    Some(Proof { actions: vec![row.action.clone()], row, steps, remedies, parts })
}

/// Actions of a capability whose proofs are the same, word for word.
struct Part {
    actions: Vec<String>,
    resource: String,
    judged: Judgement,
    steps: Vec<Step>,
    remedies: Vec<Remedies>,
}

/// The cells of a deed, and what was asked for.
struct Question<'a> {
    requester: RequesterId,
    cells: Vec<(usize, usize)>,
    deed: Deed,
    what: &'a str,
    on: &'a str,
    /// Whether roles lead to it, so that nothing needs to be changed.
    is_reached: bool,
    /// Whether some of it is denied.
    is_denied: bool,
}

impl Part {
    fn proof(self, whole: &crate::query::Row) -> Proof {
        let row = crate::query::Row {
            action: self.actions.join(", "),
            resource: self.resource,
            verdict: self.judged.verdict,
            residual: self.judged.decided.residual,
            witness: self.judged.decided.witness,
            routes: Vec::new(),
            doubts: self.judged.decided.doubts.iter().map(|rule| (*rule).to_owned()).collect(),
            ..whole.clone()
        };
        Proof { row, actions: self.actions, steps: self.steps, remedies: self.remedies, parts: Vec::new() }
    }
}

/// Actions whose proofs are the same, before anything is told.
struct Group {
    actions: Vec<usize>,
    resource: usize,
    judged: Judgement,
    steps: Vec<Step>,
    /// The smallest sets of changes after which they are allowed.
    sets: Vec<Vec<Supposition>>,
}

/// The cells of a deed, proved: those with the same proof and the same remedies together; and where several of them
/// are not allowed, the changes that together make all of it allowed.
fn parts(
    relations: &Relations<'_>,
    shard: &Shard,
    asked: &Question<'_>,
    count: &mut Count<'_, '_>,
) -> (Vec<Part>, Vec<Remedies>) {
    let groups = groups(relations, shard, asked, count.is_complete);
    let joint = joint(relations, shard, asked, &groups, count);
    let tells_parts = joint.is_empty() || count.is_complete;
    let part = |group: Group| {
        let resource = &shard.resources[group.resource];
        let actions = names(shard, &group.actions);
        // What has no resource is each caller's own, and tells only by what it adds up to.
        let by_action = matches!(asked.deed, Deed::Action(_)) && !resource.view.of_caller;
        let grain = if by_action { Grain::Actions } else { Grain::Capabilities };
        let named: Vec<String> = actions.iter().cloned().chain([asked.what.to_owned()]).collect();
        let principal = &*relations.requester(asked.requester).name;
        let own = Asked { principal, actions: &named, resources: [asked.on, &resource.name], grain };
        let describe = |set: &Vec<Supposition>| Remedies {
            changes: set
                .iter()
                .map(|one| remedy::describe(relations, asked.requester, resource, &actions, one))
                .collect(),
            widening: count.widening(changes(relations, asked.requester, resource, &actions, set), &own),
        };
        let is_denied = !group.judged.verdict.is_possible();
        let sets = group.sets.iter().filter(|_| is_denied && tells_parts);
        let mut remedies: Vec<Remedies> = sets.map(describe).collect();
        // Where nobody counted, the order of the search stays.
        remedies.sort_by_key(|set| set.widening.cells().unwrap_or(usize::MAX));
        Part { resource: resource.name.clone(), judged: group.judged, steps: group.steps, remedies, actions }
    };
    (groups.into_iter().map(part).collect(), joint)
}

fn groups(relations: &Relations<'_>, shard: &Shard, asked: &Question<'_>, is_complete: bool) -> Vec<Group> {
    let requester = asked.requester;
    let mut groups: Vec<Group> = Vec::new();
    for &(action, number) in &asked.cells {
        let resource = &shard.resources[number];
        let focus = relations.focus(requester, resource, &shard.actions[action], &[]);
        let judged = focus.judge.verdict(&focus.facts, focus.cell);
        let asked_of = evidence::Asked { relations, requester, resource, action: &shard.actions[action] };
        let steps = Prover::new(asked_of, &focus).steps(judged.verdict);
        // What does not decide tells no parts apart.
        let steps = if is_complete { steps } else { short::deciding(steps, judged.verdict.is_possible()) };
        let is_lacking = judged.verdict != Verdict::Allowed && asked.is_denied && !asked.is_reached;
        let sets = if is_lacking {
            remedy::search(relations, requester, resource, &shard.actions[action], &focus)
        } else {
            Vec::new()
        };
        let alike = |group: &&mut Group| {
            let is_same = group.resource == number && group.judged == judged;
            is_same && group.steps == steps && group.sets == sets && !is_complete
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.actions.push(action),
            None => groups.push(Group { actions: vec![action], resource: number, judged, steps, sets }),
        }
    }
    groups
}

/// The changes that together allow a capability, where more than one part is not allowed.
fn joint(
    relations: &Relations<'_>,
    shard: &Shard,
    asked: &Question<'_>,
    groups: &[Group],
    count: &mut Count<'_, '_>,
) -> Vec<Remedies> {
    // Actions that a complete proof tells apart have the same remedies: one statement is enough for all of them.
    let mut parts: Vec<(Vec<usize>, &Group)> = Vec::new();
    for group in groups.iter().filter(|group| group.judged.verdict != Verdict::Allowed) {
        let alike = |part: &&mut (Vec<usize>, &Group)| part.1.resource == group.resource && part.1.sets == group.sets;
        match parts.iter_mut().find(alike) {
            Some((actions, _)) => actions.extend(&group.actions),
            None => parts.push((group.actions.clone(), group)),
        }
    }
    let is_several = parts.len() > 1 && parts.iter().all(|(_, group)| !group.sets.is_empty());
    if !is_several || !asked.is_denied || asked.is_reached {
        return Vec::new();
    }
    let each = parts.iter().map(|(actions, group)| joint::Lacking {
        actions: names(shard, actions),
        resource: &shard.resources[group.resource],
        sets: &group.sets,
    });
    let lacking: Vec<joint::Lacking<'_>> = each.collect();
    let named: Vec<String> =
        lacking.iter().flat_map(|part| part.actions.iter().cloned()).chain([asked.what.to_owned()]).collect();
    let principal = &*relations.requester(asked.requester).name;
    let own = Asked { principal, actions: &named, resources: [asked.on, asked.on], grain: Grain::Capabilities };
    joint::search(relations, asked.requester, &lacking, &own, count)
}

fn names(shard: &Shard, actions: &[usize]) -> Vec<String> {
    actions.iter().map(|&action| shard.actions[action].to_string()).collect()
}

/// A denial of one's own stays one, told whether explicit, unless a role leads there.
fn own_or_reached(row: &crate::query::Row, own: Verdict) -> Verdict {
    if row.verdict.is_possible() { row.verdict } else { own }
}

fn by_roles_only() -> Step {
    Step {
        claim: "not by itself".to_owned(),
        holds: Holds::Aside,
        rule: None,
        condition: None,
        statements: Vec::new(),
        because: Vec::new(),
    }
}
