//! An inventory for whoever asks about it: borrowed, or kept by all who do.

use std::ops::Deref;
use std::sync::Arc;

use super::world::Inventory;

/// An inventory that somebody else keeps, or a share of one.
#[derive(Clone, Debug)]
pub enum Lent<'a> {
    /// Somebody else keeps it.
    Borrowed(&'a Inventory),
    /// All who use it keep it.
    Shared(Arc<Inventory>),
}

impl Deref for Lent<'_> {
    type Target = Inventory;

    fn deref(&self) -> &Inventory {
        match self {
            Self::Borrowed(inventory) => inventory,
            Self::Shared(inventory) => inventory,
        }
    }
}
