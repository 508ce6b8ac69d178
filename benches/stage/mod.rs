//! A stage behind reading, measured on every account of an inventory.

use criterion::{BenchmarkId, Criterion, Throughput};
use grantlog::inventory::Inventory;

use crate::organization;

/// Measures what this does with the inventories of all sizes.
pub(crate) fn bench(criterion: &mut Criterion, stage: &str, work: impl Fn(&Inventory)) {
    let mut group = criterion.benchmark_group(stage);
    group.sample_size(10);
    for size in organization::SIZES {
        let (files, bytes) = organization::exports(size);
        let inventory = Inventory::from_files(files);
        group.throughput(Throughput::Bytes(bytes));
        group.bench_with_input(BenchmarkId::new("every account", size), &inventory, |bencher, inventory| {
            bencher.iter(|| work(inventory));
        });
    }
    group.finish();
}
