//! What if: changes on top of what was read, listed, and taken back.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::desk::{Answered, Desk, DeskError};
use crate::engine::Relations;
use crate::inventory::{Change, Inventory, Text};
use crate::query::{Edit, Grain};
use crate::report::{Crowd, Format, Sheet, changed};

/// The world after a change.
#[derive(Debug)]
pub(super) struct World {
    edit: Edit,
    /// The policy that went with its last statement.
    gone: Option<String>,
    inventory: Arc<Inventory>,
    pub(super) relations: Relations<'static>,
}

/// So many changes are kept on top of each other; each keeps a copy of what is small in the inventory.
const MOST: usize = 100;

impl Desk<'_> {
    /// Makes a change.
    pub(super) fn what_if(&mut self, edit: &Edit, out: &mut dyn Write) -> Result<Answered, DeskError> {
        if self.worlds.len() >= MOST {
            return Err(DeskError::TooMany(MOST));
        }
        let before = self.relations();
        let change = before.change(edit, &given_text)?;
        let inventory = Arc::new(before.inventory().changed(&change)?);
        let gone = match change {
            Change::RemoveStatement { statement, of } if before.inventory().goes_with(statement, of) => {
                Some(before.inventory().policies[of].name.clone())
            }
            _ => None,
        };
        let relations = before.after(Arc::clone(&inventory));
        self.worlds.push(World { edit: edit.clone(), gone, inventory, relations });
        self.told(out)
    }

    /// What the changes come to, from what was read to the last.
    pub(super) fn what_changed(&self, grain: Grain, out: &mut dyn Write) -> Result<Answered, DeskError> {
        let Some(last) = self.worlds.last() else { return Err(DeskError::Unchanged) };
        let changes = self.relations.changes(&last.relations, grain);
        let (format, style) = (self.settings().format, self.settings().style);
        let crowd = match format {
            _ if style.expand => Crowd::Single,
            Format::Table => Crowd::Folded,
            _ => Crowd::Named,
        };
        format.renderer(style).sheet(&changed(&changes, crowd), out)?;
        Ok(Answered::default())
    }

    pub(super) fn list_changes(&self, out: &mut dyn Write) -> Result<Answered, DeskError> {
        let mut sheet = Sheet::new("changes", &["number", "change"]);
        let row = |(number, world): (usize, &World)| {
            let gone = world.gone.as_ref().map(|policy| format!("; it is the last one, and {policy} is removed"));
            vec![number.into(), format!("{}{}", world.edit, gone.unwrap_or_default()).into()]
        };
        sheet.rows = (1..).zip(&self.worlds).map(row).collect();
        self.settings().format.renderer(self.settings().style).sheet(&sheet, out)?;
        Ok(Answered::default())
    }

    /// Takes the last change back, or all of them.
    pub(super) fn undo(&mut self, all: bool, out: &mut dyn Write) -> Result<Answered, DeskError> {
        let left = if all { 0 } else { self.worlds.len().saturating_sub(1) };
        if self.worlds.is_empty() {
            return Err(DeskError::Unchanged);
        }
        self.worlds.truncate(left);
        self.told(out)
    }

    /// Derives the changed worlds anew, after what was read.
    pub(super) fn change_again(&mut self) {
        let mut worlds: Vec<World> = Vec::with_capacity(self.worlds.len());
        for World { edit, gone, inventory, .. } in std::mem::take(&mut self.worlds) {
            let relations = match worlds.last() {
                Some(before) => before.relations.after(Arc::clone(&inventory)),
                None => self.relations.after(Arc::clone(&inventory)),
            };
            worlds.push(World { edit, gone, inventory, relations });
        }
        self.worlds = worlds;
    }

    /// How many changes there are now: in the answer, or beside it.
    fn told(&self, out: &mut dyn Write) -> Result<Answered, DeskError> {
        let note = match self.worlds.len() {
            0 => "the world is as it was read".to_owned(),
            1 => "the world has 1 change; see `what changed`, `undo`".to_owned(),
            more => format!("the world has {more} changes; see `what changed`, `list changes`, `undo`"),
        };
        if self.settings().format.holds_notes() {
            writeln!(out, "{note}")?;
        }
        Ok(Answered { verdicts: Vec::new(), notes: vec![note] })
    }
}

/// Reads a file that a change names, if there is one of this name.
pub(crate) fn given_text(path: &str) -> Option<Result<Text, String>> {
    Path::new(path).exists().then(|| Text::read(path))
}
