//! What statements and layers say by themselves: Datalog against the twin, cell by cell.

use std::collections::{BTreeMap, BTreeSet};

use grantlog::catalog::{Catalog, ResourceKind};
use grantlog::inventory::Inventory;
use grantlog::{Relations, derive};

use super::compare::{PRIVATE, PUBLIC, options};
use super::question::{Book, Keys, Target};
use super::world::World;
use crate::datalog::{ask, quoted};
use crate::twin::said;

/// Names by principal, action and repository.
type Cells = BTreeMap<[String; 3], BTreeSet<String>>;

/// The rows of a question whose columns are a name, and a cell.
fn cells(relations: &Relations<'_>, text: &str) -> Cells {
    let mut found = Cells::new();
    for row in ask(relations, text) {
        let [name, cell @ ..] = <[String; 4]>::try_from(row).expect("four columns were asked for");
        found.entry(cell).or_default().insert(name);
    }
    found
}

/// Compares what is said of every cell of one closed context; how many, or the first that differs.
pub(crate) fn agrees(world: &World, inventory: &Inventory, book: &Book<'_>, keys: &Keys) -> Result<usize, String> {
    let relations = derive(inventory, options(keys, true));
    let says = cells(&relations, "said(N, P, A, R) :- says(S, P, A, R), sid(S, N). ?- said(N, P, A, R).");
    let grants = cells(&relations, "?- grants(L, P, A, R).");
    let blocks = cells(&relations, "said(N, P, A, R) :- blocks(S, P, A, R), sid(S, N). ?- said(N, P, A, R).");
    let denies = ask(&relations, "denies(N) :- effect(S, deny), sid(S, N). ?- denies(N).");
    let denies: BTreeSet<String> = denies.into_iter().flatten().collect();
    let mut compared = 0;
    for (place, account) in world.accounts.iter().enumerate() {
        for repository in &account.repositories {
            let (name, target) = (repository.arn(account.number), Target::Repository(place, repository));
            for who in world.requesters().iter().filter(|who| who.is_somebody()) {
                // E18. Of other accounts those are told of to whom both sides have something to allow there.
                let is_near = who.account.as_deref() == Some(account.number)
                    || performed(repository.service())
                        .any(|action| said(&book.scenario(who, &action, target, keys)).is_invited);
                for action in if repository.public { &PUBLIC[..] } else { &PRIVATE[..] } {
                    let scenario = book.scenario(who, action, target, keys);
                    let told = said(&scenario);
                    let cell = [who.name.clone(), (*action).to_owned(), name.clone()];
                    let none = BTreeSet::new();
                    let (mut statements, mut layers) = (told.statements, told.layers);
                    if !is_near {
                        statements.clear();
                        layers.clear();
                    }
                    if who.outside {
                        // Nobody can see its own side.
                        layers.remove("identity");
                    }
                    let layers: BTreeSet<String> = layers.into_iter().map(str::to_owned).collect();
                    let stopping: BTreeSet<String> = &statements & &denies;
                    compared += 1;
                    for (what, found, expected) in
                        [("says", &says, &statements), ("grants", &grants, &layers), ("blocks", &blocks, &stopping)]
                    {
                        let found = found.get(&cell).unwrap_or(&none);
                        if found != expected {
                            return Err(format!(
                                "{what} {cell:?}: {found:?}, but the twin: {expected:?}\n{scenario:?}"
                            ));
                        }
                    }
                }
            }
        }
    }
    Ok(compared + bound(&relations, "says")? + bound(&relations, "blocks")? + bound(&relations, "grants")?)
}

/// The actions that are performed on repositories of a service.
fn performed(service: &str) -> impl Iterator<Item = String> {
    let actions = Catalog::bundled().actions().map(|(_, action)| action);
    let here = actions.filter(move |action| action.service == service && action.on.contains(&ResourceKind::Repository));
    here.map(ToString::to_string)
}

/// The same rows, asked for with values for some columns.
fn bound(relations: &Relations<'_>, relation: &str) -> Result<usize, String> {
    let all: BTreeSet<Vec<String>> = ask(relations, &format!("?- {relation}(S, P, A, R).")).into_iter().collect();
    let mut compared = 0;
    for row in all.iter().step_by(1 + all.len() / 5) {
        for mask in 1..16_usize {
            let is_bound = |column: usize| mask >> column & 1 == 1;
            let names = ["S", "P", "A", "R"].iter().zip(row).enumerate();
            let terms = names.map(|(at, (name, value))| if is_bound(at) { quoted(value) } else { (*name).to_owned() });
            let text = format!("?- {relation}({}).", terms.collect::<Vec<_>>().join(", "));
            let fits = |one: &&Vec<String>| (0..4).all(|column| !is_bound(column) || one[column] == row[column]);
            let free =
                |one: &Vec<String>| (0..4).filter(|&column| !is_bound(column)).map(|at| one[at].clone()).collect();
            let expected: BTreeSet<Vec<String>> = all.iter().filter(fits).map(free).collect();
            let found: BTreeSet<Vec<String>> = ask(relations, &text).into_iter().collect();
            compared += 1;
            if found != expected {
                return Err(format!("{text}\n{found:?}\nexpected {expected:?}"));
            }
        }
    }
    Ok(compared)
}
