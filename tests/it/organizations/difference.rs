//! An organization and the same with one changed statement, each read from its exports: what `diff` lists is what the
//! answers to `who-can` before and after differ in.

use std::collections::{BTreeMap, BTreeSet};

use grantlog::query::{Extent, Grain, Row, Scope, Shift, Verdict};
use grantlog::{Relations, derive};
use serde_json::{Value, json};

use super::compare::options;
use super::question::keys;
use super::what_if::{CAPABILITIES, Dice};
use super::world::World;

type Cell = (String, String, String);

/// Changes one statement; how many cells were compared, or the first that is told otherwise.
pub(crate) fn one_statement(world: &World, seed: usize, shifts: &mut BTreeMap<Shift, usize>) -> Result<usize, String> {
    let mut changed = world.clone();
    let mut dice = Dice(seed as u64 + 1);
    if !change(&mut changed, &mut dice) {
        return Ok(0);
    }
    let options = options(&keys(&world.part()), false);
    let (old, new) = (world.inventory(), changed.inventory());
    let (before, after) = (derive(&old, options.clone()), derive(&new, options));
    let mut compared = compare(&before, &after, shifts)?;
    compared += compare(&after, &before, shifts)?;
    Ok(compared)
}

/// One statement of one document says something else.
fn change(world: &mut World, dice: &mut Dice) -> bool {
    let mut statements: Vec<&mut Value> = Vec::new();
    for document in world.documents_mut() {
        match &mut document["Statement"] {
            Value::Array(all) => statements.extend(all),
            one => statements.push(one),
        }
    }
    let at = dice.roll(statements.len());
    let Some(statement) = statements.into_iter().nth(at).and_then(Value::as_object_mut) else { return false };
    match dice.roll(5) {
        // What names everybody may be a resource control policy, which only denies.
        0 if statement["Effect"] == "Allow" || statement.get("Principal") != Some(&json!("*")) => {
            let is_deny = statement["Effect"] == "Deny";
            statement.insert("Effect".to_owned(), json!(if is_deny { "Allow" } else { "Deny" }));
        }
        1 if statement.contains_key("Condition") => drop(statement.remove("Condition")),
        1 | 2 => {
            let condition = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
            statement.insert("Condition".to_owned(), condition);
        }
        3 => {
            statement.remove("NotAction");
            statement.insert("Action".to_owned(), json!(["ecr-public:PutImage", "ecr:*"]));
        }
        _ if statement.contains_key("Resource") => {
            statement.insert("Resource".to_owned(), json!("*"));
        }
        _ => {
            statement.insert("Condition".to_owned(), json!({"StringLike": {"aws:UserAgent": "ci-*"}}));
        }
    }
    true
}

fn answers(relations: &Relations<'_>, words: &[&str], direct: bool) -> BTreeMap<Cell, Row> {
    let scope = Scope { direct, all: false };
    let answers = words.iter().filter_map(|word| relations.who_can(word, "*", scope).ok());
    let rows = answers.flat_map(|answer| answer.rows);
    rows.map(|row| ((row.principal.clone(), row.action.clone(), row.resource.clone()), row)).collect()
}

/// The conditions of a conditional row, by the ways.
fn conditions(row: &Row) -> BTreeSet<&str> {
    row.routes.iter().filter_map(|route| route.residual.as_deref()).collect()
}

/// Those that ask for nothing beside what another one asks for.
fn weakest(row: &Row) -> BTreeSet<&str> {
    let all = conditions(row);
    let parts = |condition: &'_ str| condition.split("; then ").map(str::to_owned).collect::<BTreeSet<String>>();
    let is_more = |one: &str| all.iter().any(|other| parts(other) != parts(one) && parts(other).is_subset(&parts(one)));
    all.iter().copied().filter(|one| !is_more(one)).collect()
}

fn compare(
    before: &Relations<'_>,
    after: &Relations<'_>,
    shifts: &mut BTreeMap<Shift, usize>,
) -> Result<usize, String> {
    let denied = Verdict::Denied { explicit: false };
    let mut compared = 0;
    let actions = ["ecr-public:PutImage", "ecr:BatchGetImage", "ecr-public:DescribeRegistries"];
    for (grain, words, direct) in [
        (Grain::Capabilities, &CAPABILITIES[..], false),
        (Grain::Capabilities, &CAPABILITIES[..], true),
        (Grain::Actions, &actions[..], false),
    ] {
        let [one, other] = [before, after].map(|relations| answers(relations, words, direct));
        let cells: BTreeSet<&Cell> = one.keys().chain(other.keys()).collect();
        let mut found: BTreeMap<Cell, (Shift, [Verdict; 2])> = BTreeMap::new();
        for line in before.difference(after, Extent { grain, each: true, direct }).lines {
            let changed = &line.changed;
            if !words.contains(&changed.action.as_str()) {
                continue;
            }
            let ([principal], [resource]) = (&changed.principals[..], &changed.resources[..]) else {
                return Err(format!("{changed:?} is no single line"));
            };
            let cell = (principal.clone(), changed.action.clone(), resource.clone());
            let verdicts = [changed.before, changed.after].map(|verdict| verdict.unwrap_or(denied));
            *shifts.entry(changed.shift).or_default() += 1;
            let (answers, told, word) = match changed.shift {
                Shift::Lost => (&one, &line.was_granted_by, "was"),
                _ => (&other, &line.granted_by, "is"),
            };
            let row = answers.get(&cell).ok_or_else(|| format!("{cell:?} is no answer"))?;
            let all: BTreeSet<_> = row.routes.iter().flat_map(|route| &route.statements).collect();
            // E26: nothing grants what the root user of the account has.
            if told.is_empty() != all.is_empty() || !told.iter().all(|one| all.contains(one)) {
                return Err(format!("{cell:?} {word} granted by {told:?}, and not by {all:?}"));
            }
            if found.insert(cell.clone(), (changed.shift, verdicts)).is_some() {
                return Err(format!("{cell:?} is told twice"));
            }
        }
        for cell in cells {
            let rows = [one.get(cell), other.get(cell)];
            let verdicts = rows.map(|row| row.map_or(denied, |row| row.verdict));
            let told = found.remove(cell);
            let is_fit = match (&told, verdicts) {
                (Some((shift, told)), [Verdict::Conditional, Verdict::Conditional]) => {
                    let is_other = matches!(shift, Shift::Widened | Shift::Altered | Shift::Narrowed);
                    *told == verdicts && is_other && rows[0].map(conditions) != rows[1].map(conditions)
                }
                (Some((_, told)), _) => *told == verdicts && verdicts[0] != verdicts[1],
                // What is allowed in every request is so by whichever way.
                (None, [Verdict::Conditional, Verdict::Conditional]) => {
                    let ways = rows.map(|row| row.map(weakest).unwrap_or_default());
                    // A way that came or went may hold only where another does, which their words do not tell.
                    ways[0].is_subset(&ways[1]) || ways[1].is_subset(&ways[0])
                }
                (None, _) => verdicts[0] == verdicts[1],
            };
            if !is_fit {
                return Err(format!("{cell:?}: who-can says {rows:?}, diff {told:?}"));
            }
            compared += 1;
        }
        if let Some(extra) = found.first_key_value() {
            return Err(format!("{extra:?} is no answer before or after"));
        }
    }
    Ok(compared)
}
