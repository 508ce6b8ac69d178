//! The permission graph: who reaches what, through which role, across which account.
//!
//! `gather` asks the relations and hands over plain [`GraphInput`]; `select` and `routes` take a part of it; `fold` and
//! `model` fold and bound it; each further file draws the model in one form, behind [`Renderer`]. Only the first knows
//! what a permission is.

pub mod dot;
mod fold;
mod gather;
pub mod graphml;
mod input;
pub mod json;
pub mod mermaid;
mod model;
pub mod proof;
mod routes;
mod select;
pub mod svg;

use std::io::{self, Write};
use std::path::Path;

use crate::catalog::Capability;
use crate::engine::Relations;
use crate::query::{AskError, Proof};

pub use fold::Fold;
pub use gather::gather;
pub use input::{AccountInput, EdgeInput, EdgeKind, Grant, GraphInput, NodeInput, NodeKind, Strength};
pub use model::{Edge, Frame, Limits, Model, Node, Omitted};
pub use routes::{Journey, LONGEST, Routes, Step, Wanted};
pub use select::Selection;

/// The capabilities that are drawn.
pub const DRAWN: [Capability; 5] = gather::DRAWN;

/// Draws the graph in one form.
pub trait Renderer {
    /// Writes it. What comes back is what the form had no room for.
    ///
    /// # Errors
    /// Those of the writer, and of a program that the form needs.
    fn render(&self, model: &Model, out: &mut dyn Write) -> Result<Omitted, DrawError>;
}

/// The forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// For Graphviz.
    #[default]
    Dot,
    /// A picture, which Graphviz lays out.
    Svg,
    /// For Gephi, yEd and other programs that draw graphs.
    Graphml,
    /// For Markdown pages of code hosts.
    Mermaid,
    /// Nodes and links, as networkx reads them.
    Json,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Dot, Self::Svg, Self::Graphml, Self::Mermaid, Self::Json];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dot => "dot",
            Self::Svg => "svg",
            Self::Graphml => "graphml",
            Self::Mermaid => "mermaid",
            Self::Json => "json",
        }
    }

    /// The form of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.as_str() == text)
    }

    /// The form that the ending of a file's name tells; `Ok(None)` where it tells none.
    ///
    /// # Errors
    /// [`DrawError::Ending`] where it tells of a form that there is not.
    pub fn of_path(path: &Path) -> Result<Option<Self>, DrawError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            "dot" | "gv" => Ok(Some(Self::Dot)),
            "svg" => Ok(Some(Self::Svg)),
            "graphml" => Ok(Some(Self::Graphml)),
            "mmd" | "mermaid" => Ok(Some(Self::Mermaid)),
            "json" => Ok(Some(Self::Json)),
            "png" | "pdf" | "jpg" | "jpeg" | "gif" | "webp" | "ps" => Err(DrawError::Ending(ending)),
            _ => Ok(None),
        }
    }

    /// How large a graph in this form may become where nobody says otherwise.
    #[must_use]
    pub fn limits(self) -> Limits {
        match self {
            Self::Dot | Self::Svg | Self::Mermaid => Limits::PICTURE,
            Self::Graphml | Self::Json => Limits::DATA,
        }
    }

    /// What writes this form.
    #[must_use]
    pub fn renderer(self) -> Box<dyn Renderer> {
        match self {
            Self::Dot => Box::new(dot::Dot),
            Self::Svg => Box::new(svg::Svg::default()),
            Self::Graphml => Box::new(graphml::Graphml),
            Self::Mermaid => Box::new(mermaid::Mermaid),
            Self::Json => Box::new(json::NodeLink),
        }
    }
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DrawError {
    /// A name means nothing, or several things.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The name is somebody's who is not in the graph.
    #[error("`{0}` can do nothing that is drawn")]
    Idle(String),
    /// The graph does not fit into memory.
    #[error("the graph has {0} edges")]
    TooLarge(usize),
    /// There is no such form.
    #[error("`.{0}` is no form of a graph")]
    Ending(String),
    /// Proofs have no such form.
    #[error("a proof is drawn as dot or svg, and not as {0}")]
    NoProof(&'static str),
    /// There is no Graphviz.
    #[error("an SVG is laid out by Graphviz, and its program `dot` is not installed")]
    NoGraphviz,
    /// Graphviz did not do it.
    #[error("Graphviz drew nothing: {0}")]
    Graphviz(String),
    /// It took too long.
    #[error("Graphviz was given up after {0} seconds")]
    Slow(u64),
    /// The picture cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl DrawError {
    /// Whether neither the question nor the input is wrong.
    #[must_use]
    pub fn is_of_surroundings(&self) -> bool {
        matches!(self, Self::NoGraphviz | Self::Graphviz(_) | Self::Slow(_) | Self::Io(_))
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Ask(error) => error.hint(),
            Self::Idle(_) => Some("`what-can` says what it can do beside, `why` what stands in the way".to_owned()),
            Self::TooLarge(_) => Some("read fewer accounts at a time".to_owned()),
            Self::Ending(ending) => {
                Some(format!("write DOT and let Graphviz draw it: `grantlog graph | dot -T{ending} -o graph.{ending}`"))
            }
            Self::NoGraphviz => {
                Some("install the package `graphviz`, or take another form: dot, graphml, mermaid or json".to_owned())
            }
            Self::Slow(_) => Some("fold more with --fold or --max-edges, or draw a part with --focus".to_owned()),
            Self::NoProof(_) | Self::Graphviz(_) | Self::Io(_) => None,
        }
    }
}

/// A picture that is wanted.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// Which part of the graph.
    pub selection: Selection,
    /// How large it may become.
    pub limits: Limits,
    /// In which form.
    pub form: Form,
}

impl Drawing {
    /// Draws it, and says what is to be known of the picture.
    ///
    /// # Errors
    /// [`DrawError`] for names that mean nothing, and if it cannot be drawn or written.
    pub fn draw(&self, relations: &Relations<'_>, out: &mut dyn Write) -> Result<Vec<String>, DrawError> {
        let input = self.selection.of(gather(relations)?).map_err(|error| known(relations, error))?;
        self.write(&input, out)
    }

    /// Draws what was selected already.
    ///
    /// # Errors
    /// [`DrawError`] if it cannot be drawn or written.
    pub fn write(&self, input: &GraphInput, out: &mut dyn Write) -> Result<Vec<String>, DrawError> {
        let model = Model::new(input, self.limits);
        let mut notes = model.notes();
        if model.graph.edge_count() == 0 && model.omitted.is_nothing() {
            notes.push("nobody can do anything of what was selected".to_owned());
        }
        let no_room = self.form.renderer().render(&model, out)?;
        if !no_room.is_nothing() {
            notes.push(format!("{} has no room for {no_room}; --focus draws a part in full", self.form.as_str()));
        }
        Ok(notes)
    }
}

/// Draws proofs.
///
/// # Errors
/// [`DrawError`] for a form that proofs have not, and if they cannot be drawn or written.
pub fn draw_proofs(proofs: &[Proof], form: Form, out: &mut dyn Write) -> Result<(), DrawError> {
    let document = proof::render(proofs);
    match form {
        Form::Dot => out.write_all(document.as_bytes())?,
        Form::Svg => out.write_all(&svg::Svg::default().laid_out(document)?)?,
        other => return Err(DrawError::NoProof(other.as_str())),
    }
    Ok(())
}

/// Routes of a graph, with what they pass to be drawn.
///
/// # Errors
/// [`DrawError`] for names that mean nothing.
pub fn routes(
    relations: &Relations<'_>,
    selection: &Selection,
    journey: &Journey,
) -> Result<(Routes, GraphInput), DrawError> {
    let whole = |error| known(relations, error);
    let input = selection.of(gather(relations)?).map_err(whole)?;
    let routes = journey.routes(&input).map_err(whole)?;
    Ok((routes.clone(), routes.drawn(input)))
}

/// Whether a name that is not in the graph is somebody's who can do nothing.
fn known(relations: &Relations<'_>, error: AskError) -> DrawError {
    match error {
        AskError::Unknown { name, .. } if relations.requester_names().ending(&name).next().is_some() => {
            DrawError::Idle(name)
        }
        error => error.into(),
    }
}
