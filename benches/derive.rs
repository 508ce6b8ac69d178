//! From an inventory to the relations of every account: lowering, the rules, and the verdicts of all cells.

mod organization;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use grantlog::inventory::Inventory;
use grantlog::{Options, derive};

fn relations(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("derive");
    group.sample_size(10);
    for size in organization::SIZES {
        let (files, bytes) = organization::exports(size);
        let inventory = Inventory::from_files(files);
        group.throughput(Throughput::Bytes(bytes));
        group.bench_with_input(BenchmarkId::new("every account", size), &inventory, |bencher, inventory| {
            bencher.iter(|| {
                let relations = derive(inventory, Options::default());
                relations.derive_all();
                black_box(relations)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, relations);
criterion_main!(benches);
