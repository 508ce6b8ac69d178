//! What a session keeps when other data is loaded: its sets and its rules.

use super::desk::Desk;
use crate::query::datalog::Rules;
use crate::query::{Sets, Side, plural};
use crate::report::terminal::{clean, clean_lines};

/// Sets and rules, without the world that they were made in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    sets: Sets,
    rules: Rules,
    /// How many changes were made to the world before.
    changes: usize,
}

/// So many names are told; the rest is counted.
const TOLD: usize = 3;

impl Desk<'_> {
    /// What is kept for other data.
    #[must_use]
    pub fn kept(&self) -> Kept {
        Kept { sets: self.sets.clone(), rules: self.rules.clone(), changes: self.worlds.len() }
    }

    /// Takes over what was kept, as far as it means something here: names are looked up again. What is lost is told,
    /// safe to show.
    pub fn take_over(&mut self, kept: Kept) -> Vec<String> {
        let Kept { sets, rules, changes } = kept;
        let mut lost = Vec::new();
        for (name, mut members) in sets {
            let all = members.names.len();
            let mut gone = Vec::new();
            members.names.retain(|member| {
                let is_there = self.is_there(members.side, member);
                if !is_there {
                    gone.push(clean(member).into_owned());
                }
                is_there
            });
            if !gone.is_empty() {
                let more = gone.len().saturating_sub(TOLD);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let number = gone.len();
                gone.truncate(TOLD);
                let kind = plural(members.side);
                lost.push(format!(
                    "{name}: {number} of {all} {kind} are not in the data that was loaded: {}{more}",
                    gone.join(", ")
                ));
            }
            self.sets.insert(name, members);
        }
        let (rules, wrong) = self.relations().readable(&rules);
        let told = wrong.iter().map(|error| clean_lines(&format!("a rule is forgotten: {}", error.picture())));
        lost.extend(told);
        self.rules = rules;
        if changes > 0 {
            let (number, it) = if changes == 1 {
                ("1 change is".to_owned(), "it")
            } else {
                (format!("{changes} changes are"), "them")
            };
            lost.push(format!("{number} forgotten; `what if` makes {it} again"));
        }
        lost
    }

    fn is_there(&self, side: Side, name: &str) -> bool {
        let relations = self.relations();
        match side {
            Side::Principal => relations.requester_names().ending(name).any(|(_, own)| own == name),
            Side::Repository => relations.resource_names().ending(name).any(|(_, own)| own == name),
        }
    }
}
