//! `simulate`: lines in, lines out, exits; and the form of the IAM API's policy simulator.

use std::fmt::Write as _;
use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::{Value, json};

fn simulate(input: &str, code: i32) -> Vec<Value> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    let assert = command.env_clear().args(["simulate", "-"]).write_stdin(input).assert().code(code);
    let text = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    text.lines().map(|line| serde_json::from_str(line).expect("each answer is an object")).collect()
}

fn push(name: &str, more: &Value) -> Value {
    let mut scenario = json!({
        "name": name, "principal": "arn:aws:iam::111122223333:user/alice", "action": "ecr-public:PutImage",
        "resource": "arn:aws:ecr-public::111122223333:repository/web",
    });
    for (member, value) in more.as_object().into_iter().flatten() {
        scenario[member] = value.clone();
    }
    scenario
}

fn allow(sid: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": sid, "Effect": "Allow", "Action": "ecr-public:*", "Resource": "*"}]})
}

#[test]
fn each_line_is_answered_in_order() {
    let office = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "ecr-public:*", "Resource": "*"},
        {"Sid": "Office", "Effect": "Deny", "Action": "*", "Resource": "*",
         "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}]});
    let lines = [
        push("by its policy", &json!({"identity_policies": [allow("Own")], "expect": "allowed"})),
        push("from the office", &json!({"identity_policies": [office], "context_mode": "open"})),
        push(
            "beyond the boundary",
            &json!({"identity_policies": [allow("Own")], "permissions_boundaries": [
            {"Version": "2012-10-17", "Statement": []}]}),
        ),
        push(
            "an empty level",
            &json!({"identity_policies": [allow("Own")],
            "service_control_policies": [[{"Version": "2012-10-17", "Statement":
                {"Effect": "Allow", "Action": "*", "Resource": "*"}}], []]}),
        ),
        push(
            "denied to it",
            &json!({"resource_policy": {"Version": "2012-10-17", "Statement":
            {"Sid": "No", "Effect": "Deny", "Principal": "*", "Action": "ecr-public:PutImage"}}}),
        ),
    ];
    let input: String = lines.iter().map(|line| line.to_string() + "\n\n").collect();
    let answers: Vec<String> = simulate(&input, 0).iter().map(Value::to_string).collect();
    insta::assert_snapshot!(answers.join("\n"), @r#"
    {"name":"by its policy","decision":"allowed","residual":null,"condition":null,"witness":null,"matched":[{"element":"identity_policies","policy":0,"statement":0,"sid":"Own"}],"blocked_by":[],"doubts":[]}
    {"name":"from the office","decision":"conditional","residual":"aws:SourceIp is in 203.0.113.0/24","condition":{"not":{"operator":"NotIpAddress","key":"aws:SourceIp","values":["203.0.113.0/24"]}},"witness":{"aws:SourceIp":["203.0.113.0"]},"matched":[{"element":"identity_policies","policy":0,"statement":0}],"blocked_by":[{"element":"identity_policies","policy":0,"statement":1,"sid":"Office"}],"doubts":[]}
    {"name":"beyond the boundary","decision":"implicitDeny","residual":null,"condition":null,"witness":null,"matched":[{"element":"identity_policies","policy":0,"statement":0,"sid":"Own"}],"blocked_by":[{"element":"permissions_boundaries"}],"doubts":[]}
    {"name":"an empty level","decision":"implicitDeny","residual":null,"condition":null,"witness":null,"matched":[{"element":"identity_policies","policy":0,"statement":0,"sid":"Own"},{"element":"service_control_policies","level":0,"policy":0,"statement":0}],"blocked_by":[{"element":"service_control_policies","level":1}],"doubts":[]}
    {"name":"denied to it","decision":"explicitDeny","residual":null,"condition":null,"witness":null,"matched":[],"blocked_by":[{"element":"resource_policy","statement":0,"sid":"No"}],"doubts":[]}
    "#);
}

#[test]
fn exits_tell_what_was_wrong() {
    let met = push("met", &json!({"identity_policies": [allow("Own")], "expect": "allowed"}));
    let unmet = push("unmet", &json!({"expect": "allowed"}));
    assert_eq!(simulate(&format!("{met}\n"), 0).len(), 1);
    let answers = simulate(&format!("{met}\n{unmet}\n"), 1);
    assert_eq!((&answers[1]["decision"], &answers[1]["expect"]), (&json!("implicitDeny"), &json!("allowed")));
    let answers = simulate(&format!("{{\"name\": \"torn\", \n{met}\nnonsense\n{unmet}\n"), 2);
    assert_eq!(answers.len(), 4, "{answers:?}");
    assert!(answers[0]["error"].is_string() && answers[2]["error"].is_string());
    assert_eq!((&answers[1]["name"], &answers[3]["name"]), (&json!("met"), &json!("unmet")));
    assert!(simulate("", 0).is_empty());
}

#[test]
fn every_invalid_scenario_says_what_is_invalid() {
    let bad = |member: &str, value: Value| {
        let mut scenario = push(member, &json!({}));
        scenario[member] = value;
        scenario
    };
    let document = |statement: Value| json!([{"Version": "2012-10-17", "Statement": [statement]}]);
    let lines = [
        bad("principal", json!("nobody")),
        bad("action", json!("PutImage")),
        bad("resource", json!("web")),
        bad("resource_account", json!("12")),
        bad("context_mode", json!("half")),
        bad("identity_policies", document(json!({"Effect": "allow", "Action": "*", "Resource": "*"}))),
        bad(
            "identity_policies",
            document(json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"})),
        ),
        bad("service_control_policies", json!([document(json!({"Effect": "Allow", "Action": "*"}))])),
        bad(
            "permissions_boundaries",
            document(json!({"Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": {"StringIs": {"aws:username": "x"}}})),
        ),
    ];
    let input: String = lines.iter().map(|line| line.to_string() + "\n").collect();
    let mut told = String::new();
    for answer in simulate(&input, 2) {
        let _ =
            writeln!(told, "{}: {}", answer["name"].as_str().unwrap_or("?"), answer["error"].as_str().unwrap_or("?"));
    }
    insta::assert_snapshot!(told, @"
    principal: `nobody` is no principal
    action: `PutImage` is no action
    resource: no valid scenario: `web` is no ARN and not `*`
    resource_account: `12` is no account: write into `resource_account` its number, twelve digits
    context_mode: no valid scenario: unknown variant `half`, expected `closed` or `open` at line 1 column 187
    identity_policies: identity_policies: unknown effect `allow`
    identity_policies: identity_policies: an identity policy has no `Principal`
    service_control_policies: service_control_policies: the statement has no `Resource`
    permissions_boundaries: permissions_boundaries: unknown condition operator `StringIs`
    ");
}

/// The example of the AWS CLI's manual, positions included.
#[test]
fn the_form_of_the_iam_api_is_understood() {
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}"#;
    let request = |time: &str| {
        json!({
            "PolicyInputList": [policy], "ActionNames": ["dynamodb:CreateBackup"],
            "ContextEntries": [{"ContextKeyName": "aws:CurrentTime", "ContextKeyValues": [time], "ContextKeyType": "date"}],
        })
    };
    let answers = simulate(&format!("{}\n{}\n", request("2019-04-25T11:00:00Z"), request("2014-04-25T11:00:00Z")), 0);
    let evaluation = |decision: &str, matched: Value| {
        json!({"EvaluationResults": [{
            "EvalActionName": "dynamodb:CreateBackup", "EvalResourceName": "*", "EvalDecision": decision,
            "MatchedStatements": matched, "MissingContextValues": [],
        }], "IsTruncated": false})
    };
    let matched = json!([{
        "SourcePolicyId": "PolicyInputList.1", "SourcePolicyType": "IAM Policy",
        "StartPosition": {"Line": 1, "Column": 38}, "EndPosition": {"Line": 1, "Column": 167},
    }]);
    assert_eq!(answers, [evaluation("allowed", matched), evaluation("implicitDeny", json!([]))]);
}

#[test]
fn a_simulation_asks_each_action_on_each_resource() {
    let own = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::logs/${aws:username}/*"},
        {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*",
         "Condition": {"StringNotEquals": {"s3:x-amz-acl": "private"}}}]});
    let bucket = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/bob"}, "Action": "s3:GetObject",
         "Resource": "arn:aws:s3:::logs/shared/*"}]});
    let request = json!({
        "PolicyInputList": [own.to_string()], "ResourcePolicy": bucket.to_string(),
        "PermissionsBoundaryPolicyInputList": [json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}).to_string()],
        "ActionNames": ["s3:GetObject", "s3:PutObject"],
        "ResourceArns": ["arn:aws:s3:::logs/bob/today", "arn:aws:s3:::logs/shared/today"],
        "CallerArn": "arn:aws:iam::123456789012:user/bob", "ResourceOwner": "arn:aws:iam::123456789012:root",
    });
    // As people keep it in a file: laid out over many lines.
    let laid_out = serde_json::to_string_pretty(&request).expect("it is JSON");
    let answer = &simulate(&laid_out, 0)[0];
    let mut told = String::new();
    for result in answer["EvaluationResults"].as_array().into_iter().flatten() {
        let sources = result["MatchedStatements"].as_array().into_iter().flatten();
        let sources: Vec<&str> = sources.filter_map(|one| one["SourcePolicyId"].as_str()).collect();
        let text = |member: &str| result[member].as_str().unwrap_or("?").to_owned();
        let _ = writeln!(
            told,
            "{} {} {} {sources:?} missing {} boundary {}",
            text("EvalActionName"),
            text("EvalResourceName"),
            text("EvalDecision"),
            result["MissingContextValues"],
            result["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"],
        );
    }
    insta::assert_snapshot!(told, @r#"
    s3:GetObject arn:aws:s3:::logs/bob/today allowed ["PolicyInputList.1"] missing ["s3:x-amz-acl"] boundary true
    s3:GetObject arn:aws:s3:::logs/shared/today allowed ["ResourcePolicy"] missing ["s3:x-amz-acl"] boundary true
    s3:PutObject arn:aws:s3:::logs/bob/today explicitDeny ["PolicyInputList.1"] missing ["s3:x-amz-acl"] boundary true
    s3:PutObject arn:aws:s3:::logs/shared/today explicitDeny ["PolicyInputList.1"] missing ["s3:x-amz-acl"] boundary true
    "#);
}

/// Which limits are told to stand in the way is what the rules say of each requester: L11, L21, E26, E28, L8.
#[test]
fn limits_stand_in_the_way_of_whom_they_limit() {
    let limits = json!({
        "permissions_boundaries": [{"Version": "2012-10-17", "Statement": []}],
        "session_policy": {"Version": "2012-10-17", "Statement": []},
        "endpoint_policies": [{"Version": "2012-10-17", "Statement": []}],
        "service_control_policies": [[]], "resource_control_policies": [[]],
    });
    let who = |name: &str, principal: &str, more: &Value| {
        let mut scenario = push(name, &limits);
        scenario["principal"] = principal.into();
        for (member, value) in more.as_object().into_iter().flatten() {
            scenario[member] = value.clone();
        }
        scenario
    };
    let alice = "arn:aws:iam::111122223333:user/alice";
    let service_linked = "arn:aws:iam::111122223333:role/aws-service-role/replication.ecr.amazonaws.com/own";
    let bare = json!({"permissions_boundaries": null, "session_policy": null, "endpoint_policies": null});
    let lines = [
        who("a user", alice, &json!({})),
        who("a service-linked role", service_linked, &bare),
        who("a root user", "arn:aws:iam::111122223333:root", &json!({})),
        who("a service", "codebuild.amazonaws.com", &json!({})),
        who("nobody", "anonymous", &json!({})),
        who("a user of the management account", alice, &json!({"management_account": true})),
        who(
            "another account's user",
            "arn:aws:iam::444455556666:user/bob",
            &json!({"resource_management_account": true}),
        ),
        who("a federated user with no policy passed", "arn:aws:sts::111122223333:federated-user/alice", &bare),
        who("a user, for a token", alice, &json!({"action": "ecr-public:GetAuthorizationToken", "resource": "*"})),
    ];
    let input: String = lines.iter().map(|line| line.to_string() + "\n").collect();
    let mut told = String::new();
    for answer in simulate(&input, 0) {
        let parts = answer["blocked_by"].as_array().into_iter().flatten();
        let parts: Vec<&str> = parts.filter_map(|part| part["element"].as_str()).collect();
        let _ = writeln!(told, "{}: {}", answer["name"].as_str().unwrap_or("?"), parts.join(" "));
    }
    insta::assert_snapshot!(told, @"
    a user: endpoint_policies permissions_boundaries resource_control_policies service_control_policies session_policy
    a service-linked role: 
    a root user: endpoint_policies resource_control_policies service_control_policies
    a service: resource_control_policies
    nobody: endpoint_policies resource_control_policies
    a user of the management account: endpoint_policies permissions_boundaries session_policy
    another account's user: endpoint_policies permissions_boundaries service_control_policies session_policy
    a federated user with no policy passed: resource_control_policies service_control_policies session_policy
    a user, for a token: endpoint_policies permissions_boundaries service_control_policies session_policy
    ");
}

/// What the boundary of a simulation says is decided as the request is: a Deny of it that applies by the other
/// reading of a rule only (Z2) does not stop what is allowed.
#[test]
fn the_boundary_of_a_simulation_is_decided_by_the_rules() {
    let boundary = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["ecr-public:PutImage", "ecr-public:DescribeImages"], "Resource": "*"},
        {"Effect": "Deny", "Action": "ecr-public:PutImage", "Resource": "*",
         "Condition": {"StringLike": {"aws:PrincipalOrgPaths": "o-a/*"}}},
        {"Effect": "Deny", "Action": "ecr-public:DescribeImages", "Resource": "*"}]});
    let request = |caller: &str| {
        json!({
            "PolicyInputList": [allow("Own").to_string()],
            "PermissionsBoundaryPolicyInputList": [boundary.to_string()],
            "ActionNames": ["ecr-public:PutImage", "ecr-public:DescribeImages", "ecr-public:BatchDeleteImage"],
            "ResourceArns": ["arn:aws:ecr-public::111122223333:repository/web"],
            "CallerArn": caller,
            "ContextEntries": [{"ContextKeyName": "aws:PrincipalOrgPaths", "ContextKeyValues": ["o-a/r-b/"]}],
        })
    };
    let detail = |caller: &str| -> Vec<(Value, Value)> {
        let answer = &simulate(&request(caller).to_string(), 0)[0];
        let results = answer["EvaluationResults"].as_array().into_iter().flatten();
        let boundary = "PermissionsBoundaryDecisionDetail";
        results
            .map(|one| (one["EvalDecision"].clone(), one[boundary]["AllowedByPermissionsBoundary"].clone()))
            .collect()
    };
    let told = |decision: &str, boundary: Value| (json!(decision), boundary);
    assert_eq!(
        detail("arn:aws:iam::111122223333:user/alice"),
        [told("allowed", json!(true)), told("explicitDeny", json!(false)), told("implicitDeny", json!(false))]
    );
    // E26: no boundary limits a root user.
    assert_eq!(detail("arn:aws:iam::111122223333:root"), vec![told("allowed", Value::Null); 3]);
}

/// D18: what does not tell its owner belongs to the account that is given, else to the caller's.
#[test]
fn a_bucket_of_a_simulation_has_an_owner() {
    let reads = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
         "Condition": {"StringEquals": {"aws:ResourceAccount": "123456789012"}}}]});
    let decision = |owner: Value| {
        let request = json!({
            "PolicyInputList": [reads.to_string()], "ActionNames": ["s3:GetObject"],
            "ResourceArns": ["arn:aws:s3:::logs/today"], "CallerArn": "arn:aws:iam::123456789012:user/bob",
            "ResourceOwner": owner,
        });
        simulate(&request.to_string(), 0)[0]["EvaluationResults"][0]["EvalDecision"].clone()
    };
    assert_eq!(decision(Value::Null), "allowed");
    assert_eq!(decision(json!("123456789012")), "allowed");
    assert_eq!(decision(json!("arn:aws:iam::444455556666:root")), "implicitDeny");
}

#[test]
fn a_simulation_of_what_it_does_not_bring_is_refused() {
    let request = |member: &str, value: &str| {
        let mut request = json!({
            "PolicyInputList": [allow("Own").to_string()], "ActionNames": ["ecr-public:PutImage"],
            "ResourceArns": ["arn:aws:ecr-public::111122223333:repository/web"],
            "CallerArn": "arn:aws:iam::111122223333:user/alice", "MaxItems": 10,
        });
        request[member] = json!(value);
        request
    };
    let lines = [
        request("ResourceOwner", "nobody"),
        request("PolicySourceArn", "arn:aws:iam::111122223333:user/alice"),
        request("Marker", "of the page before"),
    ];
    let input: String = lines.iter().map(|line| line.to_string() + "\n").collect();
    let answers = simulate(&input, 2);
    let told = "`nobody` is no account: write into `ResourceOwner` its number, twelve digits, or an ARN with it";
    assert_eq!(answers[0]["error"], told);
    assert!(answers[1]["error"].as_str().is_some_and(|error| error.contains("`PolicyInputList`")), "{answers:?}");
    // The design ignores what it does not know: everything is in one page.
    assert_eq!(answers[2]["EvaluationResults"][0]["EvalDecision"], "allowed");
}

#[test]
fn a_simulation_asks_so_many_questions_at_most() {
    let names = |form: &str, count: usize| (0..count).map(|number| format!("{form}{number}")).collect::<Vec<_>>();
    let request = |actions: usize| {
        json!({
            "PolicyInputList": [allow("Own").to_string()], "ActionNames": names("s3:Get", actions),
            "ResourceArns": names("arn:aws:s3:::logs/", 100), "CallerArn": "arn:aws:iam::123456789012:user/bob",
        })
    };
    let answers = simulate(&format!("{}\n{}\n", request(2), request(101)), 2);
    assert_eq!(answers[0]["EvaluationResults"].as_array().map(Vec::len), Some(200));
    let told = "`ActionNames` and `ResourceArns` ask 10100 questions; at most 10000 are answered in one request";
    assert_eq!(answers[1]["error"], told);
}

#[test]
fn a_line_that_is_too_long_is_one_error() {
    let met = push("met", &json!({"identity_policies": [allow("Own")], "expect": "allowed"})).to_string();
    let long = "x".repeat((64 << 20) + (1 << 20));
    let answers = simulate(&format!("{met}\n{long}\n{met}\n{long}"), 2);
    let errors: Vec<Option<&str>> = answers.iter().map(|answer| answer["error"].as_str()).collect();
    let told = [None, Some("line 2 is longer than 64 MiB"), None, Some("line 4 is longer than 64 MiB")];
    assert_eq!(errors, told);
}

/// An object that never ends is looked at line by line, not anew with each line.
#[test]
fn a_torn_object_of_many_lines_is_answered_soon() {
    let torn = format!("{{\"name\": [\n{}", "\"a \\\" { [\", 1,\n".repeat(200_000));
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    let limited = command.env_clear().args(["simulate", "-"]).timeout(std::time::Duration::from_mins(1));
    let assert = limited.write_stdin(torn).assert().code(2);
    let answers = String::from_utf8_lossy(&assert.get_output().stdout).lines().count();
    assert_eq!(answers, 200_001);
}

/// The documented case files are scenarios as they stand.
#[test]
fn case_files_are_input() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let text = std::fs::read_to_string(folder.join("same-account.jsonl")).expect("the cases stand beside the tests");
    assert_eq!(simulate(&text, 0).len(), text.lines().count());
}
