//! `simulate`: scenarios, each a whole authorization question in itself.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use rayon::prelude::*;

use super::{Failure, Global, failure};
use crate::engine::scenario::{self, Reply};
use crate::repl::Output;
use crate::report::{failed_line, reply_line};

/// Decides scenarios: each line is a JSON object with principal, action, resource, policies and context.
///
/// Nothing else is read: no inventory, no sample. Each line is answered by one line, in order. Requests in
/// the form of the IAM API's policy simulator (`ActionNames`, `PolicyInputList`, ...) are answered in its form;
/// a file may also be one such object over many lines.
///
/// The exit code is 0 if every `expect` is met, 1 if one is not, 2 if a line is no valid scenario.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// A file of scenarios; `-` is standard input
    file: PathBuf,
}

/// How many lines are decided together; so many answers wait in memory at most.
const BATCH: usize = 4096;
/// How many bytes are decided together, but for the line that goes beyond.
const BATCH_BYTES: usize = 16 << 20;
/// The longest line that is read; what is longer is no scenario.
const LONGEST: usize = 64 << 20;

/// What the answers came to.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    invalid: bool,
    unmet: bool,
}

const EXAMPLES: &str = r#"Examples:
  $ printf '%s' '{"principal": "arn:aws:iam::111122223333:user/ana", "action": "ecr:PutImage",' \
      '"resource": "arn:aws:ecr:eu-central-1:111122223333:repository/web",' \
      '"identity_policies": [{"Version": "2012-10-17", "Statement":' \
      '{"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}}]}' > question.json
  $ grantlog simulate question.json | cut -d , -f 2
  "decision":"allowed""#;

/// Decides line by line.
pub(super) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    if global.has_context() {
        return Err(Failure::input(
            "`simulate` takes no `--context`: each scenario brings its own\n  hint: write the key into the member `context` of the scenario, or into `ContextEntries`",
        ));
    }
    let told = |error: io::Error| Failure::input(format!("cannot read `{}`: {error}", args.file.display()));
    let input: Box<dyn BufRead> = if args.file.as_os_str() == "-" {
        Box::new(BufReader::new(io::stdin()))
    } else {
        Box::new(BufReader::new(File::open(&args.file).map_err(told)?))
    };
    let mut input = Input { input, lines: 0 };
    let mut output = Output::open(global.output.as_deref())?;
    let mut tally = Tally::default();
    let mut lines = input.first().map_err(told)?;
    loop {
        let is_last = !input.fill(&mut lines).map_err(told)?;
        let answers: Vec<io::Result<(String, Tally)>> =
            lines.par_iter().filter(|line| !line.is_blank()).map(|line| answer(line, global.strict)).collect();
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

/// A line of the input.
enum Line {
    /// With its end; what is not UTF-8 in it is a sign that JSON refuses outside of strings.
    Text(String),
    /// Its number; nobody has kept what stands in it.
    TooLong(usize),
}

impl Line {
    fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::TooLong(_) => 0,
        }
    }
}

struct Input {
    input: Box<dyn BufRead>,
    /// How many lines were read.
    lines: usize,
}

impl Input {
    /// The first line; or, where that is only the beginning of an object that a person laid out over many
    /// lines, the whole object. A line that is an object by itself never belongs to another.
    fn first(&mut self) -> io::Result<Vec<Line>> {
        let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        let mut lines: Vec<String> = Vec::new();
        let mut nesting = Nesting::default();
        let mut length = 0;
        while length <= LONGEST {
            let line = match self.next()? {
                Some(Line::Text(line)) => line,
                too_long => return Ok(lines.into_iter().map(Line::Text).chain(too_long).collect()),
            };
            let is_object = line.trim_start().starts_with('{') && is_json(&line);
            nesting.pass(&line);
            length += line.len();
            lines.push(line);
            if is_object || !nesting.is_open() {
                break;
            }
        }
        if lines.len() > 1 {
            let whole = lines.concat();
            if is_json(&whole) {
                return Ok(vec![Line::Text(whole)]);
            }
        }
        Ok(lines.into_iter().map(Line::Text).collect())
    }

    /// Reads on until a batch is full. `false` at the end of the input.
    fn fill(&mut self, lines: &mut Vec<Line>) -> io::Result<bool> {
        let mut bytes: usize = lines.iter().map(Line::len).sum();
        while lines.len() < BATCH && bytes < BATCH_BYTES {
            let Some(line) = self.next()? else { return Ok(false) };
            bytes += line.len();
            lines.push(line);
        }
        Ok(true)
    }

    fn next(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        self.input.by_ref().take(LONGEST as u64 + 1).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        self.lines += 1;
        if bytes.len() <= LONGEST {
            return Ok(Some(Line::Text(String::from_utf8_lossy(&bytes).into_owned())));
        }
        if bytes.last() != Some(&b'\n') {
            self.input.skip_until(b'\n')?;
        }
        Ok(Some(Line::TooLong(self.lines)))
    }
}

/// How deep in objects and lists a text has come to stand: each line is looked at once, however many follow.
#[derive(Default)]
struct Nesting {
    depth: usize,
    /// The text was closed, or cannot be JSON any more.
    is_over: bool,
}

impl Nesting {
    fn pass(&mut self, line: &str) {
        let (mut in_string, mut is_escaped) = (false, false);
        for byte in line.bytes() {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if in_string => is_escaped = true,
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        // A string ends on its line.
        self.is_over |= in_string || (self.depth == 0 && !line.trim().is_empty());
    }

    fn is_open(&self) -> bool {
        !self.is_over
    }
}

fn answer(line: &Line, strict: bool) -> io::Result<(String, Tally)> {
    let invalid = Tally { invalid: true, unmet: false };
    let line = match line {
        Line::Text(line) => line,
        Line::TooLong(number) => {
            let error = format!("line {number} is longer than {} MiB", LONGEST >> 20);
            return Ok((failed_line("", &error)?, invalid));
        }
    };
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
            Ok((failed_line(&name, &error.to_string())?, invalid))
        }
    }
}
