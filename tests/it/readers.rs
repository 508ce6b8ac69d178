//! The readers of exports: each folder of `tests/data/exports` is one input, and the snapshot beside it what
//! an inventory of it holds.
//!
//! Every statement is shown with the line that it is cited by, every gap and diagnostic with its words.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use grantlog::ids::PolicyId;
use grantlog::inventory::{Boundary, Inventory, PrincipalKind, RepositoryPolicy, Tags};
use grantlog::report::diagnostic_line;

use crate::files::{below, gzip};
use crate::policies::say;

const EXPORTS: &str = "tests/data/exports";

fn exports() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(EXPORTS)
}

/// A page that the CLI printed is read in one go, one with a member that the call does not have part by part:
/// both say the same.
#[test]
fn usual_and_unusual_pages_are_read_alike() {
    let told = |name: &str, text: String| {
        let inventory = Inventory::from_files([(name.to_owned(), text.into_bytes())]);
        let Inventory { accounts, principals, groups, policies, documents, gaps, diagnostics, .. } = inventory;
        format!("{accounts:#?} {principals:#?} {groups:#?} {policies:#?} {documents:#?} {gaps:#?} {diagnostics:#?}")
    };
    let mut count = 0;
    for (name, bytes) in below(EXPORTS) {
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let Some(inside) = text.trim_end().strip_suffix('}').filter(|text| text.contains("DetailList")) else {
            continue;
        };
        if !text.starts_with('{') || serde_json::from_str::<serde_json::Value>(&text).is_err() {
            continue;
        }
        for name in [&*name, "111122223333/iam.json"] {
            let unusual = told(name, format!("{inside}, \"Unusual\": null}}"));
            assert_eq!(told(name, text.clone()), unusual, "{name}");
        }
        count += 1;
    }
    assert!(count >= 5, "only {count} pages were compared");
}

/// What the inventory of one folder holds, against the snapshot beside the folder.
fn check(case: &str) {
    let root = exports().join(case);
    let inventory = match Inventory::load([&root]) {
        Ok(inventory) => summary(&inventory, &format!("{}/", root.display())),
        Err(error) => error.to_string().replace(&root.display().to_string(), case) + "\n",
    };
    insta::with_settings!({
        snapshot_path => "../data/exports",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!(case, inventory) });
}

/// The inventory as text, with paths below `root`.
pub(crate) fn summary(inventory: &Inventory, root: &str) -> String {
    let mut text = Text { inventory, root, lines: String::new() };
    text.accounts();
    text.organizations();
    for group in inventory.groups.values() {
        text.line(0, &group.arn.to_string());
        text.policies(&group.policies);
        text.gaps(&group.gaps);
    }
    text.principals();
    text.repositories();
    for ((account, region), registry) in &inventory.registry_policies {
        let scope = if registry.first_scope { "first" } else { "second" };
        text.line(0, &format!("registry of {account} in {region}, {scope} scope"));
        text.policies(&[registry.policy]);
    }
    for gap in inventory.gaps.values() {
        let account = gap.account.map_or_else(String::new, |account| format!(" of {account}"));
        text.line(0, &format!("gap{account}: {}", gap.message));
    }
    for diagnostic in &inventory.diagnostics {
        text.line(0, &diagnostic_line(diagnostic, &inventory.sources));
    }
    text.lines.replace(root, "")
}

struct Text<'a> {
    inventory: &'a Inventory,
    root: &'a str,
    lines: String,
}

impl Text<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        writeln!(self.lines, "{}{}", "  ".repeat(depth), text.trim_end()).expect("a string takes any text");
    }

    fn accounts(&mut self) {
        for account in self.inventory.accounts.values() {
            let mut has = Vec::new();
            has.extend(account.has_principals.then(|| "principals".to_owned()));
            has.extend(account.has_public.then(|| "public".to_owned()));
            has.extend(account.private_regions.iter().cloned());
            let name = account.name.as_deref().map_or_else(String::new, |name| format!(" {name}"));
            self.line(0, &format!("account {}{name}: {}", account.id, has.join(", ")));
            if let Some(membership) = &account.membership {
                self.line(1, &format!("in {} at {}", membership.organization, membership.path.join("/")));
            }
            if account.is_standalone {
                self.line(1, "in no organization");
            }
            self.gaps(&account.gaps);
        }
    }

    fn organizations(&mut self) {
        for organization in self.inventory.organizations.values() {
            let management =
                organization.management.map_or_else(String::new, |account| format!(", managed by {account}"));
            let claims = [
                (organization.service_control, "service control"),
                (organization.resource_control, "resource control"),
                (organization.complete, "all accounts"),
            ];
            let mut claimed = vec![format!("organization {}{management}", organization.id)];
            claimed.extend(claims.iter().filter(|(holds, _)| *holds).map(|(_, claim)| (*claim).to_owned()));
            self.line(0, &claimed.join(", "));
            for (target, attached) in &organization.attached {
                let name = organization.names.get(target).map_or_else(String::new, |name| format!(" {name}"));
                self.line(1, &format!("{target}{name}"));
                self.policies(attached);
                self.gaps(organization.unknown_targets.get(target).as_slice());
            }
        }
    }

    fn principals(&mut self) {
        for principal in self.inventory.principals.values() {
            let id = principal.unique_id.as_deref().map_or_else(String::new, |id| format!(" {id}"));
            self.line(0, &format!("{}{id}{}", principal.arn, tags(Some(&principal.tags))));
            for &group in &principal.groups {
                self.line(1, &format!("in {}", self.inventory.groups[group].arn));
            }
            self.policies(&principal.policies);
            if let PrincipalKind::Role { trust: Some(trust) } = principal.kind {
                self.policies(&[trust]);
            }
            match principal.boundary {
                Boundary::None => {}
                Boundary::Policy(policy) => {
                    self.line(1, "boundary");
                    self.policies(&[policy]);
                }
                Boundary::Missing(gap) => self.gaps(&[gap]),
            }
            self.gaps(&principal.gaps);
        }
    }

    fn repositories(&mut self) {
        for repository in self.inventory.repositories.values() {
            self.line(0, &format!("{}{}", repository.arn, tags(repository.tags.as_ref())));
            match repository.policy {
                RepositoryPolicy::None => self.line(1, "no policy"),
                RepositoryPolicy::Policy(policy) => self.policies(&[policy]),
                RepositoryPolicy::Unknown(gap) => self.gaps(&[gap]),
            }
        }
    }

    fn policies(&mut self, policies: &[PolicyId]) {
        for &id in policies {
            let policy = &self.inventory.policies[id];
            let origin = self.inventory.sources.origin(policy.place.file, policy.place.span);
            let file = self.inventory.sources.get(origin.0).name.replace(self.root, "");
            let gap = policy.gap.map_or_else(String::new, |gap| format!(" ({})", self.inventory.gaps[gap].message));
            self.line(1, &format!("{}{gap}", policy.name));
            for statement in &self.inventory.document(id).statements {
                let span = self.inventory.sources.locate(policy.place, statement.span);
                let (file_id, span) = self.inventory.sources.origin(policy.place.file, span);
                let line = self.inventory.sources.position(file_id, span.start).line;
                // Of AWS's own policies only that they are there matters here.
                let said = if policy.bundled { "..." } else { &say(statement) };
                self.line(2, &format!("{file}:{line} {said}"));
                if policy.bundled {
                    break;
                }
            }
        }
    }

    fn gaps<'g>(&mut self, gaps: impl IntoIterator<Item = &'g (impl std::borrow::Borrow<grantlog::ids::GapId> + 'g)>) {
        for gap in gaps {
            self.line(1, &format!("gap: {}", self.inventory.gaps[*gap.borrow()].message));
        }
    }
}

/// Tags in brackets; nothing where no file tells them.
fn tags(tags: Option<&Tags>) -> String {
    let Some(tags) = tags else { return String::new() };
    let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!(" [{}]", tags.join(" "))
}

macro_rules! cases {
    ($($name:ident $(: $reason:literal)?),* $(,)?) => {
        /// Every case that has a test; the folders are compared with them.
        const CASES: &[&str] = &[$(stringify!($name)),*];
        $($(#[doc = $reason])? #[test] fn $name() { check(&stringify!($name).replace('_', "-")); })*
    };
}

cases! {
    iam_documents: "I4, I8, I10, I13",
    iam_filtered: "I11: what a filtered export lacks",
    iam_pages_files: "I5: three files are three pages of one account; group in one, user in another",
    iam_pages_concatenated: "I5: the same pages, one after another in one file",
    iam_pages_array: "I5: the same pages in an array",
    iam_page_missing: "I5: both pages announce another one",
    iam_page_without_account: "I12: the last page holds only AWS's own policies",
    iam_empty_account: "I12: the folder tells the account",
    iam_policies_only: "P2: policies by themselves, and single versions",
    public_by_path: "I14 to I17, P1",
    private_by_path: "I19 to I23, P1",
    wrapped: "P1: what was asked stands in the file",
    failed_calls: "P1, P5: calls that failed, and nothing else tells what they would have",
    failed_calls_alone: "P1: where no organization is told",
    failed_calls_enabled: "P1, L16: lists of control policies of both types",
    failed_calls_told: "P1: calls that failed, and other files tell what they would have",
    registry_by_content: "P3, and what nothing tells",
    combined_registry: "P6",
    page_missing_registry: "I5 for repositories",
    organization_combined: "P6",
    organization_calls: "I24 to I30, files named as in section 8",
    organization_paths: "I27: `Paths` in place of the walk",
    organization_billing: "I24: no control policies at all",
    organization_gaps: "EC414, and a tree with holes and a circle",
    iam_collect: "I32",
    iam_collect_organizations: "I32: what accounts tell of their organizations, where these are not there",
    config_snapshot: "I33 to I35",
    config_api: "I34 b",
    config_query: "I34 c",
    config_lines: "I34 c, unpacked to lines",
    config_names_only: "I34: a query that selects no configuration",
    config_history: "I3, I33, I34: the newest state counts, also where it is a deletion",
    two_accounts: "I12: a joined file, and two accounts in one folder",
    repository_named_repository: "I14, I32, I35: the first `repository/` of an ARN alone is none of the name's",
    folder_account: "P4: what does not tell its account has that of its folder",
    folder_disagreement: "P4: files of one folder that disagree, where one depends on them; and where none tells",
    disagreement: "P1: path and content name different things",
    unknown: "what is no export, hidden, empty, or the message of a call that failed",
    broken: "the place of the fault, and all the rest",
    nothing: "no export at all",
    bare: "P2: documents by themselves",
}

#[test]
fn every_folder_has_a_test() {
    let mut folders: Vec<String> = fs::read_dir(exports())
        .expect("the exports stand beside the tests")
        .filter_map(|entry| Some(entry.ok()?).filter(|entry| entry.path().is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().replace('-', "_"))
        .collect();
    folders.sort();
    let mut cases = CASES.to_vec();
    cases.sort_unstable();
    assert_eq!(folders, cases);
}

/// The names of the cases.
pub(crate) fn cases() -> Vec<String> {
    CASES.iter().map(|case| case.replace('_', "-")).collect()
}

/// The files of a case by their names below the folder, hidden ones left out.
pub(crate) fn files(case: &str) -> Vec<(String, Vec<u8>)> {
    below(&format!("{EXPORTS}/{case}"))
}

/// A folder says the same in whichever way its files are written.
fn check_written(rename: &str, write: impl Fn(&[u8]) -> Vec<u8>) {
    for case in cases() {
        let plain = files(&case);
        let written = plain.iter().map(|(name, bytes)| (format!("{name}{rename}"), write(bytes)));
        let (plain, written) = (Inventory::from_files(plain.clone()), Inventory::from_files(written));
        let written = summary(&written, "").replace(".json.gz", ".json").replace(".jsonl.gz", ".jsonl");
        assert_eq!(summary(&plain, ""), written, "{case}");
    }
}

#[test]
fn compressed_files_say_the_same() {
    check_written(".gz", gzip);
}

#[test]
fn a_byte_order_mark_says_nothing() {
    check_written("", |bytes| [b"\xEF\xBB\xBF", bytes].concat());
}

/// What `>` writes in some shells.
#[test]
fn wide_text_says_the_same() {
    check_written("", |bytes| {
        let text = std::str::from_utf8(bytes).expect("the cases are text");
        [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    });
}

fn faults(files: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> String {
    let inventory = Inventory::from_files(files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)));
    summary(&inventory, "")
}

#[test]
fn bytes_that_are_no_text_are_told() {
    let mut cut = gzip(br#"{"UserDetailList": []}"#);
    cut.truncate(20);
    insta::assert_snapshot!(faults([
        ("111122223333/iam.json", b"{\"UserDetailList\": [\xFF]}".to_vec()),
        ("444455556666/iam.json.gz", cut),
        ("777788889999/iam.json", b"\xFF\xFE{\0}".to_vec()),
    ]), @r"
    account 111122223333:
      gap: there are errors in 111122223333/iam.json: something may be missing
    account 444455556666:
      gap: there are errors in 444455556666/iam.json.gz: something may be missing
    account 777788889999:
      gap: there are errors in 777788889999/iam.json: something may be missing
    gap of 111122223333: there are errors in 111122223333/iam.json: something may be missing
    gap of 444455556666: there are errors in 444455556666/iam.json.gz: something may be missing
    gap of 777788889999: there are errors in 777788889999/iam.json: something may be missing
    111122223333/iam.json:1:1: error: not valid UTF-8 at byte 20 (the file was left out; export it again)
    444455556666/iam.json.gz:1:1: error: not a valid gzip file: incomplete deflate stream (the file was left out; copy or export it again)
    777788889999/iam.json:1:1: error: not valid UTF-16 (the file was left out; export it again)
    ");
}
