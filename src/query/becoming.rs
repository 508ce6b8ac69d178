//! How somebody gets to a role: the shortest way over any number of roles.

use std::collections::BTreeSet;

use super::answer::{Route, Row};
use super::row::told;
use super::select::AskError;
use crate::engine::{Reach, Relations, RequesterId, Verdict};
use crate::lower::RequesterKind;

impl Relations<'_> {
    /// How a principal can become a role: a row for each of both that the words mean, denied ones too. The
    /// action of the rows is `become`.
    ///
    /// # Errors
    /// [`AskError`] where a name means nothing, more than one thing, or no role.
    pub fn becoming(&self, principal: &str, role: &str) -> Result<Vec<Row>, AskError> {
        let callers = self.requesters(principal)?;
        let is_role =
            |id: &RequesterId| matches!(self.requester(*id).view.kind, RequesterKind::Role | RequesterKind::Session);
        let goals: Vec<RequesterId> = self.requesters(role)?.into_iter().filter(is_role).collect();
        if goals.is_empty() {
            return Err(AskError::NoRole(role.to_owned()));
        }
        let mut rows = Vec::new();
        for goal in goals {
            let reach = self.reach(&BTreeSet::from([goal]), None);
            let others = callers.iter().filter(|caller| **caller != goal);
            rows.extend(
                others.map(|caller| self.row_of_way(*caller, goal, reach.get(caller).and_then(|ways| ways.first()))),
            );
        }
        if self.is_stopped() { Err(AskError::Interrupted) } else { Ok(rows) }
    }

    fn row_of_way(&self, caller: RequesterId, goal: RequesterId, way: Option<&Reach>) -> Row {
        let known = self.requester(caller);
        let verdict = match way {
            Some(way) if way.certain => Verdict::Allowed,
            Some(_) => Verdict::Conditional,
            None => Verdict::Denied { explicit: false },
        };
        let routes = way.map(|way| {
            let demands: Vec<_> = self.demands(way).collect();
            let residual = told(&demands);
            Route { through: self.names_of(&way.through), verdict, residual, demands, statements: Vec::new() }
        });
        let decided = || way.iter().flat_map(|way| way.conditions.iter().map(|(_, decided)| decided));
        let doubts: BTreeSet<&str> = decided().flat_map(|decided| decided.doubts.iter().copied()).collect();
        let missing = decided().flat_map(|decided| &decided.missing);
        let mut incomplete: BTreeSet<String> = missing.map(|&gap| self.universe().gaps[gap].message.clone()).collect();
        incomplete.extend(self.incomplete_side(caller));
        incomplete.extend(self.incomplete_side(goal));
        Row {
            principal: known.name.to_string(),
            kind: known.view.kind.as_str(),
            account: known.view.account.map(|account| account.to_string()),
            action: "become".to_owned(),
            resource: self.requester(goal).name.to_string(),
            verdict,
            residual: routes.as_ref().and_then(|route| route.residual.clone()),
            witness: None,
            routes: routes.into_iter().collect(),
            incomplete: incomplete.into_iter().collect(),
            supposed: Vec::new(),
            doubts: doubts.into_iter().map(str::to_owned).collect(),
        }
    }
}
