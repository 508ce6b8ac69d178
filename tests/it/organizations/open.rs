//! Open contexts: a certain verdict holds however the request is completed.

use std::collections::BTreeMap;

use grantlog::derive;
use grantlog::inventory::Inventory;
use grantlog::query::{Row, Scope, Verdict};

use super::compare::{Question, Rows, options};
use super::question::{Book, Keys, Target, keys, repositories};
use super::requester::{Kind, Requester};
use super::world::{MANAGEMENT, World};
use crate::statements::{Group, completion, given};
use crate::twin::{Decision, Given};

/// Keys with the values of an allowed request.
type Witness = Vec<(String, Vec<String>)>;

/// Names that a repository may get.
const NAMES: [&str; 5] = ["web", "team/app", "team/x", "alice", "other"];

impl World {
    /// The part of the first request that an open question gives.
    pub(crate) fn part(&self) -> Vec<Group> {
        given(&self.requests[0], &self.known)
    }

    /// The other requests, with what is given.
    fn completions(&self) -> impl Iterator<Item = Vec<Group>> {
        self.requests.iter().map(|other| completion(&self.requests[0], &self.known, other))
    }

    /// What a request of this requester may bring: what nobody but others has is left out, and what it always
    /// has is there.
    fn complete(&self, number: usize, groups: &[Group], part: &Keys, who: &Requester<'_>, action: &str) -> Keys {
        let mut complete = keys(groups);
        let mut drop = |key: &str| {
            if !part.contains_key(key) {
                complete.remove(key);
            }
        };
        if !action.starts_with("sts:Assume") {
            drop("sts:externalid");
        }
        if who.kind == Kind::Federated {
            drop("aws:multifactorauthpresent");
            drop("aws:multifactorauthage");
        }
        let mut bring = |key: &str, value: &str| {
            complete.entry(key.to_lowercase()).or_insert_with(|| Given::One(value.to_owned()));
        };
        if matches!(who.kind, Kind::Role | Kind::Session | Kind::Federated) {
            bring("aws:TokenIssueTime", "2024-01-01T00:00:00Z");
        }
        let team = ["web", "app", "alice"][number % 3];
        let is_tagged = match who.principal {
            Some((_, principal)) if who.kind != Kind::Federated => {
                principal.trust.as_ref().is_some_and(|trust| trust.to_string().contains("sts:"))
                    && number > 2
                    && trusts_tags(principal.trust.as_ref())
            }
            _ => {
                matches!(who.kind, Kind::Federated | Kind::Account | Kind::Anyone | Kind::Role | Kind::Session)
                    && number != 1
            }
        };
        if is_tagged && (who.outside || who.kind != Kind::User) {
            bring("aws:PrincipalTag/team", team);
        }
        if let (Kind::Role, Some((place, principal))) = (who.kind, who.principal) {
            let name = ["run1", "x", "alice"][number % 3];
            bring("aws:userid", &format!("{}:{name}", principal.id(self.accounts[place].number)));
        }
        // K14: it is there for everybody, also where nobody has told the id.
        match (who.kind, who.principal) {
            (Kind::User, None) => bring("aws:userid", "AIDASTRANGER"),
            (Kind::Role | Kind::Session, None) => bring("aws:userid", "AROASTRANGER:run1"),
            _ => {}
        }
        // K4: an account that no export knows may be in another organization.
        let is_member = who
            .account
            .as_deref()
            .and_then(|account| self.account(account))
            .is_some_and(|place| self.organization_path(place).is_some());
        let has_place = !is_member && who.kind != Kind::Service && who.account.as_deref() != Some(MANAGEMENT);
        if has_place && number % 2 == 1 {
            bring("aws:PrincipalOrgID", "o-other00001");
            complete
                .entry("aws:principalorgpaths".to_owned())
                .or_insert(Given::Many(vec!["o-other00001/r-x/".to_owned()]));
        }
        complete
    }
}

/// K59: whether an Allow of the trust policy covers the passing of tags, for anybody.
fn trusts_tags(trust: Option<&serde_json::Value>) -> bool {
    let statements = trust.and_then(|trust| trust["Statement"].as_array()).into_iter().flatten();
    let texts = |value: &serde_json::Value| value.to_string();
    statements
        .filter(|statement| statement["Effect"] == "Allow")
        .any(|statement| ["\"sts:*\"", "sts:TagSession"].iter().any(|text| texts(&statement["Action"]).contains(text)))
}

/// Every certain verdict of an open context against the completions; how many decisions of the twin.
pub(crate) fn inclusion(world: &World, inventory: &Inventory, book: &Book<'_>) -> Result<usize, String> {
    let part = world.part();
    let part = keys(&part);
    let relations = derive(inventory, options(&part, false));
    let questions = world.questions();
    let rows = Rows::ask(&relations, &questions, Scope { direct: true, all: false });
    let mut compared = 0;
    let requesters = world.requesters();
    for question in &questions {
        for who in &requesters {
            let found = rows.verdict(question, who);
            if found == Verdict::Conditional {
                continue;
            }
            for (number, groups) in world.completions().enumerate() {
                let wrong = question.needs.iter().map(|&(action, target)| {
                    let keys = world.complete(number, &groups, &part, who, action);
                    (action, target, keys)
                });
                let all =
                    wrong.clone().all(|(action, target, keys)| book.allows_one(who, question, action, target, &keys));
                compared += 1;
                if all != (found == Verdict::Allowed) {
                    let scenarios: Vec<_> = wrong
                        .map(|(action, target, keys)| {
                            (book.decide(who, action, target, &keys), book.scenario(who, action, target, &keys))
                        })
                        .collect();
                    return Err(format!(
                        "{} {} on {}: {found} with {part:?}, but not for the twin:\n{:?}\n{scenarios:?}",
                        who.name,
                        question.what,
                        question.resource,
                        rows.row(question, who)
                    ));
                }
            }
        }
    }
    Ok(compared)
}

/// A verdict on a repository that is to be created holds for every name, in a closed context.
pub(crate) fn names(world: &World, inventory: &Inventory, book: &Book<'_>, keys: &Keys) -> Result<usize, String> {
    let relations = derive(inventory, options(keys, true));
    let mut questions = Vec::new();
    for account in &world.accounts {
        for (what, public) in [("ecr-public:CreateRepository", true), ("ecr:CreateRepository", false)] {
            let private = repositories(account.number, false, "*");
            let resource =
                if public { format!("arn:aws:ecr-public::{0}:registry/{0}", account.number) } else { private };
            questions.push(Question { what, resource, needs: Vec::new() });
        }
    }
    let rows = Rows::ask(&relations, &questions, Scope { direct: true, all: false });
    let requesters = world.requesters();
    let mut compared = 0;
    for (at, question) in questions.iter().enumerate() {
        let (place, public) = (at / 2, at % 2 == 0);
        for who in requesters.iter().filter(|who| who.is_somebody()) {
            let found = rows.verdict(question, who);
            for name in NAMES {
                let expected = book.decide(who, question.what, Target::New(place, public, name), keys);
                compared += 1;
                if found != Verdict::Conditional && (found == Verdict::Allowed) != (expected == Decision::Allowed) {
                    let scenario = book.scenario(who, question.what, Target::New(place, public, name), keys);
                    return Err(format!(
                        "{} {} {name} in {}: {found}, but the twin {expected:?}\n{:?}\n{scenario:?}",
                        who.name,
                        question.what,
                        question.resource,
                        rows.row(question, who)
                    ));
                }
            }
        }
    }
    Ok(compared)
}

/// The witness of a conditional row, fed back as the context, allows: with everything else closed or open.
pub(crate) fn witnesses(world: &World, inventory: &Inventory, most: usize) -> Result<usize, String> {
    let part = keys(&world.part());
    let relations = derive(inventory, options(&part, false));
    let questions = world.questions();
    let rows = Rows::ask(&relations, &questions, Scope { direct: true, all: false });
    let requesters = world.requesters();
    let mut by_witness: BTreeMap<Witness, Vec<(&Question<'_>, &Row)>> = BTreeMap::new();
    for question in &questions {
        for row in requesters.iter().filter_map(|who| rows.row(question, who)) {
            if let Some(witness) = row.witness.clone() {
                by_witness.entry(witness).or_default().push((question, row));
            }
        }
    }
    let mut checked = 0;
    for (witness, asked) in by_witness.into_iter().take(most) {
        for closed in [true, false] {
            let mut options = options(&part, closed);
            options.context.given.extend(witness.iter().map(|(key, values)| (key.to_lowercase(), values.clone())));
            let relations = derive(inventory, options);
            for (question, row) in asked.iter().take(3) {
                let scope = Scope { direct: true, all: true };
                let answer = relations.can(&row.principal, question.what, &question.resource, scope);
                let answer = answer.map_err(|error| format!("{error}"))?;
                let found = answer.rows.iter().find(|one| one.resource == row.resource);
                checked += 1;
                if found.map(|one| one.verdict) != Some(Verdict::Allowed) {
                    return Err(format!("the witness {witness:?} of {row:?}\ngives (closed: {closed}) {found:?}"));
                }
            }
        }
    }
    Ok(checked)
}
