//! Random documents: statements from pools so small that they meet.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::world::REGION;
use crate::statements::{self, Condition, Elements, STRINGS, chance, conditions, element, family, sometimes, texts};

/// Where a document hangs, as far as it depends on that what it may say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Principal,
    Boundary,
    Repository,
    Registry,
    FirstScope,
    Trust,
    ServiceControl,
    ResourceControl,
}

/// Any document for this place.
pub(crate) fn document(place: Place) -> BoxedStrategy<Value> {
    statements::document((place != Place::ResourceControl).then_some(12), statement(place))
}

fn statement(place: Place) -> BoxedStrategy<Value> {
    use Place as P;
    let effect = match place {
        P::ResourceControl => Just("Deny").boxed(),
        P::ServiceControl => prop_oneof![2 => Just("Allow"), 3 => Just("Deny")].boxed(),
        _ => prop_oneof![4 => Just("Allow"), 1 => Just("Deny")].boxed(),
    };
    let negated = if matches!(place, P::ResourceControl | P::Trust | P::FirstScope) { 0.0 } else { 0.12 };
    let actions = element("Action", list(actions(place)), negated);
    let resources = match place {
        P::Trust => Just(None).boxed(),
        P::Repository => sometimes(0.2, element("Resource", list(resources(place)), 0.2)).boxed(),
        _ => element("Resource", list(resources(place)), 0.12).prop_map(Some).boxed(),
    };
    let principals = match place {
        P::Principal | P::Boundary | P::ServiceControl => Just(None).boxed(),
        P::ResourceControl => Just(Some(json!("*"))).boxed(),
        P::Trust => principals(true).prop_map(Some).boxed(),
        _ => principals(false).prop_map(Some).boxed(),
    };
    let excepts = matches!(place, P::Repository | P::Registry | P::FirstScope);
    let guarded = if place == P::ResourceControl { 0.8 } else { 0.35 };
    let conditions = sometimes(guarded, conditions(condition()));
    statements::statement(Elements { effect, actions, resources, principals, excepts, conditions })
}

fn list(values: BoxedStrategy<String>) -> BoxedStrategy<Value> {
    prop::collection::vec(values, 1..4)
        .prop_map(|values| if values.len() == 1 { json!(values[0]) } else { json!(values) })
        .boxed()
}

fn pick(pool: Vec<&'static str>) -> BoxedStrategy<String> {
    select(pool).prop_map(str::to_owned).boxed()
}

fn actions(place: Place) -> BoxedStrategy<String> {
    let pool = match place {
        Place::Trust => vec![
            "sts:AssumeRole",
            "sts:AssumeRole",
            "sts:AssumeRole",
            "sts:assume*",
            "sts:*",
            "sts:TagSession",
            "sts:AssumeRoleWithWebIdentity",
        ],
        Place::FirstScope => {
            vec!["ecr:ReplicateImage", "ecr:BatchImportUpstreamImage", "ecr:CreateRepository", "ecr:*"]
        }
        Place::ResourceControl => {
            vec!["ecr-public:*", "ecr:*", "sts:AssumeRole", "ecr-public:Put*", "ecr:BatchGetImage", "sts:*"]
        }
        _ => vec![
            "*",
            "*",
            "ecr-public:*",
            "ecr:*",
            "ecr-public:PutImage",
            "ecr-public:Put?mage",
            "ECR:*image",
            "ecr-public:*Auth*",
            "sts:GetServiceBearerToken",
            "ecr:GetAuthorizationToken",
            "ecr*:TagResource",
            "*:*Repositor*",
            "sts:AssumeRole",
            "sts:*",
            "iam:*",
            "iam:Put*Policy",
            "iam:CreateAccessKey",
            "s3:*",
        ],
    };
    pick(pool)
}

fn resources(place: Place) -> BoxedStrategy<String> {
    let account = select(vec!["111122223333", "444455556666", "777788889999", "*", "1111*"]);
    let repository = select(vec![
        "web",
        "team/app",
        "*",
        "team/*",
        "w?b",
        "${aws:username}",
        "${aws:PrincipalTag/team}",
        "team/${aws:PrincipalTag/team, 'app'}",
        "${aws:PrincipalAccount}",
    ]);
    let public = (account.clone(), repository.clone())
        .prop_map(|(account, name)| format!("arn:aws:ecr-public::{account}:repository/{name}"));
    let private = (account.clone(), repository)
        .prop_map(|(account, name)| format!("arn:aws:ecr:{REGION}:{account}:repository/{name}"));
    let entity = select(vec![
        "role/ci",
        "role/team/ci",
        "role/*",
        "role/deploy",
        "role/c?",
        "user/alice",
        "user/team/*",
        "user/${aws:username}",
    ]);
    let role = (account, entity).prop_map(|(account, name)| format!("arn:aws:iam::{account}:{name}"));
    let mut odd = vec![
        "arn:aws:ecr-public:us-east-1:111122223333:repository/web",
        "arn:aws:ecr*:*:*:repository/*",
        "arn:aws:ecr-public::111122223333:registry/*",
    ];
    // M18: a control policy takes no short ARN.
    if !matches!(place, Place::ServiceControl | Place::ResourceControl) {
        odd.extend(["arn:aws:ecr-public:*", "arn:aws:ecr", "arn:*"]);
    }
    let odd = pick(odd);
    prop_oneof![5 => Just("*".to_owned()), 3 => public, 3 => private, 3 => role, 1 => odd].boxed()
}

/// Who can be named: users and roles that exist, some that do not, sessions, accounts.
const NAMED: [&str; 24] = [
    "arn:aws:iam::111122223333:user/alice",
    "arn:aws:iam::111122223333:user/bob",
    "arn:aws:iam::444455556666:user/alice",
    "arn:aws:iam::111122223333:role/ci",
    "arn:aws:iam::111122223333:role/team/ci",
    "arn:aws:iam::444455556666:role/ci",
    "arn:aws:iam::444455556666:role/deploy",
    "arn:aws:iam::777788889999:role/deploy",
    "arn:aws:iam::777788889999:user/bob",
    "arn:aws:iam::999988887777:role/far",
    "arn:aws:iam::999988887777:user/eve",
    "arn:aws:sts::111122223333:assumed-role/ci/run1",
    "arn:aws:sts::111122223333:assumed-role/deploy/run1",
    "arn:aws:sts::444455556666:assumed-role/ci/run1",
    "arn:aws:sts::999988887777:assumed-role/far/run1",
    "arn:aws:sts::111122223333:federated-user/alice",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::444455556666:root",
    "arn:aws:iam::777788889999:root",
    "111122223333",
    "444455556666",
    "999988887777",
    "AIDAALICE1111",
    "AROACI4444",
];

fn principals(trust: bool) -> BoxedStrategy<Value> {
    let some = (prop::collection::vec(select(&NAMED[..]), 1..4), chance(if trust { 0.15 } else { 0.2 }), chance(0.2))
        .prop_map(move |(names, service, federated)| {
            let mut principals = json!({"AWS": names});
            if service {
                principals["Service"] = json!("codebuild.amazonaws.com");
            }
            if trust && federated {
                principals["Federated"] = json!("arn:aws:iam::111122223333:oidc-provider/idp.example.com");
            }
            principals
        });
    prop_oneof![
        1 => Just(json!("*")),
        1 => Just(json!({"Service": ["codebuild.amazonaws.com", "lambda.amazonaws.com"]})),
        6 => some,
    ]
    .boxed()
}

// --- conditions

fn condition() -> BoxedStrategy<Condition> {
    prop_oneof![12 => strings(), 8 => others(), 3 => lists(), 1 => presence()].boxed()
}

/// Keys that hold texts: tags, accounts and organizations, what is known of who asks, what a request brings.
fn strings() -> BoxedStrategy<Condition> {
    let strings =
        |keys: Vec<&'static str>, values: Vec<&'static str>| family(STRINGS.to_vec(), (select(keys), texts(values)));
    let tags = strings(
        vec![
            "aws:PrincipalTag/team",
            "AWS:principaltag/Team",
            "aws:ResourceTag/team",
            "aws:ResourceTag/team",
            "ecr-public:ResourceTag/team",
            "ecr:ResourceTag/team",
            "aws:RequestTag/team",
            "iam:ResourceTag/team",
        ],
        vec![
            "web",
            "app",
            "Web",
            "w*",
            "*",
            "${aws:PrincipalTag/team}",
            "${aws:PrincipalTag/team, 'web'}",
            "${aws:username}",
            "${aws:ResourceTag/team}",
        ],
    );
    let places = strings(
        vec![
            "aws:PrincipalOrgID",
            "aws:ResourceOrgID",
            "aws:PrincipalAccount",
            "aws:ResourceAccount",
            "aws:ResourceAccount",
            "aws:SourceAccount",
        ],
        vec![
            "o-alpha00001",
            "o-*",
            "111122223333",
            "444455556666",
            "999988887777",
            "${aws:PrincipalOrgID}",
            "${aws:PrincipalAccount}",
            "${aws:ResourceAccount}",
        ],
    );
    let askers = strings(
        vec![
            "aws:RequestedRegion",
            "aws:RequestedRegion",
            "aws:username",
            "aws:userid",
            "aws:PrincipalType",
            "aws:PrincipalServiceName",
            "sts:AWSServiceName",
            "sts:ExternalId",
        ],
        vec![
            "us-east-1",
            REGION,
            "alice",
            "AROACI1111:run1",
            "AIDAALICE1111",
            "AROACI*",
            "AssumedRole",
            "User",
            "codebuild.amazonaws.com",
            "ecr-public.amazonaws.com",
            "${aws:username}",
        ],
    );
    let requests = strings(
        vec!["aws:referer", "aws:referer", "aws:SourceVpce", "aws:UserAgent"],
        vec!["a", "b", "ab", "A", "a*", "?b", "*", "vpce-1", "${aws:username}", "${aws:PrincipalTag/team}"],
    );
    prop_oneof![5 => tags, 4 => places, 3 => askers, 3 => requests].boxed()
}

/// Keys of the other types.
fn others() -> BoxedStrategy<Condition> {
    let booleans = family(
        vec!["Bool"],
        (
            select(vec![
                "aws:MultiFactorAuthPresent",
                "aws:MultiFactorAuthPresent",
                "aws:SecureTransport",
                "aws:PrincipalIsAWSService",
                "aws:ViaAWSService",
            ]),
            texts(vec!["true", "false"]),
        ),
    );
    let numbers = family(
        vec!["NumericEquals", "NumericLessThan", "NumericGreaterThanEquals", "NumericNotEquals"],
        (select(vec!["aws:MultiFactorAuthAge"]), texts(vec!["5", "10", "10.0"])),
    );
    let dates = family(
        vec!["DateLessThan", "DateGreaterThanEquals", "DateEquals", "DateNotEquals"],
        (
            select(vec!["aws:CurrentTime"]),
            texts(vec!["2020-01-01T00:00:00Z", "2095-01-01T00:00:00Z", "2097-06-01T00:00:00Z"]),
        ),
    );
    let addresses = family(
        vec!["IpAddress", "NotIpAddress"],
        (
            select(vec!["aws:SourceIp"]),
            texts(vec!["203.0.113.0/24", "203.0.113.128/25", "0.0.0.0/0", "2001:db8::/32", "::/0"]),
        ),
    );
    let arns = family(
        vec!["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        (
            select(vec!["aws:PrincipalArn"]),
            texts(vec![
                "arn:aws:iam::111122223333:user/alice",
                "arn:aws:iam::*:role/c?",
                "arn:aws:iam::*:role/*",
                "arn:aws:iam::${aws:ResourceAccount}:*",
                "arn:aws:iam::*:role/team/*",
                "arn:aws:iam::444455556666:user/${aws:username}",
            ]),
        ),
    );
    prop_oneof![2 => booleans, 1 => numbers, 1 => dates, 2 => addresses, 3 => arns].boxed()
}

/// Keys that hold lists.
fn lists() -> BoxedStrategy<Condition> {
    let paths = (
        select(vec!["aws:PrincipalOrgPaths", "aws:ResourceOrgPaths"]),
        texts(vec!["o-alpha00001/*", "o-alpha00001/r-root/", "o-alpha00001/r-root/ou-root-aaaaaaaa/*", "o-x/*"]),
    );
    let tags = (Just("aws:TagKeys"), texts(vec!["team", "stage", "t*"]));
    let services = (
        select(vec!["aws:CalledVia", "aws:PrincipalServiceNamesList"]),
        texts(vec!["cloudformation.amazonaws.com", "codebuild.amazonaws.com", "*"]),
    );
    statements::lists(prop_oneof![4 => paths, 2 => tags, 1 => services])
}

fn presence() -> BoxedStrategy<Condition> {
    let keys = vec![
        "aws:referer",
        "aws:PrincipalOrgID",
        "aws:ResourceOrgPaths",
        "aws:SourceIp",
        "aws:TagKeys",
        "aws:username",
        "aws:MultiFactorAuthPresent",
        "aws:PrincipalTag/team",
        "aws:ResourceTag/team",
        "aws:TokenIssueTime",
    ];
    statements::presence(keys)
}
