//! The organization in one file: two levels of units, control policies, all accounts.

use serde_json::{Value, json};

use crate::Shape;
use crate::account::number_of;
use crate::faults::ACCOUNT;

pub(crate) const ID: &str = "o-generated01";
pub(crate) const MANAGEMENT: &str = "999900000000";
const ROOT: &str = "r-gen1";
const TOP: [(&str, &str); 2] = [("ou-gen1-workloads", "Workloads"), ("ou-gen1-sandbox00", "Sandbox")];
const BELOW: [(&str, &str, &str); 3] = [
    ("ou-gen1-prod0000", "Production", "ou-gen1-workloads"),
    ("ou-gen1-test0000", "Test", "ou-gen1-workloads"),
    ("ou-gen1-teams000", "Teams", "ou-gen1-sandbox00"),
];

/// The unit of an account.
pub(crate) fn unit_of(number: usize) -> &'static str {
    BELOW[number % BELOW.len()].0
}

pub(crate) fn file(shape: &Shape) -> (String, Vec<u8>) {
    let arn = |kind: &str, id: &str| format!("arn:aws:organizations::{MANAGEMENT}:{kind}/{ID}/{id}");
    let mut accounts = vec![json!({
        "Id": MANAGEMENT, "Arn": arn("account", MANAGEMENT), "Name": "management", "State": "ACTIVE", "ParentId": ROOT,
    })];
    accounts.extend((0..shape.accounts()).map(|number| {
        let id = number_of(number);
        json!({"Id": id, "Arn": arn("account", &id), "Name": format!("workload-{number}"), "State": "ACTIVE", "ParentId": unit_of(number)})
    }));
    if shape.faults {
        accounts.push(json!({
            "Id": ACCOUNT, "Arn": arn("account", ACCOUNT), "Name": "faults", "State": "ACTIVE", "ParentId": ROOT,
        }));
    }
    let mut units: Vec<Value> =
        TOP.iter().map(|(id, name)| json!({"Id": id, "Arn": arn("ou", id), "Name": name, "ParentId": ROOT})).collect();
    units.extend(
        BELOW
            .iter()
            .map(|(id, name, parent)| json!({"Id": id, "Arn": arn("ou", id), "Name": name, "ParentId": parent})),
    );
    let mut everywhere: Vec<String> = vec![ROOT.to_owned(), MANAGEMENT.to_owned()];
    everywhere.extend(TOP.iter().map(|(id, _)| (*id).to_owned()));
    everywhere.extend(BELOW.iter().map(|(id, ..)| (*id).to_owned()));
    everywhere.extend((0..shape.accounts()).map(number_of));
    everywhere.extend(shape.faults.then(|| ACCOUNT.to_owned()));
    let content = |statement: Value| json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
    let policies = json!([
        {"id": "p-FullAWSAccess", "name": "FullAWSAccess", "type": "SERVICE_CONTROL_POLICY",
         "content": content(json!({"Effect": "Allow", "Action": "*", "Resource": "*"})), "targets": everywhere},
        {"id": "p-RCPFullAWSAccess", "name": "RCPFullAWSAccess", "type": "RESOURCE_CONTROL_POLICY",
         "content": content(json!({"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"})), "targets": everywhere},
        {"id": "p-protect1", "name": "ProtectPolicies", "type": "SERVICE_CONTROL_POLICY",
         "content": content(json!({"Sid": "OnlyBreakGlass", "Effect": "Deny",
            "Action": ["ecr-public:SetRepositoryPolicy", "ecr:SetRepositoryPolicy", "ecr:PutRegistryPolicy"], "Resource": "*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/break-glass", "arn:aws:iam::*:role/OrganizationAccountAccessRole"]}}})),
         "targets": [ROOT]},
        {"id": "p-region01", "name": "RegionGuard", "type": "SERVICE_CONTROL_POLICY",
         "content": content(json!({"Sid": "OnlyEurope", "Effect": "Deny", "NotAction": ["iam:*", "sts:*", "organizations:*", "ecr-public:*"], "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1", "us-east-1"]}}})),
         "targets": ["ou-gen1-workloads"]},
        {"id": "p-nocreate", "name": "NoPublicCreation", "type": "SERVICE_CONTROL_POLICY",
         "content": content(json!({"Effect": "Deny", "Action": "ecr-public:CreateRepository", "Resource": "*"})),
         "targets": ["ou-gen1-sandbox00"]},
        {"id": "p-perimeter", "name": "Perimeter", "type": "RESOURCE_CONTROL_POLICY",
         "content": content(json!({"Sid": "OurPrincipals", "Effect": "Deny", "Principal": "*", "Action": "ecr:*", "Resource": "*",
            "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": ID}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}})),
         "targets": [ROOT]},
    ]);
    let whole = json!({
        "accounts": accounts,
        "roots": [{"Id": ROOT, "Arn": arn("root", ROOT), "Name": "Root", "PolicyTypes": [
            {"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}, {"Type": "RESOURCE_CONTROL_POLICY", "Status": "ENABLED"}]}],
        "organizational_units": units,
        "policies": policies,
    });
    ("organization.json".to_owned(), whole.to_string().into_bytes())
}
