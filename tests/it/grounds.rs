//! What decides that a statement counts, or does not: conditions with the facts behind them, and groups.
//!
//! Expected facts are those of `samples/organization`, or of the input that stands here.

use grantlog::condition::add_given;
use grantlog::query::{Evidence, Holds, Proof, Question, Scope, Step};
use grantlog::repl::{Desk, Session, Settings};
use grantlog::{Inventory, Options, derive, prove};
use serde_json::{Value, json};

/// All statements of a proof with the steps that they stand in.
fn evidence(proof: &Proof) -> Vec<(Holds, &Evidence)> {
    fn of_steps<'p>(steps: &'p [Step], found: &mut Vec<(Holds, &'p Evidence)>) {
        for step in steps {
            found.extend(step.statements.iter().map(|one| (step.holds, one)));
            of_steps(&step.because, found);
        }
    }
    let mut found = Vec::new();
    of_steps(&proof.steps, &mut found);
    found.extend(proof.parts.iter().flat_map(evidence));
    found
}

/// The grounds of a statement by its `Sid`, as lines: whether it holds, the claim, and what it rests on.
fn grounds(proofs: &[Proof], sid: &str) -> Vec<String> {
    let all = proofs.iter().flat_map(evidence);
    let of_it = all.filter(|(_, one)| one.statement.sid.as_deref() == Some(sid));
    let lines = of_it.flat_map(|(_, one)| &one.grounds).map(|ground| {
        let facts = ground.facts.iter().map(|fact| format!("{} {}, {}", fact.key, fact.value, fact.source));
        let facts: Vec<String> = facts.collect();
        format!("{} {}: {}", if ground.holds { "yes" } else { "no" }, ground.claim, facts.join("; "))
    });
    let mut lines: Vec<String> = lines.collect();
    lines.dedup();
    lines
}

fn of_sample(question: &str, context: &[(&str, &str)], all: bool) -> Vec<Proof> {
    let mut settings = Settings { scope: Scope { all, ..Scope::default() }, ..Settings::default() };
    for (key, value) in context {
        add_given(&mut settings.context, key, Some((*value).to_owned())).expect("a request can have it");
    }
    let sample = Inventory::sample();
    let question: Question = question.parse().expect("it is a question");
    Desk::new(&sample, settings).proofs(&question).expect("it has an answer").expect("proofs answer it")
}

#[test]
fn tags_of_both_sides_and_the_group_are_named() {
    let proofs = of_sample("why can user/ines push on storefront/web", &[], false);
    let wanted = [
        "yes aws:ResourceTag/team is storefront: aws:ResourceTag/team is storefront, tag of \
         repository/storefront/web; aws:PrincipalTag/team is storefront, tag of user/ines",
        "yes member of group storefront-developers: ",
    ];
    assert_eq!(grounds(&proofs, "UploadOwnTeam"), wanted);
    // A statement without conditions counts by the group alone.
    assert_eq!(grounds(&proofs, "Login"), wanted[1..]);
}

#[test]
fn organizations_on_the_way_through_roles_are_named() {
    let wanted =
        ["yes aws:PrincipalOrgID is o-harbourlight1: aws:PrincipalOrgID is o-harbourlight1, organization of account \
         222233334444"];
    for question in [
        "why can user/developers/mira push on storefront/web",
        "how can user/developers/mira become role/release/publisher",
    ] {
        assert_eq!(grounds(&of_sample(question, &[], false), "ReleasePipeline"), wanted, "{question}");
    }
}

#[test]
fn what_is_given_as_context_decides_both_ways() {
    let claim = "aws:SourceIp is in 203.0.113.0/24 or 2001:db8:4a::/48: aws:SourceIp is";
    let question = "why can user/oskar push on storefront/web";
    let inside = of_sample(question, &[("aws:SourceIp", "203.0.113.7")], false);
    assert_eq!(grounds(&inside, "UploadFromOffice"), [format!("yes {claim} 203.0.113.7, given as context")]);
    let outside = of_sample(question, &[("aws:SourceIp", "198.51.100.7")], false);
    assert_eq!(grounds(&outside, "UploadFromOffice"), [format!("no {claim} 198.51.100.7, given as context")]);
    let all: Vec<_> = outside.iter().flat_map(evidence).collect();
    let blocked: Vec<Holds> = all
        .iter()
        .filter(|(_, one)| one.statement.sid.as_deref() == Some("UploadFromOffice"))
        .map(|(holds, _)| *holds)
        .collect();
    assert_eq!(blocked, [Holds::No], "the step that it keeps from holding tells it");
    // Nothing is decided, and nothing told, where the request is open.
    assert_eq!(grounds(&of_sample(question, &[], false), "UploadFromOffice"), Vec::<String>::new());
}

const ACCOUNT: &str = "111122223333";

/// A user with the tag `team=web` and this policy, and a repository `web`.
fn small(statements: &[Value]) -> Inventory {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/ann");
    let ann = json!({"Path": "/", "UserName": "ann", "UserId": "AIDAEXAMPLEANN", "Arn": arn,
        "Tags": [{"Key": "team", "Value": "web"}],
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": document}]});
    let iam = json!({"UserDetailList": [ann], "GroupDetailList": [], "RoleDetailList": [], "Policies": []});
    let web = format!("arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/web");
    let repositories = json!({"repositories": [{"repositoryArn": web, "registryId": ACCOUNT, "repositoryName": "web"}],
        "policies": {}, "tags": {&web: []}});
    Inventory::from_files([
        (format!("{ACCOUNT}/iam.json"), iam.to_string().into_bytes()),
        (format!("{ACCOUNT}/ecr/eu-central-1/repositories.json"), repositories.to_string().into_bytes()),
    ])
}

fn put(inventory: &Inventory, all: bool) -> Vec<Proof> {
    let relations = derive(inventory, Options::default());
    let scope = Scope { all, ..Scope::default() };
    prove(&relations, "user/ann", "ecr:PutImage", "web", scope).expect("both are there")
}

/// O22: a condition on a tag that the repository does not have; of what blocks, the short proof tells nothing else.
#[test]
fn a_condition_that_cannot_hold_is_what_blocks() {
    let allow = json!({"Sid": "OwnTeam", "Effect": "Allow", "Action": "ecr:*", "Resource": "*", "Condition":
        {"StringEquals": {"aws:ResourceTag/team": "web", "aws:PrincipalTag/team": "web"}}});
    let other = json!({"Sid": "Read", "Effect": "Allow", "Action": "ecr:BatchGetImage", "Resource": "*"});
    let inventory = small(&[allow, other]);
    let short = put(&inventory, false);
    let no = "no aws:ResourceTag/team is web: aws:ResourceTag/team is absent, no tag of repository/web";
    assert_eq!(grounds(&short, "OwnTeam"), [no]);
    // Of another action nothing is told.
    assert_eq!(grounds(&short, "Read"), Vec::<String>::new());
    assert!(!short.iter().flat_map(evidence).any(|(_, one)| one.statement.sid.as_deref() == Some("Read")));
    let complete = grounds(&put(&inventory, true), "OwnTeam");
    let yes = "yes aws:PrincipalTag/team is web: aws:PrincipalTag/team is web, tag of user/ann";
    assert_eq!(complete.len(), 2, "{complete:?}");
    assert!(complete.contains(&no.to_owned()) && complete.contains(&yes.to_owned()), "{complete:?}");
}

/// E2: a Deny applies by a condition that holds; one that cannot is told in the complete proof alone.
#[test]
fn conditions_of_a_deny_are_told() {
    let allow = json!({"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"});
    let deny = |team: &str| {
        json!({"Sid": "Freeze", "Effect": "Deny", "Action": "ecr:PutImage", "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": team}}})
    };
    let applies = put(&small(&[allow.clone(), deny("web")]), false);
    let known = "aws:PrincipalTag/team is web, tag of user/ann";
    assert_eq!(grounds(&applies, "Freeze"), [format!("yes aws:PrincipalTag/team is web: {known}")]);
    let spared = small(&[allow, deny("app")]);
    assert_eq!(grounds(&put(&spared, false), "Freeze"), Vec::<String>::new());
    assert_eq!(grounds(&put(&spared, true), "Freeze"), [format!("no aws:PrincipalTag/team is app: {known}")]);
}

#[test]
fn every_form_of_a_proof_tells_them() {
    let sample = Inventory::sample();
    let told = |lines: &[&str]| {
        let mut desk = Desk::new(&sample, Settings::default());
        let (mut session, mut out) = (Session::default(), Vec::new());
        for line in lines {
            session.line(&mut desk, line, &mut out).unwrap_or_else(|error| panic!("{line}: {}", error.told()));
        }
        String::from_utf8(out).expect("answers are text")
    };
    let question = "why can user/ines push on storefront/web";
    let text = told(&[question]);
    for wanted in [
        "yes aws:ResourceTag/team is storefront: tag of repository/storefront/web; aws:PrincipalTag/team is \
         storefront, tag of user/ines",
        "yes member of group storefront-developers",
    ] {
        assert!(text.contains(wanted), "{text}");
    }
    let json: Value = serde_json::from_str(&told(&[".mode json", question])).expect("it is JSON");
    let statement = &json[0]["parts"][0]["steps"][0]["statements"][0];
    assert_eq!(
        statement["grounds"][0],
        json!({"claim": "aws:ResourceTag/team is storefront", "holds": true, "doubt": null, "facts": [
            {"key": "aws:ResourceTag/team", "value": "is storefront", "source": "tag of repository/storefront/web"},
            {"key": "aws:PrincipalTag/team", "value": "is storefront", "source": "tag of user/ines"}]})
    );
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("proof.dot");
    told(&[&format!(".graph {} {question}", file.display())]);
    let dot = std::fs::read_to_string(file).expect("the proof is drawn");
    assert!(dot.starts_with("digraph proof {") && dot.contains("yes: member of group storefront-developers"), "{dot}");
}
