//! Running the rules over facts.

use crate::condition::Algebra;
use crate::lower::{Cell, Facts, Flag};
use crate::policy::Effect;
use crate::rules::authorization::{self as rules, Derived};

/// Runs the authorization rules. `asked` cells are looked at even where nothing allows them.
pub(crate) fn run(facts: &Facts, asked: &[Cell]) -> Derived {
    let rows = &facts.rows;
    rules::run(|program| {
        program.extend([rules::Joins(Algebra(&facts.guards))]);
        program.extend(rows.principal_in.iter().map(|&(principal, account)| rules::PrincipalIn(principal, account)));
        program.extend(rows.resource_in.iter().map(|&(resource, account)| rules::ResourceIn(resource, account)));
        program.extend(rows.of_caller.iter().map(|&resource| rules::OfCaller(resource)));
        program.extend(rows.principal_partitions.iter().map(|&(principal, n)| rules::PrincipalPartition(principal, n)));
        program.extend(rows.resource_partitions.iter().map(|&(resource, n)| rules::ResourcePartition(resource, n)));
        program.extend(rows.concerns.iter().map(|&(action, resource)| rules::Concerns(action, resource)));
        for &(principal, flag) in &rows.flags {
            match flag {
                Flag::Root => program.extend([rules::Root(principal)]),
                Flag::Service => program.extend([rules::Service(principal)]),
                Flag::Provider => program.extend([rules::Provider(principal)]),
                Flag::Unsigned => program.extend([rules::Unsigned(principal)]),
                Flag::Outside(guard) => program.extend([rules::Outside(principal, guard)]),
                Flag::Exempt => program.extend([rules::Exempt(principal)]),
                Flag::Bounded => program.extend([rules::Bounded(principal)]),
                Flag::InSession => program.extend([rules::InSession(principal)]),
                Flag::ThroughEndpoint => program.extend([rules::ThroughEndpoint(principal)]),
            }
        }
        program.extend(rows.unconditional.iter().map(|&action| rules::Unconditional(action)));
        program.extend(rows.perhaps_unbounded.iter().map(|&(a, g)| rules::PerhapsUnbounded(a, g)));
        program.extend(rows.perhaps_controlled.iter().map(|&(a, g)| rules::PerhapsControlled(a, g)));
        program.extend(rows.unsigned_actions.iter().map(|&action| rules::TakesUnsigned(action)));
        program.extend(rows.trust_actions.iter().map(|&action| rules::TrustAction(action)));
        program.extend(rows.by_token.iter().map(|&action| rules::ByToken(action)));
        program.extend(rows.resource_controlled.iter().map(|&action| rules::ResourceControlled(action)));
        program.extend(rows.management.iter().map(|&account| rules::Management(account)));
        program.extend(rows.levels.iter().map(|&(control, account, levels)| rules::Levels(control, account, levels)));
        for &(statement, effect) in &rows.effects {
            match effect {
                Effect::Allow => program.extend([rules::Allows(statement)]),
                Effect::Deny => program.extend([rules::Denies(statement)]),
            }
        }
        program.extend(rows.applies.iter().map(|&(l, s, p, g)| rules::Applies(l, s, p, g)));
        program.extend(rows.names.iter().map(|&(s, p, how, g)| rules::Names(s, p, how, g)));
        program.extend(rows.excepts.iter().map(|&(s, p, g)| rules::Excepts(s, p, g)));
        program.extend(rows.spares.iter().map(|&(s, p)| rules::Spares(s, p)));
        program.extend(rows.of_endpoint.iter().map(|&statement| rules::OfEndpoint(statement)));
        program.extend(rows.touches.iter().map(|&(s, p, g)| rules::Touches(s, p, g)));
        program.extend(rows.acts_on.iter().map(|&(s, a, g)| rules::ActsOn(s, a, g)));
        program.extend(rows.reaches.iter().map(|&(s, r, g)| rules::Reaches(s, r, g)));
        program.extend(rows.attached_at.iter().map(|&(c, s, level, account)| rules::AttachedAt(c, s, level, account)));
        program.extend(asked.iter().map(|cell| rules::Asked(cell.principal, cell.action, cell.resource)));
    })
}
