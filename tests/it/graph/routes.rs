//! Routes: by hand on small worlds, and on the sample.

use std::fmt::Write as _;

use grantlog::graph::{Fold, Journey, LONGEST, Limits, Model, NodeKind, Routes, Wanted};

use super::{AWAY, HOME, World, edges, grantlog};

/// Two ways from a to the repository over b and c, a sure one of the same length over d, a longer one, and a circle.
fn world() -> World {
    let mut world = World::default();
    for name in ["a", "b", "c", "d", "e", "f"] {
        world.node(name, NodeKind::Role, if name == "d" { AWAY } else { HOME });
    }
    world.node("lonely", NodeKind::Role, HOME);
    world.node("web", NodeKind::Repository, HOME);
    for (from, to, words) in [
        ("a", "b", "if: become"),
        ("b", "c", "become"),
        ("c", "b", "become"),
        ("b", "web", "push"),
        ("c", "web", "pull; if: push"),
        ("a", "d", "become"),
        ("d", "web", "push"),
        ("a", "e", "become"),
        ("e", "f", "become"),
        ("f", "e", "become"),
        ("f", "a", "become"),
    ] {
        world.edge(from, to, words);
    }
    world
}

fn journey(from: &str, to: &str, wanted: Wanted) -> Journey {
    let (from, to) = (from.to_owned(), to.to_owned());
    Journey { from, to, wanted, only_conditional: false, cross_account: false, most: 100 }
}

fn told(routes: &Routes) -> Vec<String> {
    let line = |route: &Vec<grantlog::graph::Step>| {
        let mut line = route[0].from.key.clone();
        for step in route {
            let _ = write!(line, " -{}-> {}", step.does(), step.to.key);
        }
        line
    };
    routes.routes.iter().map(line).collect()
}

#[test]
fn the_shortest_with_the_fewest_conditions() {
    let routes = journey("a", "web", Wanted::Shortest).routes(&world().input()).expect("both are there");
    assert_eq!(told(&routes), ["a -become-> d -push-> web"]);
    assert_eq!(routes.notes(), ["1 route: 1 allowed, 0 conditional"]);
    // From each who starts to the nearest goal.
    let routes = journey("?", "web", Wanted::Shortest).routes(&world().input()).expect("all are there");
    assert_eq!(
        told(&routes),
        [
            "b -push-> web",
            "c -pull; if: push-> web",
            "d -push-> web",
            "a -become-> d -push-> web",
            "f -become-> a -become-> d -push-> web",
            "e -become-> f -become-> a -become-> d -push-> web",
        ]
    );
}

#[test]
fn all_routes_and_nobody_twice() {
    let routes = journey("a", "web", Wanted::All).routes(&world().input()).expect("both are there");
    assert_eq!(
        told(&routes),
        ["a -become-> b -push-> web", "a -become-> d -push-> web", "a -become-> b -become-> c -pull; if: push-> web",]
    );
    assert_eq!(routes.notes(), ["3 routes: 1 allowed, 2 conditional"]);
    // To a role.
    let routes = journey("a", "c", Wanted::All).routes(&world().input()).expect("both are there");
    assert_eq!(told(&routes), ["a -become-> b -become-> c"]);
    // There and nowhere.
    for wanted in Wanted::ALL {
        let routes = journey("lonely", "web", wanted).routes(&world().input()).expect("both are there");
        assert_eq!((told(&routes), routes.notes()), (Vec::new(), vec!["no route leads there".to_owned()]));
        let routes = journey("web", "a", wanted).routes(&world().input()).expect("both are there");
        assert_eq!(told(&routes), Vec::<String>::new());
        let routes = journey("a", "a", wanted).routes(&world().input()).expect("it is there");
        assert_eq!(told(&routes), Vec::<String>::new());
    }
}

#[test]
fn routes_that_are_conditional_or_leave_an_account() {
    let conditional = Journey { only_conditional: true, ..journey("a", "web", Wanted::All) };
    assert_eq!(
        told(&conditional.routes(&world().input()).expect("both are there")),
        ["a -become-> b -push-> web", "a -become-> b -become-> c -pull; if: push-> web"]
    );
    let shortest = Journey { only_conditional: true, ..journey("a", "web", Wanted::Shortest) };
    assert_eq!(told(&shortest.routes(&world().input()).expect("both are there")), ["a -become-> b -push-> web"]);
    let across = Journey { cross_account: true, ..journey("a", "web", Wanted::All) };
    assert_eq!(told(&across.routes(&world().input()).expect("both are there")), ["a -become-> d -push-> web"]);
}

#[test]
fn only_what_they_pass_is_drawn() {
    let routes = journey("a", "web", Wanted::Shortest).routes(&world().input()).expect("both are there");
    let limits = Limits { fold: Some(Fold::Single), ..Limits::DATA };
    let model = Model::new(&routes.drawn(world().input()), limits);
    assert_eq!(edges(&model), ["a -> d: become", "d -> web: push"]);
    assert_eq!(model.graph.node_count(), 3);
}

/// Everybody can become everybody: more routes than anybody can count, and longer ones than are looked for.
#[test]
fn what_is_too_many_is_counted_as_far_as_it_goes() {
    let crowd = |size: usize| {
        let mut world = World::default();
        let names: Vec<String> = (0..size).map(|number| format!("role-{number:02}")).collect();
        for name in &names {
            world.node(name, NodeKind::Role, HOME);
        }
        world.node("web", NodeKind::Repository, HOME);
        for one in &names {
            names.iter().filter(|other| *other != one).for_each(|other| world.edge(one, other, "become"));
            world.edge(one, "web", "push");
        }
        world.input()
    };
    let few = Journey { most: 3, ..journey("role-00", "web", Wanted::All) };
    // Of four others any number in any order: 1 + 4 + 12 + 24 + 24 routes.
    let routes = few.routes(&crowd(5)).expect("both are there");
    assert_eq!((routes.routes.len(), routes.more, routes.is_cut), (3, 62, false));
    assert_eq!(routes.notes()[1], "62 more; --max-routes shows more");
    let begun = std::time::Instant::now();
    let routes = few.routes(&crowd(40)).expect("both are there");
    assert!(routes.is_cut && routes.is_longer_possible && routes.routes.len() == 3);
    assert!(routes.notes()[1].starts_with("at least "), "{:?}", routes.notes());
    assert_eq!(routes.notes()[2], format!("routes of more than {LONGEST} steps were not looked for"));
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

/// Mira of the sample: no permission of her own, and a way over three roles of two other accounts.
#[test]
fn the_sample_has_the_way_that_is_known_of_it() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let ends = ["graph", "--from", "user/developers/mira", "--to", "storefront/web"];
    let run = |more: &[&str]| {
        let assert = grantlog(folder.path(), &[&ends[..], more].concat()).success();
        let output = assert.get_output();
        (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (table, said) = run(&["--routes", "all"]);
    insta::assert_snapshot!(table, @r#"
    route  step  principal               does    on                                                  account       verdict
        1     1  user/developers/mira    become  role/build/build-entry                              222233334444  allowed
        1     2  role/build/build-entry  become  role/release/release                                222233334444  allowed
        1     3  role/release/release    become  role/release/publisher                              111122223333  allowed
        1     4  role/release/publisher  push    ecr-public::111122223333:repository/storefront/web  111122223333  allowed
    "#);
    insta::assert_snapshot!(said.lines().filter(|line| line.starts_with("note")).collect::<Vec<_>>().join("\n"), @"note: 1 route: 1 allowed, 0 conditional");
    let (picture, _) = run(&["--routes", "all", "--format", "dot"]);
    assert!(picture.starts_with("digraph permissions {"), "{picture}");
    let (csv, _) = run(&["--routes", "shortest", "--format", "csv"]);
    assert!(csv.starts_with("route,step,principal,does,on,account,verdict,condition"), "{csv}");
    let (lines, _) = run(&["--routes", "shortest", "--format", "jsonl"]);
    for line in lines.lines() {
        let step: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        assert!(step["principal"].as_str().is_some_and(|name| name.starts_with("arn:aws:iam::")), "{line}");
    }
    let assert = grantlog(folder.path(), &["graph", "--routes", "all"]).code(2);
    let told = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(told.contains("--from <NODE>") && told.contains("--to <NODE>"), "{told}");
}
