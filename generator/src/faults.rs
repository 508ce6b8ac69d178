//! One more account, in which everything is wrong that a person who looks through policies should find.

use serde_json::{Value, json};

use crate::account::{EXAMPLE_PRINCIPAL, EXAMPLE_REPOSITORY};

/// The account's number.
pub(crate) const ACCOUNT: &str = "300000000000";
/// An account that no export is of.
const STRANGER: &str = "888877776666";

const UPLOAD: [&str; 5] =
    ["BatchCheckLayerAvailability", "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage"];

/// The files of the account.
pub(crate) fn files() -> Vec<(String, Vec<u8>)> {
    let files = [("iam", iam()), ("ecr-public", public()), ("ecr-eu-central-1", private())];
    files.map(|(name, content)| (format!("{ACCOUNT}/{name}.json"), content.to_string().into_bytes())).into()
}

fn actions(service: &str, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("{service}:{name}")).collect()
}

fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn address() -> Value {
    json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
}

fn user_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{name}")
}

fn public_arn(name: &str) -> String {
    format!("arn:aws:ecr-public::{ACCOUNT}:repository/{name}")
}

fn private_arn(name: &str) -> String {
    format!("arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/{name}")
}

/// The users, each with a policy that has one thing wrong with it.
fn users() -> Vec<(&'static str, Value)> {
    let allow = |actions: Value, resource: &str| json!({"Effect": "Allow", "Action": actions, "Resource": resource});
    let bound = |actions: &str, condition: Value| json!({"Effect": "Allow", "Action": actions, "Resource": public_arn("open"), "Condition": condition});
    let login = || allow(json!(["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"]), "*");
    let open = public_arn("open");
    let one = |statement: Value| document(&[statement]);
    vec![
        ("halfway", document(&[allow(json!(actions("ecr-public", &UPLOAD[1..])), &open), login()])),
        ("without-token", one(allow(json!(actions("ecr-public", &UPLOAD)), &open))),
        ("half-a-pull", one(allow(json!("ecr:BatchGetImage"), &private_arn("builds")))),
        ("token-here", one(allow(json!(["ecr-public:GetAuthorizationToken", "ecr-public:TagResource"]), &open))),
        ("elsewhere", one(allow(json!("ecr-public:TagResource"), EXAMPLE_REPOSITORY))),
        ("twice", one(allow(json!("ecr-public:*"), &public_arn("twice")))),
        (
            "cut",
            document(&[
                allow(json!("ecr-public:TagResource"), &open),
                json!({"Effect": "Deny", "Action": "ecr-public:Tag*", "Resource": "*"}),
            ]),
        ),
        ("nowhere", one(allow(json!("ecr-public:TagResource"), &public_arn("opne")))),
        (
            "never",
            one(bound(
                "ecr-public:TagResource",
                json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, "NotIpAddress": {"aws:SourceIp": "203.0.112.0/20"}}),
            )),
        ),
        ("always", one(bound("ecr-public:TagResource", json!({"ForAllValues:StringLike": {"aws:TagKeys": "*"}})))),
        ("region", one(allow(json!("ecr-public:TagResource"), &open.replace("::", ":us-east-1:")))),
        (
            "shut-out",
            one(bound("ecr-public:TagResource", json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}))),
        ),
        (
            "old",
            json!({"Version": "2008-10-17", "Statement": [
                allow(json!("ecr-public:CreateRepository"), &public_arn("people/${aws:username}")),
            ]}),
        ),
        ("typo", one(allow(json!("ecr-public:TagResources"), &open))),
        ("key", one(bound("ecr-public:TagResource", json!({"StringEquals": {"aws:PrincipalOrganisation": "o-1"}})))),
        ("writer", one(allow(json!("iam:PutUserPolicy"), &user_arn("writer")))),
        (
            "writer-at-times",
            one(json!({"Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": user_arn("writer-at-times"),
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}})),
        ),
        ("passer", one(allow(json!("iam:PassRole"), &format!("arn:aws:iam::{ACCOUNT}:role/break-glass")))),
        ("all-but", one(json!({"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}))),
        ("empty", document(&[json!({"Effect": "Allow", "Action": [], "Resource": "*"}), login()])),
    ]
}

fn iam() -> Value {
    let user = |(name, policy): (&str, Value)| {
        json!({
            "Path": "/", "UserName": name, "UserId": format!("AIDAFAULTS{}", name.replace('-', "").to_uppercase()),
            "Arn": user_arn(name), "CreateDate": "2024-05-01T09:00:00+00:00",
            "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy}],
            "GroupList": [], "AttachedManagedPolicies": [], "Tags": [],
        })
    };
    let users: Vec<Value> = users().into_iter().map(user).collect();
    // No control policy of the organization keeps a role of this name from it.
    let editor = json!({
        "Path": "/", "RoleName": "break-glass", "RoleId": "AROAFAULTSBREAKGLASS", "CreateDate": "2024-05-01T09:00:00+00:00",
        "Arn": format!("arn:aws:iam::{ACCOUNT}:role/break-glass"),
        "AssumeRolePolicyDocument": document(&[json!({
            "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole",
        })]),
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": document(&[
            json!({"Effect": "Allow", "Action": "ecr-public:SetRepositoryPolicy", "Resource": public_arn("open")}),
        ])}],
        "InstanceProfileList": [], "AttachedManagedPolicies": [], "Tags": [],
    });
    json!({"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [editor], "Policies": []})
}

/// The public repositories with their policies.
fn public() -> Value {
    let allow =
        |principal: Value, actions: Value| json!({"Effect": "Allow", "Principal": principal, "Action": actions});
    let upload = || json!(actions("ecr-public", &UPLOAD));
    let bound = |mut statement: Value| {
        statement["Condition"] = address();
        statement
    };
    let named = |who: &str| json!({"AWS": who});
    let policies = [
        ("open", vec![allow(json!("*"), json!("ecr-public:PutImage"))]),
        ("open-at-times", vec![bound(allow(json!("*"), json!("ecr-public:PutImage")))]),
        ("vendor", vec![allow(named(STRANGER), upload())]),
        ("vendor-at-times", vec![bound(allow(named(STRANGER), upload()))]),
        (
            "all-but",
            vec![
                json!({"Effect": "Allow", "NotPrincipal": named(&user_arn("cut")), "Action": "ecr-public:DescribeImages"}),
            ],
        ),
        (
            "token",
            vec![allow(
                named(&user_arn("halfway")),
                json!(["ecr-public:GetAuthorizationToken", "ecr-public:PutImage"]),
            )],
        ),
        ("wrong", vec![allow(named(&user_arn("halfway")), json!(["ecr:PutImage", "ecr-public:PutImage"]))]),
        ("closed", vec![json!({"Effect": "Deny", "Principal": "*", "Action": "ecr-public:BatchGetImage"})]),
        (
            "malformed",
            vec![allow(named(&format!("arn:aws:iam::{STRANGER}:user/*")), json!("ecr-public:DescribeImages"))],
        ),
        ("gone", vec![allow(named("AROAFAULTSGONE"), json!("ecr-public:DescribeImages"))]),
        ("unmet", vec![allow(named(EXAMPLE_PRINCIPAL), json!("ecr-public:TagResource"))]),
        ("twice", vec![allow(named(&user_arn("twice")), json!("ecr-public:PutImage"))]),
        ("rejected", vec![json!({"Principal": named(&user_arn("cut")), "Action": "ecr-public:PutImage"})]),
    ];
    registry(&policies, public_arn)
}

fn private() -> Value {
    let fetch = json!(actions("ecr", &["BatchGetImage", "GetDownloadUrlForLayer"]));
    let service = json!({"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": fetch});
    registry(&[("builds", vec![service])], private_arn)
}

fn registry(policies: &[(&str, Vec<Value>)], arn: impl Fn(&str) -> String) -> Value {
    let repository = |(name, _): &(&str, Vec<Value>)| json!({"repositoryArn": arn(name), "registryId": ACCOUNT, "repositoryName": name});
    let policy = |(name, statements): &(&str, Vec<Value>)| {
        let text = document(statements).to_string();
        ((*name).to_owned(), json!({"registryId": ACCOUNT, "repositoryName": name, "policyText": text}))
    };
    let tags = policies.iter().map(|(name, _)| (arn(name), json!([])));
    json!({
        "repositories": policies.iter().map(repository).collect::<Vec<_>>(),
        "policies": policies.iter().map(policy).collect::<serde_json::Map<_, _>>(),
        "tags": tags.collect::<serde_json::Map<_, _>>(),
    })
}
