//! Why, and why not: what a proof rests on is enough and is needed, and what it proposes helps.
//!
//! Every change is made in the documents, which are then exported and read again.

use std::collections::BTreeSet;

use grantlog::explain::prove;
use grantlog::inventory::Inventory;
use grantlog::query::{Proof, Remedy, Row, Scope, Step, Verdict};
use grantlog::{Relations, derive};
use serde_json::{Value, json};

use super::compare::{Question, Rows, options};
use super::question::{Keys, keys};
use super::requester::{Kind, Requester};
use super::world::{Tree, World};

const OWN: Scope = Scope { direct: true, all: true };

/// The proof of one cell.
fn proof(relations: &Relations<'_>, who: &str, question: &Question<'_>) -> Result<Proof, String> {
    let proofs = prove(relations, who, question.what, &question.resource, OWN).map_err(|error| error.to_string())?;
    let found = proofs.into_iter().find(|proof| proof.row.resource == question.resource);
    found.ok_or_else(|| format!("no proof for {who} {} on {}", question.what, question.resource))
}

/// The names of the Allow statements that some step rests on; those that a condition keeps from counting are none.
fn cited(steps: &[Step]) -> BTreeSet<String> {
    let own = steps.iter().flat_map(|step| &step.statements).filter(|one| one.statement.effect == "Allow");
    let own = own.filter(|one| one.grounds.iter().all(|ground| ground.holds));
    let own: BTreeSet<String> = own.filter_map(|one| one.statement.sid.clone()).collect();
    steps.iter().fold(own, |mut all, step| {
        all.extend(cited(&step.because));
        all
    })
}

fn sid(statement: &Value) -> &str {
    statement["Sid"].as_str().unwrap_or_default()
}

/// The verdict after the change, read from new exports.
fn after(world: &World, keys: &Keys, closed: bool, who: &str, question: &Question<'_>) -> Result<Proof, String> {
    let inventory = world.inventory();
    proof(&derive(&inventory, options(keys, closed)), who, question)
}

/// For some allowed cells: the cited statements are enough, none of them is idle, and without all of them it
/// is denied.
pub(crate) fn proofs(world: &World, seed: usize) -> Result<usize, String> {
    let mut world = world.clone();
    world.name_statements();
    let keys = keys(&world.requests[0]);
    let inventory = world.inventory();
    let relations = derive(&inventory, options(&keys, true));
    let mut checked = 0;
    for (who, question) in cells(&world, &relations, seed, 4, |verdict| verdict == Verdict::Allowed) {
        let before = proof(&relations, &who.name, &question)?;
        let cited = cited(&before.steps);
        let tell = |what: &str, after: &Proof| {
            format!("{what}: {} {} on {}\n{before:?}\n\n{after:?}", who.name, question.what, question.resource)
        };
        let mut enough = world.clone();
        enough.remove_statements(&|one| one["Effect"] == "Allow" && !cited.contains(sid(one)));
        let found = after(&enough, &keys, true, &who.name, &question)?;
        if found.row.verdict != Verdict::Allowed {
            return Err(tell("what is cited is not enough", &found));
        }
        let granting: BTreeSet<String> =
            before.row.routes.iter().flat_map(|route| &route.statements).filter_map(|one| one.sid.clone()).collect();
        let mut none = world.clone();
        none.remove_statements(&|one| granting.contains(sid(one)));
        let found = after(&none, &keys, true, &who.name, &question)?;
        if found.row.verdict.is_possible() && who.kind != Kind::Root {
            return Err(tell("it is allowed without what grants it", &found));
        }
        checked += 2;
        for one in cited.iter().take(2) {
            let mut without = world.clone();
            without.remove_statements(&|statement| sid(statement) == one);
            let found = after(&without, &keys, true, &who.name, &question)?;
            checked += 1;
            if found.row.verdict == before.row.verdict && found.steps == before.steps {
                return Err(tell(&format!("nothing changes without {one}"), &found));
            }
        }
    }
    Ok(checked)
}

/// For some denied cells: every set of changes that is proposed allows it, made in the documents.
pub(crate) fn remedies(world: &World, seed: usize) -> Result<usize, String> {
    let mut world = world.clone();
    world.name_statements();
    let closed = seed.is_multiple_of(2);
    let keys = if closed { keys(&world.requests[0]) } else { keys(&world.part()) };
    let inventory = world.inventory();
    let relations = derive(&inventory, options(&keys, closed));
    let mut checked = 0;
    for (who, question) in cells(&world, &relations, seed, 3, |verdict| !verdict.is_possible()) {
        let before = proof(&relations, &who.name, &question)?;
        for set in before.remedies.iter().take(4) {
            let mut changed = world.clone();
            for remedy in &set.changes {
                apply(&mut changed, remedy)?;
            }
            let found = after(&changed, &keys, closed, &who.name, &question)?;
            checked += 1;
            if found.row.verdict != Verdict::Allowed {
                return Err(format!(
                    "{} {} on {}: {set:#?}\nleads to {found:?}\nfrom {before:?}",
                    who.name, question.what, question.resource
                ));
            }
        }
    }
    Ok(checked)
}

/// What a proof of several actions says of each is what is said of them one by one: members of an atom, asked
/// about alone, are answered as the atom is.
pub(crate) fn parts(world: &World, inventory: &Inventory, seed: usize) -> Result<usize, String> {
    let relations = derive(inventory, options(&keys(&world.part()), false));
    let questions = world.questions();
    let requesters = world.requesters();
    let mut checked = 0;
    for (number, question) in questions.iter().filter(|question| question.what == "push").enumerate() {
        for who in requesters.iter().skip((seed + number) % 5).step_by(5) {
            let whole = proof(&relations, &who.name, question)?;
            for part in &whole.parts {
                for action in &part.actions {
                    let on_resource = part.row.resource == question.resource;
                    // A token is asked for at the caller's own account.
                    let at = if on_resource { question.resource.clone() } else { home(who, &question.resource) };
                    let Ok(answer) = relations.can(&who.name, action, &at, OWN) else { continue };
                    let Some(alone) = answer.rows.iter().find(|row| row.resource == at) else { continue };
                    checked += 1;
                    let same = |one: &Row, other: &Row| {
                        one.verdict == other.verdict && one.residual == other.residual && one.doubts == other.doubts
                    };
                    if !same(alone, &part.row) {
                        return Err(format!("{} {action} on {at}: {alone:?}\nbut in a proof {:?}", who.name, part.row));
                    }
                }
            }
        }
    }
    Ok(checked)
}

/// The registry in which somebody asks for the token of a repository.
fn home(who: &Requester<'_>, repository: &str) -> String {
    let account = who.account.clone().unwrap_or_default();
    if repository.contains(":ecr-public:") {
        format!("arn:aws:ecr-public::{account}:registry/{account}")
    } else {
        super::question::repositories(&account, false, "*")
    }
}

/// Some cells with such a verdict, of users, roles and root users: they are there whatever policies say.
fn cells<'w>(
    world: &'w World,
    relations: &Relations<'_>,
    seed: usize,
    most: usize,
    wanted: impl Fn(Verdict) -> bool,
) -> Vec<(Requester<'w>, Question<'w>)> {
    let single = |question: &Question<'_>| question.needs.len() == 1 && !question.resource.ends_with('*');
    let questions: Vec<Question<'_>> = world.questions().into_iter().filter(single).collect();
    let rows = Rows::ask(relations, &questions, Scope { direct: true, all: false });
    let mut found = Vec::new();
    for (number, question) in questions.into_iter().enumerate() {
        let stays = |who: &Requester<'_>| matches!(who.kind, Kind::User | Kind::Role | Kind::Root) && !who.outside;
        let known: Vec<Requester<'_>> = world.requesters().into_iter().filter(stays).collect();
        let at = (seed + number * 5) % known.len();
        let fits = |who: &&Requester<'_>| wanted(rows.verdict(&question, who));
        if let Some(who) = known.iter().skip(at).find(fits) {
            found.push((who.clone(), question));
        }
    }
    let skip = seed % found.len().max(1);
    found.into_iter().skip(skip).step_by(3).take(most).collect()
}

/// Makes one change, which is told in words and by the statement to add.
fn apply(world: &mut World, remedy: &Remedy) -> Result<(), String> {
    let change = remedy.change.as_str();
    let unknown = || format!("nobody can follow {remedy:?}");
    if let Some(rest) = change.strip_prefix("remove or narrow the Deny \"") {
        let name = rest.split('"').next().unwrap_or_default().to_owned();
        world.remove_statements(&|statement| sid(statement) == name);
        return Ok(());
    }
    if let Some((_, target)) = change.split_once(" in a service control policy at ") {
        let action = change.trim_start_matches("allow ").split(" in a service").next().unwrap_or_default();
        let at = Tree::targets(&world.accounts).iter().position(|one| *one == target).ok_or_else(unknown)?;
        let levels = world.tree.as_mut().and_then(|tree| tree.service.as_mut()).ok_or_else(unknown)?;
        let statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
        levels[at].policies.push(json!({"Version": "2012-10-17", "Statement": [statement]}));
        return Ok(());
    }
    let statement: Value =
        serde_json::from_str(remedy.statement.as_deref().ok_or_else(unknown)?).map_err(|_| unknown())?;
    if let Some((_, name)) = change.split_once(" in the policy of ") {
        for account in &mut world.accounts {
            for repository in &mut account.repositories {
                if repository.arn(account.number) == name {
                    let empty = || json!({"Version": "2012-10-17", "Statement": []});
                    let policy = repository.policy.get_or_insert_with(empty);
                    policy["Statement"].as_array_mut().ok_or_else(unknown)?.push(statement);
                    return Ok(());
                }
            }
        }
        return Err(unknown());
    }
    let (boundary, name) = match change.split_once(" in an identity policy of ") {
        Some((_, name)) => (false, name),
        None => (true, change.split_once(" in the permissions boundary of ").ok_or_else(unknown)?.1),
    };
    for account in &mut world.accounts {
        for principal in account.users.iter_mut().chain(&mut account.roles) {
            if principal.arn(account.number) != name {
                continue;
            }
            let policy = json!({"Version": "2012-10-17", "Statement": [statement]});
            if boundary {
                let own = principal.boundary.as_mut().and_then(|own| own["Statement"].as_array_mut());
                own.ok_or_else(unknown)?.push(statement);
            } else {
                principal.policies.push(policy);
            }
            return Ok(());
        }
    }
    Err(unknown())
}
