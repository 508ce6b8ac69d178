//! `diff`: plans of Terraform over exports, exit codes, what is shown, and that it is the same in every run.
//!
//! A line of `tests/cases/terraform/plans.jsonl` is a plan with what it changes: `expect` has all lines about pushing
//! and pulling, and those about describing that it names; `notes` what is told of values that are not known. `data`
//! says whether the plan lies over the exports of `tests/data/diff/exports`, or over what it knows itself.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use assert_cmd::Command;
use grantlog::inventory::{Inventory, Plan};
use grantlog::policy::AccountId;
use grantlog::query::{Extent, Grain};
use grantlog::{Options, derive};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::random;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn grantlog(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    command.env_clear().current_dir(ROOT).args(arguments);
    command
}

fn printed(arguments: &[&str]) -> String {
    String::from_utf8_lossy(&grantlog(arguments).assert().get_output().stdout).into_owned()
}

fn cases() -> Vec<Value> {
    let text =
        std::fs::read_to_string(format!("{ROOT}/tests/cases/terraform/plans.jsonl")).expect("the cases are there");
    text.lines().map(|line| serde_json::from_str(line).expect("a case is JSON")).collect()
}

fn exports() -> Inventory {
    Inventory::load([format!("{ROOT}/tests/data/diff/exports")]).expect("the exports are there")
}

/// The lines of what a plan changes, and what is told of it.
fn changed(plan: &Plan, over: &Inventory) -> (BTreeSet<String>, Vec<String>) {
    let before = plan.known_over(over);
    let relations = derive(&before, Options::default());
    let after = relations.after(Arc::new(plan.applied_to(&before)));
    let difference = relations.difference(&after, Extent { each: true, ..Extent::default() });
    let short = |name: &str| name.rsplit(':').next().unwrap_or_default().to_owned();
    let lines = difference.lines.iter().map(|line| {
        let changed = &line.changed;
        let presence = match (changed.before, changed.after) {
            (None, _) => " (new)",
            (_, None) => " (gone)",
            _ => "",
        };
        let (principal, resource) = (short(&changed.principals[0]), short(&changed.resources[0]));
        format!("{} {}: {principal} on {resource}{presence}", changed.shift.as_str(), changed.action)
    });
    let told = after.inventory().diagnostics.iter().map(|one| one.message.clone());
    (lines.collect(), told.chain(difference.notes.iter().cloned()).collect())
}

#[test]
fn plans_change_what_they_say() {
    let (data, nothing) = (exports(), Inventory::default());
    assert!(data.diagnostics.is_empty(), "{:?}", data.diagnostics);
    let mut differences = String::new();
    let mut kinds = BTreeSet::new();
    for case in cases() {
        let text = |value: &Value| -> BTreeSet<String> {
            value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        for change in case["plan"]["resource_changes"].as_array().into_iter().flatten() {
            kinds.extend(change["type"].as_str().map(str::to_owned));
        }
        let account = case["account"].as_str().and_then(AccountId::parse);
        let plan = Plan::read("plan.json", case["plan"].to_string(), account).expect("it is a plan");
        let (found, told) = changed(&plan, if case["data"] == true { &data } else { &nothing });
        let expected = text(&case["expect"]);
        let counts = |line: &&String| line.contains(" push:") || line.contains(" pull:") || expected.contains(*line);
        let counted: BTreeSet<String> = found.iter().filter(counts).cloned().collect();
        let untold: Vec<String> =
            text(&case["notes"]).into_iter().filter(|note| !told.iter().any(|one| one == note)).collect();
        let is_told_more =
            text(&case["notes"]).is_empty() && told.iter().any(|one| one.contains("is not known before"));
        if counted != expected || !untold.is_empty() || is_told_more {
            let _ =
                writeln!(differences, "{}: found {counted:?}, expected {expected:?}\n  told {told:?}", case["name"]);
        }
    }
    assert!(differences.is_empty(), "{differences}");
    assert_eq!(kinds.len(), 20, "each type of resource is in a plan: {kinds:?}");
}

#[test]
fn what_is_no_plan_is_refused_with_its_place() {
    for (text, wanted) in [
        ("{", "plan.json:1:1: this is not the JSON of a plan: EOF while parsing"),
        ("[1,\n 2]", "plan.json:1:2: this is not the JSON of a plan: invalid type"),
        ("{\"Version\": \"2012-10-17\"}", "plan.json:1:1: this is not the JSON of a plan"),
        ("{\"format_version\": \"1.2\",\n \"resource_changes\": 7}", "plan.json:2:"),
    ] {
        let error = Plan::read("plan.json", text.to_owned(), None).expect_err("it is no plan").to_string();
        assert!(error.starts_with(wanted), "{text}: {error}");
    }
}

/// Puts something else where a number leads.
fn mutate(value: &mut Value, mut at: usize, by: &Value) {
    let mut value = value;
    loop {
        let children: Vec<&mut Value> = match value {
            Value::Array(all) => all.iter_mut().collect(),
            Value::Object(all) => all.values_mut().collect(),
            _ => Vec::new(),
        };
        let count = children.len() + 1;
        let turn = at % count;
        at /= count;
        // The last one is the value itself; the root is left alone.
        match children.into_iter().nth(turn) {
            Some(child) => {
                if at.is_multiple_of(5) {
                    *child = by.clone();
                    return;
                }
                value = child;
            }
            None => return,
        }
    }
}

proptest! {
    #![proptest_config(random::cases(200))]

    #[test]
    fn no_plan_makes_anything_fail(
        case in any::<prop::sample::Index>(),
        places in prop::collection::vec(any::<usize>(), 1..6),
        by in prop::sample::select(vec![
            json!(null), json!(true), json!(7), json!(""), json!("*"), json!([]), json!({}), json!([[]]), json!({"a": true}),
            json!("arn:aws:iam::111122223333:role/ci"), json!("arn:"), json!("module.a[\"x"), json!(["delete", "create"]),
            json!("aws_iam_role"), json!("111122223333"), json!("{\"Statement\": [{}]}"), json!("\u{0}\u{1b}[31m"),
        ]),
    ) {
        let cases = cases();
        let case = case.get(&cases);
        let mut text = case["plan"].clone();
        for &at in &places {
            mutate(&mut text, at, &by);
        }
        if let Ok(plan) = Plan::read("plan.json", text.to_string(), None) {
            changed(&plan, &Inventory::default());
            changed(&plan, &exports());
        }
    }
}

/// A policy that lets anyone push, and one that lets nobody.
const OPEN: &str = "tests/data/diff/open.json";
const SHUT: &str = "tests/data/diff/shut.json";

#[test]
fn the_exit_code_says_whether_it_fails_on() {
    let open = format!("web={OPEN}");
    let shut = format!("web={SHUT}");
    let data = "tests/data/diff/exports";
    for (arguments, code) in [
        (vec!["--set-policy", &open], 0),
        (vec!["--set-policy", &open, "--fail-on", "gained"], 1),
        (vec!["--set-policy", &open, "--fail-on", "gained:write"], 1),
        (vec!["--set-policy", &open, "--fail-on", "public"], 1),
        (vec!["--set-policy", &open, "--fail-on", "gained:write,public"], 1),
        (vec!["--set-policy", &open, "--fail-on", "public", "--actions"], 1),
        (vec!["--set-policy", &shut, "--fail-on", "gained,public"], 0),
        (vec!["--what-if", "delete user/bob", "--fail-on", "gained", "--fail-on", "public"], 0),
        (vec!["--set-policy", &open, "--fail-on", "lost"], 2),
        (vec!["--set-policy", "nothing=nowhere.json"], 2),
        (vec!["--set-policy", "nothing"], 2),
        (vec!["--what-if", "hope"], 2),
        (vec!["--what-if", "list accounts"], 2),
        (vec!["--terraform", "README.md"], 2),
        (vec!["--account", "12"], 2),
        (vec![], 2),
        (vec![data], 0),
        (vec!["nowhere"], 2),
        (vec![data, "--what-if", "delete user/bob"], 2),
    ] {
        let all: Vec<&str> = ["diff", data].into_iter().chain(arguments.iter().copied()).collect();
        let found = grantlog(&all).assert().get_output().status.code();
        assert_eq!(found, Some(code), "{all:?}");
    }
}

/// What lint would find in one input only is told, and fails a build that asks for it.
#[test]
fn findings_appear_and_go() {
    let change = ["diff", "tests/data/diff/exports", "--set-policy", "web=tests/data/diff/open.json"];
    let rows = |arguments: &[&str]| -> Vec<Value> {
        let text = printed(&[arguments, &["--format", "jsonl"]].concat());
        text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    };
    let told = |rows: &[Value]| -> Vec<(String, String)> {
        let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let of_findings = rows.iter().filter(|row| row["section"] == "findings");
        of_findings.map(|row| (text(row, "change"), text(row, "action"))).collect()
    };
    let found = told(&rows(&change));
    assert!(found.contains(&("appeared".to_owned(), "anyone-writes".to_owned())), "{found:?}");
    let code = |arguments: &[&str]| grantlog(arguments).assert().get_output().status.code();
    assert_eq!(code(&[&change[..], &["--fail-on", "findings"]].concat()), Some(1));
    let same = ["diff", "tests/data/diff/exports", "tests/data/diff/exports", "--fail-on", "findings,gained"];
    assert_eq!((code(&same), told(&rows(&same[..3]))), (Some(0), Vec::new()));
}

#[test]
fn to_look_is_no_write() {
    // Alice may pull by the repository's policy, and lacks the token.
    let data = "tests/data/diff/exports";
    let token = "tests/data/diff/token.json";
    let what_if = format!("attach {token} to user/alice");
    for (wanted, code) in [("gained", 1), ("gained:write", 0), ("public", 0)] {
        grantlog(&["diff", data, "--what-if", &what_if, "--fail-on", wanted]).assert().code(code);
    }
}

#[test]
fn a_grant_that_becomes_unconditional_is_gained() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let guarded = folder.path().join("guarded.json");
    let text = std::fs::read_to_string(format!("{ROOT}/{OPEN}")).expect("the policy is there");
    let text = text.replacen(
        "\"Action\"",
        "\"Condition\": {\"Bool\": {\"aws:MultiFactorAuthPresent\": \"true\"}}, \"Action\"",
        1,
    );
    std::fs::write(&guarded, text).expect("there is room for a file");
    let snapshot = folder.path().join("guarded.glx");
    let (guarded, name) = (guarded.display().to_string(), snapshot.display().to_string());
    let data = "tests/data/diff/exports";
    grantlog(&["-d", data, "-c", &format!("what if set policy of web to '{guarded}'")]).assert().success();
    let set = format!("web={guarded}");
    let told = printed(&["diff", data, "--set-policy", &set, "--format", "csv"]);
    assert!(told.contains("gained,push"), "{told}");
    // From one condition to none, on top of each other.
    let first = format!("set policy of web to '{guarded}'");
    let second = format!("set policy of web to {OPEN}");
    let told = printed(&["diff", data, "--what-if", &first, "--what-if", &second, "--format", "csv"]);
    assert!(told.contains("gained,push"), "{told}");
    grantlog(&["compile", data, "-o", &name]).assert().success();
    let same = printed(&["diff", &name, "--set-policy", &set, "--format", "csv"]);
    assert_eq!(same, printed(&["diff", data, "--set-policy", &set, "--format", "csv"]), "a snapshot is an input");
    let narrowed = format!("web={SHUT}");
    grantlog(&["diff", data, &name, "--fail-on", "gained"]).assert().code(0).stdout("no permission changed\n");
    grantlog(&["diff", data, "--set-policy", &narrowed]).assert().code(0);
}

/// Addresses instead of others, of which neither are among the other: every kind of change between two conditions.
#[test]
fn conditions_are_weighed_by_what_they_let_pass() {
    let world = |addresses: Value| {
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": "*", "Action": "ecr:PutImage",
            "Condition": {"IpAddress": {"aws:SourceIp": addresses}},
        }]});
        let arn = "arn:aws:ecr:eu-central-1:111122223333:repository/web";
        let file = json!({
            "repositories": [{"repositoryArn": arn, "registryId": "111122223333", "repositoryName": "web"}],
            "policies": {"web": {"registryId": "111122223333", "repositoryName": "web", "policyText": policy.to_string()}},
        });
        let name = "111122223333/ecr/eu-central-1/repositories.json".to_owned();
        Inventory::from_files([(name, file.to_string().into_bytes())])
    };
    let shift = |before: Value, after: Value| {
        let (before, after) = (world(before), world(after));
        let (before, after) = (derive(&before, Options::default()), derive(&after, Options::default()));
        let extent = Extent { grain: Grain::Actions, each: true, ..Extent::default() };
        let lines = before.difference(&after, extent).lines;
        let own = lines.iter().filter(|line| line.changed.principals == ["anyone"]);
        own.map(|line| line.changed.shift.as_str()).collect::<Vec<_>>()
    };
    let [low, high, both] = [json!("203.0.113.0/25"), json!("203.0.113.128/25"), json!("203.0.113.0/24")];
    assert_eq!(shift(low.clone(), high), ["altered"]);
    assert_eq!(shift(low.clone(), both.clone()), ["widened"]);
    assert_eq!(shift(both.clone(), low.clone()), ["narrowed"]);
    assert!(shift(json!(["203.0.113.0/25", "203.0.113.128/25"]), both).is_empty(), "the same addresses");
}

#[test]
fn a_table_is_for_people() {
    insta::assert_snapshot!(printed(&["diff", "tests/data/diff/exports", "--set-policy", &format!("web={OPEN}")]), @r"
    Became public

    change  action  principals  resources                                     verdict  statements
    gained  pull    anyone      ecr:eu-central-1:111122223333:repository/web  allowed  tests/data/diff/open.json:4 (Everybody)
    gained  push    anyone      ecr:eu-central-1:111122223333:repository/web  allowed  tests/data/diff/open.json:4 (Everybody)

    Gained

    change  action  principals                 resources                                     verdict  statements
    gained  pull    role/bot                   ecr:eu-central-1:111122223333:repository/web  allowed  tests/data/diff/open.json:4 (Everybody)
    gained  pull    service ec2.amazonaws.com  ecr:eu-central-1:111122223333:repository/web  allowed  tests/data/diff/open.json:4 (Everybody)
    gained  pull    user/bob                   ecr:eu-central-1:111122223333:repository/web  allowed  tests/data/diff/open.json:4 (Everybody)
    gained  push    service ec2.amazonaws.com  ecr:eu-central-1:111122223333:repository/web  allowed  tests/data/diff/open.json:4 (Everybody)

    Findings that appeared

    finding        severity  place                          policy                    message
    anyone-writes  critical  tests/data/diff/open.json:4:5  repository policy of web  anyone with an AWS account may `ecr:CompleteLayerUpload`, `ecr:InitiateLayerUpload`, `ecr:PutImage` and 1 more on `ecr:eu-central-1:111122223333:repository/web`

    Findings that are gone

    finding      severity  place                                                                       policy                    message
    lacks-token  medium    tests/data/diff/exports/111122223333/ecr/eu-central-1/policy/web.json:4:63  repository policy of web  `user/alice` may `ecr:BatchGetImage`, `ecr:GetDownloadUrlForLayer` on `ecr:eu-central-1:111122223333:repository/web`, and cannot log in for it: nothing allows `ecr:GetAuthorizationToken`

    permissions: 6 gained
    ");
}

#[test]
fn markdown_is_for_a_review() {
    let set = format!("web={OPEN}");
    let all =
        ["diff", "tests/data/diff/exports", "--set-policy", &set, "--what-if", "delete user/bob", "-f", "markdown"];
    insta::assert_snapshot!(printed(&all), @r"
    ### Became public

    | change | action | principals | resources | verdict | statements |
    | --- | --- | --- | --- | --- | --- |
    | gained | pull | anyone | ecr:eu-central-1:111122223333:repository/web | allowed | tests/data/diff/open.json:4 (Everybody) |
    | gained | push | anyone | ecr:eu-central-1:111122223333:repository/web | allowed | tests/data/diff/open.json:4 (Everybody) |

    ### Gained

    | change | action | principals | resources | verdict | statements |
    | --- | --- | --- | --- | --- | --- |
    | gained | pull | role/bot | ecr:eu-central-1:111122223333:repository/web | allowed | tests/data/diff/open.json:4 (Everybody) |
    | gained | pull | service ec2.amazonaws.com | ecr:eu-central-1:111122223333:repository/web | allowed | tests/data/diff/open.json:4 (Everybody) |
    | gained | push | service ec2.amazonaws.com | ecr:eu-central-1:111122223333:repository/web | allowed | tests/data/diff/open.json:4 (Everybody) |

    ### With principals and repositories that are gone

    | change | action | principals | resources | verdict | statements |
    | --- | --- | --- | --- | --- | --- |
    | lost | push | user/bob | ecr:eu-central-1:111122223333:repository/web | was allowed | was granted by tests/data/diff/exports/111122223333/iam.json:22 (S) |

    ### Findings that appeared

    | finding | severity | place | policy | message |
    | --- | --- | --- | --- | --- |
    | anyone-writes | critical | tests/data/diff/open.json:4:5 | repository policy of web | anyone with an AWS account may \`ecr:CompleteLayerUpload\`, \`ecr:InitiateLayerUpload\`, \`ecr:PutImage\` and 1 more on \`ecr:eu-central-1:111122223333:repository/web\` |

    ### Findings that are gone

    | finding | severity | place | policy | message |
    | --- | --- | --- | --- | --- |
    | lacks-token | medium | tests/data/diff/exports/111122223333/ecr/eu-central-1/policy/web.json:4:63 | repository policy of web | \`user/alice\` may \`ecr:BatchGetImage\`, \`ecr:GetDownloadUrlForLayer\` on \`ecr:eu-central-1:111122223333:repository/web\`, and cannot log in for it: nothing allows \`ecr:GetAuthorizationToken\` |

    ### New and gone

    | change | what | count | names |
    | --- | --- | --- | --- |
    | gone | principal | 1 | user/bob |

    permissions: 5 gained, 1 lost
    ");
}

#[test]
fn two_runs_print_the_same() {
    let set = format!("web={OPEN}");
    for format in ["table", "jsonl", "json", "csv", "markdown"] {
        for more in [&[][..], &["--expand"], &["--actions"]] {
            let mut all = vec!["diff", "tests/data/diff/exports", "--set-policy", &set, "-f", format];
            all.extend(more);
            let first = printed(&all);
            let mut single = grantlog(&all);
            single.env("RAYON_NUM_THREADS", "1");
            assert_eq!(first, String::from_utf8_lossy(&single.assert().get_output().stdout), "{all:?}");
        }
    }
}
