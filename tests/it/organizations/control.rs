//! Power over users and roles: every action of IAM on each of them, against single decisions of the twin.

use std::collections::BTreeSet;

use grantlog::derive;
use grantlog::inventory::Inventory;

use super::compare::options;
use super::question::{Book, Keys, Target};
use super::requester::Requester;
use super::world::World;
use crate::datalog::ask;
use crate::twin::Decision;

/// Actions on users themselves, and on roles.
const ON_USERS: [&str; 3] = ["iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey"];
const ON_ROLES: [&str; 3] = ["iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy"];

/// Compares who controls whom; how many pairs, or the first that differs.
pub(crate) fn agrees(world: &World, inventory: &Inventory, book: &Book<'_>, keys: &Keys) -> Result<usize, String> {
    let relations = derive(inventory, options(keys, true));
    let found: BTreeSet<Vec<String>> = ask(&relations, "?- controls(P, Q, A).").into_iter().collect();
    let somebody: Vec<Requester<'_>> = world.requesters().into_iter().filter(Requester::is_somebody).collect();
    let mut compared = 0;
    for (place, account) in world.accounts.iter().enumerate().filter(|(_, account)| account.exported) {
        for one in account.users.iter().chain(&account.roles) {
            let actions = if one.trust.is_some() { ON_ROLES } else { ON_USERS };
            let arn = one.arn(account.number);
            // What AWS made for its services it alone modifies.
            let is_fixed = one.path.starts_with("/aws-service-role/");
            for who in &somebody {
                for action in actions {
                    let becomes = ["iam:CreateAccessKey", "iam:UpdateAssumeRolePolicy"].contains(&action);
                    let may = !is_fixed
                        && (!becomes || who.name != arn)
                        && book.decide(who, action, Target::Entity(place, one), keys) == Decision::Allowed;
                    compared += 1;
                    if found.contains(&vec![who.name.clone(), arn.clone(), action.to_owned()]) != may {
                        return Err(format!("{} {action} on {arn}: the twin says {may}", who.name));
                    }
                }
            }
        }
    }
    Ok(compared)
}
