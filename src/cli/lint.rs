//! `lint`: what deserves a look.

use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use super::global::Form;
use super::standing::{self, Standing};
use super::{Failure, Global, load, talk};
use crate::engine::{Options, derive};
use crate::finding::{Baseline, Finding, Found, Page, Suppressions};
use crate::inventory::Inventory;
use crate::query::saved::Severity;
use crate::repl::{Output, Progress};
use crate::report::{finding_alerts, junit, sarif, tally, terminal};

/// What deserves a look: who is let in that should not be, and statements that do not do what they seem to.
///
/// Each finding has a page (`--explain`), the place of the statement, and where there is one the edit that mends it.
/// The exit code is 1 if something is found that matters as much as `--fail-on` says and that nobody lets stand.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Fail if something is found that matters so much; `never` does not fail
    #[arg(long, value_name = "SEVERITY", default_value = "medium", value_parser = threshold())]
    fail_on: Threshold,
    /// Show nothing that matters less
    #[arg(long, value_name = "SEVERITY", default_value = "info", value_parser = severity())]
    severity: Severity,
    /// Show what is new since this input: a file, a folder or a snapshot
    #[arg(long, value_name = "PATH")]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    standing: Standing,
    /// Write a file by which all that is found may stand, instead of showing it
    #[arg(long)]
    suppress_all: bool,
    /// Show the page of a finding; without a name, list all of them
    #[arg(long, value_name = "FINDING", num_args = 0..=1, default_missing_value = "")]
    explain: Option<String>,
}

const EXAMPLES: &str = "\
Besides the forms of answers (table is text), --format takes junit and sarif.

Examples:
  $ grantlog lint --severity critical --fail-on never
  $ grantlog lint --explain | head -n 1
  anyone-writes (critical): Anyone can write, delete or administer
  $ grantlog lint --suppress-all -o grantlog.toml
  $ grantlog lint --fail-on info | cut -d ';' -f 1
  no findings";

/// From which severity on a finding is a failure.
type Threshold = Option<Severity>;

fn words() -> [&'static str; 5] {
    Severity::ALL.map(Severity::as_str)
}

pub(super) fn severity() -> impl clap::builder::TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(words()).map(|word| Severity::parse(&word).expect("only severities are accepted"))
}

fn threshold() -> impl clap::builder::TypedValueParser<Value = Threshold> {
    PossibleValuesParser::new(words().into_iter().chain(["never"])).map(|word| Severity::parse(&word))
}

/// Looks for findings.
pub(super) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let mut output = Output::open(global.output.as_deref())?;
    if let Some(name) = &args.explain {
        output.write_all(explained(name)?.as_bytes())?;
        output.finish()?;
        return Ok(ExitCode::SUCCESS);
    }
    let suppressions = args.standing.suppressions()?;
    let (inventory, _) = load::load(global)?;
    let mut found = findings(global, &inventory)?;
    if let Some(path) = &args.baseline {
        let old = Inventory::load(std::slice::from_ref(path)).map_err(|error| Failure::load(&error))?;
        found = Baseline::new(&findings(global, &ManuallyDrop::new(old))?).new_among(found);
    }
    found.retain(|one| one.severity() >= args.severity);
    let today = standing::today();
    if args.suppress_all {
        output.write_all(Suppressions::written(&found, today).as_bytes())?;
        output.finish()?;
        return Ok(ExitCode::SUCCESS);
    }
    let parted = suppressions.part(found, today);
    match global.form() {
        Form::Answer(format) => format.renderer(global.answers()?.style).findings(&parted, &mut output)?,
        Form::Junit => junit(&finding_alerts(&parted), &mut output)?,
        Form::Sarif => sarif(&finding_alerts(&parted), std::env::current_dir().ok().as_deref(), &mut output)?,
        form @ (Form::Html | Form::Store(_) | Form::Graph(_)) => return Err(form.not_of_alerts("findings")),
    }
    output.finish()?;
    if !matches!(global.form(), Form::Answer(format) if format.holds_notes()) {
        tally(&parted).lines().for_each(talk::say);
    }
    let fails = |one: &Found| args.fail_on.is_some_and(|least| one.severity() >= least);
    Ok(ExitCode::from(u8::from(parted.found.iter().any(fails))))
}

fn findings(global: &Global, inventory: &ManuallyDrop<Inventory>) -> Result<Vec<Found>, Failure> {
    let settings = global.answers()?;
    let mut options = Options { strict: settings.strict, ..Options::default() };
    options.context.given = settings.context;
    // It lasts as long as the process, as the inventory does.
    let relations = ManuallyDrop::new(derive(inventory, options));
    let progress = Progress::of("accounts");
    Ok(relations.findings(&|done, total| progress.tell(done, total)))
}

/// The page of a finding, or one line for each.
fn explained(name: &str) -> Result<String, Failure> {
    if name.is_empty() {
        let mut all: Vec<(Finding, Page)> = Finding::ALL.iter().map(|&one| (one, Page::of(one))).collect();
        all.sort_by_key(|(finding, page)| (std::cmp::Reverse(page.severity), *finding));
        let line =
            |(finding, page): (Finding, Page)| format!("{finding} ({}): {}\n", page.severity.as_str(), page.title);
        return Ok(all.into_iter().map(line).collect());
    }
    let finding = Finding::ALL.iter().find(|one| one.as_str() == name);
    let unknown = || {
        let names: Vec<&str> = Finding::ALL.iter().map(|one| one.as_str()).collect();
        let hint = match crate::policy::near(name, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`grantlog lint --explain` lists all".to_owned(),
        };
        Failure::input(terminal::clean_lines(&format!("there is no finding `{name}`\n  hint: {hint}")))
    };
    finding.map(|&one| Page::of(one).text.to_owned()).ok_or_else(unknown)
}
