//! How far a long run has come: a line on standard error that is gone when the run is over.
//!
//! Nothing is shown where standard error is no terminal, and nothing before
//! half a second: what is done by then needs no patience.

use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How long nothing is shown.
const PATIENCE: Duration = Duration::from_millis(500);

const BETWEEN_DRAWINGS: Duration = Duration::from_millis(100);

/// What is told of one run, from its beginning until this is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    /// What is counted, and what is done to it: `files read`.
    what: &'static str,
    begun: Instant,
    is_terminal: bool,
    line: Mutex<Option<ProgressBar>>,
}

impl Progress {
    /// Begins.
    pub(crate) fn of(what: &'static str) -> Self {
        Self { what, begun: Instant::now(), is_terminal: io::stderr().is_terminal(), line: Mutex::default() }
    }

    /// Shows that so many of so many are done; from any thread, in any order.
    pub(crate) fn tell(&self, done: usize, total: usize) {
        let elapsed = self.begun.elapsed();
        if !self.is_terminal || elapsed < PATIENCE {
            return;
        }
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let line = line.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{bar:24} {msg}").expect("the template is one");
            let line = ProgressBar::new(total as u64).with_style(style);
            // What is told in quick succession is not drawn each time; the last of it is.
            line.enable_steady_tick(BETWEEN_DRAWINGS);
            line
        });
        if done as u64 > line.position() {
            line.set_message(words(done, total, self.what, elapsed));
            line.set_position(done as u64);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(line) = self.line.get_mut().unwrap_or_else(PoisonError::into_inner) {
            line.finish_and_clear();
        }
    }
}

/// `120 of 300 files read, about 4 s left`, if it goes on as it went.
fn words(done: usize, total: usize, what: &str, elapsed: Duration) -> String {
    if done == total {
        return format!("all {total} {what}");
    }
    let left = elapsed.as_millis() * total.saturating_sub(done) as u128 / done.max(1) as u128 / 1_000;
    match left {
        0 => format!("{done} of {total} {what}"),
        1..120 => format!("{done} of {total} {what}, about {left} s left"),
        _ => format!("{done} of {total} {what}, about {} min left", left / 60),
    }
}
