//! Stands in for the readers until they are there.

use std::path::PathBuf;

use super::Inventory;

impl Inventory {
    /// Stands in for the reader of files.
    ///
    /// # Errors
    /// Never.
    pub fn load(_paths: &[PathBuf]) -> Result<Self, std::convert::Infallible> {
        Ok(Self::default())
    }

    /// Stands in for the embedded sample.
    #[must_use]
    pub fn sample() -> Self {
        Self::default()
    }
}
