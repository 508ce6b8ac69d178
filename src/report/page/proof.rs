//! What cells rest on, each different thing told once: statements, ways, proofs, and whose proof is which.

use indexmap::IndexMap;

use super::numbered::{Numbered, Texts};
use crate::query::{Citation, Row, Verdict};

/// Policy, layer, effect, `Sid`, file, line, text.
pub(super) type StatementRow = (i32, i32, i32, i32, i32, usize, i32);

/// Keys, with values each.
type Witness = Vec<(i32, Vec<i32>)>;

/// The role that a request is to become, its condition, an example.
type DemandRow = (i32, i32, Option<Witness>);

/// The roles on the way, its verdict, what its requests ask for, the statements at its end.
pub(super) type RouteRow = (Vec<i32>, u8, Vec<DemandRow>, Vec<u32>);

/// Ways, what the input lacks, what of this is taken to allow it, rules in doubt.
pub(super) type ProofRow = (Vec<u32>, Vec<i32>, Vec<i32>, Vec<i32>);

/// Which principals of a row have which proof; none is told where one proof is that of all.
pub(super) type Variants = Vec<(Vec<u32>, u32)>;

/// A verdict as a number. What is denied has no cell.
pub(super) fn number(verdict: Verdict) -> u8 {
    u8::from(verdict != Verdict::Allowed)
}

/// All proofs.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    pub(super) statements: Numbered<StatementRow>,
    pub(super) routes: Numbered<RouteRow>,
    pub(super) whole: Numbered<ProofRow>,
    /// By cell: the principals with each proof.
    cells: Vec<IndexMap<u32, Vec<u32>>>,
}

impl Proofs {
    /// Takes in what a principal holds a cell by.
    pub(super) fn add(&mut self, texts: &mut Texts, cell: usize, member: usize, row: &Row) {
        let ways = row.routes.iter().map(|route| {
            let demands = route.demands.iter().map(|demand| {
                let witness = demand.witness.as_ref().map(|keys| {
                    keys.iter().map(|(key, values)| (texts.of(key), texts.all(values))).collect::<Witness>()
                });
                (texts.maybe(demand.role.as_deref()), texts.of(&demand.residual), witness)
            });
            let demands = demands.collect();
            let statements = route.statements.iter().map(|one| Self::statement(&mut self.statements, texts, one));
            let statements = statements.collect();
            self.routes.of((texts.all(&route.through), number(route.verdict), demands, statements))
        });
        let ways = ways.collect();
        let proof = (ways, texts.all(&row.incomplete), texts.all(&row.supposed), texts.all(&row.doubts));
        let proof = self.whole.of(proof);
        if self.cells.len() <= cell {
            self.cells.resize_with(cell + 1, IndexMap::new);
        }
        let member = u32::try_from(member).expect("memory ends before numbers do");
        self.cells[cell].entry(proof).or_default().push(member);
    }

    /// The number of a statement.
    pub(super) fn statement(statements: &mut Numbered<StatementRow>, texts: &mut Texts, one: &Citation) -> u32 {
        statements.of((
            texts.of(&one.policy),
            texts.of(one.layer),
            texts.of(one.effect),
            texts.maybe(one.sid.as_deref()),
            texts.of(&one.file),
            one.line,
            texts.of(&one.text),
        ))
    }

    /// Whose proof is which, for each of so many cells: the different cases, and the number of the case of each cell.
    pub(super) fn variants(&self, cells: usize) -> (Vec<Variants>, Vec<u32>) {
        let mut cases: Numbered<Variants> = Numbered::default();
        let none = IndexMap::new();
        let case = |cell: usize| {
            let found = self.cells.get(cell).unwrap_or(&none);
            let is_one = found.len() == 1;
            let told = found.iter().map(|(&proof, members)| (if is_one { Vec::new() } else { members.clone() }, proof));
            told.collect::<Variants>()
        };
        let of_cells = (0..cells).map(|cell| cases.of(case(cell))).collect();
        (cases.iter().cloned().collect(), of_cells)
    }
}
