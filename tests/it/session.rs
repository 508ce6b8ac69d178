//! Sessions without a terminal: scripts, where answers go, and what happens after a wrong line.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

/// The shell, reading these lines in a folder.
fn session(folder: &Path, lines: &str, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    command.env_clear().current_dir(folder).arg("repl").args(arguments).write_stdin(lines).assert()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn answers_go_to_a_file_and_back() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let lines = ".mode csv\nlist accounts count\n.output accounts.csv\nlist accounts\n.output\nlist sets\n";
    let assert = session(folder.path(), lines, &[]).success();
    assert_eq!(text(&assert.get_output().stdout), "count\n4\nset,kind,members\n");
    let file = fs::read_to_string(folder.path().join("accounts.csv")).expect("the file is written");
    assert_eq!(file.lines().count(), 5, "{file}");
    // It is written at the end of the session, too.
    session(folder.path(), ".output other.txt\nlist accounts\n", &[]).success();
    assert!(folder.path().join("other.txt").exists());
}

#[test]
fn a_session_is_saved_and_read_again() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let lines = "let web = who can push on storefront/web\n.mode jsonl\nweb count\n.save audit.gl\n";
    let first = session(folder.path(), lines, &[]).success();
    let script = fs::read_to_string(folder.path().join("audit.gl")).expect("the script is written");
    assert_eq!(script, "let web = who can push on storefront/web\n.mode jsonl\nweb count\n");
    let again = session(folder.path(), ".read audit.gl\n", &[]).success();
    assert_eq!(text(&first.get_output().stdout), text(&again.get_output().stdout));
}

#[test]
fn a_wrong_line_of_a_script_is_told_with_its_place() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    fs::write(folder.path().join("audit.gl"), "# pushes\nlist accounts count\n\nwho can pusch on *\nlist gaps\n")
        .expect("the folder can be written");
    let assert = session(folder.path(), ".read audit.gl\n", &[]).code(2);
    insta::assert_snapshot!(text(&assert.get_output().stderr), @r"
    input: 2 notes, 1 gap; see `grantlog list diagnostics` and `grantlog list gaps`
    error: audit.gl:4: no action is called `pusch`
      hint: did you mean `push`?
    ");
    fs::write(folder.path().join("loop.gl"), ".read loop.gl\n").expect("the folder can be written");
    let assert = session(folder.path(), ".read loop.gl\n", &[]).code(2);
    assert!(text(&assert.get_output().stderr).contains("scripts read each other more than 8 deep"));
    let assert = session(folder.path(), ".read nothing.gl\n", &[]).code(2);
    assert!(text(&assert.get_output().stderr).contains("nothing.gl: No such file"));
}

#[test]
fn the_first_wrong_line_ends_a_session_unless_it_is_to_keep_going() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let lines = ".mode csv\nlist cars\nlist accounts count\n";
    let assert = session(folder.path(), lines, &[]).code(2);
    assert_eq!(text(&assert.get_output().stdout), "");
    let assert = session(folder.path(), lines, &["--keep-going"]).code(2);
    assert_eq!(text(&assert.get_output().stdout), "count\n4\n");
    assert!(text(&assert.get_output().stderr).contains("`cars` is nothing to list"));
}

#[test]
fn other_data_is_loaded_in_the_same_session() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/organization/444455556666");
    let lines =
        format!(".mode csv\nlist accounts count\n.load {data}\nlist accounts count\n.reload\nlist accounts count\n");
    let assert = session(folder.path(), &lines, &[]).success();
    assert_eq!(text(&assert.get_output().stdout), "count\n4\ncount\n1\ncount\n1\n");
    let assert = session(folder.path(), ".load nowhere\n", &[]).code(2);
    assert!(text(&assert.get_output().stderr).contains("nowhere"));
}

#[test]
fn a_graph_is_drawn_around_a_node() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    session(folder.path(), ".graph all.dot\n.graph web.dot storefront/web\n", &[]).success();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("the graph is drawn");
    let (all, web) = (read("all.dot"), read("web.dot"));
    assert!(web.starts_with("digraph permissions {") && web.contains("storefront/web"));
    assert!(!web.contains("seaboard/charts") && all.contains("seaboard/charts"));
    let assert = session(folder.path(), ".graph x.dot no-such-thing\n", &[]).code(2);
    assert!(text(&assert.get_output().stderr).contains("no node of the graph is called `no-such-thing`"));
    assert!(!folder.path().join("x.dot").exists());
    // The ending tells the form.
    session(folder.path(), ".graph web.json storefront/web\n.graph web.mmd storefront/web\n", &[]).success();
    assert!(read("web.json").starts_with("{\"directed\": true") && read("web.mmd").starts_with("flowchart LR"));
    let lines = ".graph proof.json why can user/ines push on storefront/web\n";
    let assert = session(folder.path(), lines, &[]).code(2);
    assert!(text(&assert.get_output().stderr).contains("a proof is drawn as dot or svg, and not as json"));
    let assert = session(folder.path(), ".graph web.png\n", &[]).code(2);
    assert!(text(&assert.get_output().stderr).contains("`.png` is no form of a graph"));
}

#[test]
fn a_proof_is_drawn_where_a_question_stands_in_the_place_of_a_node() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let lines = "who can push on storefront/web where principal is user/lena, user/ines\n\
         .graph one.dot why can user/ines push on storefront/web\n.graph row.dot why 1\n\
         .graph way.dot how can user/developers/mira become role/release/publisher\n";
    session(folder.path(), lines, &[]).success();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("the proof is drawn");
    assert!(read("one.dot").starts_with("digraph proof {"));
    assert_eq!(read("one.dot"), read("row.dot"));
    assert!(read("way.dot").contains("ReleasePipeline"));
    let assert = session(folder.path(), ".graph x.dot why can mira pusch\n", &[]).code(2);
    insta::assert_snapshot!(text(&assert.get_output().stderr).lines().skip(1).collect::<Vec<_>>().join("\n"), @r"
    error: expected a repository
      why can mira pusch
                        ^
      hint: write `why can PRINCIPAL ACTION on REPOSITORY`
    ");
    let assert = session(folder.path(), ".graph x.dot why 3\n", &[]).code(2);
    assert!(text(&assert.get_output().stderr).contains("there is no row 3"));
    assert!(!folder.path().join("x.dot").exists());
}

#[test]
fn sets_and_rules_stay_when_other_data_is_loaded() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/organization");
    let define = "let pushers = who can push on storefront/web where principal is mira, ines\n\
         let charts = list repositories where repository is seaboard/charts\n\
         via(P, Q) :- can_assume(P, Q). via(P, R) :- via(P, Q), can_assume(Q, R).\n\
         ines(R) :- capable(ines, push, R, _).\n\
         twice(R) :- ines(R), visibility(R, public).\n";
    // Read again, everything is there.
    let lines = format!("{define}.mode csv\n.reload\npushers count\ncharts count\n.rules\n");
    let assert = session(folder.path(), &lines, &["--data", data]).success();
    let all = "via(P, Q) :- can_assume(P, Q).\nvia(P, R) :- via(P, Q), can_assume(Q, R).\n\
        ines(R) :- capable(ines, push, R, _).\ntwice(R) :- ines(R), visibility(R, public).\n";
    let printed = text(&assert.get_output().stdout);
    assert!(printed.ends_with(&format!("count\n2\ncount\n1\n{all}")), "{printed}");
    assert!(!text(&assert.get_output().stderr).contains("note:"));
    // In Seaboard alone there is no ines, and nothing that is said of her.
    let lines = format!(
        "{define}what if delete user/ines\n.mode csv\n.load {data}/444455556666\npushers\ncharts count\n.rules\n"
    );
    let assert = session(folder.path(), &lines, &["--data", data]).success();
    let printed = text(&assert.get_output().stdout);
    let left = "principal\narn:aws:iam::444455556666:user/developers/mira\ncount\n1\n\
        via(P, Q) :- can_assume(P, Q).\nvia(P, R) :- via(P, Q), can_assume(Q, R).\n";
    assert!(printed.ends_with(left), "{printed}");
    let told = text(&assert.get_output().stderr);
    let notes: Vec<&str> = told.lines().skip_while(|line| !line.starts_with("note:")).collect();
    insta::assert_snapshot!(notes.join("\n"), @r"
    note: pushers: 1 of 2 principals are not in the data that was loaded: arn:aws:iam::111122223333:user/ines
    note: a rule is forgotten: no principal is called `ines`
      ines(R) :- capable(ines, push, R, _).
                         ^^^^
    note: a rule is forgotten: there is no relation called `ines`
      twice(R) :- ines(R), visibility(R, public).
                  ^^^^
      hint: docs/questions.md lists the relations; a rule defines another
    note: 1 change is forgotten; `what if` makes it again
    ");
}

#[test]
fn relations_are_shown_and_rules_are_kept() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let lines =
        ".mode csv\n.schema trust\nown(R) :- repository(R),\n  visibility(R, public).\n.rules\n.rules clear\n.rules\n";
    let assert = session(folder.path(), lines, &[]).success();
    insta::assert_snapshot!(text(&assert.get_output().stdout), @r#"
    relation,a_row_says,example
    "trust(role: principal, policy)",the trust policy of the role,"?- trust(""role/release/publisher"", X)."
    own(R) :- repository(R),
      visibility(R, public).
    "#);
    let assert = session(folder.path(), ".schema nothing\n", &[]).code(2);
    assert!(text(&assert.get_output().stderr).contains("no relation is called `nothing`"));
}

#[test]
fn open_lines_of_scripts_go_on_in_the_next() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let lines = ".mode csv\nlist accounts where (account is 111122223333\n or account is 222233334444) count\n";
    let assert = session(folder.path(), lines, &[]).success();
    assert_eq!(text(&assert.get_output().stdout), "count\n2\n");
}
