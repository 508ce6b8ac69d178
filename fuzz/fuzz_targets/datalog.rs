//! Datalog: no text makes the parser, the checks or a question on the sample organization fail.

#![no_main]

use std::sync::OnceLock;

use grantlog::inventory::Inventory;
use grantlog::query::datalog::{Limits, Program, Rules};
use grantlog::{Options, derive};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    static SAMPLE: OnceLock<Inventory> = OnceLock::new();
    if let Err(error) = Program::parse(text) {
        assert!(text.get(error.span.clone()).is_some());
        let _ = error.picture(text);
        return;
    }
    let mut rules = Rules::new();
    if let Err(error) = rules.extend(text) {
        assert!(error.text.get(error.error.span.clone()).is_some());
    }
    let relations = derive(SAMPLE.get_or_init(Inventory::sample), Options::default());
    let _ = relations.query(&Rules::new(), text, Limits { rows: 10_000 });
});
