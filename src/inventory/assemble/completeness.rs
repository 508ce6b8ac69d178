//! What the input lacks as a whole: parts of accounts, pages of lists, files that could not be read.

use std::collections::{BTreeMap, BTreeSet};

use super::Assembler;
use crate::inventory::organization::ACCOUNTS;
use crate::inventory::records::PageRecord;
use crate::inventory::world::{GapKind, Membership};
use crate::policy::{AccountId, Diagnostic, Severity, clip};

impl Assembler {
    /// What a reader could not read may have been anything of its account; where no account is told, of any.
    pub(super) fn unread(&mut self) {
        let errors = self.world.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        let mut files: BTreeMap<Option<AccountId>, BTreeSet<String>> = BTreeMap::new();
        for error in errors {
            let name = error.place.map(|(file, _)| self.world.sources.get(file).name.to_string());
            files.entry(error.account).or_default().extend(name);
        }
        for (account, files) in files {
            let mut files = files.into_iter();
            let first = files.next().unwrap_or_default();
            let more = match files.count() {
                0 => String::new(),
                1 => " and in another file".to_owned(),
                more => format!(" and in {more} other files"),
            };
            let message = format!("there are errors in {first}{more}: something may be missing");
            let gap = self.gap(GapKind::Unreadable, account, message);
            match account {
                Some(account) => self.account(account).gaps.push(gap),
                None => drop(self.gaps_of_all.insert(gap)),
            }
        }
    }

    /// I5: a page that announces another one wants a page of the same list that does not. Whether the list of
    /// all accounts is whole.
    pub(super) fn pages(&mut self, pages: &[PageRecord]) -> bool {
        let last: Vec<&PageRecord> = pages.iter().filter(|page| page.next.is_none()).collect();
        let lists: BTreeSet<_> = last.iter().map(|page| (page.list, page.account, page.of.as_str())).collect();
        // A page of nothing but AWS's own policies tells no account; its folder must do.
        let homeless = last.iter().filter(|page| page.account.is_none());
        let folders: BTreeSet<_> = homeless.map(|page| (page.list, page.of.as_str(), page.folder.as_str())).collect();
        let mut open: BTreeMap<(&str, Option<AccountId>, &str), &PageRecord> = BTreeMap::new();
        for page in pages.iter().filter(|page| page.next.is_some()) {
            let is_closed = lists.contains(&(page.list, page.account, &page.of))
                || folders.contains(&(page.list, &page.of, &page.folder));
            if !is_closed {
                open.insert((page.list, page.account, &page.of), page);
            }
        }
        for ((list, account, of), page) in &open {
            let place = page.next.map(|(file, span)| self.world.sources.origin(file, span));
            self.world.diagnostics.push(Diagnostic {
                severity: Severity::Error,
                message: "this page announces another one, which is not here".to_owned(),
                hint: Some("give all pages, or export without `--no-paginate` and `--max-items`".to_owned()),
                place,
                account: *account,
            });
            let of = match account {
                Some(account) if of.is_empty() => format!("the {list} of account {account}"),
                Some(account) => format!("the {list} of account {account} in {of}"),
                None => format!("the {list}"),
            };
            let message = format!("a page of {of} announces another one, which is not here");
            let gap = self.gap(GapKind::Page, *account, message);
            match account {
                Some(account) => self.account(*account).gaps.push(gap),
                None => drop(self.gaps_of_all.insert(gap)),
            }
        }
        !open.contains_key(&(ACCOUNTS, None, ""))
    }

    /// P5: what of an account no file tells.
    pub(super) fn missing_parts(&mut self) {
        let accounts: Vec<AccountId> = self.world.accounts.keys().copied().collect();
        let of_all: Vec<_> = self.gaps_of_all.iter().copied().collect();
        for id in accounts {
            let gaps = self.account(id).gaps.clone();
            let told: Vec<GapKind> = gaps.iter().map(|&gap| self.world.gaps[gap].kind).collect();
            let account = self.account(id);
            account.gaps.extend(&of_all);
            let owns = account.has_public || !account.private_regions.is_empty();
            let has_principals = account.has_principals;
            let membership = account.membership.clone();
            let is_standalone = account.is_standalone;
            if owns && !has_principals && !told.contains(&GapKind::Principals) {
                let message = format!("the users and roles of account {id} were not exported");
                let gap = self.gap(GapKind::Principals, Some(id), message);
                self.account(id).gaps.push(gap);
            }
            match membership {
                Some(Membership { organization, .. }) if !self.world.organizations.contains_key(&organization) => {
                    let message = format!(
                        "organization {} was not exported: its service and resource control policies are not known",
                        clip(&organization)
                    );
                    let gap = self.gap(GapKind::Organization, None, message);
                    self.account(id).gaps.push(gap);
                }
                None if self.world.organizations.is_empty()
                    && !is_standalone
                    && !told.contains(&GapKind::Organization)
                    && (owns || has_principals) =>
                {
                    let message =
                        "no organization was exported: service and resource control policies are not known".to_owned();
                    let gap = self.gap(GapKind::Organization, None, message);
                    self.account(id).gaps.push(gap);
                }
                _ => {}
            }
        }
    }
}
