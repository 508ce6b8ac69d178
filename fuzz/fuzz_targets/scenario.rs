//! Scenarios: one line is answered, strictly or not.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &str| {
    let answered = grantlog::scenario::decide(line).is_ok();
    assert_eq!(grantlog::scenario::decide_strictly(line).is_ok(), answered);
});
