//! `report`: what is found, for those who were not in the shell.

use std::mem::ManuallyDrop;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use super::global::Form;
use super::standing::{Standing, today};
use super::{Failure, Global, lint, load, store, talk};
use crate::catalog::Capability;
use crate::policy::near;
use crate::query::saved::{Queries, Severity};
use crate::query::{Frame, Matrix, Summary, Tail};
use crate::repl::{Desk, DeskError, Output, Progress};
use crate::report::{About, Asked, Document, Format, Page, Section, document_alerts, junit, sarif};

/// Saved queries, findings, and who holds what on what: for a review, a spreadsheet, a program.
///
/// WHAT is `summary`, `findings`, `queries` (each saved query that finds something), `matrix`, or the name of a
/// saved query, behind which its parameters may stand as PARAMETER=VALUE. Without it, all of it is told.
///
/// The matrix has principals in its rows, repositories in its columns, and capabilities in its cells; those who hold
/// the same everywhere are one row, and repositories on which everybody holds the same are one column, unless
/// --expand is given.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// What to tell: `summary`, `findings`, `queries`, `matrix`, or a saved query
    #[arg(value_name = "WHAT")]
    what: Vec<String>,
    /// Only these capabilities, in the matrix and the summary
    #[arg(long, value_name = "CAPABILITY", value_delimiter = ',', value_parser = capability())]
    capability: Vec<Capability>,
    /// Only what this account owns, in the matrix and the summary: its number or its name
    #[arg(long, value_name = "ACCOUNT")]
    account: Vec<String>,
    /// Only these principals, in the matrix: an ARN, the end of one, or a pattern
    #[arg(long, value_name = "PRINCIPAL")]
    principal: Vec<String>,
    /// Only these repositories, in the matrix: an ARN, the end of one, or a pattern
    #[arg(long, value_name = "REPOSITORY")]
    repository: Vec<String>,
    /// Only findings, and queries that nobody named, that matter so much
    #[arg(long, value_name = "SEVERITY", default_value = "info", value_parser = lint::severity())]
    severity: Severity,
    #[command(flatten)]
    standing: Standing,
}

const EXAMPLES: &str = "\
Besides the forms of answers, --format takes html, junit and sarif; without it, the ending of the output tells the
form (.html, .md, .csv, .json, .jsonl, .xml, .sarif). A CSV holds one section, the matrix if none is named.
Everything that was read and derived is written with --format sqlite as a database (.sqlite), and with --format
parquet as a folder of Parquet files (.parquet).

Examples:
  $ grantlog report -o access.md
  $ grantlog report matrix --capability push,delete
  $ grantlog report findings queries --severity high -o access.sarif
  $ grantlog report users-push --format csv
  $ grantlog report administrators 'repository=storefront/*' --format jsonl
  $ grantlog report --format sqlite -o access.sqlite
  $ grantlog report --format parquet -o access/";

/// One thing that a report tells.
#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Summary,
    Findings,
    /// Each saved query that finds something.
    Queries,
    /// A saved query, and what its parameters are to be.
    Query(String, Vec<(String, String)>),
    Matrix,
}

/// The words that are no names of queries.
const WORDS: [(&str, What); 4] =
    [("summary", What::Summary), ("findings", What::Findings), ("queries", What::Queries), ("matrix", What::Matrix)];

fn capability() -> impl clap::builder::TypedValueParser<Value = Capability> {
    PossibleValuesParser::new(Capability::ALL.map(Capability::as_str))
        .map(|word| Capability::parse(&word).expect("only capabilities are accepted"))
}

/// Asks, and writes what comes of it.
pub(super) fn run(global: &Global, args: &Args) -> Result<ExitCode, Failure> {
    let form = global.form_of_output();
    match form {
        Form::Store(form) => {
            args.unless_chosen()?;
            return store::run(global, form);
        }
        Form::Graph(_) => return Err(form.not_of_reports()),
        Form::Answer(_) | Form::Junit | Form::Sarif | Form::Html => {}
    }
    let queries = load::queries(global)?;
    let wanted = args.wanted(form, &queries)?;
    let mut output = Output::open(global.output.as_deref())?;
    let (inventory, _) = load::load(global)?;
    let settings = global.answers()?;
    let style = settings.style;
    // It lasts as long as the process, as the inventory does.
    let desk = ManuallyDrop::new(Desk::new(&inventory, settings).with_queries(&queries));
    let document = args.document(&desk, &wanted, global)?;
    match form {
        Form::Answer(format) => format.renderer(style).document(&document, &mut output)?,
        Form::Junit => junit(&document_alerts(&document, &inventory.sources), &mut output)?,
        Form::Sarif => sarif(
            &document_alerts(&document, &inventory.sources),
            std::env::current_dir().ok().as_deref(),
            &mut output,
        )?,
        Form::Html => page(&desk, &document)?.write(&document, &mut output)?,
        Form::Store(_) | Form::Graph(_) => unreachable!("stores hold everything, and graphs no document"),
    }
    output.finish()?;
    if !matches!(form, Form::Html) && !matches!(form, Form::Answer(format) if format.holds_notes()) {
        document.notes().for_each(|note| talk::say(&format!("note: {note}")));
    }
    Ok(ExitCode::SUCCESS)
}

impl Args {
    /// # Errors
    /// If something is chosen: a store holds everything.
    fn unless_chosen(&self) -> Result<(), Failure> {
        let chosen = [&self.what, &self.account, &self.principal, &self.repository];
        if chosen.iter().all(|names| names.is_empty()) && self.capability.is_empty() {
            return Ok(());
        }
        let hint = "leave out what is to be told, and choose in SQL";
        Err(Failure::input(format!("a store holds everything\n  hint: {hint}")))
    }

    /// What is to be told in this form.
    fn wanted(&self, form: Form, queries: &Queries) -> Result<Vec<What>, Failure> {
        let mut wanted: Vec<What> = Vec::new();
        for text in &self.what {
            if let Some((parameter, value)) = text.split_once('=') {
                let Some(What::Query(_, values)) = wanted.last_mut() else {
                    let hint = "a parameter stands behind the name of its query: `NAME PARAMETER=VALUE`";
                    return Err(Failure::input(format!("`{text}` belongs to no saved query\n  hint: {hint}")));
                };
                values.push((parameter.to_owned(), value.to_owned()));
                continue;
            }
            wanted.push(match WORDS.iter().find(|(word, _)| word == text) {
                Some((_, what)) => what.clone(),
                None if queries.get(text).is_ok() => What::Query(text.clone(), Vec::new()),
                None => return Err(unknown(text, queries)),
            });
        }
        let is_alert = |what: &What| !matches!(what, What::Summary | What::Matrix);
        match form {
            Form::Answer(Format::Csv) if wanted.is_empty() => wanted.push(What::Matrix),
            Form::Answer(Format::Csv) if wanted.len() > 1 || wanted[0] == What::Queries => {
                let hint =
                    "name one: `summary`, `findings`, `matrix`, or one saved query; or write it as JSON or Markdown";
                return Err(Failure::input(format!("a CSV holds one table\n  hint: {hint}")));
            }
            Form::Junit | Form::Sarif if wanted.is_empty() => wanted.extend([What::Findings, What::Queries]),
            Form::Junit | Form::Sarif if !wanted.iter().all(is_alert) => {
                let hint = "in this form are told: `findings`, `queries`, and saved queries by name";
                return Err(Failure::input(format!("numbers and the matrix are no alerts\n  hint: {hint}")));
            }
            _ if wanted.is_empty() => {
                wanted.extend([What::Summary, What::Findings, What::Queries, What::Matrix]);
            }
            _ => {}
        }
        Ok(wanted)
    }

    /// Asks everything.
    fn document(&self, desk: &Desk<'_>, wanted: &[What], global: &Global) -> Result<Document, Failure> {
        let (relations, settings) = (desk.relations(), desk.settings());
        let about = About {
            inputs: global.paths().iter().map(|path| path.display().to_string()).collect(),
            strict: settings.strict,
            direct: settings.scope.direct,
            context: settings.context.clone(),
            ..About::of(relations.inventory())
        };
        let (mut sections, mut silent) = (Vec::new(), Vec::new());
        for what in wanted {
            match what {
                What::Summary => sections.push(Section::Summary(self.summary(desk)?)),
                What::Findings => {
                    let progress = Progress::of("accounts");
                    let mut found = relations.findings(&|done, total| progress.tell(done, total));
                    found.retain(|one| one.severity() >= self.severity);
                    sections.push(Section::Findings(self.standing.suppressions()?.part(found, today())));
                }
                What::Query(name, values) => sections.push(Section::Query(asked(desk, name, values)?.into())),
                What::Queries => {
                    let all = desk.queries().by_severity();
                    let progress = Progress::of("queries");
                    for (done, query) in all.iter().enumerate().filter(|(_, query)| query.severity >= self.severity) {
                        let asked = asked(desk, &query.name, &[])?;
                        progress.tell(done + 1, all.len());
                        if asked.rows.is_empty() {
                            silent.push(query.name.clone());
                        } else {
                            sections.push(Section::Query(asked.into()));
                        }
                    }
                }
                What::Matrix => {
                    let matrix = self.matrix(desk)?;
                    sections.push(Section::Matrix(if global.expand { matrix.expanded() } else { matrix }));
                }
            }
        }
        Ok(Document { title: "Who can do what in container registries".to_owned(), about, sections, silent })
    }

    fn summary(&self, desk: &Desk<'_>) -> Result<Summary, Failure> {
        let accounts = desk.relations().accounts_called(&self.account).map_err(DeskError::from)?;
        let progress = Progress::of("accounts derived");
        let mut summary = desk.relations().summary(&|done, total| progress.tell(done, total));
        summary.lines.retain(|line| {
            let is_named = |one: &Capability| one.as_str() == line.permission;
            (accounts.is_empty() || accounts.contains(&line.account))
                && (self.capability.is_empty() || self.capability.iter().any(is_named))
        });
        Ok(summary)
    }

    fn matrix(&self, desk: &Desk<'_>) -> Result<Matrix, Failure> {
        let frame = Frame {
            capabilities: self.capability.clone(),
            accounts: self.account.clone(),
            principals: self.principal.clone(),
            repositories: self.repository.clone(),
            direct: desk.settings().scope.direct,
        };
        let progress = Progress::of("accounts");
        let matrix = desk.relations().matrix(&frame, &|done, total| progress.tell(done, total));
        Ok(matrix.map_err(DeskError::from)?)
    }
}

/// A page with what the cells of the matrix rest on.
fn page(desk: &Desk<'_>, document: &Document) -> Result<Page, Failure> {
    let relations = desk.relations();
    let mut page = Page::of(relations.inventory());
    for section in &document.sections {
        let Section::Matrix(matrix) = section else { continue };
        let (progress, direct) = (Progress::of("columns proved"), desk.settings().scope.direct);
        let tell = |done, total| progress.tell(done, total);
        let told = relations.matrix_ways(matrix, direct, &tell, |cell, member, row| page.ground(cell, member, row));
        told.map_err(DeskError::from)?;
        if !direct {
            relations.becomings(matrix).iter().for_each(|step| page.becoming(step));
        }
    }
    Ok(page)
}

fn asked(desk: &Desk<'_>, name: &str, values: &[(String, String)]) -> Result<Asked, Failure> {
    let rows = desk.rows_of_query(name, values, &Tail::default())?;
    let query = desk.queries().get(name).map_err(DeskError::from)?.clone();
    Ok(Asked { query, values: values.to_vec(), rows })
}

fn unknown(text: &str, queries: &Queries) -> Failure {
    let known: Vec<&str> = WORDS.iter().map(|(word, _)| *word).chain(queries.names()).collect();
    let hint = match near(text, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`summary`, `findings`, `queries`, `matrix`, or a saved query: `grantlog list queries`".to_owned(),
    };
    let error = format!("there is nothing called `{text}` to report\n  hint: {hint}");
    Failure::input(crate::report::terminal::clean_lines(&error))
}
