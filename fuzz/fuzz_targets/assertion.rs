//! Files of assertions: no text makes the parser or the checking of the sample organization fail.

#![no_main]

use std::sync::OnceLock;

use grantlog::Options;
use grantlog::assertion::{Bench, Sentence, check, parse};
use grantlog::inventory::Inventory;
use grantlog::query::Scope;
use grantlog::query::saved::Queries;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    static SAMPLE: OnceLock<Inventory> = OnceLock::new();
    let (assertions, problems) = parse(&[("file".to_owned(), text.to_owned())]);
    for problem in problems {
        assert!(text.get(problem.error.span.clone()).is_some());
        let _ = problem.picture(text);
    }
    for (assertion, _) in &assertions {
        let shown = assertion.sentence.to_string();
        assert_eq!(Sentence::parse(&shown).map(|sentence| sentence.to_string()), Ok(shown));
    }
    let inventory = SAMPLE.get_or_init(Inventory::sample);
    let (options, scope) = (Options::default(), Scope::default());
    let _ = check(&Bench { inventory, options, scope, queries: Queries::bundled() }, assertions);
});
