//! Pictures that Graphviz lays out: there or not, in time or not, whole or not at all.

use std::fs;
use std::time::Duration;

use grantlog::graph::svg::Svg;
use grantlog::graph::{DrawError, Limits, Model, Renderer as _, dot};

use super::{grantlog, graphviz, world};
use crate::tools::require;

#[test]
fn an_svg_holds_what_the_document_says() {
    if !require("dot") {
        return;
    }
    let model = Model::new(&world().input(), Limits::PICTURE);
    let mut picture = Vec::new();
    Svg::default().render(&model, &mut picture).expect("Graphviz is there");
    let text = String::from_utf8(picture).expect("it is text");
    assert!(text.starts_with("<?xml") && text.trim_end().ends_with("</svg>"), "{text}");
    assert!(text.contains("storefront/web") && text.contains("12 roles like ci"), "{text}");
    // As if one had done it by hand.
    assert_eq!(text.as_bytes(), graphviz(&dot::render(&model), "svg").1);
}

#[test]
fn the_ending_of_a_file_tells_the_form() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("it is written");
    for (name, begins) in [
        ("g.dot", "digraph permissions {"),
        ("g.gv", "digraph permissions {"),
        ("g.txt", "digraph permissions {"),
        ("g.graphml", "<?xml"),
        ("g.mmd", "flowchart LR"),
        ("g.json", "{\"directed\": true"),
    ] {
        grantlog(folder.path(), &["graph", "-o", name]).success();
        assert!(read(name).starts_with(begins), "{name}: {}", read(name));
    }
    // What is said counts more.
    grantlog(folder.path(), &["graph", "--format", "mermaid", "-o", "h.json"]).success();
    assert!(read("h.json").starts_with("flowchart LR"));
    if require("dot") {
        grantlog(folder.path(), &["graph", "-o", "g.svg"]).success();
        assert!(read("g.svg").contains("</svg>"));
    }
    let assert = grantlog(folder.path(), &["graph", "-o", "g.png"]).code(2);
    let told = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(told.contains("`.png` is no form of a graph") && told.contains("dot -Tpng"), "{told}");
    assert!(!folder.path().join("g.png").exists());
}

/// Without Graphviz nothing is written, and it is said what to do.
#[test]
#[cfg(unix)]
fn without_graphviz_there_is_a_hint_and_no_file() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_grantlog"));
    command.env_clear().env("PATH", folder.path()).current_dir(folder.path());
    let assert = command.args(["graph", "-o", "g.svg"]).assert().code(70);
    let told = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(told.contains("`dot` is not installed") && told.contains("install the package `graphviz`"), "{told}");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder is there").count(), 0);
}

/// A program of that name which does something else.
#[cfg(unix)]
fn with_program(script: &str, check: impl FnOnce(&std::path::Path)) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let program = folder.path().join("dot");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("there is room");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
    check(folder.path());
}

#[test]
#[cfg(unix)]
fn a_program_that_fails_is_quoted_and_nothing_is_written() {
    with_program("cat >/dev/null; echo half; printf 'it is \\033[31mbroken\\n' >&2; exit 3", |folder| {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_grantlog"));
        let path = format!("{}:/usr/bin:/bin", folder.display());
        command.env_clear().env("PATH", path).current_dir(folder);
        let assert = command.args(["graph", "-o", "g.svg"]).assert().code(70);
        let told = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(told.contains("Graphviz drew nothing: it is broken"), "{told}");
        assert!(!folder.join("g.svg").exists());
    });
}

#[test]
fn what_takes_too_long_is_given_up() {
    if !require("dot") {
        return;
    }
    let model = Model::new(&world().input(), Limits::PICTURE);
    let given_up = Svg { patience: Duration::ZERO }.render(&model, &mut Vec::new());
    assert!(matches!(given_up, Err(DrawError::Slow(0))), "{given_up:?}");
}
