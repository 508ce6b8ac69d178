//! What a remedy says to change is what hangs where the question is.

use grantlog::{Inventory, Options, Scope, derive, prove};
use serde_json::{Value, json};

/// E2: a Deny of the same words in the policies of two users, and twice in those of one of them.
#[test]
fn names_the_policies_of_the_one_who_asks() {
    let account = "111122223333";
    let deny =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ecr:PutImage", "Resource": "*"}]});
    let allow =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}]});
    let user = |name: &str, policies: &[(&str, &Value)]| {
        let inline: Vec<_> =
            policies.iter().map(|(name, document)| json!({"PolicyName": name, "PolicyDocument": document})).collect();
        json!({"Path": "/", "UserName": name, "UserId": format!("AIDAEXAMPLE{}", name.to_uppercase()),
            "Arn": format!("arn:aws:iam::{account}:user/{name}"), "UserPolicyList": inline})
    };
    let users = [user("first", &[("p1", &deny)]), user("zed", &[("p1", &deny), ("p2", &deny), ("p3", &allow)])];
    let web = format!("arn:aws:ecr:eu-central-1:{account}:repository/web");
    let iam = json!({"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [], "Policies": []});
    let repositories = json!({
        "repositories": [{"repositoryArn": web, "registryId": account, "repositoryName": "web"}],
        "policies": {}, "tags": {&web: []}});
    let inventory = Inventory::from_files([
        (format!("{account}/iam.json"), iam.to_string().into_bytes()),
        (format!("{account}/ecr/eu-central-1/repositories.json"), repositories.to_string().into_bytes()),
    ]);
    let relations = derive(&inventory, Options::default());
    let proofs = prove(&relations, "user/zed", "ecr:PutImage", &web, Scope::default()).expect("both are there");
    let changes: Vec<&str> = proofs[0].remedies.iter().flatten().map(|remedy| remedy.change.as_str()).collect();
    let [change] = changes[..] else { panic!("one change: {changes:?}") };
    for wanted in ["inline policy p1 of user/zed", "inline policy p2 of user/zed"] {
        assert!(change.contains(wanted), "{change}");
    }
    assert!(!change.contains("user/first"), "{change}");
}
