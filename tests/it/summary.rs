//! The whole in numbers is what its parts add up to.

use std::collections::{BTreeMap, BTreeSet};

use grantlog::inventory::Visibility;
use grantlog::query::SummaryLine;
use grantlog::{Inventory, Options, Relations, Scope, Verdict, derive};
use grantlog_generator::{Shape, files};
use serde_json::json;

/// What is counted of one permission in one account: resources, allowed, conditional, outside.
type Counts = BTreeMap<(String, String), [usize; 4]>;

/// Counted from questions, a repository and a capability at a time.
fn asked(inventory: &Inventory) -> Counts {
    let relations = derive(inventory, Options::default());
    let mut counts = Counts::new();
    let mut holders: BTreeMap<(String, String), BTreeMap<String, (Verdict, bool)>> = BTreeMap::new();
    for repository in inventory.repositories.values() {
        for capability in ["pull", "push", "describe", "delete", "tag", "administer"] {
            if capability == "pull" && repository.visibility == Visibility::Public {
                continue;
            }
            let account = repository.account.to_string();
            let scope = Scope { direct: true, all: false };
            let answer = relations.who_can(capability, repository.arn.as_str(), scope).expect("it is a repository");
            let key = (account.clone(), capability.to_owned());
            let count = counts.entry(key.clone()).or_default();
            count[0] += usize::from(!answer.rows.is_empty());
            for row in answer.rows {
                let is_outside = row.account.as_ref() != Some(&account);
                let best =
                    holders.entry(key.clone()).or_default().entry(row.principal).or_insert((row.verdict, is_outside));
                best.0 = best.0.min(row.verdict);
            }
        }
    }
    for (key, holders) in holders {
        let count = counts.entry(key).or_default();
        count[1] = holders.values().filter(|(verdict, _)| *verdict == Verdict::Allowed).count();
        count[2] = holders.len() - count[1];
        count[3] = holders.values().filter(|(_, is_outside)| *is_outside).count();
    }
    counts.retain(|_, count| count[0] > 0);
    counts
}

fn summed_up(inventory: &Inventory) -> Counts {
    let summary = derive(inventory, Options::default()).summary(&|_, _| {});
    let wanted: BTreeSet<&str> = ["pull", "push", "describe", "delete", "tag", "administer"].into();
    let lines = summary.lines.into_iter().filter(|line| wanted.contains(line.permission));
    let count = |line: SummaryLine| {
        let key = (line.account.to_string(), line.permission.to_owned());
        (key, [line.resources, line.allowed, line.conditional, line.outside])
    };
    lines.map(count).collect()
}

#[test]
fn sample_adds_up() {
    let inventory = Inventory::sample();
    assert_eq!(summed_up(&inventory), asked(&inventory));
}

#[test]
fn generated_organizations_add_up() {
    for seed in [1, 2] {
        let inventory = Inventory::from_files(files(&Shape { principals: 300, seed, ..Shape::default() }));
        assert_eq!(summed_up(&inventory), asked(&inventory), "seed {seed}");
    }
}

/// So many accounts of ten principals that differ in their numbers and their units only.
fn alike(accounts: usize) -> Inventory {
    let (principals_per_account, repositories_per_account) = (10, 4);
    let principals = accounts * principals_per_account;
    let shape = Shape { principals, principals_per_account, repositories_per_account, alike: true, ..Shape::default() };
    Inventory::from_files(files(&shape))
}

#[test]
fn alike_accounts_are_derived_once() {
    let effort = |accounts: usize| {
        let inventory = alike(accounts);
        let relations = derive(&inventory, Options::default());
        relations.derive_all();
        relations.effort()
    };
    let (few, many) = (effort(20), effort(40));
    assert_eq!(few, many, "twenty accounts more ask for nothing new");
    // The registries and the roles of 20 accounts, and of the one that manages them.
    assert!(few.shards < 2 * 21, "{few:?}");
}

/// Who asks about one account alone derives nothing that another one could share.
#[test]
fn alike_accounts_are_answered_as_each_by_itself() {
    let inventory = alike(20);
    let shared = derive(&inventory, Options::default());
    shared.derive_all();
    for repository in inventory.repositories.values().step_by(3) {
        let ask = |relations: &Relations<'_>, capability: &str| {
            relations.who_can(capability, repository.arn.as_str(), Scope::default()).expect("it is a repository")
        };
        let alone = derive(&inventory, Options::default());
        for capability in ["push", "administer"] {
            assert_eq!(ask(&shared, capability), ask(&alone, capability), "{capability} {}", repository.arn);
        }
    }
    for principal in inventory.principals.values().step_by(17) {
        let ask = |relations: &Relations<'_>, whole: Option<&str>| {
            relations.what_can(principal.arn.as_str(), whole, Scope::default()).expect("it is a principal").rows
        };
        // Without a resource only accounts are looked at in which it, or what it can become, holds something.
        let mut all = ask(&shared, Some("*"));
        all.retain(|row| row.routes.iter().any(|route| !route.statements.is_empty()));
        assert_eq!(ask(&shared, None), all, "{}", principal.arn);
    }
}

/// E2: whom the policies of all repositories and roles name, and forbid it to, holds it on none of them.
#[test]
fn whoever_is_denied_everywhere_is_not_counted() {
    let account = "111122223333";
    let arn = |resource: &str| format!("arn:aws:iam::{account}:{resource}");
    let own = json!({"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Action": ["ecr-public:*", "sts:GetServiceBearerToken", "sts:AssumeRole"], "Resource": "*"}]}});
    let user = |number: usize| {
        let policies = if number == 0 { vec![&own] } else { Vec::new() };
        json!({"Path": "/", "UserName": format!("u{number}"), "UserId": format!("AIDAEXAMPLE{number}"),
            "Arn": arn(&format!("user/u{number}")), "UserPolicyList": policies})
    };
    let denied = |action: &str| json!({"Effect": "Deny", "Principal": {"AWS": arn("user/u0")}, "Action": action});
    let trust = json!({"Version": "2012-10-17", "Statement": [denied("sts:AssumeRole"),
        {"Effect": "Allow", "Principal": {"AWS": arn("root")}, "Action": "sts:AssumeRole"}]});
    let role = json!({"Path": "/", "RoleName": "r", "RoleId": "AROAEXAMPLE", "Arn": arn("role/r"),
        "AssumeRolePolicyDocument": trust});
    let users: Vec<_> = (0..13).map(user).collect();
    let policy = json!({"Version": "2012-10-17", "Statement": [denied("ecr-public:PutImage")]});
    let web = format!("arn:aws:ecr-public::{account}:repository/web");
    let repositories = json!({
        "repositories": [{"repositoryArn": web, "registryId": account, "repositoryName": "web"}],
        "policies": {"web": {"registryId": account, "repositoryName": "web", "policyText": policy.to_string()}},
        "tags": {&web: []}});
    let iam = json!({"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [role], "Policies": []});
    let inventory = Inventory::from_files([
        (format!("{account}/iam.json"), iam.to_string().into_bytes()),
        (format!("{account}/ecr-public.json"), repositories.to_string().into_bytes()),
    ]);
    let summary = derive(&inventory, Options::default()).summary(&|_, _| {});
    let held = |permission: &str| {
        let line = summary.lines.iter().find(|line| line.permission == permission);
        line.map(|line| (line.resources, line.allowed + line.conditional))
    };
    assert_eq!(held("push"), Some((1, 1)), "the root user alone");
    assert_eq!(held("assume"), None, "the root user cannot (T8), and nobody else may");
    assert_eq!(held("administer"), Some((1, 2)));
}
