//! The steps of a proof: what each layer says of one request.

use std::cell::OnceCell;

use super::evidence::Asked;
use crate::condition::{Decided, Expression};
use crate::engine::{Focus, Verdict};
use crate::ids::GuardId;
use crate::lower::{Facts, Match, RequesterKind};
use crate::policy::Effect;
use crate::query::{Evidence, Holds, Step};
use crate::rules::{Attached, Control, How, Layer, Limit, Way};

/// Reads a proof off the facts and relations of one cell.
pub(super) struct Prover<'a> {
    asked: Asked<'a>,
    focus: &'a Focus,
    /// What would match if every condition held.
    open: OnceCell<(Facts, Vec<Match>)>,
}

impl<'a> Prover<'a> {
    pub(super) fn new(asked: Asked<'a>, focus: &'a Focus) -> Self {
        Self { asked, focus, open: OnceCell::new() }
    }

    /// Layer by layer: what each says by itself, and what they come to.
    pub(super) fn steps(&self, verdict: Verdict) -> Vec<Step> {
        let matches = self.focus.facts.matching(self.focus.cell);
        let mut steps = vec![self.denies(&matches)];
        let layer = |layer| move |attached: Attached| attached == Attached::Layer(layer);
        let kind = self.asked.relations.requester(self.asked.requester).view.kind;
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
        Decided::clone(&self.asked.relations.decisions().decide(&[Expression::new(permits, Vec::new())]))
    }

    fn cite<'m>(&self, matches: impl Iterator<Item = &'m Match>) -> Vec<Evidence> {
        self.asked.evidence(&self.focus.facts, matches)
    }

    /// The statements of this effect that would count there, if it were not for a condition.
    fn near(&self, effect: Effect, at: impl Fn(Attached) -> bool) -> Vec<Evidence> {
        let Asked { relations, requester, resource, action } = self.asked;
        let (facts, matches) = self.open.get_or_init(|| {
            let facts = relations.facts_without_conditions(requester, resource, action);
            let matches = facts.matching(Focus::CELL);
            (facts, matches)
        });
        let there = matches.iter().filter(|found| found.effect == effect && at(found.attached));
        let mut near = self.asked.evidence(facts, there);
        near.retain(|one| one.grounds.iter().any(|ground| !ground.holds));
        near
    }

    fn step(claim: String, rule: &'static str, decided: Decided, statements: Vec<Evidence>) -> Step {
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
            let statements = self.near(Effect::Deny, |_| true);
            return Step { statements, ..Self::plain("no Deny statement applies", "E2", Holds::Yes) };
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
        let mut statements = self.cite(allowing.into_iter());
        if decided.holds == Some(false) {
            statements.extend(self.near(Effect::Allow, at));
        }
        Self::step(claim, rule, decided, statements)
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
        let mut statements = self.cite(allowing.into_iter());
        if decided.holds == Some(false) {
            statements.extend(self.near(Effect::Allow, |attached| matches!(attached, Attached::Named(_))));
        }
        Self::step(claim, "A21", decided, statements)
    }

    /// By which sentence the policies together would permit it.
    fn ways(&self) -> Step {
        let ways = self.focus.ways();
        let view = &self.asked.relations.requester(self.asked.requester).view;
        let same = view.account.is_some() && view.account == self.asked.resource.view.account;
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
        let view = &self.asked.relations.requester(self.asked.requester).view;
        let account = if control == Control::Service { view.account? } else { self.asked.resource.view.account? };
        let (organization, membership) = self.asked.relations.inventory().organization_of(account)?;
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
        self.asked.resource.repository.is_some()
            || self.asked.resource.view.kind == crate::catalog::ResourceKind::NewRepository
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
