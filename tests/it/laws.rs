//! Laws that hold for every decision, whoever makes it.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::{Value, json};

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

/// The verdict of the twin.
fn twin_decides(scenario: &Value) -> Decision {
    let scenario = Scenario::read(scenario).expect("a world is a scenario");
    twin::decide(&scenario).decision
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

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

proptest! {
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
