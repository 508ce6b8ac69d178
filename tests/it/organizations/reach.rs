//! Becoming somebody else: the roles on the way against a closure over single decisions.

use std::collections::{BTreeMap, BTreeSet};

use grantlog::derive;
use grantlog::inventory::Inventory;
use grantlog::query::{Row, Scope, Verdict};

use super::compare::{Question, Rows, options};
use super::question::{Book, Keys, Target};
use super::requester::{Kind, Requester};
use super::world::World;
use crate::twin::Decision;

/// What the ways through roles are looked at for.
const DEEDS: [&str; 3] = ["ecr-public:PutImage", "ecr:BatchGetImage", "push"];

/// Who can make a session of whom, one step, by the twin; by numbers of requesters.
struct Steps {
    into: Vec<BTreeSet<usize>>,
}

impl Steps {
    fn new(book: &Book<'_>, requesters: &[Requester<'_>], keys: &Keys) -> Self {
        let mut by_role: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        let mut into = vec![BTreeSet::new(); requesters.len()];
        for (at, becoming) in requesters.iter().enumerate() {
            let Some((place, role)) = becoming.principal.filter(|(_, principal)| principal.trust.is_some()) else {
                continue;
            };
            let arn = role.arn(book.world.accounts[place].number);
            let callers = by_role.entry(arn).or_insert_with(|| {
                let may = |caller: &Requester<'_>| {
                    // T20: a service does it for others, and that is another question.
                    caller.kind != Kind::Service
                        && book.decide(caller, "sts:AssumeRole", Target::Role(place, role), keys) == Decision::Allowed
                };
                (0..requesters.len()).filter(|&caller| may(&requesters[caller])).collect()
            });
            // Whoever makes a session chooses its name; a role that makes one of itself stays what it is.
            into[at] = callers.iter().copied().filter(|&caller| caller != at).collect();
        }
        Self { into }
    }

    /// Everybody who gets there, over any number of steps, with the least number.
    fn towards(&self, goal: usize) -> BTreeMap<usize, usize> {
        let mut found = BTreeMap::from([(goal, 0)]);
        let mut edge = vec![goal];
        let mut steps = 0;
        while !edge.is_empty() {
            steps += 1;
            let next: BTreeSet<usize> = edge.iter().flat_map(|&at| self.into[at].iter().copied()).collect();
            edge = next.into_iter().filter(|caller| !found.contains_key(caller)).collect();
            found.extend(edge.iter().map(|&caller| (caller, steps)));
        }
        found.remove(&goal);
        found
    }
}

/// Compares, for every question that is looked at, who gets to whom; how many pairs, or the first difference.
pub(crate) fn routes(world: &World, inventory: &Inventory, book: &Book<'_>, keys: &Keys) -> Result<usize, String> {
    let relations = derive(inventory, options(keys, true));
    let all = world.questions();
    let questions: Vec<Question<'_>> = all.into_iter().filter(|question| DEEDS.contains(&question.what)).collect();
    let rows = Rows::ask(&relations, &questions, Scope { direct: false, all: true });
    let requesters = world.requesters();
    let somebody: Vec<Requester<'_>> = requesters.into_iter().filter(Requester::is_somebody).collect();
    let steps = Steps::new(book, &somebody, keys);
    let mut compared = 0;
    for question in &questions {
        let holds: Vec<bool> = somebody.iter().map(|who| book.allows(who, question, keys)).collect();
        let mut expected: Vec<BTreeMap<String, usize>> = vec![BTreeMap::new(); somebody.len()];
        for goal in (0..somebody.len()).filter(|&goal| holds[goal] && !somebody[goal].outside) {
            for (caller, length) in steps.towards(goal) {
                expected[caller].insert(somebody[goal].name.clone(), length);
            }
        }
        for (at, who) in somebody.iter().enumerate() {
            let row = rows.row(question, who);
            let found = row.map(ways).unwrap_or_default();
            let verdict = if holds[at] || !expected[at].is_empty() {
                Verdict::Allowed
            } else {
                Verdict::Denied { explicit: false }
            };
            compared += 1 + expected[at].len();
            let told = rows.verdict(question, who);
            if found != expected[at] || told.as_str() != verdict.as_str() {
                return Err(format!(
                    "{} {} on {}: {told} by {found:?}, but the twin: {verdict} by {:?}\n{row:?}",
                    who.name, question.what, question.resource, expected[at]
                ));
            }
        }
    }
    Ok(compared)
}

/// Whom a row's principal becomes in the end, and in how many steps.
fn ways(row: &Row) -> BTreeMap<String, usize> {
    let through = row.routes.iter().map(|route| &route.through);
    through.filter_map(|through| Some((through.last()?.clone(), through.len()))).collect()
}
