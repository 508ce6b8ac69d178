//! Policy documents: whatever is told of one has a place in its text.

#![no_main]

use grantlog::policy::{PolicyKind, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((kind, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let parsed = parse(text, PolicyKind::ALL[usize::from(*kind) % PolicyKind::ALL.len()]);
    let statements = parsed.document.statements.iter().map(|statement| statement.span);
    for span in statements.chain(parsed.problems.iter().map(|problem| problem.span)) {
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
    }
});
