//! What random organizations have found, in worlds as small as they go.

use grantlog::inventory::Inventory;
use grantlog::query::{Row, Scope, Verdict};
use grantlog::{Options, derive};
use serde_json::{Value, json};

const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";

fn policy(statement: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn role(account: &str, name: &str, trust: &Value, inline: &Value) -> Value {
    json!({"Path": "/", "RoleName": name, "Arn": format!("arn:aws:iam::{account}:role/{name}"),
        "AssumeRolePolicyDocument": policy(trust),
        "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": policy(inline)}]})
}

/// An account of these roles, with one public and one private repository, each with this policy.
fn account(number: &str, roles: &[Value], on_repositories: &Value) -> Vec<(String, Value)> {
    let registry = |arn: String| {
        let text =
            json!({"registryId": number, "repositoryName": "web", "policyText": policy(on_repositories).to_string()});
        json!({"repositories": [{"repositoryArn": arn, "registryId": number, "repositoryName": "web"}], "policies": {"web": text}})
    };
    vec![
        (format!("{number}/iam.json"), json!({"UserDetailList": [], "RoleDetailList": roles})),
        (format!("{number}/ecr-public.json"), registry(format!("arn:aws:ecr-public::{number}:repository/web"))),
        (
            format!("{number}/ecr/eu-central-1/repositories.json"),
            registry(format!("arn:aws:ecr:eu-central-1:{number}:repository/web")),
        ),
    ]
}

/// The row of the principal in the answer to who can do this anywhere.
fn row(files: Vec<(String, Value)>, principal: &str, action: &str, direct: bool) -> Option<Row> {
    let files = files.into_iter().map(|(name, content)| (name, content.to_string().into_bytes()));
    let inventory = Inventory::from_files(files);
    let relations = derive(&inventory, Options::default());
    let answer = relations.who_can(action, "*", Scope { direct, all: true }).expect("the action exists");
    answer.rows.into_iter().find(|row| row.principal == principal)
}

#[test]
fn registry_policy_denies_the_listing_of_its_repositories_too() {
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let nobody = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let pull = json!({"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "ecr:BatchGetImage"});
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "ecr:DescribeRepositories", "Resource": "*"});
    for (scope, explicit) in [("V2", true), ("V1", false)] {
        let mut files = account(OWN, &[role(OWN, "ci", &nobody, &everything)], &pull);
        let answer = json!({"registryId": OWN, "policyText": policy(&deny).to_string()});
        files.push((format!("{OWN}/ecr/eu-central-1/registry-policy.json"), answer));
        let setting = json!({"name": "REGISTRY_POLICY_SCOPE", "value": scope});
        files.push((format!("{OWN}/ecr/eu-central-1/account-setting.json"), setting));
        let found = row(files, "arn:aws:iam::111122223333:role/ci", "ecr:DescribeRepositories", true);
        let expected = if explicit { Verdict::Denied { explicit } } else { Verdict::Allowed };
        assert_eq!(found.map(|row| row.verdict), Some(expected), "Q22, scope {scope}");
    }
}

#[test]
fn role_that_trusts_itself_becomes_a_session_of_another_name() {
    let ci = "arn:aws:iam::111122223333:role/ci";
    let release = "arn:aws:sts::111122223333:assumed-role/ci/release";
    let push = json!({"Effect": "Allow", "Principal": {"AWS": release}, "Action": "ecr-public:PutImage"});
    let logs = json!({"Effect": "Allow", "Action": "logs:*", "Resource": "*"});
    let ways = |trusted: &str| {
        let trust = json!({"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"});
        let files = account(OWN, &[role(OWN, "ci", &trust, &logs)], &push);
        row(files, ci, "ecr-public:PutImage", false).map(|row| (row.verdict, row.routes))
    };
    let (verdict, routes) = ways(ci).expect("the role has a row");
    assert_eq!(verdict, Verdict::Allowed, "T7, T16");
    assert_eq!(routes.iter().map(|route| route.through.clone()).collect::<Vec<_>>(), [[release]]);
    let (verdict, _) = ways(OTHER).expect("the role has a row");
    assert_eq!(verdict.as_str(), "denied");
}

#[test]
fn trust_in_a_web_identity_lets_no_role_in() {
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let far = "arn:aws:iam::444455556666:role/far";
    let push = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ci"}, "Action": "ecr-public:PutImage"});
    for (action, expected) in [("sts:AssumeRoleWithWebIdentity", "denied"), ("sts:AssumeRole*", "allowed")] {
        let trust = json!({"Effect": "Allow", "Principal": {"AWS": far}, "Action": action});
        let nobody =
            json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
        let mut files = account(OWN, &[role(OWN, "ci", &trust, &everything)], &push);
        files.push((
            format!("{OTHER}/iam.json"),
            json!({"UserDetailList": [], "RoleDetailList": [role(OTHER, "far", &nobody, &everything)]}),
        ));
        let found = row(files, far, "ecr-public:PutImage", false).expect("the role has a row");
        assert_eq!(found.verdict.as_str(), expected, "T18: {action}");
    }
}

/// The organization in one file: the account at its root, with a service control policy that denies this.
fn denying(account: &str, action: &str) -> (String, Value) {
    let arn = |kind: &str, id: &str| format!("arn:aws:organizations::777788889999:{kind}/o-alpha00001/{id}");
    let full = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let deny = json!({"Effect": "Deny", "Action": action, "Resource": "*"});
    let control = |id: &str, statement: &Value| {
        json!({"id": id, "name": id, "type": "SERVICE_CONTROL_POLICY", "content": policy(statement).to_string(),
            "targets": ["r-root", account, "777788889999"]})
    };
    let types = json!([{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]);
    let content = json!({
        "accounts": [{"Id": account, "Arn": arn("account", account), "ParentId": "r-root"},
            {"Id": "777788889999", "Arn": arn("account", "777788889999"), "ParentId": "r-root"}],
        "roots": [{"Id": "r-root", "Arn": arn("root", "r-root"), "Name": "Root", "PolicyTypes": types}],
        "organizational_units": [],
        "policies": [control("p-FullAWSAccess", &full), control("p-denies000", &deny)],
    });
    ("organization.json".to_owned(), content)
}

#[test]
fn proof_tells_of_control_policies_over_the_token_of_another_account() {
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let nobody = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let push = json!({"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "*"});
    let mut files = account(OWN, &[], &push);
    let far = [role(OTHER, "far", &nobody, &everything)];
    files.push((format!("{OTHER}/iam.json"), json!({"UserDetailList": [], "RoleDetailList": far})));
    files.push(denying(OTHER, "ecr-public:GetAuthorizationToken"));
    let files = files.into_iter().map(|(name, content)| (name, content.to_string().into_bytes()));
    let inventory = Inventory::from_files(files);
    let relations = derive(&inventory, Options::default());
    let (who, on) = ("arn:aws:iam::444455556666:role/far", "arn:aws:ecr-public::111122223333:repository/web");
    let scope = Scope { direct: true, all: true };
    let proofs = grantlog::explain::prove(&relations, who, "push", on, scope).expect("the role and repository exist");
    let token =
        |part: &&grantlog::query::Proof| part.actions.iter().any(|one| one == "ecr-public:GetAuthorizationToken");
    let found = proofs[0].parts.iter().find(token).expect("a push needs a token");
    assert_eq!(proofs[0].row.verdict.as_str(), "denied", "L18");
    assert_eq!(found.row.verdict, Verdict::Denied { explicit: true }, "L18, E22");
}

#[test]
fn scope_of_one_region_is_not_that_of_another() {
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let nobody = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let none = json!({"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "ecr:BatchGetImage"});
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Resource": "*"});
    let mut files = account(OWN, &[role(OWN, "ci", &nobody, &everything)], &none);
    let west = "arn:aws:ecr:eu-west-1:111122223333:repository/web";
    let repository = json!({"repositoryArn": west, "registryId": OWN, "repositoryName": "web"});
    let registry = json!({"repositories": [repository], "policies": {}});
    files.push((format!("{OWN}/ecr/eu-west-1/repositories.json"), registry));
    for (region, scope) in [("eu-central-1", "V1"), ("eu-west-1", "V2")] {
        let answer = json!({"registryId": OWN, "policyText": policy(&deny).to_string()});
        files.push((format!("{OWN}/ecr/{region}/registry-policy.json"), answer));
        let setting = json!({"name": "REGISTRY_POLICY_SCOPE", "value": scope});
        files.push((format!("{OWN}/ecr/{region}/account-setting.json"), setting));
    }
    let files = files.into_iter().map(|(name, content)| (name, content.to_string().into_bytes()));
    let inventory = Inventory::from_files(files);
    let relations = derive(&inventory, Options::default());
    let verdict = |on: &str| {
        let scope = Scope { direct: true, all: true };
        let answer = relations.can("arn:aws:iam::111122223333:role/ci", "ecr:PutImage", on, scope);
        answer.expect("the role and repository exist").rows[0].verdict
    };
    assert_eq!(verdict("arn:aws:ecr:eu-central-1:111122223333:repository/web"), Verdict::Allowed, "Q22, V1");
    assert_eq!(verdict(west), Verdict::Denied { explicit: true }, "Q22, V2");
}

#[test]
fn account_outside_the_organization_is_outside_at_every_home() {
    let inside = json!({"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceOrgID": "o-alpha00001"}}});
    let nobody = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let push = json!({"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "*"});
    let mut files = account(OWN, &[], &push);
    let far = [role(OTHER, "far", &nobody, &inside)];
    files.push((format!("{OTHER}/iam.json"), json!({"UserDetailList": [], "RoleDetailList": far})));
    files.push(denying(OWN, "s3:*"));
    let found = row(files, "arn:aws:iam::444455556666:role/far", "push", true).expect("the role has a row");
    assert_eq!(found.verdict.as_str(), "denied", "K4: its own token is of no account of the organization");
}

#[test]
fn example_of_a_request_keeps_what_is_known_of_the_repository() {
    let push = json!({"Effect": "Allow", "Principal": {"AWS": "999988887777"}, "Action": "ecr-public:PutImage"});
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "ecr-public:PutImage", "Condition":
        {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team, 'web'}"}}});
    let arn = "arn:aws:ecr-public::111122223333:repository/web";
    let text = json!({"Version": "2012-10-17", "Statement": [push, deny]}).to_string();
    let content = json!({
        "repositories": [{"repositoryArn": arn, "registryId": OWN, "repositoryName": "web"}],
        "policies": {"web": {"registryId": OWN, "repositoryName": "web", "policyText": text}},
        "tags": {arn: [{"Key": "team", "Value": "app"}]},
    });
    let files = vec![(format!("{OWN}/ecr-public.json"), content)];
    let found = row(files, "account 999988887777 (not in the inventory)", "ecr-public:PutImage", true);
    let witness = found.and_then(|row| row.witness).expect("the row has an example");
    assert!(witness.iter().all(|(key, _)| key == "aws:PrincipalTag/team"), "U44: {witness:?}");
}

#[test]
fn what_is_given_of_the_resource_counts_for_its_token_too() {
    let inside = json!({"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceOrgID": "o-alpha00001"}}});
    let nobody = json!({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"});
    let push = json!({"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "*"});
    let mut files = account(OWN, &[], &push);
    files.push((
        format!("{OTHER}/iam.json"),
        json!({"UserDetailList": [], "RoleDetailList": [role(OTHER, "far", &nobody, &inside)]}),
    ));
    let files = files.into_iter().map(|(name, content)| (name, content.to_string().into_bytes()));
    let inventory = Inventory::from_files(files);
    for (value, expected) in [("o-alpha00001", "allowed"), ("o-beta000001", "denied")] {
        let mut options = Options::default();
        options.context.given.insert("aws:resourceorgid".to_owned(), vec![value.to_owned()]);
        let relations = derive(&inventory, options);
        let (who, on) = ("arn:aws:iam::444455556666:role/far", "arn:aws:ecr-public::111122223333:repository/web");
        let answer = relations.can(who, "push", on, Scope { direct: true, all: true });
        assert_eq!(answer.expect("the names exist").rows[0].verdict.as_str(), expected, "K4, Z9: {value}");
    }
}
