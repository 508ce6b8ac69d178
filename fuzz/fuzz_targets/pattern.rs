//! Patterns and ARNs: they say what they were read from.

#![no_main]

use grantlog::policy::{Arn, Case, Filling, Pattern, ResourcePattern, Version};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let (pattern, text) = data.split_once('\n').unwrap_or((data, ""));
    for version in [Version::V2008, Version::V2012] {
        let parsed = Pattern::parse(pattern, version);
        assert_eq!(parsed.as_str(), pattern);
        let _ = (parsed.matches(text, Case::Ignored), parsed.coverage(text), parsed.matches_arn(text));
        let _ = parsed.fill(|_| Filling::Text(text.to_owned()));
        let resource = ResourcePattern(parsed);
        let _ = (resource.fit(text, true), resource.fit(text, false), resource.fit_no_resource());
        let _ = resource.fit_unnamed(text, true);
    }
    assert!(Pattern::parse_literal(pattern, Version::V2008).matches(pattern, Case::Sensitive));
    if let Some(arn) = Arn::parse(text) {
        assert_eq!(arn.as_str(), text);
    }
});
