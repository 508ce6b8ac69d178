//! Plans of Terraform: any text is one or is refused, and what is one can be laid over an inventory and compared.

#![no_main]

use std::sync::Arc;

use grantlog::inventory::{Inventory, Plan};
use grantlog::query::Extent;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let Ok(plan) = Plan::read("plan.json", data.to_owned(), None) else { return };
    for over in [Inventory::default(), Inventory::sample()] {
        let before = plan.known_over(&over);
        let relations = grantlog::derive(&before, grantlog::Options::default());
        let after = relations.after(Arc::new(plan.applied_to(&before)));
        let _ = relations.difference(&after, Extent::default());
    }
});
