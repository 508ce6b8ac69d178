//! What is said beside the results, on standard error.

use std::io::{self, IsTerminal as _, Write as _};

use super::global::Global;
use crate::inventory::Inventory;
use crate::policy::{Diagnostic, Severity};
use crate::report::terminal::clean_lines;
use crate::report::{diagnostic_line, diagnostic_picture};

/// How many errors are pictured before the rest is counted.
const PICTURED: usize = 5;

/// Says something; that nobody listens is no failure.
pub(super) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", clean_lines(text));
}

/// Tells what is wrong with what a change brought: all but notes, from this number on.
pub(super) fn diagnose_from(global: &Global, inventory: &Inventory, number: usize) {
    let new = inventory.diagnostics.iter().skip(number);
    let shown: Vec<_> = new.filter(|one| global.verbose || one.severity >= Severity::Warning).collect();
    picture(global, inventory, &shown);
}

fn picture(global: &Global, inventory: &Inventory, shown: &[&Diagnostic]) {
    let mut stderr = io::stderr().lock();
    for diagnostic in shown {
        let _ = if stderr.is_terminal() {
            write!(stderr, "{}", diagnostic_picture(diagnostic, &inventory.sources, global.talk_style()))
        } else {
            writeln!(stderr, "{}", diagnostic_line(diagnostic, &inventory.sources))
        };
    }
}

/// Tells what is wrong with the input: errors in full, the rest by number.
pub(super) fn diagnose(global: &Global, inventory: &Inventory) {
    let is_shown = |severity| global.verbose || severity == Severity::Error;
    let shown: Vec<_> = inventory.diagnostics.iter().filter(|one| is_shown(one.severity)).collect();
    let most = if global.verbose { usize::MAX } else { PICTURED };
    picture(global, inventory, &shown[..shown.len().min(most)]);
    let count = |severity| inventory.diagnostics.iter().filter(|one| one.severity == severity).count();
    let counted = [
        (count(Severity::Error).saturating_sub(if global.verbose { usize::MAX } else { PICTURED }), "more error"),
        (if global.verbose { 0 } else { count(Severity::Warning) }, "warning"),
        (if global.verbose { 0 } else { count(Severity::Note) }, "note"),
        (inventory.gaps.len(), "gap"),
    ];
    let said: Vec<String> = counted
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}{}", if *number == 1 { "" } else { "s" }))
        .collect();
    if !said.is_empty() {
        say(&format!("input: {}; see `grantlog list diagnostics` and `grantlog list gaps`", said.join(", ")));
    }
}
