//! Condition values: any value under any operator is decided, for a request that is known and for one that is not.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|data: &str| {
    let mut lines = data.lines();
    let mut line = || lines.next().unwrap_or_default();
    let (operator, key, policy, request) = (line(), line(), line(), line());
    let document = json!({"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {key: policy}}}});
    let mut scenario = json!({"principal": "arn:aws:sts::111122223333:assumed-role/ci/run", "context_mode": "open",
        "action": "ecr-public:PutImage", "resource": "arn:aws:ecr-public::111122223333:repository/web",
        "identity_policies": [document]});
    let _ = grantlog::scenario::decide_strictly(&scenario.to_string());
    scenario["context"] = json!({key: request});
    let _ = grantlog::scenario::decide(&scenario.to_string());
});
