//! Questions: the first of a cold start, and each further one once its accounts are derived.
//!
//! `who-can` decides for every user and role of the organization, and so does the plain evaluation beside
//! it, of one action where the question is of all that a push needs.

mod organization;
mod plain;
#[path = "../tests/it/twin/mod.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod twin;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use grantlog::explain::prove;
use grantlog::inventory::Inventory;
use grantlog::query::Scope;
use grantlog::repl::{Completer, Highlighter, Hinter, Names};
use grantlog::{Options, derive, scenario};
use grantlog_generator::{EXAMPLE_PRINCIPAL, EXAMPLE_REPOSITORY};
use plain::Plain;
use rustyline::highlight::Highlighter as _;

fn ask(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ask");
    group.sample_size(10);
    let scope = Scope::default();
    for size in organization::SIZES {
        let (files, _) = organization::exports(size);
        let plain = Plain::of(&files);
        let pushes = |plain: &Plain| {
            plain.decide(|_, repository| repository == EXAMPLE_REPOSITORY, |action| action == "ecr-public:PutImage")
        };
        let count = pushes(&plain);
        assert!(count.allowed > 0, "somebody pushes");
        group.throughput(Throughput::Elements(count.decided));
        group.bench_with_input(BenchmarkId::new("one request at a time", size), &plain, |bencher, plain| {
            bencher.iter(|| pushes(plain));
        });
        let inventory = Inventory::from_files(files);
        group.bench_with_input(BenchmarkId::new("first who-can", size), &inventory, |bencher, inventory| {
            bencher.iter(|| {
                let relations = derive(inventory, Options::default());
                black_box(relations.who_can("push", EXAMPLE_REPOSITORY, scope).expect("the generator names it"))
            });
        });
        let relations = derive(&inventory, Options::default());
        group.bench_with_input(BenchmarkId::new("who-can", size), &relations, |bencher, relations| {
            bencher.iter(|| relations.who_can("push", EXAMPLE_REPOSITORY, scope).expect("the generator names it"));
        });
        group.throughput(Throughput::Elements(1));
        group.bench_with_input(BenchmarkId::new("can", size), &relations, |bencher, relations| {
            bencher.iter(|| {
                let answer = relations.can(EXAMPLE_PRINCIPAL, "push", EXAMPLE_REPOSITORY, scope);
                answer.expect("the generator names both")
            });
        });
        group.bench_with_input(BenchmarkId::new("why", size), &relations, |bencher, relations| {
            bencher.iter(|| {
                let proofs = prove(relations, EXAMPLE_PRINCIPAL, "push", EXAMPLE_REPOSITORY, scope);
                proofs.expect("the generator names both")
            });
        });
    }
    group.finish();
}

/// Whole questions in themselves, one at a time.
fn scenarios(criterion: &mut Criterion) {
    let line = r#"{"name": "from the office", "principal": "arn:aws:iam::111122223333:user/alice",
        "action": "ecr-public:PutImage", "resource": "arn:aws:ecr-public::111122223333:repository/web",
        "context_mode": "open", "identity_policies": [{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "ecr-public:*", "Resource": "*",
             "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}]}]}"#;
    let closed = line.replace("open", "closed");
    let mut group = criterion.benchmark_group("scenario");
    group.throughput(Throughput::Elements(1));
    for (name, line) in [("closed", closed.as_str()), ("open", line)] {
        group.bench_function(name, |bencher| bencher.iter(|| scenario::decide(black_box(line))));
    }
    group.finish();
}

/// What happens between a key and the screen: the line is coloured and hinted at; with Tab its word is completed.
fn keystrokes(criterion: &mut Criterion) {
    let principals =
        (0..100_000).map(|number| format!("arn:aws:iam::{:012}:role/team/service-{number}", number % 1_000));
    let repositories =
        (0..10_000).map(|number| format!("arn:aws:ecr-public::{:012}:repository/team/app-{number}", number % 1_000));
    let names = Names::new(principals.collect(), repositories.collect(), vec!["push".to_owned()]);
    let mut group = criterion.benchmark_group("keystroke");
    group.throughput(Throughput::Elements(1));
    for (name, line) in [
        ("a name that many begin with", "can service-9"),
        ("a name that none has", "can zzz"),
        ("a condition", "who can push on team/app-17 where verdict is conditional and account is 0000000"),
        ("Datalog", "?- capable(P, push, \"app-1"),
    ] {
        group.bench_function(BenchmarkId::new("key", name), |bencher| {
            bencher.iter(|| {
                let shown = Highlighter::new(&names).highlight(line, line.len()).len();
                (shown, Hinter::new(&names).rest(line))
            });
        });
        group.bench_function(BenchmarkId::new("Tab", name), |bencher| {
            bencher.iter(|| Completer::new(&names).candidates(line, line.len()));
        });
    }
    group.finish();
}

criterion_group!(benches, ask, scenarios, keystrokes);
criterion_main!(benches);
