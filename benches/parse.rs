//! From the bytes of exports to an inventory, beside what it takes to parse them as plain JSON values.

mod organization;

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use grantlog::inventory::Inventory;

fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    group.sample_size(10);
    for size in organization::SIZES {
        let (files, bytes) = organization::exports(size);
        group.throughput(Throughput::Bytes(bytes));
        group.bench_with_input(BenchmarkId::new("inventory", size), &files, |bencher, files| {
            bencher.iter_batched(
                || files.clone(),
                |files| black_box(Inventory::from_files(files)),
                BatchSize::LargeInput,
            );
        });
        group.bench_with_input(BenchmarkId::new("plain JSON values", size), &files, |bencher, files| {
            bencher.iter(|| {
                for (_, content) in files {
                    black_box(serde_json::from_slice::<serde_json::Value>(content).expect("the generator writes JSON"));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
