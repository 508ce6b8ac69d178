//! The account of a folder, learnt from its files (P4).
//!
//! A file whose content names no account, and whose path none either, is about
//! the account that the other files of its folder tell. Only what the exports
//! are about counts, never what stands inside a policy document.

use std::collections::BTreeMap;

use super::reader::{elements, is_region};
use crate::ids::FileId;
use crate::policy::{AccountId, Diagnostic, Severity, Span};

/// The accounts that the files of a folder tell, each with the first place that tells it.
pub(super) type Told = BTreeMap<AccountId, (FileId, Span)>;

/// What is told in each folder.
#[derive(Debug, Default)]
pub(super) struct Folders(BTreeMap<String, Told>);

impl Folders {
    /// Adds what a file tells.
    pub(super) fn tell(&mut self, file: &str, told: &Told) {
        if !told.is_empty() {
            let known = self.0.entry(of(file)).or_default();
            for (account, place) in told {
                known.entry(*account).or_insert(*place);
            }
        }
    }

    /// The account of a file's folder, if the files of the folder tell one and no other.
    pub(super) fn account(&self, file: &str) -> Option<AccountId> {
        let told = self.0.get(&of(file))?;
        told.keys().next().copied().filter(|_| told.len() == 1)
    }

    /// Two files that disagree, in the folder of a file that depends on them.
    pub(super) fn disagreement(&self, file: &str) -> Option<Diagnostic> {
        let mut told = self.0.get(&of(file))?.iter();
        let ((one, first), (other, place)) = (told.next()?, told.next()?);
        let message = if first.0 == place.0 {
            format!("this file is about account {one} and about account {other}")
        } else {
            format!("this file is about account {other}, and another one of its folder about account {one}")
        };
        let hint = "give each account a folder of its own; files in it that name no account are about that one";
        Some(Diagnostic {
            severity: Severity::Error,
            message,
            hint: Some(hint.to_owned()),
            place: Some(*place),
            account: None,
        })
    }
}

/// The folder that holds all files of an account: that of the file, without the folders below it in which
/// the convention keeps the parts.
fn of(file: &str) -> String {
    let mut folders: Vec<&str> = elements(file).collect();
    folders.pop();
    let mut leave = |is_part: fn(&[&str]) -> bool| {
        if is_part(&folders) {
            folders.pop();
        }
    };
    leave(|folders| matches!(folders, [.., "policy" | "tags"]));
    leave(|folders| matches!(folders, [.., "ecr", region] if is_region(region)));
    leave(|folders| matches!(folders, [.., "ecr" | "ecr-public" | "config"]));
    folders.join("/")
}
