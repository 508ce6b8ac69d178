//! Who can give itself more, as findings: by which chain of requests, at the statements that allow them.

use std::collections::BTreeMap;

use super::Finding;
use super::edit::part;
use super::found::{Found, Spot};
use crate::engine::Relations;
use crate::ids::FileId;
use crate::policy::{Sources, short};
use crate::query::{Citation, Escalation, Gain};

/// The findings; none of one who is interrupted.
pub(super) fn findings(relations: &Relations<'_>) -> Vec<Found> {
    let Ok(escalations) = relations.escalations() else { return Vec::new() };
    let sources = &relations.inventory().sources;
    let files: BTreeMap<&str, FileId> = sources.iter().map(|(id, source)| (&*source.name, id)).collect();
    escalations.found.iter().map(|one| found(one, sources, &files)).collect()
}

fn found(one: &Escalation, sources: &Sources, files: &BTreeMap<&str, FileId>) -> Found {
    let (finding, hint) = match (&one.gains, &one.through, one.certain) {
        (Gain::Repositories(_), ..) => {
            (Finding::ChangesRepositoryPolicy, "leave the policies of repositories to those who administer them")
        }
        (_, Some(_), _) => (Finding::PassesRole, "allow `iam:PassRole` for the roles only that those services need"),
        (.., true) => (
            Finding::GivesItselfMore,
            "leave what decides who may what to administrators, or set a boundary that cannot be taken off",
        ),
        (.., false) => (
            Finding::GivesItselfMoreSometimes,
            "leave what decides who may what to administrators, or set a boundary that cannot be taken off",
        ),
    };
    let spot = |(citation, principal): (&Citation, &str)| {
        let (file, region) = part(sources, *files.get(citation.file.as_str())?, citation.span);
        let hung_on = vec![principal.to_owned()];
        Some(Spot { file, region, statement: Some(citation.clone()), hung_on, edit: None })
    };
    let cited = one.chain.iter().flat_map(|step| step.statements.iter().map(|own| (own, step.principal.as_str())));
    let mut spots: Vec<Spot> = cited.filter_map(spot).collect();
    spots.sort_unstable();
    spots.dedup();
    let mut actions: Vec<String> = one.chain.iter().map(|step| step.action.clone()).collect();
    let mut resources: Vec<String> = one.chain.iter().map(|step| step.entity.clone()).collect();
    for names in [&mut actions, &mut resources] {
        names.sort_unstable();
        names.dedup();
    }
    Found {
        hint: Some(hint.to_owned()),
        spots,
        principals: one.principals.clone(),
        actions,
        resources,
        ..Found::new(finding, message(one))
    }
}

/// The chain in a sentence: what is gained, by which requests, and what it is held back by.
fn message(one: &Escalation) -> String {
    let who = match one.principals.as_slice() {
        [only] => format!("`{}`", short(only)),
        [first, rest @ ..] => format!("`{}` and {} like it", short(first), rest.len()),
        [] => String::new(),
    };
    let names = |names: &[String]| names.iter().map(|name| format!("`{}`", short(name))).collect::<Vec<_>>().join(", ");
    let gains = match &one.gains {
        Gain::Everything => format!("everything in account {}", one.account),
        Gain::Boundary(boundary) => format!("what the boundary `{}` holds back", short(boundary)),
        Gain::Group(group) => format!("what `{}` is allowed", short(group)),
        Gain::Others(others) => format!("what {} may do", names(others)),
        Gain::Repositories(repositories) => format!("everything on {}", names(repositories)),
    };
    let first = one.principals.first();
    let steps = one.chain.iter().map(|step| {
        let whose =
            if Some(&step.principal) == first { String::new() } else { format!(" as `{}`", short(&step.principal)) };
        let when = step.residual.as_ref().map(|when| format!(" when {when}")).unwrap_or_default();
        format!("`{}` on `{}`{whose}{when}", step.action, short(&step.entity))
    });
    let steps = steps.collect::<Vec<_>>().join(", then ");
    let through = one.through.as_ref().map(|service| format!(", set to work by `{service}`")).unwrap_or_default();
    let held =
        if one.held_back.is_empty() { String::new() } else { format!("; it stays below {}", names(&one.held_back)) };
    format!("{who} can give itself {gains}: {steps}{through}{held}")
}
