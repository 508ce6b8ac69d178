//! What a session knows beside the grammar: names of sets, and what answers of saved queries have.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Listing, Question};
use crate::query::datalog::Program;
use crate::query::tail::Side;

/// The names that a session gave, and what is known of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// Those of sets, with what they are sets of.
    pub sets: BTreeMap<String, Side>,
    /// Those of saved queries, with what their answers have.
    pub queries: Arc<BTreeMap<String, Columns>>,
}

/// What the rows of an answer have, to choose and sort them by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    /// The columns of answers about permissions, for a question that asks for these.
    Permissions(Side),
    /// Those of a listing.
    Listing(Listing),
    /// Columns of these names: the variables of a question in Datalog, or those by which rows are grouped.
    Named(Vec<String>),
}

impl Columns {
    /// Those of the rows that answer a question; `None` if it is answered otherwise.
    #[must_use]
    pub fn of(question: &Question) -> Option<Self> {
        let (plain, tail) = match question {
            Question::WhoCan { tail, .. } | Question::Can(_, tail) => (Self::Permissions(Side::Principal), tail),
            Question::WhatCan { tail, .. } | Question::Which { tail, .. } => {
                (Self::Permissions(Side::Repository), tail)
            }
            Question::List(listing, tail) => (Self::Listing(*listing), tail),
            Question::Datalog(text) => return Program::parse(text).ok()?.variables().map(Self::Named),
            _ => return None,
        };
        Some(if tail.counts() { Self::Named(tail.columns().map(str::to_owned).collect()) } else { plain })
    }
}
