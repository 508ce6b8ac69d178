//! What every command understands.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum};

use super::Failure;
use super::store::Stored;
use crate::condition::add_given;
use crate::graph;
use crate::query::Scope;
use crate::repl::{DeskError, Settings, context_entry};
use crate::report::{Format, Style};

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Global {
    /// A file or folder to read, give it once for each; or one snapshot [env: `GRANTLOG_DATA`, separated as in PATH]
    #[arg(long, short, global = true, value_name = "PATH")]
    pub(super) data: Vec<PathBuf>,
    /// The form of answers [default: table]
    #[arg(long = "format", short, global = true, value_parser = form(), value_name = "FORMAT")]
    form: Option<Form>,
    /// What is known of the request; `KEY=` says that the key is absent
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = context_entry)]
    context: Vec<(String, Option<String>)>,
    /// Write to this file, whole or not at all
    #[arg(long, short, global = true, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Let doubt about AWS's rules, and what the input lacks, make a verdict conditional
    #[arg(long, global = true)]
    pub(super) strict: bool,
    /// A folder with saved queries of your own (`docs/queries.md`), beside those that come along
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(super) queries: Vec<PathBuf>,
    /// Leave out what comes through roles
    #[arg(long, global = true)]
    direct: bool,
    /// List what is denied too, and prove with every layer and every action by itself
    #[arg(long, global = true)]
    all: bool,
    /// Show one by one what is alike
    #[arg(long, global = true)]
    pub(super) expand: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: When,
    /// Show all that is wrong with the input, notes too, and how much was derived
    #[arg(long, short, global = true)]
    pub(super) verbose: bool,
}

/// The form of answers, or one that some commands have beside those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// For whatever is asked.
    Answer(Format),
    /// Alerts, for build servers.
    Junit,
    /// Alerts, for code hosts.
    Sarif,
    /// A report as a page, for a browser.
    Html,
    /// Everything, for those who ask in SQL.
    Store(Stored),
    /// Who reaches what, for programs that draw.
    Graph(graph::Form),
}

/// Their names, each with what the names of files end with that hold it.
const FORMS: [(Form, &str, &[&str]); 14] = [
    (Form::Answer(Format::Table), "table", &[]),
    (Form::Answer(Format::Jsonl), "jsonl", &["jsonl", "ndjson"]),
    (Form::Answer(Format::Json), "json", &["json"]),
    (Form::Answer(Format::Csv), "csv", &["csv"]),
    (Form::Answer(Format::Markdown), "markdown", &["md", "markdown"]),
    (Form::Junit, "junit", &["xml"]),
    (Form::Sarif, "sarif", &["sarif"]),
    (Form::Html, "html", &["html", "htm"]),
    (Form::Store(Stored::Sqlite), "sqlite", &["sqlite", "sqlite3", "db"]),
    (Form::Store(Stored::Parquet), "parquet", &["parquet"]),
    (Form::Graph(graph::Form::Dot), "dot", &[]),
    (Form::Graph(graph::Form::Svg), "svg", &[]),
    (Form::Graph(graph::Form::Graphml), "graphml", &[]),
    (Form::Graph(graph::Form::Mermaid), "mermaid", &[]),
];

impl Form {
    pub(super) fn as_str(self) -> &'static str {
        FORMS.iter().find(|(form, ..)| *form == self).map_or("table", |(_, name, _)| name)
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        // What a table of rows is to an answer, a text is to alerts.
        let name = if name == "text" { "table" } else { name };
        FORMS.iter().find(|(_, known, _)| *known == name).map(|(form, ..)| *form)
    }

    /// What a file of this name holds.
    fn of_file(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        FORMS.iter().find(|(.., endings)| endings.contains(&&*ending)).map(|(form, ..)| *form)
    }

    /// The failure of a command that tells alerts, and has no such form.
    pub(super) fn not_of_alerts(self, what: &str) -> Failure {
        let told = FORMS.iter().filter(|(form, ..)| !matches!(form, Self::Html | Self::Store(_) | Self::Graph(_)));
        self.not_among(what, &told.map(|(_, name, _)| *name).collect::<Vec<_>>())
    }

    /// The failure of a command that tells all there is, and has no such form.
    pub(super) fn not_of_reports(self) -> Failure {
        let told = FORMS.iter().filter(|(form, ..)| !matches!(form, Self::Graph(_)));
        self.not_among("reports", &told.map(|(_, name, _)| *name).collect::<Vec<_>>())
    }

    /// The failure of a command that has no such form; these are those that it has.
    pub(super) fn not_among(self, what: &str, forms: &[&str]) -> Failure {
        let hint = format!("the forms of {what} are {}", forms.join(", "));
        Failure::input(format!("`{}` is no form of {what}\n  hint: {hint}", self.as_str()))
    }
}

fn form() -> impl clap::builder::TypedValueParser<Value = Form> {
    let is_hidden = |form: Form| !matches!(form, Form::Answer(_));
    let known = FORMS.iter().map(move |&(form, name, _)| PossibleValue::new(name).hide(is_hidden(form)));
    PossibleValuesParser::new(known.chain([PossibleValue::new("text").hide(true)]))
        .map(|name| Form::parse(&name).expect("only names of forms are accepted"))
}

impl Global {
    /// The files and folders to read: those given, else those of the environment.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        if !self.data.is_empty() {
            return self.data.clone();
        }
        let listed = std::env::var_os("GRANTLOG_DATA").unwrap_or_default();
        std::env::split_paths(&listed).filter(|path| !path.as_os_str().is_empty()).collect()
    }

    /// How questions are read, and how answers are written.
    ///
    /// # Errors
    /// For a context that no request can have.
    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        let format = self.format()?;
        Ok(Settings { format, ..self.answers()? })
    }

    /// The same where the form is another matter.
    ///
    /// # Errors
    /// For a context that no request can have.
    pub(super) fn answers(&self) -> Result<Settings, Failure> {
        let mut context = BTreeMap::new();
        for (key, value) in &self.context {
            add_given(&mut context, key, value.clone()).map_err(DeskError::from)?;
        }
        let to_terminal = self.output.is_none() && std::io::stdout().is_terminal();
        let width = if to_terminal { terminal_size::terminal_size().map(|(width, _)| width.0) } else { None };
        Ok(Settings {
            format: Format::default(),
            style: Style { width, color: self.wants_color(to_terminal), expand: self.expand, numbered: false },
            scope: Scope { direct: self.direct, all: self.all },
            strict: self.strict,
            context,
        })
    }

    /// The form of answers.
    ///
    /// # Errors
    /// For a form that answers have not.
    pub(super) fn format(&self) -> Result<Format, Failure> {
        match self.form() {
            Form::Answer(format) => Ok(format),
            other => Err(other.not_among("answers", &Format::ALL.map(Format::as_str))),
        }
    }

    /// The form that is asked for.
    pub(super) fn form(&self) -> Form {
        self.form.unwrap_or(Form::Answer(Format::Table))
    }

    /// The form, if one is asked for.
    pub(super) fn form_asked(&self) -> Option<Form> {
        self.form
    }

    /// The form that is asked for, or, where nobody asks, the one that the name of the output stands for.
    pub(super) fn form_of_output(&self) -> Form {
        let of_file = || self.output.as_deref().and_then(Form::of_file);
        self.form.or_else(of_file).unwrap_or(Form::Answer(Format::Table))
    }

    /// Whether something is said of requests.
    pub(super) fn has_context(&self) -> bool {
        !self.context.is_empty()
    }

    /// The layout of talk on standard error.
    pub(super) fn talk_style(&self) -> Style {
        let to_terminal = std::io::stderr().is_terminal();
        let width = if to_terminal { terminal_size::terminal_size().map(|(width, _)| width.0) } else { None };
        Style { width, color: self.wants_color(to_terminal), expand: false, numbered: false }
    }

    fn wants_color(&self, to_terminal: bool) -> bool {
        match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => to_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        }
    }
}
