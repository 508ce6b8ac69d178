//! Stores appear whole or not at all, are the same from run to run, and hold names as they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use grantlog::store::{Contents, Parquet, Sqlite, Store, StoreError, write};
use grantlog::{Inventory, Options, derive};
use serde_json::json;

use super::{BOTH, generated, parquet, sqlite, stored};
use crate::tools::{require, require_python};

/// The files below a folder, by name.
fn below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("the folder can be read"));
    let files = entries.filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| {
            let name = entry.path().strip_prefix(folder).expect("it lies below").display().to_string();
            (name, fs::read(entry.path()).expect("the file can be read"))
        })
        .collect()
}

#[test]
fn two_runs_write_the_same_bytes() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for name in ["one", "other"] {
        let inventory = generated(31);
        let relations = derive(&inventory, Options::default());
        let folder = folder.path().join(name);
        fs::create_dir(&folder).expect("there is room for a folder");
        stored(&Sqlite, &relations, false, &folder.join("all.sqlite")).expect("it can be written");
        stored(&Parquet, &relations, false, &folder.join("all")).expect("it can be written");
    }
    let [one, other] = ["one", "other"].map(|name| below(&folder.path().join(name)));
    assert!(one.len() > 4 && one.values().all(|bytes| !bytes.is_empty()), "{:?}", one.keys());
    assert!(one == other, "{:?} differ from {:?}", one.keys(), other.keys());
}

#[test]
fn an_older_store_is_replaced() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let (file, all) = (folder.path().join("all.sqlite"), folder.path().join("all"));
    let (small, large) = (Inventory::sample(), generated(32));
    for inventory in [&large, &small] {
        let relations = derive(inventory, Options::default());
        stored(&Sqlite, &relations, false, &file).expect("it can be written");
        // A slash behind a folder's name, and one that is there already, make no difference.
        stored(&Parquet, &relations, false, &folder.path().join("all/")).expect("it can be written");
    }
    let accounts = fs::read_dir(all.join("grain=capability")).expect("it is there").count();
    assert_eq!(accounts, small.accounts.len(), "nothing is left of the older one");
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 2, "nothing is left beside them");
}

#[test]
fn what_is_not_ours_stays() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let inventory = Inventory::sample();
    let relations = derive(&inventory, Options::default());
    let write = |store: &dyn Store, name: &str| stored(store, &relations, false, &folder.path().join(name));
    let place = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("there is room");
        fs::write(path, text).expect("there is room");
    };
    place("theirs/notes.txt", "mine");
    place("like-ours/grain=capability/account=1/effective.parquet", "mine");
    place("file", "mine");
    for name in ["theirs", "like-ours"] {
        let error = write(&Parquet, name).expect_err("the folder is somebody else's");
        assert!(matches!(&error, StoreError::Foreign { .. }) && error.hint().is_some(), "{error}");
    }
    assert!(matches!(write(&Parquet, "file"), Err(StoreError::InTheWay { what: "a file", .. })));
    assert!(matches!(write(&Sqlite, "theirs"), Err(StoreError::InTheWay { what: "a folder", .. })));
    assert!(matches!(write(&Sqlite, "no/such/folder"), Err(StoreError::Io { .. })));
    #[cfg(unix)]
    for store in [&Sqlite as &dyn Store, &Parquet] {
        let error = write(store, "/dev/null").expect_err("a device is no place for it");
        assert!(matches!(error, StoreError::InTheWay { what: "a device or a pipe", .. }), "{error}");
    }
    write(&Parquet, "ours").expect("it can be written");
    place("ours/grain=capability/notes.txt", "mine");
    assert!(matches!(write(&Parquet, "ours"), Err(StoreError::Foreign { .. })), "a note among ours");
    let left = below(folder.path());
    assert_eq!(left.values().filter(|text| text.as_slice() == b"mine").count(), 4, "{:?}", left.keys());
    assert!(!left.keys().any(|name| name.contains("draft")), "{:?}", left.keys());
    // An empty folder is nobody's.
    fs::create_dir(folder.path().join("empty")).expect("there is room");
    write(&Parquet, "empty").expect("it can be written");
}

#[test]
fn whoever_gives_up_leaves_nothing() {
    let inventory = generated(33);
    for (store, name) in [(&Sqlite as &dyn Store, "all.sqlite"), (&Parquet, "all")] {
        for given_up_at in [0, 1, 3] {
            let folder = tempfile::tempdir().expect("there is room for a folder");
            let relations = derive(&inventory, Options::default());
            let interrupt = relations.options().interrupt.clone();
            if given_up_at == 0 {
                interrupt.stop();
            }
            let progress = |done: usize, _: usize| {
                if done == given_up_at {
                    interrupt.stop();
                }
            };
            let contents =
                Contents { relations: &relations, inputs: &[], direct: false, grains: &BOTH, progress: &progress };
            let outcome = write(store, &contents, &folder.path().join(name));
            assert!(matches!(outcome, Err(StoreError::Interrupted)), "{name} {given_up_at}: {outcome:?}");
            assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 0, "{name} {given_up_at}");
        }
    }
}

fn grantlog(folder: &Path, arguments: &[&str]) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_grantlog"));
    command.env_clear().current_dir(folder).arg("report").args(arguments);
    command
}

#[test]
fn a_store_is_no_text_and_holds_everything() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for arguments in [
        &["--format", "sqlite"][..],
        &["--format", "parquet", "-o", "-"],
        &["matrix", "-o", "all.sqlite"],
        &["--account", "111122223333", "--format", "parquet", "-o", "all"],
    ] {
        let assert = grantlog(folder.path(), arguments).assert().code(2).stdout("");
        let told = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(told.contains("error: ") && told.contains("hint: "), "{arguments:?}: {told}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 0);
    // The ending of a name tells the form.
    grantlog(folder.path(), &["-o", "all.sqlite"]).assert().success().stdout("");
    assert!(fs::read(folder.path().join("all.sqlite")).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0")));
}

#[test]
#[cfg(unix)]
fn where_there_is_no_room_nothing_is_left_and_the_older_one_stays() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for (form, name) in [("sqlite", "all.sqlite"), ("parquet", "all")] {
        grantlog(folder.path(), &["--format", form, "-o", name]).assert().success();
        let before = below(folder.path());
        // No file may have more than 4 KiB; a program that does not look at the signal gets an error.
        let program = env!("CARGO_BIN_EXE_grantlog");
        let line = format!("trap '' XFSZ; ulimit -f 8; exec '{program}' report --format {form} -o {name}");
        let mut shell = assert_cmd::Command::new("sh");
        let assert = shell.env_clear().current_dir(folder.path()).args(["-c", &line]).assert().code(70);
        let told = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(told.contains("error: the result cannot be written: ") && told.contains(name), "{told}");
        assert!(below(folder.path()) == before, "{form}: {:?}", below(folder.path()).keys());
    }
}

/// A text with all that could be mistaken for something else.
const WILD: &str = "'; DROP TABLE principals; --\" \u{0} \u{1b}[31m \u{202e} = \t\n%s \u{fffd} ü 漢 🦀";

/// An account with wild names: of a user, its tags, its policy and its statement.
fn wild() -> Inventory {
    let account = "111122223333";
    let long = "x".repeat(100_000);
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Sid": WILD, "Effect": "Allow", "Action": "ecr-public:*", "Resource": "*"},
        {"Sid": long, "Effect": "Allow", "Action": "sts:GetServiceBearerToken", "Resource": "*",
         "Condition": {"StringEquals": {"aws:RequestTag/a": WILD}}},
    ]});
    let user = json!({"UserName": "wild", "Arn": format!("arn:aws:iam::{account}:user/{WILD}"), "UserId": "AIDAWILD",
        "Path": "/", "Tags": [{"Key": WILD, "Value": long}],
        "UserPolicyList": [{"PolicyName": WILD, "PolicyDocument": document}]});
    let iam = json!({"UserDetailList": [user], "RoleDetailList": [], "GroupDetailList": [], "Policies": []});
    let repository = json!({"repositories": [{"repositoryArn": format!("arn:aws:ecr-public::{account}:repository/web"),
        "registryId": account, "repositoryName": "web"}]});
    Inventory::from_files([
        (format!("{account}/iam.json"), iam.to_string().into_bytes()),
        (format!("{account}/ecr-public/repositories.json"), repository.to_string().into_bytes()),
    ])
}

#[test]
fn wild_names_are_data() {
    let inventory = wild();
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let relations = derive(&inventory, Options::default());
    let database = folder.path().join("all.sqlite");
    stored(&Sqlite, &relations, false, &database).expect("it can be written");
    stored(&Parquet, &relations, false, &folder.path().join("all")).expect("it can be written");
    let name = format!("arn:aws:iam::111122223333:user/{WILD}");
    assert_eq!(inventory.principals.values().next().map(|one| one.arn.as_str()), Some(name.as_str()));
    let hex = |text: &str| text.bytes().fold(String::new(), |all, byte| format!("{all}{byte:02X}"));
    if require("sqlite3") {
        // The shell ends a text at a NUL; the database does not.
        let told = |sql: &str| sqlite::shell(&database, &[sql]);
        let of = |column: &str, table: &str| told(&format!("SELECT hex(CAST({column} AS BLOB)) FROM {table}"));
        assert_eq!(of("name", "principals WHERE kind = 'user'").trim(), hex(&name));
        assert_eq!(of("sid", "statements WHERE number = 1").trim(), hex(WILD));
        assert_eq!(of("key", "principal_tags").trim(), hex(WILD));
        assert_eq!(told("SELECT length(sid) FROM statements WHERE number = 2").trim(), "100000");
        assert_eq!(told("SELECT length(value) FROM principal_tags").trim(), "100000");
        assert_eq!(told("PRAGMA integrity_check").trim(), "ok");
        let held = "SELECT count(*) FROM effective WHERE kind = 'user' AND resource_kind = 'repository'";
        assert_ne!(told(held).trim(), "0");
    }
    if require_python("duckdb") {
        let rows = parquet::ask(
            folder.path(),
            "SELECT DISTINCT hex(principal), action FROM 'all/**/*.parquet' WHERE kind = 'user' AND action = 'administer'",
        );
        assert_eq!(rows, [[json!(hex(&name)), json!("administer")]]);
    }
}
