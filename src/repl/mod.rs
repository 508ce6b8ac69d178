//! The shell: lines in, answers out.
//!
//! A line is a question or, with a dot in front, a command to the shell
//! itself. Completer, hinter, highlighter and validator are a file each; they
//! know the grammar and the names, and nothing of authorization. Ctrl-C gives
//! up the line or the question, Ctrl-D the shell.

mod assertion;
mod brackets;
mod command;
mod completer;
mod desk;
pub mod help;
mod highlighter;
mod hinter;
mod history;
mod kept;
mod logic;
mod names;
mod output;
mod overlay;
mod pager;
mod progress;
mod queries;
mod rows;
mod session;
mod shell;
mod validator;

use std::time::Duration;

use crate::inventory::Inventory;
use crate::policy::Severity;

pub use command::{Command, CommandError, context_entry};
pub use completer::Completer;
pub use desk::{Answered, Desk, DeskError, Settings};
pub use highlighter::Highlighter;
pub use hinter::Hinter;
pub use kept::Kept;
pub use names::Names;
pub(crate) use output::Output;
pub(crate) use overlay::given_text;
pub(crate) use progress::Progress;
pub use session::{LineError, Next, Reply, Session, lines};
pub use shell::run;
pub(crate) use shell::stop_on_ctrl_c;
pub use validator::Validator;

/// `4 accounts, 41 principals, 9 repositories`.
pub(crate) fn holdings(inventory: &Inventory) -> String {
    format!(
        "{}, {}, {}",
        count(inventory.accounts.len(), "account", "accounts"),
        count(inventory.principals.len(), "principal", "principals"),
        count(inventory.repositories.len(), "repository", "repositories"),
    )
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// The opening line: what is loaded, how complete it is, how long it took.
#[must_use]
pub fn opening(inventory: &Inventory, is_sample: bool, took: Duration) -> String {
    let what = if is_sample { "the sample organization, " } else { "" };
    let errors = inventory.diagnostics.iter().filter(|one| one.severity == Severity::Error).count();
    let mut lacks = Vec::new();
    if errors > 0 {
        lacks.push(format!("{} (list diagnostics)", count(errors, "error", "errors")));
    }
    if !inventory.gaps.is_empty() {
        lacks.push(format!("{} (list gaps)", count(inventory.gaps.len(), "gap", "gaps")));
    }
    let complete = if lacks.is_empty() { "nothing is missing".to_owned() } else { lacks.join(", ") };
    format!(
        "grantlog {}: {what}{} from {} in {} ms; {complete}. Type help.",
        env!("CARGO_PKG_VERSION"),
        holdings(inventory),
        count(inventory.sources.iter().len(), "file", "files"),
        took.as_millis(),
    )
}
