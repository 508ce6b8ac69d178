//! The proof of one cell, layer by layer.

use crate::condition::{Decided, Expression};
use crate::engine::{Focus, Judgement, Relations, RequesterId, Resource, Shard, Supposition, Verdict};
use crate::ids::GuardId;
use crate::lower::{Attached, Match, RequesterKind};
use crate::policy::Effect;
use crate::query::{AskError, Citation, Deed, Grain, Holds, Proof, Remedies, Scope, Step, Target, citations};
use crate::rules::{Control, How, Layer, Limit, Way};

use super::widening::{Asked, Count, changes};
use super::{remedy, route, short};

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
    };
    let parts = parts(relations, shard, &asked, count);
    let routes = route::steps(relations, &row);
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
    Some(Proof { actions: vec![row.action.clone()], row, steps, remedies: Vec::new(), parts })
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

/// The cells of a deed, proved; those with the same proof and the same remedies together.
fn parts(relations: &Relations<'_>, shard: &Shard, asked: &Question<'_>, count: &mut Count<'_, '_>) -> Vec<Part> {
    struct Group {
        actions: Vec<usize>,
        resource: usize,
        judged: Judgement,
        steps: Vec<Step>,
        remedies: Vec<Vec<Supposition>>,
    }
    let requester = asked.requester;
    let mut groups: Vec<Group> = Vec::new();
    for &(action, number) in &asked.cells {
        let resource = &shard.resources[number];
        let focus = relations.focus(requester, resource, &shard.actions[action], &[]);
        let judged = focus.judge.verdict(&focus.facts, focus.cell);
        let steps = Prover { relations, requester, resource, focus: &focus }.steps(judged.verdict);
        let remedies = match judged.verdict {
            Verdict::Denied { .. } if !asked.is_reached => {
                remedy::search(relations, requester, resource, &shard.actions[action], &focus)
            }
            _ => Vec::new(),
        };
        let alike = |group: &&mut Group| {
            let is_same = group.resource == number && group.judged == judged;
            is_same && group.steps == steps && group.remedies == remedies && !count.is_complete
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.actions.push(action),
            None => groups.push(Group { actions: vec![action], resource: number, judged, steps, remedies }),
        }
    }
    let part = |group: Group| {
        let resource = &shard.resources[group.resource];
        let actions: Vec<String> = group.actions.iter().map(|&action| shard.actions[action].to_string()).collect();
        // What has no resource is each caller's own, and tells only by what it adds up to.
        let by_action = matches!(asked.deed, Deed::Action(_)) && !resource.view.of_caller;
        let grain = if by_action { Grain::Actions } else { Grain::Capabilities };
        let named: Vec<String> = actions.iter().cloned().chain([asked.what.to_owned()]).collect();
        let principal = &*relations.requester(requester).name;
        let own = Asked { principal, actions: &named, resources: [asked.on, &resource.name], grain };
        let describe = |set: &Vec<Supposition>| Remedies {
            changes: set.iter().map(|one| remedy::describe(relations, requester, resource, &actions, one)).collect(),
            widening: count.widening(changes(relations, requester, resource, &actions, set), &own),
        };
        let mut remedies: Vec<Remedies> = group.remedies.iter().map(describe).collect();
        // Where nobody counted, the order of the search stays.
        remedies.sort_by_key(|set| set.widening.cells().unwrap_or(usize::MAX));
        Part { resource: resource.name.clone(), judged: group.judged, steps: group.steps, remedies, actions }
    };
    groups.into_iter().map(part).collect()
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

struct Prover<'a> {
    relations: &'a Relations<'a>,
    requester: RequesterId,
    resource: &'a Resource,
    focus: &'a Focus,
}

impl Prover<'_> {
    fn steps(&self, verdict: Verdict) -> Vec<Step> {
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
        if self.focus.stands(Limit::Boundary) {
            steps.push(self.allows("the permissions boundary allows it", "L2", &matches, layer(Layer::Boundary)));
        }
        if self.has_resource_policy() {
            steps.push(self.granted(&matches));
        }
        steps.push(self.ways());
        steps.extend(self.levels(Control::Service, &matches));
        steps.extend(self.levels(Control::Resource, &matches));
        if verdict.is_possible() {
            // Where one side is enough, the other's silence stands in nobody's way.
            let sides = steps.iter_mut().filter(|step| step.holds == Holds::No);
            sides.for_each(|step| step.holds = Holds::Aside);
        }
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
        Decided::clone(&self.relations.decisions().decide(&[Expression::new(permits, Vec::new())]))
    }

    fn cite<'m>(&self, matches: impl Iterator<Item = &'m Match>) -> Vec<Citation> {
        let cite = |found: &Match| citations(self.relations, &self.focus.facts, *found, self.requester, self.resource);
        let mut citations: Vec<Citation> = matches.flat_map(cite).collect();
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
        let ways = self.focus.ways();
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
        let claims: Vec<&str> = if self.focus.is_granted_twice() {
            vec![
                "granted twice: in one account the principal's own policies are enough, and so is the resource's policy",
            ]
        } else {
            ways.iter().map(|way| sentence(*way)).collect()
        };
        let decided = self.decide(self.focus.derived.granted.candidates.iter().map(|candidate| candidate.4));
        Self::step(claims.join("; "), first.rule(), decided, Vec::new())
    }

    fn levels(&self, control: Control, matches: &[Match]) -> Option<Step> {
        let view = &self.relations.requester(self.requester).view;
        let account = if control == Control::Service { view.account? } else { self.resource.view.account? };
        let (organization, membership) = self.relations.inventory().organization_of(account)?;
        let (what, rule, spared) = match control {
            Control::Service => ("service control", "L12", "L11"),
            Control::Resource => ("resource control", "L25", "L21"),
        };
        let levels = membership.levels(account);
        let standing: Vec<(u32, &String)> =
            (0..).zip(&levels).filter(|(level, _)| self.focus.stands(Limit::Level(control, *level))).collect();
        if standing.is_empty() {
            let whom = match organization.management {
                Some(management) if management == account => "the management account",
                _ if view.is_service_linked() => "service-linked roles",
                _ => return None,
            };
            return Some(Self::plain(&format!("{what} policies do not touch {whom}"), spared, Holds::Yes));
        }
        let mut because: Vec<Step> = Vec::new();
        for (level, target) in standing {
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
        // Nearly always every level holds AWS's own policy that allows everything: that is one sentence.
        if because.windows(2).all(|pair| pair[0].statements == pair[1].statements) && holds == Holds::Yes {
            let claim = format!("the {what} policies of organization {} let it pass at every level", organization.id);
            let statements = because.swap_remove(0).statements;
            return Some(Step { claim, holds, rule: Some(rule), condition: None, statements, because: Vec::new() });
        }
        let verb = if holds == Holds::No { "do not let it pass" } else { "let it pass" };
        let claim = format!("the {what} policies of organization {} {verb}", organization.id);
        Some(Step { claim, holds, rule: Some(rule), condition: None, statements: Vec::new(), because })
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
