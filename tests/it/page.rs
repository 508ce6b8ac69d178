//! The page: opened in a headless Chromium and used as a person uses it, by `tests/page/page.py`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use grantlog::catalog::{Capability, ResourceKind};
use grantlog::inventory::Inventory;
use grantlog::policy::AccountId;
use grantlog::query::{Column, Frame, Matrix, MatrixCell, Party, Scope, Verdict};
use grantlog::report::{About, Document, Page, Section};
use grantlog::{Options, derive};
use grantlog_generator::Shape;
use serde_json::{Value, json};

use crate::tools::{find, require_python};

/// Names that would be markup, script or another direction of writing, if they were more than names.
const SID: &str = "</script><script>window.hacked=1</script>";
const NAMES: [&str; 4] =
    [SID, "<img src=x onerror=window.hacked=1>", "\"><svg onload=window.hacked=1>", "javascript:window.hacked=1//"];

/// The page about an inventory, with everything on it.
fn page(inventory: &Inventory) -> Vec<u8> {
    let relations = derive(inventory, Options::default());
    let matrix = relations.matrix(&Frame::default(), &|_, _| {}).expect("nobody interrupts");
    let mut page = Page::of(inventory);
    let told = relations.matrix_ways(&matrix, false, &|_, _| {}, |cell, member, row| page.ground(cell, member, row));
    told.expect("nobody interrupts");
    relations.becomings(&matrix).iter().for_each(|step| page.becoming(step));
    let found = grantlog::finding::Suppressions::default().part(relations.findings(&|_, _| {}), jiff::civil::Date::MIN);
    let sections =
        vec![Section::Summary(relations.summary(&|_, _| {})), Section::Findings(found), Section::Matrix(matrix)];
    written(page, About::of(inventory), sections)
}

fn written(page: Page, about: About, sections: Vec<Section>) -> Vec<u8> {
    let document = Document { title: "A report".to_owned(), about, sections, silent: Vec::new() };
    let mut bytes = Vec::new();
    page.write(&document, &mut bytes).expect("memory takes it");
    bytes
}

/// An account whose names try to be more than names.
fn hostile() -> Inventory {
    let [_, image, vector, link] = NAMES;
    let document = |sid: &str| {
        json!({"Version": "2012-10-17", "Statement": [{"Sid": sid, "Effect": "Allow", "Action": "ecr:*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestTag/x": link}}},
            {"Sid": sid, "Effect": "Allow", "Action": ["ecr:*", "iam:*"], "Resource": "*"}]})
    };
    let users = json!({"UserDetailList": [{"Arn": "arn:aws:iam::111122223333:user/mallory", "UserPolicyList": [
        {"PolicyName": image, "PolicyDocument": document(SID)}]}]});
    let repositories = json!({"repositories": [
        {"repositoryArn": "arn:aws:ecr:eu-central-1:111122223333:repository/web", "repositoryName": "web"}]});
    let policies = json!({"registryId": "111122223333", "repositoryName": "web", "policyText": json!({
        "Version": "2012-10-17", "Statement": [{"Sid": vector, "Effect": "Allow", "Principal": "*", "Action": "ecr:*"}]}).to_string()});
    let name = format!("{image}.json");
    Inventory::from_files([
        (name, users.to_string().into_bytes()),
        ("111122223333/eu-central-1/repositories.json".to_owned(), repositories.to_string().into_bytes()),
        ("111122223333/eu-central-1/policy.json".to_owned(), policies.to_string().into_bytes()),
    ])
}

/// 2,000 rows of five principals each, 500 columns, thirty cells a row.
fn large() -> Vec<u8> {
    const ACCOUNTS: u64 = 50;
    let account = |number: usize, of: usize| {
        let number = u64::try_from(number).expect("it is small") * ACCOUNTS / u64::try_from(of).expect("it is small");
        AccountId::parse(&(100_000_000_000 + number).to_string()).expect("twelve digits")
    };
    let party = |row: usize| {
        let account = account(row, 2_000);
        let name = |number| format!("arn:aws:iam::{account}:role/teams/build-{row}-{number}");
        Party { kind: "role", account: Some(account), names: (0..5).map(name).collect() }
    };
    let column = |number: usize| {
        let account = account(number, 500);
        let name = format!("arn:aws:ecr:eu-central-1:{account}:repository/team-{number}/app");
        Column { account, kind: ResourceKind::Repository, is_public: number.is_multiple_of(11), names: vec![name] }
    };
    let cell = |party: usize, at: usize| {
        let column = (party / 4 + at * at) % 500;
        let capability = Capability::ALL[(party * 5 + at * 3) % 6];
        let verdict = if at.is_multiple_of(5) { Verdict::Conditional } else { Verdict::Allowed };
        let own = (!at.is_multiple_of(7)).then_some(verdict);
        let condition = (verdict == Verdict::Conditional).then(|| "aws:MultiFactorAuthPresent is true".into());
        MatrixCell { party, column, capability, verdict, own, condition }
    };
    let mut cells: BTreeMap<(usize, usize, Capability), MatrixCell> = BTreeMap::new();
    for one in (0..2_000).flat_map(|row| (0..30).map(move |at| cell(row, at))) {
        cells.insert((one.party, one.column, one.capability), one);
    }
    let matrix = Matrix {
        principals: (0..2_000).map(party).collect(),
        repositories: (0..500).map(column).collect(),
        cells: cells.into_values().collect(),
        capabilities: Capability::ALL.to_vec(),
        without: 0,
    };
    written(Page::default(), About::default(), vec![Section::Matrix(matrix)])
}

/// What the sample's answers are, as they were derived by hand: principal, capability, resource, verdict.
fn answers(inventory: &Inventory) -> Vec<[String; 4]> {
    let relations = derive(inventory, Options::default());
    let text = include_str!("../sample.jsonl");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"));
    let mut answers = Vec::new();
    for line in lines {
        let of = |name: &str| line[name].as_str().unwrap_or_default();
        // T8: a root user is asked about without roles; the matrix tells of its account.
        let is_root = of("principal").ends_with(":root");
        if Capability::parse(of("action")).is_none() || line.get("direct").is_some() || is_root {
            continue;
        }
        let asked = relations.can(of("principal"), of("action"), of("resource"), Scope { direct: false, all: true });
        let Ok(answer) = asked else { continue };
        let Some(row) = answer.rows.first() else { continue };
        // R7: that anyone can pull from a public repository no cell says.
        let is_open = row.action == "pull" && row.resource.contains(":ecr-public:");
        let verdict = row.verdict.as_str();
        if !is_open && answer.rows.len() == 1 {
            assert_eq!(verdict, of("expect"), "{}", of("name"));
            answers.push([row.principal.clone(), row.action.clone(), row.resource.clone(), verdict.to_owned()]);
        }
    }
    answers
}

#[test]
fn a_browser_shows_what_the_page_holds() {
    let (Some(chromium), Some(driver)) = (find("chromium"), find("chromedriver")) else { return };
    if !require_python("selenium") {
        return;
    }
    let folder = tempfile::tempdir().expect("there is a folder for temporary files");
    let file = |name: &str, bytes: Vec<u8>| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("the folder takes files");
        path
    };
    let sample = Inventory::sample();
    let cells = answers(&sample);
    assert!(cells.len() > 10, "{cells:?}");
    let verdicts = |wanted: &str| cells.iter().filter(|[.., verdict]| verdict.starts_with(wanted)).count();
    assert!(["allowed", "conditional", "denied"].iter().all(|verdict| verdicts(verdict) > 0), "{cells:?}");
    let told: Vec<[&str; 4]> = cells
        .iter()
        .map(|[who, what, on, verdict]| [&**who, what, on, verdict.split(' ').next().unwrap_or_default()])
        .collect();
    let findings = derive(&sample, Options::default()).findings(&|_, _| {}).len();
    let wanted = json!({
        "chromium": chromium, "chromedriver": driver, "cells": told, "names": NAMES, "findings": findings,
        "sample": file("sample.html", page(&sample)),
        "hostile": file("hostile.html", page(&hostile())),
        "large": file("large.html", large()),
    });
    let wanted = file("wanted.json", wanted.to_string().into_bytes());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/page.py");
    let output = Command::new("python3").arg(script).arg(wanted).output().expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    std::io::Write::write_all(&mut std::io::stdout(), said.as_bytes()).expect("stdout is open");
}

#[test]
fn the_page_is_small_and_the_same_from_run_to_run() {
    assert!(large().len() < 2_000_000, "10,000 principals, 500 repositories: {} bytes", large().len());
    let files = || grantlog_generator::files(&Shape { principals: 500, faults: true, ..Shape::default() });
    let (one, other) = (page(&Inventory::from_files(files())), page(&Inventory::from_files(files())));
    assert!(one == other, "two runs differ");
    // A tenth of what 10,000 may have, script and style apart.
    assert!(one.len() < 300_000, "{} bytes", one.len());
}

#[test]
fn nothing_on_the_page_names_another_place() {
    let bytes = page(&hostile());
    let text = String::from_utf8(bytes).expect("the page is text");
    assert!(text.contains("default-src 'none'") && text.contains("require-trusted-types-for 'script'"));
    assert!(NAMES.iter().all(|name| !text.contains(name)), "names stand in the data only");
    let own = "http://www.w3.org/2000/svg";
    assert!(!text.replace(own, "").contains("://"), "the page names an address");
    for forbidden in
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "XMLHttpRequest"]
    {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
}
