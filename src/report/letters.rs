//! Capabilities as letters: what stands in the cells of a matrix that people read.

use crate::catalog::Capability;
use crate::query::{Matrix, MatrixCell, Verdict};

/// The letter of a capability.
#[must_use]
pub(super) fn letter(capability: Capability) -> char {
    match capability {
        Capability::Pull => 'L',
        Capability::Push => 'P',
        Capability::Describe => 'S',
        Capability::Delete => 'D',
        Capability::Tag => 'T',
        Capability::Administer => 'A',
        Capability::Create => 'C',
    }
}

/// What is held, in letters: a small one for what is held through roles only, `?` behind what asks for something.
#[must_use]
pub(super) fn letters(cells: &[MatrixCell]) -> String {
    let mut text = String::with_capacity(cells.len());
    for cell in cells {
        let letter = letter(cell.capability);
        text.push(if cell.own.is_none() { letter.to_ascii_lowercase() } else { letter });
        if cell.verdict == Verdict::Conditional {
            text.push('?');
        }
    }
    text
}

/// What the letters mean, as far as they occur.
#[must_use]
pub(super) fn legend(matrix: &Matrix) -> String {
    let occurs = |capability: &Capability| matrix.cells.iter().any(|cell| cell.capability == *capability);
    let known = Capability::ALL.into_iter().filter(occurs);
    let mut told: Vec<String> = known.map(|capability| format!("{} {capability}", letter(capability))).collect();
    if let Some(cell) = matrix.cells.iter().find(|cell| cell.own.is_none()) {
        let letter = letter(cell.capability).to_ascii_lowercase();
        told.push(format!("small ({letter}) through roles only"));
    }
    if matrix.cells.iter().any(|cell| cell.verdict == Verdict::Conditional) {
        told.push("? under a condition".to_owned());
    }
    told.join(", ")
}
