//! One row of an answer: its verdict over all ways, what they ask for, and what the input lacks.

use std::collections::BTreeSet;

use super::answer::{Demand, Route, Row};
use super::ask::Target;
use super::lookup::Lookup;
use crate::condition::Decided;
use crate::engine::{Reach, Relations, RequesterId, Shard, Verdict};
use crate::ids::GapId;
use crate::inventory::{GapKind, RepositoryPolicy};
use crate::policy::AccountId;

impl Relations<'_> {
    pub(super) fn row(
        &self,
        lookup: &Lookup<'_>,
        requester: RequesterId,
        (verdict, decided): (Verdict, Decided),
        ways: &[Reach],
    ) -> Row {
        let &Lookup { shard, target, deed, .. } = lookup;
        let mut routes = Vec::new();
        let mut missing = decided.missing.clone();
        let mut doubts: BTreeSet<&'static str> = decided.doubts.iter().copied().collect();
        let mut supposed: Vec<BTreeSet<GapId>> = Vec::new();
        if verdict.is_possible() {
            supposed.push(self.supposed(&decided.missing));
            let statements = lookup.granting(requester).to_vec();
            let demands = demand(None, &decided).into_iter().collect();
            routes.push(Route {
                through: Vec::new(),
                verdict,
                residual: decided.residual.clone(),
                demands,
                statements,
            });
        }
        for way in ways {
            let Some(&role) = way.through.last() else { continue };
            let decided = lookup.decide(role);
            let (at_end, end) = &*decided;
            let sure = way.certain && *at_end == Verdict::Allowed;
            // Each step is a request of its own: its condition is told apart from that of the deed.
            let demands: Vec<Demand> = self.demands(way).chain(demand(None, end)).collect();
            missing.extend(end.missing.iter().copied());
            let of_steps = way.conditions.iter().flat_map(|(_, decided)| &decided.missing);
            supposed.push(self.supposed(of_steps.chain(&end.missing)));
            doubts.extend(end.doubts.iter().copied());
            routes.push(Route {
                through: self.names_of(&way.through),
                verdict: if sure { Verdict::Allowed } else { Verdict::Conditional },
                residual: told(&demands),
                demands,
                statements: lookup.granting(role).to_vec(),
            });
        }
        routes.sort_by_key(|route| (route.through.len(), route.verdict, route.through.clone()));
        let best = routes.iter().map(|route| route.verdict).min().unwrap_or(verdict);
        let residual = match best {
            Verdict::Conditional => {
                // A longer way that asks for the same as a shorter one is no other condition.
                let mut each: Vec<(Vec<&str>, &str)> = Vec::new();
                for route in &routes {
                    let Some(text) = route.residual.as_deref() else { continue };
                    let mut asked: Vec<&str> = route.demands.iter().map(|demand| demand.residual.as_str()).collect();
                    asked.dedup();
                    if !each.iter().any(|(known, _)| *known == asked) {
                        each.push((asked, text));
                    }
                }
                let each: Vec<&str> = each.into_iter().map(|(_, text)| text).collect();
                Some(each.join(", or "))
            }
            _ => None,
        };
        let known = self.requester(requester);
        Row {
            principal: known.name.to_string(),
            kind: known.view.kind.as_str(),
            account: known.view.account.map(|account| account.to_string()),
            action: deed.name(shard),
            resource: shard.resources[target.resource].name.clone(),
            verdict: best,
            residual: residual.filter(|text| !text.is_empty()),
            witness: if best == Verdict::Conditional && verdict == best { decided.witness } else { None },
            routes,
            incomplete: self.incomplete(shard, target, requester, &missing),
            supposed: if supposed.iter().any(BTreeSet::is_empty) {
                Vec::new()
            } else {
                supposed.iter().flatten().map(|&gap| self.universe().gaps[gap].message.clone()).collect()
            },
            doubts: doubts.into_iter().map(str::to_owned).collect(),
        }
    }

    /// E25: what an account elsewhere says of its own is for that account to say; the rest of what is taken to allow.
    fn supposed<'g>(&self, missing: impl IntoIterator<Item = &'g GapId>) -> BTreeSet<GapId> {
        let gaps = &self.universe().gaps;
        missing.into_iter().copied().filter(|&gap| gaps[gap].kind != GapKind::Principals).collect()
    }

    /// What the steps of a way ask for.
    pub(super) fn demands<'s>(&'s self, way: &'s Reach) -> impl Iterator<Item = Demand> + 's {
        way.conditions.iter().filter_map(|(role, decided)| demand(Some(&self.requester(*role).name), decided))
    }

    pub(super) fn names_of(&self, requesters: &[RequesterId]) -> Vec<String> {
        requesters.iter().map(|&id| self.requester(id).name.to_string()).collect()
    }

    /// What the input lacks that may change an answer about this requester and this resource.
    pub(crate) fn incomplete(
        &self,
        shard: &Shard,
        target: Target,
        requester: RequesterId,
        missing: &[GapId],
    ) -> Vec<String> {
        let mut found: BTreeSet<GapId> = missing.iter().copied().collect();
        found.extend(self.gaps_there(shard, target));
        found.extend(self.gaps_of(requester));
        self.messages(&found).into_iter().collect()
    }

    /// What the input lacks of a resource's policies, and of its account.
    pub(super) fn gaps_there(&self, shard: &Shard, target: Target) -> BTreeSet<GapId> {
        let inventory = self.inventory();
        let mut found = BTreeSet::new();
        if let Some(id) = shard.resources[target.resource].repository {
            match inventory.repositories[id].policy {
                RepositoryPolicy::Unknown(gap) => drop(found.insert(gap)),
                RepositoryPolicy::Policy(policy) => found.extend(inventory.policies[policy].gap),
                RepositoryPolicy::None => {}
            }
        }
        let view = &shard.resources[target.resource].view;
        if view.service == "ecr" {
            let registry = (target.account, view.region.clone().unwrap_or_default());
            found.extend(inventory.registry_gaps.get(&registry).into_iter().flatten());
        }
        found.extend(self.gaps_in(&[target.account]));
        found
    }

    /// What the input lacks of a requester's own policies, and of its account.
    pub(super) fn gaps_of(&self, requester: RequesterId) -> BTreeSet<GapId> {
        let (gaps, inventory) = (&self.universe().gaps, self.inventory());
        let mut found = BTreeSet::new();
        if let Some(id) = self.requester(requester).principal {
            let principal = &inventory.principals[id];
            let groups = principal.groups.iter().map(|&group| &inventory.groups[group]);
            let listed = groups.clone().flat_map(|group| &group.gaps).chain(&principal.gaps);
            found.extend(listed.filter(|gap| gaps[**gap].kind != GapKind::AwsManagedPolicy));
            let policies = groups.flat_map(|group| &group.policies).chain(&principal.policies);
            found.extend(policies.filter_map(|&policy| inventory.policies[policy].gap));
        }
        found.extend(self.gaps_in(self.requester(requester).view.account.as_slice()));
        found
    }

    /// The same in words.
    pub(super) fn incomplete_side(&self, requester: RequesterId) -> BTreeSet<String> {
        self.messages(&self.gaps_of(requester))
    }

    pub(super) fn messages(&self, gaps: &BTreeSet<GapId>) -> BTreeSet<String> {
        gaps.iter().map(|&gap| self.universe().gaps[gap].message.clone()).collect()
    }

    /// What the input lacks of accounts as a whole.
    fn gaps_in<'s>(&'s self, accounts: &'s [AccountId]) -> impl Iterator<Item = &'s GapId> {
        accounts.iter().filter_map(|account| self.inventory().accounts.get(account)).flat_map(|account| &account.gaps)
    }
}

fn demand(role: Option<&str>, decided: &Decided) -> Option<Demand> {
    let Decided { residual, formula, witness, .. } = decided;
    Some(Demand {
        role: role.map(str::to_owned),
        residual: residual.clone()?,
        formula: formula.clone(),
        witness: witness.clone(),
    })
}

/// What the requests of a way ask for, and which ones they are; `None` if for nothing.
pub(super) fn told(demands: &[Demand]) -> Option<String> {
    let each = demands.iter().map(|demand| match &demand.role {
        None => demand.residual.clone(),
        Some(role) => to_become(&demand.residual, role),
    });
    (!demands.is_empty()).then(|| each.collect::<Vec<_>>().join("; then "))
}

/// What a step to a role asks for.
pub(super) fn to_become(residual: &str, role: &str) -> String {
    format!("{residual} (to become {})", role.rsplit(':').next().unwrap_or(role))
}
