//! What if: cases of changes with questions behind them, and what is shown of changes.
//!
//! A line of `tests/cases/what-if/*.jsonl` is a small input (`files`, as for inventories) with `steps`. A step is
//! an `edit` (what stands behind `what if`) or `undo` (`true`, or `all`). It may be `refused` (a part of the
//! message); after it come `questions`, with `expect` and, where it matters, `explicit`, `through`, and `cites`
//! (the places of the statements that grant, in order). `changed` are all lines of what changed since the input was read. `given` are files
//! that changes name.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use grantlog::inventory::{Inventory, Text};
use grantlog::query::{Grain, Question, Scope, Verdict};
use grantlog::repl::{Command, Desk, Settings};
use grantlog::{Options, Relations};
use serde_json::Value;

use crate::files;

/// Makes a change; what is wrong with it otherwise.
fn edit(relations: &Relations<'_>, words: &str, case: &Value) -> Result<Arc<Inventory>, String> {
    let Ok(Question::WhatIf(edit)) = format!("what if {words}").parse() else {
        return Err(format!("`{words}` is no change"));
    };
    let read = |name: &str| Some(Ok(Text::new(name, case["given"][name].as_str()?.to_owned())));
    let change = relations.change(&edit, &read).map_err(|error| error.to_string())?;
    relations.inventory().changed(&change).map(Arc::new).map_err(|error| error.to_string())
}

fn verdict(verdict: Verdict) -> &'static str {
    verdict.as_str()
}

/// What the answer to a question has otherwise than it demands.
fn differences(relations: &Relations<'_>, question: &Value) -> Vec<String> {
    let text = |member: &str| question[member].as_str().unwrap_or_default();
    let ask = |direct| {
        let scope = Scope { direct, all: true };
        relations.can(text("principal"), text("action"), text("resource"), scope)
    };
    let rows = match ask(false) {
        Ok(answer) => answer.rows,
        Err(error) if question["unknown"] == true => {
            let is_unknown = error.to_string().starts_with("no principal is called");
            return if is_unknown { Vec::new() } else { vec![error.to_string()] };
        }
        Err(error) => return vec![error.to_string()],
    };
    let [row] = rows.as_slice() else { return vec![format!("{} rows", rows.len())] };
    let mut found = Vec::new();
    if verdict(row.verdict) != text("expect") {
        found.push(format!("expected {}, found {}", text("expect"), row.verdict));
    }
    if let Some(explicit) = question["explicit"].as_bool() {
        let own = ask(true).map(|answer| answer.rows[0].verdict);
        if (own == Ok(Verdict::Denied { explicit: true })) != explicit {
            found.push(format!("explicit: expected {explicit}, found {own:?}"));
        }
    }
    let texts = |wanted: &Value| -> Vec<String> {
        wanted.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let shortest = row.routes.first();
    if !question["through"].is_null() {
        let through = shortest.map(|route| route.through.clone()).unwrap_or_default();
        if through != texts(&question["through"]) {
            found.push(format!("through {through:?}"));
        }
    }
    if !question["cites"].is_null() {
        let cited = shortest.map_or(&[][..], |route| &route.statements);
        let cited: Vec<String> = cited.iter().map(|one| format!("{}:{}", one.file, one.line)).collect();
        if cited != texts(&question["cites"]) {
            found.push(format!("cites {cited:?}"));
        }
    }
    found
}

/// `lost push allowed to denied: PRINCIPAL on RESOURCE`, a line a cell.
fn changed(before: &Relations<'_>, after: &Relations<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for line in before.changes(after, Grain::Capabilities).lines {
        let word = |verdict: Option<Verdict>| verdict.map_or("gone", Verdict::as_str);
        let change = if line.shift.is_gain() { "gained" } else { "lost" };
        for principal in &line.principals {
            for resource in &line.resources {
                let (one, other) = (word(line.before), word(line.after));
                let short = |name: &str| name.rsplit(':').next().unwrap_or_default().to_owned();
                lines.push(format!(
                    "{change} {} {one} to {other}: {} on {}",
                    line.action,
                    short(principal),
                    short(resource)
                ));
            }
        }
    }
    lines.sort();
    lines
}

fn run(case: &Value) -> Vec<String> {
    let read = files::inventory(case);
    let base = grantlog::derive(&read, Options::default());
    let mut stack: Vec<Relations<'static>> = Vec::new();
    let mut failures = Vec::new();
    for (number, step) in (1..).zip(case["steps"].as_array().into_iter().flatten()) {
        let now = stack.last().map_or(&base, |last| last);
        let mut fail = |what: String| failures.push(format!("step {number}: {what}"));
        match (step["edit"].as_str(), step["refused"].as_str()) {
            (None, _) if step["undo"] == "all" => stack.clear(),
            (None, _) if step["undo"] == true => drop(stack.pop()),
            (None, _) => {}
            (Some(words), None) => match edit(now, words, case) {
                Ok(inventory) => {
                    let after = now.after(inventory);
                    stack.push(after);
                }
                Err(error) => fail(format!("{words}: {error}")),
            },
            (Some(words), Some(wanted)) => match edit(now, words, case) {
                Ok(_) => fail(format!("{words}: it is not refused")),
                Err(error) if !error.contains(wanted) => fail(format!("{words}: {error}")),
                Err(_) => {}
            },
        }
        let now = stack.last().map_or(&base, |last| last);
        for question in step["questions"].as_array().into_iter().flatten() {
            for difference in differences(now, question) {
                fail(format!(
                    "{} {} {}: {difference}",
                    question["principal"], question["action"], question["resource"]
                ));
            }
        }
        if let Some(wanted) = step["changed"].as_array() {
            let mut wanted: Vec<&str> = wanted.iter().filter_map(Value::as_str).collect();
            wanted.sort_unstable();
            let found = changed(&base, now);
            if found != wanted {
                fail(format!("changed: {found:#?}"));
            }
        }
    }
    failures
}

#[test]
fn changes_answer_as_aws_would_after_them() {
    let mut failures = String::new();
    let cases = files::lines("tests/cases/what-if");
    assert!(cases.len() >= 10, "the cases are gone");
    for case in cases {
        for failure in run(&case.value) {
            let _ = writeln!(failures, "{}: {}\n  {failure}", case.place, case.value["name"]);
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// What the shell prints for some lines, one after the other.
fn shell(settings: Settings, lines: &[&str]) -> String {
    let sample = Inventory::sample();
    let mut desk = Desk::new(&sample, settings);
    let mut out = Vec::new();
    for line in lines {
        if line.starts_with('.') {
            let command: Command = line.parse().expect("it is a command");
            command.carry_out(&mut desk, &mut out).expect("memory takes any bytes");
            continue;
        }
        let question: Question = line.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
        if let Err(error) = desk.answer(&question, &mut out) {
            out.extend(format!("{}\n", error.told()).bytes());
        }
    }
    String::from_utf8(out).expect("what is printed is text")
}

#[test]
fn what_changed_on_the_sample() {
    let lines = ["what if remove statement Hackathon of storefront/preview", "what changed"];
    insta::assert_snapshot!("preview", shell(Settings::default(), &lines));
    let lines =
        ["what if delete role/release/publisher", "what if untag user/ines team", "list changes", "what changed"];
    insta::assert_snapshot!("publisher", shell(Settings::default(), &lines));
    let lines = [
        "what if remove statement OrganizationPush of tools/cli",
        "what changed by action",
        "undo",
        "what changed",
        "undo",
        "what if delete anyone",
    ];
    insta::assert_snapshot!("tools", shell(Settings::default(), &lines));
}

/// What is known of requests changes what the changed world answers, as that of the world that was read.
#[test]
fn the_context_is_that_of_every_world() {
    let settings = Settings::default();
    let said = shell(
        settings,
        &[
            "what if detach OfficePush from user/oskar",
            "undo",
            "what if tag user/oskar team=none",
            ".context aws:SourceIp=203.0.113.7",
            "can user/oskar push on storefront/web",
            "what changed",
            "what if detach OfficePush from user/oskar",
            "what changed",
            ".context clear",
            "what changed",
        ],
    );
    insta::assert_snapshot!("context", said);
}

#[test]
fn files_are_read_where_there_is_one() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("more.json");
    let write = |text: &str| std::fs::write(&file, text).expect("the file can be written");
    let name = file.to_str().expect("the name is text");
    let attach = format!("what if attach '{name}' to user/lena");
    let said = |lines: &[&str]| shell(Settings::default(), lines).replace(name, "more.json");
    assert!(said(&[&attach]).contains("no policy is called `more.json`"));
    write(
        "{\"Version\": \"2012-10-17\",\n \"Statement\": [\n  {\"Effect\": \"Allow\", \"Action\": \"sts:GetServiceBearerToken\", \"Resource\": \"*\"}]}",
    );
    let answer = said(&[&attach, "can user/lena push on storefront/web"]);
    assert!(answer.contains("allowed"), "{answer}");
    write(
        "{\"Version\": \"2012-10-17\",\n \"Statement\": [\n  {\"Effect\": \"allow\", \"Action\": \"sts:*\", \"Resource\": \"*\"}]}",
    );
    insta::assert_snapshot!(said(&[&attach]), @r"
    AWS would reject more.json:
      more.json:3:14: unknown effect `allow` (write `Allow` or `Deny`; AWS compares case-sensitively)
      hint: mend it; what AWS would not store changes nothing
    ");
    let folder = Path::new(name).parent().and_then(Path::to_str).expect("the folder has a name");
    let said = shell(Settings::default(), &[&format!("what if attach '{folder}' to user/lena")]);
    assert!(said.contains("it is no file"), "{said}");
}
