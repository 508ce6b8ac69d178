//! Parts of the graph: each way to choose one, by hand on a small world, and together.

use grantlog::catalog::Capability;
use grantlog::graph::{Fold, Limits, Model, NodeKind, Selection};
use grantlog::query::AskError;

use super::{AWAY, HOME, World, edges, grantlog};

/// A user of one account who becomes a role of its own, and through it one of another account; that pushes. A janitor
/// deletes, sometimes. A stranger pulls.
fn world() -> World {
    let mut world = World::default();
    world.account(HOME, "shop", "Workloads");
    world.account(AWAY, "lab", "Workloads");
    world.node("arn:aws:iam::444455556666:user/mira", NodeKind::User, AWAY);
    world.node("arn:aws:iam::444455556666:role/entry", NodeKind::Role, AWAY);
    world.node("arn:aws:iam::111122223333:role/publisher", NodeKind::Role, HOME);
    world.node("arn:aws:iam::111122223333:role/janitor", NodeKind::Role, HOME);
    world.node("arn:aws:iam::111122223333:user/kofi", NodeKind::User, HOME);
    world.node("account 999988887777", NodeKind::Account, None);
    for name in ["web", "api", "idle"] {
        world.node(&format!("arn:aws:ecr:eu-central-1:111122223333:repository/{name}"), NodeKind::Repository, HOME);
    }
    let (web, api) = (
        "arn:aws:ecr:eu-central-1:111122223333:repository/web",
        "arn:aws:ecr:eu-central-1:111122223333:repository/api",
    );
    let publisher = "arn:aws:iam::111122223333:role/publisher";
    world.edge("arn:aws:iam::444455556666:user/mira", "arn:aws:iam::444455556666:role/entry", "become");
    world.edge_if("arn:aws:iam::444455556666:role/entry", publisher, "if: become", Some("tagged"));
    world.edge(publisher, web, "push; if: delete");
    world.edge(publisher, api, "push");
    world.edge("arn:aws:iam::111122223333:role/janitor", web, "if: delete");
    world.edge("arn:aws:iam::111122223333:user/kofi", "arn:aws:iam::111122223333:role/janitor", "become");
    world.edge("account 999988887777", api, "pull");
    world
}

fn selected(selection: &Selection) -> Vec<String> {
    let input = selection.of(world().input()).expect("all names are known");
    edges(&Model::new(&input, Limits { fold: Some(Fold::Single), ..Limits::DATA }))
}

const ENTRY_TO_PUBLISHER: &str = "role/entry -> role/publisher: if: become";
const JANITOR_TO_WEB: &str = "role/janitor -> ecr:eu-central-1:111122223333:repository/web: if: delete";
const KOFI_TO_JANITOR: &str = "user/kofi -> role/janitor: become";
const MIRA_TO_ENTRY: &str = "user/mira -> role/entry: become";
const PUBLISHER_TO_API: &str = "role/publisher -> ecr:eu-central-1:111122223333:repository/api: push";
const PUBLISHER_TO_WEB: &str = "role/publisher -> ecr:eu-central-1:111122223333:repository/web: push; if: delete";
const STRANGER_TO_API: &str = "account 999988887777 -> ecr:eu-central-1:111122223333:repository/api: pull";

#[test]
fn nothing_chosen_is_everything() {
    let all = selected(&Selection::default());
    assert_eq!(
        all,
        [
            STRANGER_TO_API,
            ENTRY_TO_PUBLISHER,
            JANITOR_TO_WEB,
            PUBLISHER_TO_API,
            PUBLISHER_TO_WEB,
            KOFI_TO_JANITOR,
            MIRA_TO_ENTRY
        ]
    );
}

#[test]
fn what_is_around_a_node() {
    let around =
        |name: &str, depth| selected(&Selection { focus: Some((name.to_owned(), depth)), ..Default::default() });
    assert_eq!(around("role/publisher", 1), [ENTRY_TO_PUBLISHER, PUBLISHER_TO_API, PUBLISHER_TO_WEB]);
    assert_eq!(around("web", 1), [JANITOR_TO_WEB, PUBLISHER_TO_WEB]);
    // Either way along the edges: over the publisher to what else it pushes.
    assert_eq!(
        around("web", 2),
        [ENTRY_TO_PUBLISHER, JANITOR_TO_WEB, PUBLISHER_TO_API, PUBLISHER_TO_WEB, KOFI_TO_JANITOR]
    );
    assert_eq!(around("web", 9).len(), 7);
    assert_eq!(around("role/publisher", 0), Vec::<String>::new());
    // A pattern means several.
    assert_eq!(around("*:user/*", 1), [KOFI_TO_JANITOR, MIRA_TO_ENTRY]);
}

/// A node that was asked for is there, also if nobody can do anything to it.
#[test]
fn whoever_is_alone_is_drawn_when_asked_for() {
    let selection = Selection { focus: Some(("idle".to_owned(), 1)), ..Selection::default() };
    let input = selection.of(world().input()).expect("it is known");
    assert_eq!(
        input.graph.node_weights().map(|node| node.label.as_str()).collect::<Vec<_>>(),
        ["arn:aws:ecr:eu-central-1:111122223333:repository/idle"]
    );
    assert_eq!(input.graph.edge_count(), 0);
}

#[test]
fn what_is_reached_and_what_reaches() {
    let from = |start: &str| selected(&Selection { from: Some(start.to_owned()), ..Selection::default() });
    let to = |goal: &str| selected(&Selection { to: Some(goal.to_owned()), ..Selection::default() });
    assert_eq!(from("user/mira"), [ENTRY_TO_PUBLISHER, PUBLISHER_TO_API, PUBLISHER_TO_WEB, MIRA_TO_ENTRY]);
    assert_eq!(from("user/kofi"), [JANITOR_TO_WEB, KOFI_TO_JANITOR]);
    assert_eq!(from("web"), Vec::<String>::new());
    assert_eq!(to("api"), [STRANGER_TO_API, ENTRY_TO_PUBLISHER, PUBLISHER_TO_API, MIRA_TO_ENTRY]);
    assert_eq!(to("role/publisher"), [ENTRY_TO_PUBLISHER, MIRA_TO_ENTRY]);
    // Both: what is between.
    let between = Selection { from: Some("user/mira".to_owned()), to: Some("web".to_owned()), ..Selection::default() };
    assert_eq!(selected(&between), [ENTRY_TO_PUBLISHER, PUBLISHER_TO_WEB, MIRA_TO_ENTRY]);
    let none = Selection { from: Some("user/kofi".to_owned()), to: Some("api".to_owned()), ..Selection::default() };
    assert_eq!(selected(&none), Vec::<String>::new());
}

/// With whoever can become somebody who has it, and nobody else.
#[test]
fn what_leads_to_a_capability() {
    let with = |capabilities: &[Capability]| {
        selected(&Selection { capabilities: capabilities.to_vec(), ..Selection::default() })
    };
    let to_web = "role/publisher -> ecr:eu-central-1:111122223333:repository/web: if: delete";
    assert_eq!(
        with(&[Capability::Delete]),
        [ENTRY_TO_PUBLISHER, JANITOR_TO_WEB, to_web, KOFI_TO_JANITOR, MIRA_TO_ENTRY]
    );
    assert_eq!(with(&[Capability::Pull]), [STRANGER_TO_API]);
    let to_web = "role/publisher -> ecr:eu-central-1:111122223333:repository/web: push";
    assert_eq!(
        with(&[Capability::Pull, Capability::Push]),
        [STRANGER_TO_API, ENTRY_TO_PUBLISHER, PUBLISHER_TO_API, to_web, MIRA_TO_ENTRY]
    );
    assert_eq!(with(&[Capability::Administer]), Vec::<String>::new());
}

#[test]
fn what_is_conditional_and_what_crosses_accounts() {
    let conditional = Selection { only_conditional: true, ..Selection::default() };
    let to_web = "role/publisher -> ecr:eu-central-1:111122223333:repository/web: if: delete";
    assert_eq!(selected(&conditional), [ENTRY_TO_PUBLISHER, JANITOR_TO_WEB, to_web]);
    let across = Selection { cross_account: true, ..Selection::default() };
    assert_eq!(selected(&across), [STRANGER_TO_API, ENTRY_TO_PUBLISHER]);
    // Together: both.
    let both = Selection { only_conditional: true, cross_account: true, ..Selection::default() };
    assert_eq!(selected(&both), [ENTRY_TO_PUBLISHER]);
    // The way is found first: what on mira's way leads out of an account is not its first step.
    let way = Selection { from: Some("user/mira".to_owned()), cross_account: true, ..Selection::default() };
    assert_eq!(selected(&way), [ENTRY_TO_PUBLISHER]);
    let all = Selection {
        focus: Some(("role/publisher".to_owned(), 1)),
        to: Some("web".to_owned()),
        capabilities: vec![Capability::Delete],
        only_conditional: true,
        ..Selection::default()
    };
    assert_eq!(selected(&all), [ENTRY_TO_PUBLISHER, to_web]);
}

#[test]
fn names_that_mean_nothing_or_several_things() {
    let of = |name: &str| Selection { from: Some(name.to_owned()), ..Selection::default() }.of(world().input());
    let error = of("user/mirra").expect_err("nobody is called so");
    assert_eq!(error.to_string(), "no node of the graph is called `user/mirra`");
    assert_eq!(error.hint().as_deref(), Some("did you mean `arn:aws:iam::444455556666:user/mira`?"));
    let mut world = world();
    world.node("arn:aws:iam::444455556666:role/publisher", NodeKind::Role, AWAY);
    let selection = Selection { to: Some("role/publisher".to_owned()), ..Selection::default() };
    let error = selection.of(world.input()).expect_err("two are called so");
    assert!(matches!(error, AskError::Ambiguous { .. }), "{error}");
}

/// From the command line, on the sample; and whoever is there, but can do nothing, is told apart from who is not.
#[test]
fn the_command_selects() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let told = |arguments: &[&str], code: i32| {
        let assert = grantlog(folder.path(), arguments).code(code);
        let output = assert.get_output();
        (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (drawn, _) = told(&["graph", "--focus", "storefront/preview", "--capability", "push", "--format", "json"], 0);
    assert!(drawn.contains("\"id\":\"anyone\"") && !drawn.contains("storefront/api"), "{drawn}");
    let (_, said) = told(&["graph", "--focus", "storefrnt/web"], 2);
    assert!(said.contains("no node of the graph is called `storefrnt/web`") && said.contains("did you mean"), "{said}");
    let (_, said) = told(&["graph", "--depth", "2"], 2);
    assert!(said.contains("--focus"), "{said}");
    let (_, said) = told(&["graph", "--capability", "describe"], 2);
    assert!(said.contains("[possible values: pull, push, delete, tag, administer]"), "{said}");
    let (_, said) = told(&["graph", "--format", "csv"], 2);
    assert!(said.contains("the forms of graphs are dot, svg, graphml, mermaid, json"), "{said}");
    let (_, said) = told(&["who-can", "push", "*", "--format", "svg"], 2);
    assert!(said.contains("`svg` is no form of answers"), "{said}");
    let (_, said) = told(&["report", "--format", "svg"], 2);
    assert!(said.contains("`svg` is no form of reports") && said.contains("html"), "{said}");
    let (drawn, said) = told(&["graph", "--from", "storefront/web"], 0);
    assert!(drawn.starts_with("digraph") && said.contains("nobody can do anything of what was selected"), "{said}");
}
