//! Random small worlds: scenarios in which everything may happen, and rarely nothing does.
//!
//! A handful of principals, actions, resources, keys and values, chosen so that
//! patterns hit as often as they miss. A world holds the documents and several
//! contexts that agree with what AWS says about its keys (an address or an
//! endpoint, never both); so one world is a closed question, an open one, and
//! the closed questions that the open one stands for.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use crate::statements::{
    self, Condition, Elements, Group, STRINGS, chance, completion, conditions, element, family, given, lists, presence,
    sometimes, texts,
};

const OWN: &str = "111122223333";
const WEB: &str = "arn:aws:ecr-public::111122223333:repository/web";
const ROLE: &str = "arn:aws:iam::111122223333:role/ci";

const PRINCIPALS: [&str; 12] = [
    "arn:aws:iam::111122223333:user/alice",
    "arn:aws:iam::111122223333:user/carol",
    "arn:aws:sts::111122223333:assumed-role/ci/run1",
    "arn:aws:sts::111122223333:assumed-role/ci/run2",
    "arn:aws:iam::111122223333:role/ci",
    "arn:aws:sts::111122223333:federated-user/alice",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::444455556666:user/bob",
    "arn:aws:sts::444455556666:assumed-role/far/s",
    "arn:aws:iam::444455556666:root",
    "codebuild.amazonaws.com",
    "anonymous",
];

const REQUESTS: [(&str, &str); 8] = [
    ("ecr-public:PutImage", WEB),
    ("ecr-public:PutImage", "arn:aws:ecr-public::111122223333:repository/team/alice"),
    ("ecr-public:TagResource", WEB),
    ("ecr:PutImage", "arn:aws:ecr:eu-central-1:111122223333:repository/web"),
    ("ecr:BatchGetImage", "arn:aws:ecr:eu-central-1:111122223333:repository/web"),
    ("ecr-public:GetAuthorizationToken", "*"),
    ("sts:GetServiceBearerToken", "*"),
    ("sts:AssumeRole", ROLE),
];

/// A scenario with several contexts that a request might bring.
#[derive(Clone, Debug)]
pub(crate) struct World {
    documents: Value,
    contexts: Vec<Vec<Group>>,
    known: Vec<bool>,
}

impl World {
    /// The question with the first context, complete.
    pub(crate) fn closed(&self) -> Value {
        self.with(&self.contexts[0], "closed")
    }

    /// The question with a part of the first context; everything else is unknown.
    pub(crate) fn open(&self) -> Value {
        self.with(&given(&self.contexts[0], &self.known), "open")
    }

    /// Questions of which each gives more of the first context than the one before; the last one is complete.
    pub(crate) fn narrower(&self) -> Vec<Value> {
        let mut questions: Vec<Value> =
            (0..=self.contexts[0].len()).map(|known| self.with(&self.contexts[0][..known], "open")).collect();
        questions.push(self.closed());
        questions
    }

    /// Complete questions that the open one stands for.
    pub(crate) fn completions(&self) -> Vec<Value> {
        let complete = |other: &Vec<Group>| self.with(&completion(&self.contexts[0], &self.known, other), "closed");
        self.contexts.iter().map(complete).collect()
    }

    fn with(&self, groups: &[Group], mode: &str) -> Value {
        let context: Map<String, Value> =
            groups.iter().flatten().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let mut scenario = self.documents.clone();
        scenario["context"] = Value::Object(context);
        scenario["context_mode"] = json!(mode);
        scenario
    }
}

/// Any world.
pub(crate) fn world() -> impl Strategy<Value = World> {
    (select(&PRINCIPALS[..]), select(&REQUESTS[..])).prop_flat_map(|(principal, (action, resource))| {
        let contexts = prop::collection::vec(context(principal, action, resource), 6);
        let known = prop::collection::vec(chance(0.3), 9);
        (documents(principal, action, resource), contexts, known).prop_map(|(documents, contexts, known)| World {
            documents,
            contexts,
            known,
        })
    })
}

// --- documents

/// What a statement may say, by where it hangs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Principal,
    Repository,
    Registry,
    Trust,
    Endpoint,
    ResourceControl,
}

fn documents(principal: &'static str, action: &'static str, resource: &'static str) -> BoxedStrategy<Value> {
    let is_trust = resource == ROLE;
    let has_session = principal.starts_with("arn:aws:sts:");
    let statements = |place| document(place, action, resource);
    let own = prop::collection::vec(statements(Place::Principal), 0..3);
    let boundary = sometimes(0.25, statements(Place::Principal));
    let session = sometimes(if has_session { 0.4 } else { 0.0 }, statements(Place::Principal));
    let place = if is_trust { Place::Trust } else { Place::Repository };
    let on_resource = sometimes(if resource == "*" { 0.0 } else { 0.8 }, statements(place));
    let is_private = action.starts_with("ecr:");
    let registry = sometimes(if is_private { 0.2 } else { 0.0 }, statements(Place::Registry));
    let endpoint = sometimes(0.15, statements(Place::Endpoint));
    let levels = |place, full: Value| {
        let custom = sometimes(0.4, statements(place));
        let level = (chance(0.9), custom).prop_map(move |(full_access, custom)| {
            full_access.then(|| full.clone()).into_iter().chain(custom).collect()
        });
        sometimes(0.3, prop::collection::vec(level, 1..3))
    };
    let full = |named: bool| {
        let mut statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        if named {
            statement["Principal"] = json!("*");
        }
        json!({"Version": "2012-10-17", "Statement": [statement]})
    };
    let scps = levels(Place::Principal, full(false));
    let rcps = levels(Place::ResourceControl, full(true));
    let management = (chance(0.05), chance(0.05));
    (own, boundary, session, on_resource, registry, endpoint, scps, rcps, management)
        .prop_map(move |(own, boundary, session, on_resource, registry, endpoint, scps, rcps, management)| {
            let scps: Option<Vec<Vec<Value>>> = scps;
            let rcps: Option<Vec<Vec<Value>>> = rcps;
            let mut scenario = json!({
                "name": "a random world", "principal": principal, "action": action, "resource": resource,
                "identity_policies": own,
            });
            let mut set = |field: &str, value: Option<Value>| {
                if let Some(value) = value {
                    scenario[field] = value;
                }
            };
            set("permissions_boundaries", boundary.map(|document| json!([document])));
            set("session_policy", session);
            set("resource_policy", on_resource);
            set("registry_policy", registry);
            set("endpoint_policies", endpoint.map(|document| json!([document])));
            set("service_control_policies", scps.map(|levels| json!(levels)));
            set("resource_control_policies", rcps.map(|levels| json!(levels)));
            set("management_account", management.0.then_some(Value::Bool(true)));
            set("resource_management_account", management.1.then_some(Value::Bool(true)));
            set("calling_user", principal.contains(":federated-user/").then(|| json!(PRINCIPALS[0])));
            scenario
        })
        .boxed()
}

fn document(place: Place, action: &'static str, resource: &'static str) -> BoxedStrategy<Value> {
    let usual = (place != Place::ResourceControl).then_some(8);
    statements::document(usual, statement(place, action, resource))
}

fn statement(place: Place, action: &'static str, resource: &'static str) -> BoxedStrategy<Value> {
    let effect = match place {
        Place::ResourceControl => Just("Deny").boxed(),
        _ => prop_oneof![3 => Just("Allow"), 1 => Just("Deny")].boxed(),
    };
    let never_negated = matches!(place, Place::ResourceControl | Place::Trust);
    let actions = element("Action", list(actions(place, action)), if never_negated { 0.0 } else { 0.15 });
    let resources = match place {
        Place::Trust => Just(None).boxed(),
        Place::Repository => sometimes(0.3, element("Resource", list(resources(resource)), 0.2)).boxed(),
        _ => element("Resource", list(resources(resource)), 0.15).prop_map(Some).boxed(),
    };
    let excepts = matches!(place, Place::Repository | Place::Registry | Place::Endpoint);
    let conditions = sometimes(0.45, conditions(condition()));
    let principals = match place {
        Place::Principal => Just(None).boxed(),
        Place::ResourceControl => Just(Some(json!("*"))).boxed(),
        _ => principals().prop_map(Some).boxed(),
    };
    statements::statement(Elements { effect, actions, resources, principals, excepts, conditions })
}

fn list(values: BoxedStrategy<&'static str>) -> BoxedStrategy<Value> {
    prop::collection::vec(values, 1..3).prop_map(|values| json!(values)).boxed()
}

fn actions(place: Place, action: &'static str) -> BoxedStrategy<&'static str> {
    if place == Place::Trust {
        return select(vec!["sts:AssumeRole", "sts:*", "sts:TagSession", "sts:assume*"]).boxed();
    }
    let mut pool = vec![action, action, "ecr-public:*", "ecr-public:Put?mage", "ECR:*image", "sts:*", "s3:*"];
    if place != Place::ResourceControl {
        pool.extend(["*", "*"]);
    }
    select(pool).boxed()
}

fn resources(resource: &'static str) -> BoxedStrategy<&'static str> {
    select(vec![
        "*",
        "*",
        resource,
        WEB,
        "arn:aws:ecr-public::111122223333:repository/*",
        "arn:aws:ecr-public:*:111122223333:repository/w?b",
        "arn:aws:ecr-public:us-east-1:111122223333:repository/web",
        "arn:aws:ecr-public::111122223333:repository/team/${aws:username}",
        "arn:aws:ecr-public::111122223333:repository/${aws:PrincipalTag/team, 'web'}",
        "arn:aws:ecr:*:*:repository/*",
        "arn:aws:iam::111122223333:role/*",
        "arn:aws:iam::111122223333:role/CI",
    ])
    .boxed()
}

fn principals() -> BoxedStrategy<Value> {
    let named = vec![
        "arn:aws:iam::111122223333:user/alice",
        "arn:aws:sts::111122223333:assumed-role/ci/run1",
        "arn:aws:iam::111122223333:role/ci",
        "arn:aws:sts::111122223333:federated-user/alice",
        "arn:aws:iam::111122223333:root",
        OWN,
        "arn:aws:iam::444455556666:user/bob",
        "arn:aws:iam::444455556666:role/far",
        "444455556666",
    ];
    let some = (prop::collection::vec(select(named), 1..4), chance(0.2)).prop_map(|(names, service)| {
        if service { json!({"AWS": names, "Service": "codebuild.amazonaws.com"}) } else { json!({"AWS": names}) }
    });
    prop_oneof![
        1 => Just(json!("*")),
        1 => Just(json!({"Service": ["codebuild.amazonaws.com", "lambda.amazonaws.com"]})),
        4 => some,
    ]
    .boxed()
}

// --- conditions

fn condition() -> BoxedStrategy<Condition> {
    let strings = (
        select(vec![
            "aws:referer",
            "aws:referer",
            "AWS:PrincipalTag/Team",
            "aws:PrincipalTag/team",
            "aws:username",
            "aws:PrincipalOrgID",
            "aws:SourceVpce",
            "aws:PrincipalAccount",
            "aws:PrincipalType",
            "aws:ResourceTag/env",
        ]),
        texts(vec![
            "a",
            "b",
            "A",
            "ab",
            "a*",
            "?b",
            "*",
            "alice",
            "o-abc",
            "vpce-1",
            OWN,
            "AssumedRole",
            "${aws:username}",
            "${aws:PrincipalTag/team}",
            "${aws:PrincipalTag/team, 'a'}",
            "${*}",
        ]),
    );
    let numbers = (select(vec!["aws:MultiFactorAuthAge", "aws:referer"]), texts(vec!["5", "10", "10.0", "-3", "x"]));
    let number_operators = vec![
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
    ];
    let dates = (
        select(vec!["aws:CurrentTime", "aws:EpochTime"]),
        texts(vec!["2020-01-01T00:00:00Z", "2090-01", "2095-01-01T02:00:00+02:00", "3944678400", "yesterday"]),
    );
    let seconds = (Just("aws:EpochTime"), texts(vec!["2090", "3786912000", "3944678399.5", "3944678400.0", "2090-01"]));
    let bytes = (Just("aws:referer"), texts(vec!["YQ==", "true", "dHJ1ZQ==", "a"]));
    let date_operators = vec![
        "DateEquals",
        "DateNotEquals",
        "DateLessThan",
        "DateLessThanEquals",
        "DateGreaterThan",
        "DateGreaterThanEquals",
    ];
    let booleans = (
        select(vec![
            "aws:MultiFactorAuthPresent",
            "aws:MultiFactorAuthPresent",
            "aws:SecureTransport",
            "aws:PrincipalIsAWSService",
            "aws:ViaAWSService",
            "aws:referer",
        ]),
        texts(vec!["true", "false", "TRUE"]),
    );
    let addresses = (
        select(vec!["aws:SourceIp", "aws:referer"]),
        texts(vec!["203.0.113.0/24", "203.0.113.7", "0.0.0.0/0", "2001:db8::/32", "203.0.113.128/25", "::/0"]),
    );
    let arns = (
        select(vec!["aws:PrincipalArn", "aws:referer"]),
        texts(vec![
            "arn:aws:iam::111122223333:user/alice",
            "arn:aws:iam::*:role/c?",
            "arn:aws:iam::${aws:ResourceAccount}:*",
            "arn:aws:sts::*:assumed-role/*",
            "arn:aws:iam::444455556666:user/${aws:username}",
        ]),
    );
    let tags = (Just("aws:TagKeys"), texts(vec!["a", "b", "A", "a*"]));
    let paths = (Just("aws:PrincipalOrgPaths"), texts(vec!["o-abc/*", "o-abc/r-root/", "o-x/*"]));
    let services = (Just("aws:CalledVia"), texts(vec!["cloudformation.amazonaws.com", "*"]));
    let present = vec![
        "aws:referer",
        "aws:PrincipalOrgID",
        "aws:SourceIp",
        "aws:SourceVpce",
        "aws:TagKeys",
        "aws:username",
        "aws:MultiFactorAuthPresent",
    ];
    let arn_operators = vec!["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"];
    prop_oneof![
        6 => family(STRINGS.to_vec(), strings),
        1 => family(number_operators.clone(), numbers),
        1 => family(number_operators, seconds),
        1 => family(vec!["BinaryEquals"], bytes),
        1 => family(date_operators, dates),
        2 => family(vec!["Bool"], booleans),
        2 => family(vec!["IpAddress", "NotIpAddress"], addresses),
        2 => family(arn_operators, arns),
        2 => lists(prop_oneof![tags, paths, services]),
        1 => presence(present),
    ]
    .boxed()
}

// --- contexts

/// The keys that a request of this principal may bring, by groups that depend on each other (U47).
fn context(principal: &'static str, action: &'static str, resource: &'static str) -> BoxedStrategy<Vec<Group>> {
    let is_person = principal.starts_with("arn:");
    let is_tagged = is_person && !principal.ends_with(":root");
    let has_mfa = is_person && !principal.contains("federated-user");
    let one = |key: &'static str, values: Vec<&'static str>, present: bool| -> BoxedStrategy<Group> {
        let value = sometimes(if present { 0.7 } else { 0.0 }, select(values));
        value.prop_map(move |value| value.into_iter().map(|value| (key, json!(value))).collect()).boxed()
    };
    let address = select(vec!["203.0.113.7", "203.0.113.200", "198.51.100.1", "2001:db8::1", "2001:db9::1"])
        .prop_map(|address| vec![("aws:SourceIp", json!(address))]);
    let endpoint = select(vec!["vpce-1", "vpce-2"])
        .prop_map(|endpoint| vec![("aws:SourceVpce", json!(endpoint)), ("aws:SourceVpc", json!("vpc-1"))]);
    let network: BoxedStrategy<Group> = prop_oneof![2 => address, 1 => endpoint].boxed();
    let organization: BoxedStrategy<Group> = group(
        is_person,
        vec![
            vec![],
            vec![("aws:PrincipalOrgID", json!("o-abc")), ("aws:PrincipalOrgPaths", json!(["o-abc/r-root/"]))],
            vec![("aws:PrincipalOrgID", json!("o-x")), ("aws:PrincipalOrgPaths", json!(["o-x/r-y/ou-z/"]))],
        ],
    );
    let mfa = group(
        has_mfa,
        vec![
            vec![],
            vec![("aws:MultiFactorAuthPresent", json!("false"))],
            vec![("aws:MultiFactorAuthPresent", json!("true")), ("aws:MultiFactorAuthAge", json!("5"))],
            vec![("aws:MultiFactorAuthPresent", json!(true)), ("aws:MultiFactorAuthAge", json!(10))],
        ],
    );
    let time = group(
        true,
        vec![
            vec![("aws:CurrentTime", json!("2090-01-01T00:00:00Z")), ("aws:EpochTime", json!("3786912000"))],
            vec![("aws:CurrentTime", json!("2095-01-01T00:00:00Z")), ("aws:EpochTime", json!("3944678400"))],
            vec![("aws:CurrentTime", json!("2097-06-01T14:30:00+02:00")), ("aws:EpochTime", json!("4020928200"))],
        ],
    );
    let cloudformation = "cloudformation.amazonaws.com";
    let via = group(
        true,
        vec![
            vec![("aws:ViaAWSService", json!("false"))],
            vec![
                ("aws:ViaAWSService", json!("true")),
                ("aws:CalledVia", json!([cloudformation])),
                ("aws:CalledViaFirst", json!(cloudformation)),
                ("aws:CalledViaLast", json!(cloudformation)),
            ],
        ],
    );
    let service_key = match action.split(':').next() {
        Some("ecr") => "ecr:ResourceTag/env",
        Some("ecr-public") => "ecr-public:ResourceTag/env",
        _ => "iam:ResourceTag/env",
    };
    let resource_tags = one("aws:ResourceTag/env", vec!["a", "b", "ab"], resource != "*").prop_map(move |mut group| {
        let value = group.first().map(|(_, value)| (service_key, value.clone()));
        group.extend(value);
        group
    });
    let tag_keys = subsequence(vec!["a", "b"], 1..=2).prop_map(move |keys| {
        if action != "ecr-public:TagResource" {
            return Group::new();
        }
        let tags = [("a", "aws:RequestTag/a"), ("b", "aws:RequestTag/b")];
        let tags = tags.into_iter().filter(|(key, _)| keys.contains(key)).map(|(_, name)| (name, json!("x")));
        tags.chain([("aws:TagKeys", json!(keys))]).collect()
    });
    // A key that may hold any text, so that it is compared as every type.
    let referers =
        vec!["a", "b", "ab", "A", "a", "true", "5", "YQ==", "203.0.113.7", "arn:aws:iam::111122223333:user/alice"];
    (
        network,
        one("aws:referer", referers, true),
        one("aws:PrincipalTag/team", vec!["a", "b", "web"], is_tagged),
        organization,
        mfa,
        time,
        via,
        resource_tags,
        tag_keys,
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i)| vec![a, b, c, d, e, f, g, h, i])
        .boxed()
}

/// One of the groups, or none where the principal never has these keys.
fn group(present: bool, groups: Vec<Group>) -> BoxedStrategy<Group> {
    if present { select(groups).boxed() } else { Just(Group::new()).boxed() }
}
