//! The whole in numbers, as a sheet.

use super::Sheet;
use crate::query::Summary;

/// A row an account and permission.
#[must_use]
pub fn summarized(summary: &Summary) -> Sheet {
    let columns = ["account", "name", "permission", "resources", "allowed", "conditional", "outside", "gaps"];
    let mut sheet = Sheet::new("summary", &columns);
    sheet.rows.extend(summary.lines.iter().map(|line| {
        vec![
            line.account.to_string().into(),
            line.name.clone().into(),
            line.permission.into(),
            line.resources.into(),
            line.allowed.into(),
            line.conditional.into(),
            line.outside.into(),
            line.gaps.into(),
        ]
    }));
    sheet
}
