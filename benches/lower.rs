//! From an inventory to the facts of every account.

mod organization;
mod stage;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use grantlog::{Options, derive};

fn lower(criterion: &mut Criterion) {
    stage::bench(criterion, "lower", |inventory| {
        let relations = derive(inventory, Options::default());
        inventory.accounts.keys().for_each(|account| drop(black_box(relations.facts(*account))));
    });
}

criterion_group!(benches, lower);
criterion_main!(benches);
