//! Statements in a proof, with what decides that they count: their conditions, and groups.

use crate::catalog::{Action, ResourceKind};
use crate::condition::Known;
use crate::engine::{Focus, Relations, RequesterId, Resource};
use crate::ids::PolicyId;
use crate::lower::{Facts, KnownKey, Match, Origin, Settled};
use crate::policy::{AccountId, Arn, Effect};
use crate::query::{Cited, Evidence, Fact, Ground, cited, of_statement};
use crate::rules::{Attached, Layer};

/// One request, of which statements are shown.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) relations: &'a Relations<'a>,
    pub(super) requester: RequesterId,
    pub(super) resource: &'a Resource,
    pub(super) action: &'a Action,
}

impl Asked<'_> {
    /// Matching statements, each once.
    pub(super) fn evidence<'m>(&self, facts: &Facts, matches: impl Iterator<Item = &'m Match>) -> Vec<Evidence> {
        let each = |found: &Match| {
            let cited = cited(self.relations, facts, *found, self.requester, self.resource);
            let of_identity = found.attached == Attached::Layer(Layer::Identity);
            cited.into_iter().map(move |Cited { policy, number, layer }| {
                let statement = of_statement(self.relations, policy, number, layer);
                let mut grounds = self.conditions(policy, number);
                if of_identity {
                    grounds.extend(self.groups(policy));
                }
                Evidence { statement, grounds }
            })
        };
        let mut all: Vec<Evidence> = matches.flat_map(each).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The statements that grant it, as far as identity policies and the resource's policy go.
    pub(super) fn grants(&self) -> Vec<Evidence> {
        let facts = self.relations.facts_of(self.requester, self.resource, self.action);
        let found = facts.matching(Focus::CELL);
        let grants = |found: &&Match| {
            let grants = matches!(found.attached, Attached::Layer(Layer::Identity) | Attached::Named(_));
            grants && found.effect == Effect::Allow
        };
        self.evidence(&facts, found.iter().filter(grants))
    }

    fn conditions(&self, policy: PolicyId, number: usize) -> Vec<Ground> {
        let document = self.relations.inventory().policies[policy].document;
        let decided = self.relations.settled(self.requester, self.resource, self.action, (document, number));
        let ground = |one: Settled| Ground {
            claim: one.condition,
            holds: one.holds,
            doubt: one.doubt,
            facts: one.known.iter().map(|known| self.fact(known)).collect(),
        };
        decided.into_iter().map(ground).collect()
    }

    /// The groups through which alone a user has a policy.
    fn groups(&self, policy: PolicyId) -> Vec<Ground> {
        let inventory = self.relations.inventory();
        let principal = self.relations.requester(self.requester).principal.map(|id| &inventory.principals[id]);
        let Some(principal) = principal.filter(|principal| !principal.policies.contains(&policy)) else {
            return Vec::new();
        };
        let groups = principal.groups.iter().map(|&group| &inventory.groups[group]);
        let having = groups.filter(|group| group.policies.contains(&policy)).map(|group| Ground {
            claim: format!("member of {}", group.arn.resource().replacen("group/", "group ", 1)),
            holds: true,
            doubt: None,
            facts: Vec::new(),
        });
        having.collect()
    }

    fn fact(&self, known: &KnownKey) -> Fact {
        Fact { key: known.key.clone(), value: known.known.words(), source: self.source(known) }
    }

    /// Where what is known of a key comes from.
    fn source(&self, known: &KnownKey) -> String {
        let key = known.key.to_ascii_lowercase();
        let resource = || spoken(&self.resource.name);
        let requester = self.relations.requester(self.requester);
        match known.origin {
            Origin::Given => "given as context".to_owned(),
            Origin::Implied => "follows from the context that is given".to_owned(),
            Origin::Principal => {
                let name = spoken(&requester.name);
                match key.as_str() {
                    "aws:principalarn" => format!("ARN of {name}"),
                    "aws:principalaccount" | "aws:resourceaccount" => format!("account of {name}"),
                    "aws:principalorgid" | "aws:resourceorgid" => {
                        format!("organization of {}", account(requester.view.account))
                    }
                    "aws:principalorgpaths" | "aws:resourceorgpaths" => {
                        format!("place of {} in its organization", account(requester.view.account))
                    }
                    "aws:userid" => format!("unique id of {name}"),
                    "aws:username" => format!("name of {name}"),
                    _ if key.starts_with("aws:principaltag/") => tag(known, &name),
                    _ => format!("what kind of principal {name} is"),
                }
            }
            Origin::Resource => match key.as_str() {
                "aws:resourceaccount" => format!("account of {}", resource()),
                "aws:resourceorgid" => format!("organization of {}", account(self.resource.view.account)),
                "aws:resourceorgpaths" => {
                    format!("place of {} in its organization", account(self.resource.view.account))
                }
                "aws:requestedregion" if self.resource.view.kind == ResourceKind::None => {
                    "region of the endpoint that is called".to_owned()
                }
                "aws:requestedregion" => format!("region of {}", resource()),
                _ => tag(known, &resource()),
            },
            Origin::Action => format!("what requests for {} carry", self.action),
            Origin::Request => "what every request carries".to_owned(),
        }
    }
}

fn tag(known: &KnownKey, of: &str) -> String {
    if known.known == Known::Absent { format!("no tag of {of}") } else { format!("tag of {of}") }
}

fn account(id: Option<AccountId>) -> String {
    id.map_or_else(|| "an account that is not known".to_owned(), |id| format!("account {id}"))
}

/// A principal or resource without what stands before its name.
fn spoken(name: &str) -> String {
    Arn::parse(name).map_or_else(|| name.to_owned(), |arn| arn.resource().to_owned())
}
