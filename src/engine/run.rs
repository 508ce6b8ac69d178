//! Running the rules over facts: each program in its turn, on the facts and on what those before it derived.
//!
//! A program is handed the rows that its rules could join: what grants takes no part in the search for
//! denies, and the other way round.

use rustc_hash::FxHashSet;

use crate::condition::Algebra;
use crate::ids::{PrincipalAtom, ResourceAtom, StatementId};
use crate::lower::{Cell, Facts, Flag};
use crate::policy::{Effect, PolicyKind};
use crate::rules::{authorization, denial, grant, invitation, layer, limit, organization, saying, statement};

/// What the rules derive of one shard.
pub(crate) struct Derived {
    /// What statements are about, and whom they count for.
    pub(crate) statements: statement::Derived,
    /// By which sentences the policies of principal, resource and endpoint permit a cell.
    pub(crate) granted: grant::Derived,
    /// What the organization lets pass.
    pub(crate) passed: organization::Derived,
    /// The statements that say no.
    pub(crate) blocks: FxHashSet<denial::Blocks>,
    /// The verdicts that are not a denial.
    pub(crate) verdicts: authorization::Derived,
}

/// Runs the authorization rules. `asked` cells are looked at even where nothing allows them.
pub(crate) fn run(facts: &Facts, asked: &[Cell]) -> Derived {
    let statements = put_together(facts);
    let (granted, _) = grant(facts, &statements);
    let passed = pass(facts, &statements, &granted);
    let blocks = deny(facts, asked, &statements, &granted, &passed);
    let verdicts = decide(facts, asked, &passed, &blocks);
    Derived { statements, granted, passed, blocks, verdicts }
}

/// What each limit says by itself of these cells, which were asked for.
pub(crate) fn limits(facts: &Facts, asked: &[Cell], derived: &Derived) -> limit::Derived {
    use limit as rules;
    let (rows, statements, passed) = (&facts.rows, &derived.statements, &derived.passed);
    rules::run(|program| {
        program.extend([rules::Joins(Algebra(&facts.guards))]);
        program.extend(asked.iter().map(|cell| rules::Asked(cell.principal, cell.action, cell.resource)));
        program.extend(flagged(facts, Flag::Exempt).map(rules::Exempt));
        program.extend(with(facts, Effect::Allow).map(rules::Allows));
        program.extend(with(facts, Effect::Deny).map(rules::Denies));
        program.extend(rows.of_endpoint.iter().map(|&statement| rules::OfEndpoint(statement)));
        program.extend(rows.attached_at.iter().map(|&(c, s, level, account)| rules::AttachedAt(c, s, level, account)));
        program.extend(rows.touches.iter().map(|&(s, p, g)| rules::Touches(s, p, g)));
        program.extend(statements.matches.iter().map(|&statement::Matches(s, a, r, g)| rules::Matches(s, a, r, g)));
        program.extend(statements.counts.iter().map(|&statement::Counts(l, s, p, g)| rules::Counts(l, s, p, g)));
        program.extend(statements.named.iter().map(|&statement::Named(s, p, how, g)| rules::Named(s, p, how, g)));
        program.extend(statements.confined.iter().map(|one| rules::Confined(one.0)));
        program.extend(statements.limited.iter().map(|one| rules::Limited(one.0)));
        program.extend(statements.enters.iter().map(|one| rules::Enters(one.0)));
        program.extend(passed.height.iter().map(|&organization::Height(p, a, n)| rules::Height(p, a, n)));
        program.extend(passed.guarded.iter().map(|&organization::Guarded(a, r, o, n)| rules::Guarded(a, r, o, n)));
    })
}

/// The principals of other accounts whom both sides have something to allow, if a guard holds.
pub(crate) fn invite(facts: &Facts) -> FxHashSet<invitation::Guest> {
    use invitation as rules;
    let rows = &facts.rows;
    let (_, sides) = grant(facts, &put_together(facts));
    rules::run(|program| {
        program.extend([rules::Joins(Algebra(&facts.guards))]);
        program.extend(rows.principal_partitions.iter().map(|&(principal, n)| rules::PrincipalPartition(principal, n)));
        program.extend(rows.resource_partitions.iter().map(|&(resource, n)| rules::ResourcePartition(resource, n)));
        program.extend(flagged(facts, Flag::Service).map(rules::Service));
        let from_outside = sides.from_outside.iter();
        program.extend(from_outside.map(|&grant::GrantedFromOutside(p, a, r)| rules::GrantedFromOutside(p, a, r)));
        program.extend(sides.granted.iter().map(|&grant::Granted(p, a, r, how, g)| rules::Granted(p, a, r, how, g)));
        program.extend(sides.own.iter().map(|&grant::Own(p, a, r, g)| rules::Own(p, a, r, g)));
    })
}

/// What the statements of these facts say of whom; guests are principals of other accounts whom both sides have
/// something to allow on a resource.
pub(crate) fn say(facts: &Facts, guests: &[(PrincipalAtom, ResourceAtom)]) -> Said {
    use saying as rules;
    let rows = &facts.rows;
    let statements = put_together(facts);
    let nothing = grant::Derived::default();
    let passed = pass(facts, &statements, &nothing);
    let said = rules::run(|program| {
        program.extend([rules::Joins(Algebra(&facts.guards))]);
        program.extend(rows.principal_in.iter().map(|&(principal, account)| rules::PrincipalIn(principal, account)));
        program.extend(rows.resource_in.iter().map(|&(resource, account)| rules::ResourceIn(resource, account)));
        program.extend(guests.iter().map(|&(principal, resource)| rules::Guest(principal, resource)));
        program.extend(rows.like.iter().map(|&(resource, like)| rules::Like(resource, like)));
        program.extend(flagged(facts, Flag::Exempt).map(rules::Exempt));
        program.extend(rows.management.iter().map(|&account| rules::Management(account)));
        program.extend(rows.levels.iter().map(|&(control, account, levels)| rules::Levels(control, account, levels)));
        program.extend(rows.perhaps_controlled.iter().map(|&(a, g)| rules::PerhapsControlled(a, g)));
        program.extend(rows.names.iter().map(|&(s, p, how, g)| rules::Names(s, p, how, g)));
        program.extend(statements.named.iter().map(|&statement::Named(s, p, how, g)| rules::Named(s, p, how, g)));
        program.extend(statements.counts.iter().map(|&statement::Counts(l, s, p, g)| rules::Counts(l, s, p, g)));
        program.extend(rows.attached_at.iter().map(|&(c, s, level, account)| rules::AttachedAt(c, s, level, account)));
        program.extend(rows.touches.iter().map(|&(s, p, g)| rules::Touches(s, p, g)));
        program.extend(statements.matches.iter().map(|&statement::Matches(s, a, r, g)| rules::Matches(s, a, r, g)));
        program.extend(passed.height.iter().map(|&organization::Height(p, a, n)| rules::Height(p, a, n)));
        program.extend(passed.guarded.iter().map(|&organization::Guarded(a, r, o, n)| rules::Guarded(a, r, o, n)));
    });
    Said { near: said.near, says: said.says, passed }
}

/// What statements say of whom.
pub(crate) struct Said {
    near: FxHashSet<saying::Near>,
    pub(crate) says: FxHashSet<saying::Says>,
    passed: organization::Derived,
}

/// Which layers let pass by themselves what was told of.
pub(crate) fn layers(facts: &Facts, said: &Said) -> FxHashSet<layer::Grants> {
    use layer as rules;
    let of_registry = facts.rows.effects.iter().map(|row| row.0);
    let of_registry = of_registry.filter(|statement| facts.kinds.get(statement) == Some(&PolicyKind::Registry));
    rules::run(|program| {
        program.extend([rules::Joins(Algebra(&facts.guards))]);
        program.extend(with(facts, Effect::Allow).map(rules::Allows));
        program.extend(of_registry.map(rules::OfRegistry));
        program.extend(facts.rows.concerns.iter().map(|&(action, resource)| rules::Concerns(action, resource)));
        program.extend(said.near.iter().map(|near| rules::Near(near.0, near.1)));
        program.extend(flagged(facts, Flag::Exempt).map(rules::Exempt));
        program.extend(said.passed.height.iter().map(|&organization::Height(p, a, n)| rules::Height(p, a, n)));
        program.extend(said.passed.guarded.iter().map(|&organization::Guarded(a, r, o, n)| rules::Guarded(a, r, o, n)));
        program.extend(said.says.iter().map(|&saying::Says(at, s, p, a, r, g)| rules::Says(at, s, p, a, r, g)));
    })
}

fn put_together(facts: &Facts) -> statement::Derived {
    use statement as rules;
    let rows = &facts.rows;
    rules::run(|program| {
        program.extend([rules::Joins(Algebra(&facts.guards))]);
        program.extend(rows.principal_in.iter().map(|&(principal, account)| rules::PrincipalIn(principal, account)));
        program.extend(rows.resource_in.iter().map(|&(resource, account)| rules::ResourceIn(resource, account)));
        program.extend(rows.holds.iter().map(|&(statement, resource)| rules::Holds(statement, resource)));
        program.extend(rows.trust_actions.iter().map(|&action| rules::TrustAction(action)));
        program.extend(flagged(facts, Flag::Root).map(rules::Root));
        program.extend(flagged(facts, Flag::Service).map(rules::Service));
        program.extend(flagged(facts, Flag::Provider).map(rules::Provider));
        program.extend(flagged(facts, Flag::Unsigned).map(rules::Unsigned));
        program.extend(flagged(facts, Flag::Bounded).map(rules::Bounded));
        program.extend(flagged(facts, Flag::InSession).map(rules::InSession));
        program.extend(flagged(facts, Flag::ThroughEndpoint).map(rules::ThroughEndpoint));
        program.extend(rows.concerns.iter().map(|&(action, resource)| rules::Concerns(action, resource)));
        program.extend(with(facts, Effect::Deny).map(rules::Denies));
        program.extend(rows.applies.iter().map(|&(l, s, p, g)| rules::Applies(l, s, p, g)));
        program.extend(rows.names.iter().map(|&(s, p, how, g)| rules::Names(s, p, how, g)));
        program.extend(rows.spares.iter().map(|&(s, p)| rules::Spares(s, p)));
        program.extend(rows.excepts.iter().map(|&(s, p, g)| rules::Excepts(s, p, g)));
        program.extend(rows.acts_on.iter().map(|&(s, a, g)| rules::ActsOn(s, a, g)));
        program.extend(rows.reaches.iter().map(|&(s, r, g)| rules::Reaches(s, r, g)));
    })
}

fn grant(facts: &Facts, statements: &statement::Derived) -> (grant::Derived, grant::Sides) {
    use grant as rules;
    let rows = &facts.rows;
    let allowing: FxHashSet<StatementId> = with(facts, Effect::Allow).collect();
    rules::run(|program| {
        program.extend([rules::Joins(Algebra(&facts.guards))]);
        program.extend(rows.principal_in.iter().map(|&(principal, account)| rules::PrincipalIn(principal, account)));
        program.extend(rows.resource_in.iter().map(|&(resource, account)| rules::ResourceIn(resource, account)));
        program.extend(rows.of_caller.iter().map(|&resource| rules::OfCaller(resource)));
        program.extend(rows.principal_partitions.iter().map(|&(principal, n)| rules::PrincipalPartition(principal, n)));
        program.extend(rows.resource_partitions.iter().map(|&(resource, n)| rules::ResourcePartition(resource, n)));
        program.extend(rows.concerns.iter().map(|&(action, resource)| rules::Concerns(action, resource)));
        program.extend(flagged(facts, Flag::Root).map(rules::Root));
        program.extend(flagged(facts, Flag::Service).map(rules::Service));
        program.extend(flagged(facts, Flag::Provider).map(rules::Provider));
        program.extend(flagged(facts, Flag::Unsigned).map(rules::Unsigned));
        program.extend(rows.flags.iter().filter_map(|&(principal, flag)| match flag {
            Flag::Outside(guard) => Some(rules::Outside(principal, guard)),
            _ => None,
        }));
        program.extend(rows.unsigned_actions.iter().map(|&action| rules::TakesUnsigned(action)));
        program.extend(rows.trust_actions.iter().map(|&action| rules::TrustAction(action)));
        program.extend(rows.perhaps_unbounded.iter().map(|&(a, g)| rules::PerhapsUnbounded(a, g)));
        program.extend(rows.by_token.iter().map(|&action| rules::ByToken(action)));
        program.extend(allowing.iter().map(|&statement| rules::Allows(statement)));
        program.extend(rows.of_endpoint.iter().map(|&statement| rules::OfEndpoint(statement)));
        program.extend(rows.like.iter().map(|&(resource, like)| rules::Like(resource, like)));
        program.extend(rows.bears.iter().map(|&resource| rules::Bears(resource)));
        program.extend(statements.faces.iter().map(|&statement::Faces(p, r)| rules::Faces(p, r)));
        let matches = statements.matches.iter().filter(|matched| allowing.contains(&matched.0));
        program.extend(matches.map(|&statement::Matches(s, a, r, g)| rules::Matches(s, a, r, g)));
        let counts = statements.counts.iter().filter(|counted| allowing.contains(&counted.1));
        program.extend(counts.map(|&statement::Counts(l, s, p, g)| rules::Counts(l, s, p, g)));
        let named = statements.named.iter().filter(|named| allowing.contains(&named.0));
        program.extend(named.map(|&statement::Named(s, p, how, g)| rules::Named(s, p, how, g)));
        program.extend(statements.confined.iter().map(|one| rules::Confined(one.0)));
        program.extend(statements.limited.iter().map(|one| rules::Limited(one.0)));
        program.extend(statements.enters.iter().map(|one| rules::Enters(one.0)));
    })
}

fn pass(facts: &Facts, statements: &statement::Derived, granted: &grant::Derived) -> organization::Derived {
    use organization as rules;
    let rows = &facts.rows;
    let attached: FxHashSet<StatementId> = rows.attached_at.iter().map(|row| row.1).collect();
    rules::run(|program| {
        program.extend([rules::Joins(Algebra(&facts.guards))]);
        program.extend(rows.principal_in.iter().map(|&(principal, account)| rules::PrincipalIn(principal, account)));
        program.extend(rows.resource_in.iter().map(|&(resource, account)| rules::ResourceIn(resource, account)));
        program.extend(rows.concerns.iter().map(|&(action, resource)| rules::Concerns(action, resource)));
        program.extend(flagged(facts, Flag::Exempt).map(rules::Exempt));
        program.extend(rows.management.iter().map(|&account| rules::Management(account)));
        program.extend(rows.levels.iter().map(|&(control, account, levels)| rules::Levels(control, account, levels)));
        program.extend(rows.resource_controlled.iter().map(|&action| rules::ResourceControlled(action)));
        program.extend(with(facts, Effect::Allow).map(rules::Allows));
        program.extend(rows.attached_at.iter().map(|&(c, s, level, account)| rules::AttachedAt(c, s, level, account)));
        program.extend(rows.touches.iter().map(|&(s, p, g)| rules::Touches(s, p, g)));
        program.extend(rows.blanket.iter().map(|&statement| rules::Blanket(statement)));
        program.extend(rows.like.iter().map(|&(resource, like)| rules::Like(resource, like)));
        let matches = statements.matches.iter().filter(|matched| attached.contains(&matched.0));
        program.extend(matches.map(|&statement::Matches(s, a, r, g)| rules::Matches(s, a, r, g)));
        program.extend(granted.arrived.iter().map(|&grant::Arrived(p, a, r, g)| rules::Arrived(p, a, r, g)));
    })
}

fn deny(
    facts: &Facts,
    asked: &[Cell],
    statements: &statement::Derived,
    granted: &grant::Derived,
    passed: &organization::Derived,
) -> FxHashSet<denial::Blocks> {
    use denial as rules;
    let rows = &facts.rows;
    let denying: FxHashSet<StatementId> = with(facts, Effect::Deny).collect();
    rules::run(|program| {
        program.extend([rules::Joins(Algebra(&facts.guards))]);
        program.extend(rows.principal_in.iter().map(|&(principal, account)| rules::PrincipalIn(principal, account)));
        program.extend(rows.of_caller.iter().map(|&resource| rules::OfCaller(resource)));
        program.extend(rows.resource_in.iter().map(|&(resource, account)| rules::ResourceIn(resource, account)));
        program.extend(flagged(facts, Flag::Exempt).map(rules::Exempt));
        program.extend(rows.management.iter().map(|&account| rules::Management(account)));
        program.extend(rows.levels.iter().map(|&(control, account, levels)| rules::Levels(control, account, levels)));
        program.extend(rows.perhaps_controlled.iter().map(|&(a, g)| rules::PerhapsControlled(a, g)));
        program.extend(asked.iter().map(|cell| rules::Asked(cell.principal, cell.action, cell.resource)));
        program.extend(denying.iter().map(|&statement| rules::Denies(statement)));
        program.extend(rows.of_endpoint.iter().map(|&statement| rules::OfEndpoint(statement)));
        program.extend(rows.attached_at.iter().map(|&(c, s, level, account)| rules::AttachedAt(c, s, level, account)));
        program.extend(rows.touches.iter().map(|&(s, p, g)| rules::Touches(s, p, g)));
        program.extend(rows.like.iter().map(|&(resource, like)| rules::Like(resource, like)));
        let matches = statements.matches.iter().filter(|matched| denying.contains(&matched.0));
        program.extend(matches.map(|&statement::Matches(s, a, r, g)| rules::Matches(s, a, r, g)));
        let counts = statements.counts.iter().filter(|counted| denying.contains(&counted.1));
        program.extend(counts.map(|&statement::Counts(l, s, p, g)| rules::Counts(l, s, p, g)));
        let named = statements.named.iter().filter(|named| denying.contains(&named.0));
        program.extend(named.map(|&statement::Named(s, p, how, g)| rules::Named(s, p, how, g)));
        program.extend(statements.enters.iter().map(|one| rules::Enters(one.0)));
        program.extend(passed.height.iter().map(|&organization::Height(p, a, n)| rules::Height(p, a, n)));
        program.extend(passed.guarded.iter().map(|&organization::Guarded(a, r, o, n)| rules::Guarded(a, r, o, n)));
        program.extend(granted.candidates.iter().map(|&grant::Candidate(p, a, r, ..)| rules::Granted(p, a, r)));
    })
}

fn decide(
    facts: &Facts,
    asked: &[Cell],
    passed: &organization::Derived,
    blocks: &FxHashSet<denial::Blocks>,
) -> authorization::Derived {
    use authorization as rules;
    rules::run(|program| {
        program.extend(flagged(facts, Flag::Unsigned).map(rules::Unsigned));
        program.extend(facts.rows.unconditional.iter().map(|&action| rules::Unconditional(action)));
        program.extend(asked.iter().map(|cell| rules::Asked(cell.principal, cell.action, cell.resource)));
        program.extend(passed.permits.iter().map(|&organization::Permits(p, a, r, g)| rules::Permits(p, a, r, g)));
        program.extend(blocks.iter().map(|&denial::Blocks(s, p, a, r, g)| rules::Blocks(s, p, a, r, g)));
    })
}

/// The statements of this effect.
fn with(facts: &Facts, effect: Effect) -> impl Iterator<Item = StatementId> {
    facts.rows.effects.iter().filter(move |row| row.1 == effect).map(|row| row.0)
}

/// The principals that are this.
fn flagged(facts: &Facts, flag: Flag) -> impl Iterator<Item = crate::ids::PrincipalAtom> {
    facts.rows.flags.iter().filter(move |row| row.1 == flag).map(|row| row.0)
}
