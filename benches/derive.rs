//! From an inventory to the relations of every account: lowering, the rules, and the verdicts of all cells.

mod organization;
mod stage;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use grantlog::{Options, derive};

fn relations(criterion: &mut Criterion) {
    stage::bench(criterion, "derive", |inventory| {
        let relations = derive(inventory, Options::default());
        relations.derive_all();
        black_box(relations);
    });
}

criterion_group!(benches, relations);
criterion_main!(benches);
