//! Random organizations.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use super::documents::{Place, document};
use super::world::{ACCOUNTS, Account, Level, Principal, Repository, Tags, Tree, World};
use crate::statements::{Group, chance, sometimes};

/// Any organization.
pub(crate) fn world() -> impl Strategy<Value = World> {
    let accounts = (account(ACCOUNTS[0]), account(ACCOUNTS[1]), sometimes(0.5, account(ACCOUNTS[2])), chance(0.15));
    let requests = prop::collection::vec(request(), 5);
    let known = prop::collection::vec(chance(0.35), 6);
    (accounts, sometimes(0.75, tree()), requests, known).prop_map(
        |((first, second, third, hidden), tree, requests, known)| {
            let mut accounts: Vec<Account> = [first, second].into_iter().chain(third).collect();
            if let Some(last) = accounts.last_mut().filter(|_| hidden) {
                last.exported = false;
            }
            World { accounts, tree, requests, known }
        },
    )
}

fn tree() -> BoxedStrategy<Tree> {
    let depth = || prop_oneof![1 => Just(None), 2 => Just(Some(0)), 3 => Just(Some(1)), 2 => Just(Some(2))];
    let levels = |place, full: f64| {
        let policies = prop_oneof![3 => Just(Vec::new()), 2 => prop::collection::vec(document(place), 1..3)];
        let level = (chance(full), policies).prop_map(|(full, policies)| {
            // AWS keeps at least one policy on every target.
            let full = full || policies.is_empty();
            Level { full, policies }
        });
        sometimes(0.75, prop::collection::vec(level, 6))
    };
    (
        prop::collection::vec(depth(), 3),
        prop_oneof![3 => Just(None), 1 => Just(Some(0)), 1 => Just(Some(1))],
        levels(Place::ServiceControl, 0.85),
        levels(Place::ResourceControl, 1.0),
    )
        .prop_map(|(mut depths, management, service, resource)| {
            if let Some(depth) = management.and_then(|account: usize| depths.get_mut(account)) {
                *depth = Some(0);
            }
            Tree { depths, management, service, resource }
        })
        .boxed()
}

fn tags() -> BoxedStrategy<Tags> {
    prop_oneof![
        2 => Just(vec![]),
        2 => Just(vec![("team", "web")]),
        1 => Just(vec![("Team", "app")]),
        1 => Just(vec![("stage", "prod"), ("team", "app")]),
    ]
    .boxed()
}

fn account(number: &'static str) -> BoxedStrategy<Account> {
    // The same few policies over and over: equal ones make atoms.
    let shelf = prop::collection::vec(document(Place::Principal), 3);
    let limits = prop::collection::vec(document(Place::Boundary), 1..3);
    let trusts = prop::collection::vec(document(Place::Trust), 3);
    let groups = prop::collection::vec(prop::collection::vec(0..3_usize, 1..3), 0..3);
    let users = subsequence(vec!["alice", "bob", "carol"], 0..=3).prop_flat_map(|names| {
        let choices = prop::collection::vec(choice(), names.len());
        (Just(names), choices)
    });
    let roles = subsequence(vec!["ci", "deploy", "build", "clone"], 1..=4).prop_flat_map(|names| {
        let choices = prop::collection::vec(choice(), names.len());
        (Just(names), choices)
    });
    let service_linked = sometimes(0.15, choice());
    let shelves = (shelf, limits, trusts, groups);
    let registry = prop_oneof![
        2 => Just(None),
        1 => document(Place::Registry).prop_map(|document| Some((document, false))),
        1 => document(Place::FirstScope).prop_map(|document| Some((document, true))),
    ];
    (shelves, users, roles, service_linked, repositories(), registry)
        .prop_map(move |((shelf, limits, trusts, groups), users, roles, service_linked, repositories, registry)| {
            let principal = |name: &'static str, choice: Choice, is_role: bool| Principal {
                path: choice.path,
                name,
                tags: choice.tags,
                policies: choice.policies.iter().map(|&at| shelf[at].clone()).collect(),
                groups: if is_role || groups.is_empty() { Vec::new() } else { choice.groups },
                boundary: choice.boundary.map(|at| limits[at % limits.len()].clone()),
                trust: is_role.then(|| trusts[choice.trust].clone()),
            };
            let mut users: Vec<Principal> =
                users.0.into_iter().zip(users.1).map(|(name, choice)| principal(name, choice, false)).collect();
            let mut roles: Vec<Principal> =
                roles.0.into_iter().zip(roles.1).map(|(name, choice)| principal(name, choice, true)).collect();
            roles.extend(service_linked.map(|choice| Principal {
                path: "/aws-service-role/replication.ecr.amazonaws.com/",
                boundary: None,
                ..principal("linked", choice, true)
            }));
            for user in &mut users {
                user.groups.retain(|&group| group < groups.len());
            }
            let groups: Vec<Vec<Value>> =
                groups.iter().map(|policies| policies.iter().map(|&at| shelf[at].clone()).collect()).collect();
            Account { number, exported: true, users, roles, groups, repositories, registry }
        })
        .boxed()
}

/// What one principal takes off the shelves.
#[derive(Clone, Debug)]
struct Choice {
    path: &'static str,
    tags: Tags,
    policies: Vec<usize>,
    groups: Vec<usize>,
    boundary: Option<usize>,
    trust: usize,
}

fn choice() -> BoxedStrategy<Choice> {
    (
        prop_oneof![4 => Just("/"), 1 => Just("/team/")],
        tags(),
        subsequence(vec![0_usize, 1, 2], 0..=2),
        subsequence(vec![0_usize, 1], 0..=1),
        sometimes(0.2, 0..2_usize),
        0..3_usize,
    )
        .prop_map(|(path, tags, policies, groups, boundary, trust)| Choice {
            path,
            tags,
            policies,
            groups,
            boundary,
            trust,
        })
        .boxed()
}

fn repositories() -> BoxedStrategy<Vec<Repository>> {
    let slots = vec![(true, "web"), (true, "team/app"), (false, "web"), (false, "team/app")];
    let policies = prop::collection::vec(document(Place::Repository), 2);
    (policies, subsequence(slots, 1..=4))
        .prop_flat_map(|(policies, slots)| {
            let policy = prop_oneof![1 => Just(None), 3 => select(policies).prop_map(Some)];
            let each = prop::collection::vec((tags(), policy), slots.len());
            (Just(slots), each)
        })
        .prop_map(|(slots, each)| {
            slots
                .into_iter()
                .zip(each)
                .map(|((public, name), (tags, policy))| Repository { public, name, tags, policy })
                .collect()
        })
        .boxed()
}

// --- requests

/// What a request of anybody may bring, by groups that depend on each other (U47).
fn request() -> BoxedStrategy<Vec<Group>> {
    let network: Vec<Group> =
        ["203.0.113.0", "203.0.113.127", "203.0.113.128", "203.0.114.0", "2001:db8::1", "2001:db9::1"]
            .into_iter()
            .map(|address| vec![("aws:SourceIp", json!(address))])
            .chain(
                ["vpce-1", "vpce-2"]
                    .into_iter()
                    .map(|endpoint| vec![("aws:SourceVpce", json!(endpoint)), ("aws:SourceVpc", json!("vpc-1"))]),
            )
            .collect();
    let referer: Vec<Group> = ["a", "b", "ab", "A", "alice", "web"]
        .into_iter()
        .map(|text| vec![("aws:referer", json!(text))])
        .chain([vec![]])
        .collect();
    let mfa: Vec<Group> = vec![
        vec![],
        vec![("aws:MultiFactorAuthPresent", json!("false"))],
        vec![("aws:MultiFactorAuthPresent", json!("true")), ("aws:MultiFactorAuthAge", json!("5"))],
        vec![("aws:MultiFactorAuthPresent", json!("true")), ("aws:MultiFactorAuthAge", json!("10"))],
        vec![("aws:MultiFactorAuthPresent", json!("true")), ("aws:MultiFactorAuthAge", json!("11"))],
    ];
    let time: Vec<Group> =
        ["2090-01-01T00:00:00Z", "2095-01-01T00:00:00Z", "2097-06-01T00:00:00Z", "2098-01-01T00:00:00Z"]
            .into_iter()
            .map(|time| vec![("aws:CurrentTime", json!(time))])
            .collect();
    let cloudformation = "cloudformation.amazonaws.com";
    let via: Vec<Group> = vec![
        vec![("aws:ViaAWSService", json!("false")), ("aws:UserAgent", json!("a"))],
        vec![("aws:ViaAWSService", json!("false")), ("aws:UserAgent", json!("b"))],
        vec![
            ("aws:ViaAWSService", json!("true")),
            ("aws:CalledVia", json!([cloudformation])),
            ("aws:CalledViaFirst", json!(cloudformation)),
            ("aws:CalledViaLast", json!(cloudformation)),
            ("aws:UserAgent", json!("ab")),
        ],
    ];
    let external: Vec<Group> =
        vec![vec![], vec![("sts:ExternalId", json!("alice"))], vec![("sts:ExternalId", json!("User"))]];
    (select(network), select(referer), select(mfa), select(time), select(via), select(external))
        .prop_map(|(a, b, c, d, e, f)| vec![a, b, c, d, e, f])
        .boxed()
}
