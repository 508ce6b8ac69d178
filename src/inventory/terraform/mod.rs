//! Plans of Terraform: what `terraform show -json` prints of one, as a change to an inventory.
//!
//! A plan holds what it knows of its resources before (`prior_state`) and what it would make of them
//! (`resource_changes`). Both are laid over an inventory: what was known of accounts that the inventory does not hold,
//! and the changes. Resources that have nothing to do with IAM or a registry are left alone. What a plan does not know
//! before it is applied is looked for in its configuration; where that does not tell either, it is a gap, told with
//! the address of the resource.

mod apply;
mod attach;
mod entity;
mod form;
mod reference;
mod resource;

use std::path::Path;

use super::files;
use super::world::Inventory;
use crate::policy::{AccountId, Sources, clip, offset_of};
use apply::Overlay;
use form::Parsed;

/// The text of a plan, and what it is called.
#[derive(Clone, Debug)]
pub struct Plan {
    name: String,
    text: String,
    /// The account of resources that do not tell theirs.
    account: Option<AccountId>,
}

/// What of a plan is laid over an inventory.
#[derive(Clone, Copy)]
enum Lay {
    Prior,
    Changes,
}

/// Why a file is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct PlanError {
    /// The file; where its text is at fault, the line and the column too.
    place: String,
    message: String,
}

impl PlanError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "give what `terraform show -json PLAN` prints of a plan that `terraform plan -out PLAN` wrote"
    }
}

impl Plan {
    /// Opens a file with a plan, compressed or not; see [`Self::read`].
    ///
    /// # Errors
    /// [`PlanError`] if it cannot be read, or as [`Self::read`].
    pub fn open(path: &Path, account: Option<AccountId>) -> Result<Self, PlanError> {
        let name = path.display().to_string();
        let error = |message: String| PlanError { place: name.clone(), message };
        let bytes = std::fs::read(path).map_err(|unread| error(unread.to_string()))?;
        let text = files::text(bytes).map_err(|unread| error(unread.message))?;
        Self::read(&name, text, account)
    }

    /// Reads a plan. `account` is that of resources of which the plan does not tell it.
    ///
    /// # Errors
    /// [`PlanError`] if the text is no JSON, or not that of a plan.
    pub fn read(name: &str, text: String, account: Option<AccountId>) -> Result<Self, PlanError> {
        let error = |at: usize, message: String| {
            let before = text.get(..at).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            PlanError { place: format!("{name}:{line}:{column}"), message }
        };
        if text.len() > Sources::MAX_BYTES {
            return Err(error(0, "it is too long".to_owned()));
        }
        match Parsed::new(&text) {
            Ok(parsed) if parsed.is_plan() => {}
            Ok(_) => return Err(error(0, "this is not the JSON of a plan".to_owned())),
            Err(unread) => {
                let message = format!("this is not the JSON of a plan: {}", clip(&unread.to_string()));
                return Err(error(offset_of(&unread, &text), message));
            }
        }
        Ok(Self { name: name.to_owned(), text, account })
    }

    /// An inventory with what the plan knows of those accounts that the inventory does not hold.
    #[must_use]
    pub fn known_over(&self, inventory: &Inventory) -> Inventory {
        self.overlay(inventory, Lay::Prior)
    }

    /// An inventory as it would be when the plan is applied.
    #[must_use]
    pub fn applied_to(&self, inventory: &Inventory) -> Inventory {
        self.overlay(inventory, Lay::Changes)
    }

    fn overlay(&self, inventory: &Inventory, what: Lay) -> Inventory {
        let mut world = inventory.clone();
        let file = world.sources.add(self.name.as_str(), self.text.as_str());
        // It was read before.
        let Ok(parsed) = Parsed::new(&self.text) else { return world };
        let mut overlay = Overlay::new(world, file, &self.text, &parsed, self.account);
        match what {
            Lay::Prior => overlay.add_prior(),
            Lay::Changes => overlay.change(),
        }
        overlay.world
    }
}
