//! Commands to the shell itself: a dot, a word, and what belongs to it.

use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;

use super::desk::{Desk, DeskError, Settings};
use crate::condition::add_given;
use crate::report::Format;
use crate::report::terminal::{clean, clean_lines};

/// A command to the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Show what is known of requests, or add to it, or forget it.
    Context(ContextChange),
    /// Set the form of answers.
    Mode(Format),
    /// Turn a setting on or off.
    Turn(Switch, bool),
    /// Send answers to a file, or back.
    Output(Option<PathBuf>),
    /// Tell how long answers take, or do not.
    Timer(bool),
    /// Write the lines of the session as a script.
    Save(PathBuf),
    /// Show the last answer as an assertion, or add it to a file of them.
    SaveAsAssertion(Option<PathBuf>),
    /// Carry out the lines of a script.
    Read(PathBuf),
    /// Read other data; the same again, if no path is told.
    Load(Vec<PathBuf>),
    /// Draw the permission graph into a file, or what is next to one node of it, or the proof that answers a question.
    Graph(PathBuf, Option<String>),
    /// Show the relations of Datalog, or one of them.
    Schema(Option<String>),
    /// Show the rules that were kept, or forget them.
    Rules(RulesChange),
    /// Show the settings.
    Settings,
    /// Show the commands.
    Help,
    /// Leave.
    Quit,
}

/// A change to what is known of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextChange {
    /// Show it.
    Show,
    /// Forget it.
    Clear,
    /// The key has this value too; none says that it is absent.
    Set(String, Vec<String>),
}

/// What becomes of the rules that were kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesChange {
    /// They are shown.
    Show,
    /// They are forgotten.
    Clear,
}

/// What can be turned on and off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Doubt makes a verdict conditional.
    Strict,
    /// Only a principal's own permissions.
    Direct,
    /// Denied rows too.
    All,
    /// Rows that are alike stay single.
    Expand,
}

/// Why a line is no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CommandError(String);

const USAGE: [(&str, &str); 22] = [
    (".context", "show what is known of requests"),
    (".context KEY=VALUE", "a request has this value; KEY= says that it has none"),
    (".context clear", "forget all of it"),
    (".mode FORMAT", "answer as table, jsonl, json, csv or markdown"),
    (".strict on|off", "let doubt make a verdict conditional"),
    (".direct on|off", "leave out what comes through roles"),
    (".all on|off", "list what is denied too, and prove with every layer"),
    (".expand on|off", "list rows that are alike one by one"),
    (".timer on|off", "tell how long answers take"),
    (".output FILE", "write answers to a file; without a name, show them again"),
    (".load PATH ...", "ask about other data: files and folders, or one snapshot; sets and rules stay"),
    (".reload", "read the data again; sets and rules stay"),
    (".save FILE", "write the lines of this session as a script"),
    (".save-as-assertion [FILE]", "add the last answer to a file for `check`; without a name, show it"),
    (".read FILE", "carry out the lines of a script"),
    (".graph FILE [NAME]", "draw the permission graph, or what is next to one node: .dot .svg .graphml .mmd .json"),
    (".graph FILE why ...", "draw the proof that answers `why ...`, `why NUMBER` or `how ...`"),
    (".schema [RELATION]", "show the relations that Datalog can ask for"),
    (".rules", "show the rules that this session keeps"),
    (".rules clear", "forget them"),
    (".settings", "show what is set"),
    (".quit", "leave; so does Ctrl-D"),
];

const WORDS: [&str; 19] = [
    ".all",
    ".context",
    ".direct",
    ".expand",
    ".graph",
    ".help",
    ".load",
    ".mode",
    ".output",
    ".quit",
    ".read",
    ".reload",
    ".rules",
    ".save",
    ".save-as-assertion",
    ".schema",
    ".settings",
    ".strict",
    ".timer",
];

/// A context entry: `KEY=VALUE`, or `KEY=` for a key that a request does not carry.
///
/// # Errors
/// A message, when there is no key or no `=`.
pub fn context_entry(text: &str) -> Result<(String, Option<String>), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            let value = (!value.is_empty()).then(|| value.to_owned());
            Ok((key.trim().to_ascii_lowercase(), value))
        }
        _ => Err(format!("expected KEY=VALUE, found `{text}`")),
    }
}

impl FromStr for Command {
    type Err = CommandError;

    fn from_str(line: &str) -> Result<Self, CommandError> {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let file = || match rest {
            "" => Err(CommandError(format!("expected `{word} FILE`"))),
            path => Ok(PathBuf::from(path)),
        };
        let turned = |switch| match rest {
            "on" => Ok(Self::Turn(switch, true)),
            "off" => Ok(Self::Turn(switch, false)),
            _ => Err(CommandError(format!("expected `{word} on` or `{word} off`"))),
        };
        match word {
            ".context" => Ok(Self::Context(match rest {
                "" => ContextChange::Show,
                "clear" => ContextChange::Clear,
                entry => {
                    let (key, value) = context_entry(entry).map_err(CommandError)?;
                    ContextChange::Set(key, value.into_iter().collect())
                }
            })),
            ".mode" => {
                let names = Format::ALL.map(Format::as_str).join(", ");
                Format::parse(rest).map(Self::Mode).ok_or_else(|| CommandError(format!("the formats are {names}")))
            }
            ".strict" => turned(Switch::Strict),
            ".direct" => turned(Switch::Direct),
            ".all" => turned(Switch::All),
            ".expand" => turned(Switch::Expand),
            ".timer" => match rest {
                "on" => Ok(Self::Timer(true)),
                "off" => Ok(Self::Timer(false)),
                _ => Err(CommandError(format!("expected `{word} on` or `{word} off`"))),
            },
            ".output" => Ok(Self::Output((!rest.is_empty()).then(|| PathBuf::from(rest)))),
            ".save" => file().map(Self::Save),
            ".save-as-assertion" => Ok(Self::SaveAsAssertion((!rest.is_empty()).then(|| PathBuf::from(rest)))),
            ".read" => file().map(Self::Read),
            ".schema" => Ok(Self::Schema((!rest.is_empty()).then(|| rest.to_owned()))),
            ".rules" => match rest {
                "" => Ok(Self::Rules(RulesChange::Show)),
                "clear" => Ok(Self::Rules(RulesChange::Clear)),
                _ => Err(CommandError(format!("expected `{word}` or `{word} clear`"))),
            },
            ".reload" if rest.is_empty() => Ok(Self::Load(Vec::new())),
            ".load" => file().map(|_| Self::Load(rest.split_whitespace().map(PathBuf::from).collect())),
            ".graph" => {
                let (path, focus) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                file().map(|_| Self::Graph(path.into(), (!focus.is_empty()).then(|| focus.trim().to_owned())))
            }
            ".settings" | ".show" => Ok(Self::Settings),
            ".help" => Ok(Self::Help),
            ".quit" | ".exit" | ".q" => Ok(Self::Quit),
            unknown => Err(CommandError(format!("`{}` is no command; see .help", clean(unknown)))),
        }
    }
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// Those of the writer, and for what no request can hold.
    pub fn carry_out(self, desk: &mut Desk<'_>, out: &mut dyn Write) -> Result<(), DeskError> {
        let mut settings = desk.settings().clone();
        match self {
            Self::Schema(name) => desk.write_schema(name.as_deref(), out)?,
            Self::Rules(RulesChange::Show) => {
                desk.rules().iter().try_for_each(|rule| writeln!(out, "{}", clean_lines(rule)))?;
            }
            Self::Rules(RulesChange::Clear) => desk.forget_rules(),
            // These are the session's.
            Self::Quit
            | Self::Output(_)
            | Self::Timer(_)
            | Self::Save(_)
            | Self::SaveAsAssertion(_)
            | Self::Read(_)
            | Self::Load(_)
            | Self::Graph(..) => {}
            Self::Help => usage(out)?,
            Self::Settings => show(&settings, out)?,
            Self::Context(ContextChange::Show) => show_context(&settings, out)?,
            Self::Context(ContextChange::Clear) => settings.context.clear(),
            Self::Context(ContextChange::Set(key, values)) => {
                add_given(&mut settings.context, &key, values.into_iter().next())?;
                show_context(&settings, out)?;
            }
            Self::Mode(format) => settings.format = format,
            Self::Turn(Switch::Strict, on) => settings.strict = on,
            Self::Turn(Switch::Direct, on) => settings.scope.direct = on,
            Self::Turn(Switch::All, on) => settings.scope.all = on,
            Self::Turn(Switch::Expand, on) => settings.style.expand = on,
        }
        desk.change(settings);
        Ok(())
    }
}

fn usage(out: &mut dyn Write) -> io::Result<()> {
    USAGE.iter().try_for_each(|(form, what)| writeln!(out, "  {form:<25} {what}"))
}

fn show(settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    let word = |on: bool| if on { "on" } else { "off" };
    writeln!(out, "mode {}", settings.format.as_str())?;
    writeln!(out, "strict {}", word(settings.strict))?;
    writeln!(out, "direct {}", word(settings.scope.direct))?;
    writeln!(out, "all {}", word(settings.scope.all))?;
    writeln!(out, "expand {}", word(settings.style.expand))?;
    show_context(settings, out)
}

fn show_context(settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
    if settings.context.is_empty() {
        return writeln!(out, "nothing is known of requests");
    }
    for (key, values) in &settings.context {
        let said = if values.is_empty() { "absent".to_owned() } else { values.join(", ") };
        writeln!(out, "{} = {}", clean(key), clean(&said))?;
    }
    Ok(())
}

/// Where the question begins of which a proof is to be drawn: behind the file, if it begins as such questions do.
pub(super) fn question(before: &str) -> Option<usize> {
    let rest = before.trim_start().strip_prefix(".graph")?.trim_start();
    let (_, focus) = rest.split_once(char::is_whitespace)?;
    let focus = focus.trim_start();
    (focus.starts_with("why") || focus.starts_with("how")).then(|| before.len() - focus.len())
}

/// Where the word begins, and what it can become.
pub(super) fn candidates(before: &str) -> (usize, Vec<String>) {
    // A blank may be longer than a byte.
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let start = before.len() - word.len();
    let choices: Vec<&str> = match before[..start].trim() {
        "" => WORDS.to_vec(),
        ".mode" => Format::ALL.map(Format::as_str).to_vec(),
        ".strict" | ".direct" | ".all" | ".expand" | ".timer" => vec!["on", "off"],
        ".context" => {
            vec!["clear", "aws:SourceIp=", "aws:SourceVpce=", "aws:PrincipalOrgID=", "aws:MultiFactorAuthPresent="]
        }
        _ => Vec::new(),
    };
    (start, choices.into_iter().filter(|choice| choice.starts_with(word)).map(str::to_owned).collect())
}
