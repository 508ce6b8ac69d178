//! How much a random test looks at.

use proptest::prelude::ProptestConfig;

/// How many cases a test looks at: `GRANTLOG_RANDOM` multiplies.
pub(crate) fn count(usual: u32) -> u32 {
    let factor = std::env::var("GRANTLOG_RANDOM").ok().and_then(|text| text.parse().ok()).unwrap_or(1.0_f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of cases")]
    let count = (f64::from(usual) * factor) as u32;
    count.max(1)
}

/// A run over so many cases; what fails is written down as a case, not in a file of seeds.
pub(crate) fn cases(usual: u32) -> ProptestConfig {
    ProptestConfig { cases: count(usual), failure_persistence: None, ..ProptestConfig::default() }
}
