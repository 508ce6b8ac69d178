//! Whoever can change the policy of a repository can have everything on it (R32), as far as nothing denies it: by a
//! statement that names the one who writes it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Escalation, EscalationStep, Gain};
use crate::catalog::{Capability, Catalog};
use crate::engine::{Kind, Relations, RequesterId, Shard, Supposition};
use crate::ids::{PrincipalAtom, ResourceAtom};
use crate::lower::RequesterKind;
use crate::policy::AccountId;
use crate::query::cite::grants;
use crate::query::select::AskError;
use crate::rules::How;

/// What a repository's policy gives to the members of an atom; `true`: certainly.
type Given = BTreeMap<(PrincipalAtom, bool, Vec<Capability>), Vec<usize>>;

/// What a policy would give of what is not there: capabilities, and whether all of it in every request.
type Missing = Option<(Vec<Capability>, bool)>;

impl Relations<'_> {
    /// Who can change the policy of which repository, and has not everything there yet.
    pub(super) fn by_repository_policies(&self, full: &BTreeSet<RequesterId>) -> Result<Vec<Escalation>, AskError> {
        self.derive_kind(Kind::Registries);
        let mut found = Vec::new();
        for &account in self.inventory().accounts.keys() {
            if self.is_stopped() {
                return Err(AskError::Interrupted);
            }
            let shard = self.shard(account, Kind::Registries);
            for service in ["ecr-public", "ecr"] {
                let Some(action) = shard.action(&format!("{service}:SetRepositoryPolicy")) else { continue };
                for ((principal, certain, capabilities), repositories) in self.given(&shard, action, full) {
                    found.push(self.by_policy(
                        &shard,
                        account,
                        action,
                        principal,
                        certain,
                        &capabilities,
                        &repositories,
                    ));
                }
            }
        }
        Ok(found)
    }

    fn given(&self, shard: &Shard, action: usize, full: &BTreeSet<RequesterId>) -> Given {
        let mut given = Given::new();
        let mut known: BTreeMap<(PrincipalAtom, ResourceAtom), Missing> = BTreeMap::new();
        for (principal, resource, sure) in shard.allowed(action).iter() {
            let first = shard.first(principal);
            let Some(how) = how(self.requester(first).view.kind).filter(|_| !full.contains(&first)) else { continue };
            for number in shard.standing(principal, resource) {
                if shard.resources[number].repository.is_none() || self.is_stopped() {
                    continue;
                }
                let missing =
                    known.entry((principal, resource)).or_insert_with(|| self.missing(shard, first, how, number));
                if let Some((capabilities, certain)) = missing {
                    let key = (principal, sure && *certain, capabilities.clone());
                    given.entry(key).or_default().push(number);
                }
            }
        }
        given
    }

    /// What somebody lacks on a repository that a statement of its policy would give.
    fn missing(&self, shard: &Shard, one: RequesterId, how: How, resource: usize) -> Missing {
        let requester = self.requester(one);
        let service = &shard.resources[resource].view.service;
        let kind = shard.resources[resource].view.kind;
        let own = shard.capabilities(one, resource);
        let offered: BTreeSet<Capability> =
            Catalog::bundled().needs(service).filter(|need| need.on == kind).map(|need| need.capability).collect();
        let lacking = offered.into_iter().filter(|capability| !own.contains(&(*capability, true)));
        let mut gained = Vec::new();
        let mut all_certain = true;
        for capability in lacking {
            let cells = shard.needs(capability, requester, resource);
            let verdicts = cells.iter().map(|&(action, at)| {
                if at != resource {
                    // R16, Q5: no policy of a repository gives a log-in.
                    return shard.verdict(one, action, at).map(|judged| judged.verdict);
                }
                let suppositions = [Supposition::Grant(how)];
                let focus = self.focus(one, &shard.resources[resource], &shard.actions[action], &suppositions);
                Some(focus.judge.verdict(&focus.facts, focus.cell).verdict)
            });
            let Some(worst) =
                verdicts.map(|verdict| verdict.filter(|one| one.is_possible())).collect::<Option<Vec<_>>>()
            else {
                continue;
            };
            let certain = worst.iter().all(|verdict| *verdict == crate::engine::Verdict::Allowed);
            // What is there sometimes already is gained only if it becomes certain.
            if certain || !own.iter().any(|(held, _)| *held == capability) {
                gained.push(capability);
                all_certain &= certain;
            }
        }
        (!gained.is_empty()).then_some((gained, all_certain))
    }

    #[expect(clippy::too_many_arguments, reason = "what one finding consists of")]
    fn by_policy(
        &self,
        shard: &Shard,
        account: AccountId,
        action: usize,
        principal: PrincipalAtom,
        certain: bool,
        capabilities: &[Capability],
        repositories: &[usize],
    ) -> Escalation {
        let first = shard.first(principal);
        let mut principals: Vec<String> =
            shard.members(principal).into_iter().map(|one| self.requester(one).name.to_string()).collect();
        principals.sort();
        let name = |number: usize| shard.resources[number].name.clone();
        let mut names: Vec<String> = repositories.iter().map(|&number| name(number)).collect();
        names.sort();
        let at = repositories.iter().copied().min_by_key(|&number| name(number)).unwrap_or_default();
        let judged = shard.verdict(first, action, at);
        let step = EscalationStep {
            principal: self.requester(first).name.to_string(),
            action: shard.actions[action].to_string(),
            entity: name(at),
            certain: judged.as_ref().is_some_and(|judged| judged.verdict == crate::engine::Verdict::Allowed),
            residual: judged.and_then(|judged| judged.decided.residual),
            statements: grants(self, shard, first, (action, at), |cell| shard.facts.matching(cell).into()),
        };
        Escalation {
            account,
            holder: self.requester(first).name.to_string(),
            chain: vec![step],
            capabilities: capabilities.iter().map(|&capability| (capability, repositories.len())).collect(),
            gains: Gain::Repositories(names),
            through: None,
            certain,
            held_back: Vec::new(),
            principals,
        }
    }
}

/// How a policy names the one who writes it, in the way that limits it least (E12); services write none.
fn how(kind: RequesterKind) -> Option<How> {
    match kind {
        RequesterKind::User => Some(How::User),
        RequesterKind::Role | RequesterKind::Session | RequesterKind::FederatedUser => Some(How::Session),
        RequesterKind::Account => Some(How::Account),
        RequesterKind::Anyone => Some(How::Everyone),
        RequesterKind::Root | RequesterKind::Service | RequesterKind::Provider | RequesterKind::Anonymous => None,
    }
}
