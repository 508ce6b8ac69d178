//! The proof of one cell, layer by layer.

use crate::condition::{Decided, Expression};
use crate::engine::{Focus, Kind, Relations, RequesterId, Resource, Shard, Verdict};
use crate::ids::GuardId;
use crate::lower::{Attached, Match, RequesterKind};
use crate::policy::Effect;
use crate::query::{AskError, Citation, Deed, Holds, Proof, Scope, Step, Target, citation, deeds, what};
use crate::rules::{Control, How, Layer, Way};

use super::remedy;

/// Proves what a principal can do, or says what stands in the way: a proof for each resource and
/// action that the words mean.
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
    let rows = relations.can(principal, action, resource, scope)?.rows;
    let requesters = relations.requesters(principal)?;
    let what = what(action)?;
    let mut proofs = Vec::new();
    for target in relations.targets(resource)? {
        let shard = relations.shard(target.account, Kind::Registries);
        for deed in deeds(&shard, target, &what) {
            for &requester in &requesters {
                proofs.extend(proof(relations, &shard, target, deed, requester, &rows));
            }
        }
    }
    Ok(proofs)
}

fn proof(
    relations: &Relations<'_>,
    shard: &Shard,
    target: Target,
    deed: Deed,
    requester: RequesterId,
    rows: &[crate::query::Row],
) -> Option<Proof> {
    let name = &relations.requester(requester).name;
    let what = match deed {
        Deed::Action(action) => shard.actions[action].to_string(),
        Deed::Capability(capability) => capability.to_string(),
    };
    let on = &shard.resources[target.resource].name;
    let row = rows.iter().find(|row| row.principal == *name && row.action == what && row.resource == *on)?.clone();
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
        return Some(Proof { row, steps: vec![step], remedies: Vec::new(), parts: Vec::new() });
    }
    let cells = relations.cells(shard, target, deed, requester);
    let prove_cell = |&(action, resource): &(usize, usize)| {
        let (action, resource) = (&shard.actions[action], &shard.resources[resource]);
        let focus = relations.focus(requester, resource, action, &[]);
        let judged = focus.judge.verdict(&focus.facts, focus.cell);
        let steps = Prover { relations, requester, resource, focus: &focus }.steps();
        let remedies = match judged.verdict {
            Verdict::Denied { .. } => remedy::search(relations, requester, resource, action, &focus),
            _ => Vec::new(),
        };
        (action.to_string(), resource.name.clone(), judged, steps, remedies)
    };
    if let (Deed::Action(_), [cell]) = (deed, cells.as_slice()) {
        let (_, _, judged, mut steps, remedies) = prove_cell(cell);
        steps.extend(routes(&row));
        let row = crate::query::Row { verdict: own_or_reached(&row, judged.verdict), ..row };
        return Some(Proof { row, steps, remedies, parts: Vec::new() });
    }
    let mut parts = Vec::new();
    for cell in &cells {
        let (action, resource, judged, steps, remedies) = prove_cell(cell);
        let part = crate::query::Row {
            action,
            resource,
            verdict: judged.verdict,
            residual: judged.decided.residual,
            witness: judged.decided.witness,
            routes: Vec::new(),
            doubts: judged.decided.doubts.iter().map(|rule| (*rule).to_owned()).collect(),
            ..row.clone()
        };
        parts.push(Proof { row: part, steps, remedies, parts: Vec::new() });
    }
    let steps = routes(&row);
    Some(Proof { row, steps, remedies: Vec::new(), parts })
}

/// A denial of one's own stays one, told whether explicit, unless a role leads there.
fn own_or_reached(row: &crate::query::Row, own: Verdict) -> Verdict {
    if row.verdict.is_possible() { row.verdict } else { own }
}

/// The ways through roles, as steps.
fn routes(row: &crate::query::Row) -> Vec<Step> {
    let through = row.routes.iter().filter(|route| !route.through.is_empty());
    let step = |route: &crate::query::Route| Step {
        claim: format!("by becoming {}", route.through.join(", then ")),
        holds: holds(route.verdict),
        rule: Some("T17"),
        condition: route.residual.clone(),
        statements: route.statements.clone(),
        because: Vec::new(),
    };
    through.map(step).collect()
}

fn holds(verdict: Verdict) -> Holds {
    match verdict {
        Verdict::Allowed => Holds::Yes,
        Verdict::Conditional => Holds::Sometimes,
        Verdict::Denied { .. } => Holds::No,
    }
}

struct Prover<'a> {
    relations: &'a Relations<'a>,
    requester: RequesterId,
    resource: &'a Resource,
    focus: &'a Focus,
}

impl Prover<'_> {
    fn steps(&self) -> Vec<Step> {
        let matches = self.focus.facts.matching(self.focus.cell);
        let mut steps = vec![self.denies(&matches)];
        let layer = |layer| move |attached: Attached| attached == Attached::Layer(layer);
        let kind = self.relations.requester(self.requester).view.kind;
        let own = !matches!(kind, RequesterKind::Service | RequesterKind::Provider | RequesterKind::Anyone);
        if own && kind != RequesterKind::Root {
            steps.push(self.allows("the identity policies allow it", "E5", &matches, layer(Layer::Identity)));
        }
        if kind == RequesterKind::Root {
            steps.push(Self::plain("a root user needs no policy of its own", "E26", Holds::Yes));
        }
        if self.is_flagged(Layer::Boundary) {
            steps.push(self.allows("the permissions boundary allows it", "L2", &matches, layer(Layer::Boundary)));
        }
        if self.has_resource_policy() {
            steps.push(self.granted(&matches));
        }
        steps.push(self.ways());
        steps.extend(self.levels(Control::Service, &matches));
        steps.extend(self.levels(Control::Resource, &matches));
        steps
    }

    fn plain(claim: &str, rule: &'static str, holds: Holds) -> Step {
        Step {
            claim: claim.to_owned(),
            holds,
            rule: Some(rule),
            condition: None,
            statements: Vec::new(),
            because: Vec::new(),
        }
    }

    fn decide(&self, guards: impl Iterator<Item = GuardId>) -> Decided {
        let permits = guards.map(|guard| self.focus.facts.guards.literals(guard)).collect();
        Expression::decide(&[Expression { permits, blocks: Vec::new() }], self.relations.options().strict)
    }

    fn cite<'m>(&self, matches: impl Iterator<Item = &'m Match>) -> Vec<Citation> {
        let cite = |found: &Match| citation(self.relations, &self.focus.facts, *found, self.requester, self.resource);
        let mut citations: Vec<Citation> = matches.filter_map(cite).collect();
        citations.sort();
        citations.dedup();
        citations
    }

    fn step(claim: String, rule: &'static str, decided: Decided, statements: Vec<Citation>) -> Step {
        let holds = match decided.holds {
            Some(true) => Holds::Yes,
            Some(false) => Holds::No,
            None => Holds::Sometimes,
        };
        Step { claim, holds, rule: Some(rule), condition: decided.residual, statements, because: Vec::new() }
    }

    /// E2: no Deny applies, or these do.
    fn denies(&self, matches: &[Match]) -> Step {
        let blocking = self.focus.judge.blocking(self.focus.cell);
        let denying: Vec<&Match> = matches
            .iter()
            .filter(|found| found.effect == Effect::Deny)
            .filter(|found| blocking.iter().any(|(statement, _)| *statement == found.statement))
            .collect();
        if denying.is_empty() {
            return Self::plain("no Deny statement applies", "E2", Holds::Yes);
        }
        let decided = self.decide(blocking.iter().map(|&(_, guard)| guard));
        let (claim, holds) = match decided.holds {
            Some(true) => ("a Deny statement applies", Holds::No),
            Some(false) => ("no Deny statement applies, by the reading that is followed", Holds::Yes),
            None => ("a Deny statement applies in some requests", Holds::Sometimes),
        };
        Step {
            claim: claim.to_owned(),
            holds,
            rule: Some("E2"),
            condition: decided.residual,
            statements: self.cite(denying.into_iter()),
            because: Vec::new(),
        }
    }

    fn allows(&self, claim: &str, rule: &'static str, matches: &[Match], at: impl Fn(Attached) -> bool) -> Step {
        let allowing: Vec<&Match> =
            matches.iter().filter(|found| found.effect == Effect::Allow && at(found.attached)).collect();
        let decided = self.decide(allowing.iter().map(|found| found.guard));
        let claim = match decided.holds {
            Some(false) => {
                claim.replacen("allow it", "do not allow it", 1).replacen("allows it", "does not allow it", 1)
            }
            _ => claim.to_owned(),
        };
        Self::step(claim, rule, decided, self.cite(allowing.into_iter()))
    }

    fn granted(&self, matches: &[Match]) -> Step {
        let named = |found: &&Match| found.effect == Effect::Allow && matches!(found.attached, Attached::Named(_));
        let allowing: Vec<&Match> = matches.iter().filter(named).collect();
        let mut ways: Vec<&str> = allowing
            .iter()
            .filter_map(|found| match found.attached {
                Attached::Named(how) => Some(phrase(how)),
                _ => None,
            })
            .collect();
        ways.sort_unstable();
        ways.dedup();
        let decided = self.decide(allowing.iter().map(|found| found.guard));
        let claim = match decided.holds {
            Some(false) => "the resource's policy does not grant it to this principal".to_owned(),
            _ => format!("the resource's policy grants it, naming {}", ways.join(" and ")),
        };
        Self::step(claim, "A21", decided, self.cite(allowing.into_iter()))
    }

    /// By which sentence the policies together would permit it.
    fn ways(&self) -> Step {
        let mut ways: Vec<Way> = self.focus.derived.candidates.iter().map(|candidate| candidate.3).collect();
        ways.sort_unstable();
        ways.dedup();
        let view = &self.relations.requester(self.requester).view;
        let same = view.account.is_some() && view.account == self.resource.view.account;
        let Some(first) = ways.first() else {
            let (claim, rule) = if same {
                ("neither side alone is enough, or none allows it", "E1")
            } else {
                ("across accounts both sides must allow it, and one does not", "E18")
            };
            return Self::plain(claim, rule, Holds::No);
        };
        let claims: Vec<&str> = ways.iter().map(|way| sentence(*way)).collect();
        let decided = self.decide(self.focus.derived.candidates.iter().map(|candidate| candidate.4));
        Self::step(claims.join("; "), first.rule(), decided, Vec::new())
    }

    fn levels(&self, control: Control, matches: &[Match]) -> Option<Step> {
        let view = &self.relations.requester(self.requester).view;
        let account = if control == Control::Service { view.account? } else { self.resource.view.account? };
        let (organization, membership) = self.relations.inventory().organization_of(account)?;
        let (enabled, what, rule) = match control {
            Control::Service => (organization.service_control, "service control", "L12"),
            Control::Resource => (organization.resource_control, "resource control", "L25"),
        };
        if !enabled {
            return None;
        }
        let exempt = organization.management == Some(account);
        if exempt {
            let rule = if control == Control::Service { "L11" } else { "L21" };
            return Some(Self::plain(
                &format!("{what} policies do not touch the management account"),
                rule,
                Holds::Yes,
            ));
        }
        let mut names: Vec<String> = membership.path.clone();
        names.push(account.to_string());
        let mut because = Vec::new();
        for (level, target) in (0..).zip(&names) {
            let title =
                organization.names.get(target).map_or_else(|| target.clone(), |name| format!("{name} ({target})"));
            let at = |attached| attached == Attached::Level(control, level);
            because.push(self.allows(&format!("the policies at {title} allow it"), rule, matches, at));
        }
        let holds = because.iter().map(|step| step.holds).fold(Holds::Yes, |all, one| match (all, one) {
            (Holds::No, _) | (_, Holds::No) => Holds::No,
            (Holds::Sometimes, _) | (_, Holds::Sometimes) => Holds::Sometimes,
            _ => Holds::Yes,
        });
        let verb = if holds == Holds::No { "do not let it pass" } else { "let it pass" };
        let claim = format!("the {what} policies of organization {} {verb}", organization.id);
        Some(Step { claim, holds, rule: Some(rule), condition: None, statements: Vec::new(), because })
    }

    fn is_flagged(&self, layer: Layer) -> bool {
        let principal = self.relations.requester(self.requester).principal;
        let inventory = self.relations.inventory();
        layer == Layer::Boundary
            && principal.is_some_and(|id| inventory.principals[id].boundary != crate::inventory::Boundary::None)
    }

    fn has_resource_policy(&self) -> bool {
        self.resource.repository.is_some() || self.resource.view.kind == crate::catalog::ResourceKind::NewRepository
    }
}

fn phrase(how: How) -> &'static str {
    match how {
        How::User => "the user",
        How::Session => "the session",
        How::Role => "the role",
        How::UserOfSession => "the session's user",
        How::Account => "the account",
        How::Everyone => "everyone",
        How::Service => "the service",
        How::Federated => "the identity provider",
    }
}

fn sentence(way: Way) -> &'static str {
    match way {
        Way::Identity => "in one account the principal's own policies are enough",
        Way::Named => "in one account a policy that names the principal or everyone is enough",
        Way::NamedRole => "in one account a policy that names the role is enough",
        Way::Trusted => "a trust policy that names the caller is enough",
        Way::TrustedAccount => "the trust policy leaves it to the caller's account, and that allows it",
        Way::BothSides => "both accounts allow it",
        Way::Service => "for a service the resource's policy is enough",
        Way::Unsigned => "everyone may, signed or not",
        Way::Federated => "the trust policy names the identity provider",
    }
}
