//! One organization, asked in every way that there is: shard by shard as questions need them, with everything
//! derived beforehand on all processors, and both of them of a snapshot.

use std::collections::BTreeSet;

use grantlog::explain::prove;
use grantlog::inventory::Inventory;
use grantlog::query::Scope;
use grantlog::{Relations, derive};

use super::compare::options;
use super::question::Keys;
use super::world::World;

/// Whether all ways give the same; how many answers were compared, or the first that differs.
pub(crate) fn alike(world: &World, inventory: &Inventory, keys: &Keys) -> Result<usize, String> {
    let opened = Inventory::from_snapshot(&inventory.to_snapshot()).map_err(|error| error.to_string())?;
    let expected = answers(world, &derive(inventory, options(keys, false)));
    let mut compared = 0;
    for (way, inventory, beforehand) in
        [("derived", inventory, true), ("opened", &opened, false), ("opened and derived", &opened, true)]
    {
        let relations = derive(inventory, options(keys, false));
        if beforehand {
            relations.derive_all();
        }
        for (found, expected) in answers(world, &relations).iter().zip(&expected) {
            compared += 1;
            if found != expected {
                return Err(format!("{way}: {found}\nexpected: {expected}"));
            }
        }
    }
    Ok(compared)
}

/// The answers to one question after the other, with all that they cite.
fn answers(world: &World, relations: &Relations<'_>) -> Vec<String> {
    let questions = world.questions();
    let requesters = world.requesters();
    let words: BTreeSet<&str> = questions.iter().map(|question| question.what).collect();
    let mut answers = vec![
        format!("{:?}", relations.summary(&|_, _| {})),
        format!("{:?}", relations.what_can("*", None, Scope::default())),
    ];
    for what in words {
        answers.push(format!("who-can {what}: {:?}", relations.who_can(what, "*", Scope { direct: false, all: true })));
    }
    for (number, question) in questions.iter().enumerate().step_by(9) {
        let who = &requesters[number % requesters.len()].name;
        let proof = prove(relations, who, question.what, &question.resource, Scope::default());
        answers.push(format!("why {who} {} on {}: {proof:?}", question.what, question.resource));
    }
    answers
}
