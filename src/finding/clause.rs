//! What stands in one statement, as facts for the rules.

use crate::catalog::{Catalog, ResourceKind};
use crate::condition::{Decisions, Expression, Known, Literal, Outcome, Test, is_documented};
use crate::engine::{Kind, Relations, RequesterId};
use crate::ids::{PolicyId, PrincipalId, StatementId};
use crate::inventory::{HungOn, Inventory, RepositoryPolicy};
use crate::lower::Match;
use crate::policy::{
    AccountId, Case, Document, Effect, Fit, Pattern, PrincipalName, ResourcePattern, Statement, Version,
};
use crate::rules::Attached;
use crate::rules::finding::Part;
use crate::rules::finding::document::{self as rules, Service, Site};

/// Where public registries are asked (R5).
const REGION: &str = "us-east-1";
/// Keys that tell for whom a service acts (F1).
const SOURCES: [&str; 4] = ["aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"];
/// The actions by which images of private repositories are fetched, as far as policies name them (Q11).
const FETCHING: [&str; 2] = ["BatchGetImage", "GetDownloadUrlForLayer"];

/// A statement of a document that hangs on things of one kind.
pub(super) struct Clause<'a> {
    pub(super) document: &'a Document,
    pub(super) statement: &'a Statement,
    pub(super) site: Site,
    /// The policies that hang there, with what they hang on.
    pub(super) hung: &'a [(PolicyId, HungOn<'a>)],
}

/// The registry whose actions a pattern lists by the name of its service.
pub(super) fn service(pattern: &Pattern) -> Option<Service> {
    match pattern.as_str().split_once(':')?.0.to_ascii_lowercase().as_str() {
        "ecr" => Some(Service::Private),
        "ecr-public" => Some(Service::Public),
        _ => None,
    }
}

/// The statement's action element says something of registries, or of roles that lead to them.
pub(super) fn is_of_interest(statement: &Statement) -> bool {
    let mut entries = statement.actions.entries.iter();
    statement.actions.negated || entries.any(|entry| service(&entry.value).is_some() || means_some(&entry.value))
}

fn means_some(pattern: &Pattern) -> bool {
    Catalog::bundled().actions().any(|(_, action)| pattern.matches(&action.to_string(), Case::Ignored))
}

impl Clause<'_> {
    /// Tells the rules what stands in it.
    pub(super) fn feed(
        &self,
        id: StatementId,
        relations: &Relations<'_>,
        decisions: &Decisions,
        program: &mut rules::Crepe,
    ) {
        let statement = self.statement;
        program.extend([rules::Stands(id, self.site)]);
        match statement.effect {
            Effect::Allow => program.extend([rules::Allows(id)]),
            Effect::Deny => program.extend([rules::Denies(id)]),
        }
        program.extend(statement.actions.negated.then_some(rules::LeavesListed(id)));
        program.extend((self.document.version == Version::V2008).then_some(rules::Old(id)));
        self.feed_actions(id, program);
        self.feed_resources(id, relations, program);
        self.feed_principals(id, relations, program);
        self.feed_conditions(id, decisions, program);
    }

    fn feed_actions(&self, id: StatementId, program: &mut rules::Crepe) {
        for (number, entry) in (0..).zip(&self.statement.actions.entries) {
            let meant = meant(&entry.value);
            if let Some(service) = service(&entry.value) {
                program.extend([rules::Lists(id, number, service)]);
                program.extend((service == Service::Public).then_some(rules::SaysPublic(id)));
                let fetches = |name: &&str| entry.value.matches(&format!("ecr-public:{name}"), Case::Ignored);
                program
                    .extend((meant.is_empty() && FETCHING.iter().any(fetches)).then_some(rules::Fetches(id, number)));
            }
            program.extend((!meant.is_empty()).then_some(rules::Exists(id, number)));
            let is_without = !meant.is_empty() && meant.iter().all(|kinds| kinds == &[ResourceKind::None]);
            program.extend(is_without.then_some(rules::WithoutResource(id, number)));
        }
        program.extend(covers_public(self.statement).then_some(rules::CoversPublic(id)));
    }

    fn feed_resources(&self, id: StatementId, relations: &Relations<'_>, program: &mut rules::Crepe) {
        let Some(element) = &self.statement.resources else {
            program.extend([rules::OnEverything(id)]);
            program.extend([rules::Hits(id)]);
            return;
        };
        let is_everything =
            element.negated || element.entries.iter().any(|entry| entry.value.fit_no_resource() == Fit::Always);
        program.extend(is_everything.then_some(rules::OnEverything(id)));
        for (number, entry) in (0..).zip(&element.entries) {
            let text = entry.value.0.as_str();
            let parts: Vec<&str> = text.splitn(6, ':').collect();
            let has_region =
                matches!(parts[..], [_, _, "ecr-public", region, ..] if !region.contains('*') && !region.is_empty());
            program.extend(has_region.then_some(rules::PublicInRegion(id, number)));
            if element.negated || has_region || self.may_match(&entry.value, relations) {
                program.extend([rules::Hits(id)]);
            } else {
                program.extend([rules::Misses(id, number)]);
            }
            if self.site == Site::Identity && !element.negated {
                let welcome = self.is_welcome(&entry.value, relations);
                program.extend(welcome.map(|_| rules::AimsElsewhere(id, number)));
                program.extend((welcome == Some(true)).then_some(rules::Welcome(id, number)));
            }
            let varies = text.contains("${");
            program.extend(varies.then_some(rules::Varies(id, Part::Resource(number))));
        }
    }

    /// Whether an entry matches a repository of the input, or may match something that the input lacks.
    fn may_match(&self, pattern: &ResourcePattern, relations: &Relations<'_>) -> bool {
        let inventory = relations.inventory();
        let is_identity = matches!(self.site, Site::Identity | Site::Boundary);
        if matches!(self.site, Site::PublicRepository | Site::PrivateRepository) {
            let mut repositories = self.hung.iter().filter_map(|(_, on)| match on {
                HungOn::Repository(id) => Some(&inventory.repositories[*id]),
                _ => None,
            });
            return repositories.any(|own| pattern.fit(own.arn.as_str(), false) != Fit::Never);
        }
        let parts: Vec<&str> = pattern.0.as_str().splitn(6, ':').collect();
        let (Site::Identity, Some(account), [_, _, service, region, ..]) = (self.site, pattern.account(), &parts[..])
        else {
            return true;
        };
        let Some(known) = inventory.accounts.get(&account) else { return true };
        let is_complete = match *service {
            "ecr-public" => known.has_public,
            "ecr" => known.private_regions.iter().any(|one| one == region),
            _ => false,
        };
        let is_about_repositories = parts.last().is_some_and(|last| last.starts_with("repository/"));
        let creates = self.statement.actions.negated
            || self.statement.actions.entries.iter().flat_map(|entry| meant(&entry.value)).any(|kinds| {
                kinds.iter().any(|kind| matches!(kind, ResourceKind::NewRepository | ResourceKind::Listing))
            });
        if !is_complete || !is_about_repositories || creates || pattern.0.variables().next().is_some() {
            return true;
        }
        let own = relations.universe().repositories(account).iter();
        own.into_iter().any(|&id| pattern.fit(inventory.repositories[id].arn.as_str(), is_identity) != Fit::Never)
    }

    /// Whether the policies of another account's repositories that an entry means allow something of it to anybody on
    /// whom the statement hangs; `None` where it means none.
    fn is_welcome(&self, pattern: &ResourcePattern, relations: &Relations<'_>) -> Option<bool> {
        let inventory = relations.inventory();
        let account = pattern.account().filter(|account| inventory.accounts.contains_key(account))?;
        let foreign = self.hung.iter().filter(|(_, on)| on.account(inventory) != Some(account));
        let strangers: Vec<PrincipalId> = foreign.flat_map(|&(_, on)| holders(inventory, on)).collect();
        strangers.first()?;
        let shard = relations.shard(account, Kind::Registries);
        let meant = shard
            .resources
            .iter()
            .enumerate()
            .filter(|(_, one)| one.repository.is_some() && pattern.fit(&one.view.arn, true) != Fit::Never);
        let meant: Vec<usize> = meant.map(|(number, _)| number).collect();
        meant.first()?;
        let is_known = |&number: &usize| {
            let repository = shard.resources[number].repository;
            repository.is_some_and(|id| !matches!(inventory.repositories[id].policy, RepositoryPolicy::Unknown(_)))
        };
        if !meant.iter().all(is_known) {
            return None;
        }
        let is_listed =
            |name: &str| self.statement.actions.entries.iter().any(|one| one.value.matches(name, Case::Ignored));
        let actions = shard.actions.iter().enumerate().filter(|(_, action)| {
            action.on.contains(&ResourceKind::Repository)
                && is_listed(&action.to_string()) != self.statement.actions.negated
        });
        let actions: Vec<usize> = actions.map(|(number, _)| number).collect();
        let requesters = strangers.iter().filter_map(|id| relations.universe().of_principal.get(id));
        let lets_in = |found: &Match| found.effect == Effect::Allow && matches!(found.attached, Attached::Named(_));
        Some(requesters.into_iter().any(|&requester| {
            meant.iter().any(|&resource| {
                let mut cells = actions.iter().filter_map(|&action| shard.cell(requester, action, resource));
                cells.any(|cell| shard.facts.matching(cell).iter().any(lets_in))
            })
        }))
    }

    fn feed_principals(&self, id: StatementId, relations: &Relations<'_>, program: &mut rules::Crepe) {
        let Some(element) = &self.statement.principals else { return };
        program.extend(element.negated.then_some(rules::SparesListed(id)));
        for (number, entry) in (0..).zip(&element.entries) {
            match &entry.value {
                PrincipalName::Nobody(_) => program.extend([rules::NamesNobody(id, number)]),
                PrincipalName::Service(_) => program.extend([rules::NamesService(id, number)]),
                other => {
                    program.extend(relations.gone(other).map(|_| rules::NamesGone(id, number)));
                    program.extend(self.is_unattended(other, relations).then_some(rules::Unattended(id, number)));
                }
            }
        }
    }

    /// Whether nobody of another account of the input whom an entry names has policies that say anything of what this
    /// one hangs on.
    fn is_unattended(&self, named: &PrincipalName, relations: &Relations<'_>) -> bool {
        let (inventory, universe) = (relations.inventory(), relations.universe());
        let meant: Vec<RequesterId> = match named {
            PrincipalName::User(arn) | PrincipalName::Role(arn) => {
                let known = inventory.principal(arn).and_then(|id| universe.of_principal.get(&id));
                known.copied().into_iter().collect()
            }
            PrincipalName::Account { account, .. }
                if inventory.accounts.get(account).is_some_and(|one| one.has_principals) =>
            {
                let own = universe.by_account.get(&Some(*account)).into_iter().flatten();
                own.copied().filter(|&one| relations.requester(one).principal.is_some()).collect()
            }
            _ => return false,
        };
        let account = meant.first().and_then(|&one| relations.requester(one).view.account);
        let mut owners = self.hung.iter().filter_map(|(_, on)| on.account(inventory));
        let is_foreign = |owner: AccountId| account.is_some_and(|account| account != owner);
        account.is_some()
            && owners.all(|owner| {
                let shard = relations.shard(owner, Kind::Registries);
                is_foreign(owner) && meant.iter().all(|&one| shard.atom(one).is_none())
            })
    }

    fn feed_conditions(&self, id: StatementId, decisions: &Decisions, program: &mut rules::Crepe) {
        let mut all = Some(Vec::new());
        for (number, condition) in (0..).zip(&self.statement.conditions) {
            let key = condition.key.value.to_ascii_lowercase();
            program.extend(is_unknown(&key).then_some(rules::AsksUnknown(id, number)));
            program.extend(SOURCES.contains(&key.as_str()).then_some(rules::AsksSource(id)));
            let varies = condition.values.iter().any(|value| value.value.contains("${"));
            program.extend(varies.then_some(rules::Varies(id, Part::Condition(number))));
            let Ok(test) = Test::parse(condition, self.document.version) else {
                all = None;
                continue;
            };
            if key == "aws:requestedregion" {
                match test.decide(&|_| Known::value(REGION)) {
                    Outcome::Decided(true) => program.extend([rules::HoldsThere(id, number)]),
                    Outcome::Decided(false) => program.extend([rules::FailsThere(id, number)]),
                    _ => {}
                }
            }
            let literal = match test.decide(&|_| Known::UNKNOWN) {
                Outcome::Residual(residual) => Literal::Test(residual),
                Outcome::Decided(true) => {
                    program.extend([rules::Idles(id, number)]);
                    continue;
                }
                Outcome::Decided(false) => {
                    program.extend([rules::Contradicts(id)]);
                    all = None;
                    continue;
                }
                Outcome::Doubtful(..) | Outcome::DoubtfulResidual(..) => {
                    all = None;
                    continue;
                }
            };
            if always(decisions, vec![literal.clone()]) == Some(true) {
                program.extend([rules::Idles(id, number)]);
            }
            if let Some(all) = &mut all {
                all.push(literal);
            }
        }
        let contradict = all.is_some_and(|literals| always(decisions, literals) == Some(false));
        program.extend(contradict.then_some(rules::Contradicts(id)));
    }
}

/// Those whose policies hang there.
fn holders(inventory: &Inventory, on: HungOn<'_>) -> Vec<PrincipalId> {
    match on {
        HungOn::Principal(id) => vec![id],
        HungOn::Group(group) => {
            let members = inventory.principals.iter().filter(|(_, one)| one.groups.contains(&group));
            members.map(|(id, _)| id).collect()
        }
        _ => Vec::new(),
    }
}

/// What a conjunction comes to, if that is the same in every request, and beyond doubt.
fn always(decisions: &Decisions, literals: Vec<Literal>) -> Option<bool> {
    let decided = decisions.decide(&[Expression::new(vec![literals], Vec::new())]);
    decided.holds.filter(|_| decided.doubts.is_empty())
}

/// On what the actions of registries act that a pattern means.
fn meant(pattern: &Pattern) -> Vec<&'static [ResourceKind]> {
    let all = Catalog::bundled().actions().map(|(_, action)| action);
    all.filter(|action| pattern.matches(&action.to_string(), Case::Ignored))
        .map(|action| action.on.as_slice())
        .collect()
}

/// Whether actions of public registries are among those that the statement is about.
fn covers_public(statement: &Statement) -> bool {
    let public = Catalog::bundled().actions().map(|(_, action)| action).filter(|one| one.service == "ecr-public");
    let is_listed = |name: &str| statement.actions.entries.iter().any(|entry| entry.value.matches(name, Case::Ignored));
    public.into_iter().any(|action| is_listed(&action.to_string()) != statement.actions.negated)
}

/// O20: a key, in lower case, of AWS or of a registry, that is in no list of theirs.
fn is_unknown(key: &str) -> bool {
    let is_theirs = ["aws:", "ecr:", "ecr-public:", "sts:"].iter().any(|prefix| key.starts_with(prefix));
    let is_tag = ["ecr:resourcetag/", "ecr-public:resourcetag/"].iter().any(|prefix| key.starts_with(prefix));
    is_theirs && !is_tag && !is_documented(key)
}
