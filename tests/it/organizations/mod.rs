//! Whole organizations, read from their exports, against the plain twin.
//!
//! The twin decides one request at a time, with everything in front of it. The
//! library divides an organization into shards and atoms, shares documents,
//! and asks for tokens at homes. Random small organizations show whether both
//! come to the same.

mod change;
mod compare;
mod control;
mod datalog;
mod difference;
mod documents;
mod export;
mod found;
mod layers;
mod open;
mod question;
mod reach;
mod requester;
mod strategy;
mod ways;
mod what_if;
mod why;
mod world;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};

use crate::random::{self, count};
use question::{Book, keys};
use strategy::world;

/// Says how much was compared; it is to be no less than this, unless somebody wants less.
#[expect(clippy::print_stdout, reason = "how much a run compares is what one wants to know of it")]
fn tell(compared: usize, least: usize, what: &str) {
    println!("{compared} {what}");
    assert!(count(1_000) < 1_000 || compared >= least, "only {compared} {what}");
}

/// Runs a check over random organizations; the number of verdicts that were compared.
fn run(usual: u32, check: impl Fn(&world::World) -> Result<usize, String>) -> usize {
    let compared = AtomicUsize::new(0);
    let config = ProptestConfig { max_shrink_iters: 1_000, ..random::cases(usual) };
    let outcome = TestRunner::new(config).run(&world(), |world| {
        let found = check(&world).map_err(TestCaseError::fail)?;
        compared.fetch_add(found, Ordering::Relaxed);
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, world)) => {
            let files: Vec<String> =
                world.files().iter().map(|(name, text)| format!("{name}: {}", String::from_utf8_lossy(text))).collect();
            panic!("{reason}\n\n{}\n{:?} {:?}", files.join("\n"), world.requests, world.known);
        }
        Err(error) => panic!("{error}"),
    }
    compared.into_inner()
}

#[test]
fn organizations_are_decided_as_the_twin_decides() {
    let compared = run(120, |world| {
        let (inventory, book) = (world.inventory(), Book::new(world));
        compare::closed(world, &inventory, &book, &keys(&world.requests[0]))
    });
    tell(compared, 100_000, "verdicts of closed contexts");
}

#[test]
fn denials_of_single_cells_are_told_as_the_twin_tells_them() {
    let compared = run(40, |world| {
        let (inventory, book) = (world.inventory(), Book::new(world));
        compare::explicit(world, &inventory, &book, &keys(&world.requests[1]), world.requests.len())
    });
    tell(compared, 1_000, "verdicts of single cells");
}

#[test]
fn ways_through_roles_are_those_of_single_steps() {
    let compared = run(40, |world| {
        let (inventory, book) = (world.inventory(), Book::new(world));
        reach::routes(world, &inventory, &book, &keys(&world.requests[2]))
    });
    tell(compared, 4_000, "verdicts and ways");
}

#[test]
fn certain_verdicts_of_open_contexts_hold_in_every_completion() {
    let compared = run(40, |world| {
        let (inventory, book) = (world.inventory(), Book::new(world));
        open::inclusion(world, &inventory, &book)
    });
    tell(compared, 100_000, "verdicts of completions");
}

#[test]
fn verdicts_on_new_repositories_hold_for_every_name() {
    let compared = run(40, |world| {
        let (inventory, book) = (world.inventory(), Book::new(world));
        open::names(world, &inventory, &book, &keys(&world.requests[0]))
    });
    tell(compared, 10_000, "verdicts of names");
}

#[test]
fn witnesses_are_allowed() {
    let compared = run(30, |world| open::witnesses(world, &world.inventory(), 6));
    tell(compared, 50, "verdicts of witnesses");
}

#[test]
fn proofs_rest_on_what_is_enough_and_needed() {
    let compared = run(25, |world| why::proofs(world, world.requests.len() + world.accounts.len()));
    tell(compared, 50, "verdicts of proofs");
}

#[test]
fn remedies_allow_when_they_are_made() {
    let seed = AtomicUsize::new(0);
    let compared = run(25, |world| why::remedies(world, seed.fetch_add(1, Ordering::Relaxed)));
    tell(compared, 50, "verdicts of remedies");
}

#[test]
fn members_of_an_atom_are_answered_as_the_atom_is() {
    let seed = AtomicUsize::new(0);
    let compared = run(20, |world| why::parts(world, &world.inventory(), seed.fetch_add(1, Ordering::Relaxed)));
    tell(compared, 200, "verdicts of single members");
}

#[test]
fn splitting_the_statements_of_an_organization_changes_nothing() {
    let compared = run(25, |world| {
        let mut split = world.clone();
        for document in split.documents_mut() {
            document["Statement"] = crate::laws::split_statements(&document["Statement"]).into();
        }
        compare::alike(world, &split, &keys(&world.part()))
    });
    tell(compared, 10_000, "verdicts of split statements");
}

#[test]
fn every_way_to_an_answer_gives_the_same() {
    let compared = run(25, |world| ways::alike(world, &world.inventory(), &keys(&world.part())));
    tell(compared, 1_000, "verdicts and proofs on every way");
}

#[test]
fn power_over_users_and_roles_is_what_the_twin_decides() {
    let compared = run(60, |world| {
        let (inventory, book) = (world.inventory(), Book::new(world));
        control::agrees(world, &inventory, &book, &keys(&world.requests[3]))
    });
    tell(compared, 20_000, "verdicts on users and roles");
}

#[test]
fn datalog_says_what_can_says() {
    let compared = run(12, |world| {
        let inventory = world.inventory();
        let closed = datalog::agrees(world, &inventory, &keys(&world.requests[0]), true)?;
        Ok(closed + datalog::agrees(world, &inventory, &keys(&world.part()), false)?)
    });
    tell(compared, 5_000, "verdicts in Datalog");
}

#[test]
fn statements_and_layers_say_what_the_twin_hears() {
    let compared = run(16, |world| {
        let mut world = world.clone();
        world.name_statements();
        layers::agrees(&world, &world.inventory(), &Book::new(&world), &keys(&world.requests[0]))
    });
    tell(compared, 5_000, "cells of statements and layers");
}

#[test]
fn datalog_programs_come_to_what_the_book_says() {
    let seed = AtomicUsize::new(0);
    let compared = run(30, |world| {
        let inventory = world.inventory();
        let relations = grantlog::derive(&inventory, compare::options(&keys(&world.part()), false));
        let seed = seed.fetch_add(1, Ordering::Relaxed) as u64;
        crate::datalog::compare(&relations, seed, 12)
    });
    tell(compared, 2_000, "rows of programs");
}

#[test]
fn changed_worlds_are_those_of_changed_exports() {
    let (seed, kinds) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let compared = run(40, |world| {
        let mut kinds = kinds.lock().expect("nobody panicked");
        what_if::stacks(world, seed.fetch_add(1, Ordering::Relaxed), &mut kinds)
    });
    tell(compared, 40_000, "answers of changed worlds");
    let kinds = kinds.into_inner().expect("nobody panicked");
    assert!(count(1_000) < 1_000 || kinds.len() == 16, "only changes of these kinds were made: {kinds:?}");
}

#[test]
fn what_diff_lists_is_what_who_can_says_before_and_after() {
    let seed = AtomicUsize::new(0);
    let shifts = Mutex::new(BTreeMap::new());
    let compared = run(60, |world| {
        let mut shifts = shifts.lock().map_err(|error| error.to_string())?;
        difference::one_statement(world, seed.fetch_add(1, Ordering::Relaxed), &mut shifts)
    });
    tell(compared, 5_000, "cells before and after one changed statement");
    let shifts = shifts.into_inner().unwrap_or_default();
    assert!(count(1_000) < 4_000 || shifts.len() == 5, "some changes never came: {shifts:?}");
    assert!(count(1_000) < 1_000 || shifts.len() >= 4, "most changes never came: {shifts:?}");
}

#[test]
fn cells_of_the_matrix_are_what_who_can_says() {
    let compared = run(40, |world| {
        let inventory = world.inventory();
        let relations = grantlog::derive(&inventory, compare::options(&keys(&world.part()), false));
        Ok(crate::matrix::agrees(&relations)? + crate::matrix::parts(&relations)?)
    });
    tell(compared, 20_000, "cells of the matrix");
}
