//! The two documents of the Amazon ECR Public guide on repository policies, as exports: the policy of a
//! repository that lets one user describe images and repositories, and an identity policy that gives the
//! same on that repository.

use std::path::{Path, PathBuf};

use grantlog::inventory::Inventory;
use grantlog::query::{Answer, Scope, Verdict};
use grantlog::report::diagnostic_line;

const TWO: [&str; 2] = ["ecr-public:DescribeImages", "ecr-public:DescribeRepositories"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/guide").join(name)
}

fn load(name: &str) -> Inventory {
    Inventory::load([folder(name)]).expect("the folder is an export")
}

fn ask(inventory: &Inventory, principal: &str, resource: &str) -> Answer {
    let relations = grantlog::derive(inventory, grantlog::Options::default());
    relations.can(principal, "*", resource, Scope::default()).expect("the names are in the export")
}

/// The actions that are not denied.
fn held(answer: &Answer) -> Vec<&str> {
    let held = answer.rows.iter().filter(|row| row.verdict != Verdict::Denied { explicit: false });
    held.inspect(|row| assert_eq!(row.verdict, Verdict::Allowed)).map(|row| row.action.as_str()).collect()
}

#[test]
fn each_document_alone_allows_the_two_actions_and_no_other() {
    for name in ["repository-policy", "iam-policy", "both"] {
        let inventory = load(name);
        assert!(inventory.diagnostics.is_empty(), "{name}: {:?}", inventory.diagnostics);
        let on_repository = ask(&inventory, "user/alice", "repository/sample-repo");
        assert!(on_repository.rows.len() > 10, "every action is asked about");
        assert_eq!(held(&on_repository), TWO, "{name}");
        let elsewhere = ask(&inventory, "user/alice", "*");
        assert_eq!(held(&elsewhere), TWO, "{name}: nothing on the registry, nor on a new repository");
        assert!(held(&ask(&inventory, "anyone", "repository/sample-repo")).is_empty(), "{name}: nobody else");
    }
}

#[test]
fn the_double_grant_is_recognised() {
    for (name, expected) in [("repository-policy", 0), ("iam-policy", 0), ("both", 2)] {
        let inventory = load(name);
        let answer = ask(&inventory, "user/alice", "repository/sample-repo");
        let notes: Vec<&String> = answer.notes.iter().filter(|note| note.contains(" twice, ")).collect();
        assert_eq!(notes.len(), expected, "{name}: {:?}", answer.notes);

        let relations = grantlog::derive(&inventory, grantlog::Options::default());
        let scope = Scope::default();
        let proofs = grantlog::explain::prove(&relations, "user/alice", TWO[0], "repository/sample-repo", scope);
        let proofs = proofs.expect("the names are in the export");
        let twice = proofs[0].steps.iter().any(|step| step.claim.starts_with("granted twice"));
        assert_eq!(twice, expected > 0, "{name}: {:#?}", proofs[0].steps);
    }
}

#[test]
fn placeholders_are_told() {
    let inventory = load("placeholders");
    let root = format!("{}/", folder("placeholders").display());
    let lines: Vec<String> = inventory
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic_line(diagnostic, &inventory.sources).replace(&root, ""))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    123456789012/iam.json:19:30: error: `account-id` in the resource `arn:aws:ecr-public::account-id:repository/repository-name` is no account number (replace `account-id` by the twelve digits of the account)
    123456789012/ecr-public/policy/sample-repo.json:4:194: error: `account-id` in the principal `arn:aws:iam::account-id:user/username` is no account number (replace `account-id` by the twelve digits of the account)
    ");
}
