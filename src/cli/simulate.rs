//! `simulate`: scenarios, each a whole authorization question in itself.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use rayon::prelude::*;

use super::output::Output;
use super::{Failure, Global, failure};
use crate::engine::scenario::{self, Reply};
use crate::report::{failed_line, reply_line};

/// Decides scenarios: each line is a JSON object with principal, action, resource, policies and context.
///
/// Nothing else is read: no inventory, no sample. Each line is answered by one line, in order. Requests in
/// the form of the IAM API's policy simulator (`ActionNames`, `PolicyInputList`, ...) are answered in its form;
/// a file may also be one such object over many lines.
///
/// The exit code is 0 if every `expect` is met, 1 if one is not, 2 if a line is no valid scenario.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file of scenarios; `-` is standard input
    file: PathBuf,
}

/// How many lines are decided together; so many answers wait in memory at most.
const BATCH: usize = 4096;
/// The longest line that is read; what is longer is no scenario.
const LONGEST: u64 = 64 << 20;

/// What the answers came to.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    invalid: bool,
    unmet: bool,
}

/// Decides line by line.
pub(super) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let told = |error: io::Error| Failure::input(format!("cannot read `{}`: {error}", args.file.display()));
    let mut input: Box<dyn BufRead> = if args.file.as_os_str() == "-" {
        Box::new(BufReader::new(io::stdin()))
    } else {
        Box::new(BufReader::new(File::open(&args.file).map_err(told)?))
    };
    let mut output = Output::open(global.output.as_deref())?;
    let mut tally = Tally::default();
    let mut lines = first(&mut input).map_err(told)?;
    loop {
        let is_last = !fill(&mut input, &mut lines).map_err(told)?;
        let answers: Vec<io::Result<(String, Tally)>> =
            lines.par_iter().filter(|line| !line.trim().is_empty()).map(|line| answer(line, global.strict)).collect();
        for answer in answers {
            let (text, one) = answer?;
            writeln!(output, "{text}")?;
            tally = Tally { invalid: tally.invalid | one.invalid, unmet: tally.unmet | one.unmet };
        }
        if is_last {
            break;
        }
        lines.clear();
    }
    output.finish()?;
    Ok(ExitCode::from(match tally {
        Tally { invalid: true, .. } => failure::BAD_INPUT,
        Tally { unmet: true, .. } => 1,
        Tally { .. } => 0,
    }))
}

/// The first line; or, where that is only the beginning of an object that a person laid out over many
/// lines, the whole object. A line that is an object by itself never belongs to another.
fn first(input: &mut dyn BufRead) -> io::Result<Vec<String>> {
    let parsed = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text);
    let mut lines: Vec<String> = Vec::new();
    let mut whole = String::new();
    while let Some(line) = next(input)? {
        let is_object = line.trim_start().starts_with('{') && parsed(&line).is_ok();
        whole.push_str(&line);
        lines.push(line);
        let is_open = whole.trim().is_empty() || parsed(&whole).is_err_and(|error| error.is_eof());
        if is_object || !is_open || (whole.len() as u64) > LONGEST {
            break;
        }
    }
    Ok(if parsed(&whole).is_ok() { vec![whole] } else { lines })
}

/// Reads on until a batch is full. `false` at the end of the input.
fn fill(input: &mut dyn BufRead, lines: &mut Vec<String>) -> io::Result<bool> {
    while lines.len() < BATCH {
        match next(input)? {
            Some(line) => lines.push(line),
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// A line with its end; what is not UTF-8 in it becomes a sign that JSON refuses outside of strings.
fn next(input: &mut dyn BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let mut limited = io::Read::take(input, LONGEST);
    limited.read_until(b'\n', &mut bytes)?;
    Ok((!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned()))
}

fn answer(line: &str, strict: bool) -> io::Result<(String, Tally)> {
    match scenario::reply(line, strict) {
        Ok(reply) => {
            let unmet = match &reply {
                Reply::Outcome(outcome) => {
                    outcome.expect.as_ref().is_some_and(|expect| expect != outcome.decision.as_str())
                }
                Reply::Simulation(_) => false,
            };
            Ok((reply_line(&reply)?, Tally { invalid: false, unmet }))
        }
        Err(error) => {
            let name = scenario::name(line).unwrap_or_default();
            Ok((failed_line(&name, &error.to_string())?, Tally { invalid: true, unmet: false }))
        }
    }
}
