//! The library's answers about a whole organization against the twin's, request by request.

use std::collections::{BTreeMap, BTreeSet};

use grantlog::inventory::Inventory;
use grantlog::lower::Context;
use grantlog::query::{Row, Scope, Verdict};
use grantlog::{Options, Relations, derive};

use super::question::{Book, Keys, Target, repositories};
use super::requester::{Kind, Requester};
use super::world::{REGION, World};
use crate::twin::{Decision, Given};

/// What is asked about: an action, or what several add up to, with the resource as answers call it.
pub(crate) struct Question<'a> {
    pub(crate) what: &'static str,
    pub(crate) resource: String,
    /// The requests that must all be allowed.
    pub(crate) needs: Vec<(&'static str, Target<'a>)>,
}

const PUSH: [&str; 10] = [
    "ecr-public:BatchCheckLayerAvailability",
    "ecr-public:InitiateLayerUpload",
    "ecr-public:UploadLayerPart",
    "ecr-public:CompleteLayerUpload",
    "ecr-public:PutImage",
    "ecr:BatchCheckLayerAvailability",
    "ecr:InitiateLayerUpload",
    "ecr:UploadLayerPart",
    "ecr:CompleteLayerUpload",
    "ecr:PutImage",
];

/// The actions that are asked about on repositories.
pub(crate) const PUBLIC: [&str; 5] = [
    "ecr-public:PutImage",
    "ecr-public:TagResource",
    "ecr-public:SetRepositoryPolicy",
    "ecr-public:DescribeImages",
    "ecr-public:DescribeRepositories",
];
pub(crate) const PRIVATE: [&str; 6] = [
    "ecr:PutImage",
    "ecr:BatchGetImage",
    "ecr:TagResource",
    "ecr:SetRepositoryPolicy",
    "ecr:BatchImportUpstreamImage",
    "ecr:DescribeRepositories",
];

impl World {
    /// A selection of questions about every repository and registry.
    pub(crate) fn questions(&self) -> Vec<Question<'_>> {
        let mut questions = Vec::new();
        for (place, account) in self.accounts.iter().enumerate() {
            let number = account.number;
            let mut ask = |what, resource: &str, needs| {
                questions.push(Question { what, resource: resource.to_owned(), needs });
            };
            for repository in &account.repositories {
                let (name, target) = (repository.arn(number), Target::Repository(place, repository));
                let actions = if repository.public { &PUBLIC[..] } else { &PRIVATE[..] };
                for &action in actions {
                    ask(action, &name, vec![(action, target)]);
                }
                let (service, home) = (repository.service(), Target::Home(repository.public));
                let upload = PUSH.iter().filter(|action| action.split(':').next() == Some(service));
                let mut push: Vec<_> = upload.map(|action| (*action, target)).collect();
                if repository.public {
                    push.extend([("ecr-public:GetAuthorizationToken", home), ("sts:GetServiceBearerToken", home)]);
                } else {
                    push.push(("ecr:GetAuthorizationToken", home));
                    let pull = [("ecr:BatchGetImage", target), ("ecr:GetDownloadUrlForLayer", target)];
                    ask("pull", &name, pull.into_iter().chain([("ecr:GetAuthorizationToken", home)]).collect());
                }
                ask("push", &name, push);
            }
            let public = format!("arn:aws:ecr-public::{number}:registry/{number}");
            ask(
                "ecr-public:DescribeRegistries",
                &public,
                vec![("ecr-public:DescribeRegistries", Target::Registry(place))],
            );
            let listing = Target::Listing(place, true);
            ask("ecr-public:DescribeRepositories", &public, vec![("ecr-public:DescribeRepositories", listing)]);
            let private = repositories(number, false, "*");
            let listing = Target::Listing(place, false);
            ask("ecr:DescribeRepositories", &private, vec![("ecr:DescribeRepositories", listing)]);
            for (action, name, public) in [
                ("ecr-public:GetAuthorizationToken", &public, true),
                ("sts:GetServiceBearerToken", &public, true),
                ("ecr:GetAuthorizationToken", &private, false),
            ] {
                ask(action, name, vec![(action, Target::Home(public))]);
            }
        }
        questions
    }

    /// Reads the exports; they hold nothing that AWS would refuse.
    pub(crate) fn inventory(&self) -> Inventory {
        let inventory = Inventory::from_files(self.files());
        let faults: Vec<_> = inventory
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == grantlog::policy::Severity::Error)
            .collect();
        assert!(faults.is_empty(), "the export has faults: {faults:?}");
        assert!(inventory.accounts.values().all(|account| account.private_regions.iter().all(|one| one == REGION)));
        inventory
    }
}

/// Options with these keys; the others are absent, or unknown.
pub(crate) fn options(keys: &Keys, closed: bool) -> Options {
    let values = |given: &Given| match given {
        Given::One(value) => vec![value.clone()],
        Given::Many(values) => values.clone(),
    };
    let given = keys.iter().map(|(key, value)| (key.clone(), values(value))).collect();
    Options { context: Context { given, closed, ..Context::default() }, ..Options::default() }
}

/// The rows of the library, by question and principal.
pub(crate) struct Rows(BTreeMap<(String, String), BTreeMap<String, Row>>);

impl Rows {
    pub(crate) fn ask(relations: &Relations<'_>, questions: &[Question<'_>], scope: Scope) -> Self {
        let words: BTreeSet<&str> = questions.iter().map(|question| question.what).collect();
        let mut rows: BTreeMap<_, BTreeMap<String, Row>> = BTreeMap::new();
        for what in words {
            let answer = relations.who_can(what, "*", scope).expect("every account has a registry");
            for row in answer.rows {
                let question = (what.to_owned(), row.resource.clone());
                let before = rows.entry(question).or_default().insert(row.principal.clone(), row);
                assert!(before.is_none(), "two rows for {what}: {before:?}");
            }
        }
        Self(rows)
    }

    pub(crate) fn row(&self, question: &Question<'_>, who: &Requester<'_>) -> Option<&Row> {
        self.0.get(&(question.what.to_owned(), question.resource.clone()))?.get(&who.name)
    }

    /// A cell without a row is denied.
    pub(crate) fn verdict(&self, question: &Question<'_>, who: &Requester<'_>) -> Verdict {
        self.row(question, who).map_or(Verdict::Denied { explicit: false }, |row| row.verdict)
    }
}

impl Book<'_> {
    /// Whether every request that a question needs is allowed.
    pub(crate) fn allows(&self, who: &Requester<'_>, question: &Question<'_>, keys: &Keys) -> bool {
        question.needs.iter().all(|&(action, target)| self.allows_one(who, question, action, target, keys))
    }

    /// Whether one of them is.
    pub(crate) fn allows_one(
        &self,
        who: &Requester<'_>,
        question: &Question<'_>,
        action: &'static str,
        target: Target<'_>,
        keys: &Keys,
    ) -> bool {
        if let Target::Home(_) = target {
            // Services need no log-in; and a question about one account's token is its own principals'.
            if who.kind == Kind::Service {
                return question.what != action;
            }
            let mut parts = question.resource.split(':');
            if question.what == action && parts.nth(4) != who.account.as_deref() {
                return false;
            }
        }
        self.decide(who, action, target, keys) == Decision::Allowed
    }
}

/// Every verdict of one closed context; how many were compared, or the first that differs.
pub(crate) fn closed(world: &World, inventory: &Inventory, book: &Book<'_>, keys: &Keys) -> Result<usize, String> {
    let relations = derive(inventory, options(keys, true));
    let questions = world.questions();
    let rows = Rows::ask(&relations, &questions, Scope { direct: true, all: false });
    let requesters = world.requesters();
    let mut compared = 0;
    for question in &questions {
        for who in requesters.iter().filter(|who| who.is_somebody()) {
            let expected =
                if book.allows(who, question, keys) { Verdict::Allowed } else { Verdict::Denied { explicit: false } };
            let found = rows.verdict(question, who);
            compared += 1;
            if found != expected {
                let scenarios: Vec<_> = question
                    .needs
                    .iter()
                    .map(|&(action, target)| {
                        (book.decide(who, action, target, keys), book.scenario(who, action, target, keys))
                    })
                    .collect();
                return Err(format!(
                    "{} {} on {}: {found}, but the twin: {expected}\n{:?}\n{scenarios:?}",
                    who.name,
                    question.what,
                    question.resource,
                    rows.row(question, who)
                ));
            }
        }
    }
    Ok(compared)
}

/// Some denied cells, asked about one by one: whether the denial is explicit, and that `can` says what `who_can` says.
pub(crate) fn explicit(
    world: &World,
    inventory: &Inventory,
    book: &Book<'_>,
    keys: &Keys,
    seed: usize,
) -> Result<usize, String> {
    let relations = derive(inventory, options(keys, true));
    let questions = world.questions();
    let rows = Rows::ask(&relations, &questions, Scope { direct: true, all: false });
    let requesters: Vec<Requester<'_>> = world.requesters();
    let somebody: Vec<&Requester<'_>> = requesters.iter().filter(|who| who.is_somebody()).collect();
    let mut compared = 0;
    for (number, question) in questions.iter().enumerate() {
        let who = somebody[(seed + number * 7) % somebody.len()];
        let &[(action, target)] = question.needs.as_slice() else { continue };
        let answer = relations.can(&who.name, question.what, &question.resource, Scope { direct: true, all: true });
        let answer = answer.map_err(|error| format!("{} {}: {error}", who.name, question.what))?;
        let Some(row) = answer.rows.iter().find(|row| row.resource == question.resource) else {
            return Err(format!("no row for {} {} on {}", who.name, question.what, question.resource));
        };
        let listed = rows.verdict(question, who);
        let decision = book.decide(who, action, target, keys);
        let foreign =
            matches!(target, Target::Home(_)) && question.resource.split(':').nth(4) != who.account.as_deref();
        let expected = match decision {
            Decision::Allowed => Verdict::Allowed,
            Decision::ImplicitDeny => Verdict::Denied { explicit: false },
            Decision::ExplicitDeny => Verdict::Denied { explicit: true },
        };
        compared += 1;
        if row.verdict.as_str() != listed.as_str() || row.verdict != expected && !foreign {
            return Err(format!(
                "can {} {} on {}: {:?}, who-can: {listed}, the twin: {decision:?}\n{row:?}\n{:?}",
                who.name,
                question.what,
                question.resource,
                row.verdict,
                book.scenario(who, action, target, keys)
            ));
        }
    }
    Ok(compared)
}

/// Two forms of one organization have the same answers in an open context; how many, or the first that differs.
pub(crate) fn alike(one: &World, other: &World, keys: &Keys) -> Result<usize, String> {
    let (left, right) = (one.inventory(), other.inventory());
    let (left, right) = (derive(&left, options(keys, false)), derive(&right, options(keys, false)));
    let questions = one.questions();
    let scope = Scope { direct: true, all: false };
    let (left, right) = (Rows::ask(&left, &questions, scope), Rows::ask(&right, &questions, scope));
    let mut compared = 0;
    for question in &questions {
        for who in &one.requesters() {
            compared += 1;
            if left.verdict(question, who) != right.verdict(question, who) {
                let (left, right) = (left.row(question, who), right.row(question, who));
                return Err(format!("{} {} on {}:\n{left:?}\n{right:?}", who.name, question.what, question.resource));
            }
        }
    }
    Ok(compared)
}
