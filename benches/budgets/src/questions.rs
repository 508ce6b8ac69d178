//! Random questions to an inventory that is loaded, after what they need was derived.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use grantlog::catalog::Capability;
use grantlog::query::{AskError, Scope};
use grantlog::{Answer, Inventory, Options, derive};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Tells, kind by kind, in which time 99 of 100 questions are answered, and how many were asked.
///
/// `who-can` asks for a capability on a repository, both at random; `what-can` asks of a random user or
/// role what it can do anywhere. Names are whole ARNs.
pub(crate) fn measure(folder: &Path, count: usize, seconds: u64, tell: impl Fn(String)) -> Result<(), Box<dyn Error>> {
    let limit = Duration::from_secs(seconds);
    let inventory = Inventory::load([folder])?;
    let principals: Vec<String> = inventory.principals.values().map(|principal| principal.arn.to_string()).collect();
    let repositories: Vec<String> = inventory.repositories.values().map(|known| known.arn.to_string()).collect();
    let relations = derive(&inventory, Options::default());
    let random = &mut ChaCha8Rng::seed_from_u64(1);
    let mut pick = |from: &[String]| from[random.random_range(0..from.len())].clone();
    // What is asked of a registry is left out.
    let deeds: Vec<String> =
        Capability::ALL.iter().filter(|one| **one != Capability::Create).map(ToString::to_string).collect();
    let asked: Vec<_> = (0..count).map(|_| (pick(&deeds), pick(&repositories))).collect();
    let who_can = |(deed, repository): &(String, String)| relations.who_can(deed, repository, Scope::default());
    tell(format!("who-can {}", percentile(&asked, limit, who_can)?));
    let asked: Vec<_> = (0..count).map(|_| pick(&principals)).collect();
    let what_can = |principal: &String| relations.what_can(principal, None, Scope::default());
    tell(format!("what-can {}", percentile(&asked, limit, what_can)?));
    Ok(())
}

/// The 99th percentile of the time of one question in seconds, and how many were measured.
///
/// All are asked, so that what they need is derived, and asked again to be measured. Each pass ends at the
/// limit, with one question at least.
fn percentile<Q>(
    questions: &[Q],
    limit: Duration,
    ask: impl Fn(&Q) -> Result<Answer, AskError>,
) -> Result<String, AskError> {
    let pass = |questions: &[Q]| {
        let begun = Instant::now();
        let mut took: Vec<Duration> = Vec::with_capacity(questions.len());
        for question in questions {
            if !took.is_empty() && begun.elapsed() > limit {
                break;
            }
            let asked = Instant::now();
            let answer = ask(question);
            took.push(asked.elapsed());
            black_box(answer?);
        }
        Ok(took)
    };
    let derived = pass(questions)?.len();
    let mut took = pass(&questions[..derived])?;
    took.sort_unstable();
    let place = (took.len() * 99).div_ceil(100).saturating_sub(1);
    Ok(format!("{:.6} {}", took[place].as_secs_f64(), took.len()))
}
