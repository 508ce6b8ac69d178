//! From an inventory to the relations of every account: lowering, the rules, and the verdicts of all cells.
//!
//! Beside it stands the plain evaluation. A decision is the verdict on a user or role, an action, and a
//! repository of the same account: that is all that the plain one decides, while deriving also decides
//! registries, roles, other accounts and strangers, in every context instead of one.

mod organization;
mod plain;
#[path = "../tests/it/twin/mod.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod twin;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use grantlog::inventory::Inventory;
use grantlog::{Options, derive};
use plain::Plain;

fn account(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

fn relations(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("derive");
    group.sample_size(10);
    for size in organization::SIZES {
        let (files, _) = organization::exports(size);
        let plain = Plain::of(&files);
        let at_home = |plain: &Plain| plain.decide(|one, other| account(one) == account(other), |_| true);
        let count = at_home(&plain);
        assert!(count.allowed > 0, "somebody is allowed something");
        group.throughput(Throughput::Elements(count.decided));
        let inventory = Inventory::from_files(files);
        group.bench_with_input(BenchmarkId::new("every account", size), &inventory, |bencher, inventory| {
            bencher.iter(|| {
                let relations = derive(inventory, Options::default());
                relations.derive_all();
                black_box(relations);
            });
        });
        // Each request costs the same: one size is enough.
        if size == organization::SIZES[0] {
            group.bench_with_input(BenchmarkId::new("one request at a time", size), &plain, |bencher, plain| {
                bencher.iter(|| at_home(plain));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, relations);
criterion_main!(benches);
