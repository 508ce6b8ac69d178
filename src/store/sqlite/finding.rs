//! The tables of what was found: findings with their places, and who can give itself more.

use rusqlite::params;

use super::{Filler, count, key, row};
use crate::query::Gain;
use crate::store::StoreError;

impl Filler<'_> {
    pub(super) fn findings(&self) -> Result<(), StoreError> {
        let found = self.contents.relations.findings(&self.contents.progress);
        let mut finding = self.insert("findings", 5)?;
        let mut place = self.insert("finding_places", 7)?;
        let mut subject = self.insert_once("finding_subjects", 3)?;
        for (number, one) in found.iter().enumerate() {
            let own = row(number);
            finding.execute(params![own, one.finding.as_str(), one.severity().as_str(), one.message, one.hint])?;
            for (number, spot) in one.spots.iter().enumerate() {
                let cited = spot.statement.as_ref().and_then(|cited| {
                    let place = (cited.policy.clone(), cited.file.clone(), cited.span);
                    self.cited.get(&place).copied()
                });
                let start = spot.region.start;
                let replacement = spot.edit.as_ref().map(|edit| edit.text.as_str());
                place.execute(params![
                    own,
                    row(number),
                    spot.file,
                    count(start.line),
                    count(start.column),
                    cited,
                    replacement
                ])?;
            }
            for (role, names) in
                [("principal", &one.principals), ("action", &one.actions), ("resource", &one.resources)]
            {
                for name in names {
                    subject.execute(params![own, role, name])?;
                }
            }
        }
        Ok(())
    }

    /// Who can give itself more; nothing where somebody gives up, as all is thrown away then.
    pub(super) fn escalations(&self) -> Result<(), StoreError> {
        let all = self.contents.relations.escalations().map_err(|_| StoreError::Interrupted)?;
        let mut escalation = self.insert("escalations", 6)?;
        let mut gain = self.insert_once("escalation_gains", 2)?;
        let mut principal = self.insert_once("escalation_principals", 2)?;
        let mut step = self.insert("escalation_steps", 7)?;
        for (number, one) in all.found.iter().enumerate() {
            let own = row(number);
            let (gains, names) = match &one.gains {
                Gain::Everything => ("everything", &[][..]),
                Gain::Boundary(name) => ("boundary", std::slice::from_ref(name)),
                Gain::Group(name) => ("group", std::slice::from_ref(name)),
                Gain::Others(names) => ("others", names.as_slice()),
                Gain::Repositories(names) => ("repositories", names.as_slice()),
            };
            escalation.execute(params![own, one.account.as_str(), one.holder, gains, one.through, one.certain])?;
            for name in names {
                gain.execute(params![own, name])?;
            }
            for id in one.principals.iter().filter_map(|name| self.principals.get(name.as_str())) {
                principal.execute(params![own, key(*id)])?;
            }
            for (number, request) in one.chain.iter().enumerate() {
                step.execute(params![
                    own,
                    row(number),
                    request.principal,
                    request.action,
                    request.entity,
                    request.certain,
                    request.residual
                ])?;
            }
        }
        Ok(())
    }
}
