//! Where questions are answered: one desk for the shell and for the commands.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::help;
use super::overlay::World;
use super::progress::Progress;
use crate::condition::GivenError;
use crate::engine::{Interrupt, Options, Relations, derive};
use crate::explain::{prove_each, prove_way};
use crate::graph::{DrawError, Drawing, Fold, Form, Limits, Selection};
use crate::inventory::{ChangeError, Inventory};
use crate::lower::Context;
use crate::query::datalog::{Limits as Bounds, Program, QueryError, Rules, Table, TextError};
use crate::query::saved::{Queries, RunError};
use crate::query::{AskError, Cell, EditError, Proof, Question, Scope, SetError, Sets, Verdict, Vocabulary, plural};
use crate::report::{Format, Renderer, Sheet, Style, facts, joined, summarized, terminal};

/// How questions are read, and how answers are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The form of answers.
    pub format: Format,
    /// The layout of answers for people.
    pub style: Style,
    /// What answers take in.
    pub scope: Scope,
    /// Whether doubt makes a verdict conditional.
    pub strict: bool,
    /// What is known of the request: values by key in lower case; none says that the key is absent.
    pub context: BTreeMap<String, Vec<String>>,
}

/// An inventory with what was derived from it, and somebody's settings.
#[derive(Debug)]
pub struct Desk<'a> {
    inventory: &'a Inventory,
    pub(super) relations: Relations<'a>,
    /// The worlds that changes made, each of the one before.
    pub(super) worlds: Vec<World>,
    settings: Settings,
    pub(super) sets: Sets,
    pub(super) rules: Rules,
    queries: &'a Queries,
    interrupt: Interrupt,
    /// What the lines of the last answer are about.
    pub(super) last: Vec<Cell>,
    /// The question that was answered last.
    pub(super) asked: Option<Question>,
}

/// What an answer came to, beside what was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// The verdicts of its rows.
    pub verdicts: Vec<Verdict>,
    /// Remarks that belong to the whole.
    pub notes: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// A name means nothing, or several things.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// A set has no such name, or no such members.
    #[error(transparent)]
    Set(#[from] SetError),
    /// Datalog has no such relation.
    #[error("no relation is called `{0}`")]
    NoRelation(String),
    /// The answer before has no such line.
    #[error("there is no row {0}")]
    NoRow(usize, usize),
    /// There is no picture.
    #[error(transparent)]
    Draw(DrawError),
    /// What is asked in Datalog has no answer.
    #[error(transparent)]
    Datalog(#[from] QueryError),
    /// A saved query cannot be run.
    #[error(transparent)]
    Saved(#[from] RunError),
    /// The words of a change mean none.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The change cannot be made.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// There are as many changes as are kept.
    #[error("there are {0} changes already")]
    TooMany(usize),
    /// There is no change to take back.
    #[error("nothing was changed")]
    Unchanged,
    /// No request can be as it is said to be.
    #[error(transparent)]
    Context(#[from] GivenError),
    /// The last answer is no assertion.
    #[error("{0}")]
    NoAssertion(String, String),
    /// There is no help about this.
    #[error("there is no help about `{0}`")]
    NoTopic(String),
    /// The answer cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<DrawError> for DeskError {
    fn from(error: DrawError) -> Self {
        match error {
            DrawError::Ask(error) => Self::Ask(error),
            DrawError::Io(error) => Self::Io(error),
            error => Self::Draw(error),
        }
    }
}

impl DeskError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Ask(error) => error.hint(),
            Self::Datalog(error) => error.hint().map(str::to_owned),
            Self::Saved(error) => error.hint(),
            Self::Edit(error) => error.hint(),
            Self::Change(error) => error.hint(),
            Self::TooMany(_) => Some("`undo` takes the last one back, `undo all` all of them".to_owned()),
            Self::Unchanged => Some("`what if` changes something; `help what-if` says how".to_owned()),
            Self::Context(error) => Some(error.hint()),
            Self::NoAssertion(_, hint) => Some(hint.clone()),
            Self::NoTopic(_) => Some(format!("the topics are {}", help::topics().collect::<Vec<_>>().join(", "))),
            Self::NoRelation(_) => Some("`.schema` shows all of them".to_owned()),
            Self::NoRow(_, 0) => Some("ask who can do something first: its rows have numbers".to_owned()),
            Self::NoRow(_, rows) => Some(format!("the last answer has the rows 1 to {rows}")),
            Self::Draw(error) => error.hint(),
            Self::Set(_) | Self::Io(_) => None,
        }
    }

    /// The message and its hint, safe to show.
    #[must_use]
    pub fn told(&self) -> String {
        if let Self::Datalog(QueryError::Text(error)) | Self::Saved(RunError::Text(error)) = self {
            return terminal::clean_lines(&error.picture());
        }
        let hint = self.hint().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
        terminal::clean_lines(&format!("{self}{hint}"))
    }
}

impl From<TextError> for DeskError {
    fn from(error: TextError) -> Self {
        Self::Datalog(error.into())
    }
}

impl<'a> Desk<'a> {
    /// Prepares an inventory for questions.
    #[must_use]
    pub fn new(inventory: &'a Inventory, settings: Settings) -> Self {
        let interrupt = Interrupt::default();
        let relations = derive(inventory, settings.options(&interrupt));
        let (worlds, sets, rules, last, asked) = (Vec::new(), Sets::new(), Rules::new(), Vec::new(), None);
        let queries = Queries::bundled();
        Self { inventory, relations, worlds, settings, sets, rules, queries, interrupt, last, asked }
    }

    /// The same with other saved queries.
    #[must_use]
    pub fn with_queries(self, queries: &'a Queries) -> Self {
        Self { queries, ..self }
    }

    /// The saved queries.
    #[must_use]
    pub fn queries(&self) -> &'a Queries {
        self.queries
    }

    /// What was read.
    #[must_use]
    pub fn inventory(&self) -> &'a Inventory {
        self.inventory
    }

    /// What was derived, of the world as it is after all changes.
    #[must_use]
    pub fn relations(&self) -> &Relations<'a> {
        self.worlds.last().map_or(&self.relations, |world| &world.relations)
    }

    /// How questions are read.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What makes it give up a question.
    #[must_use]
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(super) fn forget_rules(&mut self) {
        self.rules.clear();
    }

    pub(super) fn sets(&self) -> &Sets {
        &self.sets
    }

    /// The names that this session gave.
    #[must_use]
    pub fn vocabulary(&self) -> Vocabulary {
        let sets = self.sets.iter().map(|(name, members)| (name.clone(), members.side)).collect();
        Vocabulary { sets, queries: self.queries.columns() }
    }

    /// What writes answers, as it is set.
    pub(super) fn renderer(&self) -> Box<dyn Renderer> {
        self.settings.format.renderer(self.settings.style)
    }

    /// Changes how questions are read; only what bears on verdicts is derived anew.
    pub fn change(&mut self, settings: Settings) {
        if (settings.strict, &settings.context) != (self.settings.strict, &self.settings.context) {
            self.relations = derive(self.inventory, settings.options(&self.interrupt));
            self.change_again();
        }
        self.settings = settings;
    }

    /// The proofs of what is asked about.
    ///
    /// # Errors
    /// [`DeskError`] when a name means nothing.
    pub fn prove(&self, cell: &Cell) -> Result<Vec<Proof>, DeskError> {
        let Cell { principal, actions, repositories } = cell;
        Ok(prove_each(self.relations(), principal, actions, repositories, self.settings.scope)?)
    }

    /// The proofs that answer a question; `None` for one that is answered otherwise.
    ///
    /// # Errors
    /// [`DeskError`] when a name means nothing, or there is no such row.
    pub fn proofs(&self, question: &Question) -> Result<Option<Vec<Proof>>, DeskError> {
        Ok(Some(match question {
            Question::Why(cell) => self.prove(cell)?,
            Question::WhyRow(number) => {
                let at = number.checked_sub(1);
                let cell = at.and_then(|at| self.last.get(at));
                self.prove(cell.ok_or(DeskError::NoRow(*number, self.last.len()))?)?
            }
            Question::How { principal, role } => prove_way(self.relations(), principal, role)?,
            _ => return Ok(None),
        }))
    }

    /// Answers a question in the form that is set.
    ///
    /// # Errors
    /// [`DeskError`] when a name means nothing, or the answer cannot be written.
    pub fn answer(&mut self, question: &Question, out: &mut dyn Write) -> Result<Answered, DeskError> {
        let cell = match question {
            Question::WhyRow(number) => number.checked_sub(1).and_then(|at| self.last.get(at)).cloned(),
            _ => None,
        };
        let answered = self.written(question, out)?;
        self.asked = Some(cell.map_or_else(|| question.clone(), Question::Why));
        Ok(answered)
    }

    fn written(&mut self, question: &Question, out: &mut dyn Write) -> Result<Answered, DeskError> {
        let format = self.settings.format;
        let renderer = self.renderer();
        match question {
            Question::WhatIf(edit) => self.what_if(edit, out),
            Question::WhatChanged(grain) => self.what_changed(*grain, out),
            Question::Changes => self.list_changes(out),
            Question::Undo { all } => self.undo(*all, out),
            Question::WhoCan { .. }
            | Question::WhatCan { .. }
            | Question::Which { .. }
            | Question::Can(..)
            | Question::List(..)
            | Question::Set(..) => {
                let found = self.rows(question)?.unwrap_or_default();
                self.write_found(found, out)
            }
            Question::Run { name, values, tail } => {
                let found = self.rows_of_query(name, values, tail)?;
                self.write_found(found, out)
            }
            Question::Let { name, set } => {
                let members = self.members(set)?;
                let notes = vec![format!("{name}: {} {}", members.names.len(), plural(members.side))];
                self.sets.insert(name.clone(), members);
                if format.holds_notes() {
                    writeln!(out, "{}", notes[0])?;
                }
                Ok(Answered { verdicts: Vec::new(), notes })
            }
            Question::Why(_) | Question::WhyRow(_) | Question::How { .. } => {
                let proofs = self.proofs(question)?.unwrap_or_default();
                renderer.proofs(&proofs, out)?;
                Ok(Answered { verdicts: proofs.iter().map(|proof| proof.row.verdict).collect(), notes: Vec::new() })
            }
            Question::Graph => {
                let notes = self.draw(Form::Dot, Selection::default(), out)?;
                Ok(Answered { verdicts: Vec::new(), notes })
            }
            Question::Facts => {
                let sheets = facts(self.relations());
                if !format.holds_notes() {
                    renderer.sheet(&joined(&sheets), out)?;
                    return Ok(Answered::default());
                }
                for sheet in sheets.iter().filter(|sheet| !sheet.rows.is_empty()) {
                    writeln!(out, "\n{}\n", sheet.title)?;
                    renderer.sheet(sheet, out)?;
                }
                Ok(Answered::default())
            }
            Question::Summary => {
                let progress = Progress::of("accounts derived");
                let summary = self.relations().summary(&|done, total| progress.tell(done, total));
                drop(progress);
                if self.interrupt.is_stopped() {
                    return Err(AskError::Interrupted.into());
                }
                renderer.sheet(&summarized(&summary), out)?;
                if format.holds_notes() {
                    summary.notes.iter().try_for_each(|note| writeln!(out, "note: {note}"))?;
                }
                Ok(Answered { verdicts: Vec::new(), notes: summary.notes })
            }
            Question::Show(name) => self.show_query(name, out),
            Question::Datalog(text) => self.write_datalog(text, out),
            Question::Help(Some(name)) if self.queries.get(name).is_ok() => self.show_query(name, out),
            Question::Help(topic) => {
                let text = match topic {
                    None => help::overview(self.relations().inventory()),
                    Some(topic) => help::topic(topic).ok_or_else(|| DeskError::NoTopic(topic.clone()))?.to_owned(),
                };
                writeln!(out, "{}", text.trim_end())?;
                Ok(Answered::default())
            }
        }
    }

    /// Draws a part of the permission graph, and says what is to be known of the picture.
    ///
    /// # Errors
    /// [`DeskError`] when a name means nothing, or there is no picture.
    pub fn draw(&self, form: Form, selection: Selection, out: &mut dyn Write) -> Result<Vec<String>, DeskError> {
        let fold = self.settings.style.expand.then_some(Fold::Single);
        let limits = Limits { fold, ..form.limits() };
        Ok(Drawing { selection, limits, form }.draw(self.relations(), out)?)
    }

    /// Keeps rules, or answers the question that a text ends with.
    fn write_datalog(&mut self, text: &str, out: &mut dyn Write) -> Result<Answered, DeskError> {
        if Program::parse(text).is_ok_and(|program| !program.is_question()) {
            self.rules.extend(text)?;
            return Ok(Answered::default());
        }
        let table = self.relations().query(&self.rules, text, Bounds::default())?;
        self.write_table(&table, out)
    }

    /// Writes the answer to a question in Datalog.
    pub(super) fn write_table(&self, table: &Table, out: &mut dyn Write) -> Result<Answered, DeskError> {
        self.renderer().sheet(&Sheet::from(table), out)?;
        if self.settings.format.holds_notes() {
            table.notes.iter().try_for_each(|note| writeln!(out, "note: {note}"))?;
        }
        Ok(Answered { verdicts: Vec::new(), notes: table.notes.clone() })
    }
}

impl Settings {
    /// How questions are read.
    pub(crate) fn options(&self, interrupt: &Interrupt) -> Options {
        let given = self.context.clone();
        Options { context: Context { given, ..Context::default() }, strict: self.strict, interrupt: interrupt.clone() }
    }
}
