//! Snapshots: what is opened answers as the exports do, what is damaged is refused, and what is forged harms nobody.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use grantlog::explain::prove;
use grantlog::inventory::{Inventory, SnapshotError};
use grantlog::query::Scope;
use grantlog::report::{Style, diagnostic_line, diagnostic_picture};
use proptest::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::files::gzip;
use crate::readers;

/// Magic, version, length; and the checksum.
const HEAD: usize = 16;
const FOOT: usize = 8;

fn grantlog(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_clear().args(arguments);
    command.output().expect("the program starts")
}

fn again(inventory: &Inventory) -> Inventory {
    Inventory::from_snapshot(&inventory.to_snapshot()).unwrap_or_else(|error| panic!("{error}"))
}

/// Everything that one can ask of an input, in several forms.
fn questions(inventory: &Inventory) -> Vec<Vec<String>> {
    let mut questions: Vec<Vec<String>> = [
        "-c|list accounts|-c|list principals|-c|list repositories|-c|list gaps|-c|list diagnostics|-c|summary|--verbose",
        "list|diagnostics|--format|json|--verbose",
        "who-can|push|*|--format|jsonl",
        "what-can|*|--expand|--format|csv",
        "summary|--strict",
        "graph",
        "facts|--format|json",
    ]
    .map(|line| line.split('|').map(str::to_owned).collect())
    .to_vec();
    let principals: Vec<_> = inventory.principals.values().map(|one| one.arn.to_string()).collect();
    for (number, repository) in inventory.repositories.values().enumerate().take(2) {
        let who = principals.get(number * 7 % principals.len().max(1)).map_or("anyone", String::as_str);
        for question in ["can", "why"] {
            questions.push([question, who, "push", repository.arn.as_str()].map(str::to_owned).to_vec());
        }
    }
    questions
}

/// Compiles the data, and asks the same of it and of the snapshot.
fn check(data: Option<&str>) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("org.glx");
    let file = file.to_str().expect("the name is text");
    let of_data = data.map_or_else(Vec::new, |data| vec!["--data", data]);
    let compiled = grantlog(&[&["compile", "-o", file], data.as_slice()].concat());
    let Ok(inventory) = data.map_or_else(|| Ok(Inventory::sample()), |data| Inventory::load([data])) else {
        let refused = grantlog(&[&["list", "accounts"], &of_data[..]].concat());
        assert_eq!(compiled, refused, "{data:?}");
        assert!(!Path::new(file).exists(), "{data:?}");
        return;
    };
    assert!(compiled.status.success() && compiled.stdout.is_empty(), "{data:?}: {compiled:?}");
    for question in questions(&inventory) {
        let question: Vec<&str> = question.iter().map(String::as_str).collect();
        let expected = grantlog(&[&question, &of_data[..]].concat());
        assert_eq!(grantlog(&[&question, &["--data", file][..]].concat()), expected, "{data:?}: {question:?}");
    }
}

#[test]
fn a_snapshot_of_the_sample_answers_as_the_sample_does() {
    check(None);
}

#[test]
fn a_snapshot_answers_as_its_exports_do() {
    for case in readers::cases() {
        check(Some(&format!("tests/data/exports/{case}")));
    }
}

#[test]
fn a_snapshot_holds_what_its_exports_hold() {
    for case in readers::cases() {
        let plain = readers::files(&case);
        let packed = plain.iter().map(|(name, bytes)| (format!("{name}.gz"), gzip(bytes)));
        for inventory in [Inventory::from_files(plain.clone()), Inventory::from_files(packed)] {
            let opened = again(&inventory);
            assert_eq!(readers::summary(&opened, ""), readers::summary(&inventory, ""), "{case}");
            for ((_, one), (_, other)) in opened.sources.iter().zip(inventory.sources.iter()) {
                assert_eq!((&one.name, one.text(), one.origin), (&other.name, other.text(), other.origin), "{case}");
            }
        }
    }
}

#[test]
fn the_same_inventory_is_the_same_bytes() {
    for case in readers::cases() {
        let bytes = Inventory::from_files(readers::files(&case)).to_snapshot();
        assert_eq!(Inventory::from_files(readers::files(&case)).to_snapshot(), bytes, "{case}");
        let opened = Inventory::from_snapshot(&bytes).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(opened.to_snapshot(), bytes, "{case}");
    }
}

#[test]
fn compiling_says_what_was_written() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("sample.glx");
    let output = grantlog(&["compile", "-o", file.to_str().expect("the name is text")]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let size = fs::metadata(&file).expect("it was written").len().div_ceil(1024);
    let inventory = Inventory::sample();
    let holdings = format!(
        "compiled {} accounts, {} principals, {} repositories: {size} KiB",
        inventory.accounts.len(),
        inventory.principals.len(),
        inventory.repositories.len()
    );
    assert!(said.lines().any(|line| line == holdings), "{said}");
    // Sent into a pipe, it is the same.
    assert_eq!(grantlog(&["compile"]).stdout, fs::read(&file).expect("it was written"));
    let left: Vec<_> = fs::read_dir(folder.path()).expect("the folder is there").flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

/// Puts content into a frame, as `compile` does.
fn frame(version: u32, content: &[u8]) -> Vec<u8> {
    let length = (HEAD + content.len() + FOOT) as u64;
    let mut bytes = [b"\x89GLX", &version.to_le_bytes()[..], &length.to_le_bytes(), content].concat();
    bytes.extend(xxh3_64(&bytes).to_le_bytes());
    bytes
}

fn content(bytes: &[u8]) -> &[u8] {
    &bytes[HEAD..bytes.len() - FOOT]
}

#[test]
fn refusals_name_the_file_and_say_what_to_do() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let root = folder.path().to_str().expect("the name is text");
    let write = |name: &str, bytes: &[u8]| {
        fs::create_dir_all(folder.path().join(name).parent().expect("it lies in a folder")).expect("there is room");
        fs::write(folder.path().join(name), bytes).expect("there is room for a file");
        format!("{root}/{name}")
    };
    let good = Inventory::sample().to_snapshot();
    assert_eq!(frame(2, content(&good)), good, "the frame is that of version 2");
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    let whole = write("org.glx", &good);
    write("beside/org.glx", &good);
    write("beside/111122223333/iam.json", b"{\"UserDetailList\": []}");
    let cases = [
        vec![write("version.glx", &frame(4096, content(&good)))],
        vec![write("checksum.glx", &flipped)],
        vec![write("cut.glx", &good[..good.len() / 2])],
        vec![write("stub.glx", &good[..7])],
        vec![write("longer.glx", &[&good[..], b"\n"].concat())],
        vec![write("forged.glx", &frame(2, b"nothing"))],
        vec![whole.clone(), write("111122223333/iam.json", b"{\"UserDetailList\": []}")],
        vec![whole.clone(), whole],
        vec![format!("{root}/beside")],
        vec![write("packed.glx.gz", &gzip(&good))],
    ];
    let mut told = Vec::new();
    for paths in cases {
        let data = paths.iter().flat_map(|path| ["--data", path]);
        let output = grantlog(&["list", "accounts"].into_iter().chain(data).collect::<Vec<_>>());
        let names: Vec<_> = paths.iter().map(|path| path.replace(&format!("{root}/"), "")).collect();
        let said = String::from_utf8_lossy(&output.stderr).replace(&format!("{root}/"), "");
        told.push(format!("{}, exit {:?}\n{said}", names.join(" "), output.status.code()));
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("snapshot-refusals", told.join("\n"));
    });
    let bytes = b"{}";
    assert_eq!(Inventory::from_snapshot(bytes).err(), Some(SnapshotError::Magic));
}

/// A snapshot that lies in a folder by itself, or is named by the environment, is opened too.
#[test]
fn a_snapshot_is_given_like_any_file() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("any name");
    fs::write(&file, Inventory::sample().to_snapshot()).expect("there is room for a file");
    let expected = grantlog(&["list", "principals"]);
    for path in [folder.path(), &file] {
        let path = path.to_str().expect("the name is text");
        assert_eq!(grantlog(&["list", "principals", "--data", path]), expected);
        let mut command = Command::new(env!("CARGO_BIN_EXE_grantlog"));
        let command = command.env_clear().env("GRANTLOG_DATA", path).args(["list", "principals"]);
        assert_eq!(command.output().expect("the program starts"), expected);
    }
    // A snapshot can be compiled again.
    let file = file.to_str().expect("the name is text");
    assert_eq!(grantlog(&["compile", file]).stdout, fs::read(file).expect("it was written"));
}

/// One of each thing that is written: the last of the variants of each type, and every field filled.
fn everything() -> Inventory {
    let statement = r#"{"Sid": "a", "Effect": "Deny", "NotAction": "ecr:*", "NotPrincipal": {"AWS": [
        "arn:aws:iam::111122223333:user/x", "444455556666", "AIDAEXAMPLEEXAMPLE", "arn:aws:iam::444455556666:root",
        "arn:aws:sts::111122223333:assumed-role/r/s", "arn:aws:sts::111122223333:federated-user/f"],
        "Service": "codebuild.amazonaws.com", "Federated": "cognito-identity.amazonaws.com", "CanonicalUser": "c"},
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["${aws:username}", "b"]}}}"#;
    let identity = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ecr:Put*", "ecr-public:*"],
        "Resource": ["arn:aws:ecr:*:*:repository/${aws:PrincipalTag/team}/*", "*"]}]}"#;
    let trust = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::444455556666:group/g", "Service": "*.amazonaws.com"}}}"#;
    let text = |document: &str| serde_json::to_string(document).expect("a text is JSON");
    let iam = format!(
        r#"{{"UserDetailList": [{{"Arn": "arn:aws:iam::111122223333:user/alice", "UserId": "AIDAEXAMPLEEXAMPLE",
        "GroupList": ["pushers", "gone"], "Tags": [{{"Key": "team", "Value": "web"}}],
        "AttachedManagedPolicies": [{{"PolicyName": "P", "PolicyArn": "arn:aws:iam::111122223333:policy/P"}},
        {{"PolicyName": "A", "PolicyArn": "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly"}},
        {{"PolicyName": "Gone", "PolicyArn": "arn:aws:iam::111122223333:policy/Gone"}}],
        "PermissionsBoundary": {{"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/B"}}}}],
        "RoleDetailList": [{{"Arn": "arn:aws:iam::111122223333:role/r", "AssumeRolePolicyDocument": {trust},
        "PermissionsBoundary": {{"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/P"}}}}],
        "GroupDetailList": [{{"Arn": "arn:aws:iam::111122223333:group/pushers", "GroupPolicyList": [
        {{"PolicyName": "push", "PolicyDocument": {identity}}}]}}],
        "Policies": [{{"Arn": "arn:aws:iam::111122223333:policy/P", "PolicyVersionList": [
        {{"IsDefaultVersion": true, "Document": {identity}}}]}}]}}"#
    );
    let repositories = r#"{"repositories": [
        {"repositoryArn": "arn:aws:ecr:eu-central-1:111122223333:repository/web", "registryId": "111122223333",
         "repositoryName": "web"},
        {"repositoryArn": "arn:aws:ecr:eu-central-1:111122223333:repository/untold", "registryId": "111122223333",
         "repositoryName": "untold"}]}"#;
    let policy = format!(
        r#"{{"registryId": "111122223333", "repositoryName": "web", "policyText": {}}}"#,
        text(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#))
    );
    let registry = format!(
        r#"{{"registryId": "111122223333", "policyText": {}}}"#,
        text(&format!(r#"{{"Statement": [{}]}}"#, statement.replace("ecr:*", "ecr:CreateRepository")))
    );
    let configuration = text(&format!(
        r#"{{"arn": "arn:aws:iam::444455556666:user/bob", "userPolicyList": [{{"policyName": "i", "policyDocument": {}}}]}}"#,
        text(identity)
    ));
    let item = format!(
        r#"{{"Results": [{}], "QueryInfo": {{}}}}"#,
        text(&format!(
            r#"{{"resourceType": "AWS::IAM::User", "accountId": "444455556666", "configuration": {configuration}}}"#
        ))
    );
    let organization =
        r#"{"Organization": {"Id": "o-alpha00001", "FeatureSet": "ALL", "MasterAccountId": "444455556666"}}"#;
    let roots = r#"{"Roots": [{"Id": "r-root", "Arn": "arn:aws:organizations::444455556666:root/o-alpha00001/r-root",
        "Name": "Root", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}]}"#;
    let accounts = r#"{"Accounts": [{"Id": "111122223333", "Name": "build",
        "Arn": "arn:aws:organizations::444455556666:account/o-alpha00001/111122223333"}]}"#;
    let failed = r#"{"request": {"service": "ecr", "operation": "GetRegistryPolicy", "account": "111122223333",
        "region": "eu-west-1", "parameters": {}}, "error": {"Code": "AccessDeniedException"}}"#;
    let files = [
        ("111122223333/iam.json", iam.as_str()),
        ("111122223333/ecr/eu-central-1/repositories.json", repositories),
        ("111122223333/ecr/eu-central-1/policy/web.json", &policy),
        ("111122223333/ecr/eu-central-1/registry-policy.json", &registry),
        ("444455556666/config/items.json", &item),
        ("organization/organization.json", organization),
        ("organization/roots.json", roots),
        ("organization/accounts.json", accounts),
        ("111122223333/failed.json", failed),
        ("broken.json", "{\"UserDetailList\": ["),
    ];
    Inventory::from_files(files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())))
}

/// A snapshot is read by programs that were built later. If this hash is another one because the layout changed
/// (a type of the world or of the language, the order of the tables), raise `VERSION` in
/// `src/inventory/snapshot/mod.rs`, and both numbers here. If only what is read from these exports changed
/// (a message, a gap), or how texts are compressed, the hash alone is new.
#[test]
fn layout_is_that_of_its_version() {
    let inventory = everything();
    assert!(inventory.sources.iter().any(|(_, source)| source.origin.is_some()), "a text was unpacked");
    assert!(!inventory.registry_policies.is_empty() && !inventory.registry_gaps.is_empty());
    assert!(!inventory.organizations.is_empty() && !inventory.gaps.is_empty());
    let bytes = inventory.to_snapshot();
    let version = u32::from_le_bytes(bytes[4..8].try_into().expect("four bytes are four"));
    let rows: Vec<u8> = tables(content(&bytes)).concat();
    assert_eq!((version, format!("{:016x}", xxh3_64(&rows))), (2, "939bc8992e3d8521".to_owned()));
}

/// The tables of a content, each with its lengths.
fn tables(mut content: &[u8]) -> Vec<&[u8]> {
    let mut tables = Vec::new();
    for _ in 0..13 {
        let number = |at: usize| u64::from_le_bytes(content[at..at + 8].try_into().expect("eight bytes are eight"));
        let chunks = usize::try_from(number(0)).expect("it is small");
        let rows: u64 = (1..=chunks).map(|chunk| number(chunk * 8)).sum();
        let (table, rest) = content.split_at(8 + chunks * 8 + usize::try_from(rows).expect("it is small"));
        tables.push(table);
        content = rest;
    }
    tables
}

/// Opens what somebody forged, and asks all that can be asked of it.
fn ask(bytes: &[u8]) -> bool {
    let Ok(inventory) = Inventory::from_snapshot(bytes) else { return false };
    for diagnostic in &inventory.diagnostics {
        let _ = diagnostic_line(diagnostic, &inventory.sources);
        let _ = diagnostic_picture(diagnostic, &inventory.sources, Style::default());
    }
    let _ = readers::summary(&inventory, "");
    let relations = grantlog::derive(&inventory, grantlog::Options::default());
    let all = Scope { direct: false, all: true };
    let _ = relations.who_can("push", "*", all);
    let _ = relations.what_can("*", None, Scope::default());
    let _ = relations.summary(&|_, _| {});
    if let Ok(answer) = relations.can("*", "ecr:PutImage", "*", all) {
        for row in answer.rows.iter().take(3) {
            let _ = prove(&relations, &row.principal, "ecr:PutImage", &row.resource, all);
        }
    }
    let _ = inventory.to_snapshot();
    true
}

/// Changes some bytes, cuts some out, and puts some in: most of them in the tables.
fn forged(content: &[u8], changes: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    let rows: usize = tables(content).iter().map(|table| table.len()).sum();
    let mut bytes = content.to_vec();
    for (at, kind, byte) in changes {
        let at = at.index(if byte % 8 == 0 { bytes.len() } else { rows.min(bytes.len()) });
        match kind {
            0 => bytes.insert(at, *byte),
            1 if bytes.len() > 1 => drop(bytes.remove(at)),
            2 => bytes[at] = bytes[at].wrapping_add(1),
            3 => bytes[at] ^= 0x80,
            _ => bytes[at] = *byte,
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn forged_snapshots_are_refused_or_answered(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..12, any::<u8>()), 1..6),
    ) {
        let good = everything().to_snapshot();
        ask(&frame(2, &forged(content(&good), &changes)));
    }

    #[test]
    fn any_bytes_in_a_frame_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(!ask(&frame(2, &bytes)));
    }
}

/// A text that is not the one whose length was told is an empty one.
#[test]
fn texts_that_do_not_unpack_are_empty() {
    let good = everything().to_snapshot();
    let whole = content(&good);
    let texts: usize = tables(whole).iter().map(|table| table.len()).sum();
    let mut forged = whole.to_vec();
    forged[texts..].fill(0xFF);
    assert!(ask(&frame(2, &forged)));
    let inventory = Inventory::from_snapshot(&frame(2, &forged)).expect("no place is beyond what was told");
    assert!(inventory.sources.iter().all(|(_, source)| source.text().is_empty()));
}

/// A text that shrinks more than any honest one may is kept as it is.
#[test]
fn texts_that_would_grow_too_much_are_not_packed() {
    let spaces = " ".repeat(1 << 20) + "{\"UserDetailList\": []}";
    let inventory = Inventory::from_files([("111122223333/iam.json".to_owned(), spaces.clone().into_bytes())]);
    let bytes = inventory.to_snapshot();
    assert!(bytes.len() > spaces.len());
    let opened = Inventory::from_snapshot(&bytes).expect("it is whole");
    assert!(opened.sources.iter().next().is_some_and(|(_, source)| source.text() == spaces));
}
