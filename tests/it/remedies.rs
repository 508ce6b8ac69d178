//! What a remedy says to change is what hangs where the question is.

use grantlog::policy::Severity;
use grantlog::query::{Edit, Remedies, Widening};
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
    let changes: Vec<&str> =
        proofs[0].remedies.iter().flat_map(|set| &set.changes).map(|remedy| remedy.change.as_str()).collect();
    let [change] = changes[..] else { panic!("one change: {changes:?}") };
    for wanted in ["inline policy p1 of user/zed", "inline policy p2 of user/zed"] {
        assert!(change.contains(wanted), "{change}");
    }
    assert!(!change.contains("user/first"), "{change}");
}

const ACCOUNT: &str = "111122223333";

fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn arn(resource: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:{resource}")
}

fn repository(name: &str) -> String {
    format!("arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/{name}")
}

/// A user of whom everything about registries is allowed, with these members beside.
fn user(name: &str, members: &Value) -> Value {
    let allow = document(&[json!({"Effect": "Allow", "Action": "ecr:*", "Resource": "*"})]);
    let mut user = json!({"Path": "/", "UserName": name, "UserId": format!("AIDAEXAMPLE{}", name.to_uppercase()),
        "Arn": arn(&format!("user/{name}")),
        "UserPolicyList": [{"PolicyName": "all", "PolicyDocument": allow}]});
    let own = user.as_object_mut().expect("a user is an object");
    own.extend(members.as_object().expect("members are an object").clone());
    user
}

fn managed(name: &str, document: &Value) -> Value {
    json!({"PolicyName": name, "PolicyId": format!("ANPAEXAMPLE{}", name.to_uppercase()),
        "Arn": arn(&format!("policy/{name}")), "Path": "/", "DefaultVersionId": "v1",
        "PolicyVersionList": [{"Document": document, "VersionId": "v1", "IsDefaultVersion": true}]})
}

/// One account with the repositories `web` and `api`.
fn inventory(users: &[Value], roles: &[Value], policies: &[Value], of_api: Option<&Value>) -> Inventory {
    let iam = json!({"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": roles, "Policies": policies});
    let one = |name: &str| json!({"repositoryArn": repository(name), "registryId": ACCOUNT, "repositoryName": name});
    let held = of_api.map(
        |policy| json!({"api": {"registryId": ACCOUNT, "repositoryName": "api", "policyText": policy.to_string()}}),
    );
    let held = held.unwrap_or_else(|| json!({}));
    let repositories = json!({
        "repositories": [one("web"), one("api")], "policies": held,
        "tags": {repository("web"): [], repository("api"): []}});
    let inventory = Inventory::from_files([
        (format!("{ACCOUNT}/iam.json"), iam.to_string().into_bytes()),
        (format!("{ACCOUNT}/ecr/eu-central-1/repositories.json"), repositories.to_string().into_bytes()),
    ]);
    let wrong = inventory.diagnostics.iter().filter(|one| one.severity != Severity::Note);
    let told: Vec<&str> = wrong.map(|one| one.message.as_str()).collect();
    assert!(told.is_empty(), "{told:?}");
    inventory
}

/// The sets of remedies, each by how its first change begins, and who gains what by it beside.
fn remedies(inventory: &Inventory, principal: &str, action: &str) -> Vec<(String, Option<Vec<String>>)> {
    let relations = derive(inventory, Options::default());
    let proofs = prove(&relations, principal, action, &repository("web"), Scope::default()).expect("both are there");
    let own = proofs.iter().chain(proofs.iter().flat_map(|proof| &proof.parts));
    let told = own.flat_map(|proof| &proof.remedies).map(|set| {
        let words: Vec<&str> = set.changes[0].change.split(' ').collect();
        let gains = match &set.widening {
            Widening::NotCounted(_) => None,
            Widening::Counted { lines, .. } => {
                let cells = lines.iter().flat_map(|line| {
                    let pairs = line.principals.iter().flat_map(|who| line.resources.iter().map(move |on| (who, on)));
                    pairs.map(|(who, on)| {
                        let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
                        format!("{} {} {}", last(who), line.action, last(on))
                    })
                });
                let mut cells: Vec<String> = cells.collect();
                cells.sort();
                assert_eq!(set.widening.cells(), Some(cells.len()));
                Some(cells)
            }
        };
        (format!("{} {}", words[0], words[words.len() - 1]), gains)
    });
    told.collect()
}

/// E2: whoever has the policy and is allowed otherwise gains by a Deny that goes, on every repository.
#[test]
fn a_deny_that_goes_is_counted_for_all_who_have_it() {
    let freeze = managed("freeze", &document(&[json!({"Effect": "Deny", "Action": "ecr:PutImage", "Resource": "*"})]));
    let frozen = json!({"AttachedManagedPolicies": [{"PolicyName": "freeze", "PolicyArn": arn("policy/freeze")}]});
    let mut idle = frozen.clone();
    idle["UserPolicyList"] = json!([]);
    let users = [user("ann", &frozen), user("bob", &frozen), user("dan", &json!({})), user("eve", &idle)];
    let inventory = inventory(&users, &[], &[freeze], None);
    let found = remedies(&inventory, "user/ann", "ecr:PutImage");
    let [(change, Some(gains))] = &found[..] else { panic!("{found:?}") };
    assert!(change.starts_with("remove"), "{change}");
    assert_eq!(gains[..], ["ann ecr:PutImage api", "bob ecr:PutImage api", "bob ecr:PutImage web"]);
}

/// E9, L2: a policy that names the user is not limited by the boundary, and serves nobody else; a statement more in
/// the boundary serves all who have it.
#[test]
fn a_statement_on_one_repository_comes_before_one_in_a_shared_boundary() {
    let login = document(&[json!({"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"})]);
    let limits = managed("limits", &login);
    let bounded = json!({"PermissionsBoundary":
        {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn("policy/limits")}});
    let users = [user("ann", &bounded), user("bob", &bounded), user("dan", &json!({}))];
    let inventory = inventory(&users, &[], &[limits], None);
    let found = remedies(&inventory, "user/ann", "push");
    let wanted = [
        (format!("grant {}", repository("web")), Some(Vec::new())),
        (format!("allow {}", arn("user/ann")), Some(vec!["bob push web".to_owned()])),
    ];
    assert_eq!(found, wanted);
}

/// A12, E6: what a role's policy allows, all its sessions have, and whoever can become the role. The search looks at
/// identity policies first; that a grant to the one session widens less puts it before.
#[test]
fn a_grant_to_one_session_comes_before_a_policy_of_its_role() {
    let session = |name: &str| format!("arn:aws:sts::{ACCOUNT}:assumed-role/deployer/{name}");
    let named = json!({"Effect": "Allow", "Principal": {"AWS": [session("ci"), session("night")]},
        "Action": "ecr:BatchGetImage"});
    let trust = json!({"Effect": "Allow", "Principal": {"AWS": arn("user/alice")}, "Action": "sts:AssumeRole"});
    let login = document(&[json!({"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"})]);
    let role = json!({"Path": "/", "RoleName": "deployer", "RoleId": "AROAEXAMPLEDEPLOYER",
        "Arn": arn("role/deployer"), "AssumeRolePolicyDocument": document(&[trust]),
        "RolePolicyList": [{"PolicyName": "login", "PolicyDocument": login}]});
    let alice = user("alice", &json!({"UserPolicyList": []}));
    let inventory = inventory(&[alice], &[role], &[], Some(&document(&[named])));
    let found = remedies(&inventory, &session("ci"), "push");
    let beside = ["alice push web", "deployer push web", "night push web"].map(str::to_owned).to_vec();
    let wanted = [
        // Who becomes the role gives the session its name.
        (format!("grant {}", repository("web")), Some(vec!["alice push web".to_owned()])),
        (format!("allow {}", session("ci")), Some(beside)),
    ];
    assert_eq!(found, wanted);
}

/// What only AWS changes is no change that could be made to be counted.
#[test]
fn what_cannot_be_changed_is_not_counted_and_comes_last() {
    let bounded = json!({"PermissionsBoundary": {"PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"}});
    let inventory = inventory(&[user("ann", &bounded)], &[], &[], None);
    let found = remedies(&inventory, "user/ann", "ecr:PutImage");
    let wanted =
        [(format!("grant {}", repository("web")), Some(Vec::new())), (format!("allow {}", arn("user/ann")), None)];
    assert_eq!(found, wanted);
}

/// The sets that together allow a capability, each as its changes.
fn joint(inventory: &Inventory, principal: &str, capability: &str) -> Vec<Remedies> {
    let relations = derive(inventory, Options::default());
    let proofs =
        prove(&relations, principal, capability, &repository("web"), Scope::default()).expect("both are there");
    let [proof] = &proofs[..] else { panic!("one proof") };
    if !proof.remedies.is_empty() {
        assert!(proof.parts.iter().all(|part| part.remedies.is_empty()), "what allows a part is told with the rest");
    }
    proof.remedies.clone()
}

fn words(set: &Remedies) -> Vec<String> {
    let words = |change: &str| {
        let words: Vec<&str> = change.split(' ').collect();
        format!("{} {} to {}", words[0], words[1].trim_end_matches(','), words[words.len() - 1])
    };
    set.changes.iter().map(|remedy| words(&remedy.change)).collect()
}

/// E5, R3: a user who has nothing lacks the upload, which the repository's policy may grant as well, and the token,
/// which has no resource and needs a policy of the user's own. Made, each set allows the push.
#[test]
fn what_lacks_several_actions_is_mended_by_changes_that_belong_together() {
    let idle = user("ann", &json!({"UserPolicyList": []}));
    let inventory = inventory(&[idle, user("dan", &json!({}))], &[], &[], None);
    let sets = joint(&inventory, "user/ann", "push");
    let own = format!("to {}", arn("user/ann"));
    let of_web = format!("to {}", repository("web"));
    let mut told: Vec<Vec<String>> = sets.iter().map(words).collect();
    told.sort();
    let first = |kind: &str| format!("{kind} ecr:");
    assert_eq!(told.len(), 2, "{told:?}");
    for (set, (kind, whose)) in told.iter().zip([("allow", &own), ("grant", &of_web)]) {
        assert_eq!(set.len(), 2, "{set:?}");
        assert!(set.iter().any(|one| one.starts_with(&first(kind)) && one.ends_with(whose)), "{set:?}");
        assert!(set.contains(&format!("allow ecr:GetAuthorizationToken {own}")), "{set:?}");
    }
    for set in &sets {
        assert_eq!(set.widening.cells(), Some(0), "nobody else gains");
        made(&inventory, set, "user/ann");
    }
}

/// Adds the statements of a set by hand, and looks whether the push is allowed then, and not before the last.
fn made(inventory: &Inventory, set: &Remedies, principal: &str) {
    let base = derive(inventory, Options::default());
    let scope = Scope { all: true, ..Scope::default() };
    let verdict = |relations: &grantlog::Relations<'_>| {
        relations.can(principal, "push", &repository("web"), scope).expect("both are there").rows[0].verdict
    };
    let mut stack: Vec<grantlog::Relations<'static>> = Vec::new();
    for remedy in &set.changes {
        let now = stack.last().map_or(&base, |last| last);
        assert_ne!(verdict(now), grantlog::query::Verdict::Allowed);
        let to = remedy.change.rsplit(' ').next().expect("a change names whom it is for").to_owned();
        let statement = remedy.statement.clone().expect("it adds a statement");
        let change = now.change(&Edit::AddStatement { statement, to }, &|_| None).expect("it is a change");
        let world = now.inventory().changed(&change).expect("it can be made");
        let after = now.after(std::sync::Arc::new(world));
        stack.push(after);
    }
    assert_eq!(stack.last().map(verdict), Some(grantlog::query::Verdict::Allowed));
}

/// E2, E5: a Deny of the log-in that others have too widens more than nothing; what is needed of both parts is told
/// once, and the set that allows others least comes first.
#[test]
fn joint_remedies_come_in_the_order_of_what_they_widen() {
    let deny = managed("locked", &document(&[json!({"Effect": "Deny", "Action": "ecr:*", "Resource": "*"})]));
    let locked = json!({"AttachedManagedPolicies": [{"PolicyName": "locked", "PolicyArn": arn("policy/locked")}]});
    let mut idle = locked.clone();
    idle["UserPolicyList"] = json!([]);
    let inventory = inventory(&[user("ann", &idle), user("bob", &locked)], &[], &[deny], None);
    let sets = joint(&inventory, "user/ann", "push");
    assert!(!sets.is_empty());
    let removals = |set: &Remedies| set.changes.iter().filter(|remedy| remedy.change.starts_with("remove")).count();
    assert!(sets.iter().all(|set| removals(set) == 1), "{sets:?}");
    let cells: Vec<Option<usize>> = sets.iter().map(|set| set.widening.cells()).collect();
    assert!(cells.iter().all(|one| one.is_some_and(|cells| cells > 0)), "bob is freed too: {cells:?}");
    assert!(cells.is_sorted(), "{cells:?}");
}

/// One part alone is told where it stands.
#[test]
fn what_lacks_one_part_has_no_joint_remedies() {
    let login = document(&[json!({"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"})]);
    let half = json!({"UserPolicyList": [{"PolicyName": "login", "PolicyDocument": login}]});
    let inventory = inventory(&[user("ann", &half)], &[], &[], None);
    assert_eq!(joint(&inventory, "user/ann", "push"), []);
}
