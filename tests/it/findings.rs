//! Findings: each in a small world where it is found, and in a nearly equal one where it is not.
//!
//! A line of `tests/cases/findings/NAME.jsonl` is a world with what `finds` the finding `NAME` in it: objects with
//! what is to be compared. A world has, as far as it says so, the user `alice` of 111122223333 with these policies
//! (`alice`), a `boundary`, a public repository `web` with a policy (`public`), private ones in eu-central-1 (`backend`
//! with a policy `private`), a `registry` policy; the role `deployer` of 444455556666 with these policies; a control
//! policy `scp` above both. They are one organization unless `organization` says no. `files` are added as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use grantlog::finding::{Edit, Finding, Found, Page, Spot};
use grantlog::inventory::Inventory;
use grantlog::policy::{PolicyKind, parse};
use grantlog::{Options, derive};
use serde_json::{Value, json};

use crate::files;

const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";

fn user(name: &str, policies: &Value, boundary: bool) -> Value {
    let mut user = json!({
        "Path": "/", "UserName": name, "UserId": format!("AIDAEXAMPLE{}", name.to_uppercase()),
        "Arn": format!("arn:aws:iam::{OWN}:user/{name}"), "UserPolicyList": inline(policies),
    });
    if boundary {
        let arn = format!("arn:aws:iam::{OWN}:policy/limit");
        user["PermissionsBoundary"] = json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn});
    }
    user
}

fn inline(policies: &Value) -> Value {
    let each = policies.as_array().into_iter().flatten().enumerate();
    each.map(|(number, document)| json!({"PolicyName": format!("own-{}", number + 1), "PolicyDocument": document}))
        .collect()
}

fn details(users: &[Value], roles: &[Value], policies: &[Value]) -> Value {
    json!({"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": roles, "Policies": policies})
}

fn repository(arn: &str, name: &str, policy: &Value) -> Value {
    let mut policies = json!({});
    if !policy.is_null() {
        policies[name] = json!({"registryId": OWN, "repositoryName": name, "policyText": policy.to_string()});
    }
    json!({
        "repositories": [{"repositoryArn": arn, "registryId": OWN, "repositoryName": name}],
        "policies": policies, "tags": {arn: []},
    })
}

fn organization(control: &Value) -> Value {
    let account = |id: &str| {
        json!({
            "Id": id, "Arn": format!("arn:aws:organizations::777788889999:account/o-abc1234567/{id}"), "Name": id,
            "State": "ACTIVE", "ParentId": "r-ab12",
        })
    };
    let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let policy = |id: &str, document: &Value, targets: &[&str]| {
        json!({
            "id": id, "name": id, "type": "SERVICE_CONTROL_POLICY", "content": document.to_string(), "targets": targets,
        })
    };
    let mut policies = vec![policy("p-FullAWSAccess", &all, &["r-ab12", OWN, OTHER, "777788889999"])];
    if !control.is_null() {
        policies.push(policy("p-11110001", control, &["r-ab12"]));
    }
    json!({
        "accounts": [account(OWN), account(OTHER), account("777788889999")],
        "roots": [{
            "Id": "r-ab12", "Arn": "arn:aws:organizations::777788889999:root/o-abc1234567/r-ab12", "Name": "Root",
            "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
        }],
        "organizational_units": [], "policies": policies,
    })
}

/// The files of a world, by name.
fn world(case: &Value) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut add = |name: String, content: &Value| files.insert(name, content.to_string());
    let limit = &case["boundary"];
    let policies = if limit.is_null() {
        Vec::new()
    } else {
        vec![json!({
            "PolicyName": "limit", "Arn": format!("arn:aws:iam::{OWN}:policy/limit"), "DefaultVersionId": "v1",
            "PolicyVersionList": [{"Document": limit, "VersionId": "v1", "IsDefaultVersion": true}],
        })]
    };
    let alice = user("alice", &case["alice"], !limit.is_null());
    add(format!("{OWN}/iam.json"), &details(&[alice], &[], &policies));
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ]});
    let deployer = json!({
        "Path": "/", "RoleName": "deployer", "RoleId": "AROAEXAMPLEDEPLOYER",
        "Arn": format!("arn:aws:iam::{OTHER}:role/deployer"), "AssumeRolePolicyDocument": trust,
        "RolePolicyList": inline(&case["deployer"]),
    });
    add(format!("{OTHER}/iam.json"), &details(&[], &[deployer], &[]));
    let public = format!("arn:aws:ecr-public::{OWN}:repository/web");
    add(format!("{OWN}/ecr-public.json"), &repository(&public, "web", &case["public"]));
    let private = format!("arn:aws:ecr:eu-central-1:{OWN}:repository/backend");
    add(format!("{OWN}/ecr/eu-central-1/repositories.json"), &repository(&private, "backend", &case["private"]));
    if !case["registry"].is_null() {
        let policy = json!({"registryId": OWN, "policyText": case["registry"].to_string()});
        add(format!("{OWN}/ecr/eu-central-1/registry-policy.json"), &policy);
    }
    if case["organization"] != json!(false) {
        add("org/organization.json".to_owned(), &organization(&case["scp"]));
    }
    for (name, content) in case["files"].as_object().into_iter().flatten() {
        add(name.clone(), content);
    }
    files
}

fn load(files: &BTreeMap<String, String>) -> Inventory {
    Inventory::from_files(files.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes())))
}

fn found(inventory: &Inventory) -> Vec<Found> {
    derive(inventory, Options::default()).findings(&|_, _| {})
}

/// What is to be compared of a finding, in the form in which a case tells it.
fn seen(one: &Found, files: &BTreeMap<String, String>, asked: &Value) -> Value {
    let names = |names: &[String]| Value::from(names.iter().map(|name| files::short(name)).collect::<Vec<_>>());
    let spots = || one.spots.iter();
    // Documents stand in strings: quotes have a stroke before them.
    let text = |spot: &Spot| {
        let text = &files[&spot.file][spot.region.span.start as usize..spot.region.span.end as usize];
        text.replace("\\\"", "\"")
    };
    let mut seen = json!({});
    for key in asked.as_object().expect("what is compared is an object").keys() {
        seen[key] = match key.as_str() {
            "principals" => names(&one.principals),
            "actions" => Value::from(one.actions.clone()),
            "resources" => names(&one.resources),
            "part" => Value::from(spots().map(text).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")),
            "policies" => {
                let policies: BTreeSet<&str> =
                    spots().filter_map(|spot| spot.statement.as_ref()).map(|one| files::short(&one.policy)).collect();
                policies.into_iter().collect()
            }
            "message" => Value::from(one.message.clone()),
            "edit" => Value::from(
                spots().filter_map(|spot| spot.edit.as_ref()).map(|edit| edit.text.clone()).collect::<Vec<_>>(),
            ),
            other => panic!("`{other}` is nothing to compare"),
        };
    }
    seen
}

#[test]
fn findings_are_found_where_they_are_and_nowhere_else() {
    let mut differences = String::new();
    let mut both: BTreeMap<String, [bool; 2]> = BTreeMap::new();
    for case in files::lines("tests/cases/findings") {
        let name = case.place.split('.').next().expect("a file has a name").to_owned();
        let files = world(&case.value);
        let inventory = load(&files);
        let all = found(&inventory);
        let own: Vec<&Found> = all.iter().filter(|one| one.finding.as_str() == name).collect();
        let expected = case.value["finds"].as_array().expect("a case says what is found");
        both.entry(name).or_default()[usize::from(expected.is_empty())] = true;
        let seen: Vec<Value> = own
            .iter()
            .enumerate()
            .map(|(at, one)| seen(one, &files, expected.get(at).unwrap_or(&json!({"message": null, "part": null}))))
            .collect();
        if seen != *expected {
            let told = |values: &[Value]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n    ");
            let (place, name) = (&case.place, &case.value["name"]);
            let _ =
                writeln!(differences, "{place}: {name}\n  found\n    {}\n  not\n    {}", told(&seen), told(expected));
        }
        differences += &unmended(&files, &all, &case.place);
    }
    for finding in Finding::ALL {
        let [finds, fails] = both.remove(finding.as_str()).unwrap_or_default();
        if !finds || !fails {
            let _ = writeln!(differences, "{finding}: found in a world: {finds}, not found in another: {fails}");
        }
    }
    assert!(both.is_empty(), "cases of no finding: {both:?}");
    assert!(differences.is_empty(), "\n{differences}");
}

/// The edits of findings after which the finding is still there, or something was broken.
fn unmended(files: &BTreeMap<String, String>, all: &[Found], place: &str) -> String {
    let mut told = String::new();
    for one in all {
        for spot in &one.spots {
            let Some(Edit { region, text }) = &spot.edit else { continue };
            let mut mended = files.clone();
            let file = mended.get_mut(&spot.file).expect("a finding is in a file of the world");
            file.replace_range(region.span.start as usize..region.span.end as usize, text);
            let inventory = load(&mended);
            let left = found(&inventory);
            let same = |other: &&Found| other.finding == one.finding && other.message == one.message;
            let is_broken = left.iter().any(|other| other.finding == Finding::Rejected && !all.contains(other));
            if left.iter().any(|other| same(&other) && other.spots.len() >= one.spots.len()) || is_broken {
                let _ = writeln!(told, "{place}: `{text}` does not mend {}: {}", one.finding, one.message);
            }
        }
    }
    told
}

/// Each finding has a page, each page a finding; and the examples on them are documents.
#[test]
fn pages_are_whole() {
    let mut names: BTreeSet<String> = files::below("docs/findings").into_iter().map(|(name, _)| name).collect();
    for finding in Finding::ALL {
        assert!(names.remove(&format!("{finding}.md")), "{finding} has no page");
        let page = Page::of(*finding);
        assert!(!page.title.ends_with('.') && !page.title.is_empty(), "{finding}: {}", page.title);
        for part in ["\nRules: ", "\n## Why it matters\n", "\n## Example\n", "\n## What to do\n"] {
            assert!(page.text.contains(part), "{finding} lacks {part:?}");
        }
        let example = page.text.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
        let example = example.unwrap_or_else(|| panic!("{finding} has an example"));
        let parsed = parse(example, PolicyKind::Repository);
        assert!(!parsed.document.statements.is_empty() || *finding == Finding::Rejected, "{finding}: {example}");
    }
    assert!(names.is_empty(), "pages of no finding: {names:?}");
}

#[test]
fn documentation_lists_all_findings() {
    let path = format!("{}/docs/findings.md", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the documentation is there");
    let mut all = Finding::ALL.to_vec();
    all.sort_by_key(|one| (std::cmp::Reverse(Page::of(*one).severity), *one));
    let row = |one: Finding| {
        let page = Page::of(one);
        format!("| [`{one}`](findings/{one}.md) | {} | {} |", page.severity.as_str(), page.title)
    };
    let expected: Vec<String> = all.into_iter().map(row).collect();
    let told: Vec<&str> = text.lines().filter(|line| line.starts_with("| [`")).collect();
    assert_eq!(told, expected, "docs/findings.md is to hold\n{}", expected.join("\n"));
}
