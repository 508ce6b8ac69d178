//! Files that were made to do harm: nothing in them may panic, hang, or fill the memory.
//!
//! What must not be quadratic is asked of inputs for which a quadratic reader needs minutes. The bound is loose,
//! for machines differ; it is there to be missed by far.

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use grantlog::inventory::Inventory;
use grantlog::policy::{PolicyKind, Severity, parse};
use grantlog::report::diagnostic_line;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::agreement::library;
use crate::files::gzip;
use crate::readers::{cases, files};

/// Reads one file; what it takes must stay far below what somebody waits for.
fn load(name: &str, text: impl Into<Vec<u8>>) -> Inventory {
    load_all([(name.to_owned(), text.into())])
}

fn load_all(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Inventory {
    let files: Vec<_> = files.into_iter().collect();
    quickly(|| Inventory::from_files(files))
}

fn quickly<T>(work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    let taken = start.elapsed();
    assert!(taken < Duration::from_secs(30), "it took {taken:?}");
    result
}

fn errors(inventory: &Inventory) -> Vec<String> {
    let errors = inventory.diagnostics.iter().filter(|one| one.severity == Severity::Error);
    errors.map(|one| diagnostic_line(one, &inventory.sources)).collect()
}

#[test]
fn nests_end_early() {
    const DEEP: usize = 500_000;
    for (open, close) in
        [("[", "]"), ("{\"a\":", "}"), ("{\"request\":{},\"response\":", "}"), ("[{\"Results\":[", "]}]")]
    {
        load("cut.json", open.repeat(DEEP));
        load("whole.json", format!("{}{{}}{}", open.repeat(DEEP), close.repeat(DEEP)));
    }
    let condition = format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP));
    let document =
        format!(r#"{{"Statement": {{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {condition}}}}}"#);
    let parsed = quickly(|| parse(&document, PolicyKind::Identity));
    assert!(parsed.is_rejected());
    load("loose.json", document);
}

/// A text in a text in a text: two levels are unpacked, as many as exports have.
#[test]
fn texts_in_texts_end_early() {
    let mut item = json!({"resourceType": "AWS::IAM::User", "configuration": {}}).to_string();
    for _ in 0..12 {
        item = json!({"resourceType": "AWS::IAM::User", "configuration": item}).to_string();
    }
    load("item.json", item);
}

#[test]
fn emptiness_costs_nothing() {
    load("list.json", format!("[{}[]]", "[],".repeat(1_000_000)));
    load("values.json", "[]\n".repeat(1_000_000));
    load("objects.json", "{}".repeat(1_000_000));
    load("broken.json", "{]\n".repeat(1_000_000));
    load("repositories.json", format!("{{\"repositories\": [{}{{}}]}}", "[],".repeat(10_000)));
}

#[test]
fn a_bomb_is_not_unpacked() {
    let bomb = gzip(&vec![b' '; 160 << 20]);
    let found = errors(&load("111122223333/bomb.json.gz", bomb));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("the gzip file grows to more than"), "{found:?}");
}

#[test]
fn units_in_a_circle_have_no_place() {
    const MANY: usize = 20_000;
    let arn = |id: &str| format!("arn:aws:organizations::777788889999:ou/o-example1234/{id}");
    let unit = |number: usize| format!("ou-ab12-{number:08}");
    let units: Vec<Value> = (0..MANY)
        .map(|number| json!({"Id": unit(number), "Arn": arn(&unit(number)), "ParentId": unit((number + 1) % MANY)}))
        .collect();
    let accounts: Vec<Value> = (0..MANY)
        .map(|number| {
            let id = format!("{:012}", 100_000_000_000_u64 + number as u64);
            json!({"Id": id, "Arn": arn(&id), "ParentId": unit(number)})
        })
        .collect();
    let file = json!({"accounts": accounts, "roots": [], "organizational_units": units, "policies": []});
    let inventory = load("organization.json", file.to_string());
    assert_eq!(inventory.accounts.len(), MANY);
    let placed = inventory.accounts.values().filter_map(|account| account.membership.as_ref());
    assert!(placed.into_iter().all(|membership| membership.path.is_empty()));
}

#[test]
fn paths_without_end_are_no_places() {
    const MANY: usize = 20_000;
    let path = format!("o-example1234/r-ab12/{}111122223333/", "ou-ab12-11111111/".repeat(MANY));
    let accounts = json!({"Accounts": [{
        "Id": "111122223333",
        "Arn": "arn:aws:organizations::777788889999:account/o-example1234/111122223333",
        "Paths": [path],
    }]});
    let users: Vec<Value> =
        (0..MANY).map(|number| json!({"Arn": format!("arn:aws:iam::111122223333:user/{number}")})).collect();
    let files = [("accounts.json", accounts), ("111122223333/iam.json", json!({"UserDetailList": users}))];
    let files = files.map(|(name, value)| (name.to_owned(), value.to_string().into_bytes()));
    let inventory = Inventory::from_files(files);
    let membership = inventory.accounts.values().find_map(|account| account.membership.as_ref());
    assert!(membership.is_some_and(|membership| membership.path.is_empty()));
}

#[cfg(unix)]
#[test]
fn links_that_lead_back_are_followed_once() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let root = folder.path();
    let user = json!({"UserDetailList": [{"Arn": "arn:aws:iam::111122223333:user/alice"}]});
    fs::write(root.join("iam.json"), user.to_string()).expect("the folder takes files");
    symlink(root, root.join("self")).expect("the folder takes links");
    symlink(root.join("gone.json"), root.join("dangling.json")).expect("the folder takes links");
    // Each folder leads to the next one twice: a thousand million ways to the last.
    for level in 0..30 {
        let (here, next) = (root.join(format!("level{level}")), root.join(format!("level{}", level + 1)));
        fs::create_dir(&here).expect("the folder takes folders");
        symlink(&next, here.join("a")).expect("the folder takes links");
        symlink(&next, here.join("b")).expect("the folder takes links");
    }
    let last = root.join("level30");
    fs::create_dir(&last).expect("the folder takes folders");
    let other = json!({"UserDetailList": [{"Arn": "arn:aws:iam::444455556666:user/bob"}]});
    fs::write(last.join("iam.json"), other.to_string()).expect("the folder takes files");
    let inventory = quickly(|| Inventory::load([root])).expect("there are exports");
    assert_eq!(inventory.principals.len(), 2);
    let found = errors(&inventory);
    assert!(found.len() == 1 && found[0].contains("dangling.json") && found[0].contains("cannot be read"), "{found:?}");
}

/// Many of everything that is looked up by name, each once with a mistake, on one line of megabytes.
#[test]
fn an_account_of_many_things_is_read_in_one_go() {
    const MANY: usize = 30_000;
    let document =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}});
    let users: Vec<Value> = (0..MANY)
        .map(|number| {
            json!({"Arn": format!("arn:aws:iam::111122223333:user/u{number}"), "GroupList": [format!("g{number}")],
                "AttachedManagedPolicies": [{"PolicyArn": format!("arn:aws:iam::aws:policy/p{number}")}],
                "UserPolicyList": [{"PolicyName": "é", "PolicyDocument": {"Version": format!("{number}"), "Statement": document}}]})
        })
        .collect();
    let repositories: Vec<Value> = (0..MANY)
        .map(|number| {
            json!({"repositoryArn": format!("arn:aws:ecr:eu-central-1:111122223333:repository/r{number}"),
            "repositoryName": format!("r{number}")})
        })
        .collect();
    let names = (0..MANY).map(|number| format!("r{number}"));
    let policies: String = names.fold(String::new(), |mut text, name| {
        let answer = json!({"registryId": "111122223333", "repositoryName": name, "policyText": document.to_string()});
        writeln!(text, "{answer}").expect("a string takes any text");
        text
    });
    let tags: serde_json::Map<String, Value> = (0..MANY)
        .map(|number| {
            (format!("arn:aws:ecr:eu-central-1:111122223333:repository/r{number}"), json!([{"Key": "a", "Value": "b"}]))
        })
        .collect();
    let inventory = load_all([
        ("iam.json".to_owned(), json!({"UserDetailList": users}).to_string().into_bytes()),
        ("registry.json".to_owned(), json!({"repositories": repositories, "tags": tags}).to_string().into_bytes()),
        ("policies.json".to_owned(), policies.into_bytes()),
    ]);
    assert_eq!((inventory.principals.len(), inventory.repositories.len()), (MANY, MANY));
    assert!(inventory.repositories.values().all(|one| one.tags.as_ref().is_some_and(|tags| tags.len() == 1)));
    let lines: Vec<String> =
        quickly(|| inventory.diagnostics.iter().map(|one| diagnostic_line(one, &inventory.sources)).collect());
    let lines = lines.len();
    assert!(lines >= 2 * MANY, "each version is unknown, each policy of AWS's not in the export: {lines}");
}

#[test]
fn an_organization_of_many_accounts_is_read_in_one_go() {
    const MANY: usize = 20_000;
    let id = |number: usize| format!("{:012}", 100_000_000_000_u64 + number as u64);
    let arn = |id: &str| format!("arn:aws:organizations::777788889999:account/o-example1234/{id}");
    let accounts: Vec<Value> =
        (0..MANY).map(|number| json!({"Id": id(number), "Arn": arn(&id(number)), "ParentId": "r-ab12"})).collect();
    let policies: Vec<Value> = (0..MANY)
        .map(|number| json!({"id": format!("p-{number:08}"), "name": "one", "type": "SERVICE_CONTROL_POLICY", "targets": [id(number)]}))
        .collect();
    let root = json!({"Id": "r-ab12", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]});
    let file = json!({"accounts": accounts, "roots": [root], "policies": policies});
    let inventory = load("organization.json", file.to_string());
    assert_eq!(inventory.organizations["o-example1234"].unknown_targets.len(), MANY + 1);
}

#[test]
fn a_statement_of_many_members_is_read_in_one_go() {
    const MANY: usize = 300_000;
    let keys: Vec<String> = (0..MANY).map(|number| format!("\"aws:RequestTag/{number}\": \"x\"")).collect();
    let same = vec!["\"Sid\": \"x\""; MANY].join(",");
    let document = format!(
        r#"{{"Statement": [{{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {{"Bool": {{{}}}}}}}, {{{same}}}]}}"#,
        keys.join(",")
    );
    let parsed = quickly(|| parse(&document, PolicyKind::Identity));
    assert_eq!(parsed.document.statements[0].conditions.len(), MANY);
    let text = serde_json::to_string(&document).expect("a text is JSON");
    load(
        "iam.json",
        format!(
            r#"{{"UserDetailList": [{{"Arn": "arn:aws:iam::111122223333:user/a", "UserPolicyList": [{{"PolicyDocument": {text}}}]}}]}}"#
        ),
    );
}

/// Every value of a list is a class of its own; what a thousand of them leave open is still decided.
#[test]
fn a_condition_of_many_values_is_weighed_in_one_go() {
    let values: Vec<String> = (0..1000).map(|number| format!("value-{number}")).collect();
    let statement = |effect: &str, operator: &str| json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": {operator: {"aws:RequestTag/team": values}}});
    let scenario = |statements: Value| {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        json!({
            "principal": "arn:aws:iam::111122223333:user/alice",
            "action": "ecr-public:CreateRepository",
            "resource": "arn:aws:ecr-public::111122223333:repository/web",
            "context_mode": "open",
            "identity_policies": [document],
        })
    };
    let decision = |scenario: &Value| quickly(|| library(&scenario.to_string()));
    let some = scenario(json!([statement("Allow", "StringEquals")]));
    assert_eq!(decision(&some), "conditional");
    let all = scenario(json!([statement("Allow", "StringEquals"), statement("Allow", "StringNotEquals")]));
    assert_eq!(decision(&all), "allowed");
    // Patterns that overlap in every way are beyond that; then nobody guesses.
    decision(&scenario(json!([statement("Allow", "StringLike"), statement("Deny", "StringNotLike")])));
}

#[test]
fn messages_stay_short() {
    let long = "é".repeat(1 << 20);
    let document = json!({"Version": "2012-10-17", &long: 1, "Statement": [
        {"Effect": long, "Action": long, "Resource": format!("arn:aws:ecr::{long}:x"), "Condition": {&long: {}}},
        {"Effect": "Allow", "Principal": {"AWS": [long, format!("arn:aws:iam::{long}:root")], &long: "x"}, "Action": "*"},
    ]});
    for kind in [PolicyKind::Identity, PolicyKind::Repository] {
        let parsed = quickly(|| parse(&document.to_string(), kind));
        assert!(parsed.problems.len() >= 4);
        for problem in parsed.problems {
            let (message, hint) = (problem.error.to_string(), problem.error.hint().unwrap_or_default());
            assert!(message.len() < 2000 && hint.len() < 2000, "{message} {hint}");
        }
    }
    let inventory = load("iam.json", json!({"UserDetailList": [{"Arn": long}]}).to_string());
    assert!(errors(&inventory).iter().all(|line| line.len() < 2000), "an ARN that is none");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever befalls the bytes of an export on their way, reading it ends, with places inside the files.
    #[test]
    fn damaged_exports_are_read_without_a_panic(
        case in 0..cases().len(), cut in 0.0..1.0_f64, at in 0.0..1.0_f64, byte in any::<u8>(), doubled in any::<bool>(),
    ) {
        let part = |length: usize, share: f64| {
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "files are short")]
            let part = (length as f64 * share) as usize;
            part
        };
        let damaged = files(&cases()[case]).into_iter().map(|(name, mut bytes)| {
            let whole = bytes.clone();
            bytes.truncate(part(bytes.len(), cut * 2.0).min(bytes.len()));
            let place = part(bytes.len(), at);
            if let Some(target) = bytes.get_mut(place) {
                *target = byte;
            }
            if doubled {
                bytes.extend(whole);
            }
            (name, bytes)
        });
        let inventory = Inventory::from_files(damaged);
        for diagnostic in &inventory.diagnostics {
            prop_assert!(!diagnostic_line(diagnostic, &inventory.sources).is_empty());
            if let Some((file, span)) = diagnostic.place {
                prop_assert!(span.start <= span.end);
                prop_assert!(span.end as usize <= inventory.sources.get(file).text().len());
            }
        }
        for policy in inventory.policies.values() {
            for statement in &inventory.documents[policy.document].statements {
                let span = inventory.sources.locate(policy.place, statement.span);
                let (file, span) = inventory.sources.origin(policy.place.file, span);
                prop_assert!(!span.of(inventory.sources.get(file).text()).is_empty());
            }
        }
    }
}
