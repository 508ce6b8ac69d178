//! What is drawn as one, and what is left out.

use grantlog::graph::{Fold, Limits, Model, NodeKind, dot};

use super::{AWAY, HOME, World, edges, world};

fn labels(model: &Model) -> Vec<&str> {
    let mut labels: Vec<&str> = model.graph.node_weights().map(|node| node.label.as_str()).collect();
    labels.sort_unstable();
    labels
}

const SINGLE: Limits = Limits { fold: Some(Fold::Single), ..Limits::DATA };

#[test]
fn twins_are_folded_and_nothing_else() {
    let model = Model::new(&world().input(), Limits::PICTURE);
    assert_eq!(
        labels(&model),
        [
            "12 roles like ci-build-*",
            "3 repositories like internal/batch-*",
            "account 777788889999 (not in the inventory)",
            "admin",
            "alice",
            "anyone",
            "deployer",
            "service lambda.amazonaws.com",
            "storefront/api",
            "storefront/web",
        ]
    );
    assert_eq!(model.fold, Fold::Alike);
    assert_eq!(model.notes(), Vec::<String>::new());
    // What is said of all is said without numbers.
    assert!(model.graph.edge_weights().all(|edge| edge.pairs == edge.possible));
    let expanded = Model::new(&world().input(), SINGLE);
    assert_eq!(expanded.graph.node_count(), world().input().graph.node_count());
    assert_eq!(expanded.graph.edge_count(), world().input().graph.edge_count());
}

/// Who pushes on one of two repositories is no twin of who pushes on the other.
#[test]
fn those_who_differ_in_one_edge_or_verdict_are_not_twins() {
    let mut world = World::default();
    world.node("one", NodeKind::Repository, HOME);
    world.node("two", NodeKind::Repository, HOME);
    for (user, repository, words) in
        [("a", "one", "push"), ("b", "two", "push"), ("c", "one", "if: push"), ("d", "one", "push, tag")]
    {
        world.node(user, NodeKind::User, HOME);
        world.edge(user, repository, words);
    }
    // Alike in all but the account.
    world.node("e", NodeKind::User, AWAY);
    world.edge("e", "one", "push");
    assert_eq!(labels(&Model::new(&world.input(), Limits::PICTURE)), ["a", "b", "c", "d", "e", "one", "two"]);
    // Under another condition, but conditional as well: told together, with both conditions.
    for (user, condition) in [("f", "it is Monday"), ("g", "it is Tuesday")] {
        world.node(user, NodeKind::User, HOME);
        world.edge_if(user, "two", "if: pull", Some(condition));
    }
    let model = Model::new(&world.input(), Limits::PICTURE);
    assert!(labels(&model).contains(&"2 users: f, g"), "{:?}", labels(&model));
    let conditions = model.graph.edge_weights().find(|edge| edge.conditions.len() == 2);
    assert_eq!(conditions.map(|edge| edge.conditions.join(", ")).as_deref(), Some("it is Monday, it is Tuesday"));
}

/// Two users who push here and there, three who only pull; a stranger and a service stay what they are.
fn company() -> World {
    let mut world = World::default();
    world.account(HOME, "shop", "Workloads");
    world.account(AWAY, "lab", "Workloads");
    for (repository, account) in [("shop/a", HOME), ("shop/b", HOME), ("lab/c", AWAY)] {
        world.node(repository, NodeKind::Repository, account);
    }
    world.public("shop/open", HOME);
    for (user, account) in [("u1", HOME), ("u2", HOME), ("u3", HOME), ("u4", AWAY), ("u5", AWAY)] {
        world.node(user, NodeKind::User, account);
    }
    for role in ["r1", "r2"] {
        world.node(role, NodeKind::Role, HOME);
    }
    world.node("account 999988887777", NodeKind::Account, None);
    world.node("service codebuild", NodeKind::Service, None);
    world.edge("u1", "shop/a", "push");
    world.edge("u2", "shop/b", "pull; if: push");
    world.edge("u3", "shop/b", "pull");
    world.edge("u4", "shop/a", "pull");
    world.edge("u5", "lab/c", "pull");
    world.edge("r1", "shop/open", "administer");
    world.edge("r2", "shop/open", "if: administer");
    world.edge("u1", "r1", "become");
    world.edge("account 999988887777", "shop/b", "push");
    world.edge("service codebuild", "shop/a", "pull");
    world
}

#[test]
fn what_is_too_large_is_folded_by_account() {
    let limits = Limits { nodes: 11, ..Limits::PICTURE };
    let model = Model::new(&company().input(), limits);
    assert_eq!((model.fold, model.is_folded_further), (Fold::Account, true));
    assert_eq!(
        labels(&model),
        [
            "2 roles who can administer",
            "2 users who can pull",
            "2 users who can write",
            "account 999988887777",
            "lab/c",
            "service codebuild",
            "shop/a",
            // A stranger pushes here, and nobody from outside does anything there.
            "shop/b",
            "shop/open",
            "u3",
        ]
    );
    // u1 and u2 are two and push on one each: of 2 pairs one.
    assert_eq!(
        edges(&model),
        [
            "2 roles who can administer -> shop/open: administer",
            "2 users who can pull -> lab/c: pull; 1 of 2",
            "2 users who can pull -> shop/a: pull; 1 of 2",
            "2 users who can write -> 2 roles who can administer: become; 1 of 4",
            "2 users who can write -> shop/a: push; 1 of 2",
            "2 users who can write -> shop/b: pull; if: push; 1 of 2",
            "account 999988887777 -> shop/b: push",
            "service codebuild -> shop/a: pull",
            "u3 -> shop/b: pull",
        ]
    );
    assert!(model.notes()[0].contains("folded by account") && model.notes()[0].contains("--focus"));
    assert!(dot::render(&model).contains("folded by account"));
}

#[test]
fn what_is_larger_still_is_folded_by_unit_and_then_cut() {
    let model = Model::new(&company().input(), Limits { nodes: 9, ..Limits::PICTURE });
    assert_eq!(model.fold, Fold::Unit);
    assert_eq!(
        labels(&model),
        [
            "2 repositories: shop/a, lab/c",
            "2 roles who can administer",
            "2 users who can write",
            "3 users who can pull",
            "account 999988887777",
            "service codebuild",
            "shop/b",
            "shop/open",
        ]
    );
    assert_eq!(model.frames[0].title, "Workloads (2 accounts)");
    assert!(model.omitted.is_nothing());
    let cut = Model::new(&company().input(), Limits { nodes: 3, edges: 1, ..Limits::PICTURE });
    assert_eq!((cut.graph.node_count(), cut.omitted.nodes), (3, 5));
    assert!(cut.graph.edge_count() <= 1);
    assert_eq!(cut.graph.edge_count() + cut.omitted.edges, model.graph.edge_count());
    assert!(cut.notes().iter().any(|note| note.contains("not drawn: 5 nodes and ")), "{:?}", cut.notes());
    assert!(dot::render(&cut).contains("not drawn: 5 nodes and "));
}

/// Whoever asks for each by itself gets that, as far as it fits.
#[test]
fn what_is_expanded_is_cut_and_not_folded() {
    let whole = Model::new(&world().input(), SINGLE);
    let model = Model::new(&world().input(), Limits { nodes: 6, edges: 4, ..SINGLE });
    assert_eq!((model.graph.node_count(), model.fold), (6, Fold::Single));
    assert_eq!(model.omitted.nodes, whole.graph.node_count() - 6);
    assert!(model.graph.edge_count() <= 4);
    assert_eq!(model.omitted.edges + model.graph.edge_count(), whole.graph.edge_count());
}

/// Of edges those stay that let strangers in.
#[test]
fn what_lets_strangers_in_is_kept() {
    let model = Model::new(&world().input(), Limits { edges: 1, fold: Some(Fold::Unit), ..Limits::PICTURE });
    assert_eq!(edges(&model), ["anyone -> storefront/web: if: push"]);
}
