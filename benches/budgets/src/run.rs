//! A command from its start to its end: how long it takes, and how much memory at most.
//!
//! Memory is the high-water mark of the resident set that Linux keeps for each
//! process (`VmHWM` in `/proc/PID/status`), looked up every millisecond. What
//! is allocated in the last one is missed. Elsewhere it is 0.

use std::error::Error;
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// Runs it with its output thrown away, and stops it when it takes too much of either.
pub(crate) fn measure(command: &[String], seconds: u64, bytes: u64) -> Result<String, Box<dyn Error>> {
    let (program, arguments) = command.split_first().ok_or("no command")?;
    let begun = Instant::now();
    let mut child = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        // Before the look for its end: what has ended has no memory any more.
        peak = peak.max(high_water(&status));
        let ended = child.try_wait()?;
        let elapsed = begun.elapsed();
        if let Some(code) = ended {
            return if code.success() {
                Ok(format!("done {:.6} {peak}", elapsed.as_secs_f64()))
            } else {
                Err(format!("{program}: {code}").into())
            };
        }
        let verdict = if elapsed > Duration::from_secs(seconds) {
            format!("time {seconds} {peak}")
        } else if peak > bytes {
            format!("memory {:.6} {bytes}", elapsed.as_secs_f64())
        } else {
            thread::sleep(BETWEEN_LOOKS);
            continue;
        };
        child.kill()?;
        child.wait()?;
        return Ok(verdict);
    }
}

/// In bytes; 0 where it is not told.
fn high_water(status: &str) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or_default() * 1024
}
