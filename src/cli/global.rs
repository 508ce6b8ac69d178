//! What every command understands.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum};

use super::Failure;
use crate::condition::add_given;
use crate::query::Scope;
use crate::repl::{DeskError, Settings, context_entry};
use crate::report::{Format, Style};

fn only_alerts(form: &str) -> Failure {
    let names = Format::ALL.map(Format::as_str).join(", ");
    Failure::input(format!("`{form}` is no form of answers\n  hint: the forms of answers are {names}"))
}

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
    /// The form of answers
    #[arg(long = "format", short, global = true, default_value = "table", value_parser = form(), value_name = "FORMAT")]
    form: Form,
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

/// The form of answers, or one of those in which only alerts can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// For whatever is asked.
    Answer(Format),
    /// For build servers.
    Junit,
    /// For code hosts.
    Sarif,
}

impl Form {
    fn parse(name: &str) -> Option<Self> {
        match name {
            // What a table of rows is to an answer, a text is to alerts.
            "text" => Some(Self::Answer(Format::Table)),
            "junit" => Some(Self::Junit),
            "sarif" => Some(Self::Sarif),
            name => Format::parse(name).map(Self::Answer),
        }
    }
}

fn form() -> impl clap::builder::TypedValueParser<Value = Form> {
    let known = Format::ALL.map(Format::as_str).into_iter().map(PossibleValue::new);
    let alerts = ["text", "junit", "sarif"].map(|name| PossibleValue::new(name).hide(true));
    PossibleValuesParser::new(known.chain(alerts))
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
    /// For a form in which only alerts can be told.
    pub(super) fn format(&self) -> Result<Format, Failure> {
        match self.form {
            Form::Answer(format) => Ok(format),
            Form::Junit => Err(only_alerts("junit")),
            Form::Sarif => Err(only_alerts("sarif")),
        }
    }

    /// The form in which alerts are told.
    pub(super) fn form(&self) -> Form {
        self.form
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
