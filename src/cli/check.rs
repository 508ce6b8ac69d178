//! `check`: assertions, for a build that is to fail when one does.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use super::failure::BAD_INPUT;
use super::global::Form;
use super::{Failure, Global, load, talk};
use crate::assertion::{Bench, Checked, Outcome, Problem, check, parse};
use crate::engine::{Interrupt, Options};
use crate::lower::Context;
use crate::policy::Sources;
use crate::repl::Output;
use crate::report::terminal::clean_lines;
use crate::report::{Format, assertion_alerts, checked_json, checked_jsonl, checked_text, junit, sarif};

/// An assertion fails.
const FAILED: u8 = 1;
/// An assertion cannot be decided, for the inventory is incomplete.
const UNDECIDED: u8 = 4;

/// So many problems of files are told; the rest is counted.
const TOLD: usize = 20;

/// Whether what people want to hold of access holds: for CI.
///
/// A file has an assertion a line, in words: `only role/deployer can push on prod/*`, `no one outside the
/// organization can delete on *`, `user/alice can push on web when aws:SourceIp is in 203.0.113.0/24`,
/// `?- capable(P, delete, R, _), kind(P, user).` must be empty. What fails is shown with counterexamples and a
/// proof. docs/assertions.md says what can be asserted.
///
/// The exit code is 0 if all hold, 1 if one fails, 2 for bad input, 4 if one cannot be decided because the
/// inventory is incomplete.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Files of assertions; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

const EXAMPLES: &str = "\
Besides the forms of answers (text is table), --format takes junit and sarif.

Examples:
  $ echo 'no one outside the organization can administer on storefront/*' | grantlog check -
  holds      no-one-outside-the-organization-can-administer-on-storefront (high) -:1
  1 holds
  $ echo 'only role/release/publisher can directly push on storefront/web' > access.grantlog
  $ grantlog check access.grantlog --format sarif -o check.sarif";

/// Reads, asks, tells.
pub(super) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let form = global.form();
    if let Form::Answer(Format::Csv | Format::Markdown) = form {
        let hint = "the forms of `check` are text, jsonl, json, junit and sarif";
        return Err(Failure::input(format!("assertions are not told in this form\n  hint: {hint}")));
    }
    let files = args.read()?;
    let (assertions, problems) = parse(&files);
    if !problems.is_empty() {
        return Ok(wrong(&problems, &files));
    }
    let (inventory, _) = load::load(global)?;
    let queries = load::queries(global)?;
    let settings = global.answers()?;
    let context = Context { given: settings.context.clone(), ..Context::default() };
    let options = Options { context, strict: settings.strict, interrupt: Interrupt::default() };
    let bench = Bench { inventory: &inventory, options, scope: settings.scope, queries: &queries };
    let checked = match check(&bench, assertions) {
        Ok(checked) => checked,
        Err(problems) => return Ok(wrong(&problems, &files)),
    };
    let mut sources = Sources::default();
    for (file, text) in &files {
        sources.add(file.as_str(), text.as_str());
    }
    let mut output = Output::open(global.output.as_deref())?;
    match form {
        Form::Answer(Format::Json) => checked_json(&checked, &sources, &mut output)?,
        Form::Answer(Format::Jsonl) => checked_jsonl(&checked, &sources, &mut output)?,
        Form::Answer(_) => output.write_all(checked_text(&checked, &sources, settings.style).as_bytes())?,
        Form::Junit => junit(&assertion_alerts(&checked, &sources, &inventory.sources), &mut output)?,
        Form::Sarif => {
            let root = std::env::current_dir().ok();
            let alerts = assertion_alerts(&checked, &sources, &inventory.sources);
            sarif(&alerts, root.as_deref(), &mut output)?;
        }
        Form::Html | Form::Store(_) | Form::Graph(_) => return Err(form.not_of_alerts("assertions")),
    }
    output.finish()?;
    Ok(ExitCode::from(code(&checked)))
}

/// What fails comes before what nobody can say.
fn code(checked: &[Checked]) -> u8 {
    let worst = |wanted: fn(&Outcome) -> bool| checked.iter().any(|one| wanted(&one.outcome));
    if worst(|outcome| matches!(outcome, Outcome::Fails(_))) {
        FAILED
    } else if worst(|outcome| matches!(outcome, Outcome::Undecided(_))) {
        UNDECIDED
    } else {
        0
    }
}

/// Tells what is wrong with files.
fn wrong(problems: &[Problem], files: &[(String, String)]) -> ExitCode {
    for problem in problems.iter().take(TOLD) {
        let text = files.iter().find(|(name, _)| *name == problem.file).map_or("", |(_, text)| text);
        talk::say(&format!("error: {}", clean_lines(&problem.picture(text))));
    }
    if problems.len() > TOLD {
        talk::say(&format!("and {} more errors", problems.len() - TOLD));
    }
    ExitCode::from(BAD_INPUT)
}

impl Args {
    /// The files with their texts.
    fn read(&self) -> Result<Vec<(String, String)>, Failure> {
        let mut files: Vec<(String, String)> = Vec::new();
        for path in &self.files {
            let name = path.display().to_string();
            if files.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let read = if name == "-" {
                let mut text = String::new();
                std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
            } else {
                std::fs::read_to_string(path)
            };
            let text = read.map_err(|error| Failure::input(format!("{name}: {error}")))?;
            // Some editors begin a file with a mark that nobody sees.
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            files.push((name, text));
        }
        Ok(files)
    }
}
