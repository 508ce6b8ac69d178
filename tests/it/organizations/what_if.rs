//! Random stacks of changes: the changed world against one that is read from exports with the changes in place.
//!
//! Each change is made twice: to the inventory, and to the organization that the exports are written from, without
//! the library's help. What a policy hangs on is told by the inventory before the change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use grantlog::derive;
use grantlog::ids::{GroupId, PolicyId, PrincipalId, RepositoryId};
use grantlog::inventory::{Boundary, Change, Inventory, Managed, PrincipalKind, RepositoryPolicy, Tagged, Text};
use grantlog::policy::{Document, PolicyKind, parse};
use grantlog::query::{Grain, Row, Scope, Verdict};
use grantlog::{Options, Relations};
use serde_json::{Value, json};

use super::compare::options;
use super::question::keys;
use super::world::{Account, Principal, Repository, Tree, World};

pub(super) const CAPABILITIES: [&str; 7] = ["push", "pull", "describe", "delete", "tag", "administer", "create"];

/// Numbers that are the same in every run.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides.max(1)
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        if all.is_empty() { None } else { Some(all[self.roll(all.len())]) }
    }
}

/// An organization with the inventory that changes made of what was read.
struct Both {
    world: World,
    inventory: Arc<Inventory>,
    kinds: BTreeSet<&'static str>,
}

/// Makes changes and takes them back; how many answers were compared, or the first that differs.
pub(crate) fn stacks(world: &World, seed: usize, kinds: &mut BTreeMap<&'static str, usize>) -> Result<usize, String> {
    let mut world = world.clone();
    world.documents_mut().for_each(list_statements);
    let options = options(&keys(&world.part()), false);
    let read = world.inventory();
    let base = derive(&read, options.clone());
    let before = answers(&base);
    let mut dice = Dice(seed as u64 + 1);
    let mut both = Both { inventory: Arc::new(read.clone()), world, kinds: BTreeSet::new() };
    let mut stack: Vec<Relations<'static>> = Vec::new();
    let mut compared = 0;
    for number in 0..4 {
        if !both.change(&mut dice, number) {
            continue;
        }
        let last = stack.last();
        let relations = match last {
            Some(last) => last.after(Arc::clone(&both.inventory)),
            None => base.after(Arc::clone(&both.inventory)),
        };
        compared += both.compare(&relations, &options)?;
        stack.push(relations);
    }
    if let Some(last) = stack.last() {
        compared += changes(&base, last)?;
        compared += changes(last, &base)?;
    }
    // What was carried over left the first world as it was.
    if answers(&base) != before {
        return Err("the world before is not as it was".to_owned());
    }
    for kind in both.kinds {
        *kinds.entry(kind).or_default() += 1;
    }
    Ok(compared)
}

fn list_statements(document: &mut Value) {
    let statements = document["Statement"].take();
    document["Statement"] = if statements.is_array() { statements } else { json!([statements]) };
}

/// A row without what tells where statements stand.
type Told = (Verdict, Option<String>, Vec<(Vec<String>, Verdict, Option<String>)>, Vec<String>, Vec<String>);

fn told(row: Row) -> Told {
    let routes = row.routes.into_iter().map(|route| (route.through, route.verdict, route.residual));
    (row.verdict, row.residual, routes.collect(), row.incomplete, row.doubts)
}

/// Who can what, by action, resource and principal.
fn answers(relations: &Relations<'_>) -> BTreeMap<(String, String, String), Told> {
    let mut all = BTreeMap::new();
    for what in CAPABILITIES.into_iter().chain(["ecr-public:PutImage", "ecr:BatchGetImage", "ecr-public:TagResource"]) {
        // Not everything is performed everywhere.
        let answer = relations.who_can(what, "*", Scope { direct: false, all: true });
        for row in answer.into_iter().flat_map(|answer| answer.rows) {
            all.insert((row.action.clone(), row.resource.clone(), row.principal.clone()), told(row));
        }
    }
    all
}

impl Both {
    /// The changed world is the one that is read.
    fn compare(&self, relations: &Relations<'_>, options: &Options) -> Result<usize, String> {
        let fresh = self.world.inventory();
        let fresh = derive(&fresh, options.clone());
        let (found, expected) = (answers(relations), answers(&fresh));
        if found != expected {
            let differing = expected.iter().find(|(cell, told)| found.get(cell) != Some(told));
            let extra = found.iter().find(|(cell, _)| !expected.contains_key(cell));
            let is = differing.map(|(cell, _)| found.get(cell));
            return Err(format!("{:?}: expected {differing:?}, found {is:?}; beside it {extra:?}", self.kinds));
        }
        let mut compared = expected.len();
        for principal in fresh.inventory().principals.values().step_by(3) {
            let of = |relations: &Relations<'_>| {
                let answer = relations.what_can(principal.arn.as_str(), None, Scope::default());
                answer.map(|answer| answer.rows.into_iter().map(told).collect::<Vec<_>>())
            };
            let (found, expected) = (of(relations), of(&fresh));
            if found != expected {
                return Err(format!("what can {}: {found:?}\nexpected {expected:?}", principal.arn));
            }
            compared += 1;
        }
        Ok(compared)
    }

    /// Makes one change, if the dice find one to make.
    fn change(&mut self, dice: &mut Dice, number: usize) -> bool {
        let made = match dice.roll(15) {
            0 => self.delete(dice),
            1 => self.tag(dice),
            2 => self.set_policy(dice),
            3 => self.remove_policy(dice),
            4 | 5 => self.remove_statement(dice),
            6 => self.add_statement(dice, number),
            7 => self.detach(dice),
            8 => self.attach(dice),
            9 | 10 => self.bound(dice),
            11 => self.unbound(dice),
            12 => self.join(dice),
            13 => self.leave(dice),
            _ => self.give(dice, number),
        };
        let Some((kind, change)) = made else { return false };
        let changed = self.inventory.changed(&change);
        self.inventory = Arc::new(changed.unwrap_or_else(|error| panic!("{change:?}: {error}")));
        self.kinds.insert(kind);
        true
    }

    fn somebody(&self, dice: &mut Dice) -> Option<PrincipalId> {
        dice.pick(&self.inventory.principals.ids().collect::<Vec<_>>())
    }

    fn repository(&self, dice: &mut Dice) -> Option<RepositoryId> {
        dice.pick(&self.inventory.repositories.ids().collect::<Vec<_>>())
    }

    fn delete(&mut self, dice: &mut Dice) -> Option<(&'static str, Change)> {
        let gone = self.somebody(dice)?;
        let arn = self.inventory.principals[gone].arn.as_str();
        for account in &mut self.world.accounts {
            let number = account.number;
            account.users.retain(|one| one.arn(number) != arn);
            account.roles.retain(|one| one.arn(number) != arn);
        }
        Some(("delete", Change::Delete(gone)))
    }

    fn tag(&mut self, dice: &mut Dice) -> Option<(&'static str, Change)> {
        let (key, value) = dice.pick(&[("team", "web"), ("team", "app"), ("stage", "prod"), ("Team", "web")])?;
        let takes_away = dice.roll(3) == 0;
        let value = (!takes_away).then_some(value);
        let change = |of| Change::Tag { of, key: key.to_owned(), value: value.map(str::to_owned) };
        if dice.roll(2) == 0 {
            let id = self.repository(dice)?;
            let repository = self.world.repository_mut(&self.inventory, id)?;
            if takes_away && !repository.tags.iter().any(|(own, _)| *own == key) {
                return None;
            }
            repository.tags.retain(|(own, _)| *own != key);
            repository.tags.extend(value.map(|value| (key, value)));
            return Some(("tag a repository", change(Tagged::Repository(id))));
        }
        let id = self.somebody(dice)?;
        let principal = self.world.principal_mut(&self.inventory, id)?;
        if takes_away && !principal.tags.iter().any(|(own, _)| own.eq_ignore_ascii_case(key)) {
            return None;
        }
        principal.tags.retain(|(own, _)| !own.eq_ignore_ascii_case(key));
        principal.tags.extend(value.map(|value| (key, value)));
        Some(("tag a principal", change(Tagged::Principal(id))))
    }

    fn set_policy(&mut self, dice: &mut Dice) -> Option<(&'static str, Change)> {
        let of = self.repository(dice)?;
        let repositories = self.world.accounts.iter().flat_map(|account| &account.repositories);
        let documents: Vec<&Value> = repositories.filter_map(|repository| repository.policy.as_ref()).collect();
        let document = dice.pick(&documents)?.clone();
        self.world.repository_mut(&self.inventory, of)?.policy = Some(document.clone());
        Some(("set policy", Change::SetPolicy { of, to: text(&document) }))
    }

    fn remove_policy(&mut self, dice: &mut Dice) -> Option<(&'static str, Change)> {
        let of = self.repository(dice)?;
        self.world.repository_mut(&self.inventory, of)?.policy.take()?;
        Some(("remove policy", Change::RemovePolicy { of }))
    }

    fn remove_statement(&mut self, dice: &mut Dice) -> Option<(&'static str, Change)> {
        let of = self.some_policy(dice)?;
        let statement = dice.roll(self.inventory.document(of).statements.len());
        self.edit(of, |statements| drop(statements.remove(statement)))?;
        let is_managed = self.inventory.policies[of].name.starts_with("arn:");
        let is_last = self.inventory.document(of).statements.len() == 1;
        if is_last && !is_managed && self.forget_empty(self.inventory.policies[of].kind) {
            return Some(("remove a policy with its last statement", Change::RemoveStatement { statement, of }));
        }
        Some(("remove statement", Change::RemoveStatement { statement, of }))
    }

    /// AWS stores no inline policy, and no policy of a repository, without statements.
    fn forget_empty(&mut self, kind: PolicyKind) -> bool {
        let is_left = |document: &Value| document["Statement"].as_array().is_none_or(|all| !all.is_empty());
        for account in &mut self.world.accounts {
            match kind {
                PolicyKind::Identity => {
                    account.groups.iter_mut().for_each(|policies| policies.retain(is_left));
                    let own = account.users.iter_mut().chain(&mut account.roles);
                    own.for_each(|principal| principal.policies.retain(is_left));
                }
                PolicyKind::Repository => {
                    let own = account.repositories.iter_mut();
                    own.for_each(|repository| repository.policy = repository.policy.take().filter(is_left));
                }
                _ => return false,
            }
        }
        true
    }

    fn add_statement(&mut self, dice: &mut Dice, number: usize) -> Option<(&'static str, Change)> {
        let to = self.some_policy(dice)?;
        let statement = self.some_statement(dice, self.inventory.policies[to].kind, number)?;
        self.edit(to, |statements| statements.push(statement.clone()))?;
        Some(("add statement", Change::AddStatement { statement: text(&statement), to }))
    }

    fn detach(&mut self, dice: &mut Dice) -> Option<(&'static str, Change)> {
        let from = self.somebody(dice)?;
        let policy = dice.pick(&self.inventory.principals[from].policies)?;
        let inventory = Arc::clone(&self.inventory);
        let own = &inventory.principals[from].policies;
        let principal = self.world.principal_mut(&inventory, from)?;
        for _ in own.iter().filter(|one| **one == policy) {
            let at = principal.policies.iter().position(|one| says(inventory.document(policy), one))?;
            principal.policies.remove(at);
        }
        Some(("detach", Change::Detach { policy, from }))
    }

    fn attach(&mut self, dice: &mut Dice) -> Option<(&'static str, Change)> {
        let to = self.somebody(dice)?;
        let inventory = Arc::clone(&self.inventory);
        let own = &inventory.principals[to].policies;
        let (policy, document) = self.some_managed(dice, to, |policy| !own.contains(policy))?;
        self.world.principal_mut(&inventory, to)?.policies.push(document);
        Some(("attach", Change::Attach { policy: Managed::Policy(policy), to }))
    }

    fn bound(&mut self, dice: &mut Dice) -> Option<(&'static str, Change)> {
        let of = self.somebody(dice)?;
        let inventory = Arc::clone(&self.inventory);
        let own = of_boundary(&inventory.principals[of].boundary);
        let (policy, document) = self.some_managed(dice, of, |policy| own != Some(*policy))?;
        self.world.principal_mut(&inventory, of)?.boundary = Some(document);
        Some(("set boundary", Change::SetBoundary { policy: Managed::Policy(policy), of }))
    }

    fn unbound(&mut self, dice: &mut Dice) -> Option<(&'static str, Change)> {
        let principals = self.inventory.principals.iter();
        let bounded: Vec<PrincipalId> =
            principals.filter(|(_, one)| one.boundary != Boundary::None).map(|(id, _)| id).collect();
        let of = dice.pick(&bounded)?;
        self.world.principal_mut(&self.inventory, of)?.boundary.take()?;
        Some(("remove boundary", Change::RemoveBoundary { of }))
    }

    fn join(&mut self, dice: &mut Dice) -> Option<(&'static str, Change)> {
        let (user, to) = self.some_membership(dice, false)?;
        let group = number_of(&self.inventory, to)?;
        self.world.principal_mut(&self.inventory, user)?.groups.push(group);
        Some(("add to a group", Change::AddMember { user, to }))
    }

    fn leave(&mut self, dice: &mut Dice) -> Option<(&'static str, Change)> {
        let (user, from) = self.some_membership(dice, true)?;
        let group = number_of(&self.inventory, from)?;
        self.world.principal_mut(&self.inventory, user)?.groups.retain(|one| *one != group);
        Some(("remove from a group", Change::RemoveMember { user, from }))
    }

    /// A user and a group of its account, in which it is or is not.
    fn some_membership(&self, dice: &mut Dice, is_in: bool) -> Option<(PrincipalId, GroupId)> {
        let inventory = &self.inventory;
        let users = inventory.principals.iter().filter(|(_, one)| one.kind == PrincipalKind::User);
        let pairs = users.flat_map(|(id, user)| {
            let near = inventory.groups.iter().filter(|(_, group)| group.arn.account() == Some(user.account));
            near.filter(|(group, _)| user.groups.contains(group) == is_in).map(move |(group, _)| (id, group))
        });
        dice.pick(&pairs.collect::<Vec<_>>())
    }

    /// A managed policy of the principal's account that fits, with its document.
    fn some_managed(
        &self,
        dice: &mut Dice,
        of: PrincipalId,
        fits: impl Fn(&PolicyId) -> bool,
    ) -> Option<(PolicyId, Value)> {
        let inventory = &self.inventory;
        let owner = inventory.principals[of].account.to_string();
        let managed: Vec<PolicyId> = inventory
            .policies
            .iter()
            .filter(|(_, policy)| policy.name.starts_with(&format!("arn:aws:iam::{owner}:policy/managed")))
            .map(|(id, _)| id)
            .filter(fits)
            .collect();
        let policy = dice.pick(&managed)?;
        // Of a policy that hangs nowhere the organization knows nothing.
        let account = self.world.accounts.iter().find(|account| account.number == owner)?;
        let own = account.users.iter().chain(&account.roles);
        let lists = own.flat_map(|one| one.policies.iter().chain(&one.boundary));
        let mut known = lists.chain(account.groups.iter().flatten());
        let document = known.find(|one| says(inventory.document(policy), one))?.clone();
        Some((policy, document))
    }

    /// A policy of its own: attached, or inline.
    fn give(&mut self, dice: &mut Dice, number: usize) -> Option<(&'static str, Change)> {
        let to = self.somebody(dice)?;
        let statement = self.some_statement(dice, PolicyKind::Identity, number)?;
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        let principal = self.world.principal_mut(&self.inventory, to)?;
        principal.policies.push(document.clone());
        Some(if dice.roll(2) == 0 {
            let name = format!("given-{number}.json");
            ("attach a file", Change::Attach { policy: Managed::Text(Text::new(&name, document.to_string())), to })
        } else {
            ("add to a principal", Change::AddToPrincipal { statement: text(&statement), to })
        })
    }

    /// A policy that hangs somewhere, and has statements.
    fn some_policy(&self, dice: &mut Dice) -> Option<PolicyId> {
        let inventory = &self.inventory;
        let mut used: BTreeSet<PolicyId> = BTreeSet::new();
        for principal in inventory.principals.values() {
            used.extend(&principal.policies);
            used.extend(of_boundary(&principal.boundary));
            used.extend(of_trust(&principal.kind));
        }
        used.extend(inventory.groups.values().flat_map(|group| &group.policies));
        used.extend(inventory.repositories.values().filter_map(|one| of_repository(&one.policy)));
        used.extend(inventory.registry_policies.values().map(|one| one.policy));
        used.extend(inventory.organizations.values().flat_map(|one| one.attached.values().flatten()));
        let is_own = |id: &PolicyId| !inventory.policies[*id].name.contains("FullAWSAccess");
        used.retain(|id| is_own(id) && !inventory.document(*id).statements.is_empty());
        dice.pick(&used.into_iter().collect::<Vec<_>>())
    }

    /// A statement of a document of this type; its name is its own, so that nothing else says the same.
    fn some_statement(&mut self, dice: &mut Dice, kind: PolicyKind, number: usize) -> Option<Value> {
        let mut found: Vec<Value> = Vec::new();
        for document in self.world.documents_mut() {
            let is_of_type = !parse(&document.to_string(), kind)
                .problems
                .iter()
                .any(|problem| problem.severity >= grantlog::policy::Severity::Warning);
            found.extend(document["Statement"].as_array().into_iter().flatten().filter(|_| is_of_type).cloned());
        }
        let at = dice.roll(found.len());
        let mut statement = found.into_iter().nth(at)?;
        statement["Sid"] = json!(format!("Added{number}"));
        Some(statement)
    }

    /// Changes the statements of a policy wherever it hangs; `None` if the organization has it nowhere.
    fn edit(&mut self, policy: PolicyId, change: impl Fn(&mut Vec<Value>)) -> Option<()> {
        let inventory = Arc::clone(&self.inventory);
        let before = inventory.document(policy);
        let mut edited = 0;
        let mut edit = |documents: Vec<&mut Value>, times: usize| {
            for document in documents.into_iter().filter(|one| says(before, one)).take(times) {
                if let Some(statements) = document["Statement"].as_array_mut() {
                    change(statements);
                    edited += 1;
                }
            }
        };
        let count = |all: &[PolicyId]| all.iter().filter(|one| **one == policy).count();
        for id in inventory.principals.ids() {
            let known = &inventory.principals[id];
            let Some(principal) = self.world.principal_mut(&inventory, id) else { continue };
            edit(principal.policies.iter_mut().collect(), count(&known.policies));
            edit(principal.boundary.iter_mut().collect(), usize::from(of_boundary(&known.boundary) == Some(policy)));
            edit(principal.trust.iter_mut().collect(), usize::from(of_trust(&known.kind) == Some(policy)));
        }
        for group in inventory.groups.values() {
            let (owner, name) = (group.arn.account()?.to_string(), group.arn.name().to_owned());
            let account = self.world.accounts.iter_mut().find(|account| account.number == owner)?;
            let number: usize = name.strip_prefix("group-")?.parse().ok()?;
            edit(account.groups.get_mut(number)?.iter_mut().collect(), count(&group.policies));
        }
        for (id, known) in inventory.repositories.iter() {
            let Some(repository) = self.world.repository_mut(&inventory, id) else { continue };
            edit(repository.policy.iter_mut().collect(), usize::from(of_repository(&known.policy) == Some(policy)));
        }
        for ((owner, _), known) in &inventory.registry_policies {
            let account = self.world.accounts.iter_mut().find(|account| account.number == owner.as_str())?;
            let documents = account.registry.iter_mut().map(|(document, _)| document).collect();
            edit(documents, usize::from(known.policy == policy));
        }
        let targets = Tree::targets(&self.world.accounts);
        for organization in inventory.organizations.values() {
            for (at, target) in targets.iter().enumerate() {
                let attached: Vec<PolicyId> = organization.attached_to(target).collect();
                let Some(tree) = &mut self.world.tree else { continue };
                let levels = match inventory.policies[policy].kind {
                    PolicyKind::ServiceControl => &mut tree.service,
                    _ => &mut tree.resource,
                };
                let level = levels.as_mut().and_then(|levels| levels.get_mut(at));
                edit(level.into_iter().flat_map(|level| &mut level.policies).collect(), count(&attached));
            }
        }
        (edited > 0).then_some(())
    }
}

impl World {
    fn owner_mut(&mut self, number: &str) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|account| account.number == number)
    }

    fn principal_mut(&mut self, inventory: &Inventory, id: PrincipalId) -> Option<&mut Principal> {
        let known = &inventory.principals[id];
        let account = self.owner_mut(known.account.as_str())?;
        let number = account.number;
        account.users.iter_mut().chain(&mut account.roles).find(|one| one.arn(number) == known.arn.as_str())
    }

    fn repository_mut(&mut self, inventory: &Inventory, id: RepositoryId) -> Option<&mut Repository> {
        let known = &inventory.repositories[id];
        let account = self.owner_mut(known.account.as_str())?;
        let number = account.number;
        account.repositories.iter_mut().find(|one| one.arn(number) == known.arn.as_str())
    }
}

fn of_boundary(boundary: &Boundary) -> Option<PolicyId> {
    if let Boundary::Policy(policy) = boundary { Some(*policy) } else { None }
}

fn of_trust(kind: &PrincipalKind) -> Option<PolicyId> {
    if let PrincipalKind::Role { trust } = kind { *trust } else { None }
}

fn of_repository(policy: &RepositoryPolicy) -> Option<PolicyId> {
    if let RepositoryPolicy::Policy(policy) = policy { Some(*policy) } else { None }
}

/// The number of a group among those of its account.
fn number_of(inventory: &Inventory, group: GroupId) -> Option<usize> {
    inventory.groups[group].arn.name().strip_prefix("group-")?.parse().ok()
}

fn text(value: &Value) -> Text {
    Text::new("change.json", value.to_string())
}

/// Whether a document is this one, names of statements included.
fn says(document: &Document, value: &Value) -> bool {
    // What it says does not depend on its type where nothing in it is refused.
    let all = [PolicyKind::Identity, PolicyKind::Repository, PolicyKind::Trust, PolicyKind::ResourceControl];
    all.into_iter().any(|kind| {
        let other = parse(&value.to_string(), kind).document;
        let pairs = || document.statements.iter().zip(&other.statements);
        document.version == other.version
            && document.statements.len() == other.statements.len()
            && pairs().all(|(one, other)| one.sid == other.sid && one.says_what(other))
    })
}

/// What changed is what answers to questions about everybody differ in.
fn changes(before: &Relations<'_>, after: &Relations<'_>) -> Result<usize, String> {
    let mut compared = 0;
    let actions = ["ecr-public:PutImage", "ecr:BatchGetImage", "ecr-public:DescribeRegistries", "ecr:PutImage"];
    for (grain, words) in [(Grain::Capabilities, &CAPABILITIES[..]), (Grain::Actions, &actions[..])] {
        let [one, other] = [before, after].map(|relations| possible(relations, words));
        let cells: BTreeSet<_> = one.keys().chain(other.keys()).collect();
        let denied = Verdict::Denied { explicit: false };
        let verdict = |of: &BTreeMap<_, Verdict>, cell| of.get(cell).copied().unwrap_or(denied);
        let pairs = cells.into_iter().map(|cell| (cell.clone(), [verdict(&one, cell), verdict(&other, cell)]));
        let expected: BTreeMap<_, _> = pairs.filter(|(_, [before, after])| before != after).collect();
        let mut found = BTreeMap::new();
        for line in before.changes(after, grain).lines.iter().filter(|line| words.contains(&line.action.as_str())) {
            let verdicts = [line.before, line.after].map(|verdict| verdict.unwrap_or(denied));
            for (principal, resource) in
                line.principals.iter().flat_map(|one| line.resources.iter().map(move |other| (one, other)))
            {
                let cell = (principal.clone(), line.action.clone(), resource.clone());
                if found.insert(cell.clone(), verdicts).is_some() {
                    return Err(format!("{cell:?} is told twice"));
                }
            }
        }
        compared += expected.len() + 1;
        if found != expected {
            let differing = expected.iter().find(|(cell, verdicts)| found.get(cell) != Some(verdicts));
            let extra = found.iter().find(|(cell, verdicts)| expected.get(cell) != Some(verdicts));
            return Err(format!("what changed: expected {differing:?}, beside it {extra:?}"));
        }
    }
    Ok(compared)
}

fn possible(relations: &Relations<'_>, words: &[&str]) -> BTreeMap<(String, String, String), Verdict> {
    let answers = words.iter().filter_map(|word| relations.who_can(word, "*", Scope::default()).ok());
    let rows = answers.flat_map(|answer| answer.rows);
    rows.map(|row| ((row.principal, row.action, row.resource), row.verdict)).collect()
}
