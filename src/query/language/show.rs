//! Questions in words; parsing them gives them back.

use std::fmt;

use super::{Cell, Question, quoted};
use crate::query::changed::Grain;

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WhoCan { actions, repositories, tail } => {
                write!(f, "who can {} on {}{tail}", listed(actions), listed(repositories))
            }
            Self::WhatCan { principal, repositories, tail } => {
                write!(f, "what can {} do", quoted(principal))?;
                if !repositories.is_empty() {
                    write!(f, " on {}", listed(repositories))?;
                }
                write!(f, "{tail}")
            }
            Self::Which { principal, actions, tail } => {
                write!(f, "which repositories can {} {}{tail}", quoted(principal), listed(actions))
            }
            Self::Can(cell, tail) => write!(f, "can {cell}{tail}"),
            Self::Why(cell) => write!(f, "why can {cell}"),
            Self::WhyRow(number) => write!(f, "why {number}"),
            Self::How { principal, role } => write!(f, "how can {} become {}", quoted(principal), quoted(role)),
            Self::Graph => f.write_str("graph"),
            Self::Facts => f.write_str("facts"),
            Self::Summary => f.write_str("summary"),
            Self::List(listing, tail) => write!(f, "list {}{tail}", listing.as_str()),
            Self::Let { name, set } => write!(f, "let {name} = {set}"),
            Self::Set(set, tail) => write!(f, "{set}{tail}"),
            Self::Run { name, values, tail } => {
                write!(f, "run {}", quoted(name))?;
                values.iter().try_for_each(|(name, value)| write!(f, " {}", quoted(&format!("{name}={value}"))))?;
                write!(f, "{tail}")
            }
            Self::Show(name) => write!(f, "show {}", quoted(name)),
            Self::Datalog(text) => f.write_str(text),
            Self::WhatIf(edit) => write!(f, "what if {edit}"),
            Self::WhatChanged(Grain::Capabilities) => f.write_str("what changed"),
            Self::WhatChanged(Grain::Actions) => f.write_str("what changed by action"),
            Self::Changes => f.write_str("list changes"),
            Self::Undo { all } => f.write_str(if *all { "undo all" } else { "undo" }),
            Self::Help(None) => f.write_str("help"),
            Self::Help(Some(topic)) => write!(f, "help {}", quoted(topic)),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} on {}", quoted(&self.principal), listed(&self.actions), listed(&self.repositories))
    }
}

/// Names with commas between them.
fn listed(names: &[String]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}
