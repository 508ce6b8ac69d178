//! What nobody can say: who else could be able, if the input held what it lacks.
//!
//! An answer to `who can` has those who are allowed as far as the input tells. Of what is missing, the policies of a
//! principal and the levels of an organization are taken to allow; the rest is taken to say nothing. By the rest
//! somebody could be able whom the answer does not have.

use std::collections::BTreeSet;

use super::answer::Row;
use super::ask::Scope;
use super::lookup::Lookup;
use super::select::AskError;
use crate::condition::Decided;
use crate::engine::{Kind, Relations, RequesterId, Verdict};
use crate::ids::GapId;
use crate::inventory::GapKind;
use crate::policy::{AccountId, Arn};

/// By what somebody could be able whom an answer does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unknown {
    /// What is missing of the repositories and their accounts: anybody could be able by it.
    pub anybody: BTreeSet<String>,
    /// Those of whose own policies something is missing: a denied row each.
    pub rows: Vec<Row>,
}

/// Whether something of this kind, if it were there, could allow somebody what is denied now.
pub(crate) fn could_allow(kind: GapKind) -> bool {
    match kind {
        GapKind::Group
        | GapKind::RepositoryPolicy
        | GapKind::RegistryPolicy
        | GapKind::Repositories
        | GapKind::Principals
        | GapKind::Unreadable
        | GapKind::Page => true,
        // Control policies allow nobody anything; what is missing of the others is taken to allow already.
        GapKind::AttachedPolicy
        | GapKind::AwsManagedPolicy
        | GapKind::Boundary
        | GapKind::Organization
        | GapKind::ControlPolicies => false,
    }
}

impl Relations<'_> {
    /// Who else could be able to do any of these on any of these resources, beside the rows of the answer.
    ///
    /// # Errors
    /// As [`Self::who_can`].
    pub fn unknown(
        &self,
        actions: &[String],
        resources: &[String],
        scope: Scope,
        rows: &[Row],
    ) -> Result<Unknown, AskError> {
        let gaps = &self.universe().gaps;
        let telling = |found: BTreeSet<GapId>| -> BTreeSet<GapId> {
            found.into_iter().filter(|&gap| could_allow(gaps[gap].kind)).collect()
        };
        let mut unknown = Unknown::default();
        if gaps.values().all(|gap| !could_allow(gap.kind)) {
            return Ok(unknown);
        }
        let suspects: Vec<RequesterId> =
            self.universe().requesters.ids().filter(|&one| !telling(self.gaps_of(one)).is_empty()).collect();
        // Whoever could become one of those roles could be able through it.
        let holders = rows.iter().filter(|row| !scope.direct && row.kind == "role");
        let homes: BTreeSet<AccountId> =
            holders.filter_map(|row| Arn::parse(&row.principal).and_then(|arn| arn.account())).collect();
        let homes: Vec<_> = homes.into_iter().map(|account| self.shard(account, Kind::Roles)).collect();
        let known: BTreeSet<(&str, &str, &str)> =
            rows.iter().map(|row| (row.principal.as_str(), row.action.as_str(), row.resource.as_str())).collect();
        self.each_deed(actions, resources, |shard, target, deed| {
            unknown.anybody.extend(self.messages(&telling(self.gaps_there(shard, target))));
            let (action, resource) = (deed.name(shard), &shard.resources[target.resource].name);
            let lookup = Lookup::new(self, shard, target, deed);
            for &one in &suspects {
                let concerns = shard.atom(one).is_some() || homes.iter().any(|home| home.atom(one).is_some());
                if !concerns || known.contains(&(&self.requester(one).name, &action, resource)) {
                    continue;
                }
                let denied = (Verdict::Denied { explicit: false }, Decided::settled(false));
                unknown.rows.push(self.row(&lookup, one, denied, &[]));
            }
        })?;
        // A pattern means also what nobody listed.
        if resources.iter().any(|resource| resource.contains(['*', '?'])) {
            let unlisted = gaps.values().filter(|gap| gap.kind == GapKind::Repositories);
            unknown.anybody.extend(unlisted.map(|gap| gap.message.clone()));
        }
        Ok(unknown)
    }

    /// What of a row's `incomplete` could allow what is denied.
    #[must_use]
    pub fn could_allow(&self, row: &Row) -> Vec<String> {
        let gaps = &self.universe().gaps;
        let known = |message: &&String| gaps.values().any(|gap| gap.message == **message && could_allow(gap.kind));
        row.incomplete.iter().filter(known).cloned().collect()
    }
}
