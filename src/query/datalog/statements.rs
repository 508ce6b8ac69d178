//! What statements say, row by row.

use super::extent::Code;
use super::limits::QueryError;
use super::relations::Source;
use super::rows::Row;
use super::value::Type;
use super::world::{World, code};
use crate::ids::{Id as _, PolicyId};
use crate::policy::Effect;

impl World<'_> {
    /// The rows of the statements of a policy.
    pub(super) fn statements(
        &self,
        source: Source,
        policy: PolicyId,
        own: Code,
        tell: &mut Row<'_>,
    ) -> Result<(), QueryError> {
        let inventory = self.relations.inventory();
        for (number, statement) in inventory.document(policy).statements.iter().enumerate() {
            let one = self.statement(policy, number);
            match source {
                Source::InPolicy => tell(&[one, own])?,
                Source::Sid => {
                    if let Some(sid) = &statement.sid {
                        tell(&[one, self.text(sid)])?;
                    }
                }
                Source::Effect => tell(&[one, Code::from(statement.effect == Effect::Deny)])?,
                Source::Place => {
                    let place = inventory.policies[policy].place;
                    let span = inventory.sources.locate(place, statement.span);
                    let (file, span) = inventory.sources.origin(place.file, span);
                    let line = inventory.sources.position(file, span.start).line;
                    tell(&[one, self.text(&inventory.sources.get(file).name), code(line)])?;
                }
                Source::Names => {
                    let named = statement.principals.iter().filter(|element| !element.negated);
                    for entry in named.flat_map(|element| &element.entries) {
                        if let Some(who) = self.relations.listed(&entry.value) {
                            tell(&[one, code(who.index())])?;
                        }
                    }
                }
                Source::NamesNobody => {
                    let named = statement.principals.iter().filter(|element| !element.negated);
                    for entry in named.flat_map(|element| &element.entries) {
                        if let Some(name) = self.relations.gone(&entry.value) {
                            tell(&[one, self.text(name)])?;
                        }
                    }
                }
                Source::Element => statement.elements().try_for_each(|element| tell(&[one, self.text(element)]))?,
                Source::ListsAction => {
                    let listed =
                        statement.actions.entries.iter().map(|entry| entry.value.as_str().to_ascii_lowercase());
                    listed.into_iter().try_for_each(|action| tell(&[one, self.text(&action)]))?;
                }
                Source::ConditionKey => {
                    let keys = statement.conditions.iter().map(|condition| condition.key.value.to_ascii_lowercase());
                    keys.into_iter().try_for_each(|key| tell(&[one, self.text(&key)]))?;
                }
                _ => tell(&[one])?,
            }
        }
        Ok(())
    }

    /// How a statement of a policy is called.
    pub(super) fn statement(&self, policy: PolicyId, number: usize) -> Code {
        let name = self.name(Type::Policy, self.policy(policy));
        self.text(&format!("statement {} of {name}", number + 1))
    }
}
