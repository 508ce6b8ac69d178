//! From an inventory to the facts of every account.

mod organization;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use grantlog::inventory::Inventory;
use grantlog::{Options, derive};

fn lower(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lower");
    group.sample_size(10);
    for size in organization::SIZES {
        let (files, bytes) = organization::exports(size);
        let inventory = Inventory::from_files(files);
        group.throughput(Throughput::Bytes(bytes));
        group.bench_with_input(BenchmarkId::new("every account", size), &inventory, |bencher, inventory| {
            bencher.iter(|| {
                let relations = derive(inventory, Options::default());
                inventory.accounts.keys().for_each(|account| drop(black_box(relations.facts(*account))));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, lower);
criterion_main!(benches);
