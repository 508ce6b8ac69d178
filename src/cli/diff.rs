//! `diff`: what is otherwise in one input than in another one.

use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::ValueEnum;

use super::{Failure, Global, load, talk};
use crate::engine::{Interrupt, Relations, derive};
use crate::finding::Turnover;
use crate::inventory::{Inventory, Plan};
use crate::policy::AccountId;
use crate::query::saved::Severity;
use crate::query::{Difference, DifferenceLine, Edit, Extent, Grain, Question};
use crate::repl::{DeskError, Output, given_text};
use crate::report::{Crowd, Format, difference_rows, difference_sections, difference_tally};

/// Who gained and who lost what from one input to another, or by a change that is proposed.
///
/// Those who gain or lose the same are one line; --expand lists them. Each line names the statement that grants
/// it now, or that granted it and denies it now.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Files and folders as of --data, or a snapshot: how it was; without it those of --data
    #[arg(value_name = "OLD")]
    old: Option<PathBuf>,
    /// The same: how it is; not with a change
    #[arg(value_name = "NEW")]
    new: Option<PathBuf>,
    /// Set the policy of a repository, or a policy that is named, to that of a file
    #[arg(long, value_name = "NAME=FILE", value_parser = name_and_file)]
    set_policy: Vec<(String, String)>,
    /// Make a change, told as behind `what if` in the shell
    #[arg(long, value_name = "CHANGE", value_parser = change)]
    what_if: Vec<Edit>,
    /// Apply a plan: what `terraform show -json` prints of one
    #[arg(long, value_name = "PLAN")]
    terraform: Vec<PathBuf>,
    /// The account of those resources of the plans that do not tell theirs
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    account: Option<AccountId>,
    /// Compare action by action, and not what they add up to
    #[arg(long)]
    actions: bool,
    /// Exit with 1 if there is such a change
    #[arg(long, value_name = "CHANGE", value_delimiter = ',')]
    fail_on: Vec<FailOn>,
}

/// What a CI job lets nobody merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Somebody may do what they could not, or not in all of these requests
    Gained,
    /// The same, and it is more than to look and to pull
    #[value(name = "gained:write")]
    GainedWrite,
    /// Anyone may
    Public,
    /// Something deserves a look that did not before, and matters at least as much as `medium`
    Findings,
}

impl FailOn {
    fn is_met(self, line: &DifferenceLine) -> bool {
        line.is_gain()
            && match self {
                Self::Gained => true,
                Self::GainedWrite => line.is_write(),
                Self::Public => line.is_public(),
                Self::Findings => false,
            }
    }
}

fn name_and_file(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), file.to_owned())),
        _ => Err("expected NAME=FILE".to_owned()),
    }
}

fn account(text: &str) -> Result<AccountId, String> {
    AccountId::parse(text).ok_or_else(|| "expected twelve digits".to_owned())
}

fn change(text: &str) -> Result<Edit, String> {
    match format!("what if {text}").parse() {
        Ok(Question::WhatIf(edit)) => Ok(edit),
        Ok(_) => Err("expected a change; `help what-if` in the shell says how".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

const EXAMPLES: &str = r#"Examples:
  $ grantlog diff --what-if 'delete user/oskar'
  $ grantlog compile -o monday.glx && grantlog compile -o today.glx
  $ grantlog diff monday.glx today.glx --fail-on gained:write,public
  no permission changed
  $ echo '{"Version": "2012-10-17", "Statement": []}' > closed.json
  $ grantlog diff monday.glx --set-policy storefront/preview=closed.json --format markdown
  $ printf '%s' '{"format_version": "1.2", "resource_changes": [{"address": "aws_iam_user.oskar",' \
      '"type": "aws_iam_user", "change": {"actions": ["delete"], "before": {"name": "oskar",' \
      '"arn": "arn:aws:iam::111122223333:user/oskar"}, "after": null}}]}' > plan.json
  $ grantlog diff monday.glx --terraform plan.json | tail -n 1
  permissions: 4 lost"#;

/// Compares.
pub(super) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let (edits, plans) = (edits(args), plans(args)?);
    let (old, new) = inputs(global, args, !edits.is_empty() || !plans.is_empty())?;
    let settings = global.settings()?;
    let options = settings.options(&Interrupt::default());
    // They last as long as the process, with what is derived of them: nobody should wait while they are freed.
    let (before, read) = before(global, &old, &plans)?;
    let before = ManuallyDrop::new(before);
    let base = ManuallyDrop::new(derive(&before, options.clone()));
    let other = if new.is_empty() { None } else { Some(load::read(global, &new)?.0) };
    let after = ManuallyDrop::new(match &other {
        Some(inventory) => derive(inventory, options),
        None => changed(&base, &edits, &plans)?,
    });
    // What a change brings is told after what was read.
    if new.is_empty() {
        talk::diagnose_from(global, after.inventory(), read);
    }
    let extent = Extent {
        grain: if args.actions { Grain::Actions } else { Grain::Capabilities },
        each: settings.style.expand,
        direct: settings.scope.direct,
    };
    let difference = base.difference(&after, extent);
    let found = |world: &Relations<'_>| world.findings(&|_, _| {});
    let findings = Turnover::between(found(&base), found(&after));
    let mut output = Output::open(global.output.as_deref())?;
    write(&difference, &findings, &settings, &mut output)?;
    output.finish()?;
    if !settings.format.holds_notes() {
        difference.notes.iter().for_each(|note| talk::say(&format!("note: {note}")));
    }
    Ok(verdict(&difference, &findings, &args.fail_on))
}

fn edits(args: &Args) -> Vec<Edit> {
    let set = args.set_policy.iter().cloned();
    let set = set.map(|(repository, file)| Edit::SetPolicy { repository, file });
    set.chain(args.what_if.iter().cloned()).collect()
}

/// What is read on both sides; nothing on the second one, where a change makes it.
fn inputs(global: &Global, args: &Args, is_changed: bool) -> Result<(Vec<PathBuf>, Vec<PathBuf>), Failure> {
    let one = |path: &Path| vec![path.to_owned()];
    match (&args.old, &args.new, is_changed) {
        (_, Some(_), true) => {
            Err(Failure::input("a change is made to one input, and two are named\n  hint: leave NEW away"))
        }
        (Some(old), Some(new), false) => Ok((one(old), one(new))),
        (Some(old), None, true) => Ok((one(old), Vec::new())),
        (Some(new), None, false) if !global.data.is_empty() => Ok((global.data.clone(), one(new))),
        (None, _, true) => Ok((global.paths(), Vec::new())),
        _ => Err(Failure::input(
            "there is nothing to compare with\n  hint: name OLD and NEW, or a change: --set-policy, --what-if, --terraform",
        )),
    }
}

/// What there is before: what is read, with the number of its diagnostics, and what plans know of accounts that are
/// not read.
fn before(global: &Global, old: &[PathBuf], plans: &[Plan]) -> Result<(Inventory, usize), Failure> {
    // A plan alone is compared with what it knows itself.
    let read = if old.is_empty() && !plans.is_empty() {
        Inventory::default()
    } else {
        ManuallyDrop::into_inner(load::read(global, old)?.0)
    };
    let told = read.diagnostics.len();
    Ok((plans.iter().fold(read, |world, plan| plan.known_over(&world)), told))
}

fn plans(args: &Args) -> Result<Vec<Plan>, Failure> {
    let plan = |path: &PathBuf| {
        let opened = Plan::open(path, args.account);
        opened.map_err(|error| Failure::input(format!("{error}\n  hint: {}", error.hint())))
    };
    args.terraform.iter().map(plan).collect()
}

fn changed(base: &Relations<'_>, edits: &[Edit], plans: &[Plan]) -> Result<Relations<'static>, Failure> {
    let mut last: Option<Relations<'static>> = None;
    for plan in plans {
        let before = last.as_ref().unwrap_or(base);
        last = Some(before.after(Arc::new(plan.applied_to(before.inventory()))));
    }
    for edit in edits {
        let before = last.as_ref().unwrap_or(base);
        let change = before.change(edit, &given_text).map_err(DeskError::from)?;
        let inventory = before.inventory().changed(&change).map_err(DeskError::from)?;
        last = Some(before.after(Arc::new(inventory)));
    }
    Ok(last.expect("there is a change, or a second input"))
}

fn write(
    difference: &Difference,
    findings: &Turnover,
    settings: &crate::repl::Settings,
    out: &mut Output,
) -> Result<(), Failure> {
    let (format, style) = (settings.format, settings.style);
    let renderer = format.renderer(style);
    if !format.holds_notes() {
        renderer.sheet(&difference_rows(difference, findings), out)?;
        return Ok(());
    }
    let crowd = if style.expand { Crowd::Single } else { Crowd::Folded };
    for sheet in difference_sections(difference, findings, crowd) {
        match format {
            Format::Markdown => writeln!(out, "### {}\n", sheet.title)?,
            _ => writeln!(out, "{}\n", sheet.title)?,
        }
        renderer.sheet(&sheet, out)?;
        writeln!(out)?;
    }
    writeln!(out, "{}", difference_tally(difference))?;
    for note in &difference.notes {
        renderer.note(note, out)?;
    }
    Ok(())
}

fn verdict(difference: &Difference, findings: &Turnover, fail_on: &[FailOn]) -> ExitCode {
    let appeared = findings.appeared.iter().filter(|one| one.severity() >= Severity::Medium).count();
    let mut is_met = appeared > 0 && fail_on.contains(&FailOn::Findings);
    if is_met {
        talk::say(&format!("failed on findings: {appeared} finding{}", if appeared == 1 { "" } else { "s" }));
    }
    for wanted in FailOn::value_variants().iter().filter(|one| fail_on.contains(one)) {
        let lines = difference.lines.iter().filter(|line| wanted.is_met(line));
        let cells: usize = lines.map(|line| line.changed.cells()).sum();
        if cells > 0 {
            let name = wanted.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
            talk::say(&format!("failed on {name}: {cells} permission{}", if cells == 1 { "" } else { "s" }));
            is_met = true;
        }
    }
    ExitCode::from(u8::from(is_met))
}
