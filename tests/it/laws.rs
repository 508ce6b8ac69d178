//! Laws that hold for every decision, whoever makes it.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Value, json};

use grantlog::scenario::{self, Outcome};

use crate::random;
use crate::twin::{self, Decision, Scenario};
use crate::worlds::{World, world};

/// The fields of a scenario that hold documents, however deep.
const LAYERS: [&str; 8] = [
    "identity_policies",
    "permissions_boundaries",
    "session_policy",
    "resource_policy",
    "registry_policy",
    "endpoint_policies",
    "service_control_policies",
    "resource_control_policies",
];

/// The scenario with every list of its documents turned round: levels, policies, statements, values.
pub(crate) fn turned_round(scenario: &Value) -> Value {
    fn turn(value: &mut Value) {
        match value {
            Value::Array(values) => {
                values.reverse();
                values.iter_mut().for_each(turn);
            }
            Value::Object(members) => members.values_mut().for_each(turn),
            _ => {}
        }
    }
    let mut scenario = scenario.clone();
    for layer in LAYERS {
        if !scenario[layer].is_null() {
            turn(&mut scenario[layer]);
        }
    }
    scenario
}

/// The scenario with a further statement in the first document of a layer, for everything and everyone.
/// `None` if the layer has no document: a new layer may be a new limit.
pub(crate) fn with_statement(scenario: &Value, layer: &str, effect: &str) -> Option<Value> {
    fn first(value: &mut Value) -> Option<&mut Value> {
        match value {
            Value::Array(values) => values.iter_mut().find_map(first),
            Value::Object(members) => members.get_mut("Statement"),
            _ => None,
        }
    }
    let mut statement = json!({"Effect": effect, "Action": "*"});
    if !["identity_policies", "permissions_boundaries", "session_policy", "service_control_policies"].contains(&layer) {
        statement["Principal"] = json!("*");
    }
    let is_trust = layer == "resource_policy" && scenario["action"] == "sts:AssumeRole";
    if is_trust {
        statement["Action"] = json!("sts:*");
    } else {
        statement["Resource"] = json!("*");
    }
    if layer == "resource_control_policies" {
        if effect == "Allow" {
            return None; // G23: customers cannot write one.
        }
        statement["Action"] = json!(["ecr:*", "ecr-public:*", "sts:*"]);
    }
    let mut scenario = scenario.clone();
    let statements = first(scenario.get_mut(layer)?)?;
    statements.as_array_mut()?.push(statement);
    Some(scenario)
}

/// Every way to add a statement of this effect to the scenario.
pub(crate) fn with_one_more(scenario: &Value, effect: &str) -> Vec<Value> {
    LAYERS.iter().filter_map(|layer| with_statement(scenario, layer, effect)).collect()
}

/// The documents of the scenario with every statement split, so that each names one action, one resource and
/// one principal.
pub(crate) fn split(scenario: &Value) -> Value {
    fn visit(value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(visit),
            Value::Object(members) => {
                if let Some(statements) = members.get_mut("Statement") {
                    *statements = split_statements(statements).into();
                }
            }
            _ => {}
        }
    }
    let mut scenario = scenario.clone();
    for layer in LAYERS {
        if !scenario[layer].is_null() {
            visit(&mut scenario[layer]);
        }
    }
    scenario
}

/// Statements that together say what these do: one for each action, each resource, each principal.
pub(crate) fn split_statements(statements: &Value) -> Vec<Value> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let mut all = list(statements);
    for element in ["Action", "Resource"] {
        let each = |statement: &Value| match &statement[element] {
            Value::Null => vec![statement.clone()],
            listed => list(listed)
                .into_iter()
                .map(|one| {
                    let mut statement = statement.clone();
                    statement[element] = one;
                    statement
                })
                .collect(),
        };
        all = all.iter().flat_map(each).collect();
    }
    let each = |statement: &Value| match statement["Principal"].as_object() {
        None => vec![statement.clone()],
        Some(types) => types
            .iter()
            .flat_map(|(kind, names)| list(names).into_iter().map(move |name| (kind.clone(), name)))
            .map(|(kind, name)| {
                let mut statement = statement.clone();
                statement["Principal"] = json!({ kind: name });
                statement
            })
            .collect(),
    };
    all.iter().flat_map(each).collect()
}

/// What the library makes of a scenario.
fn library_decides(scenario: &Value) -> Outcome {
    scenario::decide(&scenario.to_string()).unwrap_or_else(|error| panic!("{error}: {scenario}"))
}

/// The verdict of the twin.
fn twin_decides(scenario: &Value) -> Decision {
    let scenario = Scenario::read(scenario).expect("a world is a scenario");
    twin::decide(&scenario).decision
}

proptest! {
    #![proptest_config(random::cases(512))]

    #[test]
    fn order_does_not_matter_to_the_twin(world in world()) {
        let scenario = world.closed();
        prop_assert_eq!(twin_decides(&scenario), twin_decides(&turned_round(&scenario)));
    }

    #[test]
    fn another_deny_never_allows_at_the_twin(world in world()) {
        let scenario = world.closed();
        let before = twin_decides(&scenario);
        for scenario in with_one_more(&scenario, "Deny") {
            let after = twin_decides(&scenario);
            prop_assert!(after == before || after == Decision::ExplicitDeny, "{before:?}, then {after:?}: {scenario}");
        }
    }

    #[test]
    fn another_allow_never_denies_at_the_twin(world in world()) {
        let scenario = world.closed();
        let before = twin_decides(&scenario);
        for scenario in with_one_more(&scenario, "Allow") {
            let after = twin_decides(&scenario);
            prop_assert!(after == before || after == Decision::Allowed, "{before:?}, then {after:?}: {scenario}");
        }
    }
}

/// As what types the conditions of a scenario read the one key that may hold any text.
pub(crate) fn types_of_referer(value: &Value) -> BTreeSet<&'static str> {
    const TYPES: [&str; 7] = ["String", "Numeric", "Date", "Bool", "Ip", "Arn", "Binary"];
    match value {
        Value::Array(values) => values.iter().flat_map(types_of_referer).collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| {
                let of_type = TYPES.into_iter().find(|one| name.contains(one));
                let own = of_type.filter(|_| value.get("aws:referer").is_some());
                types_of_referer(value).into_iter().chain(own)
            })
            .collect(),
        _ => BTreeSet::new(),
    }
}

proptest! {
    #![proptest_config(random::cases(1_024))]

    #[test]
    fn splitting_statements_changes_nothing(world in world()) {
        for scenario in [world.closed(), world.open()] {
            let (whole, parts) = (library_decides(&scenario), library_decides(&split(&scenario)));
            prop_assert_eq!(whole.decision, parts.decision, "{}", scenario);
            prop_assert_eq!(whole.doubts, parts.doubts, "{}", scenario);
        }
        prop_assert_eq!(twin_decides(&world.closed()), twin_decides(&split(&world.closed())));
    }

    /// Whoever knows more of a request may be told more, and nothing else.
    #[test]
    fn narrowing_the_context_never_turns_a_certain_verdict(world in world()) {
        let decisions: Vec<(scenario::Decision, Value)> =
            world.narrower().into_iter().map(|scenario| (library_decides(&scenario).decision, scenario)).collect();
        for pair in decisions.windows(2) {
            let ((before, wide), (after, narrow)) = (&pair[0], &pair[1]);
            let denies = |decision: scenario::Decision| {
                matches!(decision, scenario::Decision::ImplicitDeny | scenario::Decision::ExplicitDeny)
            };
            let holds = match before {
                scenario::Decision::Conditional => true,
                scenario::Decision::ImplicitDeny => denies(*after),
                certain => certain == after,
            };
            prop_assert!(holds, "{before:?} of {wide}\nand {after:?} of {narrow}");
        }
    }

    /// The context that is shown with a condition is one of those in which it holds.
    #[test]
    fn witness_is_allowed(world in world()) {
        let open = world.open();
        let outcome = library_decides(&open);
        // What relates two keys that only a request fixes may have no example, nor what reads one as two types.
        let is_plain = outcome.residual.as_deref().is_some_and(|residual| !residual.contains("${"));
        let is_plain = is_plain && types_of_referer(&open).len() < 2;
        prop_assert!(!is_plain || outcome.witness.is_some(), "no example for {:?} of {open}", outcome.residual);
        if let Some(witness) = outcome.witness {
            for mode in ["open", "closed"] {
                let mut scenario = open.clone();
                scenario["context_mode"] = json!(mode);
                for (key, values) in &witness {
                    let lower = key.to_lowercase();
                    let context = scenario["context"].as_object_mut().expect("a world has a context");
                    context.retain(|known, _| known.to_lowercase() != lower);
                    context.insert(key.clone(), if values.is_empty() { Value::Null } else { json!(values) });
                }
                let decision = library_decides(&scenario).decision;
                prop_assert_eq!(decision, scenario::Decision::Allowed, "{:?} of {:?} in {}", witness, outcome.residual, scenario);
            }
        }
    }
}

proptest! {
    #![proptest_config(random::cases(256))]

    #[test]
    fn what_an_open_world_knows_holds_in_all_its_completions(world in world()) {
        let open = world.open();
        for scenario in world.completions() {
            for (key, value) in open["context"].as_object().into_iter().flatten() {
                prop_assert_eq!(value, &scenario["context"][key], "{} in {}", key, scenario);
            }
        }
    }
}

#[test]
fn worlds_are_of_every_kind() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let decisions: Vec<Decision> = (0..2_000)
        .map(|_| {
            let world: World = world().new_tree(&mut runner).expect("no strategy rejects").current();
            twin_decides(&world.closed())
        })
        .collect();
    for decision in [Decision::Allowed, Decision::ImplicitDeny, Decision::ExplicitDeny] {
        let share = decisions.iter().filter(|other| **other == decision).count();
        assert!(share > 200, "only {share} of 2,000 worlds are {}", decision.name());
    }
}
